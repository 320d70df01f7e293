//! Search: what is found, in which order, and what is read for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use caseweave_engine::projection::fold;
use rusqlite::functions::FunctionFlags;
use unicode_normalization::char::is_combining_mark;

use super::*;

/// Puts texts into the index, each of the case of its own number, in this order.
fn put(store: &Store, texts: impl IntoIterator<Item = (u32, Kind, String)>) {
    let add = |tx: &WriteTx<'_>| {
        texts.into_iter().try_for_each(|(number, kind, text)| {
            let id = case_number(number);
            let row = SearchRow {
                kind,
                ..words(id, 1, &text)
            };
            tx.project(&Projection {
                search: vec![row],
                ..projection(id, "A")
            })
        })
    };
    store.write(add).unwrap();
}

/// Puts texts into the index and takes some of them in at once; the others wait, if they are not too many.
fn put_and_take_in(store: &Store, mut texts: Vec<(u32, Kind, String)>, some: usize) {
    let later = texts.split_off(some);
    put(store, texts);
    take_in(store);
    put(store, later);
}

/// As an exchange does.
fn take_in(store: &Store) {
    store.write(|tx| tx.merge_index()).unwrap();
}

/// How many texts wait for the index.
fn waiting(store: &Store) -> u32 {
    let sql = "SELECT count(*) AS waiting FROM search_entry WHERE number > (
                   SELECT max(last) FROM search_indexed WHERE first <= number)";
    let waiting = store.read(|tx| tx.row(sql, [], |row| Ok(row.get("waiting")?)));
    waiting.unwrap().unwrap()
}

fn found_cases(store: &Store, text: &str, limit: usize) -> Vec<CaseId> {
    let hits = store.read(|tx| tx.search(text, limit)).unwrap();
    hits.into_iter().map(|hit| hit.case).collect()
}

#[test]
fn rows_made_anew_are_found_by_the_words_they_have_now() {
    [false, true].into_iter().for_each(rows_made_anew_are_found);
}

fn rows_made_anew_are_found(taken_in: bool) {
    let lab = Lab::new();
    let store = lab.store();
    let row = |search| Projection {
        search,
        ..projection(case(1), "Ana")
    };
    let before = row(vec![
        words(case(1), 1, "stays"),
        words(case(1), 2, "leaves"),
        words(case(1), 3, "changes"),
    ]);
    let after = row(vec![
        words(case(1), 1, "stays"),
        words(case(1), 3, "changed"),
        words(case(1), 4, "comes"),
    ]);
    let found = |text: &str| store.read(|tx| tx.search(text, 10)).unwrap().len();
    let numbers = || {
        let sql = "SELECT number FROM search_entry WHERE id = ?1";
        let number = store.read(|tx| {
            tx.row(sql, [entity(1).to_bytes()], |row| {
                Ok(row.get::<_, i64>("number")?)
            })
        });
        number.unwrap()
    };
    store.write(|tx| tx.project(&before)).unwrap();
    if taken_in {
        take_in(&store);
    }
    let number = numbers();
    store.write(|tx| tx.replace_projection(&after)).unwrap();
    for _ in 0..2 {
        let all = ["stays", "leaves", "changes", "changed", "comes"].map(found);
        assert_eq!(all, [1, 0, 0, 1, 1]);
        take_in(&store);
    }
    assert_eq!(numbers(), number, "what stays is not written again");
}

#[test]
fn search_needs_every_word_as_a_prefix_and_ignores_accents() {
    [false, true].into_iter().for_each(search_needs_every_word);
}

