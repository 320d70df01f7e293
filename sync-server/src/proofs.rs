//! Signatures apart from changes: for devices that were filled by snapshots and want to check who made what.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use caseweave_engine::ids::{DeviceId, DocumentId, ScopeId};
use caseweave_engine::sync::server::{MAX_UPLOAD, RUN_SIZE};
use caseweave_engine::sync::wire::{WireDevice, WireProof, WireProofs};
use serde_bytes::ByteArray;

use crate::error::Error;
use crate::page::{self, RUNS};
use crate::step::Step;

/// What a signature counts for in an answer: the signature and the hash it is over.
const PROOF_SIZE: usize = RUN_SIZE + 32;

/// The signatures of the documents that a request wants, and the devices that made them.
#[derive(Default)]
pub(crate) struct Proofs {
    pub(crate) documents: Vec<WireProofs>,
    pub(crate) signers: BTreeMap<DeviceId, WireDevice>,
}

/// Reads the signatures of wanted documents, until they fill an answer. A document that the worker may not see has none.
pub(crate) fn read(step: &Step<'_>) -> Result<Proofs, Error> {
    let mut proofs = Proofs::default();
    let mut used = 0;
    for document in &step.request.wanted {
        if used >= MAX_UPLOAD {
            break;
        }
        let runs = match page::find_document(step, *document)? {
            Some((_, scope)) => proofs.runs(step, (*document, scope))?,
            None => Vec::new(),
        };
        used += runs.len() * PROOF_SIZE;
        proofs.documents.push(WireProofs {
            document: *document,
            runs,
        });
    }
    Ok(proofs)
}

impl Proofs {
    fn runs(
        &mut self,
        step: &Step<'_>,
        (document, scope): (DocumentId, ScopeId),
    ) -> Result<Vec<WireProof>, Error> {
        let mut statement = step.transaction.prepare_cached(RUNS)?;
        let mut found = statement.query(rusqlite::params![document.to_bytes(), 0, i64::MAX])?;
        let mut runs = Vec::new();
        while let Some(row) = found.next()? {
            let (device, run, covered) = page::run_of(step, (document, scope), row)?;
            if let Entry::Vacant(unknown) = self.signers.entry(device) {
                let (_, entry) = page::find_entry(step.transaction, device)?;
                unknown.insert(entry);
            }
            let last = covered.last().ok_or(Error::DamagedRow {
                what: "changes of a run",
            })?;
            runs.push(WireProof {
                last: ByteArray::new(*last),
                run,
            });
        }
        Ok(runs)
    }
}
