//! What leaves a record for somebody to read: a case's summary, the person's own plan, the figures of a caseload. Pure: views and
//! numbers go in, a [`Page`] comes out, which writes itself as HTML or Markdown.
//!
//! - [`SummaryOptions`] say which parts of the record a summary holds. Where they name a recipient, only what an active consent covers goes
//!   into it, and what was given comes back as entries for the log of disclosures: whoever calls records them.
//! - Texts stand once in each language under `texts/`; only `html.rs` and `markdown.rs` make markup of text.

mod consent;
mod evv;
mod figures;
mod html;
mod locale;
mod markdown;
mod page;
mod plan;
mod summary;
mod texts;

#[cfg(test)]
mod tests;

use chrono::NaiveDate;

use crate::calendar::Zone;
use crate::domain::{CaseView, RecordPart};
use crate::ids::WorkerId;
use crate::instruments::Instruments;

pub use consent::payer_may_have_visits;
pub use evv::{EvvCorrection, EvvFormat, EvvPoint, EvvRecord, EvvReport, EvvSigned};
pub use figures::{CaseloadFigures, figures};
pub use locale::ReportLocale;
pub use page::Page;
pub use plan::plan;
pub use summary::{Summary, summary};

/// What a report is made of.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The case.
    pub view: &'a CaseView,
    /// The instruments that its assessments name.
    pub instruments: &'a Instruments,
    /// The names of workers, as far as they are known.
    pub names: &'a dyn Fn(WorkerId) -> Option<String>,
}

/// In which words a report is written, and what "today" is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wording {
    /// The language, and how days, times and numbers are written.
    pub locale: ReportLocale,
    /// The zone of every time of day.
    pub zone: Zone,
    /// The day of the report in that zone.
    pub today: NaiveDate,
}

/// What a summary holds, and for whom it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryOptions {
    /// Its words.
    pub wording: Wording,
    /// The parts of the record that it shows, in this order, each once.
    pub parts: Vec<RecordPart>,
    /// To whom it is given, in the words of a consent, case and blanks aside; nothing where it stays with the case's workers.
    pub recipient: Option<String>,
    /// Whether it says which of the parts were left out for want of a consent. Never what they hold.
    pub say_left_out: bool,
}

/// Why there is no summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// No part is asked for.
    #[error("are none")]
    NoParts,
    /// A part that this version does not know.
    #[error("name a part this version does not know")]
    UnknownPart,
    /// The recipient has no consent that holds on the day of the report.
    #[error("has no consent in force")]
    NoConsent,
    /// The case falls under 42 CFR Part 2, and no consent of the recipient says that it covers such records.
    #[error("has no consent in force that covers records under 42 CFR Part 2")]
    NotPart2,
    /// The recipient's consents cover none of the parts that are asked for.
    #[error("has no consent in force that covers any of the sections")]
    NotCovered,
}

impl ReportError {
    /// The option that cannot stand.
    pub fn field(self) -> &'static str {
        match self {
            Self::NoParts | Self::UnknownPart => "sections",
            Self::NoConsent | Self::NotPart2 | Self::NotCovered => "recipient",
        }
    }
}
