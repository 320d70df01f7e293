//! What an installation's file is made of, read by its own key.

use std::path::Path;

use rusqlite::Connection;

/// An installation's database, beside its handle.
pub(crate) struct Disk(Connection);

impl Disk {
    /// Opens the database in a directory. The testkit's vault seals by turning bits.
    pub(crate) fn open(directory: &Path) -> Self {
        let sealed = std::fs::read(directory.join("caseweave.key")).unwrap();
        let key: String = sealed.iter().map(|byte| format!("{:02x}", !byte)).collect();
        let connection = Connection::open(directory.join("caseweave.db")).unwrap();
        connection
            .execute_batch(&format!(
                "PRAGMA key = \"x'{key}'\"; PRAGMA cipher_page_size = 4096;"
            ))
            .unwrap();
        Self(connection)
    }

    /// A number.
    pub(crate) fn number(&self, sql: &str) -> usize {
        let number: i64 = self.0.query_row(sql, [], |row| row.get(0)).unwrap();
        usize::try_from(number).unwrap()
    }

    /// Bytes of the pages of tables whose name, or whose index's table, begins with one of some words.
    pub(crate) fn pages(&self, tables: &[&str]) -> usize {
        let of = |table: &&str| {
            let sql = format!(
                "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN \
                 (SELECT name FROM sqlite_schema WHERE tbl_name = '{table}' OR tbl_name LIKE '{table}\\_%' ESCAPE '\\')"
            );
            self.number(&sql)
        };
        tables.iter().map(of).sum()
    }
}
