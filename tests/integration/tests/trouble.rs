//! Trouble on the device: a full disk, a second process, many threads, a panic in the app's own code, a key that does not fit.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use caseweave::{
    CaseId, Caseweave, EntityId, Error, Host, KeyVault, Options, SyncSession, VaultError,
};
use caseweave_testkit::{Agency, Device, Dice, Entries, Fate, TestClock, ids};

const NOON: i64 = 1_781_524_800_000;

/// A server and a phone in a directory that other processes can use too.
fn installation(directory: &Path) {
    let server = directory.join("server");
    std::fs::create_dir(&server).unwrap();
    let agency = Agency::kept(&server, 1);
    let worker = agency.worker("Ana");
    drop(agency.kept_device(worker, &directory.join("phone"), 1));
}

fn acknowledged(said: impl Iterator<Item = String>) -> BTreeMap<CaseId, Vec<EntityId>> {
    let mut acknowledged: BTreeMap<CaseId, Vec<EntityId>> = BTreeMap::new();
    for line in said {
        // Beginnings and ends of exchanges are told too.
        let Some((case, id)) = line.split_once(' ') else {
            continue;
        };
        acknowledged
            .entry(case.parse().unwrap())
            .or_default()
            .push(id.parse().unwrap());
    }
    acknowledged
}

/// The system refuses to let any file grow past a size, as a full disk does.
#[test]
fn a_disk_that_fills_up_loses_no_acknowledged_edit() {
    let files = tempfile::tempdir().unwrap();
    installation(files.path());
    // Blocks of 512 bytes, as POSIX says.
    for blocks in [700, 1_000, 1_500] {
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let output = Command::new("sh")
            .args(["-c", &limited, env!("CARGO_BIN_EXE_worker_until_killed")])
            .arg(files.path())
            .arg(blocks.to_string())
            .output()
            .unwrap();
        assert!(!output.status.success(), "the disk was never full");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("StorageFull"), "{told}");
        let said = String::from_utf8(output.stdout).unwrap();
        let said = acknowledged(said.lines().map(str::to_owned));
        assert!(
            !said.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );

        let phone = Device::kept(&files.path().join("phone"), TestClock::at(NOON), blocks + 1);
        assert!(phone.caseweave.check_storage().unwrap().is_clean());
        for (case, added) in &said {
            let shown = ids(&phone.case(*case));
            assert!(added.iter().all(|id| shown.contains(id)));
            Entries(&phone).task(*case, "there is room again");
        }
        let agency = Agency::kept(&files.path().join("server"), blocks + 1);
        phone.sync(&mut agency.network());
        assert_eq!(phone.caseweave.status(None).unwrap().pending, 0);
        assert_eq!(agency.findings(), Vec::<String>::new());
    }
}

