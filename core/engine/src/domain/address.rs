//! Addresses of the person, with the point against which a visit's location is held.

use super::check;
use super::entity::{added_and_updated, entity};
use super::value::open_enum;
use super::{MAX_NAME, MAX_TITLE};

open_enum! {
    /// What an address is for. Source: FHIR R4 Address.use, with shelter added.
    AddressUse {
        /// Where the person lives.
        Home = "home",
        /// Where the person works.
        Work = "work",
        /// Where mail goes.
        Postal = "postal",
        /// For the time being.
        Temporary = "temp",
        /// A shelter: never to be given out.
        Shelter = "shelter",
    }
}

entity! {
    /// An address of the person [FHIR Address].
    Address, AddressUpdate, AddressField of Address {
        set {
            /// Street and number, or how to find the place.
            line Line: String = check::line::<MAX_TITLE>,
            /// Flat, floor, building.
            unit Unit: String = check::line::<MAX_NAME>,
            /// Town or city.
            city City: String = check::line::<MAX_NAME>,
            /// State, province or region.
            region Region: String = check::line::<MAX_NAME>,
            /// Postal code.
            postal_code PostalCode: String = check::line::<20>,
            /// Country, ISO 3166-1 alpha-2.
            country Country: String = check::line::<2>,
            /// What it is for.
            usage Usage: AddressUse = |value: &AddressUse| check::code(value.code()),
            /// Latitude in degrees, WGS 84.
            latitude Latitude: f64 = check::latitude,
            /// Longitude in degrees, WGS 84.
            longitude Longitude: f64 = check::longitude,
            /// Door codes, parking, which bell.
            directions Directions: String = check::lines::<2_000>,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of the person's addresses.
    AddressEdit of AddressUpdate, "add_address", "update_address", needs line
}
