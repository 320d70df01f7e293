//! The list of cases, in a process of its own from its start.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use caseweave::ListQuery;
use caseweave_testkit::{Device, TestClock};

use crate::caseload::Loads;
use crate::figure::{Bound, Section};
use crate::machine;
use crate::size::Size;
use crate::time::middle_and_longest;

const STARTS: usize = 11;
const NOON: i64 = 1_781_524_800_000;

pub(super) fn run(size: &Size, loads: &mut Loads) -> Section {
    let (cases, shape) = size.listed;
    let program = loads.program.clone();
    let load = loads.of(cases, shape);
    load.phone.caseweave.lock();
    let runs: Vec<Run> = (0..STARTS)
        .map(|_| start(&program, load.phone.directory()))
        .collect();
    load.phone.caseweave.unlock().unwrap();
    assert!(runs.iter().all(|run| run.rows == cases));
    let how = format!(
        "A process starts, opens the record and reads the list of {cases} cases by pages of 50, each row with its next visit, what is \
         due, and what is not sent yet; {STARTS} starts one after the other, the middle one. Times begin before the process.",
    );
    let mut section = Section::new("From process start to the list", how);
    let middle = |of: fn(&Run) -> Duration| middle_and_longest(runs.iter().map(of).collect()).0;
    section.time("first page", middle(|run| run.first), Bound::Reported(30.0));
    section.time("all rows", middle(|run| run.all), Bound::Reported(80.0));
    let resident = runs.iter().map(|run| run.resident).max().unwrap();
    section.add(
        "resident at most",
        resident as f64 / 1_024.0,
        "MB",
        Bound::Reported(20.0),
    );
    section
}

struct Run {
    first: Duration,
    all: Duration,
    rows: usize,
    /// KiB.
    resident: usize,
}

/// Starts this program as [`child`] and reads what it tells.
fn start(program: &Path, directory: &Path) -> Run {
    let begin = machine::clock();
    let mut list = Command::new(program);
    let output = list.arg("--list").arg(directory).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let told: Vec<u64> = text
        .split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect();
    let after = |nanos: u64| Duration::from_nanos(nanos).saturating_sub(begin);
    Run {
        first: after(told[0]),
        all: after(told[1]),
        rows: usize::try_from(told[2]).unwrap(),
        resident: usize::try_from(told[3]).unwrap(),
    }
}

/// Reads the list of an installation and tells: when the first page was there and when all were, in nanoseconds of the clock that
/// runs since the machine's start, how many rows there are, and the most memory that was resident, in KiB.
pub(super) fn child(directory: &Path) {
    let device = Device::kept(directory, TestClock::at(NOON), 2);
    let mut query = ListQuery::default();
    let mut first = None;
    let mut rows = 0;
    loop {
        let page = device.caseweave.list(&query).unwrap();
        first.get_or_insert_with(machine::clock);
        rows += page.rows.len();
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    let all = machine::clock();
    let first = first.unwrap();
    println!(
        "{} {} {rows} {}",
        first.as_nanos(),
        all.as_nanos(),
        machine::most_resident()
    );
}
