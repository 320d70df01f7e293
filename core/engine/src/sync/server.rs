//! The server's side of an upload: which groups are taken, and what the documents are afterwards. Pure: no storage, no clock.
//!
//! The caller reads the [`Plan`] of a request, looks up what it holds that bears on it ([`Holdings`]), and gets back what to
//! store ([`Merge`]). Nothing is half done: the caller writes all of it in one transaction or nothing.
//!
//! *What stands or falls together.* A group is refused or taken as a whole, over all its documents. A run's signature covers
//! every change of the run, so groups that share a run stand or fall together too, and so do groups whose order in the
//! request is interwoven over one document. Such a set is a *bundle*; one refused group refuses its bundle, and no other.

mod bundle;
mod plan;
mod replica;
mod trial;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

pub use plan::{MalformedUpload, Plan};
pub use replica::{Replica, Unloadable, change_hash, change_message};

use super::wire::{DocumentKind, Verdict, WireCreation, WireDevice, WireRequest, WireVerdict};
use crate::identity::{Author, DevicePublicKey, Envelope, ReceiptKey};
use crate::ids::{DeviceId, DocumentId, ScopeId, WorkerId};

/// Most bytes of changes, unpacked, that one request may upload, each run counted as [`RUN_SIZE`]. So whatever one request stored fits in one page again.
pub const MAX_UPLOAD: usize = 3 * 1024 * 1024;
/// What a run counts for in [`MAX_UPLOAD`] and in a page besides its changes, in bytes.
pub const RUN_SIZE: usize = 160;
/// Most bytes a document may have when saved. So a snapshot fits in one page.
pub const MAX_SAVED: usize = 3 * 1024 * 1024;
/// Most bytes of a snapshot that travels without being deflated by itself. Well below what the guard lets a snapshot have.
pub const MAX_PLAIN: usize = 8 * 1024 * 1024;
/// Most changes that one request may upload.
pub const MAX_CHANGES: usize = 20_000;
/// Most documents that one request may name.
pub const MAX_DOCUMENTS: usize = 1_000;
/// Most documents that one request's ladder may name.
pub const MAX_RUNGS: usize = 100_000;

/// What the server holds that bears on one request.
#[derive(Debug, Clone)]
pub struct Holdings {
    /// Who sends the request. Its signature was checked before.
    pub sender: DeviceId,
    /// The enrolled devices among the sender and those that [`Plan::signers`] names.
    pub signers: HashMap<DeviceId, Signer>,
    /// The devices that the request shows and nobody is enrolled as, by device and with a key of their own each.
    pub shown: HashMap<DeviceId, WireDevice>,
    /// The documents of the request that exist, whoever may see them.
    pub documents: HashMap<DocumentId, Held>,
    /// Who of the signers may write where, for every scope that the request could touch.
    pub writers: HashSet<(WorkerId, ScopeId)>,
    /// Who of them leads where.
    pub leads: HashSet<(WorkerId, ScopeId)>,
    /// By which the server recognises what it took before.
    pub receipts: ReceiptKey,
}

/// A device whose signatures count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signer {
    /// The device and its worker.
    pub author: Author,
    /// The device's key.
    pub key: DevicePublicKey,
    /// Whether the device was revoked: of its work only what the server took before is taken from others.
    pub revoked: bool,
}

impl Signer {
    fn shown(device: &WireDevice) -> Self {
        Self {
            author: Author {
                worker: device.worker,
                device: device.device,
            },
            key: device.key,
            revoked: false,
        }
    }
}

/// One stored document.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its kind.
    pub kind: DocumentKind,
    /// Its scope.
    pub scope: ScopeId,
    /// How many bytes its snapshot and the changes behind that take.
    pub bytes: usize,
    /// The document itself; may be left out where the sender may not write.
    pub replica: Option<Arc<Replica>>,
}

/// What is to be stored, and what to answer.
#[derive(Debug, Default)]
pub struct Merge {
    /// Of the groups that are not stored.
    pub verdicts: Vec<WireVerdict>,
    /// Documents with something new, in the order of the request.
    pub documents: Vec<MergedDocument>,
    /// Groups that are stored now or were before, as indexes into the request's groups.
    pub stored: Vec<u32>,
    /// Devices that the server forgot when it was set back: work it once took from them came back. They are to be made known again
    /// before what they signed is stored.
    pub returned: Vec<WireDevice>,
}

/// One document after the merge.
#[derive(Debug)]
pub struct MergedDocument {
    /// The document.
    pub id: DocumentId,
    /// Its scope.
    pub scope: ScopeId,
    /// Given when the document is new.
    pub creates: Option<WireCreation>,
    /// Who signed for its first change. Who creates a case leads it, whoever brought it.
    pub creator: Option<Author>,
    /// What is new in it, in the order uploaded.
    pub changes: Vec<MergedChange>,
    /// The signatures that cover the new changes; each may cover changes that were stored before.
    pub runs: Vec<SignedRun>,
    /// The document with the new changes in it.
    pub replica: Arc<Replica>,
}

/// One change to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedChange {
    /// Automerge's hash.
    pub hash: [u8; 32],
    /// The actor.
    pub actor: Vec<u8>,
    /// The actor's count.
    pub actor_seq: u64,
    /// Which of [`MergedDocument::runs`] covers it.
    pub run: usize,
    /// The chunk as it came.
    pub bytes: Vec<u8>,
}

/// One run whose signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRun {
    /// The signature and what it says.
    pub envelope: Envelope,
    /// The changes it covers, in order.
    pub changes: Vec<[u8; 32]>,
    /// How many bytes those changes have together.
    pub bytes: usize,
}

