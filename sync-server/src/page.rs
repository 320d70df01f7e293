//! The download half of an exchange: the next page of news for one device.
//!
//! A device that has a place in the feed gets the rows of its worker behind it, cut between sequence numbers, so that what
//! one request uploaded together arrives together. A device that has nothing is filled document by document.

use std::collections::{BTreeMap, HashSet};

use caseweave_engine::identity::{DevicePublicKey, Session};
use caseweave_engine::ids::{DeviceId, DocumentId, EntityId, ScopeId, WorkerId};
use caseweave_engine::sync::Digest;
use caseweave_engine::sync::server::{MAX_UPLOAD, Merge, RUN_SIZE};
use caseweave_engine::sync::wire::{
    Cursor, DocumentKind, WireAccess, WireDeclined, WireDevice, WireHeld, WireNews, WireRun,
    WireSnapshot, WireWorker,
};
use rusqlite::{Connection, OptionalExtension, params};
use serde_bytes::{ByteArray, ByteBuf};

use crate::error::Error;
use crate::organisation::Step;
use crate::place::{Filling, Place};
use crate::upload::digest_of;
use crate::{late, rows};

/// Most bytes of news in one page, whatever the device asks for.
const MOST_BYTES: usize = MAX_UPLOAD;
/// Most feed rows that one page reads.
const MOST_ROWS: i64 = 10_000;
/// Cases with a visit until so many days from now come first; yesterday counts for whoever lives behind UTC.
const DAYS_AHEAD: i64 = 2;

/// What a role, a worker's name or late work counts for in a page, besides its text.
const ROW_SIZE: usize = 64;

const DAY_MS: i64 = 86_400_000;

const FEED: &str = "SELECT seq, document, whole FROM feed WHERE worker = ?1 AND seq > ?2 ORDER BY seq, document LIMIT ?3";
/// Of a scope that the worker may not read any more only the own rows.
const ACCESS_FEED: &str =
    "SELECT seq, scope, subject, role, until_ms FROM access_feed a WHERE worker = ?1 AND seq > ?2
    AND (subject = ?1 OR EXISTS
        (SELECT 1 FROM grants g WHERE g.worker = ?1 AND g.scope = a.scope AND g.until_seq IS NULL))
    ORDER BY seq, scope, subject LIMIT ?3";
const ACCESS_STANDING: &str =
    "SELECT g.from_seq, g.scope, g.worker, g.role, g.until_ms FROM grants own JOIN grants g ON g.scope = own.scope
    WHERE own.worker = ?1 AND own.until_seq IS NULL AND g.until_seq IS NULL ORDER BY g.scope, g.worker";
const HELD_FEED: &str = "SELECT f.seq, h.id, h.scope, h.worker, h.received_ms, h.intentions, h.state = 'open'
    FROM held_feed f JOIN held h ON h.id = f.held WHERE f.worker = ?1 AND f.seq > ?2 AND EXISTS
        (SELECT 1 FROM grants g WHERE g.worker = ?1 AND g.scope = h.scope AND g.until_seq IS NULL AND g.role = 'lead')
    ORDER BY f.seq, h.number LIMIT ?3";
const HELD_OPEN: &str = "SELECT h.number, h.id, h.scope, h.worker, h.received_ms, h.intentions, 1
    FROM grants g JOIN held h ON h.scope = g.scope
    WHERE g.worker = ?1 AND g.until_seq IS NULL AND g.role = 'lead' AND h.state = 'open' ORDER BY h.number";
/// Declined work of the worker's own, on scopes that the worker may still read.
const DECLINED_FEED: &str =
    "SELECT f.seq, h.scope, h.upload FROM held_feed f JOIN held h ON h.id = f.held
    WHERE f.worker = ?1 AND f.seq > ?2 AND h.worker = ?1 AND h.state = 'declined' AND EXISTS
        (SELECT 1 FROM grants g WHERE g.worker = ?1 AND g.scope = h.scope AND g.until_seq IS NULL)
    ORDER BY f.seq, h.number LIMIT ?3";
