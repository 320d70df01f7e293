//! How much counts what.

use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::projection::{DeadlineKind, VisitRow};

/// What the worklist weighs things with, and what a worker's load is counted with. Points are urgency; percentages multiply it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Weights {
    /// Points of an alert that an assessment raises and nobody has answered: more than anything else comes to.
    pub score_alert: u32,
    /// Points of a visit that began and did not end in time.
    pub check_out_overdue: u32,
    /// Points of a task that is late.
    pub overdue: u32,
    /// Points of a task that is due today.
    pub due_today: u32,
    /// Points of a visit that did not take place.
    pub visit_missed: u32,
    /// Points of a deadline to appeal.
    pub appeal_deadline: u32,
    /// Points of a hearing that is near.
    pub hearing: u32,
    /// Points of an authorization that ends.
    pub authorization_expires: u32,
    /// Points of an authorization whose units are used up.
    pub units_used_up: u32,
    /// Points of an authorization of whose units little is left.
    pub units_nearly_used: u32,
    /// Points of a consent that ends.
    pub consent_ends: u32,
    /// Points of a request to amend the record that waits for its answer.
    pub amendment_due: u32,
    /// Points of an approval that waits for a decision.
    pub approval_asked: u32,
    /// Points of an approval that was sent back.
    pub approval_returned: u32,
    /// Points of a task that waits for the assignee's yes and is due on no day.
    pub task_asked: u32,
    /// Points of a risk that is to be looked at again.
    pub risk_review: u32,
    /// Points of an assessment that lies long back.
    pub assessment_overdue: u32,
    /// Points of an assessment that was not completed.
    pub assessment_unfinished: u32,
    /// Points of a note that waits for a signature.
    pub note_unsigned: u32,
    /// Points of a closed case that was changed since.
    pub changed_after_closing: u32,
    /// Points of late work that waits for a decision.
    pub late_work: u32,
    /// Points of work that was refused.
    pub refused: u32,
    /// Points of a referral nobody has followed up.
    pub referral_follow_up: u32,
    /// Points of a referral's appointment that is near.
    pub appointment: u32,
    /// Points of a person nobody has been in touch with.
    pub no_contact: u32,
    /// Points of an open conflict.
    pub conflict: u32,
    /// Points that each day adds to what waits.
    pub day: u32,
    /// Days after which nothing is added.
    pub most_days: u32,
    /// Percentage of a task or referral of low urgency or importance.
    pub low: u32,
    /// Percentage of one of normal urgency or importance, and of one that says nothing.
    pub normal: u32,
    /// Percentage of one of high urgency or importance.
    pub high: u32,
    /// Percentage of one that cannot wait.
    pub critical: u32,
    /// Percentage that a medium risk adds to a case.
    pub medium_risk: u32,
    /// Percentage that a high risk adds.
    pub high_risk: u32,
    /// Percentage that a safety alert adds.
    pub safety_alert: u32,
    /// Days without contact that a case may go.
    pub contact_days: u32,
    /// The same at medium risk.
    pub contact_days_medium: u32,
    /// The same at high risk.
    pub contact_days_high: u32,
    /// For how many days before and after its end an authorization is listed.
    pub authorization_days: u32,
    /// For how many days before and after its end a deadline to appeal is listed.
    pub appeal_days: u32,
    /// From how many days before it on a hearing is listed.
    pub hearing_days: u32,
    /// From how many days before it on a referral's appointment is listed.
    pub appointment_days: u32,
    /// For how many days before and after its end a consent is listed.
    pub consent_days: u32,
    /// From how many days before its last day on a request to amend the record is listed.
    pub amendment_days: u32,
    /// Days that a note may wait for a signature.
    pub note_days: u32,
    /// Days that an assessment may take to be completed.
    pub unfinished_days: u32,
    /// Days after which the questions of an instrument are to be asked again. Source: 42 CFR 441.301(c)(3), every 12 months.
    pub assessment_days: u32,
    /// From how many percent of its units used on an authorization is listed.
    pub nearly_used_percent: u32,
    /// For how many days after its day a missed visit is listed.
    pub missed_days: u32,
    /// Minutes that a visit may run over its planned end.
    pub check_out_minutes: u32,
    /// Minutes that a visit without a planned end may take.
    pub longest_visit_minutes: u32,
    /// What an open case adds to its lead's load.
    pub load_case: u32,
    /// What medium risk adds to that.
    pub load_medium_risk: u32,
    /// What high risk adds to it.
    pub load_high_risk: u32,
    /// What an open task adds to the load of whoever shall do it.
    pub load_task: u32,
    /// What a late task adds to that.
    pub load_overdue: u32,
}

/// More days than a calendar has.
const FOR_GOOD: i64 = 1 << 40;

