//! Screens that follow the record are woken by each change and by nothing else, and a handle that was closed stays closed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use caseweave::domain::{CaseEdit, CaseUpdate, PersonUpdate};
use caseweave::{Caseweave, Error, Role};
use caseweave_testkit::{Agency, Device, Entries, Fate, day};

fn two_devices(seed: u64) -> (Agency, Device, Device) {
    let mut agency = Agency::new(seed);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    (agency, phone, tablet)
}

/// Counts how often a device's listener was called.
fn counted(device: &Device) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    device.caseweave.on_change(move || {
        counting.fetch_add(1, Ordering::Relaxed);
    });
    count
}

fn taken(count: &AtomicUsize) -> usize {
    count.swap(0, Ordering::Relaxed)
}

#[test]
fn an_edit_wakes_the_listener_once_and_one_that_changes_nothing_does_not() {
    let (_agency, phone, _) = two_devices(11);
    let count = counted(&phone);

    let case = Entries(&phone).open_case("Rosa", "Díaz");
    assert_eq!(taken(&count), 1);
    let note = Entries(&phone).note(case, "Calm.");
    assert_eq!(taken(&count), 1);
    Entries(&phone).write(case, note, "Calm.");
    assert_eq!(taken(&count), 0);
    let refused = CaseEdit::Hold { reason: " ".into() };
    phone.caseweave.edit(case, &[refused.into()]).unwrap_err();
    assert_eq!(taken(&count), 0);
}

#[test]
fn news_and_receipts_wake_the_listener_and_an_empty_exchange_does_not() {
    let (agency, phone, tablet) = two_devices(12);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let (on_phone, on_tablet) = (counted(&phone), counted(&tablet));

    phone.sync(&mut agency.network());
    assert!(taken(&on_phone) > 0, "the receipt changes the status");
    tablet.sync(&mut agency.network());
    assert!(taken(&on_tablet) > 0);
    assert_eq!(tablet.cases(), vec![case]);

    phone.sync(&mut agency.network());
    tablet.sync(&mut agency.network());
    assert_eq!((taken(&on_phone), taken(&on_tablet)), (0, 0));
}

#[test]
fn decisions_results_and_roles_wake_the_listener_and_name_the_case() {
    let mut agency = Agency::new(16);
    let (ana, ben) = (agency.worker("Ana"), agency.worker("Ben"));
    let (hers, his) = (agency.device(ana), agency.device(ben));
    let case = Entries(&hers).open_case("Rosa", "Díaz");
    hers.caseweave
        .share(case, ben, Role::Contributor, None)
        .unwrap();
    for device in [&hers, &his, &hers] {
        device.sync(&mut agency.network());
    }
    let woken = |device: &Device, act: &dyn Fn()| {
        let before = device.caseweave.changes_since(0).unwrap().revision;
        let count = counted(device);
        act();
        let touched = device.caseweave.changes_since(before).unwrap().cases;
        assert_eq!(touched.is_empty(), taken(&count) == 0);
        touched
    };

    let share = || {
        hers.caseweave.share(case, ben, Role::Reader, None).unwrap();
    };
    assert_eq!(woken(&hers, &share), [case], "a decision was made");
    let sync = || hers.sync(&mut agency.network());
    assert_eq!(woken(&hers, &sync), [case], "its result came");
    assert!(woken(&hers, &sync).is_empty());
    let sync = || his.sync(&mut agency.network());
    assert_eq!(woken(&his, &sync), [case], "the role changed");
    assert!(woken(&his, &sync).is_empty());
}

#[test]
fn a_listener_may_call_back_in_and_stays_through_locking() {
    let (_agency, phone, _) = two_devices(13);
    let caseweave = Arc::new(Caseweave::open(reopened(&phone)).unwrap());
    let weak = Arc::downgrade(&caseweave);
    let seen = Arc::new(AtomicUsize::new(0));
    let seeing = Arc::clone(&seen);
    caseweave.on_change(move || {
        let touched = weak.upgrade().unwrap().changes_since(0).unwrap();
        seeing.store(touched.cases.len(), Ordering::Relaxed);
    });

    open_a_case(&caseweave);
    assert_eq!(taken(&seen), 1);
    caseweave.lock();
    caseweave.unlock().unwrap();
    open_a_case(&caseweave);
    assert_eq!(taken(&seen), 2);
}

#[test]
fn a_listener_that_panics_leaves_the_edit_made_and_the_record_usable() {
    let (agency, phone, tablet) = two_devices(14);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let number = Entries(&phone).phone(case, "555 0100");
    phone.caseweave.on_change(|| panic!("a fault of the app"));

    let edit = std::panic::AssertUnwindSafe(|| {
        Entries(&phone).change_phone(case, number, "555 0111");
    });
    std::panic::catch_unwind(edit).unwrap_err();
    phone.caseweave.on_change(|| ());
    phone.sync(&mut agency.network().with_fate(|| Fate::Arrives));
    tablet.sync(&mut agency.network());
    let numbers: Vec<_> = tablet.case(case).phones.into_iter().collect();
    assert_eq!(
        numbers.first().and_then(|phone| phone.number.clone()),
        Some("555 0111".into())
    );
}

#[test]
fn a_closed_handle_stays_closed_and_a_locked_one_opens_again() {
    let (_agency, phone, _) = two_devices(15);

    phone.caseweave.lock();
    assert_eq!(refusal(phone.caseweave.new_id()), "the record is locked");
    phone.caseweave.unlock().unwrap();
    phone.caseweave.new_id().unwrap();

    phone.caseweave.close();
    assert_eq!(refusal(phone.caseweave.new_id()), "the record was closed");
    phone.caseweave.lock();
    assert_eq!(refusal(phone.caseweave.unlock()), "the record was closed");
}

/// Frees the installation of the device's own handle and gives what opens it again.
fn reopened(device: &Device) -> caseweave::Options {
    device.caseweave.close();
    device.options()
}

fn open_a_case(caseweave: &Caseweave) {
    let id = caseweave.new_case_id().unwrap();
    let person = PersonUpdate {
        given_name: Some("Rosa".into()),
        ..PersonUpdate::default()
    };
    let open = CaseEdit::Open {
        id,
        opened_on: day(1),
        enquiry: false,
        case: CaseUpdate::default(),
        person,
    };
    caseweave.edit(id, &[open.into()]).unwrap();
}

fn refusal<T: std::fmt::Debug>(result: caseweave::Result<T>) -> String {
    match result.unwrap_err() {
        Error::NotAllowed { reason } => reason,
        other => panic!("{other}"),
    }
}
