//! The offline lease: reading stops after 14 days without the server, nothing is lost by it, and the next exchange opens it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use caseweave::{CaseId, Error, ListQuery};
use caseweave_testkit::{Agency, Device, Entries};

const HOUR_MS: i64 = 3_600_000;
/// What an agency has that set nothing else.
const OFFLINE_LEASE_MS: i64 = 14 * 24 * HOUR_MS;

fn one_device(seed: u64) -> (Agency, Device, CaseId) {
    let mut agency = Agency::new(seed);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    phone.sync(&mut agency.network());
    (agency, phone, case)
}

fn may_read(device: &Device, case: CaseId) -> bool {
    match device.caseweave.case(case) {
        Ok(_) => true,
        Err(Error::NotAllowed { .. }) => false,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn after_fourteen_days_without_the_server_nothing_is_shown_and_nothing_is_lost() {
    let (agency, phone, case) = one_device(1);
    phone.clock.advance(OFFLINE_LEASE_MS - HOUR_MS);
    assert!(may_read(&phone, case));
    assert!(!phone.caseweave.lease().unwrap().ended);

    phone.clock.advance(2 * HOUR_MS);
    assert!(!may_read(&phone, case));
    let caseweave = &phone.caseweave;
    assert!(caseweave.lease().unwrap().ended);
    let refused = [
        caseweave.case_at(case, "").err(),
        caseweave.history(case).err(),
        caseweave.timeline(case, None, 10).err(),
        caseweave.list(&ListQuery::default()).err(),
        caseweave.search("rosa", 10).err(),
        caseweave.inbox().err(),
        caseweave.verify(case).err(),
        caseweave.quarantined(None).err(),
        caseweave.access(case).err(),
    ];
    let not_allowed = |error: &Option<Error>| matches!(error, Some(Error::NotAllowed { .. }));
    assert!(refused.iter().all(not_allowed), "{refused:?}");

    let task = Entries(&phone).task(case, "Written while the lease was over");
    assert_eq!(caseweave.status(None).unwrap().pending, 1);
    phone.sync(&mut agency.network());
    assert_eq!(caseweave.status(None).unwrap().pending, 0);
    assert!(!caseweave.lease().unwrap().ended);
    let tasks = phone.case(case).tasks;
    assert!(tasks.iter().any(|found| found.meta.id == task));
}

#[test]
fn an_exchange_that_was_never_answered_renews_nothing() {
    let (agency, phone, case) = one_device(2);
    phone.clock.advance(OFFLINE_LEASE_MS + HOUR_MS);
    let mut lost = agency
        .network()
        .with_fate(|| caseweave_testkit::Fate::ReplyLost);
    phone.try_sync(&mut lost).unwrap_err();
    assert!(!may_read(&phone, case));
}

#[test]
fn a_clock_set_back_does_not_lengthen_the_lease() {
    let (agency, phone, case) = one_device(3);
    phone.clock.advance(OFFLINE_LEASE_MS - HOUR_MS);
    assert!(may_read(&phone, case));
    phone.clock.advance(-30 * 24 * HOUR_MS);
    // What was seen is kept beyond a restart, or a lock.
    let phone = phone.restart();
    assert!(may_read(&phone, case), "an hour is left");
    phone.caseweave.lock();
    phone.caseweave.unlock().unwrap();

    phone.clock.advance(30 * 24 * HOUR_MS + 2 * HOUR_MS);
    assert!(!may_read(&phone, case));
    phone.clock.advance(-60 * 24 * HOUR_MS);
    assert!(!may_read(&phone, case));
    phone.caseweave.lock();
    phone.caseweave.unlock().unwrap();
    assert!(!may_read(&phone, case));

    // The server's answer counts, whatever the clock says; from then on by the clock as it is.
    phone.sync(&mut agency.network());
    assert!(may_read(&phone, case));
    phone.clock.advance(OFFLINE_LEASE_MS + HOUR_MS);
    assert!(!may_read(&phone, case));
}

#[test]
fn a_new_device_has_its_whole_lease() {
    let mut agency = Agency::new(4);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let lease = phone.caseweave.lease().unwrap();
    let length = lease.ends_at - lease.confirmed_at;
    assert_eq!(length.num_milliseconds(), OFFLINE_LEASE_MS);
    phone.clock.advance(OFFLINE_LEASE_MS - HOUR_MS);
    assert!(may_read(&phone, case));
}
