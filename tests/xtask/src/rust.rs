//! The steps that cargo does.
//!
//! All of them take the whole workspace with all targets, so that cargo settles on one set of features and compiles each dependency
//! once for checking and once for running. A `-p` here would compile SQLCipher, OpenSSL and Automerge a second time.

use std::env;
use std::process::Command;

use crate::bindings::clear;
use crate::layout::Layout;
use crate::steps::{Outcome, run};
use crate::tools;

/// The sources are formatted.
pub fn format(layout: &Layout) -> Outcome {
    run(cargo(layout).args(["fmt", "--all", "--check"]))
}

/// Clippy has nothing to say.
pub fn lints(layout: &Layout) -> Outcome {
    tools::need(tools::NATIVE)?;
    run(cargo(layout).args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "--deny",
        "warnings",
    ]))
}

/// The documentation builds and its links lead somewhere. `--examples` adds no pages: it keeps the features of the other steps, which
/// those of development dependencies are part of.
pub fn documentation(layout: &Layout) -> Outcome {
    tools::need(tools::NATIVE)?;
    let mut doc = cargo(layout);
    doc.args([
        "doc",
        "--workspace",
        "--lib",
        "--bins",
        "--examples",
        "--no-deps",
        "--locked",
    ]);
    run(doc.env("RUSTDOCFLAGS", "--deny warnings"))
}

/// Everything the suites run: tests, the native library, the generator of bindings and the server.
pub fn build(layout: &Layout) -> Outcome {
    tools::need(tools::NATIVE)?;
    run(cargo(layout).args(["build", "--workspace", "--all-targets", "--locked"]))
}

/// Unit, integration and documentation tests of all crates.
pub fn tests(layout: &Layout) -> Outcome {
    let mut test = cargo(layout);
    test.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    run(test.env("CASEWEAVE_SERVER", layout.server()))
}

/// The cargo that started this program, in the workspace. What it told this program about the package `xtask` is taken back: build
/// scripts that watch those variables (ring's does) would run again at every change between `cargo` and `cargo xtask`.
pub(crate) fn cargo(layout: &Layout) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&layout.root);
    for (name, _) in env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("CARGO_PKG_") || name_text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// The main job, end to end, in processes of its own. What it writes stays in `target/demo`.
pub fn demo(layout: &Layout) -> Outcome {
    let directory = layout.target.join("demo");
    clear(&directory)?;
    let mut demo = Command::new(layout.program("caseweave-demo"));
    run(demo.arg(directory).env("CASEWEAVE_SERVER", layout.server()))
}

/// Files of this version, for every later one to open.
pub fn fixture(layout: &Layout, name: &str) -> Outcome {
    let directory = layout.root.join("tests").join("fixtures").join(name);
    run(Command::new(layout.program("caseweave-fixture")).arg(directory))
}
