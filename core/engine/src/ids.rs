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
    /// What rights are given on. A case's main record and its open drafts are one scope, named by the main document's id; a
    /// restricted compartment with its drafts is another.
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

/// Makes the ids of one run of the app, each greater than the one before.
///
/// Milliseconds, then a count of two bytes, then eight bytes that were drawn when the app was started. Within a millisecond, and where
/// the clock was set back, an id is the last one plus one, as a [monotonic ULID](https://github.com/ulid/spec#monotonicity) is. So two
/// ids of one run never are equal, and two runs meet only where their eight bytes and the millisecond do. What a run's ids share is
/// sent and stored about once for a case: with ten bytes drawn for each entity, a record took a tenth more on its way to a
/// new device. An id can be guessed, so nothing may be given for knowing one.
#[derive(Debug)]
pub struct IdSource {
    run: [u8; 8],
    /// Milliseconds and count of the last id.
    last: u64,
}

impl IdSource {
    /// The ids of a run of the app, for which eight bytes were drawn.
    pub fn new(run: [u8; 8]) -> Self {
        Self { run, last: 0 }
    }

    /// The next id, at milliseconds since 1970-01-01T00:00:00Z.
    pub fn next(&mut self, unix_ms: u64) -> EntityId {
        self.last = (unix_ms << 16).max(self.last.saturating_add(1));
        let mut bytes = [0; 16];
        let (when, run) = bytes.split_at_mut(8);
        when.copy_from_slice(&self.last.to_be_bytes());
        run.copy_from_slice(&self.run);
        EntityId::from_bytes(bytes)
    }
}

impl EntityId {
    /// The id of what is named by what it says: the first half of a BLAKE3 digest.
    pub(crate) fn of_digest(hasher: &blake3::Hasher) -> Self {
        let mut half = [0; 16];
        hasher.finalize_xof().fill(&mut half);
        Self::from_bytes(half)
    }
}

impl ScopeId {
    /// The scope that a main document names.
    pub fn of(document: DocumentId) -> Self {
        Self::from_bytes(document.to_bytes())
    }
}

/// A case is named by its main document. Calls that take the id of any record take a restricted compartment's too.
pub type CaseId = DocumentId;

/// A restricted compartment is named by its document.
pub type CompartmentId = DocumentId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_run_grow_though_the_clock_stands_or_is_set_back() {
        let mut source = IdSource::new([7; 8]);
        let moments = [1_000, 1_000, 1_000, 400, 1_000, 1_001];
        let ids: Vec<_> = moments.map(|ms| source.next(ms)).into();
        assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
        assert!(ids.iter().all(|id| id.to_bytes().ends_with(&[7; 8])));
    }

    #[test]
    fn an_id_begins_with_its_moment_as_every_ulid_does() {
        let id = IdSource::new([7; 8]).next(1_781_524_800_000);
        let ulid = Ulid::from_bytes(id.to_bytes());
        assert_eq!(ulid.timestamp_ms(), 1_781_524_800_000);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn two_runs_never_share_an_id_of_one_millisecond() {
        let of = |run| IdSource::new([run; 8]).next(1_000);
        assert_ne!(of(1), of(2));
    }
}