#[test]
fn a_phone_that_is_full_when_it_starts_still_shows_the_record() {
    let files = tempfile::tempdir().unwrap();
    installation(files.path());
    let phone = Device::kept(&files.path().join("phone"), TestClock::at(NOON), 2);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let visit = Entries(&phone).visit_with_note(case, "Ate well.");
    phone.outdate_rows();
    let killed = phone.killed();
    let log = killed.path().join("caseweave.db-wal").metadata().unwrap();
    // Room for the 32 KiB by which SQLite's connections find their way in the log, and none behind the log itself.
    assert!(log.len() > 65 * 512);
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 65; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_reader"))
        .arg(killed.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let shown = String::from_utf8(output.stdout).unwrap();
    let shown = acknowledged(shown.lines().map(str::to_owned));
    assert!(shown.get(&case).unwrap().contains(&visit));

    let phone = Device::kept(killed.path(), TestClock::at(NOON), 3);
    assert!(ids(&phone.case(case)).contains(&visit));
    Entries(&phone).task(case, "there is room again");
    assert!(phone.caseweave.check_storage().unwrap().is_clean());
}

#[test]
fn a_second_process_is_told_that_the_first_has_it_open() {
    let files = tempfile::tempdir().unwrap();
    installation(files.path());
    let phone = Device::kept(&files.path().join("phone"), TestClock::at(NOON), 2);
    let options = phone.options();
    drop(phone);

    let mut child = Command::new(env!("CARGO_BIN_EXE_worker_until_killed"))
        .arg(files.path())
        .arg("3")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let refused = Caseweave::open(options.clone());
    assert!(
        matches!(refused, Err(Error::Interrupted { .. })),
        "{refused:?}"
    );
    lines.next().unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    Caseweave::open(options).unwrap();
}

#[test]
fn sixteen_threads_on_one_handle_lose_nothing() {
    let mut agency = Agency::new(4);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    let cases = ["Rosa", "Ben", "Lea"].map(|name| Entries(&phone).open_case(name, "Díaz"));
    let (phone, agency) = (&phone, &agency);
    let edit = |thread: u64| {
        let dice = Dice::new(thread, "threads");
        let mut added = Vec::new();
        for _ in 0..8 {
            let case = *dice.pick(&cases);
            let id = match dice.below(3) {
                0 => Entries(phone).task(case, "Order a ramp"),
                1 => Entries(phone).visit_with_note(case, "Ate well."),
                _ => Entries(phone).note(case, "Calm."),
            };
            // Whoever made an edit sees it in the next view, whatever the others do.
            assert!(ids(&phone.case(case)).contains(&id));
            added.push((case, id));
        }
        added
    };
    let exchange = |thread: u64| {
        let dice = Dice::new(thread, "exchanges");
        for _ in 0..5 {
            let fates = [
                Fate::Arrives,
                Fate::Arrives,
                Fate::ReplyLost,
                Fate::RequestLost,
            ];
            let mut network = agency.network().with_fate(|| *dice.pick(&fates));
            phone.try_sync(&mut network).unwrap();
        }
    };
    let read = |thread: u64| {
        let dice = Dice::new(thread, "readers");
        for _ in 0..20 {
            let case = *dice.pick(&cases);
            phone.case(case);
            phone.caseweave.search("ate", 20).unwrap();
            phone.caseweave.history(case).unwrap();
        }
    };
    let added: Vec<(CaseId, EntityId)> = thread::scope(|scope| {
        let editors: Vec<_> = (0..8)
            .map(|thread| scope.spawn(move || edit(thread)))
            .collect();
        let others: Vec<_> = (8..12)
            .map(|thread| scope.spawn(move || exchange(thread)))
            .chain((12..16).map(|thread| scope.spawn(move || read(thread))))
            .collect();
        others.into_iter().for_each(|thread| thread.join().unwrap());
        editors
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(added.len(), 64);
    for device in [phone, &tablet] {
        device.sync(&mut agency.network());
        for (case, id) in &added {
            assert!(ids(&device.case(*case)).contains(id));
        }
        assert!(device.caseweave.check_storage().unwrap().is_clean());
        assert!(device.caseweave.quarantined(None).unwrap().is_empty());
    }
    for case in cases {
        assert_eq!(phone.case(case), tablet.case(case));
    }
    assert_eq!(agency.findings(), Vec::<String>::new());
}

/// A host or vault of an app that panics when told to.
struct Panicking<T: ?Sized> {
    inner: Arc<T>,
    armed: Arc<AtomicBool>,
}

impl<T: ?Sized> Panicking<T> {
    fn strike(&self) {
        assert!(
            !self.armed.load(Ordering::Relaxed),
            "the app's own code failed"
        );
    }
}

impl<T: ?Sized> std::fmt::Debug for Panicking<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Panicking")
    }
}

impl Host for Panicking<dyn Host> {
    fn now_ms(&self) -> i64 {
        self.strike();
        self.inner.now_ms()
    }
    fn monotonic_ms(&self) -> i64 {
        self.strike();
        self.inner.monotonic_ms()
    }
    fn fill_random(&self, buffer: &mut [u8]) {
        self.strike();
        self.inner.fill_random(buffer);
    }
}

impl KeyVault for Panicking<dyn KeyVault> {
    fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.strike();
        self.inner.seal(name, secret)
    }
    fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.strike();
        self.inner.open(name, sealed)
    }
    fn delete(&self, name: &str) -> Result<(), VaultError> {
        self.strike();
        self.inner.delete(name)
    }
}

