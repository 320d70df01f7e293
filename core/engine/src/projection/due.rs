//! Rows about what is to be dealt with that is neither a task nor a visit: days, appointments, units, assessments.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use super::{Scope, fold};
use crate::domain::{
    Advocacy, Amendment, AmendmentStatus, Approval, ApprovalStatus, Assessment, AssessmentResult,
    AssessmentView, Authorization, AuthorizationStatus, AuthorizationView, Consent, Entity, Kind,
    MAX_TITLE, NeedDomain, Note, NoteState, NoteVersions, Records, Referral, Risk, Task,
    TaskStatus, assessment,
};
use crate::ids::{CaseId, EntityId, WorkerId};
use crate::instruments::{Instruments, RaisedAlert};

/// What sort of day something is to be dealt with by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeadlineKind {
    /// The day to ask what became of an open referral.
    ReferralFollowUp,
    /// The last day of an approved authorization.
    AuthorizationEnds,
    /// The last day to appeal a denial, or to act in an advocacy action.
    Appeal,
    /// The last day of a consent that no other one goes on.
    ConsentEnds,
    /// The day a note was begun that nobody has signed.
    NoteBegun,
    /// The day a note was signed in whose draft more was written since.
    NoteSigned,
    /// The day the questions of an assessment were asked that nobody has completed.
    AssessmentBegun,
    /// The day to look at a risk again.
    RiskReview,
    /// The last day to answer a request to amend the record.
    AmendmentDue,
    /// The day an approval was asked for that nobody has decided.
    ApprovalAsked,
    /// The day an approval was sent back.
    ApprovalReturned,
    /// The day somebody was asked to take on a task that is due on no day.
    TaskAsked,
    /// The hearing of an advocacy action that goes on.
    Hearing,
    /// The appointment of an open referral.
    ReferralAppointment,
}

impl DeadlineKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::ReferralFollowUp,
        Self::AuthorizationEnds,
        Self::Appeal,
        Self::ConsentEnds,
        Self::NoteBegun,
        Self::NoteSigned,
        Self::AssessmentBegun,
        Self::RiskReview,
        Self::AmendmentDue,
        Self::ApprovalAsked,
        Self::ApprovalReturned,
        Self::TaskAsked,
        Self::Hearing,
        Self::ReferralAppointment,
    ];

    /// Whether it is over with the case: part of the person's care, not of keeping the record.
    pub fn ends_with_case(self) -> bool {
        matches!(
            self,
            Self::ReferralFollowUp
                | Self::AuthorizationEnds
                | Self::ConsentEnds
                | Self::RiskReview
                | Self::ApprovalAsked
                | Self::ApprovalReturned
                | Self::TaskAsked
                | Self::ReferralAppointment
        )
    }

    /// Whether it stands on the agenda: a day or a moment to come, not one on which something began to wait.
    pub fn is_on_agenda(self) -> bool {
        matches!(
            self,
            Self::ReferralFollowUp
                | Self::AuthorizationEnds
                | Self::Appeal
                | Self::ConsentEnds
                | Self::RiskReview
                | Self::AmendmentDue
                | Self::Hearing
                | Self::ReferralAppointment
        )
    }

    /// Whether it concerns whoever leads the case, also where it is another worker's.
    pub fn concerns_lead(self) -> bool {
        matches!(self, Self::Hearing | Self::ReferralAppointment)
    }
}

/// A day by which something that is neither a task nor a visit is to be dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlineRow {
    /// The case.
    pub case: CaseId,
    /// The referral, note or other entity.
    pub id: EntityId,
    /// What sort.
    pub kind: DeadlineKind,
    /// The day; of a moment, the day in UTC.
    pub on: NaiveDate,
    /// The moment, where there is one: it falls on the day that it is in the zone that is asked with.
    pub at: Option<DateTime<Utc>>,
    /// Whose it is; the lead's where it says nothing.
    pub worker: Option<WorkerId>,
    /// Units that are left of an authorization, below 0 where more were used.
    pub units_left: Option<i64>,
    /// Code of the urgency of a referral.
    pub urgency: Option<String>,
    /// What it is about, of a kind that stands on the agenda: a service, a subject, a recipient, a hazard.
    pub title: Option<String>,
}

/// How much is left of an approved authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowanceRow {
    /// The case.
    pub case: CaseId,
    /// The authorization.
    pub id: EntityId,
    /// Units approved.
    pub units: i64,
    /// Units that are left, below 0 where more were used.
    pub units_left: i64,
    /// Its last day.
    pub until: Option<NaiveDate>,
}

impl AllowanceRow {
    /// How much of it is used, in percent, rounded down.
    pub fn used_percent(&self) -> i64 {
        let used = self.units.saturating_sub(self.units_left);
        used.saturating_mul(100)
            .checked_div(self.units)
            .unwrap_or(100)
    }
}

