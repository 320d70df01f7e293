//! The case itself: one person's, or one household's, service episode.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::entity::entity;
use super::plan::{Status, check as checked};
use super::timeline::{Step, Story, When};
use super::value::{FieldType, open_enum};
use super::{
    Invalid, Kind, MAX_NAME, MAX_TEXT, MAX_TITLE, PersonUpdate, Plan, Stamp, Value, approval,
    check, person,
};
use crate::ids::{CaseId, EntityId, WorkerId};

open_enum! {
    /// The field in which the agency works.
    Sector {
        /// Health care and nursing.
        Health = "health",
        /// Social work.
        SocialWork = "social_work",
        /// Insurance.
        Insurance = "insurance",
        /// Behavioural health.
        Behavioural = "behavioural",
    }
}

open_enum! {
    /// Where a case stands. Source: FHIR R4 EpisodeOfCare.status, in the field's words.
    CaseStatus {
        /// Somebody asked; nothing is agreed yet.
        Enquiry = "enquiry",
        /// Open.
        Open = "open",
        /// Paused.
        OnHold = "on_hold",
        /// Closed. Closing is reversible.
        Closed = "closed",
    }
}

open_enum! {
    /// How pressing the person's risks are.
    RiskLevel {
        /// None known.
        None = "none",
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
    }
}

open_enum! {
    /// Why a case was closed. Source: closure codes common to case-management standards (CMSA Standards of Practice, 2022).
    ClosureReason {
        /// Goals were met.
        GoalsMet = "goals_met",
        /// The person asked for it.
        PersonsWish = "persons_wish",
        /// Moved out of the area.
        Moved = "moved",
        /// No longer eligible.
        NotEligible = "not_eligible",
        /// Handed over to another service.
        Transferred = "transferred",
        /// Cannot be reached.
        LostContact = "lost_contact",
        /// Died.
        Died = "died",
        /// Opened by mistake or twice.
        Duplicate = "duplicate",
    }
}

entity! {
    /// The case [FHIR EpisodeOfCare].
    Case, CaseUpdate, CaseField of Case {
        set {
            /// The agency's number for the case.
            number Number: String = check::line::<100>,
            /// The field of work.
            sector Sector: Sector = |value: &Sector| check::code(value.code()),
            /// Programme under which the case is served.
            programme Programme: String = check::line::<MAX_NAME>,
            /// Why the person came, in a line.
            presenting_issue PresentingIssue: String = check::line::<MAX_TITLE>,
            /// How pressing the risks are.
            risk_level RiskLevel: RiskLevel = |value: &RiskLevel| check::code(value.code()),
            /// The worker who leads the case, as people see it. Rights come from the server's grants.
            lead_worker LeadWorker: WorkerId = check::any,
            /// Who sent the person.
            referred_by ReferredBy: String = check::line::<MAX_NAME>,
            /// Whether the case is of a programme that treats substance use, so that all of its record falls under 42 CFR Part 2.
            part2 Part2: bool = check::any,
        }
        own {
            /// Where the case stands.
            status: CaseStatus,
            /// The day it was opened, as the worker gave it.
            opened_on: NaiveDate,
            /// The day it was closed.
            closed_on: NaiveDate,
            /// Why it was closed.
            closure_reason: ClosureReason,
            /// What came of it.
            closure_outcome: String,
            /// Why it was put on hold or opened again.
            status_reason: String,
            /// When somebody looked at what was written after the closing, and let it stay closed.
            closing_confirmed_at: DateTime<Utc>,
        }
    }
}

/// The key of the moment when a closing was confirmed.
pub(crate) const CLOSING_CONFIRMED_AT: &str = "closing_confirmed_at";

/// A change to a closed case that whoever closed it had not seen: made apart, or later. It stands as any other; somebody should
/// look at it and confirm the closing, or open the case again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateChange {
    /// Who made it, and when by their clock.
    pub made: Stamp,
    /// What they did: the names of the edits, separated by commas.
    pub intentions: String,
}

