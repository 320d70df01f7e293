//! Runs of changes as envelopes name them, and who the changes themselves say made them.

use std::collections::BTreeSet;

use super::{ChangeHash, Document};
use crate::identity::{Author, Envelope};

impl Document {
    /// Who made a change, as the first change of its actor claims. Proves nothing.
    pub fn claimed_author(&self, change: &ChangeHash) -> Option<Author> {
        let meta = self.meta(change)?;
        let author = self.automerge.get_author_for_actor(&meta.actor)?;
        Author::from_bytes(author.as_bytes()).ok()
    }

    /// The changes that an envelope covers, as far as they are here.
    pub fn run_of(&self, envelope: &Envelope) -> BTreeSet<ChangeHash> {
        let mut run = BTreeSet::new();
        let mut next = self.meta(&envelope.last_change);
        while let Some(meta) = next.filter(|_| run.len() < envelope.count as usize) {
            run.insert(meta.hash.0);
            let before = meta.deps.iter().filter_map(|dep| self.meta(&dep.0));
            let mut same = before.filter(|dep| dep.actor == meta.actor && dep.seq + 1 == meta.seq);
            next = same.next();
        }
        run
    }

    fn meta(&self, change: &ChangeHash) -> Option<automerge::ChangeMetadata<'_>> {
        self.automerge
            .get_change_meta_by_hash(&automerge::ChangeHash(*change))
    }
}
