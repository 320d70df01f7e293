//! A record as storage keeps it beside a long document: all that stood in it once, then what each write since touched. Reading
//! that takes a fraction of the time that it takes to load the document.
//!
//! It is nothing but a copy. What is laid out otherwise, or cannot be read, gives nothing, and the document is read in its place.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::serde::ts_milliseconds;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::parts::Parts;
use super::{CaseDocuments, ChangeHash, EntityKey, Record};
use crate::domain::{Choice, Conflict, Entry, FieldPath, Kind, LateChange, Records};
use crate::ids::{CaseId, EntityId};

/// Raised with every change to what is written here, [`Entry`] and [`Choice`] included.
const LAYOUT: u16 = 1;

/// What stands in some entities, at some heads.
#[derive(Serialize, Deserialize)]
struct Piece<'a> {
    heads: Cow<'a, [ChangeHash]>,
    #[serde(with = "ts_milliseconds")]
    changed_at: DateTime<Utc>,
    late: Cow<'a, [LateChange]>,
    entities: Vec<Standing<'a>>,
}

/// One entity.
#[derive(Serialize, Deserialize)]
struct Standing<'a> {
    kind: Cow<'a, str>,
    id: EntityId,
    /// Nothing where there is no such entity.
    entry: Option<Cow<'a, Entry>>,
    conflicts: Vec<(Cow<'a, str>, Cow<'a, [Choice]>)>,
}

impl Piece<'_> {
    fn write(&self) -> Vec<u8> {
        // No type here is one that cannot be written. Nothing at all is what cannot be read.
        postcard::to_stdvec(&(LAYOUT, self)).unwrap_or_default()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (layout, rest) = postcard::take_from_bytes::<u16>(bytes).ok()?;
        (layout == LAYOUT).then(|| postcard::from_bytes(rest).ok())?
    }
}

impl Record {
    /// All that stands in it but drafts, for [`Self::from_stored`].
    pub fn to_stored(&self) -> Vec<u8> {
        let mut entities: BTreeMap<EntityKey, Standing<'_>> = BTreeMap::new();
        for ((kind, id), entry) in &self.entities {
            let standing = Standing::new((*kind, *id), Some(Cow::Borrowed(entry)));
            entities.insert((*kind, *id), standing);
        }
        for (path, choices) in &self.conflicts {
            let key = (path.kind, path.id);
            let standing = entities
                .entry(key)
                .or_insert_with(|| Standing::new(key, None));
            let conflict = (
                Cow::Borrowed(path.field.as_str()),
                Cow::Borrowed(choices.as_slice()),
            );
            standing.conflicts.push(conflict);
        }
        let piece = Piece {
            heads: Cow::Borrowed(&self.heads),
            changed_at: self.changed_at,
            late: Cow::Borrowed(&self.late),
            entities: entities.into_values().collect(),
        };
        piece.write()
    }

    /// Puts together what [`Self::to_stored`] and, after it, [`CaseDocuments::stored_change`] gave. Nothing where another version laid
    /// it out, or where it cannot be read.
    pub fn from_stored<'a>(id: CaseId, pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut pieces = pieces.into_iter();
        let mut record = Self {
            id,
            heads: Vec::new(),
            changed_at: DateTime::default(),
            entities: BTreeMap::new(),
            conflicts: BTreeMap::new(),
            late: Vec::new(),
            drafts: BTreeMap::new(),
            parts: Parts::default(),
        };
        record.take(Piece::read(pieces.next()?)?);
        for bytes in pieces {
            record.take(Piece::read(bytes)?);
        }
        record.parts = Parts::of_entities(&record.entities);
        Some(record)
    }

    fn take(&mut self, piece: Piece<'_>) {
        self.heads = piece.heads.into_owned();
        self.changed_at = piece.changed_at;
        self.late = piece.late.into_owned();
        for standing in piece.entities {
            let Some(kind) = Kind::from_key(&standing.kind) else {
                continue;
            };
            let id = standing.id;
            match standing.entry {
                Some(entry) => self.entities.insert((kind, id), entry.into_owned()),
                None => self.entities.remove(&(kind, id)),
            };
            self.forget_conflicts(kind, id);
            for (field, choices) in standing.conflicts {
                let field = field.into_owned();
                let path = FieldPath { kind, id, field };
                self.conflicts.insert(path, choices.into_owned());
            }
        }
    }

    fn forget_conflicts(&mut self, kind: Kind, id: EntityId) {
        let field = String::new();
        let from = FieldPath { kind, id, field };
        let paths = self.conflicts.range(from..).map(|(path, _)| path);
        let of = paths.take_while(|path| (path.kind, path.id) == (kind, id));
        for path in of.cloned().collect::<Vec<_>>() {
            self.conflicts.remove(&path);
        }
    }
}

impl<'a> Standing<'a> {
    fn new((kind, id): EntityKey, entry: Option<Cow<'a, Entry>>) -> Self {
        Self {
            kind: Cow::Borrowed(kind.key()),
            id,
            entry,
            conflicts: Vec::new(),
        }
    }
}

impl CaseDocuments {
    /// What now stands in the entities that a write touched, for [`Record::from_stored`].
    pub fn stored_change(&self, touched: &BTreeSet<EntityKey>) -> Vec<u8> {
        let reader = self.reader();
        let mut conflicts: BTreeMap<EntityKey, Vec<Conflict>> = BTreeMap::new();
        for conflict in reader.conflicts(Some(touched)) {
            let key = (conflict.path.kind, conflict.path.id);
            conflicts.entry(key).or_default().push(conflict);
        }
        let standing = |key: &EntityKey| {
            let entry = reader.entity(key.0, key.1).map(Cow::Owned);
            let conflicts = conflicts.remove(key).unwrap_or_default().into_iter();
            let conflict = |it: Conflict| (Cow::Owned(it.path.field), Cow::Owned(it.choices));
            Standing {
                conflicts: conflicts.map(conflict).collect(),
                ..Standing::new(*key, entry)
            }
        };
        let piece = Piece {
            heads: Cow::Owned(self.case.heads()),
            changed_at: reader.changed_at(),
            late: Cow::Owned(reader.late_changes()),
            entities: touched.iter().map(standing).collect(),
        };
        piece.write()
    }
}
