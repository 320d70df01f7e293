//! The agency's settings: set at the server, told to every device once, and what they change there.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use caseweave::domain::{
    ApprovalEdit, ApprovalSubject, ApprovalUpdate, CaseEdit, ClosureReason, CorrectableField,
    CorrectionReason, Edit, EvvException, EvvStatus, VisitEdit, VisitUpdate,
};
use caseweave::settings::AgencySettings;
use caseweave::{CaseId, EntityId, Error};
use caseweave_testkit::{Agency, Device, Entries, captured};

const DAY_MS: i64 = 86_400_000;

fn set(agency: &Agency, file: &str) -> AgencySettings {
    let mut administration = agency.server().administration();
    administration
        .set_settings(agency.organisation(), file)
        .unwrap()
}

fn in_force(device: &Device) -> i64 {
    device.caseweave.settings().unwrap().version
}

/// A visit that began as many minutes late as are named, and has nothing else to look at but that.
fn visit(device: &Device, case: CaseId, late: i64) -> EntityId {
    let id = device.id();
    let fields = VisitUpdate {
        service: Some("T1019".into()),
        planned_start: Some(captured(0).at),
        ..VisitUpdate::default()
    };
    let check_in = VisitEdit::CheckIn {
        id: device.id(),
        visit: id,
        moment: captured(late),
    };
    let check_out = VisitEdit::CheckOut {
        id: device.id(),
        visit: id,
        moment: captured(late + 45),
    };
    let plan = VisitEdit::Plan { id, fields };
    device.edit(case, &[plan.into(), check_in.into(), check_out.into()]);
    id
}

fn judged(device: &Device, case: CaseId, visit: EntityId) -> (i64, EvvStatus) {
    let visits = device.case(case).visits;
    let view = visits.into_iter().find(|view| view.visit.meta.id == visit);
    let view = view.unwrap();
    (view.judged_by, view.evv)
}