/// Edits of the case as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::large_enum_variant,
    reason = "edits are few and short-lived; boxes would show in every app"
)]
pub enum CaseEdit {
    /// Opens a case with its person. The first edit of every record.
    Open {
        /// The case's id, made by `new_id`; its main document bears the same.
        id: CaseId,
        /// The day of opening.
        opened_on: NaiveDate,
        /// Whether it begins as an enquiry.
        enquiry: bool,
        /// What is known of the case. Where it names no lead, whoever opens the case leads it; where it clears the lead, nobody does yet.
        case: CaseUpdate,
        /// Whom it serves; at least one name.
        person: PersonUpdate,
    },
    /// Changes the fields that are named.
    Update {
        /// The new values.
        fields: CaseUpdate,
    },
    /// An enquiry becomes a case, or a case on hold goes on.
    Activate {
        /// Why, where somebody should know.
        reason: Option<String>,
    },
    /// Pauses the case.
    Hold {
        /// Why.
        reason: String,
    },
    /// Closes the case, after an approved closure where the agency asks for one. What is written to it apart is kept.
    Close {
        /// The day of closing.
        closed_on: NaiveDate,
        /// Why.
        reason: ClosureReason,
        /// What came of it.
        outcome: Option<String>,
    },
    /// Lets a closed case stay closed with all that was written to it since.
    ConfirmClosing,
    /// Opens a closed case again.
    Reopen {
        /// Why.
        reason: String,
    },
}

impl CaseEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open_case",
            Self::Update { .. } => "update_case",
            Self::Activate { .. } => "activate_case",
            Self::Hold { .. } => "hold_case",
            Self::Close { .. } => "close_case",
            Self::ConfirmClosing => "confirm_closing",
            Self::Reopen { .. } => "reopen_case",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        match self {
            Self::Open {
                id,
                opened_on,
                enquiry,
                case,
                person,
            } => {
                let id = EntityId::from_bytes(id.to_bytes());
                if plan.single(Kind::Case).is_some() {
                    return Err(Invalid::AlreadyExists {
                        kind: Kind::Case,
                        id,
                    });
                }
                person::named(person)?;
                checked("case.opened_on", opened_on, check::date)?;
                let status = if *enquiry {
                    CaseStatus::Enquiry
                } else {
                    CaseStatus::Open
                };
                let own = vec![
                    ("status", status.to_value()),
                    ("opened_on", opened_on.to_value()),
                ];
                plan.create(id, &led(case, plan.worker), own)?;
                plan.create(id, person, Vec::new())
            }
            Self::Update { fields } => {
                let case = current(plan)?;
                plan.update(case.meta.id, fields)
            }
            Self::Activate { reason } => {
                let text = reason.as_deref();
                transition(
                    plan,
                    &[CaseStatus::Enquiry, CaseStatus::OnHold],
                    &CaseStatus::Open,
                    text,
                )
            }
            Self::Hold { reason } => {
                let from = [CaseStatus::Enquiry, CaseStatus::Open];
                transition(plan, &from, &CaseStatus::OnHold, Some(reason))
            }
            Self::Close {
                closed_on,
                reason,
                outcome,
            } => close(plan, closed_on, reason, outcome.as_deref()),
            Self::ConfirmClosing => confirm_closing(plan),
            Self::Reopen { reason } => {
                transition(plan, &[CaseStatus::Closed], &CaseStatus::Open, Some(reason))?;
                approval::use_up_closures(plan, reason)?;
                let id = current(plan)?.meta.id;
                for field in [
                    "closed_on",
                    "closure_reason",
                    "closure_outcome",
                    CLOSING_CONFIRMED_AT,
                ] {
                    plan.put(Kind::Case, id, field, Value::Null);
                }
                Ok(())
            }
        }
    }
}

