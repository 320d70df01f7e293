//! Ed25519 keys of devices and of the server.
//!
//! Verification is strict (RFC 8032 with small-order keys and points refused): one message and one signature never pass
//! under two keys. Source: RUSTSEC-2022-0093 for why the older check is not used.

use std::fmt;

use automerge::ChangeHash;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::statement::Statement;
use crate::ids::DocumentId;

const SNAPSHOT_PURPOSE: &str = "caseweave 2026 snapshot v1";

/// A signature that this key did not give for these bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signature does not fit the key and what it should cover")]
pub struct BadSignature;

/// The signing key of one enrolled installation. Wiped from memory when dropped; never cloned, printed or serialised.
pub struct DeviceKey(SigningKey);

impl DeviceKey {
    /// Takes the 32-byte seed that the host's key vault keeps. The caller wipes its own copy.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(from_seed(seed))
    }

    /// The half that everyone may know.
    pub fn public(&self) -> DevicePublicKey {
        DevicePublicKey(self.0.verifying_key().to_bytes())
    }

    pub(super) fn sign(&self, statement: &Statement) -> [u8; 64] {
        self.0.sign(statement.bytes()).to_bytes()
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(..)")
    }
}

/// The public key of one enrolled installation, 32 bytes. Any 32 bytes can be held; nothing verifies under bytes that are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DevicePublicKey(#[serde(with = "serde_bytes")] pub [u8; 32]);

impl DevicePublicKey {
    pub(super) fn verify(
        &self,
        statement: &Statement,
        signature: &[u8; 64],
    ) -> Result<(), BadSignature> {
        verify_strict(&self.0, statement, signature)
    }
}

/// The signing key of one server. Wiped from memory when dropped; never cloned, printed or serialised.
pub struct ServerKey(SigningKey);

impl ServerKey {
    /// Takes the 32-byte seed from the server's secret store. The caller wipes its own copy.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(from_seed(seed))
    }

    /// The half that devices get at enrolment.
    pub fn public(&self) -> ServerPublicKey {
        ServerPublicKey(self.0.verifying_key().to_bytes())
    }

    /// Says that these bytes are this document at these heads, so that a device may take a snapshot it cannot check change by change.
    pub fn sign_snapshot(&self, claim: &SnapshotClaim<'_>) -> [u8; 64] {
        self.0.sign(claim.statement().bytes()).to_bytes()
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey(..)")
    }
}

/// The public key of one server, 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServerPublicKey(#[serde(with = "serde_bytes")] pub [u8; 32]);

impl ServerPublicKey {
    /// Checks a signature that [`ServerKey::sign_snapshot`] gave.
    ///
    /// # Errors
    /// - [`BadSignature`]: another key, document, set of heads or other bytes.
    pub fn verify_snapshot(
        &self,
        claim: &SnapshotClaim<'_>,
        signature: &[u8; 64],
    ) -> Result<(), BadSignature> {
        verify_strict(&self.0, &claim.statement(), signature)
    }
}

/// What a server says of a snapshot.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotClaim<'a> {
    /// The document the snapshot is of.
    pub document: DocumentId,
    /// Its heads; their order does not matter.
    pub heads: &'a [ChangeHash],
    /// The snapshot itself.
    pub bytes: &'a [u8],
}

impl SnapshotClaim<'_> {
    /// Layout: document (16) · number of heads (8) · heads in ascending order (32 each) · BLAKE3 of the bytes (32).
    fn statement(&self) -> Statement {
        let mut heads = self.heads.to_vec();
        heads.sort_unstable();
        let start = Statement::new(SNAPSHOT_PURPOSE)
            .fixed(&self.document.to_bytes())
            .fixed(&(heads.len() as u64).to_be_bytes());
        heads
            .iter()
            .fold(start, |statement, head| statement.fixed(&head.0))
            .fixed(blake3::hash(self.bytes).as_bytes())
    }
}

fn from_seed(seed: [u8; 32]) -> SigningKey {
    let seed = zeroize::Zeroizing::new(seed);
    SigningKey::from_bytes(&seed)
}

fn verify_strict(
    public: &[u8; 32],
    statement: &Statement,
    signature: &[u8; 64],
) -> Result<(), BadSignature> {
    let key = VerifyingKey::from_bytes(public).map_err(|_| BadSignature)?;
    key.verify_strict(statement.bytes(), &Signature::from_bytes(signature))
        .map_err(|_| BadSignature)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: [u8; 16] = [7; 16];

    fn claim<'a>(heads: &'a [ChangeHash], bytes: &'a [u8]) -> SnapshotClaim<'a> {
        SnapshotClaim {
            document: DocumentId::from_bytes(DOCUMENT),
            heads,
            bytes,
        }
    }

    #[test]
    fn a_snapshot_signature_holds_whatever_the_order_of_heads() {
        let key = ServerKey::from_seed([1; 32]);
        let (a, b) = (ChangeHash([1; 32]), ChangeHash([2; 32]));
        let signature = key.sign_snapshot(&claim(&[a, b], b"snapshot"));
        assert_eq!(
            key.public()
                .verify_snapshot(&claim(&[b, a], b"snapshot"), &signature),
            Ok(())
        );
    }

    #[test]
    fn a_snapshot_signature_fails_for_anything_it_does_not_cover() {
        let key = ServerKey::from_seed([1; 32]);
        let heads = [ChangeHash([1; 32]), ChangeHash([2; 32])];
        let (a, b) = heads.split_at(1);
        let signature = key.sign_snapshot(&claim(a, b"snapshot"));
        let elsewhere = SnapshotClaim {
            document: DocumentId::from_bytes([8; 16]),
            ..claim(a, b"snapshot")
        };
        for other in [
            claim(b, b"snapshot"),
            claim(&heads, b"snapshot"),
            claim(a, b"snapshoT"),
            elsewhere,
        ] {
            assert_eq!(
                key.public().verify_snapshot(&other, &signature),
                Err(BadSignature)
            );
        }
        let stranger = ServerKey::from_seed([2; 32]);
        assert_eq!(
            stranger
                .public()
                .verify_snapshot(&claim(a, b"snapshot"), &signature),
            Err(BadSignature)
        );
    }

    #[test]
    fn nothing_verifies_under_bytes_that_are_a_weak_key() {
        // The neutral point: with it as key, lenient verification passes a signature of zeros for many messages.
        let mut weak = [0; 32];
        weak[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        let statement = Statement::new("any");
        assert_eq!(
            DevicePublicKey(weak).verify(&statement, &signature),
            Err(BadSignature)
        );
    }

    #[test]
    fn a_printed_key_shows_no_secret() {
        assert_eq!(
            format!("{:?}", DeviceKey::from_seed([9; 32])),
            "DeviceKey(..)"
        );
        assert_eq!(
            format!("{:?}", ServerKey::from_seed([9; 32])),
            "ServerKey(..)"
        );
    }
}
