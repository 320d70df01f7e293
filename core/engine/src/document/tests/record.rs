//! The rules of single things in the record: what adds up, what is refused, what is shown.

use super::worker::{Worker, ids};
use crate::document::EditError;
use crate::domain::*;
use crate::ids::{DocumentId, EntityId};

fn worker() -> Worker {
    let mut ana = Worker::new(1);
    ana.open_case();
    ana
}

/// A case with an authorization (50) of twelve visits' units, and two visits (10, 11).
fn authorized() -> (Worker, Worker) {
    let mut ana = worker();
    let fields = AuthorizationUpdate {
        payer: Some("State Plan".into()),
        service: Some("T1019".into()),
        units: Some(12),
        until: Some(ids::day(19)),
        ..AuthorizationUpdate::default()
    };
    let id = ids::entity(50);
    ana.edit(&[
        AuthorizationEdit::Add { id, fields }.into(),
        AuthorizationEdit::SetStatus {
            id,
            status: AuthorizationStatus::Approved,
            reason: None,
        }
        .into(),
        ids::plan_visit(10),
        ids::plan_visit(11),
    ]);
    let ben = Worker::joining(2, &ana);
    (ana, ben)
}

fn used(visit: u8, service: &str, units: i64) -> Edit {
    AuthorizationEdit::RecordUsage {
        id: ids::entity(50),
        visit: ids::entity(visit),
        service: service.into(),
        units,
    }
    .into()
}

fn field_of(error: &EditError) -> &str {
    match error {
        EditError::Invalid {
            reason: Invalid::Field { field, .. },
            ..
        } => field,
        other => panic!("{other:?}"),
    }
}

/// The services and units of visit 10, and the sum of all.
fn used_of(worker: &Worker) -> (Vec<(String, i64)>, i64) {
    let authorization = worker.view().authorizations.remove(0);
    let usage = authorization.usage.into_iter();
    let own = usage.filter(|usage| usage.visit == ids::entity(10));
    let own = own.map(|usage| (usage.service, usage.units)).collect();
    (own, authorization.units_used)
}

#[test]
fn a_use_is_one_however_its_service_is_spelled() {
    let (mut ana, mut ben) = authorized();
    ana.edit(&[used(10, " t1019", 4), used(10, "Personal care", 2)]);
    let named = |t1019, care| {
        let services = [("Personal care", care), ("T1019", t1019)];
        let services = services.map(|(service, units)| (service.to_owned(), units));
        (services.to_vec(), t1019 + care)
    };
    assert_eq!(used_of(&ana), named(4, 2));
    ana.edit(&[used(10, "T1019 ", 3), used(10, "PERSONAL CARE", 1)]);
    assert_eq!(used_of(&ana), named(3, 1));
    // Written apart they meet in one field.
    ben.edit(&[used(10, "T1019", 5)]);
    ana.exchange(&mut ben);
    assert_eq!(ana.view(), ben.view());
    assert_eq!(ana.view().conflicts.len(), 1);
}

#[test]
fn of_one_use_in_two_spellings_of_before_the_last_counts() {
    for (first, then) in [("T1019", "t1019"), ("t1019", "T1019")] {
        let (mut ana, mut ben) = authorized();
        let mut write = |service: &str, units: i64| {
            let field = format!("used/{}/{service}", ids::entity(10));
            ana.overwrite(Kind::Authorization, ids::entity(50), &field, units);
        };
        write(first, 4);
        write(then, 5);
        assert_eq!(used_of(&ana), (vec![(then.to_owned(), 5)], 5));
        ben.pull(&ana);
        assert_eq!(ana.shown(), ben.shown());
        assert_eq!(ana.rows(None).allowances[0].units_left, 7);
        ana.edit(&[used(10, "T1019", 0)]);
        assert_eq!(used_of(&ana), (vec![], 0));
    }
}

