//! The documents of cases in memory: read from the store when needed, kept for a while.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use caseweave_engine::document::{CaseDocuments, ChangeHash, Document, Record, draft_of, note_of};
use caseweave_engine::ids::{CaseId, DocumentId, EntityId};
use caseweave_engine::sync::wire::DocumentKind;
use caseweave_store::{ReadTx, StoredDocument};
use parking_lot::Mutex;

use crate::handle::Open;
use crate::{Error, Result};

/// Cases kept in memory: what a worker moves between within a visit or two.
const KEPT: usize = 8;

/// Which of a case's drafts a call needs.
pub(crate) enum Drafts<'a> {
    /// Those that are not signed as they stand.
    Open,
    /// Those of some notes.
    Of(&'a BTreeSet<EntityId>),
    /// Every one that is on this device.
    All,
}

/// Cases in memory.
#[derive(Default)]
pub(crate) struct Cases(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    cases: HashMap<CaseId, (u64, Arc<CaseDocuments>)>,
    /// Those that left the device, or are about to: who still reads one does not keep it.
    gone: HashSet<CaseId>,
    /// Counts writes, so that a reader does not keep what a writer has overtaken.
    writes: u64,
    uses: u64,
    /// Documents that were read from the store.
    opened: u64,
}

impl Cases {
    pub(crate) fn get(&self, case: CaseId) -> Option<Arc<CaseDocuments>> {
        let mut kept = self.0.lock();
        kept.uses += 1;
        let uses = kept.uses;
        let (used, documents) = kept.cases.get_mut(&case)?;
        *used = uses;
        Some(Arc::clone(documents))
    }

    /// Takes a case out, to write to it. Whoever does not put it back leaves it to be read anew.
    pub(crate) fn take(&self, case: CaseId) -> Option<CaseDocuments> {
        let mut kept = self.0.lock();
        kept.writes += 1;
        let (_, documents) = kept.cases.remove(&case)?;
        Some(Arc::unwrap_or_clone(documents))
    }

    /// Keeps a case as it was just written.
    pub(crate) fn put(&self, documents: CaseDocuments) {
        let mut kept = self.0.lock();
        kept.writes += 1;
        kept.gone.remove(&documents.id());
        kept.keep(Arc::new(documents));
    }

    /// Takes out a case that leaves the device. It is kept again once something is written to it.
    pub(crate) fn forget(&self, case: CaseId) {
        let mut kept = self.0.lock();
        kept.writes += 1;
        kept.cases.remove(&case);
        kept.gone.insert(case);
    }

    pub(crate) fn opened(&self) -> u64 {
        self.0.lock().opened
    }

    fn writes(&self) -> u64 {
        self.0.lock().writes
    }

    /// Keeps a case as it was read, unless something was written since, or it leaves.
    fn keep_read(&self, writes: u64, documents: &Arc<CaseDocuments>) {
        let mut kept = self.0.lock();
        if kept.writes == writes && !kept.gone.contains(&documents.id()) {
            kept.keep(Arc::clone(documents));
        }
    }
}

impl Kept {
    fn keep(&mut self, documents: Arc<CaseDocuments>) {
        self.uses += 1;
        self.cases.insert(documents.id(), (self.uses, documents));
        if self.cases.len() > KEPT {
            let oldest = self
                .cases
                .iter()
                .min_by_key(|(_, (used, _))| *used)
                .map(|(case, _)| *case);
            oldest.map(|case| self.cases.remove(&case));
        }
    }
}

impl Open {
    /// A record as it stands, with every draft that is open: as it is stored beside its document, or else out of the document.
    pub(crate) fn record(&self, case: CaseId) -> Result<Record> {
        let stored = self.store.read(|tx| self.stored_record(tx, case))?;
        match stored {
            Some(record) => Ok(record),
            None => Ok(self.case_to_read(case)?.record()),
        }
    }

    /// As [`Self::record`], of a record that stays out of those kept in memory: nobody is working on it.
    pub(crate) fn record_unkept(&self, case: CaseId) -> Result<Record> {
        self.store.read(|tx| match self.stored_record(tx, case)? {
            Some(record) => Ok(record),
            None => Ok(self.with_drafts(tx, case, None, &Drafts::Open)?.record()),
        })
    }

    fn stored_record(&self, tx: &ReadTx<'_>, case: CaseId) -> Result<Option<Record>> {
        let pieces = tx.stored_record(case)?;
        let pieces = pieces.iter().map(Vec::as_slice);
        let Some(mut record) = Record::from_stored(case, pieces) else {
            return Ok(None);
        };
        for note in record.open_drafts(drafts_of(tx, case)?) {
            if let Some(draft) = self.load(tx, draft_of(note))? {
                record.add_draft(&draft);
            }
        }
        Ok(Some(record))
    }

