//! Who made what: signatures that are here are checked, those that are not are fetched, and one that does not hold shows.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::{CaseId, CaseProof, Proof};
use caseweave_engine::sync::wire::WireResponse;
use caseweave_engine::sync::{pack, unpack};
use caseweave_testkit::{Agency, Device, Entries};

/// A phone with a long record that the server has, and a tablet that was filled by a snapshot.
struct World {
    agency: Agency,
    phone: Device,
    tablet: Device,
    case: CaseId,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut agency = Agency::new(seed);
        let worker = agency.worker("Ana");
        let phone = agency.device(worker);
        let case = Entries(&phone).open_case("Rosa", "Díaz");
        for number in 0..12 {
            let text = format!(
                "Visit {number}. {}",
                "Ate well, slept well, walked. ".repeat(30)
            );
            Entries(&phone).visit_with_note(case, &text);
            phone.sync(&mut agency.network());
        }
        let tablet = agency.device(worker);
        tablet.sync(&mut agency.network());
        Self {
            agency,
            phone,
            tablet,
            case,
        }
    }

    fn verify(&self) -> CaseProof {
        self.tablet.caseweave.verify(self.case).unwrap()
    }

    fn sync(&self) {
        self.tablet.sync(&mut self.agency.network());
    }

    /// One request of the tablet, whose answer is changed on its way.
    fn hear(&self, change: impl FnOnce(&mut WireResponse)) {
        let session = self.tablet.caseweave.sync().unwrap();
        let request = session.next_request().unwrap().unwrap();
        let (status, body) = self.agency.network().send(&request).unwrap();
        let mut response: WireResponse = unpack(&body).unwrap();
        change(&mut response);
        let body = pack(&response).unwrap();
        session.on_response(status, &body).unwrap();
    }
}

fn total(proof: &CaseProof) -> u32 {
    proof.verified + proof.unchecked + proof.unproven + proof.failed
}

#[test]
fn what_a_snapshot_brought_is_unchecked_until_its_signatures_were_fetched() {
    let world = World::new(1);
    let before = world.verify();
    assert!(before.unchecked > 0 && before.asks, "{}", before.unchecked);
    assert_eq!(before.failed + before.unproven, 0);
    let history = world.tablet.caseweave.history(world.case).unwrap();
    assert!(history.iter().any(|entry| entry.proof == Proof::Unchecked));

    let mut network = world.agency.network();
    world.tablet.sync(&mut network);
    assert_eq!(network.requests, 1, "one exchange fetches them");
    let after = world.verify();
    assert_eq!(total(&after), total(&before));
    assert_eq!((after.verified, after.asks), (total(&before), false));
    assert!(
        after
            .changes
            .iter()
            .all(|change| change.name.as_deref() == Some("Ana"))
    );
    let history = world.tablet.caseweave.history(world.case).unwrap();
    assert!(history.iter().all(|entry| entry.proof == Proof::Verified));
    assert!(world.tablet.caseweave.check_storage().unwrap().is_clean());
}

#[test]
fn a_change_whose_signature_nobody_has_is_unproven_and_asked_for_again() {
    let world = World::new(2);
    let all = total(&world.verify());
    world.hear(|response| {
        response
            .proofs
            .iter_mut()
            .for_each(|proofs| proofs.runs.clear())
    });
    let proof = world.verify();
    assert!(proof.unproven > 0 && proof.asks, "{proof:?}");
    assert_eq!(proof.unproven + proof.verified, all);

    world.sync();
    assert_eq!(world.verify().verified, all);
}

#[test]
fn a_signature_that_does_not_hold_shows_until_one_that_holds_comes() {
    let world = World::new(3);
    let all = total(&world.verify());
    world.hear(|response| {
        for proof in response
            .proofs
            .iter_mut()
            .flat_map(|proofs| &mut proofs.runs)
        {
            proof.run.signature[3] ^= 1;
        }
    });
    let proof = world.verify();
    assert!(proof.failed > 0, "{proof:?}");
    let history = world.tablet.caseweave.history(world.case).unwrap();
    assert!(history.iter().any(|entry| entry.proof == Proof::Failed));
    // What is shown as failed never goes back to the server as if it were proof.
    Entries(&world.tablet).task(world.case, "Order a ramp");
    world.sync();
    assert_eq!(world.tablet.caseweave.status(None).unwrap().refused, 0);
    assert!(total(&world.verify()) > all);
}

#[test]
fn a_case_that_the_worker_may_not_see_has_no_signatures() {
    let mut world = World::new(4);
    world.verify();
    let stranger = world.agency.worker("Ben");
    let bens = world.agency.device(stranger);
    let own = Entries(&bens).open_case("Lea", "Roth");
    bens.sync(&mut world.agency.network());
    bens.caseweave.verify(own).unwrap();
    assert!(bens.caseweave.verify(world.case).is_err());
    world.sync();
    assert_eq!(world.verify().unchecked, 0);
}

#[test]
fn own_work_is_unchecked_until_it_was_sent_and_verified_and_received_then() {
    let world = World::new(5);
    world.verify();
    world.sync();
    world.verify();
    Entries(&world.tablet).task(world.case, "Order a ramp");
    let newest = || {
        let mut history = world.tablet.caseweave.history(world.case).unwrap();
        history.pop().unwrap()
    };
    let waiting = newest();
    assert_eq!(
        (waiting.proof, waiting.received_at),
        (Proof::Unchecked, None)
    );
    assert!(
        !world.verify().asks,
        "there is nothing to ask the server for"
    );

    world.sync();
    let sent = newest();
    assert_eq!(sent.hash, waiting.hash);
    assert_eq!((sent.proof, sent.made), (Proof::Verified, waiting.made));
    assert!(sent.received_at.unwrap() >= sent.made.at);
    assert_eq!(sent.name.as_deref(), Some("Ana"));
    assert!(sent.made.device.is_some());

    // Neither folding nor the way to another device loses what is known of it.
    for number in 0..12 {
        let text = format!("Visit {number}. {}", "Slept well. ".repeat(80));
        Entries(&world.tablet).visit_with_note(world.case, &text);
        world.sync();
    }
    let history = world.tablet.caseweave.history(world.case).unwrap();
    let kept = history
        .iter()
        .find(|entry| entry.hash == sent.hash)
        .unwrap();
    assert_eq!(kept.received_at, sent.received_at);
    assert_eq!(kept.proof, Proof::Verified);
    let network = || world.agency.network();
    world.phone.sync(&mut network());
    world.phone.caseweave.verify(world.case).unwrap();
    world.phone.sync(&mut network());
    world.phone.caseweave.verify(world.case).unwrap();
    let there = world.phone.caseweave.history(world.case).unwrap();
    let there = there.iter().find(|entry| entry.hash == sent.hash).unwrap();
    assert_eq!(there.proof, Proof::Verified);
}
