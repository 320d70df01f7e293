//! What stands between bytes from outside and a document.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{AutomergeError, Change};

use super::replica::Replica;
use super::{MAX_SAVED, Verdict};
use crate::sync::wire::Refused;

/// Why changes cannot be part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unfit {
    /// They follow changes that are not there.
    Missing(Vec<[u8; 32]>),
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
            Unfit::Refused(refused) => Self::Refused(refused),
        }
    }
}

/// Takes the bytes of one change.
pub(super) fn admit(bytes: &[u8]) -> Result<Change, Unfit> {
    let refused = Unfit::Refused(Refused::Invalid);
    let change = catch_unwind(AssertUnwindSafe(|| Change::try_from(bytes)));
    match change {
        Ok(Ok(change)) if change.raw_bytes() == bytes => Ok(change),
        _ => Err(refused),
    }
}

/// The document with these changes in it; the one given stays as it is.
pub(super) fn trial(replica: &Replica, changes: &[Change]) -> Result<Replica, Unfit> {
    check_missing(replica, changes)?;
    let fresh = changes
        .iter()
        .filter(|change| !replica.holds(&change.hash().0));
    let fresh: Vec<Change> = fresh.cloned().collect();
    let hashes: Vec<_> = fresh.iter().map(Change::hash).collect();
    let applied = catch_unwind(AssertUnwindSafe(|| apply(replica, fresh)));
    let applied = applied.unwrap_or(Err(Unfit::Refused(Refused::Invalid)))?;
    if hashes.iter().all(|hash| applied.holds(&hash.0)) {
        Ok(applied)
    } else {
        Err(Unfit::Refused(Refused::Invalid))
    }
}

fn apply(replica: &Replica, fresh: Vec<Change>) -> Result<Replica, Unfit> {
    let mut scratch = replica.clone();
    scratch
        .0
        .apply_changes(fresh)
        .map_err(|error| match error {
            AutomergeError::DuplicateSeqNumber(..) => Unfit::Refused(Refused::ActorFork),
            _ => Unfit::Refused(Refused::Invalid),
        })?;
    let saved = scratch.save();
    if saved.len() > MAX_SAVED {
        return Err(Unfit::Refused(Refused::TooLarge));
    }
    match Replica::load(Some(&saved), []) {
        Ok(loaded) if loaded.heads() == scratch.heads() => Ok(scratch),
        _ => Err(Unfit::Refused(Refused::Invalid)),
    }
}

fn check_missing(replica: &Replica, changes: &[Change]) -> Result<(), Unfit> {
    let mut known = HashSet::new();
    let mut missing = Vec::new();
    for change in changes {
        let absent = change
            .deps()
            .iter()
            .filter(|hash| !known.contains(&hash.0) && !replica.holds(&hash.0));
        for hash in absent {
            if !missing.contains(&hash.0) {
                missing.push(hash.0);
            }
        }
        known.insert(change.hash().0);
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Unfit::Missing(missing))
    }
}
