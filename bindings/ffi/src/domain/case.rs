//! The case itself: one person's, or one household's, service episode.

use caseweave::domain::{CaseEdit, CaseFact, LateChange, PersonUpdate, Stamp};
use caseweave::{CaseId, WorkerId};
use chrono::{DateTime, NaiveDate, Utc};

use super::mirror::{entity, open_enum};

open_enum! {
    /// The field in which the agency works.
    Sector {
        /// Health care and nursing.
        Health,
        /// Social work.
        SocialWork,
        /// Insurance.
        Insurance,
        /// Behavioural health.
        Behavioural,
    }
}

open_enum! {
    /// Where a case stands. Source: FHIR R4 EpisodeOfCare.status, in the field's words.
    CaseStatus {
        /// Somebody asked; nothing is agreed yet.
        Enquiry,
        /// Open.
        Open,
        /// Paused.
        OnHold,
        /// Closed. Closing is reversible.
        Closed,
    }
}

open_enum! {
    /// How pressing the person's risks are.
    RiskLevel {
        /// None known.
        None,
        /// Low.
        Low,
        /// Medium.
        Medium,
        /// High.
        High,
    }
}

open_enum! {
    /// Why a case was closed. Source: closure codes common to case-management standards (CMSA Standards of Practice, 2022).
    ClosureReason {
        /// Goals were met.
        GoalsMet,
        /// The person asked for it.
        PersonsWish,
        /// Moved out of the area.
        Moved,
        /// No longer eligible.
        NotEligible,
        /// Handed over to another service.
        Transferred,
        /// Cannot be reached.
        LostContact,
        /// Died.
        Died,
        /// Opened by mistake or twice.
        Duplicate,
    }
}

entity! {
    /// The case [FHIR EpisodeOfCare].
    Case, CaseUpdate, CaseField {
        set {
            /// The agency's number for the case.
            number Number: String,
            /// The field of work.
            sector Sector: Sector,
            /// Programme under which the case is served.
            programme Programme: String,
            /// Why the person came, in a line.
            presenting_issue PresentingIssue: String,
            /// How pressing the risks are.
            risk_level RiskLevel: RiskLevel,
            /// The worker who leads the case, as people see it. Rights come from the server's grants.
            lead_worker LeadWorker: WorkerId,
            /// Who sent the person.
            referred_by ReferredBy: String,
            /// Whether the case is of a programme that treats substance use, so that all of its record falls under 42 CFR Part 2.
            part2 Part2: bool,
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

/// A change to a closed case that whoever closed it had not seen: made apart, or later. It stands as any other; somebody should
/// look at it and confirm the closing, or open the case again.
#[uniffi::remote(Record)]
pub struct LateChange {
    /// Who made it, and when by their clock.
    pub made: Stamp,
    /// What they did: the names of the edits, separated by commas.
    pub intentions: String,
}

/// Edits of the case as a whole.
#[uniffi::remote(Enum)]
pub enum CaseEdit {
    /// Opens a case with its person. The first edit of every record.
    Open {
        /// The case's id, made by `new_id`; its main document bears the same.
        id: CaseId,
        /// The day of opening.
        opened_on: NaiveDate,
        /// What is known of the case. Where it names no lead, whoever opens the case leads it; where it clears the lead, nobody does yet.
        case: CaseUpdate,
        /// Whom it serves; at least one name.
        person: PersonUpdate,
        /// Whether it begins as an enquiry.
        #[uniffi(default = false)]
        enquiry: bool,
    },
    /// Changes the fields that are named.
    Update {
        /// The new values.
        fields: CaseUpdate,
    },
    /// An enquiry becomes a case, or a case on hold goes on.
    Activate {
        /// Why, where somebody should know.
        #[uniffi(default)]
        reason: Option<String>,
    },
    /// Pauses the case.
    Hold {
        /// Why.
        reason: String,
    },
    /// Closes the case. What is written to it apart is kept.
    Close {
        /// The day of closing.
        closed_on: NaiveDate,
        /// Why.
        reason: ClosureReason,
        /// What came of it.
        #[uniffi(default)]
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

/// What happens to a case as a whole.
#[uniffi::remote(Enum)]
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
