//! Who works on the case. A list for people to read: rights come from the server's grants, never from here.

use chrono::NaiveDate;

use super::entity::{added_and_updated, entity};
use super::timeline::{Step, Story, When};
use super::value::open_enum;
use super::{MAX_NAME, check};
use crate::calendar::lies_within;
use crate::ids::WorkerId;

open_enum! {
    /// The part somebody plays in the care team. Source: FHIR R4 CareTeam.participant.role, in the field's words.
    TeamRole {
        /// Leads the case.
        Lead = "lead",
        /// Case manager.
        CaseManager = "case_manager",
        /// Nurse.
        Nurse = "nurse",
        /// Social worker.
        SocialWorker = "social_worker",
        /// Home health or personal care aide.
        Aide = "aide",
        /// Therapist.
        Therapist = "therapist",
        /// Physician.
        Physician = "physician",
        /// Supervisor.
        Supervisor = "supervisor",
        /// Peer support.
        Peer = "peer",
    }
}

entity! {
    /// A worker or outside professional on the case [FHIR CareTeam.participant].
    CareTeamMember, CareTeamMemberUpdate, CareTeamMemberField of CareTeamMember {
        set {
            /// Name as shown.
            name Name: String = check::line::<MAX_NAME>,
            /// The worker, for colleagues of the same agency.
            worker Worker: WorkerId = check::any,
            /// Which part they play.
            role Role: TeamRole = |value: &TeamRole| check::code(value.code()),
            /// Organisation, for outside professionals.
            organisation Organisation: String = check::line::<MAX_NAME>,
            /// Phone number as typed.
            phone Phone: String = check::phone,
            /// First day.
            since Since: NaiveDate = check::date,
            /// Last day.
            until Until: NaiveDate = check::date,
        }
        own {}
    }
}

added_and_updated! {
    /// Edits of the care team.
    CareTeamEdit of CareTeamMemberUpdate, "add_care_team_member", "update_care_team_member", needs name
}

impl CareTeamMember {
    /// Whether somebody plays the part on a day.
    pub fn serves_on(&self, day: NaiveDate) -> bool {
        self.meta.removed.is_none() && lies_within(day, (self.since, self.until))
    }
}

/// What happens to the care team.
#[derive(Debug, Clone, PartialEq)]
pub enum CareTeamFact {
    /// Somebody joined.
    Joined {
        /// Name as it stands.
        name: Option<String>,
        /// Which part they play.
        role: Option<TeamRole>,
    },
}

impl Story for CareTeamMember {
    type Fact = CareTeamFact;

    fn tell(step: &Step<'_>) -> Vec<(When, CareTeamFact)> {
        if !step.begun {
            return Vec::new();
        }
        let Self { name, role, .. } = step.stands();
        let since = step.wrote::<Self>().since;
        vec![(step.on(since), CareTeamFact::Joined { name, role })]
    }
}
