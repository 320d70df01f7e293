//! Changes: one checksummed row each, in the order they were stored.

use caseweave_engine::identity::{ActorBytes, Session};
use caseweave_engine::ids::{DeviceId, DocumentId, WorkerId};
use rusqlite::{Row, params};

use crate::documents::found;
use crate::error::Result;
use crate::outbox::GroupId;
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// The hash of a change.
pub type Hash = [u8; 32];

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeState {
    /// Made here, without a receipt.
    Local,
    /// Made here, and the server has it.
    Acknowledged,
    /// Came from the server.
    Remote,
}

/// A change to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewChange<'a> {
    /// The document it belongs to.
    pub document: DocumentId,
    /// Its hash.
    pub hash: Hash,
    /// Its actor.
    pub actor: ActorBytes,
    /// Its number within the actor.
    pub seq: u64,
    /// The session it was made in, when it was made on this device.
    pub session: Option<Session>,
    /// The device that made it, where it is known.
    pub device: Option<DeviceId>,
    /// The worker who made it, where it is known.
    pub worker: Option<WorkerId>,
    /// When it was made, by its device's clock, milliseconds since 1970-01-01T00:00:00Z.
    pub claimed_ms: i64,
    /// When the server had it, where it is known.
    pub received_ms: Option<i64>,
    /// Where it stands.
    pub state: ChangeState,
    /// The upload group, for local changes.
    pub group: Option<GroupId>,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A stored change; fields as in [`NewChange`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// The document it belongs to.
    pub document: DocumentId,
    /// Its hash.
    pub hash: Hash,
    /// Its actor.
    pub actor: ActorBytes,
    /// Its number within the actor.
    pub seq: u64,
    /// The session it was made in, when it was made on this device.
    pub session: Option<Session>,
    /// The device that made it, where it is known.
    pub device: Option<DeviceId>,
    /// The worker who made it, where it is known.
    pub worker: Option<WorkerId>,
    /// When it was made, by its device's clock.
    pub claimed_ms: i64,
    /// When the server had it, where it is known.
    pub received_ms: Option<i64>,
    /// Where it stands.
    pub state: ChangeState,
    /// The upload group, for local changes.
    pub group: Option<GroupId>,
    /// Whether an envelope covers it.
    pub signed: bool,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Changes read back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// The whole ones, in the order they were stored.
    pub rows: Vec<ChangeRow>,
    /// Hashes of those whose checksum does not hold.
    pub damaged: Vec<Hash>,
}

pub(crate) const SELECT: &str = "SELECT document, hash, actor, seq, session, device, worker, claimed_ms, received_ms, \
     state, group_id, envelope IS NOT NULL AS signed, bytes, checksum FROM changes";

impl ReadTx<'_> {
    /// The stored changes of a document, in the order they were stored. Changes that a snapshot stands for are not among
    /// them.
    pub fn changes_of(&self, document: DocumentId) -> Result<Changes> {
        self.collect_changes(
            &format!("{SELECT} WHERE document = ?1 ORDER BY number"),
            params![document.to_bytes()],
        )
    }

    /// The changes of a document that its snapshot does not stand for, in the order they were stored. Those that wait for a
    /// receipt keep their rows when they are folded, and are not read again with the snapshot.
    pub(crate) fn changes_since_snapshot(&self, document: DocumentId) -> Result<Changes> {
        self.collect_changes(
            &format!("{SELECT} WHERE document = ?1 AND folded = 0 ORDER BY number"),
            params![document.to_bytes()],
        )
    }

    /// Whether a change has a row here. A folded change has none.
    pub fn has_change(&self, document: DocumentId, hash: &Hash) -> Result<bool> {
        let sql = "SELECT 1 FROM changes WHERE document = ?1 AND hash = ?2";
        Ok(self
            .row(sql, params![document.to_bytes(), hash], |_| Ok(()))?
            .is_some())
    }

    pub(crate) fn collect_changes(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
    ) -> Result<Changes> {
        let mut changes = Changes::default();
        self.rows(sql, params, |row| {
            let change = read_change(row)?;
            if row.get::<_, [u8; 16]>("checksum")? == row::checksum(&change.hash, &change.bytes) {
                changes.rows.push(change);
            } else {
                changes.damaged.push(change.hash);
            }
            Ok(())
        })?;
        Ok(changes)
    }
}

impl WriteTx<'_> {
    /// Stores a change. Heads are set apart, by [`WriteTx::set_heads`].
    ///
    /// # Errors
    /// - [`crate::Error::AlreadyExists`]: the document has this hash, or another change of this actor with this number.
    /// - [`crate::Error::NotFound`]: there is no such document, or no such group.
    pub fn append_change(&self, change: NewChange<'_>) -> Result<()> {
        let document = change.document.to_bytes();
        let sql = "UPDATE documents SET tail_bytes = tail_bytes + ?2 WHERE id = ?1";
        found(
            self.run(sql, params![document, change.bytes.len() as i64])?,
            "document",
        )?;
        self.run(
            "INSERT INTO changes (document, hash, actor, seq, session, device, worker, claimed_ms, received_ms, state, \
             group_id, bytes, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                document,
                change.hash,
                change.actor,
                change.seq,
                change.session.map(|session| session.0),
                change.device.map(DeviceId::to_bytes),
                change.worker.map(WorkerId::to_bytes),
                change.claimed_ms,
                change.received_ms,
                state_number(change.state),
                change.group.map(|group| group.0),
                change.bytes,
                row::checksum(&change.hash, change.bytes)
            ],
        )?;
        change
            .group
            .map_or(Ok(()), |group| self.add_to_group(group))
    }
}

pub(crate) fn state_number(state: ChangeState) -> i64 {
    match state {
        ChangeState::Local => 0,
        ChangeState::Acknowledged => 1,
        ChangeState::Remote => 2,
    }
}

fn state_from_number(number: i64) -> Result<ChangeState> {
    match number {
        0 => Ok(ChangeState::Local),
        1 => Ok(ChangeState::Acknowledged),
        2 => Ok(ChangeState::Remote),
        _ => Err(row::impossible()),
    }
}

fn read_change(row: &Row<'_>) -> Result<ChangeRow> {
    Ok(ChangeRow {
        document: row::document(row, "document")?,
        hash: row.get("hash")?,
        actor: row.get("actor")?,
        seq: row.get("seq")?,
        session: row.get::<_, Option<[u8; 16]>>("session")?.map(Session),
        device: row
            .get::<_, Option<[u8; 16]>>("device")?
            .map(DeviceId::from_bytes),
        worker: row::worker(row, "worker")?,
        claimed_ms: row.get("claimed_ms")?,
        received_ms: row.get("received_ms")?,
        state: state_from_number(row.get("state")?)?,
        group: row.get::<_, Option<i64>>("group_id")?.map(GroupId),
        signed: row.get("signed")?,
        bytes: row.get("bytes")?,
    })
}