impl Default for Weights {
    fn default() -> Self {
        Self {
            score_alert: 2_000,
            check_out_overdue: 1_000,
            overdue: 100,
            due_today: 80,
            visit_missed: 110,
            appeal_deadline: 120,
            hearing: 120,
            authorization_expires: 70,
            units_used_up: 90,
            units_nearly_used: 50,
            consent_ends: 50,
            amendment_due: 80,
            approval_asked: 70,
            approval_returned: 60,
            task_asked: 60,
            risk_review: 60,
            assessment_overdue: 50,
            assessment_unfinished: 40,
            note_unsigned: 40,
            changed_after_closing: 30,
            late_work: 50,
            refused: 60,
            referral_follow_up: 60,
            appointment: 60,
            no_contact: 60,
            conflict: 20,
            day: 3,
            most_days: 30,
            low: 60,
            normal: 100,
            high: 140,
            critical: 180,
            medium_risk: 25,
            high_risk: 75,
            safety_alert: 25,
            contact_days: 30,
            contact_days_medium: 14,
            contact_days_high: 7,
            authorization_days: 30,
            appeal_days: 14,
            hearing_days: 7,
            appointment_days: 2,
            consent_days: 30,
            amendment_days: 14,
            note_days: 2,
            unfinished_days: 7,
            assessment_days: 365,
            nearly_used_percent: 80,
            missed_days: 14,
            check_out_minutes: 30,
            longest_visit_minutes: 240,
            load_case: 10,
            load_medium_risk: 5,
            load_high_risk: 15,
            load_task: 1,
            load_overdue: 2,
        }
    }
}

impl Weights {
    /// The percentage of an urgency or importance by its code; a code nobody here knows is normal.
    pub(super) fn percent(&self, code: Option<&str>) -> u32 {
        match code {
            Some("low") => self.low,
            Some("high") => self.high,
            Some("critical") => self.critical,
            _ => self.normal,
        }
    }

    /// The days on which a deadline is listed, counted from its own day: below 0 before it.
    pub fn days_of(&self, kind: DeadlineKind) -> RangeInclusive<i64> {
        let around = |days: u32| -i64::from(days)..=i64::from(days);
        let before = |days: u32| -i64::from(days)..=0;
        match kind {
            DeadlineKind::ReferralFollowUp => 1..=FOR_GOOD,
            DeadlineKind::AuthorizationEnds => around(self.authorization_days),
            DeadlineKind::Appeal => around(self.appeal_days),
            DeadlineKind::Hearing => before(self.hearing_days),
            DeadlineKind::ReferralAppointment => before(self.appointment_days),
            DeadlineKind::ConsentEnds => around(self.consent_days),
            DeadlineKind::NoteBegun | DeadlineKind::NoteSigned => self.note_days.into()..=FOR_GOOD,
            DeadlineKind::AssessmentBegun => self.unfinished_days.into()..=FOR_GOOD,
            DeadlineKind::RiskReview
            | DeadlineKind::ApprovalAsked
            | DeadlineKind::ApprovalReturned
            | DeadlineKind::TaskAsked => 0..=FOR_GOOD,
            DeadlineKind::AmendmentDue => -i64::from(self.amendment_days)..=FOR_GOOD,
        }
    }

    pub(super) fn deadline(&self, kind: DeadlineKind) -> u32 {
        match kind {
            DeadlineKind::ReferralFollowUp => self.referral_follow_up,
            DeadlineKind::AuthorizationEnds => self.authorization_expires,
            DeadlineKind::Appeal => self.appeal_deadline,
            DeadlineKind::Hearing => self.hearing,
            DeadlineKind::ReferralAppointment => self.appointment,
            DeadlineKind::ConsentEnds => self.consent_ends,
            DeadlineKind::NoteBegun | DeadlineKind::NoteSigned => self.note_unsigned,
            DeadlineKind::AssessmentBegun => self.assessment_unfinished,
            DeadlineKind::RiskReview => self.risk_review,
            DeadlineKind::AmendmentDue => self.amendment_due,
            DeadlineKind::ApprovalAsked => self.approval_asked,
            DeadlineKind::ApprovalReturned => self.approval_returned,
            DeadlineKind::TaskAsked => self.task_asked,
        }
    }

    /// Days without contact that a case of a risk level may go.
    pub fn contact_days(&self, risk: Option<&str>) -> u32 {
        match risk {
            Some("high") => self.contact_days_high,
            Some("medium") => self.contact_days_medium,
            _ => self.contact_days,
        }
    }

    /// When a visit under way should have ended: its planned end with some grace, and as much later as it began late; or, where no end
    /// was planned or it had passed, as long as a visit may take.
    pub fn check_out_by(&self, visit: &VisitRow) -> Option<DateTime<Utc>> {
        let minutes = |minutes: u32| TimeDelta::minutes(minutes.into());
        let longest = minutes(self.longest_visit_minutes);
        let late = match (visit.started_at, visit.planned_start, visit.planned_end) {
            (Some(started), Some(start), Some(_)) => (started - start).max(TimeDelta::zero()),
            (Some(started), None, Some(end)) if started >= end => {
                return started.checked_add_signed(longest);
            }
            (Some(started), _, None) => return started.checked_add_signed(longest),
            _ => TimeDelta::zero(),
        };
        let end = visit.planned_end?.checked_add_signed(late)?;
        end.checked_add_signed(minutes(self.check_out_minutes))
    }
}
