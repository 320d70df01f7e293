//! What the person lacks, or what troubles them.

use caseweave::EntityId;
use chrono::NaiveDate;

use super::mirror::{entity, open_enum, tracked};

open_enum! {
    /// The area of life a need lies in. Source: HL7 Gravity Project, SDOH category codes (SDOH Clinical Care 2.2), verbatim.
    NeedDomain {
        /// Not enough food.
        FoodInsecurity,
        /// Housing that may be lost.
        HousingInstability,
        /// No housing.
        Homelessness,
        /// Housing that does not serve.
        InadequateHousing,
        /// No way to get about.
        TransportationInsecurity,
        /// Not enough money.
        FinancialInsecurity,
        /// Lacks things of daily life.
        MaterialHardship,
        /// Heat, light or water at risk.
        UtilityInsecurity,
        /// Schooling.
        EducationalAttainment,
        /// Work.
        EmploymentStatus,
        /// Matters of a veteran.
        VeteranStatus,
        /// Stress.
        Stress,
        /// Loneliness.
        SocialConnection,
        /// Violence by a partner.
        IntimatePartnerViolence,
        /// Abuse of an old person.
        ElderAbuse,
        /// Understanding of health matters.
        PersonalHealthLiteracy,
        /// Insurance.
        HealthInsuranceCoverageStatus,
        /// What care costs.
        MedicalCostBurden,
        /// Use of digital things.
        DigitalLiteracy,
        /// Reach of digital things.
        DigitalAccess,
        /// Imprisonment and what follows.
        IncarcerationStatus,
        /// Language.
        LanguageAccess,
        /// None of these: the statement says what.
        Unspecified,
    }
}

open_enum! {
    /// How heavy something weighs. Source: FHIR R4 Condition.severity, in the field's words.
    Severity {
        /// Mild.
        Mild,
        /// Moderate.
        Moderate,
        /// Severe.
        Severe,
    }
}

open_enum! {
    /// Where a need stands.
    NeedStatus {
        /// Seen, and nothing done yet.
        Open,
        /// Worked on.
        InProgress,
        /// Met.
        Met,
        /// Could not be met.
        Unmet,
        /// The person does not want help with it.
        Declined,
    }
}

entity! {
    /// A need or problem [FHIR Condition].
    Need, NeedUpdate, NeedField {
        set {
            /// The area of life.
            domain Domain: NeedDomain,
            /// What it is, in words.
            statement Statement: String,
            /// How heavy it weighs.
            severity Severity: Severity,
            /// The day it was seen first.
            seen_on SeenOn: NaiveDate,
            /// The assessment that showed it.
            assessment Assessment: EntityId,
            /// What helps or stands in the way, in a line.
            remark Remark: String,
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
    NeedEdit of NeedUpdate by NeedStatus
}
