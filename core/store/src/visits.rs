//! Visits by when they began: what the verification of visits asks across the caseload.

use caseweave_engine::projection::VisitRow;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use crate::error::Result;
use crate::queries::read_visit;
use crate::transaction::ReadTx;

impl ReadTx<'_> {
    /// Visits under way that should have ended: past their planned end by `grace`, or, where none is planned, longer than `longest`.
    /// The longest overdue first.
    pub fn overdue_check_outs(
        &self,
        now: DateTime<Utc>,
        grace: TimeDelta,
        longest: TimeDelta,
    ) -> Result<Vec<VisitRow>> {
        // The list of statuses names the index of visits that wait.
        let sql = "SELECT * FROM visit WHERE removed = 0 AND status IN ('planned', 'in_progress', 'missed') \
                   AND status = 'in_progress' AND coalesce(planned_end_ms + ?1, started_ms + ?2) < ?3 \
                   ORDER BY coalesce(planned_end_ms + ?1, started_ms + ?2), case_id, id";
        let [grace, longest] = [grace, longest].map(|time| time.num_milliseconds());
        self.rows(
            sql,
            params![grace, longest, now.timestamp_millis()],
            read_visit,
        )
    }

    /// Visits that began from one moment to before another, the earliest first.
    pub fn visits_begun(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<VisitRow>> {
        let sql = "SELECT * FROM visit WHERE removed = 0 AND started_ms >= ?1 AND started_ms < ?2 \
                   ORDER BY started_ms, case_id, id";
        let bounds = [from.timestamp_millis(), to.timestamp_millis()];
        self.rows(sql, bounds, read_visit)
    }
}
