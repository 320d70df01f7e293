//! Documents: what they are, their heads, and their snapshots.

use caseweave_engine::ids::{CaseId, DocumentId, ScopeId};
use caseweave_engine::sync::wire::DocumentKind;
use caseweave_engine::sync::{compress, fingerprint, inflated};
use rusqlite::{Row, params};

use crate::changes::{Changes, Hash};
use crate::error::{Error, Result};
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// A tail is folded once it is longer than the snapshot, but no shorter than this: short tails cost nothing to replay.
const SHORTEST_TAIL: u64 = 8 * 1024;
/// No tail gets longer than this: replaying it numbers all operations of the document anew for each of its actors, and there may
/// be one for every visit. Fifty visits are about as long.
const LONGEST_TAIL: u64 = 64 * 1024;

/// A document whose snapshot is longer takes so long to load that its record is stored beside it: it is about that of four hundred
/// visits with notes, and loads in 30 ms.
const LONG: u64 = 128 * 1024;

/// The only reason why compressing fails.
pub(crate) const OUT_OF_MEMORY: Error = Error::Database {
    code: rusqlite::ffi::SQLITE_NOMEM,
};

/// What a new document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDocument {
    /// The document.
    pub id: DocumentId,
    /// Its kind.
    pub kind: DocumentKind,
    /// The case it belongs to; its own id when it is a case's main record.
    pub case: CaseId,
    /// The scope it belongs to, for ever.
    pub scope: ScopeId,
}

/// A document without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// The document.
    pub id: DocumentId,
    /// Its kind.
    pub kind: DocumentKind,
    /// The case it belongs to.
    pub case: CaseId,
    /// Its scope.
    pub scope: ScopeId,
    /// Its heads, sorted.
    pub heads: Vec<Hash>,
    /// The heads the server is known to have, sorted; empty before the first receipt.
    pub acknowledged_heads: Vec<Hash>,
    /// Whether it is a draft that is signed as it stands, by what the server is known to have.
    pub closed: bool,
    /// Bytes of the snapshot; 0 without one.
    pub snapshot_bytes: u64,
    /// Bytes of changes appended since the snapshot.
    pub tail_bytes: u64,
}

impl DocumentRow {
    /// Whether the tail has outgrown the snapshot, so that folding saves more than it costs.
    pub fn fold_is_due(&self) -> bool {
        self.tail_bytes > self.snapshot_bytes.clamp(SHORTEST_TAIL, LONGEST_TAIL)
    }

    /// Whether there is a tail, and the server has all of it: were it never written again, it could be folded for good.
    pub fn can_rest(&self) -> bool {
        self.tail_bytes > 0 && self.heads == self.acknowledged_heads
    }
}

/// A snapshot as it was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// The document's bytes, not compressed.
    pub bytes: Vec<u8>,
    /// Its heads, sorted.
    pub heads: Vec<Hash>,
}

/// A document with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// What it is.
    pub row: DocumentRow,
    /// The last snapshot, if one was taken and is whole.
    pub snapshot: Option<StoredSnapshot>,
    /// Whether a snapshot is there whose checksum does not hold.
    pub snapshot_damaged: bool,
    /// The changes since, in the order they were stored, and what is damaged of them. Where the snapshot is damaged, all that
    /// still have a row.
    pub tail: Changes,
}

const SELECT: &str = "SELECT id, kind, case_id, scope, heads, acknowledged_heads, closed, snapshot_bytes, tail_bytes FROM documents";

