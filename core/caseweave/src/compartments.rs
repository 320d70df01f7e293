//! Restricted compartments: what is kept about a case for some of its workers only.
//!
//! A compartment is a record of its own, so the calls that take a case's id take its id: edits, history, timeline, sharing, late
//! work, status, proof. Here is what is a compartment's alone.

use caseweave_engine::domain::{CompartmentEdit, CompartmentView, Edit};
use caseweave_engine::ids::{CaseId, CompartmentId};
use caseweave_store::{CompartmentListRow, ReadTx};

use crate::Result;
use crate::cases::no_record;
use crate::handle::{Caseweave, Open};
use crate::host::random;
use crate::queries::no_revision;

impl Caseweave {
    /// The restricted compartments that this worker may see, by case and id; those about one case, if it is given. A case tells
    /// nothing of the others.
    ///
    /// # Errors
    /// As [`Self::inbox`].
    pub fn compartments(&self, case: Option<CaseId>) -> Result<Vec<CompartmentListRow>> {
        Ok(self.readable()?.store.read(|tx| tx.compartments(case))?)
    }

    /// The whole restricted compartment, complete enough to render a screen.
    ///
    /// # Errors
    /// As [`Self::case`].
    pub fn compartment(&self, id: CompartmentId) -> Result<CompartmentView> {
        let open = self.readable()?;
        let view = open.record(id)?.compartment(&open.rules());
        view.ok_or_else(|| no_record(id))
    }

    /// The compartment as it stood at a revision that a view or receipt named, without drafts.
    ///
    /// # Errors
    /// As [`Self::case_at`].
    pub fn compartment_at(&self, id: CompartmentId, revision: &str) -> Result<CompartmentView> {
        let open = self.readable()?;
        let documents = open.case_to_read(id)?;
        let then = documents.at(revision);
        then.and_then(|then| then.record().compartment(&open.rules()))
            .ok_or_else(|| no_revision(id))
    }

    /// A new id for a restricted compartment, for the edit that opens it. It cannot be guessed from other ids of this device.
    ///
    /// # Errors
    /// As [`Self::new_id`].
    pub fn new_compartment_id(&self) -> Result<CompartmentId> {
        let open = self.opened()?;
        let now_ms = u64::try_from(open.host.now_ms()).unwrap_or_default();
        Ok(CompartmentId::from_parts(now_ms, random(&*open.host)))
    }
}

impl Open {
    /// A compartment is opened about a case that is on this device, and about no other compartment.
    pub(crate) fn check_case_of_compartment(&self, tx: &ReadTx<'_>, edits: &[Edit]) -> Result<()> {
        match edits.first() {
            Some(Edit::Compartment(CompartmentEdit::Open { case, .. }))
                if tx.case_row(*case)?.is_none() =>
            {
                Err(no_record(*case))
            }
            _ => Ok(()),
        }
    }
}
