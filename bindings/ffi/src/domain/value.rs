//! What a single field can hold, and the open enums whose values outlive the app that reads them.

use caseweave::domain::Value;

/// The value of one field as a record keeps it. `Null` stands for a field that was cleared.
#[uniffi::remote(Enum)]
pub enum Value {
    /// Cleared, or never set.
    Null,
    /// Text, a code, an id, or a date as `YYYY-MM-DD`.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A measured number.
    Real(f64),
    /// A moment: milliseconds since 1970-01-01T00:00:00Z.
    Moment(i64),
}
