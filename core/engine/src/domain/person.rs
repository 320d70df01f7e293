//! Whom the case serves: patient, client, claimant, member.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::entity::{Update, entity};
use super::value::open_enum;
use super::{Invalid, Kind, MAX_NAME, MAX_TITLE, Plan, Value, check};

open_enum! {
    /// Sex as recorded. Source: FHIR R4 administrative-gender.
    Sex {
        /// Female.
        Female = "female",
        /// Male.
        Male = "male",
        /// Neither of the two.
        Another = "other",
        /// Not known.
        Unknown = "unknown",
    }
}

open_enum! {
    /// Whether an interpreter is needed.
    InterpreterNeed {
        /// No.
        No = "no",
        /// Yes, for spoken language.
        Spoken = "spoken",
        /// Yes, for sign language.
        Sign = "sign",
        /// Family interprets, by the person's own wish.
        Family = "family",
    }
}

entity! {
    /// Whom the case serves [FHIR Patient].
    Person, PersonUpdate, PersonField of Person {
        set {
            /// Given name or names.
            given_name GivenName: String = check::line::<MAX_NAME>,
            /// Family name.
            family_name FamilyName: String = check::line::<MAX_NAME>,
            /// Name before marriage, or another former name.
            former_name FormerName: String = check::line::<MAX_NAME>,
            /// What the person wants to be called.
            preferred_name PreferredName: String = check::line::<MAX_NAME>,
            /// How the name is said.
            name_pronunciation NamePronunciation: String = check::line::<MAX_NAME>,
            /// Pronouns.
            pronouns Pronouns: String = check::line::<100>,
            /// Date of birth, where it is known to the day.
            birth_date BirthDate: NaiveDate = check::date,
            /// Year of birth, where no more is known.
            birth_year BirthYear: i64 = check::year,
            /// Day of death.
            death_date DeathDate: NaiveDate = check::date,
            /// Sex as recorded by the agency or payer.
            sex Sex: Sex = |value: &Sex| check::code(value.code()),
            /// Sex assigned at birth, where care needs it.
            birth_sex BirthSex: Sex = |value: &Sex| check::code(value.code()),
            /// Gender identity in the person's words.
            gender_identity GenderIdentity: String = check::line::<MAX_NAME>,
            /// Marital or partnership status in words.
            partnership Partnership: String = check::line::<MAX_NAME>,
            /// E-mail address.
            email Email: String = check::line::<MAX_TITLE>,
            /// Language the person prefers, as a BCP 47 tag.
            preferred_language PreferredLanguage: String = check::language,
            /// Other languages the person speaks, as BCP 47 tags.
            other_languages OtherLanguages: Vec<String> = check::languages,
            /// Whether an interpreter is needed.
            interpreter Interpreter: InterpreterNeed = |value: &InterpreterNeed| check::code(value.code()),
            /// Hearing, sight, reading, pace: what helps the person understand and be understood.
            communication_needs CommunicationNeeds: String = check::lines::<2_000>,
            /// What of culture matters for care.
            culture Culture: String = check::lines::<2_000>,
            /// What of faith matters for care.
            faith Faith: String = check::lines::<2_000>,
            /// Diet.
            diet Diet: String = check::lines::<2_000>,
            /// Dog at the house.
            alert_dog AlertDog: String = check::line::<MAX_TITLE>,
            /// Violence or threats.
            alert_violence AlertViolence: String = check::line::<MAX_TITLE>,
            /// Infection.
            alert_infection AlertInfection: String = check::line::<MAX_TITLE>,
            /// Any other hazard for a visitor.
            alert_other AlertOther: String = check::line::<MAX_TITLE>,
            /// Allergies.
            allergies Allergies: String = check::lines::<2_000>,
            /// Living situation in words: alone, with daughter, shelter.
            living_situation LivingSituation: String = check::line::<MAX_TITLE>,
        }
        own {}
    }
}

impl Person {
    /// The name as shown in lists: what the person is called, then the family name.
    pub fn display_name(&self) -> String {
        let given = self
            .preferred_name
            .as_deref()
            .or(self.given_name.as_deref());
        [given, self.family_name.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

const NAMES: [&str; 3] = ["given_name", "family_name", "preferred_name"];

/// Edits of the person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PersonEdit {
    /// Changes the fields that are named. At least one of given, family and preferred name always stays.
    Update {
        /// The new values.
        fields: PersonUpdate,
    },
}

impl PersonEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Update { .. } => "update_person",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        let Self::Update { fields } = self;
        let person = plan
            .single(Kind::Person)
            .ok_or_else(|| Invalid::field("case", "is not open: it holds no person"))?;
        let set = fields.checked()?;
        let cleared = fields.cleared();
        let remains = NAMES.iter().any(|name| {
            set.iter().any(|(key, _)| key == name)
                || (!cleared.contains(name)
                    && !matches!(person.fields.get(*name), None | Some(Value::Null)))
        });
        if !remains {
            return Err(needs_a_name());
        }
        plan.update(person.id, fields)
    }
}

/// Refuses a person without any name.
pub(crate) fn named(person: &PersonUpdate) -> Result<(), Invalid> {
    let names = [
        &person.given_name,
        &person.family_name,
        &person.preferred_name,
    ];
    if names.iter().any(|name| name.is_some()) {
        Ok(())
    } else {
        Err(needs_a_name())
    }
}

fn needs_a_name() -> Invalid {
    Invalid::field(
        "person.family_name",
        "is missing: a person has at least one name",
    )
}
