//! Writing down what was chosen for a page.

use std::collections::HashSet;

use caseweave_engine::identity::{DevicePublicKey, Session};
use caseweave_engine::ids::{DeviceId, DocumentId, ScopeId, WorkerId};
use caseweave_engine::sync::wire::{DocumentKind, WireDevice, WireNews, WireRun, WireSnapshot};
use rusqlite::{Connection, OptionalExtension, params};
use serde_bytes::{ByteArray, ByteBuf};

use super::choice::{Extent, Pick, size_between, snapshot_weight};
use crate::error::Error;
use crate::place::Place;
use crate::record::snapshot_bytes;
use crate::rows;
use crate::step::Step;

pub(super) const DOCUMENT: &str =
    "SELECT d.kind, d.scope FROM documents d JOIN grants g ON g.scope = d.scope
    WHERE d.id = ?1 AND g.worker = ?2 AND g.until_seq IS NULL";
pub(crate) const RUNS: &str =
    "SELECT device, session, counter, wall_ms, monotonic_ms, signature, changes, adopted FROM runs
    WHERE document = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq, position";
pub(super) const ADOPTED: &str =
    "SELECT device, session, counter, wall_ms, monotonic_ms, signature, changes, adopted FROM runs
    WHERE document = ?1 AND seq > ?2 AND seq <= ?3 AND adopted = 1 ORDER BY seq, position";
pub(super) const CHANGE: &str = "SELECT bytes FROM changes WHERE document = ?1 AND hash = ?2";
pub(super) const SNAPSHOT: &str =
    "SELECT bytes, inflated, heads, signature FROM snapshots WHERE document = ?1";
pub(super) const DEVICE: &str = "SELECT d.number, d.worker, w.name, d.public_key FROM devices d JOIN workers w ON w.id = d.worker
    WHERE d.id = ?1";

/// Writing a page down.
pub(super) struct Writer<'a> {
    pub(super) step: &'a Step<'a>,
    pub(super) uploaded: &'a HashSet<(DocumentId, [u8; 32])>,
    pub(super) place: &'a mut Place,
    pub(super) devices: Vec<WireDevice>,
}

impl Writer<'_> {
    /// News of one document; nothing when all of it came in this very request.
    pub(super) fn news(&mut self, pick: &Pick) -> Result<Option<WireNews>, Error> {
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
        if news.snapshot.is_some() {
            // Who answers for what nobody can prove is told to everyone.
            self.add_runs(&mut news, ADOPTED, (0, from))?;
        }
        self.add_runs(&mut news, RUNS, (from, to))?;
        Ok((news.snapshot.is_some() || !news.runs.is_empty()).then_some(news))
    }

    /// Whether the snapshot goes out, and which runs: the snapshot for whoever has nothing, or where it is the shorter.
    fn form(&self, pick: &Pick) -> Result<(bool, i64, i64), Error> {
        let connection = self.step.transaction;
        let (seq, snapshot) = snapshot_weight(connection, pick.document)?;
        match pick.extent {
            Extent::Whole => Ok((seq > 0, seq, i64::MAX)),
            Extent::Since(from, to) => {
                let changes = size_between(connection, pick.document, from, to)?;
                let shorter = seq > from
                    && snapshot.stored + size_between(connection, pick.document, seq, to)?
                        < changes;
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
        let heads: Vec<u8> = row.get(2)?;
        Ok(Some(WireSnapshot {
            bytes: ByteBuf::from(snapshot_bytes(row)?),
            heads: rows::hashes(&heads, "heads of a snapshot")?
                .into_iter()
                .map(ByteArray::new)
                .collect(),
            signature: ByteArray::new(rows::bytes(row, 3, "signature of a snapshot")?),
        }))
    }

    fn add_runs(
        &mut self,
        news: &mut WireNews,
        sql: &str,
        (from, to): (i64, i64),
    ) -> Result<(), Error> {
        let mut statement = self.step.transaction.prepare_cached(sql)?;
        let mut found = statement.query(params![news.document.to_bytes(), from, to])?;
        while let Some(row) = found.next()? {
            let (device, run, covered) = run_of(self.step, (news.document, news.scope), row)?;
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

/// A row of [`RUNS`], of a document in its scope: the device, the signature with its receipt, and the changes it covers.
pub(crate) fn run_of(
    step: &Step<'_>,
    (document, scope): (DocumentId, ScopeId),
    row: &rusqlite::Row<'_>,
) -> Result<(DeviceId, WireRun, Vec<[u8; 32]>), Error> {
    let device = DeviceId::from_bytes(rows::bytes(row, 0, "device of a run")?);
    let covered: Vec<u8> = row.get(6)?;
    let covered = rows::hashes(&covered, "changes of a run")?;
    let mut run = WireRun {
        device: Some(device),
        session: Session(rows::bytes(row, 1, "session of a run")?),
        count: u32::try_from(covered.len()).map_err(|_| Error::DamagedRow {
            what: "changes of a run",
        })?,
        counter: row.get::<_, i64>(2)?.cast_unsigned(),
        wall_ms: row.get(3)?,
        monotonic_ms: row.get(4)?,
        signature: ByteArray::new(rows::bytes(row, 5, "signature of a run")?),
        adopted: row.get(7)?,
        receipt: None,
    };
    let last = covered.last().copied().unwrap_or_default();
    let envelope = run.envelope(document, last, device);
    let receipt = step.receipts.receipt(scope, &envelope);
    run.receipt = Some(ByteArray::new(receipt));
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
