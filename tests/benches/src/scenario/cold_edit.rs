//! An edit of a case that was not open: a visit with its signed note, durable.

use std::path::Path;

use caseweave_testkit::{Dice, Entries, note};

use crate::caseload::Loads;
use crate::figure::{Bound, Section};
use crate::size::Size;
use crate::time::{middle_and_longest, timed};

const CASES: usize = 15;

pub(super) fn run(size: &Size, loads: &mut Loads) -> Section {
    let load = loads.of(size.cases, size.shape);
    let dice = Dice::new(1, "cold edit");
    let (mut times, mut written) = (Vec::new(), Vec::new());
    for case in load.ids.iter().rev().take(CASES) {
        // Opened anew: nothing is in memory, and the log is empty.
        load.phone.caseweave.lock();
        load.phone.caseweave.unlock().unwrap();
        load.phone.caseweave.status(None).unwrap();
        let before = log(load.phone.directory());
        let text = note(&dice);
        let (_, took) = timed(|| Entries(&load.phone).visit_with_note(*case, &text));
        times.push(took);
        written.push(log(load.phone.directory()) - before);
    }
    let how = format!(
        "On a phone with {} cases, {CASES} of them one after the other: the database is opened anew, then a visit with its signed \
         note of 600 characters is added in one call. What is written is what the call adds to SQLite's log, whole pages of 4 KiB.",
        size.cases,
    );
    let mut section = Section::new("Cold edit", how);
    let (middle, longest) = middle_and_longest(times);
    section.time("the call, the middle one", middle, Bound::Reported(10.0));
    section.time("the call, the longest", longest, Bound::None);
    let most = written.into_iter().max().unwrap();
    section.bytes(
        "most written by one",
        most,
        Bound::Asserted(100.0 * 1_024.0),
    );
    section
}

fn log(directory: &Path) -> usize {
    let log = std::fs::metadata(directory.join("caseweave.db-wal"));
    log.map_or(0, |log| usize::try_from(log.len()).unwrap())
}
