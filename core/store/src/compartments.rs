//! Restricted compartments, as far as this device has them.

use caseweave_engine::ids::{CaseId, CompartmentId};
use caseweave_engine::projection::CompartmentRow;
use rusqlite::{Row, params};

use crate::error::Result;
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// A restricted compartment in a list, with how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompartmentListRow {
    /// The compartment's own row.
    pub compartment: CompartmentRow,
    /// How many conflicts are open.
    pub conflicts: u32,
    /// How many groups of edits the server has not taken into the record.
    pub unsynced: u32,
    /// How many groups of edits were refused and not dismissed.
    pub refused: u32,
}

const SELECT: &str = "SELECT *,
    (SELECT count(*) FROM conflict WHERE conflict.case_id = compartment.case_id) AS conflicts,
    (SELECT count(*) FROM groups WHERE groups.case_id = compartment.case_id) AS unsynced,
    (SELECT count(*) FROM quarantine
     WHERE quarantine.case_id = compartment.case_id AND edits IS NOT NULL AND dismissed = 0) AS refused
    FROM compartment";

impl ReadTx<'_> {
    /// The compartments on this device, by case and id; those about one case, if it is given.
    pub fn compartments(&self, case: Option<CaseId>) -> Result<Vec<CompartmentListRow>> {
        let (which, case) = match case {
            None => ("", None),
            Some(case) => (" WHERE about = ?1", Some(case.to_bytes())),
        };
        let sql = format!("{SELECT}{which} ORDER BY about, case_id");
        self.rows(&sql, rusqlite::params_from_iter(case), read_compartment)
    }

    /// One compartment; nothing where there is none of this id, as where it is a case.
    pub fn compartment(&self, id: CompartmentId) -> Result<Option<CompartmentListRow>> {
        let sql = format!("{SELECT} WHERE case_id = ?1");
        self.row(&sql, [id.to_bytes()], read_compartment)
    }
}

impl WriteTx<'_> {
    pub(crate) fn put_compartment(&self, compartment: &CompartmentRow) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO compartment (case_id, about, title, notes, needs, assessments, attachments, alerts, \
             changed_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                compartment.id.to_bytes(),
                compartment.case.to_bytes(),
                compartment.title,
                compartment.notes,
                compartment.needs,
                compartment.assessments,
                compartment.attachments,
                compartment.alerts,
                compartment.changed_at.timestamp_millis()
            ],
        )?;
        Ok(())
    }
}

/// For a row that is of any record, `case_id`, and the row of the compartment that the record may be: the case it is about, and the
/// compartment.
pub(crate) fn place(row: &Row<'_>) -> Result<(CaseId, Option<CompartmentId>)> {
    let record = row::document(row, "case_id")?;
    let about: Option<[u8; 16]> = row.get("about")?;
    Ok(match about {
        None => (record, None),
        Some(case) => (CaseId::from_bytes(case), Some(record)),
    })
}

fn read_compartment(row: &Row<'_>) -> Result<CompartmentListRow> {
    Ok(CompartmentListRow {
        compartment: CompartmentRow {
            id: row::document(row, "case_id")?,
            case: row::document(row, "about")?,
            title: row.get("title")?,
            notes: row.get("notes")?,
            needs: row.get("needs")?,
            assessments: row.get("assessments")?,
            attachments: row.get("attachments")?,
            alerts: row.get("alerts")?,
            changed_at: row::moment(row, "changed_ms")?.ok_or_else(row::impossible)?,
        },
        conflicts: row.get("conflicts")?,
        unsynced: row.get("unsynced")?,
        refused: row.get("refused")?,
    })
}
