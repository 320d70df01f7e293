//! Reports: a case's summary, the person's plan, the figures of the caseload.

use caseweave::domain::RecordPart;
use caseweave::report::{CaseloadFigures, ReportLocale};
use caseweave::{CaseId, CaseloadReport, EntityId, Report, ReportOptions};
use chrono::NaiveDate;

use crate::{CaseweaveError, CaseweaveHandle};

/// The language of a report, and how it writes days, times and numbers.
#[uniffi::remote(Enum)]
pub enum ReportLocale {
    /// English, United States: November 5, 2026; 2:30 PM; 1,234.5.
    EnUs,
    /// English, United Kingdom: 5 November 2026; 14:30; 1,234.5.
    EnGb,
    /// Spanish, United States: 5 de noviembre de 2026; 2:30 p. m.; 1,234.5.
    EsUs,
    /// Spanish, Spain: 5 de noviembre de 2026; 14:30; 1234,5.
    EsEs,
}

/// What a case's summary holds, and for whom it is.
#[uniffi::remote(Record)]
pub struct ReportOptions {
    /// The language, and how days, times and numbers are written.
    pub locale: ReportLocale,
    /// The IANA time zone of every day and time in it.
    pub zone: String,
    /// The parts of the record that it shows, in this order.
    pub sections: Vec<RecordPart>,
    /// To whom it is given, as a consent names them, case and blanks aside; nothing where it stays with the case's workers.
    #[uniffi(default)]
    pub recipient: Option<String>,
    /// Whether it says which of the sections were left out for want of a consent. Never what they hold.
    #[uniffi(default = false)]
    pub say_left_out: bool,
}

/// A report in two forms that say the same.
#[uniffi::remote(Record)]
pub struct Report {
    /// A whole HTML document without scripts and without anything from outside; prints on A4 and Letter.
    pub html: String,
    /// Markdown.
    pub markdown: String,
    /// The entries it made in the case's log of disclosures: one for each consent by which something is given. None where it is given to
    /// nobody.
    pub disclosures: Vec<EntityId>,
}

/// What was done in a period, in numbers. All that has a date is counted on its day in the zone that was asked with.
#[uniffi::remote(Record)]
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

/// Figures, as numbers and to be read.
#[uniffi::remote(Record)]
pub struct CaseloadReport {
    /// The numbers.
    pub figures: CaseloadFigures,
    /// A whole HTML document without scripts and without anything from outside; prints on A4 and Letter.
    pub html: String,
    /// Markdown.
    pub markdown: String,
}

#[uniffi::export]
impl CaseweaveHandle {
    /// A case's summary. Where a recipient is named, it holds only what a consent covers that is in force today, and the disclosure is
    /// recorded in the case before this returns. Reads disk, and writes it for a recipient; call off the main thread.
    ///
    /// Fails with `InvalidInput` of `recipient` where no consent in force allows any of it, of `sections` where there are none or one
    /// that this version does not know, of `zone` where there is no such zone; then nothing was recorded.
    pub fn report(&self, case: CaseId, options: ReportOptions) -> Result<Report, CaseweaveError> {
        Ok(self.0.report(case, &options)?)
    }

    /// The person's own plan in plain words: what they want, what will be done, who comes when, whom to call. It holds no diagnoses, no
    /// risks and no remarks of staff, and giving it to the person is no disclosure. Reads disk.
    pub fn plan(
        &self,
        case: CaseId,
        locale: ReportLocale,
        zone: String,
    ) -> Result<Report, CaseweaveError> {
        Ok(self.0.plan(case, locale, &zone)?)
    }

    /// What was done in the caseload from one day to another, both included, in numbers that name nobody. The work grows with what was
    /// done in the period. Reads disk; call off the main thread. Fails with `InvalidInput` of `to` where it is before `from`.
    pub fn caseload_figures(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        locale: ReportLocale,
        zone: String,
    ) -> Result<CaseloadReport, CaseweaveError> {
        Ok(self.0.caseload_figures(from, to, locale, &zone)?)
    }
}
