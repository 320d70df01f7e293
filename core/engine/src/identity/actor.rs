//! Actors: the names automerge orders and numbers changes by, bound here to a device, a document and a run of the app.

use serde::{Deserialize, Serialize};

use super::device_key::DevicePublicKey;
use crate::ids::{DeviceId, DocumentId, WorkerId};

const ACTOR_CONTEXT: &str = "caseweave 2026 actor v1";

/// An automerge actor of ours: always 16 bytes.
pub type ActorBytes = [u8; 16];

/// One run of the app: 16 random bytes drawn at process start.
///
/// Never written to disk as "the current session": a database that was restored or copied starts with a new one, and so
/// cannot give out an (actor, sequence number) twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Session(#[serde(with = "serde_bytes")] pub [u8; 16]);

/// The actor under which a device writes one document in one session: the first 16 bytes of BLAKE3 (key derivation mode)
/// over public key, document id and session.
pub fn actor_for(public: &DevicePublicKey, document: DocumentId, session: &Session) -> ActorBytes {
    let mut hasher = blake3::Hasher::new_derive_key(ACTOR_CONTEXT);
    hasher
        .update(&public.0)
        .update(&document.to_bytes())
        .update(&session.0);
    let mut actor = [0; 16];
    hasher.finalize_xof().fill(&mut actor);
    actor
}

/// Who stands behind an actor: written into the first change the actor makes in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Author {
    /// The person at the device.
    pub worker: WorkerId,
    /// The device.
    pub device: DeviceId,
}

/// An author field that does not have 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("author has {length} bytes instead of 32")]
pub struct InvalidAuthor {
    /// How many bytes there were.
    pub length: usize,
}

impl Author {
    /// Worker id, then device id.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let (worker, device) = bytes.split_at_mut(16);
        worker.copy_from_slice(&self.worker.to_bytes());
        device.copy_from_slice(&self.device.to_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// - [`InvalidAuthor`]: not 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidAuthor> {
        let invalid = InvalidAuthor {
            length: bytes.len(),
        };
        let (worker, device) = bytes.split_first_chunk().ok_or(invalid)?;
        let device = device.try_into().map_err(|_| invalid)?;
        Ok(Self {
            worker: WorkerId::from_bytes(*worker),
            device: DeviceId::from_bytes(device),
        })
    }
}

impl From<Author> for automerge::Author<'static> {
    fn from(author: Author) -> Self {
        Self::from(author.to_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_changes_with_key_document_and_session() {
        let base = (
            DevicePublicKey([1; 32]),
            DocumentId::from_bytes([2; 16]),
            Session([3; 16]),
        );
        let actor = actor_for(&base.0, base.1, &base.2);
        assert_eq!(actor, actor_for(&base.0, base.1, &base.2));
        assert_ne!(actor, actor_for(&DevicePublicKey([9; 32]), base.1, &base.2));
        assert_ne!(
            actor,
            actor_for(&base.0, DocumentId::from_bytes([9; 16]), &base.2)
        );
        assert_ne!(actor, actor_for(&base.0, base.1, &Session([9; 16])));
    }

    #[test]
    fn an_actor_of_version_1_never_changes() {
        let actor = actor_for(
            &DevicePublicKey([1; 32]),
            DocumentId::from_bytes([2; 16]),
            &Session([3; 16]),
        );
        let hex: String = actor.iter().map(|byte| format!("{byte:02x}")).collect();
        insta::assert_snapshot!(hex, @"89a4b110758ea24ac13e383e1b20d2fd");
    }

    #[test]
    fn an_author_is_read_back_as_written() {
        let author = Author {
            worker: WorkerId::from_bytes([4; 16]),
            device: DeviceId::from_bytes([5; 16]),
        };
        assert_eq!(Author::from_bytes(&author.to_bytes()), Ok(author));
        assert_eq!(
            Author::from_bytes(&[0; 31]),
            Err(InvalidAuthor { length: 31 })
        );
        assert_eq!(
            Author::from_bytes(&[0; 33]),
            Err(InvalidAuthor { length: 33 })
        );
    }
}