#[test]
fn units_used_apart_add_up() {
    let (mut ana, mut ben) = authorized();
    ana.edit(&[used(10, "T1019", 4)]);
    ben.edit(&[used(11, "T1019", 3), used(11, "S5130", 2)]);
    ana.exchange(&mut ben);
    let authorization = &ana.view().authorizations[0];
    assert_eq!(
        (authorization.units_used, authorization.units_left),
        (9, Some(3))
    );
    assert_eq!(authorization.usage.len(), 3);
    assert_eq!(ana.view(), ben.view());
}

#[test]
fn a_service_corrected_twice_counts_once() {
    let (mut ana, mut ben) = authorized();
    ana.edit(&[used(10, "T1019", 4)]);
    ana.exchange(&mut ben);
    ana.edit(&[used(10, "T1019", 5)]);
    ana.edit(&[used(10, " T1019 ", 6)]);
    ana.exchange(&mut ben);
    assert_eq!(ben.view().authorizations[0].units_used, 6);
    ben.edit(&[used(10, "T1019", 0)]);
    assert!(ben.view().authorizations[0].usage.is_empty());
}

#[test]
fn the_same_use_written_on_two_devices_counts_once() {
    let (mut ana, mut ben) = authorized();
    ana.edit(&[used(10, "T1019", 4)]);
    ben.edit(&[used(10, "T1019", 4)]);
    ana.exchange(&mut ben);
    assert_eq!(ana.view().authorizations[0].units_used, 4);
    assert!(ana.view().conflicts.is_empty());
}

#[test]
fn a_use_corrected_apart_to_two_values_shows_both_and_counts_one() {
    let (mut ana, mut ben) = authorized();
    ana.edit(&[used(10, "T1019", 4), used(11, "T1019", 1)]);
    ana.exchange(&mut ben);
    ana.edit(&[used(10, "T1019", 5)]);
    ben.edit(&[used(10, "T1019", 6)]);
    ana.exchange(&mut ben);
    let view = ana.view();
    assert_eq!(view, ben.view());
    assert_eq!(view.conflicts.len(), 1);
    assert!([6, 7].contains(&view.authorizations[0].units_used));
    let conflict = &view.conflicts[0];
    let value = Value::Int(6);
    ana.edit(&[ConflictEdit::Settle {
        path: conflict.path.clone(),
        value,
    }
    .into()]);
    assert_eq!(ana.view().authorizations[0].units_used, 7);
}

#[test]
fn over_use_and_expiry_alert_and_never_block() {
    let (mut ana, _) = authorized();
    let alerts = |ana: &Worker, day| ana.view().authorizations[0].alerts_on(ids::day(day));
    let expires = |days, units_left| AuthorizationAlert::Expires { days, units_left };
    assert_eq!(alerts(&ana, 0), [expires(19, Some(12))]);
    ana.edit(&[used(10, "T1019", 12)]);
    assert_eq!(
        alerts(&ana, 19),
        [AuthorizationAlert::UsedUp, expires(0, Some(0))]
    );
    ana.edit(&[used(11, "T1019", 5)]);
    assert_eq!(
        alerts(&ana, 21),
        [
            AuthorizationAlert::OverUsed { units: 5 },
            AuthorizationAlert::Expired { days: 2 }
        ]
    );
    let id = ids::entity(50);
    let appeal = AuthorizationUpdate {
        appeal_by: Some(ids::day(25)),
        ..Default::default()
    };
    let (status, reason) = (AuthorizationStatus::Denied, Some("Not covered".into()));
    ana.edit(&[
        AuthorizationEdit::SetStatus { id, status, reason }.into(),
        AuthorizationEdit::Update { id, fields: appeal }.into(),
        used(11, "T1019", 6),
    ]);
    assert_eq!(
        alerts(&ana, 21),
        [AuthorizationAlert::AppealDue { days: 4 }]
    );
    assert_eq!(alerts(&ana, 26), []);
}

