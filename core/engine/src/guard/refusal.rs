//! Why bytes from outside were not taken.

use automerge::ChangeHash;

/// What is wrong with a change or a snapshot. Names nothing of its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Longer than any change of ours.
    #[error("change has {found} bytes")]
    ChangeTooLarge {
        /// Its length.
        found: usize,
    },
    /// Not a change in automerge's format.
    #[error("bytes are not a change")]
    NotAChange,
    /// A compressed change. We send them plain, and automerge would inflate this one without limit.
    #[error("change is compressed")]
    CompressedChange,
    /// The checksum does not fit the bytes.
    #[error("checksum does not fit")]
    WrongChecksum,
    /// A part cannot be read by automerge's format.
    #[error("{part} cannot be read")]
    Malformed {
        /// Which part.
        part: &'static str,
    },
    /// A part is in a form we do not write, though the format may know it.
    #[error("{part} is not of a kind we write")]
    Unknown {
        /// Which part.
        part: &'static str,
    },
    /// There is more of something than any honest change or document has.
    #[error("too many or too long: {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
    },
    /// A change refers to an operation that comes after it.
    #[error("change refers to an operation that is not made yet")]
    RefersAhead,
    /// Automerge cannot decode it.
    #[error("automerge cannot decode it")]
    Undecodable,
    /// Automerge reads something else from it than is written there, or would write it otherwise.
    #[error("encoding is not the one automerge writes")]
    NotCanonical,
    /// An operation does not fit the object it is on.
    #[error("operation does not fit its object")]
    MisplacedOperation,
    /// Automerge panicked. The panic was caught and nothing was changed.
    #[error("automerge panicked")]
    Panicked,
    /// Changes it builds on are not there. Nothing is wrong with the bytes: it can be tried again when those have come.
    #[error("{} dependencies are missing", hashes.len())]
    MissingDependencies {
        /// The changes that are missing, each once.
        hashes: Vec<ChangeHash>,
    },
    /// The document has another change under this actor and number: the actor's history has split.
    #[error("actor has another change with the same number")]
    ActorFork,
    /// The number of the change, or of its first operation, does not follow from what it builds on.
    #[error("change does not follow on what it builds on")]
    OutOfStep,
    /// An actor would leave two values at one key, where an honest one replaces its own. Enough of them, and nobody could
    /// replace them all in one edit.
    #[error("actor leaves more than one value at a key")]
    DoubledValue,
    /// Automerge refuses to apply it.
    #[error("automerge refuses to apply it")]
    Unappliable,
    /// With the change in it, the document could not be loaded again.
    #[error("document could not be loaded again")]
    NotReloadable,
    /// More heads than an honest edit may depend on. Can be tried again with a change that joins them.
    #[error("document would have {found} heads")]
    TooManyHeads {
        /// How many there would be.
        found: usize,
    },
    /// More heads of one author than copies of one installation leave. Can be tried again with a change that joins them.
    #[error("document would have {found} heads of one author")]
    TooManyHeadsOfAuthor {
        /// How many there would be.
        found: usize,
    },
    /// Longer than a document may be.
    #[error("document has {found} bytes")]
    DocumentTooLarge {
        /// Its length.
        found: usize,
    },
    /// Not exactly one document in automerge's format.
    #[error("bytes are not a document")]
    NotADocument,
    /// The snapshot is of another state than announced.
    #[error("snapshot has other heads than announced")]
    OtherHeads,
}

impl Refusal {
    /// The name that goes over the wire and into logs. Never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ChangeTooLarge { .. } => "change_too_large",
            Self::NotAChange => "not_a_change",
            Self::CompressedChange => "compressed_change",
            Self::WrongChecksum => "wrong_checksum",
            Self::Malformed { .. } => "malformed",
            Self::Unknown { .. } => "unknown_form",
            Self::TooMany { .. } => "too_many",
            Self::RefersAhead => "refers_ahead",
            Self::Undecodable => "undecodable",
            Self::NotCanonical => "not_canonical",
            Self::MisplacedOperation => "misplaced_operation",
            Self::Panicked => "panicked",
            Self::MissingDependencies { .. } => "missing_dependencies",
            Self::ActorFork => "actor_fork",
            Self::OutOfStep => "out_of_step",
            Self::DoubledValue => "doubled_value",
            Self::Unappliable => "unappliable",
            Self::NotReloadable => "not_reloadable",
            Self::TooManyHeads { .. } => "too_many_heads",
            Self::TooManyHeadsOfAuthor { .. } => "too_many_heads_of_author",
            Self::DocumentTooLarge { .. } => "document_too_large",
            Self::NotADocument => "not_a_document",
            Self::OtherHeads => "other_heads",
        }
    }

    /// Whether the same bytes may be taken later, when the document has moved on.
    pub fn may_pass_later(&self) -> bool {
        matches!(
            self,
            Self::MissingDependencies { .. }
                | Self::TooManyHeads { .. }
                | Self::TooManyHeadsOfAuthor { .. }
        )
    }
}
