//! Identifiers. All are ULIDs: 16 bytes, sorted by the moment they were made, written as 26 characters.
//!
//! Source: <https://github.com/ulid/spec>. Nothing reads the time in an id: a wrong clock makes odd ids, never wrong merges.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

/// A text that is not an identifier. The text itself is not kept: it may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a 26-character ULID")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Ulid);

        impl $name {
            /// Makes an id from milliseconds since 1970-01-01T00:00:00Z and ten random bytes.
            pub fn from_parts(unix_ms: u64, random: [u8; 10]) -> Self {
                let mut wide = [0; 16];
                wide[6..].copy_from_slice(&random);
                Self(Ulid::from_parts(unix_ms, u128::from_be_bytes(wide)))
            }

            /// The id in 16 bytes, big-endian, so that bytes sort as texts do.
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.to_bytes()
            }

            /// Reads the 16 bytes that [`Self::to_bytes`] wrote.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Ulid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Ulid::from_string(text).map(Self).map_err(|_| InvalidId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_bytes(&self.to_bytes())
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                    text.parse().map_err(serde::de::Error::custom)
                } else {
                    let bytes = serde_bytes::ByteArray::<16>::deserialize(deserializer)?;
                    Ok(Self::from_bytes(bytes.into_array()))
                }
            }
        }
    };
}

id! {
    /// One automerge document: a case's main record, a note draft, a restricted compartment. A case's id is its main document's.
    DocumentId
}
id! {
    /// What rights are given on. A case's main record and its open drafts are one scope, named by the main document's id.
    ScopeId
}
id! {
    /// One entity inside a record: a visit, a phone number, a goal. Chosen by the app through `new_id`, so a repeated call is seen.
    EntityId
}
id! {
    /// A user of an app: case manager, nurse, supervisor.
    WorkerId
}
id! {
    /// One enrolled installation with a signing key of its own.
    DeviceId
}
id! {
    /// An agency. Organisations share nothing.
    OrganisationId
}
id! {
    /// One server's database. Part of what requests sign, so a request to one server means nothing to another.
    ServerId
}

impl ScopeId {
    /// The scope that a main document names.
    pub fn of(document: DocumentId) -> Self {
        Self::from_bytes(document.to_bytes())
    }
}

/// A case is named by its main document.
pub type CaseId = DocumentId;