#[test]
fn a_use_names_a_visit_of_the_record_and_a_count() {
    let (mut ana, _) = authorized();
    assert!(
        ana.try_edit(&[used(77, "T1019", 1)]).is_err(),
        "no such visit"
    );
    let error = ana.try_edit(&[used(10, "T1019", -1)]).unwrap_err();
    assert_eq!(field_of(&error), "authorization.units");
    let error = ana.try_edit(&[used(10, &"笑".repeat(34), 1)]).unwrap_err();
    assert_eq!(field_of(&error), "authorization.service");
    ana.edit(&[used(10, "Personal care / night", 1)]);
    assert_eq!(
        ana.view().authorizations[0].usage[0].service,
        "Personal care / night"
    );
}

#[test]
fn an_open_referral_is_overdue_after_its_follow_up_day() {
    let mut ana = worker();
    let id = ids::entity(50);
    let fields = ReferralUpdate {
        service: Some("Meals".into()),
        follow_up_on: Some(ids::day(9)),
        ..Default::default()
    };
    ana.edit(&[ReferralEdit::Add { id, fields }.into()]);
    let overdue =
        |ana: &Worker| [9, 10].map(|day| ana.view().referrals[0].is_overdue_on(ids::day(day)));
    assert_eq!(overdue(&ana), [false, true]);
    for status in [ReferralStatus::Accepted, ReferralStatus::Scheduled] {
        ana.edit(&[ReferralEdit::SetStatus {
            id,
            status,
            reason: None,
        }
        .into()]);
        assert_eq!(overdue(&ana), [false, true]);
    }
    let status = ReferralStatus::Completed;
    ana.edit(&[ReferralEdit::SetStatus {
        id,
        status,
        reason: None,
    }
    .into()]);
    assert_eq!(overdue(&ana), [false, false]);
}

#[test]
fn outcomes_of_one_measure_give_a_trend() {
    let mut ana = worker();
    for (number, measure, value, day) in [
        (50, "Weight", 71.5, 9),
        (51, "Weight", 70.0, 2),
        (52, "Pain", 4.0, 3),
        (53, "Weight", 99.0, 5),
    ] {
        let fields = OutcomeUpdate {
            measure: Some(measure.into()),
            value: Some(value),
            on: Some(ids::day(day)),
            ..Default::default()
        };
        ana.edit(&[OutcomeEdit::Add {
            id: ids::entity(number),
            fields,
        }
        .into()]);
    }
    let (kind, id, reason) = (Kind::Outcome, ids::entity(53), "Another person's".into());
    ana.edit(&[RemovalEdit::Remove { kind, id, reason }.into()]);
    let trends = ana.view().outcome_trends;
    let shown: Vec<_> = trends
        .iter()
        .map(|trend| {
            let values: Vec<f64> = trend.points.iter().map(|point| point.value).collect();
            (trend.measure.as_str(), values, trend.change)
        })
        .collect();
    assert_eq!(
        shown,
        [("Pain", vec![4.0], 0.0), ("Weight", vec![70.0, 71.5], 1.5)]
    );
}

