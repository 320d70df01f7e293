//! The order is total, the same whatever the facts came in, and explained.

use proptest::prelude::*;

use super::*;
use crate::projection::DeadlineKind;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn entity(number: u8) -> EntityId {
    EntityId::from_bytes([number; 16])
}

fn case(number: u8) -> CaseId {
    CaseId::from_bytes([number; 16])
}

fn facts(number: u8) -> Facts {
    Facts {
        name: format!("Person {number}"),
        in_touch: true,
        ..Facts::of(case(number))
    }
}

fn task(number: u8, due_on: &str) -> TaskRow {
    TaskRow {
        case: case(1),
        id: entity(number),
        title: None,
        status: Some("accepted".into()),
        assignee: None,
        due_on: Some(on(due_on)),
        due_at: None,
        urgency: None,
        importance: None,
        removed: false,
    }
}

fn task_at(number: u8, due_at: &str) -> TaskRow {
    TaskRow {
        due_on: None,
        due_at: Some(at(due_at)),
        ..task(number, "2026-01-01")
    }
}

fn visit(number: u8, status: &str) -> VisitRow {
    VisitRow {
        case: case(1),
        id: entity(number),
        status: Some(status.into()),
        planned_on: None,
        planned_start: None,
        planned_end: None,
        started_at: None,
        ended_at: None,
        worker: None,
        purpose: None,
        place: None,
        address: None,
        removed: false,
    }
}

fn deadline(kind: DeadlineKind, day: &str) -> DeadlineRow {
    DeadlineRow {
        case: case(1),
        id: entity(9),
        kind,
        on: on(day),
        at: None,
        worker: None,
        units_left: None,
        urgency: None,
        title: None,
    }
}

const NOON: &str = "2026-11-22T12:00:00Z";

fn ranked(facts: impl IntoIterator<Item = Facts>) -> Vec<WorkItem> {
    rank(facts, &Weights::default(), at(NOON), Zone::UTC)
}

/// Why one case is listed.
fn reasons_in(facts: &Facts, now: &str, zone: Zone) -> Vec<Reason> {
    let items = rank([facts.clone()], &Weights::default(), at(now), zone);
    let reasons = items.into_iter().map(|item| item.reasons);
    reasons.flatten().collect()
}

fn reasons(facts: &Facts) -> Vec<Reason> {
    reasons_in(facts, NOON, Zone::UTC)
}

#[test]
fn tasks_are_listed_from_the_day_they_are_due() {
    let check = |task: TaskRow, expected: &[Reason]| {
        let found = reasons(&Facts {
            tasks: vec![task],
            ..facts(1)
        });
        assert_eq!(found, expected);
    };
    let id = entity(1);
    check(
        task(1, "2026-11-19"),
        &[Reason::Overdue { task: id, days: 3 }],
    );
    check(task(1, "2026-11-22"), &[Reason::DueToday { task: id }]);
    check(task(1, "2026-11-23"), &[]);
    let passed = [Reason::Overdue { task: id, days: 0 }];
    check(task_at(1, "2026-11-22T11:59:00Z"), &passed);
    check(
        task_at(1, "2026-11-22T12:01:00Z"),
        &[Reason::DueToday { task: id }],
    );
}

#[test]
fn a_visit_that_nobody_made_is_listed_until_it_is_planned_anew() {
    let missed = VisitRow {
        planned_on: Some(on("2026-11-20")),
        ..visit(2, "missed")
    };
    let mut of = facts(1);
    of.visits = vec![missed];
    let expected = [Reason::VisitMissed {
        visit: entity(2),
        days: 2,
    }];
    assert_eq!(reasons(&of), expected);
    of.next_visit_on = Some(on("2026-11-24"));
    assert_eq!(reasons(&of), []);
    of.visits[0].status = Some("planned".into());
    assert_eq!(
        reasons(&of),
        expected,
        "its day passed, whatever else is planned"
    );
    of.visits[0].planned_on = Some(on("2026-11-22"));
    assert_eq!(reasons(&of), []);
}

