//! The worklist's rows: what is due is found by index, whose it is, and what was put off.

use caseweave_engine::projection::{
    AllowanceRow, AssessmentRow, ContactRow, DeadlineKind, DeadlineRow, PointRow,
};
use caseweave_engine::sync::wire::{Role, WireAccess, WireHeld};
use caseweave_engine::worklist::{Facts, Point, Snooze, Weights};

use rusqlite::types::Value;
use rusqlite::{StatementStatus, params_from_iter};

use super::lists::plan;
use super::*;

const TODAY: &str = "2026-11-22";

fn waiting(store: &Store, worker: Option<WorkerId>) -> Vec<Facts> {
    store
        .read(|tx| tx.waiting(on(TODAY), &Weights::default(), worker))
        .unwrap()
}

fn deadline(case: CaseId, id: u8, kind: DeadlineKind, day: &str) -> DeadlineRow {
    DeadlineRow {
        case,
        id: entity(id),
        kind,
        on: on(day),
        worker: None,
        units_left: Some(3),
        urgency: Some("high".into()),
    }
}

/// An open case of worker 1, opened long ago, seen today.
fn in_touch(case: CaseId) -> Projection {
    let mut made = projection(case, "Ana");
    made.case.status = Some("open".into());
    made.case.opened_on = Some(on("2026-01-01"));
    made.contacts = vec![ContactRow {
        case,
        id: entity(50),
        at: Some(at("2026-11-22T08:00:00Z")),
    }];
    made
}

fn store_of(projections: &[Projection]) -> (Lab, Store) {
    let lab = Lab::new();
    let store = lab.store();
    store
        .write(|tx| projections.iter().try_for_each(|one| tx.project(one)))
        .unwrap();
    (lab, store)
}

#[test]
fn only_cases_in_which_something_is_due_are_read() {
    let mut late = in_touch(case(2));
    late.tasks = vec![
        task(case(2), 1, Some("2026-11-20")),
        task(case(2), 2, Some("2026-11-25")),
    ];
    let mut missed = in_touch(case(3));
    missed.visits = vec![visit(case(3), 1, Some("2026-11-20"))];
    let mut ends = in_touch(case(4));
    let row = deadline(case(4), 1, DeadlineKind::AuthorizationEnds, "2026-12-01");
    ends.deadlines = vec![row.clone()];
    let mut silent = in_touch(case(5));
    silent.contacts[0].at = Some(at("2026-10-01T08:00:00Z"));
    let mut apart = in_touch(case(6));
    apart.conflicts = vec![conflict(case(6), "number")];
    let mut closed = silent.clone();
    closed.case.case = case(7);
    closed.case.status = Some("closed".into());
    closed.contacts.clear();
    let (_lab, store) = store_of(&[in_touch(case(1)), late, missed, ends, silent, apart, closed]);
    let found = waiting(&store, None);
    let cases: Vec<_> = found.iter().map(|facts| facts.case).collect();
    assert_eq!(cases, [2, 3, 4, 5, 6].map(case));
    assert_eq!(found[0].tasks, [task(case(2), 1, Some("2026-11-20"))]);
    assert_eq!(found[1].visits[0].id, entity(1));
    assert_eq!(found[2].deadlines, [row]);
    assert_eq!(found[3].last_contact, Some(at("2026-10-01T08:00:00Z")));
    assert_eq!((found[4].conflicts, found[4].in_touch), (1, true));
    assert_eq!(waiting(&store, Some(worker(1))).len(), 5);
    assert_eq!(waiting(&store, Some(worker(2))), []);
}

#[test]
fn a_worker_is_shown_their_own_work_and_what_nobody_has_in_cases_they_lead() {
    let due = |id, assignee| TaskRow {
        assignee,
        ..task(case(1), id, Some("2026-11-20"))
    };
    let mut made = in_touch(case(1));
    made.tasks = vec![
        due(1, Some(worker(1))),
        due(2, Some(worker(2))),
        due(3, None),
    ];
    made.conflicts = vec![conflict(case(1), "number")];
    let (_lab, store) = store_of(&[made]);
    let of = |who| {
        let facts = waiting(&store, Some(worker(who))).remove(0);
        let tasks: Vec<_> = facts.tasks.iter().map(|task| task.id).collect();
        (tasks, facts.conflicts, facts.in_touch)
    };
    assert_eq!(of(1), ([1, 3].map(entity).to_vec(), 1, true));
    assert_eq!(
        of(2),
        (vec![entity(2)], 0, false),
        "the whole case is the lead's"
    );
}