impl ReadTx<'_> {
    /// A document without its content; nothing when it is not here.
    pub fn document(&self, id: DocumentId) -> Result<Option<DocumentRow>> {
        self.row(
            &format!("{SELECT} WHERE id = ?1"),
            [id.to_bytes()],
            read_document,
        )
    }

    /// Whether a document takes so long to load that its record is stored beside it; one that is not here does not.
    ///
    /// # Errors
    /// - [`Error::Corrupt`], [`Error::Database`].
    pub fn is_long(&self, id: DocumentId) -> Result<bool> {
        let row = self.document(id)?;
        Ok(row.is_some_and(|row| row.snapshot_bytes > LONG))
    }

    /// The documents of a case: the main record first, then by id.
    pub fn documents_of(&self, case: CaseId) -> Result<Vec<DocumentRow>> {
        let sql = format!("{SELECT} WHERE case_id = ?1 ORDER BY kind, id");
        self.rows(&sql, [case.to_bytes()], read_document)
    }

    /// Every document, by id.
    pub fn documents(&self) -> Result<Vec<DocumentRow>> {
        self.rows(&format!("{SELECT} ORDER BY id"), [], read_document)
    }

    /// The cases whose drafts are to be looked at: heads that the server is known to have moved since that was done.
    pub fn moved_cases(&self) -> Result<Vec<CaseId>> {
        let sql = "SELECT case_id FROM moved ORDER BY case_id";
        self.rows(sql, [], |row| Ok(row::document(row, "case_id")?))
    }

    /// Whether a case is among the [`Self::moved_cases`].
    ///
    /// # Errors
    /// - [`Error::Corrupt`], [`Error::Database`].
    pub fn is_moved(&self, case: CaseId) -> Result<bool> {
        let sql = "SELECT 1 FROM moved WHERE case_id = ?1";
        Ok(self.row(sql, [case.to_bytes()], |_| Ok(()))?.is_some())
    }

    /// A document with its content; nothing when it is not here. Damaged parts are reported, not fatal.
    pub fn load(&self, id: DocumentId) -> Result<Option<StoredDocument>> {
        let Some(row) = self.document(id)? else {
            return Ok(None);
        };
        let (snapshot, snapshot_damaged) = match self.snapshot(&row)? {
            None => (None, false),
            Some(Ok(snapshot)) => (Some(snapshot), false),
            Some(Err(Damaged)) => (None, true),
        };
        let tail = match snapshot {
            Some(_) => self.changes_since_snapshot(id)?,
            None => self.changes_of(id)?,
        };
        Ok(Some(StoredDocument {
            row,
            snapshot,
            snapshot_damaged,
            tail,
        }))
    }

    fn snapshot(
        &self,
        document: &DocumentRow,
    ) -> Result<Option<std::result::Result<StoredSnapshot, Damaged>>> {
        match self.loose_snapshot(document.id)? {
            None if document.snapshot_bytes == 0 => Ok(None),
            None => self.packed_snapshot(document.case, document.id).map(Some),
            loose => Ok(loose),
        }
    }

    /// A document's snapshot as long as it is not packed.
    pub(crate) fn loose_snapshot(
        &self,
        document: DocumentId,
    ) -> Result<Option<std::result::Result<StoredSnapshot, Damaged>>> {
        let sql = "SELECT bytes, compressed, heads, checksum FROM snapshots WHERE document = ?1";
        self.row(sql, [document.to_bytes()], |row| {
            let (bytes, heads): (Vec<u8>, Vec<u8>) = (row.get("bytes")?, row.get("heads")?);
            if row.get::<_, [u8; 16]>("checksum")? != row::checksum(&heads, &bytes) {
                return Ok(Err(Damaged));
            }
            let bytes = match row.get("compressed")? {
                true => inflated(&bytes).map_err(|_| row::impossible())?,
                false => bytes,
            };
            let heads = row::heads_from_blob(&heads)?;
            Ok(Ok(StoredSnapshot { bytes, heads }))
        })
    }
}

/// It is not as it was stored.
pub(crate) struct Damaged;

