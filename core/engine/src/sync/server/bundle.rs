//! Judging one bundle: rights, then signatures, then a trial of the document, and whom to blame.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use automerge::Change;

use super::plan::{Bundle, Place};
use super::trial::{Unfit, admit, trial};
use super::{MergedChange, Merging, SignedRun, Signer, Staged, Taken};
use crate::identity::{Envelope, EnvelopeError, Receipt, verify_run};
use crate::ids::{DeviceId, ScopeId, WorkerId};
use crate::sync::wire::{DocumentKind, Refused, Verdict, WireCreation, WireDevice, WireUpload};

/// Verdicts of groups, the first one each.
type Verdicts = BTreeMap<usize, Verdict>;

/// What is learnt of a bundle's changes on the way.
#[derive(Default)]
struct Reading {
    changes: HashMap<Place, Change>,
    /// By document.
    runs: BTreeMap<usize, Vec<(usize, SignedRun)>>,
    bases: BTreeMap<usize, Staged>,
    /// Devices that the server knows again, by this bundle or by one taken before.
    returned: BTreeMap<DeviceId, WireDevice>,
}

/// One run as it came, with its changes.
struct Run {
    envelope: Envelope,
    receipt: Option<Receipt>,
    scope: ScopeId,
    changes: Vec<Change>,
}

