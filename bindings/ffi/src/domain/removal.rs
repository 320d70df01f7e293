//! Taking something out of sight, and bringing it back. Nothing is ever removed from a document.

use caseweave::EntityId;
use caseweave::domain::{Kind, RemovalEdit};

/// Edits that remove and restore.
#[uniffi::remote(Enum)]
pub enum RemovalEdit {
    /// Flags something as removed.
    Remove {
        /// Its kind: anything but the case, the person, and what was signed, agreed, disclosed or happened at a visit.
        kind: Kind,
        /// Its id.
        id: EntityId,
        /// Why.
        reason: String,
    },
    /// Takes the flag back.
    Restore {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: EntityId,
    },
}
