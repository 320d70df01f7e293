//! A document in the server's memory.

use std::collections::BTreeSet;

use automerge::{Automerge, Change, ChangeHash, ReadDoc};

use super::MAX_PLAIN;
use crate::document::StandingDraft;
use crate::document::closed::closed_drafts;
use crate::ids::{CaseId, DocumentId};

/// One document as the server has it, materialised. Its content stays in here.
#[derive(Debug, Clone, Default)]
pub struct Replica(pub(super) Automerge);

/// Stored bytes that do not give a document any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unloadable {
    /// The snapshot is damaged.
    #[error("snapshot is damaged")]
    Snapshot,
    /// A change is damaged or is another one than it is stored as.
    #[error("change is damaged")]
    Change,
    /// The changes do not fit together.
    #[error("changes do not fit together")]
    Incomplete,
}

impl Replica {
    /// Builds the document from what the server itself stored: a snapshot, and the changes made after it in order.
    ///
    /// # Errors
    /// One of [`Unloadable`]. Never a document with something missing.
    pub fn load<'a>(
        snapshot: Option<&[u8]>,
        changes: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, Unloadable> {
        let mut document = match snapshot {
            Some(bytes) => Automerge::load(bytes).map_err(|_| Unloadable::Snapshot)?,
            None => Automerge::new(),
        };
        let changes = changes
            .into_iter()
            .map(Change::try_from)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| Unloadable::Change)?;
        let hashes: Vec<ChangeHash> = changes.iter().map(Change::hash).collect();
        document
            .apply_changes(changes)
            .map_err(|_| Unloadable::Incomplete)?;
        let replica = Self(document);
        if hashes.iter().all(|hash| replica.holds(&hash.0)) {
            Ok(replica)
        } else {
            Err(Unloadable::Incomplete)
        }
    }

    /// The heads, sorted.
    pub fn heads(&self) -> Vec<[u8; 32]> {
        let mut heads: Vec<_> = self.0.get_heads().iter().map(|head| head.0).collect();
        heads.sort_unstable();
        heads
    }

    /// The heads as automerge names them.
    pub fn head_hashes(&self) -> Vec<ChangeHash> {
        self.0.get_heads()
    }

    /// The snapshot, compressed.
    pub fn save(&self) -> Vec<u8> {
        self.0.save()
    }

    /// The snapshot as it travels: not deflated, so that a page of many is compressed as one: what cases
    /// have in common then counts once. Only a snapshot so long that it fills a page alone is deflated.
    pub fn save_for_pages(&self) -> Vec<u8> {
        let plain = self.0.save_nocompress();
        if plain.len() <= MAX_PLAIN {
            plain
        } else {
            self.save()
        }
    }

    /// Those of a case's drafts that are closed, by this main document of the case.
    pub fn closed_drafts(
        &self,
        case: CaseId,
        drafts: impl IntoIterator<Item = StandingDraft>,
    ) -> BTreeSet<DocumentId> {
        closed_drafts(case, &self.0, drafts)
    }

    /// Whether the document has this change.
    pub fn holds(&self, change: &[u8; 32]) -> bool {
        self.0
            .get_change_meta_by_hash(&ChangeHash(*change))
            .is_some()
    }

    /// About how many bytes of memory the document takes.
    pub fn memory(&self) -> usize {
        // Measured: some 60 bytes an operation, and a floor for empty columns.
        let operations = usize::try_from(self.0.stats().num_ops).unwrap_or(usize::MAX);
        operations.saturating_mul(60).saturating_add(4_096)
    }
}

/// The names of the intentions that a change stands for, as its message says; nothing when the bytes are no intact change.
pub fn change_message(bytes: &[u8]) -> Option<String> {
    let change = Change::try_from(bytes).ok()?;
    change.message().map(|message| message.to_string())
}

/// The hash of a stored change, computed from its bytes; nothing when the bytes are no intact change.
pub fn change_hash(bytes: &[u8]) -> Option<[u8; 32]> {
    Change::try_from(bytes).ok().map(|change| change.hash().0)
}

#[cfg(test)]
mod tests {
    use automerge::ROOT;
    use automerge::transaction::Transactable;

    use super::*;
    use crate::sync::compress;

    fn replica(value: impl Into<automerge::ScalarValue>) -> Replica {
        let mut document = Automerge::new();
        let put = |tx: &mut automerge::transaction::Transaction<'_>| tx.put(ROOT, "text", value);
        document.transact(put).unwrap();
        Replica(document)
    }

    #[test]
    fn many_snapshots_pack_better_for_not_being_deflated() {
        // What cases of one agency have in common, and nothing that repeats inside of one.
        let shared: String = (1..200_u32)
            .map(|word| format!("{:x} ", word.wrapping_mul(2_654_435_761)))
            .collect();
        let replicas: Vec<_> = (0..20)
            .map(|number| replica(format!("{number} {shared}")))
            .collect();
        let packed = |save: fn(&Replica) -> Vec<u8>| {
            let page: Vec<u8> = replicas.iter().flat_map(save).collect();
            compress(&page).unwrap().len()
        };
        let (plain, deflated) = (packed(Replica::save_for_pages), packed(Replica::save));
        assert!(2 * plain < deflated, "{plain} and {deflated}");
    }

    #[test]
    fn a_snapshot_that_fills_a_page_alone_is_deflated() {
        let saved = replica(vec![0_u8; MAX_PLAIN]).save_for_pages();
        assert!(saved.len() < MAX_PLAIN / 100);
        let loaded = Replica::load(Some(&saved), []).unwrap();
        assert_eq!(loaded.heads().len(), 1);
    }
}
