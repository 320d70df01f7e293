//! Flat rows made from a record, so that lists, agenda and search never open a document.
//!
//! Pure: the same record always gives the same rows. The store keeps them and can make them anew at any time.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::{
    Address, AddressUse, Advocacy, AdvocacyStatus, Assessment, AssessmentStatus,
    AuthorizationStatus, AuthorizationView, Case, CaseStatus, Communication, CommunicationOutcome,
    Conflict, Entity, Entry, EvvTolerance, Goal, InterpreterNeed, Kind, NoteState, Person, Phone,
    Records, Referral, SignedNote, Task, TaskOccurrence, TaskStatus, VisitView, assessment, note,
    view,
};
use crate::ids::{CaseId, EntityId, WorkerId};
use crate::worklist::Point;

/// What a list shows of a case. Sums over visits and tasks are the store's, which has their rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The case.
    pub case: CaseId,
    /// The person's name as shown.
    pub name: String,
    /// Family name first, folded for sorting: lower case, without diacritics.
    pub sort_name: String,
    /// The agency's number.
    pub number: Option<String>,
    /// Code of the status.
    pub status: Option<String>,
    /// Code of the sector.
    pub sector: Option<String>,
    /// Programme.
    pub programme: Option<String>,
    /// Code of the risk level.
    pub risk: Option<String>,
    /// The worker who leads the case.
    pub lead: Option<WorkerId>,
    /// The day it was opened.
    pub opened_on: Option<NaiveDate>,
    /// Date of birth.
    pub birth_date: Option<NaiveDate>,
    /// The person's preferred language.
    pub language: Option<String>,
    /// Whether a safety alert is set.
    pub alert: bool,
    /// Whether an interpreter is needed.
    pub interpreter: bool,
    /// When the record was last changed, by the clock of whoever changed it.
    pub changed_at: DateTime<Utc>,
}

/// A visit in lists and the agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
    /// The case.
    pub case: CaseId,
    /// The visit.
    pub id: EntityId,
    /// Code of the status.
    pub status: Option<String>,
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
    /// Code of the place.
    pub place: Option<String>,
    /// The person's address it takes place at.
    pub address: Option<EntityId>,
    /// Whether it was removed.
    pub removed: bool,
}

/// A task in lists and the agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// The case.
    pub case: CaseId,
    /// The task.
    pub id: EntityId,
    /// What is to be done.
    pub title: Option<String>,
    /// Code of the status.
    pub status: Option<String>,
    /// Who shall do it.
    pub assignee: Option<WorkerId>,
    /// The day it is due.
    pub due_on: Option<NaiveDate>,
    /// The moment it is due.
    pub due_at: Option<DateTime<Utc>>,
    /// Code of the urgency.
    pub urgency: Option<String>,
    /// Code of the importance.
    pub importance: Option<String>,
    /// Whether it was removed.
    pub removed: bool,
}

/// A goal in lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalRow {
    /// The case.
    pub case: CaseId,
    /// The goal.
    pub id: EntityId,
    /// The goal in the person's words.
    pub statement: Option<String>,
    /// Code of the status.
    pub status: Option<String>,
    /// Code of the achievement.
    pub achievement: Option<String>,
    /// The day to reach it by.
    pub target_date: Option<NaiveDate>,
    /// Whether it was removed.
    pub removed: bool,
}

/// What sort of day something is to be dealt with by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeadlineKind {
    /// The day to ask what became of an open referral.
    ReferralFollowUp,
    /// The last day of an approved authorization.
    AuthorizationEnds,
    /// The units of an authorization are used up; the day is the one it was put down.
    UnitsUsedUp,
    /// The last day to appeal a denial, or to act in an advocacy action.
    Appeal,
}

/// A day by which something that is neither a task nor a visit is to be dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlineRow {
    /// The case.
    pub case: CaseId,
    /// The referral, authorization or advocacy action.
    pub id: EntityId,
    /// What sort.
    pub kind: DeadlineKind,
    /// The day.
    pub on: NaiveDate,
    /// Units that are left of an authorization, below 0 where more were used.
    pub units_left: Option<i64>,
    /// Code of the urgency of a referral.
    pub urgency: Option<String>,
}

