//! What comes in: verdicts on what was sent, and a page of news. One transaction, with the cursor.

use std::collections::{BTreeMap, BTreeSet};

use caseweave_engine::document::{CaseDocuments, ChangeHash, Document, EntityKey, note_of};
use caseweave_engine::ids::{CaseId, DocumentId};
use caseweave_engine::sync::wire::{
    DocumentKind, Role, Verdict, WireAccess, WireDeclined, WireDevice, WireNews, WireResponse,
    WireSnapshot,
};
use caseweave_engine::sync::{CheckedChange, Unfit, absorb_snapshot, check_news};
use caseweave_store::{
    ChangeState, GroupId, NewChange, NewDocument, NewQuarantined, PendingGroup, QuarantinedChange,
    WriteTx,
};

use crate::cases::Drafts;
use crate::handle::Open;
use crate::{Result, SyncProgress};

/// The code under which late work is set aside that a lead declined.
const DECLINED: &str = "declined";

/// What an answer came to.
pub(crate) struct TakenIn {
    pub(crate) progress: SyncProgress,
    pub(crate) put_off: Vec<GroupId>,
    pub(crate) more: bool,
    /// The two sides do not have the same, though nothing is left to tell: the device starts anew and compares.
    pub(crate) anew: bool,
    /// Signatures came that were asked for: there may be more.
    pub(crate) proven: bool,
    /// The server took what was sent and gives nothing more: this device was revoked.
    pub(crate) revoked: bool,
}

/// What a session knows that bears on an answer.
pub(crate) struct Asked<'a> {
    /// The groups of the request, in its order.
    pub(crate) ids: &'a [GroupId],
    /// How many groups wait for something that the server lacks.
    pub(crate) put_off: usize,
    /// Whether the request was about comparing: the page of its answer is left aside, so that a device that is interrupted
    /// starts anew again.
    pub(crate) comparing: bool,
    /// Whether the session may still start anew.
    pub(crate) may_compare: bool,
}

/// Cases while a page is applied to them.
pub(crate) struct Loaded {
    pub(crate) documents: CaseDocuments,
    touched: BTreeSet<EntityKey>,
    /// Changes that came although they were here: work of this device that a lead accepted may be among them.
    returned: BTreeSet<ChangeHash>,
}

impl Open {
    /// Takes an answer in.
    pub(crate) fn take_in(&self, asked: &Asked<'_>, response: WireResponse) -> Result<TakenIn> {
        let _writing = self.writing.lock();
        let (taken, loaded) = self
            .store
            .write(|tx| self.take_in_page(tx, asked, response))?;
        for case in loaded.into_values() {
            self.cases.put(case.documents);
        }
        Ok(taken)
    }

