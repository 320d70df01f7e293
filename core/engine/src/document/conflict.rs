//! Conflicts: several values for one field, kept until a person settles.
//!
//! Automerge keeps concurrent values beside one another, but any ordinary write over them closes the conflict and buries what the
//! others wrote. So a write to a field in conflict first keeps every value it displaces, with its author, under a key of its own
//! in the root map; the conflict stays open, with the new value as one of its choices. Only settling removes those keys.
//! The key is made of field and value and the content of value and author, so two devices that displace the same value apart
//! write the same.

use std::collections::BTreeSet;

use automerge::iter::MapRangeItem;
use automerge::transaction::Transactable;
use automerge::{ObjId, ROOT};
use serde::{Deserialize, Serialize};

use super::key;
use super::read::Reader;
use super::scalar;
use super::stamp::Origins;
use crate::domain::value::moment_of;
use crate::domain::{Choice, Conflict, FieldPath, Kind, Stamp, Value};
use crate::ids::{DeviceId, EntityId, WorkerId};

/// A displaced value as it stands in a document, in JSON.
#[derive(Serialize, Deserialize)]
struct Displaced {
    v: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    w: Option<WorkerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<DeviceId>,
    t: i64,
}

/// The values among which a field's conflict is open, the shown one first; empty where there is no conflict.
pub(super) fn choices<R: Origins>(reader: &Reader<'_, R>, path: &FieldPath) -> Vec<Choice> {
    let mut choices = standing(reader, path);
    for displaced in displaced(reader, path) {
        if !choices.iter().any(|choice| choice.value == displaced.value) {
            choices.push(displaced);
        }
    }
    if choices.len() < 2 {
        return Vec::new();
    }
    if let Some((_, others)) = choices.split_first_mut() {
        others.sort_by_cached_key(|choice| (choice.written.at, digest(&choice.value)));
    }
    choices
}

/// The different values that automerge keeps for a field, the shown one first.
fn standing<R: Origins>(reader: &Reader<'_, R>, path: &FieldPath) -> Vec<Choice> {
    let Some(object) = reader.object(path.kind, path.id) else {
        return Vec::new();
    };
    let shown = reader.doc.get(&object, path.field.as_str()).ok().flatten();
    let all = reader
        .doc
        .get_all(&object, path.field.as_str())
        .unwrap_or_default();
    let mut choices: Vec<Choice> = Vec::new();
    for (value, operation) in shown.into_iter().chain(all) {
        let Some(value) = scalar::read(reader.doc, &value, &operation) else {
            continue;
        };
        if !choices.iter().any(|choice| choice.value == value) {
            let written = reader.doc.stamp(&reader.stamps, &operation);
            let shown = choices.is_empty();
            choices.push(Choice {
                value,
                written,
                shown,
            });
        }
    }
    choices
}

fn displaced<R: Origins>(reader: &Reader<'_, R>, path: &FieldPath) -> Vec<Choice> {
    reader
        .doc
        .map_range(ROOT, key::displaced(path))
        .filter_map(|item| {
            let value = item.value.into_value();
            let json = value.as_str()?;
            let Displaced { v, w, d, t } = serde_json::from_str(json).ok()?;
            let at = moment_of(t).unwrap_or_default();
            let written = Stamp {
                worker: w,
                device: d,
                at,
            };
            Some(Choice {
                value: v,
                written,
                shown: false,
            })
        })
        .collect()
}

/// Every open conflict of the record, in the order of their paths.
pub(super) fn all<R: Origins>(reader: &Reader<'_, R>) -> Vec<Conflict> {
    let entity = |item: MapRangeItem<'_>| {
        let displaced = key::parse_displaced(&item.key).map(|path| (path.kind, path.id));
        displaced.or_else(|| key::parse(reader.case, &item.key))
    };
    let entities = reader.doc.map_range(ROOT, ..).filter_map(entity);
    of(reader, &entities.collect())
}

/// The open conflicts of some entities, in the order of their paths. Looks at nothing else.
pub(super) fn of<R: Origins>(
    reader: &Reader<'_, R>,
    entities: &BTreeSet<(Kind, EntityId)>,
) -> Vec<Conflict> {
    let mut paths = BTreeSet::new();
    for &(kind, id) in entities {
        let displaced = key::displaced_of(kind, id);
        let keys = reader.doc.map_range(ROOT, displaced);
        paths.extend(keys.filter_map(|item| key::parse_displaced(&item.key)));
        if let Some(object) = reader.object(kind, id) {
            paths.extend(doubled(reader, kind, id, &object));
        }
    }
    open(reader, paths)
}

/// The fields of an entity for which automerge keeps several values.
fn doubled<R: Origins>(
    reader: &Reader<'_, R>,
    kind: Kind,
    id: EntityId,
    object: &ObjId,
) -> Vec<FieldPath> {
    let fields = reader.doc.map_range(object, ..);
    let path = |field: String| FieldPath { kind, id, field };
    fields
        .filter(|field| field.conflict)
        .map(|field| path(field.key.into_owned()))
        .collect()
}

/// Those of some fields that are in conflict.
pub(super) fn open<R: Origins>(
    reader: &Reader<'_, R>,
    paths: BTreeSet<FieldPath>,
) -> Vec<Conflict> {
    let open = |path: FieldPath| {
        let choices = choices(reader, &path);
        (!choices.is_empty()).then_some(Conflict { path, choices })
    };
    let asked = paths.into_iter().filter(|path| !follows(path));
    asked.filter_map(open).collect()
}

/// Whether a field only says when another one was written: two who close a referral apart have nothing to settle.
fn follows(path: &FieldPath) -> bool {
    matches!(
        (path.kind, path.field.as_str()),
        (Kind::Referral, "closed_at") | (Kind::Goal, "achieved_at")
    )
}

/// Keeps the choices of an open conflict that a new value displaces.
pub(super) fn keep<T: Transactable>(
    doc: &mut T,
    path: &FieldPath,
    choices: &[Choice],
    value: &Value,
) -> Result<(), automerge::AutomergeError> {
    for choice in choices.iter().filter(|choice| choice.value != *value) {
        let key = key::displaced_value(path, &digest(&choice.value));
        if doc.get(ROOT, &key)?.is_some() {
            continue;
        }
        let displaced = Displaced {
            v: choice.value.clone(),
            w: choice.written.worker,
            d: choice.written.device,
            t: choice.written.at.timestamp_millis(),
        };
        let json = serde_json::to_string(&displaced).expect("a value of five plain types is JSON");
        doc.put(ROOT, key, json)?;
    }
    Ok(())
}

/// Forgets the displaced values of a settled conflict. History keeps them.
pub(super) fn forget<T: Transactable>(
    doc: &mut T,
    path: &FieldPath,
) -> Result<(), automerge::AutomergeError> {
    let keys: Vec<String> = doc
        .map_range(ROOT, key::displaced(path))
        .map(|item| item.key.into_owned())
        .collect();
    keys.into_iter().try_for_each(|key| doc.delete(ROOT, key))
}

/// Names a value in a key: 16 hexadecimal digits of BLAKE3 over its JSON.
fn digest(value: &Value) -> String {
    let json = serde_json::to_string(value).expect("a value of five plain types is JSON");
    blake3::hash(json.as_bytes())
        .to_hex()
        .chars()
        .take(16)
        .collect()
}
