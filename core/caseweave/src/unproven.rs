//! Work that the server lost and nobody can prove any more: shown, and sent only when the case's lead answers for it.

use std::collections::BTreeSet;

use caseweave_engine::document::{ChangeHash, Document, SignableChange};
use caseweave_engine::identity::{Envelope, EnvelopeFields};
use caseweave_engine::ids::{CaseId, DocumentId, ScopeId, WorkerId};
use caseweave_engine::sync::wire::Role;
use caseweave_store::{ReadTx, WriteTx};

use crate::handle::{Caseweave, Open};
use crate::{Error, Result};

/// Work of a case whose authors cannot be proven: the server lost it, and no device had the signatures over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnprovenWork {
    /// The case's record, or the draft of one of its notes.
    pub document: DocumentId,
    /// How many changes.
    pub changes: u32,
    /// Who made them, as the changes themselves say.
    pub claimed_by: BTreeSet<WorkerId>,
    /// The worker who answers for them; nothing while they are only on this device and wait for a lead.
    pub adopted_by: Option<WorkerId>,
}

impl Caseweave {
    /// The work of a case that nobody can prove: what waits for a lead's word, and what a lead has adopted. Reads the case's
    /// documents where there is any; call off the main thread.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn unproven(&self, case: CaseId) -> Result<Vec<UnprovenWork>> {
        let open = self.readable()?;
        open.store.read(|tx| {
            let mut found = Vec::new();
            for row in tx.documents_of(case)? {
                found.extend(open.unproven_in(tx, row.id)?);
            }
            Ok(found)
        })
    }

    /// Answers for the work of a case that nobody can prove: this device signs that its worker adopts it, and the next exchange
    /// sends it. Everyone sees who adopted it; who made it stays a claim. Leads only, and the server decides. Gives the number
    /// of changes.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`]: the worker does not lead the case; or while locked.
    /// - [`Error::StorageFull`], [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn adopt_unproven(&self, case: CaseId) -> Result<u32> {
        let adopted = self.opened()?.adopt_unproven(case)?;
        if adopted > 0 {
            self.listener.call();
        }
        Ok(adopted)
    }
}

impl Open {
    fn unproven_in(&self, tx: &ReadTx<'_>, id: DocumentId) -> Result<Vec<UnprovenWork>> {
        let waiting: BTreeSet<ChangeHash> = tx.withheld(id)?.into_iter().collect();
        let stored = tx.envelopes_of(id)?.into_iter();
        let envelopes = stored.map(|stored| stored.envelope);
        let adoptions: Vec<Envelope> = envelopes.filter(Envelope::is_adoption).collect();
        if waiting.is_empty() && adoptions.is_empty() {
            return Ok(Vec::new());
        }
        let Some(document) = self.load(tx, id)? else {
            return Ok(Vec::new());
        };
        let work = |hashes: &BTreeSet<ChangeHash>, adopted_by| UnprovenWork {
            document: id,
            changes: u32::try_from(hashes.len()).unwrap_or(u32::MAX),
            claimed_by: hashes
                .iter()
                .filter_map(|hash| Some(document.claimed_author(hash)?.worker))
                .collect(),
            adopted_by,
        };
        let mut found = Vec::new();
        if !waiting.is_empty() {
            found.push(work(&waiting, None));
        }
        let places = document.places();
        for adoption in adoptions {
            let by = match tx.device(adoption.device)? {
                Some(device) => device.worker,
                None => self.identity.worker,
            };
            let run = places.run(&adoption).unwrap_or_default();
            found.push(work(&run.into_iter().collect(), Some(by)));
        }
        Ok(found)
    }

    fn adopt_unproven(&self, case: CaseId) -> Result<u32> {
        let _writing = self.writing.lock();
        self.store.write(|tx| {
            let roles = tx.access_to(ScopeId::of(case))?;
            let own = roles
                .iter()
                .find(|access| access.worker == self.identity.worker);
            if own.and_then(|access| access.role) != Some(Role::Lead) {
                return Err(Error::NotAllowed {
                    reason: "only a lead can adopt work that nobody can prove".into(),
                });
            }
            let mut adopted = 0;
            for row in tx.documents_of(case)? {
                let unproven: BTreeSet<ChangeHash> = tx.withheld(row.id)?.into_iter().collect();
                let document = self.load(tx, row.id)?.filter(|_| !unproven.is_empty());
                for run in document
                    .iter()
                    .flat_map(|document| runs(document, &unproven))
                {
                    adopted += self.adopt(tx, row.id, &run)?;
                }
                tx.set_withheld(row.id, [])?;
            }
            // Now there is something to give: the next exchange compares again.
            tx.set_known_difference(None)?;
            Ok(adopted)
        })
    }

    fn adopt(&self, tx: &WriteTx<'_>, document: DocumentId, run: &[SignableChange]) -> Result<u32> {
        let Some(last) = run.last() else {
            return Ok(0);
        };
        let count = u32::try_from(run.len()).unwrap_or(u32::MAX);
        let fields = EnvelopeFields {
            document,
            last_change: last.hash,
            count,
            session: *self.session.lock(),
            device: self.identity.device,
            counter: tx.take_envelope_counter()?,
            wall_ms: self.host.now_ms(),
            monotonic_ms: self.host.monotonic_ms(),
        };
        tx.add_envelope(&Envelope::adopt(&self.key, fields), true)?;
        Ok(count)
    }
}

/// Changes as runs: of one actor each, in the order of its numbers, without gaps.
fn runs(document: &Document, unproven: &BTreeSet<ChangeHash>) -> Vec<Vec<SignableChange>> {
    let mut changes = document.changes_beside(&[]);
    changes.retain(|change| unproven.contains(&change.hash));
    changes.sort_by(|one, other| (&one.actor, one.sequence).cmp(&(&other.actor, other.sequence)));
    let follows = |before: &SignableChange, change: &SignableChange| {
        before.actor == change.actor
            && before.sequence + 1 == change.sequence
            // Whoever else wrote in between has to come in between.
            && change.dependencies == [before.hash]
    };
    changes.chunk_by(follows).map(<[_]>::to_vec).collect()
}
