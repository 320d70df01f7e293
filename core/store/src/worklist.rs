//! What waits in the caseload, and what was put off. Reads rows that are due and the cases they belong to, no others.

use std::collections::BTreeMap;

use caseweave_engine::ids::{CaseId, EntityId, WorkerId};
use caseweave_engine::projection::{
    AllowanceRow, AssessmentRow, DeadlineKind, DeadlineRow, TaskRow, VisitRow,
};
use caseweave_engine::worklist::{Facts, Point, Ranking, Snooze, Weights};
use chrono::NaiveDate;
use rusqlite::{Row, params};

use crate::due::kind_number;
use crate::error::Result;
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

// Rows that may be due, whosever they are but another worker's, each out of the index that finds it. Columns are read by their place.
pub(crate) const CASES: &str = "SELECT case_id, lead, status, risk, alert, opened_on, last_contact_ms, next_visit_on FROM case_summary";
pub(crate) const TASKS: &str =
    "SELECT case_id, assignee, id, day, due_ms, urgency, importance FROM task
     WHERE open = 1 AND day <= ?1 AND (?2 IS NULL OR assignee IS NULL OR assignee = ?2)";
pub(crate) const VISITS: &str = "SELECT case_id, worker, id, planned_on, planned_start_ms, planned_end_ms, started_ms, status FROM visit
     WHERE removed = 0 AND status IN ('planned', 'in_progress', 'missed') AND status = ?1 AND day BETWEEN ?2 AND ?3
     AND (?4 IS NULL OR worker IS NULL OR worker = ?4)";
pub(crate) const DEADLINES: &str =
    "SELECT case_id, worker, id, day, units_left, urgency, ms FROM deadline
     WHERE kind = ?1 AND day BETWEEN ?2 AND ?3 AND (?4 IS NULL OR worker IS NULL OR worker = ?4)";
pub(crate) const ALLOWANCES: &str = "SELECT case_id, id, units, units_left, until_on FROM allowance
     WHERE used_percent >= ?1 AND (until_on IS NULL OR until_on >= ?2)";
pub(crate) const ALERTS: &str =
    "SELECT case_id, id, instrument, at_ms, conclusive, alerts FROM assessment
     WHERE standing = 1 AND alerts <> ''";
pub(crate) const LONG_AGO: &str = "SELECT case_id, id, instrument, at_ms, 1, alerts FROM assessment
     WHERE standing = 1 AND conclusive = 1 AND alerts = '' AND at_ms < ?1";
pub(crate) const CHANGED_LATE: &str =
    "SELECT case_id, late_changes FROM case_summary WHERE late_changes > 0";
pub(crate) const IN_CONFLICT: &str = "SELECT case_id, count(*) FROM conflict GROUP BY case_id";
// Whoever has the role decides about late work, also where the record names another lead.
pub(crate) const LATE_WORK: &str = "SELECT scope, count(*) FROM held
     WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM access WHERE access.scope = held.scope AND access.worker = ?1 AND role = 2)
     GROUP BY scope";
pub(crate) const REFUSED: &str = "SELECT case_id, count(*) FROM quarantine
     WHERE case_id IS NOT NULL AND edits IS NOT NULL AND dismissed = 0
     AND (?1 IS NULL OR ?1 = (SELECT worker FROM identity)) GROUP BY case_id";

// Tasks are counted in the order of their index: by day, then by assignee.
pub(crate) const LOADS: &str =
    "SELECT worker, sum(cases) AS cases, sum(medium_risk) AS medium_risk, sum(high_risk) AS high_risk, sum(tasks) AS tasks, sum(overdue) AS overdue
     FROM (
         SELECT lead AS worker, count(*) AS cases, sum(risk IS 'medium') AS medium_risk, sum(risk IS 'high') AS high_risk, 0 AS tasks, 0 AS overdue
         FROM case_summary WHERE status = 'open' AND lead IS NOT NULL GROUP BY lead
         UNION ALL
         SELECT assignee, 0, 0, 0, count(*), count(*) * coalesce(day < ?1, 0)
         FROM task WHERE open = 1 AND assignee IS NOT NULL GROUP BY day, assignee)
     GROUP BY worker ORDER BY worker";

