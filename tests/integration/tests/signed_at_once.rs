//! Visits whose note is begun, written and signed in one call: what is sent and stored of them, and how they go on.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use caseweave::domain::{NoteEdit, NoteState, NoteView};
use caseweave::{CaseId, Caseweave, EntityId, Host, Options};
use caseweave_testkit::{Agency, Device, Entries};

/// A phone and a tablet of one worker, with a visit whose note was signed at once on the phone.
struct Visited {
    agency: Agency,
    phone: Device,
    tablet: Device,
    case: CaseId,
    note: EntityId,
}

fn visited(seed: u64) -> Visited {
    let mut agency = Agency::new(seed);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    Entries(&phone).visit_with_note(case, "Calm.");
    let note = phone.case(case).notes[0].note.meta.id;
    let visited = Visited {
        agency,
        phone,
        tablet,
        case,
        note,
    };
    visited.exchange();
    visited
}

impl Visited {
    fn exchange(&self) {
        for device in [&self.phone, &self.tablet, &self.phone, &self.tablet] {
            device.sync(&mut self.agency.network());
        }
    }

    fn note(&self, device: &Device) -> NoteView {
        device.case(self.case).notes.remove(0)
    }

    fn sign(&self, device: &Device) {
        device.edit(self.case, &[NoteEdit::Sign { id: self.note }.into()]);
    }

    fn assert_equal(&self) {
        assert_eq!(self.phone.case(self.case), self.tablet.case(self.case));
        for device in [&self.phone, &self.tablet] {
            assert!(device.caseweave.check_storage().unwrap().is_clean());
            assert_eq!(device.caseweave.status(None).unwrap().pending, 0);
            assert!(device.caseweave.quarantined(None).unwrap().is_empty());
        }
        assert_eq!(self.agency.findings(), Vec::<String>::new());
    }
}

#[test]
fn late_words_on_a_note_signed_at_once_reach_the_other_device_and_its_search() {
    let visited = visited(1);
    Entries(&visited.tablet).write(visited.case, visited.note, "Calm. Fell at night.");
    visited.exchange();
    let note = visited.note(&visited.phone);
    assert_eq!(note.state, NoteState::SignedWithLateWords);
    assert_eq!(note.signed[0].text, "Calm.");
    assert_eq!(note.draft.as_deref(), Some("Calm. Fell at night."));
    let hits = visited.phone.caseweave.search("fell", 10).unwrap();
    assert_eq!(hits.len(), 1);
    visited.assert_equal();
}

#[test]
fn two_devices_that_take_a_note_up_apart_lose_no_word_and_can_sign_again() {
    let visited = visited(2);
    Entries(&visited.phone).write(visited.case, visited.note, "Calm. Ate well.");
    Entries(&visited.tablet).write(visited.case, visited.note, "Calm. Fell at night.");
    visited.exchange();
    let both = visited.note(&visited.phone).draft.unwrap();
    assert!(both.contains("Ate well.") && both.contains("Fell at night."));
    visited.assert_equal();

    Entries(&visited.tablet).write(visited.case, visited.note, "Calm. Ate well. Fell at night.");
    visited.sign(&visited.tablet);
    visited.exchange();
    let note = visited.note(&visited.phone);
    assert_eq!(note.state, NoteState::Signed);
    assert_eq!(note.signed.len(), 2);
    visited.assert_equal();
}

#[test]
fn a_note_signed_at_once_is_signed_again_after_a_restart() {
    let mut visited = visited(3);
    visited.phone = visited.phone.restart();
    visited.phone.clock.advance(60_000);
    visited.sign(&visited.phone);
    visited.exchange();
    assert_eq!(visited.note(&visited.tablet).signed.len(), 2);
    visited.assert_equal();
}

/// A host whose clock fails after some readings.
#[derive(Debug)]
struct Failing {
    inner: Arc<dyn Host>,
    readings: Arc<AtomicU32>,
}

impl Host for Failing {
    fn now_ms(&self) -> i64 {
        let left = self.readings.fetch_sub(1, Ordering::Relaxed);
        assert_ne!(left, 0, "the clock failed");
        self.inner.now_ms()
    }
    fn monotonic_ms(&self) -> i64 {
        self.inner.monotonic_ms()
    }
    fn fill_random(&self, buffer: &mut [u8]) {
        self.inner.fill_random(buffer);
    }
}

#[test]
fn a_panic_in_the_middle_of_an_edit_leaves_the_case_as_it_was() {
    let visited = visited(4);
    let (_, edits) = Entries(&visited.tablet).visit_edits("Slept.");
    let before = visited.phone.case(visited.case);
    let readings = Arc::new(AtomicU32::new(u32::MAX));
    let options = visited.phone.options();
    visited.phone.caseweave.close();
    let host = Arc::new(Failing {
        inner: Arc::clone(&options.host),
        readings: Arc::clone(&readings),
    });
    let caseweave = Caseweave::open(Options { host, ..options }).unwrap();
    let edit = || caseweave.edit(visited.case, &edits).unwrap();
    for reading in 0..2 {
        readings.store(reading, Ordering::Relaxed);
        assert!(catch_unwind(AssertUnwindSafe(edit)).is_err(), "{reading}");
        readings.store(u32::MAX, Ordering::Relaxed);
        assert_eq!(caseweave.case(visited.case).unwrap(), before);
    }
    edit();
    assert_eq!(caseweave.case(visited.case).unwrap().visits.len(), 2);
    assert!(caseweave.check_storage().unwrap().is_clean());
}