#[test]
fn settings_reach_every_device_once_and_stay() {
    let mut agency = Agency::new(1);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    phone.sync(&mut agency.network());
    assert_eq!(in_force(&phone), 0);
    assert_eq!(
        *phone.caseweave.settings().unwrap(),
        AgencySettings::default()
    );

    set(&agency, r#"{"offline_lease_days": 3}"#);
    set(
        &agency,
        r#"{"offline_lease_days": 2, "evv": {"radius_m": 400}}"#,
    );
    phone.sync(&mut agency.network());
    let settings = phone.caseweave.settings().unwrap();
    assert_eq!((settings.version, settings.evv.radius_m), (2, 400));
    // One that is filled anew gets them as well, and a restart needs no network.
    tablet.sync(&mut agency.network());
    let phone = phone.restart();
    assert_eq!(in_force(&phone), 2);
    assert_eq!(
        tablet.caseweave.settings().unwrap(),
        phone.caseweave.settings().unwrap()
    );

    let mut quiet = agency.network();
    phone.sync(&mut quiet);
    assert!(quiet.bytes < 512, "told only once: {}", quiet.bytes);
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn the_offline_lease_is_as_long_as_the_agency_says() {
    let mut agency = Agency::new(2);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    set(&agency, r#"{"offline_lease_days": 2}"#);
    phone.sync(&mut agency.network());
    phone.clock.advance(2 * DAY_MS - 1_000);
    assert!(phone.caseweave.case(case).is_ok());
    phone.clock.advance(2_000);
    assert!(matches!(
        phone.caseweave.case(case),
        Err(Error::NotAllowed { .. })
    ));
    let lease = phone.caseweave.lease().unwrap();
    assert_eq!((lease.ends_at - lease.confirmed_at).num_days(), 2);
}

#[test]
fn visits_stay_judged_by_the_version_under_which_they_ended() {
    let mut agency = Agency::new(3);
    let worker = agency.worker("Ana");
    let (phone, behind) = (agency.device(worker), agency.device(worker));
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    phone.sync(&mut agency.network());
    behind.sync(&mut agency.network());
    set(&agency, r#"{"evv": {"late_minutes": 30}}"#);
    phone.sync(&mut agency.network());
    let lenient = visit(&phone, case, 20);
    let strict = visit(&behind, case, 20);
    for device in [&phone, &behind, &phone] {
        device.sync(&mut agency.network());
    }
    let late = EvvStatus::Exceptions {
        found: vec![EvvException::Late { minutes: 20 }],
    };
    for device in [&phone, &behind] {
        assert_eq!(judged(device, case, lenient), (1, EvvStatus::Complete));
        assert_eq!(judged(device, case, strict), (0, late.clone()));
    }
    // A device that comes later knows what every version judged by, and all that the newest says.
    set(&agency, r#"{"evv": {"late_minutes": 5}}"#);
    let new = agency.device(worker);
    new.sync(&mut agency.network());
    assert_eq!(judged(&new, case, lenient), (1, EvvStatus::Complete));
    assert_eq!(judged(&new, case, strict), (0, late));
    assert_eq!(in_force(&new), 2);
}

#[test]
fn own_reasons_and_instruments_work_on_a_device_that_was_told() {
    let mut agency = Agency::new(4);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let visit = visit(&phone, case, 0);
    let correct = |id| VisitEdit::Correct {
        id,
        visit,
        field: CorrectableField::Service,
        value: "S5125".into(),
        reason: CorrectionReason::from_code("flood"),
        memo: None,
    };
    let correct: Edit = correct(phone.id()).into();
    let refused = phone.caseweave.edit(case, &[correct.clone()]).unwrap_err();
    assert!(
        matches!(&refused, Error::InvalidInput { field, .. } if field == "visit_correction.reason"),
        "{refused}"
    );
    set(
        &agency,
        r#"{"reason_codes": [{"code": "flood", "text": {"en": "Flood", "es": "Inundación"}}],
            "instruments": [{"id": "org.example.falls", "version": 1, "title": {"en": "Falls"}, "source": "Own",
              "licence": {"en": "Own"}, "languages": ["en"],
              "items": [{"code": "fell", "text": {"en": "Fell?"}, "options": [{"value": 0, "text": {"en": "No"}}]}]}]}"#,
    );
    phone.sync(&mut agency.network());
    phone.edit(case, &[correct]);
    let settings = phone.caseweave.settings().unwrap();
    assert_eq!(settings.reason_codes[0].text["es"], "Inundación");
    let instrument = phone.caseweave.instrument("org.example.falls", None);
    assert_eq!(instrument.unwrap().items.len(), 1);
    // A later version that does not name the instrument does not take it away.
    set(&agency, "{}");
    let tablet = agency.device(worker);
    tablet.sync(&mut agency.network());
    assert!(
        tablet
            .caseweave
            .instrument("org.example.falls", Some(1))
            .is_ok()
    );
    assert!(tablet.caseweave.settings().unwrap().reason_codes.is_empty());
}

#[test]
fn a_case_is_closed_after_somebody_else_approved_where_the_agency_asks() {
    let mut agency = Agency::new(5);
    let (ana, eve) = (agency.worker("Ana"), agency.worker("Eve"));
    set(&agency, r#"{"approvals": {"closure": true}}"#);
    let (phone, office) = (agency.device(ana), agency.device(eve));
    phone.sync(&mut agency.network());
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let close: Edit = CaseEdit::Close {
        closed_on: "2026-06-15".parse().unwrap(),
        reason: ClosureReason::GoalsMet,
        outcome: None,
    }
    .into();
    let refused = phone.caseweave.edit(case, &[close.clone()]).unwrap_err();
    assert!(matches!(&refused, Error::InvalidInput { field, .. } if field == "case.status"));
    let id = phone.id();
    let fields = ApprovalUpdate {
        subject: Some(ApprovalSubject::Closure),
        ..ApprovalUpdate::default()
    };
    phone.edit(case, &[ApprovalEdit::Add { id, fields }.into()]);
    let approve: Edit = ApprovalEdit::SetStatus {
        id,
        status: caseweave::domain::ApprovalStatus::Approved,
        reason: None,
    }
    .into();
    let refused = phone.caseweave.edit(case, &[approve.clone()]).unwrap_err();
    assert!(matches!(&refused, Error::InvalidInput { field, .. } if field == "approval.status"));
    let contributor = caseweave::Role::Contributor;
    phone.caseweave.share(case, eve, contributor, None).unwrap();
    phone.sync(&mut agency.network());
    office.sync(&mut agency.network());
    office.edit(case, &[approve]);
    office.sync(&mut agency.network());
    phone.sync(&mut agency.network());
    phone.edit(case, &[close]);
}

#[test]
fn a_server_that_was_set_back_puts_its_settings_in_force_again() {
    let mut agency = Agency::new(6);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    set(&agency, r#"{"offline_lease_days": 2}"#);
    let backup = agency.backup();
    set(&agency, r#"{"offline_lease_days": 3}"#);
    phone.sync(&mut agency.network());
    assert_eq!(in_force(&phone), 2);
    agency.restore(&backup);
    phone.sync(&mut agency.network());
    let settings = phone.caseweave.settings().unwrap();
    assert_eq!((settings.version, settings.offline_lease_days), (1, 2));
}

#[test]
fn a_listener_hears_of_new_settings_and_of_nothing_else() {
    let mut agency = Agency::new(7);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    phone.sync(&mut agency.network());
    let heard = Arc::new(AtomicU32::new(0));
    let calls = Arc::clone(&heard);
    phone.caseweave.on_change(move || {
        calls.fetch_add(1, Ordering::Relaxed);
    });
    phone.sync(&mut agency.network());
    assert_eq!(heard.load(Ordering::Relaxed), 0);
    set(&agency, r#"{"evv": {"worker_signs": true}}"#);
    phone.sync(&mut agency.network());
    assert_eq!(heard.load(Ordering::Relaxed), 1);
}
