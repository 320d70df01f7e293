//! The public error: variants by what the app does next. Each inner error is mapped here and nowhere else.
//!
//! Stable numbers of the codes stand in core/docs/errors.md. No text holds record content.

use caseweave_engine::document::{EditError, LoadError};
use caseweave_engine::domain::Invalid;
use caseweave_engine::import::ImportError;
use caseweave_engine::instruments::RegisterError;
use caseweave_engine::report::ReportError;
use caseweave_engine::sync::CodecError;
use caseweave_engine::sync::wire::WireError;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call failed, by what the app does next. Every `reason` is a lower-case fragment for developers and support.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A value is missing, outside its limits, or not allowed as the record is. Fix the form; nothing was changed.
    #[error("{field} {reason}")]
    InvalidInput {
        /// The field, such as `phone.number`.
        field: String,
        /// What is wrong, without the value.
        reason: String,
    },
    /// The thing is not here.
    #[error("{id} not found: {reason}")]
    NotFound {
        /// What was asked for.
        id: String,
        /// What sort of thing it is.
        reason: String,
    },
    /// The id is in use.
    #[error("{id} exists already: {reason}")]
    AlreadyExists {
        /// The id.
        id: String,
        /// What sort of thing it is.
        reason: String,
    },
    /// Not as things are: locked, or without the right.
    #[error("not allowed: {reason}")]
    NotAllowed {
        /// Why.
        reason: String,
    },
    /// A newer version wrote this, or the other side speaks a newer protocol. Ask the worker to update the app.
    #[error("version {found} is newer than {supported}: {reason}")]
    UpgradeRequired {
        /// The version that was found.
        found: u32,
        /// The newest this library knows.
        supported: u32,
        /// Of what.
        reason: String,
    },
    /// No room. Nothing was changed; it works again when there is room.
    #[error("storage is full: {reason}")]
    StorageFull {
        /// Where.
        reason: String,
    },
    /// The database is damaged and is kept: `rescue` reads what can be read.
    #[error("storage is damaged, kept at {kept_at}: {reason}")]
    StorageCorrupt {
        /// The path it was renamed to, or where it still stands when it could not be renamed. Empty where it is open: `set_aside`
        /// renames it.
        kept_at: String,
        /// Which check failed.
        reason: String,
    },
    /// The key does not open the database, or the vault did not give it.
    #[error("wrong key: {reason}")]
    WrongKey {
        /// Why.
        reason: String,
    },
    /// The server refused the exchange or the enrolment.
    #[error("the server refused with {code}: {reason}")]
    SyncRejected {
        /// Stable code, such as `device_revoked`.
        code: String,
        /// What the server said.
        reason: String,
    },
    /// The network or the server was not there, or another process holds the database. Try again later; nothing was lost.
    #[error("interrupted: {reason}")]
    Interrupted {
        /// What happened.
        reason: String,
    },
    /// An error of ours. Report it with its code.
    #[error("unexpected error {code}: {reason}")]
    Unexpected {
        /// Number of the place, see core/docs/errors.md.
        code: u32,
        /// What happened.
        reason: String,
    },
}

impl Error {
    /// The stable number of the variant, as core/docs/errors.md lists it.
    pub fn number(&self) -> u32 {
        match self {
            Self::InvalidInput { .. } => 1,
            Self::NotFound { .. } => 2,
            Self::AlreadyExists { .. } => 3,
            Self::NotAllowed { .. } => 4,
            Self::UpgradeRequired { .. } => 5,
            Self::StorageFull { .. } => 6,
            Self::StorageCorrupt { .. } => 7,
            Self::WrongKey { .. } => 8,
            Self::SyncRejected { .. } => 9,
            Self::Interrupted { .. } => 10,
            Self::Unexpected { .. } => 11,
        }
    }

    pub(crate) fn damaged(path: &std::path::Path, reason: impl Into<String>) -> Self {
        Self::StorageCorrupt {
            kept_at: path.display().to_string(),
            reason: reason.into(),
        }
    }
}

