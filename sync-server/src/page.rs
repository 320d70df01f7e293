//! The download half of an exchange: the next page of news for one device.
//!
//! A device that has a place in the feed gets the rows of its worker behind it, cut between sequence numbers, so that what
//! one request uploaded together arrives together. A device that has nothing is filled document by document.

use std::collections::{BTreeMap, HashSet};

use caseweave_engine::identity::{DevicePublicKey, Session};
use caseweave_engine::ids::{DeviceId, DocumentId, ScopeId, WorkerId};
use caseweave_engine::sync::Digest;
use caseweave_engine::sync::server::{MAX_UPLOAD, Merge, RUN_SIZE};
use caseweave_engine::sync::wire::{
    Cursor, DocumentKind, WireDevice, WireNews, WireRun, WireSnapshot,
};
use rusqlite::{Connection, OptionalExtension, params};
use serde_bytes::{ByteArray, ByteBuf};

use crate::error::Error;
use crate::organisation::Step;
use crate::place::{Filling, Place};
use crate::rows;
use crate::upload::digest_of;

/// Most bytes of news in one page, whatever the device asks for.
const MOST_BYTES: usize = MAX_UPLOAD;
/// Most feed rows that one page reads.
const MOST_ROWS: i64 = 10_000;
/// Cases with a visit until so many days from now come first; yesterday counts for whoever lives behind UTC.
const DAYS_AHEAD: i64 = 2;

const DAY_MS: i64 = 86_400_000;

const FEED: &str =
    "SELECT seq, document FROM feed WHERE worker = ?1 AND seq > ?2 ORDER BY seq, document LIMIT ?3";
const SIZE_AT: &str =
    "SELECT coalesce(sum(size + ?4), 0) FROM runs WHERE document = ?1 AND seq > ?2 AND seq <= ?3";
const SNAPSHOT_SIZE: &str = "SELECT seq, size FROM snapshots WHERE document = ?1";
const DOCUMENT: &str = "SELECT d.kind, d.scope FROM documents d JOIN grants g ON g.scope = d.scope
    WHERE d.id = ?1 AND g.worker = ?2 AND g.until_seq IS NULL";
const RUNS: &str =
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

const STATEMENTS: [&str; 10] = [
    FEED,
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
    pub(crate) digest: Option<Digest>,
    pub(crate) more: bool,
}

/// Reads the page that follows the request's cursor.
pub(crate) fn read(step: &Step<'_>, merge: &Merge) -> Result<Page, Error> {
    let before = Place::of_request(step)?;
    let mut choice = Choice::new(step, before.clone());
    choice.fill(step)?;
    choice.follow(step)?;
    let Choice {
        mut place,
        picks,
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
        let mut moved: BTreeMap<DocumentId, ()> = BTreeMap::new();
        for (seq, documents) in self.rows(step)? {
            let fresh: Vec<DocumentId> = documents
                .into_iter()
                .filter(|document| !self.picks.iter().any(|pick| pick.document == *document))
                .collect();
            let sizes = fresh
                .iter()
                .map(|document| size_between(step.transaction, *document, seq - 1, seq));
            let size = sizes.sum::<Result<usize, Error>>()?;
            if !self.takes(size) {
                break;
            }
            moved.extend(fresh.into_iter().map(|document| (document, ())));
            self.place.seq = seq;
        }
        let to = self.place.seq;
        let picks = moved.into_keys().map(|document| Pick {
            document,
            extent: Extent::Since(from, to),
        });
        self.picks.extend(picks);
        Ok(())
    }

    /// The worker's own rows behind the place, by sequence number.
    fn rows(&mut self, step: &Step<'_>) -> Result<BTreeMap<i64, Vec<DocumentId>>, Error> {
        let mut statement = step.transaction.prepare_cached(FEED)?;
        let worker = step.device.author.worker.to_bytes();
        let mut found = statement.query(params![worker, self.place.seq, MOST_ROWS + 1])?;
        let mut rows: BTreeMap<i64, Vec<DocumentId>> = BTreeMap::new();
        let mut count = 0;
        while let Some(row) = found.next()? {
            let document = DocumentId::from_bytes(rows::bytes(row, 1, "document of the feed")?);
            rows.entry(row.get(0)?).or_default().push(document);
            count += 1;
        }
        if count > MOST_ROWS && rows.len() > 1 {
            // The last number may be incomplete.
            rows.pop_last();
            self.more = true;
        }
        Ok(rows)
    }
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
        let Some((kind, scope)) = self.find(pick.document)? else {
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

    fn find(&self, document: DocumentId) -> Result<Option<(DocumentKind, ScopeId)>, Error> {
        let mut statement = self.step.transaction.prepare_cached(DOCUMENT)?;
        let worker = self.step.device.author.worker.to_bytes();
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
            let covered: Vec<u8> = row.get(6)?;
            let covered = rows::hashes(&covered, "changes of a run")?;
            if covered
                .iter()
                .all(|hash| self.uploaded.contains(&(news.document, *hash)))
            {
                continue;
            }
            let device = DeviceId::from_bytes(rows::bytes(row, 0, "device of a run")?);
            self.tell(device)?;
            for hash in &covered {
                news.changes.push(self.change(news.document, hash)?);
            }
            news.runs.push(WireRun {
                device: Some(device),
                session: Session(rows::bytes(row, 1, "session of a run")?),
                count: u32::try_from(covered.len()).map_err(|_| Error::DamagedRow {
                    what: "changes of a run",
                })?,
                counter: row.get::<_, i64>(2)?.cast_unsigned(),
                wall_ms: row.get(3)?,
                monotonic_ms: row.get(4)?,
                signature: ByteArray::new(rows::bytes(row, 5, "signature of a run")?),
            });
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
        let mut statement = self.step.transaction.prepare_cached(DEVICE)?;
        let mut found = statement.query([device.to_bytes()])?;
        let Some(row) = found.next()? else {
            return Err(Error::DamagedRow {
                what: "device of a run",
            });
        };
        let number: u32 = row.get(0)?;
        let Err(at) = self.place.told.binary_search(&number) else {
            return Ok(());
        };
        if number == self.step.device.number {
            return Ok(());
        }
        self.place.told.insert(at, number);
        self.devices.push(WireDevice {
            device,
            worker: WorkerId::from_bytes(rows::bytes(row, 1, "worker of a device")?),
            name: row.get(2)?,
            key: DevicePublicKey(rows::bytes(row, 3, "key of a device")?),
        });
        Ok(())
    }
}
