//! Assessments: an instrument with its answers, completed, and corrected beside the original.
//!
//! Each answer is a field of its own, so answers given apart merge item by item, and two answers to one item are a conflict as on any
//! field. Scores are never kept: they are made at reading, by the version of the instrument that the assessment names.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::entity::{Entity, entity};
use super::plan::check as checked;
use super::timeline::{Step, Story, When};
use super::value::{FieldType, open_enum};
use super::view::{by_owner, parts};
use super::{Conflict, Entry, Invalid, Kind, MAX_NAME, MAX_TITLE, Plan, Records, Value, check};
use crate::ids::{EntityId, WorkerId};
use crate::instruments::{
    Answer, Instrument, Instruments, ItemAnswer, Judgement, RaisedAlert, ScaleScore,
};

/// The key prefix of answers: the answer to item `9` stands under `answer:9`.
pub(crate) const ANSWER_PREFIX: &str = "answer:";

open_enum! {
    /// Where an assessment stands. Source: FHIR R4 QuestionnaireResponse.status.
    AssessmentStatus {
        /// Being filled in.
        Draft = "draft",
        /// Done; answers change only by correction.
        Complete = "complete",
        /// Done, and corrected since.
        Corrected = "corrected",
    }
}

entity! {
    /// An assessment [FHIR QuestionnaireResponse].
    Assessment, AssessmentUpdate, AssessmentField of Assessment {
        set {
            /// When the questions were asked.
            asked_at AskedAt: DateTime<Utc> = check::moment,
            /// The worker who asked.
            asked_by AskedBy: WorkerId = check::any,
            /// Who answered, where not the person.
            answered_by AnsweredBy: String = check::line::<MAX_NAME>,
            /// The language in which they were asked, as a BCP 47 tag.
            language Language: String = |tag: &String| check::language(tag),
            /// The visit at which they were asked.
            visit Visit: EntityId = check::any,
            /// What else was seen.
            remark Remark: String = check::lines::<2_000>,
        }
        own {
            /// The instrument's id.
            instrument: String,
            /// The version of the instrument, by which the answers are scored for good.
            version: i64,
            /// Where it stands. In a view: corrected, once there is a correction.
            status: AssessmentStatus,
            /// What was scored when it was completed: BLAKE3 over instrument, version and answers, in hexadecimal.
            digest: String,
            /// The version of the agency's settings under which it was begun; nothing under the defaults.
            settings: i64,
        }
    }
}

entity! {
    /// A correction of one answer after completion. Written once; the original stays in it.
    AssessmentCorrection of AssessmentCorrection {
        own {
            /// The assessment.
            assessment: EntityId,
            /// The question.
            item: String,
            /// The answer when the assessment was completed; nothing where there was none.
            original: Answer,
            /// The answer it was corrected to; nothing where it was taken back.
            corrected: Answer,
            /// Why.
            reason: String,
        }
    }
}

impl Assessment {
    /// Whether nobody has completed it.
    pub(crate) fn is_draft(&self) -> bool {
        matches!(self.status, Some(AssessmentStatus::Draft) | None)
    }

    /// When the questions were asked; where nothing says so, when it was begun.
    pub(crate) fn asked(&self) -> DateTime<Utc> {
        self.asked_at.unwrap_or(self.meta.created.at)
    }
}

entity! {
    /// What was done about the alerts of an assessment. Written once. An alert that a correction raises later is not answered by it.
    AlertResponse of AlertResponse {
        own {
            /// The assessment.
            assessment: EntityId,
            /// The codes of the alerts that it answers.
            alerts: Vec<String>,
            /// What was done.
            response: String,
        }
    }
}

impl FieldType for Answer {
    fn to_value(&self) -> Value {
        match self {
            Self::Choice { value } => Value::Int(*value),
            Self::Number { value } => Value::Real(*value),
            Self::Words { text } => Value::trimmed(text),
        }
    }
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(value) => Some(Self::Choice { value: *value }),
            Value::Real(value) => Some(Self::Number { value: *value }),
            Value::Text(text) => Some(Self::Words { text: text.clone() }),
            Value::Null | Value::Bool(_) | Value::Moment(_) => None,
        }
    }
}

