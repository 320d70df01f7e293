//! Which cases changed since when, so that an app redraws what moved and nothing else.

use caseweave_engine::ids::CaseId;
use rusqlite::params;

use crate::error::Result;
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

pub(crate) const TOUCHED: &str = "SELECT case_id FROM touched WHERE revision > ?1 GROUP BY case_id ORDER BY max(revision), case_id";

/// Every so many revisions what later writes overtook is swept out: it reads all of it, which so many writes share.
const SWEEP: i64 = 512;

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
        Ok(TouchedCases {
            revision: self.revision()?,
            cases: self.rows(TOUCHED, [revision], |row| {
                Ok(row::document(row, "case_id")?)
            })?,
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
    /// The number after the newest revision and the newest group.
    pub(crate) fn next_number(&self) -> Result<i64> {
        let sql = "SELECT max(number) AS newest FROM groups";
        let group = self.row(sql, [], |row| Ok(row.get::<_, Option<i64>>("newest")?))?;
        Ok(self.revision()?.max(group.flatten().unwrap_or(0)) + 1)
    }

    /// Writes down what was touched. The last thing before the commit.
    pub(crate) fn record_touched(&self) -> Result<()> {
        let touched = self.take_touched();
        if touched.is_empty() {
            return Ok(());
        }
        let (last, revision) = (self.revision()?, self.next_number()?);
        if last / SWEEP != revision / SWEEP {
            self.sweep_touched()?;
        }
        for case in touched {
            self.run(
                "INSERT INTO touched VALUES (?1, ?2)",
                params![revision, case.to_bytes()],
            )?;
        }
        Ok(())
    }

    fn sweep_touched(&self) -> Result<()> {
        self.run(
            "DELETE FROM touched WHERE (revision, case_id) NOT IN (SELECT max(revision), case_id FROM touched GROUP BY case_id)",
            [],
        )?;
        Ok(())
    }
}
