//! A device: an installation in a directory of its own, with a vault and a clock.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use caseweave::domain::{CaseView, Edit};
use caseweave::{
    CaseId, Caseweave, Enrolment, EntityId, Error, KeyVault, ListQuery, Options, VaultError,
};
use caseweave_engine::ids::DeviceId;
use caseweave_store::{ChangeState, NewChange, OpenOptions, ReadTx, Store, StoreKey, WriteTx};
use tempfile::TempDir;

use crate::agency::{Files, copy_all};
use crate::{Carrier, Dice, SeededHost, TestClock};

/// A vault that seals by turning bits, and can be made to fail.
#[derive(Default)]
pub struct Vault {
    fails: AtomicBool,
    deleted: Mutex<BTreeSet<String>>,
}

impl Vault {
    /// Makes every call fail, or work again.
    pub fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::Relaxed);
    }

    /// The names whose keys it was told to forget, sorted.
    pub fn deleted(&self) -> Vec<String> {
        self.deleted.lock().unwrap().iter().cloned().collect()
    }

    fn turn(&self, bytes: &[u8]) -> Result<Vec<u8>, VaultError> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(VaultError {
                reason: "the vault is closed".into(),
            });
        }
        Ok(bytes.iter().map(|byte| !byte).collect())
    }
}

impl KeyVault for Vault {
    fn seal(&self, _: &str, secret: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.turn(secret)
    }
    fn open(&self, _: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.turn(sealed)
    }
    fn delete(&self, name: &str) -> Result<(), VaultError> {
        self.turn(&[])?;
        self.deleted.lock().unwrap().insert(name.to_owned());
        Ok(())
    }
}

/// One installation.
pub struct Device {
    /// The handle under test.
    pub caseweave: Caseweave,
    /// The device's own clock.
    pub clock: TestClock,
    /// The device's vault.
    pub vault: Arc<Vault>,
    dice: Dice,
    directory: Files,
}

impl Device {
    pub(crate) fn enrol(
        link: &str,
        clock: TestClock,
        dice: Dice,
        network: &mut impl Carrier,
    ) -> Self {
        let files = tempfile::tempdir().unwrap().into();
        Self::enrol_in(files, link, clock, dice, network)
    }

    pub(crate) fn enrol_in(
        directory: Files,
        link: &str,
        clock: TestClock,
        dice: Dice,
        network: &mut impl Carrier,
    ) -> Self {
        let vault = Arc::new(Vault::default());
        let options = options(directory.path(), &vault, &clock, &dice);
        let enrolment = Enrolment::begin(link, options).unwrap();
        let (status, body) = network.carry(&enrolment.request().unwrap()).unwrap();
        let caseweave = enrolment.finish(status, &body).unwrap();
        Self {
            caseweave,
            clock,
            vault,
            dice,
            directory,
        }
    }

    /// The installation in a directory that outlives this process. Another seed makes another process.
    pub fn kept(directory: &Path, clock: TestClock, seed: u64) -> Self {
        let dice = Dice::new(seed, "device");
        Self::on(directory.to_owned().into(), clock, Arc::default(), dice)
    }

    /// Where the installation's files are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What the handle was opened with.
    pub fn options(&self) -> Options {
        options(self.directory(), &self.vault, &self.clock, &self.dice)
    }

    /// The same installation after its process ended without a word and started again.
    pub fn restart(self) -> Self {
        let Self {
            caseweave,
            clock,
            vault,
            dice,
            directory,
        } = self;
        drop(caseweave);
        Self::on(directory, clock, vault, dice)
    }

    /// A second phone with a copy of this one's files, as a backup or a cloning app makes it.
    pub fn cloned(self) -> (Self, Self) {
        let copy = self.backup();
        let (clock, vault) = (self.clock.clone(), Arc::clone(&self.vault));
        let dice = Dice::new(self.dice.below(u64::MAX), "clone");
        (self, Self::on(copy.into(), clock, vault, dice))
    }

