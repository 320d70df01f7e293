//! How an upload hangs together: which change belongs to which group and run, and which groups stand or fall together.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::{MAX_CHANGES, MAX_DOCUMENTS, MAX_RUNGS, MAX_UPLOAD, RUN_SIZE};
use crate::ids::DeviceId;
use crate::sync::wire::{WireGroup, WirePart, WireRequest, WireUpload};

/// An upload whose parts do not fit together, so that nothing of it can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedUpload {
    /// Groups or runs do not cover the changes exactly, or a document is named twice or without changes.
    #[error("groups and runs do not cover the changes")]
    Uncovered,
    /// Past [`MAX_UPLOAD`], [`MAX_CHANGES`] or [`MAX_DOCUMENTS`].
    #[error("upload is past a limit")]
    TooLarge,
}

/// After so many passes everything is one bundle: no honest upload is woven that deep, and a crafted one shall not cost more.
const MOST_PASSES: usize = 64;

/// One change of a request: index of the document, index of the change in it.
pub(super) type Place = (usize, usize);

/// How one request's upload hangs together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    documents: Vec<DocumentPlan>,
    /// The changes of each group.
    groups: Vec<Vec<Place>>,
    bundles: Vec<Bundle>,
    signers: BTreeSet<DeviceId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct DocumentPlan {
    /// The group of each change.
    groups: Vec<usize>,
    /// The changes of each run.
    runs: Vec<Range<usize>>,
    hashes: Vec<[u8; 32]>,
}

/// Groups that stand or fall together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Bundle {
    /// In the order of the request.
    pub(super) groups: Vec<usize>,
    /// By index of the document, the indexes of the runs.
    pub(super) runs: BTreeMap<usize, Vec<usize>>,
}

impl Bundle {
    /// Several bundles that follow each other, as one.
    pub(super) fn joined(bundles: &[Self]) -> Self {
        let mut all = Self::default();
        for bundle in bundles {
            all.groups.extend(&bundle.groups);
            for (document, runs) in &bundle.runs {
                all.runs.entry(*document).or_default().extend(runs);
            }
        }
        all.groups.sort_unstable();
        all.runs.values_mut().for_each(|runs| runs.sort_unstable());
        all
    }
}

impl Plan {
    /// Reads how the upload of a request hangs together.
    ///
    /// # Errors
    /// - [`MalformedUpload`]: the request as a whole cannot be taken.
    pub fn of(request: &WireRequest) -> Result<Self, MalformedUpload> {
        check_limits(request)?;
        let groups = assign_groups(request)?;
        let documents = request
            .documents
            .iter()
            .zip(groups)
            .map(|(upload, groups)| DocumentPlan::of(upload, groups))
            .collect::<Result<Vec<_>, _>>()?;
        let bundles = bundle(&documents, request.groups.len());
        let mut groups = vec![Vec::new(); request.groups.len()];
        for (index, document) in documents.iter().enumerate() {
            for (change, group) in document.groups.iter().enumerate() {
                let places: Option<&mut Vec<Place>> = groups.get_mut(*group);
                places
                    .into_iter()
                    .for_each(|places| places.push((index, change)));
            }
        }
        let runs = request.documents.iter().flat_map(|upload| &upload.runs);
        Ok(Self {
            documents,
            groups,
            bundles,
            signers: runs.filter_map(|run| run.device).collect(),
        })
    }

    /// The devices besides the sender that signed runs.
    pub fn signers(&self) -> impl Iterator<Item = DeviceId> {
        self.signers.iter().copied()
    }

    /// Which changes a group brings: index of the document in the request, and the hash.
    pub fn group(&self, group: usize) -> impl Iterator<Item = (usize, [u8; 32])> {
        self.changes_of(group)
            .filter_map(|place| Some((place.0, self.hash(place)?)))
    }

    /// The bundles that touch only documents for which `inside` says so, by their index in the request.
    pub fn bundles_within(&self, inside: impl Fn(usize) -> bool) -> Vec<usize> {
        let within =
            |(_, bundle): &(usize, &Bundle)| bundle.runs.keys().all(|index| inside(*index));
        let bundles = self.bundles.iter().enumerate().filter(within);
        bundles.map(|(number, _)| number).collect()
    }

    /// How many bundles there are.
    pub fn bundle_count(&self) -> usize {
        self.bundles.len()
    }

