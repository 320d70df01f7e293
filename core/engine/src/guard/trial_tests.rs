use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, ExpandedChange, ROOT};

use super::super::testing::*;
use super::*;

fn put(document: &mut Automerge, key: &str) -> Change {
    edit(document, |transaction| {
        transaction.put(ROOT, key, 1).unwrap()
    })
}

fn forged(change: &Change, forge: impl FnOnce(&mut ExpandedChange)) -> Change {
    let mut expanded = change.decode();
    forge(&mut expanded);
    Change::from(expanded)
}

fn refusal(document: &Automerge, changes: &[Change]) -> Refusal {
    trial(document, changes).expect_err("refused")
}

#[test]
fn a_document_is_given_out_with_the_changes_and_kept_without() {
    let mut theirs = device(1);
    let changes = [put(&mut theirs, "a"), put(&mut theirs, "b")];
    let ours = device(2);
    let tried = trial(&ours, &changes).unwrap();
    assert_eq!(tried.get_heads(), theirs.get_heads());
    assert!(ours.is_empty());
}

#[test]
fn changes_that_came_before_are_passed_over() {
    let mut document = device(1);
    let changes = [put(&mut document, "a"), put(&mut document, "b")];
    assert_eq!(
        trial(&document, &changes).unwrap().get_heads(),
        document.get_heads()
    );
    assert_eq!(
        trial(&document, &[]).unwrap().get_heads(),
        document.get_heads()
    );
}

#[test]
fn all_missing_changes_are_named_at_once() {
    let mut theirs = device(1);
    let first = put(&mut theirs, "a");
    let mut other = theirs.fork().with_actor(ActorId::from(&[3; 16][..]));
    let second = put(&mut theirs, "b");
    let third = put(&mut other, "c");
    theirs.merge(&mut other).unwrap();
    let fourth = put(&mut theirs, "d");
    let mut hashes = vec![second.hash(), third.hash()];
    hashes.sort();
    let base = trial(&device(2), &[first]).unwrap();
    assert_eq!(
        refusal(&base, std::slice::from_ref(&fourth)),
        Refusal::MissingDependencies { hashes }
    );
    assert!(refusal(&base, &[fourth]).may_pass_later());
}

#[test]
fn a_second_change_under_one_number_is_a_fork() {
    let mut phone = device(1);
    let first = put(&mut phone, "a");
    let mut clone = phone.fork().with_actor(ActorId::from(&[1; 16][..]));
    let on_phone = put(&mut phone, "b");
    let on_clone = put(&mut clone, "c");
    let document = trial(&device(2), &[first, on_phone]).unwrap();
    assert_eq!(refusal(&document, &[on_clone]), Refusal::ActorFork);
}

#[test]
fn a_change_that_skips_numbers_is_out_of_step() {
    let mut theirs = device(1);
    let (first, second) = (put(&mut theirs, "a"), put(&mut theirs, "b"));
    let base = trial(&device(2), &[first]).unwrap();
    let skipping = forged(&second, |change| change.seq = 3);
    assert_eq!(refusal(&base, &[skipping]), Refusal::OutOfStep);
    let wasting = forged(&second, |change| {
        change.start_op = 4_000_000.try_into().unwrap()
    });
    assert_eq!(refusal(&base, &[wasting]), Refusal::OutOfStep);
    let late = forged(&second, |change| change.start_op = 1.try_into().unwrap());
    assert_eq!(refusal(&base, &[late]), Refusal::OutOfStep);
}

fn nested(document: &mut Automerge, depth: usize) -> Change {
    edit(document, |transaction| {
        let mut map = ROOT;
        for _ in 0..depth {
            map = transaction.put_object(&map, "inner", ObjType::Map).unwrap();
        }
    })
}

#[test]
fn maps_nested_too_deep_are_refused_before_they_are_applied() {
    assert!(trial(&device(2), &[nested(&mut device(1), MAX_DEPTH)]).is_ok());
    for depth in [MAX_DEPTH + 1, 10_000] {
        let change = nested(&mut device(1), depth);
        assert_eq!(super::super::admit(change.raw_bytes()), Ok(change.clone()));
        assert_eq!(
            refusal(&device(2), &[change]),
            Refusal::TooMany {
                what: "objects in each other"
            }
        );
    }
}

