//! What the person lacks, or what troubles them.

use chrono::NaiveDate;

use super::entity::{entity, tracked};
use super::status::moves;
use super::value::open_enum;
use super::{MAX_TITLE, check};
use crate::ids::EntityId;

open_enum! {
    /// The area of life a need lies in. Source: HL7 Gravity Project, SDOH category codes (SDOH Clinical Care 2.2), verbatim.
    NeedDomain {
        /// Not enough food.
        FoodInsecurity = "food-insecurity",
        /// Housing that may be lost.
        HousingInstability = "housing-instability",
        /// No housing.
        Homelessness = "homelessness",
        /// Housing that does not serve.
        InadequateHousing = "inadequate-housing",
        /// No way to get about.
        TransportationInsecurity = "transportation-insecurity",
        /// Not enough money.
        FinancialInsecurity = "financial-insecurity",
        /// Lacks things of daily life.
        MaterialHardship = "material-hardship",
        /// Heat, light or water at risk.
        UtilityInsecurity = "utility-insecurity",
        /// Schooling.
        EducationalAttainment = "educational-attainment",
        /// Work.
        EmploymentStatus = "employment-status",
        /// Matters of a veteran.
        VeteranStatus = "veteran-status",
        /// Stress.
        Stress = "stress",
        /// Loneliness.
        SocialConnection = "social-connection",
        /// Violence by a partner.
        IntimatePartnerViolence = "intimate-partner-violence",
        /// Abuse of an old person.
        ElderAbuse = "elder-abuse",
        /// Understanding of health matters.
        PersonalHealthLiteracy = "personal-health-literacy",
        /// Insurance.
        HealthInsuranceCoverageStatus = "health-insurance-coverage-status",
        /// What care costs.
        MedicalCostBurden = "medical-cost-burden",
        /// Use of digital things.
        DigitalLiteracy = "digital-literacy",
        /// Reach of digital things.
        DigitalAccess = "digital-access",
        /// Imprisonment and what follows.
        IncarcerationStatus = "incarceration-status",
        /// Language.
        LanguageAccess = "language-access",
        /// None of these: the statement says what.
        Unspecified = "sdoh-category-unspecified",
    }
}

open_enum! {
    /// How heavy something weighs. Source: FHIR R4 Condition.severity, in the field's words.
    Severity {
        /// Mild.
        Mild = "mild",
        /// Moderate.
        Moderate = "moderate",
        /// Severe.
        Severe = "severe",
    }
}

open_enum! {
    /// Where a need stands.
    NeedStatus {
        /// Seen, and nothing done yet.
        Open = "open",
        /// Worked on.
        InProgress = "in_progress",
        /// Met.
        Met = "met",
        /// Could not be met.
        Unmet = "unmet",
        /// The person does not want help with it.
        Declined = "declined",
    }
}

moves! {
    NeedStatus of Need {
        Open => [InProgress, Met, Unmet, Declined],
        InProgress => [Open, Met, Unmet, Declined],
        Met => [Open],
        Unmet => [Open, InProgress, Met],
        Declined => [Open],
    }
    explained [Unmet]
    decided []
}

entity! {
    /// A need or problem [FHIR Condition].
    Need, NeedUpdate, NeedField of Need {
        set {
            /// The area of life.
            domain Domain: NeedDomain = |value: &NeedDomain| check::code(value.code()),
            /// What it is, in words.
            statement Statement: String = check::lines::<2_000>,
            /// How heavy it weighs.
            severity Severity: Severity = |value: &Severity| check::code(value.code()),
            /// The day it was seen first.
            seen_on SeenOn: NaiveDate = check::date,
            /// The assessment that showed it.
            assessment Assessment: EntityId = check::any,
            /// What helps or stands in the way, in a line.
            remark Remark: String = check::line::<MAX_TITLE>,
        }
        own {
            /// Where it stands.
            status: NeedStatus,
            /// Why it stands there.
            status_reason: String,
        }
    }
}

tracked! {
    /// Edits of needs.
    NeedEdit of NeedUpdate by NeedStatus, "add_need", "update_need", "set_need_status", needs domain
}
