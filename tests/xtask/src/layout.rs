//! Where things are in the workspace and its target directory.

use std::env::{self, consts};
use std::path::PathBuf;

/// The paths that the steps share. All are absolute.
pub struct Layout {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target directory.
    pub target: PathBuf,
}

impl Layout {
    /// The workspace this runner was built in. `CARGO_TARGET_DIR` is followed as cargo does.
    pub fn of_this_workspace() -> Self {
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let root = own.ancestors().nth(2).map(PathBuf::from).unwrap_or(own);
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |named| root.join(named));
        Self { root, target }
    }

    /// Where the dev profile puts programs and libraries.
    pub fn built(&self) -> PathBuf {
        self.target.join("debug")
    }

    /// The native library that the bindings load.
    pub fn library(&self) -> PathBuf {
        self.built().join(library_name())
    }

    /// The native library as an app ships it, before it is stripped.
    pub fn mobile_library(&self) -> PathBuf {
        self.target.join("mobile").join(library_name())
    }

    /// The program that measures, with optimisation.
    pub fn bench(&self) -> PathBuf {
        let name = format!("caseweave-bench{}", consts::EXE_SUFFIX);
        self.target.join("release").join(name)
    }

    /// The document that the figures are written to.
    pub fn performance(&self) -> PathBuf {
        self.root.join("core/docs/performance.md")
    }

    /// The sync server that tests of a whole exchange start.
    pub fn server(&self) -> PathBuf {
        self.program("caseweave-server")
    }

    /// A program of this workspace.
    pub fn program(&self, name: &str) -> PathBuf {
        self.built().join(format!("{name}{}", consts::EXE_SUFFIX))
    }

    /// A folder under `bindings/`.
    pub fn bindings(&self, name: &str) -> PathBuf {
        self.root.join("bindings").join(name)
    }
}

fn library_name() -> String {
    format!("{}caseweave_ffi{}", consts::DLL_PREFIX, consts::DLL_SUFFIX)
}
