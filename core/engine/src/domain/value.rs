//! What a single field can hold, and the open enums whose values outlive the app that reads them.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{DocumentId, EntityId, WorkerId};

/// Whole numbers further from 0 read as nothing: no edit writes one, and as many as a record holds still add up.
pub(crate) const LARGEST_NUMBER: i64 = 1_000_000_000_000;

/// Days and moments of other years read as nothing: no edit writes one, and some days more or less are still days. Source: FHIR R4,
/// 2.24.0.1, where a year has four digits.
const YEARS: RangeInclusive<i32> = 1..=9999;

/// A moment in milliseconds since 1970-01-01T00:00:00Z, where it is in a year of four digits.
pub(crate) fn moment_of(ms: i64) -> Option<DateTime<Utc>> {
    let at = DateTime::from_timestamp_millis(ms)?;
    YEARS.contains(&at.year()).then_some(at)
}

/// The value of one field as a record keeps it. `Null` stands for a field that was cleared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

impl Value {
    /// Degrees in decimal, to about a centimetre: a fix is no better than metres, and all the bits of a float are said for it
    /// wherever the record goes.
    pub(crate) fn degrees(degrees: f64) -> Self {
        Self::Text(((degrees * 1e7).round() / 1e7).to_string())
    }

    /// Text without white space at either end, so that a stray blank makes no conflict.
    pub(crate) fn trimmed(text: &str) -> Self {
        Self::Text(text.trim().to_owned())
    }

    /// The value as a person would read it in a list of choices; empty for `Null`.
    pub fn display(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Text(text) => text.clone(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Real(value) => value.to_string(),
            Self::Moment(ms) => moment_of(*ms)
                .map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
                .unwrap_or_default(),
        }
    }
}

/// A Rust type that a field can hold. Reading never fails: a value of another type, or one that nothing can be reckoned with, reads as
/// nothing.
pub(crate) trait FieldType: Sized {
    fn to_value(&self) -> Value;
    fn from_value(value: &Value) -> Option<Self>;
}

impl FieldType for String {
    fn to_value(&self) -> Value {
        Value::trimmed(self)
    }
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FieldType for bool {
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

impl FieldType for i64 {
    fn to_value(&self) -> Value {
        Value::Int(*self)
    }
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(value) => {
                Some(*value).filter(|value| value.unsigned_abs() <= LARGEST_NUMBER.unsigned_abs())
            }
            _ => None,
        }
    }
}

impl FieldType for f64 {
    fn to_value(&self) -> Value {
        Value::Real(*self)
    }
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Real(value) => Some(*value).filter(|value| value.is_finite()),
            Value::Int(value) => i32::try_from(*value).ok().map(f64::from),
            Value::Text(text) => text.parse().ok().filter(|value: &f64| value.is_finite()),
            _ => None,
        }
    }
}

impl FieldType for DateTime<Utc> {
    fn to_value(&self) -> Value {
        Value::Moment(self.timestamp_millis())
    }
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Moment(ms) => moment_of(*ms),
            _ => None,
        }
    }
}

macro_rules! text_field_type {
    ($($name:ty),*) => { $(
        impl FieldType for $name {
            fn to_value(&self) -> Value {
                Value::Text(self.to_string())
            }
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Text(text) => text.parse().ok(),
                    _ => None,
                }
            }
        }
    )* };
}

text_field_type!(EntityId, WorkerId, DocumentId);

impl FieldType for NaiveDate {
    fn to_value(&self) -> Value {
        Value::Text(self.to_string())
    }
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => text
                .parse()
                .ok()
                .filter(|day: &Self| YEARS.contains(&day.year())),
            _ => None,
        }
    }
}

/// A small set of codes (languages, for example), kept as one value: sorted, without repeats, separated by blanks.
impl FieldType for Vec<String> {
    fn to_value(&self) -> Value {
        let mut codes: Vec<&str> = self.iter().map(|code| code.trim()).collect();
        codes.sort_unstable();
        codes.dedup();
        Value::Text(codes.join(" "))
    }
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
            _ => None,
        }
    }
}

/// A small set of ids, kept as one value in the same way.
impl FieldType for Vec<EntityId> {
    fn to_value(&self) -> Value {
        let ids: Vec<String> = self.iter().map(EntityId::to_string).collect();
        ids.to_value()
    }
    fn from_value(value: &Value) -> Option<Self> {
        let ids: Vec<String> = FieldType::from_value(value)?;
        Some(ids.iter().filter_map(|id| id.parse().ok()).collect())
    }
}

/// Reads a code; what is expected names those that this version knows.
pub(crate) struct Codes(pub(crate) &'static [&'static str]);

impl serde::de::Visitor<'_> for Codes {
    type Value = String;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "one of the codes {}", self.0.join(", "))
    }

    fn visit_str<E>(self, code: &str) -> Result<String, E> {
        Ok(code.to_owned())
    }
}

/// Declares an enum whose unknown values are kept as they came, in `Other`.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// A value that this version does not know, as it was written.
            Other {
                /// The code as it stands in the record.
                raw: String,
            },
        }

        impl $name {
            /// Every value this version knows.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),*];

            /// The code as it stands in the record.
            pub fn code(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Other { raw } => raw,
                }
            }

            /// The value that a code stands for; a code this version does not know becomes `Other`.
            pub fn from_code(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    raw => Self::Other { raw: raw.to_owned() },
                }
            }
        }

        impl crate::domain::value::FieldType for $name {
            fn to_value(&self) -> crate::domain::Value {
                crate::domain::Value::Text(self.code().to_owned())
            }
            fn from_value(value: &crate::domain::Value) -> Option<Self> {
                match value {
                    crate::domain::Value::Text(code) => Some(Self::from_code(code)),
                    _ => None,
                }
            }
        }

        impl crate::domain::cell::CellType for $name {
            fn from_cell(cell: &str, _: &crate::domain::cell::CellFormat) -> Result<Self, crate::domain::CellFault> {
                let known = Self::KNOWN.iter().find(|known| known.code().eq_ignore_ascii_case(cell));
                known.cloned().ok_or_else(|| crate::domain::CellFault::UnknownCode {
                    known: Self::KNOWN.iter().map(|known| known.code().to_owned()).collect(),
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_string(crate::domain::value::Codes(&[$($code),*])).map(|code| Self::from_code(&code))
            }
        }
    };
}
pub(crate) use open_enum;
