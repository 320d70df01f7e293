//! Drafts whose notes are signed as they stand leave replication: devices that have them and devices that have not show the same, count
//! the same, and write on alike.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::domain::{NoteEdit, NoteState, NoteView};
use caseweave::{CaseId, EntityId, Error, Role, WorkerId};
use caseweave_testkit::{Agency, Device, Entries};

/// Ana's phone with a note that was written over some time, and whoever else comes.
struct Notes {
    agency: Agency,
    ana: WorkerId,
    phone: Device,
    case: CaseId,
    note: EntityId,
}

impl Notes {
    fn open(seed: u64) -> Self {
        let mut agency = Agency::new(seed);
        let ana = agency.worker("Ana");
        let phone = agency.device(ana);
        let case = Entries(&phone).open_case("Rosa", "Díaz");
        let note = Entries(&phone).note(case, "Calm");
        Entries(&phone).write(case, note, "Calm.");
        phone.sync(&mut agency.network());
        Self {
            agency,
            ana,
            phone,
            case,
            note,
        }
    }

    fn signed(seed: u64) -> Self {
        let notes = Self::open(seed);
        notes.sign(&notes.phone);
        notes.sync(&[&notes.phone]);
        notes
    }

    /// A device of Ana's, enrolled now.
    fn newcomer(&mut self) -> Device {
        let device = self.agency.device(self.ana);
        self.sync(&[&device]);
        device
    }

    fn write(&self, device: &Device, text: &str) {
        Entries(device).write(self.case, self.note, text);
    }

    fn sign(&self, device: &Device) {
        device.edit(self.case, &[NoteEdit::Sign { id: self.note }.into()]);
    }

    fn sync(&self, devices: &[&Device]) {
        for device in devices {
            device.sync(&mut self.agency.network());
        }
    }

    fn note(&self, device: &Device) -> NoteView {
        device.case(self.case).notes.remove(0)
    }

    /// Whether the note's draft is on a device, as its storage says.
    fn is_on(&self, device: &Device) -> bool {
        let draft = CaseId::from_bytes(self.note.to_bytes());
        device.stored(|tx| tx.document(draft).unwrap()).is_some()
    }

    /// All show the same, nothing waits, and one exchange of each finds that nothing is left to tell.
    fn assert_level(&self, devices: &[&Device]) {
        self.sync(devices);
        for device in devices {
            assert_eq!(device.case(self.case), devices[0].case(self.case));
            for words in ["calm", "fell", "ate"] {
                let found = |device: &Device| device.caseweave.search(words, 50).unwrap().len();
                assert_eq!(found(device), found(devices[0]), "{words}");
            }
            let sync = device.caseweave.status(None).unwrap();
            assert_eq!((sync.pending, sync.held), (0, 0));
            assert!(device.caseweave.check_storage().unwrap().is_clean());
            let mut network = self.agency.network();
            device.sync(&mut network);
            assert_eq!(network.requests, 1, "the digests are equal");
        }
        assert_eq!(self.agency.findings(), Vec::<String>::new());
    }
}

#[test]
fn devices_with_and_without_a_closed_draft_show_and_count_the_same() {
    let mut notes = Notes::signed(1);
    let tablet = notes.newcomer();
    assert!(notes.is_on(&notes.phone) && !notes.is_on(&tablet));
    assert_eq!(notes.note(&tablet).state, NoteState::Signed);
    assert_eq!(notes.note(&tablet).signed[0].text, "Calm.");
    notes.assert_level(&[&notes.phone, &tablet]);
}

#[test]
fn late_words_bring_the_draft_to_both_and_signing_closes_it_again() {
    let mut notes = Notes::signed(2);
    let tablet = notes.newcomer();
    notes.write(&notes.phone, "Calm. Fell at night.");
    notes.assert_level(&[&notes.phone, &tablet]);
    assert!(notes.is_on(&tablet));
    assert_eq!(notes.note(&tablet).state, NoteState::SignedWithLateWords);
    assert_eq!(
        notes.note(&tablet).draft.as_deref(),
        Some("Calm. Fell at night.")
    );

    notes.sign(&tablet);
    notes.assert_level(&[&tablet, &notes.phone]);
    assert_eq!(notes.note(&notes.phone).state, NoteState::Signed);
    let late = notes.newcomer();
    assert!(!notes.is_on(&late));
    notes.assert_level(&[&notes.phone, &tablet, &late]);
}

