//! What happened to a record: each change with its author and the fields it moved.

use std::collections::{BTreeSet, HashMap};

use automerge::legacy::{Key, ObjectId, OpId};
use automerge::{Automerge, Change, Patch, PatchAction, Prop, ROOT, ReadDoc};

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
    /// What whoever made the change saw before.
    pub before: Value,
    /// What they wrote.
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

/// The history of a case's main document.
pub(super) fn of(case: CaseId, doc: &Automerge) -> Vec<ChangeRecord> {
    doc.get_changes_meta(&[])
        .into_iter()
        .map(|meta| ChangeRecord {
            hash: meta.hash.0,
            made: stamp::of_actor(doc, &meta.actor, meta.timestamp),
            intentions: meta.message.as_deref().unwrap_or_default().to_owned(),
            fields: moved(case, doc, &meta.deps, meta.hash),
        })
        .collect()
}

fn moved(
    case: CaseId,
    doc: &Automerge,
    before: &[automerge::ChangeHash],
    hash: automerge::ChangeHash,
) -> Vec<FieldChange> {
    let mut fields: Vec<FieldChange> = doc
        .diff(before, &[hash])
        .iter()
        .filter_map(|patch| field_change(case, doc, before, patch))
        .collect();
    fields.sort_by(|a, b| a.path.cmp(&b.path));
    fields
}

fn field_change(
    case: CaseId,
    doc: &Automerge,
    before: &[automerge::ChangeHash],
    patch: &Patch,
) -> Option<FieldChange> {
    let (_, Prop::Map(entity)) = patch.path.first()? else {
        return None;
    };
    let PatchAction::PutMap {
        key: field,
        value: (value, id),
        ..
    } = &patch.action
    else {
        return None;
    };
    let (kind, entity) = key::parse(case, entity)?;
    let earlier = doc
        .get_at(&patch.obj, field.as_str(), before)
        .ok()
        .flatten();
    let read =
        |(value, id): (automerge::Value<'_>, automerge::ObjId)| scalar::read(doc, &value, &id);
    Some(FieldChange {
        path: FieldPath {
            kind,
            id: entity,
            field: field.clone(),
        },
        before: earlier.and_then(read).unwrap_or(Value::Null),
        after: scalar::read(doc, value, id)?,
    })
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
    let name = format!("{}@{}", object.counter(), object.actor());
    let above = doc.parents(doc.import_obj(&name).ok()?).ok()?.last()?;
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