#[test]
fn what_makes_an_entry_mean_something_is_required_and_kept() {
    let mut ana = worker();
    let id = ids::entity(50);
    let needs: [(Edit, &str); 12] = [
        (
            NeedEdit::Add {
                id,
                fields: Default::default(),
            }
            .into(),
            "need.domain",
        ),
        (
            InterventionEdit::Add {
                id,
                fields: Default::default(),
            }
            .into(),
            "intervention.title",
        ),
        (
            ReferralEdit::Add {
                id,
                fields: Default::default(),
            }
            .into(),
            "referral.service",
        ),
        (
            AuthorizationEdit::Add {
                id,
                fields: Default::default(),
            }
            .into(),
            "authorization.payer",
        ),
        (
            AdvocacyEdit::Add {
                id,
                fields: Default::default(),
            }
            .into(),
            "advocacy.sort",
        ),
        (
            RiskEdit::Add {
                id,
                fields: Default::default(),
            }
            .into(),
            "risk.hazard",
        ),
        (
            OutcomeEdit::Add {
                id,
                fields: Default::default(),
            }
            .into(),
            "outcome.measure",
        ),
        (
            HouseholdEdit::Add {
                id,
                fields: Default::default(),
            }
            .into(),
            "household_link.household",
        ),
        (
            CaseLinkEdit::Add {
                id,
                fields: Default::default(),
            }
            .into(),
            "case_link.other",
        ),
        (
            ApprovalEdit::Add {
                id,
                fields: Default::default(),
            }
            .into(),
            "approval.subject",
        ),
        (
            AmendmentEdit::Add {
                id,
                fields: Default::default(),
            }
            .into(),
            "amendment.subject",
        ),
        (
            CommunicationEdit::Add {
                id,
                fields: Default::default(),
            }
            .into(),
            "communication.at",
        ),
    ];
    for (edit, field) in needs {
        assert_eq!(field_of(&ana.try_edit(&[edit]).unwrap_err()), field);
    }
    let fields = RiskUpdate {
        hazard: Some("Dog".into()),
        ..Default::default()
    };
    ana.edit(&[RiskEdit::Add { id, fields }.into()]);
    let fields = RiskUpdate {
        clear: vec![RiskField::Hazard],
        ..Default::default()
    };
    let error = ana
        .try_edit(&[RiskEdit::Update { id, fields }.into()])
        .unwrap_err();
    assert_eq!(field_of(&error), "risk.hazard");
}

fn attachment(id: EntityId, media_type: &str, size: i64, hash: &str) -> Edit {
    let fields = AttachmentUpdate {
        name: Some("Ramp".into()),
        ..Default::default()
    };
    let content = AttachmentContent {
        media_type: media_type.into(),
        size,
        hash: hash.into(),
    };
    AttachmentEdit::Add {
        id,
        fields,
        content,
    }
    .into()
}

#[test]
fn an_attachment_has_a_media_type_a_size_and_a_hash_within_limits() {
    let mut ana = worker();
    let (id, hash) = (ids::entity(50), "0a".repeat(32));
    for (media_type, size, hash, field) in [
        ("jpeg", 1, hash.as_str(), "attachment.media_type"),
        ("image/", 1, &hash, "attachment.media_type"),
        ("image/jpeg", 0, &hash, "attachment.size"),
        ("image/jpeg", 50_000_001, &hash, "attachment.size"),
        ("image/jpeg", 1, "0a", "attachment.hash"),
        ("image/jpeg", 1, &"0A".repeat(32), "attachment.hash"),
    ] {
        let error = ana
            .try_edit(&[attachment(id, media_type, size, hash)])
            .unwrap_err();
        assert_eq!(field_of(&error), field);
    }
    ana.edit(&[attachment(id, "image/jpeg", 50_000_000, &hash)]);
    let shown = &ana.view().attachments[0];
    assert_eq!(
        (shown.size, shown.hash.as_deref()),
        (Some(50_000_000), Some(hash.as_str()))
    );
}

#[test]
fn a_case_holds_a_thousand_attachments() {
    let mut ana = worker();
    let id = |number: u16| {
        let mut bytes = [7; 16];
        bytes[14..].copy_from_slice(&number.to_be_bytes());
        EntityId::from_bytes(bytes)
    };
    let hash = "0a".repeat(32);
    for from in (0..1_000_u16).step_by(100) {
        let some: Vec<Edit> = (from..from + 100)
            .map(|number| attachment(id(number), "image/jpeg", 1, &hash))
            .collect();
        ana.edit(&some);
    }
    let error = ana
        .try_edit(&[attachment(id(1_000), "image/jpeg", 1, &hash)])
        .unwrap_err();
    assert_eq!(field_of(&error), "attachment");
}