/// An assessment as far as it may ask for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssessmentRow {
    /// The case.
    pub case: CaseId,
    /// The assessment.
    pub id: EntityId,
    /// The instrument's id.
    pub instrument: String,
    /// When the questions were asked.
    pub at: DateTime<Utc>,
    /// Whether it is completed with an answer to every question: what an earlier one says is then over.
    pub conclusive: bool,
    /// Codes of the alerts about safety or health that nobody has answered.
    pub alerts: Vec<String>,
    /// Whether it was removed.
    pub removed: bool,
}

impl Scope<'_> {
    pub(super) fn deadlines(&self) -> Vec<DeadlineRow> {
        let kinds = [
            self.each(Self::follow_up),
            self.each(Self::appointment),
            self.ends_of_authorizations(),
            self.each(Self::last_day_to_act),
            self.each(Self::hearing),
            self.ends_of_consents(),
            self.each(Self::open_note),
            self.each(Self::begun_assessment),
            self.each(Self::review),
            self.each(Self::answer_to_amendment),
            self.each(Self::open_approval),
            self.each(Self::unanswered_task),
        ];
        kinds.into_iter().flatten().collect()
    }

    /// The rows of the entities of a kind that stand.
    fn each<E: Entity>(&self, row: impl Fn(&Self, &E) -> Option<DeadlineRow>) -> Vec<DeadlineRow> {
        let entries = self.entries(E::KIND).into_iter();
        let standing = entries.filter(|entry| !entry.is_removed());
        let entities = standing.map(|entry| E::from_entry(&entry));
        entities.filter_map(|entity| row(self, &entity)).collect()
    }

    fn deadline(&self, id: EntityId, kind: DeadlineKind, on: NaiveDate) -> DeadlineRow {
        DeadlineRow {
            case: self.case,
            id,
            kind,
            on,
            at: None,
            worker: None,
            units_left: None,
            urgency: None,
            title: None,
        }
    }

    fn deadline_at(&self, id: EntityId, kind: DeadlineKind, at: DateTime<Utc>) -> DeadlineRow {
        DeadlineRow {
            at: Some(at),
            ..self.deadline(id, kind, at.date_naive())
        }
    }

    fn follow_up(&self, referral: &Referral) -> Option<DeadlineRow> {
        let on = referral.follow_up_on.filter(|_| referral.is_open())?;
        Some(DeadlineRow {
            urgency: urgency(referral),
            title: referral.service.clone(),
            ..self.deadline(referral.meta.id, DeadlineKind::ReferralFollowUp, on)
        })
    }

    fn appointment(&self, referral: &Referral) -> Option<DeadlineRow> {
        let at = referral.appointment_at.filter(|_| referral.is_open())?;
        Some(DeadlineRow {
            worker: referral.meta.created.worker,
            urgency: urgency(referral),
            title: referral.service.clone(),
            ..self.deadline_at(referral.meta.id, DeadlineKind::ReferralAppointment, at)
        })
    }

    /// Authorizations with what is used of them.
    pub(super) fn authorizations(&self) -> impl Iterator<Item = AuthorizationView> {
        let entries = self.entries(Kind::Authorization).into_iter();
        entries.map(|entry| AuthorizationView::of(self.records, &entry))
    }

    fn ends_of_authorizations(&self) -> Vec<DeadlineRow> {
        let views = self.authorizations();
        let standing = views.filter(|view| view.authorization.meta.removed.is_none());
        standing
            .filter_map(|view| self.end_of_authorization(&view))
            .collect()
    }

    fn end_of_authorization(&self, authorization: &AuthorizationView) -> Option<DeadlineRow> {
        let units_left = authorization.units_left;
        let Authorization {
            meta,
            status,
            until,
            appeal_by,
            service,
            ..
        } = &authorization.authorization;
        let row = match status {
            Some(AuthorizationStatus::Approved) => DeadlineRow {
                units_left,
                ..self.deadline(meta.id, DeadlineKind::AuthorizationEnds, (*until)?)
            },
            Some(AuthorizationStatus::Denied) => {
                self.deadline(meta.id, DeadlineKind::Appeal, (*appeal_by)?)
            }
            _ => return None,
        };
        Some(DeadlineRow {
            title: service.clone(),
            ..row
        })
    }

    fn last_day_to_act(&self, action: &Advocacy) -> Option<DeadlineRow> {
        let on = action.deadline.filter(|_| action.is_open())?;
        Some(DeadlineRow {
            title: action.subject.clone(),
            ..self.deadline(action.meta.id, DeadlineKind::Appeal, on)
        })
    }

    fn hearing(&self, action: &Advocacy) -> Option<DeadlineRow> {
        let at = action.heard_at.filter(|_| action.is_open())?;
        Some(DeadlineRow {
            worker: action.meta.created.worker,
            title: action.subject.clone(),
            ..self.deadline_at(action.meta.id, DeadlineKind::Hearing, at)
        })
    }

    /// Where one consent was touched all of them are at hand: another one may go on where it ends.
    fn ends_of_consents(&self) -> Vec<DeadlineRow> {
        let entries = self.entries(Kind::Consent);
        let consents: Vec<Consent> = entries
            .iter()
            .map(|entry| Consent::from_entry(entry))
            .collect();
        let ends = |consent: &Consent| {
            let on = consent.until.filter(|_| stands(consent))?;
            let goes_on = consents.iter().any(|other| goes_on(other, consent, on));
            (!goes_on).then(|| DeadlineRow {
                title: consent.recipient.clone(),
                ..self.deadline(consent.meta.id, DeadlineKind::ConsentEnds, on)
            })
        };
        consents.iter().filter_map(ends).collect()
    }

    /// A note that waits for a signature, with its author.
    fn open_note(&self, note: &Note) -> Option<DeadlineRow> {
        let id = note.meta.id;
        let versions = NoteVersions::of(self.records, id);
        let row = match versions.state(self.records.draft(id).as_ref()) {
            NoteState::Signed | NoteState::Settled => return None,
            NoteState::Draft => self.deadline_at(id, DeadlineKind::NoteBegun, note.meta.created.at),
            NoteState::SignedWithLateWords => {
                let last = versions
                    .signed
                    .iter()
                    .map(|version| version.signed_at)
                    .max()?;
                self.deadline_at(id, DeadlineKind::NoteSigned, last)
            }
        };
        Some(DeadlineRow {
            worker: note.author,
            ..row
        })
    }

    fn begun_assessment(&self, assessment: &Assessment) -> Option<DeadlineRow> {
        let (id, asked) = (assessment.meta.id, assessment.asked());
        let row = self.deadline_at(id, DeadlineKind::AssessmentBegun, asked);
        assessment.is_draft().then_some(DeadlineRow {
            worker: assessment.asked_by,
            ..row
        })
    }

    fn review(&self, risk: &Risk) -> Option<DeadlineRow> {
        Some(DeadlineRow {
            title: risk.hazard.clone(),
            ..self.deadline(risk.meta.id, DeadlineKind::RiskReview, risk.review_on?)
        })
    }

    fn answer_to_amendment(&self, amendment: &Amendment) -> Option<DeadlineRow> {
        let waits = matches!(amendment.status, Some(AmendmentStatus::Requested) | None);
        let on = amendment.due_on.filter(|_| waits)?;
        let title = |subject: &String| subject.chars().take(MAX_TITLE).collect();
        Some(DeadlineRow {
            title: amendment.subject.as_ref().map(title),
            ..self.deadline(amendment.meta.id, DeadlineKind::AmendmentDue, on)
        })
    }

    /// Waits for the approver, or else for whoever asked.
    fn open_approval(&self, approval: &Approval) -> Option<DeadlineRow> {
        let meta = &approval.meta;
        let (kind, since, worker) = match approval.status {
            Some(ApprovalStatus::Requested) | None => (
                DeadlineKind::ApprovalAsked,
                meta.created.at,
                approval.approver,
            ),
            Some(ApprovalStatus::Returned) => (
                DeadlineKind::ApprovalReturned,
                approval.decided_at.unwrap_or(meta.changed.at),
                approval.asked_by,
            ),
            _ => return None,
        };
        Some(DeadlineRow {
            worker,
            ..self.deadline_at(meta.id, kind, since)
        })
    }

    /// A task that is due on some day is listed by that.
    fn unanswered_task(&self, task: &Task) -> Option<DeadlineRow> {
        let asked = task.status == Some(TaskStatus::Requested);
        let undated = task.due_on.is_none() && task.due_at.is_none();
        let since = task.meta.changed.at;
        (asked && undated).then_some(DeadlineRow {
            worker: task.assignee,
            ..self.deadline_at(task.meta.id, DeadlineKind::TaskAsked, since)
        })
    }

    pub(super) fn allowances(&self) -> Vec<AllowanceRow> {
        let views = self.authorizations();
        views.filter_map(|view| self.allowance(&view)).collect()
    }

    fn allowance(&self, view: &AuthorizationView) -> Option<AllowanceRow> {
        let authorization = &view.authorization;
        let approved = authorization.status == Some(AuthorizationStatus::Approved);
        let counts = approved && authorization.meta.removed.is_none();
        let (units, units_left) = authorization.units.zip(view.units_left)?;
        counts.then_some(AllowanceRow {
            case: self.case,
            id: authorization.meta.id,
            units,
            units_left,
            until: authorization.until,
        })
    }

    pub(super) fn assessments(&self, instruments: &Instruments) -> Vec<AssessmentRow> {
        let entries = self.entries(Kind::Assessment);
        let views = entries
            .iter()
            .map(|entry| assessment::view_of(self.records, entry, instruments));
        views
            .filter_map(|view| assessment_row(self.case, view))
            .collect()
    }

    /// How many alerts nobody has answered, of assessments that no later one makes out of date.
    pub(super) fn alerts_unanswered(&self, instruments: &Instruments) -> usize {
        let mut rows = self.assessments(instruments);
        rows.retain(|row| !row.removed);
        let is_over = |row: &AssessmentRow| {
            rows.iter().any(|later| {
                later.conclusive
                    && later.instrument == row.instrument
                    && (later.at, later.id) > (row.at, row.id)
            })
        };
        let standing = rows.iter().filter(|row| !is_over(row));
        standing.map(|row| row.alerts.len()).sum()
    }
}