    fn take_in_page(
        &self,
        tx: &WriteTx<'_>,
        asked: &Asked<'_>,
        response: WireResponse,
    ) -> Result<(TakenIn, BTreeMap<CaseId, Loaded>)> {
        let now_ms = self.host.now_ms();
        let mut loaded = BTreeMap::new();
        let mut taken = self.settle_groups(tx, asked.ids, &response, &mut loaded)?;
        if response.revoked {
            taken.revoked = true;
            taken.more = true;
            return Ok((taken, loaded));
        }
        self.renew_lease(tx)?;
        self.take_in_proofs(tx, &response.proofs, &response.signers)?;
        taken.proven = !response.proofs.is_empty();
        let stored = tx.sync_state()?.cursor;
        taken.more = response.more;
        if response.restart {
            tx.set_cursor(None)?;
            taken.anew = true;
        }
        if response.restart || asked.comparing {
            taken.more = true;
            return Ok((taken, loaded));
        }
        if response.base.map(|base| base.into_array()) != stored {
            // The page begins elsewhere than this device stands: another exchange was faster. Ask again from here.
            taken.more = true;
            return Ok((taken, loaded));
        }
        if self.leaves_with_work_unsent(tx, &response)? {
            // Work on a case that is being taken away counts as late only while this device has not confirmed the end: the page
            // comes again once the work is sent.
            taken.more = true;
            return Ok((taken, loaded));
        }
        for device in &response.devices {
            tx.add_device(device, now_ms)?;
        }
        for news in &response.documents {
            self.take_in_news(tx, news, &mut loaded)?;
            taken.progress.documents_changed += 1;
        }
        self.settle_accepted(tx, &mut loaded)?;
        self.settle_declined(tx, &response.declined, &mut loaded)?;
        self.take_in_access(tx, &response, &mut loaded)?;
        for case in loaded.values_mut() {
            self.project(tx, &mut case.documents, Some(&case.touched))?;
            let documents = case.documents.documents().map(Document::id);
            self.fold_where_due(tx, &case.documents, documents)?;
        }
        tx.set_cursor(Some(response.cursor.into_array()))?;
        let waiting = usize::try_from(tx.total_sync()?.pending).unwrap_or(usize::MAX);
        let told = waiting <= asked.put_off + taken.put_off.len();
        let sum = tx.sync_state()?.digest;
        let differs = response.digest.is_some_and(|digest| digest != sum);
        if differs && told && asked.may_compare {
            // Compare, and ask for everything anew. What is here already does nothing.
            tracing::warn!(target: "caseweave::sync", "digests differ: everything is compared");
            tx.set_cursor(None)?;
            taken.anew = true;
            taken.more = true;
        }
        Ok((taken, loaded))
    }

    /// The cases that are taken away by a page: those whose last word on the own role is its end.
    fn cases_that_leave(&self, response: &WireResponse) -> BTreeSet<CaseId> {
        let mut leave = BTreeSet::new();
        for access in response
            .access
            .iter()
            .filter(|access| access.worker == self.identity.worker)
        {
            let case = CaseId::from_bytes(access.scope.to_bytes());
            match access.role {
                None => leave.insert(case),
                Some(_) => leave.remove(&case),
            };
        }
        leave
    }

