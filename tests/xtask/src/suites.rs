//! The tests of the Kotlin and Python packages, run against the library and the server that were just built.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::layout::Layout;
use crate::steps::{Outcome, run};
use crate::tools;

/// The Kotlin package on the JVM; Maven fetches its dependencies from Maven Central.
pub fn kotlin(layout: &Layout) -> Outcome {
    tools::need(tools::KOTLIN)?;
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--no-transfer-progress", "test"]);
    maven.arg(property("library.path", &layout.built()));
    maven.arg(property("server.binary", &layout.server()));
    run(maven.current_dir(layout.bindings("kotlin")))
}

fn property(name: &str, path: &Path) -> String {
    format!("-D{name}={}", path.display())
}

/// The Python package as a user gets it: built into a wheel, installed, then tested from outside.
pub fn python(layout: &Layout) -> Outcome {
    tools::need(tools::PYTHON)?;
    let package = layout.bindings("python");
    let python = environment(layout)?;
    run(pip(&python, &package).args(["--requirement", "requirements-test.txt"]))?;
    let mut install = pip(&python, &package);
    install.args([
        "--no-build-isolation",
        "--no-deps",
        "--force-reinstall",
        ".",
    ]);
    run(install.env("CASEWEAVE_LIBRARY", layout.library()))?;
    let mut pytest = Command::new(&python);
    pytest.args(["-m", "pytest"]).current_dir(&package);
    run(pytest
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("CASEWEAVE_SERVER", layout.server()))
}

/// The interpreter of a virtual environment in the target directory, made when it is not there.
fn environment(layout: &Layout) -> Result<PathBuf, String> {
    let folder = layout.target.join("python-venv");
    let python = folder.join("bin").join("python");
    let ready = folder.join("bin").join("pip").is_file();
    if !ready {
        let made = run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder));
        made.map_err(|reason| format!("{reason}; Debian needs python3-venv"))?;
    }
    Ok(python)
}

fn pip(python: &Path, package: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .current_dir(package);
    command
}