/// An assessment with all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct AssessmentView {
    /// The assessment.
    pub assessment: Assessment,
    /// The answers as they stand, corrections in them, in the order of their questions' codes.
    pub answers: Vec<ItemAnswer>,
    /// The questions to which people gave different answers apart. The conflict's field is `answer:` and the question's code.
    pub contested: Vec<String>,
    /// Corrections, in the order of their ids.
    pub corrections: Vec<AssessmentCorrection>,
    /// Whether answers differ from those that were completed, corrections aside: somebody wrote apart from the one who completed.
    pub changed_since_completed: bool,
    /// Scores and alerts.
    pub result: AssessmentResult,
    /// What was done about alerts, in the order of their ids.
    pub responses: Vec<AlertResponse>,
    /// The codes of the alerts that nobody has answered yet, in the definition's order.
    pub open_alerts: Vec<String>,
}

/// What the answers of an assessment come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssessmentResult {
    /// This device does not know the instrument in that version: the answers can be shown, not scored.
    DefinitionMissing,
    /// Scored by the version that the assessment names.
    Judged {
        /// Scores, alerts, and what is missing.
        judgement: Judgement,
    },
}

/// What one completed assessment adds to a trend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrendPoint {
    /// The assessment.
    pub assessment: EntityId,
    /// The version of the instrument it was scored by. Scores of different versions compare only as far as the versions do.
    pub version: i64,
    /// When the questions were asked.
    pub at: DateTime<Utc>,
    /// A score, or why there is none, for each scale; empty where the definition is missing.
    pub scores: Vec<ScaleScore>,
    /// Alerts that it raised.
    pub alerts: Vec<RaisedAlert>,
}

/// The scores of an instrument over time: each completed assessment that is not removed, the earliest first.
pub fn trend(assessments: &[AssessmentView], instrument: &str) -> Vec<TrendPoint> {
    let counts = |view: &&AssessmentView| {
        let assessment = &view.assessment;
        assessment.instrument.as_deref() == Some(instrument)
            && assessment.status != Some(AssessmentStatus::Draft)
            && assessment.meta.removed.is_none()
    };
    let mut points: Vec<TrendPoint> = assessments.iter().filter(counts).map(point).collect();
    points.sort_by_key(|point| (point.at, point.assessment));
    points
}

fn point(view: &AssessmentView) -> TrendPoint {
    let assessment = &view.assessment;
    let (scores, alerts) = match &view.result {
        AssessmentResult::DefinitionMissing => (Vec::new(), Vec::new()),
        AssessmentResult::Judged { judgement } => {
            (judgement.scores.clone(), judgement.alerts.clone())
        }
    };
    TrendPoint {
        assessment: assessment.meta.id,
        version: assessment.version.unwrap_or_default(),
        at: assessment.asked(),
        scores,
        alerts,
    }
}

/// Every assessment of a record, scored.
pub(crate) fn views(
    records: &dyn Records,
    conflicts: &[Conflict],
    instruments: &Instruments,
) -> Vec<AssessmentView> {
    let mut corrections = by_owner(records, |one: &AssessmentCorrection| one.assessment);
    let mut responses = by_owner(records, |one: &AlertResponse| one.assessment);
    let entries = records.entities(Kind::Assessment);
    let view = |entry: &Entry| {
        let corrections = corrections.remove(&entry.id).unwrap_or_default();
        let responses = responses.remove(&entry.id).unwrap_or_default();
        view(entry, (corrections, responses), conflicts, instruments)
    };
    entries.iter().map(AsRef::as_ref).map(view).collect()
}

/// One assessment, read with its parts alone.
pub(crate) fn view_of(
    records: &dyn Records,
    entry: &Entry,
    instruments: &Instruments,
) -> AssessmentView {
    let conflicts = records.conflicts(Some(&BTreeSet::from([(Kind::Assessment, entry.id)])));
    let parts = (parts(records, entry.id), parts(records, entry.id));
    view(entry, parts, &conflicts, instruments)
}

