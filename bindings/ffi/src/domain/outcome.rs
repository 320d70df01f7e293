//! What was measured over time.

use caseweave::EntityId;
use caseweave::domain::{OutcomePoint, OutcomeTrend};
use chrono::NaiveDate;

use super::mirror::{added_and_updated, entity};

entity! {
    /// A measured value [FHIR Observation].
    Outcome, OutcomeUpdate, OutcomeField {
        set {
            /// What was measured: the same words give one trend.
            measure Measure: String,
            /// The value.
            value Value: f64,
            /// Its unit.
            unit Unit: String,
            /// The day it was measured.
            on On: NaiveDate,
            /// The goal it speaks for.
            goal Goal: EntityId,
            /// What was seen.
            remark Remark: String,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of outcomes.
    OutcomeEdit of OutcomeUpdate
}

/// A measure over time.
#[uniffi::remote(Record)]
pub struct OutcomeTrend {
    /// What was measured.
    pub measure: String,
    /// The values by day, then by id.
    pub points: Vec<OutcomePoint>,
    /// The last value less the first.
    pub change: f64,
}

/// One value of a trend.
#[uniffi::remote(Record)]
pub struct OutcomePoint {
    /// The outcome.
    pub outcome: EntityId,
    /// The day.
    pub on: NaiveDate,
    /// The value.
    pub value: f64,
}
