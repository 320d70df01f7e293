//! Fields out of text that somebody typed into another system: what a cell of a table must say to become a value.

use chrono::{DateTime, NaiveDate, Utc};

use crate::ids::{DocumentId, EntityId, WorkerId};

/// Why a cell gives no value. Never says what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// How cells are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CellFormat {
    /// The form of days, in the notation of `strftime`; ISO 8601 where none is named.
    pub(crate) day: Option<String>,
}

/// A Rust type that a cell can hold.
pub(crate) trait CellType: Sized {
    fn from_cell(cell: &str, format: &CellFormat) -> Result<Self, CellFault>;
}

impl CellType for String {
    fn from_cell(cell: &str, _: &CellFormat) -> Result<Self, CellFault> {
        Ok(cell.to_owned())
    }
}

impl CellType for NaiveDate {
    fn from_cell(cell: &str, format: &CellFormat) -> Result<Self, CellFault> {
        let form = format.day.as_deref().unwrap_or("%Y-%m-%d");
        Self::parse_from_str(cell, form).map_err(|_| CellFault::NotADay)
    }
}

impl CellType for DateTime<Utc> {
    fn from_cell(cell: &str, _: &CellFormat) -> Result<Self, CellFault> {
        cell.parse().map_err(|_| CellFault::NotAMoment)
    }
}

impl CellType for bool {
    fn from_cell(cell: &str, _: &CellFormat) -> Result<Self, CellFault> {
        match cell.to_lowercase().as_str() {
            "yes" | "true" | "1" => Ok(true),
            "no" | "false" | "0" => Ok(false),
            _ => Err(CellFault::NotYesOrNo),
        }
    }
}

/// A small set, languages for example, separated by blanks, commas or semicolons.
impl<T: CellType> CellType for Vec<T> {
    fn from_cell(cell: &str, format: &CellFormat) -> Result<Self, CellFault> {
        let parts = cell.split([' ', ',', ';']).filter(|part| !part.is_empty());
        parts.map(|part| T::from_cell(part, format)).collect()
    }
}

macro_rules! parsed {
    ($fault:ident: $($name:ty),*) => { $(
        impl CellType for $name {
            fn from_cell(cell: &str, _: &CellFormat) -> Result<Self, CellFault> {
                cell.parse().map_err(|_| CellFault::$fault)
            }
        }
    )* };
}

parsed!(NotANumber: i64, f64);
parsed!(NotAnId: EntityId, WorkerId, DocumentId);
