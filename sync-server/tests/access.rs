//! Who gets to see and write what, and what becomes of work that came too late.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod support;

use std::sync::atomic::Ordering;

use caseweave_engine::ids::{DocumentId, EntityId, ScopeId, WorkerId};
use caseweave_engine::sync::wire::*;
use caseweave_server::check;
use support::*;

const DAY_MS: i64 = 86_400_000;

/// Ana's phone with a case and a note of hers, and Ben's phone; both have synced.
struct Two {
    world: World,
    ana: WorkerId,
    ben: WorkerId,
    one: Phone,
    other: Phone,
    case: DocumentId,
    note: DocumentId,
}

fn two() -> Two {
    let mut world = World::new();
    let (ana, ben) = (world.worker("Ana"), world.worker("Ben"));
    let (mut one, mut other) = (world.phone(ana), world.phone(ben));
    let case = one.create_case(0x10);
    let note = DocumentId::from_bytes([0x05; 16]);
    one.create(note, DocumentKind::Note, ScopeId::of(case));
    one.sync(&world.server);
    other.sync(&world.server);
    Two {
        world,
        ana,
        ben,
        one,
        other,
        case,
        note,
    }
}

impl Two {
    /// Ana shares the case with Ben, and both sync.
    fn shared(role: Role) -> Self {
        let mut two = two();
        two.one.share(two.case, two.ben, role);
        two.sync();
        assert_eq!(two.other.role(two.case), Some(role));
        two
    }

    fn sync(&mut self) {
        self.one.sync(&self.world.server);
        self.other.sync(&self.world.server);
    }

    /// Ana decides something and syncs; says what became of it.
    fn decide(&mut self, action: AccessAction) -> ActionResult {
        self.one.decide(self.case, action);
        self.one.sync(&self.world.server);
        self.one.results.pop().unwrap()
    }

    fn withdraw(&mut self) {
        let worker = self.ben;
        assert_eq!(
            self.decide(AccessAction::Withdraw { worker }),
            ActionResult::Done
        );
    }

    fn later(&self, ms: i64) {
        self.world.clock.0.fetch_add(ms, Ordering::Relaxed);
    }

    fn assert_clean(&self) {
        assert_eq!(check(&self.world.server.administration()).unwrap(), []);
    }
}

impl Drop for Two {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.assert_clean();
        }
    }
}

#[test]
fn who_opens_a_case_is_told_to_lead_it() {
    let two = two();
    assert_eq!(two.one.role(two.case), Some(Role::Lead));
    assert_eq!(two.other.role(two.case), None);
}

#[test]
fn a_case_shared_today_arrives_whole_although_it_was_written_before() {
    let mut two = two();
    for edit in 0..100 {
        two.one.edit(two.case, &format!("field {edit}"));
    }
    two.one.sync(&two.world.server);
    two.one.edit(two.case, "after the snapshot");
    two.one.sync(&two.world.server);
    let (case, note, ben) = (two.case, two.note, two.ben);
    two.one.share(case, ben, Role::Contributor);
    two.sync();
    assert_eq!(two.one.results, [ActionResult::Done]);
    assert_eq!(two.other.heads(case), two.one.heads(case));
    assert_eq!(two.other.heads(note), two.one.heads(note));
    assert_eq!(two.other.snapshots, 1);
    assert_eq!(two.other.digest, two.one.digest);
    let both = [(two.ana, Role::Lead), (ben, Role::Contributor)];
    for phone in [&two.one, &two.other] {
        let told: Vec<_> = phone
            .access
            .iter()
            .map(|((_, worker), (role, _))| (*worker, *role))
            .collect();
        assert_eq!(told, both);
        assert_eq!(phone.workers[&two.ana], "Ana");
        assert_eq!(phone.workers[&ben], "Ben");
    }
    two.other.edit(note, "from Ben");
    two.other.sync(&two.world.server);
    two.sync();
    assert_eq!(two.other.heads(note), two.one.heads(note));
}

