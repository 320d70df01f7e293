//! News of one document: checked, applied, stored; what does not hold is set aside and holds up nothing else.

use std::collections::BTreeMap;

use caseweave_engine::document::{ChangeHash, Document};
use caseweave_engine::ids::{CaseId, DocumentId};
use caseweave_engine::sync::wire::{DocumentKind, WireDevice, WireNews, WireSnapshot};
use caseweave_engine::sync::{CheckedChange, CheckedRun, Unfit, absorb_snapshot, check_news};
use caseweave_store::{
    ChangeState, NewChange, NewDocument, NewQuarantined, PendingGroup, QuarantinedChange, WriteTx,
};

use crate::Result;
use crate::handle::Open;
use crate::incoming::Loaded;

impl Open {
    pub(crate) fn take_in_news(
        &self,
        tx: &WriteTx<'_>,
        news: &WireNews,
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<()> {
        let case = case_of(news);
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
        for run in &checked.runs {
            let CheckedRun {
                envelope,
                verified,
                receipt,
            } = run;
            tx.add_envelope(envelope, *verified)?;
            if let Some(receipt) = receipt {
                tx.keep_receipt(envelope.document, &envelope.last_change, receipt)?;
            }
        }
        let known: Vec<ChangeHash> = known.into_iter().map(CheckedChange::hash).collect();
        self.note_proven(tx, news.document, &known)?;
        Ok(known)
    }

    /// What came with a signature lacks proof no more.
    fn note_proven(
        &self,
        tx: &WriteTx<'_>,
        document: DocumentId,
        proven: &[ChangeHash],
    ) -> Result<()> {
        let mut unproven = tx.withheld(document)?;
        if unproven.is_empty() {
            return Ok(());
        }
        unproven.retain(|hash| !proven.contains(hash));
        Ok(tx.set_withheld(document, &unproven)?)
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
        tracing::warn!(target: "caseweave::sync", code, "news of a document were set aside");
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

/// The record that news are about.
pub(crate) fn case_of(news: &WireNews) -> CaseId {
    match news.kind {
        DocumentKind::Case => news.document,
        DocumentKind::Note => CaseId::from_bytes(news.scope.to_bytes()),
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
