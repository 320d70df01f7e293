//! Full-text search over everything a worker has on the device. The index lies inside the encrypted file.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use caseweave_engine::domain::Kind;
use caseweave_engine::ids::{CaseId, CompartmentId, EntityId, ProviderId};
use caseweave_engine::projection::{SearchRow, fold};
use rusqlite::{Connection, Row, params};
use unicode_normalization::char::is_combining_mark;

use crate::compartments;
use crate::error::{Error, Result};
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// More words than this, or longer ones, are not looked at: nobody types them, and each costs.
const MOST_WORDS: usize = 12;
const LONGEST_WORD: usize = 64;

/// As many words of the index as begin with one that is looked for are looked up one by one: each takes some memory.
const FEW_WORDS: usize = 32;

/// The last letter of the block Latin Extended-A.
const LAST_PLAIN: char = '\u{17f}';

/// Numbers of the texts that hold the names and numbers people are known by.
const NAMES: RangeInclusive<i64> = 1..=(1 << 24) - 1;

/// Numbers of all other texts: what is written last stands last, so that nothing has to make room for it.
pub(crate) const WRITTEN: RangeInclusive<i64> = 1 << 24..=i64::MAX;

const SORTS: [RangeInclusive<i64>; 2] = [NAMES, WRITTEN];

/// Pages of the index that an exchange merges.
const MERGED: i64 = 64;

/// Texts that may wait to be taken into the index, and bytes of all of them: every search reads them.
const MOST_WAITING: u64 = 64;
const LONGEST_WAITING: u64 = 64 * 1024;

/// Marks around what was found in a snippet.
const MARKS: [char; 2] = ['\u{2068}', '\u{2069}'];

/// What is looked up.
struct Query {
    /// In the index of the file.
    indexed: String,
    /// In the one in memory, where any texts wait.
    waiting: Option<String>,
}

/// What search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// The case; of what is in a restricted compartment, the one that it is about; of what is in the directory, the provider.
    pub case: CaseId,
    /// The restricted compartment it is in, if it is in one.
    pub compartment: Option<CompartmentId>,
    /// The provider of the directory it is in, if it is in one.
    pub provider: Option<ProviderId>,
    /// The entity's kind.
    pub kind: Kind,
    /// The entity.
    pub id: EntityId,
    /// Up to 12 words around what was found, which stands between U+2068 and U+2069.
    pub snippet: String,
}

