//! Identifiers of the person in other systems.

use super::entity::{added_and_updated, entity};
use super::{MAX_NAME, MAX_TITLE, check};

entity! {
    /// An identifier of the person: a member number, a medical record number [FHIR Identifier].
    Identifier, IdentifierUpdate, IdentifierField of Identifier {
        set {
            /// Who gives the identifier out: a URI or a plain name.
            system System: String = check::line::<MAX_TITLE>,
            /// The identifier itself.
            value Value: String = check::line::<MAX_NAME>,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of the person's identifiers.
    IdentifierEdit of IdentifierUpdate, "add_identifier", "update_identifier", needs value
}
