//! Joining the heads of documents that many wrote to apart.
//!
//! Only a device that has just sent work to a document joins its heads: whoever merely reads leaves that to the writers, so that
//! a hundred phones do not answer a crowd of heads with a crowd of changes that join them.

use std::collections::{BTreeMap, BTreeSet};

use caseweave_engine::document::{Committed, Document};
use caseweave_engine::ids::{CaseId, DocumentId};
use caseweave_store::WriteTx;

use crate::Result;
use crate::handle::Open;
use crate::incoming::Loaded;

impl Open {
    /// Joins the heads of those documents that are crowded; gives those. The changes wait to be sent like edits.
    pub(crate) fn join_heads<'a>(
        &self,
        tx: &WriteTx<'_>,
        written: impl Iterator<Item = &'a DocumentId>,
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<BTreeSet<DocumentId>> {
        let mut joined = BTreeSet::new();
        for document in written {
            let Some(row) = tx.document(*document)? else {
                continue;
            };
            let documents = &mut self.loaded(tx, row.case, *document, loaded)?.documents;
            if !documents.get(*document).is_some_and(Document::is_crowded) {
                continue;
            }
            let Some(change) = documents.join_heads(*document, &self.context()) else {
                continue;
            };
            let committed = Committed {
                changes: vec![change],
                touched: BTreeSet::new(),
            };
            self.store_edits(tx, documents, &[], &committed)?;
            joined.insert(*document);
        }
        Ok(joined)
    }
}
