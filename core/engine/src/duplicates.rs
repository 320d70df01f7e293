//! Whether somebody has a case already: what two people are compared by, and how much alike they are.
//!
//! Pure. People are found by keys, numbers made of what identifies them, so that no record is opened and nothing is gone through.
//! What is found is a suggestion: two cases are never made one here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use crate::domain::{HouseholdLink, Identifier, IdentifierUpdate, Person, PersonUpdate, Phone};
use crate::ids::{CaseId, EntityId};
use crate::projection::fold;

/// Digits of a phone number that are compared: what comes before them is written or left out at will.
const PHONE_DIGITS: usize = 9;

/// From how many points on two people are shown to be perhaps one. Of the same name alone that is true.
const SUSPECTED: u32 = 40;

/// A person as they are known before a case is opened.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PersonDraft {
    /// Names and date of birth; the rest is not looked at.
    pub person: PersonUpdate,
    /// Phone numbers as typed.
    pub phones: Vec<String>,
    /// Identifiers.
    pub identifiers: Vec<IdentifierUpdate>,
}

/// What makes one think that two people are one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// They bear the same identifier.
    Identifier {
        /// As it was typed.
        value: String,
        /// Whether both say that the same one gave it out.
        same_system: bool,
    },
    /// They have the same name, whatever the order of its words, case and diacritics.
    Name,
    /// Their names are alike: one is shorter, or a letter differs.
    NameAlike,
    /// They were born on the same day.
    BirthDate,
    /// Their dates of birth are alike: day and month swapped, or just one of day, month and year differs.
    BirthDateAlike,
    /// They were born in the same year; the day is not known of both.
    BirthYear,
    /// They were born on different days. This speaks against it.
    OtherBirthDate,
    /// They have the same phone number.
    Phone {
        /// As it was typed.
        number: String,
    },
}

impl Likeness {
    /// How much it says, in points of a hundred.
    fn points(&self) -> i32 {
        match self {
            Self::Identifier {
                same_system: true, ..
            } => 70,
            Self::Identifier { .. } | Self::Phone { .. } => 30,
            Self::Name => 40,
            Self::NameAlike => 25,
            Self::BirthDate => 35,
            Self::BirthDateAlike => 15,
            Self::BirthYear => 10,
            Self::OtherBirthDate => -30,
        }
    }
}

/// A person who has a case, as far as they are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The case.
    pub case: CaseId,
    /// All their names, folded.
    pub sort_name: String,
    /// Date of birth.
    pub birth_date: Option<NaiveDate>,
    /// Those of the draft's keys that they have too.
    pub shared: BTreeSet<i64>,
}

/// Somebody who is perhaps the same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// The case.
    pub case: CaseId,
    /// 1 to 100. Compares within one answer only.
    pub score: u32,
    /// Why.
    pub likenesses: Vec<Likeness>,
}

/// The key of an identifier together with who gave it out; nothing where it is blank.
pub fn key_of_identifier(system: &str, value: &str) -> Option<i64> {
    let keys = identifier_keys(value, Some(system));
    keys.filter(|(_, whole)| *whole).map(|(key, _)| key).next()
}

/// The key of a household. No two people are alike for sharing one.
pub fn key_of_household(household: EntityId) -> i64 {
    key("household", &[&household.to_string()])
}

/// The key of one of their households.
pub(crate) fn keys_of_household(link: &HouseholdLink) -> BTreeSet<i64> {
    link.household.map(key_of_household).into_iter().collect()
}

/// The keys of what a person with a case is called.
pub(crate) fn keys_of_person(person: &Person) -> BTreeSet<i64> {
    let Person {
        given_name,
        preferred_name,
        family_name,
        former_name,
        ..
    } = person;
    let names = Names::of([given_name, preferred_name], [family_name, former_name]);
    names.keys().map(|(key, _)| key).collect()
}

/// The key of one of their phone numbers.
pub(crate) fn keys_of_phone(phone: &Phone) -> BTreeSet<i64> {
    phone
        .number
        .as_deref()
        .and_then(phone_key)
        .into_iter()
        .collect()
}

