//! What is left of a damaged installation, and of an enrolment that was cut short.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use caseweave::domain::NoteEdit;
use caseweave::{
    Caseweave, Enrolment, Error, KeyVault, Options, Quarantined, RescueReport, Role, VaultError,
    rescue,
};
use caseweave_store::{OpenOptions, Store, StoreKey};
use caseweave_testkit::{Agency, Carrier, Device, Entries, ids};

const PAGE: usize = 4_096;

fn database(directory: &Path) -> PathBuf {
    directory.join("caseweave.db")
}

/// Puts the database aside with one page of it damaged.
fn damaged(directory: &Path, page: usize) -> PathBuf {
    let (file, aside) = (database(directory), directory.join(format!("aside-{page}")));
    std::fs::rename(&file, &aside).unwrap();
    let mut bytes = std::fs::read(&aside).unwrap();
    bytes[page * PAGE..][..64].fill(0xff);
    std::fs::write(&aside, &bytes).unwrap();
    aside
}

fn assert_equal(phone: &Device, tablet: &Device) {
    assert_eq!(phone.cases(), tablet.cases());
    for case in tablet.cases() {
        assert_eq!(phone.case(case), tablet.case(case));
    }
}

#[test]
fn a_rescued_phone_goes_on_and_fetches_what_its_file_lost() {
    let mut agency = Agency::new(31);
    let ana = agency.worker("Ana");
    let (phone, tablet) = (agency.device(ana), agency.device(ana));
    for number in 0..4 {
        let case = Entries(&phone).open_case("Rosa", &format!("Díaz {number}"));
        Entries(&phone).visit_with_note(case, "Ate well. Slept badly.");
    }
    let exchange = || {
        for device in [&phone, &tablet, &phone, &tablet] {
            device.sync(&mut agency.network());
        }
    };
    exchange();
    for case in tablet.cases() {
        Entries(&tablet).task(case, "Order a ramp");
    }
    exchange();
    let (mut rescued, mut parts) = (0, 0);
    let case = phone.cases()[0];
    for round in 0..9 {
        let waits = Entries(&phone).visit_with_note(case, "Not sent yet.");
        let new = Entries(&phone).open_case("Ines", &format!("Moreno {round}"));
        phone.caseweave.lock();
        let into = database(phone.directory());
        let before = std::fs::read(&into).unwrap();
        let page = 1 + round * 37 % (before.len() / PAGE - 1);
        let aside = damaged(phone.directory(), page);
        let report = rescue(&phone.options(), &aside, &into);
        let opened = report.and_then(|report| phone.caseweave.unlock().map(|()| report));
        match opened {
            Ok(report) => {
                exchange();
                assert_equal(&phone, &tablet);
                assert!(phone.caseweave.check_storage().unwrap().is_clean());
                let waiting = phone.caseweave.quarantined(None).unwrap();
                let set_aside = |case| {
                    let of_case =
                        |work: &&Quarantined| work.case == Some(case) && work.edits.is_some();
                    waiting
                        .iter()
                        .filter(of_case)
                        .any(|work| work.code == "document_lost")
                };
                let visits = tablet.case(case).visits;
                let arrived = visits.iter().any(|visit| visit.visit.meta.id == waits);
                assert!(arrived || set_aside(case), "page {page}");
                assert!(report.set_aside > 0 || arrived, "page {page}");
                let arrived = tablet.cases().contains(&new);
                assert!(arrived || set_aside(new), "page {page}");
                rescued += 1;
                parts += usize::from(!report.is_complete());
            }
            // The page says which tables there are, or who this is: the file stays aside for somebody who knows more.
            Err(Error::StorageCorrupt { .. } | Error::NotFound { .. }) => {
                std::fs::write(&into, before).unwrap();
                phone.caseweave.unlock().unwrap();
            }
            Err(error) => panic!("page {page}: {error}"),
        }
    }
    assert!(rescued > 4 && parts > 0, "{rescued} {parts}");
}

