//! Whether somebody has a case already.

use caseweave_engine::duplicates::{Likeness, PersonDraft, Suspect};
use caseweave_store::{CaseListRow, ReadTx};

use crate::handle::Caseweave;
use crate::{Error, Result};

/// Most people that are shown: what is less likely helps nobody.
const MOST: usize = 20;

/// Most phone numbers and identifiers that a draft holds.
const MOST_OF_EACH: usize = 50;

/// A case whose person is perhaps the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The case as lists show it.
    pub case: CaseListRow,
    /// How likely, 1 to 100. Compares within one answer only.
    pub score: u32,
    /// Why.
    pub likenesses: Vec<Likeness>,
}

impl Caseweave {
    /// The cases on this device whose person is perhaps the same, the likeliest first, at most 20; closed ones too. Ask before a case
    /// is opened. Nothing is ever merged: where both are one, a link between the cases says so
    /// ([`CaseLinkEdit`](crate::domain::CaseLinkEdit)), and removing the link takes it back.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`]: more than 50 phone numbers or identifiers.
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn duplicates(&self, draft: &PersonDraft) -> Result<Vec<Duplicate>> {
        check_count("phones", draft.phones.len())?;
        check_count("identifiers", draft.identifiers.len())?;
        let open = self.readable()?;
        open.store.read(|tx| {
            let known = tx.known_by(&draft.keys(), draft.person.birth_date)?;
            let suspects = draft.suspects(known).into_iter().take(MOST);
            let duplicates = suspects.map(|suspect| duplicate(tx, suspect));
            duplicates.filter_map(Result::transpose).collect()
        })
    }
}

fn duplicate(tx: &ReadTx<'_>, suspect: Suspect) -> Result<Option<Duplicate>> {
    let row = tx.case_row(suspect.case)?;
    Ok(row.map(|case| Duplicate {
        case,
        score: suspect.score,
        likenesses: suspect.likenesses,
    }))
}

fn check_count(field: &str, count: usize) -> Result<()> {
    if count <= MOST_OF_EACH {
        return Ok(());
    }
    Err(Error::InvalidInput {
        field: field.into(),
        reason: format!("are more than {MOST_OF_EACH}"),
    })
}
