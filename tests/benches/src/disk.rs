//! What an installation's file is made of, read by its own key.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;

/// Bytes of a page, and of what the log puts before the first and before each. Source: SQLite file format, 4.
const PAGE: usize = 4_096;
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

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
                "PRAGMA key = \"x'{key}'\"; PRAGMA cipher_page_size = 4096; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;"
            ))
            .unwrap();
        Self(connection)
    }

    /// A number.
    pub(crate) fn number(&self, sql: &str) -> usize {
        let number: i64 = self.0.query_row(sql, [], |row| row.get(0)).unwrap();
        usize::try_from(number).unwrap()
    }

    /// What a write-ahead log holds, by table or index: pages, the most of them first.
    pub(crate) fn logged(&self, log: &[u8]) -> Vec<(usize, String)> {
        let mut statement = self
            .0
            .prepare("SELECT name FROM dbstat WHERE pageno = ?1")
            .unwrap();
        let mut pages: BTreeMap<String, usize> = BTreeMap::new();
        for frame in log
            .get(LOG_HEADER..)
            .unwrap_or_default()
            .chunks_exact(FRAME_HEADER + PAGE)
        {
            let page = u32::from_be_bytes(*frame.first_chunk().unwrap());
            let name = statement.query_row([page], |row| row.get(0));
            *pages
                .entry(name.unwrap_or_else(|_| "no longer used".into()))
                .or_default() += 1;
        }
        let mut pages: Vec<_> = pages
            .into_iter()
            .map(|(name, count)| (count, name))
            .collect();
        pages.sort_unstable_by(|one, other| other.cmp(one));
        pages
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