#[test]
fn two_who_write_on_without_the_draft_end_with_one_text_and_lose_nothing() {
    let mut notes = Notes::signed(3);
    let (one, other) = (notes.newcomer(), notes.newcomer());
    notes.write(&one, "Calm. Ate well.");
    notes.write(&other, "Calm. Fell at night.");
    assert_eq!(notes.note(&one).state, NoteState::SignedWithLateWords);
    notes.sync(&[&one]);
    let one = one.restart();
    notes.assert_level(&[&other, &one, &notes.phone]);
    let text = notes.note(&notes.phone).draft.unwrap();
    assert_eq!(text.matches("Calm.").count(), 1, "{text}");
    assert!(
        text.contains("Ate well.") && text.contains("Fell at night."),
        "{text}"
    );

    notes.sign(&one);
    notes.assert_level(&[&one, &other, &notes.phone]);
    let late = notes.newcomer();
    assert!(!notes.is_on(&late));
    notes.assert_level(&[&late, &notes.phone]);
}

#[test]
fn words_written_on_and_signed_without_the_draft_close_it_at_once() {
    let mut notes = Notes::signed(4);
    let tablet = notes.newcomer();
    notes.write(&tablet, "Calm. Fell at night.");
    notes.sign(&tablet);
    assert_eq!(notes.note(&tablet).state, NoteState::Signed);
    notes.assert_level(&[&tablet, &notes.phone]);
    assert_eq!(notes.note(&notes.phone).state, NoteState::Signed);
    let late = notes.newcomer();
    assert!(!notes.is_on(&late));
}

#[test]
fn words_written_on_apart_from_words_in_the_draft_are_all_kept() {
    let mut notes = Notes::signed(5);
    let tablet = notes.newcomer();
    notes.write(&notes.phone, "Very calm.");
    notes.write(&tablet, "Calm. Fell at night.");
    notes.sync(&[&tablet, &notes.phone]);
    notes.assert_level(&[&tablet, &notes.phone]);
    let text = notes.note(&tablet).draft.unwrap();
    assert_eq!(text, "Very calm. Fell at night.");
}

#[test]
fn a_refused_signature_closes_nothing() {
    let mut notes = Notes::open(6);
    let ben = notes.agency.worker("Ben");
    let bens = notes.agency.device(ben);
    let phone = &notes.phone.caseweave;
    phone.share(notes.case, ben, Role::Reader, None).unwrap();
    notes.sync(&[&notes.phone, &bens]);
    notes.sign(&bens);
    notes.sync(&[&bens]);
    assert_eq!(bens.caseweave.quarantined(None).unwrap().len(), 1);
    assert_eq!(notes.note(&bens).state, NoteState::Draft);
    let tablet = notes.newcomer();
    assert!(notes.is_on(&tablet));
    notes.assert_level(&[&notes.phone, &tablet, &bens]);
}

#[test]
fn a_held_signature_closes_nothing_until_a_lead_accepts_it() {
    let mut notes = Notes::open(7);
    let ben = notes.agency.worker("Ben");
    let bens = notes.agency.device(ben);
    let lead = |role| {
        let phone = &notes.phone.caseweave;
        phone.share(notes.case, ben, role, None).unwrap();
        notes.sync(&[&notes.phone]);
    };
    lead(Role::Contributor);
    notes.sync(&[&bens]);
    lead(Role::Reader);
    notes.sign(&bens);
    notes.sync(&[&bens]);
    assert_eq!(bens.caseweave.status(None).unwrap().held, 1);
    let mut network = notes.agency.network();
    bens.sync(&mut network);
    assert_eq!(network.requests, 1, "what is held counts on neither side");
    drop(network);
    let tablet = notes.newcomer();
    assert!(notes.is_on(&tablet));

    notes.sync(&[&notes.phone]);
    let late = notes.phone.caseweave.late_work(Some(notes.case)).unwrap();
    notes.phone.caseweave.accept_late_work(late[0].id).unwrap();
    notes.sync(&[&notes.phone]);
    notes.assert_level(&[&notes.phone, &tablet, &bens]);
    assert_eq!(notes.note(&tablet).state, NoteState::Signed);
    let late = notes.newcomer();
    assert!(!notes.is_on(&late));
}

#[test]
fn a_server_set_back_to_before_the_closing_closes_the_draft_again() {
    let mut notes = Notes::open(8);
    let tablet = notes.newcomer();
    let backup = notes.agency.backup();
    notes.write(&notes.phone, "Calm. Ate well.");
    notes.sign(&notes.phone);
    notes.sync(&[&notes.phone, &tablet]);
    notes.agency.restore(&backup);
    notes.assert_level(&[&tablet, &notes.phone]);
    let late = notes.newcomer();
    assert!(!notes.is_on(&late));
    notes.assert_level(&[&late, &tablet, &notes.phone]);
}