#[test]
fn a_panic_in_the_apps_vault_or_clock_leaves_the_handle_usable() {
    let mut agency = Agency::new(5);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let (options, armed) = (phone.options(), Arc::new(AtomicBool::new(false)));
    phone.caseweave.close();
    let caseweave = Caseweave::open(Options {
        vault: Arc::new(Panicking {
            inner: options.vault,
            armed: Arc::clone(&armed),
        }),
        host: Arc::new(Panicking {
            inner: options.host,
            armed: Arc::clone(&armed),
        }),
        ..options
    })
    .unwrap();
    let task = |id| {
        use caseweave::domain::{TaskEdit, TaskUpdate};
        let fields = TaskUpdate {
            title: Some("Order a ramp".into()),
            ..TaskUpdate::default()
        };
        caseweave.edit(
            case,
            &[TaskEdit::Add {
                id,
                fields,
                assignee: None,
            }
            .into()],
        )
    };
    let id = caseweave.new_id().unwrap();
    let under_way = caseweave.sync().unwrap();
    let request = under_way.next_request().unwrap().unwrap();
    let (status, body) = agency.network().send(&request).unwrap();

    armed.store(true, Ordering::Relaxed);
    assert!(catch_unwind(AssertUnwindSafe(|| task(id))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| under_way.on_response(status, &body))).is_err());
    caseweave.lock();
    assert!(catch_unwind(AssertUnwindSafe(|| caseweave.unlock())).is_err());
    armed.store(false, Ordering::Relaxed);

    caseweave.unlock().unwrap();
    assert!(
        caseweave.case(case).unwrap().tasks.is_empty(),
        "nothing was half done"
    );
    task(id).unwrap();
    let session = caseweave.sync().unwrap();
    while let Some(request) = session.next_request().unwrap() {
        let (status, body) = agency.network().send(&request).unwrap();
        session.on_response(status, &body).unwrap();
    }
    assert_eq!(caseweave.case(case).unwrap().tasks.len(), 1);
    assert_eq!(caseweave.status(None).unwrap().pending, 0);
    assert!(caseweave.check_storage().unwrap().is_clean());
}

#[test]
fn an_exchange_does_nothing_while_the_record_is_locked_and_goes_on_afterwards() {
    let mut agency = Agency::new(8);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    Entries(&tablet).open_case("Rosa", "Díaz");
    tablet.sync(&mut agency.network());
    let begun = || {
        let session = phone.caseweave.sync().unwrap();
        let request = session.next_request().unwrap().unwrap();
        let answer = agency.network().send(&request).unwrap();
        (session, answer)
    };
    let refuses = |session: &SyncSession, (status, body): &(u16, Vec<u8>)| {
        let next = session.next_request().map(|request| request.is_some());
        let taken = session.on_response(*status, body).map(|taken| taken.more);
        [next, taken]
            .iter()
            .all(|called| matches!(called, Err(Error::NotAllowed { .. })))
    };

    let (session, answer) = begun();
    phone.caseweave.lock();
    assert!(refuses(&session, &answer));
    phone.caseweave.unlock().unwrap();
    assert!(phone.cases().is_empty());
    session.on_response(answer.0, &answer.1).unwrap();
    assert_eq!(phone.cases(), tablet.cases());

    let (session, answer) = begun();
    phone.caseweave.close();
    assert!(refuses(&session, &answer));
    Caseweave::open(phone.options()).unwrap();
}

#[test]
fn a_key_that_does_not_fit_is_refused_and_the_file_left_alone() {
    let mut agency = Agency::new(6);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let options = phone.options();
    phone.caseweave.close();
    let (database, key) = (
        phone.directory().join("caseweave.db"),
        phone.directory().join("caseweave.key"),
    );
    let (content, right) = (
        std::fs::read(&database).unwrap(),
        std::fs::read(&key).unwrap(),
    );
    std::fs::write(&key, right.iter().rev().copied().collect::<Vec<u8>>()).unwrap();
    let refused = Caseweave::open(options.clone());
    assert!(
        matches!(refused, Err(Error::WrongKey { .. })),
        "{refused:?}"
    );
    assert_eq!(std::fs::read(&database).unwrap(), content);
    std::fs::write(&key, right).unwrap();
    assert!(Caseweave::open(options).unwrap().case(case).is_ok());
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    let mut agency = Agency::new(7);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let (ours, refused) = phone.written_by(9_999);
    let refused = refused.unwrap_err();
    assert!(
        matches!(refused, Error::UpgradeRequired { found: 9_999, supported, .. } if supported == ours),
        "{refused:?}"
    );
    let content = || std::fs::read(phone.directory().join("caseweave.db")).unwrap();
    let left = content();
    let again = phone.caseweave.unlock();
    assert!(matches!(again, Err(Error::UpgradeRequired { .. })));
    assert_eq!(content(), left);
    let (stood, opened) = phone.written_by(ours);
    assert_eq!((stood, opened), (9_999, Ok(())));
    assert!(phone.caseweave.case(case).is_ok());
}
