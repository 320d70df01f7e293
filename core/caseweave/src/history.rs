//! What happened to a record, change by change, and what is known of who made each.

use std::collections::BTreeMap;

use caseweave_engine::document::{ChangeHash, ChangeRecord, Document, FieldChange};
use caseweave_engine::domain::Stamp;
use caseweave_engine::ids::CaseId;
use caseweave_engine::sync::Proof;
use caseweave_store::ReadTx;
use chrono::{DateTime, Utc};

use crate::Result;
use crate::handle::{Caseweave, Open};
use crate::proof::proof_of;

/// One change of a record's history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// The change's hash: names the state after it among its own ancestors.
    pub hash: ChangeHash,
    /// Who made it and when, as the change claims.
    pub made: Stamp,
    /// The author's name, where this device knows it.
    pub name: Option<String>,
    /// When the server had it, for this device's own; when it came to this device, for others. Nothing while it waits to be sent,
    /// and for what came in a snapshot.
    pub received_at: Option<DateTime<Utc>>,
    /// What is known of who made it. What this device made is unchecked until it is signed, when it is first sent.
    pub proof: Proof,
    /// The names of the intentions, separated by commas.
    pub intentions: String,
    /// What it moved, in the order of paths.
    pub fields: Vec<FieldChange>,
}

impl Caseweave {
    /// What happened to a case: each change with who made it, when, each field before and after, and what is known of its
    /// signature. The oldest first, in an order in which each follows what it depends on.
    ///
    /// # Errors
    /// As [`Self::case`].
    pub fn history(&self, case: CaseId) -> Result<Vec<HistoryEntry>> {
        let open = self.readable()?;
        let documents = open.case_to_read(case)?;
        let records = documents.history();
        let main = documents.case();
        let (names, proofs, received) = open.store.read(|tx| -> Result<_> {
            Ok((
                open.names(tx)?,
                open.proofs(tx, main)?,
                open.received(tx, main)?,
            ))
        })?;
        let entry = |record: ChangeRecord| HistoryEntry {
            name: record
                .made
                .worker
                .and_then(|worker| names.get(&worker).cloned()),
            received_at: received
                .get(&record.hash)
                .and_then(|ms| DateTime::from_timestamp_millis(*ms)),
            proof: proof_of(&proofs, &record.hash),
            hash: record.hash,
            made: record.made,
            intentions: record.intentions,
            fields: record.fields,
        };
        Ok(records.into_iter().map(entry).collect())
    }
}

impl Open {
    /// When each change was received: from its row, or from its signature where the row was folded away.
    fn received(&self, tx: &ReadTx<'_>, document: &Document) -> Result<BTreeMap<ChangeHash, i64>> {
        let (places, mut received) = (document.places(), BTreeMap::new());
        for stored in tx.envelopes_of(document.id())? {
            let covered = places.run(&stored.envelope).unwrap_or_default();
            let known = covered
                .into_iter()
                .zip(std::iter::repeat(stored.received_ms));
            received.extend(known.filter_map(|(hash, ms)| Some((hash, ms?))));
        }
        let rows = tx.receipts_of(document.id())?.into_iter();
        received.extend(rows.filter_map(|(hash, ms)| Some((hash, ms?))));
        Ok(received)
    }
}