#[test]
fn a_disclosure_names_a_consent_of_the_record_and_is_never_removed() {
    let mut ana = worker();
    let id = ids::entity(50);
    let record = |consent| {
        let fields = DisclosureUpdate {
            recipient: Some("County clinic".into()),
            subject: Some("Case summary".into()),
            at: Some(ids::moment(0)),
            consent,
            ..Default::default()
        };
        Edit::from(DisclosureEdit::Record { id, fields })
    };
    assert!(
        ana.try_edit(&[record(Some(ids::entity(51)))]).is_err(),
        "no such consent"
    );
    ana.edit(&[record(None)]);
    let (kind, reason) = (Kind::Disclosure, "Never mind".into());
    let error = ana
        .try_edit(&[RemovalEdit::Remove { kind, id, reason }.into()])
        .unwrap_err();
    assert_eq!(field_of(&error), "removal.kind");
}

#[test]
fn marking_a_duplicate_is_taken_back_without_a_trace_in_either_case() {
    let mut ana = worker();
    let id = ids::entity(50);
    let fields = CaseLinkUpdate {
        other: Some(DocumentId::from_bytes([9; 16])),
        sort: Some(CaseLinkKind::DuplicateOf),
        ..Default::default()
    };
    let before = ana.view();
    ana.edit(&[CaseLinkEdit::Add { id, fields }.into()]);
    let (kind, reason) = (Kind::CaseLink, "Another Rosa".into());
    ana.edit(&[RemovalEdit::Remove { kind, id, reason }.into()]);
    let after = ana.view();
    assert_eq!(
        after.case_links[0].meta.removed.as_deref(),
        Some("Another Rosa")
    );
    assert_eq!((&after.case, &after.person), (&before.case, &before.person));
    let link = Edit::from(RemovalEdit::Restore { kind, id });
    ana.edit(&[link]);
    assert_eq!(ana.view().case_links[0].meta.removed, None);
}

/// A task (50) every Monday from the 2nd.
fn weekly() -> (Worker, Worker) {
    let mut ana = worker();
    let fields = TaskUpdate {
        title: Some("Fill the pill box".into()),
        due_on: Some(ids::day(1)),
        recurrence: Some("FREQ=WEEKLY;COUNT=3".into()),
        ..Default::default()
    };
    ana.edit(&[TaskEdit::Add {
        id: ids::entity(50),
        fields,
        assignee: None,
    }
    .into()]);
    let ben = Worker::joining(2, &ana);
    (ana, ben)
}

fn done(id: u8, day: u32) -> Edit {
    TaskEdit::CompleteOccurrence {
        id: ids::entity(id),
        task: ids::entity(50),
        on: ids::day(day),
        outcome: Some("Filled".into()),
    }
    .into()
}

fn next(worker: &Worker) -> Option<chrono::NaiveDate> {
    worker.view().recurrences[0].next_on
}

#[test]
fn two_devices_that_complete_one_occurrence_apart_make_one_next() {
    let (mut ana, mut ben) = weekly();
    ana.edit(&[done(60, 1)]);
    ben.edit(&[done(61, 1)]);
    ana.exchange(&mut ben);
    let view = ana.view();
    assert_eq!(view, ben.view());
    assert_eq!(view.tasks.len(), 1);
    assert_eq!(next(&ana), Some(ids::day(8)));
    assert_eq!(
        view.recurrences[0].occurrences.len(),
        2,
        "both said what came of it"
    );
    assert!(view.conflicts.is_empty());
}

#[test]
fn a_device_that_is_two_occurrences_ahead_stays_ahead_after_merging() {
    let (mut ana, mut ben) = weekly();
    ana.edit(&[done(60, 1), done(61, 8)]);
    ben.edit(&[done(62, 1)]);
    ana.exchange(&mut ben);
    assert_eq!(
        (next(&ana), next(&ben)),
        (Some(ids::day(15)), Some(ids::day(15)))
    );
    assert!(ana.view().conflicts.is_empty());
}

