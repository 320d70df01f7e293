//! Instruments: what they ask, how answers score, and scores over time.

use std::collections::HashMap;
use std::sync::Arc;

use caseweave::CaseId;
use caseweave::domain::TrendPoint;
use caseweave::instruments::{
    AlertRule, AlertSource, Answer, AskedIf, Band, Instrument, InstrumentItem, ItemAnswer,
    ItemKind, ItemOption, Judgement, RaisedAlert, Scale, ScaleOutcome, ScaleScore,
};

use crate::{CaseweaveError, CaseweaveHandle};

/// An instrument in a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InstrumentSummary {
    /// Its id, such as `phq-9`.
    pub id: String,
    /// Its version, from 1.
    pub version: i64,
    /// Its name, by language.
    pub title: HashMap<String, String>,
    /// The languages of its texts, the first for want of another.
    pub languages: Vec<String>,
    /// LOINC code of the panel.
    pub loinc: Option<String>,
    /// How many questions it has.
    pub questions: u32,
}

impl From<&Instrument> for InstrumentSummary {
    fn from(instrument: &Instrument) -> Self {
        Self {
            id: instrument.id.clone(),
            version: instrument.version,
            title: instrument.title.clone(),
            languages: instrument.languages.clone(),
            loinc: instrument.loinc.clone(),
            questions: u32::try_from(instrument.items.len()).unwrap_or(u32::MAX),
        }
    }
}

/// An assessment instrument in one version. A version never changes once assessments name it. Texts are by language.
#[uniffi::remote(Record)]
pub struct Instrument {
    /// Its id, such as `phq-9`. One that an agency registers has a namespace, such as `org.example.falls`.
    pub id: String,
    /// Its version, from 1.
    pub version: i64,
    /// Its name.
    pub title: HashMap<String, String>,
    /// Where its questions and its scoring were published.
    pub source: String,
    /// What its owner wants said wherever it is shown.
    pub licence: HashMap<String, String>,
    /// The languages of its texts, the first for want of another.
    pub languages: Vec<String>,
    /// LOINC code of the panel.
    pub loinc: Option<String>,
    /// What is said before the questions.
    pub instruction: Option<HashMap<String, String>>,
    /// The questions, in their order.
    pub items: Vec<InstrumentItem>,
    /// Scales and subscales.
    pub scales: Vec<Scale>,
    /// What raises an alert or shows a need.
    pub alerts: Vec<AlertRule>,
}

/// One question.
#[uniffi::remote(Record)]
pub struct InstrumentItem {
    /// Its code within the instrument: the key of its answer. At most 40 characters.
    pub code: String,
    /// The question.
    pub text: HashMap<String, String>,
    /// LOINC code of the question.
    pub loinc: Option<String>,
    /// What sort of answer it takes.
    pub kind: ItemKind,
    /// When it is asked at all; always, where nothing is said.
    pub asked_if: Option<AskedIf>,
    /// Whether a form without it is complete.
    pub optional: bool,
}

/// What sort of answer a question takes. Several choices at once are several questions, so that they merge one by one.
#[uniffi::remote(Enum)]
pub enum ItemKind {
    /// One of some options.
    Choice {
        /// The options, in their order.
        options: Vec<ItemOption>,
    },
    /// A measured number. Scales do not count it.
    Number {
        /// The least it can be.
        least: f64,
        /// The most it can be.
        most: f64,
        /// Its unit.
        unit: Option<String>,
    },
    /// Words of at most 4,000 characters. Search finds them.
    Words,
}

/// One option of a question.
#[uniffi::remote(Record)]
pub struct ItemOption {
    /// What the record keeps when it is chosen.
    pub value: i64,
    /// What it counts in a scale; the value, where the definition says nothing else.
    pub score: i64,
    /// Its words.
    pub text: HashMap<String, String>,
    /// LOINC code of the answer.
    pub loinc: Option<String>,
}

/// A question is asked if one of some earlier ones was answered with so much.
#[uniffi::remote(Record)]
pub struct AskedIf {
    /// The codes of the earlier questions.
    pub items: Vec<String>,
    /// The score that one of them must reach.
    pub at_least: i64,
}

/// A scale or subscale: the sum of its items' scores.
#[uniffi::remote(Record)]
pub struct Scale {
    /// Its code within the instrument.
    pub code: String,
    /// Its name.
    pub title: HashMap<String, String>,
    /// LOINC code of the score.
    pub loinc: Option<String>,
    /// The codes of its items.
    pub items: Vec<String>,
    /// Those of its items that count the other way round: lowest score plus highest score minus the answer's.
    pub reversed: Vec<String>,
    /// The lowest score there can be.
    pub lowest: i64,
    /// The highest.
    pub highest: i64,
    /// What scores mean: from the lowest to the highest without a gap; or nothing.
    pub bands: Vec<Band>,
}

/// A range of scores with its meaning.
#[uniffi::remote(Record)]
pub struct Band {
    /// Its code within the scale.
    pub code: String,
    /// The lowest score in it.
    pub lowest: i64,
    /// The highest score in it.
    pub highest: i64,
    /// Its name.
    pub text: HashMap<String, String>,
}

