//! What workers write down, as apps make it.

use caseweave::domain::*;
use caseweave::{CaseId, EntityId};
use chrono::{DateTime, NaiveDate, Utc};

use crate::Device;

/// A day of June 2026.
pub fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 6, number).unwrap()
}

/// A moment of 15 June 2026, in minutes after noon UTC.
pub fn moment(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_781_524_800 + minutes * 60, 0).unwrap()
}

/// Shorthand for what a worker does on a device.
pub struct Entries<'a>(pub &'a Device);

impl Entries<'_> {
    /// Opens a case for a person and gives its id.
    pub fn open_case(&self, given: &str, family: &str) -> CaseId {
        let case = CaseId::from_bytes(self.0.id().to_bytes());
        let person = PersonUpdate {
            given_name: Some(given.into()),
            family_name: Some(family.into()),
            ..PersonUpdate::default()
        };
        let fields = CaseUpdate {
            number: Some(format!("{given}-1")),
            ..CaseUpdate::default()
        };
        let open = CaseEdit::Open {
            id: case,
            opened_on: day(1),
            enquiry: false,
            case: fields,
            person,
        };
        self.0.edit(case, &[open.into()]);
        case
    }

    /// Adds a phone number.
    pub fn phone(&self, case: CaseId, number: &str) -> EntityId {
        let id = self.0.id();
        self.0.edit(
            case,
            &[PhoneEdit::Add {
                id,
                fields: numbered(number),
            }
            .into()],
        );
        id
    }

    /// Changes a phone number.
    pub fn change_phone(&self, case: CaseId, id: EntityId, number: &str) {
        self.0.edit(
            case,
            &[PhoneEdit::Update {
                id,
                fields: numbered(number),
            }
            .into()],
        );
    }

    /// Begins a note.
    pub fn note(&self, case: CaseId, text: &str) -> EntityId {
        let id = self.0.id();
        self.0.edit(case, &[start_note(id, text)]);
        id
    }

    /// Writes a note's draft as an editor shows it.
    pub fn write(&self, case: CaseId, id: EntityId, text: &str) {
        self.0.edit(
            case,
            &[NoteEdit::Write {
                id,
                text: text.into(),
            }
            .into()],
        );
    }

    /// Adds a task for oneself.
    pub fn task(&self, case: CaseId, title: &str) -> EntityId {
        let id = self.0.id();
        let fields = TaskUpdate {
            title: Some(title.into()),
            due_on: Some(day(20)),
            ..TaskUpdate::default()
        };
        self.0.edit(
            case,
            &[TaskEdit::Add {
                id,
                fields,
                assignee: None,
            }
            .into()],
        );
        id
    }

    /// A visit with its signed note, in one call.
    pub fn visit_with_note(&self, case: CaseId, text: &str) -> EntityId {
        let (visit, edits) = self.visit_edits(text);
        self.0.edit(case, &edits);
        visit
    }

    /// The edits of a visit with its signed note, and the visit's id.
    pub fn visit_edits(&self, text: &str) -> (EntityId, Vec<Edit>) {
        visit_with_note(std::array::from_fn(|_| self.0.id()), text)
    }
}

/// The edits of a visit with its signed note, and the visit's id, made of four new ids.
pub(crate) fn visit_with_note(ids: [EntityId; 4], text: &str) -> (EntityId, Vec<Edit>) {
    let [visit, check_in, check_out, note] = ids;
    let fields = VisitUpdate {
        planned_on: Some(day(15)),
        purpose: Some("Home visit".into()),
        service: Some("T1019".into()),
        ..VisitUpdate::default()
    };
    let edits = vec![
        VisitEdit::Plan { id: visit, fields }.into(),
        VisitEdit::CheckIn {
            id: check_in,
            visit,
            moment: captured(0),
        }
        .into(),
        VisitEdit::CheckOut {
            id: check_out,
            visit,
            moment: captured(45),
        }
        .into(),
        start_note(note, text),
        NoteEdit::Sign { id: note }.into(),
    ];
    (visit, edits)
}

fn numbered(number: &str) -> PhoneUpdate {
    PhoneUpdate {
        number: Some(number.into()),
        ..PhoneUpdate::default()
    }
}

fn start_note(id: EntityId, text: &str) -> Edit {
    let fields = NoteUpdate {
        sort: Some(NoteKind::Progress),
        ..NoteUpdate::default()
    };
    NoteEdit::Start {
        id,
        fields,
        text: text.into(),
    }
    .into()
}

/// A moment of a visit as a device captures it, with a location.
pub fn captured(minutes: i64) -> VisitMoment {
    VisitMoment {
        at: moment(minutes),
        zone: "America/Chicago".into(),
        monotonic_ms: minutes * 60_000,
        location: Location::Fix {
            latitude: 41.88,
            longitude: -87.63,
            accuracy_m: 12.0,
            mocked: false,
        },
        manual: false,
        manual_reason: None,
    }
}
