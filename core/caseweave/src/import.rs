//! Persons and cases out of a table that another system wrote.

use std::collections::BTreeMap;

use caseweave_engine::document::{CaseDocuments, EditError};
use caseweave_engine::domain::{CellFault, Edit};
use caseweave_engine::ids::CaseId;
use caseweave_engine::import::{CellProblem, ImportMap, ImportRow, ImportedCase};

#[cfg(doc)]
use crate::Error;
use crate::handle::{Caseweave, Open};
use crate::{Duplicate, Result};

/// What an import came to, row by row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// Every row of the table that is not empty, in its order.
    pub rows: Vec<ImportedRow>,
    /// Cases that were opened; in a dry run, that would be.
    pub opened: u64,
    /// Rows whose case is on this device already.
    pub already_there: u64,
    /// Rows whose identifier an earlier row has.
    pub repeated: u64,
    /// Rows with something wrong.
    pub refused: u64,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedRow {
    /// The line on which it begins, from 1; the names stand on the first.
    pub line: u64,
    /// Which row of the other system it is, where it could be read.
    pub source: Option<String>,
    /// What became of it.
    pub outcome: RowOutcome,
    /// Of a row that opens a case: people on this device who are perhaps the same, the likeliest first. Nothing was merged.
    pub duplicates: Vec<Duplicate>,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowOutcome {
    /// Its case was opened.
    Opened {
        /// The case.
        case: CaseId,
    },
    /// Its case would be opened: the run was a dry one.
    WouldOpen,
    /// A case on this device bears its identifier. Nothing was changed in it.
    AlreadyThere {
        /// The case.
        case: CaseId,
    },
    /// An earlier row has its identifier.
    Repeated {
        /// The line of that row.
        line: u64,
    },
    /// It cannot be taken; nothing was changed.
    Refused {
        /// Everything that is wrong with it.
        problems: Vec<CellProblem>,
    },
}

impl Caseweave {
    /// Opens a case for each row of a table whose person is not on this device yet by the identifier in the column `source`; each row stands
    /// or falls by itself. A dry run says the same and changes nothing; that two of its rows are perhaps one person, it does not see.
    ///
    /// Importing the same table again opens nothing; after an error, it goes on where that came. Import on one device, and let the others
    /// have it from the server: two devices that import apart open two cases of each row (core/docs/import.md). Takes as long as opening the
    /// cases one by one; call off the main thread.
    ///
    /// ```no_run
    /// use std::collections::BTreeMap;
    /// use caseweave::{ImportColumn, ImportMap};
    /// # fn main() -> caseweave::Result<()> {
    /// # let (caseweave, csv): (caseweave::Caseweave, &str) = unimplemented!();
    /// let column = |header: &str, field: &str| ImportColumn {
    ///     header: header.into(),
    ///     field: field.into(),
    ///     ..ImportColumn::default()
    /// };
    /// let map = ImportMap {
    ///     system: "county register".into(),
    ///     columns: vec![
    ///         column("Client ID", "source"),
    ///         column("Surname", "person.family_name"),
    ///         column("DOB", "person.birth_date"),
    ///         column("Cell", "phone#mobile.number"),
    ///     ],
    ///     fixed: BTreeMap::from([
    ///         ("case.opened_on".into(), "06/15/2026".into()),
    ///         ("phone#mobile.usage".into(), "mobile".into()),
    ///     ]),
    ///     date_format: Some("%m/%d/%Y".into()),
    ///     ..ImportMap::default()
    /// };
    /// let report = caseweave.import_cases(csv, &map, true)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Error::InvalidInput`] of `columns`, `fixed`, `delimiter`, `system` or `csv`: the map does not fit the table. Nothing was changed.
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageFull`], [`Error::StorageCorrupt`], [`Error::Unexpected`]: the rows before were
    ///   taken.
    pub fn import_cases(&self, csv: &str, map: &ImportMap, dry_run: bool) -> Result<ImportReport> {
        let open = self.readable()?;
        let _importing = open.importing.lock();
        let mut import = Import {
            to: self,
            open: &open,
            map,
            dry_run,
            seen: BTreeMap::new(),
        };
        let mut report = ImportReport::default();
        let rows = map.rows(csv)?.try_for_each(|row| {
            report.add(import.take(row)?);
            Ok(())
        });
        if report.opened > 0 && !dry_run {
            self.listener.call();
        }
        rows.map(|()| report)
    }
}

impl ImportReport {
    fn add(&mut self, row: ImportedRow) {
        let count = match row.outcome {
            RowOutcome::Opened { .. } | RowOutcome::WouldOpen => &mut self.opened,
            RowOutcome::AlreadyThere { .. } => &mut self.already_there,
            RowOutcome::Repeated { .. } => &mut self.repeated,
            RowOutcome::Refused { .. } => &mut self.refused,
        };
        *count += 1;
        self.rows.push(row);
    }
}

/// An import under way.
struct Import<'a> {
    to: &'a Caseweave,
    open: &'a Open,
    map: &'a ImportMap,
    dry_run: bool,
    /// The lines of the identifiers that were met.
    seen: BTreeMap<i64, u64>,
}

impl Import<'_> {
    fn take(&mut self, row: ImportRow) -> Result<ImportedRow> {
        let case = match row.read {
            Ok(case) => case,
            Err(problems) => {
                return Ok(ImportedRow {
                    line: row.line,
                    source: None,
                    outcome: RowOutcome::Refused { problems },
                    duplicates: Vec::new(),
                });
            }
        };
        let (outcome, duplicates) = self.place(&case, row.line)?;
        Ok(ImportedRow {
            line: row.line,
            source: Some(case.source().to_owned()),
            outcome,
            duplicates,
        })
    }

    fn place(&mut self, case: &ImportedCase, line: u64) -> Result<(RowOutcome, Vec<Duplicate>)> {
        // A row that does not say which it is was refused when it was read.
        let key = case.source_key().unwrap_or_default();
        if let Some(line) = self.seen.get(&key) {
            return Ok((RowOutcome::Repeated { line: *line }, Vec::new()));
        }
        let known = self.open.store.read(|tx| tx.cases_with(key))?;
        if let Some(case) = known.first() {
            self.seen.insert(key, line);
            return Ok((RowOutcome::AlreadyThere { case: *case }, Vec::new()));
        }
        let id = CaseId::from_bytes(self.open.new_id().to_bytes());
        let edits = case.edits(id, || self.open.new_id());
        if let Some(problem) = self.problem(id, case, &edits)? {
            let problems = vec![problem];
            return Ok((RowOutcome::Refused { problems }, Vec::new()));
        }
        self.seen.insert(key, line);
        // Looked for before the case is opened, which else would be found itself.
        let duplicates = self.to.duplicates(&case.person())?;
        if self.dry_run {
            return Ok((RowOutcome::WouldOpen, duplicates));
        }
        self.open.edit(id, &edits)?;
        Ok((RowOutcome::Opened { case: id }, duplicates))
    }

    /// The first thing in a case's edits that cannot stand: they are made in memory, on nothing.
    fn problem(
        &self,
        id: CaseId,
        case: &ImportedCase,
        edits: &[Edit],
    ) -> Result<Option<CellProblem>> {
        let made = CaseDocuments::new(id).edit(edits, &self.open.context());
        match made {
            Ok(_) => Ok(None),
            Err(EditError::Invalid { position, reason }) => {
                Ok(Some(self.map.problem(case, position, &reason)))
            }
            Err(EditError::Refused(refusal)) => Ok(Some(refused(refusal.code()))),
            Err(EditError::TooLarge { field, .. }) => {
                Ok(Some(refused(&format!("{field} too large"))))
            }
            Err(error @ EditError::Document(_)) => Err(error.into()),
        }
    }
}

/// What is wrong with a row as a whole.
fn refused(reason: &str) -> CellProblem {
    CellProblem {
        column: None,
        field: String::new(),
        fault: CellFault::Refused {
            reason: reason.to_owned(),
        },
    }
}
