//! Several threads, and transactions that do not end well. Threads are ordered by channels, never by time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::thread;

use super::*;

#[test]
fn a_reader_does_not_wait_for_an_open_write() {
    let lab = Lab::new();
    let store = lab.store();
    let (written, is_written) = channel();
    let (read, is_read) = channel();
    thread::scope(|threads| {
        let store = &store;
        threads.spawn(move || {
            store.write(|tx| {
                tx.add_document(document(case(1)))?;
                written.send(()).unwrap();
                // The write stays open until the reader has finished: were it to wait, this would never end.
                is_read.recv().unwrap();
                Ok::<_, Error>(())
            })
        });
        is_written.recv().unwrap();
        let seen = store.read(|tx| tx.document(case(1))).unwrap();
        assert_eq!(seen, None, "nothing shows before the commit");
        read.send(()).unwrap();
    });
    assert!(store.read(|tx| tx.document(case(1))).unwrap().is_some());
}

#[test]
fn a_snapshot_does_not_move_under_its_reader() {
    let lab = Lab::new();
    let store = lab.store();
    store
        .read(|tx| {
            assert_eq!(tx.documents()?, []);
            store.write(|tx| tx.add_document(document(case(1))))?;
            assert_eq!(tx.documents()?, []);
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(store.read(|tx| tx.documents()).unwrap().len(), 1);
}

#[test]
fn sixteen_threads_write_and_read_and_nothing_is_lost() {
    let lab = Lab::new();
    let store = lab.store();
    thread::scope(|threads| {
        for thread in 0..16_u8 {
            let store = &store;
            threads.spawn(move || {
                let mine = case(thread);
                store.write(|tx| tx.add_document(document(mine))).unwrap();
                for seq in 1..=10 {
                    store
                        .write(|tx| {
                            let group = tx.add_group(group(mine))?;
                            tx.append_change(change(mine, seq, Some(group), &[seq; 50]))
                        })
                        .unwrap();
                    let stored = store.read(|tx| tx.changes_of(mine)).unwrap();
                    assert_eq!(stored.rows.len(), usize::from(seq));
                    store.take_number().unwrap();
                }
            });
        }
    });
    let groups = store.read(|tx| tx.pending_groups(usize::MAX, &[])).unwrap();
    assert_eq!(groups.len(), 160);
    assert!(store.integrity_check().unwrap().is_clean());
}

#[test]
fn an_error_keeps_nothing_of_its_transaction() {
    #[derive(Debug)]
    enum Mine {
        Store,
        Changed,
    }
    impl From<Error> for Mine {
        fn from(_: Error) -> Self {
            Self::Store
        }
    }
    let lab = Lab::new();
    let store = lab.store();
    let outcome = store.write(|tx| {
        case_with_group(tx, case(1), 3)?;
        Err::<(), _>(Mine::Changed)
    });
    assert!(matches!(outcome, Err(Mine::Changed)));
    assert_eq!(store.read(|tx| tx.documents()).unwrap(), []);
    assert_eq!(store.read(|tx| tx.changes_since(0)).unwrap().cases, []);
}

#[test]
fn a_panic_keeps_nothing_and_leaves_the_store_usable() {
    let lab = Lab::new();
    let store = lab.store();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        store.write(|tx| -> Result<()> {
            case_with_group(tx, case(1), 3)?;
            panic!("the caller's mistake")
        })
    }));
    assert!(outcome.is_err());
    let reads = catch_unwind(AssertUnwindSafe(|| {
        store.read(|_| -> Result<()> { panic!("the caller's mistake") })
    }));
    assert!(reads.is_err());
    assert_eq!(store.read(|tx| tx.documents()).unwrap(), []);
    store.write(|tx| case_with_group(tx, case(1), 3)).unwrap();
}

#[test]
fn a_process_that_ends_inside_a_write_leaves_what_was_committed() {
    let lab = Lab::new();
    lab.store()
        .write(|tx| case_with_group(tx, case(1), 1))
        .unwrap();
    let before = opening::raw(&lab);
    before
        .execute_batch("BEGIN IMMEDIATE; DELETE FROM changes; DELETE FROM documents")
        .unwrap();
    // The files as they lie while the transaction is open are what a killed process leaves.
    let other = Lab::new();
    for part in ["", "-wal"] {
        let name = |lab: &Lab| connection::beside(&lab.path(), part);
        if name(&lab).exists() {
            std::fs::copy(name(&lab), name(&other)).unwrap();
        }
    }
    let loaded = other.store().read(|tx| tx.load(case(1))).unwrap().unwrap();
    assert_eq!(loaded.tail.rows.len(), 1);
}

#[test]
fn a_write_inside_a_write_is_refused_instead_of_waiting_for_itself() {
    let lab = Lab::new();
    let store = lab.store();
    let inner = store.write(|_| Ok::<_, Error>(store.write(|_| Ok::<_, Error>(()))));
    assert!(matches!(inner, Ok(Err(Error::Nested))));
    let number = store.write(|_| Ok::<_, Error>(store.take_number()));
    assert!(matches!(number, Ok(Err(Error::Nested))));
    assert!(store.take_number().is_ok());
}

#[test]
fn more_reads_than_readers_take_turns() {
    let lab = Lab::new();
    let options = OpenOptions {
        readers: 1,
        ..OpenOptions::default()
    };
    let store = Store::open(&lab.path(), &lab.key, options).unwrap();
    thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| store.read(|tx| tx.documents()).unwrap());
        }
    });
}
