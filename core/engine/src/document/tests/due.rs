//! Days that rows tell: each as long as there is something to do.

use std::collections::BTreeSet;

use super::rows::Rows;
use super::worker::{Worker, ids};
use crate::document::EntityKey;
use crate::domain::*;
use crate::ids::EntityId;
use crate::projection::{DeadlineKind, FigureKind, RecordRow};

fn worker() -> Worker {
    let mut ana = Worker::new(1);
    ana.open_case();
    ana
}

/// Makes an edit, and shows that the rows of what it touched bring all rows up to date.
fn edit(worker: &mut Worker, rows: &mut Rows, edits: &[Edit]) {
    let touched: BTreeSet<EntityKey> = worker.edit(edits).touched;
    rows.touch(worker, &touched);
    assert_eq!(*rows, Rows::of(worker));
}

fn days(worker: &Worker, kind: DeadlineKind) -> Vec<EntityId> {
    let rows = worker.rows(None).deadlines.into_iter();
    let of_kind = rows.filter(|row| row.kind == kind);
    of_kind.map(|row| row.id).collect()
}

fn consent(id: u8, recipient: &str, until: Option<u32>) -> Edit {
    let fields = ConsentUpdate {
        recipient: Some(recipient.into()),
        subject: Some("Everything".into()),
        until: until.map(ids::day),
        ..ConsentUpdate::default()
    };
    let id = ids::entity(id);
    ConsentEdit::Record { id, fields }.into()
}

#[test]
fn an_approval_waits_for_the_approver_and_then_for_whoever_asked() {
    let (mut ana, ben) = (worker(), ids::worker(2));
    let mut rows = Rows::of(&ana);
    let id = ids::entity(10);
    let waiting = |worker: &Worker| {
        let rows = worker.rows(None).deadlines.into_iter();
        let of_it = rows.filter(|row| row.id == id);
        of_it.map(|row| (row.kind, row.worker)).collect::<Vec<_>>()
    };
    let fields = ApprovalUpdate {
        subject: Some(ApprovalSubject::Plan),
        approver: Some(ben),
        ..ApprovalUpdate::default()
    };
    edit(
        &mut ana,
        &mut rows,
        &[ApprovalEdit::Add { id, fields }.into()],
    );
    assert_eq!(waiting(&ana), [(DeadlineKind::ApprovalAsked, Some(ben))]);
    let mut move_on = |status| {
        let reason = Some("the goals come first".into());
        let edits = [ApprovalEdit::SetStatus { id, status, reason }.into()];
        edit(&mut ana, &mut rows, &edits);
        waiting(&ana)
    };
    let asked_by = Some(ids::worker(1));
    assert_eq!(
        move_on(ApprovalStatus::Returned),
        [(DeadlineKind::ApprovalReturned, asked_by)]
    );
    assert_eq!(
        move_on(ApprovalStatus::Requested),
        [(DeadlineKind::ApprovalAsked, Some(ben))]
    );
    assert_eq!(move_on(ApprovalStatus::Withdrawn), []);
}

#[test]
fn a_task_that_is_due_on_no_day_waits_for_the_assignees_yes() {
    let (mut ana, ben) = (worker(), ids::worker(2));
    let mut rows = Rows::of(&ana);
    let asked = |worker: &Worker| days(worker, DeadlineKind::TaskAsked);
    for (id, due_on) in [(10, None), (11, Some(ids::day(9)))] {
        let fields = TaskUpdate {
            title: Some("Call the pharmacy".into()),
            due_on,
            ..TaskUpdate::default()
        };
        let (id, assignee) = (ids::entity(id), Some(ben));
        let add = TaskEdit::Add {
            id,
            fields,
            assignee,
        };
        edit(&mut ana, &mut rows, &[add.into()]);
    }
    assert_eq!(asked(&ana), [ids::entity(10)]);
    let id = ids::entity(10);
    edit(&mut ana, &mut rows, &[TaskEdit::Accept { id }.into()]);
    assert_eq!(asked(&ana), []);
}

fn move_on(status: AdvocacyStatus) -> Edit {
    let (id, reason) = (ids::entity(10), Some("by letter".into()));
    AdvocacyEdit::SetStatus { id, status, reason }.into()
}

