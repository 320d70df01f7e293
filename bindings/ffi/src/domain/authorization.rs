//! What a payer lets be done, and how much of it is used.
//!
//! Each use stands in a field of its own, named after visit and service. So uses written apart add up, two devices that write
//! the same one meet in one field, and correcting a use changes that use alone.

use caseweave::domain::{AuthorizationAlert, AuthorizationEdit, AuthorizationView, Usage};
use caseweave::{EntityId, day_in};
use chrono::{DateTime, NaiveDate, Utc};

use super::mirror::{entity, open_enum};
use crate::CaseweaveError;

open_enum! {
    /// Where an authorization stands. Source: FHIR R4 ClaimResponse, in the field's words.
    AuthorizationStatus {
        /// Asked for.
        Requested,
        /// Given.
        Approved,
        /// Refused.
        Denied,
        /// Over.
        Expired,
        /// Taken back.
        Cancelled,
    }
}

entity! {
    /// A payer's authorization of a service [FHIR Coverage, ClaimResponse].
    Authorization, AuthorizationUpdate, AuthorizationField {
        set {
            /// The payer.
            payer Payer: String,
            /// The payer's number for it.
            number Number: String,
            /// The service as the payer names it.
            service Service: String,
            /// Units approved.
            units Units: i64,
            /// What a unit is: a visit, 15 minutes.
            unit Unit: String,
            /// First day.
            since Since: NaiveDate,
            /// Last day.
            until Until: NaiveDate,
            /// The day it was asked for.
            requested_on RequestedOn: NaiveDate,
            /// The last day to appeal a denial.
            appeal_by AppealBy: NaiveDate,
            /// Anything else.
            remark Remark: String,
        }
        own {
            /// Where it stands.
            status: AuthorizationStatus,
            /// Why it was denied or taken back.
            status_reason: String,
        }
    }
}

/// Units of a service used at a visit.
#[uniffi::remote(Record)]
pub struct Usage {
    /// The visit.
    pub visit: EntityId,
    /// The service.
    pub service: String,
    /// How many units.
    pub units: i64,
}

/// Something about an authorization that somebody should act on. It never blocks recording.
#[uniffi::remote(Enum)]
pub enum AuthorizationAlert {
    /// More units were used than approved.
    OverUsed {
        /// By how many.
        units: i64,
    },
    /// All units are used.
    UsedUp,
    /// It ends within 30 days.
    Expires {
        /// In how many days; 0 on the last day.
        days: i64,
        /// Units that are left, where a number was approved.
        #[uniffi(default)]
        units_left: Option<i64>,
    },
    /// Its last day has passed.
    Expired {
        /// How many days ago.
        days: i64,
    },
    /// A denial can still be appealed.
    AppealDue {
        /// In how many days; 0 on the last day.
        days: i64,
    },
}

/// An authorization with what is used of it.
#[uniffi::remote(Record)]
pub struct AuthorizationView {
    /// The authorization.
    pub authorization: Authorization,
    /// What is used, by visit, then by service. What was used at a visit that was removed is left out until the visit is back.
    pub usage: Vec<Usage>,
    /// The sum of it.
    pub units_used: i64,
    /// Units that are left, below 0 where more were used; nothing where no number was approved.
    #[uniffi(default)]
    pub units_left: Option<i64>,
}

/// Edits of authorizations.
#[uniffi::remote(Enum)]
pub enum AuthorizationEdit {
    /// Adds it, as asked for.
    Add {
        /// Its new id.
        id: EntityId,
        /// Its values.
        fields: AuthorizationUpdate,
    },
    /// Changes the fields that are named.
    Update {
        /// Which one.
        id: EntityId,
        /// The new values.
        fields: AuthorizationUpdate,
    },
    /// Moves it on.
    SetStatus {
        /// Which one.
        id: EntityId,
        /// To where.
        status: AuthorizationStatus,
        /// Why; required where it is denied or taken back.
        #[uniffi(default)]
        reason: Option<String>,
    },
    /// Says how many units of a service a visit used. Said again, it corrects what was said before, whether the service was written in
    /// capitals or not; 0 takes it back.
    RecordUsage {
        /// Which one.
        id: EntityId,
        /// The visit.
        visit: EntityId,
        /// The service.
        service: String,
        /// How many units.
        units: i64,
    },
}

/// What somebody should act on about an authorization, as of the day that it is at a moment in an IANA time zone. Nothing of it blocks
/// recording.
///
/// Fails with `InvalidInput` where there is no such zone.
#[uniffi::export]
pub fn authorization_alerts(
    authorization: AuthorizationView,
    at: DateTime<Utc>,
    zone: String,
) -> Result<Vec<AuthorizationAlert>, CaseweaveError> {
    Ok(authorization.alerts_on(day_in(at, &zone)?))
}