fn search_needs_every_word(taken_in: bool) {
    let lab = Lab::new();
    let store = lab.store();
    store
        .write(|tx| {
            tx.project(&Projection {
                search: vec![
                    words(case(1), 1, "José García, herida en la pierna"),
                    words(case(1), 2, "Josefina wrote about the garden"),
                    words(case(1), 3, "nothing of note: 555-0100"),
                ],
                ..projection(case(1), "Ana")
            })
        })
        .unwrap();
    if taken_in {
        take_in(&store);
    }
    let found = |text: &str| -> Vec<EntityId> {
        let mut hits: Vec<_> = store
            .read(|tx| tx.search(text, 10))
            .unwrap()
            .iter()
            .map(|hit| hit.id)
            .collect();
        hits.sort();
        hits
    };
    assert_eq!(found("jose"), [entity(1), entity(2)]);
    assert_eq!(found("JOSÉ gar"), [entity(1), entity(2)]);
    assert_eq!(found("garcia jos"), [entity(1)]);
    assert_eq!(found("jose\u{301}"), [entity(1), entity(2)]);
    assert_eq!(found("555-01"), [entity(3)]);
    assert_eq!(found("osefina"), []);
    let hit = &store.read(|tx| tx.search("pierna", 1)).unwrap()[0];
    assert!(
        hit.snippet.contains("\u{2068}pierna\u{2069}"),
        "{}",
        hit.snippet
    );
    assert_eq!((hit.case, hit.compartment), (case(1), None));
    assert_eq!(hit.kind, Kind::Note);
    store
        .write(|tx| {
            tx.project(&Projection {
                search: vec![words(case(1), 1, "")],
                ..projection(case(1), "Ana")
            })
        })
        .unwrap();
    assert_eq!(found("garcia"), []);
}

#[test]
fn hostile_search_text_is_only_words() {
    [false, true]
        .into_iter()
        .for_each(hostile_text_is_only_words);
}

fn hostile_text_is_only_words(taken_in: bool) {
    let lab = Lab::new();
    let store = lab.store();
    store
        .write(|tx| {
            tx.project(&Projection {
                search: vec![words(case(1), 1, "near and or not text")],
                ..projection(case(1), "A")
            })
        })
        .unwrap();
    if taken_in {
        take_in(&store);
    }
    let find = |text: &str| store.read(|tx| tx.search(text, 10)).unwrap().len();
    for nothing in [
        "", "  ", "\"", "***", "\"\"\"\"", "()", "-", "\0", "^", ":", "\u{feff}",
    ] {
        assert_eq!(find(nothing), 0, "{nothing:?}");
    }
    for found in [
        "NEAR",
        "near AND or",
        "text*",
        "\"text",
        "text\"",
        "NOT text",
        "(near",
        "text)",
        "^text",
        "+near",
    ] {
        assert_eq!(find(found), 1, "{found:?}");
    }
    for other in [
        "text:near",
        "te\0xt",
        "search:zzz",
        "'; DROP TABLE search; --",
        "zzz OR near",
        "{text}: zzz",
    ] {
        find(other);
    }
    let long = "near ".repeat(50_000);
    assert_eq!(find(&long), 1);
    assert_eq!(find(&"x".repeat(1_000_000)), 0);
}

#[test]
fn every_letter_can_be_searched_for() {
    let lab = Lab::new();
    let store = lab.store();
    let text = |number| (number, Kind::Note, "before before\u{305}after".to_owned());
    put_and_take_in(&store, vec![text(1), text(2)], 1);
    let letters = (char::MIN..=char::MAX).filter(|c| c.is_alphanumeric());
    let letters: Vec<char> = letters.collect();
    for some in letters.chunks(12) {
        // The index refuses what it takes for several words in a row.
        let text: Vec<_> = some.iter().map(|c| format!("before{c}after")).collect();
        let found = store.read(|tx| tx.search(&text.join(" "), 2));
        assert!(found.is_ok(), "{some:?}: {found:?}");
    }
}

