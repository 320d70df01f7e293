//! Rows that the figures of a period count: written with a record's other rows, and read by day. Reads the rows of the period, and counts of what stands open; never a document.

use caseweave_engine::domain::Kind;
use caseweave_engine::ids::{CaseId, EntityId};
use caseweave_engine::projection::{FigureKind, FigureRow, FigureUnits, VisitRow};
use chrono::{DateTime, Days, NaiveDate, Utc};
use rusqlite::{Row, params};

use crate::error::Result;
use crate::queries::read_visit;
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// What stands open in the caseload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Cases that are open or on hold.
    pub open_cases: u64,
    /// Open tasks that were due before the day that was asked with.
    pub overdue_tasks: u64,
}

pub(crate) const DATED: &str =
    "SELECT * FROM figure WHERE kind = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day, case_id, id";
pub(crate) const AUTHORIZED: &str = "SELECT * FROM figure WHERE kind = ?1 AND day <= ?2 AND coalesce(until, ?3) >= ?3 \
     ORDER BY case_id, id";
pub(crate) const VISITS: &str = "SELECT * FROM visit WHERE removed = 0 AND day BETWEEN ?1 AND ?2";

pub(crate) const FIRST_CONTACT: &str = "SELECT min(ms) AS ms FROM (
         SELECT min(started_ms) AS ms FROM visit WHERE case_id = ?1 AND removed = 0
         UNION ALL SELECT min(at_ms) FROM contact WHERE case_id = ?1)";

impl WriteTx<'_> {
    pub(crate) fn forget_figures(&self, case: CaseId, kind: Kind, id: EntityId) -> Result<()> {
        let of_kind = FigureKind::ALL
            .iter()
            .filter(|figure| figure.source() == kind);
        for figure in of_kind {
            self.run(
                "DELETE FROM figure WHERE case_id = ?1 AND id = ?2 AND kind = ?3",
                params![case.to_bytes(), id.to_bytes(), figure_number(*figure)],
            )?;
        }
        Ok(())
    }

    pub(crate) fn put_figure(&self, figure: &FigureRow) -> Result<()> {
        let units = figure.units;
        self.run(
            "INSERT OR REPLACE INTO figure (case_id, id, kind, day, ms, until, approved, used)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                figure.case.to_bytes(),
                figure.id.to_bytes(),
                figure_number(figure.kind),
                row::day_number(figure.on),
                row::ms(figure.at),
                units.and_then(|units| units.until).map(row::day_number),
                units.map(|units| units.approved),
                units.map(|units| units.used)
            ],
        )?;
        Ok(())
    }
}

impl ReadTx<'_> {
    /// What may count from one day to another, whichever the zone: rows a day before and after are among them. Authorizations that
    /// hold on any day of the period.
    pub fn figure_rows(&self, from: NaiveDate, to: NaiveDate) -> Result<Vec<FigureRow>> {
        let mut rows = Vec::new();
        for kind in FigureKind::ALL {
            let number = figure_number(*kind);
            let (first, last) = around(from, to);
            let (sql, ends) = match kind {
                FigureKind::Authorized => {
                    (AUTHORIZED, (row::day_number(to), row::day_number(from)))
                }
                _ => (DATED, (first, last)),
            };
            let parameters = params![number, ends.0, ends.1];
            rows.extend(self.rows(sql, parameters, |row| read_figure(row, *kind))?);
        }
        Ok(rows)
    }

    /// Visits that may count from one day to another, whichever the zone.
    pub fn figure_visits(&self, from: NaiveDate, to: NaiveDate) -> Result<Vec<VisitRow>> {
        let (first, last) = around(from, to);
        self.rows(VISITS, params![first, last], read_visit)
    }

    /// When somebody of the agency first saw or reached the person of a case.
    pub fn first_contact(&self, case: CaseId) -> Result<Option<DateTime<Utc>>> {
        let first = self.row(FIRST_CONTACT, [case.to_bytes()], |row| {
            Ok(row::moment(row, "ms")?)
        })?;
        Ok(first.flatten())
    }

    /// What stands open, as of a day.
    pub fn standing(&self, today: NaiveDate) -> Result<Standing> {
        let sql = "SELECT (SELECT count(*) FROM case_summary WHERE status IN ('open', 'on_hold')) AS cases, \
                   (SELECT count(*) FROM task WHERE open = 1 AND day < ?1) AS tasks";
        let found = self.row(sql, [row::day_number(today)], |row| {
            Ok(Standing {
                open_cases: row.get("cases")?,
                overdue_tasks: row.get("tasks")?,
            })
        })?;
        found.ok_or_else(row::impossible)
    }
}

/// The number under which a kind of figure stands in its table. Never changes.
fn figure_number(kind: FigureKind) -> i64 {
    match kind {
        FigureKind::CaseOpened => 0,
        FigureKind::CaseClosed => 1,
        FigureKind::TaskDone => 2,
        FigureKind::OccurrenceDone => 3,
        FigureKind::AssessmentDone => 4,
        FigureKind::ReferralClosed => 5,
        FigureKind::Authorized => 6,
        FigureKind::ContactMade => 7,
        FigureKind::GoalMet => 8,
    }
}

/// A period with the days beside it, in which moments may lie that another zone counts into it.
fn around(from: NaiveDate, to: NaiveDate) -> (i64, i64) {
    let first = from.checked_sub_days(Days::new(1)).unwrap_or(from);
    let last = to.checked_add_days(Days::new(1)).unwrap_or(to);
    (row::day_number(first), row::day_number(last))
}

fn read_figure(row: &Row<'_>, kind: FigureKind) -> Result<FigureRow> {
    let approved: Option<i64> = row.get("approved")?;
    let (until, used) = (row::day(row, "until")?, row.get("used")?);
    Ok(FigureRow {
        case: row::document(row, "case_id")?,
        id: row::entity(row, "id")?,
        kind,
        on: row::day(row, "day")?.ok_or_else(row::impossible)?,
        at: row::moment(row, "ms")?,
        units: approved.zip(used).map(|(approved, used)| FigureUnits {
            until,
            approved,
            used,
        }),
    })
}
