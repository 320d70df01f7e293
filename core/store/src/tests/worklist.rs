//! The worklist's rows: what is due is found by index, whose it is, and what was put off.

use caseweave_engine::calendar::Zone;
use caseweave_engine::projection::{
    AllowanceRow, AssessmentRow, ContactRow, DeadlineKind, DeadlineRow, PointRow,
};
use caseweave_engine::sync::wire::{Role, WireAccess, WireHeld};
use caseweave_engine::worklist::{Facts, Point, Ranking, Reason, Snooze, Weights, WorkItem};

use rusqlite::types::Value;
use rusqlite::{StatementStatus, params_from_iter};

use super::lists::plan;
use super::*;
use crate::worklist::*;

const TODAY: &str = "2026-11-22";

const NOON: &str = "2026-11-22T12:00:00Z";

/// Everything that waits, by case.
fn waiting(store: &Store, worker: Option<WorkerId>) -> Vec<WorkItem> {
    let weights = Weights::default();
    let mut ranking = Ranking::new(&weights, at(NOON), Zone::UTC, worker);
    store.read(|tx| tx.waiting(&mut ranking)).unwrap();
    let mut items = ranking.first(usize::MAX);
    items.sort_by_key(|item| item.case);
    items
}

/// Why a case is listed, without what only makes it weigh more.
fn causes(item: WorkItem) -> impl Iterator<Item = Reason> {
    let burdens = [Reason::HighRisk, Reason::SafetyAlert];
    let reasons = item.reasons.into_iter();
    reasons.filter(move |reason| !burdens.contains(reason))
}

/// Why the only case that waits is listed.
fn reasons(store: &Store, worker: Option<WorkerId>) -> Vec<Reason> {
    let items = waiting(store, worker).into_iter();
    items.flat_map(causes).collect()
}

fn deadline(case: CaseId, id: u8, kind: DeadlineKind, day: &str) -> DeadlineRow {
    DeadlineRow {
        case,
        id: entity(id),
        kind,
        on: on(day),
        at: None,
        worker: None,
        units_left: Some(3),
        urgency: Some("high".into()),
        title: None,
    }
}

