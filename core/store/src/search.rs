//! Full-text search over everything a worker has on the device. The index lies inside the encrypted file.

use caseweave_engine::domain::Kind;
use caseweave_engine::ids::{CaseId, EntityId};
use caseweave_engine::projection::SearchRow;
use rusqlite::params;
use unicode_normalization::char::is_combining_mark;

use crate::error::Result;
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// More words than this, or longer ones, are not looked at: nobody types them, and each costs.
const MOST_WORDS: usize = 12;
const LONGEST_WORD: usize = 64;

/// Of more finds than this the ones with the highest numbers are looked at: names, then what was written last.
const RANKED: i64 = 200;

/// Numbers of the texts that hold the names and numbers people are known by; all others are below.
const NAMES: i64 = 1 << 40;

/// Pages of the index that a write which adds to it merges: more than it adds, so that segments never pile up.
const MERGED: i64 = 4;

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
    /// equal ones by case and entity. Where more than 200 have, those are looked at that name people, then those written last.
    /// Text without a letter or digit finds nothing. Any text is safe to pass.
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<SearchHit>> {
        let Some(query) = prefix_query(text) else {
            return Ok(Vec::new());
        };
        let [open, close] = MARKS;
        let sql = "SELECT t.case_id, t.kind, t.id, found.snippet
                   FROM (SELECT rowid AS number, rank, snippet(search, 0, ?2, ?3, '…', 12) AS snippet
                         FROM search WHERE search MATCH ?1 ORDER BY rowid DESC LIMIT max(?4, ?5)) AS found
                   JOIN search_text AS t USING (number)
                   ORDER BY found.rank, t.case_id, t.kind, t.id LIMIT ?4";
        let (open, close) = (open.to_string(), close.to_string());
        let params = params![query, open, close, limit as i64, RANKED];
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
    let words = words(text).filter(|word| !word.is_empty());
    let prefixes: Vec<_> = words
        .take(MOST_WORDS)
        .map(|word| word.chars().take(LONGEST_WORD).collect())
        .map(|word: String| format!("\"{word}\" *"))
        .collect();
    (!prefixes.is_empty()).then(|| prefixes.join(" "))
}

/// Words as the index has them: it does not know where words stand, so it refuses one that it would take for several.
fn words(text: &str) -> impl Iterator<Item = String> {
    let plain = text.split(|c| !is_accent(c) && !is_of_a_word(c));
    plain.map(|word| word.chars().filter(|c| !is_accent(*c)).collect())
}

/// The marks that the index takes off letters. Source: SQLite, ext/fts5/fts5_unicode2.c.
const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{331}')
}

/// Letters and digits by the index's tables, which are older than Rust's and leave out letters in circles and squares.
fn is_of_a_word(c: char) -> bool {
    let unknown = matches!(
        c,
        '\u{19b0}'..='\u{19c9}' | '\u{1cf2}'..='\u{1cf3}' | '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f189}'
    );
    c.is_alphanumeric() && !is_combining_mark(c) && !unknown
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
        let first = if names_people(words.kind) { NAMES } else { 0 };
        self.run(
            "INSERT INTO search_text (number, case_id, kind, id, text) VALUES (
                 (SELECT coalesce(max(number), ?5) + 1 FROM search_text WHERE number BETWEEN ?5 AND ?5 + ?6 - 1),
                 ?1, ?2, ?3, ?4)",
            params![case, kind, id, words.text, first, NAMES],
        )?;
        let number = self.connection.last_insert_rowid();
        self.run(
            "INSERT INTO search (rowid, text) VALUES (?1, ?2)",
            params![number, words.text],
        )?;
        self.note_indexed();
        Ok(())
    }

    /// Merges a little of the index, after a write that added to it.
    pub(crate) fn merge_index(&self) -> Result<()> {
        let sql = "INSERT INTO search (search, rank) VALUES ('merge', ?1)";
        self.run(sql, [MERGED])?;
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

/// Whether people are looked for by the words of a kind.
fn names_people(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Case | Kind::Person | Kind::Phone | Kind::Identifier | Kind::Contact
    )
}
