//! What can go wrong on the server's side. What a device did wrong is an answer, not an error.

use caseweave_engine::ids::{DeviceId, OrganisationId, WorkerId};
use caseweave_engine::instruments::InvalidDefinition;
use caseweave_engine::sync::CodecError;
use caseweave_engine::sync::server::Unloadable;

/// Why the server could not do what was asked. No variant carries record content.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused.
    #[error("storage failed")]
    Storage(#[from] rusqlite::Error),
    /// A file could not be made or read.
    #[error("file system failed")]
    Files(#[from] std::io::Error),
    /// A stored document cannot be built any more. Run `check`.
    #[error("stored document is damaged")]
    Damaged(#[from] Unloadable),
    /// A stored value has a form that this version does not write. Run `check`.
    #[error("stored {what} is damaged")]
    DamagedRow {
        /// What it is.
        what: &'static str,
    },
    /// An answer could not be packed.
    #[error("answer cannot be packed")]
    Packing(#[from] CodecError),
    /// The system gives no random bytes.
    #[error(transparent)]
    NoEntropy(#[from] crate::seams::NoEntropy),
    /// The database was written by a newer version.
    #[error("database version {found} is newer than the supported {supported}")]
    UpgradeRequired {
        /// Its version.
        found: u32,
        /// The newest this version knows.
        supported: u32,
    },
    /// There is no such organisation.
    #[error("organisation {0} does not exist")]
    NoSuchOrganisation(OrganisationId),
    /// The settings cannot stand.
    #[error("settings cannot stand: {0}")]
    InvalidSettings(#[from] InvalidDefinition),
    /// There is no such worker in the organisation.
    #[error("worker {0} does not exist")]
    NoSuchWorker(WorkerId),
    /// There is no such device in the organisation.
    #[error("device {0} does not exist")]
    NoSuchDevice(DeviceId),
}
