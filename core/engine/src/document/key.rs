//! The names under which things stand in a document's root map.

use crate::domain::{FieldPath, Kind};
use crate::ids::{CaseId, EntityId};

/// The key of the layout's version.
pub(super) const SCHEMA: &str = "schema";
/// The key of the text object of a draft.
pub(super) const TEXT: &str = "text";
/// The prefix of values that were displaced while a conflict was open.
pub(super) const CONFLICT: &str = "conflict/";

/// The key of an entity's map.
pub(super) fn entity(kind: Kind, id: EntityId) -> String {
    if kind.is_single() {
        kind.key().to_owned()
    } else {
        format!("{}/{id}", kind.key())
    }
}

/// The range of keys under which all entities of a kind stand. `0` is the character after `/`.
pub(super) fn entities(kind: Kind) -> std::ops::Range<String> {
    format!("{}/", kind.key())..format!("{}0", kind.key())
}

/// The entity that a key of the root map names, if this version knows its kind.
pub(super) fn parse(case: CaseId, key: &str) -> Option<(Kind, EntityId)> {
    match key.split_once('/') {
        None => {
            let kind = Kind::from_key(key).filter(|kind| kind.is_single())?;
            Some((kind, EntityId::from_bytes(case.to_bytes())))
        }
        Some((kind, id)) => {
            let kind = Kind::from_key(kind).filter(|kind| !kind.is_single())?;
            Some((kind, id.parse().ok()?))
        }
    }
}

/// The prefix of the keys of a field's displaced values.
pub(super) fn displaced(path: &FieldPath) -> String {
    format!("{CONFLICT}{}/{}/{}/", path.kind.key(), path.id, path.field)
}

/// The field that the key of a displaced value names.
pub(super) fn parse_displaced(key: &str) -> Option<FieldPath> {
    let mut parts = key.strip_prefix(CONFLICT)?.splitn(3, '/');
    let kind = Kind::from_key(parts.next()?)?;
    let id = parts.next()?.parse().ok()?;
    let (field, _digest) = parts.next()?.rsplit_once('/')?;
    Some(FieldPath {
        kind,
        id,
        field: field.to_owned(),
    })
}
