//! Giving the server back what it lost: which documents differ, and their changes with their signatures.

use std::collections::BTreeSet;

use caseweave_engine::document::ChangeHash;
use caseweave_engine::ids::{CaseId, DeviceId, DocumentId};
use caseweave_engine::sync::server::{MAX_DOCUMENTS, RUN_SIZE};
use caseweave_engine::sync::wire::{
    DocumentKind, WireCreation, WireDevice, WireDiffering, WireGroup, WirePart, WireRung,
    WireUpload,
};
use caseweave_engine::sync::{Checked, Digest, Held, lacking, rung};
use caseweave_store::{ChangeRow, ChangeState, PendingGroup, ReadTx, WriteTx};
use serde_bytes::ByteBuf;

use crate::Result;
use crate::handle::Open;
use crate::outgoing::{Upload, days_since_1970};

/// Most bytes of what waits that go along with what is given back of one document.
const MOST_WAITING: usize = 256 * 1024;

/// Where a session stands with what the server may have lost.
#[derive(Debug, Default)]
pub(crate) enum Ladder {
    /// As far as is known the two add up.
    #[default]
    Level,
    /// The server is to be asked which documents differ.
    Ask,
    /// What it lacks of these documents is to be given.
    Give(Vec<WireDiffering>),
}

impl Open {
    /// Whether this device starts anew although the server once had its work: then it compares before it sends, because a
    /// server that lost a document refuses what is built on it.
    pub(crate) fn must_compare(&self) -> Result<bool> {
        let state = self.store.read(|tx| tx.sync_state())?;
        Ok(state.cursor.is_none() && state.digest != Digest::default())
    }

    /// What the server is believed to have of each document.
    pub(crate) fn rungs(&self) -> Result<Vec<WireRung>> {
        let documents = self.store.read(|tx| tx.documents())?;
        let known = documents
            .iter()
            .filter(|row| !row.acknowledged_heads.is_empty());
        Ok(known
            .map(|row| rung(row.scope, row.id, &row.acknowledged_heads))
            .collect())
    }

    /// What the server lacks of the first of the differing documents, which are taken out of the list. What waits for those that are
    /// `crowded` goes along.
    pub(crate) fn prepare_return(
        &self,
        differing: &mut Vec<WireDiffering>,
        limit: usize,
        crowded: &BTreeSet<DocumentId>,
    ) -> Result<Upload> {
        let _writing = self.writing.lock();
        self.store.write(|tx| {
            self.cases_first(tx, differing)?;
            let mut upload = Upload::default();
            let mut bytes = 0;
            while bytes < limit && upload.documents.len() < MAX_DOCUMENTS && !differing.is_empty() {
                let document = differing.remove(0);
                bytes += self.give(tx, &document, limit - bytes, &mut upload)?;
            }
            upload.signers = signers(tx, &upload.documents)?;
            for place in 0..upload.documents.len() {
                self.add_waiting(tx, place, crowded, &mut upload)?;
            }
            Ok(upload)
        })
    }

    /// A case's notes can be taken only where the case is.
    fn cases_first(&self, tx: &ReadTx<'_>, differing: &mut [WireDiffering]) -> Result<()> {
        let mut cases = BTreeSet::new();
        for document in differing.iter() {
            let row = tx.document(document.document)?;
            if row.is_some_and(|row| row.kind == DocumentKind::Case) {
                cases.insert(document.document);
            }
        }
        differing.sort_by_key(|document| !cases.contains(&document.document));
        Ok(())
    }