/// A line of the contact log, as far as it tells when somebody was in touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// The case.
    pub case: CaseId,
    /// The line.
    pub id: EntityId,
    /// When they spoke; nothing where nobody was reached or the line was removed.
    pub at: Option<DateTime<Utc>>,
}

/// Where an address lies.
#[derive(Debug, Clone, PartialEq)]
pub struct PointRow {
    /// The case.
    pub case: CaseId,
    /// The address.
    pub id: EntityId,
    /// Whether the person lives there.
    pub home: bool,
    /// The point; nothing where nobody knows it or the address was removed.
    pub point: Option<Point>,
}

/// What the figures of a period count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FigureKind {
    /// The case was opened.
    CaseOpened,
    /// It was closed, and not opened again.
    CaseClosed,
    /// A task was done that does not come back.
    TaskDone,
    /// One day of a task that comes back was done.
    OccurrenceDone,
    /// An assessment was completed.
    AssessmentDone,
    /// A referral was completed, declined or taken back.
    ReferralClosed,
    /// An authorization was given, from this day on.
    Authorized,
}

impl FigureKind {
    /// Every kind, in the order of this list.
    pub const ALL: &'static [Self] = &[
        Self::CaseOpened,
        Self::CaseClosed,
        Self::TaskDone,
        Self::OccurrenceDone,
        Self::AssessmentDone,
        Self::ReferralClosed,
        Self::Authorized,
    ];

    /// The entities that rows of this kind are made of.
    pub fn source(self) -> Kind {
        match self {
            Self::CaseOpened | Self::CaseClosed => Kind::Case,
            Self::TaskDone => Kind::Task,
            Self::OccurrenceDone => Kind::TaskOccurrence,
            Self::AssessmentDone => Kind::Assessment,
            Self::ReferralClosed => Kind::Referral,
            Self::Authorized => Kind::Authorization,
        }
    }
}

/// Something with a date that the figures of a period count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureRow {
    /// The case.
    pub case: CaseId,
    /// The task, occurrence, assessment, referral or authorization; the case's own id for what is of the case as a whole.
    pub id: EntityId,
    /// What it counts as.
    pub kind: FigureKind,
    /// Its day; of a moment, the day in UTC.
    pub on: NaiveDate,
    /// Its moment, where it has one.
    pub at: Option<DateTime<Utc>>,
    /// The units of an authorization.
    pub units: Option<FigureUnits>,
}

/// The units of an authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FigureUnits {
    /// Its last day.
    pub until: Option<NaiveDate>,
    /// Units approved.
    pub approved: i64,
    /// Units used so far.
    pub used: i64,
}

/// An open conflict in the caseload's inbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConflictRow {
    /// The case.
    pub case: CaseId,
    /// The entity's kind.
    pub kind: Kind,
    /// The entity.
    pub id: EntityId,
    /// The field.
    pub field: String,
}

/// What search finds of one entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SearchRow {
    /// The case.
    pub case: CaseId,
    /// The entity's kind.
    pub kind: Kind,
    /// The entity.
    pub id: EntityId,
    /// The words; empty when there is nothing to find any more.
    pub text: String,
}

/// Rows of one case: of all of it, or of what one edit touched.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// The touched entities: of these the rows below are all there are. Empty where they are those of the whole case.
    pub touched: BTreeSet<(Kind, EntityId)>,
    /// The case's own row.
    pub case: CaseRow,
    /// Visits.
    pub visits: Vec<VisitRow>,
    /// Tasks.
    pub tasks: Vec<TaskRow>,
    /// Goals.
    pub goals: Vec<GoalRow>,
    /// Days by which something is to be dealt with.
    pub deadlines: Vec<DeadlineRow>,
    /// When somebody was in touch.
    pub contacts: Vec<ContactRow>,
    /// Where the person's addresses lie.
    pub points: Vec<PointRow>,
    /// What figures count.
    pub figures: Vec<FigureRow>,
    /// Open conflicts.
    pub conflicts: Vec<ConflictRow>,
    /// Words to find.
    pub search: Vec<SearchRow>,
}