/// An open case of worker 1, opened long ago, seen today.
fn in_touch(case: CaseId) -> Projection {
    let mut made = projection(case, "Ana");
    own(&mut made).status = Some("open".into());
    own(&mut made).opened_on = Some(on("2026-01-01"));
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
fn only_cases_in_which_something_is_due_are_listed() {
    let mut late = in_touch(case(2));
    late.tasks = vec![
        task(case(2), 1, Some("2026-11-20")),
        task(case(2), 2, Some("2026-11-25")),
    ];
    let mut missed = in_touch(case(3));
    missed.visits = vec![visit(case(3), 1, Some("2026-11-20"))];
    let mut ends = in_touch(case(4));
    ends.deadlines = vec![deadline(
        case(4),
        1,
        DeadlineKind::AuthorizationEnds,
        "2026-12-01",
    )];
    let mut silent = in_touch(case(5));
    silent.contacts[0].at = Some(at("2026-10-01T08:00:00Z"));
    let mut apart = in_touch(case(6));
    apart.conflicts = vec![conflict(case(6), "number")];
    let mut closed = silent.clone();
    own(&mut closed).case = case(7);
    own(&mut closed).status = Some("closed".into());
    closed.contacts.clear();
    let (_lab, store) = store_of(&[in_touch(case(1)), late, missed, ends, silent, apart, closed]);
    let found = waiting(&store, None);
    let cases: Vec<_> = found.iter().map(|item| item.case).collect();
    assert_eq!(cases, [2, 3, 4, 5, 6].map(case));
    let why: Vec<_> = found.into_iter().flat_map(causes).collect();
    let id = entity(1);
    let expected = [
        Reason::Overdue { task: id, days: 2 },
        Reason::VisitMissed { visit: id, days: 2 },
        Reason::AuthorizationExpires {
            authorization: id,
            days: 9,
            units_left: Some(3),
        },
        Reason::NoContact { days: 52 },
        Reason::Conflict { fields: 1 },
    ];
    assert_eq!(why, expected);
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
    let late = |id| Reason::Overdue {
        task: entity(id),
        days: 2,
    };
    let conflict = Reason::Conflict { fields: 1 };
    assert_eq!(
        reasons(&store, Some(worker(1))),
        [late(1), late(3), conflict]
    );
    assert_eq!(
        reasons(&store, Some(worker(2))),
        [late(2)],
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
    assert_eq!(store.read(|tx| tx.snoozes()).unwrap(), kept);
    assert_eq!(waiting(&store, None), []);
    store.write(|tx| tx.replace_projection(&made)).unwrap();
    assert_eq!(
        store.read(|tx| tx.snoozes()).unwrap().len(),
        2,
        "rows made anew"
    );
    store.write(|tx| tx.wake(case(1), None)).unwrap();
    assert_eq!(store.read(|tx| tx.snoozes()).unwrap(), kept[1..]);
    assert_eq!(waiting(&store, None), [], "its only task is put off");
    store.write(|tx| tx.wake(case(1), Some(entity(9)))).unwrap();
    assert_eq!(waiting(&store, None).len(), 1);
    put_off(&kept[0]);
    store.write(|tx| tx.forget_case(case(1))).unwrap();
    assert_eq!(store.read(|tx| tx.snoozes()).unwrap(), []);
}

#[test]
fn workload_counts_open_cases_and_tasks_per_worker() {
    let mut one = in_touch(case(1));
    own(&mut one).risk = Some("high".into());
    one.tasks = vec![
        task(case(1), 1, Some("2026-11-21")),
        task(case(1), 2, Some(TODAY)),
        TaskRow {
            assignee: Some(worker(2)),
            ..task(case(1), 3, None)
        },
    ];
    let mut closed = in_touch(case(2));
    own(&mut closed).status = Some("closed".into());
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
        (
            CASES,
            "SCAN case_summary USING COVERING INDEX cases_by_lead",
        ),
        (TASKS, "COVERING INDEX task_by_day (day<?)"),
        (
            VISITS,
            "COVERING INDEX visit_waiting (status=? AND day>? AND day<?)",
        ),
        (
            DEADLINES,
            "COVERING INDEX deadline_by_day (kind=? AND day>? AND day<?)",
        ),
        (
            ALLOWANCES,
            "COVERING INDEX allowance_by_use (used_percent>?)",
        ),
        (ALERTS, "assessment_alerts"),
        (LONG_AGO, "COVERING INDEX assessment_by_age (at_ms<?)"),
        (CHANGED_LATE, "cases_changed_late"),
        (REFUSED, "quarantine_by_case"),
        (LATE_WORK, "held_by_scope"),
        (IN_CONFLICT, "SCAN conflict"),
        (LOADS, "SCAN task USING COVERING INDEX task_by_day"),
        (
            LOADS,
            "SEARCH case_summary USING COVERING INDEX cases_by_lead (lead>?)",
        ),
    ];
    for (sql, index) in checks {
        let numbered = sql.matches('?').collect::<Vec<_>>().len();
        let literal = (1..=numbered).fold(sql.to_owned(), |sql, number| {
            sql.replace(&format!("?{number}"), "20000")
        });
        let plan = plan(&store, &literal, []);
        assert!(plan.contains(index), "{sql}: {plan}");
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
        let reasons = reasons(&store, None).into_iter();
        reasons
            .filter_map(|reason| reason.entity())
            .collect::<Vec<_>>()
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
    let found = reasons(&store, None).into_iter();
    let mut ids: Vec<_> = found.filter_map(|reason| reason.entity()).collect();
    ids.sort();
    assert_eq!(
        ids,
        [1, 3, 4].map(entity),
        "one has enough left, one is over"
    );
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
        seq: None,
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
    let of = |who: Option<u8>| reasons(&store, who.map(worker));
    let late = Reason::LateWork { pieces: 2 };
    let refused = Reason::Refused { pieces: 1 };
    assert_eq!(of(None), [refused, late.clone()]);
    assert_eq!(of(Some(3)), [late]);
    assert_eq!(of(Some(1)), []);
}

#[test]
fn a_case_that_was_changed_after_closing_is_its_lead_s() {
    let mut made = in_touch(case(1));
    own(&mut made).status = Some("closed".into());
    own(&mut made).late_changes = 2;
    let (_lab, store) = store_of(&[made]);
    let changed = Reason::ChangedAfterClosing { changes: 2 };
    assert_eq!(reasons(&store, Some(worker(1))), [changed]);
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
    let today = Value::Integer(row::day_number(on(TODAY)));
    let recently = Value::Integer(row::day_number(on("2026-11-08")));
    let planned = || Value::Text("planned".into());
    let whose = || Value::Blob(worker(1).to_bytes().to_vec());
    let questions: [(&str, Vec<Value>); 8] = [
        (TASKS, vec![today.clone(), Value::Null]),
        (TASKS, vec![today.clone(), whose()]),
        (
            VISITS,
            vec![planned(), recently.clone(), today.clone(), Value::Null],
        ),
        (
            DEADLINES,
            vec![Value::Integer(3), recently, today.clone(), Value::Null],
        ),
        (ALLOWANCES, vec![Value::Integer(80), today]),
        (ALERTS, Vec::new()),
        (LONG_AGO, vec![Value::Integer(1)]),
        (CHANGED_LATE, Vec::new()),
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

/// Numbers that look drawn at random and are the same in every run.
struct Drawn(Vec<u8>);

impl Drawn {
    fn below(&mut self, most: u8) -> u8 {
        self.0.pop().unwrap() % most
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        let index = self.below(u8::try_from(choices.len()).unwrap());
        choices[usize::from(index)].clone()
    }

    /// Some day of the weeks around today.
    fn day(&mut self) -> NaiveDate {
        on("2026-10-10") + chrono::Days::new(self.below(86).into())
    }

    fn moment(&mut self) -> DateTime<Utc> {
        let minutes = u32::from(self.below(144)) * 10;
        self.day()
            .and_hms_opt(minutes / 60, minutes % 60, 0)
            .unwrap()
            .and_utc()
    }

    fn perhaps<T>(&mut self, draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(2) == 0).then(|| draw(self))
    }

    fn whose(&mut self) -> Option<WorkerId> {
        self.perhaps(|of| worker(1 + of.below(3)))
    }

    fn code(&mut self, codes: &[&str]) -> Option<String> {
        self.perhaps(|of| of.one_of(codes).to_owned())
    }
}

const LEVELS: [&str; 4] = ["low", "normal", "high", "critical"];

fn drawn_task(of: &mut Drawn, case: CaseId, id: u8) -> TaskRow {
    let on = of.perhaps(Drawn::day);
    TaskRow {
        assignee: of.whose(),
        due_on: on,
        due_at: if on.is_none() {
            of.perhaps(Drawn::moment)
        } else {
            None
        },
        urgency: of.code(&LEVELS),
        importance: of.code(&LEVELS),
        ..task(case, id, None)
    }
}

fn drawn_visit(of: &mut Drawn, case: CaseId, id: u8) -> VisitRow {
    let status = of.one_of(&["planned", "missed", "in_progress"]);
    VisitRow {
        status: Some(status.into()),
        planned_on: Some(of.day()),
        planned_end: of.perhaps(Drawn::moment),
        started_at: (status == "in_progress").then(|| of.moment()),
        worker: of.whose(),
        ..visit(case, id, None)
    }
}

fn drawn_deadline(of: &mut Drawn, case: CaseId, id: u8) -> DeadlineRow {
    let (day, at) = (of.day(), of.perhaps(Drawn::moment));
    DeadlineRow {
        on: at.map_or(day, |at| at.date_naive()),
        at,
        worker: of.whose(),
        units_left: of.perhaps(|of| of.below(9).into()),
        urgency: of.code(&LEVELS),
        ..deadline(case, id, of.one_of(&DeadlineKind::ALL), TODAY)
    }
}

/// A case in which anything may be, and all that there is to know of it.
fn drawn(number: u8) -> (Projection, Facts) {
    let (of, case) = (&mut Drawn(noise(number, 400)), case(number));
    let mut made = projection(case, "Ana");
    let row = own(&mut made);
    row.lead = of.whose();
    row.risk = of.code(&["none", "low", "medium", "high"]);
    row.status = of.code(&["open", "open", "closed", "on_hold"]);
    row.alert = of.below(3) == 0;
    row.opened_on = of.perhaps(Drawn::day);
    made.tasks = (1..4).map(|id| drawn_task(of, case, id)).collect();
    made.visits = (4..6).map(|id| drawn_visit(of, case, id)).collect();
    made.deadlines = (6..10).map(|id| drawn_deadline(of, case, id)).collect();
    made.allowances = vec![AllowanceRow {
        case,
        id: entity(10),
        units: 10,
        units_left: i64::from(of.below(6)) - 2,
        until: of
            .one_of(&[None, Some("2026-09-01"), Some("2026-12-01")])
            .map(on),
    }];
    let days = chrono::Days::new(of.one_of(&[0, 364, 366, 700]));
    let alerts: &[&str] = of.one_of(&[&[], &["self-harm"]]);
    made.assessments = vec![AssessmentRow {
        case,
        at: of.moment() - days,
        ..assessment(11, TODAY, of.below(2) == 0, alerts)
    }];
    made.conflicts = of
        .perhaps(|_| conflict(case, "number"))
        .into_iter()
        .collect();
    let row = own(&mut made).clone();
    let planned = made.visits.iter();
    let planned = planned.filter(|visit| visit.status.as_deref() == Some("planned"));
    let scarce = |row: &&AllowanceRow| {
        row.used_percent() >= 80 && row.until.is_none_or(|until| until >= on(TODAY))
    };
    let facts = Facts {
        lead: row.lead,
        risk: row.risk,
        safety_alert: row.alert,
        in_touch: row.status.as_deref() == Some("open"),
        closed: row.status.as_deref() == Some("closed"),
        last_contact: made
            .visits
            .iter()
            .filter_map(|visit| visit.started_at)
            .max(),
        opened_on: row.opened_on,
        next_visit_on: planned.filter_map(|visit| visit.planned_on).min(),
        conflicts: u32::try_from(made.conflicts.len()).unwrap(),
        tasks: made.tasks.clone(),
        visits: made.visits.clone(),
        deadlines: made.deadlines.clone(),
        allowances: made.allowances.iter().filter(scarce).cloned().collect(),
        assessments: made.assessments.clone(),
        ..Facts::of(case)
    };
    (made, facts)
}

#[test]
fn what_is_read_by_index_ranks_as_everything_that_is_known() {
    let (projections, facts): (Vec<_>, Vec<_>) = (1..120).map(drawn).unzip();
    let (_lab, store) = store_of(&projections);
    let weights = Weights::default();
    for zone in ["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"] {
        let zone: Zone = zone.parse().unwrap();
        for whose in [None, Some(worker(1)), Some(worker(9))] {
            let ranking = || Ranking::new(&weights, at(NOON), zone, whose);
            let (mut read, mut whole) = (ranking(), ranking());
            store.read(|tx| tx.waiting(&mut read)).unwrap();
            facts.iter().for_each(|facts| whole.case(facts.clone()));
            let (read, whole) = (read.first(usize::MAX), whole.first(usize::MAX));
            for (read, whole) in read.iter().zip(&whole) {
                assert_eq!(read, whole, "{whose:?} in {zone:?}");
            }
            assert_eq!(read.len(), whole.len());
            assert_eq!(read.is_empty(), whose == Some(worker(9)));
        }
    }
}