impl ReadTx<'_> {
    /// What has, for every word of `text`, a word that begins with it, without regard to case and diacritics. First what names
    /// people, then everything else; of either, first what has every word whole, and of that what this device took in last. Reads
    /// no other texts than those of which it returns a snippet. Text without a letter or digit finds nothing. Any text is safe to
    /// pass.
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<SearchHit>> {
        let words = asked(text);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let waits = self.read_waiting()?;
        let whole = whole(&words);
        let whole = Query {
            waiting: waits.then(|| whole.clone()),
            indexed: whole,
        };
        let mut found = Vec::new();
        self.find(&whole, &NAMES, limit, &mut found)?;
        if found.len() < limit {
            let begun = Query {
                waiting: waits.then(|| begun(&words)),
                indexed: self.begun(&words)?,
            };
            for (query, numbers) in [(&begun, NAMES), (&whole, WRITTEN), (&begun, WRITTEN)] {
                self.find(query, &numbers, limit, &mut found)?;
            }
        }
        Ok(found.into_iter().map(|(_, hit)| hit).collect())
    }

    /// Puts the texts that wait into the index in memory, for as long as the transaction lasts; gives whether there are any.
    fn read_waiting(&self) -> Result<bool> {
        self.run_in_memory("DELETE FROM search_waiting", [])?;
        let mut waits = false;
        for numbers in SORTS {
            let sql = "INSERT INTO search_waiting (rowid, text)
                       SELECT number, text FROM search_loose WHERE number > ?1 AND number <= ?2";
            let bounds = [self.last_indexed(&numbers)?, *numbers.end()];
            waits |= self.run_in_memory(sql, bounds)? > 0;
        }
        Ok(waits)
    }

    /// The highest number of a sort whose text the index has had.
    fn last_indexed(&self, numbers: &RangeInclusive<i64>) -> Result<i64> {
        let sql = "SELECT last FROM search_indexed WHERE first = ?1";
        let last = self.row(sql, [*numbers.start()], |row| Ok(row.get("last")?))?;
        last.ok_or(Error::Corrupt {
            what: "the search index",
        })
    }

    /// The query for words of the index that begin with each of some. Where these are few it names them: to look up what begins with a
    /// word, the index gathers every text that has one before it gives out the first.
    fn begun(&self, words: &[String]) -> Result<String> {
        let each = words.iter().map(|word| {
            let indexed = self.indexed(word)?;
            let few = (1..=FEW_WORDS).contains(&indexed.len());
            let indexed: Vec<String> = indexed.iter().map(|word| quoted(word)).collect();
            Ok(if few {
                format!("({})", indexed.join(" OR "))
            } else {
                beginning(word)
            })
        });
        Ok(each.collect::<Result<Vec<_>>>()?.join(" AND "))
    }

    /// Words of the index that begin with one, in its spelling; no more than are many. None of a word with letters that it does not
    /// spell in ASCII, or may not: of some rare ones it keeps a diacritic.
    fn indexed(&self, word: &str) -> Result<Vec<String>> {
        let folded = fold(word);
        if !folded.is_ascii() || word.chars().any(|c| c > LAST_PLAIN) {
            return Ok(Vec::new());
        }
        let sql = "SELECT term FROM search_word WHERE term BETWEEN ?1 AND ?2 LIMIT ?3";
        let last = format!("{folded}{}", char::MAX);
        let params = params![folded, last, FEW_WORDS as i64 + 1];
        self.rows(sql, params, |row| Ok(row.get("term")?))
    }

    /// Adds what a query finds under numbers within bounds to what is found, up to a limit, each with its number, the highest first:
    /// what waits has higher ones than what is indexed.
    fn find(
        &self,
        query: &Query,
        numbers: &RangeInclusive<i64>,
        limit: usize,
        found: &mut Vec<(i64, SearchHit)>,
    ) -> Result<()> {
        if let Some(query) = &query.waiting {
            found.extend(self.found("search_waiting", query, numbers, limit, found)?);
        }
        found.extend(self.found("search", &query.indexed, numbers, limit, found)?);
        Ok(())
    }

    /// What an index finds that is not found yet.
    fn found(
        &self,
        index: &str,
        query: &str,
        numbers: &RangeInclusive<i64>,
        limit: usize,
        before: &[(i64, SearchHit)],
    ) -> Result<Vec<(i64, SearchHit)>> {
        let [open, close] = MARKS.map(|mark| mark.to_string());
        // A text in a damaged pack has no snippet. Words that such a text left in the index have no entry any more.
        let sql = format!(
            "SELECT entry.number, packs.case_id, about, provider.case_id IS NOT NULL AS in_directory, entry.kind, entry.id,
                    coalesce(snippet({index}, 0, ?2, ?3, '…', 12), '') AS snippet
             FROM {index} CROSS JOIN search_entry AS entry ON entry.number = {index}.rowid JOIN packs ON packs.number = entry.pack
             LEFT JOIN compartment ON compartment.case_id = packs.case_id
             LEFT JOIN provider ON provider.case_id = packs.case_id
             WHERE {index} MATCH ?1 AND {index}.rowid BETWEEN ?4 AND ?5 AND {index}.rowid NOT IN (SELECT value FROM json_each(?7))
             ORDER BY {index}.rowid DESC LIMIT ?6"
        );
        let left = limit - before.len();
        let before: Vec<String> = before
            .iter()
            .map(|(number, _)| number.to_string())
            .collect();
        let params = params![
            query,
            open,
            close,
            numbers.start(),
            numbers.end(),
            left as i64,
            format!("[{}]", before.join(","))
        ];
        self.rows(&sql, params, |row| {
            let place = compartments::place(row)?;
            let hit = SearchHit {
                case: place.case,
                compartment: place.compartment,
                provider: place.provider,
                kind: row::kind(&row.get::<_, String>("kind")?)?,
                id: row::entity(row, "id")?,
                snippet: row.get("snippet")?,
            };
            Ok((row.get("number")?, hit))
        })
    }
}

/// The words of a text that are looked for.
fn asked(text: &str) -> Vec<String> {
    let words = words(text).filter(|word| !word.is_empty());
    let short = |word: String| word.chars().take(LONGEST_WORD).collect();
    words.take(MOST_WORDS).map(short).collect()
}

/// A word in which nothing is read as an operator.
fn quoted(word: &str) -> String {
    format!("\"{word}\"")
}

/// What begins with a word.
fn beginning(word: &str) -> String {
    format!("{} *", quoted(word))
}

/// The query for each of some words, whole.
fn whole(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    words.join(" AND ")
}

