//! Full disks, damaged pages and rows, and what is done with them.

use std::fs;
use std::io::{Seek, SeekFrom, Write};

use super::opening::raw;
use super::*;
use crate::connection::{PAGE_SIZE, beside};

/// 40 cases with a change of 3,000 bytes each: many pages.
fn filled(lab: &Lab) {
    let store = lab.store();
    for number in 1..=40 {
        store
            .write(|tx| {
                tx.add_document(document(case(number)))?;
                let group = tx.add_group(group(case(number)))?;
                tx.append_change(change(case(number), 1, Some(group), &[number; 3_000]))?;
                tx.set_heads(case(number), &[hash(1)])
            })
            .unwrap();
    }
}

/// Turns one byte of a page over; pages count from 1.
fn damage(lab: &Lab, page: u32) {
    let mut file = fs::File::options()
        .read(true)
        .write(true)
        .open(lab.path())
        .unwrap();
    file.seek(SeekFrom::Start(u64::from(PAGE_SIZE * (page - 1)) + 100))
        .unwrap();
    file.write_all(&[0xa5; 8]).unwrap();
}

/// The pages that hold rows of `changes`, found before the damage.
fn pages_of_changes(lab: &Lab) -> Vec<u32> {
    let connection = raw(lab);
    let mut statement = connection
        .prepare(
            "SELECT pageno FROM dbstat WHERE name = 'changes' AND pagetype = 'leaf' ORDER BY path",
        )
        .unwrap();
    let pages = statement.query_map([], |row| row.get(0)).unwrap();
    pages.map(|page| page.unwrap()).collect()
}

#[test]
fn a_full_disk_keeps_nothing_and_works_again_when_there_is_room() {
    let lab = Lab::new();
    let store = lab.store();
    let limit = |pages: u32| {
        store
            .write(|tx| {
                tx.connection
                    .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
                Ok::<_, Error>(())
            })
            .unwrap();
    };
    store
        .write(|tx| tx.add_document(document(case(1))))
        .unwrap();
    limit(1);
    let big = vec![1; 200_000];
    let append = |tx: &WriteTx<'_>| {
        tx.set_heads(case(1), &[hash(1)])?;
        tx.append_change(change(case(1), 1, None, &big))
    };
    assert!(matches!(store.write(append), Err(Error::StorageFull)));
    let loaded = store.read(|tx| tx.load(case(1))).unwrap().unwrap();
    assert_eq!((loaded.row.heads, loaded.tail.rows.len()), (vec![], 0));
    limit(1_000_000);
    store.write(append).unwrap();
    assert!(store.integrity_check().unwrap().is_clean());
}

#[test]
fn a_sound_store_is_found_sound() {
    let lab = Lab::new();
    filled(&lab);
    let report = lab.store().integrity_check().unwrap();
    assert_eq!(report, IntegrityReport::default());
    assert!(report.is_clean());
}

#[test]
fn a_damaged_page_is_noticed_and_never_read_as_content() {
    let lab = Lab::new();
    filled(&lab);
    damage(&lab, pages_of_changes(&lab)[5]);
    let store = lab.store();
    let report = store.integrity_check().unwrap();
    assert_eq!(report.bad_pages, 1);
    assert!(!report.is_clean());
    let outcomes: Vec<_> = (1..=40)
        .map(|number| store.read(|tx| tx.load(case(number))))
        .collect();
    assert!(
        outcomes
            .iter()
            .any(|outcome| matches!(outcome, Err(Error::Corrupt { .. })))
    );
}

#[test]
fn one_damaged_page_does_not_stop_readers_for_good() {
    let lab = Lab::new();
    filled(&lab);
    damage(&lab, pages_of_changes(&lab)[5]);
    let store = lab.store();
    let lost = (1..=40)
        .filter(|number| store.read(|tx| tx.load(case(*number))).is_err())
        .count();
    assert!((1..=3).contains(&lost), "{lost} cases cannot be read");
}

#[test]
fn rows_whose_checksum_does_not_hold_are_named_and_the_rest_is_read() {
    let lab = Lab::new();
    lab.store()
        .write(|tx| {
            case_with_group(tx, case(1), 3)?;
            tx.fold(case(1), b"snapshot", &[hash(1)])?;
            case_with_group(tx, case(2), 1)
        })
        .unwrap();
    raw(&lab)
        .execute_batch(
            "UPDATE changes SET bytes = x'00' WHERE seq = 2;
             UPDATE snapshots SET bytes = x'00'",
        )
        .unwrap();
    let store = lab.store();
    let loaded = store.read(|tx| tx.load(case(1))).unwrap().unwrap();
    assert_eq!((loaded.snapshot, loaded.snapshot_damaged), (None, true));
    assert_eq!(loaded.tail.damaged, [hash(2)]);
    assert_eq!(loaded.tail.rows.len(), 2);
    let groups = store.read(|tx| tx.pending_groups(usize::MAX, &[])).unwrap();
    assert_eq!((groups[0].changes.len(), groups[0].damaged.len()), (2, 1));
    let report = store.integrity_check().unwrap();
    assert_eq!(report.damaged_snapshots, [case(1)]);
    assert_eq!(report.damaged_changes, [(case(1), hash(2))]);
    assert_eq!(report.bad_pages, 0);
}

