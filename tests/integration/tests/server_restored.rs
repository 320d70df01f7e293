//! A server set back to a backup, whether or not anybody tells: nothing it acknowledged is lost if any device has it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use caseweave::ChangeProof;
use caseweave::domain::NoteEdit;
use caseweave_testkit::{Agency, Device, Entries};

fn two_devices(seed: u64) -> (Agency, Device, Device) {
    let mut agency = Agency::new(seed);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    (agency, phone, tablet)
}

fn sync_all(agency: &Agency, devices: &[&Device]) {
    for device in devices.iter().chain(devices) {
        device.sync(&mut agency.network());
    }
}

/// A device enrolled now, which knows nothing but what the server has.
fn newcomer(agency: &mut Agency, like: &Device) -> Device {
    let worker = like.caseweave.who_am_i().unwrap().worker;
    let device = agency.device(worker);
    device.sync(&mut agency.network());
    device
}

fn assert_whole(agency: &Agency, devices: &[&Device]) {
    let [first, ..] = devices else { return };
    for device in devices {
        assert_eq!(device.cases(), first.cases());
        for case in first.cases() {
            assert_eq!(device.case(case), first.case(case));
        }
        let sync = device.caseweave.status(None).unwrap();
        assert_eq!((sync.pending, sync.held, sync.refused), (0, 0, 0));
        assert!(device.caseweave.quarantined(None).unwrap().is_empty());
        assert!(device.caseweave.check_storage().unwrap().is_clean());
        let mut network = agency.network();
        device.sync(&mut network);
        assert_eq!(network.requests, 1, "nothing is left to tell");
    }
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn what_the_server_lost_comes_back_from_the_device_that_made_it() {
    let (mut agency, phone, tablet) = two_devices(1);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    sync_all(&agency, &[&phone, &tablet]);
    let backup = agency.backup();
    let visit = Entries(&phone).visit_with_note(case, "Ate well.");
    let other = Entries(&phone).open_case("Ben", "Okafor");
    let note = Entries(&phone).note(other, "A note in a case that the server lost.");
    phone.sync(&mut agency.network());
    agency.restore(&backup);

    sync_all(&agency, &[&phone, &tablet]);
    let fresh = newcomer(&mut agency, &phone);
    assert_eq!(
        fresh.case(case).visits.first().unwrap().visit.meta.id,
        visit
    );
    assert_eq!(fresh.case(other).notes.first().unwrap().note.meta.id, note);
    assert_whole(&agency, &[&phone, &tablet, &fresh]);
}

#[test]
fn what_the_server_lost_comes_back_also_where_it_knows_every_cursor() {
    let (mut agency, phone, tablet) = two_devices(9);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    sync_all(&agency, &[&phone, &tablet]);
    let backup = agency.backup();
    let visit = Entries(&phone).visit_with_note(case, "Ate well.");
    sync_all(&agency, &[&phone, &tablet]);
    let late = Entries(&tablet).open_case("Ben", "Okafor");
    tablet.sync(&mut agency.network());
    agency.restore_untold(&backup);

    // The feed goes on with numbers that both devices had passed.
    Entries(&phone).task(case, "Order a ramp");
    sync_all(&agency, &[&phone, &tablet]);
    let fresh = newcomer(&mut agency, &phone);
    let shown = fresh.case(case);
    assert_eq!(shown.visits.first().unwrap().visit.meta.id, visit);
    assert!(fresh.cases().contains(&late));
    assert_eq!(tablet.case(case).tasks.len(), 1);
    sync_all(&agency, &[&phone, &tablet, &fresh]);
    assert_whole(&agency, &[&phone, &tablet, &fresh]);
}

#[test]
fn what_the_server_lost_comes_back_from_a_device_that_only_read_it() {
    let (mut agency, phone, tablet) = two_devices(2);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    sync_all(&agency, &[&phone, &tablet]);
    let backup = agency.backup();
    Entries(&phone).visit_with_note(case, "Ate well.");
    let other = Entries(&phone).open_case("Ben", "Okafor");
    sync_all(&agency, &[&phone, &tablet]);
    drop(phone);
    agency.restore(&backup);

    tablet.sync(&mut agency.network());
    let fresh = newcomer(&mut agency, &tablet);
    assert_eq!(fresh.case(case).visits.len(), 1);
    assert!(fresh.cases().contains(&other));
    assert_whole(&agency, &[&tablet, &fresh]);
}

#[test]
fn edits_built_on_what_the_server_lost_are_not_refused() {
    let (mut agency, phone, tablet) = two_devices(3);
    let backup = agency.backup();
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let note = Entries(&phone).note(case, "Calm.");
    sync_all(&agency, &[&phone, &tablet]);
    agency.restore(&backup);

    phone.edit(case, &[NoteEdit::Sign { id: note }.into()]);
    Entries(&tablet).task(case, "Order a ramp");
    sync_all(&agency, &[&phone, &tablet]);
    assert_eq!(phone.case(case).tasks.len(), 1);
    assert_whole(&agency, &[&phone, &tablet]);
}

#[test]
fn folded_changes_are_given_back_too() {
    let (mut agency, phone, _) = two_devices(4);
    let backup = agency.backup();
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    for number in 0..40 {
        Entries(&phone).visit_with_note(case, &format!("Visit {number}: ate well and slept."));
        phone.sync(&mut agency.network());
    }
    agency.restore(&backup);
    phone.sync(&mut agency.network());
    let fresh = newcomer(&mut agency, &phone);
    assert_eq!(fresh.case(case).visits.len(), 40);
    assert_whole(&agency, &[&phone, &fresh]);
}

#[test]
fn what_a_device_that_is_gone_made_comes_back_signed_from_another_that_folded_it() {
    let (mut agency, phone, tablet) = two_devices(6);
    let backup = agency.backup();
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let author = phone.caseweave.who_am_i().unwrap().device;
    for number in 0..40 {
        Entries(&phone).visit_with_note(case, &format!("Visit {number}: ate well and slept."));
        sync_all(&agency, &[&phone, &tablet]);
    }
    let row = tablet.stored(|tx| tx.document(case).unwrap().unwrap());
    assert!(row.snapshot_bytes > 0, "the tablet folded the case");
    drop(phone);
    agency.restore(&backup);

    tablet.sync(&mut agency.network());
    let fresh = newcomer(&mut agency, &tablet);
    assert_eq!(fresh.case(case).visits.len(), 40);
    assert!(fresh.caseweave.verify(case).unwrap().asks);
    fresh.sync(&mut agency.network());
    let proof = fresh.caseweave.verify(case).unwrap();
    let doubts = (proof.unchecked, proof.unproven, proof.failed);
    assert_eq!((doubts, proof.asks), ((0, 0, 0), false));
    let by_author = |change: &ChangeProof| change.made.device == Some(author);
    assert!(proof.verified >= 41 && proof.changes.iter().all(by_author));
    assert_whole(&agency, &[&tablet, &fresh]);
}

#[test]
fn a_server_that_lost_everything_again_is_filled_again() {
    let (mut agency, phone, tablet) = two_devices(5);
    let backup = agency.backup();
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    for number in 0..3 {
        Entries(&phone).task(case, &format!("task {number}"));
        sync_all(&agency, &[&phone, &tablet]);
        agency.restore(&backup);
    }
    sync_all(&agency, &[&tablet, &phone]);
    let fresh = newcomer(&mut agency, &phone);
    assert_eq!(fresh.case(case).tasks.len(), 3);
    assert_whole(&agency, &[&phone, &tablet, &fresh]);
}