const WORKERS: &str = "SELECT seq, id, name FROM workers WHERE seq > ?1 ORDER BY seq, id LIMIT ?2";
const SIZE_AT: &str =
    "SELECT coalesce(sum(size + ?4), 0) FROM runs WHERE document = ?1 AND seq > ?2 AND seq <= ?3";
const SNAPSHOT_SIZE: &str = "SELECT seq, size FROM snapshots WHERE document = ?1";
const DOCUMENT: &str = "SELECT d.kind, d.scope FROM documents d JOIN grants g ON g.scope = d.scope
    WHERE d.id = ?1 AND g.worker = ?2 AND g.until_seq IS NULL";
pub(crate) const RUNS: &str =
    "SELECT device, session, counter, wall_ms, monotonic_ms, signature, changes FROM runs
    WHERE document = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq, position";
const CHANGE: &str = "SELECT bytes FROM changes WHERE document = ?1 AND hash = ?2";
const SNAPSHOT: &str = "SELECT bytes, heads, signature FROM snapshots WHERE document = ?1";
const DEVICE: &str = "SELECT d.number, d.worker, w.name, d.public_key FROM devices d JOIN workers w ON w.id = d.worker
    WHERE d.id = ?1";
const FILL: &str = "SELECT d.scope, d.id FROM grants g JOIN documents d ON d.scope = g.scope
    WHERE g.worker = ?1 AND g.until_seq IS NULL AND (g.scope > ?2 OR g.scope = ?2 AND d.id > ?3)
    ORDER BY g.scope, d.id";
const FILL_EARLY: &str = "SELECT d.scope, d.id FROM grants g JOIN scopes s ON s.id = g.scope JOIN documents d ON d.scope = s.id
    WHERE g.worker = ?1 AND g.until_seq IS NULL AND s.next_on BETWEEN ?2 AND ?3 ORDER BY s.next_on, d.scope, d.id";

const STATEMENTS: [&str; 16] = [
    FEED,
    ACCESS_FEED,
    ACCESS_STANDING,
    HELD_FEED,
    DECLINED_FEED,
    HELD_OPEN,
    WORKERS,
    SIZE_AT,
    SNAPSHOT_SIZE,
    DOCUMENT,
    RUNS,
    CHANGE,
    SNAPSHOT,
    DEVICE,
    FILL,
    FILL_EARLY,
];

/// How many steps SQLite has taken for pages on this connection, as long as its statements stay prepared.
pub(crate) fn steps(connection: &Connection) -> Result<u64, Error> {
    let mut steps = 0;
    for sql in STATEMENTS {
        let taken = connection
            .prepare_cached(sql)?
            .get_status(rusqlite::StatementStatus::VmStep);
        steps += u64::try_from(taken).unwrap_or(0);
    }
    Ok(steps)
}

/// One page.
pub(crate) struct Page {
    pub(crate) cursor: Cursor,
    pub(crate) documents: Vec<WireNews>,
    pub(crate) devices: Vec<WireDevice>,
    pub(crate) told: Told,
    pub(crate) digest: Option<Digest>,
    pub(crate) more: bool,
}

/// What a page tells besides documents.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) access: Vec<WireAccess>,
    pub(crate) workers: Vec<WireWorker>,
    pub(crate) held: Vec<WireHeld>,
    pub(crate) declined: Vec<WireDeclined>,
}

impl Told {
    /// About how many bytes it takes.
    fn size(&self) -> usize {
        let names = self.workers.iter().map(|worker| worker.name.len());
        let intentions = self.held.iter().map(|held| held.intentions.len());
        let hashes = self.declined.iter().map(|declined| declined.changes.len());
        let rows = self.access.len() + self.workers.len() + self.held.len() + hashes.sum::<usize>();
        rows * ROW_SIZE + names.chain(intentions).sum::<usize>()
    }