#[test]
fn a_digest_that_drifted_is_found() {
    let lab = Lab::new();
    lab.store()
        .write(|tx| case_with_group(tx, case(1), 1))
        .unwrap();
    raw(&lab)
        .execute_batch("UPDATE sync_state SET digest = randomblob(16)")
        .unwrap();
    assert!(lab.store().integrity_check().unwrap().digest_differs);
}

#[test]
fn a_value_that_cannot_be_is_corruption_not_a_panic() {
    let lab = Lab::new();
    lab.store()
        .write(|tx| case_with_group(tx, case(1), 1))
        .unwrap();
    for damage in ["kind = 9", "heads = x'00'", "scope = x'00'"] {
        raw(&lab)
            .execute_batch(&format!("UPDATE documents SET {damage}"))
            .unwrap();
        let outcome = lab.store().read(|tx| tx.document(case(1)));
        assert!(matches!(outcome, Err(Error::Corrupt { .. })), "{damage}");
    }
}

#[test]
fn a_damaged_file_is_set_aside_with_its_log_and_never_deleted() {
    let lab = Lab::new();
    for number in 1..=2 {
        fs::write(lab.path(), format!("file {number}")).unwrap();
        fs::write(beside(&lab.path(), "-wal"), format!("log {number}")).unwrap();
        let aside = set_aside(&lab.path()).unwrap();
        assert_eq!(aside, beside(&lab.path(), &format!(".damaged-{number}")));
        assert!(!lab.path().exists());
        assert_eq!(
            fs::read_to_string(&aside).unwrap(),
            format!("file {number}")
        );
        assert_eq!(
            fs::read_to_string(beside(&aside, "-wal")).unwrap(),
            format!("log {number}")
        );
    }
    assert!(matches!(
        set_aside(&lab.path()),
        Err(Error::NotFound { .. })
    ));
    drop(lab.store());
}

#[test]
fn a_file_that_is_open_is_not_set_aside() {
    let lab = Lab::new();
    let store = lab.store();
    assert!(matches!(set_aside(&lab.path()), Err(Error::Busy)));
    store
        .write(|tx| tx.project(&projection(case(1), "Ana")))
        .unwrap();
    drop(store);
    let aside = set_aside(&lab.path()).unwrap();
    assert!(aside.exists() && !lab.path().exists());
}

#[test]
fn a_renaming_that_was_cut_short_is_finished() {
    let lab = Lab::new();
    let first = beside(&lab.path(), ".damaged-1");
    fs::write(&first, "file").unwrap();
    fs::write(beside(&lab.path(), "-wal"), "log").unwrap();
    assert_eq!(last_set_aside(&lab.path()), Some(first.clone()));
    assert_eq!(fs::read_to_string(beside(&first, "-wal")).unwrap(), "log");
    // Of several the latest, whichever are gone by now.
    drop(lab.store());
    assert_eq!(last_set_aside(&lab.path()), None, "there is a database");
    let second = set_aside(&lab.path()).unwrap();
    fs::remove_file(&first).unwrap();
    drop(lab.store());
    let third = set_aside(&lab.path()).unwrap();
    assert_eq!(third, beside(&lab.path(), ".damaged-3"));
    assert_eq!(last_set_aside(&lab.path()), Some(third.clone()));
    discard_set_aside(&lab.path()).unwrap();
    assert!(!second.exists() && !third.exists());
    assert_eq!(last_set_aside(&lab.path()), None);
}

