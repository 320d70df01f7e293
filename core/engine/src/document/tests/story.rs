//! The timeline: each thing that happened is told once, with who, when, and what a line needs.

use super::worker::{Worker, ids};
use super::{number_path, set_phone, two_workers};
use crate::document::CaseDocuments;
use crate::domain::*;

fn told(worker: &Worker) -> Vec<TimelineItem> {
    worker.documents.timeline(&|_| None)
}

/// What the last change told, oldest first.
fn news(worker: &mut Worker, edits: &[Edit]) -> Vec<(When, Kind, Fact)> {
    let before = told(worker);
    worker.edit(edits);
    let mut items = told(worker);
    items.retain(|item| !before.contains(item));
    items.reverse();
    let row = |item: TimelineItem| (item.when, item.kind, item.fact);
    items.into_iter().map(row).collect()
}

fn one(worker: &mut Worker, edit: impl Into<Edit>) -> (When, Kind, Fact) {
    let mut news = news(worker, &[edit.into()]);
    assert_eq!(news.len(), 1, "{news:?}");
    news.remove(0)
}

fn at(seconds: i64) -> When {
    When::At {
        at: ids::moment(seconds),
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.into())
}

#[test]
fn a_case_tells_its_opening_its_turns_and_its_closing() {
    let mut ana = Worker::new(7);
    let opened = one(&mut ana, ids::open_case());
    let enquiry = false;
    let on = |day| When::On { day };
    let expected = (
        on(ids::day(1)),
        Kind::Case,
        Fact::Case(CaseFact::Opened { enquiry }),
    );
    assert_eq!(opened, expected);

    let hold = CaseEdit::Hold {
        reason: "in hospital".into(),
    };
    let moved = CaseFact::Moved {
        status: CaseStatus::OnHold,
        reason: some("in hospital"),
    };
    assert_eq!(one(&mut ana, hold), (at(2), Kind::Case, Fact::Case(moved)));

    let close = CaseEdit::Close {
        closed_on: ids::day(9),
        reason: ClosureReason::GoalsMet,
        outcome: some("walks again"),
    };
    let closed = CaseFact::Closed {
        reason: Some(ClosureReason::GoalsMet),
        outcome: some("walks again"),
    };
    let expected = (on(ids::day(9)), Kind::Case, Fact::Case(closed));
    assert_eq!(one(&mut ana, close), expected);
}

#[test]
fn a_visit_tells_its_plan_its_events_and_its_corrections() {
    let (mut ana, _) = two_workers();
    let (_, kind, planned) = one(&mut ana, ids::plan_visit(10));
    assert_eq!(kind, Kind::Visit);
    let Fact::Visit(VisitFact::Planned { purpose, .. }) = planned else {
        panic!("{planned:?}");
    };
    assert_eq!(purpose, some("Home visit"));

    let news = news(&mut ana, &[ids::check_in(10, 11), ids::check_out(10, 12)]);
    let happened = |event| {
        Fact::Visit(VisitFact::Happened {
            visit: Some(ids::entity(10)),
            event: Some(event),
            worker: Some(ids::worker(1)),
            manual: false,
            purpose: some("Home visit"),
        })
    };
    let expected = [
        (at(0), Kind::VisitEvent, happened(VisitEventKind::CheckIn)),
        (
            at(1_800),
            Kind::VisitEvent,
            happened(VisitEventKind::CheckOut),
        ),
    ];
    assert_eq!(news, expected);

    let correct = VisitEdit::Correct {
        id: ids::entity(13),
        visit: ids::entity(10),
        field: CorrectableField::Service,
        value: "T1019".into(),
        reason: CorrectionReason::DataEntry,
        memo: None,
    };
    let (_, _, corrected) = one(&mut ana, correct);
    let Fact::Visit(VisitFact::Corrected { value, reason, .. }) = corrected else {
        panic!("{corrected:?}");
    };
    assert_eq!(
        (value, reason),
        (some("T1019"), Some(CorrectionReason::DataEntry))
    );
}

