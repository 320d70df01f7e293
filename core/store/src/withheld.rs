//! Changes that the server lacks and that nobody can prove here, and the difference that they leave.

use caseweave_engine::ids::DocumentId;
use rusqlite::params;

use crate::changes::Hash;
use crate::error::Result;
use crate::transaction::{ReadTx, WriteTx};

impl ReadTx<'_> {
    /// The changes of a document that the server was found to lack and that no signature held here covers, by hash.
    pub fn withheld(&self, document: DocumentId) -> Result<Vec<Hash>> {
        let sql = "SELECT hash FROM withheld WHERE document = ?1 ORDER BY hash";
        self.rows(sql, [document.to_bytes()], |row| Ok(row.get("hash")?))
    }

    /// The XOR of both sides' digests when everything was compared and the two still differed: while it is the same, comparing
    /// again would find the same.
    pub fn known_difference(&self) -> Result<Option<[u8; 16]>> {
        let known = self.row("SELECT known_difference FROM sync_state", [], |row| {
            Ok(row.get(0)?)
        })?;
        Ok(known.flatten())
    }
}

impl WriteTx<'_> {
    /// Forgets which changes were found to lack proof, before everything is compared anew.
    pub fn forget_withheld(&self) -> Result<()> {
        self.run("DELETE FROM withheld", [])?;
        Ok(())
    }

    /// Writes down which changes of a document the server lacks and nobody can prove here, in place of those known before.
    pub fn set_withheld<'h>(
        &self,
        document: DocumentId,
        hashes: impl IntoIterator<Item = &'h Hash>,
    ) -> Result<()> {
        let id = document.to_bytes();
        self.run("DELETE FROM withheld WHERE document = ?1", [id])?;
        for hash in hashes {
            let sql = "INSERT INTO withheld (document, hash) VALUES (?1, ?2)";
            self.run(sql, params![id, hash])?;
        }
        Ok(())
    }

    /// Sets what both sides' digests differ by, after everything was compared; nothing when it is to be compared again.
    pub fn set_known_difference(&self, difference: Option<[u8; 16]>) -> Result<()> {
        let sql = "UPDATE sync_state SET known_difference = ?1";
        self.run(sql, [difference])?;
        Ok(())
    }
}