fn assessment_row(case: CaseId, view: AssessmentView) -> Option<AssessmentRow> {
    let own = view.assessment;
    let (whole, raised) = match view.result {
        AssessmentResult::DefinitionMissing => (false, Vec::new()),
        AssessmentResult::Judged { judgement } => {
            (judgement.unanswered.is_empty(), judgement.alerts)
        }
    };
    let grave = raised.into_iter().filter(is_grave);
    let open = grave.filter(|alert| view.open_alerts.contains(&alert.code));
    Some(AssessmentRow {
        case,
        id: own.meta.id,
        at: own.asked(),
        conclusive: !own.is_draft() && whole,
        instrument: own.instrument?,
        alerts: open.map(|alert| alert.code).collect(),
        removed: own.meta.removed.is_some(),
    })
}

/// About health, or about somebody's safety. Other social needs are for the plan.
fn is_grave(alert: &RaisedAlert) -> bool {
    let grave = [NeedDomain::IntimatePartnerViolence, NeedDomain::ElderAbuse];
    let need = alert.need.as_deref();
    need.is_none_or(|need| grave.iter().any(|domain| domain.code() == need))
}

fn urgency(referral: &Referral) -> Option<String> {
    let urgency = referral.urgency.as_ref();
    urgency.map(|value| value.code().to_owned())
}

