//! Reads entities out of a document, whatever version wrote them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use automerge::iter::MapRangeItem;
use automerge::{Automerge, ObjId, ROOT, ReadDoc, ValueRef};
use chrono::{DateTime, Utc};
use litemap::LiteMap;

use super::stamp::{Origins, Stamps, of_actor, order};
use super::{ChangeHash, conflict, key, scalar};
use crate::domain::{
    CLOSING_CONFIRMED_AT, CaseStatus, Choice, Conflict, Draft, Entry, FieldPath, Kind, LateChange,
    REMOVED, Records, STATUS, SignedNote, named_head, use_of,
};
use crate::ids::{CaseId, EntityId};

/// A record as it stands in a document.
pub(super) struct Reader<'a, R> {
    pub(super) case: CaseId,
    pub(super) doc: &'a R,
    pub(super) stamps: Cow<'a, Stamps>,
    beside: &'a dyn Beside,
}

/// What is known of a record beside its document.
pub(super) trait Beside {
    /// The draft of a note, if it is at hand.
    fn draft(&self, note: EntityId) -> Option<Draft>;
    /// The parts of an entity, in the order of their ids.
    fn parts(&self, kind: Kind, owner: EntityId) -> Vec<EntityId>;
}

impl<'a> Reader<'a, Automerge> {
    pub(super) fn new(case: CaseId, doc: &'a Automerge, beside: &'a dyn Beside) -> Self {
        Self {
            case,
            doc,
            stamps: Cow::Owned(Stamps::default()),
            beside,
        }
    }

    /// Of a closed case, the changes that neither its closing nor the last confirmation of it follows; of others none. No clock has a
    /// say in it.
    pub(super) fn late_changes(&self) -> Vec<LateChange> {
        let Some(case) = self.object(Kind::Case, self.single()) else {
            return Vec::new();
        };
        if self.entry(self.single(), &case).get(STATUS) != Some(CaseStatus::Closed) {
            return Vec::new();
        }
        let fields = [STATUS, CLOSING_CONFIRMED_AT].into_iter();
        let standing = fields.filter_map(|field| self.doc.get(&case, field).ok().flatten());
        let seen: Vec<_> = standing
            .filter_map(|(_, written)| self.doc.hash_for_opid(&written))
            .collect();
        let mut late = self.doc.get_changes_meta(&seen);
        late.sort_by_key(|meta| (meta.timestamp, meta.hash));
        let change = |meta: automerge::ChangeMetadata<'_>| LateChange {
            made: of_actor(self.doc, &meta.actor, meta.timestamp),
            intentions: meta.message.as_deref().unwrap_or_default().to_owned(),
        };
        late.into_iter().map(change).collect()
    }

    /// Whether an entity was made by none of some changes.
    pub(super) fn is_made_without(
        &self,
        changes: &BTreeSet<automerge::ChangeHash>,
        kind: Kind,
        id: EntityId,
    ) -> bool {
        let object = self.object(kind, id);
        let made = object.and_then(|object| self.doc.hash_for_opid(&object));
        made.is_some_and(|made| !changes.contains(&made))
    }
}

/// Whether a version of a note that `counts` was signed when its draft stood at these heads.
pub(super) fn is_signed_at(
    records: &dyn Records,
    note: EntityId,
    heads: &[ChangeHash],
    counts: impl Fn(EntityId) -> bool,
) -> bool {
    let heads: BTreeSet<_> = heads.iter().map(head_name).collect();
    let signs = |entry: &Entry| {
        let named: Option<Vec<String>> = entry.get("heads");
        let stands = named.is_some_and(|named| {
            let named = named.iter().map(|head| named_head(head));
            named.eq(heads.iter().map(String::as_str))
        });
        // The digest is computed only of a version that names them.
        stands && counts(entry.id) && SignedNote::from_entry(entry).is_some_and(|it| it.intact)
    };
    records.parts(Kind::SignedNote, note).iter().any(signs)
}

/// The notes, each with its draft's heads, of which no version is signed just as they stand.
pub(super) fn open_drafts(
    records: &dyn Records,
    drafts: impl IntoIterator<Item = (EntityId, Vec<ChangeHash>)>,
) -> Vec<EntityId> {
    let open = drafts
        .into_iter()
        .filter(|(note, heads)| !is_signed_at(records, *note, heads, |_| true));
    open.map(|(note, _)| note).collect()
}

fn hexadecimal(hash: &ChangeHash) -> String {
    automerge::ChangeHash(*hash).to_string()
}

/// What a signed version calls a head.
pub(super) fn head_name(head: &ChangeHash) -> String {
    named_head(&hexadecimal(head)).to_owned()
}

