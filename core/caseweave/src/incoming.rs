//! What comes in: verdicts on what was sent, and a page of news. One transaction, with the cursor.

use std::collections::{BTreeMap, BTreeSet};

use caseweave_engine::document::{CaseDocuments, ChangeHash, Document, EntityKey, note_of};
use caseweave_engine::ids::{CaseId, DocumentId};
use caseweave_engine::sync::Digest;
use caseweave_engine::sync::wire::{Role, WireAccess, WireDevice, WireNews, WireResponse};
use caseweave_store::{GroupId, NewQuarantined, WriteTx};

use crate::cases::Drafts;
use crate::handle::Open;
use crate::news::case_of;
use crate::{Result, SyncProgress};

/// What an answer came to.
pub(crate) struct TakenIn {
    pub(crate) progress: SyncProgress,
    pub(crate) put_off: Vec<GroupId>,
    /// The server keeps some of what was sent until a lead decides about it.
    pub(crate) held: bool,
    pub(crate) more: bool,
    /// The two sides do not have the same, though nothing is left to tell: the device starts anew and compares.
    pub(crate) anew: bool,
    /// Signatures came that were asked for: there may be more.
    pub(crate) proven: bool,
    /// The server took what was sent and gives nothing more: this device was revoked.
    pub(crate) revoked: bool,
    /// Documents that this device wrote to, by what the server said of its groups.
    pub(crate) written: BTreeSet<DocumentId>,
    /// Documents whose heads were joined.
    pub(crate) joined: BTreeSet<DocumentId>,
}

/// What a session knows that bears on an answer.
pub(crate) struct Asked<'a> {
    /// How many groups of the request gave something back.
    pub(crate) given: usize,
    /// The groups behind these, in its order.
    pub(crate) ids: &'a [GroupId],
    /// Groups that the session has given up on: they cannot be sent, or wait for something that the server lacks.
    pub(crate) put_off: &'a [GroupId],
    /// Documents that earlier requests of the session wrote to.
    pub(crate) written: &'a BTreeSet<DocumentId>,
    /// Documents whose heads the session has joined: once is enough, whatever others do meanwhile.
    pub(crate) joined: &'a BTreeSet<DocumentId>,
    /// Whether the request was about comparing: the page of its answer is left aside, so that a device that is interrupted
    /// starts anew again.
    pub(crate) comparing: bool,
    /// Whether the session may still start anew.
    pub(crate) may_compare: bool,
}

/// Cases while a page is applied to them.
pub(crate) struct Loaded {
    pub(crate) documents: CaseDocuments,
    pub(crate) touched: BTreeSet<EntityKey>,
    /// Changes that came although they were here: work of this device that a lead accepted may be among them.
    pub(crate) returned: BTreeSet<ChangeHash>,
}

impl Open {
    /// Takes an answer in.
    pub(crate) fn take_in(&self, asked: &Asked<'_>, mut response: WireResponse) -> Result<TakenIn> {
        let _writing = self.writing.lock();
        let told = !response.settings.is_empty();
        let (taken, loaded) = self.store.write(|tx| -> Result<_> {
            let outlived = self.take_out_outlived(tx, &mut response)?;
            let (mut taken, mut loaded) = self.take_in_page(tx, asked, &response)?;
            outlived.iter().try_for_each(|end| tx.outlive(end))?;
            let unsettled = loaded.iter().filter(|(_, known)| !known.touched.is_empty());
            for case in unsettled.map(|(case, _)| *case).collect::<Vec<_>>() {
                self.settle_case(tx, case, &mut loaded)?;
            }
            tx.merge_index()?;
            // After the page: it may bring the documents.
            self.take_in_proofs(tx, &response.proofs, &response.signers)?;
            taken.proven = !response.proofs.is_empty();
            Ok((taken, loaded))
        })?;
        // Drafts alone, whose record is not here, are no record to write to.
        let records = loaded.into_values().map(|case| case.documents);
        for record in records.filter(|documents| !documents.case().heads().is_empty()) {
            self.cases.put(record);
        }
        if told {
            self.read_rules()?;
        }
        Ok(taken)
    }

