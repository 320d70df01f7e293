//! Two workers and one case: shared, written apart, taken away, late, given back. And a third who never gets to see it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeSet;

use caseweave::domain::{ConflictEdit, NoteEdit, NoteState, Value};
use caseweave::{ActionResult, CaseId, Error, Reason, Role, WorkerId};
use caseweave_engine::sync::unpack;
use caseweave_engine::sync::wire::WireResponse;
use caseweave_testkit::{Agency, Device, Entries, ids, moment};

const HOUR_MS: i64 = 3_600_000;

/// Ana's and Ben's phones at one agency, and a case of Ana's.
struct Two {
    agency: Agency,
    ben: WorkerId,
    anas: Device,
    bens: Device,
    case: CaseId,
}

fn two(seed: u64) -> Two {
    let mut agency = Agency::new(seed);
    let (ana, ben) = (agency.worker("Ana"), agency.worker("Ben"));
    let (anas, bens) = (agency.device(ana), agency.device(ben));
    let case = Entries(&anas).open_case("Rosa", "Díaz");
    Two {
        agency,
        ben,
        anas,
        bens,
        case,
    }
}

impl Two {
    fn shared(seed: u64, role: Role) -> Self {
        let two = two(seed);
        two.share(role);
        two
    }

    /// Ana gives Ben a role; both devices know it afterwards.
    fn share(&self, role: Role) {
        let share = self.anas.caseweave.share(self.case, self.ben, role, None);
        share.unwrap();
        self.exchange();
        assert_eq!(self.last_decision(), Some(ActionResult::Done));
        assert!(self.bens.cases().contains(&self.case));
    }

    /// Ana takes Ben's role away; his device does not know yet.
    fn withdraw(&self) {
        self.anas.caseweave.withdraw(self.case, self.ben).unwrap();
        self.sync(&self.anas);
        assert_eq!(self.last_decision(), Some(ActionResult::Done));
    }

    fn last_decision(&self) -> Option<ActionResult> {
        let decisions = self.anas.caseweave.decisions(self.case).unwrap();
        decisions.last().unwrap().result
    }

    fn sync(&self, device: &Device) {
        device.sync(&mut self.agency.network());
    }

    fn exchange(&self) {
        for device in [&self.anas, &self.bens, &self.anas] {
            self.sync(device);
        }
    }

    /// Both show the same of the case, nothing waits or was set aside, and the server finds nothing wrong.
    fn assert_equal(&self) {
        let (anas, bens) = (&self.anas, &self.bens);
        assert_eq!(anas.case(self.case), bens.case(self.case));
        assert_eq!(
            anas.caseweave.access(self.case).unwrap(),
            bens.caseweave.access(self.case).unwrap()
        );
        for device in [anas, bens] {
            let sync = device.caseweave.status(None).unwrap();
            assert_eq!((sync.pending, sync.held, sync.refused), (0, 0, 0));
            assert!(device.caseweave.check_storage().unwrap().is_clean());
            assert_nothing_to_say(&self.agency, device);
        }
        assert_eq!(self.agency.findings(), Vec::<String>::new());
    }
}

/// One more exchange is one small request: the two sides are equal, and both know it.
fn assert_nothing_to_say(agency: &Agency, device: &Device) {
    let mut network = agency.network();
    device.sync(&mut network);
    assert_eq!(network.requests, 1);
    assert!(network.bytes <= 200 + 256, "{} bytes", network.bytes);
}

fn tasks(device: &Device, case: CaseId) -> Vec<String> {
    let tasks = device.case(case).tasks;
    let titles = tasks.into_iter().filter_map(|task| task.title);
    let mut titles: Vec<String> = titles.collect();
    titles.sort();
    titles
}

