//! Consents the person gave. A consent is never rewritten: it is withdrawn, and a new one is recorded.

use caseweave::domain::{ConsentEdit, ConsentFact, RecordPart};
use caseweave::{EntityId, day_in};
use chrono::{DateTime, NaiveDate, Utc};

use super::mirror::{entity, open_enum};
use crate::CaseweaveError;

open_enum! {
    /// How a consent was given.
    ConsentForm {
        /// Signed on paper.
        Written,
        /// Signed on a device.
        Electronic,
        /// Spoken, and written down by the worker.
        Verbal,
    }
}

entity! {
    /// What the person agreed to [FHIR Consent].
    Consent, ConsentUpdate, ConsentField {
        set {
            /// To whom information may go.
            recipient Recipient: String,
            /// What may be given or done.
            subject Subject: String,
            /// What for.
            purpose Purpose: String,
            /// First day.
            since Since: NaiveDate,
            /// Last day.
            until Until: NaiveDate,
            /// How it was given.
            form Form: ConsentForm,
            /// Who gave it, where not the person.
            given_by GivenBy: String,
            /// Whether it covers records of substance use treatment. Source: 42 CFR Part 2.
            part2 Part2: bool,
            /// Which parts of the record may be given. Reports for the recipient hold these and no others; none where nothing is said.
            covers Covers: Vec<RecordPart>,
        }
        own {
            /// When it was withdrawn.
            withdrawn_at: DateTime<Utc>,
            /// How or why.
            withdrawal_reason: String,
        }
    }
}

/// Edits of consents.
#[uniffi::remote(Enum)]
pub enum ConsentEdit {
    /// Records a consent.
    Record {
        /// Its new id.
        id: EntityId,
        /// Its values.
        fields: ConsentUpdate,
    },
    /// Withdraws it. It never comes back: a new one is recorded.
    Withdraw {
        /// Which one.
        id: EntityId,
        /// How or why.
        reason: String,
    },
}

/// What happens to consents.
#[uniffi::remote(Enum)]
pub enum ConsentFact {
    /// A consent was recorded.
    Recorded {
        /// To whom information may go.
        recipient: Option<String>,
        /// What may be given or done.
        subject: Option<String>,
        /// First day.
        since: Option<NaiveDate>,
        /// Last day.
        until: Option<NaiveDate>,
    },
    /// A consent was withdrawn.
    Withdrawn {
        /// To whom information might go.
        recipient: Option<String>,
        /// How or why.
        reason: Option<String>,
    },
}

/// Whether a consent holds on the day that it is at a moment in an IANA time zone: given, not ended and not withdrawn. One that was
/// withdrawn holds on no day, also not on those before.
///
/// Fails with `InvalidInput` where there is no such zone.
#[uniffi::export]
pub fn consent_holds(
    consent: Consent,
    at: DateTime<Utc>,
    zone: String,
) -> Result<bool, CaseweaveError> {
    Ok(consent.holds_on(day_in(at, &zone)?))
}
