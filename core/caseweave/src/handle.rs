//! The handle on an installation: opening, locking, closing.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use caseweave_engine::document::Document;
use caseweave_engine::identity::{Author, DeviceKey, Session};
use caseweave_engine::ids::{EntityId, IdSource};
use caseweave_engine::settings::Rules;
use caseweave_store::{ChangeState, Identity, OpenOptions, RescueReport, Store, StoredDocument};
use chrono::{DateTime, Utc};
use parking_lot::{Mutex, RwLock};

use crate::cases::{Cases, put_together};
use crate::changes::Listener;
use crate::host::{Host, random};
use crate::lease::LeaseClock;
use crate::rules;
use crate::vault::{self, KeyVault, database_path, load_database_key};
use crate::{CaseId, Error, Result, SystemHost, WorkerId};

/// Where an installation is and what it needs from the app.
#[derive(Clone)]
pub struct Options {
    /// A directory of the app's own, not shared and not backed up: the database and its sealed key live there.
    pub directory: PathBuf,
    /// Seals and opens the keys.
    pub vault: Arc<dyn KeyVault>,
    /// Clock and randomness.
    pub host: Arc<dyn Host>,
}

impl Options {
    /// An installation in a directory, with the machine's own clock and randomness.
    pub fn new(directory: impl Into<PathBuf>, vault: Arc<dyn KeyVault>) -> Self {
        Self {
            directory: directory.into(),
            vault,
            host: Arc::new(SystemHost::default()),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

/// Who this installation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoAmI {
    /// The worker.
    pub worker: WorkerId,
    /// The worker's name as shown.
    pub worker_name: String,
    /// The device.
    pub device: crate::DeviceId,
    /// The agency.
    pub organisation: crate::OrganisationId,
    /// Where the server is reached.
    pub server_url: String,
}

/// One enrolled installation's record of its caseload. One handle a database; share it between threads.
pub struct Caseweave {
    pub(crate) installation: Installation,
    pub(crate) listener: Arc<Listener>,
}

/// An installation as the handle and its sessions share it.
#[derive(Clone)]
pub(crate) struct Installation {
    options: Options,
    open: Arc<RwLock<Access>>,
}

/// Whether calls are answered.
enum Access {
    Open(Arc<Open>),
    Locked,
    Closed,
    /// Keys and files are gone.
    Revoked,
}

impl Installation {
    /// What is open, for the length of one call: whoever keeps it keeps the keys beyond a lock.
    pub(crate) fn opened(&self) -> Result<Arc<Open>> {
        match &*self.open.read() {
            Access::Open(open) => Ok(Arc::clone(open)),
            Access::Locked => Err(Error::NotAllowed {
                reason: "the record is locked".into(),
            }),
            Access::Closed => Err(closed()),
            Access::Revoked => Err(revoked()),
        }
    }

    /// Destroys keys and files: the device was revoked. What cannot be done now is done by the next opening or enrolment.
    pub(crate) fn destroy(&self) {
        *self.open.write() = Access::Revoked;
        if let Err(error) = vault::destroy(&self.options.directory, &*self.options.vault) {
            tracing::error!(target: "caseweave", %error, "a revoked installation is not destroyed yet");
        }
    }
}

impl fmt::Debug for Caseweave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caseweave")
            .field("directory", &self.installation.options.directory)
            .finish_non_exhaustive()
    }
}

/// What exists while the handle is unlocked. Dropping it closes the database and wipes the keys.
pub(crate) struct Open {
    pub(crate) store: Store,
    pub(crate) identity: Identity,
    pub(crate) key: DeviceKey,
    pub(crate) session: Mutex<Session>,
    pub(crate) ids: Mutex<IdSource>,
    pub(crate) cases: Cases,
    pub(crate) rules: RwLock<Rules>,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) lease: Mutex<LeaseClock>,
    /// Held over each write together with what it does to the cached documents.
    pub(crate) writing: Mutex<()>,
    /// Held over an import, so that two of the same table do not open each case twice.
    pub(crate) importing: Mutex<()>,
}

impl Caseweave {
    /// Opens an installation that was enrolled before. Reads disk and asks the vault; call off the main thread.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: nothing was enrolled in this directory, or the device was revoked and its files are gone.
    /// - [`Error::WrongKey`]: the vault did not give the key, or it does not fit.
    /// - [`Error::StorageCorrupt`]: the file is damaged; it was set aside, now or before, see [`rescue`].
    /// - [`Error::UpgradeRequired`]: a newer version wrote it; it was left alone.
    /// - [`Error::Interrupted`]: another process or handle has it open.
    /// - [`Error::StorageFull`]: there is no room to bring the file of an older version forward. What merely catches up waits for the
    ///   next opening instead.
    /// - [`Error::Unexpected`].
    pub fn open(options: Options) -> Result<Self> {
        let open = Open::from_disk(&options)?;
        Ok(handle(open, options))
    }