/// What raises an alert: an answer or a score within bounds.
#[uniffi::remote(Record)]
pub struct AlertRule {
    /// Its code within the instrument.
    pub code: String,
    /// What it says.
    pub text: HashMap<String, String>,
    /// What it looks at.
    pub source: AlertSource,
    /// The least score that raises it.
    pub at_least: Option<i64>,
    /// The greatest score that raises it.
    pub at_most: Option<i64>,
    /// The social need it shows, by Gravity's code such as `food-insecurity`; nothing where it is a matter of safety or health.
    pub need: Option<String>,
}

/// What an alert looks at.
#[uniffi::remote(Enum)]
pub enum AlertSource {
    /// One item's score, whatever the total.
    Item {
        /// The item.
        item: String,
    },
    /// A scale's score.
    Scale {
        /// The scale.
        scale: String,
    },
}

/// What somebody answered.
#[uniffi::remote(Enum)]
pub enum Answer {
    /// An option, by its value.
    Choice {
        /// The option's value.
        value: i64,
    },
    /// A measured number.
    Number {
        /// The number, in the item's unit.
        value: f64,
    },
    /// Words.
    Words {
        /// The words, at most 4,000 characters.
        text: String,
    },
}

/// The answer to one question.
#[uniffi::remote(Record)]
pub struct ItemAnswer {
    /// The question's code.
    pub item: String,
    /// Its answer.
    pub answer: Answer,
}

/// What answers come to.
#[uniffi::remote(Record)]
pub struct Judgement {
    /// A score, or why there is none, for each scale in the definition's order.
    pub scores: Vec<ScaleScore>,
    /// Alerts that are raised, in the definition's order.
    pub alerts: Vec<RaisedAlert>,
    /// Questions that are to be asked and have no answer that counts, in the definition's order.
    pub unanswered: Vec<String>,
    /// Questions that were answered though, by the other answers, they are not to be asked. They do not count.
    pub not_counted: Vec<String>,
    /// Questions whose answer the definition does not have, and answers to questions it does not have. They do not count.
    pub unusable: Vec<String>,
}

/// The score of one scale.
#[uniffi::remote(Record)]
pub struct ScaleScore {
    /// The scale.
    pub scale: String,
    /// Its score, or why there is none.
    pub outcome: ScaleOutcome,
}

/// A score, or why there is none.
#[uniffi::remote(Enum)]
pub enum ScaleOutcome {
    /// Every answer is there.
    Scored {
        /// The sum.
        score: i64,
        /// The code of the band it lies in, where the scale has bands.
        band: Option<String>,
    },
    /// Answers are missing. There is no score, not a low one.
    NotScorable {
        /// The questions without an answer that counts.
        missing: Vec<String>,
    },
    /// By the other answers, none of the scale's questions is to be asked.
    NotAsked,
}

/// An alert that answers raise.
#[uniffi::remote(Record)]
pub struct RaisedAlert {
    /// The code of its rule.
    pub code: String,
    /// What raised it.
    pub source: AlertSource,
    /// The social need it shows, by Gravity's code; nothing where it is a matter of safety or health.
    pub need: Option<String>,
}

#[uniffi::export]
impl CaseweaveHandle {
    /// Every instrument this device knows, in all versions, by id, then by version: those that come with the library and those
    /// the agency registered.
    pub fn instruments(&self) -> Result<Vec<InstrumentSummary>, CaseweaveError> {
        let instruments = self.0.instruments()?;
        Ok(instruments
            .iter()
            .map(|instrument| InstrumentSummary::from(&**instrument))
            .collect())
    }

    /// One instrument: in a version, or in its newest. Fails with `NotFound` where this device does not know it.
    #[uniffi::method(default(version))]
    pub fn instrument(
        &self,
        id: String,
        version: Option<i64>,
    ) -> Result<Instrument, CaseweaveError> {
        let instrument = self.0.instrument(&id, version)?;
        Ok(Arc::unwrap_or_clone(instrument))
    }

    /// Registers an agency's own instrument from its definition in JSON, for good. The same once more does nothing. Its id has a
    /// namespace, such as `org.example.falls`. Writes disk.
    ///
    /// Fails with `InvalidInput` (the field that cannot stand, and in the reason the line), `AlreadyExists` (that version says
    /// something else), `NotAllowed`, `StorageFull`.
    pub fn register_instrument(
        &self,
        definition: String,
    ) -> Result<InstrumentSummary, CaseweaveError> {
        let instrument = self.0.register_instrument(&definition)?;
        Ok(InstrumentSummary::from(&*instrument))
    }

    /// Scores answers without keeping them, as for a form that is being filled in. Fails with `NotFound` where this device does
    /// not know the instrument in that version.
    pub fn score(
        &self,
        instrument: String,
        version: i64,
        answers: Vec<ItemAnswer>,
    ) -> Result<Judgement, CaseweaveError> {
        Ok(self.0.score(&instrument, version, &answers)?)
    }

    /// The scores of an instrument in a case over time: each completed assessment, the earliest first, scored by the version it
    /// names. Reads disk. Fails with `NotFound` where the case is not on this device.
    pub fn assessment_trend(
        &self,
        case: CaseId,
        instrument: String,
    ) -> Result<Vec<TrendPoint>, CaseweaveError> {
        Ok(self.0.assessment_trend(case, &instrument)?)
    }
}
