//! Writes projections: rows made from a record, and the sums that lists show of them.
//!
//! Writing what one edit touched and writing everything anew give the same rows; [`ReadTx::projection_digest`] shows it.

use caseweave_engine::domain::Kind;
use caseweave_engine::ids::{CaseId, EntityId, WorkerId};
use caseweave_engine::projection::{
    CaseRow, ConflictRow, ContactRow, GoalRow, PointRow, Projection, RecordRow, SearchRow, TaskRow,
    VisitRow,
};
use rusqlite::params;
use rusqlite::types::ValueRef;

use crate::error::Result;
use crate::row::{self, ms};
use crate::transaction::{ReadTx, WriteTx};

/// Every table that holds rows of a record, with which columns say the same in any store; those of search are written in their own
/// module.
const TABLES: &[(&str, &str)] = &[
    ("*", "case_summary"),
    ("*", "compartment"),
    ("*", "provider"),
    ("*", "service"),
    ("*", "visit"),
    ("*", "task"),
    ("*", "goal"),
    ("*", "deadline"),
    ("*", "allowance"),
    ("*", "assessment"),
    ("case_id, id, at_ms, NULL", "contact"),
    ("*", "point"),
    ("*", "figure"),
    ("id, key, NULL, NULL", "person_key"),
    ("*", "conflict"),
];

