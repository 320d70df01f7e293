//! The record as a file of lines.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::path::Path;

use caseweave::domain::{
    CaseEdit, ClosureReason, ExtensionEdit, Kind, NoteEdit, NoteKind, NoteUpdate, RemovalEdit,
    VisitEdit, VisitUpdate,
};
use caseweave::{CaseId, EntityId, Error, ExportReport};
use caseweave_testkit::{Agency, Device, Entries, captured, day};
use serde_json::Value;

fn export(device: &Device, file: &Path) -> (ExportReport, Vec<Value>) {
    let report = device.caseweave.export_records(file).unwrap();
    (report, lines(file))
}

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.ends_with('\n'));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The files of a folder.
fn files(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let name = |file: std::fs::DirEntry| file.file_name().into_string().unwrap();
    let mut names: Vec<_> = files.map(|file| name(file.unwrap())).collect();
    names.sort();
    names
}

fn sign_at_once(device: &Device, case: CaseId, text: &str) -> EntityId {
    let id = device.id();
    let start = NoteEdit::Start {
        id,
        fields: NoteUpdate {
            sort: Some(NoteKind::Progress),
            ..NoteUpdate::default()
        },
        text: text.into(),
    };
    device.edit(case, &[start.into(), NoteEdit::Sign { id }.into()]);
    id
}

/// A text with ids by the order in which they are met, and without what clocks of devices said: neither is the format's.
fn named(text: &str) -> String {
    let mut named = text.to_owned();
    let mut ids = 0;
    for part in text.split('"') {
        if part.parse::<EntityId>().is_ok() && named.contains(part) {
            ids += 1;
            named = named.replace(part, &format!("ID {ids}"));
        } else if part.len() == 24 && part.ends_with('Z') && !part.ends_with(".000Z") {
            named = named.replace(part, "MOMENT");
        }
    }
    named
}

/// A case with something of every sort of line, made by one worker on two devices.
fn telling_case(agency: &Agency, phone: &Device, tablet: &Device) -> CaseId {
    let case = Entries(phone).open_case("Rosa", "Díaz");
    let number = Entries(phone).phone(case, "555 0100");
    let task = Entries(phone).task(case, "Call the pharmacy");
    sign_at_once(phone, case, "Calm\ntoday, \"well\".");
    Entries(phone).note(case, "Not signed yet: 🙂");
    let (visit, check_in) = (phone.id(), phone.id());
    let plan = VisitEdit::Plan {
        id: visit,
        fields: VisitUpdate::default(),
    };
    let check_in = VisitEdit::CheckIn {
        id: check_in,
        visit,
        moment: captured(0),
    };
    phone.edit(case, &[plan.into(), check_in.into()]);
    let remark = ExtensionEdit::Set {
        kind: Kind::Phone,
        id: number,
        key: "example.app".into(),
        json: Some("{\"color\":1}".into()),
    };
    phone.edit(case, &[remark.into()]);
    phone.sync(&mut agency.network());
    tablet.sync(&mut agency.network());
    Entries(phone).change_phone(case, number, "555 0111");
    let close = CaseEdit::Close {
        closed_on: day(20),
        reason: ClosureReason::GoalsMet,
        outcome: None,
    };
    phone.edit(case, &[close.into()]);
    Entries(tablet).change_phone(case, number, "555 0122");
    let remove = RemovalEdit::Remove {
        kind: Kind::Task,
        id: task,
        reason: "twice".into(),
    };
    tablet.edit(case, &[remove.into()]);
    tablet.sync(&mut agency.network());
    phone.sync(&mut agency.network());
    case
}