    fn give(
        &self,
        tx: &WriteTx<'_>,
        differing: &WireDiffering,
        limit: usize,
        upload: &mut Upload,
    ) -> Result<usize> {
        let id = differing.document;
        let (Some(row), Some(document)) = (tx.document(id)?, self.load(tx, id)?) else {
            return Ok(0);
        };
        let heads: Vec<ChangeHash> = differing
            .heads
            .iter()
            .map(|head| head.into_array())
            .collect();
        if !heads.iter().all(|head| document.contains(head)) {
            // What the server has more of it comes anew with everything else, but for a closed draft, which is to be asked for.
            tx.want_envelopes(id)?;
        }
        let stored = tx.envelopes_of(id)?.into_iter();
        let stored = stored.filter(|stored| stored.checked != Checked::Fails);
        let envelopes: Vec<_> = stored
            .map(|stored| (stored.envelope, stored.receipt))
            .collect();
        let changes = tx.changes_of(id)?.rows.into_iter();
        let waiting = changes
            .filter(|change| change.state == ChangeState::Local)
            .map(|change| change.hash)
            .collect();
        let held = Held {
            device: self.identity.device,
            envelopes: &envelopes,
            waiting: &waiting,
        };
        let found = lacking(&document, &heads, &held, limit);
        tx.set_withheld(id, &found.unproven)?;
        if !found.unproven.is_empty() {
            tracing::warn!(target: "caseweave::sync", changes = found.unproven.len(), "the server lacks what nobody here can prove");
        }
        if found.changes.is_empty() {
            return Ok(0);
        }
        let place = u32::try_from(upload.documents.len()).unwrap_or(u32::MAX);
        let next_on = tx.case_row(row.case)?.and_then(|case| case.next_visit_on);
        let group = |count| WireGroup {
            next_on: next_on.map(days_since_1970),
            parts: vec![WirePart {
                document: place,
                count,
            }],
        };
        upload.given.extend(found.groups.iter().map(|_| id));
        upload.groups.extend(found.groups.into_iter().map(group));
        let changes: usize = found.changes.iter().map(|change| change.len()).sum();
        let bytes = changes + RUN_SIZE * found.runs.len();
        upload.documents.push(WireUpload {
            document: id,
            creates: heads.is_empty().then_some(WireCreation {
                kind: row.kind,
                scope: row.scope,
            }),
            changes: found.changes,
            runs: found.runs,
        });
        Ok(bytes)
    }

    /// Adds what waits for a crowded document, the change that joins its heads with it.
    fn add_waiting(
        &self,
        tx: &WriteTx<'_>,
        place: usize,
        crowded: &BTreeSet<DocumentId>,
        upload: &mut Upload,
    ) -> Result<()> {
        let Some(given) = upload.documents.get_mut(place) else {
            return Ok(());
        };
        let id = given.document;
        let Some(row) = tx.document(id)?.filter(|_| crowded.contains(&id)) else {
            return Ok(());
        };
        let mut changes = Vec::new();
        for group in waiting_for(tx, row.case, id)? {
            upload.groups.push(WireGroup {
                next_on: group.next_on.map(days_since_1970),
                parts: vec![WirePart {
                    document: u32::try_from(place).unwrap_or(u32::MAX),
                    count: u32::try_from(group.changes.len()).unwrap_or(u32::MAX),
                }],
            });
            upload.ids.push(group.id);
            changes.extend(group.changes);
        }
        given.runs.extend(self.runs(tx, id, &changes)?);
        let bytes = changes.into_iter().map(|change| change.bytes);
        given.changes.extend(bytes.map(ByteBuf::from));
        Ok(())
    }
}

/// The first groups that wait for a document, up to one that touches others too, is damaged or makes them too long.
fn waiting_for(tx: &WriteTx<'_>, case: CaseId, document: DocumentId) -> Result<Vec<PendingGroup>> {
    let mut waiting = tx.pending_groups(usize::MAX, &[])?;
    let touches = |change: &ChangeRow| change.document == document;
    waiting.retain(|group| group.case == case && group.changes.iter().any(touches));
    let mut bytes = 0;
    let fits = |group: &PendingGroup| {
        let sizes = group
            .changes
            .iter()
            .map(|change| change.bytes.len() + RUN_SIZE);
        bytes += sizes.sum::<usize>();
        group.changes.iter().all(touches) && group.damaged.is_empty() && bytes <= MOST_WAITING
    };
    Ok(waiting.into_iter().take_while(fits).collect())
}

/// The devices of others whose runs are given back, as far as they are known here.
fn signers(tx: &ReadTx<'_>, uploads: &[WireUpload]) -> Result<Vec<WireDevice>> {
    let runs = uploads.iter().flat_map(|upload| &upload.runs);
    let devices: BTreeSet<DeviceId> = runs.filter_map(|run| run.device).collect();
    let mut signers = Vec::new();
    for device in devices {
        signers.extend(tx.device(device)?);
    }
    Ok(signers)
}
