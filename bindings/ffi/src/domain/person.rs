//! Whom the case serves: patient, client, claimant, member.

use caseweave::domain::PersonEdit;
use chrono::NaiveDate;

use super::mirror::{entity, open_enum};

open_enum! {
    /// Sex as recorded. Source: FHIR R4 administrative-gender.
    Sex {
        /// Female.
        Female,
        /// Male.
        Male,
        /// Neither of the two.
        Another,
        /// Not known.
        Unknown,
    }
}

open_enum! {
    /// Whether an interpreter is needed.
    InterpreterNeed {
        /// No.
        No,
        /// Yes, for spoken language.
        Spoken,
        /// Yes, for sign language.
        Sign,
        /// Family interprets, by the person's own wish.
        Family,
    }
}

entity! {
    /// Whom the case serves [FHIR Patient].
    Person, PersonUpdate, PersonField {
        set {
            /// Given name or names.
            given_name GivenName: String,
            /// Family name.
            family_name FamilyName: String,
            /// Name before marriage, or another former name.
            former_name FormerName: String,
            /// What the person wants to be called.
            preferred_name PreferredName: String,
            /// How the name is said.
            name_pronunciation NamePronunciation: String,
            /// Pronouns.
            pronouns Pronouns: String,
            /// Date of birth, where it is known to the day.
            birth_date BirthDate: NaiveDate,
            /// Year of birth, where no more is known.
            birth_year BirthYear: i64,
            /// Day of death.
            death_date DeathDate: NaiveDate,
            /// Sex as recorded by the agency or payer.
            sex Sex: Sex,
            /// Sex assigned at birth, where care needs it.
            birth_sex BirthSex: Sex,
            /// Gender identity in the person's words.
            gender_identity GenderIdentity: String,
            /// Marital or partnership status in words.
            partnership Partnership: String,
            /// E-mail address.
            email Email: String,
            /// Language the person prefers, as a BCP 47 tag.
            preferred_language PreferredLanguage: String,
            /// Other languages the person speaks, as BCP 47 tags.
            other_languages OtherLanguages: Vec<String>,
            /// Whether an interpreter is needed.
            interpreter Interpreter: InterpreterNeed,
            /// Hearing, sight, reading, pace: what helps the person understand and be understood.
            communication_needs CommunicationNeeds: String,
            /// What of culture matters for care.
            culture Culture: String,
            /// What of faith matters for care.
            faith Faith: String,
            /// Diet.
            diet Diet: String,
            /// Dog at the house.
            alert_dog AlertDog: String,
            /// Violence or threats.
            alert_violence AlertViolence: String,
            /// Infection.
            alert_infection AlertInfection: String,
            /// Any other hazard for a visitor.
            alert_other AlertOther: String,
            /// Allergies.
            allergies Allergies: String,
            /// Living situation in words: alone, with daughter, shelter.
            living_situation LivingSituation: String,
        }
        own {}
    }
}

/// Edits of the person.
#[uniffi::remote(Enum)]
pub enum PersonEdit {
    /// Changes the fields that are named. At least one of given, family and preferred name always stays.
    Update {
        /// The new values.
        fields: PersonUpdate,
    },
}