impl From<caseweave_store::Error> for Error {
    fn from(error: caseweave_store::Error) -> Self {
        use caseweave_store::Error as Store;
        let reason = error.to_string();
        match error {
            Store::NotEncrypted | Store::WrongKey => Self::WrongKey { reason },
            Store::Corrupt { .. } => Self::StorageCorrupt {
                kept_at: String::new(),
                reason,
            },
            Store::UpgradeRequired { found, supported } => Self::UpgradeRequired {
                found,
                supported,
                reason,
            },
            Store::Busy => Self::Interrupted { reason },
            Store::StorageFull => Self::StorageFull { reason },
            Store::NotFound { what } => Self::NotFound {
                id: what.to_owned(),
                reason,
            },
            Store::AlreadyExists { constraint } => Self::Unexpected {
                code: 101,
                reason: format!("a row exists already: {constraint}"),
            },
            Store::Unsent { .. } => Self::NotAllowed { reason },
            Store::Nested => Self::Unexpected { code: 102, reason },
            Store::Io(source) => Self::Unexpected {
                code: 103,
                reason: source.kind().to_string(),
            },
            Store::Database { .. } => Self::Unexpected { code: 104, reason },
            Store::CipherMissing => Self::Unexpected { code: 105, reason },
        }
    }
}

impl From<EditError> for Error {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Invalid { position, reason } => invalid(position, reason),
            EditError::Refused(refusal) => Self::InvalidInput {
                field: "edits".into(),
                reason: format!("are past a limit together: {}", refusal.code()),
            },
            EditError::TooLarge { field, reason } => Self::InvalidInput {
                field: field.into(),
                reason: reason.into(),
            },
            EditError::Document(_) => Self::Unexpected {
                code: 201,
                reason: error.to_string(),
            },
        }
    }
}

fn invalid(position: usize, reason: Invalid) -> Error {
    let edit = format!("in edit {position}");
    match reason {
        Invalid::Field { field, reason } => Error::InvalidInput {
            field,
            reason: format!("{reason} ({edit})"),
        },
        Invalid::NotFound { kind, id } => Error::NotFound {
            id: id.to_string(),
            reason: format!("no such {} ({edit})", kind.key()),
        },
        Invalid::AlreadyExists { kind, id } => Error::AlreadyExists {
            id: id.to_string(),
            reason: format!("{} ({edit})", kind.key()),
        },
    }
}

impl From<RegisterError> for Error {
    fn from(error: RegisterError) -> Self {
        let text = error.to_string();
        match error {
            RegisterError::Invalid(invalid) => Self::InvalidInput {
                field: match invalid.field.as_str() {
                    "" => "definition".into(),
                    _ => invalid.field,
                },
                reason: format!("{} (line {})", invalid.reason, invalid.line),
            },
            RegisterError::Taken { id, .. } => Self::AlreadyExists { id, reason: text },
            RegisterError::TooMany => Self::NotAllowed { reason: text },
        }
    }
}

impl From<ReportError> for Error {
    fn from(error: ReportError) -> Self {
        Self::InvalidInput {
            field: error.field().into(),
            reason: error.to_string(),
        }
    }
}

impl From<ImportError> for Error {
    fn from(error: ImportError) -> Self {
        Self::InvalidInput {
            field: error.part.into(),
            reason: error.reason,
        }
    }
}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        Self::StorageCorrupt {
            kept_at: String::new(),
            reason: error.to_string(),
        }
    }
}

impl From<CodecError> for Error {
    fn from(error: CodecError) -> Self {
        Self::Interrupted {
            reason: format!("the answer cannot be read: {error}"),
        }
    }
}

/// The server's code for a device that was revoked.
pub(crate) const REVOKED: &str = "device_revoked";

/// Whether the server refuses this device because it was revoked.
pub(crate) fn is_revoked(error: &Error) -> bool {
    matches!(error, Error::SyncRejected { code, .. } if code == REVOKED)
}

/// What a device is told that was revoked.
pub(crate) fn revoked() -> Error {
    Error::SyncRejected {
        code: REVOKED.into(),
        reason: "device was revoked".into(),
    }
}

/// What an answer that is no success means.
pub(crate) fn from_answer(status: u16, body: &[u8]) -> Error {
    let said: Option<WireError> = caseweave_engine::sync::unpack(body).ok();
    let reason = said
        .as_ref()
        .map_or_else(|| format!("status {status}"), |said| said.reason.clone());
    let code = said.map(|said| said.code);
    match (status, code) {
        (426, _) => Error::UpgradeRequired {
            found: 0,
            supported: u32::from(caseweave_engine::sync::wire::WIRE_VERSION),
            reason,
        },
        (400..=499, Some(code)) if status != 429 && status != 408 => {
            Error::SyncRejected { code, reason }
        }
        _ => Error::Interrupted {
            reason: format!("the server is not to be had: {reason}"),
        },
    }
}