#[test]
fn a_hearing_stands_at_its_moment_until_it_is_over_with_the_action() {
    let mut ana = worker();
    let mut rows = Rows::of(&ana);
    let hearings = |worker: &Worker| {
        let rows = worker.rows(None).deadlines.into_iter();
        let rows = rows.filter(|row| row.kind == DeadlineKind::Hearing);
        rows.map(|row| (row.at, row.worker, row.title))
            .collect::<Vec<_>>()
    };
    let id = ids::entity(10);
    let fields = AdvocacyUpdate {
        sort: Some(AdvocacyKind::Hearing),
        subject: Some("Hours of care".into()),
        heard_at: Some(ids::moment(90_000)),
        ..AdvocacyUpdate::default()
    };
    let add = AdvocacyEdit::Add { id, fields };
    edit(&mut ana, &mut rows, &[add.into()]);
    let stands = |seconds| {
        let title = Some("Hours of care".into());
        [(Some(ids::moment(seconds)), Some(ids::worker(1)), title)]
    };
    assert_eq!(hearings(&ana), stands(90_000));
    let fields = AdvocacyUpdate {
        heard_at: Some(ids::moment(180_000)),
        ..AdvocacyUpdate::default()
    };
    let put_off = AdvocacyEdit::Update { id, fields };
    edit(&mut ana, &mut rows, &[put_off.into()]);
    assert_eq!(hearings(&ana), stands(180_000));
    edit(&mut ana, &mut rows, &[move_on(AdvocacyStatus::Filed)]);
    assert_eq!(hearings(&ana), stands(180_000));
    edit(&mut ana, &mut rows, &[move_on(AdvocacyStatus::Won)]);
    assert_eq!(hearings(&ana), []);
}

#[test]
fn an_appointment_stands_until_the_referral_is_closed_or_removed() {
    let mut ana = worker();
    let mut rows = Rows::of(&ana);
    let appointments = |worker: &Worker| days(worker, DeadlineKind::ReferralAppointment);
    let ids @ [clinic, pantry, _] = [10, 11, 12].map(ids::entity);
    for (id, at) in ids.into_iter().zip([Some(90_000), Some(90_000), None]) {
        let fields = ReferralUpdate {
            service: Some("Eye clinic".into()),
            appointment_at: at.map(ids::moment),
            ..ReferralUpdate::default()
        };
        edit(
            &mut ana,
            &mut rows,
            &[ReferralEdit::Add { id, fields }.into()],
        );
    }
    assert_eq!(appointments(&ana), [clinic, pantry]);
    let done = ReferralEdit::SetStatus {
        id: clinic,
        status: ReferralStatus::Completed,
        reason: None,
    };
    edit(&mut ana, &mut rows, &[done.into()]);
    assert_eq!(appointments(&ana), [pantry]);
    let remove = RemovalEdit::Remove {
        kind: Kind::Referral,
        id: pantry,
        reason: "twice".into(),
    };
    edit(&mut ana, &mut rows, &[remove.into()]);
    assert_eq!(appointments(&ana), []);
}

#[test]
fn what_was_begun_signed_or_asked_keeps_its_moment() {
    let mut ana = worker();
    let fields = ApprovalUpdate {
        subject: Some(ApprovalSubject::Plan),
        ..ApprovalUpdate::default()
    };
    let title = Some("Call the pharmacy".into());
    let task = TaskEdit::Add {
        id: ids::entity(11),
        fields: TaskUpdate {
            title,
            ..TaskUpdate::default()
        },
        assignee: Some(ids::worker(2)),
    };
    let id = ids::entity(12);
    ana.edit(&[
        ids::start_note(10, "Ate well."),
        task.into(),
        ApprovalEdit::Add { id, fields }.into(),
    ]);
    let now = Some(ids::moment(ana.clock));
    let rows = ana.rows(None).deadlines;
    let moments: Vec<_> = rows.iter().map(|row| (row.kind, row.at)).collect();
    let kinds = [
        DeadlineKind::NoteBegun,
        DeadlineKind::ApprovalAsked,
        DeadlineKind::TaskAsked,
    ];
    assert_eq!(moments, kinds.map(|kind| (kind, now)));
}

