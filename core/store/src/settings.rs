//! Settings of the agency as the server told them. What they say is the engine's to read.

use rusqlite::params;

use crate::error::Result;
use crate::transaction::{ReadTx, WriteTx};

impl ReadTx<'_> {
    /// Every version that was told, as JSON, the one in force last.
    pub fn settings(&self) -> Result<Vec<String>> {
        let sql = "SELECT text FROM settings ORDER BY number";
        self.rows(sql, [], |row| Ok(row.get("text")?))
    }
}

impl WriteTx<'_> {
    /// Keeps a version that was told, in place of what was told of it before. It is in force until another is told.
    pub fn add_settings(&self, version: i64, text: &str) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO settings (version, text) VALUES (?1, ?2)",
            params![version, text],
        )?;
        Ok(())
    }
}
