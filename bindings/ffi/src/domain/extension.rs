//! What embedding apps keep with an entity.

use caseweave::EntityId;
use caseweave::domain::{Extension, ExtensionEdit, Kind};

/// A value an embedding app keeps with an entity.
#[uniffi::remote(Record)]
pub struct Extension {
    /// Namespaced key, such as `org.example.room`.
    pub key: String,
    /// The value as JSON text.
    pub json: String,
}

/// Edits of extensions.
#[uniffi::remote(Enum)]
pub enum ExtensionEdit {
    /// Sets a value, or clears it.
    Set {
        /// The entity's kind.
        kind: Kind,
        /// The entity's id.
        id: EntityId,
        /// Namespaced key: at least one dot, at most 100 characters.
        key: String,
        /// JSON text of at most 20,000 characters; nothing clears it.
        json: Option<String>,
    },
}
