//! What a definition says: the questions, their answers, and the rules of scoring.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// A text in each language of its instrument, by BCP 47 tag.
pub type Texts = HashMap<String, String>;

/// An assessment instrument in one version. A version never changes once assessments name it.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    /// Its id, such as `phq-9`. One that an agency registers has a namespace, such as `org.example.falls`.
    pub id: String,
    /// Its version, from 1.
    pub version: i64,
    /// Its name.
    pub title: Texts,
    /// Where its questions and its scoring were published.
    pub source: String,
    /// What its owner wants said wherever it is shown.
    pub licence: Texts,
    /// The languages of its texts, the first for want of another.
    pub languages: Vec<String>,
    /// LOINC code of the panel.
    pub loinc: Option<String>,
    /// What is said before the questions.
    pub instruction: Option<Texts>,
    /// The questions, in their order.
    pub items: Vec<InstrumentItem>,
    /// Scales and subscales.
    pub scales: Vec<Scale>,
    /// What raises an alert or shows a need.
    pub alerts: Vec<AlertRule>,
}

impl Instrument {
    pub(crate) fn item(&self, code: &str) -> Option<&InstrumentItem> {
        self.items.iter().find(|item| item.code == code)
    }
}

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub struct InstrumentItem {
    /// Its code within the instrument: the key of its answer. At most 40 characters.
    pub code: String,
    /// The question.
    pub text: Texts,
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
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
pub struct ItemOption {
    /// What the record keeps when it is chosen.
    pub value: i64,
    /// What it counts in a scale; the value, where the definition says nothing else.
    pub score: i64,
    /// Its words.
    pub text: Texts,
    /// LOINC code of the answer.
    pub loinc: Option<String>,
}

/// A question is asked if one of some earlier ones was answered with so much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedIf {
    /// The codes of the earlier questions.
    pub items: Vec<String>,
    /// The score that one of them must reach.
    pub at_least: i64,
}

/// A scale or subscale: the sum of its items' scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Its code within the instrument.
    pub code: String,
    /// Its name.
    pub title: Texts,
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
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Its code within the scale.
    pub code: String,
    /// The lowest score in it.
    pub lowest: i64,
    /// The highest score in it.
    pub highest: i64,
    /// Its name.
    pub text: Texts,
}

/// What raises an alert: an answer or a score within bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRule {
    /// Its code within the instrument.
    pub code: String,
    /// What it says.
    pub text: Texts,
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemAnswer {
    /// The question's code.
    pub item: String,
    /// Its answer.
    pub answer: Answer,
}
