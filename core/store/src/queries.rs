//! Lists, agenda and the inbox of conflicts. They read projections only and never open a document.

use caseweave_engine::calendar::LocalDay;
use caseweave_engine::domain::Kind;
use caseweave_engine::duplicates;
use caseweave_engine::ids::{CaseId, CompartmentId, EntityId, ProviderId, WorkerId};
use caseweave_engine::projection::{CaseRow, DeadlineKind, GoalRow, TaskRow, VisitRow};
use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::types::Value;
use rusqlite::{Row, params, params_from_iter};

use crate::compartments;
use crate::due::kind_number;
use crate::error::Result;
use crate::row;
use crate::transaction::ReadTx;
use crate::worklist::CHANGED_LATE;

/// Columns of a case as lists show it, read by their place: a list reads a great many.
const OF_A_CASE: &str = "case_id, name, sort_name, number, status, sector, programme, risk, lead, opened_on, birth_on, language, \
     alert, interpreter, changed_ms, late_changes, next_visit_on, next_visit_ms, next_due_on, open_tasks, conflicts, unsynced, refused";
/// The place of the column that a list is ordered by.
const ORDERED_BY: usize = 23;

/// The order of a list. What is equal is ordered by case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Family name, folded.
    Name,
    /// The earliest planned visit first; cases without one last.
    NextVisit,
    /// The earliest due task first; cases without one last.
    NextDue,
    /// What changed last first.
    Changed,
    /// By where the case stands, from enquiry to closed; those that stand alike by name.
    Status,
    /// The highest risk first, cases whose risk nobody has told last; equal ones by name.
    Risk,
}

impl Sort {
    /// Every order.
    pub const ALL: [Self; 6] = [
        Self::Name,
        Self::NextVisit,
        Self::NextDue,
        Self::Changed,
        Self::Status,
        Self::Risk,
    ];
}

/// What a list shows. The default is every case by name, 50 to a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Codes of status to show; all, when empty.
    pub statuses: Vec<String>,
    /// Only cases this worker leads.
    pub lead: Option<WorkerId>,
    /// Only cases of this field of work.
    pub sector: Option<String>,
    /// Only cases of this programme.
    pub programme: Option<String>,
    /// Only cases of this risk level.
    pub risk: Option<String>,
    /// Only cases whose person prefers this language, a BCP 47 tag; `es` stands for `es-MX` too.
    ///
    /// Source: RFC 4647, section 3.3.1.
    pub language: Option<String>,
    /// Only cases whose next visit is planned before this day; one whose day has passed is still planned.
    pub next_visit_before: Option<LocalDay>,
    /// Only cases with an open task that was due before this day.
    pub overdue_on: Option<LocalDay>,
    /// Only cases with an open conflict.
    pub in_conflict: bool,
    /// Only cases with work that is not received by the server.
    pub unsynced: bool,
    /// Only closed cases with changes that whoever closed them had not seen.
    pub changed_after_closing: bool,
    /// Only cases linked to this household. Whose link has ended is among them: the case's view says since when and until when.
    pub household: Option<EntityId>,
    /// The order.
    pub sort: Sort,
    /// Where the page before ended.
    pub after: Option<ListCursor>,
    /// Rows of a page.
    pub limit: usize,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            statuses: Vec::new(),
            lead: None,
            sector: None,
            programme: None,
            risk: None,
            language: None,
            next_visit_before: None,
            overdue_on: None,
            in_conflict: false,
            unsynced: false,
            changed_after_closing: false,
            household: None,
            sort: Sort::Name,
            after: None,
            limit: 50,
        }
    }
}

/// Where a page ended: the last row's place in the order, so that rows that come or go meanwhile move nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListCursor {
    /// What the list is ordered by.
    pub key: SortKey,
    /// The last case.
    pub case: CaseId,
}

/// A row's place in the order of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortKey {
    /// A folded name, after a rank where the order has one.
    Text(String),
    /// Days or milliseconds.
    Number(i64),
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// Where it ended, when there is more.
    pub next: Option<ListCursor>,
}

/// A case in a list, with the sums over its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseListRow {
    /// The case's own row.
    pub case: CaseRow,
    /// The day of the earliest visit that is still planned.
    pub next_visit_on: Option<NaiveDate>,
    /// Its begin, where it is known.
    pub next_visit_at: Option<DateTime<Utc>>,
    /// The earliest day an open task is due.
    pub next_due_on: Option<NaiveDate>,
    /// How many tasks are open.
    pub open_tasks: u32,
    /// How many conflicts are open.
    pub conflicts: u32,
    /// How many groups of edits the server has not taken into the record.
    pub unsynced: u32,
    /// How many groups of edits were refused and not dismissed.
    pub refused: u32,
}