#[test]
fn a_shared_case_arrives_over_many_small_pages() {
    let mut two = two();
    let (case, ben) = (two.case, two.ben);
    for byte in 0x20..0x30 {
        let note = DocumentId::from_bytes([byte; 16]);
        two.one.create(note, DocumentKind::Note, ScopeId::of(case));
    }
    two.one.share(case, ben, Role::Reader);
    two.one.sync(&two.world.server);
    two.other.budget = 100;
    assert!(two.other.sync(&two.world.server) > 10);
    assert_eq!(two.other.digest, two.one.digest);
    // And so does a second phone of his.
    let mut second = two.world.phone(ben);
    second.budget = 100;
    assert!(second.sync(&two.world.server) > 10);
    assert_eq!(second.digest, two.one.digest);
    assert_eq!(second.access, two.one.access);
    assert_eq!(second.workers, two.one.workers);
}

#[test]
fn a_decision_sent_again_after_a_lost_reply_is_answered_alike_and_done_once() {
    let mut two = two();
    two.one.share(two.case, two.ben, Role::Reader);
    let stranger = WorkerId::from_bytes([9; 16]);
    two.one.share(two.case, stranger, Role::Reader);
    let request = two.one.request();
    let first = two.one.ask(&two.world.server, &request);
    let before = (two.world.count("grants"), two.world.count("audit"));
    let request = two.one.request();
    let again = two.one.ask(&two.world.server, &request);
    let results: Vec<_> = first.results.iter().map(|result| result.result).collect();
    assert_eq!(results, [ActionResult::Done, ActionResult::NotAllowed]);
    assert_eq!(first.results, again.results);
    let after = (two.world.count("grants"), two.world.count("audit"));
    assert_eq!(before, after);
}

#[test]
fn a_case_is_shared_in_the_request_that_opens_it() {
    let mut two = two();
    let case = two.one.create_case(0x40);
    two.one.share(case, two.ben, Role::Contributor);
    two.sync();
    assert_eq!(two.other.heads(case), two.one.heads(case));
    // He gets the role before the case, in one page.
    assert_eq!(two.other.role(case), Some(Role::Contributor));
}

#[test]
fn only_a_lead_decides_and_everything_else_gets_one_answer() {
    let mut two = Two::shared(Role::Contributor);
    let (ana, ben, case) = (two.ana, two.ben, two.case);
    let cleo = two.world.worker("Cleo");
    let nowhere = DocumentId::from_bytes([0x77; 16]);
    two.other.share(case, cleo, Role::Reader);
    two.other.share(case, ben, Role::Lead);
    two.other
        .decide(case, AccessAction::Withdraw { worker: ana });
    two.other.share(nowhere, ben, Role::Reader);
    let held = EntityId::from_bytes([7; 16]);
    two.other.decide(case, AccessAction::AcceptHeld { held });
    two.other.sync(&two.world.server);
    assert_eq!(two.other.results, [ActionResult::NotAllowed; 5]);
    for action in [
        AccessAction::Share {
            worker: cleo,
            role: Role::Reader,
            until_ms: Some(NOON),
        },
        AccessAction::Withdraw {
            worker: WorkerId::from_bytes([9; 16]),
        },
        AccessAction::AcceptHeld { held },
        AccessAction::DeclineHeld { held },
    ] {
        assert_eq!(two.decide(action), ActionResult::NotAllowed, "{action:?}");
    }
}

#[test]
fn the_last_lead_stays() {
    let mut two = Two::shared(Role::Contributor);
    let (ana, ben) = (two.ana, two.ben);
    let share = |worker, role, until_ms| AccessAction::Share {
        worker,
        role,
        until_ms,
    };
    let withdraw = AccessAction::Withdraw { worker: ana };
    assert_eq!(two.decide(withdraw), ActionResult::NotAllowed);
    assert_eq!(
        two.decide(share(ana, Role::Reader, None)),
        ActionResult::NotAllowed
    );
    // A lead for some days is none to rely on.
    let days = Some(NOON + 3 * DAY_MS);
    assert_eq!(two.decide(share(ben, Role::Lead, days)), ActionResult::Done);
    assert_eq!(two.decide(withdraw), ActionResult::NotAllowed);
    assert_eq!(
        two.decide(share(ana, Role::Lead, days)),
        ActionResult::NotAllowed
    );
    assert_eq!(two.decide(share(ben, Role::Lead, None)), ActionResult::Done);
    assert_eq!(two.decide(withdraw), ActionResult::Done);
    assert!(two.one.documents.is_empty());
    two.other.sync(&two.world.server);
    assert_eq!(two.other.role(two.case), Some(Role::Lead));
    assert_eq!(two.other.access.len(), 1);
}

