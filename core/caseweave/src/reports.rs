//! Reports: a case's summary, the person's plan, the figures of the caseload. What a recipient is given is in the log of disclosures
//! before anybody sees it.

use std::collections::{BTreeMap, BTreeSet};

use caseweave_engine::calendar::day_of;
use caseweave_engine::document::{CaseDocuments, Record};
use caseweave_engine::domain::{CaseView, DisclosureEdit, DisclosureUpdate, Edit, RecordPart};
use caseweave_engine::ids::{CaseId, EntityId, WorkerId};
use caseweave_engine::report::{
    self, Page, ReportLocale, Source, Summary, SummaryOptions, Wording,
};
use caseweave_store::WriteTx;

#[cfg(doc)]
use crate::Error;
use crate::Result;
use crate::agenda::zone_of;
use crate::cases::{Drafts, no_record};
use crate::handle::{Caseweave, Open};

/// What a case's summary holds, and for whom it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportOptions {
    /// The language, and how days, times and numbers are written.
    pub locale: ReportLocale,
    /// The IANA time zone of every day and time in it.
    pub zone: String,
    /// The parts of the record that it shows, in this order.
    pub sections: Vec<RecordPart>,
    /// To whom it is given, as a consent names them, case and blanks aside; nothing where it stays with the case's workers.
    pub recipient: Option<String>,
    /// Whether it says which of the sections were left out for want of a consent. Never what they hold.
    pub say_left_out: bool,
}

/// A report in two forms that say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// A whole HTML document without scripts and without anything from outside; prints on A4 and Letter.
    pub html: String,
    /// Markdown.
    pub markdown: String,
    /// The entries it made in the case's log of disclosures: one for each consent by which something is given. None where it is given to
    /// nobody.
    pub disclosures: Vec<EntityId>,
}

impl Caseweave {
    /// A case's summary. Where a recipient is named, it holds only what a consent covers that is in force today, and the disclosure is
    /// recorded in the case before this returns. Reads disk, and writes it for a recipient; call off the main thread.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`] of `recipient`: no consent in force allows any of it. Nothing was recorded.
    /// - [`Error::InvalidInput`] of `sections` or `zone`: none, or one that this version does not know.
    /// - [`Error::StorageFull`]: the disclosure cannot be recorded, so there is no report.
    /// - As [`Self::case`].
    pub fn report(&self, case: CaseId, options: &ReportOptions) -> Result<Report> {
        let open = self.readable()?;
        let options = open.summary_options(options)?;
        if options.recipient.is_none() {
            let record = open.record(case)?;
            let summary = open.summary(&record, &open.known_names()?, &options)?;
            return Ok(written(&summary.page, Vec::new()));
        }
        let report = open.disclose(case, &options)?;
        self.listener.call();
        Ok(report)
    }

    /// The person's own plan in plain words: what they want, what will be done, who comes when, whom to call. It holds no diagnoses, no
    /// risks and no remarks of staff, and giving it to the person is no disclosure. Reads disk.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`] of `zone`: no such zone.
    /// - As [`Self::case`].
    pub fn plan(&self, case: CaseId, locale: ReportLocale, zone: &str) -> Result<Report> {
        let open = self.readable()?;
        let wording = open.wording(locale, zone)?;
        let record = open.record(case)?;
        let names = open.known_names()?;
        let page = open.with_source(&record, &names, |source| report::plan(&source, wording))?;
        Ok(written(&page, Vec::new()))
    }
}

type Names = BTreeMap<WorkerId, String>;

impl Open {
    fn known_names(&self) -> Result<Names> {
        self.store.read(|tx| self.names(tx))
    }

    pub(crate) fn wording(&self, locale: ReportLocale, zone: &str) -> Result<Wording> {
        let zone = zone_of(zone)?;
        let today = day_of(self.now(), zone);
        Ok(Wording {
            locale,
            zone,
            today,
        })
    }

    fn summary_options(&self, options: &ReportOptions) -> Result<SummaryOptions> {
        Ok(SummaryOptions {
            wording: self.wording(options.locale, &options.zone)?,
            parts: options.sections.clone(),
            recipient: options.recipient.clone(),
            say_left_out: options.say_left_out,
        })
    }

    fn with_source<T>(
        &self,
        record: &Record,
        names: &Names,
        make: impl FnOnce(Source<'_>) -> T,
    ) -> Result<T> {
        let rules = self.rules();
        let view: CaseView = record.view(&rules).ok_or_else(|| no_record(record.id()))?;
        Ok(make(Source {
            view: &view,
            instruments: &rules.instruments,
            names: &|worker| names.get(&worker).cloned(),
        }))
    }

    fn summary(&self, record: &Record, names: &Names, options: &SummaryOptions) -> Result<Summary> {
        let made = self.with_source(record, names, |source| report::summary(&source, options))?;
        Ok(made?)
    }

    /// Makes a summary for a recipient and records that it was given, in one transaction: there is no report without its entry.
    fn disclose(&self, case: CaseId, options: &SummaryOptions) -> Result<Report> {
        self.write_case(case, |tx, known| self.disclose_in(tx, case, known, options))
    }

    fn disclose_in(
        &self,
        tx: &WriteTx<'_>,
        case: CaseId,
        known: Option<CaseDocuments>,
        options: &SummaryOptions,
    ) -> Result<(CaseDocuments, Result<Report>)> {
        let documents = self.with_drafts(tx, case, known, &Drafts::Of(&BTreeSet::new()))?;
        let summary = match self.summary(&documents.record(), &self.names(tx)?, options) {
            Ok(summary) => summary,
            Err(error) => return Ok((documents, Err(error))),
        };
        let entries: Vec<_> = summary
            .disclosures
            .iter()
            .map(|facts| self.entry(facts))
            .collect();
        let edits: Vec<Edit> = entries.iter().cloned().map(Edit::from).collect();
        let (documents, receipt) = self.edit_in(tx, case, Some(documents), &edits)?;
        let ids = entries
            .iter()
            .map(|DisclosureEdit::Record { id, .. }| *id)
            .collect();
        Ok((documents, receipt.map(|_| written(&summary.page, ids))))
    }

    fn entry(&self, facts: &DisclosureUpdate) -> DisclosureEdit {
        DisclosureEdit::Record {
            id: self.new_id(),
            fields: DisclosureUpdate {
                at: Some(self.now()),
                ..facts.clone()
            },
        }
    }
}

fn written(page: &Page, disclosures: Vec<EntityId>) -> Report {
    Report {
        html: page.html(),
        markdown: page.markdown(),
        disclosures,
    }
}
