//! After a server was set back: work of people who left comes back, cases keep their leads and members, and what nobody can prove
//! waits for a lead.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::{CaseId, Error, Role, WorkerId};
use caseweave_testkit::{Agency, Device, Entries};

/// Ana's and Ben's phones, enrolled before anything is backed up.
struct Two {
    agency: Agency,
    ana: WorkerId,
    ben: WorkerId,
    anas: Device,
    bens: Device,
}

fn two(seed: u64) -> Two {
    let mut agency = Agency::new(seed);
    let (ana, ben) = (agency.worker("Ana"), agency.worker("Ben"));
    let (anas, bens) = (agency.device(ana), agency.device(ben));
    Two {
        agency,
        ana,
        ben,
        anas,
        bens,
    }
}

impl Two {
    fn sync(&self, devices: &[&Device]) {
        for device in devices {
            device.sync(&mut self.agency.network());
        }
    }

    /// A device of Ana's, enrolled now, that knows nothing but what the server has.
    fn newcomer(&mut self) -> Device {
        let device = self.agency.device(self.ana);
        device.sync(&mut self.agency.network());
        device
    }

    fn roles(&self, device: &Device, case: CaseId) -> Vec<(WorkerId, Role)> {
        let access = device.caseweave.access(case).unwrap();
        access.iter().map(|one| (one.worker, one.role)).collect()
    }
}

fn titles(device: &Device, case: CaseId) -> Vec<String> {
    let tasks = device.case(case).tasks;
    tasks.into_iter().filter_map(|task| task.title).collect()
}

fn assert_nothing_waits(device: &Device) {
    let sync = device.caseweave.status(None).unwrap();
    assert_eq!((sync.pending, sync.held, sync.refused), (0, 0, 0));
    assert!(device.caseweave.quarantined(None).unwrap().is_empty());
}

#[test]
fn work_of_a_former_member_comes_back_through_a_colleague() {
    let mut two = two(1);
    let case = Entries(&two.anas).open_case("Rosa", "Díaz");
    two.sync(&[&two.anas]);
    let backup = two.agency.backup();
    let share = Role::Contributor;
    two.anas
        .caseweave
        .share(case, two.ben, share, None)
        .unwrap();
    two.sync(&[&two.anas, &two.bens]);
    Entries(&two.bens).task(case, "Order a ramp");
    two.sync(&[&two.bens, &two.anas]);
    two.anas.caseweave.withdraw(case, two.ben).unwrap();
    two.sync(&[&two.anas, &two.bens]);
    two.agency.restore(&backup);

    two.sync(&[&two.anas, &two.bens]);
    let fresh = two.newcomer();
    assert_eq!(titles(&fresh, case), ["Order a ramp"]);
    assert!(two.bens.cases().is_empty(), "he left, and stays away");
    assert_eq!(two.roles(&fresh, case), [(two.ana, Role::Lead)]);
    assert_nothing_waits(&two.anas);
    assert_eq!(two.agency.findings(), Vec::<String>::new());
}

#[test]
fn work_of_a_revoked_device_comes_back_through_a_colleague() {
    let mut two = two(2);
    let case = Entries(&two.anas).open_case("Rosa", "Díaz");
    let share = Role::Contributor;
    two.anas
        .caseweave
        .share(case, two.ben, share, None)
        .unwrap();
    two.sync(&[&two.anas, &two.bens]);
    let backup = two.agency.backup();
    Entries(&two.bens).task(case, "Order a ramp");
    two.sync(&[&two.bens, &two.anas]);
    two.agency.restore(&backup);
    let device = two.bens.caseweave.who_am_i().unwrap().device;
    let organisation = two.agency.organisation();
    let server = two.agency.server();
    server
        .administration()
        .revoke(organisation, device)
        .unwrap();

    two.sync(&[&two.anas]);
    let fresh = two.newcomer();
    assert_eq!(titles(&fresh, case), ["Order a ramp"]);
    assert_nothing_waits(&two.anas);
    assert_eq!(two.agency.findings(), Vec::<String>::new());
}

