//! Answers that lie: what does not hold is set aside or refused, everything else goes on, and an honest answer makes it good.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::{CaseId, Error};
use caseweave_engine::sync::wire::{WireNews, WireResponse};
use caseweave_engine::sync::{pack, unpack};
use caseweave_testkit::{Agency, Device, Entries};

/// A phone that wrote two cases, and a tablet that has an older state of them and is about to hear the news.
struct World {
    agency: Agency,
    phone: Device,
    tablet: Device,
    cases: [CaseId; 2],
}

impl World {
    fn new(seed: u64) -> Self {
        let mut agency = Agency::new(seed);
        let worker = agency.worker("Ana");
        let (phone, tablet) = (agency.device(worker), agency.device(worker));
        let cases = ["Rosa", "Ben"].map(|name| Entries(&phone).open_case(name, "Díaz"));
        phone.sync(&mut agency.network());
        tablet.sync(&mut agency.network());
        for case in cases {
            Entries(&phone).task(case, "Order a ramp");
        }
        phone.sync(&mut agency.network());
        Self {
            agency,
            phone,
            tablet,
            cases,
        }
    }

    /// One request of a device, whose answer is changed on its way.
    fn hear(&self, device: &Device, change: impl FnOnce(&mut WireResponse)) -> Result<(), Error> {
        let session = device.caseweave.sync().unwrap();
        let request = session.next_request().unwrap().unwrap();
        let (status, body) = self.agency.network().send(&request).unwrap();
        let mut response: WireResponse = unpack(&body).unwrap();
        change(&mut response);
        session
            .on_response(status, &pack(&response).unwrap())
            .map(|_| ())
    }

    fn tasks(&self, case: usize) -> usize {
        self.tablet.case(self.cases[case]).tasks.len()
    }

    fn codes(&self) -> Vec<String> {
        let aside = self.tablet.caseweave.quarantined(None).unwrap();
        aside.into_iter().map(|entry| entry.code).collect()
    }

    /// After one honest exchange the tablet shows what the phone shows.
    fn assert_made_good(&self) {
        self.tablet.sync(&mut self.agency.network());
        for case in self.cases {
            assert_eq!(self.tablet.case(case), self.phone.case(case));
        }
        assert!(self.tablet.caseweave.check_storage().unwrap().is_clean());
        let mut network = self.agency.network();
        self.tablet.sync(&mut network);
        assert_eq!(network.requests, 1, "nothing is left to tell");
    }
}

fn news_of(response: &mut WireResponse, case: CaseId) -> &mut WireNews {
    let mut documents = response.documents.iter_mut();
    documents.find(|news| news.document == case).unwrap()
}

/// Changes the news of the first case; they are set aside with this code, and the second case's arrive.
#[track_caller]
fn assert_set_aside(code: &str, forge: impl FnOnce(&World, &mut WireNews)) {
    let world = World::new(1);
    world
        .hear(&world.tablet, |response| {
            forge(&world, news_of(response, world.cases[0]));
        })
        .unwrap();
    assert_eq!(world.codes(), [code]);
    assert_eq!((world.tasks(0), world.tasks(1)), (0, 1));
    assert!(world.tablet.caseweave.check_storage().unwrap().is_clean());
    world.assert_made_good();
    assert_eq!(world.codes(), [code]);
}

#[test]
fn a_change_under_a_forged_signature_is_set_aside() {
    assert_set_aside("bad_signature", |_, news| {
        news.runs[0].signature[7] ^= 1;
    });
}

#[test]
fn a_change_in_another_devices_name_is_set_aside() {
    assert_set_aside("bad_signature", |world, news| {
        news.runs[0].device = Some(world.tablet.caseweave.who_am_i().unwrap().device);
    });
}

#[test]
fn a_change_under_another_session_is_set_aside() {
    assert_set_aside("bad_signature", |_, news| news.runs[0].session.0[0] ^= 1);
}

#[test]
fn a_change_that_no_signature_covers_is_set_aside() {
    assert_set_aside("bad_run", |_, news| news.runs.clear());
}

