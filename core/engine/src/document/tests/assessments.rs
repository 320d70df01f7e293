//! Assessments in a record: filled apart, completed, corrected, and read again by any version.

use super::worker::{Worker, ids};
use super::*;
use crate::domain::{
    AssessmentEdit, AssessmentFact, AssessmentResult, AssessmentStatus, AssessmentUpdate,
    AssessmentView, ConflictEdit, Edit, Fact, FieldPath, Invalid, RemovalEdit, Value, trend,
};
use crate::instruments::{Answer, Instruments, ItemAnswer, Judgement, ScaleOutcome};

/// The assessment that the tests fill in.
const PHQ9: u8 = 200;

fn start(id: u8, instrument: &str) -> Edit {
    AssessmentEdit::Start {
        id: ids::entity(id),
        instrument: instrument.into(),
        version: 1,
        fields: AssessmentUpdate::default(),
    }
    .into()
}

fn chosen(item: u8, value: i64) -> ItemAnswer {
    ItemAnswer {
        item: item.to_string(),
        answer: Answer::Choice { value },
    }
}

fn answer(id: u8, answers: impl IntoIterator<Item = ItemAnswer>) -> Edit {
    AssessmentEdit::RecordAnswers {
        id: ids::entity(id),
        answers: answers.into_iter().collect(),
        clear: Vec::new(),
    }
    .into()
}

fn complete(id: u8) -> Edit {
    let id = ids::entity(id);
    AssessmentEdit::Complete { id }.into()
}

fn correct(id: u8, item: u8, value: Option<i64>) -> Edit {
    AssessmentEdit::Correct {
        id: ids::entity(id),
        assessment: ids::entity(PHQ9),
        item: item.to_string(),
        answer: value.map(|value| Answer::Choice { value }),
        reason: "misheard".into(),
    }
    .into()
}

/// Two workers who hold the same case with a draft PHQ-9.
fn two_workers() -> (Worker, Worker) {
    let mut ana = Worker::new(1);
    ana.open_case();
    ana.edit(&[start(PHQ9, "phq-9")]);
    let ben = Worker::joining(2, &ana);
    (ana, ben)
}

fn read(worker: &Worker) -> AssessmentView {
    worker.view().assessments.remove(0)
}

fn judgement(view: &AssessmentView) -> &Judgement {
    match &view.result {
        AssessmentResult::Judged { judgement } => judgement,
        AssessmentResult::DefinitionMissing => panic!("the definition is known"),
    }
}

fn total(view: &AssessmentView) -> ScaleOutcome {
    judgement(view).scores[0].outcome.clone()
}

fn scored(score: i64, band: &str) -> ScaleOutcome {
    ScaleOutcome::Scored {
        score,
        band: Some(band.into()),
    }
}

fn alerts(view: &AssessmentView) -> Vec<&str> {
    let alerts = judgement(view).alerts.iter();
    alerts.map(|alert| alert.code.as_str()).collect()
}

fn refused(worker: &mut Worker, edit: Edit) -> String {
    match worker.try_edit(&[edit]).unwrap_err() {
        EditError::Invalid {
            reason: Invalid::Field { field, reason },
            ..
        } => format!("{field} {reason}"),
        other => other.to_string(),
    }
}

fn settle(item: u8, value: i64) -> Edit {
    ConflictEdit::Settle {
        path: FieldPath {
            kind: Kind::Assessment,
            id: ids::entity(PHQ9),
            field: format!("answer:{item}"),
        },
        value: Value::Int(value),
    }
    .into()
}

#[test]
fn answers_given_apart_merge_item_by_item() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[answer(PHQ9, (1..=5).map(|item| chosen(item, 1)))]);
    ben.edit(&[answer(PHQ9, (6..=9).map(|item| chosen(item, 0)))]);
    ana.exchange(&mut ben);
    let view = read(&ana);
    assert_eq!(total(&view), scored(5, "mild"));
    assert!(view.contested.is_empty());
    assert_eq!(view, read(&ben));
}

#[test]
fn one_item_answered_twice_apart_is_a_conflict_and_alerts_until_settled() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[answer(PHQ9, (1..=9).map(|item| chosen(item, 0)))]);
    ben.edit(&[answer(PHQ9, [chosen(9, 2)])]);
    ana.exchange(&mut ben);
    for worker in [&ana, &ben] {
        let view = read(worker);
        assert_eq!(view.contested, ["9"]);
        assert_eq!(alerts(&view), ["self_harm"]);
    }
    ana.edit(&[settle(9, 0)]);
    ana.exchange(&mut ben);
    let view = read(&ben);
    assert_eq!(
        (total(&view), alerts(&view)),
        (scored(0, "minimal"), vec![])
    );
    assert!(view.contested.is_empty());
}

