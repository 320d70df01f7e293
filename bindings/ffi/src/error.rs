//! The one error apps see: its variants say what the app does next.

/// Why a call failed. `reason` is a lower-case fragment without record content, fit for a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[uniffi::export(Display)]
pub enum CaseweaveError {
    /// A value breaks a rule: show the reason at the field it names.
    #[error("{field} is not accepted: {reason}")]
    InvalidInput {
        /// The field of the call, as the call spells it.
        field: String,
        /// The rule it breaks.
        reason: String,
    },
    /// There is nothing by that id on this device.
    #[error("{id} is not here: {reason}")]
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
    /// The signed-in worker may not do this.
    #[error("not allowed: {reason}")]
    NotAllowed {
        /// The right that is missing.
        reason: String,
    },
    /// The data is from a newer release: ask the person to update the app.
    #[error("version {found} is newer than {supported}: {reason}")]
    UpgradeRequired {
        /// The version of the data.
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
    /// The database is damaged and was set aside, never deleted.
    #[error("storage is damaged, kept at {kept_at}: {reason}")]
    StorageCorrupt {
        /// The path of the damaged file.
        kept_at: String,
        /// What was found.
        reason: String,
    },
    /// The key does not open this database.
    #[error("wrong key: {reason}")]
    WrongKey {
        /// What the key was tried on.
        reason: String,
    },
    /// The server refused the exchange: sign in again or call support.
    #[error("sync was rejected with code {code}: {reason}")]
    SyncRejected {
        /// The server's stable number.
        code: u32,
        /// The server's text.
        reason: String,
    },
    /// The call was stopped before it had an effect: nothing to do.
    #[error("interrupted: {reason}")]
    Interrupted {
        /// What stopped it.
        reason: String,
    },
    /// A fault of this library: report it.
    #[error("unexpected fault {code}: {reason}")]
    Unexpected {
        /// A stable number to report.
        code: u32,
        /// What was found.
        reason: String,
    },
}
