//! The ladder: how a device finds out what the server lost, and gives it back with its signatures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_bytes::{ByteArray, ByteBuf};

use super::fingerprint;
use super::server::RUN_SIZE;
use super::wire::{WireRun, WireRung};
use crate::document::{ChangeHash, Document, SignableChange};
use crate::identity::{Envelope, Receipt};
use crate::ids::{DeviceId, DocumentId, ScopeId};

/// What a device believes the server to have of a document: these heads.
pub fn rung(scope: ScopeId, document: DocumentId, heads: &[ChangeHash]) -> WireRung {
    let fingerprint = fingerprint(scope, document, heads);
    let first = fingerprint
        .first_chunk::<8>()
        .expect("a fingerprint has 16 bytes");
    WireRung {
        document,
        fingerprint: ByteArray::new(*first),
    }
}

/// Changes that the server lacks, covered by runs, each after what it depends on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lacking {
    /// The changes.
    pub changes: Vec<ByteBuf>,
    /// The signatures over them.
    pub runs: Vec<WireRun>,
    /// How many changes stand or fall together, one group after the other: those that rest on work of the same devices. So what a
    /// server does not take of one device's holds up no work that does not rest on it.
    pub groups: Vec<u32>,
    /// Whether changes are lacking beside these that did not fit.
    pub more: bool,
    /// Changes that are lacking and cannot be given: no signature over them is held, so nobody could tell whose they are.
    pub unproven: BTreeSet<ChangeHash>,
}

/// What a device holds beside a document itself.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The device.
    pub device: DeviceId,
    /// The document's signatures, own and received, with the server's receipts for them.
    pub envelopes: &'a [(Envelope, Option<Receipt>)],
    /// Changes that wait to be sent for the first time: they go their own way.
    pub waiting: &'a BTreeSet<ChangeHash>,
}

/// What the server lacks of a document, whose heads there are `heads`: runs of at most `limit` bytes together, at least one.
///
/// A run may repeat changes that the server has: its signature covers all of them or none.
pub fn lacking(
    document: &Document,
    heads: &[ChangeHash],
    held: &Held<'_>,
    limit: usize,
) -> Lacking {
    let lacking = document.changes_beside(heads);
    let hashes = lacking.iter().map(|change| change.hash);
    let mut missing: BTreeSet<ChangeHash> =
        hashes.filter(|hash| !held.waiting.contains(hash)).collect();
    let mut candidates = runs(document, &missing, held.envelopes);
    // Of two signatures over the same change the author's own is taken, then the one that covers more.
    candidates.sort_by_key(|run| {
        (
            run.envelope.is_adoption(),
            std::cmp::Reverse(run.changes.len()),
        )
    });
    let covered = candidates.iter().flat_map(|run| &run.changes);
    let covered: BTreeSet<ChangeHash> = covered.map(|change| change.hash).collect();
    let mut found = Lacking {
        unproven: missing.difference(&covered).copied().collect(),
        ..Lacking::default()
    };
    let (mut sent, mut bytes) = (BTreeMap::new(), 0);
    let mut given = Vec::new();
    while let Some(run) = next(&mut candidates, &missing, &sent) {
        bytes += RUN_SIZE
            + run
                .changes
                .iter()
                .map(|change| change.bytes.len())
                .sum::<usize>();
        if bytes > limit && !sent.is_empty() {
            break;
        }
        let rests_on = run.rests_on(&sent);
        for change in &run.changes {
            missing.remove(&change.hash);
            sent.insert(change.hash, rests_on.clone());
        }
        given.push((rests_on, run));
    }
    found.add(given, held.device);
    found.more = missing != found.unproven;
    found
}

impl Lacking {
    /// Adds runs, those first that rest on few devices. What a run follows rests on the same devices or on fewer, so it stays before
    /// it.
    fn add(&mut self, mut given: Vec<(Signers, Run)>, sender: DeviceId) {
        let order = |(rests_on, _): &(Signers, Run)| (rests_on.len(), Signers::clone(rests_on));
        given.sort_by_cached_key(order);
        for together in given.chunk_by(|(one, _), (other, _)| one == other) {
            let changes = together.iter().flat_map(|(_, run)| &run.changes);
            let count = u32::try_from(changes.clone().count()).unwrap_or(u32::MAX);
            self.groups.push(count);
            self.changes
                .extend(changes.map(|change| ByteBuf::from(change.bytes.as_slice())));
            let runs = together.iter().map(|(_, run)| run);
            self.runs
                .extend(runs.map(|run| WireRun::of(&run.envelope, Some(sender), run.receipt)));
        }
    }
}

/// The devices that signed a run and all that it follows, as far as the server lacks that.
type Signers = Arc<BTreeSet<DeviceId>>;

struct Run {
    envelope: Envelope,
    receipt: Option<Receipt>,
    changes: Vec<SignableChange>,
}

impl Run {
    fn rests_on(&self, sent: &BTreeMap<ChangeHash, Signers>) -> Signers {
        let follows = self.changes.iter().flat_map(|change| &change.dependencies);
        let before: BTreeSet<&Signers> = follows.filter_map(|hash| sent.get(hash)).collect();
        let before = before.into_iter().flat_map(|signers| signers.iter());
        let own = std::iter::once(&self.envelope.device);
        Arc::new(own.chain(before).copied().collect())
    }
}

/// The runs that cover something that is missing.
fn runs(
    document: &Document,
    missing: &BTreeSet<ChangeHash>,
    envelopes: &[(Envelope, Option<Receipt>)],
) -> Vec<Run> {
    let places = document.places();
    let changes = document.changes_beside(&[]).into_iter();
    let changes: BTreeMap<ChangeHash, SignableChange> =
        changes.map(|change| (change.hash, change)).collect();
    let run = |(envelope, receipt): &(Envelope, Option<Receipt>)| {
        let run = places.run(envelope)?;
        let covered = run.iter().map(|hash| changes.get(hash).cloned());
        let changes = covered.collect::<Option<Vec<_>>>()?;
        let wanted = changes.iter().any(|change| missing.contains(&change.hash));
        wanted.then(|| Run {
            envelope: envelope.clone(),
            receipt: *receipt,
            changes,
        })
    };
    envelopes.iter().filter_map(run).collect()
}

/// Takes out the first run that the server can take now: what it follows is there, and it repeats nothing of this upload.
fn next(
    candidates: &mut Vec<Run>,
    missing: &BTreeSet<ChangeHash>,
    sent: &BTreeMap<ChangeHash, Signers>,
) -> Option<Run> {
    let fits = |run: &Run| {
        let own: BTreeSet<ChangeHash> = run.changes.iter().map(|change| change.hash).collect();
        let there = |hash: &ChangeHash| own.contains(hash) || !missing.contains(hash);
        own.iter().any(|hash| missing.contains(hash))
            && !own.iter().any(|hash| sent.contains_key(hash))
            && run
                .changes
                .iter()
                .all(|change| change.dependencies.iter().all(there))
    };
    let at = candidates.iter().position(fits)?;
    Some(candidates.remove(at))
}