    /// Drops the keys and everything that was read; the database is closed when calls under way have ended. Until
    /// [`Self::unlock`] every call answers [`Error::NotAllowed`], also those of an exchange that was begun before.
    pub fn lock(&self) {
        let mut access = self.installation.open.write();
        let Access::Open(open) = &*access else {
            return;
        };
        let open = Arc::clone(open);
        *access = Access::Locked;
        drop(access);
        // A write that goes on is waited for with nothing held that others wait for.
        if let Err(error) = open.keep_lease() {
            tracing::warn!(target: "caseweave", %error, "the lease's clock was not kept");
        }
    }

    /// Asks the vault again and opens the database. Does nothing where it is open.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], once closed.
    /// - As [`Self::open`].
    pub fn unlock(&self) -> Result<()> {
        let Installation { options, open } = &self.installation;
        let mut access = open.write();
        match *access {
            Access::Open(_) => {}
            Access::Locked => *access = Access::Open(Arc::new(Open::from_disk(options)?)),
            Access::Closed => return Err(closed()),
            Access::Revoked => return Err(revoked()),
        }
        Ok(())
    }

    /// Locks, and renames the database aside: for damage that shows while it is open ([`Error::StorageCorrupt`] without a place). Gives
    /// where it is now, for [`rescue`] with `into` where it was, `caseweave.db` in the directory; then [`Self::unlock`], which until
    /// then answers [`Error::StorageCorrupt`] with this place.
    ///
    /// # Errors
    /// - [`Error::Interrupted`]: a call of another thread has not ended, or unlocked it again. Call again.
    /// - [`Error::StorageCorrupt`]: it was set aside before, and is not rescued yet.
    /// - [`Error::NotFound`]: there is no database.
    /// - [`Error::NotAllowed`], once closed.
    /// - [`Error::Unexpected`]: the file system refused.
    pub fn set_aside(&self) -> Result<PathBuf> {
        self.lock();
        let Installation { options, open } = &self.installation;
        // Held meanwhile, so that nobody unlocks.
        let access = open.write();
        match *access {
            Access::Open(_) | Access::Locked => {}
            Access::Closed => return Err(closed()),
            Access::Revoked => return Err(revoked()),
        }
        let path = database_path(&options.directory);
        match caseweave_store::set_aside(&path) {
            Err(caseweave_store::Error::NotFound { .. }) => Err(nothing_at(&path)),
            set_aside => Ok(set_aside?),
        }
    }

    /// Closes the handle for good: every later call answers [`Error::NotAllowed`]. Everything was durable before; this frees
    /// files and memory early.
    pub fn close(&self) {
        let mut access = self.installation.open.write();
        if !matches!(*access, Access::Revoked) {
            *access = Access::Closed;
        }
    }

    /// Who this installation is.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked.
    pub fn who_am_i(&self) -> Result<WhoAmI> {
        let open = self.opened()?;
        let identity = &open.identity;
        Ok(WhoAmI {
            worker: identity.worker,
            worker_name: identity.worker_name.clone(),
            device: identity.device,
            organisation: identity.organisation,
            server_url: identity.server_url.clone(),
        })
    }

    /// A new id, for whatever an edit adds. An edit that is repeated with the same id is seen to be the same.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked.
    pub fn new_id(&self) -> Result<EntityId> {
        Ok(self.opened()?.new_id())
    }

    /// A new id for a case, for the edit that opens it.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked.
    pub fn new_case_id(&self) -> Result<CaseId> {
        Ok(CaseId::from_bytes(self.new_id()?.to_bytes()))
    }

    pub(crate) fn opened(&self) -> Result<Arc<Open>> {
        self.installation.opened()
    }

    /// As [`Self::opened`], for calls that show the record: refused once the offline lease is over.
    pub(crate) fn readable(&self) -> Result<Arc<Open>> {
        let open = self.opened()?;
        open.check_lease()?;
        Ok(open)
    }
}

fn revoked() -> Error {
    Error::NotAllowed {
        reason: "the device was revoked: its keys and files are gone".into(),
    }
}

fn closed() -> Error {
    Error::NotAllowed {
        reason: "the record was closed".into(),
    }
}

impl Open {
    fn from_disk(options: &Options) -> Result<Self> {
        vault::finish_destroying(&options.directory, &*options.vault)?;
        let key = load_database_key(&options.directory, &*options.vault)?;
        let path = database_path(&options.directory);
        if !path.exists() {
            return Err(nothing_at(&path));
        }
        let opened = Store::open(&path, &key, store_options())
            .map_err(Error::from)
            .and_then(|store| Self::of_store(store, options));
        // The store is closed by now.
        opened.map_err(|error| set_damaged_aside(&path, error))
    }

