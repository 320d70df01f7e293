//! Who the changes themselves say made them.

use super::{ChangeHash, Document};
use crate::identity::Author;

impl Document {
    /// Who made a change, as the first change of its actor claims. Proves nothing.
    pub fn claimed_author(&self, change: &ChangeHash) -> Option<Author> {
        let change = automerge::ChangeHash(*change);
        let meta = self.automerge.get_change_meta_by_hash(&change)?;
        let author = self.automerge.get_author_for_actor(&meta.actor)?;
        Author::from_bytes(author.as_bytes()).ok()
    }
}
