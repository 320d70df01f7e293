//! A record as it stands, apart from its document. It is read in one pass, from the document's first operation to its last: to seek
//! every entity by itself takes several times as long.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use automerge::iter::{DocItem, MapRangeItem};
use automerge::{Automerge, ObjId, ROOT, ReadDoc, ValueRef};
use chrono::{DateTime, Utc};

use super::draft::Texts;
use super::parts::PartsWhenAsked;
use super::read::{Reader, open_drafts};
use super::{ChangeHash, Document, EntityKey, conflict, key, note_of};
use crate::domain::{
    CaseView, Choice, CompartmentView, Conflict, Draft, Entry, FieldPath, Kind, LateChange,
    ProviderView, REMOVED, Records, SignedNote,
};
use crate::export::{self, ExportLine};
use crate::ids::{CaseId, EntityId};
use crate::settings::Rules;

/// Gives what stands under every key of the root map, with the entity that it is, if it is one; then every field of every entity,
/// those of an entity one after the other.
pub(super) fn walk<'a>(
    case: CaseId,
    doc: &'a impl ReadDoc,
    mut met_at: impl FnMut(Met, MapRangeItem<'a>),
) {
    let mut entities = HashMap::new();
    let (mut object, mut within) = (Arc::new(ROOT), None);
    for met in doc.iter() {
        let DocItem::Map(item) = met.item else {
            continue;
        };
        if *met.obj == ROOT {
            let entity = entity(case, &item);
            if let Some(entity) = entity {
                entities.insert(item.id(), entity);
            }
            met_at(Met::Root(entity), item);
            continue;
        }
        if !Arc::ptr_eq(&object, &met.obj) {
            within = entities.get(&*met.obj).copied();
            object = met.obj;
        }
        if let Some(of) = within {
            met_at(Met::FieldOf(of), item);
        }
    }
}

/// Where something stands.
pub(super) enum Met {
    /// Under a key of the root map.
    Root(Option<(Kind, EntityId)>),
    /// In an entity's map.
    FieldOf((Kind, EntityId)),
}

/// The entity that a key of the root map holds.
fn entity(case: CaseId, item: &MapRangeItem<'_>) -> Option<(Kind, EntityId)> {
    let is_object = matches!(item.value, ValueRef::Object(_));
    is_object.then(|| key::parse(case, &item.key)).flatten()
}

/// A record as it stands at its document's heads: each entity with its shown values, the open conflicts, and the drafts of notes that
/// were given to it. Reading it needs no document.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub(super) id: CaseId,
    pub(super) heads: Vec<ChangeHash>,
    pub(super) changed_at: DateTime<Utc>,
    pub(super) entities: BTreeMap<EntityKey, Entry>,
    pub(super) conflicts: BTreeMap<FieldPath, Vec<Choice>>,
    /// Of a closed case, what was written to it later or apart.
    pub(super) late: Vec<LateChange>,
    pub(super) drafts: BTreeMap<EntityId, Draft>,
    pub(super) parts: PartsWhenAsked,
}

