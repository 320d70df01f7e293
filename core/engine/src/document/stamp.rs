//! Who wrote an operation and when, found from the operation's own id: nothing is stored for it.

use std::cell::RefCell;
use std::collections::HashMap;

use automerge::transaction::OwnedTransaction;
use automerge::{ActorId, Automerge, ChangeHash, ObjId, ReadDoc};
use chrono::{DateTime, Utc};

use crate::domain::Stamp;
use crate::domain::value::moment_of;
use crate::identity::Author;

/// A document that can tell who wrote an operation.
pub(super) trait Origins: ReadDoc {
    /// Who wrote a value and when.
    fn stamp(&self, stamps: &Stamps, operation: &ObjId) -> Stamp;
    /// Who made an entity and last wrote to it.
    fn stamps_of_entity(&self, stamps: &Stamps, made: &ObjId, last: &ObjId) -> (Stamp, Stamp);
    /// The moment of the newest of the heads.
    fn newest(&self, stamps: &Stamps) -> DateTime<Utc>;
}

impl Origins for Automerge {
    fn stamp(&self, stamps: &Stamps, operation: &ObjId) -> Stamp {
        self.hash_for_opid(operation)
            .map_or(stamps.open, |hash| stamps.of_change(self, hash))
    }

    fn stamps_of_entity(&self, stamps: &Stamps, made: &ObjId, last: &ObjId) -> (Stamp, Stamp) {
        (self.stamp(stamps, made), self.stamp(stamps, last))
    }

    fn newest(&self, stamps: &Stamps) -> DateTime<Utc> {
        let heads = self.get_heads().into_iter();
        let moments = heads.map(|head| stamps.of_change(self, head).at);
        moments.max().unwrap_or_default()
    }
}

/// While it is written, a document cannot tell the author of a change. Of values in conflict authors are kept, so they are looked
/// up before; the stamps of entities matter to no edit and are not looked up at all.
impl Origins for OwnedTransaction {
    fn stamp(&self, stamps: &Stamps, operation: &ObjId) -> Stamp {
        let (Some(hash), ObjId::Id(_, actor, _)) = (self.hash_for_opid(operation), operation)
        else {
            return stamps.open;
        };
        let ms = self
            .get_change_by_hash(&hash)
            .map(|change| change.timestamp());
        stamp(stamps.authors.get(actor).copied(), ms.unwrap_or_default())
    }

    fn stamps_of_entity(&self, stamps: &Stamps, _: &ObjId, _: &ObjId) -> (Stamp, Stamp) {
        (stamps.open, stamps.open)
    }

    fn newest(&self, stamps: &Stamps) -> DateTime<Utc> {
        stamps.open.at
    }
}

/// Stamps of operations, each change looked up once.
#[derive(Clone, Default)]
pub(super) struct Stamps {
    changes: RefCell<HashMap<ChangeHash, Stamp>>,
    /// Authors by actor, for the time while a document is written.
    authors: HashMap<ActorId, Author>,
    /// For operations that are in no change yet.
    open: Stamp,
}

impl Stamps {
    /// Reads the authors of a document that is about to be written. `open` stands for what will be.
    pub(super) fn before_writing(doc: &Automerge, open: Stamp) -> Self {
        let actors = |author: &automerge::Author<'static>| {
            let named = Author::from_bytes(author.as_bytes()).ok()?;
            let actors = doc.get_actors_for_author(author);
            Some(actors.into_iter().map(move |actor| (actor, named)))
        };
        let authors = doc.get_authors().iter().filter_map(actors).flatten();
        Self {
            changes: RefCell::default(),
            authors: authors.collect(),
            open,
        }
    }

    fn of_change(&self, doc: &Automerge, hash: ChangeHash) -> Stamp {
        let found = || {
            let meta = doc.get_change_meta_by_hash(&hash)?;
            Some(of_actor(doc, &meta.actor, meta.timestamp))
        };
        let mut known = self.changes.borrow_mut();
        *known
            .entry(hash)
            .or_insert_with(|| found().unwrap_or_default())
    }
}

/// A stamp of an actor at a moment, in milliseconds.
pub(super) fn of_actor(doc: &Automerge, actor: &ActorId, ms: i64) -> Stamp {
    let author = doc.get_author_for_actor(actor);
    let author = author.and_then(|author| Author::from_bytes(author.as_bytes()).ok());
    stamp(author, ms)
}

fn stamp(author: Option<Author>, ms: i64) -> Stamp {
    Stamp {
        worker: author.map(|author| author.worker),
        device: author.map(|author| author.device),
        at: moment_of(ms).unwrap_or_default(),
    }
}

/// Operations in the order of their making: by counter, then by actor. Source: automerge's Lamport order.
pub(super) fn order(operation: &ObjId) -> (u64, &[u8]) {
    match operation {
        ObjId::Root => (0, &[]),
        ObjId::Id(counter, actor, _) => (*counter, actor.to_bytes()),
    }
}
