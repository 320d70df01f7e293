//! Tasks, their states and their delegation.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::entity::{Entity, entity, kept, required};
use super::plan::{Status, check as checked};
use super::recurrence::{self, Recurrence, at_wall_time};
use super::timeline::{Step, Story, When};
use super::value::{FieldType, open_enum};
use super::{Invalid, Kind, MAX_TITLE, Plan, Value, check, view};
use crate::calendar::{Zone, day_of};
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
            /// How it comes back, as an RFC 5545 rule from the due day on: `FREQ=WEEKLY;BYDAY=MO`. FREQ is DAILY, WEEKLY, MONTHLY or
            /// YEARLY; INTERVAL, BYDAY, BYMONTHDAY, COUNT and UNTIL may follow.
            recurrence Recurrence: String = recurrence::rule,
            /// The IANA time zone whose clocks `due_at` keeps to when it comes back; UTC where there is none.
            zone Zone: String = check::zone,
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

entity! {
    /// That a task which comes back was done, or passed over, for one of its days. Never changed: a mistake is removed with a reason.
    TaskOccurrence of TaskOccurrence {
        own {
            /// The task.
            task: EntityId,
            /// The day it was due.
            on: NaiveDate,
            /// When it was done or passed over.
            ended_at: DateTime<Utc>,
            /// Whether it was passed over.
            skipped: bool,
            /// What came of it, or why it was passed over.
            outcome: String,
        }
    }
}

/// A task that comes back: when it is due next, and what was done. Two devices that do the same day apart move it on once.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRecurrence {
    /// The task.
    pub task: EntityId,
    /// The day it is due next: the first of its rule after the last that was done. Nothing when the rule is at its end.
    pub next_on: Option<NaiveDate>,
    /// The moment, where the task is due at one: at the same time of day in the task's zone.
    pub next_at: Option<DateTime<Utc>>,
    /// What was done, by day, then by id.
    pub occurrences: Vec<TaskOccurrence>,
}

impl TaskRecurrence {
    /// Nothing for a task that does not come back.
    pub(crate) fn of(task: &Task, mut occurrences: Vec<TaskOccurrence>) -> Option<Self> {
        occurrences.sort_by_key(|occurrence| (occurrence.on, occurrence.meta.id));
        let standing = occurrences.iter().filter(|one| one.meta.removed.is_none());
        let last = standing.filter_map(|one| one.on).max();
        let next_on = task.days()?.find(|day| last.is_none_or(|last| *day > last));
        let next_at = |(day, at)| at_wall_time(at, task.clock(), day);
        Some(Self {
            task: task.meta.id,
            next_at: next_on.zip(task.due_at).and_then(next_at),
            next_on,
            occurrences,
        })
    }
}

impl Task {
    /// The days of a task that comes back; nothing where it does not.
    fn days(&self) -> Option<impl Iterator<Item = NaiveDate>> {
        let rule = Recurrence::parse(self.recurrence.as_deref()?).ok()?;
        let day = |at: DateTime<Utc>| day_of(at, self.clock());
        let first = self.due_on.or(self.due_at.map(day))?;
        Some(rule.into_days_from(first))
    }

