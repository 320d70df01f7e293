//! What was given to whom: kept for whoever asks. Source: 45 CFR 164.528.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::entity::{entity, required};
use super::{Invalid, Kind, MAX_TITLE, Plan, check};
use crate::ids::EntityId;

entity! {
    /// Something of the record that was given to somebody. Written once, never removed.
    Disclosure, DisclosureUpdate, DisclosureField of Disclosure {
        set {
            /// To whom.
            recipient Recipient: String = check::line::<MAX_TITLE>,
            /// What was given.
            subject Subject: String = check::lines::<2_000>,
            /// When.
            at At: DateTime<Utc> = check::moment,
            /// What for.
            purpose Purpose: String = check::line::<MAX_TITLE>,
            /// The consent that allowed it.
            consent Consent: EntityId = check::any,
        }
        own {}
    }
}

/// Edits of the disclosure log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DisclosureEdit {
    /// Records what was given.
    Record {
        /// Its new id.
        id: EntityId,
        /// Its values: to whom, what and when at least.
        fields: DisclosureUpdate,
    },
}

impl DisclosureEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Record { .. } => "record_disclosure",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        let Self::Record { id, fields } = self;
        required(Kind::Disclosure, "recipient", fields.recipient.is_some())?;
        required(Kind::Disclosure, "subject", fields.subject.is_some())?;
        required(Kind::Disclosure, "at", fields.at.is_some())?;
        if let Some(consent) = fields.consent {
            plan.known(Kind::Consent, consent)?;
        }
        plan.create(*id, fields, Vec::new())
    }
}