/// An open conflict in the caseload's inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictListRow {
    /// The case; of what is in a restricted compartment, the one that it is about; of what is in the directory, the provider.
    pub case: CaseId,
    /// The restricted compartment it is in, if it is in one.
    pub compartment: Option<CompartmentId>,
    /// The provider of the directory it is in, if it is in one.
    pub provider: Option<ProviderId>,
    /// The entity's kind.
    pub kind: Kind,
    /// The entity.
    pub id: EntityId,
    /// The field.
    pub field: String,
}

/// What is planned and due.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agenda {
    /// Visits that were not removed, by day, begin and id.
    pub visits: Vec<VisitRow>,
    /// Open tasks, by day and id.
    pub tasks: Vec<TaskRow>,
    /// Days and moments by which something else is to be dealt with, by day, those of the whole day first, then by moment and id.
    pub deadlines: Vec<Deadline>,
}

/// A day or a moment to come by which something that is neither a visit nor a task is to be dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// The case.
    pub case: CaseId,
    /// The referral, authorization, advocacy action, consent, risk or amendment.
    pub id: EntityId,
    /// What is due.
    pub kind: DeadlineKind,
    /// The day; of a moment, the day in UTC.
    pub on: NaiveDate,
    /// The moment of a hearing or an appointment.
    pub at: Option<DateTime<Utc>>,
    /// Who put the action or the referral down, of a hearing or an appointment.
    pub worker: Option<WorkerId>,
    /// The service, the subject, the recipient or the hazard.
    pub title: Option<String>,
}

/// What waits for somebody's decision across the caseload.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inbox {
    /// Open conflicts, also in restricted compartments, by record, kind, entity and field.
    pub conflicts: Vec<ConflictListRow>,
    /// Closed cases that were changed and not looked at since, by case.
    pub changed_after_closing: Vec<ClosedCaseRow>,
}

/// A closed case with changes that whoever closed it had not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedCaseRow {
    /// The case.
    pub case: CaseId,
    /// How many changes.
    pub changes: u32,
}

impl Sort {
    fn column(self) -> &'static str {
        match self {
            Self::Name => "sort_name",
            Self::NextVisit => "visit_order",
            Self::NextDue => "due_order",
            Self::Changed => "changed_ms",
            Self::Status => "status_order",
            Self::Risk => "risk_order",
        }
    }

    fn direction(self) -> (&'static str, &'static str) {
        match self {
            Self::Name | Self::NextVisit | Self::NextDue | Self::Status | Self::Risk => {
                (">", "ASC")
            }
            Self::Changed => ("<", "DESC"),
        }
    }
}

impl ListQuery {
    /// The statement and its parameters; one row more than the page has, to see whether there is another.
    pub(crate) fn sql(&self) -> (String, Vec<Value>) {
        let mut conditions = Conditions::default();
        let column = self.sort.column();
        let (beyond, direction) = self.sort.direction();
        if let Some(after) = &self.after {
            let case = Value::Blob(after.case.to_bytes().to_vec());
            conditions.add(
                format!("({column}, case_id) {beyond} (?, ?)"),
                [owned(&after.key), case],
            );
        }
        self.of_the_case(&mut conditions);
        self.by_day(&mut conditions);
        self.waiting(&mut conditions);
        let Conditions { texts, mut values } = conditions;
        let texts = texts.join(" AND ");
        values.push(Value::Integer(self.limit.saturating_add(1) as i64));
        let sql = format!(
            "SELECT {OF_A_CASE}, {column} FROM case_summary WHERE {texts} ORDER BY {column} {direction}, case_id {direction} LIMIT ?"
        );
        (sql, values)
    }

    /// What is said of the case and its person. The plus keeps the planner on the index that has the order.
    fn of_the_case(&self, conditions: &mut Conditions) {
        if !self.statuses.is_empty() {
            let marks = vec!["?"; self.statuses.len()].join(", ");
            let statuses = self.statuses.iter().cloned().map(Value::Text);
            conditions.add(format!("+status IN ({marks})"), statuses);
        }
        if let Some(lead) = self.lead {
            conditions.add("+lead = ?", [Value::Blob(lead.to_bytes().to_vec())]);
        }
        let codes = [
            ("risk = ?", &self.risk),
            ("sector = ?", &self.sector),
            ("programme = ?", &self.programme),
        ];
        for (condition, code) in codes {
            conditions.add_where(condition, code.clone().map(Value::Text));
        }
        let language = self.language.as_ref().map(|tag| tag.to_lowercase() + "-");
        conditions.add_where(
            "instr(lower(language) || '-', ?) = 1",
            language.map(Value::Text),
        );
    }

