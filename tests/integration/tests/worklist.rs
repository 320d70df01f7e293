//! What to do first, on a device: listed with reasons, put off, done; who carries how much; what comes next.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::domain::*;
use caseweave::instruments::{Answer, ItemAnswer};
use caseweave::projection::DeadlineKind;
use caseweave::{
    CaseId, ClosedCaseRow, Deadline, EntityId, Error, Occasion, Point, Reason, Reminder, Snooze,
    WorkItem, WorkerId,
};
use caseweave_testkit::{Agency, Device, Entries, day, moment};
use tempfile::TempDir;

const CHICAGO: &str = "America/Chicago";
const DAY_MS: i64 = 86_400_000;

/// An agency and where its devices keep their files.
type Around = (Agency, TempDir);

/// A worker's phone at noon UTC of 15 June 2026.
fn phone() -> (Around, Device) {
    let (agency, folder) = (Agency::new(1), tempfile::tempdir().unwrap());
    let worker = agency.worker("Ana");
    let phone = agency.kept_device(worker, &folder.path().join("phone"), 1);
    ((agency, folder), phone)
}

fn worklist(device: &Device) -> Vec<WorkItem> {
    device.caseweave.worklist("UTC", None, 50).unwrap()
}

/// Why one case is listed; empty where it is not.
fn reasons(device: &Device, case: CaseId) -> Vec<Reason> {
    let items = worklist(device).into_iter();
    let of_case = items.filter(|item| item.case == case);
    of_case.flat_map(|item| item.reasons).collect()
}

fn refer(device: &Device, case: CaseId, follow_up_on: u32) -> EntityId {
    let id = device.id();
    let fields = ReferralUpdate {
        service: Some("Food bank".into()),
        follow_up_on: Some(day(follow_up_on)),
        ..ReferralUpdate::default()
    };
    device.edit(case, &[ReferralEdit::Add { id, fields }.into()]);
    id
}

/// An approved authorization of ten units until a day.
fn authorize(device: &Device, case: CaseId, until: u32) -> EntityId {
    let id = device.id();
    let fields = AuthorizationUpdate {
        payer: Some("State plan".into()),
        service: Some("T1019".into()),
        units: Some(10),
        until: Some(day(until)),
        ..AuthorizationUpdate::default()
    };
    let approve = AuthorizationEdit::SetStatus {
        id,
        status: AuthorizationStatus::Approved,
        reason: None,
    };
    let add = AuthorizationEdit::Add { id, fields };
    device.edit(case, &[add.into(), approve.into()]);
    id
}

fn plan_visit(device: &Device, case: CaseId, on: u32, address: Option<EntityId>) -> EntityId {
    let id = device.id();
    let fields = VisitUpdate {
        planned_on: Some(day(on)),
        worker: Some(device.caseweave.who_am_i().unwrap().worker),
        purpose: Some("Home visit".into()),
        address,
        ..VisitUpdate::default()
    };
    device.edit(case, &[VisitEdit::Plan { id, fields }.into()]);
    id
}

fn live_at(device: &Device, case: CaseId, longitude: f64) -> EntityId {
    let id = device.id();
    let fields = AddressUpdate {
        line: Some("1 Main Street".into()),
        usage: Some(AddressUse::Home),
        latitude: Some(41.9),
        longitude: Some(longitude),
        ..AddressUpdate::default()
    };
    device.edit(case, &[AddressEdit::Add { id, fields }.into()]);
    id
}

