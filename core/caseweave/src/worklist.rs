//! What to do first, what was put off, who carries how much, and what comes next. Reads rows only, never a document.

use std::cmp::Reverse;

use caseweave_engine::calendar::{Zone, day_of};
use caseweave_engine::ids::{CaseId, EntityId, WorkerId};
use caseweave_engine::projection::{DeadlineKind, TaskRow, VisitRow};
use caseweave_engine::worklist::{Point, Ranking, Snooze, Stop, WorkItem, route};
use caseweave_store::{Deadline, Workload};
use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::agenda::{self, zone_of};
use crate::cases::no_record;
use crate::handle::Caseweave;
use crate::queries::check_limit;
use crate::{Error, Result};

/// How far reminders look ahead.
const REMINDER_DAYS: Days = Days::new(31);

/// Most characters of the reason for putting something off.
const MAX_REASON: usize = 300;

/// Something to be reminded of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// The case.
    pub case: CaseId,
    /// The visit, the task, or what the deadline is one of.
    pub entity: EntityId,
    /// What it is.
    pub occasion: Occasion,
    /// The day by the calendar of the zone that was asked with.
    pub on: NaiveDate,
    /// The moment, where there is one.
    pub at: Option<DateTime<Utc>>,
    /// What for. It is about a person: think before it shows on a locked screen.
    pub title: Option<String>,
}

/// What there is to be reminded of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// A planned visit.
    Visit,
    /// An open task.
    Task,
    /// A day or a moment by which something else is to be dealt with.
    Deadline {
        /// What is due.
        kind: DeadlineKind,
    },
}

impl Caseweave {
    /// The cases that wait for something, the most pressing first, each with its reasons; at most 500. `zone` is the IANA time zone
    /// whose calendar counts the days. With a worker: their tasks and visits, and what is nobody's in the cases they lead.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`]: no such zone, or a limit of none or of more than 500.
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn worklist(
        &self,
        zone: &str,
        worker: Option<WorkerId>,
        limit: usize,
    ) -> Result<Vec<WorkItem>> {
        check_limit(limit)?;
        let (open, zone) = (self.readable()?, zone_of(zone)?);
        let (now, settings) = (open.now(), open.settings());
        let mut ranking = Ranking::new(&settings.worklist, now, zone, worker);
        open.store.read(|tx| {
            tx.waiting(&mut ranking)?;
            let mut items = ranking.first(limit);
            for item in &mut items {
                item.name = tx.name_of(item.case)?.unwrap_or_default();
            }
            Ok(items)
        })
    }

    /// What each worker has to carry, the heaviest load first, equal ones by worker: so that work can be spread anew.
    ///
    /// # Errors
    /// As [`Self::worklist`].
    pub fn workload(&self, zone: &str) -> Result<Vec<Workload>> {
        let (open, zone) = (self.readable()?, zone_of(zone)?);
        let (today, settings) = (day_of(open.now(), zone), open.settings());
        let mut workload = open
            .store
            .read(|tx| tx.workload(today, &settings.worklist))?;
        workload.sort_by_key(|of| (Reverse(of.load), of.worker));
        Ok(workload)
    }

