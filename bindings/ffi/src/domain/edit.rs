//! Every intention a worker can have towards a case or a restricted compartment.

use caseweave::domain::{
    AddressEdit, AdvocacyEdit, AmendmentEdit, ApprovalEdit, AssessmentEdit, AttachmentEdit,
    AuthorizationEdit, CareTeamEdit, CaseEdit, CaseLinkEdit, CommunicationEdit, CompartmentEdit,
    ConflictEdit, ConsentEdit, ContactEdit, DisclosureEdit, Edit, ExtensionEdit, FieldPath,
    GoalEdit, HouseholdEdit, IdentifierEdit, InterventionEdit, NeedEdit, NoteEdit, OutcomeEdit,
    PersonEdit, PhoneEdit, ReferralEdit, RemovalEdit, RiskEdit, TaskEdit, Value, VisitEdit,
};

/// One intention of a worker, such as "check in" or "add a goal". The edits of one call stand or fall together.
#[uniffi::remote(Enum)]
pub enum Edit {
    /// The case as a whole.
    Case(CaseEdit),
    /// The person.
    Person(PersonEdit),
    /// The person's phone numbers.
    Phone(PhoneEdit),
    /// The person's addresses.
    Address(AddressEdit),
    /// The person's identifiers.
    Identifier(IdentifierEdit),
    /// The people around the person.
    Contact(ContactEdit),
    /// The care team.
    CareTeam(CareTeamEdit),
    /// Visits.
    Visit(VisitEdit),
    /// Notes.
    Note(NoteEdit),
    /// Tasks.
    Task(TaskEdit),
    /// Goals.
    Goal(GoalEdit),
    /// Consents.
    Consent(ConsentEdit),
    /// Needs and problems.
    Need(NeedEdit),
    /// Interventions.
    Intervention(InterventionEdit),
    /// Referrals.
    Referral(ReferralEdit),
    /// Authorizations and their use.
    Authorization(AuthorizationEdit),
    /// Appeals, negotiations, complaints, hearings.
    Advocacy(AdvocacyEdit),
    /// Risks and safety plans.
    Risk(RiskEdit),
    /// Measured values.
    Outcome(OutcomeEdit),
    /// Households.
    Household(HouseholdEdit),
    /// Links to other cases.
    CaseLink(CaseLinkEdit),
    /// Photos, signatures, forms.
    Attachment(AttachmentEdit),
    /// Approvals.
    Approval(ApprovalEdit),
    /// Amendment requests.
    Amendment(AmendmentEdit),
    /// What was given to others.
    Disclosure(DisclosureEdit),
    /// The contact log.
    Communication(CommunicationEdit),
    /// Assessments.
    Assessment(AssessmentEdit),
    /// A restricted compartment as a whole.
    Compartment(CompartmentEdit),
    /// Removing and restoring.
    Removal(RemovalEdit),
    /// What embedding apps keep.
    Extension(ExtensionEdit),
    /// Open conflicts.
    Conflict(ConflictEdit),
}

/// Edits of open conflicts.
#[uniffi::remote(Enum)]
pub enum ConflictEdit {
    /// Closes a conflict with one of its choices. To close it with a new value, write that value in the same call before: it
    /// becomes one of the choices.
    Settle {
        /// The field.
        path: FieldPath,
        /// The choice that shall stand.
        value: Value,
    },
}
