//! What happened to a record: each change with its author and the fields it moved.

use automerge::{Automerge, Patch, PatchAction, Prop, ROOT, ReadDoc};

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

/// The entity that a patch touches: the note, in the document of a draft.
pub(super) fn touched(document: DocumentId, patch: &Patch) -> Option<EntityKey> {
    let root = match patch.path.first() {
        Some((_, Prop::Map(key))) => key.as_str(),
        Some((_, Prop::Seq(_))) => return None,
        None if patch.obj == ROOT => match &patch.action {
            PatchAction::PutMap { key, .. } | PatchAction::DeleteMap { key } => key,
            _ => return None,
        },
        None => return None,
    };
    if key::is_text(root) {
        return Some((Kind::Note, note_of(document)));
    }
    if let Some(path) = key::parse_displaced(root) {
        return Some((path.kind, path.id));
    }
    key::parse(document, root)
}