    /// Puts a case, or one task, visit or other entity of it, off until a day: until then the worklist leaves it out. The day is yet to
    /// come by the calendar of `zone`, an IANA time zone. Of a case that is put off as a whole the worklist goes on to tell late and
    /// refused work, and alerts of assessments and overdue check-outs that are not put off themselves. Stays on this device: it says
    /// something about the worker's list, not about the person, so no record tells it. Writes disk.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`]: no such zone, a day that has come there, or a reason that is empty or longer than 300 characters.
    /// - [`Error::NotFound`]: no such case on this device.
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageFull`], [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn snooze(&self, snooze: &Snooze, zone: &str) -> Result<()> {
        let (open, zone) = (self.readable()?, zone_of(zone)?);
        check_to_come(snooze.until, day_of(open.now(), zone))?;
        let snooze = Snooze {
            reason: checked_reason(&snooze.reason)?,
            ..snooze.clone()
        };
        open.store.write(|tx| match tx.case_row(snooze.case)? {
            Some(_) => Ok(tx.snooze(&snooze)?),
            None => Err(no_record(snooze.case)),
        })
    }

    /// Takes up again what was put off.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageFull`], [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn wake(&self, case: CaseId, entity: Option<EntityId>) -> Result<()> {
        let open = self.readable()?;
        Ok(open.store.write(|tx| tx.wake(case, entity))?)
    }

    /// Everything that was put off on this device, by case, then by entity; also what came back meanwhile.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn snoozes(&self) -> Result<Vec<Snooze>> {
        Ok(self.readable()?.store.read(|tx| tx.snoozes())?)
    }

    /// An order for a worker's planned visits of a day, so that the way is short: always to the nearest one next, from where the
    /// day starts. Visits whose place nobody knows come last. Planned times are not looked at.
    ///
    /// # Errors
    /// As [`Self::agenda`].
    pub fn suggested_route(
        &self,
        day: NaiveDate,
        zone: &str,
        worker: Option<WorkerId>,
        start: Option<Point>,
    ) -> Result<Vec<Stop>> {
        let (open, zone) = (self.readable()?, zone_of(zone)?);
        open.store.read(|tx| {
            let mut visits = agenda::read(tx, (day, day), zone, worker)?.visits;
            visits.retain(is_planned);
            let mut stops = Vec::with_capacity(visits.len());
            for visit in visits {
                stops.push((visit.id, tx.point_of(visit.case, visit.address)?));
            }
            Ok(route(start, &stops))
        })
    }

    /// The next visits, tasks and deadlines of this device's worker, as [`Self::agenda`] holds them, the earliest first, within
    /// 31 days: for the phone's own notifications. What has a day and no moment stands at the day's beginning.
    ///
    /// # Errors
    /// As [`Self::worklist`].
    pub fn next_reminders(&self, zone: &str, limit: usize) -> Result<Vec<Reminder>> {
        check_limit(limit)?;
        let (open, zone) = (self.readable()?, zone_of(zone)?);
        let now = open.now();
        let today = day_of(now, zone);
        let from = today - Days::new(1);
        let to = today + REMINDER_DAYS;
        let worker = Some(open.identity.worker);
        let agenda = open
            .store
            .read(|tx| agenda::read(tx, (from, to), zone, worker))?;
        let visits = agenda.visits.into_iter().filter(is_planned);
        let visits = visits.filter_map(|visit| of_visit(visit, zone));
        let tasks = agenda.tasks.into_iter();
        let tasks = tasks.filter_map(|task| of_task(task, zone));
        let deadlines = agenda.deadlines.into_iter().map(of_deadline);
        let mut reminders: Vec<Reminder> = visits.chain(tasks).chain(deadlines).collect();
        reminders.retain(|one| one.at.map_or(one.on >= today, |at| at > now));
        reminders.sort_by_key(|one| (one.on, one.at, one.case, one.entity));
        reminders.truncate(limit);
        Ok(reminders)
    }
}

/// What is put off until a day that has come is not put off at all.
fn check_to_come(until: NaiveDate, today: NaiveDate) -> Result<()> {
    if until > today {
        return Ok(());
    }
    Err(Error::InvalidInput {
        field: "until".into(),
        reason: "is not after today".into(),
    })
}

fn checked_reason(reason: &str) -> Result<String> {
    let reason = reason.trim();
    let length = reason.chars().count();
    if (1..=MAX_REASON).contains(&length) {
        return Ok(reason.to_owned());
    }
    Err(Error::InvalidInput {
        field: "reason".into(),
        reason: format!("has not 1 to {MAX_REASON} characters"),
    })
}

fn is_planned(visit: &VisitRow) -> bool {
    visit.status.as_deref() == Some("planned")
}

fn of_visit(visit: VisitRow, zone: Zone) -> Option<Reminder> {
    let at = visit.planned_start;
    Some(Reminder {
        case: visit.case,
        entity: visit.id,
        occasion: Occasion::Visit,
        on: at.map(|at| day_of(at, zone)).or(visit.planned_on)?,
        at,
        title: visit.purpose,
    })
}

fn of_task(task: TaskRow, zone: Zone) -> Option<Reminder> {
    let at = task.due_at;
    Some(Reminder {
        case: task.case,
        entity: task.id,
        occasion: Occasion::Task,
        on: at.map(|at| day_of(at, zone)).or(task.due_on)?,
        at,
        title: task.title,
    })
}

fn of_deadline(one: Deadline) -> Reminder {
    Reminder {
        case: one.case,
        entity: one.id,
        occasion: Occasion::Deadline { kind: one.kind },
        on: one.on,
        at: one.at,
        title: one.title,
    }
}
