//! core/docs/performance.md.

use std::fmt::Write;

use crate::figure::Section;
use crate::machine;

const OPENING: &str = "\
# Performance

Written by `cargo xtask bench`, which fails where an asserted count is missed; `cargo xtask bench --check` asserts without
writing. Bytes, requests, rows and sizes are the same on every machine and are asserted. Times and memory are reported beside
what they should reach. `cargo xtask test` asserts the same counts on a small workload.
";

const WORKLOAD: &str = "\
## The workload

`testkit::agency(seed)` makes an agency with its staff and cases. A case is half a year's life: a person with 27 fields, 60
answers in addresses, contacts and phone numbers (until assessments exist), a care team, goals and a consent at intake; 30
visits, planned in series, each checked into and out of with its place, with a note of 600 characters begun empty, saved three
times and signed; 15 tasks and more, most of them done; facts changed now and then, three times by two workers apart, so that
conflicts stand open; at the end a planned visit and a draft. About 180 changes of the record and 125 of drafts, by 10
workers. A *young* case has 2 visits, 3 tasks, 16 answers and 2 workers; caseloads of 10,000 are made of those.

What is written comes out of the engine as on a phone: every call is planned against the record and committed under the
actor of its start of the app, every run of changes is signed by the key of an enrolled phone. These phones have no database,
and one of them carries everyone's work to the server, ten visits of a case at a time. The phones that are measured
are real installations, and get everything from the server. Texts are drawn from some 2,500 forms of words by rank, with
names, times and measurements between them; they pack no better than written English.

Bytes *on the socket* are counted on the loopback between the phone's HTTP client and the server's own HTTP, without TLS, both
ways, with headers and padding. *Bodies before padding* are the messages themselves.
";

/// The whole document.
pub fn document(sections: &[Section]) -> String {
    let mut text = String::from(OPENING);
    let (machine, commit) = (machine::description(), machine::commit());
    writeln!(
        text,
        "\nMeasured on {machine}; commit {commit}.\n\n{WORKLOAD}"
    )
    .expect("a string takes everything");
    for section in sections {
        writeln!(text, "{section}").expect("a string takes everything");
    }
    text.trim_end().to_owned() + "\n"
}