#[test]
fn a_case_withdrawn_leaves_and_comes_back_whole_when_shared_again() {
    let mut two = Two::shared(Role::Contributor);
    let (case, ben) = (two.case, two.ben);
    two.withdraw();
    two.one.edit(case, "while he is away");
    two.sync();
    assert!(two.other.documents.is_empty());
    assert_eq!(two.other.digest, Some(Default::default()));
    two.one.edit(case, "nothing of this for him");
    two.one.sync(&two.world.server);
    let before = two.other.cursor;
    two.other.sync(&two.world.server);
    assert_eq!(two.other.cursor, before);
    two.one.share(case, ben, Role::Reader);
    two.sync();
    assert_eq!(two.other.heads(case), two.one.heads(case));
    assert_eq!(two.other.access, two.one.access);
    // Taken away and given again between two exchanges of his.
    two.withdraw();
    two.one.share(case, ben, Role::Contributor);
    two.sync();
    assert_eq!(two.other.heads(case), two.one.heads(case));
    assert_eq!(two.other.role(case), Some(Role::Contributor));
}

#[test]
fn a_worker_gives_up_the_own_role() {
    let mut two = Two::shared(Role::Reader);
    let worker = two.ben;
    two.other
        .decide(two.case, AccessAction::Withdraw { worker });
    two.other.sync(&two.world.server);
    assert_eq!(two.other.results, [ActionResult::Done]);
    assert!(two.other.documents.is_empty());
    two.one.sync(&two.world.server);
    assert_eq!(two.one.access.len(), 1);
}

#[test]
fn a_reader_reads_and_writes_nothing() {
    let mut two = Two::shared(Role::Reader);
    two.other.edit(two.case, "not his to write");
    let request = two.other.request();
    let response = two.other.ask(&two.world.server, &request);
    assert_eq!(verdicts(&response), [(0, refused(Refused::NotAllowed))]);
    assert_eq!(two.world.count("held"), 0);
}

#[test]
fn a_grant_for_a_time_ends_by_itself_for_everyone() {
    let mut two = two();
    let (case, ben) = (two.case, two.ben);
    let until_ms = Some(NOON + DAY_MS);
    two.decide(AccessAction::Share {
        worker: ben,
        role: Role::Contributor,
        until_ms,
    });
    two.other.sync(&two.world.server);
    assert_eq!(
        two.other.access[&(ScopeId::of(case), ben)],
        (Role::Contributor, until_ms)
    );
    two.later(DAY_MS - 1);
    two.other.edit(case, "in time");
    two.other.sync(&two.world.server);
    two.later(1);
    two.one.edit(case, "when his time is over");
    two.sync();
    assert!(two.other.documents.is_empty());
    two.one.sync(&two.world.server);
    assert_eq!(two.one.access.len(), 1);
}

#[test]
fn colleagues_who_come_later_and_new_names_are_told_once() {
    let mut two = two();
    let cleo = two.world.worker("Cleo");
    two.sync();
    assert_eq!(two.one.workers[&cleo], "Cleo");
    let request = two.one.request();
    assert_eq!(two.one.ask(&two.world.server, &request).workers, []);
    let organisation = two.world.organisation;
    two.world
        .server
        .administration()
        .rename_worker(organisation, cleo, "Cleo Rey")
        .unwrap();
    let request = two.one.request();
    let news = two.one.ask(&two.world.server, &request).workers;
    assert_eq!(news.len(), 1);
    assert_eq!(news[0].name, "Cleo Rey");
}

