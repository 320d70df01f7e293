//! A case with something in each part, and the reports of it.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::document::{CaseDocuments, EditContext};
use crate::domain::{CaseView, Edit, RecordPart};
use crate::identity::{Author, DeviceKey, Session};
use crate::ids::{CaseId, DeviceId, EntityId, WorkerId};
use crate::instruments::Instruments;
use crate::report::{
    Page, ReportError, ReportLocale, Source, Summary, SummaryOptions, Wording, plan, summary,
};
use crate::settings::Rules;

/// One case on one device.
pub(super) struct Record {
    documents: CaseDocuments,
    now: DateTime<Utc>,
    device: u8,
}

pub(super) fn id(number: u8) -> String {
    EntityId::from_bytes([number; 16]).to_string()
}

pub(super) fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 5).unwrap()
}

pub(super) fn wording(locale: ReportLocale) -> Wording {
    Wording {
        locale,
        zone: "America/Chicago".parse().unwrap(),
        today: today(),
    }
}

impl Record {
    /// A case that holds a person's name and nothing else.
    pub(super) fn empty(given_name: &str) -> Self {
        let mut record = Self {
            documents: CaseDocuments::new(CaseId::from_bytes([1; 16])),
            now: "2026-11-02T15:00:00Z".parse().unwrap(),
            device: 3,
        };
        let person = json!({"given_name": given_name, "family_name": "Díaz"});
        let open = json!({"id": id(1), "opened_on": "2026-09-14", "enquiry": false, "case": {}, "person": person});
        record.edit(json!([{"Case": {"Open": open}}]));
        record
    }

    /// A case with a word of its own in each part, such as `w-goals`.
    pub(super) fn rich() -> Self {
        let mut record = Self::empty("Rosa");
        record.edit(people());
        record.edit(course());
        record.edit(services());
        record
    }

    pub(super) fn edit(&mut self, edits: Value) {
        let edits: Vec<Edit> = serde_json::from_value(edits).unwrap();
        let key = DeviceKey::from_seed([self.device; 32]);
        let context = EditContext {
            author: Author {
                worker: WorkerId::from_bytes([9; 16]),
                device: DeviceId::from_bytes([self.device; 16]),
            },
            key: key.public(),
            session: Session([self.device; 16]),
            now: self.now,
            rules: Rules::default(),
        };
        self.documents.edit(&edits, &context).unwrap();
    }

    /// Another device that holds the same.
    pub(super) fn on_another_device(&self) -> Self {
        Self {
            documents: self.documents.clone(),
            device: self.device + 1,
            ..*self
        }
    }

    /// Takes in what another device wrote.
    pub(super) fn take_in(&mut self, other: &Self) {
        let theirs = other.documents.case();
        let ours = self.documents.get_mut(theirs.id()).unwrap();
        ours.absorb(&theirs.save(), &theirs.heads()).unwrap();
    }

    /// A consent of the clinic for some parts, with more fields or others.
    pub(super) fn consent(&mut self, number: u8, covers: &[RecordPart], more: Value) {
        let mut fields = json!({
            "recipient": "Lakeside Clinic", "subject": "What the clinic needs for treatment", "purpose": "Treatment",
            "since": "2026-10-01", "covers": covers,
        });
        let (fields_of, more) = (
            fields.as_object_mut().unwrap(),
            more.as_object().unwrap().clone(),
        );
        fields_of.extend(more);
        self.edit(json!([{"Consent": {"Record": {"id": id(number), "fields": fields}}}]));
    }

    pub(super) fn view(&self) -> CaseView {
        self.documents.record().view(&Rules::default()).unwrap()
    }

    pub(super) fn summary(&self, options: &SummaryOptions) -> Result<Summary, ReportError> {
        summary_of(&self.view(), options)
    }

    /// A summary that stays with the case's workers.
    pub(super) fn own(&self, locale: ReportLocale, parts: &[RecordPart]) -> Page {
        self.summary(&own(locale, parts)).unwrap().page
    }

