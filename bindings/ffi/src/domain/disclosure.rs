//! What was given to whom: kept for whoever asks. Source: 45 CFR 164.528.

use caseweave::EntityId;
use caseweave::domain::DisclosureEdit;
use chrono::{DateTime, Utc};

use super::mirror::entity;

entity! {
    /// Something of the record that was given to somebody. Written once, never removed.
    Disclosure, DisclosureUpdate, DisclosureField {
        set {
            /// To whom.
            recipient Recipient: String,
            /// What was given.
            subject Subject: String,
            /// When.
            at At: DateTime<Utc>,
            /// What for.
            purpose Purpose: String,
            /// The consent that allowed it.
            consent Consent: EntityId,
        }
        own {}
    }
}

/// Edits of the disclosure log.
#[uniffi::remote(Enum)]
pub enum DisclosureEdit {
    /// Records what was given.
    Record {
        /// Its new id.
        id: EntityId,
        /// Its values: to whom, what and when at least.
        fields: DisclosureUpdate,
    },
}