#[test]
fn a_visit_that_does_not_end_outranks_everything_else_of_its_kind() {
    let running = VisitRow {
        started_at: Some(at("2026-11-22T09:00:00Z")),
        planned_end: Some(at("2026-11-22T10:00:00Z")),
        ..visit(1, "in_progress")
    };
    let unplanned = VisitRow {
        planned_end: None,
        ..running.clone()
    };
    let with = |visit, tasks| Facts {
        visits: vec![visit],
        tasks,
        ..facts(1)
    };
    let late = Reason::CheckOutOverdue {
        visit: entity(1),
        minutes: 90,
    };
    let tasks = vec![task(2, "2025-01-01")];
    assert_eq!(reasons(&with(running, tasks))[0], late);
    assert_eq!(
        reasons(&with(unplanned, Vec::new())),
        [],
        "four hours have not passed"
    );
}

#[test]
fn deadlines_are_listed_while_something_can_be_done() {
    let check = |row: DeadlineRow, expected: &[Reason]| {
        let found = reasons(&Facts {
            deadlines: vec![row],
            ..facts(1)
        });
        assert_eq!(found, expected);
    };
    let id = entity(9);
    let ends = |days| Reason::AuthorizationExpires {
        authorization: id,
        days,
        units_left: None,
    };
    let appeal = |days| Reason::AppealDeadline { subject: id, days };
    let late = |days| Reason::ReferralFollowUp { referral: id, days };
    check(
        deadline(DeadlineKind::AuthorizationEnds, "2026-12-22"),
        &[ends(30)],
    );
    check(deadline(DeadlineKind::AuthorizationEnds, "2026-12-23"), &[]);
    check(
        deadline(DeadlineKind::AuthorizationEnds, "2026-11-21"),
        &[ends(-1)],
    );
    check(deadline(DeadlineKind::AuthorizationEnds, "2025-11-21"), &[]);
    check(deadline(DeadlineKind::Appeal, "2026-11-22"), &[appeal(0)]);
    check(deadline(DeadlineKind::Appeal, "2026-12-07"), &[]);
    check(deadline(DeadlineKind::ReferralFollowUp, "2026-11-22"), &[]);
    check(
        deadline(DeadlineKind::ReferralFollowUp, "2026-11-21"),
        &[late(1)],
    );
    let unsigned = |days| Reason::NoteUnsigned { note: id, days };
    check(deadline(DeadlineKind::NoteBegun, "2026-11-21"), &[]);
    check(
        deadline(DeadlineKind::NoteBegun, "2026-11-20"),
        &[unsigned(2)],
    );
    let consent = |days| Reason::ConsentExpires { consent: id, days };
    check(
        deadline(DeadlineKind::ConsentEnds, "2026-12-22"),
        &[consent(30)],
    );
    check(deadline(DeadlineKind::ConsentEnds, "2026-10-22"), &[]);
}

#[test]
fn a_hearing_and_an_appointment_are_listed_shortly_before_and_on_their_day() {
    let check = |kind, at_moment: &str, zone, expected: &[Reason]| {
        let row = DeadlineRow {
            at: Some(at(at_moment)),
            ..deadline(kind, &at_moment[..10])
        };
        let of = Facts {
            deadlines: vec![row],
            ..facts(1)
        };
        assert_eq!(reasons_in(&of, NOON, zone), expected, "{at_moment}");
    };
    let (id, utc) = (entity(9), Zone::UTC);
    let hearing = |days| [Reason::HearingNear { advocacy: id, days }];
    let appointment = |days| [Reason::AppointmentNear { referral: id, days }];
    let (heard, met) = (DeadlineKind::Hearing, DeadlineKind::ReferralAppointment);
    check(heard, "2026-11-30T09:00:00Z", utc, &[]);
    check(heard, "2026-11-29T09:00:00Z", utc, &hearing(7));
    check(heard, "2026-11-22T09:00:00Z", utc, &hearing(0));
    check(heard, "2026-11-21T23:00:00Z", utc, &[]);
    check(met, "2026-11-25T09:00:00Z", utc, &[]);
    check(met, "2026-11-24T09:00:00Z", utc, &appointment(2));
    check(met, "2026-11-22T09:00:00Z", utc, &appointment(0));
    // In Chicago it is still the day before.
    let chicago: Zone = "America/Chicago".parse().unwrap();
    check(met, "2026-11-23T05:59:00Z", chicago, &appointment(0));
    check(met, "2026-11-23T06:00:00Z", chicago, &appointment(1));
    check(heard, "2026-11-22T05:59:00Z", chicago, &[]);
}

