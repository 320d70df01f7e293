//! The bytes of every message, and what packing holds to.

use proptest::prelude::*;
use serde::Serialize;
use serde_bytes::{ByteArray, ByteBuf};

use super::wire::*;
use super::*;
use crate::identity::{DevicePublicKey, ServerPublicKey, Session};
use crate::ids::*;

/// A message as CBOR in diagnostic notation, by way of its bytes.
fn cbor<T: Serialize>(message: &T) -> String {
    let mut bytes = Vec::new();
    ciborium::into_writer(message, &mut bytes).unwrap();
    let value: ciborium::Value = ciborium::from_reader(bytes.as_slice()).unwrap();
    let mut text = String::new();
    notation(&value, 0, &mut text);
    text
}

fn notation(value: &ciborium::Value, depth: usize, text: &mut String) {
    let pad = "  ".repeat(depth + 1);
    match value {
        ciborium::Value::Map(entries) => {
            text.push_str("{\n");
            for (key, value) in entries {
                text.push_str(&format!("{pad}{}: ", key.as_text().unwrap()));
                notation(value, depth + 1, text);
                text.push('\n');
            }
            text.push_str(&format!("{}}}", "  ".repeat(depth)));
        }
        ciborium::Value::Array(items) => {
            text.push_str("[\n");
            for item in items {
                text.push_str(&pad);
                notation(item, depth + 1, text);
                text.push('\n');
            }
            text.push_str(&format!("{}]", "  ".repeat(depth)));
        }
        ciborium::Value::Bytes(bytes) => {
            text.push_str(&format!("h'{:02x}…' ({})", bytes[0], bytes.len()))
        }
        other => text.push_str(&format!("{other:?}")),
    }
}

fn document() -> DocumentId {
    DocumentId::from_bytes([1; 16])
}

fn scope() -> ScopeId {
    ScopeId::from_bytes([2; 16])
}

fn worker() -> WorkerId {
    WorkerId::from_bytes([3; 16])
}

fn device() -> WireDevice {
    WireDevice {
        device: DeviceId::from_bytes([15; 16]),
        worker: worker(),
        name: "Ana".into(),
        key: DevicePublicKey([16; 32]),
    }
}

fn run(device: Option<DeviceId>) -> WireRun {
    WireRun {
        device,
        session: Session([4; 16]),
        count: 2,
        counter: 7,
        wall_ms: 1_781_524_800_000,
        monotonic_ms: 12,
        signature: ByteArray::new([5; 64]),
        adopted: false,
        receipt: None,
    }
}

fn request() -> WireRequest {
    let action = AccessAction::Share {
        worker: worker(),
        role: Role::Contributor,
        until_ms: Some(9),
    };
    WireRequest {
        version: WIRE_VERSION,
        cursor: Some(ByteArray::new([6; 16])),
        documents: vec![WireUpload {
            document: document(),
            creates: Some(WireCreation {
                kind: DocumentKind::Case,
                scope: scope(),
            }),
            changes: vec![ByteBuf::from([8; 3]), ByteBuf::from([9; 3])],
            runs: vec![run(None)],
        }],
        groups: vec![WireGroup {
            next_on: Some(20_619),
            parts: vec![WirePart {
                document: 0,
                count: 2,
            }],
        }],
        actions: vec![WireAction {
            id: EntityId::from_bytes([10; 16]),
            scope: scope(),
            action,
        }],
        budget: 1_000,
        ladder: Some(vec![WireRung {
            document: document(),
            fingerprint: ByteArray::new([19; 8]),
        }]),
        wanted: vec![document()],
        signers: vec![device()],
    }
}

#[test]
fn the_bytes_of_a_request_are_what_they_were() {
    insta::assert_snapshot!(cbor(&request()));
}

/// All values of an enumeration: the first one, and what stands after each. A new one has no place until it is given one.
fn all<T: Copy>(first: T, after: impl Fn(T) -> Option<T>) -> Vec<T> {
    std::iter::successors(Some(first), |value| after(*value)).collect()
}

