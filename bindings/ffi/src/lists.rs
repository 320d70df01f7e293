//! Lists of the caseload: pages of cases, search, the agenda, the inbox of conflicts.

use caseweave::domain::{
    CaseStatus, Importance, Kind, Place, RiskLevel, Sector, TaskStatus, VisitStatus,
};
use caseweave::projection::DeadlineKind;
use caseweave::{
    CaseId, ClosedCaseRow, CompartmentId, ConflictListRow, Deadline, EntityId, ListCursor,
    ProviderId, SearchHit, Sort, SortKey, WorkerId, projection,
};
use chrono::{DateTime, NaiveDate, Utc};

use crate::{CaseweaveError, CaseweaveHandle};

/// The order of a list. What is equal is ordered by case.
#[uniffi::remote(Enum)]
pub enum Sort {
    /// Family name, without regard to case and diacritics.
    Name,
    /// The earliest planned visit first; cases without one last.
    NextVisit,
    /// The earliest due task first; cases without one last.
    NextDue,
    /// What changed last first.
    Changed,
    /// By where the case stands, from enquiry to closed; those that stand alike by name.
    Status,
    /// The highest risk first, cases whose risk nobody has told last; equal ones by name.
    Risk,
}

/// Where a page ended. Give it back as it came.
#[uniffi::remote(Record)]
pub struct ListCursor {
    /// What the list is ordered by.
    pub key: SortKey,
    /// The last case.
    pub case: CaseId,
}

/// A row's place in the order of a list.
#[uniffi::remote(Enum)]
pub enum SortKey {
    /// A folded name, after a rank where the order has one.
    Text(String),
    /// Days or milliseconds.
    Number(i64),
}

/// What a list shows. As it comes: every case by name, 50 to a page.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ListQuery {
    /// Only cases that stand so; all, when empty.
    #[uniffi(default)]
    pub statuses: Vec<CaseStatus>,
    /// Only cases this worker leads.
    #[uniffi(default)]
    pub lead: Option<WorkerId>,
    /// Only cases of this field of work.
    #[uniffi(default)]
    pub sector: Option<Sector>,
    /// Only cases of this programme.
    #[uniffi(default)]
    pub programme: Option<String>,
    /// Only cases of this risk level.
    #[uniffi(default)]
    pub risk: Option<RiskLevel>,
    /// Only cases whose person prefers this language, a BCP 47 tag; `es` stands for `es-MX` too.
    #[uniffi(default)]
    pub language: Option<String>,
    /// Only cases whose next visit is planned before this day; one whose day has passed is still planned.
    #[uniffi(default)]
    pub next_visit_before: Option<LocalDay>,
    /// Only cases with an open task that was due before this day.
    #[uniffi(default)]
    pub overdue_on: Option<LocalDay>,
    /// Only cases with an open conflict.
    #[uniffi(default = false)]
    pub in_conflict: bool,
    /// Only cases with work that the server has not received.
    #[uniffi(default = false)]
    pub unsynced: bool,
    /// Only closed cases with changes that whoever closed them had not seen.
    #[uniffi(default = false)]
    pub changed_after_closing: bool,
    /// Only cases linked to this household. Whose link has ended is among them: the case's view says since when and until when.
    #[uniffi(default)]
    pub household: Option<EntityId>,
    /// The order; by name, when none is given.
    #[uniffi(default)]
    pub sort: Option<Sort>,
    /// Where the page before ended.
    #[uniffi(default)]
    pub after: Option<ListCursor>,
    /// Rows of a page, 1 to 500.
    #[uniffi(default = 50)]
    pub limit: u32,
}

/// A day by the calendar of a zone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LocalDay {
    /// The day.
    pub day: NaiveDate,
    /// The IANA time zone.
    pub zone: String,
}

impl LocalDay {
    fn read(self) -> caseweave::Result<caseweave::LocalDay> {
        caseweave::local_day(self.day, &self.zone)
    }
}

impl TryFrom<ListQuery> for caseweave::ListQuery {
    type Error = caseweave::Error;

