//! Tasks, their states and their delegation.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::entity::{Entity, entity, kept, required};
use super::plan::{Status, check as checked};
use super::timeline::{Step, Story, When};
use super::value::{FieldType, open_enum};
use super::{Invalid, Kind, MAX_TITLE, Plan, Value, check};
use crate::ids::{EntityId, WorkerId};

open_enum! {
    /// Where a task stands. Source: FHIR R4 Task.status.
    TaskStatus {
        /// Waits for the assignee's yes.
        Requested = "requested",
        /// Agreed to.
        Accepted = "accepted",
        /// Sent back with a reason.
        Declined = "declined",
        /// Under way.
        InProgress = "in_progress",
        /// Done.
        Done = "done",
        /// Not to be done after all.
        Cancelled = "cancelled",
    }
}

open_enum! {
    /// How much a task matters, or how soon it is wanted.
    Importance {
        /// Low.
        Low = "low",
        /// Normal.
        Normal = "normal",
        /// High.
        High = "high",
        /// Cannot wait.
        Critical = "critical",
    }
}

entity! {
    /// A task [FHIR Task].
    Task, TaskUpdate, TaskField of Task {
        set {
            /// What is to be done.
            title Title: String = check::line::<MAX_TITLE>,
            /// Details.
            description Description: String = check::lines::<2_000>,
            /// The day it is due. A task is due on a day or at a moment, not both.
            due_on DueOn: NaiveDate = check::date,
            /// The moment it is due.
            due_at DueAt: DateTime<Utc> = check::moment,
            /// How soon it is wanted.
            urgency Urgency: Importance = |value: &Importance| check::code(value.code()),
            /// How much it matters.
            importance Importance: Importance = |value: &Importance| check::code(value.code()),
            /// The visit it belongs to.
            visit Visit: EntityId = check::any,
            /// The goal it serves.
            goal Goal: EntityId = check::any,
        }
        own {
            /// Where it stands.
            status: TaskStatus,
            /// Who shall do it.
            assignee: WorkerId,
            /// Who handed it on.
            delegated_by: WorkerId,
            /// Why it was handed on, declined or cancelled.
            status_reason: String,
            /// When it was done.
            completed_at: DateTime<Utc>,
            /// What came of it.
            outcome: String,
        }
    }
}

/// Edits of tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TaskEdit {
    /// Adds a task: for oneself it is accepted, for a colleague it is requested.
    Add {
        /// Its new id.
        id: EntityId,
        /// Its values.
        fields: TaskUpdate,
        /// Who shall do it; nobody named means oneself.
        assignee: Option<WorkerId>,
    },
    /// Changes the fields that are named.
    Update {
        /// Which one.
        id: EntityId,
        /// The new values.
        fields: TaskUpdate,
    },
    /// Hands the task to a colleague, who has to accept it.
    Delegate {
        /// Which one.
        id: EntityId,
        /// To whom.
        to: WorkerId,
        /// Why.
        reason: String,
    },
    /// Takes on a task one was asked to do.
    Accept {
        /// Which one.
        id: EntityId,
    },
    /// Sends a task back to who handed it on.
    Decline {
        /// Which one.
        id: EntityId,
        /// Why.
        reason: String,
    },
    /// Begins.
    Start {
        /// Which one.
        id: EntityId,
    },
    /// Finishes.
    Complete {
        /// Which one.
        id: EntityId,
        /// What came of it.
        outcome: Option<String>,
    },
    /// Drops the task.
    Cancel {
        /// Which one.
        id: EntityId,
        /// Why.
        reason: String,
    },
}

use TaskStatus::{Accepted, Cancelled, Declined, Done, InProgress, Requested};

impl TaskEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add_task",
            Self::Update { .. } => "update_task",
            Self::Delegate { .. } => "delegate_task",
            Self::Accept { .. } => "accept_task",
            Self::Decline { .. } => "decline_task",
            Self::Start { .. } => "start_task",
            Self::Complete { .. } => "complete_task",
            Self::Cancel { .. } => "cancel_task",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        match self {
            Self::Add {
                id,
                fields,
                assignee,
            } => add(plan, *id, fields, *assignee),
            Self::Update { id, fields } => {
                kept(fields, "title")?;
                one_due(plan, Some(*id), fields)?;
                plan.update(*id, fields)
            }
            Self::Delegate { id, to, reason } => {
                let from = [Requested, Accepted, Declined, InProgress];
                plan.transition(*id, &from, &Requested, Some(reason))?;
                let by = plan.worker.to_value();
                plan.put(Kind::Task, *id, "assignee", to.to_value());
                plan.put(Kind::Task, *id, "delegated_by", by);
                Ok(())
            }
            Self::Accept { id } => plan.transition(*id, &[Requested], &Accepted, None),
            Self::Decline { id, reason } => decline(plan, *id, reason),
            Self::Start { id } => plan.transition(*id, &[Accepted], &InProgress, None),
            Self::Complete { id, outcome } => complete(plan, *id, outcome.as_deref()),
            Self::Cancel { id, reason } => {
                let from = [Requested, Accepted, Declined, InProgress];
                plan.transition(*id, &from, &Cancelled, Some(reason))
            }
        }
    }
}

