//! Signatures over runs of changes, own and received. They are never folded away.

use std::collections::{BTreeMap, BTreeSet};

use caseweave_engine::identity::{ActorBytes, ENVELOPE_VERSION, Envelope, Receipt, Session};
use caseweave_engine::ids::{DeviceId, DocumentId};
use caseweave_engine::sync::Checked;
use rusqlite::{Row, params};

use crate::changes::Hash;
use crate::error::Result;
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// An envelope and whether this device checked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEnvelope {
    /// The envelope.
    pub envelope: Envelope,
    /// What came of checking it against the changes it covers.
    pub checked: Checked,
    /// When the changes it covers were received, where their rows are folded away.
    pub received_ms: Option<i64>,
    /// The server's receipt for it, where the server gave one.
    pub receipt: Option<Receipt>,
}

/// Own changes of one session in one document that no envelope covers yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsignedRun {
    /// The document.
    pub document: DocumentId,
    /// The session.
    pub session: Session,
    /// The actor, one in each document and session.
    pub actor: ActorBytes,
    /// The number of the first change.
    pub first_seq: u64,
    /// Hashes of consecutive changes, in order of their numbers.
    pub changes: Vec<Hash>,
}

const SELECT: &str = "SELECT document, last_hash, version, count, session, device, counter, wall_ms, monotonic_ms, \
     signature, verified, received_ms, receipt FROM envelopes";

pub(crate) const UNSIGNED: &str = "SELECT document, session, actor, seq, hash
     FROM groups CROSS JOIN changes ON changes.number BETWEEN first_change AND last_change
     WHERE +group_id = groups.number AND session IS NOT NULL AND envelope IS NULL AND +changes.state = 0
     ORDER BY document, session, seq";

