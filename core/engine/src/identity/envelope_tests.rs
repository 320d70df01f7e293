use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ROOT};
use proptest::prelude::*;

use super::*;
use crate::ids::WorkerId;

const DOCUMENT: [u8; 16] = [0x11; 16];
const SESSION: Session = Session([0x22; 16]);

fn key() -> DeviceKey {
    DeviceKey::from_seed([0x33; 32])
}

fn author() -> Author {
    Author {
        worker: WorkerId::from_bytes([0x44; 16]),
        device: DeviceId::from_bytes([0x55; 16]),
    }
}

fn fields() -> EnvelopeFields {
    EnvelopeFields {
        document: DocumentId::from_bytes(DOCUMENT),
        last_change: [0x66; 32],
        count: 3,
        session: SESSION,
        device: author().device,
        counter: 9,
        wall_ms: 1_780_000_000_000,
        monotonic_ms: 12_345,
    }
}

fn document() -> Automerge {
    let actor = actor_for(&key().public(), DocumentId::from_bytes(DOCUMENT), &SESSION);
    let mut document = Automerge::new();
    document
        .set_author(Some(author().into()))
        .set_actor(ActorId::from(actor.as_slice()));
    document
}

fn edit(document: &mut Automerge, key: &str) -> Change {
    let mut transaction = document.transaction();
    transaction.put(ROOT, key, 1).unwrap();
    let hash = transaction
        .commit_with(CommitOptions::default().with_time(0))
        .0
        .unwrap();
    document
        .get_changes(&[])
        .into_iter()
        .find(|change| change.hash() == hash)
        .unwrap()
}

fn edits(document: &mut Automerge, count: usize) -> Vec<Change> {
    (0..count)
        .map(|number| edit(document, &number.to_string()))
        .collect()
}

fn envelope_of(changes: &[Change]) -> Envelope {
    let last_change = changes.last().unwrap().hash().0;
    Envelope::sign(
        &key(),
        EnvelopeFields {
            last_change,
            count: changes.len() as u32,
            ..fields()
        },
    )
}

fn check(changes: &[Change]) -> Result<(), EnvelopeError> {
    verify_run(&envelope_of(changes), &key().public(), &author(), changes)
}

#[test]
fn a_run_from_the_first_change_is_proven() {
    assert_eq!(check(&edits(&mut document(), 5)), Ok(()));
}

#[test]
fn a_run_in_the_middle_is_proven() {
    assert_eq!(check(&edits(&mut document(), 9)[4..]), Ok(()));
}

#[test]
fn a_run_across_a_colleagues_merged_change_is_proven() {
    let mut ours = document();
    let mut run = edits(&mut ours, 2);
    let mut theirs = ours.fork();
    edit(&mut theirs, "colleague");
    run.push(edit(&mut ours, "meanwhile"));
    ours.merge(&mut theirs).unwrap();
    run.push(edit(&mut ours, "after"));
    assert_eq!(check(&run), Ok(()));
}

#[test]
fn changes_missing_from_a_run_are_noticed() {
    let run = edits(&mut document(), 4);
    let envelope = envelope_of(&run);
    let verify = |changes: &[Change]| verify_run(&envelope, &key().public(), &author(), changes);
    assert_eq!(verify(&[]), Err(EnvelopeError::EmptyRun));
    assert_eq!(
        verify(&run[..3]),
        Err(EnvelopeError::WrongCount {
            claimed: 4,
            found: 3
        })
    );
    let swapped = [
        run[1].clone(),
        run[0].clone(),
        run[2].clone(),
        run[3].clone(),
    ];
    let expected = EnvelopeError::OutOfSequence {
        position: 1,
        expected: 3,
        found: 1,
    };
    assert_eq!(verify(&swapped), Err(expected));
}

#[test]
fn a_run_that_ends_otherwise_than_signed_is_noticed() {
    let run = edits(&mut document(), 3);
    let envelope = Envelope::sign(
        &key(),
        EnvelopeFields {
            last_change: run[1].hash().0,
            ..fields()
        },
    );
    assert_eq!(
        verify_run(&envelope, &key().public(), &author(), &run),
        Err(EnvelopeError::WrongLastChange)
    );
}

#[test]
fn a_change_under_another_devices_actor_is_refused() {
    let victim = edits(&mut document(), 1);
    let thief = DeviceKey::from_seed([0x77; 32]);
    let last_change = victim[0].hash().0;
    let envelope = Envelope::sign(
        &thief,
        EnvelopeFields {
            last_change,
            count: 1,
            ..fields()
        },
    );
    let expected = Err(EnvelopeError::WrongActor { position: 0 });
    assert_eq!(
        verify_run(&envelope, &thief.public(), &author(), &victim),
        expected
    );
}

#[test]
fn a_run_whose_envelope_someone_altered_is_refused() {
    let run = edits(&mut document(), 2);
    let mut envelope = envelope_of(&run);
    envelope.wall_ms += 1;
    assert_eq!(
        verify_run(&envelope, &key().public(), &author(), &run),
        Err(EnvelopeError::BadSignature)
    );
}

#[test]
fn a_run_shown_for_another_document_is_refused() {
    let run = edits(&mut document(), 1);
    let document = DocumentId::from_bytes([0x12; 16]);
    let envelope = Envelope::sign(
        &key(),
        EnvelopeFields {
            document,
            last_change: run[0].hash().0,
            count: 1,
            ..fields()
        },
    );
    let expected = Err(EnvelopeError::WrongActor { position: 0 });
    assert_eq!(
        verify_run(&envelope, &key().public(), &author(), &run),
        expected
    );
}