#[test]
fn cases_that_wait_are_listed_with_reasons_until_they_are_dealt_with() {
    let (_around, phone) = phone();
    let [rosa, luis, quiet] =
        ["Rosa", "Luis", "Quiet"].map(|name| Entries(&phone).open_case(name, "Díaz"));
    let referral = refer(&phone, rosa, 10);
    let authorization = authorize(&phone, luis, 20);
    let follow_up = Reason::ReferralFollowUp { referral, days: 5 };
    let expires = |units_left| Reason::AuthorizationExpires {
        authorization,
        days: 5,
        units_left: Some(units_left),
    };
    assert_eq!(reasons(&phone, rosa), [follow_up]);
    assert_eq!(reasons(&phone, luis), [expires(10)]);
    assert_eq!(reasons(&phone, quiet), []);

    let visit = plan_visit(&phone, luis, 16, None);
    let used = AuthorizationEdit::RecordUsage {
        id: authorization,
        visit,
        service: "T1019".into(),
        units: 12,
    };
    let done = ReferralEdit::SetStatus {
        id: referral,
        status: ReferralStatus::Completed,
        reason: None,
    };
    phone.edit(luis, &[used.into()]);
    phone.edit(rosa, &[done.into()]);
    let used_up = Reason::UnitsUsedUp {
        authorization,
        over: 2,
    };
    assert_eq!(reasons(&phone, luis), [expires(-2), used_up]);
    assert_eq!(reasons(&phone, rosa), []);
}

#[test]
fn the_zone_decides_which_day_it_is() {
    let (_around, phone) = phone();
    let rosa = Entries(&phone).open_case("Rosa", "Díaz");
    let task = Entries(&phone).task(rosa, "Call the pharmacy");
    // 03:00 UTC of 21 June is 22:00 of 20 June in Chicago.
    phone.clock.advance(5 * DAY_MS + 15 * 3_600_000);
    let in_zone = |zone| {
        phone.caseweave.worklist(zone, None, 50).unwrap()[0]
            .reasons
            .clone()
    };
    assert_eq!(in_zone("UTC"), [Reason::Overdue { task, days: 1 }]);
    assert_eq!(in_zone(CHICAGO), [Reason::DueToday { task }]);
    let unknown = phone
        .caseweave
        .worklist("Mars/Olympus", None, 50)
        .unwrap_err();
    assert!(matches!(unknown, Error::InvalidInput { field, .. } if field == "zone"));
}

#[test]
fn the_last_contact_is_a_visit_or_a_call_that_reached_somebody() {
    let ((agency, _folder), phone) = phone();
    let rosa = Entries(&phone).open_case("Rosa", "Díaz");
    phone.clock.advance(30 * DAY_MS);
    phone.sync(&mut agency.network());
    assert_eq!(reasons(&phone, rosa), [Reason::NoContact { days: 44 }]);
    let log = |outcome| {
        let fields = CommunicationUpdate {
            at: Some(moment(29 * 1_440)),
            medium: Some(Medium::Call),
            outcome: Some(outcome),
            ..CommunicationUpdate::default()
        };
        let id = phone.id();
        phone.edit(rosa, &[CommunicationEdit::Add { id, fields }.into()]);
    };
    log(CommunicationOutcome::NoAnswer);
    assert_eq!(reasons(&phone, rosa), [Reason::NoContact { days: 44 }]);
    log(CommunicationOutcome::Reached);
    assert_eq!(reasons(&phone, rosa), []);
    phone.clock.advance(30 * DAY_MS);
    phone.sync(&mut agency.network());
    assert_eq!(reasons(&phone, rosa), [Reason::NoContact { days: 31 }]);
}

#[test]
fn what_a_worker_puts_off_comes_back_and_stays_on_their_device() {
    let ((agency, folder), phone) = phone();
    let worker = phone.caseweave.who_am_i().unwrap().worker;
    let tablet = agency.kept_device(worker, &folder.path().join("tablet"), 2);
    let rosa = Entries(&phone).open_case("Rosa", "Díaz");
    refer(&phone, rosa, 10);
    put_off(&phone, rosa, 17, " in hospital ").unwrap();
    assert_eq!(worklist(&phone), []);
    assert_eq!(phone.caseweave.snoozes().unwrap()[0].reason, "in hospital");
    phone.sync(&mut agency.network());
    tablet.sync(&mut agency.network());
    assert_eq!(tablet.caseweave.snoozes().unwrap(), []);
    assert_eq!(worklist(&tablet).len(), 1);

    phone.caseweave.wake(rosa, None).unwrap();
    assert_eq!(worklist(&phone).len(), 1);
    put_off(&phone, rosa, 17, "in hospital").unwrap();
    phone.clock.advance(2 * DAY_MS);
    assert_eq!(worklist(&phone).len(), 1);

    let empty = put_off(&phone, rosa, 19, "  ").unwrap_err();
    assert!(matches!(empty, Error::InvalidInput { field, .. } if field == "reason"));
    let nowhere = CaseId::from_bytes([9; 16]);
    let missing = put_off(&phone, nowhere, 19, "why").unwrap_err();
    assert!(matches!(missing, Error::NotFound { .. }));
}

