//! The scenarios: each a function from a size to a section of figures.

mod cold_edit;
mod large_case;
mod library;
mod list;
mod lived;
mod new_device;
mod nothing_changed;
mod server_work;
mod stored;
mod visits;
mod worklist;

use crate::caseload::Loads;
use crate::figure::Section;
use crate::size::Size;

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
pub const SCENARIOS: [Scenario; 11] = [
    Scenario {
        name: "nothing-changed",
        run: nothing_changed::run,
    },
    Scenario {
        name: "new-device",
        run: new_device::run,
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
        name: "worklist",
        run: worklist::run,
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

/// What a process does that a scenario starts: the list of an installation, read from the start of the process.
pub fn child(directory: &std::path::Path) {
    list::child(directory);
}
