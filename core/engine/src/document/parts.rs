//! Which entities are parts of which: a visit's events, a note's signed versions. Found once for a document in memory and kept
//! up with each edit, so that an edit of one visit reads that visit's events and no others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use automerge::ReadDoc;

use super::EntityKey;
use super::record::{Met, walk};
use super::scalar;
use crate::domain::{Entry, Kind, Value};
use crate::ids::{CaseId, EntityId};

/// Parts by kind and owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parts(BTreeMap<(Kind, EntityId), BTreeSet<EntityId>>);

impl Parts {
    /// Finds all parts in a case's main document.
    pub(super) fn read(case: CaseId, doc: &impl ReadDoc) -> Self {
        let mut parts = Self::default();
        walk(case, doc, |met, field| {
            if let Met::FieldOf((kind, id)) = met
                && kind.owner_field() == Some(&field.key)
            {
                let operation = field.id();
                let owner = scalar::read(doc, &field.value.into_value(), &operation);
                owner.iter().for_each(|owner| parts.add(kind, id, owner));
            }
        });
        parts
    }

    /// Takes an entity in by the value of its owner's field.
    fn add(&mut self, kind: Kind, id: EntityId, owner: &Value) {
        if let Value::Text(owner) = owner
            && let Ok(owner) = owner.parse()
        {
            self.0.entry((kind, owner)).or_default().insert(id);
        }
    }

    /// Takes a new entity in, if it is a part of another.
    pub(super) fn add_new(&mut self, kind: Kind, id: EntityId, fields: &[(String, Value)]) {
        let owner = kind.owner_field();
        if let Some((_, owner)) = fields.iter().find(|(key, _)| Some(key.as_str()) == owner) {
            self.add(kind, id, owner);
        }
    }

    /// Takes all of some others in.
    pub(super) fn extend(&mut self, others: Self) {
        for (key, ids) in others.0 {
            self.0.entry(key).or_default().extend(ids);
        }
    }

    /// The parts of one owner, in the order of their ids.
    pub(super) fn of(&self, kind: Kind, owner: EntityId) -> impl Iterator<Item = EntityId> {
        self.0.get(&(kind, owner)).into_iter().flatten().copied()
    }
}

/// The parts among entities that stay as they are: found when somebody asks, which most readers do not.
#[derive(Debug, Clone, Default)]
pub(super) struct PartsWhenAsked(OnceLock<Parts>);

impl PartsWhenAsked {
    pub(super) fn among(&self, entities: &BTreeMap<EntityKey, Entry>) -> &Parts {
        self.0.get_or_init(|| {
            let mut parts = Parts::default();
            for ((kind, id), entry) in entities {
                let owner = kind.owner_field().and_then(|key| entry.fields.get(key));
                owner.iter().for_each(|owner| parts.add(*kind, *id, owner));
            }
            parts
        })
    }
}

/// Equal entities have equal parts, whether somebody asked for them or not.
impl PartialEq for PartsWhenAsked {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