/// Puts a case off until a day of June 2026 in UTC.
fn put_off(device: &Device, case: CaseId, until: u32, reason: &str) -> Result<(), Error> {
    device.caseweave.snooze(&snooze(case, until, reason), "UTC")
}

fn snooze(case: CaseId, until: u32, reason: &str) -> Snooze {
    Snooze {
        case,
        entity: None,
        until: day(until),
        reason: reason.into(),
    }
}

#[test]
fn what_is_put_off_comes_back_on_a_day_that_is_yet_to_come_where_the_worker_is() {
    let (_around, phone) = phone();
    let rosa = Entries(&phone).open_case("Rosa", "Díaz");
    // At noon UTC of the 15th it is the 16th on Kiritimati.
    for (until, zone, refused) in [
        (15, "UTC", Some("until")),
        (16, "UTC", None),
        (16, "Pacific/Kiritimati", Some("until")),
        (17, "Pacific/Kiritimati", None),
        (17, "Mars/Base", Some("zone")),
    ] {
        let field = match phone.caseweave.snooze(&snooze(rosa, until, "why"), zone) {
            Err(Error::InvalidInput { field, .. }) => Some(field),
            other => other.map(|()| None).unwrap(),
        };
        assert_eq!(field.as_deref(), refused, "{until} in {zone}");
    }
}

#[test]
fn reminders_come_in_order_and_never_late() {
    let (_around, phone) = phone();
    let rosa = Entries(&phone).open_case("Rosa", "Díaz");
    let task = Entries(&phone).task(rosa, "Call the pharmacy");
    let later = plan_visit(&phone, rosa, 21, None);
    plan_visit(&phone, rosa, 14, None);
    let planned = |minutes| {
        let id = phone.id();
        let fields = VisitUpdate {
            planned_start: Some(moment(minutes)),
            worker: Some(phone.caseweave.who_am_i().unwrap().worker),
            ..VisitUpdate::default()
        };
        phone.edit(rosa, &[VisitEdit::Plan { id, fields }.into()]);
        id
    };
    planned(-1);
    let soon = planned(30);
    let found = phone.caseweave.next_reminders("UTC", 50).unwrap();
    let entities: Vec<EntityId> = found.iter().map(|one| one.entity).collect();
    assert_eq!(entities, [soon, task, later]);
    let first = Reminder {
        case: rosa,
        entity: soon,
        occasion: Occasion::Visit,
        on: day(15),
        at: Some(moment(30)),
        title: None,
    };
    assert_eq!(found[0], first);
    assert_eq!(phone.caseweave.next_reminders("UTC", 1).unwrap(), [first]);
}

#[test]
fn what_is_nobodys_concerns_whoever_leads_the_case() {
    let (_around, phone) = phone();
    let own = phone.caseweave.who_am_i().unwrap().worker;
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let visit = phone.id();
    let fields = VisitUpdate {
        planned_on: Some(day(16)),
        ..VisitUpdate::default()
    };
    phone.edit(case, &[VisitEdit::Plan { id: visit, fields }.into()]);
    let concerns = || {
        let reminders = phone.caseweave.next_reminders("UTC", 50).unwrap();
        let agenda = phone.caseweave.agenda(day(16), day(16), "UTC", Some(own));
        let planned = agenda.unwrap().visits;
        let reminded = reminders.iter().any(|one| one.entity == visit);
        assert_eq!(reminded, planned.iter().any(|one| one.id == visit));
        reminded
    };
    assert!(concerns(), "whoever opened the case leads it");
    let fields = CaseUpdate {
        lead_worker: Some(WorkerId::from_bytes([9; 16])),
        ..CaseUpdate::default()
    };
    phone.edit(case, &[CaseEdit::Update { fields }.into()]);
    assert!(!concerns(), "a colleague leads it now");
}

