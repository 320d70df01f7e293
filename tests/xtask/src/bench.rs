//! The figures of core/docs/performance.md.
//!
//! The program that measures is built with optimisation, the native library as an app ships it. Both are builds of their own
//! beside those of the tests: the first time takes about half an hour on two cores.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::layout::Layout;
use crate::rust::{self, cargo};
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
    let mut library = cargo(layout);
    // Only a shared library: cargo leaves link-time optimisation out where a Rust library is among what it makes.
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
    // The linker that comes with Rust knows both options; others are left as they are.
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        rust::build(layout)?;
        let hidden = hide_metadata(layout)?;
        let hidden = format!(
            "link-arg=-Wl,--no-warnings,--version-script={}",
            hidden.display()
        );
        library.args(["--", "-C", PACKED_RELOCATIONS, "-C", &hidden]);
    }
    run(&mut library)
}

/// A list for the linker that hides what only the generator of bindings reads, so that it is left out. The generator reads the
/// library of the profile `dev`, whose names these are.
fn hide_metadata(layout: &Layout) -> Result<PathBuf, String> {
    let listed = Command::new("nm")
        .args(["--dynamic", "--defined-only"])
        .arg(layout.library())
        .output()
        .map_err(|error| format!("cannot start nm: {error}"))?;
    let text = String::from_utf8_lossy(&listed.stdout);
    let names = text.lines().filter_map(|line| line.split(' ').next_back());
    let metadata: Vec<&str> = names
        .filter(|name| name.starts_with("UNIFFI_META_"))
        .collect();
    if metadata.is_empty() {
        return Err(format!("{} has no metadata", layout.library().display()));
    }
    let list = layout.target.join("without-metadata.map");
    fs::write(&list, format!("{{ local: {}; }};\n", metadata.join(";\n")))
        .map_err(|error| format!("cannot write {}: {error}", list.display()))?;
    Ok(list)
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