    fn try_from(query: ListQuery) -> caseweave::Result<Self> {
        let ListQuery {
            statuses,
            lead,
            sector,
            programme,
            risk,
            language,
            next_visit_before,
            overdue_on,
            in_conflict,
            unsynced,
            changed_after_closing,
            household,
            sort,
            after,
            limit,
        } = query;
        Ok(Self {
            statuses: statuses
                .iter()
                .map(|status| status.code().to_owned())
                .collect(),
            lead,
            sector: sector.map(|sector| sector.code().to_owned()),
            programme,
            risk: risk.map(|risk| risk.code().to_owned()),
            language,
            next_visit_before: next_visit_before.map(LocalDay::read).transpose()?,
            overdue_on: overdue_on.map(LocalDay::read).transpose()?,
            in_conflict,
            unsynced,
            changed_after_closing,
            household,
            sort: sort.unwrap_or(Sort::Name),
            after,
            limit: rows(limit),
        })
    }
}

/// One page of a list of cases.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CasePage {
    /// Its rows.
    pub rows: Vec<CaseRow>,
    /// Where it ended, when there is more.
    pub next: Option<ListCursor>,
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseRow {
    /// The case.
    pub case: CaseId,
    /// The person's name as shown.
    pub name: String,
    /// Family name first, folded for sorting: lower case, without diacritics.
    pub sort_name: String,
    /// The agency's number.
    pub number: Option<String>,
    /// Where the case stands.
    pub status: Option<CaseStatus>,
    /// The field of work.
    pub sector: Option<Sector>,
    /// Programme.
    pub programme: Option<String>,
    /// How pressing the risks are.
    pub risk: Option<RiskLevel>,
    /// The worker who leads the case.
    pub lead: Option<WorkerId>,
    /// The day it was opened.
    pub opened_on: Option<NaiveDate>,
    /// Date of birth.
    pub birth_date: Option<NaiveDate>,
    /// The person's preferred language, as a BCP 47 tag.
    pub language: Option<String>,
    /// Whether a safety alert is set.
    pub alert: bool,
    /// Whether an interpreter is needed.
    pub interpreter: bool,
    /// When the record was last changed, by the clock of whoever changed it.
    pub changed_at: DateTime<Utc>,
    /// Changes to a closed case that whoever closed it had not seen.
    pub late_changes: u32,
    /// The day of the earliest visit that is still planned.
    pub next_visit_on: Option<NaiveDate>,
    /// Its begin, where it is known.
    pub next_visit_at: Option<DateTime<Utc>>,
    /// The earliest day an open task is due.
    pub next_due_on: Option<NaiveDate>,
    /// How many tasks are open.
    pub open_tasks: u32,
    /// How many conflicts are open.
    pub conflicts: u32,
    /// How many groups of edits the server has not taken into the record.
    pub unsynced: u32,
    /// How many groups of edits were refused and not dismissed.
    pub refused: u32,
}

impl From<caseweave::CaseListRow> for CaseRow {
    fn from(row: caseweave::CaseListRow) -> Self {
        let projection::CaseRow {
            case,
            name,
            sort_name,
            number,
            status,
            sector,
            programme,
            risk,
            lead,
            opened_on,
            birth_date,
            language,
            alert,
            interpreter,
            changed_at,
            late_changes,
        } = row.case;
        Self {
            case,
            name,
            sort_name,
            number,
            status: status.as_deref().map(CaseStatus::from_code),
            sector: sector.as_deref().map(Sector::from_code),
            programme,
            risk: risk.as_deref().map(RiskLevel::from_code),
            lead,
            opened_on,
            birth_date,
            language,
            alert,
            interpreter,
            changed_at,
            late_changes,
            next_visit_on: row.next_visit_on,
            next_visit_at: row.next_visit_at,
            next_due_on: row.next_due_on,
            open_tasks: row.open_tasks,
            conflicts: row.conflicts,
            unsynced: row.unsynced,
            refused: row.refused,
        }
    }
}

/// What is planned and due.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Agenda {
    /// Visits that were not removed, by day, begin and id.
    pub visits: Vec<VisitRow>,
    /// Open tasks, by day and id.
    pub tasks: Vec<TaskRow>,
    /// Days and moments by which something else is to be dealt with, by day, those of the whole day first, then by moment and id.
    pub deadlines: Vec<Deadline>,
}