#[test]
fn a_change_of_another_document_is_set_aside() {
    let world = World::new(2);
    let [one, other] = world.cases;
    world
        .hear(&world.tablet, |response| {
            let foreign = news_of(response, other).changes.clone();
            news_of(response, one).changes = foreign;
        })
        .unwrap();
    assert_eq!(world.codes(), ["bad_signature"]);
    assert_eq!((world.tasks(0), world.tasks(1)), (0, 1));
    world.assert_made_good();
}

#[test]
fn a_damaged_change_is_set_aside() {
    let world = World::new(3);
    world
        .hear(&world.tablet, |response| {
            let bytes = &mut news_of(response, world.cases[0]).changes[0];
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x55;
        })
        .unwrap();
    assert_eq!(world.codes().len(), 1);
    assert_eq!((world.tasks(0), world.tasks(1)), (0, 1));
    world.assert_made_good();
}

#[test]
fn a_snapshot_under_a_forged_signature_is_set_aside() {
    let mut world = World::new(4);
    let [one, other] = world.cases;
    for number in 0..30 {
        for case in [one, other] {
            Entries(&world.phone).visit_with_note(case, &format!("Visit {number}: ate well."));
        }
        world.phone.sync(&mut world.agency.network());
    }
    let worker = world.phone.caseweave.who_am_i().unwrap().worker;
    world.tablet = world.agency.device(worker);
    world
        .hear(&world.tablet, |response| {
            let snapshot = news_of(response, one).snapshot.as_mut();
            snapshot.expect("a long record has a snapshot").signature[0] ^= 1;
        })
        .unwrap();
    assert!(world.codes().contains(&"bad_signature".into()));
    assert_eq!(world.tablet.cases(), [other]);
    world.assert_made_good();
}

#[test]
fn a_page_that_begins_elsewhere_is_left_aside() {
    let world = World::new(5);
    world
        .hear(&world.tablet, |response| {
            response.base = Some(serde_bytes::ByteArray::new([7; 16]));
        })
        .unwrap();
    assert_eq!((world.tasks(0), world.tasks(1)), (0, 0));
    world.assert_made_good();
    assert!(world.codes().is_empty());
}

#[test]
fn a_body_that_is_cut_or_garbled_changes_nothing() {
    let world = World::new(6);
    Entries(&world.tablet).task(world.cases[0], "not sent yet");
    let session = world.tablet.caseweave.sync().unwrap();
    for step in 0..40 {
        let request = session.next_request().unwrap().unwrap();
        let (status, mut body) = world.agency.network().send(&request).unwrap();
        if step % 2 == 0 {
            body.truncate(body.len() * step / 80);
        } else {
            let place = 9 + step;
            body[place] ^= 0xff;
        }
        match session.on_response(status, &body) {
            Err(Error::Interrupted { .. } | Error::UpgradeRequired { .. }) => {}
            other => panic!("step {step}: {other:?}"),
        }
        assert_eq!(world.tasks(1), 0);
        assert_eq!(world.tablet.caseweave.status(None).unwrap().pending, 1);
    }
    world.tablet.sync(&mut world.agency.network());
    world.phone.sync(&mut world.agency.network());
    assert_eq!(world.tasks(0), 2);
    world.assert_made_good();
}

#[test]
fn a_known_device_under_another_key_is_not_believed_and_holds_up_nothing() {
    let world = World::new(7);
    let phone = world.phone.caseweave.who_am_i().unwrap();
    let outcome = world.hear(&world.tablet, |response| {
        response
            .devices
            .push(caseweave_engine::sync::wire::WireDevice {
                device: phone.device,
                worker: phone.worker,
                name: "Mallory".into(),
                key: caseweave_engine::identity::DevicePublicKey([9; 32]),
            });
    });
    assert!(outcome.is_ok());
    assert_eq!(world.codes(), ["other_key"]);
    // Signed under the key that is known.
    assert_eq!((world.tasks(0), world.tasks(1)), (1, 1));
    world.assert_made_good();
}
