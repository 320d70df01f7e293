//! The field worker's world: what a case record holds, which edits there are, and when an edit is allowed.
//!
//! Knows nothing of automerge, SQL or HTTP. An edit is planned against the [`Records`] as they stand and gives [`Write`]s; who
//! carries the writes into a document, and how two documents merge, is not decided here.
//!
//! To add an entity: one file here that declares it with `entity!` and plans its edits, one variant in [`Kind`], one in
//! [`Edit`], one field in [`CaseView`], one line among the stories of `timeline`. Reading, writing, conflicts and history then work by themselves.

mod address;
pub(crate) mod assessment;
mod care_team;
mod case;
mod check;
mod consent;
mod contact;
mod edit;
mod entity;
mod evv;
mod extension;
mod goal;
mod identifier;
mod note;
mod person;
mod phone;
mod plan;
mod record;
mod removal;
mod task;
pub(crate) mod timeline;
mod value;
pub(crate) mod view;
mod visit;

pub use address::{Address, AddressEdit, AddressField, AddressUpdate, AddressUse};
pub use assessment::{
    Assessment, AssessmentCorrection, AssessmentEdit, AssessmentFact, AssessmentField,
    AssessmentResult, AssessmentStatus, AssessmentUpdate, AssessmentView, TrendPoint, trend,
};
pub use care_team::{
    CareTeamEdit, CareTeamFact, CareTeamMember, CareTeamMemberField, CareTeamMemberUpdate, TeamRole,
};
pub use case::{
    Case, CaseEdit, CaseFact, CaseField, CaseStatus, CaseUpdate, ClosureReason, RiskLevel, Sector,
};
pub(crate) use check::language as language_tag;
pub use consent::{Consent, ConsentEdit, ConsentFact, ConsentField, ConsentForm, ConsentUpdate};
pub use contact::{Contact, ContactEdit, ContactFact, ContactField, ContactKind, ContactUpdate};
pub use edit::{ConflictEdit, Edit};
pub(crate) use entity::Entity;
pub use evv::{EvvException, EvvStatus, EvvTolerance};
pub use extension::{Extension, ExtensionEdit};
pub use goal::{
    Goal, GoalAchievement, GoalEdit, GoalFact, GoalField, GoalProgress, GoalProgressField,
    GoalProgressUpdate, GoalStatus, GoalUpdate, GoalView,
};
pub use identifier::{Identifier, IdentifierEdit, IdentifierField, IdentifierUpdate};
pub use note::{
    Note, NoteEdit, NoteFact, NoteField, NoteKind, NoteState, NoteUpdate, NoteView, SignedNote,
    TextSplice,
};
pub use person::{InterpreterNeed, Person, PersonEdit, PersonField, PersonUpdate, Sex};
pub use phone::{Phone, PhoneEdit, PhoneField, PhoneUpdate, PhoneUse};
pub(crate) use plan::Plan;
pub use plan::{Invalid, Write};
pub use record::{Choice, Conflict, Draft, Entry, FieldPath, Kind, Meta, Records, Stamp};
pub use removal::RemovalEdit;
pub use task::{Importance, Task, TaskEdit, TaskFact, TaskField, TaskStatus, TaskUpdate};
pub use timeline::{Fact, TimelineItem, When};
pub use value::Value;
pub use view::CaseView;
pub use visit::{
    CorrectableField, CorrectionReason, Location, NoLocationReason, Place, Visit, VisitCorrection,
    VisitEdit, VisitEvent, VisitEventKind, VisitFact, VisitField, VisitMoment, VisitStatus,
    VisitUpdate, VisitView,
};

/// Limits that a form can reach, in Unicode scalar values and numbers of entities.
pub(crate) use crate::guard::{
    MAX_ENTRIES, MAX_NAME_CHARS as MAX_NAME, MAX_NOTE_CHARS as MAX_TEXT,
    MAX_TITLE_CHARS as MAX_TITLE,
};