#[test]
fn a_note_tells_when_it_was_begun_and_each_signature() {
    let (mut ana, mut ben) = two_workers();
    let (_, _, begun) = one(&mut ana, ids::start_note(20, "Ate well."));
    assert!(matches!(begun, Fact::Note(NoteFact::Begun { .. })));
    ben.pull(&ana);
    for worker in [&mut ana, &mut ben] {
        let id = ids::entity(20);
        worker.edit(&[NoteEdit::Sign { id }.into()]);
    }
    ana.exchange(&mut ben);
    let signed = told(&ana).into_iter().filter_map(|item| match item.fact {
        Fact::Note(NoteFact::Signed { signer, intact, .. }) => Some((signer, intact)),
        _ => None,
    });
    let mut signed: Vec<_> = signed.collect();
    signed.sort();
    assert_eq!(signed, [(ids::worker(1), true), (ids::worker(2), true)]);
}

#[test]
fn tasks_goals_consents_and_people_tell_what_became_of_them() {
    let (mut ana, _) = two_workers();
    let [task, goal, step, consent, contact, member] = [30, 31, 32, 33, 34, 35].map(ids::entity);
    let title = TaskUpdate {
        title: some("Order a ramp"),
        ..TaskUpdate::default()
    };
    let add = TaskEdit::Add {
        id: task,
        fields: title,
        assignee: None,
    };
    let complete = TaskEdit::Complete {
        id: task,
        outcome: some("it fits"),
    };
    let both = news(&mut ana, &[add.into(), complete.into()]);
    let facts: Vec<_> = both.into_iter().map(|(.., fact)| fact).collect();
    let [Fact::Task(TaskFact::Added { title, .. }), Fact::Task(moved)] = &facts[..] else {
        panic!("{facts:?}");
    };
    assert_eq!(*title, some("Order a ramp"));
    let done = TaskFact::Moved {
        title: some("Order a ramp"),
        status: TaskStatus::Done,
        assignee: None,
        reason: None,
        outcome: some("it fits"),
    };
    assert_eq!(*moved, done);
    handing_on_is_told_also_before_anyone_accepted(&mut ana);

    let fields = GoalUpdate {
        statement: some("I want to walk"),
        ..GoalUpdate::default()
    };
    ana.edit(&[GoalEdit::Add { id: goal, fields }.into()]);
    let fields = GoalProgressUpdate {
        on: Some(ids::day(5)),
        remark: some("ten steps"),
        ..GoalProgressUpdate::default()
    };
    let progress = GoalEdit::RecordProgress {
        id: step,
        goal,
        fields,
    };
    let progressed = GoalFact::Progressed {
        goal: Some(goal),
        statement: some("I want to walk"),
        value: None,
        remark: some("ten steps"),
    };
    let on = When::On { day: ids::day(5) };
    let expected = (on, Kind::GoalProgress, Fact::Goal(progressed));
    assert_eq!(one(&mut ana, progress), expected);
    let achievement = GoalAchievement::Achieved;
    let judged = GoalFact::Judged {
        statement: some("I want to walk"),
        achievement: achievement.clone(),
    };
    let judge = GoalEdit::SetAchievement {
        id: goal,
        achievement,
    };
    assert_eq!(one(&mut ana, judge).2, Fact::Goal(judged));

    let fields = ConsentUpdate {
        recipient: some("Dr. Okafor"),
        subject: some("the care plan"),
        ..ConsentUpdate::default()
    };
    ana.edit(&[ConsentEdit::Record {
        id: consent,
        fields,
    }
    .into()]);
    let withdraw = ConsentEdit::Withdraw {
        id: consent,
        reason: "by phone".into(),
    };
    let withdrawn = ConsentFact::Withdrawn {
        recipient: some("Dr. Okafor"),
        reason: some("by phone"),
    };
    assert_eq!(one(&mut ana, withdraw).2, Fact::Consent(withdrawn));

    let fields = ContactUpdate {
        name: some("Lea"),
        relationship: some("daughter"),
        ..ContactUpdate::default()
    };
    let (_, _, added) = one(
        &mut ana,
        ContactEdit::Add {
            id: contact,
            fields,
        },
    );
    assert!(matches!(added, Fact::Contact(ContactFact::Added { .. })));
    let fields = CareTeamMemberUpdate {
        name: some("Ben"),
        ..CareTeamMemberUpdate::default()
    };
    let (_, _, joined) = one(&mut ana, CareTeamEdit::Add { id: member, fields });
    assert!(matches!(
        joined,
        Fact::CareTeam(CareTeamFact::Joined { .. })
    ));
}

