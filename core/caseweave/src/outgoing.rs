//! What goes out: groups of changes that wait, signed in runs.

use std::collections::{BTreeMap, HashMap};

use caseweave_engine::identity::{Envelope, EnvelopeFields};
use caseweave_engine::ids::DocumentId;
use caseweave_engine::sync::Load;
use caseweave_engine::sync::wire::{
    WireCreation, WireDevice, WireGroup, WirePart, WireRun, WireUpload,
};
use caseweave_store::{ChangeRow, GroupId, PendingGroup, WriteTx};
use chrono::{Datelike, NaiveDate};
use serde_bytes::ByteBuf;

use crate::handle::Open;
use crate::{Error, Result};

/// The part of a request that uploads.
#[derive(Default)]
pub(crate) struct Upload {
    pub(crate) documents: Vec<WireUpload>,
    pub(crate) groups: Vec<WireGroup>,
    /// The documents of the first groups, which are given back.
    pub(crate) given: Vec<DocumentId>,
    /// The groups behind these, by their place in the request.
    pub(crate) ids: Vec<GroupId>,
    /// The devices of runs that are given back, but for this one.
    pub(crate) signers: Vec<WireDevice>,
    /// Groups that cannot be sent as they are stored: their rows are damaged, or longer than one request may be. They hold up
    /// nothing else.
    pub(crate) unsendable: Vec<GroupId>,
}

/// Groups while they are put together: the documents they touch, in the order of first touch, with their changes.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) documents: Vec<(DocumentId, Vec<ChangeRow>)>,
    places: HashMap<DocumentId, usize>,
    pub(crate) groups: Vec<WireGroup>,
}

impl Gathered {
    /// To put together what goes behind uploads that a request has already.
    pub(crate) fn behind(uploads: &[WireUpload]) -> Self {
        let documents = uploads.iter().map(|upload| upload.document);
        Self {
            places: documents.clone().zip(0..).collect(),
            documents: documents.map(|document| (document, Vec::new())).collect(),
            groups: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, group: PendingGroup) {
        let mut counts: BTreeMap<usize, u32> = BTreeMap::new();
        for change in group.changes {
            let next = self.documents.len();
            let place = *self.places.entry(change.document).or_insert(next);
            *counts.entry(place).or_default() += 1;
            match self.documents.get_mut(place) {
                Some((_, changes)) => changes.push(change),
                None => self.documents.push((change.document, vec![change])),
            }
        }
        let part = |(place, count)| WirePart {
            document: u32::try_from(place).unwrap_or(u32::MAX),
            count,
        };
        self.groups.push(WireGroup {
            next_on: group.next_on.map(days_since_1970),
            parts: counts.into_iter().map(part).collect(),
        });
    }
}

impl Open {
    /// Gathers what waits, in the order it was made, and signs what is not signed. The signatures are durable before they
    /// leave.
    pub(crate) fn prepare_upload(&self, limit: usize, put_off: &[GroupId]) -> Result<Upload> {
        let _writing = self.writing.lock();
        if self.store.read(|tx| tx.total_sync())?.pending == 0 {
            return Ok(Upload::default());
        }
        self.store.write(|tx| {
            let mut gathered = Gathered::default();
            let mut upload = Upload::default();
            let mut load = Load::default();
            for group in tx.pending_groups(limit, put_off)? {
                if !group.damaged.is_empty() || !with(Load::default(), &group).is_taken() {
                    tracing::error!(target: "caseweave::sync", "changes that wait are damaged or too long to be sent");
                    upload.unsendable.push(group.id);
                    continue;
                }
                load = with(load, &group);
                if !load.is_taken() {
                    break;
                }
                upload.ids.push(group.id);
                gathered.add(group);
            }
            upload.groups = gathered.groups;
            for (document, changes) in gathered.documents {
                upload.documents.push(self.wire_upload(tx, document, changes)?);
            }
            Ok(upload)
        })
    }

    /// Whether groups wait that this session has not given up on.
    pub(crate) fn waiting(&self, put_off: &[GroupId]) -> Result<bool> {
        let waiting = self.store.read(|tx| tx.waiting_groups(None, put_off))?;
        Ok(!waiting.is_empty())
    }

