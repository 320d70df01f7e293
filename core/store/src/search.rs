//! Full-text search over everything a worker has on the device. The index lies inside the encrypted file.

use caseweave_engine::domain::Kind;
use caseweave_engine::ids::{CaseId, EntityId};
use caseweave_engine::projection::SearchRow;
use rusqlite::params;

use crate::error::Result;
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// More words than this, or longer ones, are not looked at: nobody types them, and each costs.
const MOST_WORDS: usize = 12;
const LONGEST_WORD: usize = 64;

/// Marks around what was found in a snippet.
const MARKS: [char; 2] = ['\u{2068}', '\u{2069}'];

/// What search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// The case.
    pub case: CaseId,
    /// The entity's kind.
    pub kind: Kind,
    /// The entity.
    pub id: EntityId,
    /// Up to 12 words around what was found, which stands between U+2068 and U+2069.
    pub snippet: String,
}

impl ReadTx<'_> {
    /// What has, for every word of `text`, a word that begins with it, without regard to case and diacritics; the best first,
    /// equal ones by case and entity. Text without a letter or digit finds nothing. Any text is safe to pass.
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<SearchHit>> {
        let Some(query) = prefix_query(text) else {
            return Ok(Vec::new());
        };
        let [open, close] = MARKS;
        let sql = "SELECT t.case_id, t.kind, t.id, snippet(search, 0, ?2, ?3, '…', 12) AS snippet
                   FROM search JOIN search_text AS t ON t.number = search.rowid
                   WHERE search MATCH ?1 ORDER BY search.rank, t.case_id, t.kind, t.id LIMIT ?4";
        let params = params![query, open.to_string(), close.to_string(), limit as i64];
        self.rows(sql, params, |row| {
            Ok(SearchHit {
                case: row::document(row, "case_id")?,
                kind: row::kind(&row.get::<_, String>("kind")?)?,
                id: row::entity(row, "id")?,
                snippet: row.get("snippet")?,
            })
        })
    }
}

/// Every word as a quoted prefix, so that nothing in it is read as an operator.
fn prefix_query(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || c.is_control() || c == '"')
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(MOST_WORDS)
        .map(|word| {
            format!(
                "\"{}\" *",
                word.chars().take(LONGEST_WORD).collect::<String>()
            )
        })
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

impl WriteTx<'_> {
    /// Replaces the words of one entity; no words remove it.
    pub(crate) fn index(&self, words: &SearchRow) -> Result<()> {
        let (case, kind, id) = (words.case.to_bytes(), words.kind.key(), words.id.to_bytes());
        let before = self.row(
            "SELECT number, text FROM search_text WHERE case_id = ?1 AND kind = ?2 AND id = ?3",
            params![case, kind, id],
            |row| Ok((row.get::<_, i64>("number")?, row.get::<_, String>("text")?)),
        )?;
        match before {
            Some((_, text)) if text == words.text => return Ok(()),
            Some((number, text)) => self.unindex(number, &text)?,
            None => (),
        }
        if words.text.is_empty() {
            return Ok(());
        }
        self.run(
            "INSERT INTO search_text (case_id, kind, id, text) VALUES (?1, ?2, ?3, ?4)",
            params![case, kind, id, words.text],
        )?;
        let number = self.connection.last_insert_rowid();
        self.run(
            "INSERT INTO search (rowid, text) VALUES (?1, ?2)",
            params![number, words.text],
        )?;
        Ok(())
    }

    pub(crate) fn unindex_case(&self, case: CaseId) -> Result<()> {
        let sql = "SELECT number, text FROM search_text WHERE case_id = ?1";
        let entries = self.rows(sql, [case.to_bytes()], |row| {
            Ok((row.get::<_, i64>("number")?, row.get::<_, String>("text")?))
        })?;
        entries
            .iter()
            .try_for_each(|(number, text)| self.unindex(*number, text))
    }

    /// FTS5 takes words out of an external-content index only when told which there were.
    fn unindex(&self, number: i64, text: &str) -> Result<()> {
        self.run(
            "INSERT INTO search (search, rowid, text) VALUES ('delete', ?1, ?2)",
            params![number, text],
        )?;
        self.run("DELETE FROM search_text WHERE number = ?1", [number])?;
        Ok(())
    }
}