fn view(
    entry: &Entry,
    (corrections, responses): (Vec<AssessmentCorrection>, Vec<AlertResponse>),
    conflicts: &[Conflict],
    instruments: &Instruments,
) -> AssessmentView {
    let mut assessment = Assessment::from_entry(entry);
    let answers = answers(entry);
    let digest = digest(&assessment, &as_completed(&answers, &corrections));
    let changed_since_completed = match &assessment.digest {
        Some(completed) => *completed != digest,
        None => false,
    };
    if !corrections.is_empty() {
        assessment.status = Some(AssessmentStatus::Corrected);
    }
    let (contested, apart) = contested(entry.id, conflicts);
    let answers: Vec<ItemAnswer> = answers.into_iter().map(item_answer).collect();
    let result = match definition(&assessment, instruments) {
        None => AssessmentResult::DefinitionMissing,
        Some(instrument) => {
            let all: Vec<ItemAnswer> = answers.iter().chain(&apart).cloned().collect();
            let judgement = instrument.score(&all);
            AssessmentResult::Judged { judgement }
        }
    };
    AssessmentView {
        assessment,
        answers,
        contested,
        corrections,
        changed_since_completed,
        open_alerts: open_alerts(&result, &responses),
        result,
        responses,
    }
}

fn open_alerts(result: &AssessmentResult, responses: &[AlertResponse]) -> Vec<String> {
    let AssessmentResult::Judged { judgement } = result else {
        return Vec::new();
    };
    let answered: BTreeSet<&String> = responses
        .iter()
        .filter_map(|response| response.alerts.as_ref())
        .flatten()
        .collect();
    let raised = judgement.alerts.iter().map(|alert| &alert.code);
    raised
        .filter(|code| !answered.contains(code))
        .cloned()
        .collect()
}

fn definition<'a>(assessment: &Assessment, instruments: &'a Instruments) -> Option<&'a Instrument> {
    let instrument = instruments.get(assessment.instrument.as_deref()?, assessment.version?);
    instrument.map(|instrument| &**instrument)
}

fn item_answer((item, answer): (String, Answer)) -> ItemAnswer {
    ItemAnswer { item, answer }
}

/// The answers that stand, by question.
fn answers(entry: &Entry) -> BTreeMap<String, Answer> {
    let answer = |(key, value): (&String, &Value)| {
        let item = key.strip_prefix(ANSWER_PREFIX)?;
        Some((item.to_owned(), Answer::from_value(value)?))
    };
    entry.fields.iter().filter_map(answer).collect()
}

/// The answers with every correction taken back.
fn as_completed(
    answers: &BTreeMap<String, Answer>,
    corrections: &[AssessmentCorrection],
) -> BTreeMap<String, Answer> {
    let mut completed = answers.clone();
    for correction in corrections {
        let Some(item) = correction.item.clone() else {
            continue;
        };
        match correction.original.clone() {
            Some(original) => completed.insert(item, original),
            None => completed.remove(&item),
        };
    }
    completed
}

/// The questions in conflict, and the answers that are not shown.
fn contested(id: EntityId, conflicts: &[Conflict]) -> (Vec<String>, Vec<ItemAnswer>) {
    let (mut items, mut apart) = (Vec::new(), Vec::new());
    for conflict in conflicts {
        let own = conflict.path.kind == Kind::Assessment && conflict.path.id == id;
        let item = conflict.path.field.strip_prefix(ANSWER_PREFIX);
        let Some(item) = item.filter(|_| own) else {
            continue;
        };
        items.push(item.to_owned());
        let others = conflict.choices.iter().filter(|choice| !choice.shown);
        let answers = others.filter_map(|choice| Answer::from_value(&choice.value));
        apart.extend(answers.map(|answer| item_answer((item.to_owned(), answer))));
    }
    (items, apart)
}

/// Names what was scored.
fn digest(assessment: &Assessment, answers: &BTreeMap<String, Answer>) -> String {
    let facts = (&assessment.instrument, assessment.version, answers);
    let json = serde_json::to_vec(&facts).expect("texts, numbers and a map of them are JSON");
    blake3::hash(&json).to_hex().to_string()
}

