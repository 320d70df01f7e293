//! What to do first, and why: the cases that wait for something, ranked.
//!
//! Pure: flat facts, weights, a moment and a zone go in, ranked items come out. Whole numbers only, so the same facts give the same
//! order on every machine. Knows no document, no store, and no words: a reason is data that the app puts into words.

mod judge;
mod ranking;
mod reason;
mod route;
mod weights;

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar::Zone;
use crate::ids::{CaseId, EntityId, WorkerId};
use crate::projection::{AllowanceRow, AssessmentRow, DeadlineRow, TaskRow, VisitRow};

pub use ranking::Ranking;
pub use reason::Reason;
pub use route::{Point, Stop, route};
pub use weights::Weights;

/// What is known of a case that may wait for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The case.
    pub case: CaseId,
    /// The person's name as shown.
    pub name: String,
    /// The worker who leads the case.
    pub lead: Option<WorkerId>,
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
    /// Whether the case is closed.
    pub closed: bool,
    /// How many conflicts are open.
    pub conflicts: u32,
    /// Changes to the closed case that whoever closed it had not seen.
    pub late_changes: u32,
    /// Pieces of late work that wait for a lead's decision.
    pub late_work: u32,
    /// Pieces of this device's work that were refused.
    pub refused: u32,
    /// Open tasks.
    pub tasks: Vec<TaskRow>,
    /// Visits that are planned, under way or missed.
    pub visits: Vec<VisitRow>,
    /// Days by which something is to be dealt with.
    pub deadlines: Vec<DeadlineRow>,
    /// Authorizations of which little or nothing is left.
    pub allowances: Vec<AllowanceRow>,
    /// Assessments with an alert that nobody answered, and those that lie long back.
    pub assessments: Vec<AssessmentRow>,
    /// What the worker put off.
    pub snoozes: Vec<Snooze>,
}

impl Facts {
    /// A case of which nothing is known yet.
    pub fn of(case: CaseId) -> Self {
        Self {
            case,
            name: String::new(),
            lead: None,
            risk: None,
            safety_alert: false,
            in_touch: false,
            last_contact: None,
            opened_on: None,
            next_visit_on: None,
            closed: false,
            conflicts: 0,
            late_changes: 0,
            late_work: 0,
            refused: 0,
            tasks: Vec::new(),
            visits: Vec::new(),
            deadlines: Vec::new(),
            allowances: Vec::new(),
            assessments: Vec::new(),
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

/// The cases that wait for something, the most pressing first; what is equally pressing by case. Put-off cases and entities are left
/// out until their day; alerts of assessments, overdue check-outs, late and refused work show in a put-off case too. A case is one item, in which the weightiest reason counts whole and every further one a tenth.
pub fn rank(
    facts: impl IntoIterator<Item = Facts>,
    weights: &Weights,
    now: DateTime<Utc>,
    zone: Zone,
) -> Vec<WorkItem> {
    let mut ranking = Ranking::new(weights, now, zone, None);
    facts.into_iter().for_each(|facts| ranking.case(facts));
    ranking.first(usize::MAX)
}