impl Merging<'_> {
    /// What the bundle's documents are with it, or why not.
    pub(super) fn attempt(&self, bundle: &Bundle) -> Result<Taken, Verdicts> {
        let mut reading = Reading::default();
        self.open(bundle, &mut reading)?;
        self.read(bundle, &mut reading)?;
        self.recognise(bundle, &mut reading);
        self.prove(bundle, &mut reading)?;
        match self.apply(bundle, &reading) {
            Ok(documents) => Ok(Taken {
                documents,
                returned: reading.returned,
            }),
            Err(()) => Err(self.blame(bundle, &reading)),
        }
    }

    /// Whether every change of a group is in its document already, where the sender may write.
    pub(super) fn is_held(&self, group: usize) -> bool {
        self.plan.changes_of(group).all(|place| {
            let base = self.base(place.0);
            let hash = self.plan.hash(place);
            base.zip(hash)
                .is_some_and(|(base, hash)| base.replica.holds(&hash))
        })
    }

    fn open(&self, bundle: &Bundle, reading: &mut Reading) -> Result<(), Verdicts> {
        // A case may be created in the same bundle as its notes, so cases are opened first.
        let mut verdicts = Verdicts::new();
        let (cases, others): (Vec<usize>, Vec<usize>) = bundle
            .runs
            .keys()
            .partition(|index| self.creates_case(**index).is_some());
        let fresh: Vec<ScopeId> = cases
            .iter()
            .filter_map(|index| self.creates_case(*index))
            .collect();
        for index in cases.into_iter().chain(others) {
            let base = self.base(index).or_else(|| self.created(index, &fresh));
            match base {
                Some(base) => drop(reading.bases.insert(index, base)),
                None => self.blame_document(bundle, index, Refused::NotAllowed, &mut verdicts),
            }
        }
        none_or(verdicts)
    }

    fn read(&self, bundle: &Bundle, reading: &mut Reading) -> Result<(), Verdicts> {
        let mut verdicts = Verdicts::new();
        for (index, change) in self.places(bundle) {
            let Some(bytes) = self
                .upload(index)
                .and_then(|upload| upload.changes.get(change))
            else {
                continue;
            };
            match admit(bytes) {
                Ok(admitted) if self.plan.hash((index, change)) != Some(admitted.hash().0) => {
                    self.blame_change(
                        (index, change),
                        Verdict::Refused(Refused::Invalid),
                        &mut verdicts,
                    );
                }
                Ok(admitted) => drop(reading.changes.insert((index, change), admitted)),
                Err(unfit) => self.blame_change((index, change), unfit.into(), &mut verdicts),
            }
        }
        none_or(verdicts)
    }

    /// Finds the devices that this server forgot when it was set back, by what it once took from them.
    fn recognise(&self, bundle: &Bundle, reading: &mut Reading) {
        reading.returned.clone_from(&self.returned);
        for (&index, runs) in &bundle.runs {
            for &run in runs {
                let run = self.run_of(index, run, reading);
                if let Some(device) = run.and_then(|run| self.returning(&run)) {
                    reading.returned.insert(device.device, device.clone());
                }
            }
        }
    }

    /// The device that is shown as the one that made a run, if this server once took the run from just that device, key and worker:
    /// it gave a receipt for it in this organisation, the signature holds under the key, from which the actor derives too, and the
    /// run has the actor's first change, which names device and worker. A run without it would leave open whose the device is.
    fn returning(&self, run: &Run) -> Option<&WireDevice> {
        let shown = self.holdings.shown.get(&run.envelope.device)?;
        let given = run.receipt.as_ref().is_some_and(|receipt| {
            let receipts = &self.holdings.receipts;
            receipts.knows_here(run.scope, &run.envelope, receipt)
        });
        let begins = run.changes.first().is_some_and(|first| first.seq() == 1);
        let signer = Signer::shown(shown);
        let holds = given
            && begins
            && !run.envelope.is_adoption()
            && verify_run(&run.envelope, &signer.key, &signer.author, &run.changes).is_ok();
        holds.then_some(shown)
    }

    fn run_of(&self, index: usize, run: usize, reading: &Reading) -> Option<Run> {
        let range = self.plan.run(index, run);
        let upload = self.upload(index)?;
        let wire = upload.runs.get(run)?;
        let changes: Vec<Change> = range
            .filter_map(|change| reading.changes.get(&(index, change)).cloned())
            .collect();
        let last = changes.last()?.hash().0;
        Some(Run {
            envelope: wire.envelope(upload.document, last, self.holdings.sender),
            receipt: wire.receipt.map(|receipt| receipt.into_array()),
            scope: reading.bases.get(&index)?.scope,
            changes,
        })
    }

    fn prove(&self, bundle: &Bundle, reading: &mut Reading) -> Result<(), Verdicts> {
        let mut verdicts = Verdicts::new();
        for (&index, runs) in &bundle.runs {
            for &run in runs {
                match self.prove_run(index, run, reading) {
                    Ok(signed) => reading.runs.entry(index).or_default().push((run, signed)),
                    Err((refused, position)) => {
                        let range = self.plan.run(index, run);
                        let blamed = match position {
                            Some(position) => range.start + position..range.start + position + 1,
                            None => range,
                        };
                        for change in blamed {
                            self.blame_change(
                                (index, change),
                                Verdict::Refused(refused),
                                &mut verdicts,
                            );
                        }
                    }
                }
            }
        }
        none_or(verdicts)
    }

    /// Checks who made a run and that he may; on failure says whether one change of it is to blame.
    fn prove_run(
        &self,
        index: usize,
        run: usize,
        reading: &Reading,
    ) -> Result<SignedRun, (Refused, Option<usize>)> {
        let invalid = (Refused::Invalid, None);
        let Run {
            envelope,
            receipt,
            scope,
            changes,
        } = self.run_of(index, run, reading).ok_or(invalid)?;
        let signer = self
            .signer(envelope.device, &reading.returned)
            .ok_or(invalid)?;
        let known =
            receipt.is_some_and(|receipt| self.holdings.receipts.knows(scope, &envelope, &receipt));
        if !known && !self.may_sign(&signer, &envelope, scope, reading) {
            return Err((Refused::NotAllowed, None));
        }
        verify_run(&envelope, &signer.key, &signer.author, &changes)
            .map_err(|error| (Refused::Invalid, position(&error)))?;
        Ok(SignedRun {
            envelope,
            changes: changes.iter().map(|change| change.hash().0).collect(),
            bytes: changes.iter().map(|change| change.raw_bytes().len()).sum(),
        })
    }

    /// Whether a run that the server never took may come under this signature.
    fn may_sign(
        &self,
        signer: &Signer,
        envelope: &Envelope,
        scope: ScopeId,
        reading: &Reading,
    ) -> bool {
        let worker = signer.author.worker;
        if signer.revoked && envelope.device != self.holdings.sender {
            return false;
        }
        let newly = reading.bases.values().filter_map(|base| base.creates);
        let creates = self.sender() == Some(worker)
            && (newly.map(|new| new.scope).any(|new| new == scope)
                || self.created.contains(&scope));
        let stands = match envelope.is_adoption() {
            true => self.holdings.leads.contains(&(worker, scope)),
            false => self.holdings.writers.contains(&(worker, scope)),
        };
        creates || stands
    }

    /// Tries each document once with everything the bundle brings.
    fn apply(&self, bundle: &Bundle, reading: &Reading) -> Result<Vec<(usize, Staged)>, ()> {
        bundle
            .runs
            .keys()
            .map(|&index| {
                let base = reading.bases.get(&index).ok_or(())?;
                let places: Vec<Place> = self
                    .places(bundle)
                    .filter(|place| place.0 == index)
                    .collect();
                let changes = gather(&places, reading);
                let (replica, bytes) =
                    trial(&base.replica, base.bytes, &changes).map_err(|_| ())?;
                let staged = self.stage(base, index, reading);
                Ok((
                    index,
                    Staged {
                        replica: Arc::new(replica),
                        bytes,
                        ..staged
                    },
                ))
            })
            .collect()
    }

    fn stage(&self, base: &Staged, index: usize, reading: &Reading) -> Staged {
        let mut staged = base.clone();
        for (run, signed) in reading.runs.get(&index).into_iter().flatten() {
            let fresh: Vec<Place> = self
                .plan
                .run(index, *run)
                .map(|change| (index, change))
                .filter(|place| {
                    self.plan
                        .hash(*place)
                        .is_some_and(|hash| !base.replica.holds(&hash))
                })
                .collect();
            if fresh.is_empty() {
                continue;
            }
            let number = staged.runs.len();
            staged.runs.push(signed.clone());
            for change in gather(&fresh, reading) {
                staged.changes.push(MergedChange {
                    hash: change.hash().0,
                    actor: change.actor_id().to_bytes().to_vec(),
                    actor_seq: change.seq(),
                    run: number,
                    bytes: change.raw_bytes().to_vec(),
                });
            }
        }
        staged
    }

    /// The groups that lack something; if none does, the first group that does not fit.
    fn blame(&self, bundle: &Bundle, reading: &Reading) -> Verdicts {
        let lacking = self.blame_lacking(bundle, reading);
        if !lacking.is_empty() {
            return lacking;
        }
        let (mut fits, mut fails) = (0, bundle.groups.len());
        let mut unfit = Unfit::Refused(Refused::Invalid);
        while fits + 1 < fails {
            let middle = fits.midpoint(fails);
            match self.try_first(bundle, middle, reading) {
                Ok(()) => fits = middle,
                Err(why) => (fails, unfit) = (middle, why),
            }
        }
        if fails == bundle.groups.len() {
            let whole = self.try_first(bundle, fails, reading);
            unfit = whole.err().unwrap_or(unfit);
        }
        let guilty = bundle.groups.get(fits).copied();
        guilty
            .map(|group| (group, self.verdict(unfit, &Verdicts::new())))
            .into_iter()
            .collect()
    }

    fn blame_lacking(&self, bundle: &Bundle, reading: &Reading) -> Verdicts {
        let mut verdicts = Verdicts::new();
        let mut known: HashSet<(usize, [u8; 32])> = HashSet::new();
        for &group in &bundle.groups {
            let (mut missing, mut own) = (Vec::new(), HashSet::new());
            for place in self.plan.changes_of(group) {
                let Some(change) = reading.changes.get(&place) else {
                    continue;
                };
                let Some(base) = reading.bases.get(&place.0) else {
                    continue;
                };
                for hash in change.deps().iter().map(|hash| hash.0) {
                    let key = (place.0, hash);
                    if !known.contains(&key) && !own.contains(&key) && !base.replica.holds(&hash) {
                        missing.push(hash);
                    }
                }
                own.insert((place.0, change.hash().0));
            }
            if missing.is_empty() {
                known.extend(own);
            } else {
                missing.sort_unstable();
                missing.dedup();
                verdicts.insert(group, self.verdict(Unfit::Missing(missing), &verdicts));
            }
        }
        verdicts
    }

    /// Tries the first `count` groups of the bundle.
    fn try_first(&self, bundle: &Bundle, count: usize, reading: &Reading) -> Result<(), Unfit> {
        let mut parts: BTreeMap<usize, Vec<Place>> = BTreeMap::new();
        for place in bundle
            .groups
            .iter()
            .take(count)
            .flat_map(|group| self.plan.changes_of(*group))
        {
            parts.entry(place.0).or_default().push(place);
        }
        for (index, places) in parts {
            let base = reading
                .bases
                .get(&index)
                .ok_or(Unfit::Refused(Refused::Invalid))?;
            trial(&base.replica, base.bytes, &gather(&places, reading))?;
        }
        Ok(())
    }

    /// Missing changes that this very request brought and that were left out need no second sending.
    fn verdict(&self, unfit: Unfit, verdicts: &Verdicts) -> Verdict {
        let Unfit::Missing(hashes) = unfit else {
            return unfit.into();
        };
        let beside = |hash: &[u8; 32]| {
            let mut places = verdicts
                .keys()
                .flat_map(|group| self.plan.changes_of(*group));
            places.any(|place| self.plan.hash(place) == Some(*hash))
        };
        let lacking: Vec<_> = hashes
            .into_iter()
            .filter(|hash| !self.left_out.contains(hash) && !beside(hash))
            .collect();
        if lacking.is_empty() {
            Verdict::Resubmit
        } else {
            Unfit::Missing(lacking).into()
        }
    }

    /// The document as earlier bundles left it, if it exists and the sender may write it.
    fn base(&self, index: usize) -> Option<Staged> {
        let upload = self.upload(index)?;
        if let Some(staged) = self.staged.get(&index) {
            return Some(staged.clone());
        }
        let held = self.holdings.documents.get(&upload.document)?;
        let same = upload.creates.is_none_or(|creation| {
            creation
                == WireCreation {
                    kind: held.kind,
                    scope: held.scope,
                }
        });
        if !same || !self.may_write(self.sender()?, held.scope) {
            return None;
        }
        Some(Staged {
            scope: held.scope,
            creates: None,
            replica: held.replica.clone()?,
            bytes: held.bytes,
            changes: Vec::new(),
            runs: Vec::new(),
        })
    }

    /// A new document, if it may be created.
    fn created(&self, index: usize, fresh: &[ScopeId]) -> Option<Staged> {
        let upload = self.upload(index)?;
        let creation = upload.creates?;
        let exists = self.holdings.documents.contains_key(&upload.document);
        let allowed = match creation.kind {
            DocumentKind::Case => creation.scope == ScopeId::of(upload.document),
            DocumentKind::Note => {
                creation.scope != ScopeId::of(upload.document)
                    && (fresh.contains(&creation.scope)
                        || self.may_write(self.sender()?, creation.scope))
            }
        };
        (allowed && !exists).then(|| Staged {
            scope: creation.scope,
            creates: Some(creation),
            replica: Arc::default(),
            bytes: 0,
            changes: Vec::new(),
            runs: Vec::new(),
        })
    }

    /// The scope of a case that the upload would create.
    fn creates_case(&self, index: usize) -> Option<ScopeId> {
        let upload = self.upload(index)?;
        let creation = upload
            .creates
            .filter(|creation| creation.kind == DocumentKind::Case)?;
        let is_new = !self.holdings.documents.contains_key(&upload.document);
        (is_new && creation.scope == ScopeId::of(upload.document)).then_some(creation.scope)
    }

    fn may_write(&self, worker: WorkerId, scope: ScopeId) -> bool {
        self.holdings.writers.contains(&(worker, scope))
            || self.created.contains(&scope) && self.sender() == Some(worker)
    }

    fn sender(&self) -> Option<WorkerId> {
        let signer = self.holdings.signers.get(&self.holdings.sender)?;
        Some(signer.author.worker)
    }

    fn upload(&self, index: usize) -> Option<&WireUpload> {
        self.request.documents.get(index)
    }

    fn places(&self, bundle: &Bundle) -> impl Iterator<Item = Place> {
        bundle.runs.iter().flat_map(move |(&index, runs)| {
            let changes = runs.iter().flat_map(move |run| self.plan.run(index, *run));
            changes.map(move |change| (index, change))
        })
    }

    fn blame_document(
        &self,
        bundle: &Bundle,
        index: usize,
        refused: Refused,
        verdicts: &mut Verdicts,
    ) {
        for place in self.places(bundle).filter(|place| place.0 == index) {
            self.blame_change(place, Verdict::Refused(refused), verdicts);
        }
    }

    fn blame_change(&self, place: Place, verdict: Verdict, verdicts: &mut Verdicts) {
        if let Some(group) = self.plan.group_of(place) {
            verdicts.entry(group).or_insert(verdict);
        }
    }
}

fn none_or(verdicts: Verdicts) -> Result<(), Verdicts> {
    if verdicts.is_empty() {
        Ok(())
    } else {
        Err(verdicts)
    }
}

fn gather(places: &[Place], reading: &Reading) -> Vec<Change> {
    let changes = places.iter().filter_map(|place| reading.changes.get(place));
    changes.cloned().collect()
}

/// The one change of a run that is to blame, where one is.
fn position(error: &EnvelopeError) -> Option<usize> {
    match error {
        EnvelopeError::WrongActor { position }
        | EnvelopeError::OutOfSequence { position, .. }
        | EnvelopeError::PredecessorNotNamed { position }
        | EnvelopeError::UnexpectedAuthor { position } => Some(*position),
        EnvelopeError::AuthorMissing | EnvelopeError::WrongAuthor => Some(0),
        EnvelopeError::UnknownVersion { .. }
        | EnvelopeError::BadSignature
        | EnvelopeError::WrongDevice
        | EnvelopeError::EmptyRun
        | EnvelopeError::WrongCount { .. }
        | EnvelopeError::WrongLastChange => None,
    }
}