/// The answers in words, for search.
pub(crate) fn words(entry: &Entry) -> impl Iterator<Item = String> {
    answers(entry)
        .into_values()
        .filter_map(|answer| match answer {
            Answer::Words { text } => Some(text),
            Answer::Choice { .. } | Answer::Number { .. } => None,
        })
}

/// What happens to assessments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssessmentFact {
    /// The questions of an instrument were begun.
    Started {
        /// The instrument's id.
        instrument: Option<String>,
        /// The version of the instrument.
        version: Option<i64>,
    },
    /// An assessment was completed. Its scores stand in the case's view.
    Completed {
        /// The instrument's id.
        instrument: Option<String>,
        /// The version of the instrument.
        version: Option<i64>,
    },
    /// An answer was corrected after completion.
    Corrected {
        /// The assessment.
        assessment: Option<EntityId>,
        /// The instrument's id.
        instrument: Option<String>,
        /// The question.
        item: Option<String>,
        /// Why.
        reason: Option<String>,
    },
    /// Somebody answered alerts.
    AlertsAnswered {
        /// The assessment.
        assessment: Option<EntityId>,
        /// The instrument's id.
        instrument: Option<String>,
        /// The codes of the alerts.
        alerts: Vec<String>,
        /// What was done.
        response: Option<String>,
    },
}

impl Story for Assessment {
    type Fact = AssessmentFact;

    fn tell(step: &Step<'_>) -> Vec<(When, AssessmentFact)> {
        let stands = step.stands::<Self>();
        let (instrument, version) = (stands.instrument, stands.version);
        match step.wrote::<Self>().status {
            Some(AssessmentStatus::Draft) if step.begun => {
                let when = step.at(stands.asked_at);
                let started = AssessmentFact::Started {
                    instrument,
                    version,
                };
                vec![(when, started)]
            }
            Some(AssessmentStatus::Complete) => {
                let completed = AssessmentFact::Completed {
                    instrument,
                    version,
                };
                vec![(step.now(), completed)]
            }
            _ => Vec::new(),
        }
    }
}

impl Story for AssessmentCorrection {
    type Fact = AssessmentFact;

    fn tell(step: &Step<'_>) -> Vec<(When, AssessmentFact)> {
        if !step.begun {
            return Vec::new();
        }
        let wrote: Self = step.wrote();
        let owner = wrote.assessment.and_then(|id| step.other::<Assessment>(id));
        let corrected = AssessmentFact::Corrected {
            assessment: wrote.assessment,
            instrument: owner.and_then(|owner| owner.instrument),
            item: wrote.item,
            reason: wrote.reason,
        };
        vec![(step.now(), corrected)]
    }
}

impl Story for AlertResponse {
    type Fact = AssessmentFact;

    fn tell(step: &Step<'_>) -> Vec<(When, AssessmentFact)> {
        if !step.begun {
            return Vec::new();
        }
        let wrote: Self = step.wrote();
        let owner = wrote.assessment.and_then(|id| step.other::<Assessment>(id));
        let answered = AssessmentFact::AlertsAnswered {
            assessment: wrote.assessment,
            instrument: owner.and_then(|owner| owner.instrument),
            alerts: wrote.alerts.unwrap_or_default(),
            response: wrote.response,
        };
        vec![(step.now(), answered)]
    }
}

/// Edits of assessments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AssessmentEdit {
    /// Starts an assessment as a draft. Asked now and by the worker who edits, where the fields say nothing else.
    Start {
        /// Its new id.
        id: EntityId,
        /// The instrument's id.
        instrument: String,
        /// The version of the instrument. It never changes.
        version: i64,
        /// When, at which visit and so on.
        fields: AssessmentUpdate,
    },
    /// Changes the fields of a draft that are named.
    Update {
        /// Which one.
        id: EntityId,
        /// The new values.
        fields: AssessmentUpdate,
    },
    /// Answers questions of a draft, or takes answers back.
    RecordAnswers {
        /// Which one.
        id: EntityId,
        /// New answers, each question at most once.
        answers: Vec<ItemAnswer>,
        /// Questions whose answers are taken back.
        clear: Vec<String>,
    },
    /// Completes a draft, with all questions answered or not: what lacks answers is not scorable.
    Complete {
        /// Which one.
        id: EntityId,
    },
    /// Corrects one answer after completion. The original stays beside it.
    Correct {
        /// The correction's new id.
        id: EntityId,
        /// The assessment.
        assessment: EntityId,
        /// The question.
        item: String,
        /// Why.
        reason: String,
        /// What it should have been; nothing to take the answer back.
        answer: Option<Answer>,
    },
    /// Says what was done about the alerts that nobody has answered yet.
    RespondToAlerts {
        /// The response's new id.
        id: EntityId,
        /// The assessment.
        assessment: EntityId,
        /// What was done: called the crisis line with the person, told the physician.
        response: String,
    },
}

