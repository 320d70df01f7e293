//! Looks at every page and every checksum.

use caseweave_engine::ids::DocumentId;
use rusqlite::Row;

use crate::changes::Hash;
use crate::connection::{Store, bad_pages};
use crate::error::Result;
use crate::row;
use crate::transaction::WriteTx;

/// What a check of the whole file found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IntegrityReport {
    /// Pages that do not authenticate under the key.
    pub bad_pages: u64,
    /// Complaints of the database library about its structure: names of tables and indexes, row numbers.
    pub structure: Vec<String>,
    /// Documents whose snapshot is not as it was stored, by itself or in its case's pack.
    pub damaged_snapshots: Vec<DocumentId>,
    /// Changes whose checksum does not hold.
    pub damaged_changes: Vec<(DocumentId, Hash)>,
    /// Whether the kept digest differs from the documents' acknowledged heads.
    pub digest_differs: bool,
}

impl IntegrityReport {
    /// Nothing was found.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

impl Store {
    /// Checks every page's authentication, the structure, and the checksum of every snapshot and change. Reads the whole
    /// file and keeps writers waiting meanwhile: seconds on a phone.
    ///
    /// # Errors
    /// - [`crate::Error::Corrupt`]: so damaged that not even the check can be finished.
    /// - [`crate::Error::Nested`]: called from inside a write.
    pub fn integrity_check(&self) -> Result<IntegrityReport> {
        // Pages are checked in the file itself: what is still in the log has to be there, and nobody may write to it.
        self.checkpoint()?;
        self.write(|tx| tx.integrity_check())
    }
}

impl WriteTx<'_> {
    fn integrity_check(&self) -> Result<IntegrityReport> {
        let bad_pages = bad_pages(self.connection)?;
        if bad_pages > 0 {
            // Reading past such a page fails, so there is nothing more to learn here.
            return Ok(IntegrityReport {
                bad_pages,
                ..IntegrityReport::default()
            });
        }
        let structure = self.rows("PRAGMA quick_check", [], |row| Ok(row.get::<_, String>(0)?))?;
        Ok(IntegrityReport {
            bad_pages,
            structure: structure.into_iter().filter(|line| line != "ok").collect(),
            damaged_snapshots: self.damaged_snapshots()?,
            damaged_changes: self.damaged_changes()?,
            digest_differs: self.recomputed_digest()? != self.sync_state()?.digest,
        })
    }

    fn damaged_snapshots(&self) -> Result<Vec<DocumentId>> {
        let sql =
            "SELECT document, heads AS covered, bytes, checksum FROM snapshots ORDER BY document";
        let found = self.rows(sql, [], |row| {
            Ok((!holds(row)?).then_some(row::document(row, "document")?))
        })?;
        let mut damaged: Vec<_> = found.into_iter().flatten().collect();
        damaged.extend(self.damaged_packs()?);
        damaged.sort_unstable();
        Ok(damaged)
    }

    fn damaged_changes(&self) -> Result<Vec<(DocumentId, Hash)>> {
        let sql =
            "SELECT document, hash, hash AS covered, bytes, checksum FROM changes ORDER BY number";
        let found = self.rows(sql, [], |row| {
            Ok((!holds(row)?).then_some((row::document(row, "document")?, row.get("hash")?)))
        })?;
        Ok(found.into_iter().flatten().collect())
    }
}

fn holds(row: &Row<'_>) -> Result<bool> {
    let (covered, bytes): (Vec<u8>, Vec<u8>) = (row.get("covered")?, row.get("bytes")?);
    Ok(row.get::<_, [u8; 16]>("checksum")? == row::checksum(&covered, &bytes))
}
