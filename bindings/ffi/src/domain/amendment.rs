//! What the person wants changed in their record. Source: 45 CFR 164.526.

use caseweave::{EntityId, WorkerId};
use chrono::{DateTime, NaiveDate, Utc};

use super::mirror::{entity, open_enum, tracked};

open_enum! {
    /// Where an amendment request stands.
    AmendmentStatus {
        /// Waits for an answer.
        Requested,
        /// Accepted: the notes that say so are linked.
        Accepted,
        /// Denied with a reason.
        Denied,
        /// Taken back by who asked.
        Withdrawn,
    }
}

entity! {
    /// A request to amend the record. It never edits a note: what was signed stays as signed.
    Amendment, AmendmentUpdate, AmendmentField {
        set {
            /// What shall change.
            subject Subject: String,
            /// Who asked, where not the person.
            requested_by RequestedBy: String,
            /// The day they asked.
            requested_on RequestedOn: NaiveDate,
            /// The last day to answer.
            due_on DueOn: NaiveDate,
            /// The notes it is about, and those that answer it.
            notes Notes: Vec<EntityId>,
            /// What the person says to a denial.
            disagreement Disagreement: String,
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
    AmendmentEdit of AmendmentUpdate by AmendmentStatus
}
