//! History by another way: what the states before and after each change differ by, as automerge tells it.

use automerge::{Automerge, Patch, PatchAction, Prop, ReadDoc};

use crate::document::{CaseDocuments, ChangeRecord, FieldChange, key, scalar, stamp};
use crate::domain::{FieldPath, Value};
use crate::ids::CaseId;

pub(super) fn history(documents: &CaseDocuments) -> Vec<ChangeRecord> {
    let (case, doc) = (documents.case.id, &documents.case.automerge);
    let record = |meta: automerge::ChangeMetadata<'_>| ChangeRecord {
        hash: meta.hash.0,
        made: stamp::of_actor(doc, &meta.actor, meta.timestamp),
        intentions: meta.message.as_deref().unwrap_or_default().to_owned(),
        fields: moved(case, doc, &meta.deps, meta.hash),
    };
    let changes = doc.get_changes_meta(&[]);
    changes.into_iter().map(record).collect()
}

fn moved(
    case: CaseId,
    doc: &Automerge,
    before: &[automerge::ChangeHash],
    hash: automerge::ChangeHash,
) -> Vec<FieldChange> {
    let patches = doc.diff(before, &[hash]);
    let fields = patches
        .iter()
        .filter_map(|patch| field(case, doc, before, patch));
    let mut fields: Vec<FieldChange> = fields.collect();
    fields.sort_by(|one, other| one.path.cmp(&other.path));
    fields
}

fn field(
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
    let earlier = doc.get_at(&patch.obj, field.as_str(), before).unwrap();
    let earlier = earlier.and_then(|(value, id)| scalar::read(doc, &value, &id));
    Some(FieldChange {
        path: FieldPath {
            kind,
            id: entity,
            field: field.clone(),
        },
        before: earlier.unwrap_or(Value::Null),
        after: scalar::read(doc, value, id)?,
    })
}
