//! What was measured over time.

use chrono::NaiveDate;

use super::entity::{added_and_updated, entity};
use super::{MAX_NAME, check};
use crate::ids::EntityId;

entity! {
    /// A measured value [FHIR Observation].
    Outcome, OutcomeUpdate, OutcomeField of Outcome {
        set {
            /// What was measured: the same words give one trend.
            measure Measure: String = check::line::<MAX_NAME>,
            /// The value.
            value Value: f64 = check::finite,
            /// Its unit.
            unit Unit: String = check::line::<MAX_NAME>,
            /// The day it was measured.
            on On: NaiveDate = check::date,
            /// The goal it speaks for.
            goal Goal: EntityId = check::any,
            /// What was seen.
            remark Remark: String = check::lines::<2_000>,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of outcomes.
    OutcomeEdit of OutcomeUpdate, "add_outcome", "update_outcome", needs measure, value, on
}

/// A measure over time.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeTrend {
    /// What was measured.
    pub measure: String,
    /// The values by day, then by id.
    pub points: Vec<OutcomePoint>,
    /// The last value less the first.
    pub change: f64,
}

/// One value of a trend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutcomePoint {
    /// The outcome.
    pub outcome: EntityId,
    /// The day.
    pub on: NaiveDate,
    /// The value.
    pub value: f64,
}

impl OutcomeTrend {
    /// A trend for each measure, by name; removed outcomes are in none.
    pub(crate) fn of(outcomes: &[Outcome]) -> Vec<Self> {
        let mut trends = std::collections::BTreeMap::<&str, Vec<OutcomePoint>>::new();
        for outcome in outcomes.iter().filter(|one| one.meta.removed.is_none()) {
            if let (Some(measure), Some(on), Some(value)) =
                (&outcome.measure, outcome.on, outcome.value)
            {
                let outcome = outcome.meta.id;
                trends
                    .entry(measure)
                    .or_default()
                    .push(OutcomePoint { outcome, on, value });
            }
        }
        trends
            .into_iter()
            .map(|(measure, points)| Self::through(measure, points))
            .collect()
    }

    fn through(measure: &str, mut points: Vec<OutcomePoint>) -> Self {
        points.sort_by_key(|point| (point.on, point.outcome));
        let ends = points.first().zip(points.last());
        Self {
            measure: measure.to_owned(),
            change: ends.map_or(0.0, |(first, last)| last.value - first.value),
            points,
        }
    }
}