    /// Whether signatures are still to be asked for.
    pub(crate) fn wants_envelopes(&self) -> Result<bool> {
        Ok(!self.store.read(|tx| tx.wanted_envelopes(1))?.is_empty())
    }

    pub(crate) fn wire_upload(
        &self,
        tx: &WriteTx<'_>,
        document: DocumentId,
        changes: Vec<ChangeRow>,
    ) -> Result<WireUpload> {
        let row = tx.document(document)?.ok_or_else(|| {
            Error::damaged(
                self.store.path(),
                "a change waits whose document is not there",
            )
        })?;
        let creates = row.acknowledged_heads.is_empty().then_some(WireCreation {
            kind: row.kind,
            scope: row.scope,
        });
        let runs = self.runs(tx, document, &changes)?;
        let changes = changes
            .into_iter()
            .map(|change| ByteBuf::from(change.bytes))
            .collect();
        Ok(WireUpload {
            document,
            creates,
            changes,
            runs,
        })
    }

    /// Signatures over a document's changes: those that are there and still fit, and new ones over the rest.
    pub(crate) fn runs(
        &self,
        tx: &WriteTx<'_>,
        document: DocumentId,
        changes: &[ChangeRow],
    ) -> Result<Vec<WireRun>> {
        let mut runs = Vec::new();
        let mut rest = changes;
        while let Some(first) = rest.first() {
            let envelope = match self.standing_envelope(tx, document, rest)? {
                Some(envelope) => envelope,
                None => self.sign(tx, document, first, rest)?,
            };
            let count = usize::try_from(envelope.count).unwrap_or(usize::MAX);
            rest = rest.get(count..).unwrap_or_default();
            runs.push(WireRun::of(&envelope, Some(self.identity.device), None));
        }
        Ok(runs)
    }

    /// The envelope over the next changes, if there is one that covers just as many as are sent. One that covers changes
    /// which are not sent any more is taken back.
    fn standing_envelope(
        &self,
        tx: &WriteTx<'_>,
        document: DocumentId,
        rest: &[ChangeRow],
    ) -> Result<Option<Envelope>> {
        let Some(first) = rest.first().filter(|change| change.signed) else {
            return Ok(None);
        };
        let Some(stored) = tx.envelope_over(document, &first.hash)? else {
            return Ok(None);
        };
        let envelope = stored.envelope;
        let count = usize::try_from(envelope.count).unwrap_or(usize::MAX);
        let last = count.checked_sub(1).and_then(|last| rest.get(last));
        if last.is_some_and(|change| change.hash == envelope.last_change) {
            return Ok(Some(envelope));
        }
        tx.remove_envelope(document, &envelope.last_change)?;
        Ok(None)
    }

    fn sign(
        &self,
        tx: &WriteTx<'_>,
        document: DocumentId,
        first: &ChangeRow,
        rest: &[ChangeRow],
    ) -> Result<Envelope> {
        let session = first.session.ok_or_else(|| Error::Unexpected {
            code: 302,
            reason: "a change of another device waits in the outbox".into(),
        })?;
        let follows = |(place, change): &(usize, &ChangeRow)| {
            let seq = first.seq + u64::try_from(*place).unwrap_or(u64::MAX);
            change.actor == first.actor && change.seq == seq && (*place == 0 || !change.signed)
        };
        let run: Vec<&ChangeRow> = rest
            .iter()
            .enumerate()
            .take_while(follows)
            .map(|(_, change)| change)
            .collect();
        let last_change = run.last().map_or(first.hash, |change| change.hash);
        let fields = EnvelopeFields {
            document,
            last_change,
            count: u32::try_from(run.len()).unwrap_or(u32::MAX),
            session,
            device: self.identity.device,
            counter: tx.take_envelope_counter()?,
            wall_ms: self.host.now_ms(),
            monotonic_ms: self.host.monotonic_ms(),
        };
        let envelope = Envelope::sign(&self.key, fields);
        tx.add_envelope(&envelope, true)?;
        Ok(envelope)
    }
}

/// What a request carries with a group in it.
pub(crate) fn with(mut load: Load, group: &PendingGroup) -> Load {
    for change in &group.changes {
        load.add(change.document, change.bytes.len());
    }
    load
}

pub(crate) fn days_since_1970(day: NaiveDate) -> i32 {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).map_or(0, |epoch| epoch.num_days_from_ce());
    day.num_days_from_ce() - epoch
}
