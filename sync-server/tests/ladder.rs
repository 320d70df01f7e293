//! After a restore: the server says that it does not know a device's cursor, and which documents differ.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod support;

use caseweave_engine::ids::{DocumentId, ScopeId};
use caseweave_engine::sync::rung;
use caseweave_engine::sync::wire::{Verdict, WireDiffering};
use serde_bytes::ByteArray;

use support::World;

#[test]
fn a_server_that_does_not_know_the_cursor_takes_nothing() {
    let mut world = World::new();
    let ana = world.worker("Ana");
    let mut phone = world.phone(ana);
    let case = phone.create_case(0x10);
    phone.sync(&world.server);
    let before = world.count("changes");
    phone.edit(case, "more");
    phone.cursor = Some(ByteArray::new([7; 16]));
    let request = phone.request();
    let answer = phone.ask(&world.server, &request);
    assert!(answer.restart);
    assert_eq!(answer.verdicts.len(), 1);
    assert!(
        answer
            .verdicts
            .iter()
            .all(|verdict| verdict.verdict == Verdict::Resubmit)
    );
    assert_eq!(world.count("changes"), before);

    phone.cursor = None;
    let request = phone.request();
    let answer = phone.ask(&world.server, &request);
    assert!(!answer.restart && answer.verdicts.is_empty());
    assert_eq!(world.count("changes"), before + 1);
}

#[test]
fn the_ladder_names_what_differs_and_nothing_of_foreign_documents() {
    let mut world = World::new();
    let (ana, ben) = (world.worker("Ana"), world.worker("Ben"));
    let (mut anas, mut bens) = (world.phone(ana), world.phone(ben));
    let foreign = anas.create_case(0x10);
    let (equal, behind) = (bens.create_case(0x20), bens.create_case(0x30));
    let unknown = DocumentId::from_bytes([0x40; 16]);
    anas.sync(&world.server);
    bens.sync(&world.server);

    let mut request = bens.request();
    let rung =
        |document: DocumentId, heads: &[[u8; 32]]| rung(ScopeId::of(document), document, heads);
    request.ladder = Some(vec![
        rung(equal, &bens.heads(equal)),
        rung(behind, &[[1; 32]]),
        rung(foreign, &anas.heads(foreign)),
        rung(unknown, &[[1; 32]]),
    ]);
    let answer = bens.ask(&world.server, &request);
    let heads = bens.heads(behind).into_iter().map(ByteArray::new);
    let differs = |document, heads| WireDiffering { document, heads };
    assert_eq!(
        answer.differing,
        [
            differs(behind, heads.collect()),
            differs(foreign, Vec::new()),
            differs(unknown, Vec::new()),
        ]
    );
}