#[test]
fn what_is_dealt_with_leaves_with_the_entity_that_was_touched() {
    let mut made = in_touch(case(1));
    made.deadlines = vec![deadline(
        case(1),
        1,
        DeadlineKind::ReferralFollowUp,
        "2026-11-01",
    )];
    let (_lab, store) = store_of(&[made.clone()]);
    assert_eq!(waiting(&store, None).len(), 1);
    let digest = || store.read(|tx| tx.projection_digest(case(1))).unwrap();
    let followed_up = Projection {
        touched: BTreeSet::from([(Kind::Referral, entity(1))]),
        deadlines: Vec::new(),
        ..made
    };
    store.write(|tx| tx.project(&followed_up)).unwrap();
    assert_eq!(waiting(&store, None), []);
    let step_by_step = digest();
    store
        .write(|tx| tx.replace_projection(&followed_up))
        .unwrap();
    assert_eq!(digest(), step_by_step);
}

#[test]
fn what_was_put_off_is_told_until_it_is_taken_up_and_goes_with_the_case() {
    let mut made = in_touch(case(1));
    made.tasks = vec![task(case(1), 9, Some("2026-11-20"))];
    let (_lab, store) = store_of(&[made.clone()]);
    let snooze = |entity, reason: &str| Snooze {
        case: case(1),
        entity,
        until: on("2026-12-01"),
        reason: reason.into(),
    };
    let put_off = |one: &Snooze| store.write(|tx| tx.snooze(one)).unwrap();
    put_off(&snooze(None, "in hospital"));
    put_off(&snooze(Some(entity(9)), "first"));
    put_off(&snooze(Some(entity(9)), "waits for the doctor"));
    let kept = [
        snooze(None, "in hospital"),
        snooze(Some(entity(9)), "waits for the doctor"),
    ];
    assert_eq!(waiting(&store, None)[0].snoozes, kept);
    store.write(|tx| tx.replace_projection(&made)).unwrap();
    assert_eq!(
        store.read(|tx| tx.snoozes()).unwrap().len(),
        2,
        "rows made anew"
    );
    store.write(|tx| tx.wake(case(1), None)).unwrap();
    assert_eq!(store.read(|tx| tx.snoozes()).unwrap(), kept[1..]);
    store.write(|tx| tx.forget_case(case(1))).unwrap();
    assert_eq!(store.read(|tx| tx.snoozes()).unwrap(), []);
}

#[test]
fn workload_counts_open_cases_and_tasks_per_worker() {
    let mut one = in_touch(case(1));
    one.case.risk = Some("high".into());
    one.tasks = vec![
        task(case(1), 1, Some("2026-11-21")),
        task(case(1), 2, Some(TODAY)),
        TaskRow {
            assignee: Some(worker(2)),
            ..task(case(1), 3, None)
        },
    ];
    let mut closed = in_touch(case(2));
    closed.case.status = Some("closed".into());
    let (_lab, store) = store_of(&[one, closed]);
    let of = |who, [cases, high_risk, tasks, overdue]: [u32; 4], load| Workload {
        worker: worker(who),
        cases,
        medium_risk: 0,
        high_risk,
        tasks,
        overdue,
        load,
    };
    let weights = Weights {
        load_case: 10,
        load_high_risk: 15,
        load_task: 1,
        load_overdue: 2,
        ..Weights::default()
    };
    let found = store.read(|tx| tx.workload(on(TODAY), &weights)).unwrap();
    assert_eq!(
        found,
        [of(1, [1, 1, 2, 1], 10 + 15 + 2 + 2), of(2, [0, 0, 1, 0], 1)]
    );
}

#[test]
fn a_visit_lies_at_its_address_or_else_at_home() {
    let point = |id, home, latitude: Option<f64>| PointRow {
        case: case(1),
        id: entity(id),
        home,
        point: latitude.map(|latitude| Point {
            latitude,
            longitude: -93.5,
        }),
    };
    let mut made = in_touch(case(1));
    made.points = vec![
        point(1, true, None),
        point(2, true, Some(45.25)),
        point(3, false, Some(44.0)),
    ];
    let (_lab, store) = store_of(&[made]);
    let of = |address: Option<u8>| {
        let point = store.read(|tx| tx.point_of(case(1), address.map(entity)));
        point.unwrap().map(|point| point.latitude)
    };
    assert_eq!(of(Some(3)), Some(44.0));
    assert_eq!(of(None), Some(45.25));
    assert_eq!(of(Some(1)), None);
}

