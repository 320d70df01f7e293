//! Drafts that are signed and received are folded at once: nothing of them is lost, and nothing that still waits is dropped.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::domain::NoteEdit;
use caseweave::{CaseId, EntityId};
use caseweave_testkit::{Agency, Device, Dice, Entries, note};

/// The rows of changes that a note's draft has on a device, and whether it has a snapshot.
fn draft_rows(device: &Device, note: EntityId) -> (usize, bool) {
    let draft = CaseId::from_bytes(note.to_bytes());
    device.stored(|tx| {
        let stored = tx.load(draft).unwrap().unwrap();
        let rows = tx.changes_of(draft).unwrap().rows.len();
        (rows, stored.snapshot.is_some())
    })
}

fn sign(device: &Device, case: CaseId, note: EntityId) {
    device.edit(case, &[NoteEdit::Sign { id: note }.into()]);
}

#[test]
fn signed_drafts_are_folded_with_their_receipt_and_keep_everything() {
    let mut agency = Agency::new(1);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let note = Entries(&phone).note(case, "Calm.");
    Entries(&phone).write(case, note, "Calm. Ate well.");
    for device in [&phone, &tablet] {
        device.sync(&mut agency.network());
        assert_eq!(draft_rows(device, note), (2, false), "it is not signed yet");
    }
    let history = phone.caseweave.history(case).unwrap();

    sign(&phone, case, note);
    assert_eq!(
        draft_rows(&phone, note),
        (2, false),
        "nobody has the signature yet"
    );
    phone.sync(&mut agency.network());
    tablet.sync(&mut agency.network());
    for device in [&phone, &tablet] {
        assert_eq!(draft_rows(device, note), (0, true));
        assert!(device.caseweave.check_storage().unwrap().is_clean());
    }
    let after = phone.caseweave.history(case).unwrap();
    assert_eq!(after[..history.len()], history[..]);

    // Late words wait in a row of their own, and are given from the fold and the row together.
    Entries(&phone).write(case, note, "Calm. Ate well. Fell at night.");
    assert_eq!(
        draft_rows(&phone, note),
        (1, true),
        "what waits keeps its row"
    );
    let phone = phone.restart();
    for device in [&phone, &tablet] {
        device.sync(&mut agency.network());
    }
    assert_eq!(phone.case(case), tablet.case(case));
    let draft = tablet.case(case).notes[0].draft.clone();
    assert_eq!(draft.as_deref(), Some("Calm. Ate well. Fell at night."));
    assert_eq!(tablet.caseweave.search("fell", 10).unwrap().len(), 1);
    assert_eq!(tablet.caseweave.search("calm", 10).unwrap().len(), 2);
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn a_note_that_is_signed_as_it_stands_is_found_once() {
    let mut agency = Agency::new(2);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let note = Entries(&phone).note(case, "Calm.");
    for device in [&phone, &tablet] {
        device.sync(&mut agency.network());
        assert_eq!(device.caseweave.search("calm", 10).unwrap().len(), 1);
    }
    sign(&phone, case, note);
    for device in [&phone, &tablet] {
        device.sync(&mut agency.network());
        assert_eq!(device.caseweave.search("calm", 10).unwrap().len(), 1);
    }
    Entries(&phone).write(case, note, "Calm, then loud.");
    for device in [&phone, &tablet] {
        device.sync(&mut agency.network());
        assert_eq!(device.caseweave.search("calm", 10).unwrap().len(), 2);
    }
}

#[test]
fn what_rests_packed_is_found_and_gone_on_with() {
    let mut agency = Agency::new(3);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let dice = Dice::new(3, "notes");
    let notes: Vec<EntityId> = (0..8)
        .map(|number| {
            let draft = Entries(&phone).note(case, "Begun");
            let text = format!("{} Unmistakable{number}.", note(&dice));
            Entries(&phone).write(case, draft, &text);
            sign(&phone, case, draft);
            draft
        })
        .collect();
    let (phone, tablet) = {
        for device in [&phone, &tablet, &phone] {
            device.sync(&mut agency.network());
        }
        (phone.restart(), tablet.restart())
    };
    let all_are_found = |device: &Device| {
        for number in 0..8 {
            let hits = device
                .caseweave
                .search(&format!("unmistakable{number}"), 10)
                .unwrap();
            assert_eq!(hits.len(), 1);
            let marked = format!("\u{2068}Unmistakable{number}\u{2069}");
            assert!(
                hits[0].snippet.contains(&marked),
                "the text is taken out of the pack"
            );
        }
        assert!(device.caseweave.check_storage().unwrap().is_clean());
    };
    [&phone, &tablet].into_iter().for_each(all_are_found);
    assert!(phone.caseweave.verify(case).unwrap().failed == 0);

    Entries(&tablet).write(case, notes[3], "Wholly other words");
    for device in [&tablet, &phone] {
        device.sync(&mut agency.network());
        all_are_found(device);
        assert_eq!(device.caseweave.search("wholly", 10).unwrap().len(), 1);
    }
    sign(&phone, case, notes[3]);
    for device in [&phone, &tablet] {
        device.sync(&mut agency.network());
        all_are_found(device);
        assert_eq!(device.caseweave.search("wholly", 10).unwrap().len(), 1);
    }
    assert_eq!(phone.case(case), tablet.case(case));
    assert_eq!(agency.findings(), Vec::<String>::new());
}