/// A UTC day may lie a day beside the day of any zone.
const ZONES: i64 = 1;

impl ReadTx<'_> {
    /// Adds to a ranking every case, with what is to be weighed of the rows that may be due; reads indexes only. Titles and names are left
    /// out, and what is another worker's. What exactly is due by the calendar of a zone is for the ranking to judge.
    pub fn waiting(&self, ranking: &mut Ranking<'_>) -> Result<()> {
        self.waiting_cases(ranking)?;
        self.waiting_tasks(ranking)?;
        self.waiting_visits(ranking)?;
        self.waiting_deadlines(ranking)?;
        self.waiting_assessments(ranking)
    }

    fn waiting_cases(&self, ranking: &mut Ranking<'_>) -> Result<()> {
        let mut marked = self.marked(whose(ranking))?;
        self.each(CASES, [], |row| {
            let case = row::document(row, 0)?;
            let facts = marked.remove(&case).unwrap_or_else(|| Facts::of(case));
            ranking.case(read_case(row, facts)?);
            Ok(())
        })
    }

    /// The few cases of which there is more to say than stands in their row.
    fn marked(&self, worker: Option<[u8; 16]>) -> Result<BTreeMap<CaseId, Facts>> {
        let mut marked = Marked::default();
        self.each(IN_CONFLICT, [], |row| {
            marked.of(row::document(row, 0)?).conflicts = row.get(1)?;
            Ok(())
        })?;
        self.each(CHANGED_LATE, [], |row| {
            marked.of(row::document(row, 0)?).late_changes = row.get(1)?;
            Ok(())
        })?;
        self.each(LATE_WORK, [worker], |row| {
            marked.of(row::document(row, 0)?).late_work = row.get(1)?;
            Ok(())
        })?;
        self.each(REFUSED, [worker], |row| {
            marked.of(row::document(row, 0)?).refused = row.get(1)?;
            Ok(())
        })?;
        for snooze in self.snoozes()? {
            marked.of(snooze.case).snoozes.push(snooze);
        }
        Ok(marked.0)
    }

    fn waiting_tasks(&self, ranking: &mut Ranking<'_>) -> Result<()> {
        let params = params![row::day_number(ranking.today()) + ZONES, whose(ranking)];
        self.each(TASKS, params, |row| {
            ranking.task(&read_task(row)?);
            Ok(())
        })
    }

    fn waiting_visits(&self, ranking: &mut Ranking<'_>) -> Result<()> {
        let today = row::day_number(ranking.today());
        let lately = today - i64::from(ranking.weights().missed_days) - ZONES;
        // A visit that goes on is looked for whenever it began, and whenever it was planned.
        let days = [
            ("planned", lately, today + ZONES),
            ("missed", lately, today + ZONES),
            ("in_progress", i64::MIN, i64::MAX),
        ];
        for (status, first, last) in days {
            let params = params![status, first, last, whose(ranking)];
            self.each(VISITS, params, |row| {
                ranking.visit(&read_visit(row)?);
                Ok(())
            })?;
        }
        Ok(())
    }

    fn waiting_deadlines(&self, ranking: &mut Ranking<'_>) -> Result<()> {
        let (today, weights) = (row::day_number(ranking.today()), ranking.weights());
        for kind in DeadlineKind::ALL {
            let listed = weights.days_of(kind);
            let (first, last) = (today - listed.end(), today - listed.start());
            let (first, last) = (first - ZONES, last + ZONES);
            let worker = whose(ranking).filter(|_| !kind.concerns_lead());
            let params = params![kind_number(kind), first, last, worker];
            self.each(DEADLINES, params, |row| {
                ranking.deadline(&read_deadline(row, kind)?);
                Ok(())
            })?;
        }
        let ended = today - i64::from(weights.authorization_days);
        self.each(
            ALLOWANCES,
            params![weights.nearly_used_percent, ended],
            |row| {
                ranking.allowance(&read_allowance(row)?);
                Ok(())
            },
        )
    }

    fn waiting_assessments(&self, ranking: &mut Ranking<'_>) -> Result<()> {
        let day = row::day_number(ranking.today()) + ZONES;
        let long_ago = row::ms_of_day(day - i64::from(ranking.weights().assessment_days));
        let mut add = |row: &Row<'_>| {
            ranking.assessment(&read_assessment(row)?);
            Ok(())
        };
        self.each(ALERTS, [], &mut add)?;
        self.each(LONG_AGO, [long_ago], &mut add)
    }

    /// The name of a person as shown.
    pub fn name_of(&self, case: CaseId) -> Result<Option<String>> {
        let sql = "SELECT name FROM case_summary WHERE case_id = ?1";
        self.row(sql, [case.to_bytes()], |row| Ok(row.get("name")?))
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
        self.rows(LOADS, [row::day_number(today)], |row| {
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

/// Cases of which something is known beside their row.
#[derive(Default)]
struct Marked(BTreeMap<CaseId, Facts>);

impl Marked {
    fn of(&mut self, case: CaseId) -> &mut Facts {
        self.0.entry(case).or_insert_with(|| Facts::of(case))
    }
}

fn whose(ranking: &Ranking<'_>) -> Option<[u8; 16]> {
    ranking.worker().map(WorkerId::to_bytes)
}

fn read_case(row: &Row<'_>, facts: Facts) -> Result<Facts> {
    let status = row::text(row, 2)?;
    Ok(Facts {
        lead: row::worker(row, 1)?,
        in_touch: status == Some("open"),
        closed: status == Some("closed"),
        risk: row.get(3)?,
        safety_alert: row.get(4)?,
        opened_on: row::day(row, 5)?,
        last_contact: row::moment(row, 6)?,
        next_visit_on: row::day(row, 7)?,
        ..facts
    })
}

fn read_task(row: &Row<'_>) -> Result<TaskRow> {
    Ok(TaskRow {
        case: row::document(row, 0)?,
        id: row::entity(row, 2)?,
        title: None,
        status: None,
        assignee: row::worker(row, 1)?,
        due_on: row::day(row, 3)?,
        due_at: row::moment(row, 4)?,
        urgency: row.get(5)?,
        importance: row.get(6)?,
        removed: false,
    })
}

fn read_visit(row: &Row<'_>) -> Result<VisitRow> {
    Ok(VisitRow {
        case: row::document(row, 0)?,
        id: row::entity(row, 2)?,
        status: row.get(7)?,
        planned_on: row::day(row, 3)?,
        planned_start: row::moment(row, 4)?,
        planned_end: row::moment(row, 5)?,
        started_at: row::moment(row, 6)?,
        ended_at: None,
        worker: row::worker(row, 1)?,
        purpose: None,
        place: None,
        address: None,
        removed: false,
    })
}

fn read_deadline(row: &Row<'_>, kind: DeadlineKind) -> Result<DeadlineRow> {
    Ok(DeadlineRow {
        case: row::document(row, 0)?,
        id: row::entity(row, 2)?,
        kind,
        on: row::day(row, 3)?.ok_or_else(row::impossible)?,
        worker: row::worker(row, 1)?,
        units_left: row.get(4)?,
        urgency: row.get(5)?,
        at: row::moment(row, 6)?,
        title: None,
    })
}

fn read_allowance(row: &Row<'_>) -> Result<AllowanceRow> {
    Ok(AllowanceRow {
        case: row::document(row, 0)?,
        id: row::entity(row, 1)?,
        units: row.get(2)?,
        units_left: row.get(3)?,
        until: row::day(row, 4)?,
    })
}

fn read_assessment(row: &Row<'_>) -> Result<AssessmentRow> {
    let alerts = row::text(row, 5)?.unwrap_or_default();
    Ok(AssessmentRow {
        case: row::document(row, 0)?,
        id: row::entity(row, 1)?,
        instrument: row.get(2)?,
        at: row::moment(row, 3)?.ok_or_else(row::impossible)?,
        conclusive: row.get(4)?,
        alerts: alerts.split_whitespace().map(str::to_owned).collect(),
        removed: false,
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
