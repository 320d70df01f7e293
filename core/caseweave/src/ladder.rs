//! Giving the server back what it lost: which documents differ, and their changes with their signatures.

use std::collections::{BTreeMap, BTreeSet};

use caseweave_engine::document::ChangeHash;
use caseweave_engine::ids::{CaseId, DeviceId, DocumentId};
use caseweave_engine::sync::wire::{
    DocumentKind, WireCreation, WireDevice, WireDiffering, WireGroup, WirePart, WireRung,
    WireUpload,
};
use caseweave_engine::sync::{Checked, Digest, Held, Load, lacking, rung};
use caseweave_store::{ChangeState, GroupId, PendingGroup, ReadTx, WriteTx};
use serde_bytes::ByteBuf;

use crate::Result;
use crate::handle::Open;
use crate::outgoing::{Gathered, Upload, days_since_1970, with};

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

    /// What the server lacks of the first of the differing documents, which are taken out of the list: about `limit` bytes, and no more
    /// than one request carries. What waits for those that are `crowded` goes along.
    pub(crate) fn prepare_return(
        &self,
        differing: &mut Vec<WireDiffering>,
        limit: usize,
        crowded: &BTreeSet<DocumentId>,
    ) -> Result<Upload> {
        let _writing = self.writing.lock();
        self.store.write(|tx| {
            self.cases_first(tx, differing)?;
            let mut returning = Returning::default();
            while returning.load.bytes() < limit && !differing.is_empty() {
                let document = differing.remove(0);
                let room = limit - returning.load.bytes();
                let Some(given) = self.give(tx, &document, room)? else {
                    continue;
                };
                let along = match crowded.contains(&document.document) {
                    true => waiting_for(tx, given.case, document.document, differing)?,
                    false => Vec::new(),
                };
                if !returning.add(given, along) {
                    differing.insert(0, document);
                    break;
                }
            }
            let Returning {
                mut upload,
                waiting,
                ..
            } = returning;
            upload.signers = signers(tx, &upload.documents)?;
            self.add_waiting(tx, waiting.into_values(), &mut upload)?;
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
    ) -> Result<Option<Given>> {
        let id = differing.document;
        let (Some(row), Some(document)) = (tx.document(id)?, self.load(tx, id)?) else {
            return Ok(None);
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
            return Ok(None);
        }
        let next_on = tx.case_row(row.case)?.and_then(|case| case.next_visit_on);
        Ok(Some(Given {
            case: row.case,
            next_on: next_on.map(days_since_1970),
            groups: found.groups,
            upload: WireUpload {
                document: id,
                creates: heads.is_empty().then_some(WireCreation {
                    kind: row.kind,
                    scope: row.scope,
                }),
                changes: found.changes,
                runs: found.runs,
            },
        }))
    }

    /// Adds what waits, behind what is given back.
    fn add_waiting(
        &self,
        tx: &WriteTx<'_>,
        waiting: impl Iterator<Item = PendingGroup>,
        upload: &mut Upload,
    ) -> Result<()> {
        let mut gathered = Gathered::behind(&upload.documents);
        for group in waiting {
            upload.ids.push(group.id);
            gathered.add(group);
        }
        upload.groups.append(&mut gathered.groups);
        for (place, (id, changes)) in gathered.documents.into_iter().enumerate() {
            let Some(given) = upload.documents.get_mut(place) else {
                upload.documents.push(self.wire_upload(tx, id, changes)?);
                continue;
            };
            given.runs.extend(self.runs(tx, id, &changes)?);
            let bytes = changes.into_iter().map(|change| change.bytes);
            given.changes.extend(bytes.map(ByteBuf::from));
        }
        Ok(())
    }
}

/// What one request gives back.
#[derive(Default)]
struct Returning {
    upload: Upload,
    load: Load,
    /// What waits and goes along.
    waiting: BTreeMap<GroupId, PendingGroup>,
}

impl Returning {
    /// Adds what is given back of a document, and what goes along. Says whether the request carries it: the first document goes in any
    /// case, if need be without what waits.
    fn add(&mut self, given: Given, mut along: Vec<PendingGroup>) -> bool {
        along.retain(|group| !self.waiting.contains_key(&group.id));
        let mut load = self.load.clone();
        load.add_upload(&given.upload);
        let load = along.iter().fold(load, with);
        let fits = load.is_taken();
        if !fits && !self.upload.documents.is_empty() {
            return false;
        }
        if fits {
            let along = along.into_iter().map(|group| (group.id, group));
            self.waiting.extend(along);
        }
        self.load = load;
        given.add_to(&mut self.upload);
        true
    }
}

/// What is given back of one document.
struct Given {
    case: CaseId,
    next_on: Option<i32>,
    /// How many changes stand or fall together, one group after the other.
    groups: Vec<u32>,
    upload: WireUpload,
}

impl Given {
    fn add_to(self, upload: &mut Upload) {
        let place = u32::try_from(upload.documents.len()).unwrap_or(u32::MAX);
        for count in self.groups {
            upload.given.push(self.upload.document);
            upload.groups.push(WireGroup {
                next_on: self.next_on,
                parts: vec![WirePart {
                    document: place,
                    count,
                }],
            });
        }
        upload.documents.push(self.upload);
    }
}

/// The first groups that wait for a document, and those that wait for what these touch beside it, up to one that is damaged or
/// touches what the server differs in and is not given yet.
fn waiting_for(
    tx: &WriteTx<'_>,
    case: CaseId,
    document: DocumentId,
    differing: &[WireDiffering],
) -> Result<Vec<PendingGroup>> {
    let mut groups = Vec::new();
    for id in tx.waiting_groups(Some(case), &[])? {
        groups.extend(tx.group(id)?);
    }
    let mut wanted = BTreeSet::new();
    let mut reached = BTreeSet::from([document]);
    while reached.len() > wanted.len() {
        wanted.clone_from(&reached);
        for group in groups.iter().filter(|group| touches(group, &wanted)) {
            reached.extend(group.changes.iter().map(|change| change.document));
        }
    }
    let lacked: BTreeSet<DocumentId> = differing.iter().map(|other| other.document).collect();
    let sendable = |group: &PendingGroup| group.damaged.is_empty() && !touches(group, &lacked);
    groups.retain(|group| touches(group, &wanted));
    Ok(groups.into_iter().take_while(sendable).collect())
}

fn touches(group: &PendingGroup, documents: &BTreeSet<DocumentId>) -> bool {
    let mut changes = group.changes.iter();
    changes.any(|change| documents.contains(&change.document))
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