#[test]
fn damage_that_shows_while_the_database_is_open_is_set_aside_by_the_app() {
    let mut agency = Agency::new(38);
    let ana = agency.worker("Ana");
    let (phone, tablet) = (agency.device(ana), agency.device(ana));
    let exchange = || {
        for device in [&phone, &tablet, &phone, &tablet] {
            device.sync(&mut agency.network());
        }
    };
    let open = |number| Entries(&phone).open_case("Rosa", &format!("Díaz {number}"));
    let cases: Vec<_> = (0..8).map(open).collect();
    for case in &cases {
        Entries(&phone).visit_with_note(*case, &"Ate well. Slept badly. ".repeat(60));
    }
    exchange();
    let waits = Entries(&phone).visit_with_note(cases[7], "Not sent yet.");
    phone.damage_pages_of("changes");

    let caseweave = &phone.caseweave;
    let told = cases.iter().find_map(|case| caseweave.case(*case).err());
    let Some(Error::StorageCorrupt { kept_at, .. }) = told else {
        panic!("{told:?}");
    };
    assert_eq!(kept_at, "", "it stays where it is");
    let list = caseweave.list(&caseweave::ListQuery::default()).unwrap();
    assert_eq!(list.rows.len(), cases.len(), "the rest can be read");

    let aside = caseweave.set_aside().unwrap();
    let into = database(phone.directory());
    assert!(aside.exists() && !into.exists());
    let locked = caseweave.status(None);
    assert!(
        matches!(locked, Err(Error::NotAllowed { .. })),
        "{locked:?}"
    );
    // Whoever comes later, after a new start too, is told where it is.
    for later in [caseweave.set_aside().map(drop), caseweave.unlock()] {
        let Err(Error::StorageCorrupt { kept_at, .. }) = later else {
            panic!("{later:?}");
        };
        assert_eq!(kept_at, aside.display().to_string());
    }
    let report = rescue(&phone.options(), &aside, &into).unwrap();
    assert!(!report.is_complete());
    caseweave.unlock().unwrap();
    exchange();
    assert_equal(&phone, &tablet);
    let checked = caseweave.check_storage().unwrap();
    assert!(checked.is_clean(), "{checked:?}");
    let visits = tablet.case(cases[7]).visits;
    let arrived = visits.iter().any(|visit| visit.visit.meta.id == waits);
    let kept = caseweave.quarantined(Some(cases[7])).unwrap();
    assert!(arrived || kept.iter().any(|work| work.edits.is_some()));
}

#[test]
fn damage_that_shows_while_it_is_opened_is_set_aside_whatever_it_hit() {
    let mut agency = Agency::new(40);
    let ana = agency.worker("Ana");
    let phone = agency.device(ana);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    for table in ["settings", "sync_state", "outdated"] {
        phone.caseweave.lock();
        phone.damage_root_of(table);
        let Err(Error::StorageCorrupt { kept_at, .. }) = phone.caseweave.unlock() else {
            panic!("{table}");
        };
        let into = database(phone.directory());
        assert!(!kept_at.is_empty() && !into.exists(), "{table}");
        rescue(&phone.options(), Path::new(&kept_at), &into).unwrap();
        phone.caseweave.unlock().unwrap();
        phone.sync(&mut agency.network());
        assert_eq!(phone.cases(), [case], "{table}");
        assert_eq!(phone.caseweave.status(None).unwrap().pending, 0);
    }
}

#[test]
fn work_on_a_record_that_was_lost_before_it_was_sent_is_set_aside_and_holds_up_nothing() {
    let mut agency = Agency::new(41);
    let ana = agency.worker("Ana");
    let (phone, tablet) = (agency.device(ana), agency.device(ana));
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let note = Entries(&phone).note(case, "Ate well.");
    Entries(&phone).write(case, note, "Ate well. Slept badly.");
    let other = Entries(&phone).open_case("Ines", "Moreno");
    phone.lose_changes_of(case);
    assert!(rescued(&phone).set_aside > 0);
    for device in [&phone, &tablet, &phone] {
        device.sync(&mut agency.network());
    }
    assert_eq!(phone.caseweave.status(None).unwrap().pending, 0);
    assert_eq!((phone.cases(), tablet.cases()), (vec![other], vec![other]));
    let aside = phone.caseweave.quarantined(Some(case)).unwrap();
    let codes: BTreeSet<&str> = aside.iter().map(|work| work.code.as_str()).collect();
    assert_eq!(codes, BTreeSet::from(["document_lost", "not_allowed"]));
    assert!(aside.len() >= 3 && aside.iter().all(|work| work.edits.is_some()));
    assert!(phone.caseweave.check_storage().unwrap().is_clean());
}

