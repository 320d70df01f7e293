//! Limits of one request stop nobody: what does not fit goes with the next.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use caseweave_testkit::{Agency, Entries};

#[test]
fn more_cases_than_one_request_may_name_are_all_sent() {
    let mut agency = Agency::new(2);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    for number in 0..1_010 {
        Entries(&phone).open_case(&format!("Person {number}"), "Díaz");
    }
    phone.sync(&mut agency.network());
    assert_eq!(phone.caseweave.status(None).unwrap().pending, 0);
    tablet.sync(&mut agency.network());
    assert_eq!(tablet.cases().len(), 1_010);
}
