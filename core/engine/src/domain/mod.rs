//! The field worker's world: what a case record holds, which edits there are, and when an edit is allowed.
//!
//! Knows nothing of automerge, SQL or HTTP. An edit is planned against the [`Records`] as they stand and gives [`Write`]s; who
//! carries the writes into a document, and how two documents merge, is not decided here.
//!
//! To add an entity: one file here that declares it with `entity!` and plans its edits, one variant in [`Kind`], one in
//! [`Edit`], one field in [`CaseView`], one line among the stories of `timeline` and
//! one of `entry_fact`. Reading, writing, conflicts and history then work by themselves.

mod address;
mod advocacy;
mod amendment;
mod approval;
pub(crate) mod assessment;
mod attachment;
mod authorization;
mod care_team;
mod case;
mod case_link;
pub(crate) mod cell;
mod check;
mod communication;
mod compartment;
mod consent;
mod contact;
mod disclosure;
mod edit;
mod entity;
mod entry_fact;
mod evv;
mod extension;
mod goal;
mod household;
mod identifier;
mod intervention;
mod need;
pub(crate) mod note;
mod note_settlement;
mod outcome;
mod part;
mod person;
mod phone;
mod plan;
mod provider;
mod record;
mod record_sort;
mod recurrence;
mod referral;
mod removal;
mod risk;
mod service;
mod status;
mod task;
pub(crate) mod timeline;
pub(crate) mod value;
pub(crate) mod view;
mod visit;
mod visit_record;
mod visit_signature;

pub use address::{Address, AddressEdit, AddressField, AddressUpdate, AddressUse};
pub use advocacy::{
    Advocacy, AdvocacyEdit, AdvocacyField, AdvocacyKind, AdvocacyStatus, AdvocacyUpdate,
};
pub use amendment::{Amendment, AmendmentEdit, AmendmentField, AmendmentStatus, AmendmentUpdate};
pub use approval::{
    Approval, ApprovalEdit, ApprovalField, ApprovalStatus, ApprovalSubject, ApprovalUpdate,
};
pub use assessment::{
    AlertResponse, Assessment, AssessmentCorrection, AssessmentEdit, AssessmentFact,
    AssessmentField, AssessmentResult, AssessmentStatus, AssessmentUpdate, AssessmentView,
    TrendPoint, trend,
};
pub use attachment::{
    Attachment, AttachmentContent, AttachmentEdit, AttachmentField, AttachmentKind,
    AttachmentUpdate,
};
pub(crate) use authorization::use_of;
pub use authorization::{
    Authorization, AuthorizationAlert, AuthorizationEdit, AuthorizationField, AuthorizationStatus,
    AuthorizationUpdate, AuthorizationView, Usage,
};
pub use care_team::{
    CareTeamEdit, CareTeamFact, CareTeamMember, CareTeamMemberField, CareTeamMemberUpdate, TeamRole,
};
pub(crate) use case::CLOSING_CONFIRMED_AT;
pub use case::{
    Case, CaseEdit, CaseFact, CaseField, CaseStatus, CaseUpdate, ClosureReason, LateChange,
    RiskLevel, Sector,
};
pub use case_link::{CaseLink, CaseLinkEdit, CaseLinkField, CaseLinkKind, CaseLinkUpdate};
pub use cell::CellFault;
pub(crate) use check::language as language_tag;
pub use communication::{
    Communication, CommunicationEdit, CommunicationField, CommunicationOutcome,
    CommunicationUpdate, Direction, Medium,
};
pub use compartment::{
    Compartment, CompartmentEdit, CompartmentField, CompartmentUpdate, CompartmentView,
};
pub use consent::{Consent, ConsentEdit, ConsentFact, ConsentField, ConsentForm, ConsentUpdate};
pub use contact::{Contact, ContactEdit, ContactFact, ContactField, ContactKind, ContactUpdate};
pub use disclosure::{Disclosure, DisclosureEdit, DisclosureField, DisclosureUpdate};
pub use edit::{ConflictEdit, Edit};
pub(crate) use entity::{Entity, Update};
pub use entry_fact::EntryFact;
pub(crate) use evv::first_event;
pub use evv::{EvvException, EvvStatus};
pub use extension::{Extension, ExtensionEdit};
pub use goal::{
    Goal, GoalAchievement, GoalEdit, GoalFact, GoalField, GoalProgress, GoalProgressField,
    GoalProgressUpdate, GoalStatus, GoalUpdate, GoalView,
};
pub use household::{HouseholdEdit, HouseholdLink, HouseholdLinkField, HouseholdLinkUpdate};
pub use identifier::{Identifier, IdentifierEdit, IdentifierField, IdentifierUpdate};
pub use intervention::{
    Intervention, InterventionEdit, InterventionField, InterventionStatus, InterventionUpdate,
};
pub use need::{Need, NeedDomain, NeedEdit, NeedField, NeedStatus, NeedUpdate, Severity};
pub use note::{
    Note, NoteEdit, NoteFact, NoteField, NoteKind, NoteState, NoteUpdate, NoteView, SignedNote,
    TextSplice,
};
pub(crate) use note::{NoteVersions, named_head};
pub use note_settlement::NoteSettlement;
pub use outcome::{Outcome, OutcomeEdit, OutcomeField, OutcomePoint, OutcomeTrend, OutcomeUpdate};
pub use part::RecordPart;
pub use person::{InterpreterNeed, Person, PersonEdit, PersonField, PersonUpdate, Sex};
pub use phone::{Phone, PhoneEdit, PhoneField, PhoneUpdate, PhoneUse};
pub use plan::{Invalid, Write};
pub(crate) use plan::{Plan, STATUS};
pub use provider::{
    Provider, ProviderEdit, ProviderField, ProviderKind, ProviderStatus, ProviderUpdate,
    ProviderView,
};
pub(crate) use record::REMOVED;
pub use record::{Choice, Conflict, Draft, Entry, FieldPath, Kind, Meta, Records, Stamp};
pub(crate) use record_sort::RecordSort;
pub use referral::{Referral, ReferralEdit, ReferralField, ReferralStatus, ReferralUpdate};
pub use removal::RemovalEdit;
pub use risk::{Risk, RiskEdit, RiskField, RiskUpdate};
pub use service::{Service, ServiceEdit, ServiceField, ServiceUpdate};
pub use task::{
    Importance, Task, TaskEdit, TaskFact, TaskField, TaskOccurrence, TaskRecurrence, TaskStatus,
    TaskUpdate,
};
pub use timeline::{Fact, TimelineItem, When};
pub use value::Value;
pub use view::CaseView;
pub use visit::{
    CorrectableField, CorrectionReason, Location, NoLocationReason, Place, Visit, VisitCorrection,
    VisitEdit, VisitEvent, VisitEventKind, VisitFact, VisitField, VisitMoment, VisitStatus,
    VisitUpdate, VisitView,
};
pub(crate) use visit_record::VisitRecord;
pub use visit_signature::{
    NoSignatureReason, PersonSignature, SignedVisit, SignedVisitView, SignerRole, VisitSignature,
};

/// Limits that a form can reach, in Unicode scalar values and numbers of entities.
pub(crate) use crate::guard::{
    MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_ENTRIES, MAX_NAME_CHARS as MAX_NAME,
    MAX_NOTE_CHARS as MAX_TEXT, MAX_TITLE_CHARS as MAX_TITLE,
};
