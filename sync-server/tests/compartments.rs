//! A restricted compartment is to the server one more record: whoever works on the case it is about is told of it what anybody is told of a
//! record that does not exist.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod support;

use caseweave_engine::domain::{CompartmentEdit, CompartmentUpdate};
use caseweave_engine::ids::{CompartmentId, DocumentId, EntityId, ScopeId};
use caseweave_engine::sync::wire::*;
use caseweave_server::check;
use serde_bytes::ByteArray;
use support::*;

/// Ana's phone with a case that Ben works on too, and a compartment about it of her own.
fn world() -> (World, Phone, Phone, CompartmentId) {
    let mut world = World::new();
    let (ana, ben) = (world.worker("Ana"), world.worker("Ben"));
    let (mut anas, mut bens) = (world.phone(ana), world.phone(ben));
    let case = anas.open_case(0x10);
    anas.share(case, ben, Role::Contributor);
    let compartment = CompartmentId::from_bytes([0x20; 16]);
    let fields = CompartmentUpdate {
        title: Some("Therapy".into()),
        ..CompartmentUpdate::default()
    };
    let id = compartment;
    anas.write(id, &[CompartmentEdit::Open { id, case, fields }.into()]);
    anas.sync(&world.server);
    bens.sync(&world.server);
    assert_eq!(bens.role(case), Some(Role::Contributor));
    (world, anas, bens, compartment)
}

/// What Ben's phone asks who knows the id of a record: its changes, its signatures, to write to it, and to decide who may.
fn knock(phone: &mut Phone, record: DocumentId) -> WireRequest {
    phone.create(record, DocumentKind::Case, ScopeId::of(record));
    let mut request = phone.request();
    phone.documents.remove(&record);
    phone.groups.clear();
    // It does not say that it is new.
    request.documents[0].creates = None;
    request.ladder = Some(vec![WireRung {
        document: record,
        fingerprint: ByteArray::new([1; 8]),
    }]);
    request.wanted = vec![record];
    let worker = phone.author().worker;
    let decisions = [
        AccessAction::Share {
            worker,
            role: Role::Lead,
            until_ms: None,
        },
        AccessAction::Withdraw { worker },
    ];
    request.actions = (0..)
        .zip(decisions)
        .map(|(number, action)| WireAction {
            id: EntityId::from_bytes([record.to_bytes()[0] + number; 16]),
            scope: ScopeId::of(record),
            action,
        })
        .collect();
    request
}

/// An answer with its body's length, and one record's id and the names of what was asked taken out.
fn answered(world: &World, phone: &mut Phone, request: &WireRequest) -> (String, usize) {
    let answer = phone.post(&world.server, request);
    assert_eq!(answer.status, 200);
    let mut response: WireResponse = caseweave_engine::sync::unpack(&answer.body).unwrap();
    let nobody = EntityId::from_bytes([0; 16]);
    response.results.iter_mut().for_each(|one| one.id = nobody);
    let none = DocumentId::from_bytes([0; 16]);
    let differing = response.differing.iter_mut();
    differing.for_each(|one| one.document = none);
    let proofs = response.proofs.iter_mut();
    proofs.for_each(|one| one.document = none);
    let cursor = ByteArray::new([0; 16]);
    (response.cursor, response.base) = (cursor, None);
    (format!("{response:?}"), answer.body.len())
}

#[test]
fn who_knows_the_id_of_a_compartment_is_told_what_an_unknown_id_is_told() {
    let (world, _anas, mut bens, compartment) = world();
    let before = world.count("changes");
    let unknown = CompartmentId::from_bytes([0x40; 16]);
    let [of_it, of_none] = [compartment, unknown].map(|record| {
        let request = knock(&mut bens, record);
        answered(&world, &mut bens, &request)
    });
    assert_eq!(of_it, of_none);
    let refused = format!("{:?}", refused(Refused::NotAllowed));
    assert!(of_it.0.contains(&refused), "{}", of_it.0);
    assert!(of_it.0.contains("documents: []"), "{}", of_it.0);
    assert_eq!(world.count("changes"), before);
    assert_eq!(check(&world.server.administration()).unwrap(), []);
}

#[test]
fn the_server_does_not_tell_a_compartment_from_a_case() {
    let (world, ..) = world();
    let database = world.database();
    let kinds: Vec<String> = database
        .prepare("SELECT kind FROM documents ORDER BY id")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(kinds, ["case", "case"]);
}