#[test]
fn a_case_shared_today_is_whole_on_the_colleagues_device() {
    let two = two(1);
    Entries(&two.anas).visit_with_note(two.case, "Ate well.");
    let note = Entries(&two.anas).note(two.case, "Calm.");
    two.exchange();
    assert!(two.bens.cases().is_empty());
    Entries(&two.anas).task(two.case, "Order a ramp");
    two.share(Role::Contributor);
    let view = two.bens.case(two.case);
    let draft = view.notes.iter().find(|view| view.note.meta.id == note);
    assert_eq!(draft.unwrap().draft.as_deref(), Some("Calm."));
    let access = two.bens.caseweave.access(two.case).unwrap();
    let mut roles: Vec<_> = access
        .iter()
        .map(|row| (row.name.as_deref().unwrap(), row.role))
        .collect();
    roles.sort();
    assert_eq!(roles, [("Ana", Role::Lead), ("Ben", Role::Contributor)]);
    two.assert_equal();
}

#[test]
fn what_two_workers_wrote_apart_is_on_both_devices() {
    let two = two(2);
    let number = Entries(&two.anas).phone(two.case, "555 0100");
    let note = Entries(&two.anas).note(two.case, "Visited at noon. Calm.");
    two.share(Role::Contributor);
    Entries(&two.anas).change_phone(two.case, number, "555 0111");
    Entries(&two.bens).change_phone(two.case, number, "555 0122");
    Entries(&two.anas).write(two.case, note, "Visited at noon. Calm and rested.");
    Entries(&two.bens).write(two.case, note, "Visited Rosa at noon. Calm.");
    for device in [&two.anas, &two.bens] {
        device.edit(two.case, &[NoteEdit::Sign { id: note }.into()]);
        Entries(device).visit_with_note(two.case, "Signed at once.");
    }
    two.exchange();
    let view = two.bens.case(two.case);
    assert_eq!(view.visits.len(), 2);
    assert_eq!(view.conflicts.len(), 1);
    assert_eq!(view.conflicts[0].choices.len(), 2);
    let signed = view.notes.iter().find(|view| view.note.meta.id == note);
    let signed = signed.unwrap();
    assert_ne!(signed.state, NoteState::Draft);
    assert_eq!(signed.signed.len(), 2);
    assert!(signed.signed.iter().all(|version| version.intact));
    two.assert_equal();
    let path = view.conflicts[0].path.clone();
    let value = Value::Text("555 0122".into());
    two.bens
        .edit(two.case, &[ConflictEdit::Settle { path, value }.into()]);
    two.exchange();
    assert!(two.anas.case(two.case).conflicts.is_empty());
    two.assert_equal();
}

/// Ben is offline with unsent work while Ana takes the case away; then he sends it.
fn late(seed: u64) -> Two {
    let two = Two::shared(seed, Role::Contributor);
    Entries(&two.bens).task(two.case, "Written too late");
    Entries(&two.bens).visit_with_note(two.case, "Ate well.");
    two.withdraw();
    two.sync(&two.bens);
    assert!(two.bens.cases().is_empty());
    assert!(matches!(
        two.bens.caseweave.case(two.case),
        Err(Error::NotFound { .. })
    ));
    let sync = two.bens.caseweave.status(None).unwrap();
    assert_eq!((sync.pending, sync.refused), (0, 0));
    assert_nothing_to_say(&two.agency, &two.bens);
    two.sync(&two.anas);
    assert!(tasks(&two.anas, two.case).is_empty());
    let work = two.anas.caseweave.late_work(Some(two.case)).unwrap();
    assert!(!work.is_empty());
    assert!(work.iter().all(|work| work.worker == two.ben));
    assert!(work.iter().any(|work| work.intentions.contains("task")));
    two
}