/// A day or a moment to come by which something that is neither a visit nor a task is to be dealt with.
#[uniffi::remote(Record)]
pub struct Deadline {
    /// The case.
    pub case: CaseId,
    /// The referral, authorization, advocacy action, consent, risk or amendment.
    pub id: EntityId,
    /// What is due.
    pub kind: DeadlineKind,
    /// The day, by the calendar of the zone that was asked with.
    pub on: NaiveDate,
    /// The moment of a hearing or an appointment.
    pub at: Option<DateTime<Utc>>,
    /// Who put the action or the referral down, of a hearing or an appointment.
    pub worker: Option<WorkerId>,
    /// The service, the subject, the recipient or the hazard.
    pub title: Option<String>,
}

/// What sort of day something is to be dealt with by. On the agenda and in reminders stand follow-ups, ends, last days, reviews, hearings and
/// appointments; the others are reasons of the worklist.
#[uniffi::remote(Enum)]
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

/// A visit in the agenda.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VisitRow {
    /// The case.
    pub case: CaseId,
    /// The visit.
    pub id: EntityId,
    /// Where it stands.
    pub status: Option<VisitStatus>,
    /// The planned day.
    pub planned_on: Option<NaiveDate>,
    /// Begin of the planned window.
    pub planned_start: Option<DateTime<Utc>>,
    /// End of the planned window.
    pub planned_end: Option<DateTime<Utc>>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who shall go.
    pub worker: Option<WorkerId>,
    /// What for.
    pub purpose: Option<String>,
    /// Where or how.
    pub place: Option<Place>,
    /// The person's address it takes place at.
    pub address: Option<EntityId>,
    /// Whether it was removed.
    pub removed: bool,
}

impl From<projection::VisitRow> for VisitRow {
    fn from(row: projection::VisitRow) -> Self {
        let projection::VisitRow {
            case,
            id,
            status,
            planned_on,
            planned_start,
            planned_end,
            started_at,
            ended_at,
            worker,
            purpose,
            place,
            address,
            removed,
        } = row;
        Self {
            case,
            id,
            status: status.as_deref().map(VisitStatus::from_code),
            planned_on,
            planned_start,
            planned_end,
            started_at,
            ended_at,
            worker,
            purpose,
            place: place.as_deref().map(Place::from_code),
            address,
            removed,
        }
    }
}

/// A task in the agenda.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TaskRow {
    /// The case.
    pub case: CaseId,
    /// The task.
    pub id: EntityId,
    /// What is to be done.
    pub title: Option<String>,
    /// Where it stands.
    pub status: Option<TaskStatus>,
    /// Who shall do it.
    pub assignee: Option<WorkerId>,
    /// The day it is due.
    pub due_on: Option<NaiveDate>,
    /// The moment it is due.
    pub due_at: Option<DateTime<Utc>>,
    /// How soon it is wanted.
    pub urgency: Option<Importance>,
    /// How much it matters.
    pub importance: Option<Importance>,
    /// Whether it was removed.
    pub removed: bool,
}

impl From<projection::TaskRow> for TaskRow {
    fn from(row: projection::TaskRow) -> Self {
        let projection::TaskRow {
            case,
            id,
            title,
            status,
            assignee,
            due_on,
            due_at,
            urgency,
            importance,
            removed,
        } = row;
        Self {
            case,
            id,
            title,
            status: status.as_deref().map(TaskStatus::from_code),
            assignee,
            due_on,
            due_at,
            urgency: urgency.as_deref().map(Importance::from_code),
            importance: importance.as_deref().map(Importance::from_code),
            removed,
        }
    }
}

/// What search found.
#[uniffi::remote(Record)]
pub struct SearchHit {
    /// The case; of what is in a restricted compartment, the one that it is about; of what is in the directory, the provider.
    pub case: CaseId,
    /// The restricted compartment it is in, if it is in one.
    pub compartment: Option<CompartmentId>,
    /// The provider of the directory it is in, if it is in one.
    pub provider: Option<ProviderId>,
    /// The entity's kind.
    pub kind: Kind,
    /// The entity.
    pub id: EntityId,
    /// Up to 12 words around what was found, which stands between U+2068 and U+2069.
    pub snippet: String,
}

