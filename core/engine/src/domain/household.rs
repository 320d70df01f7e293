//! Cases of people who live together.

use chrono::NaiveDate;

use super::entity::{added_and_updated, entity};
use super::{MAX_NAME, check};
use crate::ids::EntityId;

entity! {
    /// That the person belongs to a household. Cases that name the same one belong together.
    HouseholdLink, HouseholdLinkUpdate, HouseholdLinkField of HouseholdLink {
        set {
            /// The household, an id that its cases share.
            household Household: EntityId = check::any,
            /// What the person is in it: head, spouse, grandson.
            relation Relation: String = check::line::<MAX_NAME>,
            /// First day.
            since Since: NaiveDate = check::date,
            /// Last day.
            until Until: NaiveDate = check::date,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of a person's households.
    HouseholdEdit of HouseholdLinkUpdate, "add_household_link", "update_household_link", needs household
}