/// Makes the rows of a case: all of them, or those that are about the touched entities.
pub(crate) fn project(
    case: CaseId,
    records: &dyn Records,
    touched: Option<&BTreeSet<(Kind, EntityId)>>,
    tolerance: EvvTolerance,
) -> Option<Projection> {
    let scope = Scope {
        case,
        records,
        touched,
    };
    let own = Case::from_entry(records.entities(Kind::Case).first()?);
    let person = Person::from_entry(records.entities(Kind::Person).first()?);
    Some(Projection {
        touched: touched.cloned().unwrap_or_default(),
        case: case_row(case, &own, &person, records.changed_at()),
        visits: scope.visits(tolerance),
        tasks: scope.tasks(),
        goals: scope.rows(Kind::Goal, |entry| goal_row(case, &Goal::from_entry(entry))),
        deadlines: scope.deadlines(),
        contacts: scope.rows(Kind::Communication, |entry| {
            contact_row(case, &Communication::from_entry(entry))
        }),
        points: scope.rows(Kind::Address, |entry| {
            point_row(case, &Address::from_entry(entry))
        }),
        figures: scope.figures(),
        conflicts: scope.conflicts(),
        search: scope.search(),
    })
}

/// Lower case, without diacritics: how names sort and how words are found. Source: Unicode Standard Annex 15, form D.
pub fn fold(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

fn case_row(case: CaseId, own: &Case, person: &Person, changed_at: DateTime<Utc>) -> CaseRow {
    let names = [
        &person.family_name,
        &person.given_name,
        &person.preferred_name,
    ];
    let sort_name: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
    let alerts = [
        &person.alert_dog,
        &person.alert_violence,
        &person.alert_infection,
        &person.alert_other,
    ];
    CaseRow {
        case,
        name: person.display_name(),
        sort_name: fold(&sort_name.join(" ")),
        number: own.number.clone(),
        status: own.status.as_ref().map(|value| value.code().to_owned()),
        sector: own.sector.as_ref().map(|value| value.code().to_owned()),
        programme: own.programme.clone(),
        risk: own.risk_level.as_ref().map(|value| value.code().to_owned()),
        lead: own.lead_worker,
        opened_on: own.opened_on,
        birth_date: person.birth_date,
        language: person.preferred_language.clone(),
        alert: alerts.iter().any(|alert| alert.is_some()),
        interpreter: !matches!(person.interpreter, None | Some(InterpreterNeed::No)),
        changed_at,
    }
}

fn task_row(case: CaseId, task: &Task) -> TaskRow {
    TaskRow {
        case,
        id: task.meta.id,
        title: task.title.clone(),
        status: task.status.as_ref().map(|value| value.code().to_owned()),
        assignee: task.assignee,
        due_on: task.due_on,
        due_at: task.due_at,
        urgency: task.urgency.as_ref().map(|value| value.code().to_owned()),
        importance: task
            .importance
            .as_ref()
            .map(|value| value.code().to_owned()),
        removed: task.meta.removed.is_some(),
    }
}

fn goal_row(case: CaseId, goal: &Goal) -> GoalRow {
    GoalRow {
        case,
        id: goal.meta.id,
        statement: goal.statement.clone(),
        status: goal.status.as_ref().map(|value| value.code().to_owned()),
        achievement: goal
            .achievement
            .as_ref()
            .map(|value| value.code().to_owned()),
        target_date: goal.target_date,
        removed: goal.meta.removed.is_some(),
    }
}

fn contact_row(case: CaseId, line: &Communication) -> ContactRow {
    let reached = line.outcome == Some(CommunicationOutcome::Reached);
    let counts = reached && line.meta.removed.is_none();
    ContactRow {
        case,
        id: line.meta.id,
        at: line.at.filter(|_| counts),
    }
}

fn point_row(case: CaseId, address: &Address) -> PointRow {
    let point = address.latitude.zip(address.longitude);
    let stands = address.meta.removed.is_none();
    PointRow {
        case,
        id: address.meta.id,
        home: address.usage == Some(AddressUse::Home),
        point: point.filter(|_| stands).map(|(latitude, longitude)| Point {
            latitude,
            longitude,
        }),
    }
}

fn task_done(task: &Task) -> Option<DateTime<Utc>> {
    let done = task.status == Some(TaskStatus::Done) && task.recurrence.is_none();
    task.completed_at
        .filter(|_| done && task.meta.removed.is_none())
}

fn occurrence_done(occurrence: &TaskOccurrence) -> Option<DateTime<Utc>> {
    let done = occurrence.skipped != Some(true) && occurrence.meta.removed.is_none();
    occurrence.ended_at.filter(|_| done)
}

fn assessment_done(assessment: &Assessment) -> Option<DateTime<Utc>> {
    let draft = matches!(assessment.status, None | Some(AssessmentStatus::Draft));
    let asked = assessment.asked_at.unwrap_or(assessment.meta.created.at);
    (!draft && assessment.meta.removed.is_none()).then_some(asked)
}

/// No field says when a referral was closed: that it was changed last says it well enough.
fn referral_closed(referral: &Referral) -> Option<DateTime<Utc>> {
    let meta = &referral.meta;
    (!referral.is_open() && meta.removed.is_none()).then_some(meta.changed.at)
}

/// The part of a record that rows are made of.
struct Scope<'a> {
    case: CaseId,
    records: &'a dyn Records,
    touched: Option<&'a BTreeSet<(Kind, EntityId)>>,
}

