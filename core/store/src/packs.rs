//! Packs: what of a case rests, compressed as one row. A note's text stands in the record, in its draft and in what search shows of
//! it; together they take little more than once.

use std::collections::BTreeMap;
use std::io::Read;

use caseweave_engine::ids::{CaseId, DocumentId};
use caseweave_engine::sync::{compress_to_rest, inflated, inflating};
use parking_lot::Mutex;
use rusqlite::{Connection, Row, functions::FunctionFlags, params};

use crate::documents::{Damaged, OUT_OF_MEMORY, StoredSnapshot};
use crate::error::Result;
use crate::row;
use crate::search::WRITTEN;
use crate::transaction::{ReadTx, WriteTx};

/// What does not rest yet is packed once it is longer than this and than its share of the pack.
const LEAST: u64 = 2 * 1024;
/// The share.
const SHARE: u64 = 4;

/// What a case's pack holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Pack {
    /// What search shows, by its number.
    texts: BTreeMap<i64, String>,
    snapshots: BTreeMap<DocumentId, StoredSnapshot>,
}

impl Pack {
    /// The texts come first, so that one is read without the snapshots.
    fn compressed(&self) -> Result<Vec<u8>> {
        let mut texts = Vec::new();
        for (number, text) in &self.texts {
            texts.extend(number.to_be_bytes());
            put(&mut texts, text.as_bytes());
        }
        let mut plain = Vec::new();
        put(&mut plain, &texts);
        for (id, snapshot) in &self.snapshots {
            plain.extend(id.to_bytes());
            put(&mut plain, &row::heads_to_blob(&snapshot.heads));
            put(&mut plain, &snapshot.bytes);
        }
        compress_to_rest(&plain).map_err(|_| OUT_OF_MEMORY)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let plain = inflated(bytes).ok()?;
        let mut rest = plain.as_slice();
        let mut texts = take(&mut rest)?;
        let mut pack = Self::default();
        while !texts.is_empty() {
            let (number, text) = take_text(&mut texts)?;
            pack.texts.insert(number, text.to_owned());
        }
        while !rest.is_empty() {
            let (id, more) = rest.split_first_chunk()?;
            rest = more;
            let heads = row::heads_from_blob(take(&mut rest)?).ok()?;
            let bytes = take(&mut rest)?.to_vec();
            let snapshot = StoredSnapshot { bytes, heads };
            pack.snapshots.insert(DocumentId::from_bytes(*id), snapshot);
        }
        Some(pack)
    }

    /// The texts alone, without reading what stands behind them.
    pub(crate) fn texts(bytes: &[u8]) -> Option<Vec<u8>> {
        let mut reader = inflating(bytes).ok()?;
        let mut length = [0; 4];
        reader.read_exact(&mut length).ok()?;
        let mut texts = Vec::new();
        reader
            .take(u32::from_be_bytes(length).into())
            .read_to_end(&mut texts)
            .ok()?;
        Some(texts)
    }
}

/// The texts of the pack that was read last: search shows several of a case one after the other.
#[derive(Default)]
pub(crate) struct LastTexts {
    pack: Vec<u8>,
    texts: Vec<u8>,
}

impl LastTexts {
    /// One text; `inflate` gives those of a pack that is another than the last.
    pub(crate) fn text(
        &mut self,
        pack: &[u8],
        number: i64,
        inflate: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    ) -> Option<String> {
        if self.pack != pack {
            self.texts = inflate(pack).unwrap_or_default();
            self.pack = pack.to_owned();
        }
        let mut texts = self.texts.as_slice();
        while !texts.is_empty() {
            let (found, text) = take_text(&mut texts)?;
            if found == number {
                return Some(text.to_owned());
            }
        }
        None
    }
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend((part.len() as u32).to_be_bytes());
    bytes.extend(part);
}

