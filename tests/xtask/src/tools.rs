//! Tools that Rust does not bring along.

use std::env;
use std::ffi::OsStr;
use std::path::Path;

use crate::steps::Outcome;

/// A program looked for on `PATH`, and where it comes from.
pub struct Tool {
    program: &'static str,
    install: &'static str,
}

/// The C compiler, make and perl build the vendored SQLCipher and OpenSSL.
pub const NATIVE: &[Tool] = &[
    Tool {
        program: "cc",
        install: "a C compiler (Debian: gcc; macOS: xcode-select --install)",
    },
    Tool {
        program: "make",
        install: "make (Debian: make)",
    },
    Tool {
        program: "perl",
        install: "perl (Debian: perl)",
    },
];

/// Takes the native library apart.
pub const BINUTILS: &[Tool] = &[
    Tool {
        program: "strip",
        install: "strip (Debian: binutils)",
    },
    Tool {
        program: "nm",
        install: "nm (Debian: binutils)",
    },
    Tool {
        program: "readelf",
        install: "readelf (Debian: binutils)",
    },
];

/// Shows how generated bindings differ from the golden ones.
pub const DIFF: &[Tool] = &[Tool {
    program: "diff",
    install: "diff (Debian: diffutils)",
}];

/// Builds and tests the Kotlin package.
pub const KOTLIN: &[Tool] = &[
    Tool {
        program: "java",
        install: "a JDK 17 or newer (Debian: openjdk-17-jdk-headless)",
    },
    Tool {
        program: "mvn",
        install: "Maven 3.6.3 or newer (Debian: maven)",
    },
];

/// Builds and tests the Python wheel.
pub const PYTHON: &[Tool] = &[Tool {
    program: "python3",
    install: "Python 3.10 or newer (Debian: python3 and python3-venv)",
}];

/// Fails with what to install unless every tool is on `PATH`.
pub fn need(tools: &[Tool]) -> Outcome {
    need_on(&env::var_os("PATH").unwrap_or_default(), tools)
}

fn need_on(path: &OsStr, tools: &[Tool]) -> Outcome {
    let missing: Vec<String> = tools
        .iter()
        .filter(|tool| !is_on(path, tool.program))
        .map(|tool| format!("{} is missing: install {}", tool.program, tool.install))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(missing.join("; "))
    }
}

fn is_on(path: &OsStr, program: &str) -> bool {
    env::split_paths(path).any(|folder| is_program(&folder.join(program)))
}

fn is_program(path: &Path) -> bool {
    path.is_file() || path.with_extension(env::consts::EXE_EXTENSION).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_fails_with_what_to_install() {
        let nowhere = OsStr::new("/nonexistent");

        let told = need_on(nowhere, KOTLIN).unwrap_err();

        assert!(told.contains("java is missing: install a JDK 17"), "{told}");
        assert!(told.contains("mvn is missing: install Maven"), "{told}");
    }

    #[test]
    fn tools_on_the_path_are_found() {
        let folder = env::temp_dir().join(format!("caseweave-xtask-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("diff"), "").unwrap();

        let found = need_on(folder.as_os_str(), DIFF);

        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, Ok(()));
    }
}
