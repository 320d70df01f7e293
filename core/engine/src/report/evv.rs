//! Visits with the six points of electronic visit verification, for payers and auditors: service, person, date, location, provider,
//! begin and end, and beside them what is out of the ordinary, corrected and signed.
//!
//! Source: 42 U.S.C. 1396b(l)(5)(A).

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;

use crate::calendar::{Zone, day_of};
use crate::domain::{
    Address, CaseView, EvvException, EvvStatus, VisitEvent, VisitEventKind, VisitView, first_event,
};
use crate::ids::{CaseId, EntityId, WorkerId};

/// In which form visits are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvvFormat {
    /// Comma separated values with a line of names. Source: RFC 4180.
    Csv,
    /// JSON, with lists where CSV has joined text.
    Json,
}

/// Visits of a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvvReport {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The IANA time zone whose calendar counts the days, and in which times are written.
    pub zone: String,
    /// Visits left out although they use an authorization of the payer: of somebody in substance use treatment who has not agreed to it.
    pub withheld: u32,
    /// The visits, the earliest first.
    pub visits: Vec<EvvRecord>,
}

/// One visit. Times are RFC 3339 in the zone of the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvvRecord {
    /// The case.
    pub case: CaseId,
    /// The agency's number of the case.
    pub case_number: Option<String>,
    /// The visit.
    pub visit: EntityId,
    /// The service, as corrected.
    pub service: Option<String>,
    /// The person's name.
    pub person: String,
    /// The person's identifiers, each as `system value`.
    pub person_identifiers: Vec<String>,
    /// The day it began.
    pub date: Option<NaiveDate>,
    /// Code of the place, as corrected.
    pub place: Option<String>,
    /// Where it began; nothing at a shelter, whose place is never given out, nor where the visit names no address and the person has a
    /// shelter.
    pub begin_point: Option<EvvPoint>,
    /// Where it ended; nothing where the place of a shelter would be told.
    pub end_point: Option<EvvPoint>,
    /// The worker who made the visit, as corrected.
    pub provider: Option<WorkerId>,
    /// The worker's name, where this device knows it.
    pub provider_name: Option<String>,
    /// When it began, as corrected.
    pub begin: Option<String>,
    /// When it ended, as corrected.
    pub end: Option<String>,
    /// When the device recorded that it began.
    pub recorded_begin: Option<String>,
    /// When the device recorded that it ended.
    pub recorded_end: Option<String>,
    /// Payers whose authorizations it uses.
    pub payers: Vec<String>,
    /// Units used of them.
    pub units: Option<i64>,
    /// `open`, `complete` or `exceptions`.
    pub status: String,
    /// What is out of the ordinary: codes, with `:` and the amount where there is one.
    pub exceptions: Vec<String>,
    /// What was corrected.
    pub corrections: Vec<EvvCorrection>,
    /// Signatures of workers.
    pub signed: Vec<EvvSigned>,
    /// Codes of who signed for the person, or why nobody did.
    pub person_signed: Vec<String>,
    /// The version of the agency's settings that judged it.
    pub judged_by: i64,
}

/// A point in degrees, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EvvPoint {
    /// Latitude.
    pub latitude: f64,
    /// Longitude.
    pub longitude: f64,
    /// Radius of 68 % confidence in metres.
    pub accuracy_m: Option<f64>,
}

/// A corrected fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvvCorrection {
    /// Code of the fact.
    pub field: String,
    /// What it should have been.
    pub value: String,
    /// Code of the reason.
    pub reason: Option<String>,
    /// In words.
    pub memo: Option<String>,
    /// Who corrected.
    pub by: Option<WorkerId>,
    /// When.
    pub at: String,
}

/// A worker's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvvSigned {
    /// Who.
    pub by: Option<WorkerId>,
    /// When.
    pub at: Option<String>,
    /// Whether the visit still says what was signed.
    pub intact: bool,
}

impl EvvReport {
    /// The report as text.
    pub fn write(&self, format: EvvFormat) -> String {
        match format {
            EvvFormat::Csv => self.csv(),
            EvvFormat::Json => {
                serde_json::to_string_pretty(self).expect("texts, numbers and lists are JSON")
            }
        }
    }

    fn csv(&self) -> String {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        let lines = self.visits.iter().map(EvvRecord::cells);
        let names = COLUMNS.map(str::to_owned).to_vec();
        for line in std::iter::once(names).chain(lines) {
            writer
                .write_record(line)
                .expect("memory takes every byte, and lines are equally long");
        }
        let bytes = writer.into_inner().expect("memory takes every byte");
        String::from_utf8(bytes).expect("only texts were written")
    }
}

