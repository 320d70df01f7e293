//! Opens the encrypted file, refuses everything that is not one, and hands out transactions.

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parking_lot::{Condvar, Mutex, ReentrantMutex};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::error::{Error, Result};
use crate::migrate::{MIGRATIONS, check_version, migrate};
use crate::packs;
use crate::room;
use crate::search;
use crate::sync_state::Numbers;
use crate::transaction::{ReadTx, WriteTx};

/// Bytes of a page. Part of the file format: see core/docs/adr/0001-page-size.md.
pub(crate) const PAGE_SIZE: u32 = 4096;

/// What every unencrypted SQLite file begins with.
const PLAIN_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The key of one database file: 32 random bytes, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct StoreKey([u8; 32]);

impl StoreKey {
    /// Takes the key; the caller wipes its own copy.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The first 16 bytes of every file made with this key whose pages are authenticated in this way.
    ///
    /// SQLCipher keeps a salt there, random by default, from which only the key of the page authentication is derived.
    /// Derived from the key instead, it tells a wrong key from a damaged file without a second file to lose.
    pub(crate) fn salt(&self, pages: Pages) -> [u8; 16] {
        let mut salt = [0; 16];
        let mut hasher = blake3::Hasher::new_derive_key(pages.salt_context());
        hasher.update(&self.0).finalize_xof().fill(&mut salt);
        salt
    }

    /// `PRAGMA key` with key and salt in SQLCipher's raw form: no passphrase, no key stretching.
    fn pragma(&self, pages: Pages) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(128));
        text.push_str("PRAGMA key = \"x'");
        for byte in self.0.iter().chain(&self.salt(pages)) {
            // Writing to a string cannot fail, and with the capacity above it leaves no copy behind.
            let _ = write!(text, "{byte:02x}");
        }
        text.push_str("'\"");
        text
    }
}

/// How the pages of a file are authenticated. Part of the file format: see core/docs/adr/0015-pages-with-sha-256.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pages {
    /// HMAC-SHA256: every new file.
    Sha256,
    /// HMAC-SHA512: files of versions before 0.1.0.
    Sha512,
}

impl Pages {
    fn salt_context(self) -> &'static str {
        match self {
            Self::Sha256 => "caseweave 2026 store salt v2",
            Self::Sha512 => "caseweave 2026 store salt v1",
        }
    }

    fn algorithm(self) -> &'static str {
        match self {
            Self::Sha256 => "HMAC_SHA256",
            Self::Sha512 => "HMAC_SHA512",
        }
    }

    /// How those of a file are, by its first bytes; where these are damaged, by the pages themselves.
    fn of(path: &Path, key: &StoreKey) -> Result<Self> {
        let Some(salt) = first_bytes(path)? else {
            return Ok(Self::Sha256);
        };
        let named = [Self::Sha256, Self::Sha512].into_iter();
        if let Some(pages) = named.clone().find(|pages| salt == key.salt(*pages)) {
            return Ok(pages);
        }
        let bad = |pages| {
            let connection = unkeyed(path, Access::Read)?;
            hand_key(&connection, key, pages)?;
            bad_pages(&connection)
        };
        Ok(match bad(Self::Sha512)? < bad(Self::Sha256)? {
            true => Self::Sha512,
            false => Self::Sha256,
        })
    }
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey(…)")
    }
}

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOptions {
    /// How many reads can run at once, at least 1.
    pub readers: usize,
    /// How long a statement waits for a lock inside SQLite. Only recovery after a crash takes one: writers of one process
    /// queue before SQLite, other processes are kept out by a file lock.
    pub busy_timeout: Duration,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            readers: 3,
            busy_timeout: Duration::from_secs(5),
        }
    }
}