    /// The part of the request that these bundles are, as a request that uploads nothing else, and for each of its groups the
    /// index of that group in the request. It shows no devices: only what is taken at once makes them known again.
    pub fn part(&self, request: &WireRequest, bundles: &[usize]) -> (WireRequest, Vec<usize>) {
        let mut runs: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        let mut groups = BTreeSet::new();
        for bundle in bundles
            .iter()
            .filter_map(|number| self.bundles.get(*number))
        {
            groups.extend(bundle.groups.iter().copied());
            for (index, numbers) in &bundle.runs {
                runs.entry(*index).or_default().extend(numbers);
            }
        }
        let places: BTreeMap<usize, usize> = runs.keys().copied().zip(0..).collect();
        let uploads = runs.iter().filter_map(|(index, numbers)| {
            let upload = request.documents.get(*index)?;
            Some(self.part_of_upload(*index, upload, numbers))
        });
        let part = WireRequest {
            version: request.version,
            cursor: None,
            documents: uploads.collect(),
            groups: groups
                .iter()
                .filter_map(|group| request.groups.get(*group))
                .map(|group| placed_anew(group, &places))
                .collect(),
            actions: Vec::new(),
            ladder: None,
            budget: 0,
            wanted: Vec::new(),
            signers: Vec::new(),
        };
        (part, groups.into_iter().collect())
    }

    fn part_of_upload(
        &self,
        index: usize,
        upload: &WireUpload,
        runs: &BTreeSet<usize>,
    ) -> WireUpload {
        let changes = runs.iter().flat_map(|run| self.run(index, *run));
        WireUpload {
            document: upload.document,
            creates: upload.creates,
            changes: changes
                .filter_map(|change| upload.changes.get(change).cloned())
                .collect(),
            runs: runs
                .iter()
                .filter_map(|run| upload.runs.get(*run).cloned())
                .collect(),
        }
    }

    pub(super) fn bundles(&self) -> &[Bundle] {
        &self.bundles
    }

    pub(super) fn group_of(&self, (document, change): Place) -> Option<usize> {
        self.documents.get(document)?.groups.get(change).copied()
    }

    pub(super) fn hash(&self, (document, change): Place) -> Option<[u8; 32]> {
        self.documents.get(document)?.hashes.get(change).copied()
    }

    pub(super) fn run(&self, document: usize, run: usize) -> Range<usize> {
        let plan = self.documents.get(document);
        plan.and_then(|plan| plan.runs.get(run))
            .cloned()
            .unwrap_or(0..0)
    }

    /// The changes of one group, document by document.
    pub(super) fn changes_of(&self, group: usize) -> impl Iterator<Item = Place> {
        self.groups.get(group).into_iter().flatten().copied()
    }
}

impl DocumentPlan {
    fn of(upload: &WireUpload, groups: Vec<usize>) -> Result<Self, MalformedUpload> {
        let mut runs = Vec::new();
        let mut start = 0;
        for run in &upload.runs {
            let count = usize::try_from(run.count).map_err(|_| MalformedUpload::Uncovered)?;
            let end = start + count;
            if count == 0 || end > upload.changes.len() {
                return Err(MalformedUpload::Uncovered);
            }
            runs.push(start..end);
            start = end;
        }
        if start != upload.changes.len() || groups.len() != start {
            return Err(MalformedUpload::Uncovered);
        }
        let hashes: Vec<_> = upload
            .changes
            .iter()
            .map(|bytes| claimed_hash(bytes))
            .collect();
        if hashes.iter().collect::<BTreeSet<_>>().len() != hashes.len() {
            return Err(MalformedUpload::Uncovered);
        }
        Ok(Self {
            groups,
            runs,
            hashes,
        })
    }
}

/// A group whose documents stand at other indexes.
fn placed_anew(group: &WireGroup, places: &BTreeMap<usize, usize>) -> WireGroup {
    let part = |part: &WirePart| {
        let index = usize::try_from(part.document).ok()?;
        Some(WirePart {
            document: u32::try_from(*places.get(&index)?).ok()?,
            count: part.count,
        })
    };
    WireGroup {
        next_on: group.next_on,
        parts: group.parts.iter().filter_map(part).collect(),
    }
}

fn check_limits(request: &WireRequest) -> Result<(), MalformedUpload> {
    let named: BTreeSet<_> = request
        .documents
        .iter()
        .map(|upload| upload.document)
        .collect();
    let changes = request.documents.iter().map(|upload| upload.changes.len());
    let bytes = request
        .documents
        .iter()
        .flat_map(|upload| &upload.changes)
        .map(|bytes| bytes.len());
    let runs = request
        .documents
        .iter()
        .map(|upload| upload.runs.len() * RUN_SIZE);
    if named.len() > MAX_DOCUMENTS
        || changes.clone().sum::<usize>() > MAX_CHANGES
        || request.groups.len() > MAX_CHANGES
        || request
            .ladder
            .as_ref()
            .is_some_and(|rungs| rungs.len() > MAX_RUNGS)
        || request.wanted.len() > MAX_DOCUMENTS
        || request.signers.len() > MAX_CHANGES
        || bytes.chain(runs).sum::<usize>() > MAX_UPLOAD
    {
        return Err(MalformedUpload::TooLarge);
    }
    if named.len() != request.documents.len() || changes.clone().any(|count| count == 0) {
        return Err(MalformedUpload::Uncovered);
    }
    Ok(())
}