#[test]
fn days_since_something_began_are_those_of_the_zone_that_is_asked_with() {
    let note = DeadlineRow {
        at: Some(at("2026-11-21T02:00:00Z")),
        ..deadline(DeadlineKind::NoteBegun, "2026-11-21")
    };
    let of = Facts {
        deadlines: vec![note],
        ..facts(1)
    };
    let unsigned = Reason::NoteUnsigned {
        note: entity(9),
        days: 2,
    };
    assert_eq!(reasons_in(&of, NOON, Zone::UTC), []);
    // There the note was begun in the evening of the 20th.
    assert_eq!(
        reasons_in(&of, NOON, "America/Chicago".parse().unwrap()),
        std::slice::from_ref(&unsigned)
    );
    // And there today is tomorrow.
    assert_eq!(
        reasons_in(&of, NOON, "Pacific/Kiritimati".parse().unwrap()),
        [unsigned]
    );
}

#[test]
fn a_hearing_is_whoever_put_it_down_s_and_the_lead_s() {
    let [lead, other, third] = [1, 2, 3].map(|number| WorkerId::from_bytes([number; 16]));
    let of = |kind| Facts {
        lead: Some(lead),
        deadlines: vec![DeadlineRow {
            worker: Some(other),
            ..deadline(kind, "2026-11-22")
        }],
        ..facts(1)
    };
    let weights = Weights::default();
    let listed = |kind, worker| {
        let mut ranking = Ranking::new(&weights, at(NOON), Zone::UTC, Some(worker));
        ranking.case(of(kind));
        !ranking.first(1).is_empty()
    };
    for kind in [DeadlineKind::Hearing, DeadlineKind::ReferralAppointment] {
        let concerned = [lead, other, third].map(|worker| listed(kind, worker));
        assert_eq!(concerned, [true, true, false], "{kind:?}");
    }
    let approval = |worker| listed(DeadlineKind::ApprovalAsked, worker);
    assert_eq!([lead, other, third].map(approval), [false, true, false]);
}

#[test]
fn what_is_part_of_care_is_over_with_the_case_and_what_keeps_the_record_is_not() {
    let of = |kind| Facts {
        closed: true,
        deadlines: vec![deadline(kind, "2026-11-15")],
        ..facts(1)
    };
    let listed: Vec<DeadlineKind> = DeadlineKind::ALL
        .into_iter()
        .filter(|kind| !reasons(&of(*kind)).is_empty())
        .collect();
    let expected = [
        DeadlineKind::Appeal,
        DeadlineKind::NoteBegun,
        DeadlineKind::NoteSigned,
        DeadlineKind::AssessmentBegun,
        DeadlineKind::AmendmentDue,
    ];
    assert_eq!(listed, expected);
}

#[test]
fn units_are_listed_when_few_are_left_and_when_more_were_used() {
    let check = |units_left, expected| {
        let row = AllowanceRow {
            case: case(1),
            id: entity(9),
            units: 10,
            units_left,
            until: None,
        };
        let used_percent = row.used_percent();
        let found = reasons(&Facts {
            allowances: vec![row],
            ..facts(1)
        });
        assert_eq!(
            (used_percent, found),
            (100 - 10 * units_left, vec![expected])
        );
    };
    let authorization = entity(9);
    let over = |over| Reason::UnitsUsedUp {
        authorization,
        over,
    };
    check(
        2,
        Reason::UnitsNearlyUsed {
            authorization,
            left: 2,
            approved: 10,
        },
    );
    check(0, over(0));
    check(-4, over(4));
}

fn assessment(at: DateTime<Utc>, alerts: &[&str]) -> AssessmentRow {
    AssessmentRow {
        case: case(1),
        id: entity(4),
        instrument: "phq-9".into(),
        at,
        conclusive: true,
        alerts: alerts.iter().map(|code| (*code).to_owned()).collect(),
        removed: false,
    }
}

