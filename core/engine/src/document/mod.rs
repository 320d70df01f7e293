//! Carries writes into automerge documents and reads records back out of them. Nothing of automerge leaves this module's public
//! types but changes as bytes and hashes.
//!
//! # Layout of a case's main document, schema version 1
//!
//! The root map holds one map per entity, under `<kind>` for the case and the person and `<kind>/<id>` for all others; that map
//! holds the entity's fields as scalars. A restricted compartment is a record of its own, laid out alike, with the one entity
//! `compartment` in place of case and person; a provider of the directory another, with `provider`. `schema` is the version. `conflict/<kind>/<id>/<field>/<digest of the value>` holds a
//! value that was displaced while a conflict was open (`conflict.rs` tells more). A note's draft is a document of its own, with the
//! text object `text`. A note that is begun, written and signed in one call has no draft: its signed version names no heads.
//! Whoever takes up a note whose draft is not at hand writes into the text object `text/<signed version>` of its draft (`draft.rs`),
//! and marks the note with `reopened`, so that the draft follows the note.
//!
//! **Invariant:** no two devices ever create the same object. Entities are created under fresh ids, and the case and the person
//! by the change that opens the case; so there is no skeleton to agree on, and no subtree is lost to a concurrent creation.
//! There is one exception: two who take up a note apart without its draft each make a text of it. Readers show both as one
//! (`draft.rs`), and nothing is lost.
//!
//! **Invariant:** nothing but the fields an edit names is written, so keys that this version does not know survive.

mod claim;
pub(crate) mod closed;
mod conflict;
mod draft;
mod edit;
mod history;
mod join;
mod key;
mod parts;
mod places;
mod read;
mod record;
mod scalar;
mod stamp;
mod stored;
mod story;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use automerge::{Automerge, Change, LoadOptions, ReadDoc, TextEncoding};

use draft::Texts;
use parts::Parts;
use read::{Beside, head_name};

use crate::domain::{Draft, Kind, Records, TimelineItem};
use crate::guard::{self, Refusal};
use crate::ids::{CaseId, DocumentId, EntityId, WorkerId};
use crate::projection::{Projection, RecordRow};
use crate::settings::Rules;

pub use closed::StandingDraft;
pub use edit::{Committed, EditContext, EditError, NewChange};
pub use history::{ChangeRecord, FieldChange, MadeChange};
pub use places::Places;
pub use record::Record;

/// The version of the layout that this code writes. It reads every version up to this one, and newer ones as far as it knows
/// their keys.
pub const SCHEMA_VERSION: i64 = 1;

/// 32 bytes that name a change: SHA-256 over its bytes. Source: automerge storage format.
pub type ChangeHash = [u8; 32];

/// An entity, by its kind and id.
pub type EntityKey = (Kind, EntityId);

