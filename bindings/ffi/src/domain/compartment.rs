//! Restricted compartments: what is kept about a case for some of its workers only, in a record of its own with access of its own.

use caseweave::domain::{
    AssessmentView, Attachment, CompartmentEdit, CompartmentView, Conflict, Need, NoteView,
};
use caseweave::{CaseId, CompartmentId};

use super::mirror::entity;

entity! {
    /// A restricted compartment as a whole.
    Compartment, CompartmentUpdate, CompartmentField {
        set {
            /// What it is called among those who see it.
            title Title: String,
        }
        own {
            /// The case it is about.
            case: CaseId,
        }
    }
}

/// Edits of a restricted compartment as a whole. What is in it is edited as in a case: notes, assessments, needs and attachments.
#[uniffi::remote(Enum)]
pub enum CompartmentEdit {
    /// Opens a compartment. The first edit of its record.
    Open {
        /// The compartment's id, made by `new_compartment_id`; its document bears the same.
        id: CompartmentId,
        /// The case it is about, which is on this device.
        case: CaseId,
        /// Its values; a title.
        fields: CompartmentUpdate,
    },
    /// Changes the fields that are named.
    Update {
        /// The new values.
        fields: CompartmentUpdate,
    },
}

/// Everything a restricted compartment holds. Removed entries are in it, flagged; lists are in the order of ids unless they say
/// otherwise.
#[uniffi::remote(Record)]
pub struct CompartmentView {
    /// The compartment's id: edits, history, timeline and access take it as they take a case's.
    pub id: CompartmentId,
    /// The case it is about.
    pub case: CaseId,
    /// Names this state of the record: give it to `compartment_at` to see it again.
    pub revision: String,
    /// The compartment itself.
    pub compartment: Compartment,
    /// Notes.
    pub notes: Vec<NoteView>,
    /// Needs and problems.
    pub needs: Vec<Need>,
    /// Assessments with their scores.
    pub assessments: Vec<AssessmentView>,
    /// Photos, signatures, forms.
    pub attachments: Vec<Attachment>,
    /// Fields whose values await somebody's choice, in the order of their paths.
    pub conflicts: Vec<Conflict>,
}