#[test]
fn an_open_alert_of_an_assessment_outranks_everything_else() {
    let worst = TaskRow {
        urgency: Some("critical".into()),
        importance: Some("critical".into()),
        ..task(2, "2025-01-01")
    };
    let running = VisitRow {
        started_at: Some(at("2026-11-20T09:00:00Z")),
        ..visit(3, "in_progress")
    };
    let others = Facts {
        risk: Some("high".into()),
        safety_alert: true,
        tasks: vec![worst.clone(), worst],
        ..facts(2)
    };
    let alert = Facts {
        visits: vec![running],
        assessments: vec![assessment(at(NOON), &["self-harm"])],
        ..facts(1)
    };
    let items = ranked([others, alert]);
    let expected = Reason::ScoreAlert {
        assessment: entity(4),
        instrument: "phq-9".into(),
        alerts: vec!["self-harm".into()],
    };
    assert_eq!((items[0].case, &items[0].reasons[0]), (case(1), &expected));
}

#[test]
fn an_instrument_is_asked_again_after_a_year() {
    let of = |day: &str| Facts {
        assessments: vec![assessment(at(&format!("{day}T12:00:00Z")), &[])],
        ..facts(1)
    };
    assert_eq!(reasons(&of("2025-11-22")), []);
    let overdue = Reason::AssessmentOverdue {
        assessment: entity(4),
        instrument: "phq-9".into(),
        days: 366,
    };
    assert_eq!(reasons(&of("2025-11-21")), [overdue]);
}

#[test]
fn what_people_did_apart_or_too_late_is_listed() {
    let of = Facts {
        conflicts: 1,
        late_changes: 2,
        late_work: 3,
        refused: 4,
        ..facts(1)
    };
    let mut found = reasons(&of);
    found.sort();
    let expected = [
        Reason::Conflict { fields: 1 },
        Reason::ChangedAfterClosing { changes: 2 },
        Reason::LateWork { pieces: 3 },
        Reason::Refused { pieces: 4 },
    ];
    assert_eq!(found, expected);
}

#[test]
fn people_at_risk_may_go_fewer_days_without_contact() {
    let mut of = facts(1);
    of.opened_on = Some(on("2026-01-01"));
    of.last_contact = Some(at("2026-11-14T12:00:00Z"));
    assert_eq!(reasons(&of), []);
    of.risk = Some("high".into());
    assert_eq!(
        reasons(&of),
        [Reason::NoContact { days: 8 }, Reason::HighRisk]
    );
    of.in_touch = false;
    assert_eq!(reasons(&of), [], "nobody is expected to be in touch");
    of.in_touch = true;
    of.last_contact = None;
    assert_eq!(reasons(&of)[0], Reason::NoContact { days: 325 });
}

#[test]
fn what_only_adds_importance_lists_no_case() {
    let of = Facts {
        risk: Some("high".into()),
        safety_alert: true,
        ..facts(1)
    };
    assert_eq!(reasons(&of), []);
}

#[test]
fn what_is_put_off_comes_back_on_its_day() {
    let snooze = |entity, until| Snooze {
        case: case(1),
        entity,
        until: on(until),
        reason: "waits for the doctor".into(),
    };
    let mut of = facts(1);
    of.tasks = vec![task(1, "2026-11-20"), task(2, "2026-11-20")];
    let both = reasons(&of);
    let until_tomorrow = |entity| vec![snooze(entity, "2026-11-23")];
    of.snoozes = until_tomorrow(Some(entity(1)));
    assert_eq!(reasons(&of), both[1..]);
    of.snoozes = until_tomorrow(None);
    assert_eq!(reasons(&of), []);
    of.snoozes = vec![snooze(None, "2026-11-22")];
    assert_eq!(reasons(&of), both);
}

