//! The record as the domain sees it: entities of kinds, each a set of named values, with who wrote them and when.

use caseweave::domain::{Choice, Conflict, Extension, FieldPath, Kind, Meta, Stamp, Value};
use caseweave::{DeviceId, EntityId, WorkerId};
use chrono::{DateTime, Utc};

/// What sort of entity something is.
#[uniffi::remote(Enum)]
pub enum Kind {
    /// The case itself: one in each record.
    Case,
    /// Whom the case serves: one in each record.
    Person,
    /// A phone number of the person.
    Phone,
    /// An address of the person.
    Address,
    /// An identifier of the person: a member number, a medical record number.
    Identifier,
    /// Family, carer, physician, lawyer, payer.
    Contact,
    /// Someone who works on the case.
    CareTeamMember,
    /// A visit.
    Visit,
    /// Something that happened at a visit: check-in, check-out.
    VisitEvent,
    /// A correction of a visit's facts after check-out.
    VisitCorrection,
    /// The person's signature on a visit, or why there is none.
    VisitSignature,
    /// A worker's signature over a visit.
    SignedVisit,
    /// A note; its draft text lives in a document of its own.
    Note,
    /// A version of a note as somebody signed it.
    SignedNote,
    /// A decision about which signed version of a note stands.
    NoteSettlement,
    /// A task.
    Task,
    /// A goal.
    Goal,
    /// One step of progress on a goal.
    GoalProgress,
    /// A consent that the person gave.
    Consent,
    /// A need or problem.
    Need,
    /// What is done towards goals.
    Intervention,
    /// A referral.
    Referral,
    /// A payer's authorization.
    Authorization,
    /// An appeal, negotiation, complaint or hearing.
    Advocacy,
    /// A risk with its safety plan.
    Risk,
    /// A measured value.
    Outcome,
    /// That the person belongs to a household.
    HouseholdLink,
    /// A link to another case.
    CaseLink,
    /// A photo, signature or form.
    Attachment,
    /// An approval that was asked for.
    Approval,
    /// A request to amend the record.
    Amendment,
    /// Something that was given to somebody.
    Disclosure,
    /// A line of the contact log.
    Communication,
    /// An occurrence of a task that comes back.
    TaskOccurrence,
    /// An assessment: an instrument with its answers.
    Assessment,
    /// A correction of an answer after the assessment was completed.
    AssessmentCorrection,
    /// What was done about alerts of an assessment.
    AlertResponse,
    /// The restricted compartment itself: one in each, in place of case and person.
    Compartment,
    /// The provider organisation itself: one in each record of the directory, in place of case and person.
    Provider,
    /// A service that a provider organisation offers.
    Service,
}

/// Who wrote something, on which device, and when by that device's clock: a claim, as clocks are.
#[uniffi::remote(Record)]
pub struct Stamp {
    /// The worker, where the change names one.
    pub worker: Option<WorkerId>,
    /// The device, where the change names one.
    pub device: Option<DeviceId>,
    /// The moment by the device's clock.
    pub at: DateTime<Utc>,
}

/// What every entity carries beside its own fields.
#[uniffi::remote(Record)]
pub struct Meta {
    /// The entity's id; for the case and the person the case's own.
    pub id: EntityId,
    /// Who made it and when.
    pub created: Stamp,
    /// Who last wrote any of its fields and when, in the order of the edits rather than of clocks.
    pub changed: Stamp,
    /// Why it was removed, if it is. Removing is reversible and hides nothing from history.
    pub removed: Option<String>,
    /// What embedding apps keep with it.
    pub extensions: Vec<Extension>,
}

/// Where a field stands: `phone/01J…/number`; for the case and the person `person/birth_date`.
#[uniffi::remote(Record)]
pub struct FieldPath {
    /// The entity's kind.
    pub kind: Kind,
    /// The entity's id; for the case and the person the case's own.
    pub id: EntityId,
    /// The field's key.
    pub field: String,
}

/// One of the values among which a conflict is open.
#[uniffi::remote(Record)]
pub struct Choice {
    /// The value.
    pub value: Value,
    /// Who wrote it.
    pub written: Stamp,
    /// Whether this is the one that views show until somebody settles.
    pub shown: bool,
}

/// A field to which people wrote different values apart. All are kept until a person settles.
#[uniffi::remote(Record)]
pub struct Conflict {
    /// The field.
    pub path: FieldPath,
    /// At least two values, the shown one first, the rest in a fixed order.
    pub choices: Vec<Choice>,
}