/// An open conflict in the caseload's inbox. The choices stand in the view of the record it is in.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConflictRow {
    /// The case; of what is in a restricted compartment, the one that it is about; of what is in the directory, the provider.
    pub case: CaseId,
    /// The restricted compartment it is in, if it is in one.
    pub compartment: Option<CompartmentId>,
    /// The provider of the directory it is in, if it is in one.
    pub provider: Option<ProviderId>,
    /// The entity's kind.
    pub kind: Kind,
    /// The entity.
    pub id: EntityId,
    /// The field's key.
    pub field: String,
}

/// A closed case with changes that whoever closed it had not seen. They stand in the case's view.
#[uniffi::remote(Record)]
pub struct ClosedCaseRow {
    /// The case.
    pub case: CaseId,
    /// How many changes.
    pub changes: u32,
}

/// What waits for somebody's decision across the caseload.
#[derive(uniffi::Record)]
pub struct Inbox {
    /// Open conflicts, also in restricted compartments, by record, kind, entity and field.
    pub conflicts: Vec<ConflictRow>,
    /// Closed cases that were changed and not looked at since, by case.
    pub changed_after_closing: Vec<ClosedCaseRow>,
}

impl From<caseweave::Inbox> for Inbox {
    fn from(inbox: caseweave::Inbox) -> Self {
        let caseweave::Inbox {
            conflicts,
            changed_after_closing,
        } = inbox;
        Self {
            conflicts: conflicts.into_iter().map(ConflictRow::from).collect(),
            changed_after_closing,
        }
    }
}

impl From<ConflictListRow> for ConflictRow {
    fn from(row: ConflictListRow) -> Self {
        let ConflictListRow {
            case,
            compartment,
            provider,
            kind,
            id,
            field,
        } = row;
        Self {
            case,
            compartment,
            provider,
            kind,
            id,
            field,
        }
    }
}

#[uniffi::export]
impl CaseweaveHandle {
    /// A page of the caseload. Reads disk.
    ///
    /// Fails with `InvalidInput` where the limit is none or more than 500, or where a day's zone is none.
    pub fn list(&self, query: ListQuery) -> Result<CasePage, CaseweaveError> {
        let page = self.0.list(&query.try_into()?)?;
        Ok(CasePage {
            rows: page.rows.into_iter().map(CaseRow::from).collect(),
            next: page.next,
        })
    }

    /// What has, for every word of the text, a word that begins with it: names, numbers, notes, tasks and the rest, without
    /// regard to case and diacritics, also in restricted compartments that this worker may see, and in the directory. The best first, 1 to 500
    /// of them. Reads disk.
    #[uniffi::method(default(limit = 50))]
    pub fn search(&self, text: String, limit: u32) -> Result<Vec<SearchHit>, CaseweaveError> {
        Ok(self.0.search(&text, rows(limit))?)
    }

    /// Visits, open tasks and deadlines from one day to another, both included. Visits of every status that were not removed, also missed
    /// and called off ones: look at `status`. Tasks that are not done, cancelled or removed, also those that nobody accepted yet; of one
    /// that comes back the next day alone. Deadlines: hearings and last days of advocacy actions that go on, appointments and follow-up
    /// days of open referrals, last days of approved authorizations, of appeals and of consents, days to look at a risk again and to
    /// answer a request to amend the record; of closed cases only those that the closing did not end. Of one worker, if given: visits
    /// planned for them, tasks assigned to them, hearings and appointments of what they put down; what is nobody's in cases that they
    /// lead, and every deadline in these. What has a moment and no day stands on that moment's day by the calendar of `zone`, an IANA time
    /// zone; a visit that was not planned, on the day it began. Reads disk.
    #[uniffi::method(default(worker))]
    pub fn agenda(
        &self,
        from_day: NaiveDate,
        to_day: NaiveDate,
        zone: String,
        worker: Option<WorkerId>,
    ) -> Result<Agenda, CaseweaveError> {
        let agenda = self.0.agenda(from_day, to_day, &zone, worker)?;
        Ok(Agenda {
            visits: agenda.visits.into_iter().map(VisitRow::from).collect(),
            tasks: agenda.tasks.into_iter().map(TaskRow::from).collect(),
            deadlines: agenda.deadlines,
        })
    }

    /// What waits for somebody's decision: every open conflict of the caseload, also in restricted compartments, and the closed cases
    /// that were changed since. Reads disk.
    pub fn inbox(&self) -> Result<Inbox, CaseweaveError> {
        Ok(self.0.inbox()?.into())
    }
}

pub(crate) fn rows(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
