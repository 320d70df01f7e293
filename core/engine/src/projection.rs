//! Flat rows made from a record, so that lists, agenda and search never open a document.
//!
//! Pure: the same record always gives the same rows. The store keeps them and can make them anew at any time.

mod due;
mod figures;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::{
    Address, AddressUse, Case, Communication, CommunicationOutcome, Compartment, Conflict, Entity,
    Entry, Goal, HouseholdLink, Identifier, InterpreterNeed, Kind, NoteVersions, Person, Phone,
    Provider, RecordSort, Records, Service, Task, VisitRecord, assessment, view,
};
use crate::duplicates;
use crate::ids::{CaseId, CompartmentId, EntityId, ProviderId, WorkerId};
use crate::instruments::Instruments;
use crate::worklist::Point;

pub use due::{AllowanceRow, AssessmentRow, DeadlineKind, DeadlineRow};
pub use figures::{FigureKind, FigureRow, FigureUnits};

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
    /// Changes to a closed case that whoever closed it had not seen.
    pub late_changes: u32,
}

/// What a list shows of a restricted compartment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompartmentRow {
    /// The compartment.
    pub id: CompartmentId,
    /// The case it is about.
    pub case: CaseId,
    /// What it is called.
    pub title: String,
    /// Notes that were not removed.
    pub notes: u32,
    /// Needs that were not removed.
    pub needs: u32,
    /// Assessments that were not removed.
    pub assessments: u32,
    /// Attachments that were not removed.
    pub attachments: u32,
    /// Alerts about safety or health that nobody has answered: no worklist shows them.
    pub alerts: u32,
    /// When it was last changed, by the clock of whoever changed it.
    pub changed_at: DateTime<Utc>,
}

/// What the directory's list shows of a provider organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRow {
    /// The provider.
    pub id: ProviderId,
    /// Its name.
    pub name: String,
    /// Folded for sorting: lower case, without diacritics.
    pub sort_name: String,
    /// Code of what sort of organisation it is.
    pub sort: Option<String>,
    /// Its phone number.
    pub phone: Option<String>,
    /// The area it serves.
    pub area: Option<String>,
    /// Languages it serves people in, as BCP 47 tags.
    pub languages: Vec<String>,
    /// The day somebody last made sure that the entry is right.
    pub verified_on: Option<NaiveDate>,
    /// Whether it is closed.
    pub closed: bool,
    /// When it was last changed, by the clock of whoever changed it.
    pub changed_at: DateTime<Utc>,
    /// What it offers: services that were not removed, by id.
    pub services: Vec<ServiceRow>,
}

/// What the directory's list shows of a service. Where the service says nothing itself, area and languages are its provider's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRow {
    /// The service.
    pub id: EntityId,
    /// What it is called.
    pub name: String,
    /// Codes of the needs it answers.
    pub needs: Vec<String>,
    /// The area it is given in.
    pub area: Option<String>,
    /// Languages it is given in, as BCP 47 tags.
    pub languages: Vec<String>,
    /// Who can have it, in words.
    pub eligibility: Option<String>,
    /// The least age, in completed years.
    pub age_from: Option<i64>,
    /// The greatest age, in completed years.
    pub age_to: Option<i64>,
    /// Whether it takes new people, where somebody knows.
    pub accepting: Option<bool>,
}

/// What lists show of a record as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordRow {
    /// It is a case.
    Case(CaseRow),
    /// It is a restricted compartment.
    Compartment(CompartmentRow),
    /// It is a provider of the directory.
    Provider(ProviderRow),
}

impl RecordRow {
    /// The record's own id.
    pub fn id(&self) -> CaseId {
        match self {
            Self::Case(row) => row.case,
            Self::Compartment(row) => row.id,
            Self::Provider(row) => row.id,
        }
    }

