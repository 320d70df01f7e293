//! The figures of core/docs/performance.md.
//!
//! The program that measures is built with optimisation, the native library as an app ships it. Both are builds of their own
//! beside those of the tests: the first time takes about half an hour on two cores.

use std::process::Command;

use crate::layout::Layout;
use crate::rust::cargo;
use crate::steps::{Outcome, run};
use crate::tools;

/// The scenario that looks at the native library.
const LIBRARY: &str = "library";

/// Nothing is unwound through C: a panic below it is caught before it gets there.
const C_WITHOUT_UNWINDING: &str = "-fno-asynchronous-unwind-tables -fno-unwind-tables";

/// Relocations as a bitmap. Wants glibc 2.36, or Android 11 (API level 30).
const PACKED_RELOCATIONS: &str = "link-arg=-Wl,-z,pack-relative-relocs";

/// The program that measures.
pub fn build(layout: &Layout) -> Outcome {
    tools::need(tools::NATIVE)?;
    run(cargo(layout).args([
        "build",
        "--release",
        "--locked",
        "--package",
        "caseweave-benches",
    ]))
}

/// The native library with the profile `mobile`, where a scenario looks at it.
pub fn library(layout: &Layout, scenarios: &[String]) -> Outcome {
    if !scenarios.is_empty() && !scenarios.iter().any(|scenario| scenario == LIBRARY) {
        return Ok(());
    }
    tools::need(tools::BINUTILS)?;
    // Only a shared library: cargo leaves link-time optimisation out where a Rust library is among what it makes.
    let mut library = cargo(layout);
    library.env("CFLAGS", C_WITHOUT_UNWINDING).args([
        "rustc",
        "--profile",
        "mobile",
        "--locked",
        "--package",
        "caseweave-ffi",
        "--lib",
        "--crate-type",
        "cdylib",
    ]);
    if cfg!(target_os = "linux") {
        library.args(["--", "-C", PACKED_RELOCATIONS]);
    }
    run(&mut library)
}

/// Measures, asserts, and writes the document when all of it was measured and `check` is not set.
pub fn figures(layout: &Layout, scenarios: &[String], check: bool) -> Outcome {
    let mut bench = Command::new(layout.bench());
    bench.args(scenarios);
    if scenarios.is_empty() && !check {
        bench.arg("--write").arg(layout.performance());
    }
    bench.current_dir(&layout.root);
    run(bench.env("CASEWEAVE_LIBRARY", layout.mobile_library()))
}