#[test]
fn letters_are_looked_up_as_the_index_spells_them() {
    let letters = (char::MIN..=char::MAX).filter(|c| c.is_alphanumeric() && !is_combining_mark(*c));
    let letters: Vec<char> = letters
        .filter(|c| fold(&c.to_string()).is_ascii())
        .collect();
    assert!(letters.len() > 500);
    let text = |(number, c): (u32, &char)| (number, Kind::Note, format!("before{c}after"));
    let find_each = |letters: &[char], waits: bool| {
        let lab = Lab::new();
        let store = lab.store();
        put(&store, (0..).zip(letters).map(text));
        assert_eq!(waiting(&store) > 0, waits);
        for (number, c) in (0..).zip(letters) {
            let found = found_cases(&store, &format!("before{c}aft"), letters.len());
            let count = found.len();
            assert!(found.contains(&case_number(number)), "{c:?}: {count}");
        }
    };
    find_each(&letters, false);
    letters.chunks(60).for_each(|some| find_each(some, true));
}

#[test]
fn people_are_found_among_many_mentions_of_their_name() {
    let lab = Lab::new();
    let store = lab.store();
    put(&store, [(1, Kind::Person, "Rosamund Díaz".into())]);
    let mention = |number| (number, Kind::Note, "rosa rosa rosa rosa".into());
    put(&store, (10..310).map(mention));
    assert_eq!(waiting(&store), 0);
    let few = [1, 309, 308].map(case_number);
    assert_eq!(found_cases(&store, "rosa", 3), few);
    assert_eq!(found_cases(&store, "rosa", 500).len(), 301);
    put(&store, [(2, Kind::Person, "Rosalind Soto".into())]);
    put(&store, (310..330).map(mention));
    assert_eq!(waiting(&store), 21);
    let few = [2, 1, 329, 328].map(case_number);
    assert_eq!(found_cases(&store, "rosa", 4), few);
    assert_eq!(found_cases(&store, "rosa", 500).len(), 322);
}

#[test]
fn whole_words_come_before_those_they_begin_and_late_texts_before_early_ones() {
    let texts = [
        (1, Kind::Person, "Ana Díaz"),
        (2, Kind::Person, "Anabel Díaz"),
        (3, Kind::Person, "Ana Diazepam"),
        (4, Kind::Person, "Díaz, Ana"),
        (5, Kind::Note, "ana diaz"),
        (6, Kind::Note, "anastasia diazo"),
        (7, Kind::Note, "Diaz met Ana"),
    ];
    let texts = texts.map(|(number, kind, text)| (number, kind, text.to_owned()));
    for some in 0..=texts.len() {
        let lab = Lab::new();
        let store = lab.store();
        put_and_take_in(&store, texts.to_vec(), some);
        let order = [4, 1, 3, 2, 7, 5, 6].map(case_number);
        assert_eq!(
            found_cases(&store, "ana diaz", 10),
            order,
            "{some} taken in"
        );
        for limit in 1..order.len() {
            assert_eq!(found_cases(&store, "Díaz ana", limit), order[..limit]);
        }
        // What is put in anew with the same words stays where it is; with other ones it is the last.
        put(&store, texts.clone());
        assert_eq!(found_cases(&store, "ana diaz", 10), order);
        put(&store, [(1, Kind::Person, "Ana Díaz Soto".into())]);
        let order = [1, 4, 3, 2, 7, 5, 6].map(case_number);
        assert_eq!(found_cases(&store, "ana diaz", 10), order);
    }
}

#[test]
fn no_text_is_read_that_is_not_shown() {
    let lab = Lab::new();
    let store = lab.store();
    let text = |number: u32| match number % 40 {
        0 => "the wound is clean",
        _ => "the wounds are clean",
    };
    let texts = (0..120).map(|number| (number, Kind::Note, text(number).into()));
    put(&store, texts);
    assert_eq!(waiting(&store), 0);
    let rest = "DELETE FROM search_loose";
    store.write(|tx| tx.run(rest, [])).unwrap();
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    for text in ["wound", "wou", "clean wound", "c w t", "wounded"] {
        let read = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&read);
        let hits = store.read(|tx| {
            let counting = move |_: &rusqlite::functions::Context<'_>| {
                count.fetch_add(1, Ordering::Relaxed);
                Ok("the wound is clean")
            };
            let connection = tx.connection;
            connection.create_scalar_function("packed_text", 2, flags, counting)?;
            tx.search(text, 7)
        });
        let shown = if text == "wounded" { 0 } else { 7 };
        assert_eq!(hits.unwrap().len(), shown, "{text}");
        assert_eq!(read.load(Ordering::Relaxed), shown as u32, "{text}");
    }
}

