//! What became of what was sent: received, held, put off, or refused.

use std::collections::{BTreeMap, BTreeSet};

use caseweave_engine::document::ChangeHash;
use caseweave_engine::ids::{CaseId, DocumentId, ScopeId};
use caseweave_engine::sync::wire::{Refused, Verdict, WireDeclined, WireResponse};
use caseweave_store::{ChangeState, PendingGroup, WriteTx};

use crate::handle::Open;
use crate::incoming::{Asked, Loaded, TakenIn};
use crate::{Result, SyncProgress};

/// The code under which late work is set aside that a lead declined.
const DECLINED: &str = "declined";

impl Open {
    /// Takes in what became of each group. A group that is not named is received.
    pub(crate) fn settle_groups(
        &self,
        tx: &WriteTx<'_>,
        asked: &Asked<'_>,
        response: &WireResponse,
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<TakenIn> {
        let now_ms = self.host.now_ms();
        let mut taken = TakenIn {
            progress: SyncProgress::default(),
            put_off: Vec::new(),
            held: false,
            more: false,
            anew: false,
            proven: false,
            revoked: false,
            written: BTreeSet::new(),
            joined: BTreeSet::new(),
        };
        let mut moved = BTreeSet::new();
        let mut refused = Vec::new();
        for (place, id) in (asked.given..).zip(asked.ids) {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            let verdict = response
                .verdicts
                .iter()
                .find(|verdict| verdict.group == place);
            let Some(group) = tx.group(*id)? else {
                continue; // Another exchange settled it.
            };
            match verdict.map(|verdict| &verdict.verdict) {
                None => {
                    moved.extend(group.changes.iter().map(|change| change.document));
                    // A draft is left as it is: its note may be signed just so.
                    taken.written.extend(moved.get(&group.case));
                    tx.acknowledge_group(*id, now_ms)?;
                    taken.progress.received_by_server += 1;
                }
                Some(Verdict::Held) => {
                    tx.hold_group(*id)?;
                    taken.held = true;
                }
                Some(Verdict::Refused(Refused::NotAllowed)) if self.is_in_doubt(tx, &group)? => {
                    taken.put_off.push(*id);
                }
                Some(Verdict::Refused(why)) => {
                    refused.push((*id, why.code(), "the server refused it"));
                }
                Some(Verdict::MissingDependencies(_)) => taken.put_off.push(*id),
                Some(Verdict::TooManyHeads) => {
                    let documents = group.changes.iter().map(|change| change.document);
                    taken.written.extend(documents);
                    taken.put_off.push(*id);
                }
                Some(Verdict::Resubmit) => {}
            }
        }
        taken.progress.refused = u32::try_from(refused.len()).unwrap_or(u32::MAX);
        for document in moved {
            self.note_acknowledged(tx, document, loaded)?;
        }
        self.set_refused_aside(tx, &refused, loaded)?;
        Ok(taken)
    }

    /// Whether a refusal may come from a server that was set back and lost the worker's role: then the work waits for a lead's
    /// device to give the role again.
    fn is_in_doubt(&self, tx: &WriteTx<'_>, group: &PendingGroup) -> Result<bool> {
        Ok(tx.told_before_restore(ScopeId::of(group.case), self.identity.worker)?)
    }

    /// Writes down which heads the server is known to have: those without the changes that still wait.
    pub(crate) fn note_acknowledged(
        &self,
        tx: &WriteTx<'_>,
        document: DocumentId,
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<()> {
        let Some(row) = tx.document(document)? else {
            return Ok(());
        };
        let waiting: BTreeSet<ChangeHash> = tx
            .changes_of(document)?
            .rows
            .iter()
            .filter(|change| change.state == ChangeState::Local)
            .map(|change| change.hash)
            .collect();
        let heads = if waiting.is_empty() {
            row.heads
        } else {
            let case = self.loaded(tx, row.case, document, loaded)?;
            case.documents
                .get(document)
                .map(|doc| doc.heads_without(&waiting))
                .unwrap_or_default()
        };
        Ok(tx.set_acknowledged_heads(document, &heads)?)
    }

    /// Late work of this device that came back with the news was accepted: it is received like any other.
    pub(crate) fn settle_accepted(
        &self,
        tx: &WriteTx<'_>,
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<()> {
        let now_ms = self.host.now_ms();
        let mut moved = BTreeSet::new();
        for (case, news) in loaded.iter().filter(|(_, news)| !news.returned.is_empty()) {
            for group in tx.held_groups(*case)? {
                let mut hashes = group.changes.iter().map(|change| change.hash);
                if hashes.all(|hash| news.returned.contains(&hash)) {
                    tx.acknowledge_group(group.id, now_ms)?;
                    moved.extend(group.changes.iter().map(|change| change.document));
                }
            }
        }
        for document in moved {
            self.note_acknowledged(tx, document, loaded)?;
        }
        Ok(())
    }

    /// Late work of this device that a lead declined is refused like any other.
    pub(crate) fn settle_declined(
        &self,
        tx: &WriteTx<'_>,
        declined: &[WireDeclined],
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<()> {
        let mut refused = Vec::new();
        for declined in declined {
            let hashes: BTreeSet<ChangeHash> = declined
                .changes
                .iter()
                .map(|hash| hash.into_array())
                .collect();
            let case = CaseId::from_bytes(declined.scope.to_bytes());
            for group in tx.held_groups(case)? {
                if group
                    .changes
                    .iter()
                    .any(|change| hashes.contains(&change.hash))
                {
                    refused.push((group.id, DECLINED, "a lead declined it"));
                }
            }
        }
        self.set_refused_aside(tx, &refused, loaded)
    }
}
