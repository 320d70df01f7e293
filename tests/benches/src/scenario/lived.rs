//! One visit as it is lived: opened, checked in, eight saves of the note, checked out, signed.

use caseweave::domain::{NoteEdit, NoteKind, NoteUpdate, VisitEdit, VisitUpdate};
use caseweave_engine::ids::CaseId;
use caseweave_engine::sync::pack;
use caseweave_engine::sync::wire::{WireRun, WireUpload};
use caseweave_testkit::{Device, Dice, captured, day, note};

use crate::caseload::Loads;
use crate::figure::{Bound, Section};
use crate::size::Size;

const SAVES: usize = 8;

pub(super) fn run(size: &Size, loads: &mut Loads) -> Section {
    let load = loads.of(size.cases, size.shape);
    load.sync();
    let case = load.ids[load.ids.len() - 1];
    live(&load.phone, case);
    let traffic = load.sync();
    let how = "Planned, checked in, a note begun and saved eight times while it is written, checked out, signed: twelve \
               calls of an app, then one exchange. One case of the caseload; 600 characters.";
    let mut section = Section::new("A visit as it is lived", how);
    section.count("requests", traffic.requests(), Bound::Asserted(1.0));
    section.bytes(
        "on the socket, both ways",
        traffic.socket,
        Bound::Asserted(60.0 * 1_024.0),
    );
    section.bytes("bodies up", traffic.body_up, Bound::None);
    section.bytes(
        "bodies down, before padding",
        traffic.plain_down,
        Bound::None,
    );
    let (request, _) = &traffic.exchanges[0];
    section.count("calls", request.groups.len(), Bound::None);
    for upload in &request.documents {
        let name = if upload.document == case {
            "record"
        } else {
            "draft"
        };
        parts(name, upload, &mut section);
    }
    section.bytes(
        "calls as groups, packed",
        pack(&request.groups).unwrap().len(),
        Bound::None,
    );
    section
}

fn parts(name: &str, upload: &WireUpload, section: &mut Section) {
    let bytes = upload.changes.iter().map(|change| change.len()).sum();
    section.count(
        format!("{name}: changes"),
        upload.changes.len(),
        Bound::None,
    );
    section.bytes(format!("{name}: changes, not packed"), bytes, Bound::None);
    section.bytes(
        format!("{name}: changes, packed"),
        pack(&upload.changes).unwrap().len(),
        Bound::None,
    );
    section.count(
        format!("{name}: signatures"),
        upload.runs.len(),
        Bound::None,
    );
    section.bytes(
        format!("{name}: signed runs, packed"),
        pack::<Vec<WireRun>>(&upload.runs).unwrap().len(),
        Bound::None,
    );
}

fn live(phone: &Device, case: CaseId) {
    let [visit, check_in, check_out, draft] = std::array::from_fn(|_| phone.id());
    let fields = VisitUpdate {
        purpose: Some("Home visit".into()),
        planned_on: Some(day(15)),
        ..VisitUpdate::default()
    };
    phone.edit(case, &[VisitEdit::Plan { id: visit, fields }.into()]);
    let moment = captured(0);
    phone.edit(
        case,
        &[VisitEdit::CheckIn {
            id: check_in,
            visit,
            moment,
        }
        .into()],
    );
    let fields = NoteUpdate {
        sort: Some(NoteKind::Progress),
        visit: Some(visit),
        ..NoteUpdate::default()
    };
    let text = String::new();
    phone.edit(
        case,
        &[NoteEdit::Start {
            id: draft,
            fields,
            text,
        }
        .into()],
    );
    let text = note(&Dice::new(1, "lived"));
    let length = text.chars().count();
    for save in 1..=SAVES {
        let text = text.chars().take(length * save / SAVES).collect();
        phone.edit(case, &[NoteEdit::Write { id: draft, text }.into()]);
    }
    let moment = captured(45);
    phone.edit(
        case,
        &[VisitEdit::CheckOut {
            id: check_out,
            visit,
            moment,
        }
        .into()],
    );
    phone.edit(case, &[NoteEdit::Sign { id: draft }.into()]);
}