#[test]
fn a_rescue_brings_home_everything_but_the_damaged_rows() {
    let lab = Lab::new();
    filled(&lab);
    raw(&lab)
        .execute_batch(
            "UPDATE sync_state SET cursor = zeroblob(16);
             INSERT INTO access VALUES (x'01010101010101010101010101010101', zeroblob(16), 2, NULL, 0, 5);",
        )
        .unwrap();
    let revision = lab.store().read(|tx| tx.revision()).unwrap();
    let pages = pages_of_changes(&lab);
    // Where the last page cannot be read, nobody knows how many rows there are.
    for page in [pages[5], pages[20], *pages.last().unwrap()] {
        damage(&lab, page);
    }
    let aside = set_aside(&lab.path()).unwrap();
    let before = fs::read(&aside).unwrap();
    let report = rescue(&aside, &lab.key, &lab.path(), |_| true).unwrap();
    assert_eq!(
        fs::read(&aside).unwrap(),
        before,
        "the damaged file is only read"
    );
    assert!(!report.is_complete());
    assert_eq!(report.into, lab.path());
    let rows = |name: &str| {
        let table = report
            .tables
            .iter()
            .find(|table| table.name == name)
            .unwrap();
        (table.rows, table.complete)
    };
    assert_eq!(rows("documents"), (40, true));
    assert_eq!(rows("groups"), (40, true));
    assert_eq!(rows("changes"), (37, false));
    assert_eq!(report.set_aside, 3, "calls whose changes are lost");

    let store = lab.store();
    let whole = (1..=40)
        .filter(|number| {
            let loaded = store.read(|tx| tx.load(case(*number))).unwrap().unwrap();
            loaded
                .tail
                .rows
                .iter()
                .any(|row| row.bytes == vec![*number; 3_000])
        })
        .count();
    assert_eq!(whole, 37);
    assert_eq!(store.read(|tx| tx.sync_state()).unwrap().cursor, None);
    let touched = store.read(|tx| tx.changes_since(revision)).unwrap();
    assert_eq!(touched.cases.len(), 40, "all are drawn anew");
    let next = store.write(|tx| tx.add_group(group(case(1)))).unwrap();
    assert!(next.0 > revision && next.0 > 40, "no number is used twice");
    assert!(
        store
            .read(|tx| tx.access_to(ScopeId::of(case(1))))
            .unwrap()
            .is_empty()
    );
    let aside = store.read(|tx| tx.quarantined(None)).unwrap();
    let with_edits = |entry: &Quarantined| entry.code == "document_lost" && entry.edits.is_some();
    assert!(aside.len() == 3 && aside.iter().all(with_edits));
    assert!(store.integrity_check().unwrap().is_clean());

    // Damaged once more, it is as good as before.
    let revision = store.read(|tx| tx.revision()).unwrap();
    drop(store);
    let again = lab.folder.path().join("again.db");
    let report = rescue(&lab.path(), &lab.key, &again, |_| true).unwrap();
    assert_eq!(report.set_aside, 1, "the call that made no change");
    let store = Store::open(&again, &lab.key, OpenOptions::default()).unwrap();
    let touched = store.read(|tx| tx.changes_since(revision)).unwrap();
    assert_eq!(touched.cases.len(), 40);
    let waiting = store.read(|tx| tx.pending_groups(usize::MAX, &[])).unwrap();
    assert!(waiting.len() == 37 && waiting.iter().all(|group| group.edits != LOST_EDITS));
}

#[test]
fn many_damaged_pages_cost_their_own_rows_and_hardly_more() {
    let lab = Lab::new();
    let store = lab.store();
    let add = |tx: &WriteTx<'_>| {
        tx.add_document(document(case(1)))?;
        (0..3_000).try_for_each(|number: u32| {
            let bytes = noise((number % 251) as u8, 400);
            let one = NewChange {
                hash: *blake3::hash(&number.to_be_bytes()).as_bytes(),
                seq: u64::from(number) + 1,
                ..change(case(1), 1, None, &bytes)
            };
            tx.append_change(one)
        })
    };
    store.write(add).unwrap();
    drop(store);
    let pages = pages_of_changes(&lab);
    let last = pages.len() - 1;
    assert!(last > 250, "{last}");
    // Some apart, a block of the flash, and the last one, so that nobody knows where the table ends.
    let block = last - 38..last - 6;
    let damaged: Vec<usize> = [2, 100, 101, 103, 200, last]
        .into_iter()
        .chain(block)
        .collect();
    for page in &damaged {
        damage(&lab, pages[*page]);
    }
    let into = lab.folder.path().join("rescued.db");
    let report = rescue(&lab.path(), &lab.key, &into, |_| true).unwrap();
    let changes = report.tables.iter().find(|table| table.name == "changes");
    let rows = changes.unwrap().rows;
    let lost = 3_000 - rows;
    let pages = damaged.len() as u64;
    assert!((pages..=pages * 10).contains(&lost), "{lost} rows lost");
}