#[test]
fn a_case_that_a_member_brings_back_keeps_its_lead_and_gets_its_members() {
    let mut two = two(3);
    let carla = two.agency.worker("Carla");
    let carlas = two.agency.device(carla);
    let backup = two.agency.backup();
    let case = Entries(&two.anas).open_case("Rosa", "Díaz");
    let anas = &two.anas.caseweave;
    anas.share(case, two.ben, Role::Contributor, None).unwrap();
    anas.share(case, carla, Role::Reader, None).unwrap();
    two.sync(&[&two.anas, &two.bens, &carlas]);
    two.agency.restore(&backup);
    Entries(&two.bens).task(case, "Order a ramp");

    two.sync(&[&two.bens]);
    assert_nothing_waits(&two.bens);
    let before = [(two.ana, Role::Lead), (two.ben, Role::Contributor)];
    assert_eq!(two.roles(&two.bens, case)[..2], before);
    two.sync(&[&two.anas, &carlas, &two.bens]);
    for device in [&two.anas, &two.bens, &carlas] {
        assert_eq!(titles(device, case), ["Order a ramp"]);
        let mut roles = before.to_vec();
        roles.push((carla, Role::Reader));
        assert_eq!(two.roles(device, case), roles);
        assert_nothing_waits(device);
    }
    assert_eq!(two.agency.findings(), Vec::<String>::new());
}

#[test]
fn work_waits_while_the_server_has_forgotten_that_its_author_may_write() {
    let mut two = two(4);
    let case = Entries(&two.anas).open_case("Rosa", "Díaz");
    two.sync(&[&two.anas]);
    let backup = two.agency.backup();
    let share = Role::Contributor;
    two.anas
        .caseweave
        .share(case, two.ben, share, None)
        .unwrap();
    two.sync(&[&two.anas, &two.bens]);
    two.agency.restore(&backup);
    Entries(&two.bens).task(case, "Order a ramp");

    two.sync(&[&two.bens]);
    let waiting = two.bens.caseweave.status(Some(case)).unwrap();
    assert_eq!((waiting.pending, waiting.refused), (1, 0));
    two.sync(&[&two.anas, &two.bens, &two.anas]);
    assert_eq!(titles(&two.anas, case), ["Order a ramp"]);
    assert_nothing_waits(&two.bens);
    assert_eq!(two.agency.findings(), Vec::<String>::new());
}

#[test]
fn work_that_nobody_can_prove_comes_back_when_its_lead_answers_for_it() {
    let mut two = two(5);
    let tablet = two.agency.device(two.ana);
    let backup = two.agency.backup();
    let case = Entries(&two.anas).open_case("Rosa", "Díaz");
    for number in 0..40 {
        Entries(&two.anas).visit_with_note(case, &format!("Visit {number}: ate well and slept."));
        two.sync(&[&two.anas]);
    }
    two.anas
        .caseweave
        .share(case, two.ben, Role::Reader, None)
        .unwrap();
    two.sync(&[&two.anas]);
    // Both are filled by a snapshot: they hold the record, and of most of it no signatures.
    two.sync(&[&tablet, &two.bens]);
    assert!(tablet.caseweave.unproven(case).unwrap().is_empty());
    two.agency.restore(&backup);

    two.sync(&[&tablet]);
    let unproven = tablet.caseweave.unproven(case).unwrap();
    let record = unproven.iter().find(|work| work.document == case).unwrap();
    assert!(record.changes > 0);
    assert_eq!(record.adopted_by, None);
    assert_eq!(Vec::from_iter(record.claimed_by.clone()), [two.ana]);
    let fresh = two.newcomer();
    assert!(fresh.cases().is_empty(), "never sent silently");
    let mut network = two.agency.network();
    tablet.sync(&mut network);
    assert_eq!(
        network.requests, 1,
        "what cannot be given is not compared again"
    );

    two.sync(&[&two.bens]);
    let denied = two.bens.caseweave.adopt_unproven(case);
    assert!(matches!(denied, Err(Error::NotAllowed { .. })));
    assert!(tablet.caseweave.adopt_unproven(case).unwrap() > 0);
    two.sync(&[&tablet, &fresh]);
    assert_eq!(fresh.case(case), tablet.case(case));
    assert_eq!(fresh.case(case).visits.len(), 40);
    for device in [&tablet, &fresh] {
        let unproven = device.caseweave.unproven(case).unwrap();
        assert!(!unproven.is_empty());
        assert!(unproven.iter().all(|work| work.adopted_by == Some(two.ana)));
        assert_nothing_waits(device);
        assert!(device.caseweave.check_storage().unwrap().is_clean());
    }
    assert_eq!(two.agency.findings(), Vec::<String>::new());
}