    fn append(&mut self, mut other: Self) {
        self.access.append(&mut other.access);
        self.workers.append(&mut other.workers);
        self.held.append(&mut other.held);
        self.declined.append(&mut other.declined);
    }
}

/// What the feed has under one sequence number.
#[derive(Default)]
struct Entries {
    /// Whether all of the document is news.
    documents: Vec<(DocumentId, bool)>,
    told: Told,
}

/// The feed behind a place.
struct Behind {
    entries: BTreeMap<i64, Entries>,
    /// Nothing is left out before this number.
    horizon: i64,
}

impl Behind {
    /// Adds rows, the sequence number first, of a statement that was limited to one more than [`MOST_ROWS`].
    fn add(
        &mut self,
        mut rows: rusqlite::Rows<'_>,
        mut add: impl FnMut(&mut Entries, &rusqlite::Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut count = 0;
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            add(self.entries.entry(seq).or_default(), row)?;
            count += 1;
            if count > MOST_ROWS {
                self.horizon = self.horizon.min(seq);
            }
        }
        Ok(())
    }
}

/// Reads the page that follows the request's cursor.
pub(crate) fn read(step: &Step<'_>, before: Place, merge: &Merge) -> Result<Page, Error> {
    let mut choice = Choice::new(step, before.clone());
    choice.fill(step)?;
    choice.follow(step)?;
    let Choice {
        mut place,
        picks,
        told,
        more,
        ..
    } = choice;
    let uploaded = uploaded(step, merge);
    let mut writer = Writer {
        step,
        uploaded: &uploaded,
        place: &mut place,
        devices: Vec::new(),
    };
    let mut documents = Vec::new();
    for pick in &picks {
        documents.extend(writer.news(pick)?);
    }
    let devices = writer.devices;
    let cursor = match step.request.cursor {
        // A place that was started anew differs from what the unknown cursor stood for.
        Some(cursor) if place == before && place.filling.is_none() => cursor,
        _ => place.cursor(step)?,
    };
    let digest = if more {
        None
    } else {
        Some(digest_of(step.transaction, step.device.author.worker)?)
    };
    Ok(Page {
        cursor,
        documents,
        devices,
        told,
        digest,
        more,
    })
}

/// What this very request brought and the server has: the device need not get it back.
fn uploaded(step: &Step<'_>, merge: &Merge) -> HashSet<(DocumentId, [u8; 32])> {
    let groups = merge
        .stored
        .iter()
        .filter_map(|group| usize::try_from(*group).ok());
    let changes = groups.flat_map(|group| step.plan.group(group));
    changes
        .filter_map(|(index, hash)| Some((step.request.documents.get(index)?.document, hash)))
        .collect()
}

/// One document of a page.
struct Pick {
    document: DocumentId,
    extent: Extent,
}

/// How much of a document a page holds.
#[derive(Clone, Copy)]
enum Extent {
    /// All of it.
    Whole,
    /// What lies behind the first sequence number, up to the second.
    Since(i64, i64),
}

/// Choosing what a page holds.
struct Choice {
    place: Place,
    picks: Vec<Pick>,
    told: Told,
    budget: usize,
    used: usize,
    more: bool,
}

impl Choice {
    fn new(step: &Step<'_>, place: Place) -> Self {
        let budget = usize::try_from(step.request.budget)
            .unwrap_or(MOST_BYTES)
            .min(MOST_BYTES);
        Self {
            place,
            picks: Vec::new(),
            told: Told::default(),
            budget,
            used: 0,
            more: false,
        }
    }

    /// Whether `size` more bytes fit. Something always fits into an empty page, so that it goes on.
    fn takes(&mut self, size: usize) -> bool {
        let fits = self.used == 0 || self.used.saturating_add(size) <= self.budget;
        if fits {
            self.used = self.used.saturating_add(size.max(1));
        } else {
            self.more = true;
        }
        fits
    }

