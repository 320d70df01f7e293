//! Receipts: by which a server that was set back to a backup recognises what it once took.

use zeroize::Zeroizing;

use super::envelope::Envelope;
use crate::ids::{OrganisationId, ScopeId};

const KEY_CONTEXT: &str = "caseweave 2026 receipt key v1";

/// 8 bytes that only the server can make: it took this envelope, in this scope, from somebody who might write there.
///
/// Goes out with the envelope to everyone who reads it, and comes back with it from whoever gives the server what it lost. So work
/// of people who left, and of devices that were revoked, comes back through others, and nothing that they make afterwards.
pub type Receipt = [u8; 8];

/// The key a server makes its receipts with, for one organisation. Survives with the server's identity, not with its records.
#[derive(Clone)]
pub struct ReceiptKey {
    own: Zeroizing<[u8; 32]>,
    /// Receipts were made with it before organisations had keys of their own.
    server: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReceiptKey")
    }
}

impl ReceiptKey {
    /// The key of no organisation, derived from the seed of the server's own key.
    pub fn of_server(seed: &[u8; 32]) -> Self {
        let key = Zeroizing::new(blake3::derive_key(KEY_CONTEXT, seed));
        Self {
            own: key.clone(),
            server: key,
        }
    }

    /// The key of one organisation.
    pub fn of_organisation(&self, organisation: OrganisationId) -> Self {
        let own = blake3::keyed_hash(&self.server, &organisation.to_bytes());
        Self {
            own: Zeroizing::new(own.into()),
            server: self.server.clone(),
        }
    }

    /// The receipt for an envelope in a scope: the first 8 bytes of keyed BLAKE3.
    pub fn receipt(&self, scope: ScopeId, envelope: &Envelope) -> Receipt {
        receipt_with(&self.own, scope, envelope)
    }

    /// Whether this server gave this receipt for this envelope in this scope, perhaps before organisations had keys of their own.
    /// Takes as long whatever the answer.
    pub fn knows(&self, scope: ScopeId, envelope: &Envelope, receipt: &Receipt) -> bool {
        let before = receipt_with(&self.server, scope, envelope);
        self.knows_here(scope, envelope, receipt) | are_equal(&before, receipt)
    }

    /// Whether the receipt was given for work in this very organisation. Takes as long whatever the answer.
    pub fn knows_here(&self, scope: ScopeId, envelope: &Envelope, receipt: &Receipt) -> bool {
        are_equal(&self.receipt(scope, envelope), receipt)
    }
}

fn receipt_with(key: &[u8; 32], scope: ScopeId, envelope: &Envelope) -> Receipt {
    let mut receipt = [0; 8];
    blake3::Hasher::new_keyed(key)
        .update(&scope.to_bytes())
        .update(envelope.statement().bytes())
        .update(&envelope.signature)
        .finalize_xof()
        .fill(&mut receipt);
    receipt
}

fn are_equal(one: &Receipt, other: &Receipt) -> bool {
    let differing = one.iter().zip(other).map(|(one, other)| one ^ other);
    differing.fold(0, |sum, bits| sum | bits) == 0
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

    #[test]
    fn a_receipt_of_one_organisation_is_none_in_another() {
        let server = ReceiptKey::of_server(&[1; 32]);
        let [here, there] =
            [1, 2].map(|byte| server.of_organisation(OrganisationId::from_bytes([byte; 16])));
        let scope = ScopeId::from_bytes([1; 16]);
        let receipt = here.receipt(scope, &envelope());
        assert!(here.knows(scope, &envelope(), &receipt));
        assert!(here.knows_here(scope, &envelope(), &receipt));
        assert!(!there.knows(scope, &envelope(), &receipt));
        // One that was given before organisations had keys of their own says only that the server gave it.
        let before = server.receipt(scope, &envelope());
        assert!(here.knows(scope, &envelope(), &before));
        assert!(!here.knows_here(scope, &envelope(), &before));
    }
}