#[test]
fn the_worklist_reads_rows_that_are_due_by_index() {
    let (_lab, store) = lists::caseload(200);
    store
        .write(|tx| Ok::<_, Error>(tx.connection.execute_batch("ANALYZE")?))
        .unwrap();
    let checks = [
        (crate::worklist::TASKS, "task_by_day (day<?)"),
        (crate::worklist::TASKS_OF, "task_by_day (day<?)"),
        (crate::worklist::TASKS_LED, "task_by_day (day<?)"),
        (
            crate::worklist::VISITS,
            "visit_waiting (status=? AND day>? AND day<?)",
        ),
        (
            crate::worklist::DEADLINES,
            "deadline_by_day (kind=? AND day>? AND day<?)",
        ),
        (
            crate::worklist::OUT_OF_TOUCH,
            "cases_by_contact (contact_on<?)",
        ),
        (
            crate::worklist::ALLOWANCES,
            "allowance_by_use (used_percent>?)",
        ),
        (crate::worklist::ALERTS, "assessment_alerts"),
        (crate::worklist::LONG_AGO, "assessment_by_age (at_ms<?)"),
        (crate::worklist::CHANGED_LATE, "cases_changed_late"),
        (crate::worklist::REFUSED, "quarantine_by_case"),
        (crate::worklist::LATE_WORK, "held_by_scope"),
        (crate::worklist::IN_CONFLICT, "SEARCH case_summary"),
    ];
    for (sql, index) in checks {
        let numbered = sql.matches('?').collect::<Vec<_>>().len();
        let literal = (1..=numbered).fold(sql.to_owned(), |sql, number| {
            sql.replace(&format!("?{number}"), "20000")
        });
        let plan = plan(&store, &literal, []);
        assert!(plan.contains(index), "{sql}: {plan}");
        assert!(!plan.contains("SCAN task"), "{sql}: {plan}");
        assert!(!plan.contains("SCAN deadline"), "{sql}: {plan}");
        assert!(!plan.contains("SCAN visit"), "{sql}: {plan}");
        assert!(!plan.contains("SCAN allowance"), "{sql}: {plan}");
    }
}

fn assessment(id: u8, day: &str, conclusive: bool, alerts: &[&str]) -> AssessmentRow {
    AssessmentRow {
        case: case(1),
        id: entity(id),
        instrument: "phq-9".into(),
        at: at(&format!("{day}T12:00:00Z")),
        conclusive,
        alerts: alerts.iter().map(|code| (*code).to_owned()).collect(),
        removed: false,
    }
}

