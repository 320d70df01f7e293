//! What a page tells besides documents: roles, workers, late work.

use caseweave_engine::ids::{EntityId, ScopeId, WorkerId};
use caseweave_engine::sync::wire::{WireAccess, WireDeclined, WireHeld, WireSettings, WireWorker};
use rusqlite::params;

use crate::error::Error;
use crate::late::declined_of;
use crate::rows;
use crate::step::Step;

/// What a role, a worker's name or late work counts for in a page, besides its text.
const ROW_SIZE: usize = 64;

pub(super) const ACCESS_STANDING: &str =
    "SELECT g.from_seq, g.scope, g.worker, g.role, g.until_ms FROM grants own JOIN grants g ON g.scope = own.scope
    WHERE own.worker = ?1 AND own.until_seq IS NULL AND g.until_seq IS NULL ORDER BY g.scope, g.worker";
/// Ends of the worker's own roles that no other role followed. A device that was enrolled after such an end never had what it is about.
pub(super) const ACCESS_ENDED: &str =
    "SELECT max(a.seq), a.scope, a.subject, NULL,
        (SELECT g.until_ms FROM grants g WHERE g.worker = ?1 AND g.scope = a.scope ORDER BY g.until_seq DESC LIMIT 1)
    FROM access_feed a
    WHERE a.worker = ?1 AND a.subject = ?1 AND a.role IS NULL
        AND a.seq > (SELECT enrolled_seq FROM devices WHERE number = ?2) AND NOT EXISTS
        (SELECT 1 FROM grants g WHERE g.worker = ?1 AND g.scope = a.scope AND g.until_seq IS NULL)
    GROUP BY a.scope ORDER BY a.scope";
pub(super) const HELD_OPEN: &str = "SELECT h.number, h.id, h.scope, h.worker, h.received_ms, h.intentions, 1
    FROM grants g JOIN held h ON h.scope = g.scope
    WHERE g.worker = ?1 AND g.until_seq IS NULL AND g.role = 'lead' AND h.state = 'open' ORDER BY h.number";
/// Work of the worker's own that was declined since the device was enrolled, on scopes that the worker may still read.
pub(super) const DECLINED_STANDING: &str =
    "SELECT max(f.seq), h.scope, h.upload FROM held_feed f JOIN held h ON h.id = f.held
    WHERE f.worker = ?1 AND h.worker = ?1 AND h.state = 'declined'
        AND f.seq > (SELECT enrolled_seq FROM devices WHERE number = ?2) AND EXISTS
        (SELECT 1 FROM grants g WHERE g.worker = ?1 AND g.scope = h.scope AND g.until_seq IS NULL)
    GROUP BY h.id ORDER BY h.number";
pub(super) const WORKERS: &str =
    "SELECT seq, id, name FROM workers WHERE seq > ?1 ORDER BY seq, id LIMIT ?2";

/// Of versions that were followed by others a device needs no more than what they judged by.
pub(super) const SETTINGS: &str = "SELECT seq, version, CASE version WHEN (SELECT max(version) FROM settings) THEN whole ELSE judging END
    FROM settings WHERE seq > ?1 ORDER BY seq LIMIT ?2";

/// What a page tells besides documents.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) access: Vec<WireAccess>,
    pub(crate) workers: Vec<WireWorker>,
    pub(crate) held: Vec<WireHeld>,
    pub(crate) declined: Vec<WireDeclined>,
    pub(crate) settings: Vec<WireSettings>,
}

impl Told {
    /// About how many bytes it takes.
    pub(super) fn size(&self) -> usize {
        let names = self.workers.iter().map(|worker| worker.name.len());
        let intentions = self.held.iter().map(|held| held.intentions.len());
        let hashes = self.declined.iter().map(|declined| declined.changes.len());
        let settings = self.settings.iter().map(|settings| settings.text.len());
        let rows = self.access.len() + self.workers.len() + self.held.len() + hashes.sum::<usize>();
        rows * ROW_SIZE + names.chain(intentions).chain(settings).sum::<usize>()
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.access.append(&mut other.access);
        self.workers.append(&mut other.workers);
        self.held.append(&mut other.held);
        self.declined.append(&mut other.declined);
        self.settings.append(&mut other.settings);
    }
}

/// What a device that starts anew has to be told besides documents. It may hold what its worker has lost since: one that was restored
/// from a backup, or found that the two sides differ.
pub(super) fn standing(step: &Step<'_>) -> Result<Told, Error> {
    let worker = step.device.author.worker.to_bytes();
    let mut told = Told::default();
    let mut access = step.transaction.prepare_cached(ACCESS_STANDING)?;
    let mut rows = access.query([worker])?;
    while let Some(row) = rows.next()? {
        told.access.push(access_of(row)?);
    }
    let mut ended = step.transaction.prepare_cached(ACCESS_ENDED)?;
    let mut rows = ended.query(params![worker, step.device.number])?;
    while let Some(row) = rows.next()? {
        told.access.push(access_of(row)?);
    }
    let mut held = step.transaction.prepare_cached(HELD_OPEN)?;
    let mut rows = held.query([worker])?;
    while let Some(row) = rows.next()? {
        told.held.push(held_of(row)?);
    }
    let mut declined = step.transaction.prepare_cached(DECLINED_STANDING)?;
    let mut rows = declined.query(params![worker, step.device.number])?;
    while let Some(row) = rows.next()? {
        told.declined.push(declined_of(row)?);
    }
    let mut workers = step.transaction.prepare_cached(WORKERS)?;
    let mut rows = workers.query(params![-1, i64::MAX])?;
    while let Some(row) = rows.next()? {
        told.workers.push(worker_of(row)?);
    }
    let mut settings = step.transaction.prepare_cached(SETTINGS)?;
    let mut rows = settings.query(params![-1, i64::MAX])?;
    while let Some(row) = rows.next()? {
        told.settings.push(settings_of(row)?);
    }
    Ok(told)
}

pub(super) fn access_of(row: &rusqlite::Row<'_>) -> Result<WireAccess, Error> {
    let role: Option<String> = row.get(3)?;
    Ok(WireAccess {
        scope: ScopeId::from_bytes(rows::bytes(row, 1, "scope of a role")?),
        worker: WorkerId::from_bytes(rows::bytes(row, 2, "worker of a role")?),
        role: role.as_deref().map(rows::role).transpose()?,
        until_ms: row.get(4)?,
        seq: row.get(0)?,
    })
}

pub(super) fn held_of(row: &rusqlite::Row<'_>) -> Result<WireHeld, Error> {
    Ok(WireHeld {
        id: EntityId::from_bytes(rows::bytes(row, 1, "late work")?),
        scope: ScopeId::from_bytes(rows::bytes(row, 2, "scope of late work")?),
        worker: WorkerId::from_bytes(rows::bytes(row, 3, "worker of late work")?),
        received_ms: row.get(4)?,
        intentions: row.get(5)?,
        open: row.get(6)?,
    })
}

pub(super) fn worker_of(row: &rusqlite::Row<'_>) -> Result<WireWorker, Error> {
    Ok(WireWorker {
        worker: WorkerId::from_bytes(rows::bytes(row, 1, "worker")?),
        name: row.get(2)?,
    })
}

pub(super) fn settings_of(row: &rusqlite::Row<'_>) -> Result<WireSettings, Error> {
    Ok(WireSettings {
        version: row.get(1)?,
        text: row.get(2)?,
    })
}
