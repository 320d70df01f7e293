//! What opens, what is refused, and what is left untouched.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::*;
use crate::connection::{Access, Pages, cipher_version, connect, hand_key, settle, unkeyed};

/// A database of the right key that a newer version wrote, with work still in its write-ahead log.
fn make_newer(lab: &Lab) {
    drop(lab.store());
    let connection = raw(lab);
    connection
        .execute_batch("PRAGMA user_version = 999; CREATE TABLE of_the_future (a)")
        .unwrap();
}

/// A file as versions before 0.1.0 made them.
fn make_old(lab: &Lab) {
    let connection = unkeyed(&lab.path(), Access::Write).unwrap();
    hand_key(&connection, &lab.key, Pages::Sha512).unwrap();
    connection.execute_batch("PRAGMA user_version = 0").unwrap();
}

/// A connection of the store's kind without the store. Leaves the write-ahead log as it is when closed.
pub(super) fn raw(lab: &Lab) -> Connection {
    let options = OpenOptions::default();
    let path = lab.path();
    let connection = connect(&path, &lab.key, options, Access::Write, &cipher_version).unwrap();
    settle(&connection).unwrap();
    connection
}

fn files(lab: &Lab) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(lab.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        // The shared memory beside a log is made anew by whoever opens it and holds no content.
        .filter(|(name, _)| !name.ends_with("-shm"))
        .collect();
    files.sort();
    files
}

#[test]
fn a_closed_store_opens_again_with_what_was_written() {
    let lab = Lab::new();
    lab.store()
        .write(|tx| case_with_group(tx, case(1), 2))
        .unwrap();
    let again = lab.store().read(|tx| tx.load(case(1))).unwrap().unwrap();
    assert_eq!(again.tail.rows.len(), 2);
}

#[test]
fn nothing_on_disk_is_readable_without_the_key() {
    let lab = Lab::new();
    let store = lab.store();
    store
        .write(|tx| {
            tx.add_document(document(case(1)))?;
            tx.append_change(change(case(1), 1, None, b"Esperanza Villanueva"))?;
            tx.project(&Projection {
                search: vec![words(case(1), 1, "Esperanza Villanueva")],
                ..projection(case(1), "Esperanza Villanueva")
            })
        })
        .unwrap();
    let while_open = files(&lab);
    drop(store);
    assert!(
        while_open
            .iter()
            .any(|(name, bytes)| name.ends_with("-wal") && bytes.len() > 4096)
    );
    for (name, bytes) in while_open.into_iter().chain(files(&lab)) {
        let found = bytes
            .windows(9)
            .any(|part| part == b"Esperanza" || part == b"esperanza");
        assert!(!found, "{name} shows content");
    }
}

#[test]
fn a_library_without_cipher_writes_nothing() {
    for answer in [None, Some(String::new())] {
        let lab = Lab::new();
        let opened = Store::open_with(&lab.path(), &lab.key, OpenOptions::default(), &|_| {
            Ok(answer.clone())
        });
        assert!(matches!(opened, Err(Error::CipherMissing)));
        let length = fs::metadata(lab.path()).map_or(0, |file| file.len());
        assert_eq!(length, 0, "nothing may be written");
    }
}

#[test]
fn the_cipher_is_there_and_not_older_than_what_was_tested() {
    let lab = Lab::new();
    let _store = lab.store();
    let connection = raw(&lab);
    let cipher = cipher_version(&connection).unwrap().unwrap();
    assert!(cipher.as_str() >= "4.19", "SQLCipher {cipher}");
    assert!(
        rusqlite::version_number() >= 3_050_000,
        "SQLite {}",
        rusqlite::version()
    );
}

#[test]
fn a_plain_database_is_refused_and_left_alone() {
    let lab = Lab::new();
    Connection::open(lab.path())
        .unwrap()
        .execute_batch("CREATE TABLE plain (a); INSERT INTO plain VALUES (1)")
        .unwrap();
    let before = fs::read(lab.path()).unwrap();
    assert!(matches!(lab.open(), Err(Error::NotEncrypted)));
    assert_eq!(fs::read(lab.path()).unwrap(), before);
}

#[test]
fn a_wrong_key_is_told_and_changes_nothing() {
    let lab = Lab::new();
    lab.store()
        .write(|tx| case_with_group(tx, case(1), 2))
        .unwrap();
    let before = files(&lab);
    let wrong = StoreKey::from_bytes([8; 32]);
    let opened = Store::open(&lab.path(), &wrong, OpenOptions::default());
    assert!(matches!(opened, Err(Error::WrongKey)));
    assert_eq!(files(&lab), before);
    assert!(lab.open().is_ok());
}

#[test]
fn a_newer_database_is_refused_and_left_byte_for_byte() {
    let lab = Lab::new();
    make_newer(&lab);
    let before = files(&lab);
    assert!(
        before
            .iter()
            .any(|(name, bytes)| name.ends_with("-wal") && !bytes.is_empty())
    );
    let refused = lab.open().unwrap_err();
    assert!(matches!(
        refused,
        Error::UpgradeRequired {
            found: 999,
            supported: DATABASE_VERSION
        }
    ));
    assert_eq!(files(&lab), before);
}