#[test]
fn a_referral_counts_on_the_day_it_was_closed_whatever_is_mended_later() {
    let mut ana = worker();
    let mut rows = Rows::of(&ana);
    let id = ids::entity(10);
    let closed = |worker: &Worker| {
        let figures = worker.rows(None).figures.into_iter();
        let closed = figures.filter(|row| row.kind == FigureKind::ReferralClosed);
        closed.filter_map(|row| row.at).collect::<Vec<_>>()
    };
    let fields = ReferralUpdate {
        service: Some("Eye clinic".into()),
        ..ReferralUpdate::default()
    };
    let move_on = |status| {
        let reason = Some("by phone".into());
        ReferralEdit::SetStatus { id, status, reason }.into()
    };
    let add = ReferralEdit::Add { id, fields };
    edit(&mut ana, &mut rows, &[add.into()]);
    edit(&mut ana, &mut rows, &[move_on(ReferralStatus::Accepted)]);
    assert!(closed(&ana).is_empty());
    edit(&mut ana, &mut rows, &[move_on(ReferralStatus::Declined)]);
    let declined = ids::moment(ana.clock);
    ana.clock += 90_000;
    let mend = || {
        let fields = ReferralUpdate {
            outcome: Some("No place before May".into()),
            ..ReferralUpdate::default()
        };
        ReferralEdit::Update { id, fields }.into()
    };
    edit(&mut ana, &mut rows, &[mend()]);
    assert_eq!(closed(&ana), [declined]);
    edit(&mut ana, &mut rows, &[move_on(ReferralStatus::Sent)]);
    assert!(closed(&ana).is_empty());
    assert_eq!(ana.view().referrals[0].closed_at, None);

    let mut ben = Worker::joining(2, &ana);
    ana.clock += 90_000;
    ana.edit(&[move_on(ReferralStatus::Completed)]);
    let completed = ids::moment(ana.clock);
    ben.clock = ana.clock + 90_000;
    ben.edit(&[mend()]);
    ana.exchange(&mut ben);
    assert_eq!(closed(&ana), [completed]);
    assert_eq!(closed(&ben), [completed]);
}

/// A visit that used four of the ten units of an authorization.
fn used_units() -> [Edit; 4] {
    let (visit, id) = (ids::entity(10), ids::entity(20));
    let service = || "T1019".to_owned();
    let fields = AuthorizationUpdate {
        payer: Some("State plan".into()),
        service: Some(service()),
        units: Some(10),
        ..AuthorizationUpdate::default()
    };
    let approve = AuthorizationEdit::SetStatus {
        id,
        status: AuthorizationStatus::Approved,
        reason: None,
    };
    let used = AuthorizationEdit::RecordUsage {
        id,
        visit,
        service: service(),
        units: 4,
    };
    [
        ids::plan_visit(10),
        AuthorizationEdit::Add { id, fields }.into(),
        approve.into(),
        used.into(),
    ]
}

fn remove_visit() -> Edit {
    let remove = RemovalEdit::Remove {
        kind: Kind::Visit,
        id: ids::entity(10),
        reason: "of another person".into(),
    };
    remove.into()
}

fn restore_visit() -> Edit {
    let (kind, id) = (Kind::Visit, ids::entity(10));
    RemovalEdit::Restore { kind, id }.into()
}

/// As rows and the case's view have it.
fn units_left(worker: &Worker) -> Option<i64> {
    let left = worker.rows(None).allowances[0].units_left;
    assert_eq!(worker.view().authorizations[0].units_left, Some(left));
    Some(left)
}

#[test]
fn what_a_removed_visit_used_does_not_count_until_it_is_back() {
    let mut ana = worker();
    let mut rows = Rows::of(&ana);
    edit(&mut ana, &mut rows, &used_units());
    assert_eq!(units_left(&ana), Some(6));
    edit(&mut ana, &mut rows, &[remove_visit()]);
    assert_eq!(units_left(&ana), Some(10));
    assert_eq!(ana.view().authorizations[0].usage, []);
    edit(&mut ana, &mut rows, &[restore_visit()]);
    assert_eq!(units_left(&ana), Some(6));
}

#[test]
fn units_count_as_a_conflict_about_removing_their_visit_is_settled() {
    for removed in [true, false] {
        let mut ana = worker();
        ana.edit(&used_units());
        let mut ben = Worker::joining(2, &ana);
        ben.edit(&[remove_visit()]);
        ana.edit(&[remove_visit()]);
        ana.edit(&[restore_visit()]);
        ana.pull(&ben);
        let mut rows = Rows::of(&ana);
        let settle = ConflictEdit::Settle {
            path: FieldPath {
                kind: Kind::Visit,
                id: ids::entity(10),
                field: "removed".into(),
            },
            value: Value::Bool(removed),
        };
        edit(&mut ana, &mut rows, &[settle.into()]);
        assert_eq!(units_left(&ana), Some(if removed { 10 } else { 6 }));
    }
}