#[test]
fn a_case_that_is_put_off_goes_on_to_tell_of_danger_and_of_lost_work() {
    let mut of = facts(1);
    of.tasks = vec![task(1, "2026-11-20")];
    of.visits = vec![VisitRow {
        planned_end: Some(at("2026-11-22T09:00:00Z")),
        ..visit(2, "in_progress")
    }];
    of.assessments = vec![assessment(at("2026-11-20T09:00:00Z"), &["self-harm"])];
    (of.late_work, of.refused) = (1, 1);
    let snooze = |entity| Snooze {
        case: case(1),
        entity,
        until: on("2026-11-23"),
        reason: "in hospital".into(),
    };
    let told = |snoozes: &[Option<EntityId>]| {
        let snoozes = snoozes.iter().copied().map(snooze).collect();
        let mut reasons = reasons(&Facts {
            snoozes,
            ..of.clone()
        });
        reasons.sort();
        reasons
    };
    let all = told(&[]);
    assert_eq!(all.len(), 5);
    let but_the_task: Vec<Reason> = all
        .iter()
        .filter(|reason| reason.entity() != Some(entity(1)))
        .cloned()
        .collect();
    assert_eq!(told(&[None]), but_the_task);
    let pieces = 1;
    assert_eq!(
        told(&[None, Some(entity(2)), Some(entity(4))]),
        [Reason::LateWork { pieces }, Reason::Refused { pieces }]
    );
}

#[test]
fn days_are_those_of_the_zone_over_both_clock_changes() {
    let zone = "America/New_York".parse().unwrap();
    let of = |due: &str| Facts {
        tasks: vec![task(1, due)],
        ..facts(1)
    };
    let check = |due: &str, now: &str, expected: Reason| {
        assert_eq!(
            reasons_in(&of(due), now, zone),
            [expected],
            "{due} at {now}"
        );
    };
    let task = entity(1);
    // The clocks go back on 2026-11-01 and forward on 2026-03-08; midnight is 04:00 UTC before and 05:00 after, and the reverse.
    check(
        "2026-11-01",
        "2026-11-01T04:00:00Z",
        Reason::DueToday { task },
    );
    check(
        "2026-11-01",
        "2026-11-02T04:59:00Z",
        Reason::DueToday { task },
    );
    check(
        "2026-11-01",
        "2026-11-02T05:00:00Z",
        Reason::Overdue { task, days: 1 },
    );
    check(
        "2026-03-08",
        "2026-03-08T05:00:00Z",
        Reason::DueToday { task },
    );
    check(
        "2026-03-08",
        "2026-03-09T03:59:00Z",
        Reason::DueToday { task },
    );
    check(
        "2026-03-08",
        "2026-03-09T04:00:00Z",
        Reason::Overdue { task, days: 1 },
    );
    check(
        "2026-03-07",
        "2026-03-14T04:00:00Z",
        Reason::Overdue { task, days: 7 },
    );
}

#[test]
fn the_greatest_weights_there_can_be_do_not_overflow() {
    let most = Weights {
        overdue: u32::MAX,
        day: u32::MAX,
        most_days: u32::MAX,
        critical: u32::MAX,
        high_risk: u32::MAX,
        safety_alert: u32::MAX,
        ..Weights::default()
    };
    let critical = TaskRow {
        urgency: Some("critical".into()),
        importance: Some("critical".into()),
        ..task(1, "1000-01-01")
    };
    let of = Facts {
        risk: Some("high".into()),
        safety_alert: true,
        tasks: vec![critical; 3],
        ..facts(1)
    };
    let items = rank([of], &most, at(NOON), Zone::UTC);
    assert_eq!(items[0].score, u64::MAX / 100);
}

const LEVELS: [Option<&str>; 5] = [
    Some("low"),
    None,
    Some("normal"),
    Some("high"),
    Some("critical"),
];
const RISKS: [Option<&str>; 5] = [
    None,
    Some("none"),
    Some("low"),
    Some("medium"),
    Some("high"),
];

/// A day around noon's.
fn near(days: i64) -> NaiveDate {
    on("2026-11-22") - chrono::TimeDelta::days(days)
}

prop_compose! {
    fn some_task()(number in 0u8..20, late in -3i64..40, urgency in 0usize..5, importance in 0usize..5) -> TaskRow {
        TaskRow {
            due_on: Some(near(late)),
            urgency: LEVELS[urgency].map(str::to_owned),
            importance: LEVELS[importance].map(str::to_owned),
            ..task(number, "2026-01-01")
        }
    }
}