impl EvvRecord {
    /// A visit of a case.
    pub fn of(
        case: &CaseView,
        view: &VisitView,
        zone: Zone,
        name: &dyn Fn(WorkerId) -> Option<String>,
    ) -> Self {
        let recorded = |kind| first_event(&view.events, &kind);
        let (check_in, check_out) = (
            recorded(VisitEventKind::CheckIn),
            recorded(VisitEventKind::CheckOut),
        );
        let local = |at: DateTime<Utc>| written(at, zone);
        let point = |event: Option<&VisitEvent>| {
            let event = event.filter(|_| !at_a_shelter(case, view))?;
            Some(EvvPoint {
                latitude: event.latitude?,
                longitude: event.longitude?,
                accuracy_m: event.accuracy_m,
            })
        };
        let event_at = |event: Option<&VisitEvent>| event.and_then(|event| event.at).map(local);
        let (payers, units) = used(case, view.visit.meta.id);
        let (status, exceptions) = judged(&view.evv);
        Self {
            case: case.id,
            case_number: case.case.number.clone(),
            visit: view.visit.meta.id,
            service: view.service.clone(),
            person: person(case),
            person_identifiers: identifiers(case),
            date: view.started_at.map(|at| day_of(at, zone)),
            place: view.place.as_ref().map(|place| place.code().to_owned()),
            begin_point: point(check_in),
            end_point: point(check_out),
            provider: view.worker,
            provider_name: view.worker.and_then(name),
            begin: view.started_at.map(local),
            end: view.ended_at.map(local),
            recorded_begin: event_at(check_in),
            recorded_end: event_at(check_out),
            payers,
            units,
            status: status.to_owned(),
            exceptions,
            corrections: corrections(view, zone),
            signed: signed(view, zone),
            person_signed: person_signed(view),
            judged_by: view.judged_by,
        }
    }

    /// The cells of a line, in the order of [`COLUMNS`].
    fn cells(&self) -> Vec<String> {
        let text = |text: &Option<String>| safe(text.as_deref().unwrap_or_default());
        let joined = |texts: &[String]| safe(&texts.join("; "));
        let degrees = |point: &Option<EvvPoint>, axis: fn(&EvvPoint) -> f64| {
            point
                .as_ref()
                .map(axis)
                .map_or(String::new(), |degrees| format!("{degrees:.6}"))
        };
        let corrections: Vec<String> = self.corrections.iter().map(EvvCorrection::line).collect();
        let signed: Vec<String> = self.signed.iter().map(EvvSigned::line).collect();
        vec![
            text(&self.service),
            safe(&self.person),
            joined(&self.person_identifiers),
            self.date.map_or(String::new(), |date| date.to_string()),
            text(&self.place),
            degrees(&self.begin_point, |point| point.latitude),
            degrees(&self.begin_point, |point| point.longitude),
            degrees(&self.end_point, |point| point.latitude),
            degrees(&self.end_point, |point| point.longitude),
            self.provider.map_or(String::new(), |id| id.to_string()),
            text(&self.provider_name),
            text(&self.begin),
            text(&self.end),
            text(&self.recorded_begin),
            text(&self.recorded_end),
            self.case.to_string(),
            text(&self.case_number),
            self.visit.to_string(),
            joined(&self.payers),
            self.units.map_or(String::new(), |units| units.to_string()),
            self.status.clone(),
            joined(&self.exceptions),
            joined(&corrections),
            joined(&signed),
            joined(&self.person_signed),
            self.judged_by.to_string(),
        ]
    }
}

/// The names of the columns. The six points stand first. A name never changes, and new ones come last.
const COLUMNS: [&str; 26] = [
    "service",
    "person",
    "person_identifiers",
    "date",
    "place",
    "begin_latitude",
    "begin_longitude",
    "end_latitude",
    "end_longitude",
    "provider",
    "provider_name",
    "begin",
    "end",
    "recorded_begin",
    "recorded_end",
    "case",
    "case_number",
    "visit",
    "payers",
    "units",
    "status",
    "exceptions",
    "corrections",
    "signed",
    "person_signed",
    "judged_by",
];