#[test]
fn only_the_next_occurrence_can_be_completed_and_the_last_ends_the_task() {
    let (mut ana, _) = weekly();
    assert_eq!(
        field_of(&ana.try_edit(&[done(60, 8)]).unwrap_err()),
        "task_occurrence.on"
    );
    let complete = TaskEdit::Complete {
        id: ids::entity(50),
        outcome: None,
    };
    assert_eq!(
        field_of(&ana.try_edit(&[complete.into()]).unwrap_err()),
        "task.recurrence"
    );
    let start = TaskEdit::Start {
        id: ids::entity(50),
    };
    ana.edit(&[start.into(), done(60, 1)]);
    assert_eq!(ana.view().tasks[0].status, Some(TaskStatus::Accepted));
    let skip = TaskEdit::SkipOccurrence {
        id: ids::entity(61),
        task: ids::entity(50),
        on: ids::day(8),
        reason: "In hospital".into(),
    };
    ana.edit(&[skip.into()]);
    ana.edit(&[done(62, 15)]);
    assert_eq!(next(&ana), None);
    assert_eq!(ana.view().tasks[0].status, Some(TaskStatus::Done));
    let skipped: Vec<_> = ana.view().recurrences[0]
        .occurrences
        .iter()
        .map(|one| one.skipped)
        .collect();
    assert_eq!(skipped, [Some(false), Some(true), Some(false)]);
}

#[test]
fn a_task_whose_rule_has_no_day_left_can_be_completed() {
    let (mut ana, _) = weekly();
    ana.edit(&[done(60, 1), done(61, 8)]);
    let id = ids::entity(50);
    let fields = TaskUpdate {
        recurrence: Some("FREQ=WEEKLY;COUNT=2".into()),
        ..Default::default()
    };
    ana.edit(&[TaskEdit::Update { id, fields }.into()]);
    assert_eq!(next(&ana), None);
    assert_eq!(ana.view().tasks[0].status, Some(TaskStatus::Accepted));
    let outcome = Some("Twice was enough".into());
    ana.edit(&[TaskEdit::Complete { id, outcome }.into()]);
    assert_eq!(ana.view().tasks[0].status, Some(TaskStatus::Done));
}

#[test]
fn an_occurrence_taken_back_is_due_again() {
    let (mut ana, _) = weekly();
    ana.edit(&[done(60, 1)]);
    let (kind, id, reason) = (Kind::TaskOccurrence, ids::entity(60), "Wrong person".into());
    ana.edit(&[RemovalEdit::Remove { kind, id, reason }.into()]);
    assert_eq!(next(&ana), Some(ids::day(1)));
}

#[test]
fn a_task_due_at_a_time_comes_back_at_that_time_of_its_zone() {
    let mut ana = worker();
    let fields = TaskUpdate {
        title: Some("Call the pharmacy".into()),
        due_at: Some("2026-10-31T14:00:00Z".parse().unwrap()),
        zone: Some("America/Chicago".into()),
        recurrence: Some("FREQ=DAILY".into()),
        ..Default::default()
    };
    ana.edit(&[TaskEdit::Add {
        id: ids::entity(50),
        fields,
        assignee: None,
    }
    .into()]);
    let on = "2026-10-31".parse().unwrap();
    let (id, task) = (ids::entity(60), ids::entity(50));
    ana.edit(&[TaskEdit::CompleteOccurrence {
        id,
        task,
        on,
        outcome: None,
    }
    .into()]);
    let after_clock_change = "2026-11-01T15:00:00Z".parse().unwrap();
    assert_eq!(ana.view().recurrences[0].next_at, Some(after_clock_change));
    let rows = ana.rows(None);
    assert_eq!(rows.tasks[0].due_at, Some(after_clock_change));
}

#[test]
fn a_task_comes_back_only_from_a_first_day() {
    let mut ana = worker();
    let fields = TaskUpdate {
        title: Some("Call".into()),
        recurrence: Some("FREQ=DAILY".into()),
        ..Default::default()
    };
    let add = TaskEdit::Add {
        id: ids::entity(50),
        fields,
        assignee: None,
    };
    assert_eq!(
        field_of(&ana.try_edit(&[add.into()]).unwrap_err()),
        "task.recurrence"
    );
}
