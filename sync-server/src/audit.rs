//! The audit log: rows that each carry the hash of the one before, so that an edit, a gap or a swap shows.

use std::collections::HashMap;

use caseweave_engine::ids::DeviceId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Error;

/// Like refusals within this time become one line, so that nobody can fill the disk by knocking.
const QUIET_MS: i64 = 60_000;

const CONTEXT: &str = "caseweave 2026 audit v1";

/// One thing that happened. Names no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) what: &'static str,
    pub(crate) device: Option<DeviceId>,
    pub(crate) code: &'static str,
    pub(crate) times: i64,
}

impl Entry {
    pub(crate) fn new(what: &'static str, device: Option<DeviceId>, code: &'static str) -> Self {
        Self {
            what,
            device,
            code,
            times: 1,
        }
    }
}

/// Appends a line.
pub(crate) fn append(connection: &Connection, now_ms: i64, entry: &Entry) -> Result<(), Error> {
    let (last, prev): (i64, Vec<u8>) = connection
        .prepare_cached("SELECT seq, hash FROM audit_head")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let device = entry.device.map(|device| device.to_bytes());
    let line = Line {
        seq: last + 1,
        at_ms: now_ms,
        what: entry.what.to_owned(),
        device: device.map(|device| device.to_vec()),
        code: entry.code.to_owned(),
        times: entry.times,
        prev_hash: prev,
    };
    let hash = line.hash();
    connection
        .prepare_cached(
            "INSERT INTO audit (seq, at_ms, what, device, code, times, prev_hash, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![line.seq, line.at_ms, line.what, line.device, line.code, line.times, line.prev_hash, hash])?;
    connection
        .prepare_cached("UPDATE audit_head SET seq = ?1, hash = ?2")?
        .execute(params![line.seq, hash])?;
    Ok(())
}

struct Line {
    seq: i64,
    at_ms: i64,
    what: String,
    device: Option<Vec<u8>>,
    code: String,
    times: i64,
    prev_hash: Vec<u8>,
}

impl Line {
    fn hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        for number in [self.seq, self.at_ms, self.times] {
            hasher.update(&number.to_be_bytes());
        }
        let device = self.device.as_deref().unwrap_or_default();
        for field in [
            self.what.as_bytes(),
            device,
            self.code.as_bytes(),
            &self.prev_hash,
        ] {
            hasher
                .update(&(field.len() as u64).to_be_bytes())
                .update(field);
        }
        *hasher.finalize().as_bytes()
    }
}

/// The first line that is not as it was written, if any: its number, or the number after the last where lines are missing.
pub(crate) fn first_broken(connection: &Connection) -> Result<Option<i64>, Error> {
    let mut statement = connection.prepare(
        "SELECT seq, at_ms, what, device, code, times, prev_hash, hash FROM audit ORDER BY seq",
    )?;
    let mut rows = statement.query([])?;
    let (mut seq, mut prev) = (0, vec![0; 32]);
    while let Some(row) = rows.next()? {
        let line = Line {
            seq: row.get(0)?,
            at_ms: row.get(1)?,
            what: row.get(2)?,
            device: row.get(3)?,
            code: row.get(4)?,
            times: row.get(5)?,
            prev_hash: row.get(6)?,
        };
        let hash: Vec<u8> = row.get(7)?;
        seq += 1;
        if line.seq != seq || line.prev_hash != prev || hash != line.hash() {
            return Ok(Some(seq));
        }
        prev = hash;
    }
    let head: Option<(i64, Vec<u8>)> = connection
        .query_row("SELECT seq, hash FROM audit_head", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok((head != Some((seq, prev))).then_some(seq + 1))
}

/// Counts refusals and says when a line is due.
#[derive(Debug, Default)]
pub(crate) struct Quieted(HashMap<(&'static str, Option<DeviceId>), (i64, i64)>);

impl Quieted {
    /// How many refusals the next line stands for, if it is time for one.
    pub(crate) fn due(
        &mut self,
        code: &'static str,
        device: Option<DeviceId>,
        now_ms: i64,
    ) -> Option<i64> {
        let (last, waiting) = self.0.entry((code, device)).or_insert((i64::MIN, 0));
        *waiting += 1;
        if now_ms.saturating_sub(*last) < QUIET_MS {
            return None;
        }
        *last = now_ms;
        Some(std::mem::take(waiting))
    }
}
