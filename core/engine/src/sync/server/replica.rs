//! A document in the server's memory.

use automerge::{Automerge, Change, ChangeHash, ReadDoc};

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