#[test]
fn the_bytes_of_every_decision_about_access_are_what_they_were() {
    let held = EntityId::from_bytes([10; 16]);
    let first = AccessAction::Share {
        worker: worker(),
        role: Role::Contributor,
        until_ms: None,
    };
    let decisions = all(first, |decision| match decision {
        AccessAction::Share { worker, .. } => Some(AccessAction::Withdraw { worker }),
        AccessAction::Withdraw { .. } => Some(AccessAction::ShareWithAll { role: Role::Reader }),
        AccessAction::ShareWithAll { .. } => Some(AccessAction::AcceptHeld { held }),
        AccessAction::AcceptHeld { held } => Some(AccessAction::DeclineHeld { held }),
        AccessAction::DeclineHeld { .. } => None,
    });
    insta::assert_snapshot!(cbor(&decisions));
}

#[test]
fn the_letters_of_every_code_are_what_they_were() {
    let results = all(ActionResult::Done, |result| match result {
        ActionResult::Done => Some(ActionResult::NotAllowed),
        ActionResult::NotAllowed => None,
    });
    let roles = all(Role::Reader, |role| match role {
        Role::Reader => Some(Role::Contributor),
        Role::Contributor => Some(Role::Lead),
        Role::Lead => None,
    });
    let kinds = all(DocumentKind::Case, |kind| match kind {
        DocumentKind::Case => Some(DocumentKind::Note),
        DocumentKind::Note => None,
    });
    let refused = all(Refused::NotAllowed, |refused| match refused {
        Refused::NotAllowed => Some(Refused::ActorFork),
        Refused::ActorFork => Some(Refused::Invalid),
        Refused::Invalid => Some(Refused::TooLarge),
        Refused::TooLarge => None,
    });
    insta::assert_snapshot!(cbor(&(results, roles, kinds, refused)));
}

#[test]
fn the_bytes_of_an_error_are_what_they_were() {
    let error = WireError {
        code: "replayed_number".into(),
        reason: "the number was used".into(),
        number: Some(7),
    };
    insta::assert_snapshot!(cbor(&error));
}

#[test]
fn the_bytes_of_a_response_are_what_they_were() {
    let verdict = |group, verdict| WireVerdict { group, verdict };
    let id = EntityId::from_bytes([10; 16]);
    let response = WireResponse {
        version: WIRE_VERSION,
        base: Some(ByteArray::new([6; 16])),
        cursor: ByteArray::new([7; 16]),
        verdicts: vec![
            verdict(0, Verdict::Held),
            verdict(1, Verdict::Resubmit),
            verdict(2, Verdict::Refused(Refused::NotAllowed)),
            verdict(4, Verdict::TooManyHeads),
            verdict(
                3,
                Verdict::MissingDependencies(vec![ByteArray::new([11; 32])]),
            ),
        ],
        documents: vec![WireNews {
            document: document(),
            kind: DocumentKind::Note,
            scope: scope(),
            snapshot: Some(WireSnapshot {
                bytes: ByteBuf::from([12; 5]),
                heads: vec![ByteArray::new([13; 32])],
                signature: ByteArray::new([14; 64]),
            }),
            changes: vec![ByteBuf::from([8; 3])],
            runs: vec![run(Some(DeviceId::from_bytes([15; 16])))],
        }],
        devices: vec![device()],
        results: vec![WireActionResult {
            id,
            result: ActionResult::Done,
        }],
        access: vec![WireAccess {
            scope: scope(),
            worker: worker(),
            role: Some(Role::Lead),
            until_ms: None,
            seq: Some(23),
        }],
        workers: vec![WireWorker {
            worker: worker(),
            name: "Ana".into(),
        }],
        held: vec![WireHeld {
            id,
            scope: scope(),
            worker: worker(),
            received_ms: 17,
            intentions: "add_task".into(),
            open: true,
        }],
        digest: Some(Digest([18; 16])),
        more: true,
        restart: true,
        differing: vec![WireDiffering {
            document: document(),
            heads: vec![ByteArray::new([13; 32])],
        }],
        proofs: vec![WireProofs {
            document: document(),
            runs: vec![WireProof {
                last: ByteArray::new([20; 32]),
                run: run(Some(DeviceId::from_bytes([15; 16]))),
            }],
        }],
        signers: Vec::new(),
        declined: vec![WireDeclined {
            scope: scope(),
            changes: vec![ByteArray::new([21; 32])],
        }],
        settings: vec![WireSettings {
            version: 3,
            text: "{}".into(),
        }],
        revoked: true,
    };
    insta::assert_snapshot!(cbor(&response));
}