#[test]
fn hearings_and_appointments_stand_on_the_agenda_and_are_reminded_of_where_somebody_lives() {
    let (_around, phone) = phone();
    let own = phone.caseweave.who_am_i().unwrap().worker;
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let (referral, hearing) = (phone.id(), phone.id());
    // At four in the morning of the 16th by UTC it is still the 15th in Chicago.
    let fields = ReferralUpdate {
        service: Some("Eye clinic".into()),
        appointment_at: Some(moment(16 * 60)),
        ..ReferralUpdate::default()
    };
    let refer = ReferralEdit::Add {
        id: referral,
        fields,
    };
    let fields = AdvocacyUpdate {
        sort: Some(AdvocacyKind::Hearing),
        subject: Some("Hours of care".into()),
        heard_at: Some(moment(26 * 60)),
        ..AdvocacyUpdate::default()
    };
    let appeal = AdvocacyEdit::Add {
        id: hearing,
        fields,
    };
    phone.edit(case, &[refer.into(), appeal.into()]);

    let caseweave = &phone.caseweave;
    let agenda = |on, zone, worker| {
        let agenda = caseweave.agenda(day(on), day(on), zone, worker).unwrap();
        let of = |one: Deadline| (one.kind, one.id, one.title.unwrap());
        agenda.deadlines.into_iter().map(of).collect::<Vec<_>>()
    };
    let seen = DeadlineKind::ReferralAppointment;
    let clinic = (seen, referral, "Eye clinic".to_owned());
    let hours = (DeadlineKind::Hearing, hearing, "Hours of care".to_owned());
    assert_eq!(
        agenda(15, CHICAGO, Some(own)),
        std::slice::from_ref(&clinic)
    );
    assert_eq!(agenda(16, CHICAGO, Some(own)), std::slice::from_ref(&hours));
    assert_eq!(agenda(15, "UTC", None), []);
    assert_eq!(agenda(16, "UTC", None), [clinic, hours]);
    let colleague = WorkerId::from_bytes([9; 16]);
    assert_eq!(agenda(16, "UTC", Some(colleague)), []);

    let reminders = caseweave.next_reminders(CHICAGO, 50).unwrap();
    let found: Vec<_> = reminders
        .iter()
        .map(|one| (one.occasion, one.entity, one.on))
        .collect();
    let expected = [
        (Occasion::Deadline { kind: seen }, referral, day(15)),
        (
            Occasion::Deadline {
                kind: DeadlineKind::Hearing,
            },
            hearing,
            day(16),
        ),
    ];
    assert_eq!(found, expected);
    let reasons = reasons(&phone, case);
    let near = |days| Reason::HearingNear {
        advocacy: hearing,
        days,
    };
    let appointment = Reason::AppointmentNear { referral, days: 1 };
    assert_eq!(reasons, [near(1), appointment]);

    let lead = |lead_worker| {
        let fields = CaseUpdate {
            lead_worker: Some(lead_worker),
            ..CaseUpdate::default()
        };
        phone.edit(case, &[CaseEdit::Update { fields }.into()]);
    };
    lead(colleague);
    assert_eq!(agenda(16, "UTC", Some(colleague)).len(), 2, "the lead's");
    assert_eq!(agenda(16, "UTC", Some(own)).len(), 2, "and whose they are");
}

