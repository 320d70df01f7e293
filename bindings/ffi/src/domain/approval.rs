//! What a supervisor has to agree to.

use caseweave::{EntityId, WorkerId};
use chrono::{DateTime, Utc};

use super::mirror::{entity, open_enum, tracked};

open_enum! {
    /// What is to be approved.
    ApprovalSubject {
        /// An assessment.
        Assessment,
        /// The plan: goals and interventions.
        Plan,
        /// Closing the case.
        Closure,
    }
}

open_enum! {
    /// Where an approval stands.
    ApprovalStatus {
        /// Asked for.
        Requested,
        /// Given.
        Approved,
        /// Sent back with what is to change.
        Returned,
        /// Taken back by who asked.
        Withdrawn,
    }
}

entity! {
    /// An approval that was asked for.
    Approval, ApprovalUpdate, ApprovalField {
        set {
            /// What is to be approved.
            subject Subject: ApprovalSubject,
            /// The assessment, where it is about one.
            assessment Assessment: EntityId,
            /// Who is asked.
            approver Approver: WorkerId,
            /// What the approver should know.
            remark Remark: String,
        }
        own {
            /// Where it stands.
            status: ApprovalStatus,
            /// What is to change.
            status_reason: String,
            /// Who asked.
            asked_by: WorkerId,
            /// Who decided.
            decided_by: WorkerId,
            /// When.
            decided_at: DateTime<Utc>,
        }
    }
}

tracked! {
    /// Edits of approvals.
    ApprovalEdit of ApprovalUpdate by ApprovalStatus
}
