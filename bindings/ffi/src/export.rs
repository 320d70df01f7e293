//! The record as a file of lines.

use std::path::Path;

use caseweave::{CaseId, ExportReport};

use crate::{CaseweaveError, CaseweaveHandle};

/// What an export came to.
#[uniffi::remote(Record)]
pub struct ExportReport {
    /// Cases that are in the file.
    pub cases: u64,
    /// Restricted compartments that are in the file.
    pub compartments: u64,
    /// Lines of the file.
    pub lines: u64,
    /// Cases and compartments that cannot be read, because their rows are damaged; in the file, one line tells of each.
    pub unreadable: Vec<CaseId>,
}

#[uniffi::export]
impl CaseweaveHandle {
    /// Writes everything that this device shows of the record to a file, as lines of JSON; core/docs/export.md tells the format. The file
    /// is not encrypted. It stands under its name only once it is whole, in the place of one that was there. Reads every case and writes
    /// disk; call off the main thread.
    ///
    /// Fails with `StorageFull`, `Unexpected` (the file system refused), `NotAllowed` (locked, also meanwhile); then there is no file, or the
    /// one that was there before.
    pub fn export_records(&self, path: String) -> Result<ExportReport, CaseweaveError> {
        Ok(self.0.export_records(Path::new(&path))?)
    }
}
