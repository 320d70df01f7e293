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
    let titles = tasks.into_iter().filter_map(|task| task.title);
    let mut titles: Vec<String> = titles.collect();
    titles.sort();
    titles
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

/// Ana's phone has a case, and work of Ben's in it that was made on a phone which was enrolled after the backup. Then the server is
/// set back to the backup.
struct Enrolled {
    two: Two,
    case: CaseId,
    /// Ben's new phone.
    new: Device,
}

fn enrolled_after_the_backup(seed: u64) -> Enrolled {
    let mut two = two(seed);
    let case = Entries(&two.anas).open_case("Rosa", "Díaz");
    let share = Role::Contributor;
    two.anas
        .caseweave
        .share(case, two.ben, share, None)
        .unwrap();
    two.sync(&[&two.anas]);
    let backup = two.agency.backup();
    let new = two.agency.device(two.ben);
    two.sync(&[&new]);
    Entries(&new).task(case, "Order a ramp");
    let note = Entries(&new).note(case, "Measured the door.");
    Entries(&new).write(case, note, "Measured the door: 80 cm.");
    Entries(&two.anas).task(case, "Beside it");
    two.sync(&[&new, &two.anas]);
    two.agency.restore(&backup);
    Enrolled { two, case, new }
}

/// Every change of a case is signed by a device that is known.
fn assert_proven(two: &Two, device: &Device, case: CaseId) {
    if device.caseweave.verify(case).unwrap().asks {
        two.sync(&[device]);
    }
    let proof = device.caseweave.verify(case).unwrap();
    assert_eq!((proof.unchecked, proof.unproven, proof.failed), (0, 0, 0));
    assert!(proof.verified > 0);
}

#[test]
fn a_device_enrolled_after_the_backup_goes_on_once_a_colleague_brought_its_work_back() {
    let Enrolled { mut two, case, new } = enrolled_after_the_backup(6);
    Entries(&two.anas).task(case, "Upon it");
    let Err(Error::SyncRejected { code, .. }) = new.try_sync(&mut two.agency.network()) else {
        panic!("the server should not know the device");
    };
    assert_eq!(code, "unknown_device");
    assert_eq!(titles(&new, case), ["Order a ramp"]);

    two.sync(&[&two.anas]);
    assert_nothing_waits(&two.anas);
    let all = ["Beside it", "Order a ramp", "Upon it"];
    let fresh = two.newcomer();
    assert_eq!(titles(&fresh, case), all);
    assert_eq!(fresh.case(case), two.anas.case(case));
    assert_proven(&two, &fresh, case);

    Entries(&new).task(case, "Goes on");
    two.sync(&[&new, &two.anas, &fresh]);
    for device in [&new, &two.anas, &fresh] {
        let now = ["Beside it", "Goes on", "Order a ramp", "Upon it"];
        assert_eq!(titles(device, case), now);
        assert_nothing_waits(device);
        let mut network = two.agency.network();
        device.sync(&mut network);
        assert_eq!(network.requests, 1, "nothing is left to tell");
    }
    assert_proven(&two, &fresh, case);
    assert_eq!(two.agency.findings(), Vec::<String>::new());
}

#[test]
fn a_worker_made_after_the_backup_comes_back_with_the_work() {
    let mut two = two(7);
    let case = Entries(&two.anas).open_case("Rosa", "Díaz");
    two.sync(&[&two.anas]);
    let backup = two.agency.backup();
    let carla = two.agency.worker("Carla");
    let carlas = two.agency.device(carla);
    let share = Role::Contributor;
    two.anas.caseweave.share(case, carla, share, None).unwrap();
    two.sync(&[&two.anas, &carlas]);
    Entries(&carlas).task(case, "Order a ramp");
    let other = Entries(&carlas).open_case("Ben", "Okafor");
    carlas.caseweave.share(other, two.ana, share, None).unwrap();
    two.sync(&[&carlas, &two.anas]);
    two.agency.restore(&backup);

    two.sync(&[&two.anas]);
    let fresh = two.newcomer();
    assert_eq!(titles(&fresh, case), ["Order a ramp"]);
    let roles = [(two.ana, Role::Lead), (carla, Role::Contributor)];
    assert_eq!(two.roles(&fresh, case), roles);
    let roles = [(two.ana, Role::Contributor), (carla, Role::Lead)];
    assert_eq!(two.roles(&fresh, other), roles);
    let names = fresh.caseweave.access(case).unwrap();
    let names: Vec<_> = names.into_iter().filter_map(|one| one.name).collect();
    assert_eq!(names, ["Ana", "Carla"]);

    Entries(&carlas).task(case, "Goes on");
    two.sync(&[&carlas, &two.anas]);
    assert_eq!(titles(&two.anas, case), ["Goes on", "Order a ramp"]);
    assert_nothing_waits(&carlas);
    assert_eq!(two.agency.findings(), Vec::<String>::new());
}

#[test]
fn work_of_a_device_that_nobody_can_show_holds_up_nothing_beside_it() {
    let Enrolled { mut two, case, new } = enrolled_after_the_backup(8);
    let id = new.caseweave.who_am_i().unwrap().device;
    two.anas.forget_device(id);
    two.sync(&[&two.anas]);
    assert_nothing_waits(&two.anas);
    let fresh = two.newcomer();
    assert_eq!(titles(&fresh, case), ["Beside it"]);
    assert_eq!(two.agency.findings(), Vec::<String>::new());
}
