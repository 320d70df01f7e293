//! What is done towards goals, by whom and how often.

use caseweave::{EntityId, WorkerId};
use chrono::NaiveDate;

use super::mirror::{entity, open_enum, tracked};

open_enum! {
    /// Where an intervention stands. Source: FHIR R4 CarePlan.activity.detail.status.
    InterventionStatus {
        /// Agreed and not begun.
        Planned,
        /// Under way.
        InProgress,
        /// Paused.
        OnHold,
        /// Done.
        Completed,
        /// Ended before it was done.
        Stopped,
    }
}

entity! {
    /// What is done [FHIR CarePlan.activity].
    Intervention, InterventionUpdate, InterventionField {
        set {
            /// What is done.
            title Title: String,
            /// The goals it serves.
            goals Goals: Vec<EntityId>,
            /// The need it answers.
            need Need: EntityId,
            /// The worker who does it.
            worker Worker: WorkerId,
            /// Who does it, where no worker of the agency: the person, a daughter, an outside service.
            done_by DoneBy: String,
            /// How often, in words.
            frequency Frequency: String,
            /// First day.
            since Since: NaiveDate,
            /// Last day.
            until Until: NaiveDate,
            /// Details.
            remark Remark: String,
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
    InterventionEdit of InterventionUpdate by InterventionStatus
}