    pub(super) fn plan(&self, locale: ReportLocale) -> Page {
        let (view, instruments) = (self.view(), Instruments::shipped());
        plan(&source(&view, &instruments), wording(locale))
    }
}

pub(super) fn summary_of(
    view: &CaseView,
    options: &SummaryOptions,
) -> Result<Summary, ReportError> {
    summary(&source(view, &Instruments::shipped()), options)
}

fn source<'a>(view: &'a CaseView, instruments: &'a Instruments) -> Source<'a> {
    Source {
        view,
        instruments,
        names: &|worker| (worker == WorkerId::from_bytes([9; 16])).then(|| "Ana Ruiz".to_owned()),
    }
}

pub(super) fn own(locale: ReportLocale, parts: &[RecordPart]) -> SummaryOptions {
    SummaryOptions {
        wording: wording(locale),
        parts: parts.to_vec(),
        recipient: None,
        say_left_out: false,
    }
}

pub(super) fn for_clinic(parts: &[RecordPart]) -> SummaryOptions {
    SummaryOptions {
        recipient: Some("lakeside  CLINIC".into()),
        ..own(ReportLocale::EnUs, parts)
    }
}

fn people() -> Value {
    let worker = WorkerId::from_bytes([9; 16]).to_string();
    json!([
        {"Case": {"Update": {"fields": {
            "number": "w-case-17", "sector": "health", "programme": "Home care", "presenting_issue": "Falls at home",
            "risk_level": "medium", "lead_worker": worker, "referred_by": "Family doctor",
        }}}},
        {"Person": {"Update": {"fields": {
            "preferred_name": "Rosita", "birth_date": "1948-03-09", "preferred_language": "es", "other_languages": ["en"],
            "interpreter": "spoken", "allergies": "w-person: penicillin", "alert_dog": "w-alert: large dog",
        }}}},
        {"Phone": {"Add": {"id": id(2), "fields": {"number": "555 0100", "usage": "mobile"}}}},
        {"Address": {"Add": {"id": id(3), "fields": {"line": "12 Elm St", "city": "Springfield", "region": "IL", "usage": "home",
            "directions": "w-directions: key under the mat"}}}},
        {"Address": {"Add": {"id": id(4), "fields": {"line": "w-shelter, 4 Hidden Ln", "usage": "shelter"}}}},
        {"Identifier": {"Add": {"id": id(5), "fields": {"system": "Member number", "value": "M-77"}}}},
        {"Contact": {"Add": {"id": id(6), "fields": {"name": "w-contacts Marta", "part": "family", "relationship": "Daughter",
            "phone": "555 0101", "emergency": true, "consent_to_talk": true, "remark": "w-remark: quarrels"}}}},
        {"CareTeam": {"Add": {"id": id(7), "fields": {"worker": worker, "name": "w-care-team Ana Ruiz", "role": "nurse", "phone": "555 0102"}}}},
    ])
}

fn course() -> Value {
    let answers: Vec<Value> = (1..=9)
        .map(|item: u8| json!({"item": item.to_string(), "answer": {"Choice": {"value": i64::from(item == 9) + 1}}}))
        .collect();
    json!([
        {"Assessment": {"Start": {"id": id(20), "instrument": "phq-9", "version": 1, "fields": {}}}},
        {"Assessment": {"RecordAnswers": {"id": id(20), "answers": answers, "clear": []}}},
        {"Assessment": {"Complete": {"id": id(20)}}},
        {"Need": {"Add": {"id": id(21), "fields": {"domain": "food-insecurity", "statement": "w-needs: skips meals", "severity": "moderate"}}}},
        {"Risk": {"Add": {"id": id(22), "fields": {"hazard": "w-risks: falls", "level": "high", "warning_signs": "Dizzy in the morning",
            "plan": "Sit first.\nCall Marta.", "review_on": "2026-12-01"}}}},
        {"Goal": {"Add": {"id": id(23), "fields": {"statement": "w-goals: walk to the store", "measure": "Steps a day",
            "target_value": 1500.5, "unit": "steps", "target_date": "2026-12-24"}}}},
        {"Goal": {"RecordProgress": {"id": id(24), "goal": id(23), "fields": {"on": "2026-10-20", "value": 800.0, "remark": "With the walker"}}}},
        {"Intervention": {"Add": {"id": id(25), "fields": {"title": "w-interventions: walk with a walker", "goals": [id(23)],
            "done_by": "Rosa and Marta", "frequency": "each morning", "remark": "w-remark: unsteady"}}}},
        {"Outcome": {"Add": {"id": id(26), "fields": {"measure": "w-outcomes: grip", "value": 12.25, "unit": "kg", "on": "2026-09-20"}}}},
        {"Outcome": {"Add": {"id": id(27), "fields": {"measure": "w-outcomes: grip", "value": 14.0, "unit": "kg", "on": "2026-10-20"}}}},
    ])
}