impl ReadTx<'_> {
    /// Every envelope of a document, in the order they were stored.
    pub fn envelopes_of(&self, document: DocumentId) -> Result<Vec<StoredEnvelope>> {
        let sql = format!("{SELECT} WHERE document = ?1 ORDER BY number");
        self.rows(&sql, [document.to_bytes()], read_envelope)
    }

    /// The envelope that ends with a change.
    pub fn envelope(&self, document: DocumentId, last: &Hash) -> Result<Option<StoredEnvelope>> {
        let sql = format!("{SELECT} WHERE document = ?1 AND last_hash = ?2");
        self.row(&sql, params![document.to_bytes(), last], read_envelope)
    }

    /// The envelope that covers a stored change.
    pub fn envelope_over(
        &self,
        document: DocumentId,
        hash: &Hash,
    ) -> Result<Option<StoredEnvelope>> {
        let sql = format!(
            "{SELECT} WHERE number = (SELECT envelope FROM changes WHERE document = ?1 AND hash = ?2)"
        );
        self.row(&sql, params![document.to_bytes(), hash], read_envelope)
    }

    /// Documents whose signatures the server is to be asked for, by id; at most so many.
    pub fn wanted_envelopes(&self, limit: usize) -> Result<Vec<DocumentId>> {
        let sql = "SELECT document FROM wanted ORDER BY document LIMIT ?1";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.rows(sql, [limit], |row| Ok(row::document(row, "document")?))
    }

    /// Changes of a document whose signatures the server did not have either, when it was last asked.
    pub fn unproven(&self, document: DocumentId) -> Result<BTreeSet<Hash>> {
        let sql = "SELECT hash FROM unproven WHERE document = ?1";
        let hashes = self.rows(sql, [document.to_bytes()], |row| Ok(row.get("hash")?))?;
        Ok(hashes.into_iter().collect())
    }

    /// Which changes of a document have rows, with when they were received: nothing for those that wait for their receipt.
    pub fn receipts_of(&self, document: DocumentId) -> Result<BTreeMap<Hash, Option<i64>>> {
        let sql = "SELECT hash, received_ms FROM changes WHERE document = ?1";
        let rows = self.rows(sql, [document.to_bytes()], |row| {
            Ok((row.get("hash")?, row.get("received_ms")?))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// What is to be signed: own changes without a receipt that no envelope covers, as runs of consecutive numbers.
    pub fn unsigned_runs(&self) -> Result<Vec<UnsignedRun>> {
        let mut runs: Vec<UnsignedRun> = Vec::new();
        self.rows(UNSIGNED, [], |row| {
            let document = row::document(row, "document")?;
            let session = Session(row.get("session")?);
            let seq: u64 = row.get("seq")?;
            match runs.last_mut() {
                Some(run) if run.goes_on_with(document, session, seq) => {
                    run.changes.push(row.get("hash")?);
                }
                _ => runs.push(UnsignedRun {
                    document,
                    session,
                    actor: row.get("actor")?,
                    first_seq: seq,
                    changes: vec![row.get("hash")?],
                }),
            }
            Ok(())
        })?;
        Ok(runs)
    }
}

impl UnsignedRun {
    fn goes_on_with(&self, document: DocumentId, session: Session, seq: u64) -> bool {
        self.document == document
            && self.session == session
            && self.first_seq + self.changes.len() as u64 == seq
    }
}

impl WriteTx<'_> {
    /// Stores an envelope and marks the changes it covers as signed. One that is here already is kept, but for an adoption where
    /// the author's own comes; that it was verified stays.
    pub fn add_envelope(&self, envelope: &Envelope, verified: bool) -> Result<()> {
        let document = envelope.document.to_bytes();
        if !envelope.is_adoption() {
            let sql =
                "DELETE FROM envelopes WHERE document = ?1 AND last_hash = ?2 AND version <> ?3";
            self.run(
                sql,
                params![document, envelope.last_change, ENVELOPE_VERSION],
            )?;
        }
        self.run(
            "INSERT INTO envelopes (document, last_hash, version, count, session, device, counter, wall_ms, monotonic_ms, \
             signature, verified) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (document, last_hash) DO UPDATE SET verified = iif(excluded.verified = 1, 1, verified)",
            params![
                document,
                envelope.last_change,
                envelope.version,
                envelope.count,
                envelope.session.0,
                envelope.device.to_bytes(),
                // Any number a device claims fits, so that none stops a page from being applied.
                envelope.counter.cast_signed(),
                envelope.wall_ms,
                envelope.monotonic_ms,
                envelope.signature,
                verified
            ],
        )?;
        self.run(
            "UPDATE changes AS covered SET envelope = (SELECT number FROM envelopes WHERE document = ?1 AND last_hash = ?2)
             FROM changes AS last WHERE last.document = ?1 AND last.hash = ?2 AND covered.document = ?1
             AND covered.actor = last.actor AND covered.seq > last.seq - ?3 AND covered.seq <= last.seq",
            params![document, envelope.last_change, envelope.count],
        )?;
        Ok(())
    }

    /// Keeps the server's receipt for an envelope that is here.
    pub fn keep_receipt(&self, document: DocumentId, last: &Hash, receipt: &Receipt) -> Result<()> {
        let sql = "UPDATE envelopes SET receipt = ?3 WHERE document = ?1 AND last_hash = ?2";
        self.run(sql, params![document.to_bytes(), last, receipt])?;
        Ok(())
    }

    /// Writes down whether an envelope holds.
    pub fn set_checked(&self, document: DocumentId, last: &Hash, holds: bool) -> Result<()> {
        let verified = if holds { 1 } else { 2 };
        let sql = "UPDATE envelopes SET verified = ?3 WHERE document = ?1 AND last_hash = ?2";
        self.run(sql, params![document.to_bytes(), last, verified])?;
        Ok(())
    }

    /// Has the next exchange ask for a document's signatures, and for the document itself where that is a closed draft.
    pub fn want_envelopes(&self, document: DocumentId) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO wanted VALUES (?1)";
        self.run(sql, [document.to_bytes()])?;
        Ok(())
    }

    /// The server gave what it has of a document's signatures; these changes are still without.
    pub fn set_unproven(
        &self,
        document: DocumentId,
        hashes: impl IntoIterator<Item = Hash>,
    ) -> Result<()> {
        let id = document.to_bytes();
        self.run("DELETE FROM wanted WHERE document = ?1", [id])?;
        self.run("DELETE FROM unproven WHERE document = ?1", [id])?;
        for hash in hashes {
            self.run("INSERT INTO unproven VALUES (?1, ?2)", params![id, hash])?;
        }
        Ok(())
    }

    /// Takes an own envelope back, so that its changes are signed anew: what `Resubmit` asks for.
    pub fn remove_envelope(&self, document: DocumentId, last: &Hash) -> Result<()> {
        let sql = "DELETE FROM envelopes WHERE document = ?1 AND last_hash = ?2";
        self.run(sql, params![document.to_bytes(), last])?;
        Ok(())
    }
}

fn read_envelope(row: &Row<'_>) -> Result<StoredEnvelope> {
    Ok(StoredEnvelope {
        envelope: Envelope {
            version: row.get("version")?,
            document: row::document(row, "document")?,
            last_change: row.get("last_hash")?,
            count: row.get("count")?,
            session: Session(row.get("session")?),
            device: DeviceId::from_bytes(row.get("device")?),
            counter: row.get::<_, i64>("counter")?.cast_unsigned(),
            wall_ms: row.get("wall_ms")?,
            monotonic_ms: row.get("monotonic_ms")?,
            signature: row.get("signature")?,
        },
        checked: match row.get::<_, i64>("verified")? {
            1 => Checked::Holds,
            2 => Checked::Fails,
            _ => Checked::NotYet,
        },
        received_ms: row.get("received_ms")?,
        receipt: row.get("receipt")?,
    })
}