/// The keys of one of their identifiers.
pub(crate) fn keys_of_identifier(identifier: &Identifier) -> BTreeSet<i64> {
    let value = identifier.value.as_deref().unwrap_or_default();
    let keys = identifier_keys(value, identifier.system.as_deref());
    keys.map(|(key, _)| key).collect()
}

impl PersonDraft {
    /// The keys by which the same person is found.
    pub fn keys(&self) -> BTreeSet<i64> {
        self.likenesses().into_keys().collect()
    }

    /// Those among the known who are perhaps the same person, the likeliest first, equal ones by case.
    pub fn suspects(&self, known: impl IntoIterator<Item = Known>) -> Vec<Suspect> {
        let likenesses = self.likenesses();
        let suspects = known
            .into_iter()
            .filter_map(|known| self.compare(&known, &likenesses));
        let mut suspects: Vec<Suspect> = suspects.collect();
        suspects.sort_by(|a, b| b.score.cmp(&a.score).then(a.case.cmp(&b.case)));
        suspects
    }

    fn names(&self) -> Names<'_> {
        let PersonUpdate {
            given_name,
            preferred_name,
            family_name,
            former_name,
            ..
        } = &self.person;
        Names::of([given_name, preferred_name], [family_name, former_name])
    }

    /// What it means to have each of the keys too.
    fn likenesses(&self) -> BTreeMap<i64, Likeness> {
        let phone = |number: &String| {
            let number = number.trim().to_owned();
            Some((phone_key(&number)?, Likeness::Phone { number }))
        };
        let identifiers = self.identifiers.iter().flat_map(|one| {
            let value = one.value.as_deref().unwrap_or_default().trim();
            let likeness = |same_system| Likeness::Identifier {
                value: value.to_owned(),
                same_system,
            };
            identifier_keys(value, one.system.as_deref())
                .map(move |(key, same)| (key, likeness(same)))
        });
        let phones = self.phones.iter().filter_map(phone);
        self.names()
            .keys()
            .chain(phones)
            .chain(identifiers)
            .collect()
    }

    fn compare(&self, known: &Known, likenesses: &BTreeMap<i64, Likeness>) -> Option<Suspect> {
        let shared = known.shared.iter().filter_map(|key| likenesses.get(key));
        let mut found: BTreeSet<Likeness> = shared.cloned().collect();
        if self.names().spelled_like(&known.sort_name) {
            found.insert(Likeness::NameAlike);
        }
        found.extend(self.birth(known.birth_date));
        let same: Vec<Likeness> = found
            .iter()
            .filter(|one| !says_less(one, &found))
            .cloned()
            .collect();
        let points: i32 = same.iter().map(Likeness::points).sum();
        let score = u32::try_from(points).unwrap_or(0).min(100);
        (score >= SUSPECTED).then_some(Suspect {
            case: known.case,
            score,
            likenesses: same,
        })
    }

    fn birth(&self, known: Option<NaiveDate>) -> Option<Likeness> {
        let known = known?;
        let Some(own) = self.person.birth_date else {
            let same = self.person.birth_year == Some(known.year().into());
            return same.then_some(Likeness::BirthYear);
        };
        let parts = [
            own.year() == known.year(),
            own.month() == known.month(),
            own.day() == known.day(),
        ];
        let swapped = own.month() == known.day() && own.day() == known.month();
        Some(match parts.into_iter().filter(|same| *same).count() {
            3 => Likeness::BirthDate,
            2 => Likeness::BirthDateAlike,
            _ if swapped && own.year() == known.year() => Likeness::BirthDateAlike,
            _ => Likeness::OtherBirthDate,
        })
    }
}

/// Whether another likeness says the same and more.
fn says_less(likeness: &Likeness, found: &BTreeSet<Likeness>) -> bool {
    match likeness {
        Likeness::NameAlike => found.contains(&Likeness::Name),
        Likeness::Identifier {
            value,
            same_system: false,
        } => found.contains(&Likeness::Identifier {
            value: value.clone(),
            same_system: true,
        }),
        _ => false,
    }
}

