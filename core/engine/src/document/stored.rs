//! A record as storage keeps it beside a long document: all that stood in it once, then what each write since touched. Reading
//! that takes a fraction of the time that it takes to load the document.
//!
//! It is nothing but a copy. What is laid out otherwise, or cannot be read, gives nothing, and the document is read in its place.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::serde::ts_milliseconds;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::parts::PartsWhenAsked;
use super::{CaseDocuments, ChangeHash, EntityKey, Record};
use crate::domain::{Choice, Entry, FieldPath, Kind, LateChange, Records};
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
    conflicts: Vec<(String, Vec<Choice>)>,
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
        let in_conflict = self.conflicts.keys().map(|path| (path.kind, path.id));
        let all: BTreeSet<EntityKey> = self.entities.keys().copied().chain(in_conflict).collect();
        self.piece_of(&all)
    }

    fn piece_of(&self, entities: &BTreeSet<EntityKey>) -> Vec<u8> {
        let conflict =
            |(path, choices): (&FieldPath, &Vec<Choice>)| (path.field.clone(), choices.clone());
        let standing = |&(kind, id): &EntityKey| Standing {
            kind: Cow::Borrowed(kind.key()),
            id,
            entry: self.entities.get(&(kind, id)).map(Cow::Borrowed),
            conflicts: self.conflicts_of(kind, id).map(conflict).collect(),
        };
        let piece = Piece {
            heads: Cow::Borrowed(&self.heads),
            changed_at: self.changed_at,
            late: Cow::Borrowed(&self.late),
            entities: entities.iter().map(standing).collect(),
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
            parts: PartsWhenAsked::default(),
        };
        record.take(Piece::read(pieces.next()?)?);
        for bytes in pieces {
            record.take(Piece::read(bytes)?);
        }
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
            let before = self.conflicts_of(kind, id).map(|(path, _)| path.clone());
            for path in before.collect::<Vec<_>>() {
                self.conflicts.remove(&path);
            }
            let now = standing.conflicts.into_iter();
            let path = |field| FieldPath { kind, id, field };
            self.conflicts
                .extend(now.map(|(field, choices)| (path(field), choices)));
        }
    }

    fn conflicts_of(
        &self,
        kind: Kind,
        id: EntityId,
    ) -> impl Iterator<Item = (&FieldPath, &Vec<Choice>)> {
        let field = String::new();
        let from = FieldPath { kind, id, field };
        let of = move |path: &FieldPath| (path.kind, path.id) == (kind, id);
        self.conflicts
            .range(from..)
            .take_while(move |(path, _)| of(path))
    }
}

impl CaseDocuments {
    /// What now stands in the entities that a write touched, for [`Record::from_stored`].
    pub fn stored_change(&self, touched: &BTreeSet<EntityKey>) -> Vec<u8> {
        let reader = self.reader();
        let entry = |key: &EntityKey| Some((*key, reader.entity(key.0, key.1)?));
        let entities = touched.iter().filter_map(entry).collect();
        let conflicts = reader.conflicts(Some(touched));
        Record::of(&reader, self.case.heads(), entities, conflicts).piece_of(touched)
    }
}
