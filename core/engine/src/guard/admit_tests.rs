use std::collections::HashSet;
use std::io::Write;

use automerge::transaction::Transactable;
use automerge::{ObjType, ROOT};

use super::super::limits::*;
use super::super::testing::*;
use super::super::trial;
use super::*;

fn refusal(bytes: &[u8]) -> Refusal {
    admit(bytes).expect_err("refused")
}

fn admitted(change: &Change) {
    assert_eq!(admit(change.raw_bytes()).as_ref(), Ok(change));
}

#[test]
fn a_note_of_full_length_is_admitted_written_and_replaced() {
    let mut document = device(1);
    let note: String = ['a', 'é', '🏠', '文']
        .iter()
        .cycle()
        .take(MAX_NOTE_CHARS)
        .collect();
    let made = edit(&mut document, |transaction| {
        let text = transaction.put_object(ROOT, "note", ObjType::Text).unwrap();
        transaction.splice_text(&text, 0, 0, &note).unwrap();
    });
    let (_, text) = automerge::ReadDoc::get(&document, ROOT, "note")
        .unwrap()
        .unwrap();
    let other: String = note.chars().rev().collect();
    let replaced = edit(&mut document, |transaction| {
        transaction
            .splice_text(&text, 0, MAX_NOTE_CHARS as isize, &other)
            .unwrap();
    });
    admitted(&made);
    admitted(&replaced);
    trial(&device(2), &[made, replaced]).unwrap();
}

#[test]
fn an_edit_of_many_keys_is_admitted() {
    let mut document = device(1);
    let change = edit(&mut document, |transaction| {
        for number in 0..12_000 {
            transaction
                .put(ROOT, format!("answer/{number}"), number)
                .unwrap();
        }
    });
    admitted(&change);
}

#[test]
fn an_edit_on_open_heads_is_admitted_whatever_their_order() {
    let mut base = device(1);
    edit(&mut base, |transaction| {
        transaction.put(ROOT, "base", 0).unwrap()
    });
    let mut changes = HashSet::new();
    for number in 2..30 {
        let mut apart = base
            .fork()
            .with_actor(automerge::ActorId::from(&[number; 16][..]));
        edit(&mut apart, |transaction| {
            transaction.put(ROOT, "key", i64::from(number)).unwrap()
        });
        base.merge(&mut apart).unwrap();
        let change = edit(&mut base, |transaction| {
            transaction.put(ROOT, "key", 0).unwrap()
        });
        changes.insert(change.deps().is_sorted());
        admitted(&change);
        if number % 3 == 0 {
            base.empty_commit(Default::default());
        }
    }
}

#[test]
fn a_change_of_millions_of_operations_in_a_few_bytes_is_refused() {
    for times in [
        MAX_OPERATIONS + 1,
        10_000_000,
        1_000_000_000_000,
        i64::MAX as u64,
    ] {
        let bytes = Parts::puts(times).write();
        assert!(bytes.len() < 160);
        assert_eq!(
            refusal(&bytes),
            Refusal::TooMany {
                what: "operations of the change"
            }
        );
    }
}

#[test]
fn a_compressed_change_is_refused_without_inflating_it() {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&vec![0; 10_000_000]).unwrap();
    let deflated = encoder.finish().unwrap();
    assert_eq!(refusal(&chunk(2, &deflated)), Refusal::CompressedChange);
}

#[test]
fn documents_bundles_and_other_bytes_are_not_changes() {
    let mut document = device(1);
    edit(&mut document, |transaction| {
        transaction.put(ROOT, "key", 1).unwrap()
    });
    assert_eq!(refusal(&document.save()), Refusal::NotAChange);
    assert_eq!(refusal(&chunk(3, &[0; 40])), Refusal::NotAChange);
    assert_eq!(refusal(&[]), Refusal::NotAChange);
    assert_eq!(refusal(b"not a change at all"), Refusal::NotAChange);
}

#[test]
fn two_changes_in_one_piece_are_refused() {
    let mut document = device(1);
    let one = edit(&mut document, |transaction| {
        transaction.put(ROOT, "key", 1).unwrap()
    });
    let two = edit(&mut document, |transaction| {
        transaction.put(ROOT, "key", 2).unwrap()
    });
    let both = [one.raw_bytes(), two.raw_bytes()].concat();
    assert_eq!(refusal(&both), Refusal::Malformed { part: "frame" });
}

