//! Addresses of the person, with the point against which a visit's location is held.

use super::mirror::{added_and_updated, entity, open_enum};

open_enum! {
    /// What an address is for. Source: FHIR R4 Address.use, with shelter added.
    AddressUse {
        /// Where the person lives.
        Home,
        /// Where the person works.
        Work,
        /// Where mail goes.
        Postal,
        /// For the time being.
        Temporary,
        /// A shelter: never to be given out.
        Shelter,
    }
}

entity! {
    /// An address of the person [FHIR Address].
    Address, AddressUpdate, AddressField {
        set {
            /// Street and number, or how to find the place.
            line Line: String,
            /// Flat, floor, building.
            unit Unit: String,
            /// Town or city.
            city City: String,
            /// State, province or region.
            region Region: String,
            /// Postal code.
            postal_code PostalCode: String,
            /// Country, ISO 3166-1 alpha-2.
            country Country: String,
            /// What it is for.
            usage Usage: AddressUse,
            /// Latitude in degrees, WGS 84.
            latitude Latitude: f64,
            /// Longitude in degrees, WGS 84.
            longitude Longitude: f64,
            /// Door codes, parking, which bell.
            directions Directions: String,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of the person's addresses.
    AddressEdit of AddressUpdate
}
