//! What is done with a damaged file: it is renamed, never deleted, and what can be read is copied into a new one.

use std::collections::VecDeque;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use caseweave_engine::ids::DocumentId;
use rusqlite::types::Value;
use rusqlite::{Connection, Params, Row, params_from_iter};

use crate::connection::{
    Access, OpenOptions, Store, StoreKey, beside, cipher_version, connect, lock, read_first_page,
    settle,
};
use crate::documents::StoredDocument;
use crate::error::{Error, Result};

/// Tables that are copied. Projections are not among them: they are made anew from the documents.
const TABLES: &[&str] = &[
    "documents",
    "snapshots",
    "packs",
    "envelopes",
    "groups",
    "changes",
    "devices",
    "identity",
    "sync_state",
    "quarantine",
    "quarantined_changes",
    "actions",
    "settings",
    "instruments",
    "snooze",
    "workers",
    "access",
    "held",
    "moved",
    "wanted",
    "unproven",
    "withheld",
];

/// Tables whose rows have no number: they are short, and copied up to what cannot be read. But for what was put off the server tells all
/// of them anew.
const WITHOUT_NUMBERS: &[&str] = &[
    "snooze", "workers", "access", "held", "moved", "wanted", "unproven", "withheld",
];

/// After so many failed attempts the rest of a table is given up: each failure costs opening the file again.
const MOST_FAILURES: u32 = 500;

/// A higher number than any row has.
const MOST_ROWS: i64 = 1 << 61;

/// More revisions and groups than a device ever has.
const MANY: i64 = 1 << 32;

/// What stands between the name of a database and the number of one that was set aside.
const ASIDE: &str = ".damaged-";

/// What a rescue brought home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RescueReport {
    /// Where the rescued rows are: a store under the same key.
    pub into: PathBuf,
    /// What was copied of each table.
    pub tables: Vec<RescuedTable>,
    /// Calls whose record was lost and that the server has not got: they are in quarantine, with their edits where those were not lost too.
    pub set_aside: u64,
}

/// What was copied of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RescuedTable {
    /// Its name.
    pub name: &'static str,
    /// Rows that were copied.
    pub rows: u64,
    /// Whether every row was; when not, nobody can say how many there were.
    pub complete: bool,
}

impl RescueReport {
    /// Every row of every table was copied.
    pub fn is_complete(&self) -> bool {
        self.tables.iter().all(|table| table.complete)
    }
}

/// Renames a database that cannot be used, with its write-ahead log, to `<name>.damaged-<n>`, and says where it is now.
///
/// # Errors
/// - [`Error::NotFound`]: there is neither a file nor a log.
/// - [`Error::Busy`]: open in a handle or process; nothing was renamed.
/// - [`Error::Io`].
pub fn set_aside(path: &Path) -> Result<PathBuf> {
    let _lock = lock(path)?;
    if !path.exists() && !beside(path, "-wal").exists() {
        return Err(Error::NotFound {
            what: "database file",
        });
    }
    rename_aside(path)
}

/// Where a database was set aside last, if there is none where it was. A renaming that was cut short is finished.
pub fn last_set_aside(path: &Path) -> Option<PathBuf> {
    let _lock = lock(path).ok()?;
    if path.exists() {
        return None;
    }
    if beside(path, "-wal").exists() {
        return rename_aside(path).ok();
    }
    let last = numbers_aside(path).into_iter().max()?;
    Some(aside(path, last))
}

/// Under the number after the last; or the last one, when an earlier renaming moved the file and was cut short before its log.
fn rename_aside(path: &Path) -> Result<PathBuf> {
    let last = numbers_aside(path).into_iter().max().unwrap_or(0);
    let before = aside(path, last);
    let cut_short = !path.exists() && before.exists() && !beside(&before, "-wal").exists();
    let target = if cut_short {
        before
    } else {
        aside(path, last + 1)
    };
    for suffix in ["", "-wal", "-shm"] {
        let part = beside(path, suffix);
        if part.exists() {
            std::fs::rename(part, beside(&target, suffix))?;
        }
    }
    sync_folder_of(path)?;
    tracing::warn!("database set aside");
    Ok(target)
}

