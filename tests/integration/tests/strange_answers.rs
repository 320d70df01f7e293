//! Limits of one request, and answers that do not hold together: nothing of it stops the rest.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use caseweave::{CaseId, Role};
use caseweave_engine::identity::DevicePublicKey;
use caseweave_engine::sync::wire::{WireDevice, WireResponse};
use caseweave_engine::sync::{pack, unpack};
use caseweave_testkit::{Agency, Entries};

#[test]
fn a_known_device_told_with_another_key_holds_up_nothing() {
    let mut agency = Agency::new(1);
    let (ana, ben) = (agency.worker("Ana"), agency.worker("Ben"));
    let (anas, bens) = (agency.device(ana), agency.device(ben));
    let case: CaseId = Entries(&anas).open_case("Rosa", "Díaz");
    let share = Role::Contributor;
    anas.caseweave.share(case, ben, share, None).unwrap();
    anas.sync(&mut agency.network());
    bens.sync(&mut agency.network());
    for title in ["first", "second"] {
        Entries(&bens).task(case, title);
        bens.sync(&mut agency.network());
        if title == "first" {
            anas.sync(&mut agency.network());
        }
    }
    let session = anas.caseweave.sync().unwrap();
    let request = session.next_request().unwrap().unwrap();
    let (status, body) = agency.network().send(&request).unwrap();
    let mut answer: WireResponse = unpack(&body).unwrap();
    let told = bens.caseweave.who_am_i().unwrap();
    answer.devices.push(WireDevice {
        device: told.device,
        worker: told.worker,
        name: told.worker_name,
        key: DevicePublicKey([9; 32]),
    });
    session
        .on_response(status, &pack(&answer).unwrap())
        .unwrap();
    assert_eq!(
        anas.case(case).tasks.len(),
        2,
        "signed by the key that is known"
    );
    let aside = anas.caseweave.quarantined(None).unwrap();
    let codes: Vec<&str> = aside.iter().map(|entry| entry.code.as_str()).collect();
    assert_eq!(codes, ["other_key"]);
}

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