#[test]
fn drafts_that_rest_with_a_lost_record_are_kept_until_it_comes_again() {
    let mut agency = Agency::new(42);
    let ana = agency.worker("Ana");
    let (phone, tablet) = (agency.device(ana), agency.device(ana));
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    for number in 0..40 {
        let text: String = (0..200)
            .map(|word| format!("{} ", word * 7919 + number * 104_729))
            .collect();
        let note = Entries(&phone).note(case, &text);
        phone.edit(case, &[NoteEdit::Sign { id: note }.into()]);
        phone.sync(&mut agency.network());
    }
    tablet.sync(&mut agency.network());
    let open = Entries(&phone).note(case, "Begun here.");
    phone.sync(&mut agency.network());
    let task = Entries(&tablet).task(case, "Order a ramp");
    for device in [&tablet, &phone] {
        device.sync(&mut agency.network());
    }
    phone.lose_changes_of(case);
    rescued(&phone);
    for device in [&phone, &tablet, &phone] {
        device.sync(&mut agency.network());
    }
    assert_equal(&phone, &tablet);
    let shown = ids(&phone.case(case));
    assert!(shown.contains(&task) && shown.contains(&open));
    assert!(phone.caseweave.check_storage().unwrap().is_clean());
}

#[test]
fn nothing_is_set_aside_under_those_who_have_it_open_nor_once_it_is_closed() {
    let mut agency = Agency::new(39);
    let ana = agency.worker("Ana");
    let phone = agency.device(ana);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let busy = phone.stored(|_| phone.caseweave.set_aside());
    assert!(matches!(busy, Err(Error::Interrupted { .. })), "{busy:?}");
    assert_eq!(phone.cases(), [case]);
    phone.caseweave.close();
    let closed = phone.caseweave.set_aside();
    assert!(
        matches!(closed, Err(Error::NotAllowed { .. })),
        "{closed:?}"
    );
    assert!(database(phone.directory()).exists());
}

/// Puts the database aside and goes on with what is rescued of it.
fn rescued(phone: &Device) -> RescueReport {
    phone.caseweave.lock();
    let into = database(phone.directory());
    let aside = phone.directory().join("aside");
    std::fs::rename(&into, &aside).unwrap();
    let report = rescue(&phone.options(), &aside, &into).unwrap();
    phone.caseweave.unlock().unwrap();
    report
}

#[test]
fn work_whose_call_was_lost_with_a_page_is_sent_all_the_same() {
    let mut agency = Agency::new(35);
    let ana = agency.worker("Ana");
    let (phone, tablet) = (agency.device(ana), agency.device(ana));
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    phone.sync(&mut agency.network());
    let visit = Entries(&phone).visit_with_note(case, "Not sent yet.");
    let new = Entries(&phone).open_case("Ines", "Moreno");
    phone.forget_kept_calls();
    rescued(&phone);
    assert_eq!(phone.caseweave.status(None).unwrap().pending, 2);
    let later = Entries(&phone).task(case, "Made upon it");
    for device in [&phone, &tablet] {
        device.sync(&mut agency.network());
    }
    let sync = phone.caseweave.status(None).unwrap();
    assert_eq!((sync.pending, sync.refused), (0, 0));
    let shown = ids(&tablet.case(case));
    assert!(shown.contains(&visit) && shown.contains(&later));
    assert!(tablet.cases().contains(&new));
    assert_equal(&phone, &tablet);
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn nothing_is_built_on_a_change_that_was_lost_and_never_sent() {
    let mut agency = Agency::new(37);
    let ana = agency.worker("Ana");
    let (phone, tablet) = (agency.device(ana), agency.device(ana));
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    phone.sync(&mut agency.network());
    let calls = 8;
    for _ in 0..calls {
        Entries(&phone).visit_with_note(case, &"Ate well. ".repeat(400));
    }
    phone.lose_first_folded();
    assert_eq!(rescued(&phone).set_aside, calls);
    phone.sync(&mut agency.network());
    let later = Entries(&phone).task(case, "Made afterwards");
    for device in [&phone, &tablet] {
        device.sync(&mut agency.network());
    }
    let sync = phone.caseweave.status(None).unwrap();
    assert_eq!((sync.pending, u64::from(sync.refused)), (0, calls));
    assert!(ids(&tablet.case(case)).contains(&later));
    assert_equal(&phone, &tablet);
    for work in phone.caseweave.quarantined(Some(case)).unwrap() {
        assert!(work.code == "document_lost" && work.edits.is_some());
    }
}

#[test]
fn a_rescue_keeps_colleagues_their_roles_and_late_work() {
    let mut agency = Agency::new(36);
    let (ana, ben) = (agency.worker("Ana"), agency.worker("Ben"));
    let (anas, bens) = (agency.device(ana), agency.device(ben));
    let case = Entries(&anas).open_case("Rosa", "Díaz");
    let shared = Entries(&anas).open_case("Lea", "Moreno");
    for case in [case, shared] {
        let role = Role::Contributor;
        anas.caseweave.share(case, ben, role, None).unwrap();
    }
    for device in [&anas, &bens, &anas] {
        device.sync(&mut agency.network());
    }
    anas.caseweave.withdraw(case, ben).unwrap();
    anas.sync(&mut agency.network());
    Entries(&bens).task(case, "Written late");
    for device in [&bens, &anas] {
        device.sync(&mut agency.network());
    }
    let known = || {
        let caseweave = &anas.caseweave;
        let access = [case, shared].map(|case| caseweave.access(case).unwrap());
        (
            access,
            caseweave.colleagues().unwrap(),
            caseweave.late_work(None).unwrap(),
        )
    };
    let before = known();
    assert_eq!(before.2.len(), 1);
    assert!(rescued(&anas).is_complete());
    assert_eq!(known(), before);
    let mut network = agency.network();
    anas.sync(&mut network);
    assert_eq!(network.requests, 1, "nothing is told anew");
    assert_eq!(known(), before);
}

/// Fails once to open the device's key, which is the last thing an enrolment does.
#[derive(Default)]
struct Hesitant(AtomicBool);

impl KeyVault for Hesitant {
    fn seal(&self, _: &str, secret: &[u8]) -> Result<Vec<u8>, VaultError> {
        Ok(secret.iter().map(|byte| !byte).collect())
    }
    fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        if name == "caseweave.device" && !self.0.swap(true, Ordering::Relaxed) {
            let reason = "the screen is locked".into();
            return Err(VaultError { reason });
        }
        self.seal(name, sealed)
    }
    fn delete(&self, _: &str) -> Result<(), VaultError> {
        Ok(())
    }
}

