//! A case of many visits, each recorded by an app that was started for it.

use caseweave_testkit::{Agency, Dice, Entries, note};

use crate::caseload::Loads;
use crate::disk::Disk;
use crate::figure::{Bound, Section};
use crate::size::Size;
use crate::time::{middle_and_longest, timed};

const EDITS: usize = 9;
const STEP: usize = 250;

pub(super) fn run(size: &Size, _: &mut Loads) -> Section {
    let mut agency = Agency::new(1);
    let worker = agency.worker("Ana");
    let mut phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let dice = Dice::new(1, "large case");
    for visit in 1..=size.visits {
        phone = phone.restart();
        Entries(&phone).visit_with_note(case, &note(&dice));
        if visit.is_multiple_of(STEP) {
            eprintln!("  {visit} of {} visits", size.visits);
            phone.sync(&mut agency.network());
        }
    }
    phone.sync(&mut agency.network());
    phone = phone.restart();
    let (view, open) = timed(|| phone.case(case));
    assert_eq!(view.visits.len(), size.visits);
    let edit = || {
        let text = note(&dice);
        timed(|| Entries(&phone).visit_with_note(case, &text)).1
    };
    let (history, told) = timed(|| phone.caseweave.history(case).unwrap());
    assert!(history.len() > size.visits);
    drop(history);
    let first = edit();
    let (middle, longest) = middle_and_longest((0..EDITS).map(|_| edit()).collect());
    phone.sync(&mut agency.network());
    phone.caseweave.lock();
    let disk = Disk::open(phone.directory());
    let how = format!(
        "One case with {} visits and as many signed notes of 600 characters, the app closed and opened again before each: as many \
         actors. Opened after a start of the app, then {} more visits with their notes.",
        size.visits,
        EDITS + 1,
    );
    let mut section = Section::new("A case of many visits", how);
    section.time("the whole view after a start", open, Bound::Reported(60.0));
    section.time("its whole history", told, Bound::None);
    section.time(
        "a visit with its signed note, durable, the middle one",
        middle,
        Bound::Reported(10.0),
    );
    section.time("the longest of them", longest, Bound::None);
    section.time(
        "the first one before them, which loads the document",
        first,
        Bound::None,
    );
    let id = hex(&case.to_bytes());
    let packed = disk.number(&format!(
        "SELECT coalesce(sum(length(bytes)), 0) FROM packs WHERE case_id = x'{id}'"
    ));
    let tail = disk.number(&format!(
        "SELECT coalesce(sum(length(bytes)), 0) FROM changes WHERE document = x'{id}'"
    ));
    section.bytes(
        "record after folding, packed with the texts that search shows",
        packed,
        Bound::Asserted(size.large_record as f64),
    );
    section.bytes("changes not folded yet", tail, Bound::None);
    let beside = disk.number(&format!(
        "SELECT coalesce(sum(length(bytes)), 0) FROM record_piece WHERE case_id = x'{id}'"
    ));
    section.bytes(
        "what stands in it, stored beside it to be read at a start",
        beside,
        Bound::None,
    );
    let file = std::fs::metadata(phone.directory().join("caseweave.db"))
        .unwrap()
        .len();
    section.add(
        "the whole file, drafts, envelopes and search included",
        file as f64 / 1e6,
        "MB",
        Bound::None,
    );
    section
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