#[test]
fn late_work_is_held_until_a_lead_accepts_it() {
    let two = late(3);
    for work in two.anas.caseweave.late_work(None).unwrap() {
        two.anas.caseweave.accept_late_work(work.id).unwrap();
    }
    two.sync(&two.anas);
    let decisions = two.anas.caseweave.decisions(two.case).unwrap();
    let done = |decision: &caseweave::AccessDecision| decision.result == Some(ActionResult::Done);
    assert!(decisions.iter().all(done));
    assert_eq!(tasks(&two.anas, two.case), ["Written too late"]);
    assert_eq!(two.anas.case(two.case).visits.len(), 1);
    assert!(two.anas.caseweave.late_work(None).unwrap().is_empty());
    assert_nothing_to_say(&two.agency, &two.anas);
    two.share(Role::Reader);
    assert_eq!(tasks(&two.bens, two.case), ["Written too late"]);
    two.assert_equal();
}

#[test]
fn late_work_that_is_declined_stays_out_of_the_record() {
    let two = late(4);
    for work in two.anas.caseweave.late_work(None).unwrap() {
        two.anas.caseweave.decline_late_work(work.id).unwrap();
    }
    two.sync(&two.anas);
    assert!(two.anas.caseweave.late_work(None).unwrap().is_empty());
    two.share(Role::Contributor);
    assert!(tasks(&two.bens, two.case).is_empty());
    Entries(&two.bens).task(two.case, "Back again");
    two.exchange();
    assert_eq!(tasks(&two.anas, two.case), ["Back again"]);
    two.assert_equal();
}

#[test]
fn work_before_a_lowered_role_is_held_and_received_once_accepted() {
    let two = Two::shared(5, Role::Contributor);
    Entries(&two.bens).task(two.case, "Before he knew");
    let share = two
        .anas
        .caseweave
        .share(two.case, two.ben, Role::Reader, None);
    share.unwrap();
    two.exchange();
    assert_eq!(two.bens.caseweave.status(None).unwrap().held, 1);
    let work = two.anas.caseweave.late_work(None).unwrap();
    assert_eq!(work.len(), 1);
    two.anas.caseweave.accept_late_work(work[0].id).unwrap();
    two.exchange();
    assert_eq!(tasks(&two.anas, two.case), ["Before he knew"]);
    two.assert_equal();
}

#[test]
fn held_work_that_a_lead_declined_is_set_aside_on_its_authors_device() {
    declined_work_is_set_aside(13, |_| ());
}

#[test]
fn declined_work_is_set_aside_also_where_its_authors_device_begins_anew() {
    declined_work_is_set_aside(16, Device::begin_anew);
}

fn declined_work_is_set_aside(seed: u64, meanwhile: impl Fn(&Device)) {
    let two = Two::shared(seed, Role::Contributor);
    Entries(&two.bens).task(two.case, "Before he knew");
    let anas = &two.anas.caseweave;
    anas.share(two.case, two.ben, Role::Reader, None).unwrap();
    two.exchange();
    let bens = &two.bens.caseweave;
    assert_eq!(bens.status(Some(two.case)).unwrap().held, 1);
    assert_eq!(tasks(&two.bens, two.case), ["Before he knew"]);

    for work in anas.late_work(None).unwrap() {
        anas.decline_late_work(work.id).unwrap();
    }
    two.anas.sync(&mut two.agency.network());
    meanwhile(&two.bens);
    two.exchange();
    let status = bens.status(Some(two.case)).unwrap();
    assert_eq!((status.pending, status.held, status.refused), (0, 0, 1));
    let aside = bens.quarantined(Some(two.case)).unwrap();
    assert_eq!(aside[0].code, "declined");
    assert!(aside[0].edits.is_some(), "what he wrote is not lost");
    assert!(tasks(&two.bens, two.case).is_empty());
    assert_eq!(two.anas.case(two.case), two.bens.case(two.case));
    assert_nothing_to_say(&two.agency, &two.bens);
    assert_eq!(two.agency.findings(), Vec::<String>::new());
}

#[test]
fn edits_that_cannot_be_read_are_set_aside_and_hold_up_nothing() {
    for (seed, spoilt) in [(14, "[{\"Lost\": 1}]"), (15, "[]")] {
        assert_set_aside(&Two::shared(seed, Role::Reader), spoilt);
    }
}

