//! What to do first and why, what was put off, who carries how much, and what comes next.

use caseweave::projection::DeadlineKind;
use caseweave::{
    CaseId, EntityId, Occasion, Point, Reason, Reminder, Snooze, Stop, WorkItem, WorkerId, Workload,
};
use chrono::{DateTime, NaiveDate, Utc};

use crate::{CaseweaveError, CaseweaveHandle};

/// A case that waits for something.
#[uniffi::remote(Record)]
pub struct WorkItem {
    /// The case.
    pub case: CaseId,
    /// The person's name as shown.
    pub name: String,
    /// How pressing it is. Compares within one list only.
    pub score: u64,
    /// Why it is listed, at least one, the weightiest first; what only adds importance last.
    pub reasons: Vec<Reason>,
}

/// Why a case is on the worklist. The app puts it into words.
#[uniffi::remote(Enum)]
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

/// Something that a worker put off until a day.
#[uniffi::remote(Record)]
pub struct Snooze {
    /// The case.
    pub case: CaseId,
    /// The task, visit or other entity; nothing where the whole case is put off.
    pub entity: Option<EntityId>,
    /// The day it comes back.
    pub until: NaiveDate,
    /// Why.
    pub reason: String,
}

/// What a worker has to carry.
#[uniffi::remote(Record)]
pub struct Workload {
    /// The worker.
    pub worker: WorkerId,
    /// Open cases the worker leads.
    pub cases: u32,
    /// Those of them at medium risk.
    pub medium_risk: u32,
    /// Those of them at high risk.
    pub high_risk: u32,
    /// Open tasks.
    pub tasks: u32,
    /// Those of them that are late.
    pub overdue: u32,
    /// How much all that weighs. Compares between workers.
    pub load: u64,
}

/// Something to be reminded of.
#[uniffi::remote(Record)]
pub struct Reminder {
    /// The case.
    pub case: CaseId,
    /// The visit, the task, or what the deadline is one of.
    pub entity: EntityId,
    /// What it is.
    pub occasion: Occasion,
    /// The day by the calendar of the zone that was asked with.
    pub on: NaiveDate,
    /// The moment, where there is one.
    pub at: Option<DateTime<Utc>>,
    /// What for. It is about a person: think before it shows on a locked screen.
    pub title: Option<String>,
}

/// What there is to be reminded of.
#[uniffi::remote(Enum)]
pub enum Occasion {
    /// A planned visit.
    Visit,
    /// An open task.
    Task,
    /// A day or a moment by which something else is to be dealt with.
    Deadline {
        /// What is due.
        kind: DeadlineKind,
    },
}

/// A place on earth: degrees, WGS 84.
#[uniffi::remote(Record)]
pub struct Point {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// A visit on the way.
#[uniffi::remote(Record)]
pub struct Stop {
    /// The visit.
    pub visit: EntityId,
    /// Metres from the stop before, as the crow flies; nothing where either place is not known.
    pub metres: Option<u32>,
}

#[uniffi::export]
impl CaseweaveHandle {
    /// The cases that wait for something, the most pressing first, each with its reasons. `zone` is the IANA time zone whose
    /// calendar counts the days. With a worker: their tasks and visits, and what is nobody's in the cases they lead. Reads disk.
    ///
    /// Fails with `InvalidInput` where there is no such zone, or the limit is none or more than 500.
    #[uniffi::method(default(worker = None, limit = 50))]
    pub fn worklist(
        &self,
        zone: String,
        worker: Option<WorkerId>,
        limit: u32,
    ) -> Result<Vec<WorkItem>, CaseweaveError> {
        Ok(self.0.worklist(&zone, worker, limit as usize)?)
    }

    /// What each worker has to carry, the heaviest load first, equal ones by worker: so that work can be spread anew. Reads disk.
    pub fn workload(&self, zone: String) -> Result<Vec<Workload>, CaseweaveError> {
        Ok(self.0.workload(&zone)?)
    }

    /// Puts a case, or one task, visit or other entity of it, off until a day: until then the worklist leaves it out. The day is yet to
    /// come by the calendar of `zone`, an IANA time zone. Of a case that is put off as a whole the worklist goes on to tell late and
    /// refused work, and alerts of assessments and overdue check-outs that are not put off themselves. Stays on this device. The reason
    /// has 1 to 300 characters. Writes disk.
    ///
    /// Fails with `InvalidInput` where there is no such zone, the day has come there, or the reason is too short or too long.
    pub fn snooze(&self, snooze: Snooze, zone: String) -> Result<(), CaseweaveError> {
        Ok(self.0.snooze(&snooze, &zone)?)
    }

    /// Takes up again what was put off. Writes disk.
    pub fn wake(&self, case: CaseId, entity: Option<EntityId>) -> Result<(), CaseweaveError> {
        Ok(self.0.wake(case, entity)?)
    }

    /// Everything that was put off on this device; also what came back meanwhile. Reads disk.
    pub fn snoozes(&self) -> Result<Vec<Snooze>, CaseweaveError> {
        Ok(self.0.snoozes()?)
    }

    /// An order for a worker's planned visits of a day, so that the way is short: always to the nearest one next, from where the
    /// day starts. Visits whose place nobody knows come last. Planned times are not looked at. Reads disk.
    #[uniffi::method(default(worker = None, start = None))]
    pub fn suggested_route(
        &self,
        day: NaiveDate,
        zone: String,
        worker: Option<WorkerId>,
        start: Option<Point>,
    ) -> Result<Vec<Stop>, CaseweaveError> {
        Ok(self.0.suggested_route(day, &zone, worker, start)?)
    }

    /// The next visits, tasks and deadlines of this device's worker, as `agenda` holds them, the earliest first, within 31
    /// days: for the phone's own notifications. What has a day and no moment stands at the day's beginning. Reads disk.
    #[uniffi::method(default(limit = 50))]
    pub fn next_reminders(
        &self,
        zone: String,
        limit: u32,
    ) -> Result<Vec<Reminder>, CaseweaveError> {
        Ok(self.0.next_reminders(&zone, limit as usize)?)
    }
}
