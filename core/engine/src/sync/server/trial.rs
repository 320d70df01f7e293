//! What the guard's refusals mean for an upload.

use automerge::Change;

use super::replica::Replica;
use super::{MAX_SAVED, Verdict};
use crate::guard::{self, Refusal};
use crate::sync::wire::Refused;

/// Why changes are not taken into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unfit {
    /// They follow changes that are not there.
    Missing(Vec<[u8; 32]>),
    /// Not so: the document would have too many heads.
    Heads,
    /// For good.
    Refused(Refused),
}

impl From<Unfit> for Verdict {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Missing(hashes) => Self::MissingDependencies(
                hashes
                    .into_iter()
                    .map(serde_bytes::ByteArray::new)
                    .collect(),
            ),
            Unfit::Heads => Self::TooManyHeads,
            Unfit::Refused(refused) => Self::Refused(refused),
        }
    }
}

impl From<Refusal> for Unfit {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::MissingDependencies { hashes } => {
                Self::Missing(hashes.iter().map(|hash| hash.0).collect())
            }
            Refusal::TooManyHeads { .. } | Refusal::TooManyHeadsOfAuthor { .. } => Self::Heads,
            Refusal::ActorFork => Self::Refused(Refused::ActorFork),
            Refusal::ChangeTooLarge { .. }
            | Refusal::TooMany { .. }
            | Refusal::DocumentTooLarge { .. } => Self::Refused(Refused::TooLarge),
            Refusal::NotAChange
            | Refusal::CompressedChange
            | Refusal::WrongChecksum
            | Refusal::Malformed { .. }
            | Refusal::Unknown { .. }
            | Refusal::RefersAhead
            | Refusal::Undecodable
            | Refusal::NotCanonical
            | Refusal::MisplacedOperation
            | Refusal::DoubledValue
            | Refusal::Panicked
            | Refusal::OutOfStep
            | Refusal::Unappliable
            | Refusal::NotReloadable
            | Refusal::NotADocument
            | Refusal::OtherHeads => Self::Refused(Refused::Invalid),
        }
    }
}

/// Takes the bytes of one change.
pub(super) fn admit(bytes: &[u8]) -> Result<Change, Unfit> {
    Ok(guard::admit(bytes)?)
}

/// The document with these changes in it, and what it takes to store at most; the one given stays as it is.
pub(super) fn trial(
    replica: &Replica,
    stored_bytes: usize,
    changes: &[Change],
) -> Result<(Replica, usize), Unfit> {
    let tried = guard::trial(&replica.0, changes)?;
    guard::check_heads(&tried, guard::MAX_HEADS)?;
    let tried = Replica(tried);
    let added: usize = changes.iter().map(|change| change.raw_bytes().len()).sum();
    let at_most = stored_bytes.saturating_add(added);
    // Saving makes changes shorter, so most documents need not be saved once more to see that they fit.
    if at_most <= MAX_SAVED {
        return Ok((tried, at_most));
    }
    let saved = tried.save().len();
    if saved <= MAX_SAVED {
        Ok((tried, saved))
    } else {
        Err(Unfit::Refused(Refused::TooLarge))
    }
}
