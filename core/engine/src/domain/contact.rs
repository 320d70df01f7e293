//! The people and organisations around the person.

use super::entity::{added_and_updated, entity};
use super::timeline::{Step, Story, When};
use super::value::open_enum;
use super::{MAX_NAME, MAX_TITLE, check};

open_enum! {
    /// Which part a contact plays. Source: FHIR R4 RelatedPerson, Practitioner and Organization, as case files list them.
    ContactKind {
        /// Family.
        Family = "family",
        /// Friend or neighbour.
        Friend = "friend",
        /// Somebody who gives care, paid or not.
        Caregiver = "caregiver",
        /// Physician.
        Physician = "physician",
        /// Another professional.
        Professional = "professional",
        /// Lawyer.
        Lawyer = "lawyer",
        /// Legal guardian.
        Guardian = "guardian",
        /// Contact at a payer or insurer.
        Payer = "payer",
        /// Employer.
        Employer = "employer",
    }
}

entity! {
    /// Family, carer, physician, lawyer, payer contact [FHIR RelatedPerson, Practitioner, Organization].
    Contact, ContactUpdate, ContactField of Contact {
        set {
            /// Name of the person or organisation.
            name Name: String = check::line::<MAX_NAME>,
            /// Which part they play.
            part Part: ContactKind = |value: &ContactKind| check::code(value.code()),
            /// Relationship in words: daughter, landlord.
            relationship Relationship: String = check::line::<MAX_NAME>,
            /// Organisation they belong to.
            organisation Organisation: String = check::line::<MAX_NAME>,
            /// Phone number as typed.
            phone Phone: String = check::phone,
            /// Second phone number as typed.
            other_phone OtherPhone: String = check::phone,
            /// E-mail address.
            email Email: String = check::line::<MAX_TITLE>,
            /// Languages they speak, as BCP 47 tags.
            languages Languages: Vec<String> = check::languages,
            /// Whether the person agreed that one may talk to them.
            consent_to_talk ConsentToTalk: bool = check::any,
            /// Whether they are to be called in an emergency.
            emergency Emergency: bool = check::any,
            /// Anything else.
            remark Remark: String = check::lines::<2_000>,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of contacts.
    ContactEdit of ContactUpdate, "add_contact", "update_contact", needs name
}

/// What happens to the people around the person.
#[derive(Debug, Clone, PartialEq)]
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

impl Story for Contact {
    type Fact = ContactFact;

    fn tell(step: &Step<'_>) -> Vec<(When, ContactFact)> {
        if !step.begun {
            return Vec::new();
        }
        let Self {
            name,
            part,
            relationship,
            ..
        } = step.stands();
        let added = ContactFact::Added {
            name,
            part,
            relationship,
        };
        vec![(step.now(), added)]
    }
}