    fn clock(&self) -> Zone {
        let zone = self.zone.as_deref().and_then(|zone| zone.parse().ok());
        zone.unwrap_or(Zone::UTC)
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
    /// Finishes. A task that comes back is finished day by day, with [`Self::CompleteOccurrence`], as long as a day is left.
    Complete {
        /// Which one.
        id: EntityId,
        /// What came of it.
        outcome: Option<String>,
    },
    /// Does what is due next of a task that comes back. After the rule's last day the task is done.
    CompleteOccurrence {
        /// The occurrence's new id.
        id: EntityId,
        /// The task.
        task: EntityId,
        /// The day that is due next.
        on: NaiveDate,
        /// What came of it.
        outcome: Option<String>,
    },
    /// Passes over what is due next of a task that comes back.
    SkipOccurrence {
        /// The occurrence's new id.
        id: EntityId,
        /// The task.
        task: EntityId,
        /// The day that is due next.
        on: NaiveDate,
        /// Why.
        reason: String,
    },
    /// Drops the task, with all the days it would come back.
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
            Self::CompleteOccurrence { .. } => "complete_task_occurrence",
            Self::SkipOccurrence { .. } => "skip_task_occurrence",
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
            Self::CompleteOccurrence {
                id,
                task,
                on,
                outcome,
            } => end_occurrence(plan, *id, (*task, *on), outcome.as_deref(), false),
            Self::SkipOccurrence {
                id,
                task,
                on,
                reason,
            } => end_occurrence(plan, *id, (*task, *on), Some(reason), true),
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
    let task = Task::from_entry(&plan.present(Kind::Task, id)?);
    if next_day(plan, &task).is_some() {
        return Err(Invalid::field(
            "task.recurrence",
            "brings it back: complete the occurrence, or cancel the task",
        ));
    }
    plan.transition(id, &[Accepted, InProgress], &Done, None)?;
    let now = plan.now.to_value();
    plan.put(Kind::Task, id, "completed_at", now);
    if let Some(outcome) = outcome {
        checked("task.outcome", outcome, check::lines::<2_000>)?;
        plan.put(Kind::Task, id, "outcome", Value::trimmed(outcome));
    }
    Ok(())
}

/// The day a task that comes back is due next; nothing where its rule has none left.
fn next_day(plan: &Plan<'_>, task: &Task) -> Option<NaiveDate> {
    view::recurrence(plan.records(), task)?.next_on
}

/// Ends one day of a task. The day has to be the next, so that nothing is done twice by one device or left out unseen.
fn end_occurrence(
    plan: &mut Plan<'_>,
    id: EntityId,
    (task, on): (EntityId, NaiveDate),
    outcome: Option<&str>,
    skipped: bool,
) -> Result<(), Invalid> {
    let entry = Task::from_entry(&plan.present(Kind::Task, task)?);
    if next_day(plan, &entry) != Some(on) {
        let reason = "is not the day the task is due next";
        return Err(Invalid::field("task_occurrence.on", reason));
    }
    if !matches!(entry.status, None | Some(Accepted | InProgress)) {
        return Err(Invalid::field(
            "task.status",
            "is not accepted or in progress",
        ));
    }
    if let Some(outcome) = outcome {
        checked("task_occurrence.outcome", outcome, check::lines::<2_000>)?;
    }
    let now = plan.now.to_value();
    let fields = [
        ("task", task.to_value()),
        ("on", on.to_value()),
        ("ended_at", now.clone()),
        ("skipped", skipped.to_value()),
        ("outcome", outcome.map_or(Value::Null, Value::trimmed)),
    ];
    let fields = fields.map(|(key, value)| (key.to_owned(), value)).to_vec();
    plan.create_with(Kind::TaskOccurrence, id, fields)?;
    after_occurrence(plan, &entry, on, now)
}

/// The task waits for its next day, or is done when there is none.
fn after_occurrence(
    plan: &mut Plan<'_>,
    task: &Task,
    on: NaiveDate,
    now: Value,
) -> Result<(), Invalid> {
    let id = task.meta.id;
    if task.days().is_some_and(|mut days| days.any(|day| day > on)) {
        if task.status == Some(InProgress) {
            plan.put(Kind::Task, id, "status", Accepted.to_value());
        }
        return Ok(());
    }
    plan.transition(id, &[Accepted, InProgress], &Done, None)?;
    plan.put(Kind::Task, id, "completed_at", now);
    Ok(())
}

impl Status for TaskStatus {
    const KIND: Kind = Kind::Task;
    const UNSET: Self = Accepted;
}

/// A task is due on a day or at a moment, and one that comes back has a first.
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
    let recurred = before
        .as_ref()
        .is_some_and(|task| task.recurrence.is_some());
    let recurs = stays(TaskField::Recurrence, fields.recurrence.is_some(), recurred);
    if recurs && !on && !at {
        return Err(Invalid::field(
            "task.recurrence",
            "has no first day: set due_on or due_at",
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
