//! Who proved what: which changes of a document are covered by signatures, and whether those hold.

use std::collections::{BTreeMap, BTreeSet};

use automerge::Change;

use super::wire::WireDevice;
use crate::document::{ChangeHash, Document};
use crate::identity::{Author, Envelope, verify_run};
use crate::ids::DeviceId;

/// What came of checking a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Checked {
    /// It was not: the key of its device was not at hand.
    NotYet,
    /// It does not hold.
    Fails,
    /// It holds.
    Holds,
}

/// What is known of who made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A signature over it was checked on this device and holds.
    Verified,
    /// Not checked on this device: its signature is not here, or not made yet.
    Unchecked,
    /// Its signature is not here, and the server has it neither; a lead may have adopted it.
    Unproven,
    /// Its signature does not hold: somebody else may have made it.
    Failed,
}

/// What is known of each change of a document, by its signatures as they were checked. `unproven` are those that the server,
/// asked for their signatures, had none for.
pub fn proofs(
    document: &Document,
    envelopes: &[(Envelope, Checked)],
    unproven: &BTreeSet<ChangeHash>,
) -> BTreeMap<ChangeHash, Proof> {
    let places = document.places();
    let mut covered: BTreeMap<ChangeHash, Checked> = BTreeMap::new();
    let mut adopted: BTreeSet<ChangeHash> = BTreeSet::new();
    for (envelope, checked) in envelopes {
        if envelope.is_adoption() {
            adopted.extend(places.run(envelope).unwrap_or_default());
            continue;
        }
        for hash in places.run(envelope).unwrap_or_default() {
            let best = covered.entry(hash).or_insert(*checked);
            *best = (*best).max(*checked);
        }
    }
    let proof = |hash: &ChangeHash| match covered.get(hash) {
        Some(Checked::Holds) => Proof::Verified,
        Some(Checked::Fails) => Proof::Failed,
        None if unproven.contains(hash) || adopted.contains(hash) => Proof::Unproven,
        Some(Checked::NotYet) | None => Proof::Unchecked,
    };
    places.hashes().map(|hash| (*hash, proof(hash))).collect()
}

/// Checks signatures against the changes of a document that they cover, where the key of their device is known. Nothing for one
/// that covers changes which are not here.
pub fn check_envelopes(
    document: &Document,
    envelopes: &[Envelope],
    device_of: impl Fn(DeviceId) -> Option<WireDevice>,
) -> Vec<Option<Checked>> {
    let places = document.places();
    let changes: BTreeMap<ChangeHash, Change> = document
        .changes()
        .into_iter()
        .map(|change| (change.hash().0, change))
        .collect();
    let check = |envelope: &Envelope| {
        let run = places.run(envelope)?;
        let Some(device) = device_of(envelope.device) else {
            return Some(Checked::NotYet);
        };
        let author = Author {
            worker: device.worker,
            device: device.device,
        };
        let run: Option<Vec<Change>> = run.iter().map(|hash| changes.get(hash).cloned()).collect();
        let holds = verify_run(envelope, &device.key, &author, &run?).is_ok();
        Some(if holds {
            Checked::Holds
        } else {
            Checked::Fails
        })
    };
    envelopes.iter().map(check).collect()
}
