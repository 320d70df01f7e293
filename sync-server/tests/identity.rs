//! Who gets in: enrolment, request numbers, revocation.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod support;

use std::sync::atomic::Ordering;

use caseweave_engine::identity::DeviceKey;
use caseweave_engine::ids::ServerId;
use caseweave_engine::sync::wire::{WireEnrolled, WireError};
use caseweave_engine::sync::{pack, unpack};
use caseweave_server::{LINK_MS, Server};
use support::*;

#[test]
fn a_link_enrols_one_device_and_answers_it_alike_again() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let link = world
        .server
        .administration()
        .enrolment_link(world.organisation, worker, "https://x/")
        .unwrap();
    let first = world.server.enrol(&enrolment([1; 32], &link));
    let enrolled: WireEnrolled = unpack(&first.body).unwrap();
    assert_eq!(
        (enrolled.worker, enrolled.organisation, &*enrolled.name),
        (worker, world.organisation, "Ana")
    );
    assert_eq!(enrolled.server_key, world.server.key());
    let again = world.server.enrol(&enrolment([1; 32], &link));
    assert_eq!(
        again, first,
        "the answer was lost, the same device asks again"
    );
    let refused = (401, "enrolment_refused".to_owned());
    let used = world.server.enrol(&enrolment([2; 32], &link));
    assert_eq!(error(&used), refused);
    let mut unknown = link.clone();
    unknown.secret[0] ^= 1;
    assert_eq!(world.server.enrol(&enrolment([2; 32], &unknown)), used);
    let late = world
        .server
        .administration()
        .enrolment_link(world.organisation, worker, "https://x")
        .unwrap();
    world.clock.0.fetch_add(LINK_MS, Ordering::Relaxed);
    assert_eq!(world.server.enrol(&enrolment([3; 32], &late)), used);
    let fresh = world
        .server
        .administration()
        .enrolment_link(world.organisation, worker, "https://x")
        .unwrap();
    let mut elsewhere = fresh.clone();
    elsewhere.server = ServerId::from_bytes([9; 16]);
    assert_eq!(world.server.enrol(&enrolment([3; 32], &elsewhere)), used);
    assert_eq!(world.server.enrol(&enrolment([3; 32], &fresh)).status, 200);
    world.phone(worker);
}

#[test]
fn a_request_number_works_once() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    let body = pack(&phone.request()).unwrap();
    let header = phone.header(&body);
    assert_eq!(world.server.exchange(Some(&header), &body).status, 200);
    let replayed = world.server.exchange(Some(&header), &body);
    assert_eq!(error(&replayed), (401, "replayed_number".into()));
    assert_eq!(unpack::<WireError>(&replayed.body).unwrap().number, Some(1));
    // Requests under way at once may overtake each other.
    for number in [9, 7, 8] {
        let header = phone.header_for(number, &body, phone.enrolled.server);
        assert_eq!(world.server.exchange(Some(&header), &body).status, 200);
    }
}

#[test]
fn proofs_that_do_not_hold_are_refused_by_code() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    let body = pack(&phone.request()).unwrap();
    let no_proof = (401, "no_proof".to_owned());
    assert_eq!(error(&world.server.exchange(None, &body)), no_proof);
    assert_eq!(
        error(&world.server.exchange(Some("Bearer x"), &body)),
        no_proof
    );
    let elsewhere = phone.header_for(1, &body, ServerId::from_bytes([9; 16]));
    let bad = (401, "bad_signature".to_owned());
    assert_eq!(error(&world.server.exchange(Some(&elsewhere), &body)), bad);
    let header = phone.header_for(1, &body, phone.enrolled.server);
    assert_eq!(
        error(&world.server.exchange(Some(&header), b"another body")),
        bad
    );
    phone.key = DeviceKey::from_seed([0x99; 32]);
    let thief = phone.header_for(1, &body, phone.enrolled.server);
    assert_eq!(error(&world.server.exchange(Some(&thief), &body)), bad);
    phone.enrolled.device = caseweave_engine::ids::DeviceId::from_bytes([1; 16]);
    let stranger = phone.header_for(1, &body, phone.enrolled.server);
    assert_eq!(
        error(&world.server.exchange(Some(&stranger), &body)),
        (401, "unknown_device".into())
    );
    assert_eq!(
        world.server.exchange(Some(&header), &body).status,
        200,
        "none of them used the number up"
    );
    let noted: i64 = world
        .database()
        .query_row(
            "SELECT sum(times) FROM audit WHERE what = 'request_refused'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(noted, 1, "like refusals within a minute are one line");
}

#[test]
fn a_restart_lets_no_number_in_twice() {
    for crash in [false, true] {
        let mut world = World::new();
        let worker = world.worker("Ana");
        let mut phone = world.phone(worker);
        let body = pack(&phone.request()).unwrap();
        let first = phone.header(&body);
        assert_eq!(world.server.exchange(Some(&first), &body).status, 200);
        let world = world.restart(crash);
        let replayed = world.server.exchange(Some(&first), &body);
        assert_eq!(
            error(&replayed),
            (401, "replayed_number".into()),
            "crash: {crash}"
        );
        let told = unpack::<WireError>(&replayed.body).unwrap().number.unwrap();
        assert_eq!(told, if crash { 257 } else { 1 });
        phone.number = told;
        phone.sync(&world.server);
    }
}

#[test]
fn a_revoked_device_is_out_at_its_next_request() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let (mut lost, mut kept) = (world.phone(worker), world.phone(worker));
    lost.create_case(0x10);
    lost.sync(&world.server);
    world
        .server
        .administration()
        .revoke(world.organisation, lost.id())
        .unwrap();
    let request = lost.request();
    assert_eq!(
        error(&lost.post(&world.server, &request)),
        (401, "device_revoked".into())
    );
    kept.sync(&world.server);
    assert_eq!(kept.documents.len(), 1);
    let devices = world
        .server
        .administration()
        .devices(world.organisation)
        .unwrap();
    assert_eq!(devices.iter().filter(|row| row.revoked).count(), 1);
}

#[test]
fn two_processes_do_not_serve_one_directory() {
    let world = World::new();
    assert!(
        Server::open(
            world.directory.path(),
            world.clock.clone(),
            world.entropy.clone()
        )
        .is_err()
    );
}
