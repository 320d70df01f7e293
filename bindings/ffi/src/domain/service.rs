//! What a provider organisation offers: what one looks for in the directory.

use caseweave::domain::NeedDomain;

use super::mirror::{added_and_updated, entity};

entity! {
    /// A service of a provider organisation [FHIR HealthcareService].
    Service, ServiceUpdate, ServiceField {
        set {
            /// What it is called.
            name Name: String,
            /// What it does, in words.
            description Description: String,
            /// The needs it answers.
            needs Needs: Vec<NeedDomain>,
            /// Languages it is given in, as BCP 47 tags; none where they are the provider's.
            languages Languages: Vec<String>,
            /// The area it is given in, names and postal codes; none where it is the provider's.
            area Area: String,
            /// Who can have it, in words.
            eligibility Eligibility: String,
            /// The least age, in completed years.
            age_from AgeFrom: i64,
            /// The greatest age, in completed years.
            age_to AgeTo: i64,
            /// What it costs the person.
            cost Cost: String,
            /// When it is open; none where it is when the provider is.
            hours Hours: String,
            /// Its phone number as typed.
            phone Phone: String,
            /// Where it is given, where that is not the provider's address.
            address Address: String,
            /// How long one waits.
            waiting Waiting: String,
            /// Whether it takes new people now.
            accepting Accepting: bool,
            /// Whether one needs an appointment. Source: FHIR R4 HealthcareService.appointmentRequired.
            appointment Appointment: bool,
            /// How one refers to it: a form, a call, on one's own.
            referring Referring: String,
            /// What helps people with a disability to use it.
            accessibility Accessibility: String,
            /// Anything else.
            remark Remark: String,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of services.
    ServiceEdit of ServiceUpdate
}