impl AssessmentEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start_assessment",
            Self::Update { .. } => "update_assessment",
            Self::RecordAnswers { .. } => "record_answers",
            Self::Complete { .. } => "complete_assessment",
            Self::Correct { .. } => "correct_assessment",
            Self::RespondToAlerts { .. } => "respond_to_alerts",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        match self {
            Self::Start {
                id,
                instrument,
                version,
                fields,
            } => start(plan, *id, (instrument, *version), fields),
            Self::Update { id, fields } => {
                in_draft(plan, *id)?;
                plan.update(*id, fields)
            }
            Self::RecordAnswers { id, answers, clear } => record(plan, *id, answers, clear),
            Self::Complete { id } => complete(plan, *id),
            Self::Correct {
                id,
                assessment,
                item,
                answer,
                reason,
            } => correct(plan, *id, *assessment, (item, answer.as_ref()), reason),
            Self::RespondToAlerts {
                id,
                assessment,
                response,
            } => respond(plan, *id, *assessment, response),
        }
    }
}

fn start(
    plan: &mut Plan<'_>,
    id: EntityId,
    (instrument, version): (&str, i64),
    fields: &AssessmentUpdate,
) -> Result<(), Invalid> {
    if plan.rules.instruments.get(instrument, version).is_none() {
        return Err(unknown());
    }
    let fields = AssessmentUpdate {
        asked_at: fields.asked_at.or(Some(plan.now)),
        asked_by: fields.asked_by.or(Some(plan.worker)),
        ..fields.clone()
    };
    let own = vec![
        ("instrument", instrument.to_owned().to_value()),
        ("version", version.to_value()),
        ("status", AssessmentStatus::Draft.to_value()),
        ("settings", plan.settings_version()),
    ];
    plan.create(id, &fields, own)
}

fn unknown() -> Invalid {
    Invalid::field(
        "assessment.instrument",
        "is not known on this device in that version: register its definition",
    )
}

/// The entry of an assessment and its definition, if it stands in one of these states.
fn standing<'a>(
    plan: &Plan<'a>,
    id: EntityId,
    in_states: &[AssessmentStatus],
    otherwise: &str,
) -> Result<(Entry, Assessment, &'a Instrument), Invalid> {
    let entry = plan.present(Kind::Assessment, id)?;
    let assessment = Assessment::from_entry(&entry);
    let status = assessment.status.clone().unwrap_or(AssessmentStatus::Draft);
    if !in_states.contains(&status) {
        let reason = format!("is {}: {otherwise}", status.code());
        return Err(Invalid::field("assessment.status", reason));
    }
    let instrument = definition(&assessment, &plan.rules.instruments).ok_or_else(unknown)?;
    Ok((entry, assessment, instrument))
}

fn in_draft<'a>(
    plan: &Plan<'a>,
    id: EntityId,
) -> Result<(Entry, Assessment, &'a Instrument), Invalid> {
    let otherwise = "answers change only by correction";
    standing(plan, id, &[AssessmentStatus::Draft], otherwise)
}

fn path(item: &str) -> String {
    format!("assessment.{ANSWER_PREFIX}{item}")
}

