//! Electronic visit verification on devices: overdue check-outs, and the export for payers.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::domain::{
    AddressEdit, AddressUpdate, AddressUse, AuthorizationEdit, AuthorizationStatus,
    AuthorizationUpdate, CaseEdit, CaseUpdate, ConsentEdit, ConsentUpdate, CorrectableField,
    CorrectionReason, IdentifierEdit, IdentifierUpdate, Location, NoLocationReason,
    NoSignatureReason, PersonSignature, Place, RecordPart, VisitEdit, VisitMoment, VisitUpdate,
};
use caseweave::report::EvvFormat;
use caseweave::{CaseId, EntityId, Error, EvvQuery};
use caseweave_testkit::{Agency, Device, Entries, captured, moment};

const MINUTE_MS: i64 = 60_000;

fn query(from: &str, to: &str) -> EvvQuery {
    EvvQuery {
        first_day: from.parse().unwrap(),
        last_day: to.parse().unwrap(),
        zone: "America/Chicago".into(),
        worker: None,
        payer: None,
    }
}

fn plan(device: &Device, case: CaseId, fields: VisitUpdate) -> EntityId {
    let id = device.id();
    device.edit(case, &[VisitEdit::Plan { id, fields }.into()]);
    id
}

fn check_in(device: &Device, case: CaseId, visit: EntityId, moment: VisitMoment) {
    let id = device.id();
    device.edit(case, &[VisitEdit::CheckIn { id, visit, moment }.into()]);
}

fn check_out(device: &Device, case: CaseId, visit: EntityId, moment: VisitMoment) {
    let id = device.id();
    device.edit(case, &[VisitEdit::CheckOut { id, visit, moment }.into()]);
}

/// A case whose words a spreadsheet could take for something else, with a visit that has every sort of thing to tell.
fn telling_case(phone: &Device) -> CaseId {
    let case = Entries(phone).open_case("=HYPERLINK(\"http://x\")", "Díaz, \"Rosa\"");
    let home = phone.id();
    let address = AddressUpdate {
        line: Some("1 Elm St".into()),
        latitude: Some(41.88),
        longitude: Some(-87.63),
        ..AddressUpdate::default()
    };
    let identifier = IdentifierUpdate {
        system: Some("Medicaid".into()),
        value: Some("0042".into()),
        ..IdentifierUpdate::default()
    };
    let authorization = phone.id();
    let authorized = AuthorizationUpdate {
        payer: Some("State plan".into()),
        service: Some("T1019".into()),
        units: Some(40),
        ..AuthorizationUpdate::default()
    };
    phone.edit(
        case,
        &[
            AddressEdit::Add {
                id: home,
                fields: address,
            }
            .into(),
            IdentifierEdit::Add {
                id: phone.id(),
                fields: identifier,
            }
            .into(),
            AuthorizationEdit::Add {
                id: authorization,
                fields: authorized,
            }
            .into(),
            AuthorizationEdit::SetStatus {
                id: authorization,
                status: AuthorizationStatus::Approved,
                reason: None,
            }
            .into(),
        ],
    );
    let visit = plan(
        phone,
        case,
        VisitUpdate {
            service: Some("T1019".into()),
            place: Some(Place::Home),
            address: Some(home),
            planned_start: Some(moment(0)),
            planned_end: Some(moment(60)),
            ..VisitUpdate::default()
        },
    );
    check_in(phone, case, visit, captured(20));
    check_out(phone, case, visit, captured(60));
    phone.edit(
        case,
        &[
            VisitEdit::Correct {
                id: phone.id(),
                visit,
                field: CorrectableField::Start,
                value: moment(10).to_rfc3339(),
                reason: CorrectionReason::ForgotStart,
                memo: Some("talked at the door,\nthen checked in".into()),
            }
            .into(),
            VisitEdit::RecordSignature {
                id: phone.id(),
                visit,
                signature: PersonSignature::Missing {
                    reason: NoSignatureReason::Unable,
                    memo: None,
                },
            }
            .into(),
            AuthorizationEdit::RecordUsage {
                id: authorization,
                visit,
                service: "T1019".into(),
                units: 3,
            }
            .into(),
            VisitEdit::Sign { id: visit }.into(),
        ],
    );
    // Under way still, without a fix.
    let open = plan(phone, case, VisitUpdate::default());
    let nowhere = VisitMoment {
        location: Location::Missing {
            reason: NoLocationReason::NoSignal,
        },
        ..captured(120)
    };
    check_in(phone, case, open, nowhere);
    case
}

