//! Restricted compartments of a case, as far as this worker may see them. Calls that take a case's id take a compartment's too.

use caseweave::domain::CompartmentView;
use caseweave::{CaseId, CompartmentId, CompartmentListRow, projection};
use chrono::{DateTime, Utc};

use crate::{CaseweaveError, CaseweaveHandle};

/// A restricted compartment in a list, with how it stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CompartmentRow {
    /// The compartment.
    pub id: CompartmentId,
    /// The case it is about.
    pub case: CaseId,
    /// What it is called.
    pub title: String,
    /// Notes that were not removed.
    pub notes: u32,
    /// Needs that were not removed.
    pub needs: u32,
    /// Assessments that were not removed.
    pub assessments: u32,
    /// Attachments that were not removed.
    pub attachments: u32,
    /// Alerts about safety or health that nobody has answered: no worklist shows them.
    pub alerts: u32,
    /// When it was last changed, by the clock of whoever changed it.
    pub changed_at: DateTime<Utc>,
    /// How many conflicts are open.
    pub conflicts: u32,
    /// How many calls' edits the server has not taken into the record.
    pub unsynced: u32,
    /// How many calls' edits were refused and not dismissed.
    pub refused: u32,
}

impl From<CompartmentListRow> for CompartmentRow {
    fn from(row: CompartmentListRow) -> Self {
        let projection::CompartmentRow {
            id,
            case,
            title,
            notes,
            needs,
            assessments,
            attachments,
            alerts,
            changed_at,
        } = row.compartment;
        Self {
            id,
            case,
            title,
            notes,
            needs,
            assessments,
            attachments,
            alerts,
            changed_at,
            conflicts: row.conflicts,
            unsynced: row.unsynced,
            refused: row.refused,
        }
    }
}

#[uniffi::export]
impl CaseweaveHandle {
    /// The restricted compartments that this worker may see, by case and id; those about one case, if it is given. A case tells nothing of
    /// the others. Reads disk.
    #[uniffi::method(default(case))]
    pub fn compartments(
        &self,
        case: Option<CaseId>,
    ) -> Result<Vec<CompartmentRow>, CaseweaveError> {
        let rows = self.0.compartments(case)?;
        Ok(rows.into_iter().map(CompartmentRow::from).collect())
    }

    /// The whole restricted compartment, complete enough to render a screen. Reads disk. Fails with `NotFound` where it is not on this
    /// device.
    pub fn compartment(&self, id: CompartmentId) -> Result<CompartmentView, CaseweaveError> {
        Ok(self.0.compartment(id)?)
    }

    /// The compartment as it stood at a revision that a view, a receipt or the history named, without drafts. Reads disk. Fails with
    /// `NotFound` where this device does not hold compartment or revision.
    pub fn compartment_at(
        &self,
        id: CompartmentId,
        revision: String,
    ) -> Result<CompartmentView, CaseweaveError> {
        Ok(self.0.compartment_at(id, &revision)?)
    }

    /// A new id for a restricted compartment, for the edit that opens it. It cannot be guessed from other ids of this device.
    pub fn new_compartment_id(&self) -> Result<CompartmentId, CaseweaveError> {
        Ok(self.0.new_compartment_id()?)
    }
}
