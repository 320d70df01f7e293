//! Many who write to one case apart: everything they wrote is accepted, and the case stays writable.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::{CaseId, WorkerId};
use caseweave_testkit::{Agency, Device, Entries, Fate};

const DEVICES: usize = 100;
/// Above so many, whoever wrote joins them.
const MANY: usize = 32;

struct Crowd {
    agency: Agency,
    devices: Vec<Device>,
    case: CaseId,
}

/// Devices that all have a case, and have written to it since without a network.
fn crowd(seed: u64, devices: usize) -> Crowd {
    let mut agency = Agency::new(seed);
    let worker = agency.worker("Ana");
    let devices: Vec<Device> = (0..devices).map(|_| agency.device(worker)).collect();
    let case = Entries(&devices[0]).open_case("Rosa", "Díaz");
    for device in &devices {
        device.sync(&mut agency.network());
    }
    for (number, device) in devices.iter().enumerate() {
        Entries(device).task(case, &format!("task {number}"));
    }
    Crowd {
        agency,
        devices,
        case,
    }
}

fn heads(device: &Device, case: CaseId) -> usize {
    device.case(case).revision.split('.').count()
}

fn assert_nothing_refused(device: &Device) {
    let sync = device.caseweave.status(None).unwrap();
    assert_eq!((sync.pending, sync.held, sync.refused), (0, 0, 0));
    assert!(device.caseweave.quarantined(None).unwrap().is_empty());
}

#[test]
fn a_hundred_devices_that_wrote_apart_are_all_accepted() {
    let Crowd {
        agency,
        devices,
        case,
    } = crowd(1, DEVICES);
    for device in &devices {
        device.sync(&mut agency.network());
        assert!(heads(device, case) <= MANY);
    }
    for device in &devices {
        let mut network = agency.network();
        device.sync(&mut network);
        assert_eq!(network.requests, 1, "whoever only reads joins nothing");
        assert_nothing_refused(device);
        assert_eq!(device.case(case).tasks.len(), DEVICES);
        assert!(heads(device, case) <= MANY);
    }
    let (first, last) = (&devices[0], &devices[DEVICES - 1]);
    assert_eq!(first.case(case), last.case(case));
    assert!(last.caseweave.check_storage().unwrap().is_clean());
    let joined = |record: &caseweave::HistoryEntry| record.intentions == "join";
    let history = first.caseweave.history(case).unwrap();
    let joined = history.iter().filter(|record| joined(record)).count();
    assert!(joined <= DEVICES / MANY, "{joined} changes only join heads");
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn writers_who_never_hear_the_answer_leave_the_case_writable() {
    let Crowd {
        agency,
        devices,
        case,
    } = crowd(2, 70);
    // Each sends its work once, and nobody gets to join anything.
    for device in &devices {
        let session = device.caseweave.sync().unwrap();
        let request = session.next_request().unwrap().unwrap();
        let answer = agency
            .network()
            .with_fate(|| Fate::ReplyLost)
            .send(&request);
        assert!(answer.is_none());
    }
    for device in devices.iter().rev() {
        device.sync(&mut agency.network());
        assert_nothing_refused(device);
    }
    for device in &devices {
        device.sync(&mut agency.network());
        assert_eq!(device.case(case).tasks.len(), 70);
        assert!(heads(device, case) <= MANY);
    }
    Entries(&devices[0]).task(case, "one more");
    devices[0].sync(&mut agency.network());
    assert_nothing_refused(&devices[0]);
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn copies_of_one_phone_that_wrote_apart_are_all_accepted() {
    let mut agency = Agency::new(3);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    phone.sync(&mut agency.network());
    let (phone, one) = phone.cloned();
    let (phone, two) = phone.cloned();
    let (phone, three) = phone.cloned();
    let copies = [phone, one, two, three];
    for (number, copy) in copies.iter().enumerate() {
        Entries(copy).task(case, &format!("task {number}"));
    }
    let copies = copies.map(Device::restart);
    for (number, copy) in copies.iter().enumerate() {
        Entries(copy).task(case, &format!("after a restart {number}"));
    }
    for copy in copies.iter().chain(&copies) {
        copy.sync(&mut agency.network());
    }
    for copy in &copies {
        assert_nothing_refused(copy);
        assert_eq!(copy.case(case).tasks.len(), 8);
        assert!(heads(copy, case) <= 2);
    }
    assert_eq!(agency.findings(), Vec::<String>::new());
}

/// Three copies of a phone. The last has what the server lost when it was set back, the others wrote apart since.
struct SetBack {
    agency: Agency,
    worker: WorkerId,
    copies: [Device; 3],
    case: CaseId,
}

fn set_back_beneath_copies(seed: u64) -> SetBack {
    let mut agency = Agency::new(seed);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    phone.sync(&mut agency.network());
    let backup = agency.backup();
    let (phone, one) = phone.cloned();
    let (phone, two) = phone.cloned();
    let copies = [phone, one, two].map(Device::restart);
    Entries(&copies[2]).task(case, "Lost by the server");
    copies[2].sync(&mut agency.network());
    agency.restore(&backup);
    for copy in &copies[..2] {
        Entries(copy).task(case, "Written since");
        copy.sync(&mut agency.network());
    }
    assert_eq!(heads(&copies[1], case), 2);
    SetBack {
        agency,
        worker,
        copies,
        case,
    }
}

impl SetBack {
    /// The copies exchange, the last first: then all of them have everything, and so has the server.
    fn assert_joined(mut self) {
        for copy in self.copies.iter().rev().chain(&self.copies) {
            copy.sync(&mut self.agency.network());
        }
        for copy in &self.copies {
            assert_nothing_refused(copy);
            assert_eq!(copy.case(self.case).tasks.len(), 3);
            assert!(heads(copy, self.case) <= 2);
        }
        let fresh = self.agency.device(self.worker);
        fresh.sync(&mut self.agency.network());
        assert_eq!(fresh.case(self.case), self.copies[0].case(self.case));
        assert_eq!(self.agency.findings(), Vec::<String>::new());
    }
}

#[test]
fn what_a_copy_of_a_phone_gives_back_joins_what_the_others_wrote_since() {
    set_back_beneath_copies(4).assert_joined();
}

#[test]
fn what_a_copy_of_a_phone_gives_back_joins_though_a_note_that_it_began_waits() {
    let world = set_back_beneath_copies(5);
    let last = Entries(&world.copies[2]);
    let note = last.note(world.case, "Measured the door.");
    last.write(world.case, note, "Measured the door: 80 cm.");
    world.assert_joined();
}