#[test]
fn any_flipped_bit_is_noticed() {
    let (_, changes) = play(&[
        (0, Act::MakeText { map: 0, key: 0 }),
        (0, Act::MakeMap { map: 0, key: 0 }),
    ]);
    let bytes = changes[0].raw_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(admit(&flipped).is_err(), "bit {bit}");
    }
}

/// Bytes that no device of ours writes, each with what is said of it.
#[test]
fn what_no_edit_writes_is_refused_by_name() {
    let base = || Parts::puts(1);
    assert!(
        admit(&base().write()).is_ok(),
        "the base of this test is a good change"
    );
    let many = |what| Refusal::TooMany { what };
    let unknown = |part| Refusal::Unknown { part };
    let malformed = |part| Refusal::Malformed { part };
    let hashes = |count: usize| {
        (0..count)
            .map(|number| [number as u8; 32])
            .collect::<Vec<_>>()
    };
    let actors = |count: u16| {
        (0..count)
            .map(|n| [&n.to_be_bytes()[..], &[0; 14]].concat())
            .collect::<Vec<_>>()
    };
    let cases = [
        (
            Parts {
                deps: hashes(MAX_DEPENDENCIES + 1),
                ..base()
            },
            many("dependencies"),
        ),
        (
            Parts {
                deps: vec![[1; 32]; 2],
                ..base()
            },
            malformed("dependencies"),
        ),
        (
            Parts {
                actor: vec![9; 15],
                ..base()
            },
            unknown("actor"),
        ),
        (
            Parts {
                actor: vec![9; 17],
                ..base()
            },
            unknown("actor"),
        ),
        (Parts { seq: 0, ..base() }, malformed("sequence number")),
        (
            Parts {
                start_op: 0,
                ..base()
            },
            malformed("first operation"),
        ),
        (
            Parts {
                start_op: u64::MAX,
                ..base()
            },
            many("operations of the document"),
        ),
        (
            Parts {
                message: vec![b'm'; MAX_MESSAGE_BYTES + 1],
                ..base()
            },
            many("bytes of the message"),
        ),
        (
            Parts {
                message: vec![0xff],
                ..base()
            },
            malformed("message"),
        ),
        (
            Parts {
                others: actors(MAX_OTHER_ACTORS as u16 + 1),
                ..base()
            },
            many("actors"),
        ),
        (
            Parts {
                others: vec![vec![2; 16], vec![1; 16]],
                ..base()
            },
            malformed("other actors"),
        ),
        (
            Parts {
                others: vec![vec![9; 16]],
                ..base()
            },
            malformed("other actors"),
        ),
        (
            Parts {
                footer: vec![1; MAX_FOOTER_BYTES + 1],
                ..base()
            },
            many("bytes of the footer"),
        ),
        (
            Parts {
                footer: vec![2, 1, 0],
                ..base()
            },
            unknown("footer"),
        ),
        (
            Parts {
                footer: vec![1, 1, 0],
                seq: 2,
                ..base()
            },
            unknown("footer"),
        ),
        (
            Parts {
                footer: vec![1, 1, 0, 0],
                ..base()
            },
            malformed("footer"),
        ),
        (base().with_column(148, vec![1]), unknown("column")),
        (base().with_column(165, vec![1, 1, b'm']), unknown("column")),
        (base().with_column(74, vec![1, 1]), unknown("column")),
        (base().with_column(87, Vec::new()), malformed("columns")),
        (base().with_column(87, vec![0]), malformed("values")),
        (base().with_column(66, vec![1, 5]), unknown("action")),
        (base().with_column(66, vec![1, 2]), unknown("action")),
        (base().with_column(66, vec![1, 7]), unknown("action")),
        (base().with_column(86, vec![1, 0x18]), unknown("value")),
        (base().with_column(52, vec![2]), malformed("inserts")),
        (base().with_column(17, vec![1, 1]), malformed("keys")),
        (base().with_column(1, vec![1, 0]), malformed("objects")),
        (
            base().with_column(1, vec![1, 0]).with_column(2, vec![1, 9]),
            Refusal::RefersAhead,
        ),
        (
            base().with_column(112, vec![1, 1]),
            malformed("predecessors"),
        ),
        (
            base().with_column(112, [&[1][..], &[0xff, 0xff, 0x7f]].concat()),
            many("predecessors"),
        ),
        (
            base().with_column(66, vec![1, 3]),
            Refusal::MisplacedOperation,
        ),
        (
            base().with_column(52, vec![0, 1]),
            Refusal::MisplacedOperation,
        ),
    ];
    for (number, (parts, expected)) in cases.into_iter().enumerate() {
        assert_eq!(refusal(&parts.write()), expected, "case {number}");
    }
}

