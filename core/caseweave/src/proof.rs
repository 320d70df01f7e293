//! Who proved what: checking the signatures over a case, and asking the server for those that are not here.

use std::collections::BTreeMap;

use caseweave_engine::document::{CaseDocuments, ChangeHash, Document, draft_of};
use caseweave_engine::domain::Stamp;
use caseweave_engine::identity::Envelope;
use caseweave_engine::ids::{CaseId, DeviceId, DocumentId};
use caseweave_engine::sync::wire::{WireDevice, WireProofs};
use caseweave_engine::sync::{Checked, Proof, check_envelopes, proofs};
use caseweave_store::{ChangeState, ReadTx, WriteTx};

use crate::cases::no_record;
use crate::handle::{Caseweave, Open};
use crate::{Error, Result};

/// What checking every signature over a case came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseProof {
    /// How many changes are verified.
    pub verified: u32,
    /// How many are not checked on this device yet.
    pub unchecked: u32,
    /// How many have a signature neither here nor on the server.
    pub unproven: u32,
    /// How many have a signature that does not hold.
    pub failed: u32,
    /// Whether the next exchange asks the server for signatures. Verify again after it.
    pub asks: bool,
    /// Every change of the case and of its notes' drafts, by document, each after what it follows.
    pub changes: Vec<ChangeProof>,
}

/// What is known of who made one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeProof {
    /// The document it belongs to: the case, or a note's draft.
    pub document: DocumentId,
    /// Its hash.
    pub hash: ChangeHash,
    /// Who made it and when, as it claims.
    pub made: Stamp,
    /// The author's name, where this device knows it.
    pub name: Option<String>,
    /// What is known of that.
    pub proof: Proof,
}

impl Caseweave {
    /// Checks the signature of every change of a case against the key of the device that made it. Where signatures are not here,
    /// as on a device that was filled by snapshots, the next exchange asks the server for them, and for drafts of signed notes
    /// that did not come to this device. Reads the whole case; call off the main thread.
    ///
    /// # Errors
    /// As [`Self::case`]; [`Error::StorageFull`] too.
    pub fn verify(&self, case: CaseId) -> Result<CaseProof> {
        let open = self.readable()?;
        let (checks, absent) = open.store.read(|tx| -> Result<_> {
            Ok((open.check_case(tx, case)?, open.absent_drafts(tx, case)?))
        })?;
        open.store
            .write(|tx| open.store_checks(tx, &checks, &absent))?;
        let asks = !absent.is_empty();
        open.store.read(|tx| open.case_proof(tx, case, asks))
    }
}

/// Signatures of a document that were checked.
struct Checks {
    document: DocumentId,
    outcomes: Vec<(ChangeHash, bool)>,
}

impl Open {
    fn check_case(&self, tx: &ReadTx<'_>, case: CaseId) -> Result<Vec<Checks>> {
        let devices = self.known_devices(tx)?;
        let mut checks = Vec::new();
        for document in self.documents_of(tx, case)? {
            let envelopes = envelopes(tx, document.id())?;
            let envelopes: Vec<Envelope> = envelopes.into_iter().map(|(one, _)| one).collect();
            let checked = check_envelopes(&document, &envelopes, |id| devices.get(&id).cloned());
            let outcomes = envelopes.iter().zip(checked).filter_map(|(one, checked)| {
                let holds = match checked? {
                    Checked::Holds => true,
                    Checked::Fails => false,
                    Checked::NotYet => return None,
                };
                Some((one.last_change, holds))
            });
            checks.push(Checks {
                document: document.id(),
                outcomes: outcomes.collect(),
            });
        }
        Ok(checks)
    }

    fn store_checks(
        &self,
        tx: &WriteTx<'_>,
        checks: &[Checks],
        absent: &[DocumentId],
    ) -> Result<()> {
        for draft in absent {
            tx.want_envelopes(*draft)?;
        }
        for Checks { document, outcomes } in checks {
            for (last, holds) in outcomes {
                tx.set_checked(*document, last, *holds)?;
            }
            let document = self.load(tx, *document)?;
            if let Some(document) = document
                && !self.unsigned(tx, &document)?.is_empty()
            {
                tx.want_envelopes(document.id())?;
            }
        }
        Ok(())
    }

    /// What is known of a case's changes. `asks` where something besides their signatures is asked for.
    fn case_proof(&self, tx: &ReadTx<'_>, case: CaseId, mut asks: bool) -> Result<CaseProof> {
        let names = self.names(tx)?;
        let mut changes = Vec::new();
        for document in self.documents_of(tx, case)? {
            let proofs = self.proofs(tx, &document)?;
            asks |= !self.unsigned(tx, &document)?.is_empty();
            changes.extend(document.made().into_iter().map(|change| {
                ChangeProof {
                    document: document.id(),
                    hash: change.hash,
                    made: change.made,
                    name: change
                        .made
                        .worker
                        .and_then(|worker| names.get(&worker).cloned()),
                    proof: proof_of(&proofs, &change.hash),
                }
            }));
        }
        let count = |proof| {
            let matching = changes.iter().filter(|change| change.proof == proof);
            u32::try_from(matching.count()).unwrap_or(u32::MAX)
        };
        Ok(CaseProof {
            verified: count(Proof::Verified),
            unchecked: count(Proof::Unchecked),
            unproven: count(Proof::Unproven),
            failed: count(Proof::Failed),
            asks,
            changes,
        })
    }

