//! Writes the files that this version makes: `caseweave-fixture DIRECTORY`. What exists already is never overwritten.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a program that cannot go on stops"
)]

use std::path::PathBuf;

fn main() {
    let directory = std::env::args_os().nth(1).map(PathBuf::from);
    let directory = directory.expect("the directory to write to is named");
    assert!(
        !directory.exists(),
        "{} is there already: a fixture is never changed",
        directory.display()
    );
    caseweave_testkit::Fixture::write(&directory);
}
