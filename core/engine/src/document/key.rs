//! The names under which things stand in a document's root map.

use std::ops::Range;

use crate::domain::{FieldPath, Kind};
use crate::ids::{CaseId, EntityId};

/// The key of the layout's version.
pub(super) const SCHEMA: &str = "schema";
/// The key of the text that a draft began with.
pub(super) const TEXT: &str = "text";
/// The prefix of the keys of texts that go on from a signed version.
const TEXT_AFTER: &str = "text/";
/// The prefix of values that were displaced while a conflict was open.
pub(super) const CONFLICT: &str = "conflict/";

/// The key of a draft's text that goes on from a signed version.
pub(super) fn text_after(version: EntityId) -> String {
    format!("{TEXT_AFTER}{version}")
}

/// The version that the key of a text names.
pub(super) fn text_is_after(key: &str) -> Option<EntityId> {
    key.strip_prefix(TEXT_AFTER)?.parse().ok()
}

/// Whether a key is that of a draft's text.
pub(super) fn is_text(key: &str) -> bool {
    key == TEXT || key.starts_with(TEXT_AFTER)
}

/// The key of an entity's map.
pub(super) fn entity(kind: Kind, id: EntityId) -> String {
    if kind.is_single() {
        kind.key().to_owned()
    } else {
        format!("{}/{id}", kind.key())
    }
}

/// The range of keys under which all entities of a kind stand.
pub(super) fn entities(kind: Kind) -> Range<String> {
    below(kind.key().to_owned())
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

/// The key of a displaced value of a field, by the value's digest.
pub(super) fn displaced_value(path: &FieldPath, digest: &str) -> String {
    format!("{}{digest}", displaced(path).start)
}

/// The range of keys of a field's displaced values.
pub(super) fn displaced(path: &FieldPath) -> Range<String> {
    let (kind, id, field) = (path.kind.key(), path.id, &path.field);
    below(format!("{CONFLICT}{kind}/{id}/{field}"))
}

/// The range of keys of the displaced values of all fields of an entity.
pub(super) fn displaced_of(kind: Kind, id: EntityId) -> Range<String> {
    below(format!("{CONFLICT}{}/{id}", kind.key()))
}

/// The range of keys that begin with a name and `/`. `0` is the character after `/`.
fn below(name: String) -> Range<String> {
    format!("{name}/")..format!("{name}0")
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
