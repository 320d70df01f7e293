//! Who works on the case. A list for people to read: rights come from the server's grants, never from here.

use caseweave::WorkerId;
use chrono::NaiveDate;

use caseweave::domain::CareTeamFact;

use super::mirror::{added_and_updated, entity, open_enum};

open_enum! {
    /// The part somebody plays in the care team. Source: FHIR R4 CareTeam.participant.role, in the field's words.
    TeamRole {
        /// Leads the case.
        Lead,
        /// Case manager.
        CaseManager,
        /// Nurse.
        Nurse,
        /// Social worker.
        SocialWorker,
        /// Home health or personal care aide.
        Aide,
        /// Therapist.
        Therapist,
        /// Physician.
        Physician,
        /// Supervisor.
        Supervisor,
        /// Peer support.
        Peer,
    }
}

entity! {
    /// A worker or outside professional on the case [FHIR CareTeam.participant].
    CareTeamMember, CareTeamMemberUpdate, CareTeamMemberField {
        set {
            /// Name as shown.
            name Name: String,
            /// The worker, for colleagues of the same agency.
            worker Worker: WorkerId,
            /// Which part they play.
            role Role: TeamRole,
            /// Organisation, for outside professionals.
            organisation Organisation: String,
            /// Phone number as typed.
            phone Phone: String,
            /// First day.
            since Since: NaiveDate,
            /// Last day.
            until Until: NaiveDate,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of the care team.
    CareTeamEdit of CareTeamMemberUpdate
}

/// What happens to the care team.
#[uniffi::remote(Enum)]
pub enum CareTeamFact {
    /// Somebody joined.
    Joined {
        /// Name as it stands.
        name: Option<String>,
        /// Which part they play.
        role: Option<TeamRole>,
    },
}
