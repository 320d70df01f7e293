//! Honest changes pass, and whatever is made of them by breaking bytes or operations does no harm.
//!
//! `PROPTEST_RNG_SEED` repeats a run.

use automerge::legacy::{ElementId, Key, ObjectId, OpId, OpType};
use automerge::transaction::Transactable;
use automerge::{Automerge, Change, ROOT};
use proptest::prelude::*;

use super::testing::*;
use super::{admit, admit_snapshot, trial};

/// Changes bytes inside a frame, whose checksum is then made to fit.
fn mutated(bytes: &[u8], wounds: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    let mut inside = body(bytes);
    for (place, kind, byte) in wounds {
        // Half of the wounds lie towards the end, where the operations are.
        let start = if kind & 4 == 0 { 0 } else { inside.len() / 2 };
        let at = start + place.index(inside.len() + 1 - start);
        match kind % 4 {
            0 if at < inside.len() => inside[at] = *byte,
            1 if at < inside.len() => inside[at] ^= 1 << (byte % 8),
            2 if at < inside.len() => drop(inside.remove(at)),
            _ => inside.insert(at, *byte),
        }
    }
    chunk(1, &inside)
}

/// If the change is taken, the document can be loaded, read and edited, and the edit is taken too.
fn check_document_goes_on(before: &[Change], change: Change) -> Result<(), TestCaseError> {
    let before = trial(&device(9), before).unwrap();
    let Ok(document) = trial(&before, &[change]) else {
        return Ok(());
    };
    let mut loaded = Automerge::load(&document.save())
        .unwrap()
        .with_actor(automerge::ActorId::from(&[9; 16][..]));
    prop_assert_eq!(loaded.get_heads(), document.get_heads());
    prop_assert_eq!(loaded.hydrate(None), document.hydrate(None));
    let honest = edit(&mut loaded, |transaction| {
        let keys: Vec<String> = automerge::ReadDoc::keys(transaction, ROOT).collect();
        for key in keys {
            transaction.put(ROOT, key, "settled").unwrap();
        }
    });
    prop_assert_eq!(admit(honest.raw_bytes()), Ok(honest.clone()));
    prop_assert!(trial(&document, &[honest]).is_ok());
    Ok(())
}

/// Rewrites one operation of a change to say something else, in the encoding an honest device would use.
fn twisted(change: &Change, twist: &Twist) -> Change {
    let mut expanded = change.decode();
    let number = twist.operation.index(expanded.operations.len());
    let id =
        |counter: u64, actor: u8| OpId::new(counter, &automerge::ActorId::from(&[actor; 16][..]));
    let other = id(twist.counter, twist.actor);
    let operation = &mut expanded.operations[number];
    match twist.kind % 9 {
        0 => operation.obj = ObjectId::Id(other),
        1 => operation.obj = ObjectId::Root,
        2 => operation.key = Key::Seq(ElementId::Id(other)),
        3 => operation.key = Key::Map("v0".into()),
        4 => operation.pred = operation.pred.iter().cloned().chain([other]).collect(),
        5 => operation.pred = automerge::legacy::SortedVec::new(),
        6 => operation.insert = !operation.insert,
        7 => operation.action = OpType::Delete,
        _ => drop(expanded.operations.remove(number)),
    }
    Change::from(expanded)
}

#[derive(Debug, Clone)]
struct Twist {
    operation: prop::sample::Index,
    kind: u8,
    counter: u64,
    actor: u8,
}

fn twists() -> impl Strategy<Value = Vec<Twist>> {
    let twist = (
        any::<prop::sample::Index>(),
        any::<u8>(),
        1..30_u64,
        1..4_u8,
    );
    let twist = twist.prop_map(|(operation, kind, counter, actor)| Twist {
        operation,
        kind,
        counter,
        actor,
    });
    proptest::collection::vec(twist, 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_an_honest_device_writes_is_admitted(acts in acts(40)) {
        let (_, changes) = play(&acts);
        for change in &changes {
            prop_assert_eq!(admit(change.raw_bytes()), Ok(change.clone()));
        }
        let mut document = device(9);
        for change in changes {
            document = trial(&document, &[change]).unwrap();
        }
    }

    #[test]
    fn whatever_an_honest_device_saves_is_admitted(acts in acts(60)) {
        for document in play(&acts).0 {
            for saved in [document.save(), document.save_nocompress()] {
                prop_assert!(admit_snapshot(&saved, &document.get_heads()).is_ok());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_mutated_change_breaks_the_document(
        acts in acts(12),
        which: prop::sample::Index,
        wounds in proptest::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 1..4),
    ) {
        let (_, changes) = play(&acts);
        let which = which.index(changes.len());
        let bytes = mutated(changes[which].raw_bytes(), &wounds);
        let Ok(change) = admit(&bytes) else { return Ok(()) };
        check_document_goes_on(&changes[..which], change)?;
    }

    #[test]
    fn no_twisted_operation_breaks_the_document(acts in acts(16), which: prop::sample::Index, twists in twists()) {
        let (_, changes) = play(&acts);
        let which = which.index(changes.len());
        let mut change = changes[which].clone();
        for twist in &twists {
            if !change.is_empty() {
                change = twisted(&change, twist);
            }
        }
        let Ok(change) = admit(change.raw_bytes()) else { return Ok(()) };
        check_document_goes_on(&changes[..which], change)?;
    }

    #[test]
    fn any_bytes_in_a_frame_are_refused_or_read(inside in proptest::collection::vec(any::<u8>(), 0..200), kind in 0..4_u8) {
        let _ = admit(&chunk(kind, &inside));
        let _ = admit_snapshot(&chunk(kind, &inside), &[]);
    }

    #[test]
    fn no_mutated_snapshot_panics(acts in acts(12), wounds in proptest::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 1..3)) {
        let (devices, _) = play(&acts);
        let bytes = mutated(&devices[0].save(), &wounds);
        let inside = body(&bytes);
        let _ = admit_snapshot(&chunk(0, &inside), &devices[0].get_heads());
    }
}
