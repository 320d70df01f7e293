//! Visits judged, signed and corrected by the agency's rules, and what the agency has approved.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::worker::{Worker, ids};
use super::*;
use crate::domain::*;
use crate::settings::{AgencySettings, ApprovalRules, EvvSettings, ReasonCode};

const VISIT: u8 = 10;
const HOME: u8 = 30;
/// Metres of one degree of latitude on the mean sphere.
const DEGREE_M: f64 = 111_195.08;

fn told(worker: &mut Worker, settings: AgencySettings) {
    assert_eq!(worker.rules.tell(settings), []);
}

fn settings(version: i64, evv: EvvSettings) -> AgencySettings {
    AgencySettings {
        version,
        evv,
        ..AgencySettings::default()
    }
}

fn at(moment: &str) -> DateTime<Utc> {
    moment.parse().unwrap()
}

/// What a visit is told to be; what is not named is as planned, at home, on time, with nothing to look at.
struct Course {
    planned: [&'static str; 2],
    began: &'static str,
    ended: &'static str,
    /// What the monotonic clock says beside the wall clock, in milliseconds.
    drift_ms: i64,
    metres_north: f64,
    accuracy_m: f64,
    service: Option<&'static str>,
    place: Place,
    manual: Option<Option<CorrectionReason>>,
    location: Option<Location>,
}

impl Default for Course {
    fn default() -> Self {
        Self {
            planned: ["2026-06-15T15:00:00Z", "2026-06-15T16:00:00Z"],
            began: "2026-06-15T15:00:00Z",
            ended: "2026-06-15T16:00:00Z",
            drift_ms: 0,
            metres_north: 0.0,
            accuracy_m: 0.0,
            service: Some("T1019"),
            place: Place::Home,
            manual: None,
            location: None,
        }
    }
}

impl Course {
    fn moment(&self, when: &str, drift_ms: i64) -> VisitMoment {
        let fix = Location::Fix {
            latitude: 41.0 + self.metres_north / DEGREE_M,
            longitude: -87.0,
            accuracy_m: self.accuracy_m,
            mocked: false,
        };
        VisitMoment {
            at: at(when),
            zone: "America/Chicago".into(),
            monotonic_ms: ((at(when) - at(self.began)).num_milliseconds() + drift_ms).max(0),
            location: self.location.clone().unwrap_or(fix),
            manual: self.manual.is_some(),
            manual_reason: self.manual.clone().flatten(),
        }
    }

    fn planned(&self, address: Option<EntityId>) -> Edit {
        let [start, end] = self.planned.map(at);
        let fields = VisitUpdate {
            planned_start: Some(start),
            planned_end: Some(end),
            service: self.service.map(str::to_owned),
            place: Some(self.place.clone()),
            address,
            ..VisitUpdate::default()
        };
        VisitEdit::Plan {
            id: ids::entity(VISIT),
            fields,
        }
        .into()
    }

    fn edits(&self) -> Vec<Edit> {
        self.edits_at(Some(ids::entity(HOME)))
    }

    fn edits_at(&self, address: Option<EntityId>) -> Vec<Edit> {
        let visit = ids::entity(VISIT);
        let check_in = VisitEdit::CheckIn {
            id: ids::entity(11),
            visit,
            moment: self.moment(self.began, 0),
        };
        let check_out = VisitEdit::CheckOut {
            id: ids::entity(12),
            visit,
            moment: self.moment(self.ended, self.drift_ms),
        };
        vec![self.planned(address), check_in.into(), check_out.into()]
    }

    /// A worker who has made the visit.
    fn made(&self, rules: AgencySettings) -> Worker {
        let mut ana = Worker::new(1);
        if rules.version > 0 {
            told(&mut ana, rules);
        }
        ana.open_case();
        let home = AddressUpdate {
            line: Some("1 Elm St".into()),
            latitude: Some(41.0),
            longitude: Some(-87.0),
            ..AddressUpdate::default()
        };
        ana.edit(&[AddressEdit::Add {
            id: ids::entity(HOME),
            fields: home,
        }
        .into()]);
        ana.edit(&self.edits());
        ana
    }