fn take<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (part, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    *bytes = rest;
    Some(part)
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<(i64, &'a str)> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    let text = std::str::from_utf8(take(bytes)?).ok()?;
    Some((i64::from_be_bytes(*number), text))
}

/// Gives a connection `packed_text(bytes, number)`: the text of that number in a pack; nothing where it is not there or cannot
/// be read.
pub(crate) fn teach(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    let last = Mutex::new(LastTexts::default());
    Ok(
        connection.create_scalar_function("packed_text", 2, flags, move |call| {
            let bytes = call.get_raw(0).as_blob_or_null()?;
            let number = call.get(1)?;
            Ok(bytes.and_then(|bytes| last.lock().text(bytes, number, Pack::texts)))
        })?,
    )
}

impl ReadTx<'_> {
    fn pack_of(&self, case: CaseId) -> Result<Option<std::result::Result<Pack, Damaged>>> {
        let sql = "SELECT bytes, checksum FROM packs WHERE case_id = ?1 AND bytes IS NOT NULL";
        self.row(sql, [case.to_bytes()], |row| {
            let bytes: Vec<u8> = row.get("bytes")?;
            let whole =
                row.get::<_, [u8; 16]>("checksum")? == row::checksum(&case.to_bytes(), &bytes);
            Ok(Pack::read(&bytes).filter(|_| whole).ok_or(Damaged))
        })
    }

    /// A document's snapshot in its case's pack.
    pub(crate) fn packed_snapshot(
        &self,
        case: CaseId,
        document: DocumentId,
    ) -> Result<std::result::Result<StoredSnapshot, Damaged>> {
        let Some(Ok(mut pack)) = self.pack_of(case)? else {
            return Ok(Err(Damaged));
        };
        Ok(pack.snapshots.remove(&document).ok_or(Damaged))
    }

    /// Documents whose snapshots should be in a pack and are not, or not whole.
    pub(crate) fn damaged_packs(&self) -> Result<Vec<DocumentId>> {
        let sql = "SELECT DISTINCT case_id FROM documents WHERE snapshot_bytes > 0 AND id NOT IN (SELECT document FROM snapshots)";
        let mut damaged = Vec::new();
        for case in self.rows(sql, [], |row| Ok(row::document(row, "case_id")?))? {
            let pack = self.pack_of(case)?.and_then(std::result::Result::ok);
            let packed = pack.unwrap_or_default().snapshots;
            let sql = "SELECT id FROM documents WHERE case_id = ?1 AND snapshot_bytes > 0 AND id NOT IN (SELECT document FROM snapshots)";
            let resting = self.rows(sql, [case.to_bytes()], |row| Ok(row::document(row, "id")?))?;
            damaged.extend(resting.into_iter().filter(|id| !packed.contains_key(id)));
        }
        Ok(damaged)
    }
}