/// An open database file. Shared between threads behind an `Arc` or a reference.
pub struct Store {
    // Dropped in this order: the writer is the last connection, so closing it empties the write-ahead log into the file;
    // the lock goes last.
    readers: Readers,
    writer: ReentrantMutex<RefCell<Connection>>,
    pub(crate) numbers: Mutex<Numbers>,
    path: PathBuf,
    key: StoreKey,
    options: OpenOptions,
    // In a mutex only to be shared between threads; nothing uses it.
    _lock: Mutex<Connection>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the file at `path`, makes it if there is none, and brings it to [`crate::DATABASE_VERSION`]. Reads and writes
    /// disk; call off the main thread.
    ///
    /// # Errors
    /// - [`Error::Busy`]: open in another process or handle.
    /// - [`Error::CipherMissing`], [`Error::NotEncrypted`]: nothing was written.
    /// - [`Error::WrongKey`]: no page of the file authenticates under this key.
    /// - [`Error::Corrupt`]: the key is right and the file damaged; see [`crate::set_aside`] and [`crate::rescue`].
    /// - [`Error::UpgradeRequired`]: made by a newer version; the file is byte for byte as it was.
    /// - [`Error::StorageFull`], [`Error::Io`], [`Error::Database`].
    pub fn open(path: &Path, key: &StoreKey, options: OpenOptions) -> Result<Self> {
        Self::open_with(path, key, options, &cipher_version)
    }

