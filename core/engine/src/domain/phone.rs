//! Phone numbers of the person. Each is an entity of its own, so two workers who add one apart both keep theirs.

use super::check;
use super::entity::{added_and_updated, entity};
use super::value::open_enum;

open_enum! {
    /// What a number or address is for. Source: FHIR R4 ContactPoint.use.
    PhoneUse {
        /// At home.
        Home = "home",
        /// At work.
        Work = "work",
        /// A mobile phone.
        Mobile = "mobile",
        /// For the time being.
        Temporary = "temp",
    }
}

entity! {
    /// A phone number of the person [FHIR ContactPoint].
    Phone, PhoneUpdate, PhoneField of Phone {
        set {
            /// The number as typed, 3 to 20 digits. [`Phone::normalised`] is what is dialled and searched.
            number Number: String = check::phone,
            /// What it is for.
            usage Usage: PhoneUse = |value: &PhoneUse| check::code(value.code()),
            /// Whether messages may be left or sent there.
            messages_allowed MessagesAllowed: bool = check::any,
            /// When to call, whose phone it is.
            remark Remark: String = check::line::<{ super::MAX_TITLE }>,
        }
        own {}
    }
}

impl Phone {
    /// The number reduced to digits, with a leading `+` where it was typed as `+` or `00`.
    pub fn normalised(&self) -> Option<String> {
        let typed = self.number.as_deref()?.trim();
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        Some(match (typed.starts_with('+'), digits.strip_prefix("00")) {
            (true, _) => format!("+{digits}"),
            (false, Some(international)) => format!("+{international}"),
            (false, None) => digits,
        })
    }
}

added_and_updated! {
    /// Edits of the person's phone numbers.
    PhoneEdit of PhoneUpdate, "add_phone", "update_phone", needs number
}
