//! The figures of the caseload for a period. Reads the rows of the period; for alerts, the cases that were assessed in it.

use std::collections::{BTreeMap, BTreeSet};

use caseweave_engine::domain::{AssessmentResult, AssessmentView};
use caseweave_engine::ids::{CaseId, EntityId};
use caseweave_engine::projection::FigureKind;
use caseweave_engine::report::{CaseloadFigures, ReportLocale, Wording, figures};
use chrono::NaiveDate;

use crate::handle::{Caseweave, Open};
use crate::{Error, Result};

/// Figures, as numbers and to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseloadReport {
    /// The numbers.
    pub figures: CaseloadFigures,
    /// A whole HTML document without scripts and without anything from outside; prints on A4 and Letter.
    pub html: String,
    /// Markdown.
    pub markdown: String,
}

impl Caseweave {
    /// What was done in the caseload from one day to another, both included, in numbers that name nobody. `zone` is the IANA time zone
    /// whose calendar counts the days. The work grows with what was done in the period; call off the main thread.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`] of `to`: it is before `from`. Of `zone`: no such zone.
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn caseload_figures(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        locale: ReportLocale,
        zone: &str,
    ) -> Result<CaseloadReport> {
        let open = self.readable()?;
        let wording = open.wording(locale, zone)?;
        if to < from {
            return Err(Error::InvalidInput {
                field: "to".into(),
                reason: "is before from".into(),
            });
        }
        let counted = open.count(CaseloadFigures::none(from, to), wording)?;
        let page = figures(&counted, wording);
        Ok(CaseloadReport {
            figures: counted,
            html: page.html(),
            markdown: page.markdown(),
        })
    }
}

type Assessed = BTreeMap<CaseId, BTreeSet<EntityId>>;

impl Open {
    fn count(&self, mut figures: CaseloadFigures, wording: Wording) -> Result<CaseloadFigures> {
        let (from, to) = (figures.from, figures.to);
        let zone = wording.zone;
        let (visits, rows, contacts, standing) = self.store.read(|tx| -> Result<_> {
            let rows = tx.figure_rows(from, to)?;
            let opened = rows.iter().filter(|row| row.kind == FigureKind::CaseOpened);
            let mut contacts = Vec::new();
            for row in opened.filter(|row| figures.covers(row.on, row.at, zone)) {
                if let Some(at) = tx.first_contact(row.case)? {
                    contacts.push((row.on, at));
                }
            }
            Ok((
                tx.figure_visits(from, to)?,
                rows,
                contacts,
                tx.standing(wording.today)?,
            ))
        })?;
        for (opened, at) in contacts {
            figures.add_first_contact(opened, at, zone);
        }
        visits
            .iter()
            .for_each(|visit| figures.add_visit(visit, zone));
        rows.iter().for_each(|row| figures.add(row, zone));
        figures.cases_open = standing.open_cases;
        figures.tasks_overdue = standing.overdue_tasks;
        let mut assessed = Assessed::new();
        for row in rows
            .iter()
            .filter(|row| row.kind == FigureKind::AssessmentDone)
        {
            if figures.covers(row.on, row.at, zone) {
                assessed.entry(row.case).or_default().insert(row.id);
            }
        }
        for (case, assessments) in &assessed {
            figures.assessments_with_alerts += self.with_alerts(*case, assessments)?;
        }
        Ok(figures)
    }

    /// How many of a case's assessments raise an alert. Scores are made at reading, so this reads the case.
    fn with_alerts(&self, case: CaseId, assessments: &BTreeSet<EntityId>) -> Result<u64> {
        let view = self.record_unkept(case)?.view(&self.rules());
        let views = view.into_iter().flat_map(|view| view.assessments);
        let counts = |view: &AssessmentView| {
            assessments.contains(&view.assessment.meta.id) && raises_alert(&view.result)
        };
        Ok(views.map(|view| u64::from(counts(&view))).sum())
    }
}

fn raises_alert(result: &AssessmentResult) -> bool {
    match result {
        AssessmentResult::DefinitionMissing => false,
        AssessmentResult::Judged { judgement } => !judgement.alerts.is_empty(),
    }
}