/// Why stored bytes give no document.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The snapshot cannot be read.
    #[error("the snapshot cannot be read")]
    Snapshot(#[source] automerge::AutomergeError),
    /// A change cannot be read.
    #[error("change {} of the tail cannot be read", position)]
    Change {
        /// Its place among the changes that were given.
        position: usize,
    },
    /// The changes do not fit together.
    #[error("the changes do not fit together")]
    Apply(#[source] automerge::AutomergeError),
    /// Changes are missing between the snapshot and the tail.
    #[error("{missing} changes are missing")]
    Incomplete {
        /// How many hashes are named and not there.
        missing: usize,
    },
}

/// A change as it stands in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignableChange {
    /// Its hash.
    pub hash: ChangeHash,
    /// Its actor.
    pub actor: Vec<u8>,
    /// Its number among the actor's changes, from 1.
    pub sequence: u64,
    /// What it follows.
    pub dependencies: Vec<ChangeHash>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One automerge document in memory.
#[derive(Debug, Clone)]
pub struct Document {
    id: DocumentId,
    automerge: Automerge,
    /// It takes no more bytes than these when it is saved: what it was loaded from, and every change since.
    at_most: usize,
}

impl Document {
    /// An empty document.
    pub fn new(id: DocumentId) -> Self {
        Self {
            id,
            automerge: Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint),
            at_most: 0,
        }
    }

    /// Loads a document from our own storage: a snapshot and the changes after it, in any order.
    ///
    /// # Errors
    /// [`LoadError`], where bytes are damaged or changes missing. Nothing is dropped silently.
    pub fn load<'a>(
        id: DocumentId,
        snapshot: Option<&[u8]>,
        tail: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, LoadError> {
        let mut document = match snapshot {
            Some(bytes) => Self {
                id,
                automerge: Automerge::load_with_options(bytes, load_options())
                    .map_err(LoadError::Snapshot)?,
                at_most: bytes.len(),
            },
            None => Self::new(id),
        };
        let read = |(position, bytes): (usize, &[u8])| {
            Change::from_bytes(bytes.to_vec()).map_err(|_| LoadError::Change { position })
        };
        let changes = tail
            .into_iter()
            .enumerate()
            .map(read)
            .collect::<Result<Vec<_>, _>>()?;
        document.grow(&changes);
        document
            .automerge
            .apply_changes(changes)
            .map_err(LoadError::Apply)?;
        match document.automerge.get_missing_deps(&[]).len() {
            0 => Ok(document),
            missing => Err(LoadError::Incomplete { missing }),
        }
    }

    fn grow(&mut self, changes: &[Change]) {
        let bytes = changes.iter().map(|change| change.raw_bytes().len());
        self.at_most = bytes.fold(self.at_most, usize::saturating_add);
    }

    /// Whether the document has so many bytes at most when it is saved. Saving makes changes shorter, so it is saved to find out only
    /// where they may be more.
    fn keeps_within(&mut self, bytes: usize) -> bool {
        if self.at_most > bytes {
            self.at_most = self.save().len();
        }
        self.at_most <= bytes
    }

    /// The document's id.
    pub fn id(&self) -> DocumentId {
        self.id
    }

    /// The hashes of the changes that no other change follows, sorted.
    pub fn heads(&self) -> Vec<ChangeHash> {
        sorted(&self.automerge.get_heads())
    }

    /// The whole document as a compressed snapshot.
    pub fn save(&self) -> Vec<u8> {
        self.automerge.save()
    }

    /// The whole document as a snapshot that is not compressed, loaded back and compared before it is given out.
    ///
    /// # Errors
    /// [`LoadError`]: what was saved does not read as it should.
    pub fn save_verified(&self) -> Result<Vec<u8>, LoadError> {
        let bytes = self.automerge.save_nocompress();
        let back = Self::load(self.id, Some(&bytes), [])?;
        if back.heads() == self.heads() {
            Ok(bytes)
        } else {
            Err(LoadError::Incomplete {
                missing: self.heads().len(),
            })
        }
    }

    /// The heads that the document would have without some changes. Whatever follows one of them is among them.
    pub fn heads_without(&self, changes: &BTreeSet<ChangeHash>) -> Vec<ChangeHash> {
        let named = |hash: &ChangeHash| automerge::ChangeHash(*hash);
        let metas = changes
            .iter()
            .filter_map(|hash| self.automerge.get_change_meta_by_hash(&named(hash)));
        let below = metas.flat_map(|meta| meta.deps);
        let candidates: BTreeSet<_> = below
            .chain(self.automerge.get_heads())
            .filter(|head| !changes.contains(&head.0))
            .collect();
        let candidates: Vec<_> = candidates.into_iter().collect();
        // The fork's heads leave out those that another one follows.
        match self.automerge.fork_at(&candidates) {
            Ok(fork) if !candidates.is_empty() => sorted(&fork.get_heads()),
            _ => Vec::new(),
        }
    }

    /// The document without some changes and everything that follows them, and what went.
    fn without(
        &self,
        changes: &BTreeSet<ChangeHash>,
    ) -> Result<(Self, BTreeSet<ChangeHash>), LoadError> {
        let mut gone = BTreeSet::new();
        let mut kept = Vec::new();
        for change in in_causal_order(self.automerge.get_changes(&[])) {
            let hash = change.hash().0;
            if changes.contains(&hash) || change.deps().iter().any(|dep| gone.contains(&dep.0)) {
                gone.insert(hash);
            } else {
                kept.push(change);
            }
        }
        let mut document = Self::new(self.id);
        document.grow(&kept);
        document
            .automerge
            .apply_changes(kept)
            .map_err(LoadError::Apply)?;
        Ok((document, gone))
    }

    /// The changes that are not below some heads, each after what it follows. Heads that this document does not know do not
    /// count.
    pub fn changes_beside(&self, heads: &[ChangeHash]) -> Vec<SignableChange> {
        let known: Vec<_> = heads
            .iter()
            .filter(|head| self.contains(head))
            .map(|head| automerge::ChangeHash(*head))
            .collect();
        let signable = |change: Change| SignableChange {
            hash: change.hash().0,
            actor: change.actor_id().to_bytes().to_vec(),
            sequence: change.seq(),
            dependencies: change.deps().iter().map(|dep| dep.0).collect(),
            bytes: change.raw_bytes().to_vec(),
        };
        let changes = in_causal_order(self.automerge.get_changes(&known));
        changes.into_iter().map(signable).collect()
    }

    /// Every change by its actor and number. Looks through all of them: for several signatures, ask once.
    pub fn places(&self) -> Places {
        let mut places = Places::default();
        for meta in self.automerge.get_changes_meta(&[]) {
            places.add(meta.hash.0, meta.actor.to_bytes().to_vec(), meta.seq);
        }
        places
    }

    /// Every change, each after what it follows.
    pub(crate) fn changes(&self) -> Vec<Change> {
        self.automerge.get_changes(&[])
    }

    /// Who made each change, when and with which intentions, as the changes claim; each after what it follows.
    pub fn made(&self) -> Vec<MadeChange> {
        history::made(&self.automerge)
    }

    /// Whether a change is in the document.
    pub fn contains(&self, hash: &ChangeHash) -> bool {
        self.automerge
            .get_change_meta_by_hash(&automerge::ChangeHash(*hash))
            .is_some()
    }

    /// Whether a change is in the document, by what a signed version calls it. Looks through all of them.
    fn has(&self, name: &str) -> bool {
        let changes = self.automerge.get_changes_meta(&[]);
        changes.iter().any(|meta| head_name(&meta.hash.0) == name)
    }

    /// Applies changes from outside that the guard admitted and whose signatures were checked. Changes that are there already
    /// do nothing.
    ///
    /// # Errors
    /// [`Refusal`]; then the document is as it was.
    pub fn apply(&mut self, changes: Vec<Change>) -> Result<(), Refusal> {
        let changes = in_causal_order(changes);
        self.automerge = guard::trial(&self.automerge, &changes)?;
        self.grow(&changes);
        Ok(())
    }

    /// Takes in a snapshot from the server: everything in it that is not here yet.
    ///
    /// # Errors
    /// [`Refusal`]; then the document is as it was.
    pub fn absorb(&mut self, snapshot: &[u8], heads: &[ChangeHash]) -> Result<(), Refusal> {
        let heads: Vec<_> = heads
            .iter()
            .map(|head| automerge::ChangeHash(*head))
            .collect();
        let other = guard::admit_snapshot(snapshot, &heads)?;
        if self.automerge.get_heads().is_empty() {
            self.automerge = other;
            self.at_most = snapshot.len();
            return Ok(());
        }
        let missing = self.automerge.get_changes_added(&other);
        self.apply(missing)
    }

    /// The entities that the changes since `before` wrote to; all of them, where there is nothing before. In a note's draft that is the
    /// note.
    pub fn touched_since(&self, before: &[ChangeHash]) -> BTreeSet<EntityKey> {
        if before.is_empty() {
            return history::all(self.id, &self.automerge);
        }
        let before: Vec<_> = before
            .iter()
            .map(|head| automerge::ChangeHash(*head))
            .collect();
        let changes = self.automerge.get_changes(&before);
        history::touched(self.id, &self.automerge, &changes)
    }
}