/// The group of each change, by document.
fn assign_groups(request: &WireRequest) -> Result<Vec<Vec<usize>>, MalformedUpload> {
    let mut assigned = vec![Vec::new(); request.documents.len()];
    for (index, group) in request.groups.iter().enumerate() {
        if group.parts.is_empty() {
            return Err(MalformedUpload::Uncovered);
        }
        for part in &group.parts {
            let document = usize::try_from(part.document).ok();
            let changes = document.and_then(|document| assigned.get_mut(document));
            let changes = changes.ok_or(MalformedUpload::Uncovered)?;
            let count = usize::try_from(part.count).map_err(|_| MalformedUpload::Uncovered)?;
            if count == 0 || count > MAX_CHANGES {
                return Err(MalformedUpload::Uncovered);
            }
            changes.resize(changes.len() + count, index);
            if changes.len() > MAX_CHANGES {
                return Err(MalformedUpload::Uncovered);
            }
        }
    }
    Ok(assigned)
}

/// Joins groups that share a run, then bundles whose order is interwoven over one document: after that each bundle can be
/// taken after the one before it, whatever depends on what.
fn bundle(documents: &[DocumentPlan], groups: usize) -> Vec<Bundle> {
    let mut sets = Sets((0..groups).collect());
    for document in documents {
        for run in &document.runs {
            let of = document.groups.get(run.clone()).unwrap_or_default();
            of.windows(2).for_each(|pair| sets.join_all(pair));
        }
    }
    let settled = (0..MOST_PASSES).any(|_| !join_interwoven(documents, &mut sets));
    if !settled {
        (1..groups).for_each(|group| sets.join_all(&[0, group]));
    }
    let mut bundles: BTreeMap<usize, Bundle> = BTreeMap::new();
    for group in 0..groups {
        bundles
            .entry(sets.root(group))
            .or_default()
            .groups
            .push(group);
    }
    for (index, document) in documents.iter().enumerate() {
        for (number, run) in document.runs.iter().enumerate() {
            let Some(&group) = document.groups.get(run.start) else {
                continue;
            };
            let bundle = bundles.entry(sets.root(group)).or_default();
            bundle.runs.entry(index).or_default().push(number);
        }
    }
    bundles.into_values().collect()
}

/// Joins two bundles when both touch one document and neither lies wholly before the other. Says whether it joined any.
fn join_interwoven(documents: &[DocumentPlan], sets: &mut Sets) -> bool {
    let mut reach: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for group in 0..sets.0.len() {
        let (_, last) = reach.entry(sets.root(group)).or_insert((group, group));
        *last = group;
    }
    let mut joined = false;
    for document in documents {
        let roots: BTreeSet<usize> = document
            .groups
            .iter()
            .map(|group| sets.root(*group))
            .collect();
        let mut spans: Vec<_> = roots
            .iter()
            .filter_map(|root| Some((*reach.get(root)?, *root)))
            .collect();
        spans.sort_unstable();
        let mut open: Option<(usize, usize)> = None;
        for ((first, last), root) in spans {
            match open {
                Some((end, with)) if first <= end => {
                    joined |= sets.root(with) != sets.root(root);
                    sets.join_all(&[with, root]);
                    open = Some((end.max(last), with));
                }
                _ => open = Some((last, root)),
            }
        }
    }
    joined
}

/// Disjoint sets of groups; a set's root is its lowest group.
struct Sets(Vec<usize>);

impl Sets {
    fn root(&self, mut group: usize) -> usize {
        while let Some(&parent) = self.0.get(group) {
            if parent == group {
                break;
            }
            group = parent;
        }
        group
    }

    fn join_all(&mut self, pair: &[usize]) {
        if let [one, other] = pair {
            let (one, other) = (self.root(*one), self.root(*other));
            if let Some(parent) = self.0.get_mut(one.max(other)) {
                *parent = one.min(other);
            }
        }
    }
}

/// Automerge's hash of a change: SHA-256 over the chunk behind its magic bytes and checksum.
fn claimed_hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes.get(8..).unwrap_or_default()).into()
}

#[cfg(test)]
mod tests {
    use serde_bytes::{ByteArray, ByteBuf};

