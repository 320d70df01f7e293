//! What happened to a record: each change with its author and the fields it moved.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use automerge::legacy::{Key, ObjectId, OpId, OpType};
use automerge::{Automerge, Change, ObjId, ObjType, Prop, ROOT, ReadDoc};

use super::{ChangeHash, EntityKey, key, note_of, scalar, stamp};
use crate::domain::{FieldPath, Kind, Stamp, Value};
use crate::ids::{CaseId, DocumentId};

/// One change of a record's history.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeRecord {
    /// The change's hash: names the state after it among its own ancestors.
    pub hash: ChangeHash,
    /// Who made it and when, as the change claims.
    pub made: Stamp,
    /// The names of the intentions, separated by commas.
    pub intentions: String,
    /// What it moved, in the order of paths.
    pub fields: Vec<FieldChange>,
}

/// A field that a change moved.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The field.
    pub path: FieldPath,
    /// What it took the place of, as the change claims.
    pub before: Value,
    /// What was written.
    pub after: Value,
}

/// One change, as it claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeChange {
    /// The change's hash.
    pub hash: ChangeHash,
    /// Who made it and when.
    pub made: Stamp,
    /// The names of the intentions, separated by commas.
    pub intentions: String,
}

/// The changes of a document.
pub(super) fn made(doc: &Automerge) -> Vec<MadeChange> {
    let made = |meta: automerge::ChangeMetadata<'_>| MadeChange {
        hash: meta.hash.0,
        made: stamp::of_actor(doc, &meta.actor, meta.timestamp),
        intentions: meta.message.as_deref().unwrap_or_default().to_owned(),
    };
    doc.get_changes_meta(&[]).into_iter().map(made).collect()
}

/// The history of a case's main document, read off what the changes say: to compare the states before and after each looks at the
/// whole record for each.
pub(super) fn of(case: CaseId, doc: &Automerge) -> Vec<ChangeRecord> {
    let mut written = Written::default();
    let record = |change: Change| ChangeRecord {
        hash: change.hash().0,
        made: stamp::of_actor(doc, change.actor_id(), change.timestamp()),
        intentions: change.message().unwrap_or_default().to_owned(),
        fields: written.moved(case, doc, &change),
    };
    doc.get_changes(&[]).into_iter().map(record).collect()
}

/// What operations wrote so far.
#[derive(Default)]
struct Written {
    /// The entities whose maps they made.
    entities: HashMap<OpId, EntityKey>,
    /// The values of fields.
    values: HashMap<OpId, Value>,
}

impl Written {
    /// The fields that the next change moves, in the order of paths.
    fn moved(&mut self, case: CaseId, doc: &Automerge, change: &Change) -> Vec<FieldChange> {
        let mut moved: BTreeMap<FieldPath, (Value, Option<Value>)> = BTreeMap::new();
        let actor = change.actor_id();
        for (operation, counter) in change
            .decode()
            .operations
            .into_iter()
            .zip(change.start_op().get()..)
        {
            let id = OpId::new(counter, actor);
            let Key::Map(key) = operation.key else {
                continue;
            };
            let map = match operation.obj {
                ObjectId::Root => {
                    if let (OpType::Make(ObjType::Map), Some(entity)) =
                        (&operation.action, key::parse(case, &key))
                    {
                        self.entities.insert(id, entity);
                    }
                    continue;
                }
                ObjectId::Id(map) => map,
            };
            let Some((kind, entity)) = self.entities.get(&map) else {
                continue;
            };
            let path = FieldPath {
                kind: *kind,
                id: *entity,
                field: key.to_string(),
            };
            let before = || self.before(operation.pred.iter());
            let (_, after) = moved.entry(path).or_insert_with(|| (before(), None));
            // A field is emptied before a conflict about it is settled.
            *after = written(doc, &id, &operation.action);
            if let Some(value) = after {
                self.values.insert(id, value.clone());
            }
        }
        let field = |(path, (before, after)): (FieldPath, (Value, Option<Value>))| {
            let after = after?;
            Some(FieldChange {
                path,
                before,
                after,
            })
        };
        moved.into_iter().filter_map(field).collect()
    }

    /// The value that an operation took the place of: of several that stood there, the one that was shown.
    fn before<'a>(&self, replaced: impl Iterator<Item = &'a OpId>) -> Value {
        let shown = replaced.max_by_key(|id| (id.counter(), id.actor()));
        let value = shown.and_then(|id| self.values.get(id));
        value.cloned().unwrap_or(Value::Null)
    }
}

/// The value that an operation writes, if it is one.
fn written(doc: &Automerge, id: &OpId, action: &OpType) -> Option<Value> {
    match action {
        OpType::Put(scalar) => scalar::scalar_value(scalar),
        OpType::Make(ObjType::Text) => doc.text(object(doc, id)?).ok().map(Value::Text),
        _ => None,
    }
}

/// The object that an operation made.
fn object(doc: &Automerge, made: &OpId) -> Option<ObjId> {
    doc.import_obj(&format!("{}@{}", made.counter(), made.actor()))
        .ok()
}

/// The entities that some changes of a document wrote to: the note, in the document of a draft. What they wrote need not show: it may
/// be one more value of a conflict, or the value that stood there.
pub(super) fn touched(
    document: DocumentId,
    doc: &Automerge,
    changes: &[Change],
) -> BTreeSet<EntityKey> {
    let mut keys = HashMap::new();
    let mut touched = BTreeSet::new();
    for operation in changes.iter().flat_map(|change| change.decode().operations) {
        match (operation.obj, operation.key) {
            (ObjectId::Root, Key::Map(key)) => touched.extend(entity(document, &key)),
            (ObjectId::Id(object), _) => {
                let key = keys
                    .entry(object)
                    .or_insert_with_key(|it| root_key(doc, it));
                touched.extend(key.as_deref().and_then(|key| entity(document, key)));
            }
            (ObjectId::Root, Key::Seq(_)) => {}
        }
    }
    touched
}

/// The key of the root map below which an object stands.
fn root_key(doc: &Automerge, object: &OpId) -> Option<String> {
    let above = doc.parents(self::object(doc, object)?).ok()?.last()?;
    match above.prop {
        Prop::Map(key) => Some(key),
        Prop::Seq(_) => None,
    }
}

/// Every entity that a document tells of.
pub(super) fn all(document: DocumentId, doc: &Automerge) -> BTreeSet<EntityKey> {
    doc.keys(ROOT)
        .filter_map(|key| entity(document, &key))
        .collect()
}

/// The entity that a key of the root map is about: the note, in the document of a draft.
fn entity(document: DocumentId, key: &str) -> Option<EntityKey> {
    if key::is_text(key) {
        return Some((Kind::Note, note_of(document)));
    }
    if let Some(path) = key::parse_displaced(key) {
        return Some((path.kind, path.id));
    }
    key::parse(document, key)
}