/// What somebody is called: by given or preferred name, with today's or a former family name.
struct Names<'a> {
    given: [Option<&'a str>; 2],
    family: [Option<&'a str>; 2],
}

impl<'a> Names<'a> {
    fn of(given: [&'a Option<String>; 2], family: [&'a Option<String>; 2]) -> Self {
        Self {
            given: given.map(Option::as_deref),
            family: family.map(Option::as_deref),
        }
    }

    /// Keys of all that they are called, in whole and by the first words of both names.
    fn keys(&self) -> impl Iterator<Item = (i64, Likeness)> + use<> {
        let mut keys = BTreeMap::new();
        for given in spoken(&self.given) {
            for family in spoken(&self.family) {
                let (first, last) = (words(given), words(family));
                if let (Some(first), Some(last)) = (first.first(), last.first()) {
                    keys.insert(name_key("short", [first, last]), Likeness::NameAlike);
                }
                let all = first.iter().chain(&last);
                if all.clone().next().is_some() {
                    keys.insert(name_key("name", all), Likeness::Name);
                }
            }
        }
        keys.into_iter()
    }

    /// Whether each first word has one that is spelled alike among the words of other names.
    fn spelled_like(&self, others: &str) -> bool {
        let others = words(others);
        let alike = |names: &[Option<&str>; 2]| {
            let firsts = spoken(names).filter_map(|name| words(name).into_iter().next());
            firsts
                .into_iter()
                .any(|word| others.iter().any(|other| spelled_alike(&word, other)))
        };
        alike(&self.given) && alike(&self.family)
    }
}

/// The names that are there; an empty one where none is.
fn spoken<'a>(names: &[Option<&'a str>; 2]) -> impl Iterator<Item = &'a str> + use<'a> {
    let named: Vec<&str> = names.iter().flatten().copied().collect();
    let nothing = named.is_empty().then_some("");
    named.into_iter().chain(nothing)
}

/// Words as search finds them.
fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn name_key<'a>(sort: &str, words: impl IntoIterator<Item = &'a String>) -> i64 {
    let mut words: Vec<&str> = words.into_iter().map(String::as_str).collect();
    words.sort_unstable();
    key(sort, &words)
}

fn phone_key(number: &str) -> Option<i64> {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let last = digits.len().saturating_sub(PHONE_DIGITS);
    let digits: String = digits.into_iter().skip(last).collect();
    (!digits.is_empty()).then(|| key("phone", &[&digits]))
}

/// With whether the key says who gave the identifier out.
fn identifier_keys(value: &str, system: Option<&str>) -> impl Iterator<Item = (i64, bool)> + use<> {
    let value = value.trim();
    let alone = (!value.is_empty()).then(|| (key("identifier", &[value]), false));
    let system = system.map(|system| fold(system.trim()));
    let whole = system.map(|system| (key("identifier of", &[&system, value]), true));
    alone.into_iter().chain(whole.filter(|_| alone.is_some()))
}

/// Eight bytes of a digest: two things that differ have the same key by chance once in 2^64.
fn key(sort: &str, parts: &[&str]) -> i64 {
    let mut hasher = blake3::Hasher::new();
    for part in std::iter::once(&sort).chain(parts) {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let mut bytes = [0; 8];
    hasher.finalize_xof().fill(&mut bytes);
    i64::from_be_bytes(bytes)
}

/// Whether two words differ by one letter at most: another one, one more, one less, or two that are swapped; short words by none.
/// Source: F. J. Damerau, "A technique for computer detection and correction of spelling errors", CACM 7 (1964).
fn spelled_alike(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let left = |word: &[char]| word.get(same..).unwrap_or_default().to_vec();
    let short = one.len().min(other.len()) < 4;
    match (left(&one).as_slice(), left(&other).as_slice()) {
        ([], []) => true,
        _ if short => false,
        ([a, b, one @ ..], [c, d, other @ ..]) if (a, b) == (d, c) => one == other,
        ([_, one @ ..], [_, other @ ..]) if one == other => true,
        ([_, one @ ..], other) if one == other => true,
        (one, [_, other @ ..]) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
