//! A revoked device: what it had is taken for people to decide about, then its keys and files are gone.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use caseweave::{CaseId, Caseweave, Error, SyncProgress, SyncSession, WorkerId};
use caseweave_testkit::{Agency, Device, Entries, Fate};

struct World {
    agency: Agency,
    worker: WorkerId,
    lost: Device,
    kept: Device,
    case: CaseId,
}

fn world(seed: u64) -> World {
    let mut agency = Agency::new(seed);
    let worker = agency.worker("Ana");
    let (lost, kept) = (agency.device(worker), agency.device(worker));
    let case = Entries(&lost).open_case("Rosa", "Díaz");
    lost.sync(&mut agency.network());
    kept.sync(&mut agency.network());
    World {
        agency,
        worker,
        lost,
        kept,
        case,
    }
}

impl World {
    fn revoke(&self) {
        let device = self.lost.caseweave.who_am_i().unwrap().device;
        let mut administration = self.agency.server().administration();
        administration
            .revoke(self.agency.organisation(), device)
            .unwrap();
    }

    fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.lost.directory()).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[track_caller]
    fn assert_gone(&self) {
        assert_eq!(self.files(), Vec::<String>::new());
        assert_eq!(
            self.lost.vault.deleted(),
            ["caseweave.database", "caseweave.device"]
        );
        let refused = self.lost.caseweave.case(self.case).unwrap_err();
        assert!(matches!(refused, Error::NotAllowed { .. }), "{refused}");
        self.lost.caseweave.unlock().unwrap_err();
        let reopened = Caseweave::open(self.lost.options()).unwrap_err();
        assert!(matches!(reopened, Error::NotFound { .. }), "{reopened}");
    }
}

#[track_caller]
fn assert_revoked(outcome: Result<(), Error>) {
    let Err(Error::SyncRejected { code, .. }) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(code, "device_revoked");
}

#[test]
fn a_revoked_device_that_has_nothing_to_send_destroys_its_keys_and_files() {
    let world = world(1);
    world.revoke();
    assert_revoked(world.lost.try_sync(&mut world.agency.network()));
    world.assert_gone();
}

#[test]
fn work_made_before_the_revocation_waits_for_a_lead_and_is_not_lost() {
    let world = world(2);
    Entries(&world.lost).task(world.case, "Written on the lost phone");
    let other = Entries(&world.lost).open_case("Ben", "Okafor");
    let note = Entries(&world.lost).note(other, "Calm.");
    world.revoke();
    assert_revoked(world.lost.try_sync(&mut world.agency.network()));
    world.assert_gone();

    let kept = &world.kept;
    kept.sync(&mut world.agency.network());
    assert!(kept.case(world.case).tasks.is_empty(), "nobody decided yet");
    let notes = kept.case(other).notes;
    assert!(notes.iter().any(|found| found.note.meta.id == note));
    let late = kept.caseweave.late_work(None).unwrap();
    assert_eq!(late.len(), 1);
    for work in late {
        assert_eq!(work.worker, world.worker);
        kept.caseweave.accept_late_work(work.id).unwrap();
    }
    kept.sync(&mut world.agency.network());
    assert_eq!(kept.case(world.case).tasks.len(), 1);
    assert_eq!(world.agency.findings(), Vec::<String>::new());
}

#[test]
fn a_lost_answer_leaves_the_device_to_ask_again_before_it_goes() {
    let world = world(3);
    Entries(&world.lost).task(world.case, "Written on the lost phone");
    world.revoke();
    let mut answers = [Fate::ReplyLost, Fate::ReplyLost].into_iter();
    let mut network = world
        .agency
        .network()
        .with_fate(move || answers.next().unwrap_or(Fate::Arrives));
    assert_revoked(world.lost.try_sync(&mut network));
    world.assert_gone();
    world.kept.sync(&mut world.agency.network());
    assert_eq!(world.kept.caseweave.late_work(None).unwrap().len(), 1);
}

#[test]
fn a_revoked_device_gets_no_news_for_its_work() {
    let world = world(4);
    Entries(&world.kept).task(world.case, "News");
    world.kept.sync(&mut world.agency.network());
    Entries(&world.lost).task(world.case, "Late");
    world.revoke();
    let session = world.lost.caseweave.sync().unwrap();
    let request = session.next_request().unwrap().unwrap();
    let (status, body) = world.agency.network().send(&request).unwrap();
    assert_eq!(status, 200);
    let response: caseweave_engine::sync::wire::WireResponse =
        caseweave_engine::sync::unpack(&body).unwrap();
    assert!(response.revoked && response.documents.is_empty());
    session.on_response(status, &body).unwrap_err();
    world.assert_gone();
}