/// Ben's work is refused, and what he built upon it cannot be made again from such edits.
fn assert_set_aside(two: &Two, spoilt: &str) {
    let bens = &two.bens.caseweave;
    Entries(&two.bens).task(two.case, "Not his to write");
    let session = bens.sync().unwrap();
    let request = session.next_request().unwrap().unwrap();
    let (status, body) = two.agency.network().send(&request).unwrap();
    Entries(&two.bens).task(two.case, "Upon it");
    two.bens.spoil_kept_edits(spoilt);
    assert_eq!(session.on_response(status, &body).unwrap().refused, 1);
    let aside = bens.quarantined(Some(two.case)).unwrap();
    let codes: BTreeSet<&str> = aside.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, BTreeSet::from(["not_allowed", "no_longer_stands"]));
    assert!(aside.iter().all(|one| one.changes.len() == 1));
    two.exchange();
    assert_eq!(bens.status(Some(two.case)).unwrap().pending, 0);
    assert_eq!(two.anas.case(two.case), two.bens.case(two.case));
}

#[test]
fn work_that_is_held_is_sent_again_when_its_author_may_write_again() {
    let two = Two::shared(12, Role::Contributor);
    Entries(&two.bens).task(two.case, "Before he knew");
    let anas = &two.anas.caseweave;
    anas.share(two.case, two.ben, Role::Reader, None).unwrap();
    two.exchange();
    assert_eq!(two.bens.caseweave.status(None).unwrap().held, 1);
    two.share(Role::Contributor);
    Entries(&two.bens).task(two.case, "Upon it");
    two.exchange();
    assert_eq!(tasks(&two.anas, two.case), ["Before he knew", "Upon it"]);
    two.assert_equal();
    // What waits for Ana's word is in the record already; her word changes nothing.
    let work = anas.late_work(None).unwrap();
    anas.accept_late_work(work[0].id).unwrap();
    two.exchange();
    assert_eq!(tasks(&two.anas, two.case).len(), 2);
    two.assert_equal();
}

/// How much was refused, and whether the worklist says so.
fn refused(device: &Device) -> (u32, bool) {
    let items = device.caseweave.worklist("UTC", None, 50).unwrap();
    let mut reasons = items.iter().flat_map(|item| &item.reasons);
    let listed = reasons.any(|reason| matches!(reason, Reason::Refused { .. }));
    (device.caseweave.status(None).unwrap().refused, listed)
}

#[test]
fn a_reader_cannot_write_and_goes_on_with_other_work() {
    let two = Two::shared(6, Role::Reader);
    let own = Entries(&two.bens).open_case("Lea", "Roth");
    let before = two.bens.case(two.case);
    Entries(&two.bens).task(two.case, "Not his to write");
    Entries(&two.bens).task(own, "His own");
    two.sync(&two.bens);
    let aside = two.bens.caseweave.quarantined(None).unwrap();
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].code, "not_allowed");
    assert_eq!(aside[0].case, Some(two.case));
    assert_eq!(two.bens.case(two.case), before);
    assert_eq!(tasks(&two.bens, own), ["His own"]);
    assert_eq!(two.bens.caseweave.status(None).unwrap().pending, 0);
    assert_eq!(refused(&two.bens), (1, true));
    two.bens.caseweave.dismiss_quarantined(aside[0].id).unwrap();
    assert_eq!(refused(&two.bens), (0, false));
    let aside = two.bens.caseweave.quarantined(None).unwrap();
    assert!(aside[0].dismissed && aside[0].edits.is_some());
    let unknown = two.bens.caseweave.dismiss_quarantined(aside[0].id + 1);
    assert!(matches!(unknown, Err(Error::NotFound { .. })));
    Entries(&two.anas).task(two.case, "From Ana");
    two.exchange();
    assert_eq!(tasks(&two.bens, two.case), ["From Ana"]);
    assert_eq!(two.anas.case(two.case), two.bens.case(two.case));
    assert_nothing_to_say(&two.agency, &two.bens);
    assert_eq!(two.agency.findings(), Vec::<String>::new());
}