#[test]
fn visits_are_exported_with_their_six_points_and_what_is_to_be_seen() {
    let mut agency = Agency::new(1);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    telling_case(&phone);
    let query = query("2026-06-15", "2026-06-15");
    let export = |format| phone.caseweave.evv_export(&query, format).unwrap();
    insta::assert_snapshot!("evv_csv", export(EvvFormat::Csv));
    insta::assert_snapshot!("evv_json", export(EvvFormat::Json));
}

#[test]
fn an_export_holds_what_is_asked_for_and_what_the_worker_may_read() {
    let mut agency = Agency::new(2);
    let (ana, ben) = (agency.worker("Ana"), agency.worker("Ben"));
    let (phone, other) = (agency.device(ana), agency.device(ben));
    telling_case(&phone);
    phone.sync(&mut agency.network());
    other.sync(&mut agency.network());
    let count = |device: &Device, query: &EvvQuery| {
        device.caseweave.evv_report(query).unwrap().visits.len()
    };
    let day = query("2026-06-15", "2026-06-15");
    assert_eq!(count(&phone, &day), 2);
    assert_eq!(count(&other, &day), 0);
    assert_eq!(count(&phone, &query("2026-06-14", "2026-06-14")), 0);
    assert_eq!(count(&phone, &query("2026-01-01", "2026-12-31")), 2);
    let of_payer = EvvQuery {
        payer: Some("State plan".into()),
        ..day.clone()
    };
    assert_eq!(count(&phone, &of_payer), 1);
    let of_ben = EvvQuery {
        worker: Some(ben),
        ..day.clone()
    };
    assert_eq!(count(&phone, &of_ben), 0);
    // The same moments are another day elsewhere.
    let in_auckland = EvvQuery {
        zone: "Pacific/Auckland".into(),
        ..day.clone()
    };
    assert_eq!(count(&phone, &in_auckland), 0);
}

#[test]
fn a_payer_gets_visits_of_substance_use_treatment_by_consent_only() {
    let mut agency = Agency::new(7);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = telling_case(&phone);
    let fields = CaseUpdate {
        part2: Some(true),
        ..CaseUpdate::default()
    };
    phone.edit(case, &[CaseEdit::Update { fields }.into()]);
    let exported = |payer: Option<&str>| {
        let query = EvvQuery {
            payer: payer.map(str::to_owned),
            ..query("2026-06-15", "2026-06-15")
        };
        let report = phone.caseweave.evv_report(&query).unwrap();
        (report.visits.len(), report.withheld)
    };
    let agree = |part2, covers| {
        let fields = ConsentUpdate {
            recipient: Some("state  PLAN".into()),
            subject: Some("What is billed".into()),
            part2: Some(part2),
            covers: Some(vec![covers]),
            ..ConsentUpdate::default()
        };
        let id = phone.id();
        phone.edit(case, &[ConsentEdit::Record { id, fields }.into()]);
        exported(Some("State plan"))
    };
    assert_eq!(exported(None), (2, 0), "within the agency");
    assert_eq!(exported(Some("State plan")), (0, 1));
    assert_eq!(agree(true, RecordPart::Goals), (0, 1));
    assert_eq!(agree(false, RecordPart::Visits), (0, 1));
    assert_eq!(agree(true, RecordPart::Visits), (1, 0));
}

#[test]
fn a_visit_under_the_wrong_worker_is_corrected_and_exported_under_the_right_one() {
    let mut agency = Agency::new(6);
    let (ana, ben) = (agency.worker("Ana"), agency.worker("Ben"));
    let phone = agency.device(ana);
    phone.sync(&mut agency.network());
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let visit = plan(&phone, case, VisitUpdate::default());
    check_in(&phone, case, visit, captured(0));
    check_out(&phone, case, visit, captured(60));
    let exported = |worker| {
        let query = EvvQuery {
            worker: Some(worker),
            ..query("2026-06-15", "2026-06-15")
        };
        phone.caseweave.evv_report(&query).unwrap().visits
    };
    assert_eq!((exported(ana).len(), exported(ben).len()), (1, 0));
    let correction = VisitEdit::Correct {
        id: phone.id(),
        visit,
        field: CorrectableField::Worker,
        value: ben.to_string(),
        reason: CorrectionReason::StaffChange,
        memo: None,
    };
    phone.edit(case, &[correction.into()]);
    assert_eq!(exported(ana), []);
    let record = exported(ben).remove(0);
    assert_eq!(record.provider_name.as_deref(), Some("Ben"));
    let corrections = record.corrections.iter();
    let told: Vec<_> = corrections
        .map(|one| (one.field.as_str(), one.value.as_str(), one.by))
        .collect();
    assert_eq!(told, [("worker", ben.to_string().as_str(), Some(ana))]);
}

