//! Electronic visit verification across the caseload: check-outs that are overdue, and the export for payers.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use caseweave_engine::calendar::{Zone, day_of};
use caseweave_engine::ids::{CaseId, WorkerId};
use caseweave_engine::projection::VisitRow;
use caseweave_engine::report::{EvvFormat, EvvRecord, EvvReport, payer_may_have_visits};
use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};

use crate::agenda::zone_of;
use crate::handle::{Caseweave, Open};
use crate::{Error, Result};

/// Most days of one export.
const MAX_DAYS: i64 = 366;

/// Which visits are exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvvQuery {
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day, at most 366 after the first.
    pub last_day: NaiveDate,
    /// The IANA time zone whose calendar counts the days, and in which times are written.
    pub zone: String,
    /// Only visits that this worker made.
    pub worker: Option<WorkerId>,
    /// Only visits that use an authorization of this payer, to be given to it. Left out, and counted, is what the person in substance use
    /// treatment has not agreed to.
    pub payer: Option<String>,
}

impl Caseweave {
    /// Visits under way that should have ended: past their planned end, or longer than any visit, by what the agency's settings say.
    /// The longest overdue first. Somebody may need help.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn overdue_check_outs(&self) -> Result<Vec<VisitRow>> {
        let open = self.readable()?;
        let settings = open.settings();
        let weights = &settings.worklist;
        let now = open.now();
        let under_way = open.store.read(|tx| tx.visits_under_way())?.into_iter();
        let ends = under_way.filter_map(|visit| Some((weights.check_out_by(&visit)?, visit)));
        let mut late: Vec<_> = ends.filter(|(end, _)| *end < now).collect();
        late.sort_by_key(|(end, _)| *end);
        Ok(late.into_iter().map(|(_, visit)| visit).collect())
    }

    /// The visits that began in a period, each with the six points of electronic visit verification, its exceptions, corrections and
    /// signatures: of the cases on this device, which are those the worker may read. Reads each of these cases; call off the main
    /// thread.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`]: no such zone, or a period that ends before it begins or is longer than 366 days.
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn evv_report(&self, query: &EvvQuery) -> Result<EvvReport> {
        let open = self.readable()?;
        let zone = zone_of(&query.zone)?;
        check_period(query.first_day, query.last_day)?;
        let mut report = EvvReport {
            from: query.first_day,
            to: query.last_day,
            zone: query.zone.clone(),
            withheld: 0,
            visits: Vec::new(),
        };
        open.evv_records(query, zone, &mut report)?;
        Ok(report)
    }

    /// The same as text, to be given to a payer. Text cells that a spreadsheet would take for a formula begin with an apostrophe in
    /// CSV.
    ///
    /// # Errors
    /// As [`Self::evv_report`].
    pub fn evv_export(&self, query: &EvvQuery, format: EvvFormat) -> Result<String> {
        Ok(self.evv_report(query)?.write(format))
    }
}

impl Open {
    fn evv_records(&self, query: &EvvQuery, zone: Zone, report: &mut EvvReport) -> Result<()> {
        let today = day_of(self.now(), zone);
        let (rows, names) = self
            .store
            .read(|tx| -> Result<_> { Ok((self.begun(tx, query, zone)?, self.names(tx)?)) })?;
        let mut cases: BTreeMap<CaseId, _> = BTreeMap::new();
        for row in rows {
            let case = match cases.entry(row.case) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.record(row.case)?.view(&self.rules())),
            };
            let Some(case) = case else { continue };
            let mut visits = case.visits.iter();
            let visit = visits.find(|view| view.visit.meta.id == row.id);
            let named = |worker| names.get(&worker).cloned();
            let record = visit.map(|visit| EvvRecord::of(case, visit, zone, &named));
            let Some(record) = record.filter(|record| wanted(record, query)) else {
                continue;
            };
            match &query.payer {
                Some(payer) if !payer_may_have_visits(case, payer, today) => report.withheld += 1,
                _ => report.visits.push(record),
            }
        }
        Ok(())
    }

    /// The visits that began in the period. A zone is at most a day off UTC.
    fn begun(
        &self,
        tx: &caseweave_store::ReadTx<'_>,
        query: &EvvQuery,
        zone: Zone,
    ) -> Result<Vec<VisitRow>> {
        let day = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        let from = day(query.first_day) - TimeDelta::days(1);
        let to = day(query.last_day) + TimeDelta::days(2);
        let mut rows = tx.visits_begun(from, to)?;
        let period = (query.first_day, query.last_day);
        rows.retain(|row| {
            row.started_at
                .is_some_and(|at| (period.0..=period.1).contains(&day_of(at, zone)))
        });
        Ok(rows)
    }
}

fn wanted(record: &EvvRecord, query: &EvvQuery) -> bool {
    let by_worker = query
        .worker
        .is_none_or(|worker| record.provider == Some(worker));
    let payer = query.payer.as_ref();
    by_worker && payer.is_none_or(|payer| record.payers.contains(payer))
}

fn check_period(from: NaiveDate, to: NaiveDate) -> Result<()> {
    let (field, reason) = match (to - from).num_days() {
        _ if !(1970..=2200).contains(&from.year()) => ("first_day", "is not between 1970 and 2200"),
        0..=MAX_DAYS => return Ok(()),
        _ => (
            "last_day",
            "is before the first day, or more than 366 days after it",
        ),
    };
    Err(Error::InvalidInput {
        field: field.into(),
        reason: reason.into(),
    })
}