fn aside(path: &Path, number: u32) -> PathBuf {
    beside(path, &format!("{ASIDE}{number}"))
}

/// The numbers of what was set aside.
fn numbers_aside(path: &Path) -> Vec<u32> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let begin = format!("{name}{ASIDE}");
    let number = |file: std::fs::DirEntry| {
        file.file_name()
            .to_str()?
            .strip_prefix(&begin)?
            .parse()
            .ok()
    };
    let files = folder_of(path).and_then(|folder| std::fs::read_dir(folder).ok());
    files
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(number)
        .collect()
}

fn folder_of(path: &Path) -> Option<&Path> {
    path.parent().filter(|it| !it.as_os_str().is_empty())
}

/// Makes durable what was renamed beside a file.
fn sync_folder_of(path: &Path) -> Result<()> {
    if let Some(folder) = folder_of(path) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Removes a database with what stands beside it. No store may have it open.
///
/// # Errors
/// - [`Error::Io`].
pub fn discard(path: &Path) -> Result<()> {
    for suffix in ["", "-wal", "-shm", ".lock", ".lock-journal"] {
        match std::fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// Removes what was ever set aside of a database: for an installation that is destroyed.
///
/// # Errors
/// - [`Error::Io`].
pub fn discard_set_aside(path: &Path) -> Result<()> {
    numbers_aside(path)
        .into_iter()
        .try_for_each(|number| discard(&aside(path, number)))
}

/// Copies every row that can be read out of `damaged` into a new store at `into`, under the same key: all of it, or there is no
/// store at `into`. `is_whole` tells of a document with its content, and all changes that have a row, whether that can be read and
/// sent; what cannot is taken for lost.
/// `damaged` is only read. Where something is lost the next exchange begins anew, and the server sends everything.
///
/// # Errors
/// - [`Error::WrongKey`]: no page authenticates under this key.
/// - [`Error::Corrupt`]: a page that lists the tables cannot be read: nothing can be found without it.
/// - [`Error::AlreadyExists`]: there is a file at `into`.
/// - [`Error::StorageFull`], [`Error::Io`], [`Error::Database`].
pub fn rescue(
    damaged: &Path,
    key: &StoreKey,
    into: &Path,
    is_whole: impl Fn(&StoredDocument) -> bool,
) -> Result<RescueReport> {
    check_free(into)?;
    let mut source = Source::open(damaged, key)?;
    read_first_page(&source.connection, damaged, key)?;
    let scratch = beside(into, ".new");
    discard(&scratch)?;
    drop(Store::open(&scratch, key, OpenOptions::default())?);
    let newest = [
        source.highest("revision", "touched")?,
        source.highest("number", "groups")?,
    ];
    let tables = copy(&mut source, &target(&scratch, key)?)?;
    let store = Store::open(&scratch, key, OpenOptions::default())?;
    let broken = broken(&store, is_whole)?;
    drop(store);
    let target = target(&scratch, key)?;
    touch_all(&target, newest)?;
    let set_aside = tie_up(&target, &broken)?;
    // Of the documents that are left.
    let store = Store::open(&scratch, key, OpenOptions::default())?;
    store.write(|tx| tx.set_digest(tx.recomputed_digest()?))?;
    drop(store);
    if !broken.is_empty() || tables.iter().any(|table| !table.complete) {
        target.execute_batch(BEGIN_ANEW)?;
    }
    // All of it has to stand in the file itself before that is renamed.
    let waits: bool = target.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    target.close().map_err(|(_, error)| error)?;
    if waits {
        return Err(Error::Busy);
    }
    check_free(into)?;
    std::fs::rename(&scratch, into)?;
    sync_folder_of(into)?;
    discard(&scratch)?;
    Ok(RescueReport {
        into: into.to_owned(),
        tables,
        set_aside,
    })
}

fn check_free(into: &Path) -> Result<()> {
    if into.exists() {
        return Err(Error::AlreadyExists {
            constraint: "rescue file".into(),
        });
    }
    Ok(())
}

/// The file that is written. A row is worth keeping also when the one it refers to is lost.
fn target(path: &Path, key: &StoreKey) -> Result<Connection> {
    let options = OpenOptions::default();
    let target = connect(path, key, options, Access::Write, &cipher_version)?;
    settle(&target)?;
    target.execute_batch("PRAGMA foreign_keys = OFF")?;
    Ok(target)
}

fn copy(source: &mut Source<'_>, target: &Connection) -> Result<Vec<RescuedTable>> {
    target.execute_batch("BEGIN IMMEDIATE")?;
    let tables = TABLES
        .iter()
        .map(|table| copy_table(source, target, table))
        .collect::<Result<Vec<_>>>()?;
    target.execute_batch("COMMIT")?;
    Ok(tables)
}

/// The documents of which so much is lost that they are not what they were.
fn broken(store: &Store, is_whole: impl Fn(&StoredDocument) -> bool) -> Result<Vec<DocumentId>> {
    store.read(|tx| {
        let mut broken = Vec::new();
        for row in tx.documents()? {
            // With the changes that wait and are folded: a snapshot that has one does not replace its row, which is what is sent.
            let tail = tx.changes_of(row.id)?;
            let stored = tx
                .load(row.id)?
                .map(|stored| StoredDocument { tail, ..stored });
            if !stored.is_some_and(|stored| is_whole(&stored)) {
                broken.push(row.id);
            }
        }
        Ok(broken)
    })
}

/// Undoes what lost rows leave behind, those of broken documents among them, and says how many calls were set aside.
fn tie_up(target: &Connection, broken: &[DocumentId]) -> Result<u64> {
    let quarantined = || -> Result<u64> {
        Ok(target.query_row("SELECT count(*) FROM quarantine", [], |row| row.get(0))?)
    };
    target.execute_batch("BEGIN IMMEDIATE")?;
    for document in broken {
        target.execute("DELETE FROM documents WHERE id = ?1", [document.to_bytes()])?;
    }
    target.execute_batch(ENTRIES_ANEW)?;
    let before = quarantined()?;
    target.execute_batch(LOOSE_ENDS)?;
    let set_aside = quarantined()?.saturating_sub(before);
    target.execute_batch("COMMIT")?;
    Ok(set_aside)
}

/// Says of every record that it has changed, for whoever asks with a revision from before, under a number above all that there were.
fn touch_all(target: &Connection, newest: [(i64, bool); 2]) -> Result<()> {
    let sql = "SELECT max(coalesce((SELECT max(number) FROM groups), 0), coalesce((SELECT max(group_id) FROM changes), 0))";
    let copied: i64 = target.query_row(sql, [], |row| row.get(0))?;
    let highest = newest
        .iter()
        .map(|(number, _)| *number)
        .fold(copied, i64::max);
    let known = newest.iter().all(|(_, read)| *read);
    let next = highest + if known { 1 } else { MANY };
    target.execute(TOUCHED_ANEW, [next])?;
    Ok(())
}

/// Changes that were set aside before have an entry again, also where its row is lost.
const ENTRIES_ANEW: &str = "
    INSERT INTO quarantine (number, at_ms, code, reason)
        SELECT DISTINCT entry, 0, 'document_lost', 'what is known of it was lost with a damaged page, but for its changes'
        FROM quarantined_changes WHERE entry NOT IN (SELECT number FROM quarantine)";

const TOUCHED_ANEW: &str = "
    INSERT INTO touched SELECT ?1, case_id FROM (
        SELECT case_id FROM documents UNION SELECT case_id FROM packs UNION SELECT case_id FROM groups UNION SELECT case_id FROM quarantine)
    WHERE case_id IS NOT NULL";

/// What a lost row leaves behind and can be undone: a change is signed anew; a group finds the changes that are left of
/// it, also where an older version wrote it; rows are made anew; and everything is compared with the server. Where the row of a
/// group is lost, those of its changes that stand in a record are sent together as before, with [`crate::LOST_EDITS`].
///
/// Where the row of a document is lost, or so much else that it is taken away, what the server has of it goes and comes from there
/// again, and what was not sent yet is set aside with the edits that made it. So are edits of which any change is lost: what is left of
/// them in other documents is sent all the same.
const LOOSE_ENDS: &str = "
    INSERT INTO groups (number, case_id, created_ms, edits)
        SELECT group_id, min(case_id), min(claimed_ms), CAST('[]' AS BLOB)
        FROM changes JOIN documents ON documents.id = changes.document
        WHERE state = 0 AND group_id IS NOT NULL AND group_id NOT IN (SELECT number FROM groups) GROUP BY group_id;
    UPDATE changes SET group_id = NULL WHERE group_id NOT IN (SELECT number FROM groups);
    INSERT INTO quarantine (case_id, at_ms, code, reason, edits)
        SELECT case_id, created_ms, 'document_lost', 'the document was lost with a damaged page', edits FROM groups
        WHERE number IN (SELECT group_id FROM changes WHERE state = 0 AND document NOT IN (SELECT id FROM documents))
            OR number NOT IN (SELECT group_id FROM changes WHERE group_id IS NOT NULL)
            OR edits IS NOT CAST('[]' AS BLOB) AND last_change - first_change + 1 > (SELECT count(*) FROM changes
                WHERE number BETWEEN first_change AND last_change AND group_id = groups.number);
    INSERT INTO quarantine (at_ms, code, reason)
        SELECT max(claimed_ms), 'document_lost', 'the document and its edits were lost with damaged pages' FROM changes
        WHERE state = 0 AND group_id IS NULL AND document NOT IN (SELECT id FROM documents) HAVING count(*) > 0;
    INSERT INTO quarantined_changes (entry, document, hash, bytes)
        SELECT (SELECT max(quarantine.number) FROM quarantine
                WHERE (quarantine.case_id, quarantine.edits) IS (groups.case_id, groups.edits) AND coalesce(created_ms, at_ms) = at_ms),
            document, hash, bytes
        FROM changes LEFT JOIN groups ON group_id = groups.number
        WHERE changes.state = 0 AND document NOT IN (SELECT id FROM documents);
    UPDATE groups SET edits = CAST('[]' AS BLOB) WHERE last_change - first_change + 1 > (SELECT count(*) FROM changes
        WHERE number BETWEEN first_change AND last_change AND group_id = groups.number);
    DELETE FROM changes WHERE document NOT IN (SELECT id FROM documents);
    DELETE FROM groups WHERE number NOT IN (SELECT group_id FROM changes WHERE group_id IS NOT NULL);
    DELETE FROM snapshots WHERE document NOT IN (SELECT id FROM documents);
    DELETE FROM packs WHERE case_id NOT IN (SELECT case_id FROM documents);
    DELETE FROM envelopes WHERE document NOT IN (SELECT id FROM documents);
    UPDATE changes SET envelope = NULL WHERE envelope NOT IN (SELECT number FROM envelopes);
    UPDATE groups SET (first_change, last_change) = (SELECT min(number), max(number) FROM changes WHERE group_id = groups.number);
    INSERT OR IGNORE INTO outdated SELECT id FROM documents WHERE kind = 0;
    DELETE FROM unproven WHERE document NOT IN (SELECT id FROM documents);
    DELETE FROM withheld WHERE document NOT IN (SELECT id FROM documents);
    UPDATE sync_state SET known_difference = NULL;";

/// Has the server tell everything anew. Where it is lost when the server confirmed last, the record is shown once it has again. Of roles of others that ended it does not tell whoever begins anew, only of those that stand: so no
/// role may stand here before.
const BEGIN_ANEW: &str = "
    DELETE FROM access;
    DELETE FROM held;
    UPDATE sync_state SET cursor = NULL, confirmed_ms = coalesce(confirmed_ms, 0), seen_ms = coalesce(seen_ms, 0);";

/// The damaged file, read only. After a page that does not authenticate SQLCipher refuses every further page of that
/// connection, so it is opened again.
struct Source<'a> {
    path: &'a Path,
    key: &'a StoreKey,
    connection: Connection,
}

impl<'a> Source<'a> {
    fn open(path: &'a Path, key: &'a StoreKey) -> Result<Self> {
        Ok(Self {
            path,
            key,
            connection: Self::connect(path, key)?,
        })
    }

    fn connect(path: &Path, key: &StoreKey) -> Result<Connection> {
        connect(
            path,
            key,
            OpenOptions::default(),
            Access::Read,
            &cipher_version,
        )
    }

    fn reopen(&mut self) -> Result<()> {
        self.connection = Self::connect(self.path, self.key)?;
        Ok(())
    }

    /// Whether the file has a table: one that an older version left behind lacks those that came later.
    fn has(&self, table: &str) -> Result<bool> {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        let tables: u32 = self.connection.query_row(sql, [table], |row| row.get(0))?;
        Ok(tables > 0)
    }

    /// The highest of some numbers, and whether it could be read.
    fn highest(&mut self, number: &str, table: &str) -> Result<(i64, bool)> {
        let sql = format!("SELECT coalesce(max({number}), 0) FROM {table}");
        let read = self.connection.query_row(&sql, [], |row| row.get(0));
        if let Ok(highest) = read {
            return Ok((highest, true));
        }
        self.reopen()?;
        Ok((0, false))
    }

    /// Whether the first row from a number on can be read, or there is none.
    fn is_readable(&mut self, table: &str, number: i64) -> Result<bool> {
        let sql = format!("SELECT rowid FROM {table} WHERE rowid >= ?1 ORDER BY rowid LIMIT 1");
        let read = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare(&sql)?;
            let mut rows = statement.query([number])?;
            rows.next()?;
            Ok(())
        };
        let readable = read().is_ok();
        if !readable {
            self.reopen()?;
        }
        Ok(readable)
    }

    /// The first number above one that cannot be read, from which on rows can: found by steps that double, and then halve.
    fn next_readable(&mut self, table: &str, unreadable: i64) -> Result<Option<i64>> {
        let (mut below, mut step) = (unreadable, 1);
        let mut above = loop {
            let number = unreadable + step;
            if number > MOST_ROWS {
                return Ok(None);
            }
            if self.is_readable(table, number)? {
                break number;
            }
            below = number;
            step *= 2;
        };
        while above - below > 1 {
            let middle = below + (above - below) / 2;
            if self.is_readable(table, middle)? {
                above = middle;
            } else {
                below = middle;
            }
        }
        Ok(Some(above))
    }
}

/// Copies a table. What is between readable rows and may be so itself is looked at afterwards.
fn copy_table(
    source: &mut Source<'_>,
    target: &Connection,
    name: &'static str,
) -> Result<RescuedTable> {
    let mut table = RescuedTable {
        name,
        rows: 0,
        complete: true,
    };
    if !source.has(name)? {
        return Ok(table);
    }
    if WITHOUT_NUMBERS.contains(&name) {
        let sql = format!("SELECT 0, * FROM {name}");
        if let Copied::UpTo(_) = copy_rows(&source.connection, target, &mut table, &sql, [])? {
            source.reopen()?;
            table.complete = false;
        }
        return Ok(table);
    }
    let mut gaps = Vec::new();
    let mut first = 0;
    while let Copied::UpTo(good) =
        copy_range(&source.connection, target, &mut table, (first, MOST_ROWS))?
    {
        source.reopen()?;
        let unreadable = good.max(first - 1) + 1;
        table.complete = false;
        let Some(next) = source.next_readable(name, unreadable)? else {
            // Each stretch twice as long as the one before: those near by are looked at first.
            let begins =
                std::iter::successors(Some(1), |step| (*step < MOST_ROWS / 4).then(|| step * 2));
            gaps.extend(begins.map(|step| (unreadable + step - 1, unreadable + step * 2 - 2)));
            break;
        };
        gaps.push((unreadable, next - 1));
        first = next;
    }
    gaps.sort_by_key(|(first, last)| last - first);
    copy_gaps(source, target, &mut table, gaps.into())?;
    Ok(table)
}

/// Copies what can be read between damaged rows. A range that fails is halved; the halves wait behind the other ranges, so that what is
/// whole is read before the failures run out.
fn copy_gaps(
    source: &mut Source<'_>,
    target: &Connection,
    table: &mut RescuedTable,
    mut ranges: VecDeque<(i64, i64)>,
) -> Result<()> {
    let mut failures = 0;
    while let Some((first, last)) = ranges.pop_front() {
        let copied = copy_range(&source.connection, target, table, (first, last))?;
        let Copied::UpTo(good) = copied else {
            continue;
        };
        source.reopen()?;
        failures += 1;
        let next = good.max(first - 1) + 1;
        if next >= last || failures > MOST_FAILURES {
            continue;
        }
        let middle = next + (last - next) / 2;
        ranges.extend([(next, middle), (middle + 1, last)]);
    }
    Ok(())
}

/// How far a range was copied.
enum Copied {
    /// All of it.
    Whole,
    /// Up to this row number; the next one cannot be read.
    UpTo(i64),
}

fn copy_range(
    source: &Connection,
    target: &Connection,
    table: &mut RescuedTable,
    (first, last): (i64, i64),
) -> Result<Copied> {
    let name = table.name;
    let sql =
        format!("SELECT rowid, * FROM {name} WHERE rowid >= ?1 AND rowid <= ?2 ORDER BY rowid");
    match copy_rows(source, target, table, &sql, [first, last])? {
        Copied::UpTo(good) => Ok(Copied::UpTo(good.max(first - 1))),
        whole => Ok(whole),
    }
}

/// Copies the rows that a statement gives, each behind its number.
fn copy_rows(
    source: &Connection,
    target: &Connection,
    table: &mut RescuedTable,
    sql: &str,
    params: impl Params,
) -> Result<Copied> {
    let mut good = i64::MIN;
    let Ok(mut statement) = source.prepare(sql) else {
        return Ok(Copied::UpTo(good));
    };
    let columns: Vec<&str> = statement.column_names().skip(1).collect();
    let insert = insert_statement(table.name, &columns);
    let width = statement.column_count();
    let mut rows = statement.query(params)?;
    loop {
        match rows.next() {
            Ok(None) => return Ok(Copied::Whole),
            Err(_) => return Ok(Copied::UpTo(good)),
            Ok(Some(row)) => {
                let Ok(values) = read_values(row, width) else {
                    return Ok(Copied::UpTo(good));
                };
                target
                    .prepare_cached(&insert)?
                    .execute(params_from_iter(values))?;
                good = row.get(0)?;
                table.rows += 1;
            }
        }
    }
}

/// The row's values, without the number before them.
fn read_values(row: &Row<'_>, width: usize) -> rusqlite::Result<Vec<Value>> {
    (1..width).map(|column| row.get(column)).collect()
}

fn insert_statement(table: &str, columns: &[&str]) -> String {
    let marks = vec!["?"; columns.len()].join(", ");
    format!(
        "INSERT OR REPLACE INTO {table} ({}) VALUES ({marks})",
        columns.join(", ")
    )
}