    /// Reads the installation's storage. The handle is locked meanwhile.
    pub fn stored<T>(&self, read: impl FnOnce(&ReadTx<'_>) -> T) -> T {
        self.in_store(|store| {
            store
                .read(|tx| Ok::<_, caseweave_store::Error>(read(tx)))
                .unwrap()
        })
    }

    /// Damages a case: a change that cannot be read stands among its rows. The handle is locked meanwhile.
    pub fn damage(&self, case: CaseId) {
        let change = NewChange {
            document: case,
            hash: [0; 32],
            actor: [0; 16],
            seq: 1,
            session: None,
            device: None,
            worker: None,
            claimed_ms: 0,
            received_ms: None,
            state: ChangeState::Remote,
            group: None,
            bytes: b"no change",
        };
        self.in_store(|store| store.write(|tx| tx.append_change(change)).unwrap());
    }

    /// Has the next exchange begin anew, as after a rescue.
    pub fn begin_anew(&self) {
        let sql = "UPDATE sync_state SET cursor = NULL";
        self.raw().execute(sql, []).unwrap();
    }

    /// Loses the rows of a record's changes.
    pub fn lose_changes_of(&self, case: CaseId) {
        let sql = "DELETE FROM changes WHERE document = ?1";
        assert!(self.raw().execute(sql, [case.to_bytes()]).unwrap() > 0);
    }

    /// Writes over the beginning of every page of a table but its first. The handle is locked meanwhile.
    pub fn damage_pages_of(&self, table: &str) {
        self.caseweave.lock();
        self.damage_where(table, "path <> '/'");
        self.caseweave.unlock().unwrap();
    }

    /// Writes over the beginning of a table's first page. The handle is locked.
    pub fn damage_root_of(&self, table: &str) {
        self.damage_where(table, "path = '/'");
    }

    fn damage_where(&self, table: &str, place: &str) {
        let raw = self.raw();
        let sql = &format!("SELECT pageno FROM dbstat WHERE name = ?1 AND {place}");
        let mut statement = raw.prepare(sql).unwrap();
        let pages = statement.query_map([table], |row| row.get(0)).unwrap();
        let pages: Vec<usize> = pages.map(Result::unwrap).collect();
        assert!(!pages.is_empty(), "it has no such page");
        drop(statement);
        drop(raw);
        let mut bytes = std::fs::read(self.database()).unwrap();
        for page in pages {
            let begin = (page - 1) * 4_096;
            bytes.get_mut(begin..begin + 64).unwrap().fill(0xff);
        }
        std::fs::write(self.database(), bytes).unwrap();
    }

    /// Sets the database back to before some migrations, by statements that undo them. Records that the version then could not
    /// read have no rows. The handle is locked meanwhile and migrates when it is unlocked.
    pub fn set_back_to(&self, version: u32, unread: &[CaseId], undo: &str) {
        self.caseweave.lock();
        let forget = |tx: &WriteTx<'_>| unread.iter().try_for_each(|id| tx.forget_projection(*id));
        self.store().write(forget).unwrap();
        let raw = self.raw();
        raw.execute_batch(undo).unwrap();
        raw.pragma_update(None, "user_version", version).unwrap();
        drop(raw);
        self.caseweave.unlock().unwrap();
    }

    /// Locks the handle, says that a version wrote the database, and tries to unlock it. Gives the version that stood there.
    pub fn written_by(&self, version: u32) -> (u32, caseweave::Result<()>) {
        self.caseweave.lock();
        let raw = self.raw();
        let stood = raw.pragma_query_value(None, "user_version", |row| row.get(0));
        raw.pragma_update(None, "user_version", version).unwrap();
        drop(raw);
        (stood.unwrap(), self.caseweave.unlock())
    }

    /// Writes other text over the edits that are kept with calls which wait: as if a version of another vocabulary had kept them, or
    /// a rescue had not found them.
    pub fn spoil_kept_edits(&self, text: &str) {
        self.raw()
            .execute("UPDATE groups SET edits = CAST(?1 AS BLOB)", [text])
            .unwrap();
    }

    /// Writes over the first change that waits in a case, as damage does that leaves the pages whole. The handle is locked meanwhile.
    pub fn damage_first_waiting(&self, case: CaseId) {
        self.caseweave.lock();
        let sql = "UPDATE changes SET bytes = x'00'
            WHERE number = (SELECT min(number) FROM changes WHERE document = ?1 AND state = 0)";
        self.raw().execute(sql, [case.to_bytes()]).unwrap();
        self.caseweave.unlock().unwrap();
    }

    /// Forgets which calls wait, and keeps the changes they made: what a rescue finds after the page of these rows was lost.
    pub fn forget_kept_calls(&self) {
        self.raw().execute("DELETE FROM groups", []).unwrap();
    }

    /// Loses the row of the first change that waits and is folded into its record's snapshot.
    pub fn lose_first_folded(&self) {
        let sql = "DELETE FROM changes
            WHERE number = (SELECT min(number) FROM changes WHERE state = 0 AND folded = 1)";
        assert_eq!(self.raw().execute(sql, []).unwrap(), 1, "none is folded");
    }

    /// Has the rows of every record made anew when the database is opened next.
    pub fn outdate_rows(&self) {
        let sql = "INSERT OR IGNORE INTO outdated SELECT id FROM documents WHERE kind = 0";
        self.raw().execute(sql, []).unwrap();
    }

    /// A copy of the files as they stand now, as if the process were killed at this moment.
    pub fn killed(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_all(self.directory(), copy.path());
        copy
    }

    /// Lets the installation forget another device, as if it had not been told of it.
    pub fn forget_device(&self, device: DeviceId) {
        let sql = "DELETE FROM devices WHERE device = ?1";
        assert_eq!(self.raw().execute(sql, [device.to_bytes()]).unwrap(), 1);
    }

    /// A connection to the database beside the handle's own.
    fn raw(&self) -> rusqlite::Connection {
        let key = self.key().map(|byte| format!("{byte:02x}")).concat();
        let raw = rusqlite::Connection::open(self.database()).unwrap();
        raw.execute_batch(&format!(
            "PRAGMA key = \"x'{key}'\"; PRAGMA cipher_page_size = 4096; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;"
        ))
        .unwrap();
        raw
    }

    fn in_store<T>(&self, work: impl FnOnce(&Store) -> T) -> T {
        self.caseweave.lock();
        let done = work(&self.store());
        self.caseweave.unlock().unwrap();
        done
    }

    fn store(&self) -> Store {
        let key = StoreKey::from_bytes(self.key());
        Store::open(&self.database(), &key, OpenOptions::default()).unwrap()
    }

    fn database(&self) -> PathBuf {
        self.directory().join("caseweave.db")
    }

    /// The vault seals by turning bits.
    fn key(&self) -> [u8; 32] {
        let sealed = std::fs::read(self.directory().join("caseweave.key")).unwrap();
        let key: Vec<u8> = sealed.iter().map(|byte| !byte).collect();
        key.try_into().unwrap()
    }

    /// A copy of the files. The handle is closed and opened again for it.
    pub fn backup(&self) -> TempDir {
        self.caseweave.lock();
        let copy = tempfile::tempdir().unwrap();
        copy_all(self.directory(), copy.path());
        self.caseweave.unlock().unwrap();
        copy
    }

    /// The installation set back to a copy of its files.
    pub fn restored(self, backup: TempDir) -> Self {
        let Self {
            caseweave,
            clock,
            vault,
            dice,
            directory,
        } = self;
        drop(caseweave);
        drop(directory);
        Self::on(backup.into(), clock, vault, dice)
    }

    fn on(directory: Files, clock: TestClock, vault: Arc<Vault>, dice: Dice) -> Self {
        let caseweave = Caseweave::open(options(directory.path(), &vault, &clock, &dice)).unwrap();
        Self {
            caseweave,
            clock,
            vault,
            dice,
            directory,
        }
    }

    /// A new id.
    pub fn id(&self) -> EntityId {
        self.caseweave.new_id().unwrap()
    }

    /// Makes edits that must stand.
    pub fn edit(&self, case: CaseId, edits: &[Edit]) {
        self.caseweave.edit(case, edits).unwrap();
    }

    /// The whole case.
    pub fn case(&self, case: CaseId) -> CaseView {
        self.caseweave.case(case).unwrap()
    }

    /// Every case on this device, by name.
    pub fn cases(&self) -> Vec<CaseId> {
        let mut cases = Vec::new();
        let mut query = ListQuery::default();
        loop {
            let page = self.caseweave.list(&query).unwrap();
            cases.extend(page.rows.iter().map(|row| row.case.case));
            match page.next {
                Some(next) => query.after = Some(next),
                None => return cases,
            }
        }
    }

    /// Exchanges until both sides are equal; a network that never answers ends it after 100 requests.
    pub fn sync(&self, network: &mut impl Carrier) {
        self.try_sync(network).unwrap();
    }

    /// Exchanges as an app does: an interruption is tried again, a refusal ends it.
    ///
    /// # Errors
    /// What the session said, where it is not an interruption.
    pub fn try_sync(&self, network: &mut impl Carrier) -> Result<(), Error> {
        let session = self.caseweave.sync()?;
        for _ in 0..100 {
            let Some(request) = session.next_request()? else {
                return Ok(());
            };
            let Some((status, body)) = network.carry(&request) else {
                continue;
            };
            match session.on_response(status, &body) {
                Ok(_) | Err(Error::Interrupted { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Interrupted {
            reason: "100 requests were not enough".into(),
        })
    }
}

fn options(directory: &Path, vault: &Arc<Vault>, clock: &TestClock, dice: &Dice) -> Options {
    Options {
        directory: directory.to_owned(),
        vault: Arc::clone(vault) as Arc<dyn KeyVault>,
        host: Arc::new(SeededHost::new(clock.clone(), dice.clone())),
    }
}