#[test]
fn of_ten_edits_with_a_refused_one_in_the_middle_nine_arrive() {
    let mut two = Two::shared(7, Role::Reader);
    let own = Entries(&two.bens).open_case("Lea", "Roth");
    for task in 0..4 {
        Entries(&two.bens).task(own, &format!("before {task}"));
    }
    Entries(&two.bens).task(two.case, "refused");
    for task in 0..4 {
        Entries(&two.bens).task(own, &format!("after {task}"));
    }
    let session = two.bens.caseweave.sync().unwrap();
    let request = session.next_request().unwrap().unwrap();
    let (status, body) = two.agency.network().send(&request).unwrap();
    let progress = session.on_response(status, &body).unwrap();
    assert_eq!((progress.received_by_server, progress.refused), (9, 1));
    let tablet = two.agency.device(two.ben);
    two.sync(&tablet);
    assert_eq!(tasks(&tablet, own).len(), 8);
    assert!(tasks(&tablet, two.case).is_empty());
}

#[test]
fn a_grant_for_a_time_ends_by_itself() {
    let two = two(8);
    let until = Some(moment(60));
    let anas = &two.anas.caseweave;
    anas.share(two.case, two.ben, Role::Contributor, until)
        .unwrap();
    two.exchange();
    let access = two.bens.caseweave.access(two.case).unwrap();
    let bens = access.iter().find(|row| row.worker == two.ben).unwrap();
    assert_eq!(bens.until, until);
    Entries(&two.bens).task(two.case, "In time");
    two.exchange();
    two.agency.clock.advance(HOUR_MS);
    Entries(&two.bens).task(two.case, "Too late");
    two.exchange();
    assert!(two.bens.cases().is_empty());
    assert_eq!(tasks(&two.anas, two.case), ["In time"]);
    assert_eq!(anas.late_work(None).unwrap().len(), 1);
    assert_eq!(anas.access(two.case).unwrap().len(), 1);
}

#[test]
fn a_case_given_back_arrives_whole() {
    let two = Two::shared(9, Role::Contributor);
    two.withdraw();
    Entries(&two.anas).visit_with_note(two.case, "While he was away.");
    two.exchange();
    assert!(two.bens.cases().is_empty());
    assert!(two.bens.caseweave.search("rosa", 10).unwrap().is_empty());
    two.share(Role::Contributor);
    assert_eq!(two.bens.case(two.case).visits.len(), 1);
    two.assert_equal();
    // Ben's own word: he gives the case up.
    two.bens.caseweave.withdraw(two.case, two.ben).unwrap();
    two.exchange();
    assert!(two.bens.cases().is_empty());
    assert_eq!(two.anas.caseweave.access(two.case).unwrap().len(), 1);
}

#[test]
fn sharing_with_somebody_unknown_is_not_allowed() {
    let two = two(10);
    let stranger = WorkerId::from_bytes([7; 16]);
    let anas = &two.anas.caseweave;
    anas.share(two.case, stranger, Role::Reader, None).unwrap();
    two.sync(&two.anas);
    assert_eq!(two.last_decision(), Some(ActionResult::NotAllowed));
    anas.share(two.case, two.ben, Role::Reader, None).unwrap();
    two.exchange();
    // A reader decides nothing about others.
    let bens = &two.bens.caseweave;
    bens.share(two.case, two.ben, Role::Lead, None).unwrap();
    two.exchange();
    let decisions = bens.decisions(two.case).unwrap();
    assert_eq!(decisions[0].result, Some(ActionResult::NotAllowed));
    two.assert_equal();
}

