//! How many heads a document may have, and how more become fewer.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod support;

use automerge::Change;
use automerge::transaction::{CommitOptions, Transactable};
use caseweave_engine::guard::{MAX_HEADS, MAX_HEADS_OF_AUTHOR};
use caseweave_engine::identity::Session;
use caseweave_engine::ids::DocumentId;
use caseweave_engine::sync::wire::{Verdict, WireRequest, WireRun};
use serde_bytes::ByteBuf;
use support::{NOON, Phone, World, replica};

/// Changes made apart on what the phone has of a document, each in a session of its own.
fn apart(phone: &mut Phone, document: DocumentId, count: usize) -> Vec<(Session, Change)> {
    let base = phone.documents[&document].automerge.clone();
    let change = |number: usize| {
        phone.session = Session([100 + number as u8; 16]);
        let mut copy = phone.dressed(document, base.clone());
        copy.transact_with::<_, _, (), _>(
            |_| {
                CommitOptions::default()
                    .with_message("edit")
                    .with_time(NOON)
            },
            |transaction| {
                transaction
                    .put(automerge::ROOT, format!("apart {number}"), 1)
                    .unwrap();
                Ok(())
            },
        )
        .unwrap();
        (phone.session, copy.get_last_local_change().unwrap())
    };
    (0..count).map(change).collect()
}

/// A request with one group for each change, each signed in its session.
fn upload(phone: &mut Phone, document: DocumentId, changes: &[(Session, Change)]) -> WireRequest {
    phone.groups = changes
        .iter()
        .map(|_| (None, vec![(document, 1)]))
        .collect();
    let made = changes.iter().map(|(_, change)| change.clone());
    phone.documents.get_mut(&document).unwrap().pending = made.collect();
    let mut request = phone.request();
    let runs: Vec<WireRun> = changes
        .iter()
        .map(|(session, change)| {
            phone.session = *session;
            phone.sign(document, std::slice::from_ref(change))
        })
        .collect();
    request.documents[0].runs = runs;
    request
}

#[test]
fn a_third_head_of_one_device_is_taken_with_a_change_that_joins_them() {
    let mut world = World::new();
    let ana = world.worker("Ana");
    let mut phone = world.phone(ana);
    let case = phone.create_case(0x10);
    phone.sync(&world.server);
    let mut changes = apart(&mut phone, case, MAX_HEADS_OF_AUTHOR + 1);
    let request = upload(&mut phone, case, &changes);
    let answer = phone.ask(&world.server, &request);
    let verdicts: Vec<_> = answer
        .verdicts
        .iter()
        .map(|verdict| (verdict.group, verdict.verdict.clone()))
        .collect();
    assert_eq!(verdicts, [(2, Verdict::TooManyHeads)]);
    assert_eq!(replica(&world, case).heads().len(), MAX_HEADS_OF_AUTHOR);

    // Another session, so another signature: the server looks at the rest of the upload as a whole.
    phone.session = Session([200; 16]);
    let mut all = phone.dressed(case, phone.documents[&case].automerge.clone());
    all.apply_changes(changes.iter().map(|(_, change)| change.clone()))
        .unwrap();
    all.empty_commit(CommitOptions::default().with_message("join"));
    let join = (phone.session, all.get_last_local_change().unwrap());
    let rest = [changes.pop().unwrap(), join];
    let request = upload(&mut phone, case, &rest);
    let answer = phone.ask(&world.server, &request);
    assert_eq!(answer.verdicts, []);
    assert_eq!(replica(&world, case).heads().len(), 1);
}

#[test]
fn heads_of_many_devices_are_taken_up_to_the_limit_and_then_joined() {
    let mut world = World::new();
    let ana = world.worker("Ana");
    let mut phones: Vec<Phone> = (0..=MAX_HEADS).map(|_| world.phone(ana)).collect();
    let case = phones[0].create_case(0x10);
    for phone in &mut phones {
        phone.sync(&world.server);
    }
    for (number, phone) in phones.iter_mut().enumerate() {
        phone.edit(case, &format!("apart {number}"));
    }
    let mut last = phones.pop().unwrap();
    for phone in &mut phones {
        let request = phone.request();
        assert_eq!(phone.ask(&world.server, &request).verdicts, []);
    }
    assert_eq!(replica(&world, case).heads().len(), MAX_HEADS);
    let request = last.request();
    let answer = last.ask(&world.server, &request);
    assert_eq!(answer.verdicts[0].verdict, Verdict::TooManyHeads);
    let waiting = last.documents[&case].pending.clone();
    last.apply(&answer);
    last.documents.get_mut(&case).unwrap().pending = waiting;
    // Any edit names all heads, the own one among them.
    last.edit(case, "upon all");
    let request = last.request();
    assert_eq!(last.ask(&world.server, &request).verdicts, []);
    assert_eq!(replica(&world, case).heads().len(), 1);
}

#[test]
fn an_upload_full_of_heads_is_tried_as_a_whole_once() {
    let mut world = World::new();
    let ana = world.worker("Ana");
    let mut phone = world.phone(ana);
    let case = phone.create_case(0x10);
    phone.sync(&world.server);
    let changes = apart(&mut phone, case, 40);
    let request = upload(&mut phone, case, &changes);
    let answer = phone.ask(&world.server, &request);
    assert_eq!(answer.verdicts.len(), 40 - MAX_HEADS_OF_AUTHOR);
    assert_eq!(replica(&world, case).heads().len(), MAX_HEADS_OF_AUTHOR);
    let bytes = ByteBuf::from(changes[0].1.raw_bytes());
    assert_eq!(request.documents[0].changes[0], bytes);
}