#[test]
fn an_authors_other_device_cannot_sign_for_him() {
    let run = edits(&mut document(), 1);
    let other = Author {
        device: DeviceId::from_bytes([0x99; 16]),
        ..author()
    };
    assert_eq!(
        verify_run(&envelope_of(&run), &key().public(), &other, &run),
        Err(EnvelopeError::WrongDevice)
    );
}

#[test]
fn a_first_change_must_name_the_devices_worker() {
    let run = edits(&mut document(), 1);
    let colleague = Author {
        worker: WorkerId::from_bytes([0x98; 16]),
        ..author()
    };
    let verdict = verify_run(&envelope_of(&run), &key().public(), &colleague, &run);
    assert_eq!(verdict, Err(EnvelopeError::WrongAuthor));

    let actor = actor_for(&key().public(), DocumentId::from_bytes(DOCUMENT), &SESSION);
    let mut nameless = Automerge::new().with_actor(ActorId::from(actor.as_slice()));
    assert_eq!(
        check(&edits(&mut nameless, 1)),
        Err(EnvelopeError::AuthorMissing)
    );
}

/// Builds again with one part changed what automerge would not make itself.
fn forged(change: &Change, forge: impl FnOnce(&mut automerge::ExpandedChange)) -> Change {
    let mut expanded = change.decode();
    forge(&mut expanded);
    Change::from(expanded)
}

#[test]
fn a_later_change_that_names_an_author_is_refused() {
    let run = edits(&mut document(), 2);
    let footer = run[0].extra_bytes().to_vec();
    let second = forged(&run[1], |change| change.extra_bytes = footer);
    assert_eq!(
        check(&[run[0].clone(), second]),
        Err(EnvelopeError::UnexpectedAuthor { position: 1 })
    );
}

#[test]
fn a_change_that_hides_its_predecessor_is_refused() {
    let run = edits(&mut document(), 2);
    let second = forged(&run[1], |change| change.deps.clear());
    assert_eq!(
        check(&[run[0].clone(), second]),
        Err(EnvelopeError::PredecessorNotNamed { position: 1 })
    );
}

#[test]
fn an_envelope_of_a_newer_version_is_named_as_such() {
    let mut envelope = Envelope::sign(&key(), fields());
    envelope.version = 3;
    assert_eq!(
        envelope.verify(&key().public()),
        Err(EnvelopeError::UnknownVersion { found: 3 })
    );
}

#[test]
fn a_signature_over_own_work_is_no_adoption_and_the_reverse() {
    let (signed, adopted) = (
        Envelope::sign(&key(), fields()),
        Envelope::adopt(&key(), fields()),
    );
    assert!(adopted.is_adoption() && !signed.is_adoption());
    assert_eq!(adopted.verify(&key().public()), Ok(()));
    for (envelope, version) in [(signed, ADOPTION_VERSION), (adopted, ENVELOPE_VERSION)] {
        let turned = Envelope {
            version,
            ..envelope
        };
        assert_eq!(
            turned.verify(&key().public()),
            Err(EnvelopeError::BadSignature)
        );
    }
}

#[test]
fn the_signed_bytes_of_version_1_never_change() {
    let envelope = Envelope::sign(&key(), fields());
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    insta::assert_snapshot!(hex(envelope.statement().bytes()), @"1a636173657765617665203230323620656e76656c6f70652076310111111111111111111111111111111111666666666666666666666666666666666666666666666666666666666666666600000003222222222222222222222222222222225555555555555555555555555555555500000000000000090000019e704488000000000000003039");
    insta::assert_snapshot!(hex(&envelope.signature), @"06a3309035fbe50dcb00e3ed9e794a2ea15ed517c6b43bc3cdd426609e214b301bb65895dda868611be39de57815379c7859210ebfe67c2fb283f2ee1a6c6b0b");
}

proptest! {
    #[test]
    fn any_flipped_bit_in_an_envelope_fails(field in 0..10_usize, bit in 0..512_usize) {
        let mut envelope = Envelope::sign(&key(), fields());
        let flip = |bytes: &mut [u8]| {
            let bit = bit % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        };
        let flip_in = |mut bytes: [u8; 16]| { flip(&mut bytes); bytes };
        match field {
            0 => envelope.version ^= 1 << (bit % 8),
            1 => envelope.document = DocumentId::from_bytes(flip_in(envelope.document.to_bytes())),
            2 => flip(&mut envelope.last_change),
            3 => envelope.count ^= 1 << (bit % 32),
            4 => envelope.session = Session(flip_in(envelope.session.0)),
            5 => envelope.device = DeviceId::from_bytes(flip_in(envelope.device.to_bytes())),
            6 => envelope.counter ^= 1 << (bit % 64),
            7 => envelope.wall_ms ^= 1 << (bit % 64),
            8 => envelope.monotonic_ms ^= 1 << (bit % 64),
            _ => flip(&mut envelope.signature),
        }
        prop_assert!(envelope.verify(&key().public()).is_err());
    }

    #[test]
    fn any_flipped_bit_in_the_public_key_fails(bit in 0..256_usize) {
        let mut public = key().public();
        public.0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(Envelope::sign(&key(), fields()).verify(&public).is_err());
    }

    #[test]
    fn an_envelope_is_read_back_from_cbor(counter: u64, wall_ms: i64, last_change: [u8; 32]) {
        let envelope = Envelope::sign(&key(), EnvelopeFields { counter, wall_ms, last_change, ..fields() });
        let mut bytes = Vec::new();
        ciborium::into_writer(&envelope, &mut bytes).unwrap();
        prop_assert_eq!(ciborium::from_reader::<Envelope, _>(bytes.as_slice()).unwrap(), envelope);
    }
}
