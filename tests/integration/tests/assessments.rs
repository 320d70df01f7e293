//! Instruments and assessments on devices: asked offline, scored everywhere, by the version that was asked.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::domain::{AssessmentEdit, AssessmentResult, AssessmentUpdate, AssessmentView};
use caseweave::instruments::{Answer, ItemAnswer, Judgement, ScaleOutcome};
use caseweave::{CaseId, EntityId, Error};
use caseweave_testkit::{Agency, Device, Entries};

const FALLS: &str = r#"{
  "id": "org.example.falls",
  "version": 1,
  "title": {"en": "Falls", "es": "Caídas"},
  "source": "The agency's own",
  "licence": {"en": "Internal", "es": "Interno"},
  "languages": ["en", "es"],
  "options": {"yes_no": [{"value": 0, "text": {"en": "No", "es": "No"}}, {"value": 1, "text": {"en": "Yes", "es": "Sí"}}]},
  "items": [
    {"code": "fell", "options": "yes_no", "text": {"en": "Fell in the last year", "es": "Se cayó en el último año"}},
    {"code": "rugs", "options": "yes_no", "text": {"en": "Loose rugs", "es": "Alfombras sueltas"}}
  ],
  "scales": [{"code": "total", "title": {"en": "Risk", "es": "Riesgo"}, "items": ["fell", "rugs"]}]
}"#;

fn chosen(item: &str, value: i64) -> ItemAnswer {
    ItemAnswer {
        item: item.into(),
        answer: Answer::Choice { value },
    }
}

fn ask(device: &Device, case: CaseId, instrument: &str, answers: Vec<ItemAnswer>) -> EntityId {
    let id = device.id();
    let start = AssessmentEdit::Start {
        id,
        instrument: instrument.into(),
        version: 1,
        fields: AssessmentUpdate::default(),
    };
    let answers = AssessmentEdit::RecordAnswers {
        id,
        answers,
        clear: Vec::new(),
    };
    let complete = AssessmentEdit::Complete { id };
    device.edit(case, &[start.into(), answers.into(), complete.into()]);
    id
}

fn phq9(values: [i64; 9]) -> Vec<ItemAnswer> {
    let numbered = (1..).zip(values);
    numbered
        .map(|(item, value): (u8, i64)| chosen(&item.to_string(), value))
        .collect()
}

fn judgement(view: &AssessmentView) -> &Judgement {
    match &view.result {
        AssessmentResult::Judged { judgement } => judgement,
        AssessmentResult::DefinitionMissing => panic!("the definition is known"),
    }
}

#[test]
fn a_phq9_asked_offline_alerts_and_trends_on_every_device() {
    let mut agency = Agency::new(1);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    ask(&phone, case, "phq-9", phq9([2; 9]));
    phone.clock.advance(7 * 86_400_000);
    ask(&phone, case, "phq-9", phq9([0, 0, 0, 0, 0, 0, 0, 0, 1]));
    phone.sync(&mut agency.network());
    tablet.sync(&mut agency.network());

    let view = tablet.case(case);
    let last = judgement(&view.assessments[1]);
    assert_eq!(last.alerts[0].code, "self_harm");
    let points = tablet.caseweave.assessment_trend(case, "phq-9").unwrap();
    let totals: Vec<_> = points
        .iter()
        .map(|point| &point.scores[0].outcome)
        .collect();
    let scored = |score, band: &str| ScaleOutcome::Scored {
        score,
        band: Some(band.into()),
    };
    assert_eq!(
        totals,
        [&scored(18, "moderately_severe"), &scored(1, "minimal")]
    );
    assert!(points[0].at < points[1].at);
    assert_eq!(view, phone.case(case));
}

#[test]
fn an_instrument_stays_registered_and_elsewhere_its_answers_show() {
    let mut agency = Agency::new(2);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    let registered = phone.caseweave.register_instrument(FALLS).unwrap();
    assert_eq!(
        phone.caseweave.register_instrument(FALLS).unwrap(),
        registered
    );
    let phone = phone.restart();
    let known = phone
        .caseweave
        .instrument("org.example.falls", None)
        .unwrap();
    assert_eq!(known, registered);
    assert_eq!(phone.caseweave.instruments().unwrap().len(), 7);

    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let id = ask(
        &phone,
        case,
        "org.example.falls",
        vec![chosen("fell", 1), chosen("rugs", 1)],
    );
    phone.sync(&mut agency.network());
    tablet.sync(&mut agency.network());
    let unknown = &tablet.case(case).assessments[0];
    assert_eq!(unknown.result, AssessmentResult::DefinitionMissing);
    assert_eq!(unknown.answers, [chosen("fell", 1), chosen("rugs", 1)]);

    tablet.caseweave.register_instrument(FALLS).unwrap();
    let view = &tablet.case(case).assessments[0];
    assert_eq!(view.assessment.meta.id, id);
    let two = ScaleOutcome::Scored {
        score: 2,
        band: None,
    };
    assert_eq!(judgement(view).scores[0].outcome, two);
}

#[test]
fn a_definition_that_cannot_stand_is_refused_with_line_and_field() {
    let mut agency = Agency::new(3);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let register = |text: &str| phone.caseweave.register_instrument(text).unwrap_err();
    assert_eq!(
        register(&FALLS.replace("Alfombras sueltas", " ")),
        Error::InvalidInput {
            field: "items[1].text.es".into(),
            reason: "is empty (line 11)".into()
        }
    );
    assert_eq!(
        register("{"),
        Error::InvalidInput {
            field: "definition".into(),
            reason: "ends too early (line 1)".into()
        }
    );
    phone.caseweave.register_instrument(FALLS).unwrap();
    let other = register(&FALLS.replace("Loose rugs", "Rugs"));
    assert!(matches!(other, Error::AlreadyExists { id, .. } if id == "org.example.falls"));
    let missing = phone.caseweave.score("org.example.falls", 2, &[]);
    assert!(matches!(missing, Err(Error::NotFound { .. })));
}

#[test]
fn a_form_is_scored_while_it_is_filled_in() {
    let mut agency = Agency::new(4);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let answers = phq9([1; 9]);
    let half = phone.caseweave.score("phq-9", 1, &answers[..5]).unwrap();
    assert_eq!(half.unanswered, ["6", "7", "8", "9"]);
    let whole = phone.caseweave.score("phq-9", 1, &answers).unwrap();
    assert_eq!(
        whole.scores[0].outcome,
        ScaleOutcome::Scored {
            score: 9,
            band: Some("mild".into())
        }
    );
}
