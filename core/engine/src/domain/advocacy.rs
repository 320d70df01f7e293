//! Speaking up for the person: appeals, negotiations, complaints, hearings.

use chrono::{DateTime, NaiveDate, Utc};

use super::entity::{entity, tracked};
use super::status::moves;
use super::value::open_enum;
use super::{MAX_NAME, MAX_TITLE, check};
use crate::ids::EntityId;

open_enum! {
    /// What sort of action it is.
    AdvocacyKind {
        /// Against a decision.
        Appeal = "appeal",
        /// Talks about price, service or terms.
        Negotiation = "negotiation",
        /// About conduct or quality.
        Complaint = "complaint",
        /// Before a judge or hearing officer.
        Hearing = "hearing",
    }
}

open_enum! {
    /// Where an advocacy action stands.
    AdvocacyStatus {
        /// Being prepared.
        Preparing = "preparing",
        /// Put to the other side.
        Filed = "filed",
        /// The other side made an offer.
        Offered = "offered",
        /// Both sides agree.
        Agreed = "agreed",
        /// Decided for the person.
        Won = "won",
        /// Decided against the person.
        Lost = "lost",
        /// Taken back.
        Withdrawn = "withdrawn",
    }
}

// A refused offer goes back to filed, and so does a lost case that goes to the next instance.
moves! {
    AdvocacyStatus of Advocacy {
        Preparing => [Filed, Offered, Agreed, Withdrawn],
        Filed => [Offered, Agreed, Won, Lost, Withdrawn],
        Offered => [Filed, Agreed, Won, Lost, Withdrawn],
        Agreed => [Filed],
        Lost => [Filed],
        Withdrawn => [Preparing],
    }
    explained [Lost, Withdrawn]
    decided []
}

entity! {
    /// An appeal, negotiation, complaint or hearing.
    Advocacy, AdvocacyUpdate, AdvocacyField of Advocacy {
        set {
            /// What sort.
            sort Sort: AdvocacyKind = |value: &AdvocacyKind| check::code(value.code()),
            /// What it is about.
            subject Subject: String = check::line::<MAX_TITLE>,
            /// The other side.
            counterpart Counterpart: String = check::line::<MAX_NAME>,
            /// The authorization it is about.
            authorization Authorization: EntityId = check::any,
            /// What is asked for, and on what grounds.
            position Position: String = check::lines::<4_000>,
            /// What the other side offers.
            offer Offer: String = check::lines::<4_000>,
            /// What was agreed.
            agreement Agreement: String = check::lines::<4_000>,
            /// The last day to act.
            deadline Deadline: NaiveDate = check::date,
            /// When it is heard.
            heard_at HeardAt: DateTime<Utc> = check::moment,
            /// What came of it.
            result Result: String = check::lines::<4_000>,
        }
        own {
            /// Where it stands.
            status: AdvocacyStatus,
            /// Why it was lost or taken back.
            status_reason: String,
        }
    }
}

impl Advocacy {
    /// Whether it goes on: nothing is agreed or decided, and it was not taken back.
    pub fn is_open(&self) -> bool {
        let ended = matches!(
            self.status,
            Some(
                AdvocacyStatus::Agreed
                    | AdvocacyStatus::Won
                    | AdvocacyStatus::Lost
                    | AdvocacyStatus::Withdrawn
            )
        );
        self.meta.removed.is_none() && !ended
    }
}

tracked! {
    /// Edits of advocacy actions.
    AdvocacyEdit of AdvocacyUpdate by AdvocacyStatus, "add_advocacy", "update_advocacy", "set_advocacy_status", needs sort, subject
}