    /// A case to read, with every draft that is open.
    pub(crate) fn case_to_read(&self, case: CaseId) -> Result<Arc<CaseDocuments>> {
        let writes = self.cases.writes();
        let before = self.cases.get(case);
        let read = self.store.read(|tx| -> Result<_> {
            let known = match before {
                Some(documents) if missing(tx, &documents, &Drafts::Open)?.is_empty() => {
                    return Ok(documents);
                }
                known => known.map(Arc::unwrap_or_clone),
            };
            let read = self.with_drafts(tx, case, known, &Drafts::Open)?;
            Ok(Arc::new(read))
        })?;
        self.cases.keep_read(writes, &read);
        Ok(read)
    }

    /// What is known of a case: nothing yet where its record is not here, though drafts of its notes may be.
    pub(crate) fn known_so_far(
        &self,
        tx: &ReadTx<'_>,
        case: CaseId,
        known: Option<CaseDocuments>,
    ) -> Result<Option<CaseDocuments>> {
        Ok(match known {
            None if tx.document(case)?.is_none() => Some(CaseDocuments::new(case)),
            known => known,
        })
    }

    /// A case with the drafts that are needed: `known` completed from the store, or all from the store.
    pub(crate) fn with_drafts(
        &self,
        tx: &ReadTx<'_>,
        case: CaseId,
        known: Option<CaseDocuments>,
        drafts: &Drafts<'_>,
    ) -> Result<CaseDocuments> {
        let mut documents = match known {
            Some(documents) => documents,
            None => CaseDocuments::of(self.load(tx, case)?.ok_or_else(|| no_record(case))?),
        };
        self.complete(tx, &mut documents, drafts)?;
        Ok(documents)
    }

    /// Loads the drafts that are needed and not in memory. A note that was signed at once has none.
    pub(crate) fn complete(
        &self,
        tx: &ReadTx<'_>,
        documents: &mut CaseDocuments,
        drafts: &Drafts<'_>,
    ) -> Result<()> {
        for note in missing(tx, documents, drafts)? {
            if let Some(document) = self.load(tx, draft_of(note))? {
                documents.add_note(document);
            }
        }
        Ok(())
    }

    /// One document, or nothing where it is not on this device.
    pub(crate) fn load(&self, tx: &ReadTx<'_>, id: DocumentId) -> Result<Option<Document>> {
        let Some(stored) = tx.load(id)? else {
            return Ok(None);
        };
        let document = put_together(&stored);
        self.cases.0.lock().opened += 1;
        document
            .map(Some)
            .map_err(|reason| Error::damaged(self.store.path(), reason))
    }
}

/// A document of its stored parts, or why it cannot be had.
pub(crate) fn put_together(stored: &StoredDocument) -> std::result::Result<Document, String> {
    if stored.snapshot_damaged || !stored.tail.damaged.is_empty() {
        return Err("a document has damaged rows: the check of the storage names them".into());
    }
    let snapshot = stored.snapshot.as_ref();
    let snapshot = snapshot.map(|snapshot| snapshot.bytes.as_slice());
    let tail = stored.tail.rows.iter().map(|row| row.bytes.as_slice());
    Document::load(stored.row.id, snapshot, tail)
        .map_err(|error| format!("a document cannot be loaded: {error}"))
}

/// The notes whose drafts are needed and not in memory.
fn missing(
    tx: &ReadTx<'_>,
    documents: &CaseDocuments,
    drafts: &Drafts<'_>,
) -> Result<Vec<EntityId>> {
    let wanted: Vec<EntityId> = match drafts {
        Drafts::Of(notes) => notes.iter().copied().collect(),
        Drafts::Open => documents.open_drafts(drafts_of(tx, documents.id())?),
        Drafts::All => {
            let drafts = drafts_of(tx, documents.id())?.into_iter();
            drafts.map(|(note, _)| note).collect()
        }
    };
    Ok(wanted
        .into_iter()
        .filter(|note| documents.note(*note).is_none())
        .collect())
}

/// The notes that have a draft here, with its heads.
fn drafts_of(tx: &ReadTx<'_>, case: CaseId) -> Result<Vec<(EntityId, Vec<ChangeHash>)>> {
    let rows = tx.documents_of(case)?.into_iter();
    let notes = rows.filter(|row| row.kind == DocumentKind::Note);
    Ok(notes.map(|row| (note_of(row.id), row.heads)).collect())
}

pub(crate) fn no_record(case: CaseId) -> Error {
    Error::NotFound {
        id: case.to_string(),
        reason: "no such record on this device".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_is_read_while_it_leaves_is_not_kept() {
        let (cases, case) = (Cases::default(), CaseId::from_bytes([7; 16]));
        let read = || Arc::new(CaseDocuments::new(case));
        cases.keep_read(cases.writes(), &read());
        assert!(cases.get(case).is_some());
        let before = cases.writes();
        cases.forget(case);
        cases.keep_read(before, &read());
        // What is read now is still there: the transaction that takes it away has not ended.
        cases.keep_read(cases.writes(), &read());
        assert!(cases.get(case).is_none());
        cases.put(CaseDocuments::new(case));
        cases.keep_read(cases.writes(), &read());
        assert!(cases.get(case).is_some());
    }
}