#[test]
fn beginnings_are_found_whether_few_or_many_words_have_them() {
    let mut random = Lcg(3);
    let texts: Vec<String> = (0..150)
        .map(|_| {
            let mut word = || format!("W{}ö{:03}", random.below(2), random.below(300));
            format!("{} {}", word(), word())
        })
        .collect();
    let notes = (0..).zip(texts.iter().cloned());
    let notes = notes.map(|(number, text)| (number, Kind::Note, text));
    let notes: Vec<_> = notes.collect();
    let stores = [150, 90, 149].map(|some| {
        let lab = Lab::new();
        let store = lab.store();
        put_and_take_in(&store, notes.clone(), some);
        assert_eq!(waiting(&store) as usize, texts.len() - some);
        (store, lab)
    });
    let begins = |text: &str, beginning: &str| {
        let folded = fold(text);
        let mut words = folded.split(' ');
        words.any(|word| word.starts_with(&fold(beginning)))
    };
    let mut many = 0;
    for asked in [
        "w",
        "w0",
        "W1Ö",
        "w0o1",
        "wø",
        "w0o12 w1",
        "w1ö0 W0",
        "w0ö2 w0ö2",
    ] {
        let expected: BTreeSet<CaseId> = (0..)
            .zip(&texts)
            .filter(|(_, text)| asked.split(' ').all(|word| begins(text, word)))
            .map(|(number, _)| case_number(number))
            .collect();
        for (store, _) in &stores {
            let found = found_cases(store, asked, 500);
            many = many.max(found.len());
            assert_eq!(BTreeSet::from_iter(found.clone()), expected, "{asked}");
            assert_eq!(found.len(), expected.len(), "{asked}");
        }
    }
    assert_eq!(many, texts.len());
}

#[test]
fn words_that_a_text_left_behind_find_nothing() {
    let lab = Lab::new();
    let store = lab.store();
    put(
        &store,
        (1..4).map(|number| (number, Kind::Note, "clean wound".into())),
    );
    take_in(&store);
    // The texts can no longer be read, so their words cannot be taken out when the second goes.
    store
        .write(|tx| tx.run("DELETE FROM search_loose", []))
        .unwrap();
    put(&store, [(2, Kind::Note, String::new())]);
    assert_eq!(
        found_cases(&store, "wound", 2),
        [3, 1].map(case_number),
        "what is left behind takes no place"
    );
}

#[test]
fn every_word_is_found_after_entries_were_replaced_together() {
    // An index without places loses words of others when a write deletes a number and gives it out again.
    for seed in 0..20 {
        let lab = Lab::new();
        let store = lab.store();
        let mut random = Lcg(seed);
        let mut texts: BTreeMap<u8, BTreeSet<u64>> = BTreeMap::new();
        for _ in 0..10 {
            let rows: Vec<_> = (0..6)
                .map(|_| {
                    let id = random.below(5) as u8;
                    let length = random.below(5);
                    let said: BTreeSet<u64> = (0..length).map(|_| random.below(8)).collect();
                    let text: Vec<_> = said.iter().map(|word| format!("w{word}w")).collect();
                    texts.insert(id, said);
                    words(case(1), id, &text.join(" "))
                })
                .collect();
            let made = Projection {
                search: rows,
                ..projection(case(1), "A")
            };
            store.write(|tx| tx.project(&made)).unwrap();
            if random.below(2) == 0 {
                take_in(&store);
            }
            for word in 0..8 {
                let hits = store
                    .read(|tx| tx.search(&format!("w{word}w"), 10))
                    .unwrap();
                let found: BTreeSet<_> = hits.into_iter().map(|hit| hit.id).collect();
                let saying = texts.iter().filter(|(_, said)| said.contains(&word));
                let expected: BTreeSet<_> = saying.map(|(id, _)| entity(*id)).collect();
                assert_eq!(found, expected, "seed {seed}, word {word}");
            }
        }
    }
}

