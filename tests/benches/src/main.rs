//! Measures the figures of core/docs/performance.md. `cargo xtask bench` builds and starts it.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use caseweave_benches::{Loads, SCENARIOS, Scenario, Section, Size, child, report};
use clap::Parser;

/// Measures and asserts.
#[derive(Parser)]
struct Arguments {
    /// Only these scenarios; all of them when none is named
    scenarios: Vec<String>,
    /// Writes the document of all figures here
    #[arg(long)]
    write: Option<PathBuf>,
    /// On a caseload of so many cases instead of 1,000, for a first look
    #[arg(long)]
    cases: Option<usize>,
    /// On a workload that fits into a test
    #[arg(long)]
    small: bool,
    /// Reads the list of the installation in a directory and tells how long it took
    #[arg(long, hide = true)]
    list: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(directory) = &arguments.list {
        child(directory);
        return ExitCode::SUCCESS;
    }
    let named = |scenario: &&Scenario| {
        arguments.scenarios.is_empty()
            || arguments.scenarios.iter().any(|name| name == scenario.name)
    };
    let scenarios: Vec<&Scenario> = SCENARIOS.iter().filter(named).collect();
    let unknown = |name: &&String| SCENARIOS.iter().all(|scenario| scenario.name != **name);
    if let Some(name) = arguments.scenarios.iter().find(unknown) {
        let names: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        eprintln!("no such scenario: {name}; there are {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    let mut size = if arguments.small {
        Size::SMALL
    } else {
        Size::FULL
    };
    size.cases = arguments.cases.unwrap_or(size.cases);
    let sections = measure(&scenarios, &size);
    if let Some(path) = arguments.write {
        std::fs::write(&path, report::document(&sections)).unwrap();
        println!("wrote {}", path.display());
    }
    let missed: Vec<_> = sections.iter().flat_map(Section::missed).collect();
    for figure in &missed {
        println!("missed: {figure}");
    }
    if missed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn measure(scenarios: &[&Scenario], size: &Size) -> Vec<Section> {
    let mut loads = Loads::new(std::env::current_exe().unwrap());
    let begin = Instant::now();
    let mut sections = Vec::new();
    for (number, scenario) in (1..).zip(scenarios) {
        eprintln!(
            "{number} of {}: {}, {} s",
            scenarios.len(),
            scenario.name,
            begin.elapsed().as_secs()
        );
        let section = scenario.run(size, &mut loads);
        println!("{section}");
        sections.push(section);
    }
    sections
}
