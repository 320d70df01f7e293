//! What a supervisor has to agree to.

use chrono::{DateTime, Utc};

use super::entity::{Entity, entity, tracked, untouched};
use super::status::{moves, set_status};
use super::value::{FieldType, open_enum};
use super::{Invalid, Kind, Plan, Value, check};
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
    /// An approval that was asked for.
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
    ApprovalEdit of ApprovalUpdate by ApprovalStatus, "request_approval", "update_approval", "set_approval_status", needs subject; within may
}

/// Holds an edit against the agency's rules: who is asked and who decides is named there, and nobody approves the own work unless
/// the agency says so. What was decided on stays what it was. Who asks is written down.
fn may(
    plan: &Plan<'_>,
    edit: &ApprovalEdit,
    mut own: Vec<(&'static str, Value)>,
) -> Result<Vec<(&'static str, Value)>, Invalid> {
    let rules = &plan.rules.settings().approvals;
    let named = |worker: &WorkerId| rules.approvers.is_empty() || rules.approvers.contains(worker);
    if let ApprovalEdit::Update { id, fields } = edit {
        asked_for(plan, *id, fields)?;
    }
    match edit {
        ApprovalEdit::Add { fields, .. } | ApprovalEdit::Update { fields, .. } => {
            match &fields.approver {
                Some(asked) if !named(asked) => {
                    let reason = "is nobody whom the agency's settings let approve";
                    return Err(Invalid::field("approval.approver", reason));
                }
                _ => own.push(("asked_by", plan.worker.to_value())),
            }
        }
        ApprovalEdit::SetStatus { id, status, .. } => {
            let decides = matches!(status, ApprovalStatus::Approved | ApprovalStatus::Returned);
            if decides && !named(&plan.worker) {
                let reason = "is decided by those whom the agency's settings name";
                return Err(Invalid::field("approval.status", reason));
            }
            let asked_by = plan.present(Kind::Approval, *id)?.get("asked_by");
            let own_work = asked_by == Some(plan.worker);
            if *status == ApprovalStatus::Approved && own_work && !rules.own_work {
                let reason = "is not approved by whoever asked";
                return Err(Invalid::field("approval.status", reason));
            }
        }
    }
    Ok(own)
}

/// What was decided on, or taken back, stays what it was about.
fn asked_for(plan: &Plan<'_>, id: EntityId, fields: &ApprovalUpdate) -> Result<(), Invalid> {
    let approval = Approval::from_entry(&plan.present(Kind::Approval, id)?);
    match approval.status {
        None | Some(ApprovalStatus::Requested | ApprovalStatus::Returned) => Ok(()),
        Some(_) => untouched(
            fields,
            &["subject", "assessment"],
            "stands once it is decided: ask for another approval",
        ),
    }
}

/// Refuses to close a case whose closure nobody approved, where the agency asks for it.
pub(super) fn closure(plan: &Plan<'_>) -> Result<(), Invalid> {
    if !plan.rules.settings().approvals.closure || !approved_closures(plan).is_empty() {
        return Ok(());
    }
    let reason = "cannot become closed: the agency's settings ask for an approved closure";
    Err(Invalid::field("case.status", reason))
}

/// An approved closure is used up once the case is opened again.
pub(super) fn use_up_closures(plan: &mut Plan<'_>, why: &str) -> Result<(), Invalid> {
    for approval in approved_closures(plan) {
        set_status(plan, approval.meta.id, &ApprovalStatus::Returned, Some(why))?;
    }
    Ok(())
}

fn approved_closures(plan: &Plan<'_>) -> Vec<Approval> {
    let approved = |approval: &Approval| {
        approval.meta.removed.is_none()
            && approval.subject == Some(ApprovalSubject::Closure)
            && approval.status == Some(ApprovalStatus::Approved)
    };
    plan.all().into_iter().filter(approved).collect()
}
