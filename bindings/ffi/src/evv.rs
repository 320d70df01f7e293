//! Electronic visit verification across the caseload.

use caseweave::report::EvvFormat;
use caseweave::{EvvQuery, WorkerId};
use chrono::NaiveDate;

use crate::{CaseweaveError, CaseweaveHandle, VisitRow};

/// Which visits are exported.
#[uniffi::remote(Record)]
pub struct EvvQuery {
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day, at most 366 after the first.
    pub last_day: NaiveDate,
    /// The IANA time zone whose calendar counts the days, and in which times are written.
    pub zone: String,
    /// Only visits that this worker made.
    #[uniffi(default)]
    pub worker: Option<WorkerId>,
    /// Only visits that use an authorization of this payer.
    #[uniffi(default)]
    pub payer: Option<String>,
}

/// In which form visits are exported.
#[uniffi::remote(Enum)]
pub enum EvvFormat {
    /// Comma separated values with a line of names.
    Csv,
    /// JSON, with lists where CSV has joined text.
    Json,
}

#[uniffi::export]
impl CaseweaveHandle {
    /// Visits under way that should have ended, by what the agency's settings say, the longest overdue first. Somebody may need
    /// help. Reads disk.
    pub fn overdue_check_outs(&self) -> Result<Vec<VisitRow>, CaseweaveError> {
        let overdue = self.0.overdue_check_outs()?;
        Ok(overdue.into_iter().map(VisitRow::from).collect())
    }

    /// The visits that began in a period, as text to be given to a payer: each with service, person, date, location, provider, begin
    /// and end, its exceptions, corrections and signatures. Of the cases on this device, which are those the worker may read. Reads
    /// each of these cases; call off the main thread.
    ///
    /// Fails with `InvalidInput` where there is no such zone, or the period ends before it begins or is longer than 366 days.
    pub fn evv_export(&self, query: EvvQuery, format: EvvFormat) -> Result<String, CaseweaveError> {
        Ok(self.0.evv_export(&query, format)?)
    }
}
