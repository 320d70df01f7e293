//! The record as a file of lines, for other programs: case by case, so that it takes no more memory than the largest case.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use caseweave_engine::document::SCHEMA_VERSION;
use caseweave_engine::export::{EXPORT_FORMAT, ExportLine, ExportedRecord, exported_moment};
use caseweave_engine::ids::CaseId;
use caseweave_store::Quarantined;
use chrono::DateTime;

use crate::edits::read_kept;
use crate::handle::{Caseweave, Open};
use crate::vault::file_failed;
use crate::{Error, Result};

/// What an export came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportReport {
    /// Cases that are in the file.
    pub cases: u64,
    /// Restricted compartments that are in the file.
    pub compartments: u64,
    /// Providers of the directory that are in the file.
    pub providers: u64,
    /// Lines of the file.
    pub lines: u64,
    /// Records that cannot be read, because their rows are damaged; in the file, one line tells of each.
    pub unreadable: Vec<CaseId>,
}

impl Caseweave {
    /// Writes everything that this device shows of the record to a file, restricted compartments, the directory and all, as lines of JSON; core/docs/export.md tells the format. The file
    /// is not encrypted. It stands under its name only once it is whole, in the place of one that was there. Each case is as it stood at one
    /// moment. Reads every case and writes disk; call off the main thread.
    ///
    /// # Errors
    /// - [`Error::StorageFull`]: no room for the file. [`Error::Unexpected`]: the file system refused.
    /// - [`Error::NotAllowed`], while locked, also where that came meanwhile. [`Error::StorageCorrupt`]: the database as a whole cannot be read.
    ///
    /// In each of these there is no file, or the one that was there before.
    pub fn export_records(&self, into: &Path) -> Result<ExportReport> {
        let scratch = beside(into);
        let written = self.write_records(&scratch).and_then(|report| {
            fs::rename(&scratch, into).map_err(file_failed)?;
            Ok(report)
        });
        if written.is_err() {
            // What is left of it, if anything, is nobody's record.
            let _ = fs::remove_file(&scratch);
        }
        written
    }

    fn write_records(&self, into: &Path) -> Result<ExportReport> {
        let open = self.readable()?;
        let mut lines = Lines::create(into)?;
        let mut report = ExportReport::default();
        for line in open.preface()? {
            lines.put(&line)?;
        }
        for (id, record) in open.records()? {
            // Whoever locks the record does not wait for the last of ten thousand cases.
            match self.readable()?.export_record(id) {
                Ok(told) => {
                    match (record.compartment, record.provider) {
                        (Some(_), _) => report.compartments += 1,
                        (None, Some(_)) => report.providers += 1,
                        (None, None) => report.cases += 1,
                    }
                    told.iter().try_for_each(|line| lines.put(line))?;
                }
                Err(Error::StorageCorrupt { reason, .. }) => {
                    report.unreadable.push(id);
                    lines.put(&ExportLine::Unreadable { record, reason })?;
                }
                // Taken from this device meanwhile.
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        for entry in open.store.read(|tx| tx.quarantined(None))? {
            lines.put(&set_aside(entry))?;
        }
        lines.put(&ExportLine::End {
            cases: report.cases,
            compartments: report.compartments,
            providers: report.providers,
            unreadable: report.unreadable.len() as u64,
            lines: lines.count,
        })?;
        report.lines = lines.finish()?;
        Ok(report)
    }
}

impl Open {
    /// What the lines of cases refer to.
    fn preface(&self) -> Result<Vec<ExportLine>> {
        let (names, settings, instruments) = self
            .store
            .read(|tx| -> Result<_> { Ok((self.names(tx)?, tx.settings()?, tx.instruments()?)) })?;
        let head = ExportLine::Export {
            format: EXPORT_FORMAT,
            schema: SCHEMA_VERSION,
            library: env!("CARGO_PKG_VERSION"),
            at: exported_moment(self.now()),
            organisation: self.identity.organisation,
            worker: self.identity.worker,
            device: self.identity.device,
        };
        let workers = names
            .into_iter()
            .map(|(id, name)| ExportLine::Worker { id, name });
        let settings = settings.into_iter().map(|text| ExportLine::Settings {
            settings: as_json(text.as_bytes()),
        });
        let instruments = instruments.into_iter().map(|text| ExportLine::Instrument {
            definition: as_json(text.as_bytes()),
        });
        Ok([head]
            .into_iter()
            .chain(workers)
            .chain(settings)
            .chain(instruments)
            .collect())
    }

    /// Every case by id, then every compartment, then every provider.
    fn records(&self) -> Result<Vec<(CaseId, ExportedRecord)>> {
        self.store.read(|tx| {
            let mut records = Vec::new();
            for case in tx.projected_cases()? {
                records.push((case, ExportedRecord::case(case)));
            }
            for row in tx.compartments(None)? {
                let (id, about) = (row.compartment.id, row.compartment.case);
                records.push((id, ExportedRecord::compartment(id, about)));
            }
            for provider in tx.provider_ids()? {
                records.push((provider, ExportedRecord::provider(provider)));
            }
            Ok(records)
        })
    }

    /// The lines of a record, which stays out of those kept in memory: nobody is working on it.
    fn export_record(&self, id: CaseId) -> Result<Vec<ExportLine>> {
        Ok(self.record_unkept(id)?.export())
    }
}

fn set_aside(entry: Quarantined) -> ExportLine {
    ExportLine::SetAside {
        case: entry.case,
        at: exported_moment(DateTime::from_timestamp_millis(entry.at_ms).unwrap_or_default()),
        code: entry.code,
        reason: entry.reason,
        dismissed: entry.dismissed,
        edits: entry
            .edits
            .map(|edits| read_kept(&edits).unwrap_or_default()),
    }
}

/// What the library keeps as JSON text, which was read when it was taken in.
fn as_json(text: &[u8]) -> serde_json::Value {
    serde_json::from_slice(text).unwrap_or_default()
}

/// A file that grows line by line.
struct Lines {
    file: BufWriter<File>,
    count: u64,
}

impl Lines {
    fn create(path: &Path) -> Result<Self> {
        Ok(Self {
            file: BufWriter::new(File::create(path).map_err(file_failed)?),
            count: 0,
        })
    }

    fn put(&mut self, line: &ExportLine) -> Result<()> {
        serde_json::to_writer(&mut self.file, line)
            .map_err(std::io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"))
            .map_err(file_failed)?;
        self.count += 1;
        Ok(())
    }

    /// Has the file on the disk and gives the number of its lines.
    fn finish(self) -> Result<u64> {
        let file = self
            .file
            .into_inner()
            .map_err(|error| file_failed(error.into_error()))?;
        file.sync_all().map_err(file_failed)?;
        Ok(self.count)
    }
}

/// Where a file is written before it is whole: in the same folder, as a file is renamed within one file system only.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}