    /// Goes on filling a new device.
    fn fill(&mut self, step: &Step<'_>) -> Result<(), Error> {
        let Some(mut filling) = self.place.filling.take() else {
            return Ok(());
        };
        if !filling.begun {
            self.told = standing(step)?;
            self.used = self.told.size();
            filling.begun = true;
        }
        let full =
            self.fill_early(step, &mut filling)? && self.fill_in_order(step, &mut filling)?;
        if full {
            self.place.seq = filling.until;
        } else {
            self.place.filling = Some(filling);
        }
        Ok(())
    }

    fn fill_early(&mut self, step: &Step<'_>, filling: &mut Filling) -> Result<bool, Error> {
        let today = step.now_ms.div_euclid(DAY_MS);
        let mut statement = step.transaction.prepare_cached(FILL_EARLY)?;
        let worker = step.device.author.worker.to_bytes();
        let mut found = statement.query(params![worker, today - 1, today + DAYS_AHEAD])?;
        while let Some(row) = found.next()? {
            let next = place_of(row)?;
            let Err(at) = filling.early.binary_search(&next.1) else {
                continue;
            };
            if filling.after.is_some_and(|after| next <= after) {
                continue;
            }
            if !self.takes(whole_size(step.transaction, next.1)?) {
                return Ok(false);
            }
            filling.early.insert(at, next.1);
            self.picks.push(Pick {
                document: next.1,
                extent: Extent::Whole,
            });
        }
        Ok(true)
    }

    fn fill_in_order(&mut self, step: &Step<'_>, filling: &mut Filling) -> Result<bool, Error> {
        let (scope, document) = filling
            .after
            .map_or(([0; 16], [0; 16]), |(scope, document)| {
                (scope.to_bytes(), document.to_bytes())
            });
        let mut statement = step.transaction.prepare_cached(FILL)?;
        let mut found = statement.query(params![
            step.device.author.worker.to_bytes(),
            scope,
            document
        ])?;
        while let Some(row) = found.next()? {
            let next = place_of(row)?;
            if filling.early.binary_search(&next.1).is_err() {
                if !self.takes(whole_size(step.transaction, next.1)?) {
                    return Ok(false);
                }
                self.picks.push(Pick {
                    document: next.1,
                    extent: Extent::Whole,
                });
            }
            filling.after = Some(next);
        }
        Ok(true)
    }

    /// Follows the feed from where the device stands.
    fn follow(&mut self, step: &Step<'_>) -> Result<(), Error> {
        if self.place.filling.is_some() {
            return Ok(());
        }
        let from = self.place.seq;
        let mut moved: BTreeMap<DocumentId, bool> = BTreeMap::new();
        for (seq, entries) in self.behind(step)? {
            let fresh: Vec<(DocumentId, bool)> = entries
                .documents
                .into_iter()
                .filter(|(document, _)| !self.picks.iter().any(|pick| pick.document == *document))
                .collect();
            let mut size = entries.told.size();
            for (document, whole) in &fresh {
                size += match whole {
                    true => whole_size(step.transaction, *document)?,
                    false => size_between(step.transaction, *document, seq - 1, seq)?,
                };
            }
            if !self.takes(size) {
                break;
            }
            for (document, whole) in fresh {
                *moved.entry(document).or_default() |= whole;
            }
            self.told.append(entries.told);
            self.place.seq = seq;
        }
        let to = self.place.seq;
        let picks = moved.into_iter().map(|(document, whole)| Pick {
            document,
            extent: match whole {
                true => Extent::Whole,
                false => Extent::Since(from, to),
            },
        });
        self.picks.extend(picks);
        Ok(())
    }