#[test]
fn a_change_written_otherwise_than_automerge_writes_is_refused() {
    // The same put, its action as a run of one where automerge writes a literal of one.
    let other = Parts::puts(1).with_column(66, vec![1, 1]);
    assert!(scan_change(&other.write()).is_ok());
    assert_eq!(refusal(&other.write()), Refusal::NotCanonical);
}

#[test]
fn a_long_key_many_times_over_is_refused() {
    let key = vec![b'k'; 100_000];
    let run = [
        &signed_positive(MAX_OPERATIONS)[..],
        &[0xa0, 0x8d, 0x06],
        &key,
    ]
    .concat();
    let bytes = Parts::puts(MAX_OPERATIONS).with_column(21, run).write();
    assert_eq!(
        refusal(&bytes),
        Refusal::TooMany {
            what: "bytes of a key"
        }
    );
}

#[test]
fn a_snapshot_is_admitted_at_its_heads_only() {
    let (devices, _) = play(&[(0, Act::MakeText { map: 0, key: 0 }), (0, Act::Nothing)]);
    let (saved, heads) = (devices[0].save(), devices[0].get_heads());
    assert_eq!(
        admit_snapshot(&saved, &heads).map(|document| document.get_heads()),
        Ok(heads.clone())
    );
    assert_eq!(
        admit_snapshot(&devices[0].save_nocompress(), &heads).map(|document| document.get_heads()),
        Ok(heads.clone()),
        "deflated or not"
    );
    assert_eq!(admit_snapshot(&saved, &[]).err(), Some(Refusal::OtherHeads));
    assert_eq!(
        admit_snapshot(&[&saved[..], &saved].concat(), &heads).err(),
        Some(Refusal::Malformed { part: "frame" })
    );
    let change = devices[0].get_changes(&[])[0].clone();
    assert_eq!(
        admit_snapshot(change.raw_bytes(), &heads).err(),
        Some(Refusal::NotADocument)
    );
    let too_long = vec![0; MAX_DOCUMENT_BYTES + 1];
    assert_eq!(
        admit_snapshot(&too_long, &heads).err(),
        Some(Refusal::DocumentTooLarge {
            found: too_long.len()
        })
    );
}

#[test]
fn a_snapshot_that_inflates_beyond_bounds_is_refused() {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = vec![0; 1_000_000];
    for _ in 0..=MAX_INFLATED_BYTES / zeros.len() {
        encoder.write_all(&zeros).unwrap();
    }
    let deflated = encoder.finish().unwrap();
    let length = super::super::reader::unsigned_bytes(deflated.len() as u64);
    // No actors, no heads, no columns of changes, one deflated column of values.
    let body = [&[0, 0, 0, 1, 95][..], &length, &deflated].concat();
    assert_eq!(
        admit_snapshot(&chunk(0, &body), &[]).err(),
        Some(Refusal::TooMany {
            what: "inflated bytes"
        })
    );
}

#[test]
fn a_snapshot_that_claims_endless_operations_is_refused() {
    let actions = [&signed_positive(1_000_000_000_000)[..], &[1]].concat();
    let body = [&[0, 0, 0, 1, 66, actions.len() as u8][..], &actions].concat();
    let expected = Refusal::TooMany {
        what: "operations of the document",
    };
    assert_eq!(admit_snapshot(&chunk(0, &body), &[]).err(), Some(expected));
}
