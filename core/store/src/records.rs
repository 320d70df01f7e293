//! Records beside their long documents, in pieces: all of one, then what each write since touched. A copy: where it does not stand at
//! its document's heads, nobody reads it.

use caseweave_engine::ids::CaseId;
use caseweave_engine::sync::{compress, inflated};
use rusqlite::params;

use crate::changes::Hash;
use crate::documents::OUT_OF_MEMORY;
use crate::error::Result;
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

impl ReadTx<'_> {
    /// The pieces of a record that stands at its document's heads, in the order of writing; none where it does not, was never
    /// stored, or cannot be inflated.
    ///
    /// # Errors
    /// - [`crate::Error::Corrupt`], [`crate::Error::Database`].
    pub fn stored_record(&self, case: CaseId) -> Result<Vec<Vec<u8>>> {
        let current = "SELECT 1 FROM record_piece JOIN documents ON documents.id = record_piece.case_id AND documents.heads = record_piece.heads
                       WHERE record_piece.number = (SELECT max(number) FROM record_piece WHERE case_id = ?1)";
        if self.row(current, [case.to_bytes()], |_| Ok(()))?.is_none() {
            return Ok(Vec::new());
        }
        let sql = "SELECT bytes FROM record_piece WHERE case_id = ?1 ORDER BY number";
        let pieces = self.rows(sql, [case.to_bytes()], |row| {
            let bytes: Vec<u8> = row.get("bytes")?;
            Ok(inflated(&bytes).ok())
        })?;
        let pieces: Option<_> = pieces.into_iter().collect();
        Ok(pieces.unwrap_or_default())
    }

    /// Whether a record is stored beside its document, at whatever heads.
    ///
    /// # Errors
    /// As [`Self::stored_record`].
    pub fn has_stored_record(&self, case: CaseId) -> Result<bool> {
        let sql = "SELECT 1 FROM record_piece WHERE case_id = ?1 LIMIT 1";
        Ok(self.row(sql, [case.to_bytes()], |_| Ok(()))?.is_some())
    }
}

impl WriteTx<'_> {
    /// Stores a record whole, in place of what was stored of it.
    ///
    /// # Errors
    /// - [`crate::Error::StorageFull`], [`crate::Error::Database`].
    pub fn store_record(&self, case: CaseId, heads: &[Hash], bytes: &[u8]) -> Result<()> {
        self.forget_stored_record(case)?;
        self.add_to_stored_record(case, heads, bytes)
    }

    /// Adds what a write touched to a stored record.
    ///
    /// # Errors
    /// As [`Self::store_record`].
    pub fn add_to_stored_record(&self, case: CaseId, heads: &[Hash], bytes: &[u8]) -> Result<()> {
        let bytes = compress(bytes).map_err(|_| OUT_OF_MEMORY)?;
        self.run(
            "INSERT INTO record_piece (case_id, heads, bytes) VALUES (?1, ?2, ?3)",
            params![case.to_bytes(), row::heads_to_blob(heads), bytes],
        )?;
        Ok(())
    }

    /// Removes what is stored of a record beside its document.
    pub(crate) fn forget_stored_record(&self, case: CaseId) -> Result<()> {
        let sql = "DELETE FROM record_piece WHERE case_id = ?1";
        self.run(sql, [case.to_bytes()])?;
        Ok(())
    }
}