impl Merge {
    /// Takes nothing of a request: its groups are to be sent again.
    pub fn nothing(request: &WireRequest) -> Self {
        let verdict = |group| WireVerdict {
            group,
            verdict: Verdict::Resubmit,
        };
        let groups = u32::try_from(request.groups.len()).unwrap_or(u32::MAX);
        Self {
            verdicts: (0..groups).map(verdict).collect(),
            ..Self::default()
        }
    }
}

/// Merges the uploads of `request` into what the server holds.
pub fn merge(request: &WireRequest, plan: &Plan, holdings: &Holdings) -> Merge {
    let mut merging = Merging::new(request, plan, holdings);
    merging.take_all(plan.bundles());
    merging.finish()
}

/// A merge under way.
struct Merging<'a> {
    request: &'a WireRequest,
    plan: &'a Plan,
    holdings: &'a Holdings,
    /// By index of the document in the request.
    staged: BTreeMap<usize, Staged>,
    /// Scopes that bundles taken so far created, which their creator may write.
    created: HashSet<ScopeId>,
    /// Devices that bundles taken so far have shown to be the server's own.
    returned: BTreeMap<DeviceId, WireDevice>,
    /// Changes of groups that were not taken.
    left_out: HashSet<[u8; 32]>,
    verdicts: BTreeMap<usize, Verdict>,
}

/// What a bundle comes to that is taken.
struct Taken {
    documents: Vec<(usize, Staged)>,
    returned: BTreeMap<DeviceId, WireDevice>,
}

/// One document with the bundles taken so far.
#[derive(Debug, Clone)]
struct Staged {
    scope: ScopeId,
    creates: Option<WireCreation>,
    replica: Arc<Replica>,
    /// How many bytes the document takes to store, at most.
    bytes: usize,
    changes: Vec<MergedChange>,
    runs: Vec<SignedRun>,
}

impl<'a> Merging<'a> {
    fn new(request: &'a WireRequest, plan: &'a Plan, holdings: &'a Holdings) -> Self {
        Self {
            request,
            plan,
            holdings,
            staged: BTreeMap::new(),
            created: HashSet::new(),
            returned: BTreeMap::new(),
            left_out: HashSet::new(),
            verdicts: BTreeMap::new(),
        }
    }

    /// Takes bundle after bundle. Where one leaves too many heads, a later one may join them: once the rest is tried as a
    /// whole.
    fn take_all(&mut self, bundles: &[plan::Bundle]) {
        let mut joined = false;
        for (number, bundle) in bundles.iter().enumerate() {
            match self.attempt(bundle) {
                Ok(taken) => self.accept(taken),
                Err(verdicts) => {
                    let crowded = verdicts.values().any(|why| *why == Verdict::TooManyHeads);
                    let rest = bundles.get(number..).unwrap_or_default();
                    if crowded
                        && !std::mem::replace(&mut joined, true)
                        && let Ok(taken) = self.attempt(&plan::Bundle::joined(rest))
                    {
                        return self.accept(taken);
                    }
                    self.leave_out(bundle, verdicts);
                }
            }
        }
    }

    fn accept(&mut self, taken: Taken) {
        let creations = taken.documents.iter();
        let creations = creations.filter_map(|(_, staged)| staged.creates);
        self.created
            .extend(creations.map(|creation| creation.scope));
        self.staged.extend(taken.documents);
        self.returned.extend(taken.returned);
    }

    fn leave_out(&mut self, bundle: &plan::Bundle, mut verdicts: BTreeMap<usize, Verdict>) {
        for &group in &bundle.groups {
            if !verdicts.contains_key(&group) && !self.is_held(group) {
                verdicts.insert(group, Verdict::Resubmit);
            }
        }
        for group in verdicts.keys() {
            let hashes = self
                .plan
                .changes_of(*group)
                .filter_map(|place| self.plan.hash(place));
            self.left_out.extend(hashes);
        }
        self.verdicts.append(&mut verdicts);
    }

    fn creator(&self, staged: &Staged) -> Option<Author> {
        staged.creates?;
        let first = staged.runs.first()?;
        let signer = self.signer(first.envelope.device, &self.returned)?;
        Some(signer.author)
    }

    /// A device whose signatures count: one that is enrolled, or one that was and is `returned`.
    fn signer(
        &self,
        device: DeviceId,
        returned: &BTreeMap<DeviceId, WireDevice>,
    ) -> Option<Signer> {
        let enrolled = self.holdings.signers.get(&device).copied();
        enrolled.or_else(|| returned.get(&device).map(Signer::shown))
    }

    fn finish(self) -> Merge {
        let stored =
            (0..self.request.groups.len()).filter(|group| !self.verdicts.contains_key(group));
        let documents = self
            .staged
            .iter()
            .filter(|(_, staged)| !staged.changes.is_empty());
        Merge {
            stored: stored
                .filter_map(|group| u32::try_from(group).ok())
                .collect(),
            documents: documents
                .filter_map(|(index, staged)| {
                    Some((self.request.documents.get(*index)?.document, staged.clone()))
                })
                .map(|(id, staged)| MergedDocument {
                    id,
                    creator: self.creator(&staged),
                    scope: staged.scope,
                    creates: staged.creates,
                    changes: staged.changes,
                    runs: staged.runs,
                    replica: staged.replica,
                })
                .collect(),
            verdicts: self
                .verdicts
                .into_iter()
                .filter_map(|(group, verdict)| {
                    let group = u32::try_from(group).ok()?;
                    Some(WireVerdict { group, verdict })
                })
                .collect(),
            returned: self.returned.into_values().collect(),
        }
    }
}