impl WriteTx<'_> {
    /// Writes the rows of what one edit touched: adds or replaces them, makes the conflicts of the touched entities exactly the
    /// given ones, and sums up anew. A search row without text is removed.
    pub fn project(&self, projection: &Projection) -> Result<()> {
        let case = projection.record.id();
        match &projection.record {
            RecordRow::Case(row) => self.put_case(row)?,
            RecordRow::Compartment(row) => self.put_compartment(row)?,
            RecordRow::Provider(row) => self.put_provider(row)?,
        }
        projection
            .visits
            .iter()
            .try_for_each(|visit| self.put_visit(visit))?;
        projection
            .tasks
            .iter()
            .try_for_each(|task| self.put_task(task))?;
        projection
            .goals
            .iter()
            .try_for_each(|goal| self.put_goal(goal))?;
        projection
            .contacts
            .iter()
            .try_for_each(|contact| self.put_contact(contact))?;
        projection
            .points
            .iter()
            .try_for_each(|point| self.put_point(point))?;
        projection
            .keys
            .iter()
            .try_for_each(|(id, keys)| self.put_keys(case, *id, keys))?;
        projection.touched.iter().try_for_each(|(kind, id)| {
            self.forget_due(case, *kind, *id)?;
            self.forget_figures(case, *kind, *id)?;
            self.forget_conflicts(case, *kind, *id)
        })?;
        projection
            .deadlines
            .iter()
            .try_for_each(|deadline| self.put_deadline(deadline))?;
        projection
            .allowances
            .iter()
            .try_for_each(|allowance| self.put_allowance(allowance))?;
        self.put_assessments(case, &projection.assessments)?;
        projection
            .figures
            .iter()
            .try_for_each(|figure| self.put_figure(figure))?;
        projection
            .conflicts
            .iter()
            .try_for_each(|conflict| self.put_conflict(conflict))?;
        projection
            .search
            .iter()
            .try_for_each(|words| self.index(words))?;
        self.sum_up(case)?;
        self.refresh_sync_counts(case)
    }

    /// Writes all rows of a record in place of those that were there.
    pub fn replace_projection(&self, projection: &Projection) -> Result<()> {
        let case = projection.record.id();
        self.forget_rows(case, &projection.search)?;
        self.run("DELETE FROM outdated WHERE case_id = ?1", [case.to_bytes()])?;
        self.project(projection)
    }

    /// Removes all rows of a record.
    pub fn forget_projection(&self, case: CaseId) -> Result<()> {
        self.forget_rows(case, &[])
    }

    /// Some words stay in the search index, which takes longest to write.
    fn forget_rows(&self, case: CaseId, words: &[SearchRow]) -> Result<()> {
        self.unindex_others(case, words)?;
        self.forget_stored_record(case)?;
        for (_, table) in TABLES {
            self.run(
                &format!("DELETE FROM {table} WHERE case_id = ?1"),
                [case.to_bytes()],
            )?;
        }
        self.touch(case);
        Ok(())
    }

    /// An index is written wherever a statement names one of its columns, also to what the row says already: what changes with
    /// every edit is written apart from what hardly ever does.
    fn put_case(&self, case: &CaseRow) -> Result<()> {
        self.run(
            "INSERT INTO case_summary (case_id, name, sort_name, number, status, sector, programme, risk, lead, birth_on, \
             language, alert, interpreter, changed_ms, opened_on, late_changes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
             ON CONFLICT DO UPDATE SET name = excluded.name, sort_name = excluded.sort_name, number = excluded.number, \
             status = excluded.status, sector = excluded.sector, programme = excluded.programme, risk = excluded.risk, \
             lead = excluded.lead, birth_on = excluded.birth_on, language = excluded.language, alert = excluded.alert, \
             interpreter = excluded.interpreter, changed_ms = excluded.changed_ms, opened_on = excluded.opened_on, \
             late_changes = excluded.late_changes
             WHERE (name, sort_name, number, status, sector, programme, risk, lead, birth_on, language, alert, interpreter, \
             opened_on, late_changes) \
             IS NOT (excluded.name, excluded.sort_name, excluded.number, excluded.status, excluded.sector, excluded.programme, \
             excluded.risk, excluded.lead, excluded.birth_on, excluded.language, excluded.alert, excluded.interpreter, \
             excluded.opened_on, excluded.late_changes)",
            params![
                case.case.to_bytes(),
                case.name,
                case.sort_name,
                case.number,
                case.status,
                case.sector,
                case.programme,
                case.risk,
                case.lead.map(WorkerId::to_bytes),
                case.birth_date.map(row::day_number),
                case.language,
                case.alert,
                case.interpreter,
                case.changed_at.timestamp_millis(),
                case.opened_on.map(row::day_number),
                case.late_changes
            ],
        )?;
        let sql = "UPDATE case_summary SET changed_ms = ?2 WHERE case_id = ?1 AND changed_ms <> ?2";
        self.run(
            sql,
            params![case.case.to_bytes(), case.changed_at.timestamp_millis()],
        )?;
        Ok(())
    }

    fn put_visit(&self, visit: &VisitRow) -> Result<()> {
        let moment = ms(visit.planned_start).or(ms(visit.started_at));
        let day = visit.planned_on.map(row::day_number);
        self.run(
            "INSERT OR REPLACE INTO visit (case_id, id, status, planned_on, planned_start_ms, planned_end_ms, started_ms, \
             ended_ms, worker, purpose, place, removed, day, address)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                visit.case.to_bytes(),
                visit.id.to_bytes(),
                visit.status,
                day,
                ms(visit.planned_start),
                ms(visit.planned_end),
                ms(visit.started_at),
                ms(visit.ended_at),
                visit.worker.map(WorkerId::to_bytes),
                visit.purpose,
                visit.place,
                visit.removed,
                day.or(moment.map(row::day_of_ms)),
                visit.address.map(EntityId::to_bytes)
            ],
        )?;
        Ok(())
    }

    fn put_task(&self, task: &TaskRow) -> Result<()> {
        let ended = matches!(task.status.as_deref(), Some("done" | "cancelled"));
        let day = task.due_on.map(row::day_number);
        self.run(
            "INSERT OR REPLACE INTO task (case_id, id, title, status, assignee, due_on, due_ms, urgency, importance, \
             removed, open, day) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                task.case.to_bytes(),
                task.id.to_bytes(),
                task.title,
                task.status,
                task.assignee.map(WorkerId::to_bytes),
                day,
                ms(task.due_at),
                task.urgency,
                task.importance,
                task.removed,
                !task.removed && !ended,
                day.or(ms(task.due_at).map(row::day_of_ms))
            ],
        )?;
        Ok(())
    }

    fn put_goal(&self, goal: &GoalRow) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO goal (case_id, id, statement, status, achievement, target_on, removed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                goal.case.to_bytes(),
                goal.id.to_bytes(),
                goal.statement,
                goal.status,
                goal.achievement,
                goal.target_date.map(row::day_number),
                goal.removed
            ],
        )?;
        Ok(())
    }

    fn put_contact(&self, contact: &ContactRow) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO contact (case_id, id, at_ms) VALUES (?1, ?2, ?3)",
            params![
                contact.case.to_bytes(),
                contact.id.to_bytes(),
                ms(contact.at)
            ],
        )?;
        Ok(())
    }

    fn put_point(&self, row: &PointRow) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO point (case_id, id, home, latitude, longitude) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                row.case.to_bytes(),
                row.id.to_bytes(),
                row.home,
                row.point.map(|point| point.latitude),
                row.point.map(|point| point.longitude)
            ],
        )?;
        Ok(())
    }

    fn forget_conflicts(&self, case: CaseId, kind: Kind, id: EntityId) -> Result<()> {
        self.run(
            "DELETE FROM conflict WHERE case_id = ?1 AND kind = ?2 AND id = ?3",
            params![case.to_bytes(), kind.key(), id.to_bytes()],
        )?;
        Ok(())
    }

    fn put_conflict(&self, conflict: &ConflictRow) -> Result<()> {
        self.run(
            "INSERT OR IGNORE INTO conflict (case_id, kind, id, field) VALUES (?1, ?2, ?3, ?4)",
            params![
                conflict.case.to_bytes(),
                conflict.kind.key(),
                conflict.id.to_bytes(),
                conflict.field
            ],
        )?;
        Ok(())
    }

    /// The next visit is the earliest that is still planned, also when its day has passed: it waits to be dealt with.
    fn sum_up(&self, case: CaseId) -> Result<()> {
        self.run(
            "UPDATE case_summary SET (next_visit_on, next_visit_ms) = (visit.day, visit.planned_start_ms)
             FROM (SELECT 1) LEFT JOIN (
                 SELECT day, planned_start_ms FROM visit
                 WHERE case_id = ?1 AND removed = 0 AND day IS NOT NULL AND coalesce(status, 'planned') = 'planned'
                 ORDER BY coalesce(planned_start_ms, day * 86400000), id LIMIT 1) AS visit
             WHERE case_id = ?1 AND (next_visit_on, next_visit_ms) IS NOT (visit.day, visit.planned_start_ms)",
            [case.to_bytes()],
        )?;
        self.run(
            "UPDATE case_summary SET next_due_on = task.day
             FROM (SELECT min(day) AS day FROM task WHERE case_id = ?1 AND open = 1) AS task
             WHERE case_id = ?1 AND next_due_on IS NOT task.day",
            [case.to_bytes()],
        )?;
        self.run(
            "UPDATE case_summary SET last_contact_ms = contact.ms
              FROM (SELECT max(ms) AS ms FROM (
                  SELECT max(started_ms) AS ms FROM visit WHERE case_id = ?1 AND removed = 0
                  UNION ALL SELECT max(at_ms) FROM contact WHERE case_id = ?1)) AS contact
              WHERE case_id = ?1 AND last_contact_ms IS NOT contact.ms",
            [case.to_bytes()],
        )?;
        self.run(
            "UPDATE case_summary SET
                 open_tasks = (SELECT count(*) FROM task WHERE case_id = ?1 AND open = 1),
                 conflicts = (SELECT count(*) FROM conflict WHERE case_id = ?1)
             WHERE case_id = ?1",
            [case.to_bytes()],
        )?;
        Ok(())
    }
}