/// An empty directory to enrol in, and a link for it.
struct Fresh {
    agency: Agency,
    directory: tempfile::TempDir,
    options: Options,
    link: String,
}

fn fresh(seed: u64) -> Fresh {
    let mut agency = Agency::new(seed);
    let ana = agency.worker("Ana");
    let host = agency.device(ana).options().host;
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        directory: directory.path().to_owned(),
        vault: Arc::new(Hesitant::default()),
        host,
    };
    let link = agency.link(ana);
    Fresh {
        agency,
        directory,
        options,
        link,
    }
}

impl Fresh {
    fn enrol(&self, link: &str) -> Result<Caseweave, Error> {
        let enrolment = Enrolment::begin(link, self.options.clone())?;
        let request = enrolment.request().unwrap();
        let (status, body) = self.agency.network().carry(&request).unwrap();
        enrolment
            .finish(status, &body)
            .or_else(|_| enrolment.finish(status, &body))
    }
}

#[test]
fn an_enrolment_that_failed_at_its_end_is_finished_with_the_same_answer() {
    let fresh = fresh(32);
    let phone = fresh.enrol(&fresh.link).unwrap();
    phone.close();
    Caseweave::open(fresh.options.clone()).unwrap();
}

#[test]
fn an_enrolment_that_was_killed_is_begun_anew() {
    let fresh = fresh(33);
    let key = [7_u8; 32];
    let sealed = key.map(|byte| !byte);
    std::fs::write(fresh.directory.path().join("caseweave.key"), sealed).unwrap();
    let path = database(fresh.directory.path());
    drop(Store::open(&path, &StoreKey::from_bytes(key), OpenOptions::default()).unwrap());
    let opened = Caseweave::open(fresh.options.clone());
    assert!(matches!(opened, Err(Error::NotFound { .. })));
    drop(fresh.enrol(&fresh.link).unwrap());
    Caseweave::open(fresh.options.clone()).unwrap();
}

#[test]
fn what_was_set_aside_stays_readable_after_enrolling_anew() {
    let fresh = fresh(34);
    drop(fresh.enrol(&fresh.link).unwrap());
    let phone = Caseweave::open(fresh.options.clone()).unwrap();
    let worker = phone.who_am_i().unwrap().worker;
    phone.close();
    drop(phone);
    let refused = Enrolment::begin(&fresh.link, fresh.options.clone());
    assert!(matches!(refused, Err(Error::AlreadyExists { .. })));

    let directory = fresh.directory.path();
    let aside = directory.join("caseweave.db.damaged-1");
    std::fs::rename(database(directory), &aside).unwrap();
    drop(fresh.enrol(&fresh.agency.link(worker)).unwrap());
    let into = directory.join("rescued.db");
    assert!(rescue(&fresh.options, &aside, &into).unwrap().is_complete());
    let again = rescue(&fresh.options, &aside, &into);
    assert!(matches!(again, Err(Error::AlreadyExists { .. })));
}
