//! Assessments: an instrument with its answers, completed, and corrected beside the original.

use caseweave::domain::{
    AssessmentEdit, AssessmentFact, AssessmentResult, AssessmentView, TrendPoint,
};
use caseweave::instruments::{Answer, ItemAnswer, Judgement, RaisedAlert, ScaleScore};
use caseweave::{EntityId, WorkerId};
use chrono::{DateTime, Utc};

use super::mirror::{entity, open_enum};

open_enum! {
    /// Where an assessment stands. Source: FHIR R4 QuestionnaireResponse.status.
    AssessmentStatus {
        /// Being filled in.
        Draft,
        /// Done; answers change only by correction.
        Complete,
        /// Done, and corrected since.
        Corrected,
    }
}

entity! {
    /// An assessment [FHIR QuestionnaireResponse].
    Assessment, AssessmentUpdate, AssessmentField {
        set {
            /// When the questions were asked.
            asked_at AskedAt: DateTime<Utc>,
            /// The worker who asked.
            asked_by AskedBy: WorkerId,
            /// Who answered, where not the person.
            answered_by AnsweredBy: String,
            /// The language in which they were asked, as a BCP 47 tag.
            language Language: String,
            /// The visit at which they were asked.
            visit Visit: EntityId,
            /// What else was seen.
            remark Remark: String,
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
    AssessmentCorrection {
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

entity! {
    /// What was done about the alerts of an assessment. Written once. An alert that a correction raises later is not answered by it.
    AlertResponse {
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

/// An assessment with all that belongs to it.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Enum)]
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
#[uniffi::remote(Record)]
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

/// Edits of assessments.
#[uniffi::remote(Enum)]
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
        #[uniffi(default)]
        answers: Vec<ItemAnswer>,
        /// Questions whose answers are taken back.
        #[uniffi(default)]
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
        #[uniffi(default)]
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

/// What happens to assessments.
#[uniffi::remote(Enum)]
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
