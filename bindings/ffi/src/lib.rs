//! The surface that Kotlin, Swift and Python see.
//!
//! Records, enums and errors cross as copies, calls are short and block. What this crate does *not* do: decide anything. Each
//! function hands over to the facade and maps its error.

mod error;
mod versions;

pub use error::CaseweaveError;
pub use versions::{Versions, versions};

uniffi::setup_scaffolding!("caseweave");