    /// What is planned and due. The columns of the orders hold UTC's days, which no zone is further from than a day: they end the
    /// walk in their own order, and the exact moment is looked at in the row.
    fn by_day(&self, conditions: &mut Conditions) {
        let bound = |sort: Sort| if self.sort == sort { "" } else { "+" };
        if let Some(before) = self.next_visit_before {
            let (day, at) = (
                row::day_number(before.day),
                before.begins_at.timestamp_millis(),
            );
            let last = row::ms_of_day(day).max(at);
            conditions.add(
                format!(
                    "{}visit_order < ? AND coalesce(next_visit_ms < ?, next_visit_on < ?)",
                    bound(Sort::NextVisit)
                ),
                [last, at, day].map(Value::Integer),
            );
        }
        if let Some(on) = self.overdue_on {
            let (day, at) = (row::day_number(on.day), on.begins_at.timestamp_millis());
            conditions.add(
                format!(
                    "{}due_order <= ? AND EXISTS (SELECT 1 FROM task WHERE task.case_id = case_summary.case_id \
                     AND open = 1 AND coalesce(due_ms < ?, due_on < ?))",
                    bound(Sort::NextDue)
                ),
                [day, at, day].map(Value::Integer),
            );
        }
    }

    /// What somebody is to look at, or who lives together: few cases, so they are found first.
    fn waiting(&self, conditions: &mut Conditions) {
        let late = "+case_id IN (SELECT case_id FROM case_summary WHERE late_changes > 0)";
        let sets = [
            (
                self.in_conflict,
                "+case_id IN (SELECT case_id FROM conflict)",
            ),
            (self.unsynced, "+case_id IN (SELECT case_id FROM groups)"),
            (self.changed_after_closing, late),
        ];
        for (_, condition) in sets.into_iter().filter(|(wanted, _)| *wanted) {
            conditions.add(condition, []);
        }
        let household = self.household.map(duplicates::key_of_household);
        conditions.add_where(
            "+case_id IN (SELECT case_id FROM person_key WHERE key = ?)",
            household.map(Value::Integer),
        );
    }
}

/// Conditions of a statement, with the values of their marks in order.
pub(crate) struct Conditions {
    pub(crate) texts: Vec<String>,
    pub(crate) values: Vec<Value>,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            texts: vec!["TRUE".into()],
            values: Vec::new(),
        }
    }
}

impl Conditions {
    pub(crate) fn add(&mut self, text: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.texts.push(text.into());
        self.values.extend(values);
    }

    pub(crate) fn add_where(&mut self, text: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.add(text, [value]);
        }
    }
}

fn owned(key: &SortKey) -> Value {
    match key {
        SortKey::Text(text) => Value::Text(text.clone()),
        SortKey::Number(number) => Value::Integer(*number),
    }
}