#[test]
fn a_period_or_zone_that_cannot_be_is_refused() {
    let mut agency = Agency::new(3);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let nowhere = EvvQuery {
        zone: "Mars/Base".into(),
        ..query("2026-06-15", "2026-06-15")
    };
    let cases = [
        (nowhere, "zone"),
        (query("2026-06-15", "2026-06-14"), "last_day"),
        (query("2026-01-01", "2027-01-03"), "last_day"),
        (query("-9999-01-01", "-9999-01-01"), "first_day"),
    ];
    for (query, field) in cases {
        let refused = phone.caseweave.evv_report(&query).unwrap_err();
        let names = matches!(&refused, Error::InvalidInput { field: named, .. } if named == field);
        assert!(names, "{query:?}: {refused}");
    }
    assert!(
        phone
            .caseweave
            .evv_report(&query("2026-01-01", "2027-01-02"))
            .is_ok()
    );
}

#[test]
fn where_a_shelter_is_stays_in_the_agency() {
    let mut agency = Agency::new(4);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let shelter = phone.id();
    let address = AddressUpdate {
        line: Some("Not to be told".into()),
        usage: Some(AddressUse::Shelter),
        ..AddressUpdate::default()
    };
    phone.edit(
        case,
        &[AddressEdit::Add {
            id: shelter,
            fields: address,
        }
        .into()],
    );
    let fields = VisitUpdate {
        address: Some(shelter),
        ..VisitUpdate::default()
    };
    let visit = plan(&phone, case, fields);
    check_in(&phone, case, visit, captured(0));
    check_out(&phone, case, visit, captured(30));
    let query = query("2026-06-15", "2026-06-15");
    for format in [EvvFormat::Csv, EvvFormat::Json] {
        let text = phone.caseweave.evv_export(&query, format).unwrap();
        assert!(
            !text.contains("41.88") && !text.contains("Not to be told"),
            "{text}"
        );
    }
}

#[test]
fn a_check_out_is_overdue_where_the_agencys_time_is_over() {
    let mut agency = Agency::new(5);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let planned = VisitUpdate {
        planned_start: Some(moment(0)),
        planned_end: Some(moment(60)),
        ..VisitUpdate::default()
    };
    let planned = plan(&phone, case, planned);
    let unplanned = plan(&phone, case, VisitUpdate::default());
    let late = VisitUpdate {
        planned_start: Some(moment(0)),
        planned_end: Some(moment(60)),
        ..VisitUpdate::default()
    };
    let late = plan(&phone, case, late);
    check_in(&phone, case, planned, captured(0));
    check_in(&phone, case, unplanned, captured(0));
    // Who comes at half past stays an hour from then.
    check_in(&phone, case, late, captured(30));
    let overdue = |minute: i64| -> Vec<EntityId> {
        // A second before, for a device's clock goes on while it is read.
        let at = moment(0).timestamp_millis() + minute * MINUTE_MS;
        phone.clock.set(at - 1_000);
        let rows = phone.caseweave.overdue_check_outs().unwrap();
        rows.iter().map(|row| row.id).collect()
    };
    assert_eq!(overdue(90), []);
    assert_eq!(overdue(91), [planned]);
    assert_eq!(overdue(120), [planned]);
    assert_eq!(overdue(121), [planned, late]);
    check_out(&phone, case, late, captured(122));
    assert_eq!(overdue(240), [planned]);
    assert_eq!(overdue(241), [planned, unplanned]);
    check_out(&phone, case, planned, captured(300));
    assert_eq!(overdue(300), [unplanned]);

    let mut administration = agency.server().administration();
    let later = r#"{"worklist": {"longest_visit_minutes": 480}}"#;
    administration
        .set_settings(agency.organisation(), later)
        .unwrap();
    drop(administration);
    phone.sync(&mut agency.network());
    assert_eq!(overdue(480), []);
    assert_eq!(overdue(481), [unplanned]);
}