    /// The worker's own rows behind the place, by sequence number.
    fn behind(&mut self, step: &Step<'_>) -> Result<BTreeMap<i64, Entries>, Error> {
        let connection = step.transaction;
        let bounds = params![
            step.device.author.worker.to_bytes(),
            self.place.seq,
            MOST_ROWS + 1
        ];
        let mut behind = Behind {
            entries: BTreeMap::new(),
            horizon: i64::MAX,
        };
        let mut feed = connection.prepare_cached(FEED)?;
        behind.add(feed.query(bounds)?, |entries, row| {
            let document = DocumentId::from_bytes(rows::bytes(row, 1, "document of the feed")?);
            entries.documents.push((document, row.get(2)?));
            Ok(())
        })?;
        let mut access = connection.prepare_cached(ACCESS_FEED)?;
        behind.add(access.query(bounds)?, |entries, row| {
            entries.told.access.push(access_of(row)?);
            Ok(())
        })?;
        let mut held = connection.prepare_cached(HELD_FEED)?;
        behind.add(held.query(bounds)?, |entries, row| {
            entries.told.held.push(held_of(row)?);
            Ok(())
        })?;
        let mut declined = connection.prepare_cached(DECLINED_FEED)?;
        behind.add(declined.query(bounds)?, |entries, row| {
            entries.told.declined.push(late::declined_of(row)?);
            Ok(())
        })?;
        let mut workers = connection.prepare_cached(WORKERS)?;
        let rows = workers.query(params![self.place.seq, MOST_ROWS + 1])?;
        behind.add(rows, |entries, row| {
            entries.told.workers.push(worker_of(row)?);
            Ok(())
        })?;
        let Behind {
            mut entries,
            horizon,
        } = behind;
        let first = entries.keys().next().copied();
        if first.is_some_and(|first| first < horizon) && horizon < i64::MAX {
            // Numbers from here on may be incomplete.
            drop(entries.split_off(&horizon));
            self.more = true;
        }
        Ok(entries)
    }
}

/// What a device that has nothing has to be told besides documents.
fn standing(step: &Step<'_>) -> Result<Told, Error> {
    let worker = step.device.author.worker.to_bytes();
    let mut told = Told::default();
    let mut access = step.transaction.prepare_cached(ACCESS_STANDING)?;
    let mut rows = access.query([worker])?;
    while let Some(row) = rows.next()? {
        told.access.push(access_of(row)?);
    }
    let mut held = step.transaction.prepare_cached(HELD_OPEN)?;
    let mut rows = held.query([worker])?;
    while let Some(row) = rows.next()? {
        told.held.push(held_of(row)?);
    }
    let mut workers = step.transaction.prepare_cached(WORKERS)?;
    let mut rows = workers.query(params![-1, i64::MAX])?;
    while let Some(row) = rows.next()? {
        told.workers.push(worker_of(row)?);
    }
    Ok(told)
}

fn access_of(row: &rusqlite::Row<'_>) -> Result<WireAccess, Error> {
    let role: Option<String> = row.get(3)?;
    Ok(WireAccess {
        scope: ScopeId::from_bytes(rows::bytes(row, 1, "scope of a role")?),
        worker: WorkerId::from_bytes(rows::bytes(row, 2, "worker of a role")?),
        role: role.as_deref().map(rows::role).transpose()?,
        until_ms: row.get(4)?,
    })
}

fn held_of(row: &rusqlite::Row<'_>) -> Result<WireHeld, Error> {
    Ok(WireHeld {
        id: EntityId::from_bytes(rows::bytes(row, 1, "late work")?),
        scope: ScopeId::from_bytes(rows::bytes(row, 2, "scope of late work")?),
        worker: WorkerId::from_bytes(rows::bytes(row, 3, "worker of late work")?),
        received_ms: row.get(4)?,
        intentions: row.get(5)?,
        open: row.get(6)?,
    })
}

fn worker_of(row: &rusqlite::Row<'_>) -> Result<WireWorker, Error> {
    Ok(WireWorker {
        worker: WorkerId::from_bytes(rows::bytes(row, 1, "worker")?),
        name: row.get(2)?,
    })
}