fn stands(consent: &Consent) -> bool {
    consent.meta.removed.is_none() && consent.withdrawn_at.is_none()
}

/// Whether another consent to the same recipient allows as much on the day after one ends.
fn goes_on(other: &Consent, consent: &Consent, on: NaiveDate) -> bool {
    let recipient = |consent: &Consent| consent.recipient.as_deref().map(fold);
    let later = other
        .until
        .is_none_or(|until| (until, other.meta.id) > (on, consent.meta.id));
    let no_gap = other.since <= on.succ_opt();
    let covered = other.covers.as_deref().unwrap_or_default();
    let mut parts = consent.covers.iter().flatten();
    other.meta.id != consent.meta.id
        && stands(other)
        && later
        && no_gap
        && recipient(other) == recipient(consent)
        && (other.part2 == Some(true) || consent.part2 != Some(true))
        && parts.all(|part| covered.contains(part))
}

/// What was touched with the owners of touched parts, with all consents where one was, and, of what was removed at some time, with its
/// parts, and of a visit with all authorizations: what rows are made of.
pub(super) fn widened(
    records: &dyn Records,
    touched: &BTreeSet<(Kind, EntityId)>,
) -> BTreeSet<(Kind, EntityId)> {
    let owners = touched.iter().filter_map(|(kind, id)| {
        kind.owner_field()?;
        kind.owner_of(&records.entity(*kind, *id)?)
    });
    let all_of = |kind: Kind, asked: bool| {
        let entries = if asked {
            records.entities(kind)
        } else {
            Vec::new()
        };
        let keys = entries.iter().map(|entry| (kind, entry.id));
        keys.collect::<Vec<_>>()
    };
    let consented = touched.iter().any(|(kind, _)| *kind == Kind::Consent);
    let turned = |(kind, id): &&(Kind, EntityId)| records.removal(*kind, *id).is_some();
    let turned: Vec<_> = touched.iter().filter(turned).collect();
    let parts = turned.iter().flat_map(|(whole, id)| {
        let kinds = Kind::ALL.iter().copied();
        let kinds = kinds.filter(|kind| kind.owner_field() == Some(whole.key()));
        kinds.flat_map(|kind| {
            let parts = records.parts(kind, *id).into_iter();
            parts.map(move |part| (kind, part.id))
        })
    });
    let visited = turned.iter().any(|(kind, _)| *kind == Kind::Visit);
    touched
        .iter()
        .copied()
        .chain(owners)
        .chain(all_of(Kind::Consent, consented))
        .chain(parts)
        .chain(all_of(Kind::Authorization, visited))
        .collect()
}
