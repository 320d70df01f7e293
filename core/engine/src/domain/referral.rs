//! Referrals, followed until somebody knows what came of them.

use chrono::{DateTime, NaiveDate, Utc};

use super::entity::{entity, required, tracked};
use super::status::moves;
use super::value::{FieldType, open_enum};
use super::{Importance, Invalid, Kind, MAX_NAME, MAX_TITLE, Plan, Value, check};
use crate::ids::{EntityId, ProviderId};

open_enum! {
    /// Where a referral stands. Source: FHIR R4 Task.status as the Gravity closed-loop referral uses it.
    ReferralStatus {
        /// Sent.
        Sent = "sent",
        /// The provider has it.
        Received = "received",
        /// The provider takes the person on.
        Accepted = "accepted",
        /// The provider does not.
        Declined = "declined",
        /// There is an appointment.
        Scheduled = "scheduled",
        /// The service was given.
        Completed = "completed",
        /// Taken back.
        Cancelled = "cancelled",
    }
}

// Providers seldom confirm each step, so steps can be left out; a missed appointment goes back to accepted.
moves! {
    ReferralStatus of Referral {
        Sent => [Received, Accepted, Declined, Scheduled, Completed, Cancelled],
        Received => [Accepted, Declined, Scheduled, Completed, Cancelled],
        Accepted => [Declined, Scheduled, Completed, Cancelled],
        Scheduled => [Accepted, Declined, Completed, Cancelled],
        Declined => [Sent],
        Cancelled => [Sent],
    }
    explained [Declined, Cancelled]
    decided []
}

entity! {
    /// A referral [FHIR ServiceRequest and Task].
    Referral, ReferralUpdate, ReferralField of Referral {
        set {
            /// The service that is asked for.
            service Service: String = check::line::<MAX_TITLE>,
            /// Who shall give it.
            provider Provider: String = check::line::<MAX_NAME>,
            /// That provider in the directory; `provider` says its name as it was when the two were linked.
            directory_provider DirectoryProvider: ProviderId = check::any,
            /// The service in the directory, one of that provider's.
            directory_service DirectoryService: EntityId = check::any,
            /// The provider's phone number as typed.
            phone Phone: String = check::phone,
            /// The need it answers.
            need Need: EntityId = check::any,
            /// The contact at the provider.
            contact Contact: EntityId = check::any,
            /// How soon it is wanted.
            urgency Urgency: Importance = |value: &Importance| check::code(value.code()),
            /// The day it was sent.
            sent_on SentOn: NaiveDate = check::date,
            /// The day by which somebody asks what became of it.
            follow_up_on FollowUpOn: NaiveDate = check::date,
            /// The appointment.
            appointment_at AppointmentAt: DateTime<Utc> = check::moment,
            /// What came of it.
            outcome Outcome: String = check::lines::<2_000>,
        }
        own {
            /// Where it stands.
            status: ReferralStatus,
            /// Why it was declined or taken back.
            status_reason: String,
            /// When it was completed, declined or taken back; cleared when it is opened again. Whether it is open, its status says.
            closed_at: DateTime<Utc>,
        }
    }
}

impl ReferralStatus {
    fn is_end(&self) -> bool {
        matches!(self, Self::Completed | Self::Declined | Self::Cancelled)
    }
}

impl Referral {
    /// Whether somebody still waits for what becomes of it.
    pub fn is_open(&self) -> bool {
        let ended = self.status.as_ref().is_some_and(ReferralStatus::is_end);
        self.meta.removed.is_none() && !ended
    }

    /// Whether it is open on a day after its follow-up date.
    pub fn is_overdue_on(&self, day: NaiveDate) -> bool {
        self.is_open() && self.follow_up_on.is_some_and(|by| by < day)
    }
}

tracked! {
    /// Edits of referrals.
    ReferralEdit of ReferralUpdate by ReferralStatus, "add_referral", "update_referral", "set_referral_status", needs service; within written_down
}

/// What is written down beside what the edit says: when a referral was closed.
fn written_down(
    plan: &mut Plan<'_>,
    edit: &ReferralEdit,
    own: Vec<(&'static str, Value)>,
) -> Result<Vec<(&'static str, Value)>, Invalid> {
    match edit {
        ReferralEdit::Add { fields, .. } | ReferralEdit::Update { fields, .. } => {
            named_as_linked(fields)?;
        }
        ReferralEdit::SetStatus { id, status, .. } => {
            let closed = status.is_end().then_some(plan.now);
            let closed = closed.map_or(Value::Null, |at| at.to_value());
            plan.put(Kind::Referral, *id, "closed_at", closed);
        }
    }
    Ok(own)
}

/// Whoever links to the directory writes the provider's name down with it: the entry may change, what was sent does not.
fn named_as_linked(fields: &ReferralUpdate) -> Result<(), Invalid> {
    let linked = fields.directory_provider.is_some();
    required(
        Kind::Referral,
        "provider",
        fields.provider.is_some() || !linked,
    )?;
    let of_a_provider = linked || fields.directory_service.is_none();
    required(Kind::Referral, "directory_provider", of_a_provider)
}