    fn of_store(store: Store, options: &Options) -> Result<Self> {
        let identity = store
            .read(|tx| tx.identity())?
            .ok_or_else(|| Error::NotFound {
                id: store.path().display().to_string(),
                reason: "the enrolment was not finished".into(),
            })?;
        Self::with(store, identity, options)
    }

    pub(crate) fn with(store: Store, identity: Identity, options: &Options) -> Result<Self> {
        let seed = vault::open_device_key(&*options.vault, &identity.sealed_key)?;
        let confirmed = store.read(|tx| tx.confirmed())?;
        let rules = rules::load(&store)?;
        let open = Self {
            store,
            identity,
            key: DeviceKey::from_seed(*seed),
            session: Mutex::new(Session(random(&*options.host))),
            ids: Mutex::new(IdSource::new(random(&*options.host))),
            cases: Cases::default(),
            rules: RwLock::new(rules),
            host: Arc::clone(&options.host),
            lease: Mutex::new(LeaseClock::starting(&*options.host, confirmed)),
            writing: Mutex::new(()),
            importing: Mutex::new(()),
        };
        unless_full(open.keep_lease())?;
        unless_full(open.bring_rows_up_to_date())?;
        Ok(open)
    }

    /// The moment by this device's clock.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.host.now_ms()).unwrap_or_default()
    }

    pub(crate) fn new_id(&self) -> EntityId {
        let ms = u64::try_from(self.host.now_ms()).unwrap_or_default();
        self.ids.lock().next(ms)
    }

    /// The author of everything that is written here.
    pub(crate) fn author(&self) -> Author {
        Author {
            worker: self.identity.worker,
            device: self.identity.device,
        }
    }
}

pub(crate) fn handle(open: Open, options: Options) -> Caseweave {
    Caseweave {
        installation: Installation {
            open: Arc::new(RwLock::new(Access::Open(Arc::new(open)))),
            options,
        },
        listener: Arc::default(),
    }
}

pub(crate) fn store_options() -> OpenOptions {
    OpenOptions {
        readers: 4,
        busy_timeout: Duration::from_secs(5),
    }
}

/// Passes over a write that found no room, and that the next opening makes up for: a full phone can still be read.
fn unless_full(written: Result<()>) -> Result<()> {
    match written {
        Err(Error::StorageFull { .. }) => {
            tracing::warn!(target: "caseweave", "opened without room to write");
            Ok(())
        }
        written => written,
    }
}

/// A damaged file is renamed aside, so that the next start does not meet it again, and the app is told where it is.
fn set_damaged_aside(path: &Path, error: Error) -> Error {
    match error {
        Error::StorageCorrupt { reason, .. } => match caseweave_store::set_aside(path) {
            Ok(kept_at) => Error::damaged(&kept_at, reason),
            Err(_) => Error::damaged(path, reason),
        },
        other => other,
    }
}

/// Why there is no database where one was. It may have been set aside, and the app ended before it was rescued.
fn nothing_at(path: &Path) -> Error {
    match caseweave_store::last_set_aside(path) {
        Some(kept_at) => Error::damaged(
            &kept_at,
            "the database was set aside and is not rescued yet",
        ),
        None => Error::NotFound {
            id: path.display().to_string(),
            reason: "the database file is not there; its key is".into(),
        },
    }
}

/// Reads what can be read of a damaged database into a new one at `into`, under the same key: with `into` where the database was,
/// [`Caseweave::open`] goes on with it, and the next exchange fetches what was lost. Reads `damaged` only.
///
/// # Errors
/// - [`Error::AlreadyExists`]: there is a file at `into`.
/// - [`Error::NotFound`]: there is no key in the directory.
/// - [`Error::WrongKey`]: the vault did not give the key, or it does not fit.
/// - [`Error::StorageCorrupt`]: nothing at all can be read.
/// - [`Error::StorageFull`], [`Error::Unexpected`].
pub fn rescue(options: &Options, damaged: &Path, into: &Path) -> Result<RescueReport> {
    let key = load_database_key(&options.directory, &*options.vault)?;
    if into.exists() {
        return Err(Error::AlreadyExists {
            id: into.display().to_string(),
            reason: "a file is there".into(),
        });
    }
    let is_whole = |stored: &StoredDocument| {
        put_together(stored).is_ok_and(|document| {
            document.heads() == stored.row.heads && is_known_or_waits(&document, stored)
        })
    };
    Ok(caseweave_store::rescue(damaged, &key, into, is_whole)?)
}

/// Whether each change of a document is known to the server or has the row that it is sent from. What is built on one that has neither
/// could never be sent.
fn is_known_or_waits(document: &Document, stored: &StoredDocument) -> bool {
    let rows = stored.tail.rows.iter();
    let waiting: BTreeSet<_> = rows
        .filter(|change| change.state == ChangeState::Local)
        .map(|change| change.hash)
        .collect();
    document.heads_without(&waiting) == stored.row.acknowledged_heads
}
