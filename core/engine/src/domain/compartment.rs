//! Restricted compartments: what is kept about a case for some of its workers only, in a record of its own with access of its own.
//!
//! The case's record does not know of it: core/docs/adr/0014-a-compartment-is-a-record-of-its-own.md.

use serde::{Deserialize, Serialize};

use super::entity::{Entity, entity, kept, required};
use super::value::FieldType;
use super::view::{all, notes};
use super::{
    AssessmentView, Attachment, Conflict, Invalid, Kind, MAX_TITLE, Need, NoteView, Plan, Records,
    assessment, check,
};
use crate::ids::{CaseId, CompartmentId, EntityId};
use crate::settings::Rules;

entity! {
    /// A restricted compartment as a whole.
    Compartment, CompartmentUpdate, CompartmentField of Compartment {
        set {
            /// What it is called among those who see it.
            title Title: String = check::line::<MAX_TITLE>,
        }
        own {
            /// The case it is about.
            case: CaseId,
        }
    }
}

/// Edits of a restricted compartment as a whole. What is in it is edited as in a case: notes, assessments, needs and attachments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

impl CompartmentEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open_compartment",
            Self::Update { .. } => "update_compartment",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        match self {
            Self::Open { id, case, fields } => {
                required(Kind::Compartment, "title", fields.title.is_some())?;
                if plan.single(Kind::Case).is_some() {
                    let reason = "is a record of its own, and this one is a case";
                    return Err(Invalid::field("compartment.id", reason));
                }
                if case == id {
                    return Err(Invalid::field(
                        "compartment.case",
                        "is the compartment itself",
                    ));
                }
                let id = EntityId::from_bytes(id.to_bytes());
                plan.create(id, fields, vec![("case", case.to_value())])
            }
            Self::Update { fields } => {
                kept(fields, "title")?;
                let compartment = plan.single(Kind::Compartment);
                let compartment = compartment.ok_or_else(|| {
                    Invalid::field("compartment", "is not open: the first edit opens it")
                })?;
                plan.update(compartment.id, fields)
            }
        }
    }
}

/// Whether a record is a compartment. One that holds a case is a case, whatever else was written into it.
pub(crate) fn is_compartment(records: &dyn Records) -> bool {
    !records.entities(Kind::Compartment).is_empty() && records.entities(Kind::Case).is_empty()
}

impl Compartment {
    /// The compartment that a record is, if it is one.
    pub(crate) fn of(records: &dyn Records) -> Option<Self> {
        let entry = records.entities(Kind::Compartment).into_iter().next()?;
        is_compartment(records).then(|| Self::from_entry(&entry))
    }
}

/// Everything a restricted compartment holds. Removed entries are in it, flagged; lists are in the order of ids unless they say
/// otherwise.
#[derive(Debug, Clone, PartialEq)]
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

impl CompartmentView {
    /// Reads the whole record. Nothing where it is no compartment, or its opening has not arrived yet.
    pub(crate) fn read(
        id: CompartmentId,
        records: &dyn Records,
        revision: String,
        rules: &Rules,
    ) -> Option<Self> {
        let compartment = Compartment::of(records)?;
        let conflicts = records.conflicts(None);
        Some(Self {
            id,
            case: compartment.case?,
            revision,
            compartment,
            notes: notes(records),
            needs: all(records),
            assessments: assessment::views(records, &conflicts, &rules.instruments),
            attachments: all(records),
            conflicts,
        })
    }
}
