//! Every intention a worker can have towards a case or a restricted compartment.

use serde::{Deserialize, Serialize};

use super::{
    AddressEdit, AdvocacyEdit, AmendmentEdit, ApprovalEdit, AssessmentEdit, AttachmentEdit,
    AuthorizationEdit, CareTeamEdit, CaseEdit, CaseLinkEdit, CommunicationEdit, CompartmentEdit,
    ConsentEdit, ContactEdit, DisclosureEdit, ExtensionEdit, FieldPath, GoalEdit, HouseholdEdit,
    IdentifierEdit, InterventionEdit, Invalid, NeedEdit, NoteEdit, OutcomeEdit, PersonEdit,
    PhoneEdit, Plan, ReferralEdit, RemovalEdit, RiskEdit, TaskEdit, Value, VisitEdit, Write,
};

/// Declares the edits by what they are about, and hands each on to the file that knows its rules.
macro_rules! edits {
    ($($(#[$doc:meta])* $variant:ident($edit:ty)),* $(,)?) => {
        /// One intention of a worker, such as "check in" or "add a goal". The edits of one call stand or fall together.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[expect(clippy::large_enum_variant, reason = "edits are few and short-lived; boxes would show in every app")]
pub enum Edit { $($(#[$doc])* $variant($edit)),* }

        $(impl From<$edit> for Edit {
            fn from(edit: $edit) -> Self {
                Self::$variant(edit)
            }
        })*

        impl Edit {
            /// The intention's name as it stands in the change's message.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(edit) => edit.name()),* }
            }

            pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
                match self { $(Self::$variant(edit) => edit.plan(plan)),* }
            }
        }
    };
}

edits! {
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

impl ConflictEdit {
    fn name(&self) -> &'static str {
        match self {
            Self::Settle { .. } => "settle_conflict",
        }
    }

    fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        let Self::Settle { path, value } = self;
        plan.known(path.kind, path.id)?;
        let choices = plan.choices(path);
        if choices.is_empty() {
            return Err(Invalid::field("conflict.path", "is not in conflict"));
        }
        if !choices.iter().any(|choice| choice.value == *value) {
            return Err(Invalid::field(
                "conflict.value",
                "is none of the conflict's choices",
            ));
        }
        plan.write(Write::Settle {
            path: path.clone(),
            value: value.clone(),
        });
        Ok(())
    }
}
