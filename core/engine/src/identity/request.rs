//! Signed requests and enrolment: how a device shows the server that it is itself, with no token to steal and no clock.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::device_key::{BadSignature, DeviceKey, DevicePublicKey};
use super::statement::Statement;
use crate::ids::{DeviceId, ServerId};

const REQUEST_PURPOSE: &str = "caseweave 2026 request v1";
const ENROLMENT_PURPOSE: &str = "caseweave 2026 enrolment v1";
const SECRET_PURPOSE: &str = "caseweave 2026 enrolment secret v1";
const SCHEME: &str = "Caseweave-1 ";
const PROOF_BYTES: usize = 16 + 8 + 64;

/// What a request proof covers besides device and number.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The server the request is meant for.
    pub server: ServerId,
    /// The route's name, such as `sync`. Not the path: a proxy may rewrite paths.
    pub route: &'a str,
    /// The whole body as sent.
    pub body: &'a [u8],
}

/// The value of a request's `authorization` header: `Caseweave-1` and 176 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestProof {
    /// Who asks.
    pub device: DeviceId,
    /// Never used twice by a device; see [`super::NumberWindow`].
    pub number: u64,
    /// Ed25519 over the request's statement.
    pub signature: [u8; 64],
}

/// A header value that is not a request proof. The value is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("authorization header is not a request proof")]
pub struct InvalidProof;

/// Proves that the holder of `key` sends this request under this number.
pub fn sign_request(
    key: &DeviceKey,
    device: DeviceId,
    number: u64,
    request: &SignedRequest<'_>,
) -> RequestProof {
    let signature = key.sign(&request_statement(device, number, request));
    RequestProof {
        device,
        number,
        signature,
    }
}

/// Checks a proof against the public key of the device it names. Whether the number is fresh is the window's question.
///
/// # Errors
/// - [`BadSignature`]: another key, server, route, body, device or number.
pub fn verify_request(
    key: &DevicePublicKey,
    proof: &RequestProof,
    request: &SignedRequest<'_>,
) -> Result<(), BadSignature> {
    key.verify(
        &request_statement(proof.device, proof.number, request),
        &proof.signature,
    )
}

/// Layout: server (16) · device (16) · number (8) · length of route (8) · route · SHA-256 of the body (32).
fn request_statement(device: DeviceId, number: u64, request: &SignedRequest<'_>) -> Statement {
    Statement::new(REQUEST_PURPOSE)
        .fixed(&request.server.to_bytes())
        .fixed(&device.to_bytes())
        .fixed(&number.to_be_bytes())
        .variable(request.route.as_bytes())
        .fixed(&Sha256::digest(request.body).into())
}

impl fmt::Display for RequestProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        let (device, number) = (self.device.to_bytes(), self.number.to_be_bytes());
        let mut bytes = device.iter().chain(&number).chain(&self.signature);
        bytes.try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for RequestProof {
    type Err = InvalidProof;

    fn from_str(header: &str) -> Result<Self, InvalidProof> {
        let digits = header.strip_prefix(SCHEME).ok_or(InvalidProof)?.as_bytes();
        let (pairs, rest) = digits.as_chunks::<2>();
        if pairs.len() != PROOF_BYTES || !rest.is_empty() {
            return Err(InvalidProof);
        }
        let bytes = pairs
            .iter()
            .map(|pair| hex_byte(*pair))
            .collect::<Option<Vec<u8>>>()
            .ok_or(InvalidProof)?;
        let (device, rest) = bytes.split_first_chunk().ok_or(InvalidProof)?;
        let (number, rest) = rest.split_first_chunk().ok_or(InvalidProof)?;
        let signature = rest.try_into().map_err(|_| InvalidProof)?;
        Ok(Self {
            device: DeviceId::from_bytes(*device),
            number: u64::from_be_bytes(*number),
            signature,
        })
    }
}

/// Only lower case, so that a proof has one spelling.
fn hex_byte([high, low]: [u8; 2]) -> Option<u8> {
    Some(hex_digit(high)? << 4 | hex_digit(low)?)
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// What a device proves when it enrols: that it holds the key it wants enrolled and knows the one-time secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrolmentClaim {
    /// The server that gave out the secret.
    pub server: ServerId,
    /// [`hash_secret`] of the secret.
    pub secret_hash: [u8; 32],
}

/// Proves possession of the key that is to be enrolled.
pub fn sign_enrolment(key: &DeviceKey, claim: &EnrolmentClaim) -> [u8; 64] {
    key.sign(&enrolment_statement(&key.public(), claim))
}

/// Checks a proof of possession against the key that asks to be enrolled.
///
/// # Errors
/// - [`BadSignature`]: another key, server or secret.
pub fn verify_enrolment(
    key: &DevicePublicKey,
    claim: &EnrolmentClaim,
    signature: &[u8; 64],
) -> Result<(), BadSignature> {
    key.verify(&enrolment_statement(key, claim), signature)
}

/// Layout: server (16) · hash of the secret (32) · public key (32).
fn enrolment_statement(key: &DevicePublicKey, claim: &EnrolmentClaim) -> Statement {
    Statement::new(ENROLMENT_PURPOSE)
        .fixed(&claim.server.to_bytes())
        .fixed(&claim.secret_hash)
        .fixed(&key.0)
}