fn place_of(row: &rusqlite::Row<'_>) -> Result<(ScopeId, DocumentId), Error> {
    let scope = ScopeId::from_bytes(rows::bytes(row, 0, "scope of a document")?);
    Ok((
        scope,
        DocumentId::from_bytes(rows::bytes(row, 1, "document")?),
    ))
}

fn size_between(
    connection: &Connection,
    document: DocumentId,
    from: i64,
    to: i64,
) -> Result<usize, Error> {
    let mut statement = connection.prepare_cached(SIZE_AT)?;
    Ok(statement.query_row(
        params![document.to_bytes(), from, to, rows::to_size(RUN_SIZE)],
        |row| rows::size(row, 0),
    )?)
}

/// Sequence number and size of a document's snapshot; zeros without one.
fn snapshot_size(connection: &Connection, document: DocumentId) -> Result<(i64, usize), Error> {
    let found = connection
        .prepare_cached(SNAPSHOT_SIZE)?
        .query_row([document.to_bytes()], |row| {
            Ok((row.get(0)?, rows::size(row, 1)?))
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn whole_size(connection: &Connection, document: DocumentId) -> Result<usize, Error> {
    let (seq, size) = snapshot_size(connection, document)?;
    Ok(size + size_between(connection, document, seq, i64::MAX)?)
}

/// Writing a page down.
struct Writer<'a> {
    step: &'a Step<'a>,
    uploaded: &'a HashSet<(DocumentId, [u8; 32])>,
    place: &'a mut Place,
    devices: Vec<WireDevice>,
}

impl Writer<'_> {
    /// News of one document; nothing when all of it came in this very request.
    fn news(&mut self, pick: &Pick) -> Result<Option<WireNews>, Error> {
        let Some((kind, scope)) = find_document(self.step, pick.document)? else {
            return Ok(None);
        };
        let (snapshot, from, to) = self.form(pick)?;
        let mut news = WireNews {
            document: pick.document,
            kind,
            scope,
            snapshot: if snapshot {
                self.snapshot(pick.document)?
            } else {
                None
            },
            changes: Vec::new(),
            runs: Vec::new(),
        };
        self.add_runs(&mut news, from, to)?;
        Ok((news.snapshot.is_some() || !news.runs.is_empty()).then_some(news))
    }

    /// Whether the snapshot goes out, and which runs: the snapshot for whoever has nothing, or where it is the shorter.
    fn form(&self, pick: &Pick) -> Result<(bool, i64, i64), Error> {
        let connection = self.step.transaction;
        let (seq, size) = snapshot_size(connection, pick.document)?;
        match pick.extent {
            Extent::Whole => Ok((seq > 0, seq, i64::MAX)),
            Extent::Since(from, to) => {
                let changes = size_between(connection, pick.document, from, to)?;
                let shorter = seq > from
                    && size + size_between(connection, pick.document, seq, to)? < changes;
                Ok(if shorter {
                    (true, seq, to)
                } else {
                    (false, from, to)
                })
            }
        }
    }

    fn snapshot(&self, document: DocumentId) -> Result<Option<WireSnapshot>, Error> {
        let mut statement = self.step.transaction.prepare_cached(SNAPSHOT)?;
        let mut found = statement.query([document.to_bytes()])?;
        let Some(row) = found.next()? else {
            return Ok(None);
        };
        let heads: Vec<u8> = row.get(1)?;
        Ok(Some(WireSnapshot {
            bytes: ByteBuf::from(row.get::<_, Vec<u8>>(0)?),
            heads: rows::hashes(&heads, "heads of a snapshot")?
                .into_iter()
                .map(ByteArray::new)
                .collect(),
            signature: ByteArray::new(rows::bytes(row, 2, "signature of a snapshot")?),
        }))
    }

    fn add_runs(&mut self, news: &mut WireNews, from: i64, to: i64) -> Result<(), Error> {
        let mut statement = self.step.transaction.prepare_cached(RUNS)?;
        let mut found = statement.query(params![news.document.to_bytes(), from, to])?;
        while let Some(row) = found.next()? {
            let (device, run, covered) = run_of(row)?;
            if covered
                .iter()
                .all(|hash| self.uploaded.contains(&(news.document, *hash)))
            {
                continue;
            }
            self.tell(device)?;
            for hash in &covered {
                news.changes.push(self.change(news.document, hash)?);
            }
            news.runs.push(run);
        }
        Ok(())
    }

    fn change(&self, document: DocumentId, hash: &[u8; 32]) -> Result<ByteBuf, Error> {
        let mut statement = self.step.transaction.prepare_cached(CHANGE)?;
        let bytes: Option<Vec<u8>> = statement
            .query_row(params![document.to_bytes(), hash], |row| row.get(0))
            .optional()?;
        bytes.map(ByteBuf::from).ok_or(Error::DamagedRow {
            what: "change of a run",
        })
    }

    /// Adds a device's key, if the device asking has not got it by its cursor.
    fn tell(&mut self, device: DeviceId) -> Result<(), Error> {
        let (number, entry) = find_entry(self.step.transaction, device)?;
        let Err(at) = self.place.told.binary_search(&number) else {
            return Ok(());
        };
        if number == self.step.device.number {
            return Ok(());
        }
        self.place.told.insert(at, number);
        self.devices.push(entry);
        Ok(())
    }
}

/// A document's kind and scope, if the worker may read it.
pub(crate) fn find_document(
    step: &Step<'_>,
    document: DocumentId,
) -> Result<Option<(DocumentKind, ScopeId)>, Error> {
    let mut statement = step.transaction.prepare_cached(DOCUMENT)?;
    let worker = step.device.author.worker.to_bytes();
    let mut found = statement.query(params![document.to_bytes(), worker])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let kind: String = row.get(0)?;
    Ok(Some((
        rows::kind(&kind)?,
        ScopeId::from_bytes(rows::bytes(row, 1, "scope of a document")?),
    )))
}

/// A row of [`RUNS`]: the device, the signature, and the changes it covers.
pub(crate) fn run_of(row: &rusqlite::Row<'_>) -> Result<(DeviceId, WireRun, Vec<[u8; 32]>), Error> {
    let device = DeviceId::from_bytes(rows::bytes(row, 0, "device of a run")?);
    let covered: Vec<u8> = row.get(6)?;
    let covered = rows::hashes(&covered, "changes of a run")?;
    let run = WireRun {
        device: Some(device),
        session: Session(rows::bytes(row, 1, "session of a run")?),
        count: u32::try_from(covered.len()).map_err(|_| Error::DamagedRow {
            what: "changes of a run",
        })?,
        counter: row.get::<_, i64>(2)?.cast_unsigned(),
        wall_ms: row.get(3)?,
        monotonic_ms: row.get(4)?,
        signature: ByteArray::new(rows::bytes(row, 5, "signature of a run")?),
    };
    Ok((device, run, covered))
}

/// A device that signed: its number in this file, and what others are told of it.
pub(crate) fn find_entry(
    connection: &Connection,
    device: DeviceId,
) -> Result<(u32, WireDevice), Error> {
    let mut statement = connection.prepare_cached(DEVICE)?;
    let mut found = statement.query([device.to_bytes()])?;
    let Some(row) = found.next()? else {
        return Err(Error::DamagedRow {
            what: "device of a run",
        });
    };
    let entry = WireDevice {
        device,
        worker: WorkerId::from_bytes(rows::bytes(row, 1, "worker of a device")?),
        name: row.get(2)?,
        key: DevicePublicKey(rows::bytes(row, 3, "key of a device")?),
    };
    Ok((row.get(0)?, entry))
}
