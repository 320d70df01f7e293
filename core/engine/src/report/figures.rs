//! The figures of a caseload for a period.

use chrono::{DateTime, NaiveDate, Utc};

use super::page::{Block, Section};
use super::{Page, Wording};
use crate::calendar::{Zone, day_of};
use crate::domain::VisitStatus;
use crate::projection::{FigureKind, FigureRow, VisitRow};

/// What was done in a period, in numbers. All that has a date is counted on its day in the zone that was asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseloadFigures {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Cases that are open when this is asked.
    pub cases_open: u64,
    /// Cases opened in the period.
    pub cases_opened: u64,
    /// Cases closed in the period, and not opened again.
    pub cases_closed: u64,
    /// Of the cases opened in the period, those in which somebody was seen or reached since.
    pub first_contacts: u64,
    /// Days from their opening to that first visit or contact, in all: divided by their number, the time to first contact.
    pub first_contact_days: u64,
    /// Visits of the period that took place. A visit counts on the day it was planned for, or else began.
    pub visits_done: u64,
    /// Visits of the period that were missed.
    pub visits_missed: u64,
    /// Visits of the period that were called off.
    pub visits_cancelled: u64,
    /// Minutes that the visits took which took place.
    pub visit_minutes: u64,
    /// Calls, letters and other contacts of the period in which somebody was reached, visits left out.
    pub contacts_made: u64,
    /// Tasks done, each day of one that comes back.
    pub tasks_done: u64,
    /// Open tasks that are past their day when this is asked.
    pub tasks_overdue: u64,
    /// Assessments completed, by the day they were asked.
    pub assessments_done: u64,
    /// Those of them that raised an alert.
    pub assessments_with_alerts: u64,
    /// Referrals that were completed, declined or taken back, by the day they were closed.
    pub referrals_closed: u64,
    /// Goals that were said to be met in the period, and are still.
    pub goals_met: u64,
    /// Units approved by the authorizations that hold on a day of the period.
    pub units_approved: u64,
    /// Units of these authorizations used so far.
    pub units_used: u64,
}

impl CaseloadFigures {
    /// Figures of a period in which nothing happened.
    pub fn none(from: NaiveDate, to: NaiveDate) -> Self {
        Self {
            from,
            to,
            cases_open: 0,
            cases_opened: 0,
            cases_closed: 0,
            first_contacts: 0,
            first_contact_days: 0,
            visits_done: 0,
            visits_missed: 0,
            visits_cancelled: 0,
            visit_minutes: 0,
            contacts_made: 0,
            tasks_done: 0,
            tasks_overdue: 0,
            assessments_done: 0,
            assessments_with_alerts: 0,
            referrals_closed: 0,
            goals_met: 0,
            units_approved: 0,
            units_used: 0,
        }
    }

    /// Whether something counts: its day, or that of its moment in the zone, lies in the period.
    pub fn covers(&self, on: NaiveDate, at: Option<DateTime<Utc>>, zone: Zone) -> bool {
        (self.from..=self.to).contains(&at.map_or(on, |at| day_of(at, zone)))
    }

    /// Counts a visit, if it is of the period.
    pub fn add_visit(&mut self, visit: &VisitRow, zone: Zone) {
        let began = visit.planned_start.or(visit.started_at);
        let day = visit.planned_on.or(began.map(|at| day_of(at, zone)));
        if !day.is_some_and(|day| self.covers(day, None, zone)) {
            return;
        }
        match visit.status.as_deref().map(VisitStatus::from_code) {
            Some(VisitStatus::Completed) => {
                self.visits_done += 1;
                let times = visit.started_at.zip(visit.ended_at);
                let minutes = times.map(|(began, ended)| (ended - began).num_minutes());
                self.visit_minutes += count(minutes.unwrap_or_default());
            }
            Some(VisitStatus::Missed) => self.visits_missed += 1,
            Some(VisitStatus::Cancelled) => self.visits_cancelled += 1,
            _ => {}
        }
    }