    fn take_in_page(
        &self,
        tx: &WriteTx<'_>,
        asked: &Asked<'_>,
        response: &WireResponse,
    ) -> Result<(TakenIn, BTreeMap<CaseId, Loaded>)> {
        let now_ms = self.host.now_ms();
        let mut loaded = BTreeMap::new();
        let mut taken = self.settle_groups(tx, asked, response, &mut loaded)?;
        if response.revoked {
            taken.revoked = true;
            taken.more = true;
            return Ok((taken, loaded));
        }
        self.renew_lease(tx)?;
        let stored = tx.sync_state()?.cursor;
        taken.more = response.more;
        if response.restart {
            self.prepare_to_give_back(tx)?;
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
        let put_off = [asked.put_off, &taken.put_off].concat();
        if self.leaves_with_work_to_send(tx, response, &put_off)? {
            // Work on a case that is being taken away counts as late only while this device has not confirmed the end: the page
            // comes again once the work is sent. What cannot be sent is not waited for.
            taken.more = true;
            return Ok((taken, loaded));
        }
        self.keep_settings(tx, &response.settings)?;
        for device in &response.devices {
            self.take_in_device(tx, device, now_ms)?;
        }
        let mut by_case: BTreeMap<CaseId, Vec<&WireNews>> = BTreeMap::new();
        for news in &response.documents {
            by_case.entry(case_of(news)).or_default().push(news);
            taken.progress.documents_changed += 1;
        }
        for (case, news) in by_case {
            for news in news {
                self.take_in_news(tx, news, &mut loaded)?;
            }
            self.settle_case(tx, case, &mut loaded)?;
        }
        self.settle_accepted(tx, &mut loaded)?;
        self.settle_declined(tx, &response.declined, &mut loaded)?;
        taken.progress.refused += self.take_in_access(tx, response, &mut loaded)?;
        if !response.more {
            let written = asked.written.union(&taken.written);
            let written = written.filter(|document| !asked.joined.contains(document));
            taken.joined = self.join_heads(tx, written, &mut loaded)?;
        }
        self.close_signed_drafts(tx, &loaded)?;
        tx.set_cursor(Some(response.cursor.into_array()))?;
        let told = tx.waiting_groups(None, &put_off)?.is_empty();
        if let Some(digest) = response.digest.filter(|_| told)
            && self.is_to_be_compared(tx, digest, asked.may_compare)?
        {
            // Compare, and ask for everything anew. What is here already does nothing.
            tracing::warn!(target: "caseweave::sync", "digests differ: everything is compared");
            tx.set_cursor(None)?;
            taken.anew = true;
            taken.more = true;
        }
        Ok((taken, loaded))
    }

    /// Whether the two sides differ in another way than they did when all was compared. What they differ by after comparing is
    /// remembered, so that not every session compares again what cannot be given.
    fn is_to_be_compared(
        &self,
        tx: &WriteTx<'_>,
        server: Digest,
        may_compare: bool,
    ) -> Result<bool> {
        let mut difference = tx.sync_state()?.digest;
        difference.toggle(server.0);
        let now = (difference != Digest::default()).then_some(difference.0);
        let known = tx.known_difference()?;
        if now.is_some() && now != known && may_compare {
            return Ok(true);
        }
        if now != known {
            tx.set_known_difference(now)?;
        }
        Ok(false)
    }

    /// The server was set back: the exchange begins anew, decisions that it may have lost are sent again, and what it said of
    /// roles is in doubt until it says it again.
    fn prepare_to_give_back(&self, tx: &WriteTx<'_>) -> Result<()> {
        tx.set_cursor(None)?;
        tx.set_known_difference(None)?;
        self.reopen_decisions(tx)?;
        Ok(tx.doubt_access()?)
    }

    /// A known device that is told with another key or worker stays what it was: what the other key signs does not hold.
    pub(crate) fn take_in_device(
        &self,
        tx: &WriteTx<'_>,
        device: &WireDevice,
        now_ms: i64,
    ) -> Result<()> {
        match tx.add_device(device, now_ms) {
            Err(caseweave_store::Error::AlreadyExists { .. }) => {
                tracing::warn!(target: "caseweave::sync", device = %device.device, "a known device was told with another key");
                tx.quarantine(&NewQuarantined {
                    case: None,
                    at_ms: now_ms,
                    code: "other_key",
                    reason: "the server told a known device with another key",
                    edits: None,
                    changes: &[],
                })?;
                Ok(())
            }
            taken => Ok(taken?),
        }
    }

    /// Takes out of a page ends of the own role that a server which was set back tells of, and that it had overtaken before: those below
    /// the place in the feed where the role was given, and of a role that was given for less long. The case stays until the server
    /// has heard of the role again: it may be the only one that has work which the server lost.
    fn take_out_outlived(
        &self,
        tx: &WriteTx<'_>,
        response: &mut WireResponse,
    ) -> Result<Vec<WireAccess>> {
        let own = self.identity.worker;
        let mut outlived = Vec::new();
        let ends = response.access.iter();
        for end in ends.filter(|access| access.worker == own && access.role.is_none()) {
            if !tx.told_before_restore(end.scope, own)? {
                continue;
            }
            let known = tx.access_to(end.scope)?.into_iter();
            let mut known = known.filter(|known| known.worker == own);
            if known.any(|known| outlives(&known, end)) {
                outlived.push(*end);
            }
        }
        response.access.retain(|access| !outlived.contains(access));
        Ok(outlived)
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

    fn leaves_with_work_to_send(
        &self,
        tx: &WriteTx<'_>,
        response: &WireResponse,
        put_off: &[GroupId],
    ) -> Result<bool> {
        for case in self.cases_that_leave(response) {
            if !tx.waiting_groups(Some(case), put_off)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes in who may do what, in the order it was decided. A case whose access ended leaves the device; says how many groups were
    /// set aside because they could not be sent before.
    fn take_in_access(
        &self,
        tx: &WriteTx<'_>,
        response: &WireResponse,
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<u32> {
        let mut set_aside = 0;
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
            set_aside += self.set_unsent_aside(tx, case)?;
            self.forget(tx, case)?;
        }
        for held in &response.held {
            tx.set_held(held)?;
        }
        Ok(set_aside)
    }

    fn take_in_own_role(&self, tx: &WriteTx<'_>, access: &WireAccess) -> Result<()> {
        match access.role {
            // Who else may do what is told anew if the case is ever given back.
            None => Ok(tx.forget_access(access.scope)?),
            Some(Role::Reader) => Ok(()),
            Some(_) => Ok(tx.release_held(CaseId::from_bytes(access.scope.to_bytes()))?),
        }
    }

    /// Brings a case's rows up to date and lays to rest what is hardly written to again. One case after the other: each finds the
    /// pages free that the one before has left.
    fn settle_case(
        &self,
        tx: &WriteTx<'_>,
        case: CaseId,
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<()> {
        if let Some(Loaded {
            documents, touched, ..
        }) = loaded.get_mut(&case)
        {
            let touched = std::mem::take(touched);
            self.project(tx, documents, Some(&touched))?;
            self.store_record(tx, documents, &touched)?;
            let written = documents.documents().map(Document::id);
            self.fold_where_due(tx, documents, written)?;
        }
        if tx.is_moved(case)? {
            self.close_signed_drafts_of(tx, case, loaded)?;
        }
        Ok(tx.pack_where_due(case)?)
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
        let drafts = if document == case {
            BTreeSet::new()
        } else {
            BTreeSet::from([note_of(document)])
        };
        let known = self.known_so_far(tx, case, documents)?;
        let documents = self.with_drafts(tx, case, known, &Drafts::Of(&drafts))?;
        Ok(loaded.entry(case).or_insert(Loaded {
            documents,
            touched,
            returned,
        }))
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

/// Whether a role was given after the end that a server tells of. One that tells no places tells of no ends from before.
fn outlives(known: &WireAccess, end: &WireAccess) -> bool {
    let Some(ended) = end.seq else {
        return false;
    };
    let given_later = known.seq.is_none_or(|given| given >= ended);
    let given_longer = end
        .until_ms
        .is_some_and(|ran_out| known.until_ms.is_none_or(|until| until > ran_out));
    given_later || given_longer
}
