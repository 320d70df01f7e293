//! What waits in the caseload, and what was put off. Reads rows that are due and the cases they belong to, no others.

use std::collections::BTreeMap;

use caseweave_engine::ids::{CaseId, EntityId, WorkerId};
use caseweave_engine::projection::DeadlineKind;
use caseweave_engine::worklist::{Facts, Point, Snooze, Weights};
use chrono::NaiveDate;
use rusqlite::{Row, params};

use crate::due::{kind_number, read_allowance, read_assessment, read_deadline};
use crate::error::Result;
use crate::queries::{read_task, read_visit};
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// What a worker has to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The worker.
    pub worker: WorkerId,
    /// Open cases the worker leads.
    pub cases: u32,
    /// Those of them at medium risk.
    pub medium_risk: u32,
    /// Those of them at high risk.
    pub high_risk: u32,
    /// Open tasks.
    pub tasks: u32,
    /// Those of them that were due before the day that was asked with.
    pub overdue: u32,
    /// How much all that weighs. Compares between workers.
    pub load: u64,
}

// Of one worker: what is theirs, and what is nobody's in the cases they lead. A cross join keeps the planner on the first table.
pub(crate) const TASKS: &str = "SELECT * FROM task WHERE open = 1 AND day <= ?1";
pub(crate) const TASKS_OF: &str =
    "SELECT * FROM task WHERE open = 1 AND day <= ?1 AND assignee = ?2";
pub(crate) const TASKS_LED: &str = "SELECT task.* FROM task CROSS JOIN case_summary USING (case_id)
     WHERE open = 1 AND day <= ?1 AND assignee IS NULL AND lead = ?2";
pub(crate) const VISITS: &str = "SELECT visit.* FROM visit CROSS JOIN case_summary AS own USING (case_id)
     WHERE removed = 0 AND visit.status IN ('planned', 'in_progress', 'missed') AND visit.status = ?1 AND day BETWEEN ?2 AND ?3 AND (?4 IS NULL OR coalesce(worker, lead) = ?4)";
pub(crate) const DEADLINES: &str =
    "SELECT deadline.* FROM deadline CROSS JOIN case_summary USING (case_id)
     WHERE kind = ?1 AND day BETWEEN ?2 AND ?3 AND (?4 IS NULL OR coalesce(worker, lead) = ?4)";
pub(crate) const ALLOWANCES: &str = "SELECT allowance.* FROM allowance CROSS JOIN case_summary USING (case_id)
     WHERE used_percent >= ?1 AND (until_on IS NULL OR until_on >= ?2) AND (?3 IS NULL OR lead = ?3)";
pub(crate) const ALERTS: &str =
    "SELECT assessment.* FROM assessment CROSS JOIN case_summary USING (case_id)
     WHERE standing = 1 AND alerts <> '' AND (?1 IS NULL OR lead = ?1)";
pub(crate) const LONG_AGO: &str =
    "SELECT assessment.* FROM assessment CROSS JOIN case_summary USING (case_id)
     WHERE standing = 1 AND conclusive = 1 AND alerts = '' AND at_ms < ?1 AND (?2 IS NULL OR lead = ?2)";
pub(crate) const OUT_OF_TOUCH: &str = "SELECT case_id FROM case_summary WHERE status = 'open' AND contact_on <= ?1
     AND contact_on <= CASE risk WHEN 'high' THEN ?2 WHEN 'medium' THEN ?3 ELSE ?4 END AND (?5 IS NULL OR lead = ?5)";
pub(crate) const CHANGED_LATE: &str =
    "SELECT case_id FROM case_summary WHERE late_changes > 0 AND (?1 IS NULL OR lead = ?1)";
pub(crate) const IN_CONFLICT: &str =
    "SELECT DISTINCT case_id FROM conflict CROSS JOIN case_summary USING (case_id)
     WHERE ?1 IS NULL OR lead = ?1";