    fn of(id: CaseId, records: &dyn Records, instruments: &Instruments) -> Option<Self> {
        Some(match RecordSort::of(records)? {
            RecordSort::Case => {
                let own = Case::from_entry(records.entities(Kind::Case).first()?);
                let person = Person::from_entry(records.entities(Kind::Person).first()?);
                Self::Case(case_row(id, &own, &person, records.changed_at()))
            }
            RecordSort::Compartment => {
                let compartment = Compartment::of(records)?;
                let row = compartment_row(id, &compartment, records, instruments)?;
                Self::Compartment(row)
            }
            RecordSort::Provider => {
                let provider = Provider::of(records)?;
                Self::Provider(provider_row(id, &provider, records))
            }
        })
    }
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

/// Rows of one record: of all of it, or of what one edit touched. Those of a restricted compartment and of a provider are its own,
/// its conflicts and its words: nothing in it is listed or counted with the caseload.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// The touched entities, with those whose rows change with them: of these the rows below are all there are. Empty where they
    /// are those of the whole record.
    pub touched: BTreeSet<(Kind, EntityId)>,
    /// The record's own row.
    pub record: RecordRow,
    /// Visits.
    pub visits: Vec<VisitRow>,
    /// Tasks.
    pub tasks: Vec<TaskRow>,
    /// Goals.
    pub goals: Vec<GoalRow>,
    /// Days by which something is to be dealt with.
    pub deadlines: Vec<DeadlineRow>,
    /// What is left of authorizations.
    pub allowances: Vec<AllowanceRow>,
    /// Assessments.
    pub assessments: Vec<AssessmentRow>,
    /// When somebody was in touch.
    pub contacts: Vec<ContactRow>,
    /// Where the person's addresses lie.
    pub points: Vec<PointRow>,
    /// What figures count.
    pub figures: Vec<FigureRow>,
    /// By what cases are found: keys of the person's names, of phone numbers, identifiers and households.
    pub keys: BTreeMap<EntityId, BTreeSet<i64>>,
    /// Open conflicts.
    pub conflicts: Vec<ConflictRow>,
    /// Words to find.
    pub search: Vec<SearchRow>,
}