/// Puts changes so that each follows those of the list that it depends on.
fn in_causal_order(changes: Vec<Change>) -> Vec<Change> {
    let mut waiting: BTreeMap<automerge::ChangeHash, Change> = changes
        .iter()
        .map(|change| (change.hash(), change.clone()))
        .collect();
    let mut ordered = Vec::with_capacity(changes.len());
    for change in changes {
        let mut stack = vec![change.hash()];
        while let Some(hash) = stack.last().copied() {
            let Some(change) = waiting.get(&hash) else {
                stack.pop();
                continue;
            };
            let before = change.deps().iter().filter(|dep| waiting.contains_key(dep));
            let unmet: Vec<_> = before.copied().collect();
            if unmet.is_empty() {
                ordered.extend(waiting.remove(&hash));
                stack.pop();
            } else {
                stack.extend(unmet);
            }
        }
    }
    ordered
}

fn load_options() -> LoadOptions<'static> {
    LoadOptions::new().text_encoding(TextEncoding::UnicodeCodePoint)
}

pub(crate) fn sorted(heads: &[automerge::ChangeHash]) -> Vec<ChangeHash> {
    let mut heads: Vec<_> = heads.iter().map(|head| head.0).collect();
    heads.sort_unstable();
    heads
}

/// A case's main document, or a restricted compartment's, with the drafts of its notes, as far as they are loaded.
#[derive(Debug, Clone)]
pub struct CaseDocuments {
    case: Document,
    notes: BTreeMap<EntityId, Document>,
    /// Found when they are first asked for.
    parts: OnceLock<Parts>,
}