/// The query for words that begin with each of some.
fn begun(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| beginning(word)).collect();
    words.join(" AND ")
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
            read_text,
        )?;
        match before {
            Some((_, Some(text))) if text == words.text => return Ok(()),
            Some((number, text)) => self.unindex(number, text.as_deref())?,
            None => (),
        }
        if words.text.is_empty() {
            return Ok(());
        }
        let number = self.fresh_number(words.kind)?;
        self.run(
            "INSERT INTO search_entry (number, pack, kind, id) VALUES (?1, ?2, ?3, ?4)",
            params![number, self.pack_number(words.case)?, kind, id],
        )?;
        self.run(
            "INSERT INTO search_loose (number, text) VALUES (?1, ?2)",
            params![number, words.text],
        )?;
        self.note_waiting();
        Ok(())
    }

    /// A number above all others of its sort, and above those that the index ever had: it would lose words of others.
    fn fresh_number(&self, kind: Kind) -> Result<i64> {
        let numbers = numbers_of(kind);
        let sql = "SELECT max(number) AS last FROM search_entry WHERE number BETWEEN ?1 AND ?2";
        let bounds = [*numbers.start(), *numbers.end()];
        let stored: Option<Option<i64>> = self.row(sql, bounds, |row| Ok(row.get("last")?))?;
        let indexed = self.last_indexed(&numbers)?;
        Ok(stored.flatten().unwrap_or(indexed).max(indexed) + 1)
    }

    /// Takes what waits into the index where this transaction added to it and it is too much. The last thing before the commit, so
    /// that what is added together is taken in together.
    pub(crate) fn index_where_due(&self) -> Result<()> {
        if !self.take_waiting() {
            return Ok(());
        }
        let sql = "SELECT count(*) AS texts, coalesce(sum(octet_length(text)), 0) AS bytes FROM search_loose
                   WHERE number > ?1 AND number <= ?2";
        let (mut texts, mut bytes) = (0, 0);
        for numbers in SORTS {
            let bounds = [self.last_indexed(&numbers)?, *numbers.end()];
            let weight =
                |row: &Row<'_>| Ok((row.get::<_, u64>("texts")?, row.get::<_, u64>("bytes")?));
            let (more, longer) = self.row(sql, bounds, weight)?.unwrap_or_default();
            texts += more;
            bytes += longer;
        }
        if texts > MOST_WAITING || bytes > LONGEST_WAITING {
            self.index_all()?;
        }
        Ok(())
    }

    fn index_all(&self) -> Result<()> {
        SORTS
            .iter()
            .try_for_each(|numbers| self.index_waiting(numbers))
    }

    /// Takes the texts of a sort that wait into the index. They are none that is packed. In the order of their numbers: a lower one
    /// has FTS5 write what it gathered.
    pub(crate) fn index_waiting(&self, numbers: &RangeInclusive<i64>) -> Result<()> {
        let last = self.last_indexed(numbers)?;
        let taken = self.run(
            "INSERT INTO search (rowid, text) SELECT number, text FROM search_loose
             WHERE number > ?1 AND number <= ?2 ORDER BY number",
            [last, *numbers.end()],
        )?;
        if taken > 0 {
            self.run(
                "UPDATE search_indexed SET last = (SELECT max(number) FROM search_loose WHERE number BETWEEN ?1 AND ?2) WHERE first = ?1",
                [*numbers.start(), *numbers.end()],
            )?;
        }
        Ok(())
    }

    /// Takes what waits into the index and merges some of it: for an exchange, so that hardly an edit has to.
    pub fn merge_index(&self) -> Result<()> {
        self.index_all()?;
        let sql = "INSERT INTO search (search, rank) VALUES ('merge', ?1)";
        self.run(sql, [MERGED])?;
        Ok(())
    }

    /// Takes a case's entities out of the index, but for those that some words are of: [`Self::index`] replaces these where they
    /// changed.
    pub(crate) fn unindex_others(&self, case: CaseId, words: &[SearchRow]) -> Result<()> {
        let kept: BTreeSet<_> = words
            .iter()
            .map(|words| (words.kind.key().to_owned(), words.id.to_bytes()))
            .collect();
        let sql = "SELECT number, kind, id FROM search_text WHERE case_id = ?1";
        let entries = self.rows(sql, [case.to_bytes()], |row| {
            Ok((row.get("number")?, (row.get("kind")?, row.get("id")?)))
        })?;
        let gone = entries.iter().filter(|(_, entity)| !kept.contains(entity));
        gone.map(|(number, _): &(i64, _)| *number)
            .try_for_each(|number| {
                let sql = "SELECT number, text FROM search_text WHERE number = ?1";
                let entry = self.row(sql, [number], read_text)?;
                self.unindex(number, entry.and_then(|(_, text)| text).as_deref())
            })
    }

    /// FTS5 takes words out of an external-content index only when told which there were. Those of a text that cannot be read any
    /// more stay, and find nothing.
    fn unindex(&self, number: i64, text: Option<&str>) -> Result<()> {
        let numbers = SORTS.into_iter().find(|numbers| numbers.contains(&number));
        let last = numbers
            .map(|numbers| self.last_indexed(&numbers))
            .transpose()?;
        if let Some(text) = text.filter(|_| Some(number) <= last) {
            self.run(
                "INSERT INTO search (search, rowid, text) VALUES ('delete', ?1, ?2)",
                params![number, text],
            )?;
        }
        self.run("DELETE FROM search_entry WHERE number = ?1", [number])?;
        Ok(())
    }
}

/// Gives a connection the index in memory. It takes texts apart as the one of the file does.
pub(crate) fn teach(connection: &Connection) -> Result<()> {
    let sql = "CREATE VIRTUAL TABLE temp.search_waiting USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2', detail = none, columnsize = 0)";
    Ok(connection.execute_batch(sql)?)
}

fn read_text(row: &Row<'_>) -> Result<(i64, Option<String>)> {
    Ok((row.get("number")?, row.get("text")?))
}

/// The numbers for texts of a kind.
fn numbers_of(kind: Kind) -> RangeInclusive<i64> {
    match kind {
        Kind::Case | Kind::Person | Kind::Phone | Kind::Identifier | Kind::Contact => NAMES,
        _ => WRITTEN,
    }
}
