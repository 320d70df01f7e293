//! Reports on devices: given as far as consents go, logged before anybody sees them; the person's plan; figures of a period.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::domain::*;
use caseweave::instruments::{Answer, ItemAnswer};
use caseweave::report::{CaseloadFigures, ReportLocale};
use caseweave::{CaseId, EntityId, Error, ReportOptions};
use caseweave_testkit::{Agency, Device, Entries, day, moment};
use tempfile::TempDir;

const CHICAGO: &str = "America/Chicago";
const NOTICE: &str = "42 CFR part 2 prohibits unauthorized use or disclosure of these records.";

/// An agency and where its devices keep their files.
type Around = (Agency, TempDir);

/// Two phones of one worker at noon UTC of 15 June 2026.
fn phones() -> (Around, Device, Device) {
    let (agency, folder) = (Agency::new(1), tempfile::tempdir().unwrap());
    let worker = agency.worker("Ana");
    let phone = |name, seed| agency.kept_device(worker, &folder.path().join(name), seed);
    let (one, other) = (phone("one", 1), phone("other", 2));
    ((agency, folder), one, other)
}

/// A case with a goal and a need.
fn case_with_plan(phone: &Device) -> CaseId {
    let case = Entries(phone).open_case("Rosa", "Díaz");
    let goal = GoalUpdate {
        statement: Some("Walk to the store".into()),
        ..GoalUpdate::default()
    };
    let need = NeedUpdate {
        domain: Some(NeedDomain::FoodInsecurity),
        statement: Some("Skips meals".into()),
        ..NeedUpdate::default()
    };
    let (goal_id, need_id) = (phone.id(), phone.id());
    phone.edit(
        case,
        &[
            GoalEdit::Add {
                id: goal_id,
                fields: goal,
            }
            .into(),
            NeedEdit::Add {
                id: need_id,
                fields: need,
            }
            .into(),
        ],
    );
    case
}

fn consent(phone: &Device, case: CaseId, covers: &[RecordPart], part2: bool) -> EntityId {
    let id = phone.id();
    let fields = ConsentUpdate {
        recipient: Some("Lakeside Clinic".into()),
        subject: Some("What the clinic needs".into()),
        purpose: Some("Treatment".into()),
        covers: Some(covers.to_vec()),
        part2: Some(part2),
        ..ConsentUpdate::default()
    };
    phone.edit(case, &[ConsentEdit::Record { id, fields }.into()]);
    id
}

fn for_clinic() -> ReportOptions {
    ReportOptions {
        locale: ReportLocale::EnUs,
        zone: CHICAGO.into(),
        sections: vec![RecordPart::Goals, RecordPart::Needs],
        recipient: Some("lakeside clinic".into()),
        say_left_out: false,
    }
}

