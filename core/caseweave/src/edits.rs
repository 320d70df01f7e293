//! Making edits: planned and committed by the engine, stored with their rows, or nothing of it.

use std::collections::BTreeSet;

use caseweave_engine::document::{
    CaseDocuments, Committed, EditContext, EditError, EntityKey, NewChange,
};
use caseweave_engine::domain::{CaseEdit, CompartmentEdit, Edit, NoteEdit, ProviderEdit};
use caseweave_engine::ids::{CaseId, DocumentId, EntityId, ScopeId};
use caseweave_engine::projection::{Projection, RecordRow};
use caseweave_engine::sync::{compress, inflated};
use caseweave_store::{
    ChangeState, GroupId, NewChange as StoredChange, NewDocument, NewGroup, WriteTx,
};
use serde::de::DeserializeOwned;

use crate::cases::Drafts;
use crate::handle::{Caseweave, Open};
use crate::{Error, Result};

/// What a call's edits came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditReceipt {
    /// Whether anything changed: edits that say what the record says already do not.
    pub changed: bool,
    /// The case's state after them, for `case_at`.
    pub revision: String,
}

impl Caseweave {
    /// Makes edits to one case, one restricted compartment or one provider: all of them or none. They travel together and are accepted together. Durable when this
    /// returns. Writes disk; call off the main thread.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`], [`Error::NotFound`], [`Error::AlreadyExists`]: an edit cannot stand; nothing was changed. The field is
    ///   `edits` where they are too much for one call, and `record` or `note.text` where a server would not take what these had become.
    /// - [`Error::NotAllowed`], while locked.
    /// - [`Error::StorageFull`], [`Error::StorageCorrupt`], [`Error::Unexpected`]: nothing was changed.
    pub fn edit(&self, case: CaseId, edits: &[Edit]) -> Result<EditReceipt> {
        if edits.is_empty() {
            return Err(Error::InvalidInput {
                field: "edits".into(),
                reason: "are none".into(),
            });
        }
        let receipt = self.opened()?.edit(case, edits)?;
        if receipt.changed {
            self.listener.call();
        }
        Ok(receipt)
    }
}

impl Open {
    pub(crate) fn edit(&self, case: CaseId, edits: &[Edit]) -> Result<EditReceipt> {
        self.write_case(case, |tx, known| self.edit_in(tx, case, known, edits))
    }