#[test]
fn maps_nested_over_several_changes_are_counted_together() {
    let mut theirs = device(1);
    let mut document = trial(&device(2), &[nested(&mut theirs, MAX_DEPTH)]).unwrap();
    let mut map = ROOT;
    while let Some((_, inner)) = theirs.get(&map, "inner").unwrap() {
        map = inner;
    }
    let beside = edit(&mut theirs, |transaction| {
        transaction.put(&map, "beside", 1).unwrap()
    });
    document = trial(&document, &[beside]).unwrap();
    let below = edit(&mut theirs, |transaction| {
        transaction.put_object(&map, "below", ObjType::Map).unwrap();
    });
    assert_eq!(
        refusal(&document, &[below]),
        Refusal::TooMany {
            what: "objects in each other"
        }
    );
}

#[test]
fn more_objects_than_a_case_can_have_are_refused() {
    let mut theirs = device(1);
    let most = MAX_OBJECTS / 2;
    let maps = |theirs: &mut Automerge, count: u64, name: &str| {
        edit(theirs, |transaction| {
            for number in 0..count {
                transaction
                    .put_object(ROOT, format!("{name}{number}"), ObjType::Map)
                    .unwrap();
            }
        })
    };
    let (first, second) = (maps(&mut theirs, most, "a"), maps(&mut theirs, most, "b"));
    let full = trial(&device(2), &[first, second]).unwrap();
    let third = maps(&mut theirs, 1, "c");
    assert_eq!(
        refusal(&full, &[third]),
        Refusal::TooMany { what: "objects" }
    );
}

#[test]
fn more_heads_than_an_edit_may_depend_on_are_refused_for_now() {
    let mut base = device(1);
    let first = put(&mut base, "a");
    let mut changes = vec![first];
    for number in 0..=MAX_DEPENDENCIES as u8 {
        let mut apart = base
            .fork()
            .with_actor(ActorId::from(&[100 + number; 16][..]));
        changes.push(put(&mut apart, "b"));
    }
    let (most, all) = (changes[..=MAX_DEPENDENCIES].to_vec(), changes);
    let open = trial(&device(2), &most).unwrap();
    assert!(check_heads(&open, MAX_DEPENDENCIES).is_ok());
    assert_eq!(
        check_heads(&open, MAX_HEADS),
        Err(Refusal::TooManyHeads {
            found: MAX_DEPENDENCIES
        })
    );
    let mut merged = open.clone();
    let honest = put(&mut merged, "c");
    assert_eq!(super::super::admit(honest.raw_bytes()), Ok(honest.clone()));
    assert!(trial(&open, &[honest]).is_ok());
    let verdict = refusal(&device(2), &all);
    assert_eq!(
        verdict,
        Refusal::TooManyHeads {
            found: MAX_DEPENDENCIES + 1
        }
    );
    assert!(verdict.may_pass_later());
}

#[test]
fn a_third_head_of_one_author_is_too_many() {
    let mut base = device(1);
    put(&mut base, "a");
    let mut apart: Vec<Automerge> = (0..3)
        .map(|number| {
            let mut copy = base.fork();
            copy.set_author(Some(automerge::Author::from(vec![7; 32])))
                .set_actor(ActorId::from(&[100 + number; 16][..]));
            put(&mut copy, "b");
            copy
        })
        .collect();
    let mut third = apart.pop().unwrap();
    apart.iter_mut().for_each(|copy| drop(base.merge(copy)));
    assert_eq!(check_heads(&base, MAX_HEADS), Ok(()));
    base.merge(&mut third).unwrap();
    let refused = Refusal::TooManyHeadsOfAuthor { found: 3 };
    assert_eq!(check_heads(&base, MAX_HEADS), Err(refused));
    put(&mut base, "c");
    assert_eq!(check_heads(&base, MAX_HEADS), Ok(()));
}

#[test]
fn a_change_that_only_joins_heads_is_admitted() {
    let mut base = device(1);
    let mut changes = vec![put(&mut base, "a")];
    let mut apart = base.fork().with_actor(ActorId::from(&[3; 16][..]));
    changes.push(put(&mut base, "b"));
    changes.push(put(&mut apart, "b"));
    base.merge(&mut apart).unwrap();
    base.empty_commit(CommitOptions::default().with_message("join"));
    changes.push(base.get_last_local_change().unwrap());
    changes.push(put(&mut base, "c"));
    for change in &changes {
        assert_eq!(super::super::admit(change.raw_bytes()).as_ref(), Ok(change));
    }
    let tried = trial(&device(2), &changes).unwrap();
    assert_eq!(tried.get_heads(), base.get_heads());
}

