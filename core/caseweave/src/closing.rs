//! Drafts that are signed as they stand, and received: they leave the digest, and rest as snapshots.

use std::collections::{BTreeMap, BTreeSet};

use caseweave_engine::document::CaseDocuments;
use caseweave_engine::ids::CaseId;
use caseweave_engine::sync::wire::DocumentKind;
use caseweave_store::{DocumentRow, WriteTx};

use crate::Result;
use crate::cases::Drafts;
use crate::handle::Open;
use crate::incoming::Loaded;

impl Open {
    /// Looks at the drafts of every case of which the server received something, or this device did. Closed ones are folded:
    /// hardly anybody writes to them again.
    pub(crate) fn close_signed_drafts(
        &self,
        tx: &WriteTx<'_>,
        loaded: &BTreeMap<CaseId, Loaded>,
    ) -> Result<()> {
        for case in tx.moved_cases()? {
            self.close_signed_drafts_of(tx, case, loaded)?;
            tx.pack_where_due(case)?;
        }
        Ok(())
    }

    /// Looks at the drafts of one case that is to be looked at.
    pub(crate) fn close_signed_drafts_of(
        &self,
        tx: &WriteTx<'_>,
        case: CaseId,
        loaded: &BTreeMap<CaseId, Loaded>,
    ) -> Result<()> {
        let rows = tx.documents_of(case)?;
        if let Some((main, drafts)) = rows.split_first()
            && main.kind == DocumentKind::Case
            && !drafts.is_empty()
        {
            // What is kept in memory was not written to meanwhile: it would have been taken out.
            match (loaded.get(&case), self.cases.get(case)) {
                (Some(known), _) => self.close_drafts(tx, &known.documents, main, drafts)?,
                (None, Some(kept)) => self.close_drafts(tx, &kept, main, drafts)?,
                (None, None) => {
                    let none = BTreeSet::new();
                    let read = self.with_drafts(tx, case, None, &Drafts::Of(&none))?;
                    self.close_drafts(tx, &read, main, drafts)?;
                }
            }
        }
        Ok(tx.set_looked_at(case)?)
    }

    fn close_drafts(
        &self,
        tx: &WriteTx<'_>,
        documents: &CaseDocuments,
        main: &DocumentRow,
        drafts: &[DocumentRow],
    ) -> Result<()> {
        let standing = drafts
            .iter()
            .map(|row| (row.id, row.acknowledged_heads.clone()));
        let closed = documents.closed_drafts(&main.acknowledged_heads, standing);
        for row in drafts {
            let is_closed = closed.contains(&row.id);
            tx.set_closed(row.id, is_closed)?;
            if is_closed
                && row.can_rest()
                && let Some(draft) = self.load(tx, row.id)?
            {
                tx.fold(row.id, &draft.save_verified()?, &row.heads)?;
            }
        }
        Ok(())
    }
}