#[test]
fn what_could_not_be_destroyed_is_destroyed_at_the_next_start() {
    let world = world(5);
    world.revoke();
    world.lost.vault.fail(true);
    assert_revoked(world.lost.try_sync(&mut world.agency.network()));
    assert_eq!(world.files(), ["caseweave.revoked"]);
    let failed = Caseweave::open(world.lost.options()).unwrap_err();
    assert!(matches!(failed, Error::WrongKey { .. }), "{failed}");

    world.lost.vault.fail(false);
    let gone = Caseweave::open(world.lost.options()).unwrap_err();
    assert!(matches!(gone, Error::NotFound { .. }), "{gone}");
    world.assert_gone();
}

#[test]
fn the_directory_of_a_revoked_installation_can_be_enrolled_anew() {
    let world = world(6);
    world.revoke();
    assert_revoked(world.lost.try_sync(&mut world.agency.network()));
    let link = world.agency.link(world.worker);
    let enrolment = caseweave::Enrolment::begin(&link, world.lost.options()).unwrap();
    let request = enrolment.request().unwrap();
    let (status, body) = world.agency.network().send(&request).unwrap();
    let again = enrolment.finish(status, &body).unwrap();
    assert!(again.case(world.case).is_err(), "nothing came along");
}

#[test]
fn work_that_takes_another_request_is_taken_too_before_the_device_goes() {
    let world = world(7);
    Entries(&world.lost).task(world.case, "Written on the lost phone");
    world.revoke();
    let session = world.lost.caseweave.sync().unwrap();
    let mut requests = 0;
    let outcome = loop {
        let request = session.next_request().unwrap().unwrap();
        if requests == 0 {
            Entries(&world.lost).task(world.case, "Written while that was sent");
        }
        requests += 1;
        let (status, body) = world.agency.network().send(&request).unwrap();
        match session.on_response(status, &body) {
            Ok(progress) => assert!(progress.more),
            Err(error) => break Err(error),
        }
    };
    assert_revoked(outcome);
    assert_eq!(requests, 2);
    world.assert_gone();
    world.kept.sync(&mut world.agency.network());
    assert_eq!(world.kept.caseweave.late_work(None).unwrap().len(), 2);
}

/// The lost phone knows more than the server, which was set back since, and has a task that waits.
fn with_its_server_set_back(seed: u64) -> World {
    let mut world = world(seed);
    let backup = world.agency.backup();
    Entries(&world.kept).open_case("Ben", "Okafor");
    world.kept.sync(&mut world.agency.network());
    world.lost.sync(&mut world.agency.network());
    world.agency.restore(&backup);
    Entries(&world.lost).task(world.case, "Written on the lost phone");
    world
}

/// One request of a session and its answer.
fn exchange_once(agency: &Agency, session: &SyncSession) -> Result<SyncProgress, Error> {
    let request = session.next_request().unwrap().unwrap();
    let (status, body) = agency.network().send(&request).unwrap();
    session.on_response(status, &body)
}

impl World {
    /// The task of the lost phone waits for a lead, and nothing was lost.
    #[track_caller]
    fn assert_handed_over(&self) {
        self.assert_gone();
        let kept = &self.kept;
        kept.sync(&mut self.agency.network());
        let late = kept.caseweave.late_work(None).unwrap();
        assert_eq!(late.len(), 1);
        for work in late {
            kept.caseweave.accept_late_work(work.id).unwrap();
        }
        kept.sync(&mut self.agency.network());
        assert_eq!(kept.case(self.case).tasks.len(), 1);
        assert_eq!(kept.cases().len(), 2);
        assert_eq!(self.agency.findings(), Vec::<String>::new());
    }
}

#[test]
fn a_revoked_device_whose_server_was_set_back_hands_its_work_over_and_goes() {
    let world = with_its_server_set_back(8);
    world.revoke();
    assert_revoked(world.lost.try_sync(&mut world.agency.network()));
    world.assert_handed_over();
}

#[test]
fn a_device_that_is_revoked_before_it_compares_hands_its_work_over_and_goes() {
    let world = with_its_server_set_back(9);
    let session = world.lost.caseweave.sync().unwrap();
    assert!(exchange_once(&world.agency, &session).unwrap().more);
    assert_eq!(
        world.lost.stored(|tx| tx.sync_state().unwrap().cursor),
        None
    );
    world.revoke();
    assert_revoked(world.lost.try_sync(&mut world.agency.network()));
    world.assert_handed_over();
}

#[test]
fn a_device_that_is_revoked_while_it_gives_back_hands_its_work_over_and_goes() {
    let world = with_its_server_set_back(10);
    let session = world.lost.caseweave.sync().unwrap();
    for _ in ["told of the restart", "told what differs"] {
        assert!(exchange_once(&world.agency, &session).unwrap().more);
    }
    world.revoke();
    let outcome = loop {
        if let Err(error) = exchange_once(&world.agency, &session) {
            break Err(error);
        }
    };
    assert_revoked(outcome);
    world.assert_handed_over();
}
