//! The command runner of this workspace: `cargo xtask check`, `test`, `bindings`, `demo`, `bench` and `fixture`. CI runs the first two.
//!
//! Each command is a list of steps. Their output is passed through as it comes; a table with the outcome and duration of each step
//! closes the run. What this does *not* do: install tools. A missing one is named with what to install, and the run fails.

mod bench;
mod bindings;
mod layout;
mod rust;
mod steps;
mod suites;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use layout::Layout;
use steps::Steps;

/// The commands of the caseweave workspace.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Formatting, lints and documentation: warnings are failures
    Check,
    /// Build everything, then run the tests of each language against that build
    Test {
        /// Only these suites, in the order of a full run; all of them when none is named
        suites: Vec<Suite>,
    },
    /// Build everything and show the main job: a case manager's day, and two workers, offline, on one caseload
    Demo,
    /// Measure the figures of core/docs/performance.md and write it; fails where an asserted count is missed
    Bench {
        /// Only these scenarios, and nothing is written; all of them when none is named
        scenarios: Vec<String>,
        /// Assert without writing
        #[arg(long)]
        check: bool,
    },
    /// Generate the bindings and compare them with bindings/golden
    Bindings {
        /// Replace bindings/golden by what was generated
        #[arg(long)]
        bless: bool,
    },
    /// Write the files that this version makes to tests/fixtures, where every later version opens them
    Fixture {
        /// The version
        name: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// cargo test of all crates, documentation examples included
    Rust,
    /// The generated bindings equal bindings/golden
    Bindings,
    /// The Kotlin package on the JVM
    Kotlin,
    /// The Python wheel, installed
    Python,
}

fn main() -> ExitCode {
    let layout = Layout::of_this_workspace();
    let mut steps = Steps::default();
    match Arguments::parse().command {
        Command::Check => check(&mut steps, &layout),
        Command::Test { suites } => test(&mut steps, &layout, &suites),
        Command::Demo => demo(&mut steps, &layout),
        Command::Bench { scenarios, check } => bench(&mut steps, &layout, &scenarios, check),
        Command::Bindings { bless } => bindings(&mut steps, &layout, bless),
        Command::Fixture { name } => fixture(&mut steps, &layout, &name),
    }
    steps.finish()
}

fn check(steps: &mut Steps, layout: &Layout) {
    steps.run("format", || rust::format(layout));
    steps.run("lints", || rust::lints(layout));
    steps.run("documentation", || rust::documentation(layout));
}

fn test(steps: &mut Steps, layout: &Layout, suites: &[Suite]) {
    let wanted = |suite| suites.is_empty() || suites.contains(&suite);
    steps.require("build", || rust::build(layout));
    if wanted(Suite::Rust) {
        steps.run("rust tests", || rust::tests(layout));
    }
    if wanted(Suite::Bindings) {
        steps.run("bindings", || bindings::compare(layout));
    }
    if wanted(Suite::Kotlin) {
        steps.run("kotlin tests", || suites::kotlin(layout));
    }
    if wanted(Suite::Python) {
        steps.run("python tests", || suites::python(layout));
    }
}

fn demo(steps: &mut Steps, layout: &Layout) {
    steps.require("build", || rust::build(layout));
    steps.run("demo", || rust::demo(layout));
}

fn bench(steps: &mut Steps, layout: &Layout, scenarios: &[String], check: bool) {
    steps.require("build", || bench::build(layout));
    steps.require("native library", || bench::library(layout, scenarios));
    steps.run("figures", || bench::figures(layout, scenarios, check));
}

fn bindings(steps: &mut Steps, layout: &Layout, bless: bool) {
    steps.require("build", || rust::build(layout));
    if bless {
        steps.run("bless bindings", || bindings::bless(layout));
    } else {
        steps.run("bindings", || bindings::compare(layout));
    }
}

fn fixture(steps: &mut Steps, layout: &Layout, name: &str) {
    steps.require("build", || rust::build(layout));
    steps.run("fixture", || rust::fixture(layout, name));
}