#[test]
fn an_incomplete_form_can_be_completed_and_is_not_scorable() {
    let (mut ana, _) = two_workers();
    ana.edit(&[answer(PHQ9, [chosen(1, 0), chosen(9, 1)]), complete(PHQ9)]);
    let view = read(&ana);
    assert_eq!(view.assessment.status, Some(AssessmentStatus::Complete));
    assert!(matches!(total(&view), ScaleOutcome::NotScorable { missing } if missing.len() == 7));
    assert_eq!(alerts(&view), ["self_harm"]);
}

#[test]
fn a_correction_keeps_the_original_through_every_later_one() {
    let (mut ana, _) = two_workers();
    ana.edit(&[
        answer(PHQ9, (1..=8).map(|item| chosen(item, 1))),
        complete(PHQ9),
    ]);
    ana.edit(&[correct(210, 9, Some(1)), correct(211, 1, Some(3))]);
    ana.edit(&[correct(212, 1, Some(2))]);
    let view = read(&ana);
    assert_eq!(view.assessment.status, Some(AssessmentStatus::Corrected));
    assert_eq!(total(&view), scored(10, "moderate"));
    let originals: Vec<_> = view
        .corrections
        .iter()
        .map(|one| (one.item.as_deref().unwrap(), one.original.clone()))
        .collect();
    let one = Some(Answer::Choice { value: 1 });
    assert_eq!(originals, [("9", None), ("1", one.clone()), ("1", one)]);
    assert!(!view.changed_since_completed);
    assert_eq!(view.corrections[0].reason.as_deref(), Some("misheard"));
}

#[test]
fn one_answer_corrected_apart_is_a_conflict() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[
        answer(PHQ9, (1..=9).map(|item| chosen(item, 0))),
        complete(PHQ9),
    ]);
    ana.exchange(&mut ben);
    ana.edit(&[correct(210, 3, Some(1))]);
    ben.edit(&[correct(211, 3, Some(2))]);
    ana.exchange(&mut ben);
    let view = read(&ana);
    assert_eq!(view.contested, ["3"]);
    assert_eq!(view.corrections.len(), 2);
    assert!(!view.changed_since_completed);
    assert_eq!(view, read(&ben));
}

#[test]
fn an_answer_written_apart_from_completion_shows() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[
        answer(PHQ9, (1..=9).map(|item| chosen(item, 0))),
        complete(PHQ9),
    ]);
    assert!(!read(&ana).changed_since_completed);
    let mut late = Worker::joining(3, &ben);
    late.edit(&[answer(PHQ9, [chosen(4, 3)])]);
    ben.pull(&late);
    ana.exchange(&mut ben);
    let view = read(&ana);
    assert_eq!(view.contested, ["4"]);
    ana.edit(&[settle(4, 3)]);
    let view = read(&ana);
    assert!(view.changed_since_completed);
    assert_eq!(total(&view), scored(3, "minimal"));
}