#[test]
fn a_second_handle_is_told_that_the_store_is_in_use() {
    let lab = Lab::new();
    let first = lab.store();
    assert!(matches!(lab.open(), Err(Error::Busy)));
    drop(first);
    assert!(lab.open().is_ok());
}

#[test]
fn a_damaged_first_page_is_not_taken_for_a_wrong_key() {
    for damaged_at in [20, 3] {
        let lab = Lab::new();
        drop(lab.store());
        let mut bytes = fs::read(lab.path()).unwrap();
        bytes[damaged_at..damaged_at + 40].fill(0xee);
        fs::write(lab.path(), &bytes).unwrap();
        assert!(
            matches!(lab.open(), Err(Error::Corrupt { .. })),
            "damaged at {damaged_at}"
        );
    }
}

#[test]
fn a_damaged_salt_alone_costs_nothing() {
    for make in [|_: &Lab| (), make_old] {
        let lab = Lab::new();
        make(&lab);
        lab.store()
            .write(|tx| case_with_group(tx, case(1), 2))
            .unwrap();
        let mut bytes = fs::read(lab.path()).unwrap();
        bytes[..16].fill(0xee);
        fs::write(lab.path(), &bytes).unwrap();
        let loaded = lab.store().read(|tx| tx.load(case(1))).unwrap();
        assert!(loaded.is_some());
    }
}

#[test]
fn a_file_stays_authenticated_as_it_was_made_and_a_rescued_one_is_new() {
    let lab = Lab::new();
    make_old(&lab);
    let salt = |path: &Path| fs::read(path).unwrap()[..16].to_vec();
    for number in [1, 2] {
        lab.store()
            .write(|tx| case_with_group(tx, case(number), 2))
            .unwrap();
        assert_eq!(salt(&lab.path()), lab.key.salt(Pages::Sha512));
    }
    let into = lab.folder.path().join("rescued.db");
    assert!(
        rescue(&lab.path(), &lab.key, &into, |_| true)
            .unwrap()
            .is_complete()
    );
    assert_eq!(salt(&into), lab.key.salt(Pages::Sha256));
}

#[test]
fn garbage_is_not_opened_and_left_alone() {
    let lab = Lab::new();
    let garbage = vec![0x5a; 3 * 4096];
    fs::write(lab.path(), &garbage).unwrap();
    assert!(matches!(lab.open(), Err(Error::WrongKey)));
    assert_eq!(fs::read(lab.path()).unwrap(), garbage);
}

#[test]
fn a_log_without_its_database_is_not_thrown_away() {
    let lab = Lab::new();
    let log = lab.folder.path().join("caseload.db-wal");
    fs::write(&log, b"work").unwrap();
    assert!(matches!(lab.open(), Err(Error::Corrupt { .. })));
    assert_eq!(fs::read(&log).unwrap(), b"work");
}

#[test]
fn the_settings_that_durability_rests_on_are_in_force() {
    let lab = Lab::new();
    let store = lab.store();
    let ask = |name: &str| {
        store.write(|tx| {
            let sql = format!("PRAGMA {name}");
            Ok::<i64, Error>(tx.connection.query_row(&sql, [], |row| row.get(0))?)
        })
    };
    let expected = [
        ("synchronous", 2),
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("temp_store", 2),
        ("trusted_schema", 0),
        ("wal_autocheckpoint", 512),
        ("journal_size_limit", 4_194_304),
    ];
    for (name, value) in expected {
        assert!(
            matches!(ask(name), Ok(found) if found == value),
            "{name}: {:?}",
            ask(name)
        );
    }
    let journal: String = raw(&lab)
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(journal, "wal");
}

#[test]
fn a_key_never_shows() {
    assert_eq!(
        format!("{:?}", StoreKey::from_bytes([7; 32])),
        "StoreKey(…)"
    );
}

#[test]
fn a_folder_that_is_not_there_is_an_error_not_a_panic() {
    let lab = Lab::new();
    let path = lab.folder.path().join("missing").join("caseload.db");
    let opened = Store::open(&path, &lab.key, OpenOptions::default());
    assert!(matches!(opened, Err(Error::Database { .. })));
}

/// Set in the child process that the test below starts: where the parent's store is.
const CHILD: &str = "CASEWEAVE_STORE_TEST_CHILD";

#[test]
fn a_second_process_is_kept_out_until_the_first_ends() {
    let open =
        |path: &Path| Store::open(path, &StoreKey::from_bytes([7; 32]), OpenOptions::default());
    if let Some(path) = std::env::var_os(CHILD) {
        let outcome = open(path.as_ref());
        std::process::exit(if matches!(outcome, Err(Error::Busy)) {
            42
        } else {
            43
        });
    }
    let lab = Lab::new();
    let child = || {
        let name = "tests::opening::a_second_process_is_kept_out_until_the_first_ends";
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        let command = command.args(["--exact", name]).env(CHILD, lab.path());
        command.output().unwrap().status.code()
    };
    let store = lab.store();
    assert_eq!(child(), Some(42), "busy while it is open here");
    drop(store);
    assert_eq!(child(), Some(43), "free once it is closed");
    assert!(lab.open().is_ok(), "free once the other process has ended");
}
