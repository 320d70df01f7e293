//! The parts of a record, as reports show them and consents name them.

use super::Kind;
use super::value::{FieldType, Value, open_enum};

open_enum! {
    /// A part of a record: what a report has a section for, and what a consent covers.
    RecordPart {
        /// The case: number, programme, status, why the person came.
        Case = "case",
        /// The person: name, birth date, languages, needs of communication, phones, addresses.
        Person = "person",
        /// The people around the person.
        Contacts = "contacts",
        /// Who works on the case.
        CareTeam = "care_team",
        /// Needs and problems.
        Needs = "needs",
        /// Risks and safety plans.
        Risks = "risks",
        /// Goals with their progress.
        Goals = "goals",
        /// What is done.
        Interventions = "interventions",
        /// Assessments with their scores.
        Assessments = "assessments",
        /// Measured values.
        Outcomes = "outcomes",
        /// Visits.
        Visits = "visits",
        /// Signed notes.
        Notes = "notes",
        /// Tasks.
        Tasks = "tasks",
        /// Referrals.
        Referrals = "referrals",
        /// Authorizations with their use.
        Authorizations = "authorizations",
        /// Appeals, negotiations, complaints, hearings.
        Advocacy = "advocacy",
        /// The contact log.
        Communications = "communications",
        /// Consents.
        Consents = "consents",
    }
}

impl RecordPart {
    /// The part that entities of a kind stand in; nothing for those that no report shows.
    pub(crate) fn of(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Case => Self::Case,
            Kind::Person | Kind::Phone | Kind::Address | Kind::Identifier => Self::Person,
            Kind::Contact => Self::Contacts,
            Kind::CareTeamMember => Self::CareTeam,
            Kind::Need => Self::Needs,
            Kind::Risk => Self::Risks,
            Kind::Goal | Kind::GoalProgress => Self::Goals,
            Kind::Intervention => Self::Interventions,
            Kind::Assessment | Kind::AssessmentCorrection | Kind::AlertResponse => {
                Self::Assessments
            }
            Kind::Outcome => Self::Outcomes,
            Kind::Visit
            | Kind::VisitEvent
            | Kind::VisitCorrection
            | Kind::VisitSignature
            | Kind::SignedVisit => Self::Visits,
            Kind::Note | Kind::SignedNote | Kind::NoteSettlement => Self::Notes,
            Kind::Task | Kind::TaskOccurrence => Self::Tasks,
            Kind::Referral => Self::Referrals,
            Kind::Authorization => Self::Authorizations,
            Kind::Advocacy => Self::Advocacy,
            Kind::Communication => Self::Communications,
            Kind::Consent => Self::Consents,
            Kind::HouseholdLink
            | Kind::CaseLink
            | Kind::Attachment
            | Kind::Approval
            | Kind::Amendment
            | Kind::Disclosure
            | Kind::Compartment
            | Kind::Provider
            | Kind::Service => return None,
        })
    }
}

/// A small set of parts, kept as codes are.
impl FieldType for Vec<RecordPart> {
    fn to_value(&self) -> Value {
        let codes: Vec<String> = self.iter().map(|part| part.code().to_owned()).collect();
        codes.to_value()
    }
    fn from_value(value: &Value) -> Option<Self> {
        let codes: Vec<String> = FieldType::from_value(value)?;
        Some(
            codes
                .iter()
                .map(|code| RecordPart::from_code(code))
                .collect(),
        )
    }
}
