//! Links to other cases. Nothing is ever merged by a link: taking it back leaves both cases as they were.

use caseweave::DocumentId;

use super::mirror::{added_and_updated, entity, open_enum};

open_enum! {
    /// How two cases belong together.
    CaseLinkKind {
        /// This case was opened twice; the other one goes on.
        DuplicateOf,
        /// The other case was opened twice; this one goes on.
        DuplicatedBy,
        /// This case follows the other one.
        Continues,
        /// They have to do with each other.
        Related,
    }
}

entity! {
    /// A link to another case.
    CaseLink, CaseLinkUpdate, CaseLinkField {
        set {
            /// The other case.
            other Other: DocumentId,
            /// How they belong together.
            sort Sort: CaseLinkKind,
            /// What makes one think so.
            remark Remark: String,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of links to other cases.
    CaseLinkEdit of CaseLinkUpdate
}
