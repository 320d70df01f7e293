//! Visits by when they began: what the verification of visits asks across the caseload.

use caseweave_engine::projection::VisitRow;
use chrono::{DateTime, Utc};

use crate::error::Result;
use crate::queries::read_visit;
use crate::transaction::ReadTx;

impl ReadTx<'_> {
    /// Visits under way, by case and id.
    pub fn visits_under_way(&self) -> Result<Vec<VisitRow>> {
        // The list of statuses names the index of visits that wait.
        let sql = "SELECT * FROM visit WHERE removed = 0 AND status IN ('planned', 'in_progress', 'missed') \
                   AND status = 'in_progress' ORDER BY case_id, id";
        self.rows(sql, [], read_visit)
    }

    /// Visits that began from one moment to before another, the earliest first.
    pub fn visits_begun(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<VisitRow>> {
        let sql = "SELECT * FROM visit WHERE removed = 0 AND started_ms >= ?1 AND started_ms < ?2 \
                   ORDER BY started_ms, case_id, id";
        let bounds = [from.timestamp_millis(), to.timestamp_millis()];
        self.rows(sql, bounds, read_visit)
    }
}
