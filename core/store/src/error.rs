//! What can go wrong in the store, named after what happened.
//!
//! No text in here comes from a record: SQLite's own messages are dropped except for the names of constraints.

use rusqlite::ErrorCode;
use rusqlite::ffi;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The library was built or linked without its cipher: nothing was opened or written.
    #[error("the database library has no cipher")]
    CipherMissing,
    /// The file is a database without encryption; it was left alone.
    #[error("the database file is not encrypted")]
    NotEncrypted,
    /// The key is not the one the file was made with.
    #[error("the key does not open the database file")]
    WrongKey,
    /// The key is right and the content is damaged.
    #[error("the database is damaged: {what}")]
    Corrupt {
        /// Which check failed; no content.
        what: &'static str,
    },
    /// A newer version of this library wrote the file; it was left alone.
    #[error("the database has version {found}, up to {supported} is supported")]
    UpgradeRequired {
        /// Version of the file.
        found: u32,
        /// Newest version this library knows.
        supported: u32,
    },
    /// Another process, or another handle of this one, has the file open.
    #[error("the database is in use elsewhere")]
    Busy,
    /// The disk is full. Nothing of the transaction was kept.
    #[error("no space left for the database")]
    StorageFull,
    /// There is no such row.
    #[error("{what} not found")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// A row that must be unique is there already.
    #[error("exists already: {constraint}")]
    AlreadyExists {
        /// The columns that must be unique.
        constraint: String,
    },
    /// A case cannot be forgotten while work on it has not been sent.
    #[error("{groups} groups of the case have not been sent")]
    Unsent {
        /// How many groups wait.
        groups: u32,
    },
    /// A transaction was begun inside another one of the same thread.
    #[error("a write was begun inside a write")]
    Nested,
    /// The file system refused.
    #[error("file access failed")]
    Io(#[source] std::io::Error),
    /// Anything else the database library said.
    #[error("the database refused with code {code}")]
    Database {
        /// SQLite's extended result code, or -1 for misuse of its wrapper.
        code: i32,
    },
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        if crate::room::is_full(error.kind()) {
            Self::StorageFull
        } else {
            Self::Io(error)
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as Sql;
        match error {
            Sql::SqliteFailure(failure, message) => from_code(failure, message),
            Sql::SqlInputError { error, .. } => from_code(error, None),
            Sql::FromSqlConversionFailure(..)
            | Sql::IntegralValueOutOfRange(..)
            | Sql::InvalidColumnType(..)
            | Sql::Utf8Error(..) => Self::Corrupt {
                what: "a row holds an impossible value",
            },
            Sql::QueryReturnedNoRows => Self::NotFound { what: "row" },
            _ => Self::Database { code: -1 },
        }
    }
}

fn from_code(failure: ffi::Error, message: Option<String>) -> Error {
    let code = failure.extended_code;
    match failure.code {
        ErrorCode::DiskFull => Error::StorageFull,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Error::Corrupt {
            what: "a page does not authenticate",
        },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::Busy,
        ErrorCode::ConstraintViolation if is_unique(code) => Error::AlreadyExists {
            constraint: constraint_name(message),
        },
        _ => Error::Database { code },
    }
}

/// Whether a write failed. SQLite tells a full disk apart from other failures, but neither a used-up quota nor a file that may
/// not grow: [`crate::room`] looks.
pub(crate) fn is_failed_write(error: &Error) -> bool {
    let codes = [
        ffi::SQLITE_IOERR_WRITE,
        ffi::SQLITE_IOERR_TRUNCATE,
        ffi::SQLITE_IOERR_SHMSIZE,
        ffi::SQLITE_IOERR_FSYNC,
    ];
    matches!(error, Error::Database { code } if codes.contains(code))
}

fn is_unique(code: i32) -> bool {
    code == ffi::SQLITE_CONSTRAINT_UNIQUE || code == ffi::SQLITE_CONSTRAINT_PRIMARYKEY
}

/// SQLite's text for a unique constraint names its columns and nothing else.
fn constraint_name(message: Option<String>) -> String {
    message
        .as_deref()
        .and_then(|text| text.strip_prefix("UNIQUE constraint failed: "))
        .unwrap_or("unique")
        .to_owned()
}