#[test]
fn a_colleague_without_a_grant_never_receives_a_byte_of_the_case() {
    let mut two = two(11);
    let cleo = two.agency.worker("Cleo");
    let cleos = two.agency.device(cleo);
    let mut told = Vec::new();
    let canary = "Kanarienvogel";
    Entries(&two.anas).task(two.case, canary);
    two.share(Role::Contributor);
    told.extend(heard(&two.agency, &cleos));
    Entries(&two.bens).note(two.case, canary);
    two.exchange();
    two.withdraw();
    told.extend(heard(&two.agency, &cleos));
    Entries(&two.bens).note(two.case, canary);
    two.exchange();
    told.extend(heard(&two.agency, &cleos));
    let id = two.case.to_bytes();
    for needle in [canary.as_bytes(), &id] {
        assert!(!contains(&told, needle));
    }
    assert!(cleos.cases().is_empty());
    assert!(cleos.caseweave.search(canary, 10).unwrap().is_empty());
    assert!(cleos.caseweave.access(two.case).unwrap().is_empty());
    // The search finds what is there: a colleague who may read hears it.
    two.anas
        .caseweave
        .share(two.case, cleo, Role::Reader, None)
        .unwrap();
    two.sync(&two.anas);
    let told = heard(&two.agency, &cleos);
    for needle in [canary.as_bytes(), &id] {
        assert!(contains(&told, needle));
    }
}