fn record(
    plan: &mut Plan<'_>,
    id: EntityId,
    answers: &[ItemAnswer],
    clear: &[String],
) -> Result<(), Invalid> {
    let (_, _, instrument) = in_draft(plan, id)?;
    if answers.is_empty() && clear.is_empty() {
        return Err(Invalid::field("assessment.answers", "are none"));
    }
    let mut named = BTreeSet::new();
    for item in answers.iter().map(|answer| &answer.item).chain(clear) {
        if !named.insert(item) {
            return Err(Invalid::field(path(item), "is named twice"));
        }
    }
    for ItemAnswer { item, answer } in answers {
        checked(&path(item), answer, |answer| instrument.check(item, answer))?;
        put(plan, id, item, answer.to_value());
    }
    for item in clear {
        known(instrument, item)?;
        put(plan, id, item, Value::Null);
    }
    Ok(())
}

fn put(plan: &mut Plan<'_>, id: EntityId, item: &str, value: Value) {
    let field = format!("{ANSWER_PREFIX}{item}");
    plan.put(Kind::Assessment, id, &field, value);
}

fn known(instrument: &Instrument, item: &str) -> Result<(), Invalid> {
    if instrument.items.iter().any(|known| known.code == item) {
        return Ok(());
    }
    Err(Invalid::field(
        path(item),
        "is no question of the instrument",
    ))
}

fn complete(plan: &mut Plan<'_>, id: EntityId) -> Result<(), Invalid> {
    let (entry, assessment, _) = in_draft(plan, id)?;
    let digest = digest(&assessment, &answers(&entry));
    let status = AssessmentStatus::Complete.to_value();
    plan.put(Kind::Assessment, id, "status", status);
    plan.put(Kind::Assessment, id, "digest", digest.to_value());
    Ok(())
}

fn correct(
    plan: &mut Plan<'_>,
    id: EntityId,
    assessment: EntityId,
    (item, answer): (&str, Option<&Answer>),
    reason: &str,
) -> Result<(), Invalid> {
    let done = [AssessmentStatus::Complete, AssessmentStatus::Corrected];
    let otherwise = "a draft is changed by answering";
    let (entry, _, instrument) = standing(plan, assessment, &done, otherwise)?;
    known(instrument, item)?;
    if let Some(answer) = answer {
        checked(&path(item), answer, |answer| instrument.check(item, answer))?;
    }
    let reason_field = "assessment_correction.reason";
    checked(reason_field, reason, check::line::<MAX_TITLE>)?;
    let standing = answers(&entry).remove(item);
    if standing.as_ref() == answer {
        return Err(Invalid::field(path(item), "is that already"));
    }
    let original = match corrected_before(plan, assessment, item) {
        Some(earlier) => earlier.original,
        None => standing,
    };
    let value = |answer: Option<&Answer>| answer.map_or(Value::Null, FieldType::to_value);
    let fields = [
        ("assessment", assessment.to_value()),
        ("item", item.to_owned().to_value()),
        ("original", value(original.as_ref())),
        ("corrected", value(answer)),
        ("reason", Value::trimmed(reason)),
    ];
    let fields = fields.map(|(key, value)| (key.to_owned(), value));
    plan.create_with(Kind::AssessmentCorrection, id, fields.into())?;
    put(plan, assessment, item, value(answer));
    Ok(())
}

/// An earlier correction of the same answer, which knows the original.
fn corrected_before(
    plan: &Plan<'_>,
    assessment: EntityId,
    item: &str,
) -> Option<AssessmentCorrection> {
    let corrections = parts::<AssessmentCorrection>(plan.records(), assessment);
    corrections
        .into_iter()
        .find(|correction| correction.item.as_deref() == Some(item))
}

fn respond(
    plan: &mut Plan<'_>,
    id: EntityId,
    assessment: EntityId,
    response: &str,
) -> Result<(), Invalid> {
    let field = "alert_response.response";
    checked(field, response, check::lines::<2_000>)?;
    let entry = plan.present(Kind::Assessment, assessment)?;
    let alerts = view_of(plan.records(), &entry, &plan.rules.instruments).open_alerts;
    if alerts.is_empty() {
        let reason = "raises no alert that is open";
        return Err(Invalid::field("alert_response.assessment", reason));
    }
    let fields = [
        ("assessment", assessment.to_value()),
        ("alerts", alerts.to_value()),
        ("response", Value::trimmed(response)),
    ];
    let fields = fields.map(|(key, value)| (key.to_owned(), value));
    plan.create_with(Kind::AlertResponse, id, fields.into())
}
