//! What a provider organisation offers: what one looks for in the directory.

use super::check;
use super::entity::{added_and_updated, entity};
use super::value::FieldType;
use super::{Invalid, Kind, MAX_NAME, MAX_TITLE, NeedDomain, Plan, Value};

/// The age that nobody passes, in years.
const OLDEST: i64 = 150;

entity! {
    /// A service of a provider organisation [FHIR HealthcareService].
    Service, ServiceUpdate, ServiceField of Service {
        set {
            /// What it is called.
            name Name: String = check::line::<MAX_NAME>,
            /// What it does, in words.
            description Description: String = check::lines::<2_000>,
            /// The needs it answers.
            needs Needs: Vec<NeedDomain> = |needs: &Vec<NeedDomain>| needs_of(needs),
            /// Languages it is given in, as BCP 47 tags; none where they are the provider's.
            languages Languages: Vec<String> = |tags: &Vec<String>| check::languages(tags),
            /// The area it is given in, names and postal codes; none where it is the provider's.
            area Area: String = check::lines::<2_000>,
            /// Who can have it, in words.
            eligibility Eligibility: String = check::lines::<2_000>,
            /// The least age, in completed years.
            age_from AgeFrom: i64 = age,
            /// The greatest age, in completed years.
            age_to AgeTo: i64 = age,
            /// What it costs the person.
            cost Cost: String = check::line::<MAX_TITLE>,
            /// When it is open; none where it is when the provider is.
            hours Hours: String = check::lines::<2_000>,
            /// Its phone number as typed.
            phone Phone: String = check::phone,
            /// Where it is given, where that is not the provider's address.
            address Address: String = check::lines::<2_000>,
            /// How long one waits.
            waiting Waiting: String = check::line::<MAX_TITLE>,
            /// Whether it takes new people now.
            accepting Accepting: bool = check::any,
            /// Whether one needs an appointment. Source: FHIR R4 HealthcareService.appointmentRequired.
            appointment Appointment: bool = check::any,
            /// How one refers to it: a form, a call, on one's own.
            referring Referring: String = check::lines::<2_000>,
            /// What helps people with a disability to use it.
            accessibility Accessibility: String = check::line::<MAX_TITLE>,
            /// Anything else.
            remark Remark: String = check::lines::<2_000>,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of services.
    ServiceEdit of ServiceUpdate, "add_service", "update_service", needs name; within a_range_of_ages
}

/// Whoever says both ages together says the lesser one first.
fn a_range_of_ages(_: &Plan<'_>, edit: &ServiceEdit) -> Result<(), Invalid> {
    let (ServiceEdit::Add { fields, .. } | ServiceEdit::Update { fields, .. }) = edit;
    match fields.age_from.zip(fields.age_to) {
        Some((from, to)) if from > to => {
            let field = format!("{}.age_to", Kind::Service.key());
            Err(Invalid::field(field, "is less than the least age"))
        }
        _ => Ok(()),
    }
}

fn age(years: &i64) -> check::Checked {
    if (0..=OLDEST).contains(years) {
        Ok(())
    } else {
        Err(format!("is not between 0 and {OLDEST}"))
    }
}

fn needs_of(needs: &[NeedDomain]) -> check::Checked {
    if needs.len() > 50 {
        return Err("names more than 50 needs".into());
    }
    needs.iter().try_for_each(|need| check::code(need.code()))
}

impl FieldType for Vec<NeedDomain> {
    fn to_value(&self) -> Value {
        let codes: Vec<String> = self.iter().map(|need| need.code().to_owned()).collect();
        codes.to_value()
    }
    fn from_value(value: &Value) -> Option<Self> {
        let codes: Vec<String> = FieldType::from_value(value)?;
        let needs = codes.iter().map(|code| NeedDomain::from_code(code));
        Some(needs.collect())
    }
}