#[test]
fn texts_wait_for_the_index_until_they_are_too_many_or_too_long() {
    let note = |number, length: usize| (number, Kind::Note, "wound ".repeat(length / 6));
    for (count, length, waits) in [
        (64, 600, true),
        (65, 6, false),
        (21, 3_000, true),
        (22, 3_000, false),
    ] {
        let lab = Lab::new();
        let store = lab.store();
        for number in 0..count {
            let before = words_indexed(&store);
            put(&store, [note(number, length)]);
            let now = words_indexed(&store);
            assert_eq!(
                now > before,
                !waits && number == count - 1,
                "{number} of {count}"
            );
        }
        assert_eq!(waiting(&store), if waits { count } else { 0 });
        assert_eq!(found_cases(&store, "wound", 100).len(), count as usize);
        put(&store, [note(1, 0)]);
        assert_eq!(found_cases(&store, "wound", 100).len(), count as usize - 1);
    }
}

/// Entries of words that the index has.
fn words_indexed(store: &Store) -> u32 {
    let sql = "SELECT coalesce(sum(doc), 0) AS entries FROM search_word";
    let entries = store.read(|tx| tx.row(sql, [], |row| Ok(row.get("entries")?)));
    entries.unwrap().unwrap()
}

#[test]
fn what_waits_is_found_by_one_who_writes_and_once() {
    let lab = Lab::new();
    let store = lab.store();
    let find = |tx: &ReadTx<'_>| tx.search("wound", 10).unwrap().len();
    let note = |id, text: &str| Projection {
        search: vec![words(case(1), id, text)],
        ..projection(case(1), "A")
    };
    let written = store.write(|tx| {
        tx.project(&note(1, "wound"))?;
        let first = (find(tx), find(tx));
        tx.project(&note(2, "wounds"))?;
        tx.project(&note(1, ""))?;
        let second = find(tx);
        tx.project(&note(3, "wounded"))?;
        Ok::<_, Error>((first, second))
    });
    assert_eq!(written.unwrap(), ((1, 1), 1));
    let read = |tx: &ReadTx<'_>| Ok::<_, Error>((find(tx), find(tx)));
    assert_eq!(store.read(read).unwrap(), (2, 2));
    let failed = store.write(|tx| {
        tx.project(&note(4, "wound"))?;
        assert_eq!(find(tx), 3);
        Err::<(), _>(Error::Nested)
    });
    assert!(matches!(failed, Err(Error::Nested)));
    assert_eq!(store.read(read).unwrap(), (2, 2));
}

#[test]
fn no_write_merges_more_than_a_few_pages_of_the_index() {
    let lab = Lab::new();
    let store = lab.store();
    let mut random = Lcg(2);
    let log = || {
        let log = lab.path().with_extension("db-wal");
        std::fs::metadata(log).unwrap().len()
    };
    let keep_log = "PRAGMA wal_autocheckpoint = 0";
    store
        .write(|tx| Ok::<_, Error>(tx.connection.execute_batch(keep_log)?))
        .unwrap();
    let mut most = 0;
    for number in 0..400 {
        let mut text = || format!("{:x} ", random.below(100_000));
        let text: String = (0..100).map(|_| text()).collect();
        let made = Projection {
            search: vec![words(case_number(number), 1, &text)],
            ..projection(case_number(number), "A")
        };
        let before = log();
        store.write(|tx| tx.project(&made)).unwrap();
        most = most.max(log() - before);
        // As often as a phone that is often out of reach exchanges.
        if number % 20 == 0 {
            take_in(&store);
        }
    }
    assert!(
        (1..=50 * 4_120).contains(&most),
        "{most} bytes by one write"
    );
}