#[test]
fn an_alert_stands_until_a_later_whole_assessment_with_the_instrument() {
    let alert = assessment(1, "2026-11-01", true, &["self-harm"]);
    let partial = assessment(2, "2026-11-05", false, &[]);
    let other = AssessmentRow {
        instrument: "gad-7".into(),
        ..assessment(3, "2026-11-06", true, &[])
    };
    let mut made = in_touch(case(1));
    made.assessments = vec![alert.clone(), partial, other];
    let (_lab, store) = store_of(&[made.clone()]);
    let alerts = || {
        let found = waiting(&store, None).into_iter();
        let ids = found.flat_map(|facts| facts.assessments);
        ids.map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(alerts(), [entity(1)]);
    let step = |row: AssessmentRow| {
        let made = Projection {
            touched: BTreeSet::from([(Kind::Assessment, row.id)]),
            assessments: vec![row],
            ..in_touch(case(1))
        };
        store.write(|tx| tx.project(&made)).unwrap();
    };
    let whole = assessment(4, "2026-11-08", true, &[]);
    step(whole.clone());
    assert_eq!(alerts(), []);
    step(AssessmentRow {
        removed: true,
        ..whole
    });
    assert_eq!(alerts(), [entity(1)], "the later one was taken back");
    let digest = || store.read(|tx| tx.projection_digest(case(1))).unwrap();
    let step_by_step = digest();
    store.write(|tx| tx.replace_projection(&made)).unwrap();
    assert_eq!(digest(), step_by_step);
}

#[test]
fn assessments_of_long_ago_and_scarce_units_are_found() {
    let allowance = |id, units_left, until: Option<&str>| AllowanceRow {
        case: case(1),
        id: entity(id),
        units: 10,
        units_left,
        until: until.map(on),
    };
    let mut made = in_touch(case(1));
    made.assessments = vec![assessment(1, "2025-11-01", true, &[])];
    made.allowances = vec![
        allowance(2, 3, None),
        allowance(3, 2, None),
        allowance(4, -1, Some("2026-11-01")),
        allowance(5, 0, Some("2026-10-01")),
    ];
    let (_lab, store) = store_of(&[made]);
    let found = waiting(&store, None).remove(0);
    assert_eq!(found.assessments[0].id, entity(1));
    let ids: Vec<_> = found.allowances.iter().map(|row| row.id).collect();
    assert_eq!(ids, [3, 4].map(entity), "one has enough left, one is over");
}

#[test]
fn late_work_is_shown_to_those_who_decide_and_refused_work_to_whose_it_is() {
    let (_lab, store) = store_of(&[in_touch(case(1))]);
    let held = |id| WireHeld {
        id: entity(id),
        scope: ScopeId::of(case(1)),
        worker: worker(7),
        received_ms: 1,
        intentions: "plan_visit".into(),
        open: true,
    };
    let lead = WireAccess {
        scope: ScopeId::of(case(1)),
        worker: worker(3),
        role: Some(Role::Lead),
        until_ms: None,
    };
    let refused = NewQuarantined {
        case: Some(case(1)),
        at_ms: 1,
        code: "refused",
        reason: "was refused",
        edits: Some(b"[]"),
        changes: &[],
    };
    store
        .write(|tx| {
            tx.set_held(&held(1))?;
            tx.set_held(&held(2))?;
            tx.set_access(&lead)?;
            tx.quarantine(&refused)
        })
        .unwrap();
    let of = |who: Option<u8>| {
        let found = waiting(&store, who.map(worker)).into_iter().next();
        found.map(|facts| (facts.late_work, facts.refused))
    };
    assert_eq!(of(None), Some((2, 1)));
    assert_eq!(of(Some(3)), Some((2, 0)));
    assert_eq!(of(Some(1)), None);
}

#[test]
fn a_case_that_was_changed_after_closing_is_its_lead_s() {
    let mut made = in_touch(case(1));
    made.case.status = Some("closed".into());
    made.case.late_changes = 2;
    let (_lab, store) = store_of(&[made]);
    let found = waiting(&store, Some(worker(1))).remove(0);
    assert_eq!((found.late_changes, found.closed), (2, true));
    assert_eq!(waiting(&store, Some(worker(2))), []);
}

/// A case in which something of every sort is there, and nothing due.
fn quiet(number: u32) -> Projection {
    let id = case_number(number);
    let later = |kind, id_of| deadline(id, id_of, kind, "2027-11-22");
    let mut made = in_touch(id);
    made.tasks = vec![task(id, 1, Some("2026-12-20"))];
    made.visits = vec![visit(id, 1, Some("2026-12-20"))];
    let kinds = DeadlineKind::ALL.into_iter().zip(10..);
    made.deadlines = kinds.map(|(kind, id_of)| later(kind, id_of)).collect();
    made.allowances = vec![AllowanceRow {
        case: id,
        id: entity(2),
        units: 10,
        units_left: 9,
        until: None,
    }];
    made.assessments = vec![AssessmentRow {
        case: id,
        ..assessment(3, "2026-11-01", true, &[])
    }];
    made
}

/// What SQLite does to answer a question.
fn steps(store: &Store, sql: &str, values: &[Value]) -> i32 {
    store
        .read(|tx| {
            let mut statement = tx.connection.prepare(sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            while rows.next()?.is_some() {}
            drop(rows);
            Ok::<_, Error>(statement.get_status(StatementStatus::VmStep))
        })
        .unwrap()
}

#[test]
fn what_the_worklist_reads_does_not_grow_with_cases_in_which_nothing_is_due() {
    use crate::worklist::*;
    let today = Value::Integer(row::day_number(on(TODAY)));
    let recently = Value::Integer(row::day_number(on("2026-11-08")));
    let planned = || Value::Text("planned".into());
    let whose = || Value::Blob(worker(1).to_bytes().to_vec());
    let questions: [(&str, Vec<Value>); 9] = [
        (TASKS, vec![today.clone()]),
        (TASKS_OF, vec![today.clone(), whose()]),
        (TASKS_LED, vec![today.clone(), whose()]),
        (
            VISITS,
            vec![planned(), recently.clone(), today.clone(), Value::Null],
        ),
        (
            DEADLINES,
            vec![Value::Integer(3), recently, today.clone(), Value::Null],
        ),
        (ALLOWANCES, vec![Value::Integer(80), today, Value::Null]),
        (ALERTS, vec![Value::Null]),
        (LONG_AGO, vec![Value::Integer(1), Value::Null]),
        (CHANGED_LATE, vec![Value::Null]),
    ];
    let made = |count: u32| store_of(&(0..count).map(quiet).collect::<Vec<_>>());
    let ((_few, few), (_many, many)) = (made(10), made(300));
    assert_eq!(waiting(&many, None), []);
    for (sql, values) in questions {
        assert_eq!(
            steps(&many, sql, &values),
            steps(&few, sql, &values),
            "{sql}"
        );
    }
}