fn handing_on_is_told_also_before_anyone_accepted(ana: &mut Worker) {
    let (id, [ben, eve]) = (ids::entity(36), [2, 3].map(ids::worker));
    let fields = TaskUpdate {
        title: some("Call the pharmacy"),
        ..TaskUpdate::default()
    };
    let assignee = Some(ben);
    ana.edit(&[TaskEdit::Add {
        id,
        fields,
        assignee,
    }
    .into()]);
    let reason = "Ben is away".into();
    let (.., told) = one(
        ana,
        TaskEdit::Delegate {
            id,
            to: eve,
            reason,
        },
    );
    let handed_on = TaskFact::Moved {
        title: some("Call the pharmacy"),
        status: TaskStatus::Requested,
        assignee: Some(eve),
        reason: some("Ben is away"),
        outcome: None,
    };
    assert_eq!(told, Fact::Task(handed_on));
}

#[test]
fn each_use_of_an_authorization_is_told_and_its_corrections_too() {
    let (mut ana, _) = two_workers();
    let (id, visit) = (ids::entity(20), ids::entity(10));
    let fields = AuthorizationUpdate {
        payer: some("State plan"),
        service: some("T1019"),
        ..AuthorizationUpdate::default()
    };
    ana.edit(&[
        ids::plan_visit(10),
        AuthorizationEdit::Add { id, fields }.into(),
    ]);
    for units in [3, 4, 0] {
        let service = || "T1019".to_owned();
        let used = AuthorizationEdit::RecordUsage {
            id,
            visit,
            service: service(),
            units,
        };
        let told = EntryFact::Used {
            visit,
            service: service(),
            units,
        };
        let (_, kind, fact) = one(&mut ana, used);
        assert_eq!((kind, fact), (Kind::Authorization, Fact::Entry(told)));
    }
}