impl Record {
    /// Reads all that stands in a document.
    pub(super) fn read(reader: &Reader<'_, Automerge>, heads: Vec<ChangeHash>) -> Self {
        let mut read: BTreeMap<EntityKey, (ObjId, Vec<MapRangeItem<'_>>)> = BTreeMap::new();
        let mut doubtful = BTreeSet::new();
        walk(reader.case, reader.doc, |met, item| match met {
            Met::Root(Some(of)) => {
                read.insert(of, (item.id(), Vec::new()));
            }
            Met::Root(None) => doubtful.extend(key::parse_displaced(&item.key)),
            Met::FieldOf(of) => {
                if item.conflict {
                    let (kind, id) = of;
                    let field = item.key.clone().into_owned();
                    doubtful.insert(FieldPath { kind, id, field });
                }
                if let Some((_, fields)) = read.get_mut(&of) {
                    fields.push(item);
                }
            }
        });
        let entry = |((kind, id), (object, fields)): (EntityKey, (ObjId, Vec<_>))| {
            ((kind, id), reader.entry_of(id, &object, fields))
        };
        let entities: BTreeMap<_, _> = read.into_iter().map(entry).collect();
        Self::of(reader, heads, entities, conflict::open(reader, doubtful))
    }

    /// Some entities of a document and their open conflicts.
    pub(super) fn of(
        reader: &Reader<'_, Automerge>,
        heads: Vec<ChangeHash>,
        entities: BTreeMap<EntityKey, Entry>,
        conflicts: Vec<Conflict>,
    ) -> Self {
        let conflicts = conflicts.into_iter();
        Self {
            id: reader.case,
            heads,
            changed_at: reader.changed_at(),
            parts: PartsWhenAsked::default(),
            entities,
            conflicts: conflicts
                .map(|conflict| (conflict.path, conflict.choices))
                .collect(),
            late: reader.late_changes(),
            drafts: BTreeMap::new(),
        }
    }

    /// The record's id.
    pub fn id(&self) -> CaseId {
        self.id
    }

    /// The heads at which it stands, sorted.
    pub fn heads(&self) -> &[ChangeHash] {
        &self.heads
    }

    /// Names the record's state: its document's heads.
    pub fn revision(&self) -> String {
        revision(&self.heads)
    }

    /// The notes, each with its draft's heads as stored, that are not signed just as they stand.
    pub fn open_drafts(
        &self,
        drafts: impl IntoIterator<Item = (EntityId, Vec<ChangeHash>)>,
    ) -> Vec<EntityId> {
        open_drafts(self, drafts)
    }

    /// Gives it the draft of a note.
    pub fn add_draft(&mut self, document: &Document) {
        let texts = Texts::read(&document.automerge, |id| self.version(id));
        if let Some(draft) = texts.draft(document) {
            self.drafts.insert(note_of(document.id), draft);
        }
    }

    fn version(&self, id: EntityId) -> Option<SignedNote> {
        SignedNote::from_entry(self.entities.get(&(Kind::SignedNote, id))?)
    }

    /// The whole case, or nothing where the change that opens it has not arrived.
    pub fn view(&self, rules: &Rules) -> Option<CaseView> {
        let mut view = CaseView::read(self.id, self, self.revision(), rules)?;
        view.changed_after_closing.clone_from(&self.late);
        Some(view)
    }

    /// The whole restricted compartment, or nothing where the record is none or the change that opens it has not arrived.
    pub fn compartment(&self, rules: &Rules) -> Option<CompartmentView> {
        CompartmentView::read(self.id, self, self.revision(), rules)
    }

    /// The whole provider of the directory, or nothing where the record is none or the change that opens it has not arrived.
    pub fn provider(&self) -> Option<ProviderView> {
        ProviderView::read(self.id, self, self.revision())
    }

    /// Everything that stands in the record and its open drafts, line by line.
    pub fn export(&self) -> Vec<ExportLine> {
        export::of_record(self.id, self, self.late.clone())
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Entry> {
        let ids = [[u8::MIN; 16], [u8::MAX; 16]].map(EntityId::from_bytes);
        let [first, last] = ids.map(|id| (kind, id));
        self.entities.range(first..=last).map(|(_, entry)| entry)
    }
}

/// Names a state by the heads of its document.
pub(super) fn revision(heads: &[ChangeHash]) -> String {
    let heads = heads.iter().map(|head| automerge::ChangeHash(*head));
    heads
        .map(|head| head.to_string())
        .collect::<Vec<_>>()
        .join(".")
}

impl Records for Record {
    fn entity(&self, kind: Kind, id: EntityId) -> Option<Entry> {
        self.entities.get(&(kind, id)).cloned()
    }

    fn entities(&self, kind: Kind) -> Vec<Cow<'_, Entry>> {
        self.of_kind(kind).map(Cow::Borrowed).collect()
    }

    fn parts(&self, kind: Kind, owner: EntityId) -> Vec<Entry> {
        let ids = self.parts.among(&self.entities).of(kind, owner);
        ids.filter_map(|id| self.entity(kind, id)).collect()
    }

    fn has(&self, single: Kind) -> bool {
        self.of_kind(single).next().is_some()
    }

    fn removal(&self, kind: Kind, id: EntityId) -> Option<bool> {
        self.entities.get(&(kind, id))?.get(REMOVED)
    }

    fn entity_count(&self) -> usize {
        self.entities.len()
    }

    fn count(&self, kind: Kind) -> usize {
        self.of_kind(kind).count()
    }

    fn standing(&self, kind: Kind) -> usize {
        let standing = |entry: &&Entry| entry.get(REMOVED) != Some(true);
        self.of_kind(kind).filter(standing).count()
    }

    fn changed_at(&self) -> DateTime<Utc> {
        self.changed_at
    }

    fn draft(&self, note: EntityId) -> Option<Draft> {
        self.drafts.get(&note).cloned()
    }

    fn choices(&self, path: &FieldPath) -> Vec<Choice> {
        self.conflicts.get(path).cloned().unwrap_or_default()
    }

    fn conflicts(&self, entities: Option<&BTreeSet<EntityKey>>) -> Vec<Conflict> {
        let asked = |path: &FieldPath| {
            entities.is_none_or(|entities| entities.contains(&(path.kind, path.id)))
        };
        let conflicts = self.conflicts.iter().filter(|(path, _)| asked(path));
        let conflict = |(path, choices): (&FieldPath, &Vec<Choice>)| Conflict {
            path: path.clone(),
            choices: choices.clone(),
        };
        conflicts.map(conflict).collect()
    }
}
