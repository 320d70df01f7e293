//! Which change an actor made as which: what a signature over a run of changes names.

use std::collections::BTreeMap;

use super::ChangeHash;
use crate::identity::Envelope;

/// The changes of a document by actor and number.
#[derive(Debug, Default)]
pub struct Places {
    by_hash: BTreeMap<ChangeHash, (Vec<u8>, u64)>,
    by_place: BTreeMap<(Vec<u8>, u64), ChangeHash>,
}

impl Places {
    pub(super) fn add(&mut self, hash: ChangeHash, actor: Vec<u8>, sequence: u64) {
        self.by_hash.insert(hash, (actor.clone(), sequence));
        self.by_place.insert((actor, sequence), hash);
    }

    /// Every change.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = &ChangeHash> {
        self.by_hash.keys()
    }

    /// The changes that an envelope covers, in their order; nothing where one of them is not here.
    pub fn run(&self, envelope: &Envelope) -> Option<Vec<ChangeHash>> {
        let (actor, last) = self.by_hash.get(&envelope.last_change)?;
        let first = (last + 1).checked_sub(u64::from(envelope.count))?;
        let covered =
            (first..=*last).map(|number| self.by_place.get(&(actor.clone(), number)).copied());
        covered.collect()
    }
}
