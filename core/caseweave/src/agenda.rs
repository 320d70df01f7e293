//! The agenda, by the calendar of a zone that the caller names.

use caseweave_engine::calendar::{LocalDay, Zone, day_of};
use caseweave_engine::ids::WorkerId;
use caseweave_engine::projection::{TaskRow, VisitRow};
use caseweave_store::{Agenda, ReadTx};
use chrono::{DateTime, NaiveDate, Utc};

use crate::handle::Caseweave;
use crate::{Error, Result};

impl Caseweave {
    /// Visits, open tasks and deadlines from one day to another, both included. Visits of every status that were not removed, also missed
    /// and called off ones: look at `status`. Tasks that are not done, cancelled or removed, also those that nobody accepted yet; of one
    /// that comes back the next day alone. Deadlines: hearings and last days of advocacy actions that go on, appointments and follow-up
    /// days of open referrals, last days of approved authorizations, of appeals and of consents, days to look at a risk again and to
    /// answer a request to amend the record; of closed cases only those that the closing did not end. Of one worker, if given: visits
    /// planned for them, tasks assigned to them, hearings and appointments of what they put down; what is nobody's in cases that they
    /// lead, and every deadline in these. What has a moment and no day stands on that moment's day by the calendar of `zone`, an IANA time
    /// zone; a visit that was not planned, on the day it began.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`]: no such zone.
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn agenda(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        zone: &str,
        worker: Option<WorkerId>,
    ) -> Result<Agenda> {
        let (open, zone) = (self.readable()?, zone_of(zone)?);
        open.store.read(|tx| read(tx, (from, to), zone, worker))
    }
}

/// The store counts days by UTC, which no zone is further from than a day.
pub(crate) fn read(
    tx: &ReadTx<'_>,
    (from, to): (NaiveDate, NaiveDate),
    zone: Zone,
    worker: Option<WorkerId>,
) -> Result<Agenda> {
    let before = from.pred_opt().unwrap_or(from);
    let after = to.succ_opt().unwrap_or(to);
    let mut agenda = tx.agenda(before, after, worker)?;
    let within = |day: Option<NaiveDate>| day.is_some_and(|day| (from..=to).contains(&day));
    agenda.visits.retain(|visit| within(visit_day(visit, zone)));
    agenda.tasks.retain(|task| within(task_day(task, zone)));
    for deadline in &mut agenda.deadlines {
        deadline.on = deadline.at.map_or(deadline.on, |at| day_of(at, zone));
    }
    agenda.deadlines.retain(|one| within(Some(one.on)));
    agenda.visits.sort_by_key(|visit| {
        let start = visit.planned_start;
        (visit_day(visit, zone), start.is_none(), start, visit.id)
    });
    agenda
        .tasks
        .sort_by_key(|task| (task_day(task, zone), task.id));
    agenda.deadlines.sort_by_key(|one| (one.on, one.at, one.id));
    Ok(agenda)
}

fn visit_day(visit: &VisitRow, zone: Zone) -> Option<NaiveDate> {
    let at = visit.planned_start.or(visit.started_at);
    visit.planned_on.or(at.map(|at| day_of(at, zone)))
}

fn task_day(task: &TaskRow, zone: Zone) -> Option<NaiveDate> {
    task.due_on.or(task.due_at.map(|at| day_of(at, zone)))
}

/// A day by the calendar of `zone`, an IANA time zone, as lists ask for it.
///
/// # Errors
/// - [`Error::InvalidInput`]: no such zone.
pub fn local_day(day: NaiveDate, zone: &str) -> Result<LocalDay> {
    Ok(LocalDay::new(day, zone_of(zone)?))
}

/// The day that it is at a moment by the calendar of `zone`, an IANA time zone: for what of a view is asked about a day, such as the alerts of
/// an authorization.
///
/// # Errors
/// - [`Error::InvalidInput`]: no such zone.
pub fn day_in(at: DateTime<Utc>, zone: &str) -> Result<NaiveDate> {
    Ok(day_of(at, zone_of(zone)?))
}

/// A zone by its name.
pub(crate) fn zone_of(name: &str) -> Result<Zone> {
    name.parse().map_err(|_| Error::InvalidInput {
        field: "zone".into(),
        reason: "is no IANA time zone".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_belongs_to_the_day_that_it_is_where_somebody_lives() {
        let cases = [
            (
                "America/Chicago",
                "2026-06-15",
                "2026-06-15T04:59:59Z",
                false,
            ),
            (
                "America/Chicago",
                "2026-06-15",
                "2026-06-15T05:00:00Z",
                true,
            ),
            (
                "America/Chicago",
                "2026-06-15",
                "2026-06-16T04:59:59Z",
                true,
            ),
            (
                "America/Chicago",
                "2026-06-15",
                "2026-06-16T05:00:00Z",
                false,
            ),
            // A day of 25 hours, then one of 23.
            (
                "America/Chicago",
                "2026-11-01",
                "2026-11-01T05:00:00Z",
                true,
            ),
            (
                "America/Chicago",
                "2026-11-01",
                "2026-11-02T05:59:59Z",
                true,
            ),
            (
                "America/Chicago",
                "2026-11-01",
                "2026-11-02T06:00:00Z",
                false,
            ),
            (
                "America/Chicago",
                "2026-03-08",
                "2026-03-09T04:59:59Z",
                true,
            ),
            (
                "America/Chicago",
                "2026-03-08",
                "2026-03-09T05:00:00Z",
                false,
            ),
            // In Chile this day has no midnight: it begins at 01:00.
            (
                "America/Santiago",
                "2026-09-06",
                "2026-09-06T03:59:59Z",
                false,
            ),
            (
                "America/Santiago",
                "2026-09-06",
                "2026-09-06T04:00:00Z",
                true,
            ),
            (
                "Pacific/Kiritimati",
                "2026-06-15",
                "2026-06-14T10:00:00Z",
                true,
            ),
            (
                "Pacific/Pago_Pago",
                "2026-06-15",
                "2026-06-16T10:59:59Z",
                true,
            ),
        ];
        for (zone, day, at, within) in cases {
            let found = day_of(at.parse().unwrap(), zone_of(zone).unwrap());
            assert_eq!(
                found == day.parse().unwrap(),
                within,
                "{at} on {day} in {zone}"
            );
        }
    }
}
