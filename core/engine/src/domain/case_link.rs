//! Links to other cases. Nothing is ever merged by a link: taking it back leaves both cases as they were.

use super::entity::{added_and_updated, entity};
use super::plan::Invalid;
use super::value::open_enum;
use super::{Kind, MAX_TITLE, Plan, check};
use crate::ids::DocumentId;

open_enum! {
    /// How two cases belong together.
    CaseLinkKind {
        /// This case was opened twice; the other one goes on.
        DuplicateOf = "duplicate_of",
        /// The other case was opened twice; this one goes on.
        DuplicatedBy = "duplicated_by",
        /// This case follows the other one.
        Continues = "continues",
        /// They have to do with each other.
        Related = "related",
    }
}

entity! {
    /// A link to another case.
    CaseLink, CaseLinkUpdate, CaseLinkField of CaseLink {
        set {
            /// The other case.
            other Other: DocumentId = check::any,
            /// How they belong together.
            sort Sort: CaseLinkKind = |value: &CaseLinkKind| check::code(value.code()),
            /// What makes one think so.
            remark Remark: String = check::line::<MAX_TITLE>,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of links to other cases.
    CaseLinkEdit of CaseLinkUpdate, "link_case", "update_case_link", needs other, sort; within between_two
}

/// A case belongs together with another one, not with itself.
fn between_two(plan: &Plan<'_>, edit: &CaseLinkEdit) -> Result<(), Invalid> {
    let (CaseLinkEdit::Add { fields, .. } | CaseLinkEdit::Update { fields, .. }) = edit;
    let own = plan.single(Kind::Case).map(|case| case.id.to_bytes());
    match fields.other {
        Some(other) if Some(other.to_bytes()) == own => {
            Err(Invalid::field("case_link.other", "is the case itself"))
        }
        _ => Ok(()),
    }
}
