//! Limits of one request stop nobody: what does not fit goes with the next, and what no request can carry is refused by name before it
//! is kept.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use caseweave::domain::{Edit, NoteEdit, NoteKind, NoteUpdate};
use caseweave::{CaseId, Error};
use caseweave_testkit::{Agency, Device, Dice, Entries};

const LONGEST: usize = 20_000;

/// One worker's phone and tablet, and a case that both have.
fn two_devices(seed: u64) -> (Agency, Device, Device, CaseId) {
    let mut agency = Agency::new(seed);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    phone.sync(&mut agency.network());
    (agency, phone, tablet, case)
}

fn signed_note(device: &Device, text: &str) -> [Edit; 2] {
    let id = device.id();
    let fields = NoteUpdate {
        sort: Some(NoteKind::Progress),
        ..NoteUpdate::default()
    };
    let start = NoteEdit::Start {
        id,
        fields,
        text: text.into(),
    };
    [start.into(), NoteEdit::Sign { id }.into()]
}

fn refused(device: &Device, case: CaseId, edits: &[Edit]) -> Option<String> {
    match device.caseweave.edit(case, edits) {
        Ok(_) => None,
        Err(Error::InvalidInput { field, .. }) => Some(field),
        Err(other) => panic!("{other}"),
    }
}

/// Everything is on both devices, and nothing waits or was set aside.
fn assert_arrives(agency: &Agency, devices: [&Device; 2], case: CaseId) {
    for device in devices {
        device.sync(&mut agency.network());
    }
    for device in devices {
        let sync = device.caseweave.status(None).unwrap();
        assert_eq!((sync.pending, sync.held, sync.refused), (0, 0, 0));
        assert!(device.caseweave.quarantined(None).unwrap().is_empty());
    }
    let [phone, tablet] = devices;
    assert_eq!(phone.case(case), tablet.case(case));
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn a_call_that_no_request_carries_is_refused_whole_and_goes_in_parts() {
    let (agency, phone, tablet, case) = two_devices(3);
    let text = "ж".repeat(LONGEST);
    let edits: Vec<Edit> = (0..80).flat_map(|_| signed_note(&phone, &text)).collect();
    let before = phone.case(case);
    assert_eq!(refused(&phone, case, &edits).as_deref(), Some("edits"));
    assert_eq!(phone.case(case), before);
    assert_eq!(phone.caseweave.status(None).unwrap().pending, 0);
    for part in edits.chunks(80) {
        phone.edit(case, part);
    }
    assert_arrives(&agency, [&phone, &tablet], case);
    assert_eq!(tablet.case(case).notes.len(), 80);
}

#[test]
fn a_case_that_edit_lets_grow_no_further_is_taken_whole() {
    let (agency, phone, tablet, case) = two_devices(4);
    let dice = Dice::new(4, "long texts");
    let grow = |_| refused(&phone, case, &signed_note(&phone, &longest(&dice)));
    let full = (0..200).find_map(grow);
    assert_eq!(full.as_deref(), Some("record"));
    let notes = phone.case(case).notes.len();
    assert!(notes > 20, "{notes}");
    assert_arrives(&agency, [&phone, &tablet], case);
    let phone = phone.restart();
    let grow = |_| refused(&phone, case, &signed_note(&phone, &longest(&dice)));
    let again = (0..4).find_map(grow);
    assert_eq!(again.as_deref(), Some("record"));
    Entries(&phone).task(case, "Open another case");
    assert_arrives(&agency, [&phone, &tablet], case);
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

/// A text that is hardly to be deflated: four bytes each character.
fn longest(dice: &Dice) -> String {
    let character = |_| {
        let place = u32::try_from(dice.below(0xa000)).unwrap();
        char::from_u32(0x20000 + place).unwrap()
    };
    (0..LONGEST).map(character).collect()
}

fn write_at_once(device: &Device, case: CaseId, notes: usize, dice: &Dice) {
    let notes = (0..notes).flat_map(|_| signed_note(device, &longest(dice)));
    device.edit(case, &notes.collect::<Vec<Edit>>());
}

#[test]
fn what_a_server_lost_of_two_large_cases_comes_back_in_requests_that_it_takes() {
    let mut agency = Agency::new(5);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let dice = Dice::new(5, "long texts");
    let backup = agency.backup();
    for person in ["Rosa", "Ben"] {
        let case = Entries(&phone).open_case(person, "Díaz");
        write_at_once(&phone, case, 22, &dice);
        // Under one signature with the opening of the case: it comes back whole or not at all.
        phone.sync(&mut agency.network());
    }
    agency.restore(&backup);

    phone.sync(&mut agency.network());
    let fresh = agency.device(worker);
    fresh.sync(&mut agency.network());
    assert_eq!(fresh.cases(), phone.cases());
    for case in phone.cases() {
        assert_eq!(fresh.case(case), phone.case(case));
    }
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn what_waits_for_crowded_cases_goes_in_requests_that_a_server_takes() {
    let mut agency = Agency::new(6);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let dice = Dice::new(6, "long texts");
    let cases: Vec<CaseId> = (0..14)
        .map(|number| Entries(&phone).open_case(&format!("Person {number}"), "Díaz"))
        .collect();
    phone.sync(&mut agency.network());
    let backup = agency.backup();
    let (phone, one) = phone.cloned();
    let (phone, two) = phone.cloned();
    let copies = [one, two, phone].map(Device::restart);
    let [one, two, phone] = &copies;
    for case in &cases {
        Entries(phone).task(*case, "Lost by the server");
    }
    phone.sync(&mut agency.network());
    agency.restore(&backup);
    for copy in [one, two] {
        for case in &cases {
            Entries(copy).task(*case, "Written since");
        }
        copy.sync(&mut agency.network());
    }
    for case in &cases {
        write_at_once(phone, *case, 3, &dice);
    }

    for copy in copies.iter().rev().chain(&copies) {
        copy.sync(&mut agency.network());
    }
    for copy in &copies {
        let sync = copy.caseweave.status(None).unwrap();
        assert_eq!((sync.pending, sync.held, sync.refused), (0, 0, 0));
        for case in &cases {
            assert_eq!(copy.case(*case).tasks.len(), 3);
            assert_eq!(copy.case(*case).notes.len(), 3);
        }
    }
    assert_eq!(agency.findings(), Vec::<String>::new());
}