/// Makes the rows of a record: all of them, or those that are about the touched entities.
pub(crate) fn project(
    case: CaseId,
    records: &dyn Records,
    touched: Option<&BTreeSet<(Kind, EntityId)>>,
    instruments: &Instruments,
) -> Option<Projection> {
    let touched = touched.map(|touched| due::widened(records, touched));
    let scope = Scope {
        case,
        records,
        touched: touched.as_ref(),
    };
    let record = RecordRow::of(case, records, instruments)?;
    let own = Projection {
        touched: BTreeSet::new(),
        conflicts: scope.conflicts(),
        search: scope.search(),
        visits: Vec::new(),
        tasks: Vec::new(),
        goals: Vec::new(),
        deadlines: Vec::new(),
        allowances: Vec::new(),
        assessments: Vec::new(),
        contacts: Vec::new(),
        points: Vec::new(),
        figures: Vec::new(),
        keys: BTreeMap::new(),
        record,
    };
    let rows = match own.record {
        RecordRow::Case(_) => scope.in_the_caseload(own, instruments),
        RecordRow::Compartment(_) | RecordRow::Provider(_) => own,
    };
    Some(Projection {
        touched: touched.unwrap_or_default(),
        ..rows
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
        late_changes: 0,
    }
}

fn compartment_row(
    id: CompartmentId,
    compartment: &Compartment,
    records: &dyn Records,
    instruments: &Instruments,
) -> Option<CompartmentRow> {
    let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
    let count = |kind| number(records.standing(kind));
    let whole = Scope {
        case: id,
        records,
        touched: None,
    };
    Some(CompartmentRow {
        id,
        case: compartment.case?,
        title: compartment.title.clone().unwrap_or_default(),
        notes: count(Kind::Note),
        needs: count(Kind::Need),
        assessments: count(Kind::Assessment),
        attachments: count(Kind::Attachment),
        alerts: number(whole.alerts_unanswered(instruments)),
        changed_at: records.changed_at(),
    })
}

fn provider_row(id: ProviderId, provider: &Provider, records: &dyn Records) -> ProviderRow {
    let services = view::all::<Service>(records).into_iter();
    let standing = services.filter(|service| service.meta.removed.is_none());
    let name = provider.name.clone().unwrap_or_default();
    ProviderRow {
        id,
        sort_name: fold(&name),
        name,
        sort: provider.sort.as_ref().map(|value| value.code().to_owned()),
        phone: provider.phone.clone(),
        area: provider.area.clone(),
        languages: provider.languages.clone().unwrap_or_default(),
        verified_on: provider.verified_on,
        closed: provider.is_closed(),
        changed_at: records.changed_at(),
        services: standing
            .map(|service| service_row(provider, service))
            .collect(),
    }
}

fn service_row(provider: &Provider, service: Service) -> ServiceRow {
    let needs = service.needs.unwrap_or_default().into_iter();
    let languages = service.languages.or_else(|| provider.languages.clone());
    ServiceRow {
        id: service.meta.id,
        name: service.name.unwrap_or_default(),
        needs: needs.map(|need| need.code().to_owned()).collect(),
        area: service.area.or_else(|| provider.area.clone()),
        languages: languages.unwrap_or_default(),
        eligibility: service.eligibility,
        age_from: service.age_from,
        age_to: service.age_to,
        accepting: service.accepting,
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

fn keys(kind: Kind, entry: &Entry) -> BTreeSet<i64> {
    match kind {
        _ if entry.is_removed() => BTreeSet::new(),
        Kind::Person => duplicates::keys_of_person(&Person::from_entry(entry)),
        Kind::Phone => duplicates::keys_of_phone(&Phone::from_entry(entry)),
        Kind::Identifier => duplicates::keys_of_identifier(&Identifier::from_entry(entry)),
        Kind::HouseholdLink => duplicates::keys_of_household(&HouseholdLink::from_entry(entry)),
        _ => BTreeSet::new(),
    }
}

/// The part of a record that rows are made of.
struct Scope<'a> {
    case: CaseId,
    records: &'a dyn Records,
    touched: Option<&'a BTreeSet<(Kind, EntityId)>>,
}

impl Scope<'_> {
    /// The rows of a case that are listed and counted with the caseload, beside those that every record has.
    fn in_the_caseload(&self, own: Projection, instruments: &Instruments) -> Projection {
        let case = self.case;
        Projection {
            visits: self.visits(),
            tasks: self.rows(Kind::Task, |entry| self.task(entry)),
            goals: self.rows(Kind::Goal, |entry| goal_row(case, &Goal::from_entry(entry))),
            deadlines: self.deadlines(),
            allowances: self.allowances(),
            assessments: self.assessments(instruments),
            contacts: self.rows(Kind::Communication, |entry| {
                contact_row(case, &Communication::from_entry(entry))
            }),
            points: self.rows(Kind::Address, |entry| {
                point_row(case, &Address::from_entry(entry))
            }),
            figures: self.figures(),
            keys: self.keys(),
            ..own
        }
    }

    /// The entries of a kind: all, or the touched ones.
    fn entries(&self, kind: Kind) -> Vec<Cow<'_, Entry>> {
        match self.touched {
            None => self.records.entities(kind),
            Some(touched) => {
                let of_kind = touched.iter().filter(|(touched, _)| *touched == kind);
                of_kind
                    .filter_map(|(_, id)| self.records.entity(kind, *id))
                    .map(Cow::Owned)
                    .collect()
            }
        }
    }

    fn rows<T>(&self, kind: Kind, row: impl Fn(&Entry) -> T) -> Vec<T> {
        self.entries(kind).iter().map(|entry| row(entry)).collect()
    }

    fn visits(&self) -> Vec<VisitRow> {
        let visits = match self.touched {
            None => VisitRecord::all(self.records),
            Some(touched) => {
                let visits = touched.iter().filter(|(kind, _)| *kind == Kind::Visit);
                visits
                    .filter_map(|(_, id)| VisitRecord::find(self.records, *id))
                    .collect()
            }
        };
        visits.iter().map(|visit| self.visit_row(visit)).collect()
    }

    /// A task that comes back is due when it is due next.
    fn task(&self, entry: &Entry) -> TaskRow {
        let task = Task::from_entry(entry);
        let mut row = task_row(self.case, &task);
        if let Some(next) = view::recurrence(self.records, &task) {
            row.due_on = next.next_on.filter(|_| task.due_on.is_some());
            row.due_at = next.next_at;
        }
        row
    }

    fn visit_row(&self, record: &VisitRecord) -> VisitRow {
        let visit = &record.visit;
        VisitRow {
            case: self.case,
            id: visit.meta.id,
            status: visit.status.as_ref().map(|value| value.code().to_owned()),
            planned_on: visit.planned_on,
            planned_start: visit.planned_start,
            planned_end: visit.planned_end,
            started_at: record.started_at(),
            ended_at: record.ended_at(),
            worker: visit.worker,
            purpose: visit.purpose.clone(),
            place: visit.place.as_ref().map(|value| value.code().to_owned()),
            address: visit.address,
            removed: visit.meta.removed.is_some(),
        }
    }

    /// What is removed has no keys.
    fn keys(&self) -> BTreeMap<EntityId, BTreeSet<i64>> {
        let kinds = [
            Kind::Person,
            Kind::Phone,
            Kind::Identifier,
            Kind::HouseholdLink,
        ];
        let entries = kinds.into_iter().flat_map(|kind| {
            let entries = self.entries(kind).into_iter();
            entries.map(move |entry| (entry.id, keys(kind, &entry)))
        });
        entries.collect()
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
            for entry in self.entries(*kind) {
                let (kind, id) = (*kind, entry.id);
                let text = if self.is_gone(kind, &entry) {
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

    /// Whether an entity was removed, or what it is a part of.
    fn is_gone(&self, kind: Kind, entry: &Entry) -> bool {
        let gone = |(kind, id)| self.records.removal(kind, id) == Some(true);
        entry.is_removed() || kind.owner_of(entry).is_some_and(gone)
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
        NoteVersions::of(self.records, id)
            .state_and_words(Some(draft))
            .1
    }
}

/// The notes that were touched, those too of which a version alone was signed.
pub(crate) fn touched_notes(
    records: &dyn Records,
    touched: &BTreeSet<(Kind, EntityId)>,
) -> BTreeSet<EntityId> {
    let widened = due::widened(records, touched).into_iter();
    let notes = widened.filter(|(kind, _)| *kind == Kind::Note);
    notes.map(|(_, id)| id).collect()
}

/// Which fields of which kinds are found by search: all that hold words, but those that name a code, a unit or a file.
const SEARCHED: &[(Kind, &[&str])] = &[
    (
        Kind::Case,
        &[
            "number",
            "programme",
            "presenting_issue",
            "referred_by",
            "closure_outcome",
            "status_reason",
        ],
    ),
    (
        Kind::Person,
        &[
            "given_name",
            "family_name",
            "former_name",
            "preferred_name",
            "email",
            "name_pronunciation",
            "gender_identity",
            "partnership",
            "communication_needs",
            "culture",
            "faith",
            "diet",
            "alert_dog",
            "alert_violence",
            "alert_infection",
            "alert_other",
            "allergies",
            "living_situation",
        ],
    ),
    (Kind::Phone, &["number", "remark"]),
    (
        Kind::Address,
        &[
            "line",
            "city",
            "postal_code",
            "unit",
            "region",
            "directions",
        ],
    ),
    (Kind::Identifier, &["value", "system"]),
    (
        Kind::Contact,
        &[
            "name",
            "organisation",
            "phone",
            "relationship",
            "other_phone",
            "email",
            "remark",
        ],
    ),
    (Kind::CareTeamMember, &["name", "organisation", "phone"]),
    (
        Kind::Visit,
        &[
            "purpose",
            "service",
            "services_done",
            "participants",
            "status_reason",
        ],
    ),
    (Kind::VisitCorrection, &["memo", "value"]),
    (Kind::VisitSignature, &["name", "memo"]),
    (Kind::Note, &["title"]),
    (Kind::SignedNote, &["text", "reason"]),
    (Kind::NoteSettlement, &["reason"]),
    (
        Kind::Task,
        &["title", "description", "outcome", "status_reason"],
    ),
    (Kind::Goal, &["statement", "measure", "status_reason"]),
    (Kind::GoalProgress, &["remark"]),
    (
        Kind::Consent,
        &[
            "recipient",
            "subject",
            "purpose",
            "given_by",
            "withdrawal_reason",
        ],
    ),
    (Kind::Need, &["statement", "remark", "status_reason"]),
    (
        Kind::Intervention,
        &["title", "done_by", "remark", "frequency", "status_reason"],
    ),
    (
        Kind::Referral,
        &["service", "provider", "phone", "outcome", "status_reason"],
    ),
    (
        Kind::Authorization,
        &["payer", "number", "service", "remark", "status_reason"],
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
            "status_reason",
        ],
    ),
    (Kind::Risk, &["hazard", "warning_signs", "plan"]),
    (Kind::Outcome, &["measure", "remark"]),
    (Kind::HouseholdLink, &["relation"]),
    (Kind::CaseLink, &["remark"]),
    (Kind::Attachment, &["name", "remark"]),
    (Kind::Approval, &["remark", "status_reason"]),
    (
        Kind::Amendment,
        &["subject", "requested_by", "disagreement", "status_reason"],
    ),
    (Kind::Disclosure, &["recipient", "subject", "purpose"]),
    (Kind::Communication, &["with_whom", "summary"]),
    (Kind::TaskOccurrence, &["outcome"]),
    (Kind::Assessment, &["answered_by", "remark"]),
    (Kind::AlertResponse, &["response"]),
    (Kind::Compartment, &["title"]),
    (
        Kind::Provider,
        &[
            "name",
            "phone",
            "area",
            "remark",
            "email",
            "website",
            "address",
            "hours",
            "status_reason",
        ],
    ),
    (
        Kind::Service,
        &[
            "name",
            "description",
            "eligibility",
            "remark",
            "area",
            "cost",
            "hours",
            "phone",
            "address",
            "waiting",
            "referring",
            "accessibility",
        ],
    ),
    (Kind::AssessmentCorrection, &["reason"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Fields of texts that hold no words: codes, units, names of files, rules and digests, and what a correction of an assessment is about.
    const NO_WORDS: &[&str] = &[
        "unit",
        "country",
        "language",
        "preferred_language",
        "pronouns",
        "instrument",
        "item",
        "digest",
        "hash",
        "media_type",
        "recurrence",
        "zone",
    ];

    /// The kind and the fields of texts of an entity, as its declaration says them.
    fn declared(entity: &str) -> Option<(&str, Vec<&str>)> {
        let (head, body) = entity.split_once("{\n")?;
        let kind = head.trim().rsplit(' ').next()?;
        let lines = body.lines().map(str::trim);
        let fields = lines.filter_map(|line| line.split_once(": String").map(|(name, _)| name));
        let names = fields.map(|name| name.split(' ').next().unwrap_or(name));
        Some((kind, names.collect()))
    }

    #[test]
    fn every_field_that_holds_words_is_searched() {
        let domain = concat!(env!("CARGO_MANIFEST_DIR"), "/src/domain");
        let mut kinds = 0;
        for file in std::fs::read_dir(domain).unwrap() {
            let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let entities = source.split("\nentity! {\n").skip(1);
            let bodies = entities.filter_map(|entity| entity.split("\n}\n").next());
            for (kind, fields) in bodies.filter_map(declared) {
                kinds += 1;
                let searched = SEARCHED.iter().find(|(of, _)| format!("{of:?}") == kind);
                let searched = searched.map_or(&[][..], |(_, fields)| fields);
                let left_out =
                    |field: &&str| !searched.contains(field) && !NO_WORDS.contains(field);
                let left_out: Vec<_> = fields.into_iter().filter(left_out).collect();
                assert!(left_out.is_empty(), "{kind}: {left_out:?}");
            }
        }
        assert!(kinds > 30, "{kinds}");
    }
}
