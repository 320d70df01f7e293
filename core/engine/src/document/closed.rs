//! Which drafts are closed: those whose notes are signed just as they stand.
//!
//! A closed draft says nothing that the case does not say, so it is left out of what new devices get and of every digest. Both
//! sides find out by themselves, each from the case and the draft as it knows the server to have them: where these are
//! the same, so is the answer.

use std::collections::BTreeSet;

use automerge::Automerge;

use super::parts::Parts;
use super::read::{Beside, Reader, is_signed_at};
use super::{CaseDocuments, ChangeHash, note_of};
use crate::domain::{Draft, Kind, Records, SignedNote};
use crate::ids::{CaseId, DocumentId, EntityId};

/// A draft and the heads it stands at.
pub type StandingDraft = (DocumentId, Vec<ChangeHash>);

impl CaseDocuments {
    /// Those of some drafts that are closed, by what the case says at some of its heads.
    pub fn closed_drafts(
        &self,
        seen: &[ChangeHash],
        drafts: impl IntoIterator<Item = StandingDraft>,
    ) -> BTreeSet<DocumentId> {
        let seen: Vec<_> = seen
            .iter()
            .map(|head| automerge::ChangeHash(*head))
            .collect();
        let unseen = self.case.automerge.get_changes_meta(&seen);
        let unseen = unseen.into_iter().map(|meta| meta.hash).collect();
        closed(&self.reader(), drafts, &unseen)
    }

    /// The notes that have a draft somewhere, as a version that was signed of it tells.
    pub fn notes_with_drafts(&self) -> BTreeSet<EntityId> {
        let reader = self.reader();
        let versions = reader.entities(Kind::SignedNote);
        let versions = versions
            .iter()
            .filter_map(|entry| SignedNote::from_entry(entry));
        let of_drafts = versions.filter(|version| version.intact && !version.heads.is_empty());
        of_drafts.map(|version| version.note).collect()
    }
}

/// Those of some drafts that are closed, by what a case's main document says.
pub(crate) fn closed_drafts(
    case: CaseId,
    doc: &Automerge,
    drafts: impl IntoIterator<Item = StandingDraft>,
) -> BTreeSet<DocumentId> {
    let versions = Parts::read(case, doc);
    let reader = Reader::new(case, doc, &versions);
    closed(&reader, drafts, &BTreeSet::new())
}

fn closed(
    reader: &Reader<'_, Automerge>,
    drafts: impl IntoIterator<Item = StandingDraft>,
    unseen: &BTreeSet<automerge::ChangeHash>,
) -> BTreeSet<DocumentId> {
    let counts = |version| reader.is_made_without(unseen, Kind::SignedNote, version);
    let closed = drafts
        .into_iter()
        .filter(|(draft, heads)| is_signed_at(reader, note_of(*draft), heads, counts));
    closed.map(|(draft, _)| draft).collect()
}

/// A case without its drafts.
impl Beside for Parts {
    fn draft(&self, _: EntityId) -> Option<Draft> {
        None
    }

    fn parts(&self, kind: Kind, owner: EntityId) -> Vec<EntityId> {
        self.of(kind, owner).collect()
    }
}
