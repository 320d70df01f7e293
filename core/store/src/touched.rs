//! Which cases changed since when, so that an app redraws what moved and nothing else.

use caseweave_engine::ids::CaseId;
use rusqlite::params;

use crate::error::Result;
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// What was touched since a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedCases {
    /// The newest revision: what to ask with next time.
    pub revision: i64,
    /// The cases, in the order in which they were touched last. A case that was forgotten is among them.
    pub cases: Vec<CaseId>,
}

impl ReadTx<'_> {
    /// The cases that committed writes touched after `revision`; 0 asks for all of them.
    pub fn changes_since(&self, revision: i64) -> Result<TouchedCases> {
        let sql = "SELECT case_id FROM touched WHERE revision > ?1 ORDER BY revision, case_id";
        Ok(TouchedCases {
            revision: self.revision()?,
            cases: self.rows(sql, [revision], |row| Ok(row::document(row, "case_id")?))?,
        })
    }

    /// The number of the last committed write that touched a case.
    pub fn revision(&self) -> Result<i64> {
        let newest = self.row("SELECT max(revision) AS newest FROM touched", [], |row| {
            Ok(row.get::<_, Option<i64>>("newest")?)
        })?;
        Ok(newest.flatten().unwrap_or(0))
    }
}

impl WriteTx<'_> {
    /// Writes down what was touched. The last thing before the commit.
    pub(crate) fn record_touched(&self) -> Result<()> {
        let touched = self.take_touched();
        if touched.is_empty() {
            return Ok(());
        }
        let revision = self.revision()? + 1;
        for case in touched {
            self.run(
                "INSERT INTO touched VALUES (?1, ?2) ON CONFLICT DO UPDATE SET revision = excluded.revision",
                params![case.to_bytes(), revision],
            )?;
        }
        Ok(())
    }
}
