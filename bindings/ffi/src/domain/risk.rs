//! What may harm the person or a worker, and what is planned against it.

use caseweave::domain::RiskLevel;
use chrono::NaiveDate;

use super::mirror::{added_and_updated, entity};

entity! {
    /// A risk with its safety plan [FHIR RiskAssessment].
    Risk, RiskUpdate, RiskField {
        set {
            /// What may happen.
            hazard Hazard: String,
            /// How pressing it is.
            level Level: RiskLevel,
            /// What shows that it comes near.
            warning_signs WarningSigns: String,
            /// What to do then, and whom to call.
            plan Plan: String,
            /// The day it was judged.
            judged_on JudgedOn: NaiveDate,
            /// The day to look at it again.
            review_on ReviewOn: NaiveDate,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of risks.
    RiskEdit of RiskUpdate
}
