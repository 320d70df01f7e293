//! A document read in one pass, from its first operation to its last: to seek every entity by itself takes several times as long.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use automerge::iter::{DocItem, MapRangeItem};
use automerge::{Automerge, ObjId, ROOT, ReadDoc, ValueRef};
use chrono::{DateTime, Utc};

use super::read::Reader;
use super::{conflict, key};
use crate::domain::{Choice, Conflict, Draft, Entry, FieldPath, Kind, REMOVED, Records};
use crate::ids::{CaseId, EntityId};

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

/// A record of which everything is asked for.
pub(super) struct Whole<'a> {
    reader: Reader<'a, Automerge>,
    entities: BTreeMap<(Kind, EntityId), Entry>,
    /// Fields that may be in conflict.
    doubtful: BTreeSet<FieldPath>,
}

impl<'a> Whole<'a> {
    pub(super) fn read(reader: Reader<'a, Automerge>) -> Self {
        let (case, doc) = (reader.case, reader.doc);
        let mut read: BTreeMap<(Kind, EntityId), (ObjId, Vec<MapRangeItem<'_>>)> = BTreeMap::new();
        let mut doubtful = BTreeSet::new();
        walk(case, doc, |met, item| match met {
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
        let entry = |((kind, id), (object, fields)): ((Kind, EntityId), (ObjId, Vec<_>))| {
            ((kind, id), reader.entry_of(id, &object, fields))
        };
        Self {
            entities: read.into_iter().map(entry).collect(),
            doubtful,
            reader,
        }
    }

    pub(super) fn reader(&self) -> &Reader<'a, Automerge> {
        &self.reader
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Entry> {
        let ids = [[u8::MIN; 16], [u8::MAX; 16]].map(EntityId::from_bytes);
        let [first, last] = ids.map(|id| (kind, id));
        self.entities.range(first..=last).map(|(_, entry)| entry)
    }
}

impl Records for Whole<'_> {
    fn entity(&self, kind: Kind, id: EntityId) -> Option<Entry> {
        self.entities.get(&(kind, id)).cloned()
    }

    fn entities(&self, kind: Kind) -> Vec<Entry> {
        self.of_kind(kind).cloned().collect()
    }

    fn parts(&self, kind: Kind, owner: EntityId) -> Vec<Entry> {
        let ids = self.reader.parts_of(kind, owner).into_iter();
        ids.filter_map(|id| self.entity(kind, id)).collect()
    }

    fn has(&self, single: Kind) -> bool {
        self.of_kind(single).next().is_some()
    }

    fn entity_count(&self) -> usize {
        self.reader.entity_count()
    }

    fn count(&self, kind: Kind) -> usize {
        self.of_kind(kind).count()
    }

    fn standing(&self, kind: Kind) -> usize {
        let standing = |entry: &&Entry| entry.get(REMOVED) != Some(true);
        self.of_kind(kind).filter(standing).count()
    }

    fn changed_at(&self) -> DateTime<Utc> {
        self.reader.changed_at()
    }

    fn draft(&self, note: EntityId) -> Option<Draft> {
        self.reader.draft(note)
    }

    fn choices(&self, path: &FieldPath) -> Vec<Choice> {
        self.reader.choices(path)
    }

    fn conflicts(&self, entities: Option<&BTreeSet<(Kind, EntityId)>>) -> Vec<Conflict> {
        let asked = |path: &&FieldPath| {
            entities.is_none_or(|entities| entities.contains(&(path.kind, path.id)))
        };
        let doubtful = self.doubtful.iter().filter(asked).cloned();
        conflict::open(&self.reader, doubtful.collect())
    }
}
