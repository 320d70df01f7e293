//! Electronic visit verification across the caseload.

use caseweave::report::{EvvCorrection, EvvFormat, EvvPoint, EvvRecord, EvvReport, EvvSigned};
use caseweave::{CaseId, EntityId, EvvQuery, WorkerId};
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
    /// Only visits that use an authorization of this payer, to be given to it. Left out, and counted, is what the person in substance use
    /// treatment has not agreed to.
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

/// Visits of a period.
#[uniffi::remote(Record)]
pub struct EvvReport {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The IANA time zone whose calendar counts the days, and in which times are written.
    pub zone: String,
    /// Visits left out although they use an authorization of the payer: of somebody in substance use treatment who has not agreed to it.
    pub withheld: u32,
    /// The visits, the earliest first.
    pub visits: Vec<EvvRecord>,
}

/// One visit. Times are RFC 3339 in the zone of the report.
#[uniffi::remote(Record)]
pub struct EvvRecord {
    /// The case.
    pub case: CaseId,
    /// The agency's number of the case.
    pub case_number: Option<String>,
    /// The visit.
    pub visit: EntityId,
    /// The service, as corrected.
    pub service: Option<String>,
    /// The person's name.
    pub person: String,
    /// The person's identifiers, each as `system value`.
    pub person_identifiers: Vec<String>,
    /// The day it began.
    pub date: Option<NaiveDate>,
    /// Code of the place, as corrected.
    pub place: Option<String>,
    /// Where it began; nothing at a shelter, whose place is never given out, nor where the visit names no address and the person has a
    /// shelter.
    pub begin_point: Option<EvvPoint>,
    /// Where it ended; nothing where the place of a shelter would be told.
    pub end_point: Option<EvvPoint>,
    /// The worker who made the visit, as corrected.
    pub provider: Option<WorkerId>,
    /// The worker's name, where this device knows it.
    pub provider_name: Option<String>,
    /// When it began, as corrected.
    pub begin: Option<String>,
    /// When it ended, as corrected.
    pub end: Option<String>,
    /// When the device recorded that it began.
    pub recorded_begin: Option<String>,
    /// When the device recorded that it ended.
    pub recorded_end: Option<String>,
    /// Payers whose authorizations it uses.
    pub payers: Vec<String>,
    /// Units used of them.
    pub units: Option<i64>,
    /// `open`, `complete` or `exceptions`.
    pub status: String,
    /// What is out of the ordinary: codes, with `:` and the amount where there is one.
    pub exceptions: Vec<String>,
    /// What was corrected.
    pub corrections: Vec<EvvCorrection>,
    /// Signatures of workers.
    pub signed: Vec<EvvSigned>,
    /// Codes of who signed for the person, or why nobody did.
    pub person_signed: Vec<String>,
    /// The version of the agency's settings that judged it.
    pub judged_by: i64,
}

/// A point in degrees, WGS 84.
#[uniffi::remote(Record)]
pub struct EvvPoint {
    /// Latitude.
    pub latitude: f64,
    /// Longitude.
    pub longitude: f64,
    /// Radius of 68 % confidence in metres.
    pub accuracy_m: Option<f64>,
}

/// A corrected fact.
#[uniffi::remote(Record)]
pub struct EvvCorrection {
    /// Code of the fact.
    pub field: String,
    /// What it should have been.
    pub value: String,
    /// Code of the reason.
    pub reason: Option<String>,
    /// In words.
    pub memo: Option<String>,
    /// Who corrected.
    pub by: Option<WorkerId>,
    /// When.
    pub at: String,
}

/// A worker's signature.
#[uniffi::remote(Record)]
pub struct EvvSigned {
    /// Who.
    pub by: Option<WorkerId>,
    /// When.
    pub at: Option<String>,
    /// Whether the visit still says what was signed.
    pub intact: bool,
}

#[uniffi::export]
impl CaseweaveHandle {
    /// Visits under way that should have ended, by what the agency's settings say, the longest overdue first. Somebody may need
    /// help. Reads disk.
    pub fn overdue_check_outs(&self) -> Result<Vec<VisitRow>, CaseweaveError> {
        let overdue = self.0.overdue_check_outs()?;
        Ok(overdue.into_iter().map(VisitRow::from).collect())
    }

    /// The visits that began in a period: each with service, person, date, location, provider, begin and end, its exceptions, corrections
    /// and signatures. Of the cases on this device, which are those the worker may read. Reads each of these cases; call off the main
    /// thread.
    ///
    /// Fails with `InvalidInput` where there is no such zone, or the period ends before it begins or is longer than 366 days.
    pub fn evv_report(&self, query: EvvQuery) -> Result<EvvReport, CaseweaveError> {
        Ok(self.0.evv_report(&query)?)
    }

    /// The same as text, to be given to a payer. Text cells that a spreadsheet would take for a formula begin with an apostrophe in CSV.
    pub fn evv_export(&self, query: EvvQuery, format: EvvFormat) -> Result<String, CaseweaveError> {
        Ok(self.0.evv_export(&query, format)?)
    }
}