    pub(crate) fn open_with(
        path: &Path,
        key: &StoreKey,
        options: OpenOptions,
        cipher: &CipherProbe<'_>,
    ) -> Result<Self> {
        let lock = lock(path)?;
        refuse_stray_log(path)?;
        refuse_plaintext(path)?;
        let mut writer = connect(path, key, options, Access::Write, cipher)?;
        read_first_page(&writer, path, key)?;
        check_version(&writer, MIGRATIONS)?;
        settle(&writer)?;
        prepare_writer(&writer)?;
        migrate(&mut writer, MIGRATIONS)?;
        refuse_plaintext(path)?;
        let readers = (0..options.readers.max(1))
            .map(|_| open_again(path, key, options, Access::Read))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            readers: Readers::new(readers),
            writer: ReentrantMutex::new(RefCell::new(writer)),
            numbers: Mutex::default(),
            path: path.to_owned(),
            key: key.clone(),
            options,
            _lock: lock,
        })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` as one transaction: kept whole when it returns a value, not at all when it returns an error or panics.
    /// Writers queue; readers go on. Durable when this returns.
    ///
    /// # Errors
    /// What `work` returns, and:
    /// - [`Error::Nested`]: called from inside another write of the same thread.
    /// - [`Error::StorageFull`], [`Error::Corrupt`], [`Error::Database`].
    pub fn write<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&WriteTx<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let guard = self.writer.lock();
        let mut connection = guard.try_borrow_mut().map_err(|_| Error::Nested)?;
        let damage = Cell::new(false);
        let outcome = write_on(&connection, &damage, work);
        if damage.get() {
            self.mend(&mut connection, Access::Write);
        }
        outcome
    }

    /// Runs `work` on one snapshot. Waits for a free reader, never for the writer.
    ///
    /// # Errors
    /// What `work` returns, and [`Error::Corrupt`], [`Error::Database`].
    pub fn read<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let mut reader = self.readers.take();
        let damage = Cell::new(false);
        let outcome = read_on(reader.connection(), &damage, work);
        if damage.get() {
            self.mend(reader.connection(), Access::Read);
        }
        outcome
    }

    /// Folds the write-ahead log into the file; worth a call when the app goes to the background.
    ///
    /// # Errors
    /// - [`Error::Nested`]: called from inside a write.
    /// - [`Error::StorageFull`], [`Error::Corrupt`], [`Error::Database`].
    pub fn checkpoint(&self) -> Result<()> {
        let guard = self.writer.lock();
        let connection = guard.try_borrow_mut().map_err(|_| Error::Nested)?;
        // Readers with an old snapshot keep part of the log alive: that is no error, the rest is folded in later.
        Ok(connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }

    /// After a page that does not authenticate SQLCipher refuses every further page of that connection: it is opened
    /// again, so that one damaged page costs one record and not the caseload.
    fn mend(&self, connection: &mut Connection, access: Access) {
        match open_again(&self.path, &self.key, self.options, access) {
            Ok(fresh) => *connection = fresh,
            Err(error) => tracing::error!(%error, "connection cannot be opened again"),
        }
    }
}

fn write_on<T, E: From<Error>>(
    connection: &Connection,
    damage: &Cell<bool>,
    work: impl FnOnce(&WriteTx<'_>) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let tx = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
        .map_err(Error::from)?;
    let write = WriteTx::new(&tx, damage);
    let value = work(&write)?;
    write.index_where_due()?;
    write.record_touched()?;
    tx.commit()
        .map_err(|error| room::named(connection, error.into()))?;
    Ok(value)
}

fn read_on<T, E: From<Error>>(
    connection: &Connection,
    damage: &Cell<bool>,
    work: impl FnOnce(&ReadTx<'_>) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let tx = Transaction::new_unchecked(connection, TransactionBehavior::Deferred)
        .map_err(Error::from)?;
    work(&ReadTx::new(&tx, damage))
}

/// Asks a connection for the version of its cipher; a library without one answers nothing. A test passes one that does.
pub(crate) type CipherProbe<'a> = dyn Fn(&Connection) -> Result<Option<String>> + 'a;

pub(crate) fn cipher_version(connection: &Connection) -> Result<Option<String>> {
    let mut statement = connection.prepare("PRAGMA cipher_version")?;
    let mut rows = statement.query([])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Opens a connection and hands it the key. Nothing of the file has been read or written yet when this returns.
pub(crate) fn connect(
    path: &Path,
    key: &StoreKey,
    options: OpenOptions,
    access: Access,
    cipher: &CipherProbe<'_>,
) -> Result<Connection> {
    let connection = unkeyed(path, access)?;
    if cipher(&connection)?.is_none_or(|version| version.is_empty()) {
        return Err(Error::CipherMissing);
    }
    hand_key(&connection, key, Pages::of(path, key)?)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(128);
    // Until the file is known to be ours, closing the connection must not fold its write-ahead log into it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Plans do not depend on what is bound: otherwise each page of a list is planned anew, for it begins elsewhere.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

pub(crate) fn unkeyed(path: &Path, access: Access) -> Result<Connection> {
    let mode = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let mode = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, mode)?)
}

pub(crate) fn hand_key(connection: &Connection, key: &StoreKey, pages: Pages) -> Result<()> {
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    connection.execute_batch(&key.pragma(pages))?;
    Ok(connection.execute_batch(&format!(
        "PRAGMA cipher_page_size = {PAGE_SIZE}; PRAGMA cipher_hmac_algorithm = {}",
        pages.algorithm()
    ))?)
}

/// Opens another connection to a file that is known to be ours.
fn open_again(
    path: &Path,
    key: &StoreKey,
    options: OpenOptions,
    access: Access,
) -> Result<Connection> {
    let connection = connect(path, key, options, access, &cipher_version)?;
    settle(&connection)?;
    if access == Access::Write {
        prepare_writer(&connection)?;
    }
    Ok(connection)
}

/// Settings of every connection. Some of them read the schema, so they come after [`read_first_page`].
pub(crate) fn settle(connection: &Connection) -> Result<()> {
    packs::teach(connection)?;
    connection.execute_batch(
        "PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA mmap_size = 0;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;",
    )?;
    search::teach(connection)
}

/// Write-ahead log of at most 4 MiB once it was folded in; folded in every 512 pages.
fn prepare_writer(connection: &Connection) -> Result<()> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::Database { code: -1 });
    }
    connection.execute_batch(
        "PRAGMA wal_autocheckpoint = 512;
         PRAGMA journal_size_limit = 4194304;",
    )?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// Reads the schema, the first time the key is used, and says why it cannot be read.
pub(crate) fn read_first_page(connection: &Connection, path: &Path, key: &StoreKey) -> Result<()> {
    let read = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    match read.map_err(Error::from) {
        Err(Error::Corrupt { what }) if key_is_right(connection, path, key)? => {
            Err(Error::Corrupt { what })
        }
        Err(Error::Corrupt { .. }) => Err(Error::WrongKey),
        other => other,
    }
}

/// The file begins with the salt of this key, or, where these bytes are damaged, some page authenticates under the key.
fn key_is_right(connection: &Connection, path: &Path, key: &StoreKey) -> Result<bool> {
    let first = first_bytes(path)?;
    if [Pages::Sha256, Pages::Sha512]
        .map(|pages| Some(key.salt(pages)))
        .contains(&first)
    {
        return Ok(true);
    }
    let pages = std::fs::metadata(path)?.len() / u64::from(PAGE_SIZE);
    Ok(bad_pages(connection)? < pages)
}

/// How many pages of the file do not authenticate.
pub(crate) fn bad_pages(connection: &Connection) -> Result<u64> {
    let mut statement = connection.prepare("PRAGMA cipher_integrity_check")?;
    let mut rows = statement.query([])?;
    let mut bad = 0;
    while rows.next()?.is_some() {
        bad += 1;
    }
    Ok(bad)
}

fn refuse_plaintext(path: &Path) -> Result<()> {
    if first_bytes(path)?.as_ref() == Some(PLAIN_MAGIC) {
        return Err(Error::NotEncrypted);
    }
    Ok(())
}

/// A write-ahead log without its database is what a renaming that was cut short leaves; SQLite would delete it.
fn refuse_stray_log(path: &Path) -> Result<()> {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    if length(path) == 0 && length(&beside(path, "-wal")) > 0 {
        return Err(Error::Corrupt {
            what: "the file is missing beside its write-ahead log",
        });
    }
    Ok(())
}

/// The first 16 bytes; nothing where the file does not exist or is shorter.
fn first_bytes(path: &Path) -> Result<Option<[u8; 16]>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut bytes = [0; 16];
    match file.read_exact(&mut bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        other => Ok(other.map(|()| Some(bytes))?),
    }
}

/// Keeps other processes and handles out for as long as the returned connection lives: an exclusive transaction on an empty
/// database beside the file, which the system ends when a process dies.
///
/// Not `File::try_lock`: before Rust 1.98 it refuses on Android (rust-lang/rust#148325), and SQLite's locks are the
/// ones that the database itself rests on. Because of this lock it does no harm that reading the first bytes of the database
/// file lets go of this process's POSIX locks on it.
pub(crate) fn lock(path: &Path) -> Result<Mutex<Connection>> {
    let mode = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let lock = Connection::open_with_flags(beside(path, ".lock"), mode)?;
    lock.busy_timeout(Duration::ZERO)?;
    lock.execute_batch("BEGIN EXCLUSIVE")?;
    Ok(Mutex::new(lock))
}

/// The path with something appended to its file name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Read connections that wait for a user.
struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

/// One connection on loan; goes back when dropped, also by a panic.
struct Reader<'a> {
    from: &'a Readers,
    connection: Option<Connection>,
}

impl Readers {
    fn new(connections: Vec<Connection>) -> Self {
        Self {
            idle: Mutex::new(connections),
            returned: Condvar::new(),
        }
    }

    fn take(&self) -> Reader<'_> {
        let mut idle = self.idle.lock();
        loop {
            if let Some(connection) = idle.pop() {
                return Reader {
                    from: self,
                    connection: Some(connection),
                };
            }
            self.returned.wait(&mut idle);
        }
    }
}

impl Reader<'_> {
    fn connection(&mut self) -> &mut Connection {
        self.connection
            .as_mut()
            .expect("the connection is taken only by drop")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.from.idle.lock().extend(self.connection.take());
        self.from.returned.notify_one();
    }
}
