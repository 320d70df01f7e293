//! Links to other cases. Nothing is ever merged by a link: taking it back leaves both cases as they were.

use super::entity::{added_and_updated, entity};
use super::value::open_enum;
use super::{MAX_TITLE, check};
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
    CaseLinkEdit of CaseLinkUpdate, "link_case", "update_case_link", needs other, sort
}