    fn documents_of(&self, tx: &ReadTx<'_>, case: CaseId) -> Result<Vec<Document>> {
        let rows = tx.documents_of(case)?;
        if rows.is_empty() {
            return Err(no_record(case));
        }
        let mut documents = Vec::new();
        for row in rows {
            documents.extend(self.load(tx, row.id)?);
        }
        Ok(documents)
    }

    /// The drafts of signed notes that are not here.
    fn absent_drafts(&self, tx: &ReadTx<'_>, case: CaseId) -> Result<Vec<DocumentId>> {
        let Some(main) = self.load(tx, case)? else {
            return Ok(Vec::new());
        };
        let mut absent = Vec::new();
        for note in CaseDocuments::of(main).notes_with_drafts() {
            if tx.document(draft_of(note))?.is_none() {
                absent.push(draft_of(note));
            }
        }
        Ok(absent)
    }

    /// What is known of each change of a document, by its signatures as they were checked last.
    pub(crate) fn proofs(
        &self,
        tx: &ReadTx<'_>,
        document: &Document,
    ) -> Result<BTreeMap<ChangeHash, Proof>> {
        let unproven = tx.unproven(document.id())?;
        Ok(proofs(document, &envelopes(tx, document.id())?, &unproven))
    }

    /// The changes that the server has and whose signatures were not checked here.
    fn unsigned(&self, tx: &ReadTx<'_>, document: &Document) -> Result<Vec<ChangeHash>> {
        let waiting = tx.changes_of(document.id())?.rows.into_iter();
        let waiting: Vec<ChangeHash> = waiting
            .filter(|change| change.state == ChangeState::Local)
            .map(|change| change.hash)
            .collect();
        let proofs = self.proofs(tx, document)?.into_iter();
        let unsigned = proofs.filter(|(hash, proof)| {
            matches!(proof, Proof::Unchecked | Proof::Unproven) && !waiting.contains(hash)
        });
        Ok(unsigned.map(|(hash, _)| hash).collect())
    }

    fn known_devices(&self, tx: &ReadTx<'_>) -> Result<BTreeMap<DeviceId, WireDevice>> {
        let known = tx.devices().map_err(Error::from)?;
        let all = known.into_iter().chain([self.own_device()]);
        Ok(all.map(|device| (device.device, device)).collect())
    }

    /// Takes in the signatures that the server was asked for. What they leave uncovered is unproven.
    pub(crate) fn take_in_proofs(
        &self,
        tx: &WriteTx<'_>,
        proofs: &[WireProofs],
        signers: &[WireDevice],
    ) -> Result<()> {
        let now_ms = self.host.now_ms();
        let others = signers
            .iter()
            .filter(|signer| signer.device != self.identity.device);
        for signer in others {
            self.take_in_device(tx, signer, now_ms)?;
        }
        let devices = self.known_devices(tx)?;
        for WireProofs { document, runs } in proofs {
            let Some(document) = self.load(tx, *document)? else {
                if runs.is_empty() {
                    // The server has no such document either.
                    tx.set_unproven(*document, [])?;
                }
                continue;
            };
            let own = self.identity.device;
            let envelope = |proof: &caseweave_engine::sync::wire::WireProof| -> Envelope {
                let last = proof.last.into_array();
                proof.run.envelope(document.id(), last, own)
            };
            let envelopes: Vec<Envelope> = runs.iter().map(envelope).collect();
            let checked = check_envelopes(&document, &envelopes, |id| devices.get(&id).cloned());
            let receipts = runs.iter().map(|proof| proof.run.receipt);
            for ((envelope, checked), receipt) in envelopes.iter().zip(checked).zip(receipts) {
                let Some(checked) = checked else {
                    continue; // It covers changes that come with the feed.
                };
                tx.add_envelope(envelope, checked == Checked::Holds)?;
                if let Some(receipt) = receipt {
                    let receipt = receipt.into_array();
                    tx.keep_receipt(document.id(), &envelope.last_change, &receipt)?;
                }
                if checked == Checked::Fails {
                    tracing::warn!(target: "caseweave::sync", "a signature does not hold");
                    self.note_failed(tx, envelope)?;
                }
            }
            let unsigned = self.unsigned(tx, &document)?;
            tx.set_unproven(document.id(), unsigned)?;
            if let Some(row) = tx.document(document.id())? {
                tx.touch(row.case);
            }
        }
        Ok(())
    }

    /// Writes down that a signature does not hold, unless the same place has one that was seen to hold.
    fn note_failed(&self, tx: &WriteTx<'_>, envelope: &Envelope) -> Result<()> {
        let stored = tx.envelope(envelope.document, &envelope.last_change)?;
        if stored.is_some_and(|stored| stored.checked != Checked::Holds) {
            tx.set_checked(envelope.document, &envelope.last_change, false)?;
        }
        Ok(())
    }
}

fn envelopes(tx: &ReadTx<'_>, document: DocumentId) -> Result<Vec<(Envelope, Checked)>> {
    let stored = tx.envelopes_of(document)?.into_iter();
    Ok(stored.map(|one| (one.envelope, one.checked)).collect())
}

/// What is known of a change; one that no signature is known of is unchecked.
pub(crate) fn proof_of(proofs: &BTreeMap<ChangeHash, Proof>, hash: &ChangeHash) -> Proof {
    proofs.get(hash).copied().unwrap_or(Proof::Unchecked)
}