#[test]
fn a_consent_ends_where_the_next_one_begins_later_or_allows_less() {
    let given = |id: u8, since: u32, until: u32, covers: &[RecordPart], part2: bool| -> Edit {
        let fields = ConsentUpdate {
            recipient: Some("Hospital".into()),
            subject: Some("Everything".into()),
            since: Some(ids::day(since)),
            until: Some(ids::day(until)),
            covers: Some(covers.to_vec()),
            part2: Some(part2),
            ..ConsentUpdate::default()
        };
        let id = ids::entity(id);
        ConsentEdit::Record { id, fields }.into()
    };
    let both = [RecordPart::Visits, RecordPart::Goals];
    let first = given(10, 0, 9, &both, true);
    let cases = [
        (given(11, 10, 20, &both, true), false),
        (given(11, 11, 20, &both, true), true),
        (given(11, 10, 20, &both[..1], true), true),
        (given(11, 10, 20, &both, false), true),
    ];
    for (next, ends) in cases {
        let mut ana = worker();
        let mut rows = Rows::of(&ana);
        edit(&mut ana, &mut rows, std::slice::from_ref(&first));
        edit(&mut ana, &mut rows, std::slice::from_ref(&next));
        let ending = days(&ana, DeadlineKind::ConsentEnds);
        assert_eq!(ending.contains(&ids::entity(10)), ends, "{next:?}");
    }
}

fn found(worker: &Worker, word: &str) -> bool {
    let mut rows = worker.rows(None).search.into_iter();
    rows.any(|row| row.text.contains(word))
}

#[test]
fn what_is_part_of_something_removed_is_not_found_until_it_is_back() {
    let mut ana = worker();
    let mut rows = Rows::of(&ana);
    let (goal, note, task) = (ids::entity(10), ids::entity(11), ids::entity(12));
    let fields = GoalUpdate {
        statement: Some("Walk to church".into()),
        ..GoalUpdate::default()
    };
    let step = GoalProgressUpdate {
        remark: Some("quittengelee".into()),
        ..GoalProgressUpdate::default()
    };
    let progress = GoalEdit::RecordProgress {
        id: ids::entity(20),
        goal,
        fields: step,
    };
    edit(
        &mut ana,
        &mut rows,
        &[GoalEdit::Add { id: goal, fields }.into(), progress.into()],
    );
    edit(&mut ana, &mut rows, &[ids::start_note(11, "hagebutte")]);
    edit(&mut ana, &mut rows, &[NoteEdit::Sign { id: note }.into()]);
    let fields = TaskUpdate {
        title: Some("Weigh".into()),
        due_on: Some(ids::day(9)),
        recurrence: Some("FREQ=DAILY".into()),
        ..TaskUpdate::default()
    };
    let add = TaskEdit::Add {
        id: task,
        fields,
        assignee: None,
    };
    edit(&mut ana, &mut rows, &[add.into()]);
    let done = TaskEdit::CompleteOccurrence {
        id: ids::entity(21),
        task,
        on: ids::day(9),
        outcome: Some("mirabelle".into()),
    };
    edit(&mut ana, &mut rows, &[done.into()]);
    let counted = |worker: &Worker| {
        let mut figures = worker.rows(None).figures.into_iter();
        figures.any(|row| row.kind == FigureKind::OccurrenceDone)
    };
    let parts = [
        (Kind::Goal, goal, "quittengelee"),
        (Kind::Note, note, "hagebutte"),
        (Kind::Task, task, "mirabelle"),
    ];
    for (kind, id, word) in parts {
        assert!(found(&ana, word) && counted(&ana), "{word}");
        let reason = "in the wrong case".into();
        let remove = RemovalEdit::Remove { kind, id, reason };
        edit(&mut ana, &mut rows, &[remove.into()]);
        assert!(!found(&ana, word), "{word}");
        assert_eq!(counted(&ana), kind != Kind::Task);
        let restore = RemovalEdit::Restore { kind, id };
        edit(&mut ana, &mut rows, &[restore.into()]);
        assert!(found(&ana, word) && counted(&ana), "{word}");
    }
}

