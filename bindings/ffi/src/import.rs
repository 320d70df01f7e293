//! Persons and cases out of a table that another system wrote.

use std::collections::HashMap;

use caseweave::domain::CellFault;
use caseweave::{CaseId, CellProblem, RowOutcome};

use crate::{CaseweaveError, CaseweaveHandle, Duplicate};

/// What the columns of a table stand for; core/docs/import.md names the fields.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ImportMap {
    /// Who gave out the identifiers of the column `source`: kept beside them, so that the same row is known again.
    pub system: String,
    /// The columns that are read. Others are passed over.
    pub columns: Vec<ImportColumn>,
    /// Text by field for where no column names the field, or its cell is empty: `case.opened_on`, `phone.usage`.
    #[uniffi(default)]
    pub fixed: HashMap<String, String>,
    /// How days are written, in the notation of `strftime`, such as `%m/%d/%Y`; ISO 8601 where none is named.
    #[uniffi(default)]
    pub date_format: Option<String>,
    /// What stands between two cells: one ASCII character.
    #[uniffi(default = ",")]
    pub delimiter: String,
}

/// What a column of the table stands for.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ImportColumn {
    /// Its name in the first line.
    pub header: String,
    /// The field: `source`, or one of `case`, `person`, `phone`, `address`, `identifier` and `contact` with a field of theirs, such as
    /// `phone.number`. More than one phone, address, identifier or contact is told apart by a label: `phone#work.number`.
    pub field: String,
    /// What cells say that is not how the field says it, such as `F` for `female`.
    #[uniffi(default)]
    pub codes: HashMap<String, String>,
}

impl From<ImportMap> for caseweave::ImportMap {
    fn from(map: ImportMap) -> Self {
        let ImportMap {
            system,
            columns,
            fixed,
            date_format,
            delimiter,
        } = map;
        let column = |column: ImportColumn| caseweave::ImportColumn {
            header: column.header,
            field: column.field,
            codes: column.codes.into_iter().collect(),
        };
        Self {
            system,
            columns: columns.into_iter().map(column).collect(),
            fixed: fixed.into_iter().collect(),
            date_format,
            delimiter,
        }
    }
}

/// What an import came to, row by row.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
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
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
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

impl From<caseweave::ImportReport> for ImportReport {
    fn from(report: caseweave::ImportReport) -> Self {
        let caseweave::ImportReport {
            rows,
            opened,
            already_there,
            repeated,
            refused,
        } = report;
        Self {
            rows: rows.into_iter().map(ImportedRow::from).collect(),
            opened,
            already_there,
            repeated,
            refused,
        }
    }
}

impl From<caseweave::ImportedRow> for ImportedRow {
    fn from(row: caseweave::ImportedRow) -> Self {
        let caseweave::ImportedRow {
            line,
            source,
            outcome,
            duplicates,
        } = row;
        Self {
            line,
            source,
            outcome,
            duplicates: duplicates.into_iter().map(Duplicate::from).collect(),
        }
    }
}

/// What became of a row.
#[uniffi::remote(Enum)]
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

/// What is wrong with one cell, or with a row as a whole.
#[uniffi::remote(Record)]
pub struct CellProblem {
    /// The column's name; nothing where no column stands for the field.
    pub column: Option<String>,
    /// The field; empty for the row as a whole.
    pub field: String,
    /// Why.
    pub fault: CellFault,
}

/// Why a cell gives no value. Never says what stands in it.
#[uniffi::remote(Enum)]
pub enum CellFault {
    /// It is empty and must not be.
    Missing,
    /// No day in the form that was named.
    NotADay,
    /// No moment as RFC 3339 writes it.
    NotAMoment,
    /// No number.
    NotANumber,
    /// None of `yes`, `no`, `true`, `false`, `1` and `0`.
    NotYesOrNo,
    /// No id of 26 characters.
    NotAnId,
    /// None of the codes there are.
    UnknownCode {
        /// Those there are.
        known: Vec<String>,
    },
    /// Past the limits of the record, or not allowed in it.
    Refused {
        /// What is wrong, without the value.
        reason: String,
    },
    /// Of a whole row: it has another number of cells than the line of names.
    WrongCount {
        /// How many it has.
        found: u32,
        /// How many there are names.
        expected: u32,
    },
}

#[uniffi::export]
impl CaseweaveHandle {
    /// Opens a case for each row of a table whose person is not on this device yet by the identifier in the column `source`; each row stands
    /// or falls by itself. A dry run says the same and changes nothing; that two of its rows are perhaps one person, it does not see.
    ///
    /// Importing the same table again opens nothing; after an error, it goes on where that came. Import on one device, and let the others
    /// have it from the server: two devices that import apart open two cases of each row. Writes disk, as often as there are rows; call off
    /// the main thread.
    ///
    /// Fails with `InvalidInput` of `columns`, `fixed`, `delimiter`, `system` or `csv` where the map does not fit the table; nothing was
    /// changed then. After `NotAllowed`, `StorageFull`, `StorageCorrupt` and `Unexpected` the rows before were taken.
    #[uniffi::method(default(dry_run = false))]
    pub fn import_cases(
        &self,
        csv: String,
        map: ImportMap,
        dry_run: bool,
    ) -> Result<ImportReport, CaseweaveError> {
        Ok(self.0.import_cases(&csv, &map.into(), dry_run)?.into())
    }
}
