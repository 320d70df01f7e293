//! Identifiers cross as their 26-character text. One that is none is refused before the call begins.

use caseweave::{DeviceId, DocumentId, EntityId, InvalidId, OrganisationId, WorkerId};

use crate::CaseweaveError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $field:literal),* $(,)?) => {$(
        uniffi::custom_type!($(#[$doc])* $name, String, {
            remote,
            lower: |id| id.to_string(),
            try_lift: |text| text.parse().map_err(|invalid: InvalidId| CaseweaveError::InvalidInput {
                field: $field.into(),
                reason: format!("is {invalid}"),
            }.into()),
        });
    )*};
}

ids! {
    /// Names a document, and a case or a restricted compartment by its own: 26 characters. A new one comes from `new_id`, of a
    /// compartment from `new_compartment_id`.
    DocumentId "document_id",
    /// Names something inside a record, such as a visit or a phone number: 26 characters. A new one comes from `new_id`.
    EntityId "entity_id",
    /// Names a worker: 26 characters.
    WorkerId "worker_id",
    /// Names an enrolled device: 26 characters.
    DeviceId "device_id",
    /// Names an agency: 26 characters.
    OrganisationId "organisation_id",
}

#[cfg(test)]
mod tests {
    use uniffi::{Lift, Lower};

    use super::*;
    use crate::UniFfiTag;

    #[test]
    fn a_text_that_is_no_id_says_which_sort_of_id_was_meant() {
        let text = <String as Lower<UniFfiTag>>::lower("phone 1".into());
        let error = <EntityId as Lift<UniFfiTag>>::try_lift(text).unwrap_err();
        let expected = CaseweaveError::InvalidInput {
            field: "entity_id".into(),
            reason: "is not a 26-character ULID".into(),
        };
        assert_eq!(error.downcast_ref::<CaseweaveError>(), Some(&expected));
    }
}