impl ReadTx<'_> {
    /// One page of the caseload.
    pub fn list(&self, query: &ListQuery) -> Result<Page<CaseListRow>> {
        let (sql, values) = query.sql();
        let mut page = Page {
            rows: Vec::new(),
            next: None,
        };
        let mut end = None;
        self.each(&sql, params_from_iter(values), |row| {
            if page.rows.len() == query.limit {
                page.next = end.take();
                return Ok(());
            }
            page.rows.push(read_case(row)?);
            if page.rows.len() == query.limit {
                end = Some(cursor(query.sort, row)?);
            }
            Ok(())
        })?;
        Ok(page)
    }

    /// One case as lists show it.
    pub fn case_row(&self, case: CaseId) -> Result<Option<CaseListRow>> {
        let sql = format!("SELECT {OF_A_CASE} FROM case_summary WHERE case_id = ?1");
        self.row(&sql, [case.to_bytes()], read_case)
    }

    /// Visits, open tasks and deadlines from one day to another, both included; of one worker, if given: what is theirs, what is nobody's
    /// in cases that they lead, and every deadline in these. A visit stands on its planned day, or else on the UTC day it begins; a task on
    /// its due day, or else on the UTC day of its due moment; a deadline on its day, or else on the UTC day of its moment. What is over
    /// with a closed case is left out.
    pub fn agenda(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        worker: Option<WorkerId>,
    ) -> Result<Agenda> {
        let (from, to) = (row::day_number(from), row::day_number(to));
        let visits = "SELECT * FROM visit AS due WHERE removed = 0 AND day BETWEEN ?1 AND ?2";
        let visit_order = "ORDER BY day, planned_start_ms IS NULL, planned_start_ms, id";
        let tasks = "SELECT * FROM task AS due WHERE open = 1 AND day BETWEEN ?1 AND ?2";
        let task_order = "ORDER BY day, id";
        let deadlines = format!(
            "SELECT * FROM deadline AS due WHERE kind IN ({}) AND day BETWEEN ?1 AND ?2 AND (kind NOT IN ({})
             OR (SELECT status FROM case_summary WHERE case_summary.case_id = due.case_id) IS NOT 'closed')",
            numbers(DeadlineKind::is_on_agenda),
            numbers(DeadlineKind::ends_with_case)
        );
        let deadline_order = "ORDER BY day, ms, id";
        let Some(worker) = worker.map(WorkerId::to_bytes) else {
            return Ok(Agenda {
                visits: self.rows(
                    &format!("{visits} {visit_order}"),
                    params![from, to],
                    read_visit,
                )?,
                tasks: self.rows(
                    &format!("{tasks} {task_order}"),
                    params![from, to],
                    read_task,
                )?,
                deadlines: self.rows(
                    &format!("{deadlines} {deadline_order}"),
                    params![from, to],
                    read_deadline,
                )?,
            });
        };
        let days = params![from, to, worker];
        let led = "(SELECT lead FROM case_summary WHERE case_summary.case_id = due.case_id) = ?3";
        Ok(Agenda {
            visits: self.rows(
                &format!("{visits} AND (worker = ?3 OR worker IS NULL AND {led}) {visit_order}"),
                days,
                read_visit,
            )?,
            tasks: self.rows(
                &format!("{tasks} AND (assignee = ?3 OR assignee IS NULL AND {led}) {task_order}"),
                days,
                read_task,
            )?,
            deadlines: self.rows(
                &format!("{deadlines} AND (worker = ?3 OR {led}) {deadline_order}"),
                days,
                read_deadline,
            )?,
        })
    }

    /// Open conflicts, by record, kind, entity and field, and closed cases that were changed.
    pub fn inbox(&self) -> Result<Inbox> {
        let conflicts = "SELECT conflict.*, about, provider.case_id IS NOT NULL AS in_directory FROM conflict \
             LEFT JOIN compartment USING (case_id) LEFT JOIN provider USING (case_id) \
             ORDER BY conflict.case_id, kind, id, field";
        let changed = format!("{CHANGED_LATE} ORDER BY case_id");
        Ok(Inbox {
            conflicts: self.rows(conflicts, [], read_conflict)?,
            changed_after_closing: self.rows(&changed, [], read_closed_case)?,
        })
    }

    /// The visits of a case that were not removed, by day, begin and id.
    pub fn visits_of(&self, case: CaseId) -> Result<Vec<VisitRow>> {
        let sql = "SELECT * FROM visit WHERE case_id = ?1 AND removed = 0 ORDER BY day, planned_start_ms, id";
        self.rows(sql, [case.to_bytes()], read_visit)
    }

    /// The tasks of a case that were not removed, by due day and id.
    pub fn tasks_of(&self, case: CaseId) -> Result<Vec<TaskRow>> {
        let sql = "SELECT * FROM task WHERE case_id = ?1 AND removed = 0 ORDER BY day, id";
        self.rows(sql, [case.to_bytes()], read_task)
    }

    /// The goals of a case that were not removed, by id.
    pub fn goals_of(&self, case: CaseId) -> Result<Vec<GoalRow>> {
        let sql = "SELECT * FROM goal WHERE case_id = ?1 AND removed = 0 ORDER BY id";
        self.rows(sql, [case.to_bytes()], read_goal)
    }
}

/// Numbers of kinds of deadlines, as SQL lists them.
fn numbers(of: fn(DeadlineKind) -> bool) -> String {
    let kinds = DeadlineKind::ALL.into_iter().filter(|kind| of(*kind));
    let numbers: Vec<String> = kinds.map(|kind| kind_number(kind).to_string()).collect();
    numbers.join(", ")
}