fn field_of(error: Error) -> String {
    match error {
        Error::InvalidInput { field, .. } => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_recipient_is_given_is_in_the_log_of_disclosures() {
    let ((agency, _folder), phone, other) = phones();
    let case = case_with_plan(&phone);
    let consent = consent(&phone, case, &[RecordPart::Goals], false);
    let report = phone.caseweave.report(case, &for_clinic()).unwrap();
    for text in [&report.html, &report.markdown] {
        assert!(text.contains("Walk to the store") && !text.contains("Skips meals"));
    }
    phone.sync(&mut agency.network());
    other.sync(&mut agency.network());
    let log = other.case(case).disclosures;
    assert_eq!(log.len(), 1);
    assert_eq!(report.disclosures, [log[0].meta.id]);
    assert_eq!(log[0].consent, Some(consent));
    assert_eq!(log[0].at.unwrap().date_naive(), day(15));
    let told = (
        log[0].recipient.as_deref(),
        log[0].subject.as_deref(),
        log[0].purpose.as_deref(),
    );
    assert_eq!(
        told,
        (
            Some("Lakeside Clinic"),
            Some("Case summary: Goals"),
            Some("Treatment")
        )
    );
}

#[test]
fn what_may_not_be_given_is_refused_and_nothing_is_recorded() {
    let (_around, phone, _) = phones();
    let case = case_with_plan(&phone);
    let before = phone.case(case);
    let refused =
        |options: &ReportOptions| field_of(phone.caseweave.report(case, options).unwrap_err());
    assert_eq!(refused(&for_clinic()), "recipient");
    let nothing = ReportOptions {
        sections: Vec::new(),
        ..for_clinic()
    };
    assert_eq!(refused(&nothing), "sections");
    let nowhere = ReportOptions {
        zone: "Mars/Olympus".into(),
        ..for_clinic()
    };
    assert_eq!(refused(&nowhere), "zone");
    assert_eq!(phone.case(case), before);
}

#[test]
fn a_summary_for_the_workers_is_no_disclosure() {
    let (_around, phone, _) = phones();
    let case = case_with_plan(&phone);
    let own = ReportOptions {
        recipient: None,
        ..for_clinic()
    };
    let before = phone.case(case);
    let report = phone.caseweave.report(case, &own).unwrap();
    assert!(report.html.contains("Skips meals") && report.disclosures.is_empty());
    assert_eq!(phone.case(case), before);
}

#[test]
fn a_summary_marks_addenda_and_versions_in_whose_place_another_stands() {
    let (_around, phone, _) = phones();
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let note = Entries(&phone).note(case, "Calm.");
    let write = |text: &str| Entries(&phone).write(case, note, text);
    let sign = NoteEdit::Sign { id: note };
    phone.edit(case, &[sign.clone().into()]);
    write("Calm. Fell.");
    phone.edit(case, &[sign.into()]);
    let first = phone.case(case).notes[0].signed[0].meta.id;
    let settle = NoteEdit::Settle {
        id: phone.id(),
        note,
        signed_note: first,
        reason: "It was her neighbour".into(),
    };
    phone.edit(case, &[settle.into()]);
    write("Calm. Called.");
    let addendum = NoteEdit::SignAddendum {
        id: note,
        reason: "Learned the day after".into(),
    };
    phone.edit(case, &[addendum.into()]);
    let options = |locale| ReportOptions {
        locale,
        sections: vec![RecordPart::Notes],
        recipient: None,
        ..for_clinic()
    };
    for (locale, words) in [
        (ReportLocale::EnUs, ["Another version stands", "Addendum"]),
        (ReportLocale::EsUs, ["Vale otra versión", "Adenda"]),
    ] {
        let report = phone.caseweave.report(case, &options(locale)).unwrap();
        let reasons = ["It was her neighbour", "Learned the day after"];
        let texts = ["Calm.", "Calm. Fell.", "Calm. Called."];
        for text in words.iter().chain(&reasons).chain(&texts) {
            assert!(report.markdown.contains(text), "{text}");
        }
        for word in words {
            assert_eq!(report.markdown.matches(word).count(), 1, "{word}");
        }
    }
}

#[test]
fn a_consent_withdrawn_apart_ends_reports_once_it_is_known_and_what_was_given_stays_logged() {
    let ((agency, _folder), office, field) = phones();
    let case = case_with_plan(&office);
    let id = consent(&office, case, &[RecordPart::Goals], false);
    office.sync(&mut agency.network());
    field.sync(&mut agency.network());
    let reason = "Changed her mind".into();
    office.edit(case, &[ConsentEdit::Withdraw { id, reason }.into()]);
    assert_eq!(
        field_of(office.caseweave.report(case, &for_clinic()).unwrap_err()),
        "recipient"
    );
    let given = field.caseweave.report(case, &for_clinic()).unwrap();
    field.sync(&mut agency.network());
    office.sync(&mut agency.network());
    field.sync(&mut agency.network());
    assert_eq!(
        field_of(field.caseweave.report(case, &for_clinic()).unwrap_err()),
        "recipient"
    );
    for phone in [&office, &field] {
        let view = phone.case(case);
        let logged: Vec<_> = view.disclosures.iter().map(|entry| entry.meta.id).collect();
        assert_eq!(logged, given.disclosures);
        assert!(view.consents[0].withdrawn_at.is_some());
    }
}

#[test]
fn records_under_part_2_are_given_with_the_notice_and_only_by_a_consent_that_covers_them() {
    let (_around, phone, _) = phones();
    let case = case_with_plan(&phone);
    let fields = CaseUpdate {
        part2: Some(true),
        ..CaseUpdate::default()
    };
    phone.edit(case, &[CaseEdit::Update { fields }.into()]);
    consent(&phone, case, &[RecordPart::Goals], false);
    assert_eq!(
        field_of(phone.caseweave.report(case, &for_clinic()).unwrap_err()),
        "recipient"
    );
    consent(&phone, case, &[RecordPart::Goals], true);
    let report = phone.caseweave.report(case, &for_clinic()).unwrap();
    assert!(report.html.contains(NOTICE) && report.markdown.contains(NOTICE));
}

#[test]
fn the_person_gets_a_plan_in_their_language() {
    let (_around, phone, _) = phones();
    let case = case_with_plan(&phone);
    let plan = phone
        .caseweave
        .plan(case, ReportLocale::EsUs, CHICAGO)
        .unwrap();
    assert!(
        plan.html.contains("<html lang=\"es-US\">") && plan.html.contains("Lo que usted quiere")
    );
    assert!(plan.markdown.contains("Walk to the store") && !plan.markdown.contains("Skips meals"));
    assert!(phone.case(case).disclosures.is_empty());
}

fn assess(phone: &Device, case: CaseId, last: i64) {
    let id = phone.id();
    let answers = (1..=9).map(|item| ItemAnswer {
        item: item.to_string(),
        answer: Answer::Choice {
            value: if item == 9 { last } else { 0 },
        },
    });
    let start = AssessmentEdit::Start {
        id,
        instrument: "phq-9".into(),
        version: 1,
        fields: AssessmentUpdate::default(),
    };
    let answers = AssessmentEdit::RecordAnswers {
        id,
        answers: answers.collect(),
        clear: Vec::new(),
    };
    phone.edit(
        case,
        &[
            start.into(),
            answers.into(),
            AssessmentEdit::Complete { id }.into(),
        ],
    );
}

/// A visit that is planned for a moment and, if told, takes 45 minutes.
fn visit(phone: &Device, case: CaseId, at: i64, takes_place: bool) -> EntityId {
    let id = phone.id();
    let fields = VisitUpdate {
        planned_start: Some(moment(at)),
        ..VisitUpdate::default()
    };
    phone.edit(case, &[VisitEdit::Plan { id, fields }.into()]);
    let at_minute = |minutes: i64| VisitMoment {
        at: moment(at + minutes),
        zone: CHICAGO.into(),
        monotonic_ms: minutes * 60_000,
        location: Location::Missing {
            reason: NoLocationReason::NoSignal,
        },
        manual: false,
        manual_reason: None,
    };
    if takes_place {
        let check_in = VisitEdit::CheckIn {
            id: phone.id(),
            visit: id,
            moment: at_minute(0),
        };
        let check_out = VisitEdit::CheckOut {
            id: phone.id(),
            visit: id,
            moment: at_minute(45),
        };
        phone.edit(case, &[check_in.into(), check_out.into()]);
    }
    id
}

fn work(phone: &Device, case: CaseId) {
    visit(phone, case, 60, true);
    let (missed, cancelled) = (
        visit(phone, case, 120, false),
        visit(phone, case, 180, false),
    );
    let (task, late, referral, authorization) = (phone.id(), phone.id(), phone.id(), phone.id());
    let reason = || "Nobody home".to_owned();
    let task_fields = |on| TaskUpdate {
        title: Some("Call".into()),
        due_on: Some(day(on)),
        ..TaskUpdate::default()
    };
    let add = |id, on| TaskEdit::Add {
        id,
        fields: task_fields(on),
        assignee: None,
    };
    let refer = ReferralUpdate {
        service: Some("Meals".into()),
        ..ReferralUpdate::default()
    };
    let authorize = AuthorizationUpdate {
        payer: Some("State plan".into()),
        service: Some("T1019".into()),
        units: Some(40),
        since: Some(day(1)),
        ..AuthorizationUpdate::default()
    };
    let approved = AuthorizationStatus::Approved;
    phone.edit(
        case,
        &[
            VisitEdit::Miss {
                id: missed,
                reason: reason(),
            }
            .into(),
            VisitEdit::Cancel {
                id: cancelled,
                reason: reason(),
            }
            .into(),
            add(task, 20).into(),
            TaskEdit::Complete {
                id: task,
                outcome: None,
            }
            .into(),
            add(late, 14).into(),
            ReferralEdit::Add {
                id: referral,
                fields: refer,
            }
            .into(),
            ReferralEdit::SetStatus {
                id: referral,
                status: ReferralStatus::Completed,
                reason: None,
            }
            .into(),
            AuthorizationEdit::Add {
                id: authorization,
                fields: authorize,
            }
            .into(),
            AuthorizationEdit::SetStatus {
                id: authorization,
                status: approved,
                reason: None,
            }
            .into(),
            AuthorizationEdit::RecordUsage {
                id: authorization,
                visit: missed,
                service: "T1019".into(),
                units: 3,
            }
            .into(),
        ],
    );
}

/// In minutes.
const DAYS_2: i64 = 2 * 24 * 60;

fn figures(phone: &Device, from: u32, to: u32, zone: &str) -> CaseloadFigures {
    let locale = ReportLocale::EnUs;
    let report = phone
        .caseweave
        .caseload_figures(day(from), day(to), locale, zone);
    report.unwrap().figures
}

#[test]
fn the_figures_of_a_period_count_what_was_done_in_it() {
    let (_around, phone, _) = phones();
    let [rosa, luis] = ["Rosa", "Luis"].map(|name| Entries(&phone).open_case(name, "Díaz"));
    work(&phone, rosa);
    assess(&phone, rosa, 1);
    assess(&phone, luis, 0);
    let close = CaseEdit::Close {
        closed_on: day(15),
        reason: ClosureReason::GoalsMet,
        outcome: None,
    };
    phone.edit(luis, &[close.into()]);
    let reached = CommunicationUpdate {
        at: Some(moment(-DAYS_2)),
        medium: Some(Medium::Call),
        outcome: Some(CommunicationOutcome::Reached),
        ..CommunicationUpdate::default()
    };
    let call = CommunicationEdit::Add {
        id: phone.id(),
        fields: reached,
    };
    let goal = phone.id();
    let fields = GoalUpdate {
        statement: Some("Walk to church".into()),
        ..GoalUpdate::default()
    };
    let met = GoalEdit::SetAchievement {
        id: goal,
        achievement: GoalAchievement::Achieved,
    };
    let aim = GoalEdit::Add { id: goal, fields };
    phone.edit(rosa, &[call.into(), aim.into(), met.into()]);
    let expected = CaseloadFigures {
        cases_open: 1,
        cases_opened: 2,
        cases_closed: 1,
        first_contacts: 1,
        first_contact_days: 12,
        contacts_made: 1,
        goals_met: 1,
        visits_done: 1,
        visits_missed: 1,
        visits_cancelled: 1,
        visit_minutes: 45,
        tasks_done: 1,
        tasks_overdue: 1,
        assessments_done: 2,
        assessments_with_alerts: 1,
        referrals_closed: 1,
        units_approved: 40,
        units_used: 3,
        ..CaseloadFigures::none(day(1), day(30))
    };
    assert_eq!(figures(&phone, 1, 30, CHICAGO), expected);
    let before = CaseloadFigures {
        cases_open: 1,
        cases_opened: 2,
        first_contacts: 1,
        first_contact_days: 12,
        contacts_made: 1,
        tasks_overdue: 1,
        units_approved: 40,
        units_used: 3,
        ..CaseloadFigures::none(day(1), day(14))
    };
    assert_eq!(figures(&phone, 1, 14, CHICAGO), before);
    let phone = phone.restart();
    assert_eq!(figures(&phone, 1, 30, CHICAGO), expected);
}

#[test]
fn what_is_taken_back_leaves_the_figures() {
    let (_around, phone, _) = phones();
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let close = CaseEdit::Close {
        closed_on: day(15),
        reason: ClosureReason::GoalsMet,
        outcome: None,
    };
    phone.edit(case, &[close.into()]);
    let visit = visit(&phone, case, 60, true);
    let found = figures(&phone, 15, 15, CHICAGO);
    assert_eq!(
        (found.cases_closed, found.cases_open, found.visits_done),
        (1, 0, 1)
    );
    let reason = || "By mistake".to_owned();
    let reopen = CaseEdit::Reopen { reason: reason() };
    let remove = RemovalEdit::Remove {
        kind: Kind::Visit,
        id: visit,
        reason: reason(),
    };
    phone.edit(case, &[reopen.into(), remove.into()]);
    let found = figures(&phone, 15, 15, CHICAGO);
    assert_eq!(
        (found.cases_closed, found.cases_open, found.visits_done),
        (0, 1, 0)
    );
}

#[test]
fn the_zone_decides_in_which_period_a_moment_lies() {
    let (_around, phone, _) = phones();
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    // 04:00 UTC of 16 June is 23:00 of 15 June in Chicago.
    visit(&phone, case, 16 * 60, true);
    let done = |day, zone| figures(&phone, day, day, zone).visits_done;
    assert_eq!((done(15, CHICAGO), done(16, CHICAGO)), (1, 0));
    assert_eq!((done(15, "UTC"), done(16, "UTC")), (0, 1));
}

#[test]
fn a_period_that_ends_before_it_begins_is_refused() {
    let (_around, phone, _) = phones();
    let refused = phone
        .caseweave
        .caseload_figures(day(2), day(1), ReportLocale::EnUs, "UTC");
    assert_eq!(field_of(refused.unwrap_err()), "to");
}

#[test]
fn figures_name_nobody() {
    let (_around, phone, _) = phones();
    let case = case_with_plan(&phone);
    work(&phone, case);
    let report = phone
        .caseweave
        .caseload_figures(day(1), day(30), ReportLocale::EsEs, CHICAGO);
    let report = report.unwrap();
    assert!(!report.html.contains("Rosa") && !report.markdown.contains("Rosa"));
    assert!(report.html.contains("<html lang=\"es-ES\">"));
}