#[test]
fn last_days_and_reviews_stand_on_the_agenda_and_end_with_the_case_where_its_care_does() {
    let (_around, phone) = phone();
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let fields = ConsentUpdate {
        recipient: Some("Hospital".into()),
        subject: Some("Everything".into()),
        until: Some(day(20)),
        ..ConsentUpdate::default()
    };
    let consent = ConsentEdit::Record {
        id: phone.id(),
        fields,
    };
    let fields = RiskUpdate {
        hazard: Some("Falls".into()),
        review_on: Some(day(19)),
        ..RiskUpdate::default()
    };
    let risk = RiskEdit::Add {
        id: phone.id(),
        fields,
    };
    let fields = ReferralUpdate {
        service: Some("Eye clinic".into()),
        follow_up_on: Some(day(18)),
        ..ReferralUpdate::default()
    };
    let referral = ReferralEdit::Add {
        id: phone.id(),
        fields,
    };
    let fields = AdvocacyUpdate {
        sort: Some(AdvocacyKind::Appeal),
        subject: Some("Hours of care".into()),
        deadline: Some(day(21)),
        ..AdvocacyUpdate::default()
    };
    let appeal = AdvocacyEdit::Add {
        id: phone.id(),
        fields,
    };
    let fields = AmendmentUpdate {
        subject: Some("Wrong street".into()),
        due_on: Some(day(22)),
        ..AmendmentUpdate::default()
    };
    let amendment = AmendmentEdit::Add {
        id: phone.id(),
        fields,
    };
    let added: [Edit; 5] = [
        consent.into(),
        risk.into(),
        referral.into(),
        appeal.into(),
        amendment.into(),
    ];
    phone.edit(case, &added);
    let stated = || {
        let agenda = phone.caseweave.agenda(day(15), day(30), CHICAGO, None);
        let deadlines = agenda.unwrap().deadlines;
        let reminders = phone.caseweave.next_reminders(CHICAGO, 50).unwrap();
        let reminded: Vec<_> = reminders.iter().map(|one| (one.entity, one.on)).collect();
        let on_agenda: Vec<_> = deadlines.iter().map(|one| (one.id, one.on)).collect();
        assert_eq!(reminded, on_agenda, "the lead is reminded of each");
        deadlines
            .into_iter()
            .map(|one| (one.kind, one.on, one.title.unwrap()))
            .collect::<Vec<_>>()
    };
    let lasting = [
        (DeadlineKind::Appeal, day(21), "Hours of care".to_owned()),
        (
            DeadlineKind::AmendmentDue,
            day(22),
            "Wrong street".to_owned(),
        ),
    ];
    let mut all = vec![
        (
            DeadlineKind::ReferralFollowUp,
            day(18),
            "Eye clinic".to_owned(),
        ),
        (DeadlineKind::RiskReview, day(19), "Falls".to_owned()),
        (DeadlineKind::ConsentEnds, day(20), "Hospital".to_owned()),
    ];
    all.extend(lasting.clone());
    assert_eq!(stated(), all);
    let close = CaseEdit::Close {
        closed_on: day(15),
        reason: ClosureReason::GoalsMet,
        outcome: None,
    };
    phone.edit(case, &[close.into()]);
    assert_eq!(stated(), lasting);
}

#[test]
fn a_day_s_visits_are_suggested_by_distance_from_the_start() {
    let (_around, phone) = phone();
    let visit = |name: &str, longitude: f64| {
        let case = Entries(&phone).open_case(name, "Díaz");
        let address = live_at(&phone, case, longitude);
        // Where a visit names no address it takes place at home.
        let named = (longitude < -87.6).then_some(address);
        plan_visit(&phone, case, 16, named)
    };
    let (far, near, middle) = (
        visit("Far", -87.9),
        visit("Near", -87.5),
        visit("Middle", -87.7),
    );
    let start = Point {
        latitude: 41.9,
        longitude: -87.4,
    };
    let stops = phone
        .caseweave
        .suggested_route(day(16), "America/Chicago", None, Some(start))
        .unwrap();
    let order: Vec<EntityId> = stops.iter().map(|stop| stop.visit).collect();
    assert_eq!(order, [near, middle, far]);
    assert!(stops.iter().all(|stop| stop.metres.is_some()));
    assert_eq!(
        phone
            .caseweave
            .suggested_route(day(17), "America/Chicago", None, Some(start))
            .unwrap(),
        []
    );
}

