//! Finds what a case waits for and weighs it.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Facts, Reason, Snooze, Weights};
use crate::calendar::{Zone, day_of};
use crate::projection::{
    AllowanceRow, AssessmentRow, DeadlineKind, DeadlineRow, TaskRow, VisitRow,
};

/// Judges at one moment, by the calendar of one zone.
pub(super) struct Judge<'a> {
    pub(super) weights: &'a Weights,
    now: DateTime<Utc>,
    zone: Zone,
    pub(super) today: NaiveDate,
}

/// A reason with its points.
pub(super) type Weighed = (u64, Reason);

impl<'a> Judge<'a> {
    pub(super) fn new(weights: &'a Weights, now: DateTime<Utc>, zone: Zone) -> Self {
        Self {
            weights,
            now,
            zone,
            today: day_of(now, zone),
        }
    }

    pub(super) fn is_put_off(&self, snoozes: &[Snooze], reason: &Reason) -> bool {
        snoozes.iter().any(|snooze| {
            let concerned = match snooze.entity {
                Some(entity) => reason.entity() == Some(entity),
                None => !reason.outlasts_snooze_of_case(),
            };
            concerned && self.today < snooze.until
        })
    }

    /// In percent.
    pub(super) fn importance(&self, facts: &Facts) -> u64 {
        let risk = match facts.risk.as_deref() {
            Some("high") => self.weights.high_risk,
            Some("medium") => self.weights.medium_risk,
            _ => 0,
        };
        let alert = if facts.safety_alert {
            self.weights.safety_alert
        } else {
            0
        };
        100 + u64::from(risk) + u64::from(alert)
    }

    /// What concerns the whole case.
    pub(super) fn own(&self, facts: &Facts) -> impl Iterator<Item = Weighed> + use<> {
        let (changes, fields) = (facts.late_changes, facts.conflicts);
        let (late, conflict) = (self.weights.changed_after_closing, self.weights.conflict);
        let all = [
            self.contact(facts),
            counted(changes, late, Reason::ChangedAfterClosing { changes }),
            counted(fields, conflict, Reason::Conflict { fields }),
        ];
        all.into_iter().flatten()
    }

    /// What did not get into the record and somebody has to look at.
    pub(super) fn left_out(&self, facts: &Facts) -> impl Iterator<Item = Weighed> + use<> {
        let [late, refused] = [facts.late_work, facts.refused];
        let all = [
            counted(
                late,
                self.weights.late_work,
                Reason::LateWork { pieces: late },
            ),
            counted(
                refused,
                self.weights.refused,
                Reason::Refused { pieces: refused },
            ),
        ];
        all.into_iter().flatten()
    }

    pub(super) fn task(&self, task: &TaskRow) -> Option<Weighed> {
        let id = task.id;
        let day = task.due_at.map(|at| self.day_of(at)).or(task.due_on)?;
        let days = self.days_since(day);
        let passed = task.due_at.is_some_and(|at| at < self.now);
        let (points, reason) = match days {
            ..0 => return None,
            0 if !passed => (self.weights.due_today.into(), Reason::DueToday { task: id }),
            days => (
                self.waiting(self.weights.overdue, days),
                Reason::Overdue { task: id, days },
            ),
        };
        let points = self.percent(points, task.urgency.as_deref());
        Some((self.percent(points, task.importance.as_deref()), reason))
    }

    pub(super) fn visit(
        &self,
        visit: &VisitRow,
        next_visit_on: Option<NaiveDate>,
    ) -> Option<Weighed> {
        match visit.status.as_deref() {
            Some("in_progress") => self.check_out(visit),
            Some("planned") => {
                let passed = match visit.planned_end.or(visit.planned_start) {
                    Some(end) => end < self.now,
                    None => self.days_since(planned_day(visit, self.zone)?) > 0,
                };
                self.missed(visit).filter(|_| passed)
            }
            // What is planned anew is dealt with.
            Some("missed") if next_visit_on.is_none_or(|next| next < self.today) => {
                self.missed(visit)
            }
            _ => None,
        }
    }

    fn check_out(&self, visit: &VisitRow) -> Option<Weighed> {
        let end = self.weights.check_out_by(visit)?;
        let minutes = self.now.signed_duration_since(end).num_minutes();
        let reason = Reason::CheckOutOverdue {
            visit: visit.id,
            minutes,
        };
        (end < self.now).then_some((self.weights.check_out_overdue.into(), reason))
    }

    fn missed(&self, visit: &VisitRow) -> Option<Weighed> {
        let days = self.days_since(planned_day(visit, self.zone)?);
        let listed = (0..=i64::from(self.weights.missed_days)).contains(&days);
        let reason = Reason::VisitMissed {
            visit: visit.id,
            days,
        };
        listed.then_some((self.waiting(self.weights.visit_missed, days), reason))
    }

