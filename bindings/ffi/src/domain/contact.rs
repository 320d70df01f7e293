//! The people and organisations around the person.

use caseweave::domain::ContactFact;

use super::mirror::{added_and_updated, entity, open_enum};

open_enum! {
    /// Which part a contact plays. Source: FHIR R4 RelatedPerson, Practitioner and Organization, as case files list them.
    ContactKind {
        /// Family.
        Family,
        /// Friend or neighbour.
        Friend,
        /// Somebody who gives care, paid or not.
        Caregiver,
        /// Physician.
        Physician,
        /// Another professional.
        Professional,
        /// Lawyer.
        Lawyer,
        /// Legal guardian.
        Guardian,
        /// Contact at a payer or insurer.
        Payer,
        /// Employer.
        Employer,
    }
}

entity! {
    /// Family, carer, physician, lawyer, payer contact [FHIR RelatedPerson, Practitioner, Organization].
    Contact, ContactUpdate, ContactField {
        set {
            /// Name of the person or organisation.
            name Name: String,
            /// Which part they play.
            part Part: ContactKind,
            /// Relationship in words: daughter, landlord.
            relationship Relationship: String,
            /// Organisation they belong to.
            organisation Organisation: String,
            /// Phone number as typed.
            phone Phone: String,
            /// Second phone number as typed.
            other_phone OtherPhone: String,
            /// E-mail address.
            email Email: String,
            /// Languages they speak, as BCP 47 tags.
            languages Languages: Vec<String>,
            /// Whether the person agreed that one may talk to them.
            consent_to_talk ConsentToTalk: bool,
            /// Whether they are to be called in an emergency.
            emergency Emergency: bool,
            /// Anything else.
            remark Remark: String,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of contacts.
    ContactEdit of ContactUpdate
}

/// What happens to the people around the person.
#[uniffi::remote(Enum)]
pub enum ContactFact {
    /// Somebody was added.
    Added {
        /// Name as it stands.
        name: Option<String>,
        /// Which part they play.
        part: Option<ContactKind>,
        /// Relationship in words.
        relationship: Option<String>,
    },
}
