//! Tasks, their states and their delegation.

use caseweave::domain::{TaskEdit, TaskFact, TaskRecurrence};
use caseweave::{EntityId, WorkerId};
use chrono::{DateTime, NaiveDate, Utc};

use super::mirror::{entity, open_enum};

open_enum! {
    /// Where a task stands. Source: FHIR R4 Task.status.
    TaskStatus {
        /// Waits for the assignee's yes.
        Requested,
        /// Agreed to.
        Accepted,
        /// Sent back with a reason.
        Declined,
        /// Under way.
        InProgress,
        /// Done.
        Done,
        /// Not to be done after all.
        Cancelled,
    }
}

open_enum! {
    /// How much a task matters, or how soon it is wanted.
    Importance {
        /// Low.
        Low,
        /// Normal.
        Normal,
        /// High.
        High,
        /// Cannot wait.
        Critical,
    }
}

entity! {
    /// A task [FHIR Task].
    Task, TaskUpdate, TaskField {
        set {
            /// What is to be done.
            title Title: String,
            /// Details.
            description Description: String,
            /// The day it is due. A task is due on a day or at a moment, not both.
            due_on DueOn: NaiveDate,
            /// The moment it is due.
            due_at DueAt: DateTime<Utc>,
            /// How it comes back, as an RFC 5545 rule from the due day on: `FREQ=WEEKLY;BYDAY=MO`. FREQ is DAILY, WEEKLY, MONTHLY or
            /// YEARLY; INTERVAL, BYDAY, BYMONTHDAY, COUNT and UNTIL may follow.
            recurrence Recurrence: String,
            /// The IANA time zone whose clocks `due_at` keeps to when it comes back; UTC where there is none.
            zone Zone: String,
            /// How soon it is wanted.
            urgency Urgency: Importance,
            /// How much it matters.
            importance Importance: Importance,
            /// The visit it belongs to.
            visit Visit: EntityId,
            /// The goal it serves.
            goal Goal: EntityId,
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
    TaskOccurrence {
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
#[uniffi::remote(Record)]
pub struct TaskRecurrence {
    /// The task.
    pub task: EntityId,
    /// The day it is due next: the first of its rule after the last that was done. Nothing when the rule is at its end.
    #[uniffi(default)]
    pub next_on: Option<NaiveDate>,
    /// The moment, where the task is due at one: at the same time of day in the task's zone.
    #[uniffi(default)]
    pub next_at: Option<DateTime<Utc>>,
    /// What was done, by day, then by id.
    pub occurrences: Vec<TaskOccurrence>,
}

/// Edits of tasks.
#[uniffi::remote(Enum)]
pub enum TaskEdit {
    /// Adds a task: for oneself it is accepted, for a colleague it is requested.
    Add {
        /// Its new id.
        id: EntityId,
        /// Its values.
        fields: TaskUpdate,
        /// Who shall do it; nobody named means oneself.
        #[uniffi(default)]
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
    /// Finishes. A task that comes back is finished day by day, with CompleteOccurrence, as long as a day is left.
    Complete {
        /// Which one.
        id: EntityId,
        /// What came of it.
        #[uniffi(default)]
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
        #[uniffi(default)]
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

/// What happens to tasks.
#[uniffi::remote(Enum)]
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
