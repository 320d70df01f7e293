//! Goals in the person's words, and the steps of progress towards them.

use caseweave::EntityId;
use caseweave::domain::{GoalEdit, GoalFact, GoalView};
use chrono::{DateTime, NaiveDate, Utc};

use super::mirror::{entity, open_enum};

open_enum! {
    /// Where a goal stands in its life. Source: FHIR R4 Goal.lifecycleStatus.
    GoalStatus {
        /// Spoken about.
        Proposed,
        /// Agreed and worked on.
        Active,
        /// Paused.
        OnHold,
        /// Over, met or not.
        Completed,
        /// Given up.
        Cancelled,
    }
}

open_enum! {
    /// How far a goal is met. Source: FHIR R4 Goal.achievementStatus.
    GoalAchievement {
        /// Under way.
        InProgress,
        /// Getting better.
        Improving,
        /// Getting worse.
        Worsening,
        /// No change.
        NoChange,
        /// Met.
        Achieved,
        /// Not met.
        NotAchieved,
    }
}

entity! {
    /// A goal [FHIR Goal]. Life and achievement are separate: a goal may be over and unmet.
    Goal, GoalUpdate, GoalField {
        set {
            /// The goal in the person's words.
            statement Statement: String,
            /// What is measured.
            measure Measure: String,
            /// The value to reach.
            target_value TargetValue: f64,
            /// Its unit.
            unit Unit: String,
            /// The day to reach it by.
            target_date TargetDate: NaiveDate,
        }
        own {
            /// Where it stands in its life.
            status: GoalStatus,
            /// How far it is met.
            achievement: GoalAchievement,
            /// When it was said to be met.
            achieved_at: DateTime<Utc>,
            /// Why it was paused or given up.
            status_reason: String,
        }
    }
}

entity! {
    /// One step of progress on a goal. Never changed: a mistake is removed with a reason and written anew.
    GoalProgress, GoalProgressUpdate, GoalProgressField {
        set {
            /// The day it was seen.
            on On: NaiveDate,
            /// The measured value.
            value Value: f64,
            /// What was seen.
            remark Remark: String,
        }
        own {
            /// The goal.
            goal: EntityId,
        }
    }
}

/// A goal with its progress, the oldest step first.
#[uniffi::remote(Record)]
pub struct GoalView {
    /// The goal.
    pub goal: Goal,
    /// Its steps, by day, then by id.
    pub progress: Vec<GoalProgress>,
}

/// Edits of goals.
#[uniffi::remote(Enum)]
pub enum GoalEdit {
    /// Adds a goal, active and in progress.
    Add {
        /// Its new id.
        id: EntityId,
        /// Its values.
        fields: GoalUpdate,
    },
    /// Changes the fields that are named.
    Update {
        /// Which one.
        id: EntityId,
        /// The new values.
        fields: GoalUpdate,
    },
    /// Moves the goal on in its life.
    SetStatus {
        /// Which one.
        id: EntityId,
        /// To where.
        status: GoalStatus,
        /// Why; required for a pause and for giving up.
        #[uniffi(default)]
        reason: Option<String>,
    },
    /// Says how far the goal is met.
    SetAchievement {
        /// Which one.
        id: EntityId,
        /// How far.
        achievement: GoalAchievement,
    },
    /// Adds a step of progress.
    RecordProgress {
        /// The step's new id.
        id: EntityId,
        /// The goal.
        goal: EntityId,
        /// What was seen: a value or a remark at least.
        fields: GoalProgressUpdate,
    },
}

/// What happens to goals.
#[uniffi::remote(Enum)]
pub enum GoalFact {
    /// A goal was added.
    Added {
        /// The goal in the person's words, as it stands.
        statement: Option<String>,
        /// The day to reach it by.
        target_date: Option<NaiveDate>,
    },
    /// A goal moved on in its life.
    Moved {
        /// The goal in the person's words.
        statement: Option<String>,
        /// Where it stands since.
        status: GoalStatus,
        /// Why.
        reason: Option<String>,
    },
    /// Somebody said how far a goal is met.
    Judged {
        /// The goal in the person's words.
        statement: Option<String>,
        /// How far.
        achievement: GoalAchievement,
    },
    /// A step of progress.
    Progressed {
        /// The goal.
        goal: Option<EntityId>,
        /// The goal in the person's words.
        statement: Option<String>,
        /// The measured value.
        value: Option<f64>,
        /// What was seen.
        remark: Option<String>,
    },
}
