//! The version numbers that matter, each checked where it matters.

use caseweave_engine::document::SCHEMA_VERSION;
use caseweave_engine::sync::wire::WIRE_VERSION;

/// Versions of this build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// The library's release.
    pub release: String,
    /// The protocol it speaks with the server.
    pub wire: u32,
    /// The layout of documents it writes.
    pub document: u32,
    /// The layout of the database.
    pub database: u32,
}

/// The versions of this build.
pub fn versions() -> Versions {
    Versions {
        release: env!("CARGO_PKG_VERSION").to_owned(),
        wire: u32::from(WIRE_VERSION),
        document: u32::try_from(SCHEMA_VERSION).unwrap_or_default(),
        database: caseweave_store::DATABASE_VERSION,
    }
}
