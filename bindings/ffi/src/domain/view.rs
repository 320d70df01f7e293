//! The whole case, ready for a screen.

use caseweave::CaseId;
use caseweave::domain::{
    Address, AssessmentView, CareTeamMember, Case, CaseView, Conflict, Consent, Contact, GoalView,
    Identifier, NoteView, Person, Phone, Task, VisitView,
};

/// Everything a case's record holds. Removed entries are in it, flagged; lists are in the order of ids unless they say otherwise.
#[uniffi::remote(Record)]
pub struct CaseView {
    /// The case's id.
    pub id: CaseId,
    /// Names this state of the record: give it to `case_at` to see it again.
    pub revision: String,
    /// The case itself.
    pub case: Case,
    /// Whom it serves.
    pub person: Person,
    /// The person's phone numbers.
    pub phones: Vec<Phone>,
    /// The person's addresses.
    pub addresses: Vec<Address>,
    /// The person's identifiers.
    pub identifiers: Vec<Identifier>,
    /// The people around the person.
    pub contacts: Vec<Contact>,
    /// Who works on the case.
    pub care_team: Vec<CareTeamMember>,
    /// Visits.
    pub visits: Vec<VisitView>,
    /// Notes.
    pub notes: Vec<NoteView>,
    /// Tasks.
    pub tasks: Vec<Task>,
    /// Goals with their progress.
    pub goals: Vec<GoalView>,
    /// Consents.
    pub consents: Vec<Consent>,
    /// Assessments with their scores.
    pub assessments: Vec<AssessmentView>,
    /// Fields whose values await somebody's choice, in the order of their paths.
    pub conflicts: Vec<Conflict>,
}
