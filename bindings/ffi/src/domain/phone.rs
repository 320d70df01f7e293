//! Phone numbers of the person. Each is an entity of its own, so two workers who add one apart both keep theirs.

use super::mirror::{added_and_updated, entity, open_enum};

open_enum! {
    /// What a number or address is for. Source: FHIR R4 ContactPoint.use.
    PhoneUse {
        /// At home.
        Home,
        /// At work.
        Work,
        /// A mobile phone.
        Mobile,
        /// For the time being.
        Temporary,
    }
}

entity! {
    /// A phone number of the person [FHIR ContactPoint].
    Phone, PhoneUpdate, PhoneField {
        set {
            /// The number as typed, 3 to 20 digits. Digits alone are what is searched.
            number Number: String,
            /// What it is for.
            usage Usage: PhoneUse,
            /// Whether messages may be left or sent there.
            messages_allowed MessagesAllowed: bool,
            /// When to call, whose phone it is.
            remark Remark: String,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of the person's phone numbers.
    PhoneEdit of PhoneUpdate
}
