//! The handle on an installation: opening, locking, closing, editing.

use std::sync::Arc;

use caseweave::domain::Edit;
use caseweave::{CaseId, DeviceId, EditReceipt, EntityId, Lease, OrganisationId, WhoAmI, WorkerId};
use chrono::{DateTime, Utc};

use crate::vault::options;
use crate::{CaseweaveError, KeyVault};

/// One enrolled installation's record of its caseload. One handle a directory; share it between threads.
///
/// Every call is short and blocks; those that read disk say so. Reading never waits for writing.
#[derive(Debug, uniffi::Object)]
pub struct CaseweaveHandle(pub(crate) caseweave::Caseweave);

/// Who an installation is.
#[uniffi::remote(Record)]
pub struct WhoAmI {
    /// The worker.
    pub worker: WorkerId,
    /// The worker's name as shown.
    pub worker_name: String,
    /// The device.
    pub device: DeviceId,
    /// The agency.
    pub organisation: OrganisationId,
    /// Where the server is reached.
    pub server_url: String,
}

/// Until when a device shows the record without hearing from its server.
#[uniffi::remote(Record)]
pub struct Lease {
    /// The last exchange that the server answered, by this device's clock.
    pub confirmed_at: DateTime<Utc>,
    /// When reading stops unless the server answers before, by this device's clock.
    pub ends_at: DateTime<Utc>,
    /// Whether reading has stopped.
    pub ended: bool,
}

/// What a call's edits came to.
#[uniffi::remote(Record)]
pub struct EditReceipt {
    /// Whether anything changed: edits that say what the record says already do not.
    pub changed: bool,
    /// The case's state after them, for `case_at`.
    pub revision: String,
}

#[uniffi::export]
impl CaseweaveHandle {
    /// Opens an installation that was enrolled before. Reads disk and asks the vault; call off the main thread.
    ///
    /// Fails with `NotFound` (nothing was enrolled in this directory), `WrongKey`, `StorageCorrupt` (the file was set aside, now or
    /// before, see `rescue`), `UpgradeRequired`, `Interrupted` (another process or handle has it open), `StorageFull`.
    #[uniffi::constructor]
    pub fn open(directory: String, vault: Arc<dyn KeyVault>) -> Result<Self, CaseweaveError> {
        Ok(Self(caseweave::Caseweave::open(options(directory, vault))?))
    }

    /// Drops the keys and everything that was read. Until `unlock` every call fails with `NotAllowed`.
    pub fn lock(&self) -> Result<(), CaseweaveError> {
        self.0.lock();
        Ok(())
    }

    /// Asks the vault again and opens the database. Does nothing where it is open. Fails as `open` does.
    pub fn unlock(&self) -> Result<(), CaseweaveError> {
        Ok(self.0.unlock()?)
    }

    /// Locks, and renames the database aside: for damage that shows while it is open (`StorageCorrupt` without a place). Gives where it
    /// is now, for `rescue` with `into` where it was, `caseweave.db` in the directory; then `unlock`, which until then fails with
    /// `StorageCorrupt` and this place. Fails with `Interrupted` where a call of another thread has not ended: call again. Writes disk.
    pub fn set_aside(&self) -> Result<String, CaseweaveError> {
        Ok(self.0.set_aside()?.display().to_string())
    }

    /// Closes the handle for good: every later call fails with `NotAllowed`. Everything was durable before.
    pub fn shut_down(&self) -> Result<(), CaseweaveError> {
        self.0.close();
        Ok(())
    }

    /// Who this installation is.
    pub fn who_am_i(&self) -> Result<WhoAmI, CaseweaveError> {
        Ok(self.0.who_am_i()?)
    }

    /// Until when this device shows the record without hearing from its server. Once that time is over, calls that show the record
    /// fail with `NotAllowed` until the server has answered an exchange; edits are still kept and sent.
    pub fn lease(&self) -> Result<Lease, CaseweaveError> {
        Ok(self.0.lease()?)
    }

    /// A new id, for a case or whatever else an edit adds. An edit that is repeated with the same id is seen to be the same.
    pub fn new_id(&self) -> Result<EntityId, CaseweaveError> {
        Ok(self.0.new_id()?)
    }

    /// Makes edits to one case, one restricted compartment or one provider: all of them or none. Durable when this returns. Writes disk; call off the main thread.
    ///
    /// Fails with `InvalidInput` (the field that cannot stand is named), `NotFound`, `AlreadyExists`, `NotAllowed`, `StorageFull`,
    /// `StorageCorrupt`; then nothing was changed.
    pub fn edit(&self, case: CaseId, edits: Vec<Edit>) -> Result<EditReceipt, CaseweaveError> {
        Ok(self.0.edit(case, &edits)?)
    }
}
