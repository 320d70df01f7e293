//! How things stand: with the server, in quarantine, and on disk.

use caseweave::{CaseId, CaseSync, DocumentId};
use chrono::{DateTime, Utc};

use crate::case::hexadecimal;
use crate::{CaseweaveError, CaseweaveHandle};

/// How work stands with the server: how many groups of edits, each counted once.
#[uniffi::remote(Record)]
pub struct CaseSync {
    /// Saved here, not received there.
    pub pending: u32,
    /// Received, and kept aside until a lead accepts.
    pub held: u32,
    /// Refused for good and not dismissed.
    pub refused: u32,
}

/// Something that was set aside: work the server refused, or bytes that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Quarantined {
    /// The entry's number.
    pub id: i64,
    /// The case, where it is known.
    pub case: Option<CaseId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Stable code of the reason.
    pub code: String,
    /// The reason in words.
    pub reason: String,
    /// The edits as JSON, when the work was this device's. Record content: for the worker's eyes, not for a log.
    pub edits: Option<String>,
    /// Whether the worker has dealt with it.
    pub dismissed: bool,
    /// How many changes, or pieces of bytes, are kept.
    pub changes: u32,
}

impl From<caseweave::Quarantined> for Quarantined {
    fn from(entry: caseweave::Quarantined) -> Self {
        let caseweave::Quarantined {
            id,
            case,
            at_ms,
            code,
            reason,
            edits,
            dismissed,
            changes,
        } = entry;
        Self {
            id,
            case,
            at: DateTime::from_timestamp_millis(at_ms).unwrap_or_default(),
            code,
            reason,
            edits: edits.and_then(|json| String::from_utf8(json).ok()),
            dismissed,
            changes: u32::try_from(changes.len()).unwrap_or(u32::MAX),
        }
    }
}

/// What a check of the whole database found.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct IntegrityReport {
    /// Whether nothing was found.
    pub clean: bool,
    /// Pages that do not authenticate under the key.
    pub bad_pages: u64,
    /// Complaints about the database's structure: names of tables and indexes, row numbers.
    pub structure: Vec<String>,
    /// Documents whose snapshot's checksum does not hold.
    pub damaged_snapshots: Vec<DocumentId>,
    /// Changes whose checksum does not hold.
    pub damaged_changes: Vec<DamagedChange>,
    /// Whether the kept digest differs from what the server is known to have.
    pub digest_differs: bool,
}

/// A change whose checksum does not hold.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DamagedChange {
    /// The document it is in.
    pub document: DocumentId,
    /// Its hash in hexadecimal.
    pub hash: String,
}

impl From<caseweave::IntegrityReport> for IntegrityReport {
    fn from(report: caseweave::IntegrityReport) -> Self {
        let clean = report.is_clean();
        let caseweave::IntegrityReport {
            bad_pages,
            structure,
            damaged_snapshots,
            damaged_changes,
            digest_differs,
        } = report;
        let damaged = damaged_changes
            .into_iter()
            .map(|(document, hash)| DamagedChange {
                document,
                hash: hexadecimal(&hash),
            });
        Self {
            clean,
            bad_pages,
            structure,
            damaged_snapshots,
            damaged_changes: damaged.collect(),
            digest_differs,
        }
    }
}

#[uniffi::export]
impl CaseweaveHandle {
    /// How a case stands with the server, from receipts alone; the whole caseload, where none is named. Reads disk.
    #[uniffi::method(default(case))]
    pub fn status(&self, case: Option<CaseId>) -> Result<CaseSync, CaseweaveError> {
        Ok(self.0.status(case)?)
    }

    /// What was set aside, oldest first; of one case, if given. Reads disk.
    #[uniffi::method(default(case))]
    pub fn quarantined(&self, case: Option<CaseId>) -> Result<Vec<Quarantined>, CaseweaveError> {
        let entries = self.0.quarantined(case)?;
        Ok(entries.into_iter().map(Quarantined::from).collect())
    }

    /// Says that somebody has dealt with what was set aside under a number: it stays, and is counted and listed as refused no more.
    /// Writes disk.
    pub fn dismiss_quarantined(&self, id: i64) -> Result<(), CaseweaveError> {
        Ok(self.0.dismiss_quarantined(id)?)
    }

    /// Checks the whole database: every page's authentication, structure, checksums. Takes seconds; call off the main thread.
    pub fn check_storage(&self) -> Result<IntegrityReport, CaseweaveError> {
        Ok(self.0.check_storage()?.into())
    }
}