impl CaseDocuments {
    /// A case that is about to be opened.
    pub fn new(id: CaseId) -> Self {
        Self::of(Document::new(id))
    }

    /// A case by its main document.
    pub fn of(case: Document) -> Self {
        Self {
            case,
            notes: BTreeMap::new(),
            parts: OnceLock::new(),
        }
    }

    /// The case's id.
    pub fn id(&self) -> CaseId {
        self.case.id
    }

    /// The main document.
    pub fn case(&self) -> &Document {
        &self.case
    }

    /// Adds the draft of a note, named by the document's id.
    pub fn add_note(&mut self, note: Document) {
        self.notes.insert(note_of(note.id), note);
    }

    /// The draft of a note, if it is loaded.
    pub fn note(&self, note: EntityId) -> Option<&Document> {
        self.notes.get(&note)
    }

    /// One of the documents: the main one or a note's draft.
    pub fn get(&self, id: DocumentId) -> Option<&Document> {
        if id == self.case.id {
            Some(&self.case)
        } else {
            self.notes.get(&note_of(id))
        }
    }

    /// One of the documents, to apply changes to.
    pub fn get_mut(&mut self, id: DocumentId) -> Option<&mut Document> {
        if id == self.case.id {
            self.parts.take();
            Some(&mut self.case)
        } else {
            self.notes.get_mut(&note_of(id))
        }
    }