    use super::*;
    use crate::identity::Session;
    use crate::ids::DocumentId;
    use crate::sync::wire::{WIRE_VERSION, WireGroup, WirePart, WireRun};

    /// A request: for each document the lengths of its runs; for each group the documents it changes once each.
    fn request(documents: &[&[u32]], groups: &[&[u32]]) -> WireRequest {
        let run = |count: &u32| WireRun {
            device: None,
            session: Session([0; 16]),
            count: *count,
            counter: 1,
            wall_ms: 0,
            monotonic_ms: 0,
            signature: ByteArray::new([0; 64]),
            adopted: false,
            receipt: None,
        };
        let upload = |(index, runs): (usize, &&[u32])| WireUpload {
            document: DocumentId::from_bytes([index as u8; 16]),
            creates: None,
            changes: (0..runs.iter().sum())
                .map(|change| ByteBuf::from(vec![change as u8; 20]))
                .collect(),
            runs: runs.iter().map(run).collect(),
        };
        let part = |document: &u32| WirePart {
            document: *document,
            count: 1,
        };
        WireRequest {
            version: WIRE_VERSION,
            cursor: None,
            documents: documents.iter().enumerate().map(upload).collect(),
            groups: groups
                .iter()
                .map(|parts| WireGroup {
                    next_on: None,
                    parts: parts.iter().map(part).collect(),
                })
                .collect(),
            actions: Vec::new(),
            ladder: None,
            budget: 0,
            wanted: Vec::new(),
            signers: Vec::new(),
        }
    }

    fn bundles(request: &WireRequest) -> Vec<Vec<usize>> {
        let plan = Plan::of(request).unwrap();
        plan.bundles
            .into_iter()
            .map(|bundle| bundle.groups)
            .collect()
    }

    #[test]
    fn groups_of_one_run_stand_together_and_others_apart() {
        let apart = request(&[&[1, 1], &[1]], &[&[0], &[1], &[0]]);
        assert_eq!(bundles(&apart), [vec![0], vec![1], vec![2]]);
        let together = request(&[&[2], &[1]], &[&[0], &[1], &[0]]);
        assert_eq!(bundles(&together), [vec![0, 2], vec![1]]);
    }

    #[test]
    fn a_group_over_two_documents_joins_the_runs_of_both() {
        let joined = request(&[&[2], &[2]], &[&[0], &[0, 1], &[1]]);
        assert_eq!(bundles(&joined), [vec![0, 1, 2]]);
    }

    #[test]
    fn bundles_woven_over_one_document_become_one() {
        // The first and third share a run of document 0; the second could need the first and be needed by the third.
        let woven = request(&[&[2], &[1, 1], &[1, 1]], &[&[0, 2], &[2, 1], &[0, 1]]);
        assert_eq!(bundles(&woven), [vec![0, 1, 2]]);
    }

    #[test]
    fn a_part_of_an_upload_hangs_together_as_it_did_in_the_whole() {
        // Bundles: {0, 2} over documents 0 and 2, {1} over document 1, {3} over document 2.
        let whole = request(&[&[2], &[1], &[1, 1]], &[&[0, 2], &[1], &[0], &[2]]);
        let plan = Plan::of(&whole).unwrap();
        assert_eq!(plan.bundle_count(), 3);
        assert_eq!(plan.bundles_within(|index| index != 1), [0, 2]);
        let (part, groups) = plan.part(&whole, &[0, 2]);
        assert_eq!(groups, [0, 2, 3]);
        assert_eq!(bundles(&part), [vec![0, 1], vec![2]]);
        assert_eq!(part.documents[1], whole.documents[2]);
        let (part, groups) = plan.part(&whole, &[2]);
        assert_eq!(groups, [3]);
        assert_eq!(bundles(&part), [vec![0]]);
        assert_eq!(
            part.documents[0].changes[..],
            whole.documents[2].changes[1..]
        );
    }

    #[test]
    fn a_change_sent_twice_is_malformed() {
        let mut twice = request(&[&[2]], &[&[0], &[0]]);
        twice.documents[0].changes[1] = twice.documents[0].changes[0].clone();
        assert_eq!(Plan::of(&twice), Err(MalformedUpload::Uncovered));
    }

    #[test]
    fn the_claimed_hash_is_the_one_automerge_computes() {
        use automerge::transaction::Transactable;
        let mut document = automerge::AutoCommit::new();
        document.put(automerge::ROOT, "key", "value").unwrap();
        document.commit();
        let change = document.get_last_local_change().unwrap();
        assert_eq!(claimed_hash(change.raw_bytes()), change.hash().0);
    }
}