#[test]
fn of_a_call_that_lost_one_change_all_edits_are_set_aside() {
    for lost in 1..=2 {
        let lab = Lab::new();
        let store = lab.store();
        let other = NewDocument {
            id: DocumentId::from_bytes([101; 16]),
            kind: DocumentKind::Note,
            ..document(case(1))
        };
        let call = |tx: &WriteTx<'_>, state: u32| {
            let id = tx.add_group(group(case(1)))?;
            for (seq, document) in [(1, case(1)), (2, other.id)] {
                let seq = seq + 2 * u8::try_from(state).unwrap();
                let bytes = [seq; 100];
                let one = change(case(1), seq, Some(id), &bytes);
                tx.append_change(NewChange { document, ..one })?;
            }
            Ok::<_, Error>(())
        };
        store
            .write(|tx| {
                tx.add_document(document(case(1)))?;
                tx.add_document(other)?;
                call(tx, 0)?;
                call(tx, 1)
            })
            .unwrap();
        drop(store);
        // The second one is held by the server.
        raw(&lab)
            .execute_batch(&format!(
                "DELETE FROM changes WHERE number IN ({lost}, {lost} + 2); UPDATE groups SET state = 1 WHERE number = (SELECT max(number) FROM groups)"
            ))
            .unwrap();
        let gone = [case(1), other.id][lost - 1];
        let into = lab.folder.path().join("rescued.db");
        let report = rescue(&lab.path(), &lab.key, &into, |row| row.row.id != gone).unwrap();
        assert_eq!(report.set_aside, 2, "{lost}");
        let store = Store::open(&into, &lab.key, OpenOptions::default()).unwrap();
        let aside = store.read(|tx| tx.quarantined(None)).unwrap();
        assert!(aside.len() == 2 && aside.iter().all(|entry| entry.edits.is_some()));
        let held = store.read(|tx| tx.held_groups(case(1))).unwrap();
        assert!(held.iter().all(|group| !group.changes.is_empty()));
        assert!(store.integrity_check().unwrap().is_clean());
    }
}

#[test]
fn changes_that_were_set_aside_have_an_entry_also_where_its_row_is_lost() {
    let lab = Lab::new();
    let store = lab.store();
    let put = |tx: &WriteTx<'_>| {
        let change = QuarantinedChange {
            document: Some(case(1)),
            hash: Some(hash(1)),
            bytes: vec![1; 50],
        };
        tx.quarantine(&NewQuarantined {
            case: Some(case(1)),
            at_ms: 5,
            code: "not_allowed",
            reason: "no right",
            edits: None,
            changes: &[change],
        })
    };
    store.write(put).unwrap();
    drop(store);
    raw(&lab)
        .execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM quarantine")
        .unwrap();
    let into = lab.folder.path().join("rescued.db");
    let report = rescue(&lab.path(), &lab.key, &into, |_| true).unwrap();
    assert_eq!(report.set_aside, 0, "it was set aside before");
    let store = Store::open(&into, &lab.key, OpenOptions::default()).unwrap();
    let aside = store.read(|tx| tx.quarantined(None)).unwrap();
    let codes: Vec<_> = aside
        .iter()
        .map(|entry| (entry.code.as_str(), entry.changes.len()))
        .collect();
    assert_eq!(codes, [("document_lost", 1)]);
}