    /// Every loaded document, the main one first.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        std::iter::once(&self.case).chain(self.notes.values())
    }

    /// Names the case's state: its main document's heads.
    pub fn revision(&self) -> String {
        record::revision(&self.case.heads())
    }

    /// The notes, each with its draft's heads as stored, that are not signed just as they stand.
    pub fn open_drafts(
        &self,
        drafts: impl IntoIterator<Item = (EntityId, Vec<ChangeHash>)>,
    ) -> Vec<EntityId> {
        read::open_drafts(&self.reader(), drafts)
    }

    /// The record as it stands, with the drafts that are loaded.
    pub fn record(&self) -> Record {
        let mut record = Record::read(&self.reader(), self.case.heads());
        self.notes.values().for_each(|note| record.add_draft(note));
        record
    }

    /// The documents without some changes and everything that follows them, and the hashes of what went.
    ///
    /// # Errors
    /// [`LoadError`]: what remains does not fit together, an error of ours.
    pub fn without(
        &self,
        changes: &BTreeSet<ChangeHash>,
    ) -> Result<(Self, BTreeSet<ChangeHash>), LoadError> {
        let (case, mut gone) = self.case.without(changes)?;
        let mut documents = Self::of(case);
        for note in self.notes.values() {
            let (note, with_it) = note.without(changes)?;
            gone.extend(with_it);
            documents.add_note(note);
        }
        Ok((documents, gone))
    }

    /// The record as it stood at a revision, without drafts. Nothing where this device does not hold that revision.
    pub fn at(&self, revision: &str) -> Option<Self> {
        let heads: Option<Vec<_>> = revision.split('.').map(|head| head.parse().ok()).collect();
        let heads: Vec<automerge::ChangeHash> = heads?;
        let known = |head| self.case.automerge.get_change_meta_by_hash(head).is_some();
        if !heads.iter().all(known) {
            return None;
        }
        let automerge = self.case.automerge.fork_at(&heads).ok()?;
        Some(Self::of(Document {
            id: self.case.id,
            automerge,
            at_most: self.case.at_most,
        }))
    }

    /// Flat rows for lists: of everything, or of what was touched.
    pub fn project(
        &self,
        touched: Option<&BTreeSet<EntityKey>>,
        rules: &Rules,
    ) -> Option<Projection> {
        let reader = self.reader();
        let record = touched.is_none().then(|| self.record());
        let records: &dyn Records = match &record {
            Some(record) => record,
            None => &reader,
        };
        let mut rows =
            crate::projection::project(self.case.id, records, touched, &rules.instruments)?;
        if let RecordRow::Case(case) = &mut rows.record {
            case.late_changes = u32::try_from(reader.late_changes().len()).unwrap_or(u32::MAX);
        }
        Some(rows)
    }

    /// The notes whose words may have changed with what was touched: to find them again, their drafts are needed.
    pub fn touched_notes(&self, touched: &BTreeSet<EntityKey>) -> BTreeSet<EntityId> {
        crate::projection::touched_notes(&self.reader(), touched)
    }

    /// What happened to the case, the oldest change first in an order in which each follows what it depends on.
    pub fn history(&self) -> Vec<ChangeRecord> {
        history::of(self.case.id, &self.case.automerge)
    }

    /// What happened, newest first, each with its author's name where `name` knows it.
    pub fn timeline(&self, name: &dyn Fn(WorkerId) -> Option<String>) -> Vec<TimelineItem> {
        story::of(&self.reader(), name)
    }

    /// Every entity of the case, for a projection made anew.
    #[cfg(test)]
    fn touched_everything(&self) -> BTreeSet<EntityKey> {
        self.documents()
            .flat_map(|document| document.touched_since(&[]))
            .collect()
    }

    fn reader(&self) -> read::Reader<'_, Automerge> {
        read::Reader::new(self.case.id, &self.case.automerge, self)
    }

    fn parts(&self) -> &Parts {
        self.parts
            .get_or_init(|| Parts::read(self.case.id, &self.case.automerge))
    }
}

impl Beside for CaseDocuments {
    fn draft(&self, note: EntityId) -> Option<Draft> {
        let document = self.notes.get(&note)?;
        Texts::read(&document.automerge, |id| self.reader().version(id)).draft(document)
    }

    fn parts(&self, kind: Kind, owner: EntityId) -> Vec<EntityId> {
        self.parts().of(kind, owner).collect()
    }
}

/// The note whose draft a document holds: they share their id.
pub fn note_of(document: DocumentId) -> EntityId {
    EntityId::from_bytes(document.to_bytes())
}

/// The document that holds a note's draft.
pub fn draft_of(note: EntityId) -> DocumentId {
    DocumentId::from_bytes(note.to_bytes())
}

#[cfg(test)]
mod tests;