    fn leaves_with_work_unsent(&self, tx: &WriteTx<'_>, response: &WireResponse) -> Result<bool> {
        for case in self.cases_that_leave(response) {
            if tx.case_sync(case)?.pending > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes in who may do what, in the order it was decided. A case whose access ended leaves the device.
    fn take_in_access(
        &self,
        tx: &WriteTx<'_>,
        response: &WireResponse,
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<()> {
        for worker in &response.workers {
            tx.set_worker(worker)?;
        }
        for result in &response.results {
            tx.settle_action(result.id, result.result)?;
        }
        for access in &response.access {
            if access.worker == self.identity.worker {
                self.take_in_own_role(tx, access)?;
            }
            tx.set_access(access)?;
        }
        for case in self.cases_that_leave(response) {
            loaded.remove(&case);
            self.forget(tx, case)?;
        }
        for held in &response.held {
            tx.set_held(held)?;
        }
        Ok(())
    }

    fn take_in_own_role(&self, tx: &WriteTx<'_>, access: &WireAccess) -> Result<()> {
        match access.role {
            // Who else may do what is told anew if the case is ever given back.
            None => Ok(tx.forget_access(access.scope)?),
            Some(Role::Reader) => Ok(()),
            Some(_) => Ok(tx.release_held(CaseId::from_bytes(access.scope.to_bytes()))?),
        }
    }

    /// Late work of this device that came back with the news was accepted: it is received like any other.
    fn settle_accepted(
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
    fn settle_declined(
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

    /// Takes in what became of each group. A group that is not named is received.
    fn settle_groups(
        &self,
        tx: &WriteTx<'_>,
        ids: &[GroupId],
        response: &WireResponse,
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<TakenIn> {
        let now_ms = self.host.now_ms();
        let mut taken = TakenIn {
            progress: SyncProgress::default(),
            put_off: Vec::new(),
            more: false,
            anew: false,
            proven: false,
            revoked: false,
        };
        let mut moved = BTreeSet::new();
        let mut refused = Vec::new();
        for (place, id) in ids.iter().enumerate() {
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
                    tx.acknowledge_group(*id, now_ms)?;
                    taken.progress.received_by_server += 1;
                }
                Some(Verdict::Held) => tx.hold_group(*id)?,
                Some(Verdict::Refused(why)) => {
                    refused.push((*id, why.code(), "the server refused it"));
                }
                Some(Verdict::MissingDependencies(_)) => taken.put_off.push(*id),
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

    /// A case with one of its documents in memory, for the length of the transaction.
    pub(crate) fn loaded<'a>(
        &self,
        tx: &WriteTx<'_>,
        case: CaseId,
        document: DocumentId,
        loaded: &'a mut BTreeMap<CaseId, Loaded>,
    ) -> Result<&'a mut Loaded> {
        let known = loaded.remove(&case);
        let (documents, touched, returned) = match known {
            Some(known) => (Some(known.documents), known.touched, known.returned),
            None => (self.cases.take(case), BTreeSet::new(), BTreeSet::new()),
        };
        let documents = match documents {
            None if tx.document(case)?.is_none() => CaseDocuments::new(case),
            known => {
                let notes = BTreeSet::from([note_of(document)]);
                let drafts = if document == case {
                    BTreeSet::new()
                } else {
                    notes
                };
                self.with_drafts(tx, case, known, &Drafts::Of(&drafts))?
            }
        };
        Ok(loaded.entry(case).or_insert(Loaded {
            documents,
            touched,
            returned,
        }))
    }

    fn take_in_news(
        &self,
        tx: &WriteTx<'_>,
        news: &WireNews,
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<()> {
        let case = match news.kind {
            DocumentKind::Case => news.document,
            DocumentKind::Note => CaseId::from_bytes(news.scope.to_bytes()),
        };
        let held = tx.held_groups(case)?;
        let Loaded {
            documents,
            touched,
            returned,
        } = self.loaded(tx, case, news.document, loaded)?;
        if documents.get(news.document).is_none() {
            documents.add_note(Document::new(news.document));
        }
        if tx.document(news.document)?.is_none() {
            tx.add_document(NewDocument {
                id: news.document,
                kind: news.kind,
                case,
                scope: news.scope,
            })?;
        }
        let Some(document) = documents.get_mut(news.document) else {
            return Ok(());
        };
        let before = document.heads();
        if let Some(snapshot) = &news.snapshot {
            self.take_in_snapshot(tx, document, snapshot)?;
            if !held.is_empty() {
                returned.extend(self.held_in(snapshot, news.document, &held));
            }
        }
        returned.extend(self.take_in_changes(tx, document, news)?);
        touched.extend(document.touched_since(&before));
        tx.set_heads(news.document, &document.heads())?;
        self.note_acknowledged(tx, news.document, loaded)
    }

    fn take_in_snapshot(
        &self,
        tx: &WriteTx<'_>,
        document: &mut Document,
        snapshot: &WireSnapshot,
    ) -> Result<()> {
        if let Err(unfit) = absorb_snapshot(document, snapshot, &self.identity.server_key) {
            return self.set_bytes_aside(
                tx,
                document.id(),
                unfit.code(),
                vec![snapshot.bytes.to_vec()],
            );
        }
        tx.set_heads(document.id(), &document.heads())?;
        Ok(tx.fold(document.id(), &document.save_verified()?, &document.heads())?)
    }

    /// Which changes of held groups a snapshot contains.
    fn held_in(
        &self,
        snapshot: &WireSnapshot,
        document: DocumentId,
        held: &[PendingGroup],
    ) -> Vec<ChangeHash> {
        let mut alone = Document::new(document);
        if absorb_snapshot(&mut alone, snapshot, &self.identity.server_key).is_err() {
            return Vec::new();
        }
        let changes = held.iter().flat_map(|group| &group.changes);
        let hashes = changes.map(|change| change.hash);
        hashes.filter(|hash| alone.contains(hash)).collect()
    }

    /// Takes changes in; gives those that were here already.
    fn take_in_changes(
        &self,
        tx: &WriteTx<'_>,
        document: &mut Document,
        news: &WireNews,
    ) -> Result<Vec<ChangeHash>> {
        if news.changes.is_empty() {
            return Ok(Vec::new());
        }
        let device_of = |device| {
            if device == self.identity.device {
                // The server does not tell a device about itself.
                return Ok(Some(self.own_device()));
            }
            tx.device(device)
                .map_err(|error| Failed::Store(error.into()))
        };
        let checked = match check_news(news, self.identity.device, device_of) {
            Ok(checked) => checked,
            Err(Failed::Store(error)) => return Err(error),
            Err(Failed::Unfit(unfit)) => {
                self.set_changes_aside(tx, news, unfit.code())?;
                return Ok(Vec::new());
            }
        };
        let (known, new): (Vec<&CheckedChange>, Vec<_>) = checked
            .changes
            .iter()
            .partition(|change| document.contains(&change.hash()));
        if let Err(refusal) = checked.apply_to(document) {
            self.set_changes_aside(tx, news, refusal.code())?;
            return Ok(Vec::new());
        }
        for change in new {
            self.store_remote(tx, news.document, change)?;
        }
        for (envelope, verified) in &checked.envelopes {
            tx.add_envelope(envelope, *verified)?;
        }
        Ok(known.into_iter().map(CheckedChange::hash).collect())
    }

    pub(crate) fn own_device(&self) -> WireDevice {
        WireDevice {
            device: self.identity.device,
            worker: self.identity.worker,
            name: self.identity.worker_name.clone(),
            key: self.key.public(),
        }
    }

    fn store_remote(
        &self,
        tx: &WriteTx<'_>,
        document: DocumentId,
        change: &CheckedChange,
    ) -> Result<()> {
        tx.append_change(NewChange {
            document,
            hash: change.hash(),
            actor: change.actor(),
            seq: change.sequence(),
            session: None,
            device: change.author.map(|author| author.device),
            worker: change.author.map(|author| author.worker),
            claimed_ms: change.claimed_ms(),
            received_ms: Some(self.host.now_ms()),
            state: ChangeState::Remote,
            group: None,
            bytes: change.bytes(),
        })?;
        Ok(())
    }

    fn set_changes_aside(&self, tx: &WriteTx<'_>, news: &WireNews, code: &str) -> Result<()> {
        let bytes = news.changes.iter().map(|bytes| bytes.to_vec()).collect();
        self.set_bytes_aside(tx, news.document, code, bytes)
    }

    /// Keeps bytes from the server that do not hold. They hold up nothing else.
    fn set_bytes_aside(
        &self,
        tx: &WriteTx<'_>,
        document: DocumentId,
        code: &str,
        bytes: Vec<Vec<u8>>,
    ) -> Result<()> {
        tracing::warn!(target: "caseweave::sync", %document, code, "news of a document were set aside");
        let case = tx.document(document)?.map(|row| row.case);
        let set_aside = |bytes| QuarantinedChange {
            document: Some(document),
            hash: None,
            bytes,
        };
        let changes: Vec<_> = bytes.into_iter().map(set_aside).collect();
        tx.quarantine(&NewQuarantined {
            case,
            at_ms: self.host.now_ms(),
            code,
            reason: "what the server sent of a document does not hold",
            edits: None,
            changes: &changes,
        })?;
        Ok(())
    }
}

enum Failed {
    Unfit(Unfit),
    Store(crate::Error),
}

impl From<Unfit> for Failed {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

impl Loaded {
    /// A case that was made anew, all of whose rows are in place.
    pub(crate) fn of(documents: CaseDocuments) -> Self {
        Self {
            documents,
            touched: BTreeSet::new(),
            returned: BTreeSet::new(),
        }
    }
}
