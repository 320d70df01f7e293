//! Why a case is on the worklist.

use crate::ids::EntityId;

/// Why a case is on the worklist. Days are those of the zone that was asked with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Answers of an assessment raise an alert about safety or health, and nobody has said what was done. It stands until somebody
    /// does, or until a later assessment with the same instrument is completed with every question answered.
    ScoreAlert {
        /// The assessment.
        assessment: EntityId,
        /// The instrument's id.
        instrument: String,
        /// The codes of the alerts; the instrument's definition words them.
        alerts: Vec<String>,
    },
    /// A visit began and did not end: the worker may need help.
    CheckOutOverdue {
        /// The visit.
        visit: EntityId,
        /// Minutes since it should have ended.
        minutes: i64,
    },
    /// A task is late.
    Overdue {
        /// The task.
        task: EntityId,
        /// Days since it was due; 0 where its hour passed today.
        days: i64,
    },
    /// A task is due today.
    DueToday {
        /// The task.
        task: EntityId,
    },
    /// A planned visit did not take place, and no other is planned.
    VisitMissed {
        /// The visit.
        visit: EntityId,
        /// Days since it was planned.
        days: i64,
    },
    /// The last day to appeal or to act in an advocacy action is near.
    AppealDeadline {
        /// The denied authorization or the advocacy action.
        subject: EntityId,
        /// Days left; 0 on the last day, below 0 where it passed.
        days: i64,
    },
    /// The hearing of an advocacy action is near.
    HearingNear {
        /// The advocacy action.
        advocacy: EntityId,
        /// Days left; 0 on its day.
        days: i64,
    },
    /// An authorization is about to end, or has ended and nobody has put that down.
    AuthorizationExpires {
        /// The authorization.
        authorization: EntityId,
        /// Days left; 0 on the last day, below 0 where it passed.
        days: i64,
        /// Units that are left, where a number was approved.
        units_left: Option<i64>,
    },
    /// The units of an authorization are used up.
    UnitsUsedUp {
        /// The authorization.
        authorization: EntityId,
        /// How many were used beyond those approved.
        over: i64,
    },
    /// Little is left of the units of an authorization.
    UnitsNearlyUsed {
        /// The authorization.
        authorization: EntityId,
        /// Units that are left.
        left: i64,
        /// Units approved.
        approved: i64,
    },
    /// Nobody has asked what became of a referral.
    ReferralFollowUp {
        /// The referral.
        referral: EntityId,
        /// Days since somebody should have.
        days: i64,
    },
    /// The appointment of a referral is near.
    AppointmentNear {
        /// The referral.
        referral: EntityId,
        /// Days left; 0 on its day.
        days: i64,
    },
    /// A consent is about to end or has ended, and no other one goes on.
    ConsentExpires {
        /// The consent.
        consent: EntityId,
        /// Days left; 0 on the last day, below 0 where it passed.
        days: i64,
    },
    /// The last day to answer a request to amend the record is near.
    AmendmentDue {
        /// The request.
        amendment: EntityId,
        /// Days left; 0 on the last day, below 0 where it passed.
        days: i64,
    },
    /// An approval was asked for, and nobody has decided.
    ApprovalAsked {
        /// The approval.
        approval: EntityId,
        /// Days since it was asked for.
        days: i64,
    },
    /// An approval was sent back with what is to change.
    ApprovalReturned {
        /// The approval.
        approval: EntityId,
        /// Days since.
        days: i64,
    },
    /// Somebody was asked to take on a task, which is due on no day, and has not answered.
    TaskAsked {
        /// The task.
        task: EntityId,
        /// Days since.
        days: i64,
    },
    /// The day to look at a risk again has come.
    RiskReview {
        /// The risk.
        risk: EntityId,
        /// Days since.
        days: i64,
    },
    /// Nobody has asked the questions of an instrument for long.
    AssessmentOverdue {
        /// The last assessment.
        assessment: EntityId,
        /// The instrument's id.
        instrument: String,
        /// Days since.
        days: i64,
    },
    /// An assessment was begun and not completed.
    AssessmentUnfinished {
        /// The assessment.
        assessment: EntityId,
        /// Days since the questions were asked.
        days: i64,
    },
    /// Nobody has signed a note.
    NoteUnsigned {
        /// The note.
        note: EntityId,
        /// Days since it was begun.
        days: i64,
    },
    /// More was written in a note's draft since it was signed.
    NoteChangedAfterSigning {
        /// The note.
        note: EntityId,
        /// Days since it was signed.
        days: i64,
    },
    /// Nobody has seen or reached the person for longer than their risk allows.
    NoContact {
        /// Days since the last contact, or since the case was opened.
        days: i64,
    },
    /// People wrote different values apart, and nobody has settled it.
    Conflict {
        /// How many fields.
        fields: u32,
    },
    /// The case is closed, and was changed by people who did not know that.
    ChangedAfterClosing {
        /// How many changes.
        changes: u32,
    },
    /// Work that came too late waits for a lead to decide.
    LateWork {
        /// How many pieces.
        pieces: u32,
    },
    /// The server refused work of this device, and nobody has looked at it.
    Refused {
        /// How many pieces.
        pieces: u32,
    },
    /// The risk level is high: whatever else is listed weighs more.
    HighRisk,
    /// A safety alert is set: whatever else is listed weighs more.
    SafetyAlert,
}

impl Reason {
    /// The task, visit or other entity that the reason is about; nothing where it is about the whole case.
    pub fn entity(&self) -> Option<EntityId> {
        match *self {
            Self::ScoreAlert { assessment: id, .. }
            | Self::CheckOutOverdue { visit: id, .. }
            | Self::Overdue { task: id, .. }
            | Self::DueToday { task: id }
            | Self::VisitMissed { visit: id, .. }
            | Self::AppealDeadline { subject: id, .. }
            | Self::HearingNear { advocacy: id, .. }
            | Self::AuthorizationExpires {
                authorization: id, ..
            }
            | Self::UnitsUsedUp {
                authorization: id, ..
            }
            | Self::UnitsNearlyUsed {
                authorization: id, ..
            }
            | Self::ReferralFollowUp { referral: id, .. }
            | Self::AppointmentNear { referral: id, .. }
            | Self::ConsentExpires { consent: id, .. }
            | Self::AmendmentDue { amendment: id, .. }
            | Self::ApprovalAsked { approval: id, .. }
            | Self::ApprovalReturned { approval: id, .. }
            | Self::TaskAsked { task: id, .. }
            | Self::RiskReview { risk: id, .. }
            | Self::AssessmentOverdue { assessment: id, .. }
            | Self::AssessmentUnfinished { assessment: id, .. }
            | Self::NoteUnsigned { note: id, .. }
            | Self::NoteChangedAfterSigning { note: id, .. } => Some(id),
            Self::NoContact { .. }
            | Self::Conflict { .. }
            | Self::ChangedAfterClosing { .. }
            | Self::LateWork { .. }
            | Self::Refused { .. }
            | Self::HighRisk
            | Self::SafetyAlert => None,
        }
    }

    /// Whether it shows in a case that is put off as a whole: somebody may be in danger, or work may be lost, which nobody knew of who
    /// put the case off.
    pub(super) fn outlasts_snooze_of_case(&self) -> bool {
        matches!(
            self,
            Self::ScoreAlert { .. }
                | Self::CheckOutOverdue { .. }
                | Self::LateWork { .. }
                | Self::Refused { .. }
        )
    }
}