prop_compose! {
    fn some_facts()(
        number in 0u8..30,
        risk in 0usize..5,
        safety_alert: bool,
        opened in 0i64..60,
        conflicts in 0u32..3,
        tasks in prop::collection::vec(some_task(), 0..5),
        ends in prop::option::of(-40i64..40),
    ) -> Facts {
        let row = |days| DeadlineRow { on: near(days), ..deadline(DeadlineKind::AuthorizationEnds, "2026-01-01") };
        Facts {
            risk: RISKS[risk].map(str::to_owned),
            safety_alert,
            opened_on: Some(near(opened)),
            conflicts,
            tasks,
            deadlines: ends.map(row).into_iter().collect(),
            ..facts(number)
        }
    }
}

fn caseload() -> impl Strategy<Value = Vec<Facts>> {
    prop::collection::btree_map(0u8..30, some_facts(), 1..15).prop_map(|cases| {
        let of = |(number, facts)| Facts {
            case: case(number),
            ..facts
        };
        cases.into_iter().map(of).collect()
    })
}

/// One step up of one thing.
fn raise(facts: &mut Facts, what: usize) {
    let up = |levels: &[Option<&str>], code: &Option<String>| {
        let stands = levels
            .iter()
            .position(|level| *level == code.as_deref())
            .unwrap();
        levels[(stands + 1).min(levels.len() - 1)].map(str::to_owned)
    };
    let first = facts.tasks.first_mut();
    match (what, first) {
        (0, _) => facts.risk = up(&RISKS, &facts.risk),
        (1, _) => facts.safety_alert = true,
        (2, _) => facts.conflicts += 1,
        (3, _) => facts.tasks.push(task(7, "2026-11-22")),
        (4, Some(task)) => task.importance = up(&LEVELS, &task.importance),
        (5, Some(task)) => task.urgency = up(&LEVELS, &task.urgency),
        (6, Some(task)) => task.due_on = task.due_on.map(|day| day.pred_opt().unwrap()),
        _ => facts.opened_on = facts.opened_on.map(|day| day.pred_opt().unwrap()),
    }
}

proptest! {
    #[test]
    fn the_order_is_total_and_the_same_whatever_comes_first(
        (facts, shuffled) in caseload().prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle())),
    ) {
        let items = ranked(facts);
        prop_assert_eq!(&ranked(shuffled), &items);
        let place = |item: &WorkItem| (std::cmp::Reverse(item.score), item.case);
        prop_assert!(items.iter().map(place).is_sorted_by(|a, b| a < b), "no two share a place");
    }

    #[test]
    fn every_item_says_why_it_is_listed(facts in caseload()) {
        for item in ranked(facts) {
            let first = item.reasons.first().unwrap();
            prop_assert!(item.score > 0);
            prop_assert!(!matches!(first, Reason::HighRisk | Reason::SafetyAlert));
        }
    }

    #[test]
    fn more_urgency_or_importance_never_ranks_a_case_lower(mut facts in caseload(), which: prop::sample::Index, what in 0usize..8) {
        let chosen = which.index(facts.len());
        let id = facts[chosen].case;
        // The position of what is not listed is the end.
        let place = |items: &[WorkItem]| items.iter().position(|item| item.case == id).unwrap_or(usize::MAX);
        let before = place(&ranked(facts.clone()));
        raise(&mut facts[chosen], what);
        prop_assert!(place(&ranked(facts)) <= before);
    }

    #[test]
    fn the_first_cases_are_those_that_rank_first_one_by_one(facts in caseload(), limit in 0usize..16) {
        let mut alone: Vec<WorkItem> = facts.iter().flat_map(|of| ranked([of.clone()])).collect();
        alone.sort_by_key(|item| (std::cmp::Reverse(item.score), item.case));
        alone.truncate(limit);
        let weights = Weights::default();
        let mut ranking = Ranking::new(&weights, at(NOON), Zone::UTC, None);
        facts.into_iter().for_each(|facts| ranking.case(facts));
        prop_assert_eq!(ranking.first(limit), alone);
    }
}