/// Ben's phone sends what waits and takes the answer in; gives the verdicts.
fn send(two: &mut Two) -> Vec<(u32, Verdict)> {
    let request = two.other.request();
    let response = two.other.ask(&two.world.server, &request);
    two.other.stored();
    two.other.apply(&response);
    verdicts(&response)
}

/// Work that Ben wrote before he learnt that the case was withdrawn, sent and held.
fn late() -> (Two, EntityId) {
    let mut two = Two::shared(Role::Contributor);
    let (case, note) = (two.case, two.note);
    two.withdraw();
    two.other.edit(case, "a late field");
    two.other.edit_all(&[case, note], "two", "at once");
    assert_eq!(send(&mut two), [(0, Verdict::Held), (1, Verdict::Held)]);
    assert!(two.other.documents.is_empty());
    two.one.sync(&two.world.server);
    assert_eq!(two.one.held.len(), 1);
    let held = two.one.held.values().next().unwrap().clone();
    assert_eq!(
        (held.scope, held.worker, held.received_ms, held.open),
        (ScopeId::of(case), two.ben, NOON, true)
    );
    assert_eq!(held.intentions, "edit");
    (two, held.id)
}

/// What a document's field says on a phone.
fn field(phone: &Phone, document: DocumentId, key: &str) -> Option<String> {
    use automerge::ReadDoc;
    let found = phone.documents[&document]
        .automerge
        .get(automerge::ROOT, key)
        .unwrap();
    found.map(|(value, _)| value.as_str().unwrap().to_owned())
}

#[test]
fn late_work_that_a_lead_accepts_is_in_the_record_for_everyone() {
    let (mut two, held) = late();
    let (case, note) = (two.case, two.note);
    assert_eq!(field(&two.one, case, "a late field"), None);
    let mut second = two.world.phone(two.ana);
    second.sync(&two.world.server);
    assert!(second.held[&held].open);
    two.one.edit(case, "meanwhile");
    assert_eq!(
        two.decide(AccessAction::AcceptHeld { held }),
        ActionResult::Done
    );
    assert_eq!(field(&two.one, case, "two").unwrap(), "at once");
    assert_eq!(field(&two.one, note, "two").unwrap(), "at once");
    assert!(!two.one.held[&held].open);
    second.sync(&two.world.server);
    assert!(!second.held[&held].open);
    assert_eq!(second.heads(case), two.one.heads(case));
    // Decided once.
    for action in [
        AccessAction::AcceptHeld { held },
        AccessAction::DeclineHeld { held },
    ] {
        assert_eq!(two.decide(action), ActionResult::NotAllowed);
    }
    two.other.sync(&two.world.server);
    assert!(two.other.documents.is_empty());
}

#[test]
fn late_work_that_a_lead_declines_stays_out_and_is_kept() {
    let (mut two, held) = late();
    assert_eq!(
        two.decide(AccessAction::DeclineHeld { held }),
        ActionResult::Done
    );
    assert!(!two.one.held[&held].open);
    assert_eq!(field(&two.one, two.case, "two"), None);
    assert_eq!(two.world.count("held WHERE state = 'declined'"), 1);
    let mut second = two.world.phone(two.ana);
    second.sync(&two.world.server);
    assert!(second.held.is_empty());
}

#[test]
fn late_work_sent_again_after_a_lost_reply_is_held_once() {
    let mut two = Two::shared(Role::Contributor);
    two.withdraw();
    two.other.edit(two.case, "late");
    let request = two.other.request();
    let first = two.other.ask(&two.world.server, &request);
    assert_eq!(verdicts(&first), [(0, Verdict::Held)]);
    let request = two.other.request();
    let again = two.other.ask(&two.world.server, &request);
    assert_eq!(verdicts(&again), [(0, Verdict::Held)]);
    assert_eq!(two.world.count("held"), 1);
    // And so it is when it was decided in between.
    for accept in [false, true] {
        let mut two = Two::shared(Role::Contributor);
        two.withdraw();
        two.other.edit(two.case, "late");
        let request = two.other.request();
        two.other.ask(&two.world.server, &request);
        two.one.sync(&two.world.server);
        let held = *two.one.held.keys().next().unwrap();
        two.decide(match accept {
            true => AccessAction::AcceptHeld { held },
            false => AccessAction::DeclineHeld { held },
        });
        assert_eq!(send(&mut two), [(0, Verdict::Held)]);
        assert_eq!(two.world.count("held"), 1);
    }
}

