//! The scenarios: each a function from a size to a section of figures.

mod cold_edit;
mod directory;
mod large_case;
mod library;
mod list;
mod lived;
mod lived_case;
mod new_device;
mod nothing_changed;
mod pages;
mod search;
mod server_work;
mod stored;
mod visits;
mod worklist;

use std::time::Duration;

use caseweave::Caseweave;
use caseweave_testkit::Device;

use crate::caseload::Loads;
use crate::figure::{Bound, Section};
use crate::size::Size;
use crate::time::{middle_and_longest, timed};

/// One row of the table.
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    run: fn(&Size, &mut Loads) -> Section,
}

impl Scenario {
    /// Measures it.
    pub fn run(&self, size: &Size, loads: &mut Loads) -> Section {
        (self.run)(size, loads)
    }
}

/// All of them. Those that leave a caseload as it was come before those that write to it.
pub const SCENARIOS: [Scenario; 15] = [
    Scenario {
        name: "nothing-changed",
        run: nothing_changed::run,
    },
    Scenario {
        name: "new-device",
        run: new_device::run,
    },
    Scenario {
        name: "lived-case",
        run: lived_case::run,
    },
    Scenario {
        name: "visits",
        run: visits::run,
    },
    Scenario {
        name: "visit-as-lived",
        run: lived::run,
    },
    Scenario {
        name: "server-work",
        run: server_work::run,
    },
    Scenario {
        name: "cold-edit",
        run: cold_edit::run,
    },
    Scenario {
        name: "list",
        run: list::run,
    },
    Scenario {
        name: "pages",
        run: pages::run,
    },
    Scenario {
        name: "worklist",
        run: worklist::run,
    },
    Scenario {
        name: "search",
        run: search::run,
    },
    Scenario {
        name: "directory",
        run: directory::run,
    },
    Scenario {
        name: "large-case",
        run: large_case::run,
    },
    Scenario {
        name: "stored",
        run: stored::run,
    },
    Scenario {
        name: "library",
        run: library::run,
    },
];

/// How often a question is asked.
const RUNS: usize = 11;

/// How long a question takes: the first time, and the middle one.
fn ask(section: &mut Section, what: &str, most: f64, question: impl Fn()) {
    let times: Vec<Duration> = (0..RUNS).map(|_| timed(&question).1).collect();
    let first = times[0];
    section.time(format!("{what}: first time"), first, Bound::Reported(most));
    let (middle, _) = middle_and_longest(times);
    section.time(format!("{what}: again"), middle, Bound::Reported(most));
}

/// Asks a phone whose database was opened anew, and asserts that it opens no document for any of it.
fn no_documents(
    section: &mut Section,
    phone: &Device,
    questions: impl FnOnce(&mut Section, &Caseweave),
) {
    let caseweave = &phone.caseweave;
    caseweave.lock();
    caseweave.unlock().unwrap();
    questions(section, caseweave);
    let opened = caseweave.documents_opened().unwrap();
    let opened = usize::try_from(opened).unwrap();
    section.count("documents opened", opened, Bound::Asserted(0.0));
}

/// What a process does that a scenario starts: the list of an installation, read from the start of the process.
pub fn child(directory: &std::path::Path) {
    list::child(directory);
}
