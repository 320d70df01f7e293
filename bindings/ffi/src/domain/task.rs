//! Tasks, their states and their delegation.

use caseweave::domain::{TaskEdit, TaskFact};
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
    /// Finishes.
    Complete {
        /// Which one.
        id: EntityId,
        /// What came of it.
        #[uniffi(default)]
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
