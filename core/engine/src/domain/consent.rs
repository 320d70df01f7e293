//! Consents the person gave. A consent is never rewritten: it is withdrawn, and a new one is recorded.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::entity::{Entity, entity, required};
use super::plan::check as checked;
use super::timeline::{Step, Story, When};
use super::value::{FieldType, open_enum};
use super::{Invalid, Kind, MAX_NAME, MAX_TITLE, Plan, RecordPart, check};
use crate::calendar::lies_within;
use crate::ids::EntityId;

open_enum! {
    /// How a consent was given.
    ConsentForm {
        /// Signed on paper.
        Written = "written",
        /// Signed on a device.
        Electronic = "electronic",
        /// Spoken, and written down by the worker.
        Verbal = "verbal",
    }
}

entity! {
    /// What the person agreed to [FHIR Consent].
    Consent, ConsentUpdate, ConsentField of Consent {
        set {
            /// To whom information may go.
            recipient Recipient: String = check::line::<MAX_TITLE>,
            /// What may be given or done.
            subject Subject: String = check::lines::<2_000>,
            /// What for.
            purpose Purpose: String = check::line::<MAX_TITLE>,
            /// First day.
            since Since: NaiveDate = check::date,
            /// Last day.
            until Until: NaiveDate = check::date,
            /// How it was given.
            form Form: ConsentForm = |value: &ConsentForm| check::code(value.code()),
            /// Who gave it, where not the person.
            given_by GivenBy: String = check::line::<MAX_NAME>,
            /// Whether it covers records of substance use treatment. Source: 42 CFR Part 2.
            part2 Part2: bool = check::any,
            /// Which parts of the record may be given. Reports for the recipient hold these and no others; none where nothing is said.
            covers Covers: Vec<RecordPart> = check::parts,
        }
        own {
            /// When it was withdrawn.
            withdrawn_at: DateTime<Utc>,
            /// How or why.
            withdrawal_reason: String,
        }
    }
}

impl Consent {
    /// Whether the consent holds on a day: given, not ended and not withdrawn. One that was withdrawn holds on no day, also not on those before.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.meta.removed.is_none()
            && self.withdrawn_at.is_none()
            && lies_within(day, (self.since, self.until))
    }
}

/// Edits of consents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

impl ConsentEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Record { .. } => "record_consent",
            Self::Withdraw { .. } => "withdraw_consent",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        match self {
            Self::Record { id, fields } => {
                required(Kind::Consent, "recipient", fields.recipient.is_some())?;
                required(Kind::Consent, "subject", fields.subject.is_some())?;
                plan.create(*id, fields, Vec::new())
            }
            Self::Withdraw { id, reason } => {
                let consent = Consent::from_entry(&plan.present(Kind::Consent, *id)?);
                if consent.withdrawn_at.is_some() {
                    return Err(Invalid::field("consent.withdrawn_at", "is set already"));
                }
                checked(
                    "consent.withdrawal_reason",
                    reason.as_str(),
                    check::line::<MAX_TITLE>,
                )?;
                let now = plan.now.to_value();
                plan.put(Kind::Consent, *id, "withdrawn_at", now);
                plan.put(Kind::Consent, *id, "withdrawal_reason", reason.to_value());
                Ok(())
            }
        }
    }
}

/// What happens to consents.
#[derive(Debug, Clone, PartialEq)]
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

impl Story for Consent {
    type Fact = ConsentFact;

    fn tell(step: &Step<'_>) -> Vec<(When, ConsentFact)> {
        let (wrote, stands): (Self, Self) = (step.wrote(), step.stands());
        let mut facts = Vec::new();
        if step.begun {
            let recorded = ConsentFact::Recorded {
                recipient: wrote.recipient,
                subject: wrote.subject,
                since: wrote.since,
                until: wrote.until,
            };
            facts.push((step.now(), recorded));
        }
        facts.extend(wrote.withdrawn_at.map(|at| {
            let withdrawn = ConsentFact::Withdrawn {
                recipient: stands.recipient,
                reason: wrote.withdrawal_reason,
            };
            (When::At { at }, withdrawn)
        }));
        facts
    }
}
