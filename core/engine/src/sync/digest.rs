//! The digest by which a device and the server see that they hold the same, without listing anything.
//!
//! Each document has a fingerprint over its scope, id and heads; the digest is the XOR of the fingerprints of every document the
//! worker may read, but for closed drafts, which not every device has. Moving one document's heads takes the old fingerprint out and
//! the new one in, whatever the caseload.

use serde::{Deserialize, Serialize};

use crate::ids::{DocumentId, ScopeId};

/// 16 bytes that stand for one document at certain heads.
pub type Fingerprint = [u8; 16];

/// The fingerprint of a document: BLAKE3 over scope, id and sorted heads, cut to 16 bytes.
pub fn fingerprint(scope: ScopeId, document: DocumentId, heads: &[[u8; 32]]) -> Fingerprint {
    let mut sorted = heads.to_vec();
    sorted.sort_unstable();
    let mut hasher = blake3::Hasher::new_derive_key("caseweave 2026 document fingerprint v1");
    hasher
        .update(&scope.to_bytes())
        .update(&document.to_bytes());
    for head in &sorted {
        hasher.update(head);
    }
    let mut first = [0; 16];
    first.copy_from_slice(
        hasher
            .finalize()
            .as_bytes()
            .first_chunk::<16>()
            .expect("a digest has 32 bytes"),
    );
    first
}

/// XOR of fingerprints. Starts as zeros; toggling the same fingerprint twice changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Digest(#[serde(with = "serde_bytes")] pub [u8; 16]);

impl Digest {
    /// Puts a fingerprint in, or takes it out.
    pub fn toggle(&mut self, fingerprint: Fingerprint) {
        for (sum, byte) in self.0.iter_mut().zip(fingerprint) {
            *sum ^= byte;
        }
    }
}