#[test]
fn an_offer_a_last_day_and_an_appointment_are_told_when_they_change() {
    let (mut ana, _) = two_workers();
    let [appeal, referral, grant] = [20, 21, 22].map(ids::entity);
    let fields = AdvocacyUpdate {
        sort: Some(AdvocacyKind::Negotiation),
        subject: some("Hours of care"),
        deadline: Some(ids::day(9)),
        ..AdvocacyUpdate::default()
    };
    let begun = one(&mut ana, AdvocacyEdit::Add { id: appeal, fields });
    assert!(matches!(begun.2, Fact::Entry(EntryFact::Added { .. })));
    let changed = |title, field: &str, value| {
        Fact::Entry(EntryFact::Changed {
            title: some(title),
            field: field.into(),
            value,
        })
    };
    let told = |ana: &mut Worker, edit: Edit| {
        let facts = news(ana, &[edit]).into_iter();
        facts.map(|(.., fact)| fact).collect::<Vec<_>>()
    };
    let fields = AdvocacyUpdate {
        offer: some("30 hours"),
        position: some("40 hours were ordered"),
        clear: vec![AdvocacyField::Deadline],
        ..AdvocacyUpdate::default()
    };
    let offered = told(&mut ana, AdvocacyEdit::Update { id: appeal, fields }.into());
    let hours = |field, value| changed("Hours of care", field, value);
    let expected = [
        hours("deadline", Value::Null),
        hours("offer", Value::Text("30 hours".into())),
    ];
    assert!(expected.iter().all(|fact| offered.contains(fact)));
    assert_eq!(
        offered.len(),
        2,
        "a position is for the record: {offered:?}"
    );

    let fields = ReferralUpdate {
        service: some("Eye clinic"),
        ..ReferralUpdate::default()
    };
    ana.edit(&[ReferralEdit::Add {
        id: referral,
        fields,
    }
    .into()]);
    let fields = ReferralUpdate {
        appointment_at: Some(ids::moment(90)),
        ..ReferralUpdate::default()
    };
    let update = ReferralEdit::Update {
        id: referral,
        fields,
    };
    let at = Value::Moment(ids::moment(90).timestamp_millis());
    let expected = [changed("Eye clinic", "appointment_at", at)];
    assert_eq!(told(&mut ana, update.into()), expected);

    let fields = AuthorizationUpdate {
        payer: some("State plan"),
        service: some("T1019"),
        ..AuthorizationUpdate::default()
    };
    ana.edit(&[AuthorizationEdit::Add { id: grant, fields }.into()]);
    let fields = AuthorizationUpdate {
        appeal_by: Some(ids::day(20)),
        ..AuthorizationUpdate::default()
    };
    let update = AuthorizationEdit::Update { id: grant, fields };
    let day = Value::Text(ids::day(20).to_string());
    assert_eq!(
        told(&mut ana, update.into()),
        [changed("T1019", "appeal_by", day)]
    );
}

#[test]
fn what_is_removed_restored_and_settled_is_told_whatever_it_is() {
    let (mut ana, mut ben) = two_workers();
    let (kind, id) = (Kind::Phone, ids::entity(1));
    let remove = RemovalEdit::Remove {
        kind,
        id,
        reason: "wrong number".into(),
    };
    let reason = some("wrong number");
    let removed = one(&mut ana, remove);
    assert_eq!((removed.1, removed.2), (kind, Fact::Removed { reason }));
    let restored = one(&mut ana, RemovalEdit::Restore { kind, id });
    assert_eq!(restored.2, Fact::Restored);

    ben.pull(&ana);
    ana.edit(&[set_phone("555 0111")]);
    ben.edit(&[set_phone("555 0122")]);
    ana.exchange(&mut ben);
    let value = Value::Text("555 0122".into());
    let settle = ConflictEdit::Settle {
        path: number_path(),
        value: value.clone(),
    };
    let settled = one(&mut ana, settle);
    let field = "number".into();
    assert_eq!(
        (settled.1, settled.2),
        (kind, Fact::Settled { field, value })
    );
}

#[test]
fn two_devices_tell_one_story_in_one_order_whoever_synced_first() {
    let (mut ana, mut ben) = two_workers();
    let mut cleo = Worker::joining(3, &ana);
    ana.edit(&[ids::plan_visit(10), ids::start_note(20, "Ate well.")]);
    ben.edit(&[ids::plan_visit(11), ids::check_in(11, 12)]);
    ana.edit(&[ids::check_in(10, 13)]);
    cleo.pull(&ben);
    cleo.pull(&ana);
    ana.exchange(&mut ben);
    let story = told(&ana);
    assert_eq!(story, told(&ben));
    assert_eq!(story, told(&cleo));
    let reloaded: CaseDocuments = cleo.reloaded();
    assert_eq!(story, reloaded.timeline(&|_| None));
    assert!(story.is_sorted_by(|a, b| a.place > b.place));
    assert!(story.iter().all(|item| TimelineItem::is_place(&item.place)));
    assert!(story.iter().all(|item| item.written.worker.is_some()));
}
