//! Identifiers of the person in other systems.

use super::mirror::{added_and_updated, entity};

entity! {
    /// An identifier of the person: a member number, a medical record number [FHIR Identifier].
    Identifier, IdentifierUpdate, IdentifierField {
        set {
            /// Who gives the identifier out: a URI or a plain name.
            system System: String,
            /// The identifier itself.
            value Value: String,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of the person's identifiers.
    IdentifierEdit of IdentifierUpdate
}
