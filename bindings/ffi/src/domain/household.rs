//! Cases of people who live together.

use caseweave::EntityId;
use chrono::NaiveDate;

use super::mirror::{added_and_updated, entity};

entity! {
    /// That the person belongs to a household. Cases that name the same one belong together.
    HouseholdLink, HouseholdLinkUpdate, HouseholdLinkField {
        set {
            /// The household, an id that its cases share.
            household Household: EntityId,
            /// What the person is in it: head, spouse, grandson.
            relation Relation: String,
            /// First day.
            since Since: NaiveDate,
            /// Last day.
            until Until: NaiveDate,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of a person's households.
    HouseholdEdit of HouseholdLinkUpdate
}
