//! What is done towards goals, by whom and how often.

use chrono::NaiveDate;

use super::entity::{entity, tracked};
use super::status::moves;
use super::value::open_enum;
use super::{MAX_NAME, MAX_TITLE, check};
use crate::ids::{EntityId, WorkerId};

open_enum! {
    /// Where an intervention stands. Source: FHIR R4 CarePlan.activity.detail.status.
    InterventionStatus {
        /// Agreed and not begun.
        Planned = "planned",
        /// Under way.
        InProgress = "in_progress",
        /// Paused.
        OnHold = "on_hold",
        /// Done.
        Completed = "completed",
        /// Ended before it was done.
        Stopped = "stopped",
    }
}

moves! {
    InterventionStatus of Intervention {
        Planned => [InProgress, OnHold, Completed, Stopped],
        InProgress => [OnHold, Completed, Stopped],
        OnHold => [Planned, InProgress, Stopped],
        Completed => [InProgress],
        Stopped => [Planned, InProgress],
    }
    explained [OnHold, Stopped]
    decided []
}

entity! {
    /// What is done [FHIR CarePlan.activity].
    Intervention, InterventionUpdate, InterventionField of Intervention {
        set {
            /// What is done.
            title Title: String = check::line::<MAX_TITLE>,
            /// The goals it serves.
            goals Goals: Vec<EntityId> = check::links,
            /// The need it answers.
            need Need: EntityId = check::any,
            /// The worker who does it.
            worker Worker: WorkerId = check::any,
            /// Who does it, where no worker of the agency: the person, a daughter, an outside service.
            done_by DoneBy: String = check::line::<MAX_NAME>,
            /// How often, in words.
            frequency Frequency: String = check::line::<MAX_NAME>,
            /// First day.
            since Since: NaiveDate = check::date,
            /// Last day.
            until Until: NaiveDate = check::date,
            /// Details.
            remark Remark: String = check::lines::<2_000>,
        }
        own {
            /// Where it stands.
            status: InterventionStatus,
            /// Why it stands there.
            status_reason: String,
        }
    }
}

tracked! {
    /// Edits of interventions.
    InterventionEdit of InterventionUpdate by InterventionStatus, "add_intervention", "update_intervention",
    "set_intervention_status", needs title
}