impl ReadTx<'_> {
    /// BLAKE3 over every projected row of a case: equal where a rebuild gives the same rows.
    pub fn projection_digest(&self, case: CaseId) -> Result<[u8; 32]> {
        let mut hasher = blake3::Hasher::new();
        // A number of the index is no part of what it says.
        let words = ("kind, id, text, NULL", "search_text");
        for (columns, table) in TABLES.iter().chain([&words]) {
            hasher.update(table.as_bytes());
            let sql =
                format!("SELECT {columns} FROM {table} WHERE case_id = ?1 ORDER BY 1, 2, 3, 4");
            self.rows(&sql, [case.to_bytes()], |row| {
                for column in 0..row.as_ref().column_count() {
                    digest_value(&mut hasher, row.get_ref(column)?);
                }
                Ok(())
            })?;
        }
        Ok(*hasher.finalize().as_bytes())
    }

    /// Cases whose rows were made by an older version of this library, by id. [`WriteTx::replace_projection`] makes them anew.
    pub fn outdated(&self) -> Result<Vec<CaseId>> {
        let sql = "SELECT case_id FROM outdated ORDER BY case_id";
        self.rows(sql, [], |row| Ok(row::document(row, "case_id")?))
    }

    /// Cases that have projected rows, by id.
    pub fn projected_cases(&self) -> Result<Vec<CaseId>> {
        let sql = "SELECT case_id FROM case_summary ORDER BY case_id";
        self.rows(sql, [], |row| Ok(row::document(row, "case_id")?))
    }
}

/// Type, length, content: no two rows give the same bytes.
fn digest_value(hasher: &mut blake3::Hasher, value: ValueRef<'_>) {
    let (tag, bytes): (u8, Vec<u8>) = match value {
        ValueRef::Null => (0, Vec::new()),
        ValueRef::Integer(number) => (1, number.to_be_bytes().to_vec()),
        ValueRef::Real(number) => (2, number.to_be_bytes().to_vec()),
        ValueRef::Text(text) => (3, text.to_vec()),
        ValueRef::Blob(blob) => (4, blob.to_vec()),
    };
    hasher
        .update(&[tag])
        .update(&(bytes.len() as u64).to_be_bytes())
        .update(&bytes);
}
