//! Calls, letters, texts, and people who did not come.

use chrono::{DateTime, Utc};

use super::entity::{added_and_updated, entity};
use super::value::open_enum;
use super::{MAX_NAME, check};
use crate::ids::EntityId;

open_enum! {
    /// How people were in touch.
    Medium {
        /// By phone.
        Call = "call",
        /// By letter.
        Letter = "letter",
        /// By text message.
        Text = "text",
        /// By e-mail.
        Email = "email",
        /// By fax.
        Fax = "fax",
        /// Face to face, without a visit.
        InPerson = "in_person",
    }
}

open_enum! {
    /// Who sought whom.
    Direction {
        /// The agency was sought.
        Incoming = "incoming",
        /// The agency sought.
        Outgoing = "outgoing",
    }
}

open_enum! {
    /// What came of it.
    CommunicationOutcome {
        /// They spoke, or it was answered.
        Reached = "reached",
        /// A message was left.
        LeftMessage = "left_message",
        /// Nobody answered.
        NoAnswer = "no_answer",
        /// Somebody did not come.
        NoShow = "no_show",
        /// It came back.
        Undeliverable = "undeliverable",
    }
}

entity! {
    /// A line of the contact log [FHIR Communication].
    Communication, CommunicationUpdate, CommunicationField of Communication {
        set {
            /// When.
            at At: DateTime<Utc> = check::moment,
            /// How.
            medium Medium: Medium = |value: &Medium| check::code(value.code()),
            /// Who sought whom.
            direction Direction: Direction = |value: &Direction| check::code(value.code()),
            /// With whom.
            with_whom WithWhom: String = check::line::<MAX_NAME>,
            /// The contact, where they are in the record.
            contact Contact: EntityId = check::any,
            /// What came of it.
            outcome Outcome: CommunicationOutcome = |value: &CommunicationOutcome| check::code(value.code()),
            /// Minutes it took.
            minutes Minutes: i64 = check::count,
            /// What was said.
            summary Summary: String = check::lines::<4_000>,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of the contact log.
    CommunicationEdit of CommunicationUpdate, "log_communication", "update_communication", needs at, medium
}