// Whoever has the role decides about late work, also where the record names another lead.
pub(crate) const LATE_WORK: &str = "SELECT scope AS case_id, count(*) AS pieces FROM held
     WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM access WHERE access.scope = held.scope AND access.worker = ?1 AND role = 2)
     GROUP BY scope";
pub(crate) const REFUSED: &str = "SELECT case_id, count(*) AS pieces FROM quarantine
     WHERE case_id IS NOT NULL AND edits IS NOT NULL AND dismissed = 0
     AND (?1 IS NULL OR ?1 = (SELECT worker FROM identity)) GROUP BY case_id";
const OWN: &str =
    "SELECT name, status, risk, alert, last_contact_ms, opened_on, next_visit_on, conflicts, late_changes, lead
     FROM case_summary WHERE case_id = ?1";

/// A UTC day may lie a day beside the day of any zone.
const ZONES: i64 = 1;

impl ReadTx<'_> {
    /// The cases that may wait for something on a day, of all workers or for one, with the rows that are due, in the order of
    /// their ids. What exactly is due by the calendar of a zone is for the caller to judge.
    pub fn waiting(
        &self,
        today: NaiveDate,
        weights: &Weights,
        worker: Option<WorkerId>,
    ) -> Result<Vec<Facts>> {
        let mut found = Waiting::default();
        let today = row::day_number(today);
        let worker = worker.map(WorkerId::to_bytes);
        self.waiting_tasks(&mut found, today, worker)?;
        self.waiting_visits(&mut found, today, weights, worker)?;
        self.waiting_deadlines(&mut found, today, weights, worker)?;
        self.waiting_assessments(&mut found, today, weights, worker)?;
        self.waiting_cases(&mut found, today, weights, worker)?;
        self.waiting_work(&mut found, worker)?;
        for snooze in self.snoozes()? {
            if let Some(facts) = found.0.get_mut(&snooze.case) {
                facts.snoozes.push(snooze);
            }
        }
        let mut facts = Vec::with_capacity(found.0.len());
        for (case, due) in found.0 {
            let own = |row: &Row<'_>| complete(due, row, worker);
            facts.extend(self.row(OWN, [case.to_bytes()], own)?);
        }
        Ok(facts)
    }

    fn waiting_tasks(
        &self,
        found: &mut Waiting,
        today: i64,
        worker: Option<[u8; 16]>,
    ) -> Result<()> {
        let day = today + ZONES;
        let tasks = match worker {
            None => self.rows(TASKS, [day], read_task)?,
            Some(worker) => {
                let mut own = self.rows(TASKS_OF, params![day, worker], read_task)?;
                own.extend(self.rows(TASKS_LED, params![day, worker], read_task)?);
                own
            }
        };
        for task in tasks {
            found.of(task.case).tasks.push(task);
        }
        Ok(())
    }

    fn waiting_visits(
        &self,
        found: &mut Waiting,
        today: i64,
        weights: &Weights,
        worker: Option<[u8; 16]>,
    ) -> Result<()> {
        let first = today - i64::from(weights.missed_days) - ZONES;
        // A visit that goes on is looked for however long ago it began.
        for (status, first) in [("planned", first), ("missed", first), ("in_progress", 0)] {
            let params = params![status, first, today + ZONES, worker];
            for visit in self.rows(VISITS, params, read_visit)? {
                found.of(visit.case).visits.push(visit);
            }
        }
        Ok(())
    }

    fn waiting_deadlines(
        &self,
        found: &mut Waiting,
        today: i64,
        weights: &Weights,
        worker: Option<[u8; 16]>,
    ) -> Result<()> {
        for kind in DeadlineKind::ALL {
            let listed = weights.days_of(kind);
            let (first, last) = (today - listed.end(), today - listed.start());
            let params = params![kind_number(kind), first, last, worker];
            for row in self.rows(DEADLINES, params, |row| read_deadline(row, kind))? {
                found.of(row.case).deadlines.push(row);
            }
        }
        let ended = today - i64::from(weights.authorization_days);
        let params = params![weights.nearly_used_percent, ended, worker];
        for row in self.rows(ALLOWANCES, params, read_allowance)? {
            found.of(row.case).allowances.push(row);
        }
        Ok(())
    }

    fn waiting_assessments(
        &self,
        found: &mut Waiting,
        today: i64,
        weights: &Weights,
        worker: Option<[u8; 16]>,
    ) -> Result<()> {
        let day = today + ZONES - i64::from(weights.assessment_days);
        let long_ago = params![row::ms_of_day(day), worker];
        let alerts = self.rows(ALERTS, params![worker], read_assessment)?;
        let long_ago = self.rows(LONG_AGO, long_ago, read_assessment)?;
        for row in alerts.into_iter().chain(long_ago) {
            found.of(row.case).assessments.push(row);
        }
        Ok(())
    }

    fn waiting_cases(
        &self,
        found: &mut Waiting,
        today: i64,
        weights: &Weights,
        worker: Option<[u8; 16]>,
    ) -> Result<()> {
        let last = |risk| today + ZONES - i64::from(weights.contact_days(risk));
        let (high, medium, other) = (last(Some("high")), last(Some("medium")), last(None));
        let latest = high.max(medium).max(other);
        let id = |row: &Row<'_>| Ok(row::document(row, "case_id")?);
        let untouched = params![latest, high, medium, other, worker];
        for case in self.rows(OUT_OF_TOUCH, untouched, id)? {
            found.of(case);
        }
        for sql in [IN_CONFLICT, CHANGED_LATE] {
            for case in self.rows(sql, params![worker], id)? {
                found.of(case);
            }
        }
        Ok(())
    }

    fn waiting_work(&self, found: &mut Waiting, worker: Option<[u8; 16]>) -> Result<()> {
        let pieces =
            |row: &Row<'_>| Ok((row::document(row, "case_id")?, row.get::<_, u32>("pieces")?));
        for (case, pieces) in self.rows(LATE_WORK, [worker], pieces)? {
            found.of(case).late_work = pieces;
        }
        for (case, pieces) in self.rows(REFUSED, [worker], pieces)? {
            found.of(case).refused = pieces;
        }
        Ok(())
    }

    /// Everything that was put off and not taken up again, by case, then by entity.
    pub fn snoozes(&self) -> Result<Vec<Snooze>> {
        self.rows(
            "SELECT * FROM snooze ORDER BY case_id, entity",
            [],
            read_snooze,
        )
    }

    /// What each worker has to carry, by worker.
    pub fn workload(&self, today: NaiveDate, weights: &Weights) -> Result<Vec<Workload>> {
        let sql = "SELECT worker, sum(cases) AS cases, sum(medium_risk) AS medium_risk, sum(high_risk) AS high_risk, \
             sum(tasks) AS tasks, sum(overdue) AS overdue
             FROM (
                 SELECT lead AS worker, count(*) AS cases, sum(risk IS 'medium') AS medium_risk, \
                     sum(risk IS 'high') AS high_risk, 0 AS tasks, 0 AS overdue
                 FROM case_summary WHERE status = 'open' AND lead IS NOT NULL GROUP BY lead
                 UNION ALL
                 SELECT assignee, 0, 0, 0, count(*), coalesce(sum(day < ?1), 0)
                 FROM task WHERE open = 1 AND assignee IS NOT NULL GROUP BY assignee)
             GROUP BY worker ORDER BY worker";
        self.rows(sql, [row::day_number(today)], |row| {
            let mut workload = Workload {
                worker: WorkerId::from_bytes(row.get("worker")?),
                cases: row.get("cases")?,
                medium_risk: row.get("medium_risk")?,
                high_risk: row.get("high_risk")?,
                tasks: row.get("tasks")?,
                overdue: row.get("overdue")?,
                load: 0,
            };
            workload.load = load(&workload, weights);
            Ok(workload)
        })
    }

    /// Where a visit takes place: at its address, or else where the person lives.
    pub fn point_of(&self, case: CaseId, address: Option<EntityId>) -> Result<Option<Point>> {
        let sql =
            "SELECT latitude, longitude FROM point WHERE case_id = ?1 AND latitude IS NOT NULL
             AND (id = ?2 OR (?2 IS NULL AND home = 1)) ORDER BY id LIMIT 1";
        let params = params![case.to_bytes(), address.map(EntityId::to_bytes)];
        self.row(sql, params, |row| {
            Ok(Point {
                latitude: row.get("latitude")?,
                longitude: row.get("longitude")?,
            })
        })
    }
}

