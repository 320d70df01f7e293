//! The figures of a caseload for a period.

use chrono::NaiveDate;

use super::page::{Block, Section};
use super::{Page, Wording};

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
    /// Visits that took place, by the day they began.
    pub visits_done: u64,
    /// Visits that were missed, by the day they were planned for.
    pub visits_missed: u64,
    /// Visits that were called off, by the day they were planned for.
    pub visits_cancelled: u64,
    /// Minutes that the visits took which were ended.
    pub visit_minutes: u64,
    /// Tasks done, each day of one that comes back.
    pub tasks_done: u64,
    /// Open tasks that are past their day when this is asked.
    pub tasks_overdue: u64,
    /// Assessments completed, by the day they were asked.
    pub assessments_done: u64,
    /// Those of them that raised an alert.
    pub assessments_with_alerts: u64,
    /// Referrals that were completed, declined or taken back.
    pub referrals_closed: u64,
    /// Units of authorizations used, by the day of the visit.
    pub units_used: u64,
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
    let minutes = u32::try_from(figures.visit_minutes).unwrap_or(u32::MAX);
    let table = |rows: &[(&str, String)]| {
        let row =
            |(name, number): &(&str, String)| [Some((*name).to_owned()), Some(number.clone())];
        Block::table([own.figure, own.count], rows.iter().map(row))
    };
    let cases = table(&[
        (own.cases_open, whole(figures.cases_open)),
        (own.cases_opened, whole(figures.cases_opened)),
        (own.cases_closed, whole(figures.cases_closed)),
    ]);
    let visits = table(&[
        (own.visits_done, whole(figures.visits_done)),
        (own.visits_missed, whole(figures.visits_missed)),
        (own.visits_cancelled, whole(figures.visits_cancelled)),
        (own.visit_hours, locale.real(f64::from(minutes) / 60.0)),
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
