//! Receipts: by which a server that was set back to a backup recognises what it once took.

use zeroize::Zeroizing;

use super::envelope::Envelope;
use crate::ids::ScopeId;

const KEY_CONTEXT: &str = "caseweave 2026 receipt key v1";

/// 8 bytes that only the server can make: it took this envelope, in this scope, from somebody who might write there.
///
/// Goes out with the envelope to everyone who reads it, and comes back with it from whoever gives the server what it lost. So work
/// of people who left, and of devices that were revoked, comes back through others, and nothing that they make afterwards.
pub type Receipt = [u8; 8];

/// The key a server makes its receipts with. Survives with the server's identity, not with its records.
#[derive(Clone)]
pub struct ReceiptKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReceiptKey")
    }
}

impl ReceiptKey {
    /// Derived from the seed of the server's own key.
    pub fn of_server(seed: &[u8; 32]) -> Self {
        Self(Zeroizing::new(blake3::derive_key(KEY_CONTEXT, seed)))
    }

    /// The receipt for an envelope in a scope: the first 8 bytes of keyed BLAKE3.
    pub fn receipt(&self, scope: ScopeId, envelope: &Envelope) -> Receipt {
        let mut receipt = [0; 8];
        let mut full = self.full(scope, envelope);
        full.fill(&mut receipt);
        receipt
    }

    /// Whether this server gave this receipt for this envelope in this scope. Takes as long whatever the answer.
    pub fn knows(&self, scope: ScopeId, envelope: &Envelope, receipt: &Receipt) -> bool {
        let expected = self.receipt(scope, envelope);
        let differing = expected.iter().zip(receipt).map(|(one, other)| one ^ other);
        differing.fold(0, |sum, bits| sum | bits) == 0
    }

    fn full(&self, scope: ScopeId, envelope: &Envelope) -> blake3::OutputReader {
        blake3::Hasher::new_keyed(&self.0)
            .update(&scope.to_bytes())
            .update(envelope.statement().bytes())
            .update(&envelope.signature)
            .finalize_xof()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{DeviceKey, EnvelopeFields, Session};
    use crate::ids::{DeviceId, DocumentId};

    fn envelope() -> Envelope {
        Envelope::sign(
            &DeviceKey::from_seed([1; 32]),
            EnvelopeFields {
                document: DocumentId::from_bytes([2; 16]),
                last_change: [3; 32],
                count: 4,
                session: Session([5; 16]),
                device: DeviceId::from_bytes([6; 16]),
                counter: 7,
                wall_ms: 8,
                monotonic_ms: 9,
            },
        )
    }

    #[test]
    fn a_receipt_holds_for_its_envelope_and_scope_and_server_only() {
        let (key, other) = (
            ReceiptKey::of_server(&[1; 32]),
            ReceiptKey::of_server(&[2; 32]),
        );
        let (scope, elsewhere) = (ScopeId::from_bytes([1; 16]), ScopeId::from_bytes([2; 16]));
        let receipt = key.receipt(scope, &envelope());
        assert!(key.knows(scope, &envelope(), &receipt));
        assert!(!key.knows(elsewhere, &envelope(), &receipt));
        assert!(!other.knows(scope, &envelope(), &receipt));
        let longer = Envelope {
            count: 5,
            ..envelope()
        };
        assert!(!key.knows(scope, &longer, &receipt));
    }
}
