//! Whether somebody has a case already.

use caseweave::{Likeness, PersonDraft};

use crate::{CaseRow, CaseweaveError, CaseweaveHandle};
use caseweave::domain::{IdentifierUpdate, PersonUpdate};

/// A person as they are known before a case is opened.
#[uniffi::remote(Record)]
pub struct PersonDraft {
    /// Names and date of birth; the rest is not looked at.
    pub person: PersonUpdate,
    /// Phone numbers as typed, at most 50.
    #[uniffi(default)]
    pub phones: Vec<String>,
    /// Identifiers, at most 50.
    #[uniffi(default)]
    pub identifiers: Vec<IdentifierUpdate>,
}

/// What makes one think that two people are one.
#[uniffi::remote(Enum)]
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

/// A case whose person is perhaps the same.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Duplicate {
    /// The case as lists show it.
    pub case: CaseRow,
    /// How likely, 1 to 100. Compares within one answer only.
    pub score: u32,
    /// Why.
    pub likenesses: Vec<Likeness>,
}

impl From<caseweave::Duplicate> for Duplicate {
    fn from(duplicate: caseweave::Duplicate) -> Self {
        let caseweave::Duplicate {
            case,
            score,
            likenesses,
        } = duplicate;
        Self {
            case: case.into(),
            score,
            likenesses,
        }
    }
}

#[uniffi::export]
impl CaseweaveHandle {
    /// The cases on this device whose person is perhaps the same, the likeliest first, at most 20; closed ones too. Ask before a case
    /// is opened. Nothing is ever merged: where both are one, a link between the cases says so (CaseLinkEdit), and removing the
    /// link takes it back. Reads disk.
    ///
    /// Fails with `InvalidInput` where there are more than 50 phone numbers or identifiers.
    pub fn duplicates(&self, draft: PersonDraft) -> Result<Vec<Duplicate>, CaseweaveError> {
        let found = self.0.duplicates(&draft)?;
        Ok(found.into_iter().map(Duplicate::from).collect())
    }
}
