//! Reads entities out of a document, whatever version wrote them.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ObjId, ROOT, ReadDoc, ValueRef};
use chrono::{DateTime, Utc};

use super::stamp::{Origins, Stamps, order};
use super::{Document, conflict, key, scalar, sorted};
use crate::domain::{
    CaseView, Choice, Conflict, Draft, Entry, EvvTolerance, FieldPath, Kind, Records, SignedNote,
    Stamp,
};
use crate::ids::{CaseId, EntityId};
use crate::instruments::Instruments;

/// A record as it stands in a document.
pub(super) struct Reader<'a, R> {
    pub(super) case: CaseId,
    pub(super) doc: &'a R,
    pub(super) stamps: std::borrow::Cow<'a, Stamps>,
    drafts: &'a dyn Drafts,
}

/// Where the drafts of notes are found.
pub(super) trait Drafts {
    fn draft(&self, note: EntityId) -> Option<Draft>;
}

impl Drafts for BTreeMap<EntityId, Document> {
    fn draft(&self, note: EntityId) -> Option<Draft> {
        let document = self.get(&note)?;
        draft(&document.automerge, document.heads())
    }
}

/// The draft in a note's document.
pub(super) fn draft(doc: &impl ReadDoc, heads: Vec<super::ChangeHash>) -> Option<Draft> {
    let (value, id) = doc.get(ROOT, key::TEXT).ok()??;
    match scalar::read(doc, &value, &id)? {
        crate::domain::Value::Text(text) => Some(Draft { text, heads }),
        _ => None,
    }
}

impl<'a> Reader<'a, Automerge> {
    pub(super) fn new(case: CaseId, doc: &'a Automerge, drafts: &'a dyn Drafts) -> Self {
        let stamps = std::borrow::Cow::Owned(Stamps::new(doc, Stamp::default()));
        Self {
            case,
            doc,
            stamps,
            drafts,
        }
    }

    pub(super) fn view(
        &self,
        tolerance: EvvTolerance,
        instruments: &Instruments,
    ) -> Option<CaseView> {
        CaseView::read(self.case, self, self.revision(), tolerance, instruments)
    }

    pub(super) fn revision(&self) -> String {
        let heads = sorted(&self.doc.get_heads());
        let names: Vec<String> = heads
            .iter()
            .map(|head| automerge::ChangeHash(*head).to_string())
            .collect();
        names.join(".")
    }

    /// For each signed version its note and the draft's heads, in hexadecimal, that it was signed at.
    pub(super) fn signed_drafts(&self) -> BTreeSet<(EntityId, Vec<String>)> {
        let signed = self.entities(Kind::SignedNote);
        let versions = signed.iter().filter_map(SignedNote::from_entry);
        versions
            .map(|version| (version.note, version.heads))
            .collect()
    }
}

impl<'a, R: Origins> Reader<'a, R> {
    pub(super) fn during(
        case: CaseId,
        doc: &'a R,
        stamps: &'a Stamps,
        drafts: &'a dyn Drafts,
    ) -> Self {
        let stamps = std::borrow::Cow::Borrowed(stamps);
        Self {
            case,
            doc,
            stamps,
            drafts,
        }
    }

    /// The map of an entity.
    pub(super) fn object(&self, kind: Kind, id: EntityId) -> Option<ObjId> {
        match self.doc.get(ROOT, key::entity(kind, id)).ok()?? {
            (automerge::Value::Object(automerge::ObjType::Map), object) => Some(object),
            _ => None,
        }
    }

    fn entry(&self, id: EntityId, object: &ObjId) -> Entry {
        let mut last = object.clone();
        let mut fields = BTreeMap::new();
        for item in self.doc.map_range(object, ..) {
            let operation = item.id();
            if order(&operation) > order(&last) {
                last = operation.clone();
            }
            if let Some(value) = scalar::read(self.doc, &item.value.into_value(), &operation) {
                fields.insert(item.key.into_owned(), value);
            }
        }
        Entry {
            id,
            created: self.stamps.of(self.doc, object),
            changed: self.stamps.of(self.doc, &last),
            fields,
        }
    }

    /// The single entity's own id is the case's.
    fn single(&self) -> EntityId {
        EntityId::from_bytes(self.case.to_bytes())
    }
}

impl<R: Origins> Records for Reader<'_, R> {
    fn entity(&self, kind: Kind, id: EntityId) -> Option<Entry> {
        if kind.is_single() && id != self.single() {
            return None;
        }
        Some(self.entry(id, &self.object(kind, id)?))
    }

    fn entities(&self, kind: Kind) -> Vec<Entry> {
        if kind.is_single() {
            return self.entity(kind, self.single()).into_iter().collect();
        }
        self.doc
            .map_range(ROOT, key::entities(kind))
            .filter(|item| matches!(item.value, ValueRef::Object(_)))
            .filter_map(|item| {
                let (_, id) = key::parse(self.case, &item.key)?;
                Some(self.entry(id, &item.id()))
            })
            .collect()
    }

    fn entity_count(&self) -> usize {
        self.doc.length(ROOT)
    }

    fn changed_at(&self) -> DateTime<Utc> {
        let heads = self.doc.heads();
        let newest = heads
            .iter()
            .filter_map(|head| self.doc.moment_of(head))
            .max();
        newest
            .and_then(DateTime::from_timestamp_millis)
            .unwrap_or_default()
    }

    fn draft(&self, note: EntityId) -> Option<Draft> {
        self.drafts.draft(note)
    }

    fn choices(&self, path: &FieldPath) -> Vec<Choice> {
        conflict::choices(self, path)
    }

    fn conflicts(&self, entities: Option<&BTreeSet<(Kind, EntityId)>>) -> Vec<Conflict> {
        conflict::all(self, entities)
    }
}