#[test]
fn every_sort_of_line_has_its_documented_form() {
    let mut agency = Agency::new(1);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    telling_case(&agency, &phone, &tablet);
    let settings = r#"{"note_settling_days": 3}"#;
    let mut administration = agency.server().administration();
    let organisation = agency.organisation();
    administration.set_settings(organisation, settings).unwrap();
    drop(administration);
    phone.sync(&mut agency.network());
    let damaged = Entries(&phone).open_case("Lin", "Wu");
    phone.damage(damaged);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.jsonl");
    let (report, _) = export(&phone, &file);
    let text = std::fs::read_to_string(&file).unwrap();
    let version = format!("\"library\":\"{}\"", env!("CARGO_PKG_VERSION"));
    // What an agency can set is told elsewhere.
    let (mut told, mut lines) = (String::new(), 0);
    for line in text.lines() {
        let settings = line.starts_with("{\"type\":\"settings\",\"settings\":{\"");
        let line = if settings {
            "{\"type\":\"settings\",…}"
        } else {
            line
        };
        told += &line.replace(&version, "\"library\":\"VERSION\"");
        told += "\n";
        lines += 1;
    }
    insta::assert_snapshot!(named(&told));
    assert_eq!(report.unreadable, [damaged]);
    assert_eq!(report.lines, lines);
}

#[test]
fn one_case_that_cannot_be_read_is_told_and_the_rest_exported() {
    let mut agency = Agency::new(2);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let cases = ["Ada", "Bea", "Cleo"].map(|name| Entries(&phone).open_case(name, "Díaz"));
    phone.damage(cases[1]);
    let folder = tempfile::tempdir().unwrap();
    let (report, lines) = export(&phone, &folder.path().join("records.jsonl"));

    assert_eq!((report.cases, report.unreadable), (2, vec![cases[1]]));
    let of = |kind: &str| -> Vec<String> {
        let lines = lines.iter().filter(|line| line["kind"] == kind);
        let mut cases: Vec<_> = lines
            .map(|line| line["case"].as_str().unwrap().to_owned())
            .collect();
        cases.sort();
        cases
    };
    assert_eq!(of("person"), [cases[0], cases[2]].map(|id| id.to_string()));
    let told: Vec<_> = lines
        .iter()
        .filter(|line| line["type"] == "unreadable")
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["case"], cases[1].to_string());
    let end = lines.last().unwrap();
    assert_eq!((&end["type"], &end["cases"]), (&"end".into(), &2.into()));
    assert_eq!(end["lines"], report.lines - 1);
    assert_eq!(end["unreadable"], 1);
}

#[test]
fn a_file_stands_under_its_name_only_once_it_is_whole() {
    let mut agency = Agency::new(3);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    Entries(&phone).open_case("Rosa", "Díaz");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.jsonl");

    let missing = folder.path().join("nowhere").join("records.jsonl");
    let error = phone.caseweave.export_records(&missing).unwrap_err();
    assert!(
        matches!(error, Error::Unexpected { code: 103, .. }),
        "{error}"
    );
    std::fs::write(&file, "before").unwrap();
    phone.caseweave.lock();
    let error = phone.caseweave.export_records(&file).unwrap_err();
    assert!(matches!(error, Error::NotAllowed { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "before");
    assert_eq!(files(folder.path()), ["records.jsonl"]);

    phone.caseweave.unlock().unwrap();
    let (_, lines) = export(&phone, &file);
    assert_eq!(lines[0]["type"], "export");
    assert_eq!(files(folder.path()), ["records.jsonl"]);
}

#[test]
fn refused_work_is_in_the_export() {
    let mut agency = Agency::new(4);
    let (ana, ben) = (agency.worker("Ana"), agency.worker("Ben"));
    let (hers, his) = (agency.device(ana), agency.device(ben));
    let case = Entries(&hers).open_case("Rosa", "Díaz");
    let role = caseweave::Role::Reader;
    hers.caseweave.share(case, ben, role, None).unwrap();
    hers.sync(&mut agency.network());
    his.sync(&mut agency.network());
    Entries(&his).task(case, "May not be written");
    his.sync(&mut agency.network());

    let folder = tempfile::tempdir().unwrap();
    let (_, lines) = export(&his, &folder.path().join("records.jsonl"));
    let aside: Vec<_> = lines
        .iter()
        .filter(|line| line["type"] == "set_aside")
        .collect();
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0]["code"], "not_allowed");
    assert_eq!(aside[0]["case"], case.to_string());
    assert!(aside[0]["edits"].to_string().contains("May not be written"));
    let tasks = lines.iter().filter(|line| line["kind"] == "task");
    assert_eq!(tasks.count(), 0);
}