#[test]
fn a_rescue_without_the_row_of_a_call_still_sends_its_changes() {
    let lab = Lab::new();
    let store = lab.store();
    let call = |tx: &WriteTx<'_>, number, seqs: [u8; 2]| {
        let id = tx.add_group(group(case(number)))?;
        seqs.iter().try_for_each(|seq| {
            tx.append_change(change(case(number), *seq, Some(id), &[*seq; 100]))
        })?;
        tx.set_heads(case(number), &[hash(seqs[1])])
    };
    store
        .write(|tx| {
            for number in 1..=2 {
                tx.add_document(document(case(number)))?;
                call(tx, number, [1, 2])?;
                call(tx, number, [3, 4])?;
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    let before = store.read(|tx| tx.pending_groups(usize::MAX, &[])).unwrap();
    drop(store);
    raw(&lab).execute_batch("DELETE FROM groups").unwrap();
    let into = lab.folder.path().join("rescued.db");
    let report = rescue(&lab.path(), &lab.key, &into, |row| row.row.id == case(1)).unwrap();
    assert_eq!(report.set_aside, 1, "what was lost with its record");
    let store = Store::open(&into, &lab.key, OpenOptions::default()).unwrap();
    let (waiting, sync) = store
        .read(|tx| Ok::<_, Error>((tx.pending_groups(usize::MAX, &[])?, tx.case_sync(case(1))?)))
        .unwrap();
    let whole = |group: &&PendingGroup| group.case == case(1);
    let expected: Vec<_> = before.iter().filter(whole).collect();
    assert_eq!((waiting.len(), sync.pending), (2, 2));
    for (found, was) in waiting.iter().zip(expected) {
        assert_eq!((found.id, &found.changes), (was.id, &was.changes));
        assert_eq!(found.edits, LOST_EDITS);
    }
    assert!(store.integrity_check().unwrap().is_clean());
}

#[test]
fn a_rescue_of_a_sound_file_with_a_log_is_complete() {
    let lab = Lab::new();
    filled(&lab);
    // Left in the log, as a killed process would; groups as a version before 12 has them.
    raw(&lab)
        .execute_batch(
            "UPDATE groups SET edits = x'77', first_change = NULL, last_change = NULL;
             INSERT INTO actions (id, scope, action, created_ms) VALUES (zeroblob(16), zeroblob(16), x'01', 1);
             INSERT INTO settings (version, text) VALUES (3, '{}');
             INSERT INTO instruments (id, version, definition) VALUES ('org.example.falls', 1, '{}'), ('org.example.falls', 2, '{}');
             INSERT INTO snooze (case_id, entity, until_on, reason)
             VALUES (zeroblob(16), zeroblob(16), 1, 'in hospital'), (zeroblob(16), x'01010101010101010101010101010101', 2, 'away');
             UPDATE sync_state SET cursor = zeroblob(16);
             INSERT INTO workers VALUES (zeroblob(16), 'Ana');
             INSERT INTO access VALUES (zeroblob(16), zeroblob(16), 2, NULL, 1, 5);
             INSERT INTO held VALUES (zeroblob(16), zeroblob(16), zeroblob(16), 5, 'record_visit');
             INSERT INTO wanted VALUES (zeroblob(16));
             INSERT INTO withheld VALUES (x'01010101010101010101010101010101', zeroblob(32));",
        )
        .unwrap();
    assert!(fs::metadata(beside(&lab.path(), "-wal")).unwrap().len() > 0);
    let into = lab.folder.path().join("rescued.db");
    let report = rescue(&lab.path(), &lab.key, &into, |_| true).unwrap();
    assert!(report.is_complete(), "{report:?}");
    let store = Store::open(&into, &lab.key, OpenOptions::default()).unwrap();
    let groups = store.read(|tx| tx.pending_groups(usize::MAX, &[])).unwrap();
    assert_eq!(groups.len(), 40);
    assert!(
        groups
            .iter()
            .all(|group| group.edits == [0x77] && group.changes.len() == 1)
    );
    let (decided, settings) = store
        .read(|tx| Ok::<_, Error>((tx.waiting_actions()?, tx.settings()?)))
        .unwrap();
    assert_eq!((decided.len(), settings.len()), (1, 1));
    let (instruments, put_off) = store
        .read(|tx| Ok::<_, Error>((tx.instruments()?, tx.snoozes()?)))
        .unwrap();
    assert_eq!(instruments.len(), 2);
    let reasons: Vec<_> = put_off.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(reasons, ["in hospital", "away"]);
    let nobody = ScopeId::of(DocumentId::from_bytes([0; 16]));
    let told = store.read(|tx| {
        let colleagues = (tx.workers()?.len(), tx.access_to(nobody)?.len());
        let lacking = tx.withheld(case(1))?.len();
        let asked = (tx.wanted_envelopes(9)?.len(), lacking);
        let doubted = tx.told_before_restore(nobody, worker(0))?;
        Ok::<_, Error>((
            colleagues,
            tx.held(None)?.len(),
            asked,
            doubted,
            tx.sync_state()?.cursor,
        ))
    });
    assert_eq!(told.unwrap(), ((1, 1), 1, (1, 1), true, Some([0; 16])));
    let (outdated, documents) = store
        .read(|tx| Ok::<_, Error>((tx.outdated()?, tx.documents()?)))
        .unwrap();
    let records: Vec<_> = documents.iter().map(|row| row.case).collect();
    assert!(!records.is_empty());
    assert_eq!(outdated, records, "rows of every record are made anew");
    let again = rescue(&lab.path(), &lab.key, &into, |_| true);
    assert!(matches!(again, Err(Error::AlreadyExists { .. })));
}

#[test]
fn a_rescue_with_the_wrong_key_says_so() {
    let lab = Lab::new();
    filled(&lab);
    let into = lab.folder.path().join("rescued.db");
    let outcome = rescue(&lab.path(), &StoreKey::from_bytes([8; 32]), &into, |_| true);
    assert!(matches!(outcome, Err(Error::WrongKey)));
    assert!(!into.exists());
}
