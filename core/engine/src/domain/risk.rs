//! What may harm the person or a worker, and what is planned against it.

use chrono::NaiveDate;

use super::entity::{added_and_updated, entity};
use super::{MAX_TITLE, RiskLevel, check};

entity! {
    /// A risk with its safety plan [FHIR RiskAssessment].
    Risk, RiskUpdate, RiskField of Risk {
        set {
            /// What may happen.
            hazard Hazard: String = check::line::<MAX_TITLE>,
            /// How pressing it is.
            level Level: RiskLevel = |value: &RiskLevel| check::code(value.code()),
            /// What shows that it comes near.
            warning_signs WarningSigns: String = check::lines::<2_000>,
            /// What to do then, and whom to call.
            plan Plan: String = check::lines::<4_000>,
            /// The day it was judged.
            judged_on JudgedOn: NaiveDate = check::date,
            /// The day to look at it again.
            review_on ReviewOn: NaiveDate = check::date,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of risks.
    RiskEdit of RiskUpdate, "add_risk", "update_risk", needs hazard
}
