//! Definitions of assessment instruments that the agency registered. Whether one can stand is the engine's to say.

use rusqlite::params;

use crate::error::Result;
use crate::transaction::{ReadTx, WriteTx};

impl ReadTx<'_> {
    /// Every registered definition as it was given, by id, then by version.
    pub fn instruments(&self) -> Result<Vec<String>> {
        let sql = "SELECT definition FROM instruments ORDER BY id, version";
        self.rows(sql, [], |row| Ok(row.get("definition")?))
    }
}

impl WriteTx<'_> {
    /// Keeps a definition; one that is there stays as it is. The rows of cases with assessments that it scores are outdated
    /// then, and those of compartments with any.
    pub fn add_instrument(&self, id: &str, version: i64, definition: &str) -> Result<()> {
        self.run(
            "INSERT INTO instruments (id, version, definition) VALUES (?1, ?2, ?3)
             ON CONFLICT (id, version) DO NOTHING",
            params![id, version, definition],
        )?;
        self.run(
            "INSERT OR IGNORE INTO outdated SELECT DISTINCT case_id FROM assessment WHERE instrument = ?1",
            [id],
        )?;
        let sql =
            "INSERT OR IGNORE INTO outdated SELECT case_id FROM compartment WHERE assessments > 0";
        self.run(sql, [])?;
        Ok(())
    }
}
