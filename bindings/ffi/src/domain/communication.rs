//! Calls, letters, texts, and people who did not come.

use caseweave::EntityId;
use chrono::{DateTime, Utc};

use super::mirror::{added_and_updated, entity, open_enum};

open_enum! {
    /// How people were in touch.
    Medium {
        /// By phone.
        Call,
        /// By letter.
        Letter,
        /// By text message.
        Text,
        /// By e-mail.
        Email,
        /// By fax.
        Fax,
        /// Face to face, without a visit.
        InPerson,
    }
}

open_enum! {
    /// Who sought whom.
    Direction {
        /// The agency was sought.
        Incoming,
        /// The agency sought.
        Outgoing,
    }
}

open_enum! {
    /// What came of it.
    CommunicationOutcome {
        /// They spoke, or it was answered.
        Reached,
        /// A message was left.
        LeftMessage,
        /// Nobody answered.
        NoAnswer,
        /// Somebody did not come.
        NoShow,
        /// It came back.
        Undeliverable,
    }
}

entity! {
    /// A line of the contact log [FHIR Communication].
    Communication, CommunicationUpdate, CommunicationField {
        set {
            /// When.
            at At: DateTime<Utc>,
            /// How.
            medium Medium: Medium,
            /// Who sought whom.
            direction Direction: Direction,
            /// With whom.
            with_whom WithWhom: String,
            /// The contact, where they are in the record.
            contact Contact: EntityId,
            /// What came of it.
            outcome Outcome: CommunicationOutcome,
            /// Minutes it took.
            minutes Minutes: i64,
            /// What was said.
            summary Summary: String,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of the contact log.
    CommunicationEdit of CommunicationUpdate
}