#[test]
fn late_work_upon_late_work_is_held_and_accepted_after_it() {
    let mut two = Two::shared(Role::Contributor);
    let case = two.case;
    two.withdraw();
    let note = DocumentId::from_bytes([0x66; 16]);
    two.other
        .create(note, DocumentKind::Note, ScopeId::of(case));
    two.other.edit(case, "first");
    let request = two.other.request();
    two.other.ask(&two.world.server, &request);
    let groups = std::mem::take(&mut two.other.groups);
    assert_eq!(groups.len(), 2);
    for id in [case, note] {
        two.other.documents.get_mut(&id).unwrap().pending.clear();
    }
    two.other.edit(note, "second");
    two.other.edit(case, "third");
    assert_eq!(send(&mut two), [(0, Verdict::Held), (1, Verdict::Held)]);
    two.one.sync(&two.world.server);
    let held: Vec<EntityId> = two.one.held.keys().copied().collect();
    assert_eq!(held.len(), 4);
    let accept = |held| AccessAction::AcceptHeld { held };
    // What follows does not fit before what it follows; it waits on.
    assert_eq!(two.decide(accept(held[2])), ActionResult::NotAllowed);
    assert_eq!(two.decide(accept(held[3])), ActionResult::NotAllowed);
    for held in held {
        assert_eq!(two.decide(accept(held)), ActionResult::Done);
    }
    assert_eq!(field(&two.one, note, "second").unwrap(), "second");
    assert_eq!(field(&two.one, case, "third").unwrap(), "third");
}

#[test]
fn late_work_with_a_false_signature_or_without_ground_is_refused() {
    let mut two = Two::shared(Role::Contributor);
    two.withdraw();
    two.other.edit(two.case, "ground");
    two.other
        .documents
        .get_mut(&two.case)
        .unwrap()
        .pending
        .clear();
    two.other.groups.clear();
    two.other.edit(two.case, "on it");
    let mut request = two.other.request();
    let without_ground = two.other.ask(&two.world.server, &request);
    assert_eq!(
        verdicts(&without_ground),
        [(0, refused(Refused::NotAllowed))]
    );
    request.documents[0].runs[0].counter += 1;
    let forged = two.other.ask(&two.world.server, &request);
    assert_eq!(verdicts(&forged), [(0, refused(Refused::Invalid))]);
    assert_eq!(two.world.count("held"), 0);
}

#[test]
fn work_after_the_end_was_confirmed_is_refused_and_no_old_cursor_helps() {
    let mut two = Two::shared(Role::Contributor);
    let before = two.other.cursor;
    two.withdraw();
    two.other.edit(two.case, "written before");
    let mut request = two.other.request();
    // The device takes the end in and asks once more, so that the server knows it has.
    request.documents.clear();
    request.groups.clear();
    let response = two.other.ask(&two.world.server, &request);
    request.cursor = Some(response.cursor);
    two.other.ask(&two.world.server, &request);
    for cursor in [Some(response.cursor), before, None] {
        two.other.cursor = cursor;
        let request = two.other.request();
        let response = two.other.ask(&two.world.server, &request);
        assert_eq!(verdicts(&response), [(0, refused(Refused::NotAllowed))]);
    }
    assert_eq!(two.world.count("held"), 0);
}