fn services() -> Value {
    let worker = WorkerId::from_bytes([9; 16]).to_string();
    let moment = |at: &str, minutes: i64| {
        let location = json!({"Missing": {"reason": "no_signal"}});
        json!({"at": at, "zone": "America/Chicago", "monotonic_ms": minutes * 60_000, "location": location, "manual": false})
    };
    json!([
        {"Visit": {"Plan": {"id": id(30), "fields": {"planned_start": "2026-10-20T15:00:00Z", "place": "home", "service": "T1019",
            "purpose": "w-visits: fall check", "worker": worker}}}},
        {"Visit": {"CheckIn": {"id": id(31), "visit": id(30), "moment": moment("2026-10-20T15:05:00Z", 0)}}},
        {"Visit": {"CheckOut": {"id": id(32), "visit": id(30), "moment": moment("2026-10-20T16:00:00Z", 55)}}},
        {"Visit": {"Plan": {"id": id(33), "fields": {"planned_start": "2026-11-09T20:30:00Z", "planned_on": "2026-11-09", "place": "home",
            "purpose": "w-purpose: look at the wound", "worker": worker}}}},
        {"Note": {"Start": {"id": id(34), "fields": {"sort": "progress", "visit": id(30)}, "text": "w-notes: calm today.\nAte well."}}},
        {"Note": {"Sign": {"id": id(34)}}},
        {"Note": {"Start": {"id": id(35), "fields": {"sort": "progress"}, "text": "w-draft: not signed"}}},
        {"Note": {"Start": {"id": id(36), "fields": {"sort": "supervision"}, "text": "w-supervision: talked it over"}}},
        {"Note": {"Sign": {"id": id(36)}}},
        {"Task": {"Add": {"id": id(37), "fields": {"title": "w-tasks: order a walker", "due_on": "2026-11-12"}, "assignee": null}}},
        {"Referral": {"Add": {"id": id(38), "fields": {"service": "w-referrals: meals", "provider": "Meals on Wheels", "phone": "555 0103",
            "sent_on": "2026-10-21", "appointment_at": "2026-11-10T16:00:00Z"}}}},
        {"Referral": {"SetStatus": {"id": id(38), "status": "scheduled", "reason": null}}},
        {"Authorization": {"Add": {"id": id(39), "fields": {"payer": "w-authorizations State Plan", "service": "T1019", "units": 1200,
            "unit": "units", "since": "2026-10-01", "until": "2026-12-31"}}}},
        {"Authorization": {"RecordUsage": {"id": id(39), "visit": id(30), "service": "T1019", "units": 4}}},
        {"Advocacy": {"Add": {"id": id(40), "fields": {"sort": "appeal", "subject": "w-advocacy: denied walker", "counterpart": "State Plan"}}}},
        {"Communication": {"Add": {"id": id(41), "fields": {"at": "2026-10-22T14:00:00Z", "medium": "call", "direction": "outgoing",
            "with_whom": "Marta", "outcome": "reached", "summary": "w-communications: agreed on Monday"}}}},
        {"Consent": {"Record": {"id": id(42), "fields": {"recipient": "w-consents Housing Office", "subject": "Address and visits",
            "purpose": "Housing", "since": "2026-10-01"}}}},
    ])
}