impl Scope<'_> {
    /// The entries of a kind: all, or the touched ones.
    fn entries(&self, kind: Kind) -> Vec<Entry> {
        match self.touched {
            None => self.records.entities(kind),
            Some(touched) => {
                let of_kind = touched.iter().filter(|(touched, _)| *touched == kind);
                of_kind
                    .filter_map(|(_, id)| self.records.entity(kind, *id))
                    .collect()
            }
        }
    }

    fn rows<T>(&self, kind: Kind, row: impl Fn(&Entry) -> T) -> Vec<T> {
        self.entries(kind).iter().map(row).collect()
    }

    /// Rows of visits, those too whose events or corrections alone were touched.
    fn visits(&self, tolerance: EvvTolerance) -> Vec<VisitRow> {
        let views = match self.touched {
            None => view::visits(self.records, &[], tolerance),
            Some(touched) => {
                let ids = self.touched_visits(touched).into_iter();
                ids.filter_map(|id| view::visit(self.records, id, &[], tolerance))
                    .collect()
            }
        };
        views.iter().map(|visit| self.visit_row(visit)).collect()
    }

    fn touched_visits(&self, touched: &BTreeSet<(Kind, EntityId)>) -> BTreeSet<EntityId> {
        let direct = touched
            .iter()
            .filter(|(kind, _)| *kind == Kind::Visit)
            .map(|(_, id)| *id);
        let parts = [Kind::VisitEvent, Kind::VisitCorrection].map(|kind| self.entries(kind));
        let owners = parts
            .iter()
            .flatten()
            .filter_map(|entry| entry.get("visit"));
        direct.chain(owners).collect()
    }

    /// Rows of tasks, those too of which an occurrence alone was touched. A task that comes back is due when it is due next.
    fn tasks(&self) -> Vec<TaskRow> {
        let mut tasks: Vec<Task> = self
            .entries(Kind::Task)
            .iter()
            .map(Task::from_entry)
            .collect();
        if self.touched.is_some() {
            let seen: BTreeSet<EntityId> = tasks.iter().map(|task| task.meta.id).collect();
            let parts = self.entries(Kind::TaskOccurrence);
            let owners: BTreeSet<EntityId> =
                parts.iter().filter_map(|part| part.get("task")).collect();
            let more = owners
                .difference(&seen)
                .filter_map(|id| self.records.entity(Kind::Task, *id));
            tasks.extend(more.map(|entry| Task::from_entry(&entry)));
        }
        let row = |task: &Task| {
            let mut row = task_row(self.case, task);
            if let Some(next) = view::recurrence(self.records, task) {
                row.due_on = next.next_on.filter(|_| task.due_on.is_some());
                row.due_at = next.next_at;
            }
            row
        };
        tasks.iter().map(row).collect()
    }

    fn visit_row(&self, view: &VisitView) -> VisitRow {
        let visit = &view.visit;
        VisitRow {
            case: self.case,
            id: visit.meta.id,
            status: visit.status.as_ref().map(|value| value.code().to_owned()),
            planned_on: visit.planned_on,
            planned_start: visit.planned_start,
            planned_end: visit.planned_end,
            started_at: view.started_at,
            ended_at: view.ended_at,
            worker: visit.worker,
            purpose: visit.purpose.clone(),
            place: visit.place.as_ref().map(|value| value.code().to_owned()),
            address: visit.address,
            removed: visit.meta.removed.is_some(),
        }
    }

    fn deadlines(&self) -> Vec<DeadlineRow> {
        let referrals = self.entries(Kind::Referral).into_iter();
        let authorizations = self.entries(Kind::Authorization).into_iter();
        let advocacy = self.entries(Kind::Advocacy).into_iter();
        let follow_ups =
            referrals.filter_map(|entry| self.follow_up(&Referral::from_entry(&entry)));
        let payers = authorizations
            .flat_map(|entry| self.authorization_days(&AuthorizationView::from_entry(&entry)));
        let actions = advocacy.filter_map(|entry| self.last_day(&Advocacy::from_entry(&entry)));
        follow_ups.chain(payers).chain(actions).collect()
    }

    fn deadline(&self, id: EntityId, kind: DeadlineKind, on: NaiveDate) -> DeadlineRow {
        DeadlineRow {
            case: self.case,
            id,
            kind,
            on,
            units_left: None,
            urgency: None,
        }
    }

    fn follow_up(&self, referral: &Referral) -> Option<DeadlineRow> {
        let on = referral.follow_up_on.filter(|_| referral.is_open())?;
        let urgency = referral.urgency.as_ref();
        Some(DeadlineRow {
            urgency: urgency.map(|value| value.code().to_owned()),
            ..self.deadline(referral.meta.id, DeadlineKind::ReferralFollowUp, on)
        })
    }

    fn authorization_days(&self, view: &AuthorizationView) -> Vec<DeadlineRow> {
        let authorization = &view.authorization;
        let id = authorization.meta.id;
        if authorization.meta.removed.is_some() {
            return Vec::new();
        }
        let row = |kind, on| DeadlineRow {
            units_left: view.units_left,
            ..self.deadline(id, kind, on)
        };
        match authorization.status {
            Some(AuthorizationStatus::Approved) => {
                let used_up = view.units_left.is_some_and(|left| left <= 0);
                let since = authorization.meta.created.at.date_naive();
                let ends = authorization.until;
                ends.map(|on| row(DeadlineKind::AuthorizationEnds, on))
                    .into_iter()
                    .chain(used_up.then(|| row(DeadlineKind::UnitsUsedUp, since)))
                    .collect()
            }
            Some(AuthorizationStatus::Denied) => {
                let by = authorization.appeal_by;
                by.map(|on| self.deadline(id, DeadlineKind::Appeal, on))
                    .into_iter()
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn last_day(&self, action: &Advocacy) -> Option<DeadlineRow> {
        let ended = matches!(
            action.status,
            Some(
                AdvocacyStatus::Agreed
                    | AdvocacyStatus::Won
                    | AdvocacyStatus::Lost
                    | AdvocacyStatus::Withdrawn
            )
        );
        let stands = action.meta.removed.is_none() && !ended;
        let on = action.deadline.filter(|_| stands)?;
        Some(self.deadline(action.meta.id, DeadlineKind::Appeal, on))
    }

    fn figures(&self) -> Vec<FigureRow> {
        let of_case = self.entries(Kind::Case).into_iter();
        let of_case = of_case.flat_map(|entry| self.turns(&Case::from_entry(&entry)));
        let authorizations = self.entries(Kind::Authorization).into_iter();
        let authorized = authorizations
            .filter_map(|entry| self.authorized(&AuthorizationView::from_entry(&entry)));
        of_case
            .chain(self.moments(FigureKind::TaskDone, task_done))
            .chain(self.moments(FigureKind::OccurrenceDone, occurrence_done))
            .chain(self.moments(FigureKind::AssessmentDone, assessment_done))
            .chain(self.moments(FigureKind::ReferralClosed, referral_closed))
            .chain(authorized)
            .collect()
    }

    fn figure(&self, id: EntityId, kind: FigureKind, on: NaiveDate) -> FigureRow {
        FigureRow {
            case: self.case,
            id,
            kind,
            on,
            at: None,
            units: None,
        }
    }

    /// An enquiry is not opened yet.
    fn turns(&self, case: &Case) -> Vec<FigureRow> {
        let row = |kind, on| self.figure(case.meta.id, kind, on);
        let agreed = case.status != Some(CaseStatus::Enquiry);
        let closed = case.status == Some(CaseStatus::Closed);
        let opened = case.opened_on.filter(|_| agreed);
        let closed = case.closed_on.filter(|_| closed);
        let opened = opened.map(|on| row(FigureKind::CaseOpened, on));
        let closed = closed.map(|on| row(FigureKind::CaseClosed, on));
        opened.into_iter().chain(closed).collect()
    }

    fn moments<E: Entity>(
        &self,
        kind: FigureKind,
        counts: fn(&E) -> Option<DateTime<Utc>>,
    ) -> impl Iterator<Item = FigureRow> {
        let row = move |entry: Entry| {
            let at = counts(&E::from_entry(&entry))?;
            Some(FigureRow {
                at: Some(at),
                ..self.figure(entry.id, kind, at.date_naive())
            })
        };
        self.entries(E::KIND).into_iter().filter_map(row)
    }

    fn authorized(&self, view: &AuthorizationView) -> Option<FigureRow> {
        use AuthorizationStatus::{Approved, Expired};
        let authorization = &view.authorization;
        let given = matches!(authorization.status, Some(Approved | Expired));
        let given = given && authorization.meta.removed.is_none();
        let created = authorization.meta.created.at.date_naive();
        let since = authorization.since.unwrap_or(created);
        given.then(|| FigureRow {
            units: Some(FigureUnits {
                until: authorization.until,
                approved: authorization.units.unwrap_or_default(),
                used: view.units_used,
            }),
            ..self.figure(authorization.meta.id, FigureKind::Authorized, since)
        })
    }

    fn conflicts(&self) -> Vec<ConflictRow> {
        let row = |conflict: Conflict| ConflictRow {
            case: self.case,
            kind: conflict.path.kind,
            id: conflict.path.id,
            field: conflict.path.field,
        };
        let open = self.records.conflicts(self.touched);
        open.into_iter().map(row).collect()
    }

    fn search(&self) -> Vec<SearchRow> {
        let mut rows = Vec::new();
        for (kind, fields) in SEARCHED {
            for entry in self.searched(*kind) {
                let (kind, id) = (*kind, entry.id);
                let text = if entry.is_removed() {
                    String::new()
                } else {
                    self.words(kind, &entry, fields)
                };
                rows.push(SearchRow {
                    case: self.case,
                    kind,
                    id,
                    text,
                });
            }
        }
        rows
    }

    /// The entries whose words may have changed: a note's too of which a version alone was signed.
    fn searched(&self, kind: Kind) -> Vec<Entry> {
        match self.touched {
            Some(touched) if kind == Kind::Note => touched_notes(self.records, touched)
                .into_iter()
                .filter_map(|id| self.records.entity(kind, id))
                .collect(),
            _ => self.entries(kind),
        }
    }

    fn words(&self, kind: Kind, entry: &Entry, fields: &[&str]) -> String {
        let mut words: Vec<String> = fields.iter().filter_map(|field| entry.get(field)).collect();
        match kind {
            Kind::Phone => words.extend(Phone::from_entry(entry).normalised()),
            Kind::Assessment => words.extend(assessment::words(entry)),
            Kind::Note => words.extend(self.unsigned_text(entry.id)),
            _ => {}
        }
        words.join(" ")
    }

    /// The draft's text; nothing where it is signed as it stands, for there the signed version is found.
    fn unsigned_text(&self, id: EntityId) -> Option<String> {
        let draft = self.records.draft(id)?;
        let versions = self.records.parts(Kind::SignedNote, id);
        let signed: Vec<_> = versions.iter().filter_map(SignedNote::from_entry).collect();
        (note::state(Some(&draft), &signed) != NoteState::Signed).then_some(draft.text)
    }
}

/// The notes that were touched, those too of which a version alone was signed.
pub(crate) fn touched_notes(
    records: &dyn Records,
    touched: &BTreeSet<(Kind, EntityId)>,
) -> BTreeSet<EntityId> {
    let note_of = |(kind, id): &(Kind, EntityId)| match kind {
        Kind::Note => Some(*id),
        Kind::SignedNote => records.entity(Kind::SignedNote, *id)?.get("note"),
        _ => None,
    };
    touched.iter().filter_map(note_of).collect()
}

/// Which fields of which kinds are found by search.
const SEARCHED: &[(Kind, &[&str])] = &[
    (Kind::Case, &["number", "programme", "presenting_issue"]),
    (
        Kind::Person,
        &[
            "given_name",
            "family_name",
            "former_name",
            "preferred_name",
            "email",
        ],
    ),
    (Kind::Phone, &["number"]),
    (Kind::Address, &["line", "city", "postal_code"]),
    (Kind::Identifier, &["value"]),
    (Kind::Contact, &["name", "organisation", "phone"]),
    (Kind::CareTeamMember, &["name", "organisation"]),
    (Kind::Visit, &["purpose", "service", "services_done"]),
    (Kind::Note, &["title"]),
    (Kind::SignedNote, &["text"]),
    (Kind::Task, &["title", "description", "outcome"]),
    (Kind::Goal, &["statement", "measure"]),
    (Kind::GoalProgress, &["remark"]),
    (Kind::Consent, &["recipient", "subject"]),
    (Kind::Need, &["statement", "remark"]),
    (Kind::Intervention, &["title", "done_by", "remark"]),
    (Kind::Referral, &["service", "provider", "phone", "outcome"]),
    (
        Kind::Authorization,
        &["payer", "number", "service", "remark"],
    ),
    (
        Kind::Advocacy,
        &[
            "subject",
            "counterpart",
            "position",
            "offer",
            "agreement",
            "result",
        ],
    ),
    (Kind::Risk, &["hazard", "warning_signs", "plan"]),
    (Kind::Outcome, &["measure", "remark"]),
    (Kind::HouseholdLink, &["relation"]),
    (Kind::CaseLink, &["remark"]),
    (Kind::Attachment, &["name", "remark"]),
    (Kind::Approval, &["remark"]),
    (
        Kind::Amendment,
        &["subject", "requested_by", "disagreement"],
    ),
    (Kind::Disclosure, &["recipient", "subject", "purpose"]),
    (Kind::Communication, &["with_whom", "summary"]),
    (Kind::TaskOccurrence, &["outcome"]),
    (Kind::Assessment, &["answered_by", "remark"]),
];
