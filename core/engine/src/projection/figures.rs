//! Rows with a date that the figures of a period count.

use chrono::{DateTime, NaiveDate, Utc};
use std::borrow::Cow;

use super::Scope;
use crate::domain::{
    Assessment, AuthorizationStatus, AuthorizationView, Case, CaseStatus, Communication,
    CommunicationOutcome, Entity, Entry, Goal, GoalAchievement, Kind, Referral, Task,
    TaskOccurrence, TaskStatus,
};
use crate::ids::{CaseId, EntityId};

/// What the figures of a period count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FigureKind {
    /// The case was opened.
    CaseOpened,
    /// It was closed, and not opened again.
    CaseClosed,
    /// A task was done that does not come back.
    TaskDone,
    /// One day of a task that comes back was done.
    OccurrenceDone,
    /// An assessment was completed.
    AssessmentDone,
    /// A referral was completed, declined or taken back.
    ReferralClosed,
    /// An authorization was given, from this day on.
    Authorized,
    /// Somebody was reached by a call, a letter or another way that is no visit.
    ContactMade,
    /// A goal was said to be met, and is still.
    GoalMet,
}

impl FigureKind {
    /// Every kind, in the order of this list.
    pub const ALL: &'static [Self] = &[
        Self::CaseOpened,
        Self::CaseClosed,
        Self::TaskDone,
        Self::OccurrenceDone,
        Self::AssessmentDone,
        Self::ReferralClosed,
        Self::Authorized,
        Self::ContactMade,
        Self::GoalMet,
    ];

    /// The entities that rows of this kind are made of.
    pub fn source(self) -> Kind {
        match self {
            Self::CaseOpened | Self::CaseClosed => Kind::Case,
            Self::TaskDone => Kind::Task,
            Self::OccurrenceDone => Kind::TaskOccurrence,
            Self::AssessmentDone => Kind::Assessment,
            Self::ReferralClosed => Kind::Referral,
            Self::Authorized => Kind::Authorization,
            Self::ContactMade => Kind::Communication,
            Self::GoalMet => Kind::Goal,
        }
    }
}

/// Something with a date that the figures of a period count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureRow {
    /// The case.
    pub case: CaseId,
    /// The task, occurrence, assessment, referral, authorization, communication or goal; the case's own id for what is of the case as a whole.
    pub id: EntityId,
    /// What it counts as.
    pub kind: FigureKind,
    /// Its day; of a moment, the day in UTC.
    pub on: NaiveDate,
    /// Its moment, where it has one.
    pub at: Option<DateTime<Utc>>,
    /// The units of an authorization.
    pub units: Option<FigureUnits>,
}

/// The units of an authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FigureUnits {
    /// Its last day.
    pub until: Option<NaiveDate>,
    /// Units approved.
    pub approved: i64,
    /// Units used so far.
    pub used: i64,
}

impl Scope<'_> {
    pub(super) fn figures(&self) -> Vec<FigureRow> {
        let of_case = self.entries(Kind::Case).into_iter();
        let of_case = of_case.flat_map(|entry| self.turns(&Case::from_entry(&entry)));
        let authorizations = self.authorizations();
        let authorized = authorizations.filter_map(|view| self.authorized(&view));
        of_case
            .chain(self.moments(FigureKind::TaskDone, task_done))
            .chain(self.moments(FigureKind::OccurrenceDone, occurrence_done))
            .chain(self.moments(FigureKind::AssessmentDone, assessment_done))
            .chain(self.moments(FigureKind::ReferralClosed, referral_closed))
            .chain(self.moments(FigureKind::ContactMade, contact_made))
            .chain(self.moments(FigureKind::GoalMet, goal_met))
            .chain(authorized)
            .collect()
    }

    fn figure(&self, id: EntityId, kind: FigureKind, on: NaiveDate) -> FigureRow {
        FigureRow {
            case: self.case,
            id,
            kind,
            on,
            at: None,
            units: None,
        }
    }

    /// An enquiry is not opened yet.
    fn turns(&self, case: &Case) -> Vec<FigureRow> {
        let row = |kind, on| self.figure(case.meta.id, kind, on);
        let agreed = case.status != Some(CaseStatus::Enquiry);
        let closed = case.status == Some(CaseStatus::Closed);
        let opened = case.opened_on.filter(|_| agreed);
        let closed = case.closed_on.filter(|_| closed);
        let opened = opened.map(|on| row(FigureKind::CaseOpened, on));
        let closed = closed.map(|on| row(FigureKind::CaseClosed, on));
        opened.into_iter().chain(closed).collect()
    }

    fn moments<E: Entity>(
        &self,
        kind: FigureKind,
        counts: fn(&E) -> Option<DateTime<Utc>>,
    ) -> impl Iterator<Item = FigureRow> {
        let stands = |entry: &Cow<'_, Entry>| !self.is_gone(E::KIND, entry);
        let row = move |entry: Cow<'_, Entry>| {
            let at = counts(&E::from_entry(&entry))?;
            Some(FigureRow {
                at: Some(at),
                ..self.figure(entry.id, kind, at.date_naive())
            })
        };
        let entries = self.entries(E::KIND).into_iter();
        entries.filter(stands).filter_map(row)
    }

    fn authorized(&self, view: &AuthorizationView) -> Option<FigureRow> {
        use AuthorizationStatus::{Approved, Expired};
        let authorization = &view.authorization;
        let given = matches!(authorization.status, Some(Approved | Expired));
        let given = given && authorization.meta.removed.is_none();
        let created = authorization.meta.created.at.date_naive();
        let since = authorization.since.unwrap_or(created);
        given.then(|| FigureRow {
            units: Some(FigureUnits {
                until: authorization.until,
                approved: authorization.units.unwrap_or_default(),
                used: view.units_used,
            }),
            ..self.figure(authorization.meta.id, FigureKind::Authorized, since)
        })
    }
}

fn task_done(task: &Task) -> Option<DateTime<Utc>> {
    let done = task.status == Some(TaskStatus::Done) && task.recurrence.is_none();
    task.completed_at.filter(|_| done)
}

fn occurrence_done(occurrence: &TaskOccurrence) -> Option<DateTime<Utc>> {
    let skipped = occurrence.skipped == Some(true);
    occurrence.ended_at.filter(|_| !skipped)
}

fn assessment_done(assessment: &Assessment) -> Option<DateTime<Utc>> {
    (!assessment.is_draft()).then(|| assessment.asked())
}

/// Of a referral that was closed before that was written down, all that is known is when it was changed last.
fn referral_closed(referral: &Referral) -> Option<DateTime<Utc>> {
    let changed = referral.meta.changed.at;
    (!referral.is_open()).then(|| referral.closed_at.unwrap_or(changed))
}

fn contact_made(line: &Communication) -> Option<DateTime<Utc>> {
    let reached = line.outcome == Some(CommunicationOutcome::Reached);
    line.at.filter(|_| reached)
}

/// Of a goal that was met before that was written down, all that is known is when it was changed last.
fn goal_met(goal: &Goal) -> Option<DateTime<Utc>> {
    let met = goal.achievement == Some(GoalAchievement::Achieved);
    met.then(|| goal.achieved_at.unwrap_or(goal.meta.changed.at))
}