#[test]
fn an_operation_on_an_object_that_is_not_there_is_refused() {
    let mut theirs = device(1);
    let first = nested(&mut theirs, 1);
    let (_, map) = theirs.get(ROOT, "inner").unwrap().unwrap();
    let second = edit(&mut theirs, |transaction| {
        transaction.put(&map, "key", 1).unwrap()
    });
    let stray = forged(&second, |change| {
        change.deps.clear();
        change.seq = 1;
        change.start_op = 1.try_into().unwrap();
        change.actor_id = ActorId::from(&[5; 16][..]);
    });
    assert_eq!(refusal(&device(2), &[stray]), Refusal::MisplacedOperation);
    assert!(trial(&device(2), &[first, second]).is_ok());
}

#[test]
fn an_operation_for_a_text_is_refused_on_a_map() {
    let mut theirs = device(1);
    let first = edit(&mut theirs, |transaction| {
        transaction.put_object(ROOT, "text", ObjType::Text).unwrap();
    });
    let (_, text) = theirs.get(ROOT, "text").unwrap().unwrap();
    let second = edit(&mut theirs, |transaction| {
        transaction.splice_text(&text, 0, 0, "word").unwrap()
    });
    let astray = forged(&second, |change| {
        change
            .operations
            .iter_mut()
            .for_each(|op| op.obj = ObjectId::Root)
    });
    assert_eq!(
        refusal(&device(2), &[first, astray]),
        Refusal::MisplacedOperation
    );
}

#[test]
fn a_change_that_replaces_what_never_was_is_refused() {
    let mut theirs = device(1);
    let first = put(&mut theirs, "a");
    let second = put(&mut theirs, "b");
    let rootless = forged(&second, |change| {
        let never = OpId::new(1, &ActorId::from(&[1; 16][..]));
        change.operations[0].pred = vec![never].into_iter().collect();
    });
    assert_eq!(
        super::super::admit(rootless.raw_bytes()),
        Ok(rootless.clone())
    );
    assert_eq!(
        refusal(&device(2), &[first, rootless]),
        Refusal::NotReloadable
    );
}

#[test]
fn an_actor_that_leaves_two_values_at_a_key_is_refused() {
    let mut theirs = device(1);
    let first = put(&mut theirs, "key");
    let second = edit(&mut theirs, |transaction| {
        transaction.put(ROOT, "key", 2).unwrap()
    });
    let beside = forged(&second, |change| {
        change.operations[0].pred = automerge::legacy::SortedVec::new()
    });
    assert_eq!(
        refusal(&device(2), &[first.clone(), beside]),
        Refusal::DoubledValue
    );
    assert!(trial(&device(2), &[first, second]).is_ok());

    let puts = Parts::puts(MAX_OPERATIONS).write();
    let stack = super::super::admit(&puts).unwrap();
    assert_eq!(refusal(&device(2), &[stack]), Refusal::DoubledValue);
}

#[test]
fn values_that_several_devices_put_at_one_key_all_stay() {
    let mut ours = device(1);
    let mut changes = vec![put(&mut ours, "key")];
    for number in 2..20 {
        let mut apart = ours.fork().with_actor(ActorId::from(&[number; 16][..]));
        changes.push(edit(&mut apart, |transaction| {
            transaction.put(ROOT, "key", i64::from(number)).unwrap()
        }));
    }
    let document = trial(&device(99), &changes).unwrap();
    assert_eq!(document.get_all(ROOT, "key").unwrap().len(), 18);
}

#[test]
fn the_most_characters_one_change_can_hold_are_tried_whatever_their_order() {
    let most = MAX_OPERATIONS as usize - 1;
    let mut theirs = device(1);
    let forwards = edit(&mut theirs, |transaction| {
        let text = transaction.put_object(ROOT, "text", ObjType::Text).unwrap();
        transaction
            .splice_text(&text, 0, 0, &"a".repeat(most))
            .unwrap();
    });
    let backwards = forged(&forwards, |change| {
        for operation in change.operations.iter_mut().skip(1) {
            operation.key = Key::Seq(automerge::legacy::ElementId::Head);
        }
    });
    for change in [forwards, backwards] {
        assert_eq!(super::super::admit(change.raw_bytes()), Ok(change.clone()));
        let document = trial(&device(2), &[change]).unwrap();
        let (_, text) = document.get(ROOT, "text").unwrap().unwrap();
        assert_eq!(document.length(&text), most);
    }
}