    /// What belongs to the care of an open case is over with the case.
    pub(super) fn deadline(&self, row: &DeadlineRow, closed: bool) -> Option<Weighed> {
        let since = self.days_since(row.at.map_or(row.on, |at| self.day_of(at)));
        let listed = self.weights.days_of(row.kind);
        if !listed.contains(&since) || closed && row.kind.ends_with_case() {
            return None;
        }
        let points = self.weights.deadline(row.kind);
        let points = self.waiting(points, since - listed.start());
        let points = self.percent(points, row.urgency.as_deref());
        Some((points, of_deadline(row, since)))
    }

    pub(super) fn allowance(&self, row: &AllowanceRow) -> Weighed {
        let authorization = row.id;
        match row.units_left {
            left @ 1.. => {
                let reason = Reason::UnitsNearlyUsed {
                    authorization,
                    left,
                    approved: row.units,
                };
                (self.weights.units_nearly_used.into(), reason)
            }
            left => {
                let over = left.saturating_neg();
                let reason = Reason::UnitsUsedUp {
                    authorization,
                    over,
                };
                (self.weights.units_used_up.into(), reason)
            }
        }
    }

    pub(super) fn assessment(&self, row: &AssessmentRow, closed: bool) -> Option<Weighed> {
        if !row.alerts.is_empty() {
            let reason = Reason::ScoreAlert {
                assessment: row.id,
                instrument: row.instrument.clone(),
                alerts: row.alerts.clone(),
            };
            return Some((self.weights.score_alert.into(), reason));
        }
        let days = self.days_since(self.day_of(row.at));
        let over = days - i64::from(self.weights.assessment_days);
        let reason = Reason::AssessmentOverdue {
            assessment: row.id,
            instrument: row.instrument.clone(),
            days,
        };
        let points = self.waiting(self.weights.assessment_overdue, over);
        (row.conclusive && over > 0 && !closed).then_some((points, reason))
    }

    fn contact(&self, facts: &Facts) -> Option<Weighed> {
        let last = facts.last_contact.map(|at| self.day_of(at));
        let days = self.days_since(last.or(facts.opened_on)?);
        let over = days - i64::from(self.weights.contact_days(facts.risk.as_deref()));
        let points = self.waiting(self.weights.no_contact, over);
        (facts.in_touch && over > 0).then_some((points, Reason::NoContact { days }))
    }

    fn day_of(&self, at: DateTime<Utc>) -> NaiveDate {
        day_of(at, self.zone)
    }

    fn days_since(&self, day: NaiveDate) -> i64 {
        self.today.signed_duration_since(day).num_days()
    }

    /// Points that grow by the day.
    fn waiting(&self, points: u32, days: i64) -> u64 {
        let days = days.clamp(0, self.weights.most_days.into()).unsigned_abs();
        u64::from(points) + u64::from(self.weights.day) * days
    }

    fn percent(&self, points: u64, code: Option<&str>) -> u64 {
        points.saturating_mul(self.weights.percent(code).into()) / 100
    }
}

fn planned_day(visit: &VisitRow, zone: Zone) -> Option<NaiveDate> {
    let start = visit.planned_start.or(visit.planned_end);
    let day = start.map(|at| day_of(at, zone));
    visit.planned_on.or(day)
}

fn of_deadline(row: &DeadlineRow, since: i64) -> Reason {
    let (id, left) = (row.id, -since);
    match row.kind {
        DeadlineKind::ReferralFollowUp => Reason::ReferralFollowUp {
            referral: id,
            days: since,
        },
        DeadlineKind::AuthorizationEnds => Reason::AuthorizationExpires {
            authorization: id,
            days: left,
            units_left: row.units_left,
        },
        DeadlineKind::Appeal => Reason::AppealDeadline {
            subject: id,
            days: left,
        },
        DeadlineKind::ConsentEnds => Reason::ConsentExpires {
            consent: id,
            days: left,
        },
        DeadlineKind::NoteBegun => Reason::NoteUnsigned {
            note: id,
            days: since,
        },
        DeadlineKind::NoteSigned => Reason::NoteChangedAfterSigning {
            note: id,
            days: since,
        },
        DeadlineKind::AssessmentBegun => Reason::AssessmentUnfinished {
            assessment: id,
            days: since,
        },
        DeadlineKind::ApprovalAsked => Reason::ApprovalAsked {
            approval: id,
            days: since,
        },
        DeadlineKind::ApprovalReturned => Reason::ApprovalReturned {
            approval: id,
            days: since,
        },
        DeadlineKind::TaskAsked => Reason::TaskAsked {
            task: id,
            days: since,
        },
        DeadlineKind::Hearing => Reason::HearingNear {
            advocacy: id,
            days: left,
        },
        DeadlineKind::ReferralAppointment => Reason::AppointmentNear {
            referral: id,
            days: left,
        },
        DeadlineKind::RiskReview => Reason::RiskReview {
            risk: id,
            days: since,
        },
        DeadlineKind::AmendmentDue => Reason::AmendmentDue {
            amendment: id,
            days: left,
        },
    }
}

fn counted(count: u32, points: u32, reason: Reason) -> Option<Weighed> {
    (count > 0).then_some((points.into(), reason))
}
