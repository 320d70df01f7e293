//! What to do first, and why: the cases that wait for something, ranked.
//!
//! Pure: flat facts, weights, a moment and a zone go in, ranked items come out. Whole numbers only, so the same facts give the same
//! order on every machine. Knows no document, no store, and no words: a reason is data that the app puts into words.

mod judge;
mod route;
mod weights;

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::ids::{CaseId, EntityId};
use crate::projection::{DeadlineRow, TaskRow, VisitRow};

pub use route::{Point, Stop, route};
pub use weights::Weights;

/// What is known of a case that may wait for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The case.
    pub case: CaseId,
    /// The person's name as shown.
    pub name: String,
    /// Code of the risk level.
    pub risk: Option<String>,
    /// Whether a safety alert is set.
    pub safety_alert: bool,
    /// Whether somebody is expected to keep in touch: the case is open.
    pub in_touch: bool,
    /// When somebody of the agency last saw or reached the person.
    pub last_contact: Option<DateTime<Utc>>,
    /// The day the case was opened, from which contact counts as long as there was none.
    pub opened_on: Option<NaiveDate>,
    /// The day of the earliest visit that is still planned.
    pub next_visit_on: Option<NaiveDate>,
    /// How many conflicts are open.
    pub conflicts: u32,
    /// Open tasks.
    pub tasks: Vec<TaskRow>,
    /// Visits that are planned, under way or missed.
    pub visits: Vec<VisitRow>,
    /// Days by which something is to be dealt with.
    pub deadlines: Vec<DeadlineRow>,
    /// What the worker put off.
    pub snoozes: Vec<Snooze>,
}

impl Facts {
    /// A case of which nothing is known yet.
    pub fn of(case: CaseId) -> Self {
        Self {
            case,
            name: String::new(),
            risk: None,
            safety_alert: false,
            in_touch: false,
            last_contact: None,
            opened_on: None,
            next_visit_on: None,
            conflicts: 0,
            tasks: Vec::new(),
            visits: Vec::new(),
            deadlines: Vec::new(),
            snoozes: Vec::new(),
        }
    }
}

/// Something that a worker put off until a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snooze {
    /// The case.
    pub case: CaseId,
    /// The task, visit or other entity; nothing where the whole case is put off.
    pub entity: Option<EntityId>,
    /// The day it comes back.
    pub until: NaiveDate,
    /// Why.
    pub reason: String,
}

/// A case that waits for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkItem {
    /// The case.
    pub case: CaseId,
    /// The person's name as shown.
    pub name: String,
    /// How pressing it is: urgency times importance. Compares within one list only.
    pub score: u64,
    /// Why it is listed, at least one, the weightiest first; what only adds importance last.
    pub reasons: Vec<Reason>,
}

/// Why a case is on the worklist. Days are those of the zone that was asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// A visit began and did not end: the worker may need help.
    CheckOutOverdue {
        /// The visit.
        visit: EntityId,
        /// Minutes since it should have ended.
        minutes: i64,
    },
    /// A task is late.
    Overdue {
        /// The task.
        task: EntityId,
        /// Days since it was due; 0 where its hour passed today.
        days: i64,
    },
    /// A task is due today.
    DueToday {
        /// The task.
        task: EntityId,
    },
    /// A planned visit did not take place, and no other is planned.
    VisitMissed {
        /// The visit.
        visit: EntityId,
        /// Days since it was planned.
        days: i64,
    },
    /// The last day to appeal or to act in an advocacy action is near.
    AppealDeadline {
        /// The denied authorization or the advocacy action.
        subject: EntityId,
        /// Days left; 0 on the last day, below 0 where it passed.
        days: i64,
    },
    /// An authorization is about to end, or has ended and nobody has put that down.
    AuthorizationExpires {
        /// The authorization.
        authorization: EntityId,
        /// Days left; 0 on the last day, below 0 where it passed.
        days: i64,
        /// Units that are left, where a number was approved.
        units_left: Option<i64>,
    },
    /// The units of an authorization are used up.
    UnitsUsedUp {
        /// The authorization.
        authorization: EntityId,
        /// How many were used beyond those approved.
        over: i64,
    },
    /// Nobody has asked what became of a referral.
    ReferralFollowUp {
        /// The referral.
        referral: EntityId,
        /// Days since somebody should have.
        days: i64,
    },
    /// Nobody has seen or reached the person for longer than their risk allows.
    NoContact {
        /// Days since the last contact, or since the case was opened.
        days: i64,
    },
    /// People wrote different values apart, and nobody has settled it.
    Conflict {
        /// How many fields.
        fields: u32,
    },
    /// The risk level is high: whatever else is listed weighs more.
    HighRisk,
    /// A safety alert is set: whatever else is listed weighs more.
    SafetyAlert,
}

impl Reason {
    /// The task, visit or other entity that the reason is about; nothing where it is about the whole case.
    pub fn entity(&self) -> Option<EntityId> {
        match *self {
            Self::CheckOutOverdue { visit: id, .. }
            | Self::Overdue { task: id, .. }
            | Self::DueToday { task: id }
            | Self::VisitMissed { visit: id, .. }
            | Self::AppealDeadline { subject: id, .. }
            | Self::AuthorizationExpires {
                authorization: id, ..
            }
            | Self::UnitsUsedUp {
                authorization: id, ..
            }
            | Self::ReferralFollowUp { referral: id, .. } => Some(id),
            Self::NoContact { .. } | Self::Conflict { .. } | Self::HighRisk | Self::SafetyAlert => {
                None
            }
        }
    }
}

/// The cases that wait for something, the most pressing first; what is equally pressing by case. Put-off cases and entities are left
/// out until their day. A case is one item, in which the weightiest reason counts whole and every further one a tenth.
pub fn rank(
    facts: impl IntoIterator<Item = Facts>,
    weights: &Weights,
    now: DateTime<Utc>,
    zone: Tz,
) -> Vec<WorkItem> {
    let judge = judge::Judge::new(weights, now, zone);
    let items = facts.into_iter().filter_map(|facts| judge.item(facts));
    let mut items: Vec<WorkItem> = items.collect();
    items.sort_by(|a, b| b.score.cmp(&a.score).then(a.case.cmp(&b.case)));
    items
}
