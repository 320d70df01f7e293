//! Rows about what is to be dealt with that is neither a task nor a visit: days, units, assessments.

use std::collections::BTreeSet;

use caseweave_engine::domain::Kind;
use caseweave_engine::ids::{CaseId, EntityId, WorkerId};
use caseweave_engine::projection::{AllowanceRow, AssessmentRow, DeadlineKind, DeadlineRow};
use rusqlite::params;

use crate::error::Result;
use crate::row;
use crate::transaction::WriteTx;

impl WriteTx<'_> {
    /// Forgets the rows of an entity that was touched, to write those it has now.
    pub(crate) fn forget_due(&self, case: CaseId, kind: Kind, id: EntityId) -> Result<()> {
        let tables: &[&str] = match kind {
            Kind::Authorization => &["deadline", "allowance"],
            Kind::Assessment => &["deadline", "assessment"],
            Kind::Referral | Kind::Advocacy | Kind::Consent => &["deadline"],
            Kind::Note | Kind::Risk | Kind::Amendment => &["deadline"],
            Kind::Approval | Kind::Task => &["deadline"],
            _ => &[],
        };
        tables.iter().try_for_each(|table| {
            let sql = format!("DELETE FROM {table} WHERE case_id = ?1 AND id = ?2");
            self.run(&sql, params![case.to_bytes(), id.to_bytes()])?;
            Ok(())
        })
    }

    pub(crate) fn put_deadline(&self, deadline: &DeadlineRow) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO deadline (case_id, id, kind, day, worker, units_left, urgency, ms, title)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                deadline.case.to_bytes(),
                deadline.id.to_bytes(),
                kind_number(deadline.kind),
                row::day_number(deadline.on),
                deadline.worker.map(WorkerId::to_bytes),
                deadline.units_left,
                deadline.urgency,
                row::ms(deadline.at),
                deadline.title
            ],
        )?;
        Ok(())
    }

    pub(crate) fn put_allowance(&self, allowance: &AllowanceRow) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO allowance (case_id, id, units, units_left, until_on, used_percent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                allowance.case.to_bytes(),
                allowance.id.to_bytes(),
                allowance.units,
                allowance.units_left,
                allowance.until.map(row::day_number),
                allowance.used_percent()
            ],
        )?;
        Ok(())
    }

    /// Writes the rows of assessments that stand, and tells anew which of an instrument's a later one has overtaken.
    pub(crate) fn put_assessments(&self, case: CaseId, rows: &[AssessmentRow]) -> Result<()> {
        rows.iter()
            .filter(|row| !row.removed)
            .try_for_each(|row| self.put_assessment(row))?;
        let instruments: BTreeSet<&str> = rows.iter().map(|row| row.instrument.as_str()).collect();
        instruments
            .into_iter()
            .try_for_each(|instrument| self.settle_standing(case, instrument))
    }

    fn put_assessment(&self, assessment: &AssessmentRow) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO assessment (case_id, id, instrument, at_ms, conclusive, alerts, standing)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)",
            params![
                assessment.case.to_bytes(),
                assessment.id.to_bytes(),
                assessment.instrument,
                assessment.at.timestamp_millis(),
                assessment.conclusive,
                assessment.alerts.join(" ")
            ],
        )?;
        Ok(())
    }

    fn settle_standing(&self, case: CaseId, instrument: &str) -> Result<()> {
        self.run(
            "UPDATE assessment SET standing = NOT standing
             FROM (SELECT 1) LEFT JOIN (
                 SELECT at_ms AS last_ms, id AS last FROM assessment
                 WHERE case_id = ?1 AND instrument = ?2 AND conclusive = 1 ORDER BY at_ms DESC, id DESC LIMIT 1)
             WHERE case_id = ?1 AND instrument = ?2
             AND standing <> coalesce((at_ms, assessment.id) >= (last_ms, last), 1)",
            params![case.to_bytes(), instrument],
        )?;
        Ok(())
    }
}

pub(crate) fn kind_number(kind: DeadlineKind) -> i64 {
    match kind {
        DeadlineKind::ReferralFollowUp => 0,
        DeadlineKind::AuthorizationEnds => 1,
        DeadlineKind::Appeal => 2,
        DeadlineKind::ConsentEnds => 3,
        DeadlineKind::NoteBegun => 4,
        DeadlineKind::NoteSigned => 5,
        DeadlineKind::AssessmentBegun => 6,
        DeadlineKind::RiskReview => 7,
        DeadlineKind::AmendmentDue => 8,
        DeadlineKind::ApprovalAsked => 9,
        DeadlineKind::ApprovalReturned => 10,
        DeadlineKind::TaskAsked => 11,
        DeadlineKind::Hearing => 12,
        DeadlineKind::ReferralAppointment => 13,
    }
}