fn read_deadline(row: &Row<'_>) -> Result<Deadline> {
    let number: i64 = row.get("kind")?;
    let mut kinds = DeadlineKind::ALL.into_iter();
    let kind = kinds.find(|kind| kind_number(*kind) == number);
    Ok(Deadline {
        case: row::document(row, "case_id")?,
        id: row::entity(row, "id")?,
        kind: kind.ok_or_else(row::impossible)?,
        on: row::day(row, "day")?.ok_or_else(row::impossible)?,
        at: row::moment(row, "ms")?,
        worker: row::worker(row, "worker")?,
        title: row.get("title")?,
    })
}

fn cursor(sort: Sort, row: &Row<'_>) -> Result<ListCursor> {
    let key = match sort {
        Sort::Name | Sort::Status | Sort::Risk => SortKey::Text(row.get(ORDERED_BY)?),
        Sort::NextVisit | Sort::NextDue | Sort::Changed => SortKey::Number(row.get(ORDERED_BY)?),
    };
    let case = row::document(row, 0)?;
    Ok(ListCursor { key, case })
}

fn read_case(row: &Row<'_>) -> Result<CaseListRow> {
    Ok(CaseListRow {
        case: CaseRow {
            case: row::document(row, 0)?,
            name: row.get(1)?,
            sort_name: row.get(2)?,
            number: row.get(3)?,
            status: row.get(4)?,
            sector: row.get(5)?,
            programme: row.get(6)?,
            risk: row.get(7)?,
            lead: row::worker(row, 8)?,
            opened_on: row::day(row, 9)?,
            birth_date: row::day(row, 10)?,
            language: row.get(11)?,
            alert: row.get(12)?,
            interpreter: row.get(13)?,
            changed_at: row::moment(row, 14)?.ok_or_else(row::impossible)?,
            late_changes: row.get(15)?,
        },
        next_visit_on: row::day(row, 16)?,
        next_visit_at: row::moment(row, 17)?,
        next_due_on: row::day(row, 18)?,
        open_tasks: row.get(19)?,
        conflicts: row.get(20)?,
        unsynced: row.get(21)?,
        refused: row.get(22)?,
    })
}

pub(crate) fn read_visit(row: &Row<'_>) -> Result<VisitRow> {
    Ok(VisitRow {
        case: row::document(row, "case_id")?,
        id: row::entity(row, "id")?,
        status: row.get("status")?,
        planned_on: row::day(row, "planned_on")?,
        planned_start: row::moment(row, "planned_start_ms")?,
        planned_end: row::moment(row, "planned_end_ms")?,
        started_at: row::moment(row, "started_ms")?,
        ended_at: row::moment(row, "ended_ms")?,
        worker: row::worker(row, "worker")?,
        purpose: row.get("purpose")?,
        place: row.get("place")?,
        address: row::optional_entity(row, "address")?,
        removed: row.get("removed")?,
    })
}

pub(crate) fn read_task(row: &Row<'_>) -> Result<TaskRow> {
    Ok(TaskRow {
        case: row::document(row, "case_id")?,
        id: row::entity(row, "id")?,
        title: row.get("title")?,
        status: row.get("status")?,
        assignee: row::worker(row, "assignee")?,
        due_on: row::day(row, "due_on")?,
        due_at: row::moment(row, "due_ms")?,
        urgency: row.get("urgency")?,
        importance: row.get("importance")?,
        removed: row.get("removed")?,
    })
}

fn read_goal(row: &Row<'_>) -> Result<GoalRow> {
    Ok(GoalRow {
        case: row::document(row, "case_id")?,
        id: row::entity(row, "id")?,
        statement: row.get("statement")?,
        status: row.get("status")?,
        achievement: row.get("achievement")?,
        target_date: row::day(row, "target_on")?,
        removed: row.get("removed")?,
    })
}

fn read_conflict(row: &Row<'_>) -> Result<ConflictListRow> {
    let place = compartments::place(row)?;
    Ok(ConflictListRow {
        case: place.case,
        compartment: place.compartment,
        provider: place.provider,
        kind: row::kind(&row.get::<_, String>("kind")?)?,
        id: row::entity(row, "id")?,
        field: row.get("field")?,
    })
}

fn read_closed_case(row: &Row<'_>) -> Result<ClosedCaseRow> {
    Ok(ClosedCaseRow {
        case: row::document(row, 0)?,
        changes: row.get(1)?,
    })
}