impl<'a, R: Origins> Reader<'a, R> {
    pub(super) fn during(
        case: CaseId,
        doc: &'a R,
        stamps: &'a Stamps,
        beside: &'a dyn Beside,
    ) -> Self {
        Self {
            case,
            doc,
            stamps: Cow::Borrowed(stamps),
            beside,
        }
    }

    /// The map of an entity.
    pub(super) fn object(&self, kind: Kind, id: EntityId) -> Option<ObjId> {
        match self.doc.get(ROOT, key::entity(kind, id)).ok()?? {
            (automerge::Value::Object(automerge::ObjType::Map), object) => Some(object),
            _ => None,
        }
    }

    /// Whether an entity is removed; nothing where nobody ever removed it.
    fn flag(&self, object: &ObjId) -> Option<bool> {
        let (flag, _) = self.doc.get(object, REMOVED).ok()??;
        flag.as_bool()
    }

    /// A signed version of a note.
    pub(super) fn version(&self, id: EntityId) -> Option<SignedNote> {
        SignedNote::from_entry(&self.entity(Kind::SignedNote, id)?)
    }

    fn entry(&self, id: EntityId, object: &ObjId) -> Entry {
        self.entry_of(id, object, self.doc.map_range(object, ..))
    }

    /// An entity by its map's fields; of those that tell of one use of an authorization in several spellings the last that was written.
    pub(super) fn entry_of<'i>(
        &self,
        id: EntityId,
        object: &ObjId,
        items: impl IntoIterator<Item = MapRangeItem<'i>>,
    ) -> Entry {
        let mut last = object.clone();
        let mut fields = LiteMap::new();
        let mut uses: BTreeMap<String, (ObjId, String)> = BTreeMap::new();
        for item in items {
            let operation = item.id();
            if order(&operation) > order(&last) {
                last = operation.clone();
            }
            let Some(value) = scalar::read(self.doc, &item.value.into_value(), &operation) else {
                continue;
            };
            let key = item.key.into_owned();
            if let Some(usage) = use_of(&key) {
                let other = uses.get(&usage);
                if other.is_some_and(|(later, _)| order(later) > order(&operation)) {
                    continue;
                }
                if let Some((_, before)) = uses.insert(usage, (operation, key.clone())) {
                    fields.remove(&before);
                }
            }
            fields.insert(key, value);
        }
        let (created, changed) = self.doc.stamps_of_entity(&self.stamps, object, &last);
        Entry {
            id,
            created,
            changed,
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

    fn entities(&self, kind: Kind) -> Vec<Cow<'_, Entry>> {
        if kind.is_single() {
            let entity = self.entity(kind, self.single()).into_iter();
            return entity.map(Cow::Owned).collect();
        }
        self.doc
            .map_range(ROOT, key::entities(kind))
            .filter(|item| matches!(item.value, ValueRef::Object(_)))
            .filter_map(|item| {
                let (_, id) = key::parse(self.case, &item.key)?;
                Some(Cow::Owned(self.entry(id, &item.id())))
            })
            .collect()
    }

    fn parts(&self, kind: Kind, owner: EntityId) -> Vec<Entry> {
        let ids = self.beside.parts(kind, owner).into_iter();
        ids.filter_map(|id| self.entity(kind, id)).collect()
    }

    fn has(&self, single: Kind) -> bool {
        self.object(single, self.single()).is_some()
    }

    fn removal(&self, kind: Kind, id: EntityId) -> Option<bool> {
        self.flag(&self.object(kind, id)?)
    }

    fn entity_count(&self) -> usize {
        self.doc.length(ROOT)
    }

    fn count(&self, kind: Kind) -> usize {
        self.doc.map_range(ROOT, key::entities(kind)).count()
    }

    fn standing(&self, kind: Kind) -> usize {
        let standing = |object: &ObjId| self.flag(object) != Some(true);
        self.doc
            .map_range(ROOT, key::entities(kind))
            .filter(|item| matches!(item.value, ValueRef::Object(_)) && standing(&item.id()))
            .count()
    }

    fn changed_at(&self) -> DateTime<Utc> {
        self.doc.newest(&self.stamps)
    }

    fn draft(&self, note: EntityId) -> Option<Draft> {
        self.beside.draft(note)
    }

    fn choices(&self, path: &FieldPath) -> Vec<Choice> {
        conflict::choices(self, path)
    }

    fn conflicts(&self, entities: Option<&BTreeSet<(Kind, EntityId)>>) -> Vec<Conflict> {
        match entities {
            None => conflict::all(self),
            Some(entities) => conflict::of(self, entities),
        }
    }
}
