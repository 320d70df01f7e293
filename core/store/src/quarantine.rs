//! What was refused for good or could not be read, with the reason. Nothing that was entered is thrown away.

use caseweave_engine::ids::{CaseId, DocumentId};
use rusqlite::params;

use crate::changes::Hash;
use crate::documents::found;
use crate::error::Result;
use crate::transaction::{ReadTx, WriteTx};

/// Bytes that were set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedChange {
    /// The document they were meant for, where it is known.
    pub document: Option<DocumentId>,
    /// Their hash, where it is known.
    pub hash: Option<Hash>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// One entry to set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewQuarantined<'a> {
    /// The case, where it is known.
    pub case: Option<CaseId>,
    /// When, milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// Stable code of the reason.
    pub code: &'a str,
    /// The reason in words; no record content.
    pub reason: &'a str,
    /// The edits, when the work was this device's.
    pub edits: Option<&'a [u8]>,
    /// The changes or unread bytes.
    pub changes: &'a [QuarantinedChange],
}

/// One entry set aside; fields as in [`NewQuarantined`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The entry's number.
    pub id: i64,
    /// The case, where it is known.
    pub case: Option<CaseId>,
    /// When, milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// Stable code of the reason.
    pub code: String,
    /// The reason in words.
    pub reason: String,
    /// The edits, when the work was this device's.
    pub edits: Option<Vec<u8>>,
    /// Whether the worker has dealt with it.
    pub dismissed: bool,
    /// The changes or unread bytes.
    pub changes: Vec<QuarantinedChange>,
}

impl ReadTx<'_> {
    /// Everything in quarantine, oldest first; of one case, if given.
    pub fn quarantined(&self, case: Option<CaseId>) -> Result<Vec<Quarantined>> {
        let sql = "SELECT number, case_id, at_ms, code, reason, edits, dismissed FROM quarantine
                   WHERE ?1 IS NULL OR case_id = ?1 ORDER BY number";
        self.rows(sql, [case.map(CaseId::to_bytes)], |row| {
            let id = row.get("number")?;
            Ok(Quarantined {
                id,
                case: row
                    .get::<_, Option<[u8; 16]>>("case_id")?
                    .map(CaseId::from_bytes),
                at_ms: row.get("at_ms")?,
                code: row.get("code")?,
                reason: row.get("reason")?,
                edits: row.get("edits")?,
                dismissed: row.get("dismissed")?,
                changes: self.quarantined_changes(id)?,
            })
        })
    }

    fn quarantined_changes(&self, entry: i64) -> Result<Vec<QuarantinedChange>> {
        let sql = "SELECT document, hash, bytes FROM quarantined_changes WHERE entry = ?1 ORDER BY number";
        self.rows(sql, [entry], |row| {
            Ok(QuarantinedChange {
                document: row
                    .get::<_, Option<[u8; 16]>>("document")?
                    .map(DocumentId::from_bytes),
                hash: row.get("hash")?,
                bytes: row.get("bytes")?,
            })
        })
    }
}

impl WriteTx<'_> {
    /// Sets something aside and returns the entry's number.
    pub fn quarantine(&self, entry: &NewQuarantined<'_>) -> Result<i64> {
        self.run(
            "INSERT INTO quarantine (case_id, at_ms, code, reason, edits) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                entry.case.map(CaseId::to_bytes),
                entry.at_ms,
                entry.code,
                entry.reason,
                entry.edits
            ],
        )?;
        let id = self.connection.last_insert_rowid();
        for change in entry.changes {
            self.run(
                "INSERT INTO quarantined_changes (entry, document, hash, bytes) VALUES (?1, ?2, ?3, ?4)",
                params![id, change.document.map(DocumentId::to_bytes), change.hash, change.bytes],
            )?;
        }
        if let Some(case) = entry.case {
            self.refresh_sync_counts(case)?;
        }
        Ok(id)
    }

    /// Marks an entry as dealt with: it stays, and counts no more.
    ///
    /// # Errors
    /// - [`crate::Error::NotFound`]: there is no such entry.
    pub fn dismiss_quarantined(&self, id: i64) -> Result<()> {
        found(
            self.run(
                "UPDATE quarantine SET dismissed = 1 WHERE number = ?1",
                [id],
            )?,
            "quarantine entry",
        )?;
        let case = self.row(
            "SELECT case_id FROM quarantine WHERE number = ?1",
            [id],
            |row| Ok(row.get::<_, Option<[u8; 16]>>("case_id")?),
        )?;
        match case.flatten() {
            Some(case) => self.refresh_sync_counts(CaseId::from_bytes(case)),
            None => Ok(()),
        }
    }
}