fn add(
    plan: &mut Plan<'_>,
    id: EntityId,
    fields: &TaskUpdate,
    assignee: Option<WorkerId>,
) -> Result<(), Invalid> {
    required(Kind::Task, "title", fields.title.is_some())?;
    one_due(plan, None, fields)?;
    let assignee = assignee.unwrap_or(plan.worker);
    let mut own = vec![("assignee", assignee.to_value())];
    if assignee == plan.worker {
        own.push(("status", Accepted.to_value()));
    } else {
        own.push(("status", Requested.to_value()));
        own.push(("delegated_by", plan.worker.to_value()));
    }
    plan.create(id, fields, own)
}

/// A task sent back returns to the one who handed it on.
fn decline(plan: &mut Plan<'_>, id: EntityId, reason: &str) -> Result<(), Invalid> {
    let task = Task::from_entry(&plan.present(Kind::Task, id)?);
    plan.transition(id, &[Requested], &Declined, Some(reason))?;
    if let Some(by) = task.delegated_by {
        plan.put(Kind::Task, id, "assignee", by.to_value());
    }
    Ok(())
}

fn complete(plan: &mut Plan<'_>, id: EntityId, outcome: Option<&str>) -> Result<(), Invalid> {
    plan.transition(id, &[Accepted, InProgress], &Done, None)?;
    let now = plan.now.to_value();
    plan.put(Kind::Task, id, "completed_at", now);
    if let Some(outcome) = outcome {
        checked("task.outcome", outcome, check::lines::<2_000>)?;
        plan.put(Kind::Task, id, "outcome", Value::trimmed(outcome));
    }
    Ok(())
}

impl Status for TaskStatus {
    const KIND: Kind = Kind::Task;
    const UNSET: Self = Accepted;
}

/// A task is due on a day or at a moment.
fn one_due(plan: &Plan<'_>, id: Option<EntityId>, fields: &TaskUpdate) -> Result<(), Invalid> {
    let before = match id {
        Some(id) => Some(Task::from_entry(&plan.present(Kind::Task, id)?)),
        None => None,
    };
    let stays =
        |field: TaskField, set: bool, was: bool| set || (was && !fields.clear.contains(&field));
    let was_on = before.as_ref().is_some_and(|task| task.due_on.is_some());
    let was_at = before.as_ref().is_some_and(|task| task.due_at.is_some());
    let on = stays(TaskField::DueOn, fields.due_on.is_some(), was_on);
    let at = stays(TaskField::DueAt, fields.due_at.is_some(), was_at);
    if on && at && (fields.due_on.is_some() || fields.due_at.is_some()) {
        return Err(Invalid::field(
            "task.due_at",
            "stands beside due_on: clear one of the two",
        ));
    }
    Ok(())
}

/// What happens to tasks.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskFact {
    /// A task was added.
    Added {
        /// What is to be done, as it stands.
        title: Option<String>,
        /// Who was to do it.
        assignee: Option<WorkerId>,
        /// The day it is due.
        due_on: Option<NaiveDate>,
        /// The moment it is due.
        due_at: Option<DateTime<Utc>>,
    },
    /// A task was handed on, accepted, declined, begun, done or dropped.
    Moved {
        /// What is to be done, as it stands.
        title: Option<String>,
        /// Where it stands since.
        status: TaskStatus,
        /// Who shall do it since, where that changed.
        assignee: Option<WorkerId>,
        /// Why.
        reason: Option<String>,
        /// What came of it.
        outcome: Option<String>,
    },
}

impl Story for Task {
    type Fact = TaskFact;

    fn tell(step: &Step<'_>) -> Vec<(When, TaskFact)> {
        let wrote: Self = step.wrote();
        let title = step.stands::<Self>().title;
        let mut facts = Vec::new();
        if step.begun {
            let added = TaskFact::Added {
                title: title.clone(),
                assignee: wrote.assignee,
                due_on: wrote.due_on,
                due_at: wrote.due_at,
            };
            facts.push((step.now(), added));
        }
        let begins = |status: &TaskStatus| step.begun && matches!(status, Accepted | Requested);
        let moved = wrote.status.filter(|status| !begins(status));
        facts.extend(moved.map(|status| {
            let moved = TaskFact::Moved {
                title,
                status,
                assignee: wrote.assignee.filter(|_| !step.begun),
                reason: wrote.status_reason,
                outcome: wrote.outcome,
            };
            (step.at(wrote.completed_at), moved)
        }));
        facts
    }
}
