//! Referrals, followed until somebody knows what came of them.

use caseweave::domain::Importance;
use caseweave::{EntityId, ProviderId, day_in};
use chrono::{DateTime, NaiveDate, Utc};

use super::mirror::{entity, open_enum, tracked};
use crate::CaseweaveError;

open_enum! {
    /// Where a referral stands. Source: FHIR R4 Task.status as the Gravity closed-loop referral uses it.
    ReferralStatus {
        /// Sent.
        Sent,
        /// The provider has it.
        Received,
        /// The provider takes the person on.
        Accepted,
        /// The provider does not.
        Declined,
        /// There is an appointment.
        Scheduled,
        /// The service was given.
        Completed,
        /// Taken back.
        Cancelled,
    }
}

entity! {
    /// A referral [FHIR ServiceRequest and Task].
    Referral, ReferralUpdate, ReferralField {
        set {
            /// The service that is asked for.
            service Service: String,
            /// Who shall give it.
            provider Provider: String,
            /// That provider in the directory; `provider` says its name as it was when the two were linked.
            directory_provider DirectoryProvider: ProviderId,
            /// The service in the directory, one of that provider's.
            directory_service DirectoryService: EntityId,
            /// The provider's phone number as typed.
            phone Phone: String,
            /// The need it answers.
            need Need: EntityId,
            /// The contact at the provider.
            contact Contact: EntityId,
            /// How soon it is wanted.
            urgency Urgency: Importance,
            /// The day it was sent.
            sent_on SentOn: NaiveDate,
            /// The day by which somebody asks what became of it.
            follow_up_on FollowUpOn: NaiveDate,
            /// The appointment.
            appointment_at AppointmentAt: DateTime<Utc>,
            /// What came of it.
            outcome Outcome: String,
        }
        own {
            /// Where it stands.
            status: ReferralStatus,
            /// Why it was declined or taken back.
            status_reason: String,
            /// When it was completed, declined or taken back; nothing while it is open.
            closed_at: DateTime<Utc>,
        }
    }
}

tracked! {
    /// Edits of referrals.
    ReferralEdit of ReferralUpdate by ReferralStatus
}

/// Whether a referral is open after its follow-up date, on the day that it is at a moment in an IANA time zone.
///
/// Fails with `InvalidInput` where there is no such zone.
#[uniffi::export]
pub fn referral_is_overdue(
    referral: Referral,
    at: DateTime<Utc>,
    zone: String,
) -> Result<bool, CaseweaveError> {
    Ok(referral.is_overdue_on(day_in(at, &zone)?))
}