#[test]
fn after_ninety_days_work_is_too_late() {
    for (ms, held) in [(90 * DAY_MS - 1, true), (90 * DAY_MS, false)] {
        let mut two = Two::shared(Role::Contributor);
        two.withdraw();
        two.other.edit(two.case, "written in time");
        two.later(ms);
        let expected = match held {
            true => Verdict::Held,
            false => refused(Refused::NotAllowed),
        };
        assert_eq!(send(&mut two), [(0, expected)]);
    }
}

#[test]
fn a_role_lowered_to_reader_holds_what_was_written_before() {
    let mut two = Two::shared(Role::Contributor);
    two.one.share(two.case, two.ben, Role::Reader);
    two.one.sync(&two.world.server);
    two.other.edit(two.case, "before he knew");
    assert_eq!(send(&mut two), [(0, Verdict::Held)]);
    two.one.sync(&two.world.server);
    let held = *two.one.held.keys().next().unwrap();
    assert_eq!(
        two.decide(AccessAction::AcceptHeld { held }),
        ActionResult::Done
    );
    two.other.sync(&two.world.server);
    assert_eq!(two.other.heads(two.case), two.one.heads(two.case));
    two.other.edit(two.case, "now he knows");
    assert_eq!(send(&mut two), [(0, refused(Refused::NotAllowed))]);
}

#[test]
fn who_becomes_a_lead_is_told_of_late_work_that_waits() {
    let (mut two, held) = late();
    let cleo = two.world.worker("Cleo");
    let mut third = two.world.phone(cleo);
    two.one.share(two.case, cleo, Role::Contributor);
    two.one.sync(&two.world.server);
    third.sync(&two.world.server);
    assert!(third.held.is_empty());
    two.one.share(two.case, cleo, Role::Lead);
    two.one.sync(&two.world.server);
    third.sync(&two.world.server);
    assert!(third.held[&held].open);
    third.decide(two.case, AccessAction::DeclineHeld { held });
    third.sync(&two.world.server);
    assert_eq!(third.results, [ActionResult::Done]);
}

#[test]
fn other_cases_go_on_beside_late_work() {
    let mut two = Two::shared(Role::Contributor);
    two.withdraw();
    let own = two.other.create_case(0x50);
    two.other.edit(two.case, "late");
    two.other.edit(own, "as ever");
    two.other.edit_all(&[own, two.case], "both", "his and hers");
    // One call over two cases stands or falls as one: the case where he may write takes nothing of it.
    assert_eq!(
        send(&mut two).len(),
        4,
        "one signature covers all of a document here"
    );
    let mut two = Two::shared(Role::Contributor);
    two.withdraw();
    let own = two.other.create_case(0x50);
    two.other.edit(two.case, "late");
    two.other.edit(own, "as ever");
    assert_eq!(send(&mut two), [(1, Verdict::Held)]);
    assert_eq!(replica(&two.world, own).heads().len(), 1);
}

fn verdicts(response: &WireResponse) -> Vec<(u32, Verdict)> {
    response
        .verdicts
        .iter()
        .map(|verdict| (verdict.group, verdict.verdict.clone()))
        .collect()
}

#[test]
fn a_device_that_starts_anew_is_told_which_roles_have_ended() {
    let mut two = Two::shared(Role::Contributor);
    two.withdraw();
    // As after a backup of the phone: it has the case, and shows no cursor that the server remembers.
    two.other.cursor = None;
    two.other.devices.clear();
    two.other.sync(&two.world.server);
    assert!(two.other.documents.is_empty());

    let mut later = two.world.phone(two.ben);
    let request = later.request();
    let answer = later.ask(&two.world.server, &request);
    assert_eq!(answer.access, [], "a device that never had it");
}

#[test]
fn a_device_that_starts_anew_keeps_what_was_given_back() {
    let mut two = Two::shared(Role::Contributor);
    let (case, ben) = (two.case, two.ben);
    two.withdraw();
    two.one.share(case, ben, Role::Reader);
    two.one.sync(&two.world.server);
    two.other.cursor = None;
    two.other.devices.clear();
    two.other.sync(&two.world.server);
    assert_eq!(two.other.role(case), Some(Role::Reader));
    assert_eq!(two.other.documents.len(), 2);
}