impl WriteTx<'_> {
    /// Puts something off, in place of what was said about it before.
    pub fn snooze(&self, snooze: &Snooze) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO snooze (case_id, entity, until_on, reason) VALUES (?1, ?2, ?3, ?4)",
            params![
                snooze.case.to_bytes(),
                subject(snooze.case, snooze.entity),
                row::day_number(snooze.until),
                snooze.reason
            ],
        )?;
        Ok(())
    }

    /// Takes up again what was put off.
    pub fn wake(&self, case: CaseId, entity: Option<EntityId>) -> Result<()> {
        self.run(
            "DELETE FROM snooze WHERE case_id = ?1 AND entity = ?2",
            params![case.to_bytes(), subject(case, entity)],
        )?;
        Ok(())
    }
}

fn load(workload: &Workload, weights: &Weights) -> u64 {
    let counted = [
        (workload.cases, weights.load_case),
        (workload.medium_risk, weights.load_medium_risk),
        (workload.high_risk, weights.load_high_risk),
        (workload.tasks, weights.load_task),
        (workload.overdue, weights.load_overdue),
    ];
    let points = counted.map(|(count, weight)| u64::from(count) * u64::from(weight));
    points.into_iter().fold(0, u64::saturating_add)
}

fn subject(case: CaseId, entity: Option<EntityId>) -> [u8; 16] {
    entity.map_or(case.to_bytes(), EntityId::to_bytes)
}