/// As the rights have it: whoever opens a case leads it.
fn led(case: &CaseUpdate, opener: WorkerId) -> CaseUpdate {
    let mut case = case.clone();
    let nobodys = case.clear.contains(&CaseField::LeadWorker);
    if nobodys && case.lead_worker.is_none() {
        case.clear.retain(|field| *field != CaseField::LeadWorker);
    } else {
        case.lead_worker.get_or_insert(opener);
    }
    case
}

fn current(plan: &Plan<'_>) -> Result<Case, Invalid> {
    plan.all()
        .into_iter()
        .next()
        .ok_or_else(|| Invalid::field("case", "is not open: the first edit opens it"))
}

impl Status for CaseStatus {
    const KIND: Kind = Kind::Case;
    const UNSET: Self = Self::Open;
}

fn transition(
    plan: &mut Plan<'_>,
    from: &[CaseStatus],
    to: &CaseStatus,
    reason: Option<&str>,
) -> Result<(), Invalid> {
    let id = current(plan)?.meta.id;
    plan.transition(id, from, to, reason)
}

fn confirm_closing(plan: &mut Plan<'_>) -> Result<(), Invalid> {
    let case = current(plan)?;
    if case.status != Some(CaseStatus::Closed) {
        return Err(Invalid::field("case.status", "is not closed"));
    }
    let now = plan.now.to_value();
    plan.put(Kind::Case, case.meta.id, CLOSING_CONFIRMED_AT, now);
    Ok(())
}

fn close(
    plan: &mut Plan<'_>,
    closed_on: &NaiveDate,
    reason: &ClosureReason,
    outcome: Option<&str>,
) -> Result<(), Invalid> {
    checked("case.closed_on", closed_on, check::date)?;
    checked("case.closure_reason", reason.code(), check::code)?;
    let open = [CaseStatus::Enquiry, CaseStatus::Open, CaseStatus::OnHold];
    let id = current(plan)?.meta.id;
    transition(plan, &open, &CaseStatus::Closed, None)?;
    approval::closure(plan)?;
    plan.put(Kind::Case, id, "closed_on", closed_on.to_value());
    plan.put(Kind::Case, id, "closure_reason", reason.to_value());
    if let Some(outcome) = outcome {
        checked("case.closure_outcome", outcome, check::lines::<MAX_TEXT>)?;
        plan.put(Kind::Case, id, "closure_outcome", Value::trimmed(outcome));
    }
    Ok(())
}

/// What happens to a case as a whole.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseFact {
    /// It was opened.
    Opened {
        /// Whether as an enquiry.
        enquiry: bool,
    },
    /// It was put on hold, goes on, or was opened again.
    Moved {
        /// Where it stands since.
        status: CaseStatus,
        /// Why.
        reason: Option<String>,
    },
    /// It was closed.
    Closed {
        /// Why.
        reason: Option<ClosureReason>,
        /// What came of it.
        outcome: Option<String>,
    },
}

impl Story for Case {
    type Fact = CaseFact;

    fn tell(step: &Step<'_>) -> Vec<(When, CaseFact)> {
        let wrote: Self = step.wrote();
        let mut facts = Vec::new();
        if step.begun {
            let enquiry = wrote.status == Some(CaseStatus::Enquiry);
            facts.push((step.on(wrote.opened_on), CaseFact::Opened { enquiry }));
        }
        let opened = [CaseStatus::Open, CaseStatus::Enquiry];
        facts.extend(match wrote.status {
            Some(CaseStatus::Closed) => Some((
                step.on(wrote.closed_on),
                CaseFact::Closed {
                    reason: wrote.closure_reason,
                    outcome: wrote.closure_outcome,
                },
            )),
            Some(status) if !(step.begun && opened.contains(&status)) => Some((
                step.now(),
                CaseFact::Moved {
                    status,
                    reason: wrote.status_reason,
                },
            )),
            _ => None,
        });
        facts
    }
}