impl WriteTx<'_> {
    /// Packs a case's snapshots and texts, once what does not rest yet has outgrown its share: each packing writes the whole.
    ///
    /// # Errors
    /// - [`crate::Error::StorageFull`], [`crate::Error::Corrupt`], [`crate::Error::Database`].
    pub fn pack_where_due(&self, case: CaseId) -> Result<()> {
        let sql = "SELECT (SELECT coalesce(sum(length(snapshots.bytes)), 0) FROM documents
                           JOIN snapshots ON snapshots.document = documents.id WHERE documents.case_id = ?1)
                        + (SELECT coalesce(sum(octet_length(text)), 0) FROM packs JOIN search_entry ON pack = packs.number
                           JOIN search_loose ON search_loose.number = search_entry.number
                           WHERE case_id = ?1 AND search_entry.number >= ?2) AS loose,
                          coalesce((SELECT length(bytes) FROM packs WHERE case_id = ?1), 0) AS packed";
        let weights = self.row(sql, params![case.to_bytes(), WRITTEN.start()], |row| {
            Ok((row.get::<_, u64>("loose")?, row.get::<_, u64>("packed")?))
        })?;
        match weights {
            Some((loose, packed)) if loose > LEAST.max(packed / SHARE) => self.pack(case),
            _ => Ok(()),
        }
    }

    /// What is damaged stays as it is.
    fn pack(&self, case: CaseId) -> Result<()> {
        let mut pack = match self.pack_of(case)? {
            None => Pack::default(),
            Some(Ok(pack)) => pack,
            Some(Err(Damaged)) => return Ok(()),
        };
        let Some(snapshots) = self.snapshots_to_pack(case, &mut pack)? else {
            return Ok(());
        };
        pack.snapshots = snapshots;
        // While they are at hand.
        self.index_waiting(&WRITTEN)?;
        pack.texts = self.texts_to_pack(case, &mut pack)?;
        let bytes = pack.compressed()?;
        if Pack::read(&bytes).as_ref() != Some(&pack) {
            tracing::error!("a pack does not read as it was written");
            return Ok(());
        }
        self.put_pack(case, &bytes)
    }

    fn snapshots_to_pack(
        &self,
        case: CaseId,
        before: &mut Pack,
    ) -> Result<Option<BTreeMap<DocumentId, StoredSnapshot>>> {
        let mut snapshots = BTreeMap::new();
        for document in self.documents_of(case)? {
            let packed = before.snapshots.remove(&document.id);
            let packed = packed.filter(|_| document.snapshot_bytes > 0);
            match self.loose_snapshot(document.id)? {
                Some(Err(Damaged)) => return Ok(None),
                Some(Ok(loose)) => snapshots.insert(document.id, loose),
                None => packed.and_then(|packed| snapshots.insert(document.id, packed)),
            };
        }
        Ok(Some(snapshots))
    }

    /// Names are looked up with every search for a person: they stay where they are.
    fn texts_to_pack(&self, case: CaseId, before: &mut Pack) -> Result<BTreeMap<i64, String>> {
        let sql = "SELECT number, text FROM search_entry LEFT JOIN search_loose USING (number)
                   WHERE pack = ?1 AND number >= ?2";
        let texts = self.rows(
            sql,
            params![self.pack_number(case)?, WRITTEN.start()],
            |row| {
                let number = row.get("number")?;
                let loose: Option<String> = row.get("text")?;
                Ok((number, loose.or_else(|| before.texts.remove(&number))))
            },
        )?;
        let texts = texts.into_iter();
        Ok(texts
            .filter_map(|(number, text)| Some((number, text?)))
            .collect())
    }

    /// The number that stands for a case in the index, made where it has none.
    pub(crate) fn pack_number(&self, case: CaseId) -> Result<i64> {
        let id = [case.to_bytes()];
        let number = |row: &Row<'_>| Ok(row.get("number")?);
        match self.row("SELECT number FROM packs WHERE case_id = ?1", id, number)? {
            Some(number) => Ok(number),
            None => {
                self.run("INSERT INTO packs (case_id) VALUES (?1)", id)?;
                Ok(self.connection.last_insert_rowid())
            }
        }
    }

    /// What is loose is deleted first, so that the pack takes its pages.
    fn put_pack(&self, case: CaseId, bytes: &[u8]) -> Result<()> {
        let id = case.to_bytes();
        let number = self.pack_number(case)?;
        self.run(
            "DELETE FROM snapshots WHERE document IN (SELECT id FROM documents WHERE case_id = ?1)",
            [id],
        )?;
        self.run(
            "DELETE FROM search_loose WHERE number IN (SELECT number FROM search_entry WHERE pack = ?1 AND number >= ?2)",
            [number, *WRITTEN.start()],
        )?;
        self.run("UPDATE packs SET bytes = NULL WHERE number = ?1", [number])?;
        self.run(
            "UPDATE packs SET bytes = ?2, checksum = ?3 WHERE number = ?1",
            params![number, bytes, row::checksum(&id, bytes)],
        )?;
        Ok(())
    }
}
