//! The one error apps see: its variants say what the app does next.

/// Why a call failed. `reason` is a lower-case fragment without record content, fit for a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[uniffi::export(Display)]
pub enum CaseweaveError {
    /// A value breaks a rule: show the reason at the field it names.
    #[error("{field} {reason}")]
    InvalidInput {
        /// The field, such as `phone.number`.
        field: String,
        /// What is wrong, without the value: it completes a sentence that begins with the field.
        reason: String,
    },
    /// There is nothing by that id on this device.
    #[error("{id} not found: {reason}")]
    NotFound {
        /// The id that was asked for.
        id: String,
        /// What was looked for.
        reason: String,
    },
    /// That id is taken by something else.
    #[error("{id} exists already: {reason}")]
    AlreadyExists {
        /// The id that was to be new.
        id: String,
        /// What has it.
        reason: String,
    },
    /// Not as things are: locked, closed, or without the right.
    #[error("not allowed: {reason}")]
    NotAllowed {
        /// Why.
        reason: String,
    },
    /// A newer version wrote this, or the server speaks a newer protocol only: ask the person to update the app.
    #[error("version {found} is newer than {supported}: {reason}")]
    UpgradeRequired {
        /// The version that was found; 0 where the server did not say.
        found: u32,
        /// The newest version this library reads.
        supported: u32,
        /// What has that version.
        reason: String,
    },
    /// The device has no room: ask the person to free some. Nothing was written.
    #[error("storage is full: {reason}")]
    StorageFull {
        /// What was being written.
        reason: String,
    },
    /// The database is damaged. It is never deleted: see `rescue`.
    #[error("storage is damaged, kept at {kept_at}: {reason}")]
    StorageCorrupt {
        /// Where the damaged file was set aside, or still stands where it could not be renamed. Empty where it is open: `set_aside` does it.
        kept_at: String,
        /// What was found.
        reason: String,
    },
    /// The key does not open this database, or the vault did not give it.
    #[error("wrong key: {reason}")]
    WrongKey {
        /// What the key was tried on.
        reason: String,
    },
    /// The server refused the exchange or the enrolment: enrol anew or call support.
    #[error("the server refused with {code}: {reason}")]
    SyncRejected {
        /// The server's stable code, such as `device_revoked`.
        code: String,
        /// The server's text.
        reason: String,
    },
    /// The network or the server was not there, or another process holds the database: try again later, nothing was lost.
    #[error("interrupted: {reason}")]
    Interrupted {
        /// What stopped it.
        reason: String,
    },
    /// A fault of this library: report it.
    #[error("unexpected error {code}: {reason}")]
    Unexpected {
        /// A stable number to report.
        code: u32,
        /// What was found.
        reason: String,
    },
}

/// Variant by variant: a new one in the facade does not compile until it has its place here.
impl From<caseweave::Error> for CaseweaveError {
    fn from(error: caseweave::Error) -> Self {
        use caseweave::Error;
        match error {
            Error::InvalidInput { field, reason } => Self::InvalidInput { field, reason },
            Error::NotFound { id, reason } => Self::NotFound { id, reason },
            Error::AlreadyExists { id, reason } => Self::AlreadyExists { id, reason },
            Error::NotAllowed { reason } => Self::NotAllowed { reason },
            Error::UpgradeRequired {
                found,
                supported,
                reason,
            } => Self::UpgradeRequired {
                found,
                supported,
                reason,
            },
            Error::StorageFull { reason } => Self::StorageFull { reason },
            Error::StorageCorrupt { kept_at, reason } => Self::StorageCorrupt { kept_at, reason },
            Error::WrongKey { reason } => Self::WrongKey { reason },
            Error::SyncRejected { code, reason } => Self::SyncRejected { code, reason },
            Error::Interrupted { reason } => Self::Interrupted { reason },
            Error::Unexpected { code, reason } => Self::Unexpected { code, reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_keeps_its_name_its_fields_and_its_text_on_the_way_to_an_app() {
        use caseweave::Error;
        let reason = || "a reason".to_owned();
        let errors = [
            Error::InvalidInput {
                field: "phone.number".into(),
                reason: reason(),
            },
            Error::NotFound {
                id: "01J".into(),
                reason: reason(),
            },
            Error::AlreadyExists {
                id: "01J".into(),
                reason: reason(),
            },
            Error::NotAllowed { reason: reason() },
            Error::UpgradeRequired {
                found: 3,
                supported: 2,
                reason: reason(),
            },
            Error::StorageFull { reason: reason() },
            Error::StorageCorrupt {
                kept_at: "/kept".into(),
                reason: reason(),
            },
            Error::WrongKey { reason: reason() },
            Error::SyncRejected {
                code: "device_revoked".into(),
                reason: reason(),
            },
            Error::Interrupted { reason: reason() },
            Error::Unexpected {
                code: 7,
                reason: reason(),
            },
        ];
        let numbers: Vec<u32> = errors.iter().map(Error::number).collect();
        assert_eq!(numbers, (1..=11).collect::<Vec<u32>>(), "one of each");
        for error in errors {
            let app = CaseweaveError::from(error.clone());
            assert_eq!(app.to_string(), error.to_string());
            // Names of variants and fields, and every value.
            assert_eq!(format!("{app:?}"), format!("{error:?}"));
        }
    }
}
