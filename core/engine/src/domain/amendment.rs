//! What the person wants changed in their record. Source: 45 CFR 164.526.

use chrono::{DateTime, NaiveDate, Utc};

use super::entity::{entity, tracked};
use super::status::moves;
use super::value::open_enum;
use super::{MAX_NAME, check};
use crate::ids::{EntityId, WorkerId};

open_enum! {
    /// Where an amendment request stands.
    AmendmentStatus {
        /// Waits for an answer.
        Requested = "requested",
        /// Accepted: the notes that say so are linked.
        Accepted = "accepted",
        /// Denied with a reason.
        Denied = "denied",
        /// Taken back by who asked.
        Withdrawn = "withdrawn",
    }
}

moves! {
    AmendmentStatus of Amendment {
        Requested => [Accepted, Denied, Withdrawn],
        Denied => [Requested, Accepted],
        Withdrawn => [Requested],
    }
    explained [Denied]
    decided [Accepted, Denied]
}

entity! {
    /// A request to amend the record. It never edits a note: what was signed stays as signed.
    Amendment, AmendmentUpdate, AmendmentField of Amendment {
        set {
            /// What shall change.
            subject Subject: String = check::lines::<4_000>,
            /// Who asked, where not the person.
            requested_by RequestedBy: String = check::line::<MAX_NAME>,
            /// The day they asked.
            requested_on RequestedOn: NaiveDate = check::date,
            /// The last day to answer.
            due_on DueOn: NaiveDate = check::date,
            /// The notes it is about, and those that answer it.
            notes Notes: Vec<EntityId> = check::links,
            /// What the person says to a denial.
            disagreement Disagreement: String = check::lines::<4_000>,
        }
        own {
            /// Where it stands.
            status: AmendmentStatus,
            /// Why it was denied.
            status_reason: String,
            /// Who decided.
            decided_by: WorkerId,
            /// When.
            decided_at: DateTime<Utc>,
        }
    }
}

tracked! {
    /// Edits of amendment requests.
    AmendmentEdit of AmendmentUpdate by AmendmentStatus, "request_amendment", "update_amendment", "set_amendment_status",
    needs subject
}