#[test]
fn an_assessment_is_scored_by_the_version_it_names() {
    let (mut ana, _) = two_workers();
    ana.edit(&[answer(PHQ9, (1..=9).map(|item| chosen(item, 1)))]);
    let mut newer = Instruments::shipped();
    let first = include_str!("../../instruments/shipped/phq-9.json")
        .replace(r#""id": "phq-9""#, r#""id": "org.example.phq""#);
    let second = first
        .replace(r#""version": 1"#, r#""version": 2"#)
        .replace(r#""from": 5, "to": 9"#, r#""from": 5, "to": 8"#)
        .replace(r#""from": 10"#, r#""from": 9"#);
    newer.register(&first).unwrap();
    newer.register(&second).unwrap();
    ana.rules.instruments = newer;
    for (id, version) in [(201, 1), (202, 2)] {
        ana.edit(&[
            AssessmentEdit::Start {
                id: ids::entity(id),
                instrument: "org.example.phq".into(),
                version,
                fields: AssessmentUpdate::default(),
            }
            .into(),
            answer(id, (1..=9).map(|item| chosen(item, 1))),
            complete(id),
        ]);
    }
    let view = ana.view();
    assert_eq!(total(&view.assessments[1]), scored(9, "mild"));
    assert_eq!(total(&view.assessments[2]), scored(9, "moderate"));
    let versions: Vec<_> = trend(&view.assessments, "org.example.phq")
        .iter()
        .map(|point| point.version)
        .collect();
    assert_eq!(versions, [1, 2]);

    let elsewhere = Worker::joining(4, &ana).view();
    let unknown = &elsewhere.assessments[2];
    assert_eq!(unknown.result, AssessmentResult::DefinitionMissing);
    assert_eq!(unknown.answers.len(), 9);
}

#[test]
fn a_trend_holds_what_was_completed_in_the_order_of_asking() {
    let (mut ana, _) = two_workers();
    let asked = |id: u8, seconds: i64| {
        let fields = AssessmentUpdate {
            asked_at: Some(ids::moment(seconds)),
            ..AssessmentUpdate::default()
        };
        let id = ids::entity(id);
        Edit::from(AssessmentEdit::Update { id, fields })
    };
    for (id, seconds, value) in [(201, 300, 1), (202, 100, 3), (203, 200, 2), (204, 50, 0)] {
        ana.edit(&[
            start(id, "phq-9"),
            asked(id, seconds),
            answer(id, (1..=9).map(|item| chosen(item, value))),
            complete(id),
        ]);
    }
    ana.edit(&[start(205, "gad-7"), complete(205)]);
    ana.edit(&[start(206, "phq-9"), asked(206, 400), complete(206)]);
    ana.edit(&[RemovalEdit::Remove {
        kind: Kind::Assessment,
        id: ids::entity(204),
        reason: "other person".into(),
    }
    .into()]);
    let points = trend(&ana.view().assessments, "phq-9");
    let totals: Vec<_> = points
        .iter()
        .map(|point| match point.scores[0].outcome {
            ScaleOutcome::Scored { score, .. } => Some(score),
            _ => None,
        })
        .collect();
    assert_eq!(totals, [Some(27), Some(18), Some(9), None]);
    assert_eq!(points[0].at, ids::moment(100));
    assert_eq!(points[0].alerts.len(), 2);
}

#[test]
fn an_edit_that_cannot_stand_names_its_field() {
    let (mut ana, _) = two_workers();
    let id = ids::entity(PHQ9);
    assert_eq!(
        refused(&mut ana, start(201, "phq-10")),
        "assessment.instrument is not known on this device in that version: register its definition"
    );
    for (edit, said) in [
        (
            answer(PHQ9, [chosen(1, 4)]),
            "assessment.answer:1 is none of the question's options",
        ),
        (
            answer(PHQ9, [chosen(12, 1)]),
            "assessment.answer:12 is no question of the instrument",
        ),
        (
            answer(PHQ9, [chosen(1, 1), chosen(1, 2)]),
            "assessment.answer:1 is named twice",
        ),
        (answer(PHQ9, []), "assessment.answers are none"),
        (
            correct(210, 1, Some(1)),
            "assessment.status is draft: a draft is changed by answering",
        ),
        (
            AssessmentEdit::RecordAnswers {
                id,
                answers: Vec::new(),
                clear: vec!["x".into()],
            }
            .into(),
            "assessment.answer:x is no question of the instrument",
        ),
    ] {
        assert_eq!(refused(&mut ana, edit), said);
    }
    ana.edit(&[answer(PHQ9, [chosen(1, 1)]), complete(PHQ9)]);
    let only_by_correction = "assessment.status is complete: answers change only by correction";
    for edit in [answer(PHQ9, [chosen(1, 2)]), complete(PHQ9)] {
        assert_eq!(refused(&mut ana, edit), only_by_correction);
    }
    assert_eq!(
        refused(&mut ana, correct(210, 1, Some(1))),
        "assessment.answer:1 is that already"
    );
    ana.edit(&[correct(210, 1, None)]);
    let remove = RemovalEdit::Remove {
        kind: Kind::AssessmentCorrection,
        id: ids::entity(210),
        reason: "no".into(),
    };
    assert_eq!(
        refused(&mut ana, remove.into()),
        "removal.kind assessment_correction cannot be removed"
    );
}

#[test]
fn search_finds_the_words_of_answers_and_nothing_else_of_them() {
    const OWN: &str = r#"{"id": "org.example.intake", "version": 1, "title": {"en": "Intake"}, "source": "own", "licence": {"en": "own"},
        "languages": ["en"], "items": [{"code": "why", "kind": "words", "text": {"en": "Why"}},
        {"code": "hours", "kind": "number", "least": 0, "most": 168, "text": {"en": "Hours"}}]}"#;
    let (mut ana, _) = two_workers();
    ana.rules.instruments.register(OWN).unwrap();
    let item = |item: &str, answer| ItemAnswer {
        item: item.into(),
        answer,
    };
    ana.edit(&[
        AssessmentEdit::Start {
            id: ids::entity(201),
            instrument: "org.example.intake".into(),
            version: 1,
            fields: AssessmentUpdate {
                remark: Some("tired".into()),
                ..AssessmentUpdate::default()
            },
        }
        .into(),
        answer(
            201,
            [
                item(
                    "why",
                    Answer::Words {
                        text: "evicted in May".into(),
                    },
                ),
                item("hours", Answer::Number { value: 37.5 }),
            ],
        ),
    ]);
    let rows = ana.rows(None);
    let found = rows
        .search
        .iter()
        .find(|row| row.id == ids::entity(201))
        .unwrap();
    assert_eq!(found.text, "tired evicted in May");
}

#[test]
fn an_assessment_knows_who_asked_and_when() {
    let (ana, _) = two_workers();
    let assessment = read(&ana).assessment;
    assert_eq!(assessment.asked_by, Some(ids::worker(1)));
    assert_eq!(assessment.asked_at, Some(assessment.meta.created.at));
    assert_eq!(assessment.status, Some(AssessmentStatus::Draft));
}

#[test]
fn the_timeline_tells_start_completion_and_correction_once_each() {
    let (mut ana, _) = two_workers();
    ana.edit(&[answer(PHQ9, [chosen(1, 1)])]);
    ana.edit(&[complete(PHQ9)]);
    ana.edit(&[correct(210, 1, Some(2))]);
    ana.edit(&[start(201, "gad-7"), complete(201)]);
    let facts: Vec<_> = ana
        .documents
        .timeline(&|_| None)
        .into_iter()
        .filter_map(|item| match item.fact {
            Fact::Assessment(fact) => Some(fact),
            _ => None,
        })
        .collect();
    let (instrument, version) = (Some("phq-9".to_owned()), Some(1));
    let corrected = AssessmentFact::Corrected {
        assessment: Some(ids::entity(PHQ9)),
        instrument: instrument.clone(),
        item: Some("1".into()),
        reason: Some("misheard".into()),
    };
    let gad7 = AssessmentFact::Completed {
        instrument: Some("gad-7".into()),
        version,
    };
    let completed = AssessmentFact::Completed {
        instrument: instrument.clone(),
        version,
    };
    let started = AssessmentFact::Started {
        instrument,
        version,
    };
    assert_eq!(facts, [gad7, corrected, completed, started]);
}

fn respond(id: u8, assessment: u8) -> Edit {
    AssessmentEdit::RespondToAlerts {
        id: ids::entity(id),
        assessment: ids::entity(assessment),
        response: "called the crisis line with her".into(),
    }
    .into()
}

#[test]
fn an_alert_is_open_until_somebody_says_what_was_done() {
    let (mut ana, mut ben) = two_workers();
    let nothing = refused(&mut ana, respond(210, PHQ9));
    assert_eq!(
        nothing,
        "alert_response.assessment raises no alert that is open"
    );
    ana.edit(&[answer(PHQ9, [chosen(9, 1)])]);
    ben.pull(&ana);
    assert_eq!(read(&ben).open_alerts, alerts(&read(&ben)));
    ana.edit(&[respond(210, PHQ9)]);
    ben.edit(&[respond(211, PHQ9)]);
    ana.exchange(&mut ben);
    let view = read(&ana);
    assert!(view.open_alerts.is_empty() && !alerts(&view).is_empty());
    assert_eq!(view.responses.len(), 2, "both answers stand");
    assert_eq!(ana.view().conflicts, []);
    let told = ana.documents.timeline(&|_| None);
    let answered = told.iter().filter(|item| {
        matches!(&item.fact, Fact::Assessment(AssessmentFact::AlertsAnswered { alerts, .. }) if alerts.len() == 1)
    });
    assert_eq!(answered.count(), 2);
    let kind = Kind::AlertResponse;
    let removal = RemovalEdit::Remove {
        kind,
        id: ids::entity(210),
        reason: "by mistake".into(),
    };
    assert!(ana.try_edit(&[removal.into()]).is_err());
}

#[test]
fn rows_tell_open_alerts_and_whether_every_question_was_answered() {
    let (mut ana, _) = two_workers();
    let row = |worker: &Worker| worker.rows(None).assessments.remove(0);
    ana.edit(&[answer(PHQ9, [chosen(9, 1)])]);
    let alerts_of = |worker: &Worker| row(worker).alerts;
    assert_eq!(alerts_of(&ana), read(&ana).open_alerts);
    ana.edit(&[complete(PHQ9)]);
    assert!(!row(&ana).conclusive, "eight answers are missing");
    for item in 1..=8 {
        ana.edit(&[correct(210 + item, item, Some(0))]);
    }
    assert!(row(&ana).conclusive);
    ana.edit(&[respond(230, PHQ9)]);
    assert!(alerts_of(&ana).is_empty());
}
