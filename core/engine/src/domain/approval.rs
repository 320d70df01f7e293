//! What a supervisor has to agree to.

use chrono::{DateTime, Utc};

use super::check;
use super::entity::{entity, tracked};
use super::status::moves;
use super::value::open_enum;
use crate::ids::{EntityId, WorkerId};

open_enum! {
    /// What is to be approved.
    ApprovalSubject {
        /// An assessment.
        Assessment = "assessment",
        /// The plan: goals and interventions.
        Plan = "plan",
        /// Closing the case.
        Closure = "closure",
    }
}

open_enum! {
    /// Where an approval stands.
    ApprovalStatus {
        /// Asked for.
        Requested = "requested",
        /// Given.
        Approved = "approved",
        /// Sent back with what is to change.
        Returned = "returned",
        /// Taken back by who asked.
        Withdrawn = "withdrawn",
    }
}

moves! {
    ApprovalStatus of Approval {
        Requested => [Approved, Returned, Withdrawn],
        Approved => [Returned],
        Returned => [Requested, Withdrawn],
    }
    explained [Returned]
    decided [Approved, Returned]
}

entity! {
    /// An approval that was asked for. Who asked is who made it.
    Approval, ApprovalUpdate, ApprovalField of Approval {
        set {
            /// What is to be approved.
            subject Subject: ApprovalSubject = |value: &ApprovalSubject| check::code(value.code()),
            /// The assessment, where it is about one.
            assessment Assessment: EntityId = check::any,
            /// Who is asked.
            approver Approver: WorkerId = check::any,
            /// What the approver should know.
            remark Remark: String = check::lines::<2_000>,
        }
        own {
            /// Where it stands.
            status: ApprovalStatus,
            /// What is to change.
            status_reason: String,
            /// Who decided.
            decided_by: WorkerId,
            /// When.
            decided_at: DateTime<Utc>,
        }
    }
}

tracked! {
    /// Edits of approvals.
    ApprovalEdit of ApprovalUpdate by ApprovalStatus, "request_approval", "update_approval", "set_approval_status", needs subject
}
