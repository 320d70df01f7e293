//! Who wrote an operation and when, found from the operation's own id: nothing is stored for it.

use std::cell::RefCell;
use std::collections::HashMap;

use automerge::transaction::OwnedTransaction;
use automerge::{ActorId, Automerge, ChangeHash, ObjId, ReadDoc};
use chrono::{DateTime, Utc};

use crate::domain::Stamp;
use crate::identity::Author;

/// A document that can tell which change an operation belongs to.
pub(super) trait Origins: ReadDoc {
    fn hash_of(&self, operation: &ObjId) -> Option<ChangeHash>;
    fn moment_of(&self, hash: &ChangeHash) -> Option<i64>;
    fn heads(&self) -> Vec<ChangeHash>;
}

impl Origins for Automerge {
    fn hash_of(&self, operation: &ObjId) -> Option<ChangeHash> {
        self.hash_for_opid(operation)
    }
    fn moment_of(&self, hash: &ChangeHash) -> Option<i64> {
        self.get_change_meta_by_hash(hash)
            .map(|meta| meta.timestamp)
    }
    fn heads(&self) -> Vec<ChangeHash> {
        self.get_heads()
    }
}

impl Origins for OwnedTransaction {
    fn hash_of(&self, operation: &ObjId) -> Option<ChangeHash> {
        self.hash_for_opid(operation)
    }
    fn moment_of(&self, hash: &ChangeHash) -> Option<i64> {
        self.get_change_by_hash(hash)
            .map(|change| change.timestamp())
    }
    fn heads(&self) -> Vec<ChangeHash> {
        self.get_heads()
    }
}

/// Stamps of operations, each change looked up once.
#[derive(Clone)]
pub(super) struct Stamps {
    authors: HashMap<ActorId, Author>,
    moments: RefCell<HashMap<ChangeHash, DateTime<Utc>>>,
    /// For operations that are in no change yet.
    open: Stamp,
}

impl Stamps {
    /// Reads the authors of a document. `open` stands for what is being written.
    pub(super) fn new(doc: &Automerge, open: Stamp) -> Self {
        let actors = |author: &automerge::Author<'static>| {
            let named = Author::from_bytes(author.as_bytes()).ok()?;
            let actors = doc.get_actors_for_author(author);
            Some(actors.into_iter().map(move |actor| (actor, named)))
        };
        Self {
            authors: doc
                .get_authors()
                .iter()
                .filter_map(actors)
                .flatten()
                .collect(),
            moments: RefCell::default(),
            open,
        }
    }

    /// Who wrote an operation and when.
    pub(super) fn of(&self, doc: &impl Origins, operation: &ObjId) -> Stamp {
        let ObjId::Id(_, actor, _) = operation else {
            return Stamp::default();
        };
        let Some(hash) = doc.hash_of(operation) else {
            return self.open;
        };
        let at = *self.moments.borrow_mut().entry(hash).or_insert_with(|| {
            let ms = doc.moment_of(&hash).unwrap_or_default();
            DateTime::from_timestamp_millis(ms).unwrap_or_default()
        });
        self.by(actor, at)
    }

    /// A stamp of an actor at a moment.
    pub(super) fn by(&self, actor: &ActorId, at: DateTime<Utc>) -> Stamp {
        let author = self.authors.get(actor);
        Stamp {
            worker: author.map(|author| author.worker),
            device: author.map(|author| author.device),
            at,
        }
    }
}

/// Operations in the order of their making: by counter, then by actor. Source: automerge's Lamport order.
pub(super) fn order(operation: &ObjId) -> (u64, &[u8]) {
    match operation {
        ObjId::Root => (0, &[]),
        ObjId::Id(counter, actor, _) => (*counter, actor.to_bytes()),
    }
}
