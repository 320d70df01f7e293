//! Speaking up for the person: appeals, negotiations, complaints, hearings.

use caseweave::EntityId;
use chrono::{DateTime, NaiveDate, Utc};

use super::mirror::{entity, open_enum, tracked};

open_enum! {
    /// What sort of action it is.
    AdvocacyKind {
        /// Against a decision.
        Appeal,
        /// Talks about price, service or terms.
        Negotiation,
        /// About conduct or quality.
        Complaint,
        /// Before a judge or hearing officer.
        Hearing,
    }
}

open_enum! {
    /// Where an advocacy action stands.
    AdvocacyStatus {
        /// Being prepared.
        Preparing,
        /// Put to the other side.
        Filed,
        /// The other side made an offer.
        Offered,
        /// Both sides agree.
        Agreed,
        /// Decided for the person.
        Won,
        /// Decided against the person.
        Lost,
        /// Taken back.
        Withdrawn,
    }
}

entity! {
    /// An appeal, negotiation, complaint or hearing.
    Advocacy, AdvocacyUpdate, AdvocacyField {
        set {
            /// What sort.
            sort Sort: AdvocacyKind,
            /// What it is about.
            subject Subject: String,
            /// The other side.
            counterpart Counterpart: String,
            /// The authorization it is about.
            authorization Authorization: EntityId,
            /// What is asked for, and on what grounds.
            position Position: String,
            /// What the other side offers.
            offer Offer: String,
            /// What was agreed.
            agreement Agreement: String,
            /// The last day to act.
            deadline Deadline: NaiveDate,
            /// When it is heard.
            heard_at HeardAt: DateTime<Utc>,
            /// What came of it.
            result Result: String,
        }
        own {
            /// Where it stands.
            status: AdvocacyStatus,
            /// Why it was lost or taken back.
            status_reason: String,
        }
    }
}

tracked! {
    /// Edits of advocacy actions.
    AdvocacyEdit of AdvocacyUpdate by AdvocacyStatus
}