    /// Counts the first contact with somebody whose case was opened in the period. One before the opening took no time.
    pub fn add_first_contact(&mut self, opened: NaiveDate, at: DateTime<Utc>, zone: Zone) {
        let days = day_of(at, zone).signed_duration_since(opened).num_days();
        self.first_contacts += 1;
        self.first_contact_days += count(days);
    }

    /// Counts something with a date, if it is of the period. Of an authorization the caller knows that it is.
    pub fn add(&mut self, row: &FigureRow, zone: Zone) {
        if let Some(units) = row.units {
            self.units_approved += count(units.approved);
            self.units_used += count(units.used);
        } else if self.covers(row.on, row.at, zone) {
            match row.kind {
                FigureKind::CaseOpened => self.cases_opened += 1,
                FigureKind::CaseClosed => self.cases_closed += 1,
                FigureKind::TaskDone | FigureKind::OccurrenceDone => self.tasks_done += 1,
                FigureKind::AssessmentDone => self.assessments_done += 1,
                FigureKind::ReferralClosed => self.referrals_closed += 1,
                FigureKind::ContactMade => self.contacts_made += 1,
                FigureKind::GoalMet => self.goals_met += 1,
                FigureKind::Authorized => {}
            }
        }
    }
}

/// A number of things: none where it is below 0.
fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// The figures as a page.
pub fn figures(figures: &CaseloadFigures, wording: Wording) -> Page {
    let locale = wording.locale;
    let texts = locale.texts();
    let own = &texts.figures;
    let (from, to) = (locale.day(figures.from), locale.day(figures.to));
    let period = (texts.from_to)(&from, &to);
    let lead = Block::facts([
        (own.period, Some(period)),
        (texts.as_of, Some(locale.day(wording.today))),
        (texts.zone, Some(wording.zone.name().to_owned())),
    ]);
    let whole = |number: u64| locale.whole(i64::try_from(number).unwrap_or(i64::MAX));
    let real = |number: u64| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    let first_contact = match figures.first_contacts {
        0 => "–".to_owned(),
        cases => locale.real(real(figures.first_contact_days) / real(cases)),
    };
    let table = |rows: &[(&str, String)]| {
        let row =
            |(name, number): &(&str, String)| [Some((*name).to_owned()), Some(number.clone())];
        Block::table([own.figure, own.count], rows.iter().map(row))
    };
    let cases = table(&[
        (own.cases_open, whole(figures.cases_open)),
        (own.cases_opened, whole(figures.cases_opened)),
        (own.cases_closed, whole(figures.cases_closed)),
        (own.first_contacts, whole(figures.first_contacts)),
        (own.first_contact_days, first_contact),
    ]);
    let visits = table(&[
        (own.visits_done, whole(figures.visits_done)),
        (own.visits_missed, whole(figures.visits_missed)),
        (own.visits_cancelled, whole(figures.visits_cancelled)),
        (
            own.visit_hours,
            locale.real(real(figures.visit_minutes) / 60.0),
        ),
        (own.contacts_made, whole(figures.contacts_made)),
    ]);
    let work = table(&[
        (own.tasks_done, whole(figures.tasks_done)),
        (own.tasks_overdue, whole(figures.tasks_overdue)),
        (own.assessments_done, whole(figures.assessments_done)),
        (
            own.assessments_with_alerts,
            whole(figures.assessments_with_alerts),
        ),
        (own.referrals_closed, whole(figures.referrals_closed)),
        (own.goals_met, whole(figures.goals_met)),
        (own.units_approved, whole(figures.units_approved)),
        (own.units_used, whole(figures.units_used)),
    ]);
    let section =
        |heading: &str, block: Option<Block>| Section::new(heading, block.into_iter().collect());
    Page {
        locale,
        title: own.title.to_owned(),
        lead: lead.into_iter().collect(),
        sections: vec![
            section(own.cases, cases),
            section(own.visits, visits),
            section(own.work, work),
        ],
    }
}
