//! The whole case, ready for a screen.

use caseweave::CaseId;
use caseweave::domain::{
    Address, Advocacy, Amendment, Approval, AssessmentView, Attachment, AuthorizationView,
    CareTeamMember, Case, CaseLink, CaseView, Communication, Conflict, Consent, Contact,
    Disclosure, GoalView, HouseholdLink, Identifier, Intervention, LateChange, Need, NoteView,
    Outcome, OutcomeTrend, Person, Phone, Referral, Risk, Task, TaskRecurrence, VisitView,
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
    /// When the tasks that come back are due next, and what is done of them; a task that does not come back is not here.
    pub recurrences: Vec<TaskRecurrence>,
    /// Goals with their progress.
    pub goals: Vec<GoalView>,
    /// Consents.
    pub consents: Vec<Consent>,
    /// Needs and problems.
    pub needs: Vec<Need>,
    /// What is done.
    pub interventions: Vec<Intervention>,
    /// Referrals.
    pub referrals: Vec<Referral>,
    /// Authorizations with what is used of them.
    pub authorizations: Vec<AuthorizationView>,
    /// Appeals, negotiations, complaints, hearings.
    pub advocacy: Vec<Advocacy>,
    /// Risks with their safety plans.
    pub risks: Vec<Risk>,
    /// Measured values.
    pub outcomes: Vec<Outcome>,
    /// The same by measure, over time.
    pub outcome_trends: Vec<OutcomeTrend>,
    /// Households the person belongs to.
    pub households: Vec<HouseholdLink>,
    /// Links to other cases.
    pub case_links: Vec<CaseLink>,
    /// Photos, signatures, forms.
    pub attachments: Vec<Attachment>,
    /// Approvals that were asked for.
    pub approvals: Vec<Approval>,
    /// Requests to amend the record.
    pub amendments: Vec<Amendment>,
    /// What was given to others.
    pub disclosures: Vec<Disclosure>,
    /// The contact log.
    pub communications: Vec<Communication>,
    /// What was written to a closed case and not seen by who closed it, the oldest first.
    pub changed_after_closing: Vec<LateChange>,
    /// Assessments with their scores.
    pub assessments: Vec<AssessmentView>,
    /// Fields whose values await somebody's choice, in the order of their paths.
    pub conflicts: Vec<Conflict>,
}
