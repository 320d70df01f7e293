//! Persons and cases out of a table that another system wrote. Pure: text goes in, new cases come out row by row, each as the edits that
//! open it, or what is wrong with the row, by cell.
//!
//! Fields are named as errors name them: `person.family_name`. So whatever a form can fill in, a column can. What this module does *not* do: know
//! which rows are in the record already, or write anything.

mod case;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::cell::{CellFormat, CellType};
use crate::domain::{CaseStatus, CellFault, Invalid};

pub use case::ImportedCase;
pub use table::ImportRow;

/// The name of the field that says which row of the other system this is.
pub const SOURCE: &str = "source";

/// What the columns of a table stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportMap {
    /// Who gave out the identifiers of the column `source`: kept beside them, so that the same row is known again.
    pub system: String,
    /// The columns that are read. Others are passed over.
    pub columns: Vec<ImportColumn>,
    /// Text by field for where no column names the field, or its cell is empty: `case.opened_on`, `phone.usage`.
    pub fixed: BTreeMap<String, String>,
    /// How days are written, in the notation of `strftime`, such as `%m/%d/%Y`; ISO 8601 where none is named.
    pub date_format: Option<String>,
    /// What stands between two cells: one ASCII character.
    pub delimiter: String,
}

/// What a column of the table stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportColumn {
    /// Its name in the first line.
    pub header: String,
    /// The field: `source`, or one of `case`, `person`, `phone`, `address`, `identifier` and `contact` with a field of theirs, such as
    /// `phone.number`. More than one phone, address, identifier or contact is told apart by a label: `phone#work.number`.
    pub field: String,
    /// What cells say that is not how the field says it, such as `F` for `female`.
    pub codes: BTreeMap<String, String>,
}

/// Why a map does not fit: an error of whoever made it, or the wrong table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} {reason}")]
pub struct ImportError {
    /// `columns`, `fixed`, `delimiter`, `system` or `csv`.
    pub part: &'static str,
    /// What is wrong.
    pub reason: String,
}

/// What is wrong with one cell, or with a row as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellProblem {
    /// The column's name; nothing where no column stands for the field.
    pub column: Option<String>,
    /// The field; empty for the row as a whole.
    pub field: String,
    /// Why.
    pub fault: CellFault,
}

impl Default for ImportMap {
    fn default() -> Self {
        Self {
            system: String::new(),
            columns: Vec::new(),
            fixed: BTreeMap::new(),
            date_format: None,
            delimiter: ",".into(),
        }
    }
}

impl ImportMap {
    /// The rows of a table, the first line of which holds the columns' names.
    ///
    /// # Errors
    /// [`ImportError`]: the map does not fit; no row was read.
    pub fn rows<'a>(
        &'a self,
        csv: &'a str,
    ) -> Result<impl Iterator<Item = ImportRow> + 'a, ImportError> {
        self.check()?;
        table::rows(self, csv)
    }

    /// Why one of a case's edits cannot stand, by the column it came from.
    pub fn problem(&self, case: &ImportedCase, position: usize, invalid: &Invalid) -> CellProblem {
        let (field, reason) = case.refused(position, invalid);
        self.problem_of(field, CellFault::Refused { reason })
    }

    fn problem_of(&self, field: impl Into<String>, fault: CellFault) -> CellProblem {
        let field = field.into();
        let column = self.columns.iter().find(|column| column.field == field);
        CellProblem {
            column: column.map(|column| column.header.clone()),
            field,
            fault,
        }
    }

    fn check(&self) -> Result<(), ImportError> {
        if self.system.trim().is_empty() {
            return Err(wrong("system", "is missing"));
        }
        let mut fields = BTreeSet::new();
        for column in &self.columns {
            let field = &column.field;
            if !fields.insert(field.as_str()) {
                return Err(wrong("columns", format!("name {field} twice")));
            }
            if field != SOURCE && self.read(field, "").is_none() {
                return Err(wrong(
                    "columns",
                    format!("name {field}, which cannot be imported"),
                ));
            }
        }
        if !fields.contains(SOURCE) {
            return Err(wrong("columns", "do not name source"));
        }
        for (field, text) in &self.fixed {
            if field == SOURCE || !matches!(self.read(field, text), Some(Ok(()))) {
                return Err(wrong("fixed", format!("gives {field} what it cannot hold")));
            }
        }
        Ok(())
    }

    /// Whether a field takes a text; nothing where there is no such field.
    fn read(&self, field: &str, text: &str) -> Option<Result<(), CellFault>> {
        ImportedCase::default().set(field, text, &self.format())
    }

    fn format(&self) -> CellFormat {
        CellFormat {
            day: self.date_format.clone(),
        }
    }
}

fn wrong(part: &'static str, reason: impl Into<String>) -> ImportError {
    ImportError {
        part,
        reason: reason.into(),
    }
}

/// How a case begins: as one that is open, or as an enquiry.
fn begins_as_enquiry(cell: &str, format: &CellFormat) -> Result<bool, CellFault> {
    match CaseStatus::from_cell(cell, format) {
        Ok(CaseStatus::Open) => Ok(false),
        Ok(CaseStatus::Enquiry) => Ok(true),
        _ => Err(CellFault::UnknownCode {
            known: [CaseStatus::Open, CaseStatus::Enquiry]
                .map(|status| status.code().to_owned())
                .into(),
        }),
    }
}

fn day(cell: &str, format: &CellFormat) -> Result<NaiveDate, CellFault> {
    NaiveDate::from_cell(cell, format)
}

#[cfg(test)]
mod tests;