#[test]
fn workload_counts_late_tasks_per_worker() {
    let (_around, phone) = phone();
    let rosa = Entries(&phone).open_case("Rosa", "Díaz");
    Entries(&phone).task(rosa, "Call the pharmacy");
    let load = || phone.caseweave.workload(CHICAGO).unwrap()[0].clone();
    assert_eq!((load().tasks, load().overdue), (1, 0));
    phone.clock.advance(6 * DAY_MS);
    assert_eq!((load().tasks, load().overdue), (1, 1));
}

fn assess(device: &Device, case: CaseId, instrument: &str, answers: Vec<ItemAnswer>) -> EntityId {
    let id = device.id();
    let start = AssessmentEdit::Start {
        id,
        instrument: instrument.into(),
        version: 1,
        fields: AssessmentUpdate::default(),
    };
    let clear = Vec::new();
    let answer = AssessmentEdit::RecordAnswers { id, answers, clear };
    let complete = AssessmentEdit::Complete { id };
    device.edit(case, &[start.into(), answer.into(), complete.into()]);
    id
}

fn chosen(item: &str, value: i64) -> ItemAnswer {
    ItemAnswer {
        item: item.into(),
        answer: Answer::Choice { value },
    }
}

/// All nine questions, the last one as given.
fn phq9(last: i64) -> Vec<ItemAnswer> {
    let items = (1..=9).map(|item: i64| (item.to_string(), if item == 9 { last } else { 0 }));
    items.map(|(item, value)| chosen(&item, value)).collect()
}

#[test]
fn an_alert_leads_the_list_until_somebody_says_what_was_done() {
    let (_around, phone) = phone();
    let [late, alert] = ["Late", "Alert"].map(|name| Entries(&phone).open_case(name, "Díaz"));
    refer(&phone, late, 1);
    let assessment = assess(&phone, alert, "phq-9", phq9(1));
    let first = worklist(&phone).remove(0);
    assert_eq!(first.case, alert);
    let expected = |reason: &Reason| {
        matches!(reason, Reason::ScoreAlert { assessment: named, instrument, alerts }
            if *named == assessment && instrument == "phq-9" && alerts.len() == 1)
    };
    assert!(expected(&first.reasons[0]), "{:?}", first.reasons);
    let respond = AssessmentEdit::RespondToAlerts {
        id: phone.id(),
        assessment,
        response: "Called the crisis line with her".into(),
    };
    phone.edit(alert, &[respond.into()]);
    assert_eq!(reasons(&phone, alert), []);
}

#[test]
fn violence_leads_the_list_and_other_social_needs_are_for_the_plan() {
    let (_around, phone) = phone();
    let [hungry, hurt] = ["Hungry", "Hurt"].map(|name| Entries(&phone).open_case(name, "Díaz"));
    assess(&phone, hungry, "ahc-hrsn", vec![chosen("food_lack", 2)]);
    assert_eq!(reasons(&phone, hungry), []);
    let safety = [("hurt", 3), ("insulted", 3), ("threatened", 3)];
    let mut answers = safety.map(|(item, value)| chosen(item, value)).to_vec();
    answers.push(chosen("screamed_at", 2));
    let assessment = assess(&phone, hurt, "ahc-hrsn", answers);
    let expected = Reason::ScoreAlert {
        assessment,
        instrument: "ahc-hrsn".into(),
        alerts: vec!["intimate-partner-violence".into()],
    };
    assert_eq!(reasons(&phone, hurt), [expected]);
}

#[test]
fn a_later_whole_assessment_ends_an_alert_and_a_part_of_one_does_not() {
    let (_around, phone) = phone();
    let rosa = Entries(&phone).open_case("Rosa", "Díaz");
    assess(&phone, rosa, "phq-9", phq9(2));
    phone.clock.advance(DAY_MS);
    assess(&phone, rosa, "phq-9", vec![chosen("1", 0)]);
    assert_eq!(reasons(&phone, rosa).len(), 1);
    phone.clock.advance(DAY_MS);
    assess(&phone, rosa, "phq-9", phq9(0));
    assert_eq!(reasons(&phone, rosa), []);
}