/// A text that a spreadsheet does not take for a formula. Source: OWASP, CSV Injection.
pub(super) fn safe(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

impl EvvCorrection {
    fn line(&self) -> String {
        let reason = self.reason.as_deref().unwrap_or_default();
        let memo = self.memo.as_deref().map(|memo| format!(", {memo}"));
        let memo = memo.unwrap_or_default();
        format!("{}: {} ({reason}{memo})", self.field, self.value)
    }
}

impl EvvSigned {
    fn line(&self) -> String {
        let by = self.by.map_or(String::new(), |by| by.to_string());
        let at = self.at.as_deref().unwrap_or_default();
        let intact = if self.intact { "intact" } else { "changed" };
        format!("{by} {at} {intact}")
    }
}

fn written(at: DateTime<Utc>, zone: Zone) -> String {
    zone.clock(at).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// Whether a visit took place at a shelter. One that names no address of the record took place at any of the person's.
fn at_a_shelter(case: &CaseView, view: &VisitView) -> bool {
    let mut shelters = case.addresses.iter().filter(|one| case.is_shelter(one));
    let visit = (view.visit.meta.id, ["address"].as_slice());
    let named = |address: &Address| {
        let id = Some(address.meta.id);
        case.anybody_says(&view.visit, visit, |visit| visit.address == id)
    };
    if case.addresses.iter().any(named) {
        shelters.any(named)
    } else {
        shelters.any(|shelter| shelter.meta.removed.is_none())
    }
}

/// The name under which a payer knows the person.
fn person(case: &CaseView) -> String {
    let person = &case.person;
    match (&person.given_name, &person.family_name) {
        (Some(given), Some(family)) => format!("{given} {family}"),
        _ => person.display_name(),
    }
}

fn identifiers(case: &CaseView) -> Vec<String> {
    let standing = case
        .identifiers
        .iter()
        .filter(|one| one.meta.removed.is_none());
    let named = standing.map(|one| {
        let parts = [one.system.as_deref(), one.value.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    named.collect()
}

/// The payers whose authorizations a visit uses, and the units.
fn used(case: &CaseView, visit: EntityId) -> (Vec<String>, Option<i64>) {
    let (mut payers, mut units) = (Vec::new(), None);
    for view in &case.authorizations {
        let own = view.usage.iter().filter(|usage| usage.visit == visit);
        let own: Vec<i64> = own.map(|usage| usage.units).collect();
        if own.is_empty() || view.authorization.meta.removed.is_some() {
            continue;
        }
        *units.get_or_insert(0) += own.iter().sum::<i64>();
        payers.extend(view.authorization.payer.clone());
    }
    payers.sort();
    payers.dedup();
    (payers, units)
}

fn judged(status: &EvvStatus) -> (&'static str, Vec<String>) {
    match status {
        EvvStatus::Open => ("open", Vec::new()),
        EvvStatus::Complete => ("complete", Vec::new()),
        EvvStatus::Exceptions { found } => {
            let said = |exception: &EvvException| match exception.amount() {
                Some(amount) => format!("{}:{amount}", exception.code()),
                None => exception.code().to_owned(),
            };
            ("exceptions", found.iter().map(said).collect())
        }
    }
}

fn corrections(view: &VisitView, zone: Zone) -> Vec<EvvCorrection> {
    let correction = |one: &crate::domain::VisitCorrection| {
        let field = one.field.as_ref()?.code().to_owned();
        Some(EvvCorrection {
            field,
            value: one.value.clone().unwrap_or_default(),
            reason: one.reason.as_ref().map(|reason| reason.code().to_owned()),
            memo: one.memo.clone(),
            by: one.meta.created.worker,
            at: written(one.meta.created.at, zone),
        })
    };
    view.corrections.iter().filter_map(correction).collect()
}

fn signed(view: &VisitView, zone: Zone) -> Vec<EvvSigned> {
    let signed = |one: &crate::domain::SignedVisitView| EvvSigned {
        by: one.signed.signer,
        at: one.signed.signed_at.map(|at| written(at, zone)),
        intact: one.intact,
    };
    view.signed.iter().map(signed).collect()
}

fn person_signed(view: &VisitView) -> Vec<String> {
    let said = |one: &crate::domain::VisitSignature| {
        let signer = one.signer.as_ref().map(|signer| signer.code().to_owned());
        let missing = one.missing.as_ref();
        signer.or_else(|| missing.map(|reason| format!("none:{}", reason.code())))
    };
    view.signatures.iter().filter_map(said).collect()
}