#[test]
fn a_goal_counts_on_the_day_it_was_met_whatever_is_mended_later() {
    let (mut ana, id) = (worker(), ids::entity(10));
    let mut rows = Rows::of(&ana);
    let fields = GoalUpdate {
        statement: Some("Walk to church".into()),
        ..GoalUpdate::default()
    };
    edit(&mut ana, &mut rows, &[GoalEdit::Add { id, fields }.into()]);
    let met = |worker: &Worker| {
        let figures = worker.rows(None).figures.into_iter();
        let met = figures.filter(|row| row.kind == FigureKind::GoalMet);
        met.map(|row| row.at.unwrap()).collect::<Vec<_>>()
    };
    assert!(met(&ana).is_empty());
    let mut say = |achievement| {
        let said = GoalEdit::SetAchievement { id, achievement };
        edit(&mut ana, &mut rows, &[said.into()]);
        let then = ids::moment(ana.clock);
        ana.clock += 1_000;
        let fields = GoalUpdate {
            measure: Some(format!("steps {then}")),
            ..GoalUpdate::default()
        };
        edit(
            &mut ana,
            &mut rows,
            &[GoalEdit::Update { id, fields }.into()],
        );
        (met(&ana), then)
    };
    let (counted, then) = say(GoalAchievement::Achieved);
    assert_eq!(counted, [then]);
    assert!(say(GoalAchievement::Worsening).0.is_empty());
}

#[test]
fn a_consent_ends_unless_another_one_to_the_same_recipient_goes_on() {
    let mut ana = worker();
    let mut rows = Rows::of(&ana);
    let ends = |worker: &Worker| days(worker, DeadlineKind::ConsentEnds);
    edit(&mut ana, &mut rows, &[consent(10, "Dr. Núñez", Some(9))]);
    edit(&mut ana, &mut rows, &[consent(11, "Legal aid", Some(9))]);
    assert_eq!(ends(&ana), [10, 11].map(ids::entity));
    edit(&mut ana, &mut rows, &[consent(12, "dr. nunez", Some(20))]);
    assert_eq!(ends(&ana), [11, 12].map(ids::entity));
    edit(&mut ana, &mut rows, &[consent(13, "Dr. Núñez", None)]);
    assert_eq!(ends(&ana), [ids::entity(11)]);
    let withdraw = ConsentEdit::Withdraw {
        id: ids::entity(13),
        reason: "her wish".into(),
    };
    edit(&mut ana, &mut rows, &[withdraw.into()]);
    assert_eq!(ends(&ana), [11, 12].map(ids::entity));
}

#[test]
fn a_note_waits_for_its_author_s_signature_and_again_when_more_is_written_until_it_is_settled() {
    let mut ana = worker();
    let mut rows = Rows::of(&ana);
    let note = ids::entity(10);
    let begin = NoteEdit::Start {
        id: note,
        fields: NoteUpdate {
            sort: Some(NoteKind::Progress),
            ..NoteUpdate::default()
        },
        text: "She ate".into(),
    };
    edit(&mut ana, &mut rows, &[begin.into()]);
    let waiting = &ana.rows(None).deadlines[0];
    assert_eq!(
        (waiting.kind, waiting.worker),
        (DeadlineKind::NoteBegun, Some(ids::worker(1)))
    );
    edit(&mut ana, &mut rows, &[NoteEdit::Sign { id: note }.into()]);
    assert_eq!(ana.rows(None).deadlines, []);
    let more = NoteEdit::Write {
        id: note,
        text: "She ate well".into(),
    };
    edit(&mut ana, &mut rows, &[more.into()]);
    assert_eq!(days(&ana, DeadlineKind::NoteSigned), [note]);
    let settle = NoteEdit::Settle {
        id: ids::entity(11),
        note,
        signed_note: ana.view().notes[0].signed[0].meta.id,
        reason: "Of another visit".into(),
    };
    edit(&mut ana, &mut rows, &[settle.into()]);
    assert_eq!(ana.rows(None).deadlines, []);
}

#[test]
fn rows_of_a_closed_case_count_the_changes_that_came_after() {
    let mut ana = worker();
    let mut ben = Worker::joining(2, &ana);
    ben.edit(&[ids::plan_visit(10)]);
    let close = CaseEdit::Close {
        closed_on: ids::day(3),
        reason: ClosureReason::GoalsMet,
        outcome: None,
    };
    ana.edit(&[close.into()]);
    let late = |worker: &Worker| match worker.rows(None).record {
        RecordRow::Case(row) => row.late_changes,
        other => panic!("it is a case: {other:?}"),
    };
    assert_eq!(late(&ana), 0);
    ana.pull(&ben);
    assert_eq!(late(&ana), 1);
    ana.edit(&[CaseEdit::ConfirmClosing.into()]);
    assert_eq!(late(&ana), 0);
}
