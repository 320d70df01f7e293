//! Generates the bindings from the built library and holds them against `bindings/golden`.
//!
//! The golden files make each change of the surface visible in review. They are also what the Kotlin and Python packages compile, so a
//! surface that was changed and not blessed cannot pass.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::layout::Layout;
use crate::steps::{Outcome, run};
use crate::tools;

/// Fails with a diff unless the library's bindings equal the golden ones.
pub fn compare(layout: &Layout) -> Outcome {
    tools::need(tools::DIFF)?;
    let fresh = generate(layout)?;
    let mut diff = Command::new("diff");
    diff.args(["--recursive", "--new-file", "--unified"]);
    run(diff.arg(layout.bindings("golden")).arg(fresh))
        .map_err(|_| "the surface differs from bindings/golden: review it, then `cargo xtask bindings --bless`".to_owned())?;
    println!("bindings/golden describes the library");
    Ok(())
}

/// Replaces the golden bindings by those of the library.
pub fn bless(layout: &Layout) -> Outcome {
    let fresh = generate(layout)?;
    let golden = layout.bindings("golden");
    clear(&golden)?;
    copy(&fresh, &golden)?;
    println!("wrote {}", golden.display());
    Ok(())
}

/// Writes the bindings of the built library to an empty folder and returns it.
fn generate(layout: &Layout) -> Result<PathBuf, String> {
    let fresh = layout.target.join("bindings");
    clear(&fresh)?;
    let mut bindgen = Command::new(layout.program("caseweave-bindgen"));
    run(bindgen
        .arg(layout.library())
        .arg(&fresh)
        .current_dir(&layout.root))?;
    Ok(fresh)
}

/// Removes a folder with what is in it, where it exists.
pub(crate) fn clear(folder: &Path) -> Outcome {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(told("clear", folder, &error)),
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to).map_err(|error| told("make", to, &error))?;
    for entry in fs::read_dir(from).map_err(|error| told("list", from, &error))? {
        let entry = entry.map_err(|error| told("list", from, &error))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(|error| told("write", &target, &error))?;
        }
    }
    Ok(())
}

fn told(verb: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {verb} {}: {error}", path.display())
}