/// Exchanges, and gives all that the device was told, unpacked.
fn heard(agency: &Agency, device: &Device) -> Vec<u8> {
    let session = device.caseweave.sync().unwrap();
    let mut told = Vec::new();
    while let Some(request) = session.next_request().unwrap() {
        let (status, body) = agency.network().send(&request).unwrap();
        let response: WireResponse = unpack(&body).unwrap();
        for news in &response.documents {
            told.extend(news.document.to_bytes());
            told.extend(news.changes.iter().flat_map(|change| change.iter()));
        }
        let scopes = response.access.iter().map(|access| access.scope);
        let held = response.held.iter().map(|held| held.scope);
        told.extend(scopes.chain(held).flat_map(|scope| scope.to_bytes()));
        told.extend(format!("{response:?}").into_bytes());
        session.on_response(status, &body).unwrap();
    }
    told
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[test]
fn work_that_cannot_be_sent_is_set_aside_when_its_case_is_taken_away() {
    let two = Two::shared(16, Role::Contributor);
    let other = Entries(&two.anas).open_case("Lea", "Moreno");
    let share = two.anas.caseweave.share(other, two.ben, Role::Reader, None);
    share.unwrap();
    two.exchange();
    two.withdraw();
    let news = Entries(&two.anas).task(other, "Order a ramp");
    two.sync(&two.anas);
    Entries(&two.bens).task(two.case, "Cannot be read any more");
    Entries(&two.bens).task(two.case, "Built upon it");
    two.bens.damage_first_waiting(two.case);

    let mut network = two.agency.network();
    two.bens.sync(&mut network);
    assert!(network.requests <= 3, "{} requests", network.requests);
    assert_eq!(two.bens.cases(), [other]);
    assert!(ids(&two.bens.case(other)).contains(&news));
    let sync = two.bens.caseweave.status(None).unwrap();
    assert_eq!((sync.pending, sync.held, sync.refused), (0, 0, 2));
    for entry in two.bens.caseweave.quarantined(None).unwrap() {
        assert_eq!(
            (entry.case, entry.code.as_str()),
            (Some(two.case), "not_allowed")
        );
        assert!(entry.edits.is_some() && entry.changes.len() == 1);
    }
    assert_nothing_to_say(&two.agency, &two.bens);
    assert_eq!(two.agency.findings(), Vec::<String>::new());
}

/// Ben works on the case while the server has the role that is set back, and exchanges first afterwards. What he did is only his phone's.
fn restored_before_the_role(mut two: Two, give: impl FnOnce(&Two)) {
    let backup = two.agency.backup();
    give(&two);
    let task = Entries(&two.bens).task(two.case, "Order a ramp");
    two.sync(&two.bens);
    two.agency.restore(&backup);
    two.agency.clock.advance(30 * 24 * HOUR_MS);
    Entries(&two.bens).task(two.case, "Written after it");
    two.sync(&two.bens);
    two.sync(&two.bens);
    assert!(ids(&two.bens.case(two.case)).contains(&task));
    assert!(two.bens.caseweave.quarantined(None).unwrap().is_empty());

    two.exchange();
    two.exchange();
    assert_eq!(
        tasks(&two.anas, two.case),
        ["Order a ramp", "Written after it"]
    );
    two.assert_equal();
    two.withdraw();
    two.sync(&two.bens);
    assert_eq!(two.bens.cases(), [], "an end that was decided since");
}

#[test]
fn a_role_that_was_given_again_outlives_a_server_that_knows_of_its_end_only() {
    let two = Two::shared(33, Role::Contributor);
    two.withdraw();
    two.exchange();
    restored_before_the_role(two, |two| two.share(Role::Contributor));
}

#[test]
fn a_role_that_was_given_for_longer_outlives_a_server_that_lets_it_run_out() {
    let two = two(34);
    let give = |two: &Two, days: i64| {
        let until = moment(days * 24 * 60);
        let share = two
            .anas
            .caseweave
            .share(two.case, two.ben, Role::Contributor, Some(until));
        share.unwrap();
        two.exchange();
    };
    give(&two, 10);
    restored_before_the_role(two, |two| give(two, 100));
}

/// More exchanges than the server remembers places of a device.
const LONG: usize = 20;

/// Ben's phone has a case of Ana's, is backed up, and goes on for long; then his role ends, and perhaps his phone hears of it. What it
/// writes afterwards was restored from the backup.
fn restored_after_the_end(seed: u64, heard: bool) -> Two {
    let mut two = Two::shared(seed, Role::Contributor);
    let backup = two.bens.backup();
    for number in 0..LONG {
        Entries(&two.anas).task(two.case, &format!("task {number}"));
        two.exchange();
    }
    two.withdraw();
    if heard {
        two.sync(&two.bens);
        // The server knows that he knows once he asks again.
        two.sync(&two.bens);
    }
    two.bens = two.bens.restored(backup);
    assert_eq!(two.bens.cases(), [two.case]);
    Entries(&two.bens).task(two.case, "Order a ramp");
    two
}

#[test]
fn a_case_leaves_a_phone_that_was_restored_from_before_its_end() {
    let two = restored_after_the_end(31, true);
    two.sync(&two.bens);
    assert!(two.bens.cases().is_empty());
    let aside = two.bens.caseweave.quarantined(None).unwrap();
    let codes: Vec<&str> = aside.iter().map(|entry| entry.code.as_str()).collect();
    assert_eq!(codes, ["not_allowed"]);
    let sync = two.bens.caseweave.status(None).unwrap();
    assert_eq!((sync.pending, sync.held, sync.refused), (0, 0, 1));
    assert_nothing_to_say(&two.agency, &two.bens);
    assert!(two.bens.caseweave.check_storage().unwrap().is_clean());
    assert_eq!(two.agency.findings(), Vec::<String>::new());
}

#[test]
fn work_of_a_restored_phone_that_never_heard_of_the_end_is_late_work() {
    let two = restored_after_the_end(32, false);
    two.sync(&two.bens);
    assert!(two.bens.cases().is_empty());
    assert!(two.bens.caseweave.quarantined(None).unwrap().is_empty());
    two.sync(&two.anas);
    let late = two.anas.caseweave.late_work(None).unwrap();
    assert_eq!(late.len(), 1);
    assert_nothing_to_say(&two.agency, &two.bens);
}
