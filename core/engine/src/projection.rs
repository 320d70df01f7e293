//! Flat rows made from a record, so that lists, agenda and search never open a document.
//!
//! Pure: the same record always gives the same rows. The store keeps them and can make them anew at any time.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::Kind;
use crate::ids::{CaseId, EntityId, WorkerId};

/// What a list shows of a case. Sums over visits and tasks are the store's, which has their rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The case.
    pub case: CaseId,
    /// The person's name as shown.
    pub name: String,
    /// Family name first, folded for sorting: lower case, without diacritics.
    pub sort_name: String,
    /// The agency's number.
    pub number: Option<String>,
    /// Code of the status.
    pub status: Option<String>,
    /// Code of the sector.
    pub sector: Option<String>,
    /// Programme.
    pub programme: Option<String>,
    /// Code of the risk level.
    pub risk: Option<String>,
    /// The worker who leads the case.
    pub lead: Option<WorkerId>,
    /// Date of birth.
    pub birth_date: Option<NaiveDate>,
    /// The person's preferred language.
    pub language: Option<String>,
    /// Whether a safety alert is set.
    pub alert: bool,
    /// Whether an interpreter is needed.
    pub interpreter: bool,
    /// When the record was last changed, by the clock of whoever changed it.
    pub changed_at: DateTime<Utc>,
}

/// A visit in lists and the agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
    /// The case.
    pub case: CaseId,
    /// The visit.
    pub id: EntityId,
    /// Code of the status.
    pub status: Option<String>,
    /// The planned day.
    pub planned_on: Option<NaiveDate>,
    /// Begin of the planned window.
    pub planned_start: Option<DateTime<Utc>>,
    /// End of the planned window.
    pub planned_end: Option<DateTime<Utc>>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who shall go.
    pub worker: Option<WorkerId>,
    /// What for.
    pub purpose: Option<String>,
    /// Code of the place.
    pub place: Option<String>,
    /// Whether it was removed.
    pub removed: bool,
}

/// A task in lists and the agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// The case.
    pub case: CaseId,
    /// The task.
    pub id: EntityId,
    /// What is to be done.
    pub title: Option<String>,
    /// Code of the status.
    pub status: Option<String>,
    /// Who shall do it.
    pub assignee: Option<WorkerId>,
    /// The day it is due.
    pub due_on: Option<NaiveDate>,
    /// The moment it is due.
    pub due_at: Option<DateTime<Utc>>,
    /// Code of the urgency.
    pub urgency: Option<String>,
    /// Code of the importance.
    pub importance: Option<String>,
    /// Whether it was removed.
    pub removed: bool,
}

/// A goal in lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalRow {
    /// The case.
    pub case: CaseId,
    /// The goal.
    pub id: EntityId,
    /// The goal in the person's words.
    pub statement: Option<String>,
    /// Code of the status.
    pub status: Option<String>,
    /// Code of the achievement.
    pub achievement: Option<String>,
    /// The day to reach it by.
    pub target_date: Option<NaiveDate>,
    /// Whether it was removed.
    pub removed: bool,
}

/// An open conflict in the caseload's inbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConflictRow {
    /// The case.
    pub case: CaseId,
    /// The entity's kind.
    pub kind: Kind,
    /// The entity.
    pub id: EntityId,
    /// The field.
    pub field: String,
}

/// What search finds of one entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SearchRow {
    /// The case.
    pub case: CaseId,
    /// The entity's kind.
    pub kind: Kind,
    /// The entity.
    pub id: EntityId,
    /// The words; empty when there is nothing to find any more.
    pub text: String,
}

/// Rows of one case: of all of it, or of what one edit touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// The case's own row.
    pub case: CaseRow,
    /// Visits.
    pub visits: Vec<VisitRow>,
    /// Tasks.
    pub tasks: Vec<TaskRow>,
    /// Goals.
    pub goals: Vec<GoalRow>,
    /// Every open conflict of the case, always all of them.
    pub conflicts: Vec<ConflictRow>,
    /// Words to find.
    pub search: Vec<SearchRow>,
}
