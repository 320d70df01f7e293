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
    // Four bytes each, and hardly to be deflated.
    let character = |_| {
        let place = u32::try_from(dice.below(0xa000)).unwrap();
        char::from_u32(0x20000 + place).unwrap()
    };
    let longest = || (0..LONGEST).map(character).collect::<String>();
    let full = (0..200).find_map(|_| refused(&phone, case, &signed_note(&phone, &longest())));
    assert_eq!(full.as_deref(), Some("record"));
    let notes = phone.case(case).notes.len();
    assert!(notes > 20, "{notes}");
    assert_arrives(&agency, [&phone, &tablet], case);
    let phone = phone.restart();
    let again = (0..4).find_map(|_| refused(&phone, case, &signed_note(&phone, &longest())));
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