impl WriteTx<'_> {
    /// Adds an empty document.
    ///
    /// # Errors
    /// - [`Error::AlreadyExists`]: it is here.
    pub fn add_document(&self, document: NewDocument) -> Result<()> {
        self.run(
            "INSERT INTO documents (id, kind, case_id, scope, heads, acknowledged_heads) VALUES (?1, ?2, ?3, ?4, x'', x'')",
            params![
                document.id.to_bytes(),
                row::kind_number(document.kind),
                document.case.to_bytes(),
                document.scope.to_bytes()
            ],
        )?;
        Ok(())
    }

    /// Sets a document's heads, in any order.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: there is no such document.
    pub fn set_heads(&self, document: DocumentId, heads: &[Hash]) -> Result<()> {
        let sql = "UPDATE documents SET heads = ?2 WHERE id = ?1";
        let changed = self.run(sql, params![document.to_bytes(), row::heads_to_blob(heads)])?;
        found(changed, "document")
    }

    /// Sets the heads the server is known to have, in any order, and moves the digest with them. No heads take the document
    /// out of the digest. The case's drafts are to be looked at then: [`Self::set_closed`].
    ///
    /// # Errors
    /// - [`Error::NotFound`]: there is no such document.
    pub fn set_acknowledged_heads(&self, document: DocumentId, heads: &[Hash]) -> Result<()> {
        let row = self.present(document)?;
        if !row.closed {
            self.toggle_in_digest(row.scope, document, &row.acknowledged_heads)?;
            self.toggle_in_digest(row.scope, document, heads)?;
        }
        let sql = "UPDATE documents SET acknowledged_heads = ?2 WHERE id = ?1";
        self.run(sql, params![document.to_bytes(), row::heads_to_blob(heads)])?;
        self.run(
            "INSERT OR IGNORE INTO moved VALUES (?1)",
            [row.case.to_bytes()],
        )?;
        Ok(())
    }

    /// Says whether a draft is closed: one that is counts in no digest.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: there is no such document.
    pub fn set_closed(&self, document: DocumentId, closed: bool) -> Result<()> {
        let row = self.present(document)?;
        if row.closed != closed {
            self.toggle_in_digest(row.scope, document, &row.acknowledged_heads)?;
            let sql = "UPDATE documents SET closed = ?2 WHERE id = ?1";
            self.run(sql, params![document.to_bytes(), closed])?;
        }
        Ok(())
    }

    /// The drafts of a case were looked at, as they stand.
    pub fn set_looked_at(&self, case: CaseId) -> Result<()> {
        self.run("DELETE FROM moved WHERE case_id = ?1", [case.to_bytes()])?;
        Ok(())
    }

    fn present(&self, document: DocumentId) -> Result<DocumentRow> {
        self.document(document)?
            .ok_or(Error::NotFound { what: "document" })
    }

    fn toggle_in_digest(&self, scope: ScopeId, document: DocumentId, heads: &[Hash]) -> Result<()> {
        if heads.is_empty() {
            return Ok(());
        }
        let mut digest = self.sync_state()?.digest;
        digest.toggle(fingerprint(scope, document, heads));
        self.set_digest(digest)
    }

    /// Replaces a document's snapshot and drops the changes it stands for, except those without a receipt: they stay until
    /// they have one. The caller has loaded `bytes` back and seen that every stored change is in them. They are compressed here.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: there is no such document.
    pub fn fold(&self, document: DocumentId, bytes: &[u8], heads: &[Hash]) -> Result<()> {
        let id = document.to_bytes();
        let bytes = &compress(bytes).map_err(|_| OUT_OF_MEMORY)?;
        let sql = "UPDATE documents SET snapshot_bytes = ?2, tail_bytes = 0 WHERE id = ?1";
        found(self.run(sql, params![id, bytes.len() as i64])?, "document")?;
        let heads = row::heads_to_blob(heads);
        self.run(
            "INSERT OR REPLACE INTO snapshots (document, bytes, compressed, heads, checksum) VALUES (?1, ?2, 1, ?3, ?4)",
            params![id, bytes, heads, row::checksum(&heads, bytes)],
        )?;
        self.run(
            "UPDATE envelopes SET received_ms = (SELECT max(received_ms) FROM changes WHERE envelope = envelopes.number)
             WHERE document = ?1 AND received_ms IS NULL",
            [id],
        )?;
        self.run(
            "DELETE FROM changes WHERE document = ?1 AND state <> 0",
            [id],
        )?;
        self.run("UPDATE changes SET folded = 1 WHERE document = ?1", [id])?;
        Ok(())
    }

    /// Removes a document with its changes, signatures and snapshot, and takes it out of the digest.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: there is no such document.
    pub fn remove_document(&self, document: DocumentId) -> Result<()> {
        self.set_acknowledged_heads(document, &[])?;
        for sql in [
            "DELETE FROM documents WHERE id = ?1",
            "DELETE FROM wanted WHERE document = ?1",
        ] {
            self.run(sql, [document.to_bytes()])?;
        }
        Ok(())
    }

    /// Removes a case whole: documents, projections, index entries, and groups that the server holds. Quarantine stays.
    ///
    /// # Errors
    /// - [`Error::Unsent`]: work on the case waits in the outbox; send it first.
    pub fn forget_case(&self, case: CaseId) -> Result<()> {
        let groups = self.case_sync(case)?.pending;
        if groups > 0 {
            return Err(Error::Unsent { groups });
        }
        for document in self.documents_of(case)? {
            self.remove_document(document.id)?;
        }
        for table in ["groups", "snooze", "outdated", "moved"] {
            let sql = format!("DELETE FROM {table} WHERE case_id = ?1");
            self.run(&sql, [case.to_bytes()])?;
        }
        self.forget_projection(case)?;
        self.run("DELETE FROM packs WHERE case_id = ?1", [case.to_bytes()])?;
        Ok(())
    }
}

pub(crate) fn found(changed: usize, what: &'static str) -> Result<()> {
    if changed == 0 {
        return Err(Error::NotFound { what });
    }
    Ok(())
}

fn read_document(row: &Row<'_>) -> Result<DocumentRow> {
    Ok(DocumentRow {
        id: row::document(row, "id")?,
        kind: row::kind_from_number(row.get("kind")?)?,
        case: row::document(row, "case_id")?,
        scope: ScopeId::from_bytes(row.get("scope")?),
        heads: row::heads_from_blob(
            row.get_ref("heads")?
                .as_blob()
                .map_err(|_| row::impossible())?,
        )?,
        acknowledged_heads: row::heads_from_blob(
            row.get_ref("acknowledged_heads")?
                .as_blob()
                .map_err(|_| row::impossible())?,
        )?,
        closed: row.get("closed")?,
        snapshot_bytes: row.get("snapshot_bytes")?,
        tail_bytes: row.get("tail_bytes")?,
    })
}