/// Cases with what is due in them; their own fields are filled in last.
#[derive(Default)]
struct Waiting(BTreeMap<CaseId, Facts>);

impl Waiting {
    fn of(&mut self, case: CaseId) -> &mut Facts {
        self.0.entry(case).or_insert_with(|| Facts::of(case))
    }
}

/// What concerns the whole case is the lead's.
fn complete(due: Facts, row: &Row<'_>, worker: Option<[u8; 16]>) -> Result<Facts> {
    let lead: Option<[u8; 16]> = row.get("lead")?;
    let leads = worker.is_none() || worker == lead;
    let status: Option<String> = row.get("status")?;
    Ok(Facts {
        name: row.get("name")?,
        risk: row.get("risk")?,
        safety_alert: row.get("alert")?,
        in_touch: leads && status.as_deref() == Some("open"),
        last_contact: row::moment(row, "last_contact_ms")?,
        opened_on: row::day(row, "opened_on")?,
        next_visit_on: row::day(row, "next_visit_on")?,
        closed: status.as_deref() == Some("closed"),
        conflicts: if leads { row.get("conflicts")? } else { 0 },
        late_changes: if leads { row.get("late_changes")? } else { 0 },
        ..due
    })
}

fn read_snooze(row: &Row<'_>) -> Result<Snooze> {
    let case = row::document(row, "case_id")?;
    let entity = row::entity(row, "entity")?;
    Ok(Snooze {
        case,
        entity: (entity.to_bytes() != case.to_bytes()).then_some(entity),
        until: row::day(row, "until_on")?.ok_or_else(row::impossible)?,
        reason: row.get("reason")?,
    })
}