/// The form in which a one-time secret is stored and looked up: SHA-256 over a purpose and the secret.
///
/// A fast hash is enough for 256 random bits. A typed code of ten characters rests on its fifteen minutes and five tries,
/// not on this hash.
pub fn hash_secret(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(Statement::new(SECRET_PURPOSE).variable(secret).bytes()).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn server(byte: u8) -> ServerId {
        ServerId::from_bytes([byte; 16])
    }

    fn device() -> DeviceId {
        DeviceId::from_bytes([2; 16])
    }

    fn request<'a>(route: &'a str, body: &'a [u8]) -> SignedRequest<'a> {
        SignedRequest {
            server: server(1),
            route,
            body,
        }
    }

    #[test]
    fn a_request_passes_for_the_device_that_signed_it() {
        let key = DeviceKey::from_seed([3; 32]);
        let proof = sign_request(&key, device(), 7, &request("sync", b"body"));
        let arrived: RequestProof = proof.to_string().parse().unwrap();
        assert_eq!(
            verify_request(&key.public(), &arrived, &request("sync", b"body")),
            Ok(())
        );
    }

    #[test]
    fn a_request_fails_elsewhere_or_changed() {
        let key = DeviceKey::from_seed([3; 32]);
        let proof = sign_request(&key, device(), 7, &request("sync", b"body"));
        let elsewhere = SignedRequest {
            server: server(9),
            ..request("sync", b"body")
        };
        for other in [
            request("events", b"body"),
            request("sync", b"bodY"),
            request("sync", b""),
            elsewhere,
        ] {
            assert_eq!(
                verify_request(&key.public(), &proof, &other),
                Err(BadSignature)
            );
        }
        let stranger = DeviceKey::from_seed([4; 32]);
        assert_eq!(
            verify_request(&stranger.public(), &proof, &request("sync", b"body")),
            Err(BadSignature)
        );
    }

    #[test]
    fn the_header_of_version_1_never_changes() {
        let proof = sign_request(
            &DeviceKey::from_seed([3; 32]),
            device(),
            7,
            &request("sync", b"body"),
        );
        insta::assert_snapshot!(proof, @"Caseweave-1 020202020202020202020202020202020000000000000007b7f9095f570d14b15ac8f82b2a04d12cf9effffd247d4b759baf7a46cc6df4869d0297d04f1560b3811d414566b041e7fafb5e4d20ba544313fe0748b6815909");
    }

    #[test]
    fn a_header_has_one_spelling() {
        let header = sign_request(
            &DeviceKey::from_seed([3; 32]),
            device(),
            7,
            &request("sync", b""),
        )
        .to_string();
        assert!(header.parse::<RequestProof>().is_ok());
        let shouted = format!(
            "{SCHEME}{}",
            header.trim_start_matches(SCHEME).to_uppercase()
        );
        for other in [
            "",
            SCHEME,
            &header[1..],
            &header[..header.len() - 1],
            &format!("{header}0"),
            &shouted,
        ] {
            assert_eq!(other.parse::<RequestProof>(), Err(InvalidProof), "{other}");
        }
    }

    #[test]
    fn an_enrolment_fails_for_another_key_server_or_secret() {
        let key = DeviceKey::from_seed([3; 32]);
        let claim = EnrolmentClaim {
            server: server(1),
            secret_hash: hash_secret(b"secret"),
        };
        let signature = sign_enrolment(&key, &claim);
        assert_eq!(verify_enrolment(&key.public(), &claim, &signature), Ok(()));
        let stranger = DeviceKey::from_seed([4; 32]).public();
        assert_eq!(
            verify_enrolment(&stranger, &claim, &signature),
            Err(BadSignature)
        );
        let elsewhere = EnrolmentClaim {
            server: server(2),
            ..claim
        };
        assert_eq!(
            verify_enrolment(&key.public(), &elsewhere, &signature),
            Err(BadSignature)
        );
        let guessed = EnrolmentClaim {
            secret_hash: hash_secret(b"Secret"),
            ..claim
        };
        assert_eq!(
            verify_enrolment(&key.public(), &guessed, &signature),
            Err(BadSignature)
        );
    }

    proptest! {
        #[test]
        fn any_flipped_bit_in_a_proof_fails(bit in 0..PROOF_BYTES * 8) {
            let key = DeviceKey::from_seed([3; 32]);
            let proof = sign_request(&key, device(), 7, &request("sync", b"body"));
            let header = proof.to_string();
            let (pairs, _) = header.as_bytes()[SCHEME.len()..].as_chunks::<2>();
            let mut bytes: Vec<u8> = pairs.iter().map(|pair| hex_byte(*pair).unwrap()).collect();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let flipped: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let flipped: RequestProof = format!("{SCHEME}{flipped}").parse().unwrap();
            prop_assert_eq!(verify_request(&key.public(), &flipped, &request("sync", b"body")), Err(BadSignature));
        }

        #[test]
        fn any_text_is_a_proof_or_an_error(text: String) {
            let _ = text.parse::<RequestProof>();
            let _ = format!("{SCHEME}{text}").parse::<RequestProof>();
        }
    }
}
