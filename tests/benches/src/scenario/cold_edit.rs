//! An edit of a case that was not open: a visit with its signed note, durable.

use std::path::Path;

use caseweave_testkit::{Dice, Entries, note};

use crate::caseload::Loads;
use crate::disk::Disk;
use crate::figure::{Bound, Section};
use crate::size::Size;
use crate::time::{middle_and_longest, timed};

const CASES: usize = 15;
/// Bytes of a log to which nothing was written.
const EMPTY: usize = 32;

pub(super) fn run(size: &Size, loads: &mut Loads) -> Section {
    let load = loads.of(size.cases, size.shape);
    let dice = Dice::new(1, "cold edit");
    let (mut times, mut written) = (Vec::new(), Vec::new());
    for case in load.ids.iter().rev().take(CASES) {
        // Opened anew: nothing is in memory, and the log is empty.
        load.phone.caseweave.lock();
        load.phone.caseweave.unlock().unwrap();
        load.phone.caseweave.status(None).unwrap();
        let before = log(load.phone.directory()).len();
        let text = note(&dice);
        let (_, took) = timed(|| Entries(&load.phone).visit_with_note(*case, &text));
        times.push(took);
        let mut after = log(load.phone.directory());
        assert!(
            before <= EMPTY,
            "the log was taken over when the database was closed"
        );
        written.push(after.split_off(before));
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
    written.sort_unstable_by_key(Vec::len);
    section.bytes(
        "written by one, the middle one",
        written[CASES / 2].len(),
        Bound::Asserted(size.written as f64),
    );
    section.bytes(
        "written by one, the most",
        written[CASES - 1].len(),
        Bound::None,
    );
    load.phone.caseweave.lock();
    for (pages, table) in Disk::open(load.phone.directory()).logged(&written[CASES / 2]) {
        section.count(
            format!("pages written by the middle one: {table}"),
            pages,
            Bound::None,
        );
    }
    load.phone.caseweave.unlock().unwrap();
    section
}

fn log(directory: &Path) -> Vec<u8> {
    std::fs::read(directory.join("caseweave.db-wal")).unwrap_or_default()
}