#[test]
fn a_server_that_lost_a_closed_draft_gets_it_back_with_its_signatures() {
    let mut agency = Agency::new(9);
    let ana = agency.worker("Ana");
    let phone = agency.device(ana);
    let tablet = agency.device(ana);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    phone.sync(&mut agency.network());
    let backup = agency.backup();
    let note = Entries(&phone).note(case, "Calm.");
    let mut notes = Notes {
        agency,
        ana,
        phone,
        case,
        note,
    };
    notes.sync(&[&notes.phone]);
    notes.sign(&notes.phone);
    notes.sync(&[&notes.phone, &tablet]);
    assert!(notes.is_on(&notes.phone) && !notes.is_on(&tablet));
    notes.agency.restore(&backup);
    // The one without the draft comes first: what it has of the case names a draft that the server has not got.
    notes.sync(&[&tablet]);
    notes.assert_level(&[&notes.phone, &tablet]);
    let late = notes.newcomer();
    assert!(!notes.is_on(&late));
    assert!(late.caseweave.verify(notes.case).unwrap().asks);
    notes.sync(&[&late]);
    assert!(notes.is_on(&late));
    let proof = late.caseweave.verify(notes.case).unwrap();
    assert_eq!((proof.unchecked, proof.unproven, proof.asks), (0, 0, false));
}

#[test]
fn a_server_set_back_to_after_the_closing_leaves_it_closed() {
    let mut notes = Notes::signed(10);
    let tablet = notes.newcomer();
    let backup = notes.agency.backup();
    Entries(&notes.phone).task(notes.case, "Order a ramp");
    notes.write(&tablet, "Calm. Fell at night.");
    notes.sync(&[&notes.phone, &tablet, &notes.phone]);
    notes.agency.restore(&backup);
    notes.assert_level(&[&notes.phone, &tablet]);
    notes.sign(&notes.phone);
    notes.assert_level(&[&notes.phone, &tablet]);
    let late = notes.newcomer();
    assert!(!notes.is_on(&late));
}

#[test]
fn a_phone_set_back_to_before_the_closing_gets_the_rest_of_the_draft() {
    let mut notes = Notes::open(11);
    let tablet = notes.newcomer();
    let files = tablet.backup();
    notes.write(&notes.phone, "Calm. Ate well.");
    notes.sign(&notes.phone);
    notes.sync(&[&notes.phone, &tablet]);
    let tablet = tablet.restored(files);
    notes.assert_level(&[&notes.phone, &tablet]);
    assert_eq!(notes.note(&tablet).state, NoteState::Signed);
}

#[test]
fn a_device_that_starts_anew_gets_the_rest_of_a_draft_that_was_closed_since() {
    let mut notes = Notes::open(14);
    let tablet = notes.newcomer();
    let backup = notes.agency.backup();
    Entries(&notes.phone).task(notes.case, "Order a ramp");
    notes.sync(&[&notes.phone, &tablet]);
    notes.agency.restore(&backup);
    // The server does not know where the tablet stands, and closes the draft before it comes back.
    notes.write(&notes.phone, "Calm. Ate well.");
    notes.sign(&notes.phone);
    notes.sync(&[&notes.phone]);
    notes.assert_level(&[&tablet, &notes.phone]);
    let rows = |device: &Device| {
        let draft = CaseId::from_bytes(notes.note.to_bytes());
        device.stored(|tx| tx.document(draft).unwrap()).unwrap()
    };
    assert_eq!(rows(&tablet).heads, rows(&notes.phone).heads);
    assert!(rows(&tablet).closed && rows(&notes.phone).closed);
}

#[test]
fn whoever_verifies_without_the_draft_gets_it_with_the_next_exchange() {
    let mut notes = Notes::signed(12);
    let tablet = notes.newcomer();
    let before = tablet.caseweave.verify(notes.case).unwrap();
    assert!(before.asks);
    let mut network = notes.agency.network();
    tablet.sync(&mut network);
    assert_eq!(network.requests, 1);
    drop(network);
    assert!(notes.is_on(&tablet));
    let proof = tablet.caseweave.verify(notes.case).unwrap();
    let all = notes.phone.caseweave.verify(notes.case).unwrap();
    assert_eq!((proof.unchecked, proof.asks), (0, false));
    assert_eq!(proof.changes.len(), all.changes.len());
    notes.assert_level(&[&notes.phone, &tablet]);
}

#[test]
fn edits_without_the_draft_that_are_refused_leave_the_note_signed() {
    let mut notes = Notes::signed(13);
    let ben = notes.agency.worker("Ben");
    let bens = notes.agency.device(ben);
    let phone = &notes.phone.caseweave;
    phone.share(notes.case, ben, Role::Reader, None).unwrap();
    notes.sync(&[&notes.phone, &bens]);
    notes.write(&bens, "Calm. Fell at night.");
    notes.sign(&bens);
    notes.sync(&[&bens]);
    assert_eq!(bens.caseweave.quarantined(None).unwrap().len(), 2);
    assert!(!notes.is_on(&bens));
    notes.assert_level(&[&notes.phone, &bens]);
    let missing = NoteEdit::Sign { id: bens.id() };
    let refused = bens.caseweave.edit(notes.case, &[missing.into()]);
    assert!(matches!(refused, Err(Error::NotFound { .. })));
}