    fn exceptions(&self, rules: AgencySettings) -> Vec<EvvException> {
        found(&self.made(rules))
    }
}

fn found(worker: &Worker) -> Vec<EvvException> {
    match worker.view().visits.remove(0).evv {
        EvvStatus::Exceptions { found } => found,
        EvvStatus::Complete => Vec::new(),
        EvvStatus::Open => panic!("the visit has not ended"),
    }
}

fn visit(worker: &Worker) -> VisitView {
    worker.view().visits.remove(0)
}

fn field_of(refused: &EditError) -> &str {
    match refused {
        EditError::Invalid {
            reason: Invalid::Field { field, .. },
            ..
        } => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_exception_begins_where_its_tolerance_ends() {
    use EvvException::{ClockMoved, Early, EndsBeforeStart, Late, OutsideRadius, Short};
    let course = Course::default;
    let cases: [(Course, &[EvvException]); 17] = [
        (course(), &[]),
        (
            Course {
                began: "2026-06-15T14:45:00Z",
                ..course()
            },
            &[],
        ),
        (
            Course {
                began: "2026-06-15T14:44:01Z",
                ..course()
            },
            &[],
        ),
        (
            Course {
                began: "2026-06-15T14:44:00Z",
                ..course()
            },
            &[Early { minutes: 16 }],
        ),
        (
            Course {
                began: "2026-06-15T15:15:59Z",
                ended: "2026-06-15T16:15:59Z",
                ..course()
            },
            &[],
        ),
        (
            Course {
                began: "2026-06-15T15:16:00Z",
                ended: "2026-06-15T16:16:00Z",
                ..course()
            },
            &[Late { minutes: 16 }],
        ),
        (
            Course {
                ended: "2026-06-15T15:53:00Z",
                ..course()
            },
            &[],
        ),
        (
            Course {
                ended: "2026-06-15T15:52:00Z",
                ..course()
            },
            &[Short { minutes: 8 }],
        ),
        (
            Course {
                ended: "2026-06-15T14:59:00Z",
                ..course()
            },
            &[EndsBeforeStart],
        ),
        (
            Course {
                drift_ms: 60_999,
                ..course()
            },
            &[],
        ),
        (
            Course {
                drift_ms: 61_000,
                ..course()
            },
            &[ClockMoved { seconds: 61 }],
        ),
        (
            Course {
                drift_ms: -61_000,
                ..course()
            },
            &[ClockMoved { seconds: 61 }],
        ),
        (
            Course {
                metres_north: 149.0,
                ..course()
            },
            &[],
        ),
        (
            Course {
                metres_north: 152.0,
                ..course()
            },
            &[OutsideRadius { metres: 152 }],
        ),
        (
            Course {
                metres_north: 170.0,
                accuracy_m: 25.0,
                ..course()
            },
            &[],
        ),
        (
            Course {
                metres_north: 200.0,
                accuracy_m: 25.0,
                ..course()
            },
            &[OutsideRadius { metres: 200 }],
        ),
        // By phone there is no place.
        (
            Course {
                metres_north: 9_000.0,
                place: Place::Phone,
                ..course()
            },
            &[],
        ),
    ];
    for (number, (course, expected)) in cases.into_iter().enumerate() {
        assert_eq!(
            course.exceptions(AgencySettings::default()),
            expected,
            "row {number}"
        );
    }
}

#[test]
fn what_is_missing_is_an_exception_and_never_blocks() {
    use EvvException::{ManualTime, MockedLocation, NoLocation, NoService, Unexplained};
    let nowhere = Location::Missing {
        reason: NoLocationReason::NoSignal,
    };
    let mocked = Location::Fix {
        latitude: 41.0,
        longitude: -87.0,
        accuracy_m: 5.0,
        mocked: true,
    };
    let typed = Some(CorrectionReason::ForgotStart);
    let cases: [(Course, &[EvvException]); 5] = [
        (
            Course {
                location: Some(nowhere),
                ..Course::default()
            },
            &[NoLocation],
        ),
        (
            Course {
                location: Some(mocked),
                ..Course::default()
            },
            &[MockedLocation],
        ),
        (
            Course {
                service: None,
                ..Course::default()
            },
            &[NoService],
        ),
        (
            Course {
                manual: Some(typed),
                ..Course::default()
            },
            &[ManualTime],
        ),
        (
            Course {
                manual: Some(None),
                ..Course::default()
            },
            &[ManualTime, Unexplained],
        ),
    ];
    for (number, (course, expected)) in cases.into_iter().enumerate() {
        assert_eq!(
            course.exceptions(AgencySettings::default()),
            expected,
            "row {number}"
        );
    }
}

#[test]
fn a_clock_is_seen_to_move_between_two_pressed_events_of_one_device_only() {
    let moved = || Course {
        drift_ms: 300_000,
        ..Course::default()
    };
    let seconds = 300;
    assert_eq!(
        moved().exceptions(AgencySettings::default()),
        [EvvException::ClockMoved { seconds }]
    );
    let typed = Course {
        manual: Some(Some(CorrectionReason::ForgotEnd)),
        ..moved()
    };
    assert_eq!(
        typed.exceptions(AgencySettings::default()),
        [EvvException::ManualTime]
    );
    let mut ana = Worker::new(1);
    ana.open_case();
    let [planned, check_in, check_out] = moved().edits().try_into().unwrap();
    ana.edit(&[planned, check_in]);
    let mut other_phone = Worker::joining(2, &ana);
    other_phone.edit(&[check_out]);
    assert_eq!(found(&other_phone), []);
}

#[test]
fn a_visit_over_a_clock_change_is_as_long_as_it_took() {
    // In Chicago 2026-11-01 has 02:00 twice and 2026-03-08 has no 02:30: moments, not wall readings, are compared.
    let autumn = Course {
        planned: ["2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z"],
        began: "2026-11-01T06:30:00Z",
        ended: "2026-11-01T07:30:00Z",
        ..Course::default()
    };
    let spring = Course {
        planned: ["2026-03-08T07:30:00Z", "2026-03-08T08:30:00Z"],
        began: "2026-03-08T07:30:00Z",
        ended: "2026-03-08T08:30:00Z",
        ..Course::default()
    };
    for course in [autumn, spring] {
        assert_eq!(course.exceptions(AgencySettings::default()), []);
    }
}

fn moved_north(metres: f64) -> Edit {
    let fields = AddressUpdate {
        latitude: Some(41.0 + metres / DEGREE_M),
        ..AddressUpdate::default()
    };
    let id = ids::entity(HOME);
    AddressEdit::Update { id, fields }.into()
}

#[test]
fn a_visit_stays_judged_by_where_the_person_lived_when_it_was_made() {
    let mut ana = Course::default().made(AgencySettings::default());
    ana.edit(&[sign()]);
    ana.edit(&[moved_north(9_000.0)]);
    assert_eq!(found(&ana), []);
    assert!(visit(&ana).signed[0].intact);

    let strayed = Course {
        metres_north: 400.0,
        ..Course::default()
    };
    let mut ana = strayed.made(AgencySettings::default());
    ana.edit(&[moved_north(400.0)]);
    assert_eq!(found(&ana), [EvvException::OutsideRadius { metres: 400 }]);
}

#[test]
fn a_visit_at_home_that_names_no_address_is_judged_by_where_the_person_lives() {
    let strayed = |place: Place| {
        let mut ana = Worker::new(1);
        ana.open_case();
        let home = AddressUpdate {
            line: Some("1 Elm St".into()),
            usage: Some(AddressUse::Home),
            latitude: Some(41.0),
            longitude: Some(-87.0),
            ..AddressUpdate::default()
        };
        let id = ids::entity(HOME);
        ana.edit(&[AddressEdit::Add { id, fields: home }.into()]);
        let course = Course {
            metres_north: 400.0,
            place,
            ..Course::default()
        };
        ana.edit(&course.edits_at(None));
        found(&ana)
    };
    let far = EvvException::OutsideRadius { metres: 400 };
    assert_eq!(strayed(Place::Home), [far]);
    assert_eq!(strayed(Place::Community), []);
}

#[test]
fn a_visit_stays_judged_by_the_settings_under_which_it_ended() {
    let strict = EvvSettings {
        radius_m: 50,
        ..EvvSettings::default()
    };
    let course = Course {
        metres_north: 100.0,
        ..Course::default()
    };
    let mut ana = course.made(settings(3, strict));
    let outside = [EvvException::OutsideRadius { metres: 100 }];
    assert_eq!(found(&ana), outside);
    assert_eq!(visit(&ana).judged_by, 3);
    told(&mut ana, settings(4, EvvSettings::default()));
    assert_eq!(found(&ana), outside);
    // A device that is behind judges by the last version it has, and says so.
    let behind = Worker::joining(2, &ana);
    assert_eq!(found(&behind), []);
    assert_eq!(visit(&behind).judged_by, 0);
    assert_eq!(visit(&behind).events[1].settings, Some(3));
}

#[test]
fn an_assessment_names_the_settings_under_which_it_was_begun() {
    let mut ana = Worker::new(1);
    told(&mut ana, settings(3, EvvSettings::default()));
    ana.open_case();
    ana.edit(&[AssessmentEdit::Start {
        id: ids::entity(50),
        instrument: "phq-9".into(),
        version: 1,
        fields: AssessmentUpdate::default(),
    }
    .into()]);
    assert_eq!(ana.view().assessments[0].assessment.settings, Some(3));
}

fn corrected(
    number: u8,
    field: CorrectableField,
    value: &str,
    reason: CorrectionReason,
    memo: Option<&str>,
) -> Edit {
    VisitEdit::Correct {
        id: ids::entity(number),
        visit: ids::entity(VISIT),
        field,
        value: value.into(),
        reason,
        memo: memo.map(str::to_owned),
    }
    .into()
}

fn flood() -> CorrectionReason {
    CorrectionReason::from_code("flood")
}

#[test]
fn a_correction_gives_a_reason_that_the_agency_knows() {
    let mut ana = Course::default().made(AgencySettings::default());
    let correct = |reason, memo| corrected(40, CorrectableField::Service, "S5125", reason, memo);
    let refused = ana.try_edit(&[correct(flood(), None)]).unwrap_err();
    assert_eq!(field_of(&refused), "visit_correction.reason");
    let refused = ana.try_edit(&[correct(CorrectionReason::Unlisted, None)]);
    assert_eq!(field_of(&refused.unwrap_err()), "visit_correction.memo");
    let own = ReasonCode {
        code: "flood".into(),
        text: [("en".to_owned(), "Flood".to_owned())].into(),
        memo: true,
    };
    let with_codes = AgencySettings {
        version: 1,
        reason_codes: vec![own],
        ..AgencySettings::default()
    };
    told(&mut ana, with_codes);
    let refused = ana.try_edit(&[correct(flood(), None)]).unwrap_err();
    assert_eq!(field_of(&refused), "visit_correction.memo");
    ana.edit(&[correct(flood(), Some("The bridge was closed"))]);
    // A device that has not got those settings shows the code as it came.
    let ben = Worker::joining(2, &ana);
    assert_eq!(visit(&ben).corrections[0].reason, Some(flood()));
    assert_eq!(found(&ben), [EvvException::Corrected]);
}

#[test]
fn corrected_facts_are_judged_and_the_originals_stay() {
    let course = Course {
        began: "2026-06-15T15:30:00Z",
        ended: "2026-06-15T16:30:00Z",
        service: None,
        ..Course::default()
    };
    let mut ana = course.made(AgencySettings::default());
    let late = EvvException::Late { minutes: 30 };
    assert_eq!(found(&ana), [late, EvvException::NoService]);
    let forgot = CorrectionReason::ForgotStart;
    let start = "2026-06-15T10:00:00-05:00";
    ana.edit(&[
        corrected(40, CorrectableField::Start, start, forgot, None),
        corrected(
            41,
            CorrectableField::Service,
            "T1019",
            CorrectionReason::DataEntry,
            None,
        ),
    ]);
    assert_eq!(found(&ana), [EvvException::Corrected]);
    let view = visit(&ana);
    assert_eq!(view.started_at, Some(at("2026-06-15T15:00:00Z")));
    assert_eq!(view.service.as_deref(), Some("T1019"));
    assert_eq!(view.events[0].at, Some(at("2026-06-15T15:30:00Z")));
}

#[test]
fn the_worker_is_corrected_to_whoever_came_and_that_one_signs() {
    let rules = settings(
        1,
        EvvSettings {
            worker_signs: true,
            ..EvvSettings::default()
        },
    );
    let mut ana = Course::default().made(rules.clone());
    ana.edit(&[sign()]);
    assert_eq!(visit(&ana).worker, Some(ids::worker(1)));
    let wrong = |value: &str| {
        corrected(
            40,
            CorrectableField::Worker,
            value,
            CorrectionReason::StaffChange,
            None,
        )
    };
    let refused = ana.try_edit(&[wrong("Ben")]).unwrap_err();
    assert_eq!(field_of(&refused), "visit_correction.value");
    ana.edit(&[wrong(&ids::worker(2).to_string())]);
    let view = visit(&ana);
    assert_eq!(view.worker, Some(ids::worker(2)));
    assert_eq!(view.events[0].worker, Some(ids::worker(1)));
    let not_signed = [EvvException::Corrected, EvvException::NotSigned];
    assert_eq!(found(&ana), not_signed);
    let mut ben = Worker::joining(2, &ana);
    told(&mut ben, rules);
    ben.edit(&[sign()]);
    assert_eq!(found(&ben), [EvvException::Corrected]);
}

fn picture(id: u8, sort: AttachmentKind) -> Edit {
    AttachmentEdit::Add {
        id: ids::entity(id),
        fields: AttachmentUpdate {
            name: Some("Signature".into()),
            sort: Some(sort),
            ..AttachmentUpdate::default()
        },
        content: AttachmentContent {
            media_type: "image/png".into(),
            size: 2_000,
            hash: "ab".repeat(32),
        },
    }
    .into()
}

fn signature(id: u8, signature: PersonSignature) -> Edit {
    VisitEdit::RecordSignature {
        id: ids::entity(id),
        visit: ids::entity(VISIT),
        signature,
    }
    .into()
}

fn drawn(attachment: u8) -> PersonSignature {
    PersonSignature::Drawn {
        attachment: ids::entity(attachment),
        signer: SignerRole::Guardian,
        name: Some("Elena Díaz".into()),
        at: at("2026-06-15T15:58:00Z"),
    }
}

fn sign() -> Edit {
    VisitEdit::Sign {
        id: ids::entity(VISIT),
    }
    .into()
}

#[test]
fn a_persons_signature_names_its_picture_by_digest() {
    let mut ana = Course::default().made(AgencySettings::default());
    ana.edit(&[
        picture(60, AttachmentKind::Photo),
        picture(61, AttachmentKind::Signature),
    ]);
    let refused = ana.try_edit(&[signature(62, drawn(60))]).unwrap_err();
    assert_eq!(field_of(&refused), "visit_signature.attachment");
    ana.edit(&[signature(62, drawn(61))]);
    let recorded = visit(&ana).signatures.remove(0);
    assert_eq!(recorded.digest, Some("ab".repeat(32)));
    assert_eq!(recorded.signer, Some(SignerRole::Guardian));
    let remove = RemovalEdit::Remove {
        kind: Kind::VisitSignature,
        id: ids::entity(62),
        reason: "no".into(),
    };
    assert!(ana.try_edit(&[remove.into()]).is_err());
}

#[test]
fn signatures_are_missed_only_where_the_agency_asks_for_them() {
    use EvvException::{NoSignature, NotSigned};
    let asks = EvvSettings {
        worker_signs: true,
        person_signs: true,
        ..EvvSettings::default()
    };
    let mut ana = Course::default().made(settings(1, asks));
    assert_eq!(found(&ana), [NotSigned, NoSignature]);
    let refused = PersonSignature::Missing {
        reason: NoSignatureReason::Refused,
        memo: None,
    };
    ana.edit(&[signature(62, refused)]);
    assert_eq!(found(&ana), [NotSigned]);
    ana.edit(&[sign()]);
    assert_eq!(found(&ana), []);
}

/// Each row: a field, a value for it, and whether it stands from check-in on; all stand from check-out on.
#[test]
fn what_a_visit_is_judged_by_is_not_bent_after_the_fact() {
    use VisitField::{Address, Place, PlannedEnd, PlannedOn, PlannedStart, Service};
    let rows = [
        ("planned_on", json!("2026-06-16"), PlannedOn, true),
        (
            "planned_start",
            json!("2026-06-15T15:30:00Z"),
            PlannedStart,
            true,
        ),
        (
            "planned_end",
            json!("2026-06-15T15:40:00Z"),
            PlannedEnd,
            true,
        ),
        ("place", json!("Phone"), Place, false),
        ("address", json!(ids::entity(31)), Address, false),
        ("service", json!("S5125"), Service, false),
    ];
    let mut ana = Worker::new(1);
    ana.open_case();
    for (stage, edit) in Course::default().edits().into_iter().enumerate() {
        ana.edit(&[edit]);
        for (field, value, clear, planned) in &rows {
            let sets = serde_json::from_value(json!({*field: value})).unwrap();
            let clears = VisitUpdate {
                clear: vec![*clear],
                ..VisitUpdate::default()
            };
            for fields in [sets, clears] {
                let id = ids::entity(VISIT);
                let made = ana.try_edit(&[VisitEdit::Update { id, fields }.into()]);
                let refused = made.as_ref().err().map(field_of);
                let stands = if *planned { 1 } else { 2 };
                let named = format!("visit.{field}");
                let expected = (stage >= stands).then_some(named.as_str());
                assert_eq!(refused, expected, "{field} at stage {stage}");
            }
        }
    }
}

#[test]
fn who_checked_in_signs_and_nobody_else_does_it_for_them() {
    let asks = settings(
        1,
        EvvSettings {
            worker_signs: true,
            ..EvvSettings::default()
        },
    );
    let mut ana = Course::default().made(asks.clone());
    let mut ben = Worker::joining(2, &ana);
    told(&mut ben, asks);
    ben.edit(&[sign()]);
    assert_eq!(found(&ben), [EvvException::NotSigned]);
    ana.pull(&ben);
    ana.edit(&[sign()]);
    assert_eq!(found(&ana), []);
    // Where the check-in names nobody, anybody's will do.
    ben.overwrite(Kind::VisitEvent, ids::entity(11), "worker", "nobody");
    ben.edit(&[sign()]);
    assert_eq!(found(&ben), []);
}

#[test]
fn a_signed_visit_stays_as_signed_and_corrections_stand_beside_it() {
    let mut ana = Course::default().made(AgencySettings::default());
    ana.edit(&[sign()]);
    assert!(ana.edit(&[sign()]).changes.is_empty(), "signed already");
    let update = VisitEdit::Update {
        id: ids::entity(VISIT),
        fields: VisitUpdate {
            services_done: Some("Bathing".into()),
            ..VisitUpdate::default()
        },
    };
    let refused = ana.try_edit(&[update.clone().into()]).unwrap_err();
    assert_eq!(field_of(&refused), "visit.status");
    let forgot = CorrectionReason::ForgotStart;
    ana.edit(&[corrected(
        40,
        CorrectableField::Service,
        "S5125",
        forgot,
        None,
    )]);
    let signed = visit(&ana).signed.remove(0);
    assert!(signed.intact);
    assert_eq!(signed.signed.signer, Some(ids::worker(1)));
    assert_eq!(signed.added_since, [ids::entity(40)]);
    // Signed once more, with the correction.
    ana.edit(&[sign()]);
    let view = visit(&ana);
    assert_eq!(view.signed.len(), 2);
    assert!(
        view.signed
            .iter()
            .any(|signed| signed.added_since.is_empty())
    );
    assert_eq!(found(&ana), [EvvException::Corrected]);
}

#[test]
fn what_was_written_apart_from_a_signature_shows() {
    let mut ana = Course::default().made(AgencySettings::default());
    let mut ben = Worker::joining(2, &ana);
    ana.edit(&[sign()]);
    ben.edit(&[VisitEdit::Update {
        id: ids::entity(VISIT),
        fields: VisitUpdate {
            services_done: Some("Bathing".into()),
            ..VisitUpdate::default()
        },
    }
    .into()]);
    ana.exchange(&mut ben);
    assert_eq!(ana.view(), ben.view());
    assert!(!visit(&ana).signed[0].intact);
    assert_eq!(found(&ana), [EvvException::ChangedAfterSigning]);
    ben.edit(&[sign()]);
    assert_eq!(found(&ben), []);
}

#[test]
fn a_signature_whose_event_was_tampered_with_is_not_intact() {
    let mut ana = Course::default().made(AgencySettings::default());
    ana.edit(&[sign()]);
    assert!(visit(&ana).signed[0].intact);
    ana.overwrite(Kind::VisitEvent, ids::entity(11), "zone", "Europe/Paris");
    assert!(!visit(&ana).signed[0].intact);
}

#[test]
fn two_who_sign_a_visit_apart_have_both_signed_it() {
    let mut ana = Course::default().made(AgencySettings::default());
    let mut ben = Worker::joining(2, &ana);
    ana.edit(&[sign()]);
    ben.edit(&[sign()]);
    ana.exchange(&mut ben);
    assert_eq!(ana.view(), ben.view());
    let signed = visit(&ana).signed;
    assert_eq!(signed.len(), 2);
    assert!(signed.iter().all(|signed| signed.intact));
}

fn approvals(rules: ApprovalRules) -> AgencySettings {
    AgencySettings {
        version: 1,
        approvals: rules,
        ..AgencySettings::default()
    }
}

fn ask() -> Edit {
    ApprovalEdit::Add {
        id: ids::entity(70),
        fields: ApprovalUpdate {
            subject: Some(ApprovalSubject::Closure),
            ..ApprovalUpdate::default()
        },
    }
    .into()
}

fn approve() -> Edit {
    ApprovalEdit::SetStatus {
        id: ids::entity(70),
        status: ApprovalStatus::Approved,
        reason: None,
    }
    .into()
}

fn close() -> Edit {
    CaseEdit::Close {
        closed_on: ids::day(3),
        reason: ClosureReason::GoalsMet,
        outcome: None,
    }
    .into()
}

#[test]
fn nobody_approves_the_own_work_unless_the_agency_says_so() {
    let mut ana = Worker::new(1);
    ana.open_case();
    ana.edit(&[ask()]);
    let refused = ana.try_edit(&[approve()]).unwrap_err();
    assert_eq!(field_of(&refused), "approval.status");
    let own_work = ApprovalRules {
        own_work: true,
        ..ApprovalRules::default()
    };
    told(&mut ana, approvals(own_work));
    ana.edit(&[approve()]);
}

#[test]
fn only_those_approve_whom_the_agency_names() {
    let mut ana = Worker::new(1);
    let named = approvals(ApprovalRules {
        approvers: vec![ids::worker(3)],
        ..ApprovalRules::default()
    });
    told(&mut ana, named.clone());
    ana.open_case();
    ana.edit(&[ask()]);
    let mut ben = Worker::joining(2, &ana);
    let mut eve = Worker::joining(3, &ana);
    told(&mut ben, named.clone());
    told(&mut eve, named);
    assert_eq!(
        field_of(&ben.try_edit(&[approve()]).unwrap_err()),
        "approval.status"
    );
    let asked = ApprovalEdit::Update {
        id: ids::entity(70),
        fields: ApprovalUpdate {
            approver: Some(ids::worker(2)),
            ..ApprovalUpdate::default()
        },
    };
    assert_eq!(
        field_of(&ana.try_edit(&[asked.into()]).unwrap_err()),
        "approval.approver"
    );
    eve.edit(&[approve()]);
}

/// Each row: a step, and whether what the approval is about can be changed after it.
#[test]
fn what_was_approved_is_not_moved_to_something_else() {
    let change = |name: &str, value: serde_json::Value| -> Edit {
        let fields = json!({"id": ids::entity(70), "fields": {name: value}});
        serde_json::from_value(json!({"Approval": {"Update": fields}})).unwrap()
    };
    let mut ana = Worker::new(1);
    ana.open_case();
    ana.edit(&[ask()]);
    let mut eve = Worker::joining(3, &ana);
    for (status, open) in [
        (ApprovalStatus::Approved, false),
        (ApprovalStatus::Returned, true),
        (ApprovalStatus::Requested, true),
        (ApprovalStatus::Withdrawn, false),
    ] {
        eve.edit(&[ApprovalEdit::SetStatus {
            id: ids::entity(70),
            status: status.clone(),
            reason: Some("See the plan".into()),
        }
        .into()]);
        for (name, value) in [
            ("subject", json!("assessment")),
            ("subject", json!("closure")),
            ("assessment", json!(ids::entity(71))),
        ] {
            let made = eve.try_edit(&[change(name, value)]);
            let refused = made.as_ref().err().map(field_of);
            let named = format!("approval.{name}");
            let expected = (!open).then_some(named.as_str());
            assert_eq!(refused, expected, "{status:?}");
        }
        eve.edit(&[change("remark", json!("Thank you"))]);
    }
}

#[test]
fn a_closure_is_approved_once_for_each_closing_where_the_agency_asks() {
    let rules = approvals(ApprovalRules {
        closure: true,
        ..ApprovalRules::default()
    });
    let mut ana = Worker::new(1);
    told(&mut ana, rules);
    ana.open_case();
    ana.edit(&[ask()]);
    assert_eq!(
        field_of(&ana.try_edit(&[close()]).unwrap_err()),
        "case.status"
    );
    let mut eve = Worker::joining(3, &ana);
    eve.edit(&[approve()]);
    ana.exchange(&mut eve);
    ana.edit(&[close()]);
    ana.edit(&[CaseEdit::Reopen {
        reason: "She is back".into(),
    }
    .into()]);
    let used = &ana.view().approvals[0];
    assert_eq!(used.status, Some(ApprovalStatus::Returned));
    assert_eq!(used.status_reason.as_deref(), Some("She is back"));
    assert_eq!(
        field_of(&ana.try_edit(&[close()]).unwrap_err()),
        "case.status"
    );
}
