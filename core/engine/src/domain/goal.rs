//! Goals in the person's words, and the steps of progress towards them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::entity::{Entity, Update, entity, kept, required};
use super::plan::{Status, check as checked};
use super::timeline::{Step, Story, When};
use super::value::{FieldType, open_enum};
use super::{Invalid, Kind, MAX_NAME, MAX_TITLE, Plan, Value, check};
use crate::ids::EntityId;

open_enum! {
    /// Where a goal stands in its life. Source: FHIR R4 Goal.lifecycleStatus.
    GoalStatus {
        /// Spoken about.
        Proposed = "proposed",
        /// Agreed and worked on.
        Active = "active",
        /// Paused.
        OnHold = "on_hold",
        /// Over, met or not.
        Completed = "completed",
        /// Given up.
        Cancelled = "cancelled",
    }
}

open_enum! {
    /// How far a goal is met. Source: FHIR R4 Goal.achievementStatus.
    GoalAchievement {
        /// Under way.
        InProgress = "in_progress",
        /// Getting better.
        Improving = "improving",
        /// Getting worse.
        Worsening = "worsening",
        /// No change.
        NoChange = "no_change",
        /// Met.
        Achieved = "achieved",
        /// Not met.
        NotAchieved = "not_achieved",
    }
}

entity! {
    /// A goal [FHIR Goal]. Life and achievement are separate: a goal may be over and unmet.
    Goal, GoalUpdate, GoalField of Goal {
        set {
            /// The goal in the person's words.
            statement Statement: String = check::lines::<2_000>,
            /// What is measured.
            measure Measure: String = check::line::<MAX_TITLE>,
            /// The value to reach.
            target_value TargetValue: f64 = check::finite,
            /// Its unit.
            unit Unit: String = check::line::<MAX_NAME>,
            /// The day to reach it by.
            target_date TargetDate: NaiveDate = check::date,
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
    GoalProgress, GoalProgressUpdate, GoalProgressField of GoalProgress {
        set {
            /// The day it was seen.
            on On: NaiveDate = check::date,
            /// The measured value.
            value Value: f64 = check::finite,
            /// What was seen.
            remark Remark: String = check::lines::<2_000>,
        }
        own {
            /// The goal.
            goal: EntityId,
        }
    }
}

/// A goal with its progress, the oldest step first.
#[derive(Debug, Clone, PartialEq)]
pub struct GoalView {
    /// The goal.
    pub goal: Goal,
    /// Its steps, by day, then by id.
    pub progress: Vec<GoalProgress>,
}

/// Edits of goals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

impl GoalEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add_goal",
            Self::Update { .. } => "update_goal",
            Self::SetStatus { .. } => "set_goal_status",
            Self::SetAchievement { .. } => "set_goal_achievement",
            Self::RecordProgress { .. } => "record_goal_progress",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        match self {
            Self::Add { id, fields } => {
                required(Kind::Goal, "statement", fields.statement.is_some())?;
                let own = vec![
                    ("status", GoalStatus::Active.to_value()),
                    ("achievement", GoalAchievement::InProgress.to_value()),
                ];
                plan.create(*id, fields, own)
            }
            Self::Update { id, fields } => {
                kept(fields, "statement")?;
                plan.update(*id, fields)
            }
            Self::SetStatus { id, status, reason } => {
                set_status(plan, *id, status, reason.as_deref())
            }
            Self::SetAchievement { id, achievement } => {
                let goal = Goal::from_entry(&plan.present(Kind::Goal, *id)?);
                checked("goal.achievement", achievement.code(), check::code)?;
                plan.put(Kind::Goal, *id, "achievement", achievement.to_value());
                // Said again it was met when it was said first.
                let is_met = goal.achievement == Some(GoalAchievement::Achieved);
                let since = goal.achieved_at.filter(|_| is_met).unwrap_or(plan.now);
                let met = (*achievement == GoalAchievement::Achieved).then_some(since);
                let met = met.map_or(Value::Null, |at| at.to_value());
                plan.put(Kind::Goal, *id, "achieved_at", met);
                Ok(())
            }
            Self::RecordProgress { id, goal, fields } => {
                plan.present(Kind::Goal, *goal)?;
                let says = fields.value.is_some() || fields.remark.is_some();
                required(GoalProgressUpdate::KIND, "remark", says)?;
                plan.create(*id, fields, vec![("goal", goal.to_value())])
            }
        }
    }
}

fn set_status(
    plan: &mut Plan<'_>,
    id: EntityId,
    to: &GoalStatus,
    reason: Option<&str>,
) -> Result<(), Invalid> {
    let goal = Goal::from_entry(&plan.present(Kind::Goal, id)?);
    checked("goal.status", to.code(), check::code)?;
    if goal.status.as_ref() == Some(to) {
        return Err(Invalid::field(
            "goal.status",
            format!("is {} already", to.code()),
        ));
    }
    let needs_reason = matches!(to, GoalStatus::OnHold | GoalStatus::Cancelled);
    required(
        Kind::Goal,
        "status_reason",
        reason.is_some() || !needs_reason,
    )?;
    plan.set_status(id, to, reason)
}

impl Status for GoalStatus {
    const KIND: Kind = Kind::Goal;
    const UNSET: Self = Self::Active;
}

/// What happens to goals.
#[derive(Debug, Clone, PartialEq)]
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

impl Story for Goal {
    type Fact = GoalFact;

    fn tell(step: &Step<'_>) -> Vec<(When, GoalFact)> {
        let wrote: Self = step.wrote();
        let statement = step.stands::<Self>().statement;
        let mut facts = Vec::new();
        if step.begun {
            facts.push(GoalFact::Added {
                statement: statement.clone(),
                target_date: wrote.target_date,
            });
        }
        let moved = wrote
            .status
            .filter(|status| !(step.begun && *status == GoalStatus::Active));
        facts.extend(moved.map(|status| GoalFact::Moved {
            statement: statement.clone(),
            status,
            reason: wrote.status_reason,
        }));
        let judged = wrote
            .achievement
            .filter(|achievement| !(step.begun && *achievement == GoalAchievement::InProgress));
        facts.extend(judged.map(|achievement| GoalFact::Judged {
            statement,
            achievement,
        }));
        facts.into_iter().map(|fact| (step.now(), fact)).collect()
    }
}

impl Story for GoalProgress {
    type Fact = GoalFact;

    fn tell(step: &Step<'_>) -> Vec<(When, GoalFact)> {
        if !step.begun {
            return Vec::new();
        }
        let Self {
            on,
            value,
            remark,
            goal,
            ..
        } = step.wrote();
        let statement = goal
            .and_then(|goal| step.other::<Goal>(goal))
            .and_then(|goal| goal.statement);
        let progressed = GoalFact::Progressed {
            goal,
            statement,
            value,
            remark,
        };
        vec![(step.on(on), progressed)]
    }
}