const FALLS: &str = r#"{
  "id": "org.example.falls",
  "version": 1,
  "title": {"en": "Falls"},
  "source": "The agency",
  "licence": {"en": "Internal"},
  "languages": ["en"],
  "options": {"yes_no": [{"value": 0, "text": {"en": "No"}}, {"value": 1, "text": {"en": "Yes"}}]},
  "items": [{"code": "fell", "options": "yes_no", "text": {"en": "Fell this month?"}}],
  "alerts": [{"code": "fell", "text": {"en": "Fell"}, "item": "fell", "at_least": 1}]
}"#;

#[test]
fn alerts_show_once_the_agency_s_instrument_is_known_on_a_device() {
    let ((agency, folder), phone) = phone();
    let worker = phone.caseweave.who_am_i().unwrap().worker;
    let tablet = agency.kept_device(worker, &folder.path().join("tablet"), 2);
    phone.caseweave.register_instrument(FALLS).unwrap();
    let rosa = Entries(&phone).open_case("Rosa", "Díaz");
    assess(&phone, rosa, "org.example.falls", vec![chosen("fell", 1)]);
    assert_eq!(reasons(&phone, rosa).len(), 1);
    phone.sync(&mut agency.network());
    tablet.sync(&mut agency.network());
    assert_eq!(reasons(&tablet, rosa), []);
    tablet.caseweave.register_instrument(FALLS).unwrap();
    assert_eq!(reasons(&tablet, rosa), reasons(&phone, rosa));
}

#[test]
fn a_closed_case_that_changes_waits_until_the_closing_is_confirmed() {
    let (_around, phone) = phone();
    let rosa = Entries(&phone).open_case("Rosa", "Díaz");
    let close = CaseEdit::Close {
        closed_on: day(15),
        reason: ClosureReason::Moved,
        outcome: None,
    };
    phone.edit(rosa, &[close.into()]);
    refer(&phone, rosa, 1);
    let late = [Reason::ChangedAfterClosing { changes: 1 }];
    assert_eq!(reasons(&phone, rosa), late, "its referral is over with it");
    let inbox = || phone.caseweave.inbox().unwrap().changed_after_closing;
    let changed = ClosedCaseRow {
        case: rosa,
        changes: 1,
    };
    assert_eq!(inbox(), [changed]);
    phone.edit(rosa, &[CaseEdit::ConfirmClosing.into()]);
    assert_eq!(reasons(&phone, rosa), []);
    assert_eq!(inbox(), []);
}

#[test]
fn notes_consents_risks_and_amendments_are_listed_in_time() {
    let (_around, phone) = phone();
    let rosa = Entries(&phone).open_case("Rosa", "Díaz");
    let [note, consent, risk, amendment] = [(); 4].map(|()| phone.id());
    let edits: [Edit; 4] = [
        NoteEdit::Start {
            id: note,
            fields: NoteUpdate {
                sort: Some(NoteKind::Progress),
                ..NoteUpdate::default()
            },
            text: "She ate".into(),
        }
        .into(),
        ConsentEdit::Record {
            id: consent,
            fields: ConsentUpdate {
                recipient: Some("Dr. Núñez".into()),
                subject: Some("Everything".into()),
                until: Some(day(30)),
                ..ConsentUpdate::default()
            },
        }
        .into(),
        RiskEdit::Add {
            id: risk,
            fields: RiskUpdate {
                hazard: Some("Falls".into()),
                review_on: Some(day(14)),
                ..RiskUpdate::default()
            },
        }
        .into(),
        AmendmentEdit::Add {
            id: amendment,
            fields: AmendmentUpdate {
                subject: Some("The address was wrong".into()),
                due_on: Some(day(20)),
                ..AmendmentUpdate::default()
            },
        }
        .into(),
    ];
    phone.edit(rosa, &edits);
    phone.clock.advance(2 * DAY_MS);
    let mut found = reasons(&phone, rosa);
    found.sort();
    let mut expected = [
        Reason::ConsentExpires { consent, days: 13 },
        Reason::AmendmentDue { amendment, days: 3 },
        Reason::RiskReview { risk, days: 3 },
        Reason::NoteUnsigned { note, days: 2 },
    ];
    expected.sort();
    assert_eq!(found, expected);
}