    /// Writes to a case in one transaction. What cannot stand is the inner error: the documents are as they were and stay in
    /// memory. After any other error, and after a panic, they are read anew.
    pub(crate) fn write_case<T>(
        &self,
        case: CaseId,
        write: impl FnOnce(&WriteTx<'_>, Option<CaseDocuments>) -> Result<(CaseDocuments, Result<T>)>,
    ) -> Result<T> {
        let _writing = self.writing.lock();
        let known = self.cases.take(case);
        let (documents, outcome) = self.store.write(|tx| write(tx, known))?;
        self.cases.put(documents);
        outcome
    }

    pub(crate) fn edit_in(
        &self,
        tx: &WriteTx<'_>,
        case: CaseId,
        known: Option<CaseDocuments>,
        edits: &[Edit],
    ) -> Result<(CaseDocuments, Result<EditReceipt>)> {
        let mut documents = self.documents_to_edit(tx, case, known, edits)?;
        let committed = match documents.edit(edits, &self.context()) {
            Ok(committed) => committed,
            Err(error @ EditError::Invalid { .. }) => return Ok((documents, Err(error.into()))),
            Err(error) => return Err(error.into()),
        };
        let changed = !committed.changes.is_empty();
        if changed {
            self.store_edits(tx, &mut documents, edits, &committed)?;
        }
        let receipt = EditReceipt {
            changed,
            revision: documents.revision(),
        };
        Ok((documents, Ok(receipt)))
    }

    fn documents_to_edit(
        &self,
        tx: &WriteTx<'_>,
        case: CaseId,
        known: Option<CaseDocuments>,
        edits: &[Edit],
    ) -> Result<CaseDocuments> {
        if opens_record(edits) && known.is_none() && tx.document(case)?.is_none() {
            self.check_case_of_compartment(tx, edits)?;
            return Ok(CaseDocuments::new(case));
        }
        self.with_drafts(tx, case, known, &Drafts::Of(&notes_of(edits)))
    }

    pub(crate) fn context(&self) -> EditContext {
        EditContext {
            author: self.author(),
            key: self.key.public(),
            session: *self.session.lock(),
            now: self.now(),
            rules: self.rules(),
        }
    }

    /// Stores what edits made: changes with their group and edits, rows of lists, index entries. One transaction.
    pub(crate) fn store_edits(
        &self,
        tx: &WriteTx<'_>,
        documents: &mut CaseDocuments,
        edits: &[Edit],
        committed: &Committed,
    ) -> Result<()> {
        let case = documents.id();
        for change in committed.changes.iter().filter(|change| change.creates) {
            tx.add_document(NewDocument {
                id: change.document,
                kind: change.kind,
                case,
                scope: ScopeId::of(case),
            })?;
        }
        self.share_with_all(tx, case, edits)?;
        self.project(tx, documents, Some(&committed.touched))?;
        if committed.changes.iter().any(|it| it.document == case) {
            self.store_record(tx, documents, &committed.touched)?;
        }
        let next_on = tx.case_row(case)?.and_then(|row| row.next_visit_on);
        let edits = kept(edits)?;
        let created_ms = self.host.now_ms();
        let group = tx.add_group(NewGroup {
            case,
            created_ms,
            edits: &edits,
            next_on,
        })?;
        for change in &committed.changes {
            self.store_change(tx, change, group, created_ms)?;
        }
        let written = committed.changes.iter().map(|change| change.document);
        let folded = self.fold_where_due(tx, documents, written)?;
        // What is long takes a second to pack. The exchange that brings the receipt does it, while nobody waits for it.
        if folded && !tx.is_long(case)? {
            tx.pack_where_due(case)?;
        }
        Ok(())
    }

    fn store_change(
        &self,
        tx: &WriteTx<'_>,
        change: &NewChange,
        group: GroupId,
        now_ms: i64,
    ) -> Result<()> {
        tx.append_change(StoredChange {
            document: change.document,
            hash: change.hash,
            actor: change.actor,
            seq: change.sequence,
            session: Some(*self.session.lock()),
            device: Some(self.identity.device),
            worker: Some(self.identity.worker),
            claimed_ms: now_ms,
            received_ms: None,
            state: ChangeState::Local,
            group: Some(group),
            bytes: &change.bytes,
        })?;
        Ok(tx.set_heads(change.document, &change.heads)?)
    }

    /// Brings a case's rows up to date: those about what was touched, or all.
    pub(crate) fn project(
        &self,
        tx: &WriteTx<'_>,
        documents: &mut CaseDocuments,
        touched: Option<&BTreeSet<EntityKey>>,
    ) -> Result<()> {
        // A note's words are found with its title, so its row needs its draft even where only the note was touched.
        match touched.map(|touched| documents.touched_notes(touched)) {
            Some(notes) => self.complete(tx, documents, &Drafts::Of(&notes))?,
            None => self.complete(tx, documents, &Drafts::All)?,
        }
        let Some(rows) = documents.project(touched, &self.rules()) else {
            return Ok(());
        };
        match touched {
            Some(touched) if !becomes_another(tx, &rows, touched)? => tx.project(&rows)?,
            Some(_) => return self.project(tx, documents, None),
            None => {
                tx.replace_projection(&rows)?;
                self.store_long_record(tx, documents)?;
            }
        }
        Ok(())
    }

    /// Stores what a write to a long document touched of its record.
    pub(crate) fn store_record(
        &self,
        tx: &WriteTx<'_>,
        documents: &CaseDocuments,
        touched: &BTreeSet<EntityKey>,
    ) -> Result<()> {
        let (case, heads) = (documents.id(), documents.case().heads());
        if !tx.has_stored_record(case)? {
            return self.store_long_record(tx, documents);
        }
        // Whoever joins heads touches nothing, perhaps before what news touched is stored.
        if touched.is_empty() {
            return Ok(());
        }
        Ok(tx.add_to_stored_record(case, &heads, &documents.stored_change(touched))?)
    }

    /// Stores the record of a document that takes long to load, whole.
    fn store_long_record(&self, tx: &WriteTx<'_>, documents: &CaseDocuments) -> Result<()> {
        let case = documents.id();
        if !tx.is_long(case)? {
            return Ok(());
        }
        let record = documents.record();
        Ok(tx.store_record(case, record.heads(), &record.to_stored())?)
    }

    /// Makes the rows anew that an older version of this library made. A case with damaged rows keeps its old ones: it must not
    /// keep the others from being opened.
    pub(crate) fn bring_rows_up_to_date(&self) -> Result<()> {
        let _writing = self.writing.lock();
        for case in self.store.read(|tx| tx.outdated())? {
            match self.store.write(|tx| self.project_anew(tx, case)) {
                Err(Error::StorageCorrupt { .. }) => {
                    tracing::warn!(target: "caseweave", "rows of a record were not made anew");
                }
                made => made?,
            }
        }
        Ok(())
    }

    fn project_anew(&self, tx: &WriteTx<'_>, case: CaseId) -> Result<()> {
        let mut documents = self.with_drafts(tx, case, None, &Drafts::All)?;
        self.project(tx, &mut documents, None)?;
        Ok(tx.pack_where_due(case)?)
    }

    /// Folds those of some documents of a case whose tails have outgrown their snapshots, each after loading the new snapshot back. Says
    /// whether there were any.
    pub(crate) fn fold_where_due(
        &self,
        tx: &WriteTx<'_>,
        documents: &CaseDocuments,
        written: impl Iterator<Item = DocumentId>,
    ) -> Result<bool> {
        let mut folded = false;
        for document in written.filter_map(|id| documents.get(id)) {
            let due = tx
                .document(document.id())?
                .is_some_and(|row| row.fold_is_due());
            if due {
                let snapshot = document.save_verified()?;
                tx.fold(document.id(), &snapshot, &document.heads())?;
                folded = true;
                if document.id() == documents.id() {
                    self.store_long_record(tx, documents)?;
                }
            }
        }
        Ok(folded)
    }
}

/// Whether somebody made another sort of record of one, which no edit does: then its rows are all others.
fn becomes_another(
    tx: &WriteTx<'_>,
    rows: &Projection,
    touched: &BTreeSet<EntityKey>,
) -> Result<bool> {
    let begun = touched.iter().any(|(kind, _)| kind.is_single());
    let id = rows.record.id();
    let was_compartment = || tx.compartment(id).map(|row| row.is_some());
    let was_provider = || tx.provider_name(id).map(|name| name.is_some());
    Ok(begun
        && match rows.record {
            RecordRow::Case(_) => was_compartment()? || was_provider()?,
            RecordRow::Compartment(_) => was_provider()?,
            RecordRow::Provider(_) => false,
        })
}

/// Whether edits begin a record.
fn opens_record(edits: &[Edit]) -> bool {
    matches!(
        edits.first(),
        Some(
            Edit::Case(CaseEdit::Open { .. })
                | Edit::Compartment(CompartmentEdit::Open { .. })
                | Edit::Provider(ProviderEdit::Open { .. })
        )
    )
}

/// The notes whose drafts edits write to or sign. A note that the same call starts is not on disk yet.
fn notes_of(edits: &[Edit]) -> BTreeSet<EntityId> {
    let note = |edit: &Edit| match edit {
        Edit::Note(
            NoteEdit::Write { id, .. }
            | NoteEdit::Splice { id, .. }
            | NoteEdit::Sign { id }
            | NoteEdit::SignAddendum { id, .. }
            | NoteEdit::Settle { note: id, .. },
        ) => Some(*id),
        Edit::Note(NoteEdit::Start { .. } | NoteEdit::Update { .. }) => None,
        _ => None,
    };
    edits.iter().filter_map(note).collect()
}

/// Edits as their group keeps them until its receipt: JSON, compressed.
fn kept(edits: &[Edit]) -> Result<Vec<u8>> {
    let unencodable = || Error::Unexpected {
        code: 301,
        reason: "edits cannot be encoded".into(),
    };
    let text = serde_json::to_vec(edits).map_err(|_| unencodable())?;
    compress(&text).map_err(|_| unencodable())
}

/// Reads what [`kept`] made: edits, or the JSON they are. Groups of versions before this one are not compressed.
pub(crate) fn read_kept<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let unreadable = || Error::Unexpected {
        code: 303,
        reason: "stored edits cannot be read".into(),
    };
    if bytes.starts_with(b"[") {
        return serde_json::from_slice(bytes).map_err(|_| unreadable());
    }
    let text = inflated(bytes).map_err(|_| unreadable())?;
    serde_json::from_slice(&text).map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_edits_are_read_back_compressed_or_as_older_versions_kept_them() {
        let id = EntityId::from_bytes([7; 16]);
        let edits = [Edit::Note(NoteEdit::Sign { id })];
        let plain = serde_json::to_vec(&edits).unwrap();
        let compressed = kept(&edits).unwrap();
        assert_ne!(compressed, plain);
        for bytes in [plain, compressed] {
            assert_eq!(read_kept::<Vec<Edit>>(&bytes).unwrap(), edits);
        }
    }

    #[test]
    fn what_was_not_kept_as_edits_is_an_error_with_its_code() {
        for bytes in [&b"edits"[..], b"[1]", b"", &[0x28, 0xb5, 0x2f, 0xfd, 0]] {
            let error = read_kept::<Vec<Edit>>(bytes).unwrap_err();
            assert!(matches!(error, Error::Unexpected { code: 303, .. }));
        }
    }
}
