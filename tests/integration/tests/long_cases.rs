//! A long case is read as it is stored beside its document: as fast as ever, and it says what the document says.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::domain::{CaseEdit, CaseView, ClosureReason, NoteEdit};
use caseweave::{CaseId, Role};
use caseweave_engine::document::{CaseDocuments, Document, draft_of, note_of};
use caseweave_engine::settings::Rules;
use caseweave_store::ReadTx;
use caseweave_testkit::{Agency, Device, Dice, Entries, day, note};

/// Visits whose notes are so long that few of them make a long case.
const VISITS: u64 = 60;

fn open_long_case(device: &Device) -> CaseId {
    let case = Entries(device).open_case("Rosa", "Díaz");
    let dice = Dice::new(1, "long case");
    for _ in 0..VISITS {
        let words: Vec<_> = (0..16).map(|_| note(&dice)).collect();
        Entries(device).visit_with_note(case, &words.join(" "));
    }
    case
}

/// The case out of its documents.
fn by_document(device: &Device, case: CaseId) -> CaseView {
    device.stored(|tx| {
        let mut documents = CaseDocuments::of(load(tx, case));
        let drafts = tx.documents_of(case).unwrap().into_iter().skip(1);
        let drafts: Vec<_> = drafts.map(|row| (note_of(row.id), row.heads)).collect();
        for note in documents.open_drafts(drafts) {
            documents.add_note(load(tx, draft_of(note)));
        }
        documents.record().view(&Rules::default()).unwrap()
    })
}

fn load(tx: &ReadTx<'_>, id: CaseId) -> Document {
    let stored = tx.load(id).unwrap().unwrap();
    let snapshot = stored.snapshot.as_ref().map(|snapshot| &snapshot.bytes[..]);
    let tail = stored.tail.rows.iter().map(|row| &row.bytes[..]);
    Document::load(id, snapshot, tail).unwrap()
}

/// Opens the app anew, and gives the case with the documents that were opened to show it.
fn reopened(device: Device, case: CaseId) -> (Device, CaseView, u64) {
    let device = device.restart();
    let view = device.case(case);
    let opened = device.caseweave.documents_opened().unwrap();
    (device, view, opened)
}

fn stands(device: Device, case: CaseId, drafts: u64) -> Device {
    let (device, view, opened) = reopened(device, case);
    assert!(
        view == by_document(&device, case),
        "the case is not what its document says"
    );
    assert_eq!(opened, drafts, "documents opened");
    device
}

#[test]
fn a_long_case_is_shown_without_its_document_and_says_what_the_document_says() {
    let mut agency = Agency::new(1);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    let case = open_long_case(&phone);
    let number = Entries(&phone).phone(case, "555-0100");
    let phone = stands(phone, case, 0);
    let short = Entries(&phone).open_case("Eva", "Sol");
    let (phone, _, opened) = reopened(phone, short);
    assert_eq!(opened, 1, "what is short is read out of its document");

    phone.sync(&mut agency.network());
    tablet.sync(&mut agency.network());
    let tablet = stands(tablet, case, 0);

    // Three write one field apart: the value of the third need not show.
    let watch = agency.device(worker);
    watch.sync(&mut agency.network());
    Entries(&phone).change_phone(case, number, "555-0101");
    Entries(&tablet).change_phone(case, number, "555-0102");
    Entries(&watch).change_phone(case, number, "555-0103");
    let draft = Entries(&tablet).note(case, "Calm.");
    Entries(&tablet).write(case, draft, "Calm. Ate well.");
    let tablet = stands(tablet, case, 1);
    let mut devices = [phone, tablet, watch];
    for _ in 0..2 {
        for device in &devices {
            device.sync(&mut agency.network());
        }
    }
    devices = devices.map(|device| stands(device, case, 1));
    let conflicts = devices[0].case(case).conflicts;
    assert_eq!(conflicts[0].choices.len(), 3);
    let [phone, tablet, watch] = devices;

    // One closes the case, the other signs and goes on writing: what is late is told.
    let close = CaseEdit::Close {
        closed_on: day(20),
        reason: ClosureReason::GoalsMet,
        outcome: None,
    };
    phone.edit(case, &[close.into()]);
    tablet.edit(case, &[NoteEdit::Sign { id: draft }.into()]);
    for device in [&phone, &tablet, &phone, &watch] {
        device.sync(&mut agency.network());
    }
    for device in [phone, tablet, watch] {
        let device = stands(device, case, 0);
        assert_eq!(device.case(case).changed_after_closing.len(), 1);
    }
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn a_long_case_that_leaves_the_device_leaves_nothing_stored() {
    let mut agency = Agency::new(2);
    let (ana, ben) = (agency.worker("Ana"), agency.worker("Ben"));
    let (anas, bens) = (agency.device(ana), agency.device(ben));
    let case = open_long_case(&anas);
    anas.caseweave
        .share(case, ben, Role::Contributor, None)
        .unwrap();
    anas.sync(&mut agency.network());
    bens.sync(&mut agency.network());
    assert!(bens.stored(|tx| tx.has_stored_record(case)).unwrap());
    anas.caseweave.withdraw(case, ben).unwrap();
    anas.sync(&mut agency.network());
    bens.sync(&mut agency.network());
    assert!(!bens.stored(|tx| tx.has_stored_record(case)).unwrap());
}