#[test]
fn the_bytes_of_an_enrolment_are_what_they_were() {
    let ask = WireEnrol {
        version: WIRE_VERSION,
        secret: ByteBuf::from([1; 32]),
        key: DevicePublicKey([2; 32]),
        proof: ByteArray::new([3; 64]),
    };
    let answer = WireEnrolled {
        version: WIRE_VERSION,
        server: ServerId::from_bytes([4; 16]),
        server_key: ServerPublicKey([5; 32]),
        organisation: OrganisationId::from_bytes([6; 16]),
        device: DeviceId::from_bytes([7; 16]),
        worker: worker(),
        name: "Ana".into(),
    };
    insta::assert_snapshot!(format!("{}\n{}", cbor(&ask), cbor(&answer)));
}

#[test]
fn a_message_of_a_newer_version_is_read_as_far_as_it_is_known() {
    let mut bytes = Vec::new();
    ciborium::into_writer(&request(), &mut bytes).unwrap();
    let mut value: ciborium::Value = ciborium::from_reader(bytes.as_slice()).unwrap();
    let entries = value.as_map_mut().unwrap();
    entries.push((
        ciborium::Value::Text("zz".into()),
        ciborium::Value::Bool(true),
    ));
    assert_eq!(
        unpack::<WireRequest>(&pack(&value).unwrap()).unwrap(),
        request()
    );
}

#[test]
fn padding_goes_to_steps_and_reads_as_nothing() {
    for length in [0, 1, 200, 240, 248, 249, 2_000, 2_040, 2_041, 5_000] {
        let padded = pad(vec![0; length]).len();
        let step = if length + 8 <= 2_048 { 256 } else { 1_024 };
        assert_eq!(padded % step, 0, "{length}");
        assert!(padded <= length + 8 + step);
    }
    let body = pad(pack(&request()).unwrap());
    assert_eq!(unpack::<WireRequest>(&body).unwrap(), request());
}

#[test]
fn a_body_that_inflates_past_the_limit_is_refused_early() {
    let bomb = zstd::bulk::compress(&vec![0; MAX_INFLATED + 1], 19).unwrap();
    assert!(bomb.len() < 10_000);
    assert!(matches!(
        unpack::<WireRequest>(&bomb),
        Err(CodecError::TooLarge)
    ));
    assert!(matches!(
        unpack::<WireRequest>(&vec![0; MAX_BODY + 1]),
        Err(CodecError::TooLarge)
    ));
}

proptest! {
    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = unpack::<WireRequest>(&bytes);
        let packed = zstd::bulk::compress(&bytes, 1).unwrap();
        let _ = unpack::<WireRequest>(&packed);
        let _ = unpack::<WireResponse>(&packed);
    }

    #[test]
    fn a_digest_does_not_depend_on_the_order(heads in proptest::collection::vec(any::<[u8; 32]>(), 1..6)) {
        let prints: Vec<_> = heads.iter().map(|head| fingerprint(scope(), document(), &[*head])).collect();
        let mut forward = Digest::default();
        let mut backward = Digest::default();
        prints.iter().for_each(|print| forward.toggle(*print));
        prints.iter().rev().for_each(|print| backward.toggle(*print));
        prop_assert_eq!(forward, backward);
        prints.iter().for_each(|print| forward.toggle(*print));
        prop_assert_eq!(forward, Digest::default());
    }
}
