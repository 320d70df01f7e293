//! Every error an app can meet, met: each by what an app does or what happens to it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::process::Command;

use caseweave::domain::{PhoneEdit, PhoneUpdate};
use caseweave::{CaseId, Caseweave, Enrolment, Error, HttpRequest, Options};
use caseweave_engine::sync::wire::WireResponse;
use caseweave_engine::sync::{pack, unpack};
use caseweave_testkit::{Agency, Device, Entries};

fn one_device(seed: u64) -> (Agency, Device, CaseId) {
    let mut agency = Agency::new(seed);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    (agency, phone, case)
}

/// What an app does with a device, and the error that comes of it.
type Deed = fn(Agency, Device, CaseId) -> Error;

fn a_value_outside_its_limits(_: Agency, phone: Device, case: CaseId) -> Error {
    let fields = PhoneUpdate {
        number: Some("no number".into()),
        ..PhoneUpdate::default()
    };
    let add = PhoneEdit::Add {
        id: phone.id(),
        fields,
    };
    phone.caseweave.edit(case, &[add.into()]).unwrap_err()
}

fn a_case_that_is_not_here(_: Agency, phone: Device, _: CaseId) -> Error {
    let other = phone.caseweave.new_case_id().unwrap();
    phone.caseweave.case(other).unwrap_err()
}

fn a_directory_that_is_taken(agency: Agency, phone: Device, _: CaseId) -> Error {
    let link = agency.link(phone.caseweave.who_am_i().unwrap().worker);
    Enrolment::begin(&link, phone.options()).unwrap_err()
}

fn a_locked_record(_: Agency, phone: Device, case: CaseId) -> Error {
    phone.caseweave.lock();
    phone.caseweave.case(case).unwrap_err()
}

fn a_server_of_the_next_version(agency: Agency, phone: Device, _: CaseId) -> Error {
    let session = phone.caseweave.sync().unwrap();
    let request = session.next_request().unwrap().unwrap();
    let (status, body) = agency.network().send(&request).unwrap();
    let mut response: WireResponse = unpack(&body).unwrap();
    response.version += 1;
    let body = pack(&response).unwrap();
    session.on_response(status, &body).unwrap_err()
}

fn a_damaged_file(_: Agency, phone: Device, _: CaseId) -> Error {
    phone.caseweave.close();
    let file = phone.directory().join("caseweave.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.iter_mut().skip(16).for_each(|byte| *byte = !*byte);
    std::fs::write(file, bytes).unwrap();
    Caseweave::open(phone.options()).unwrap_err()
}

fn a_vault_that_gives_no_key(_: Agency, phone: Device, _: CaseId) -> Error {
    phone.caseweave.close();
    phone.vault.fail(true);
    Caseweave::open(phone.options()).unwrap_err()
}

fn a_used_link(agency: Agency, phone: Device, _: CaseId) -> Error {
    let link = agency.link(phone.caseweave.who_am_i().unwrap().worker);
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let enrol = |directory: &tempfile::TempDir| {
        let options = Options {
            directory: directory.path().into(),
            ..phone.options()
        };
        let enrolment = Enrolment::begin(&link, options).unwrap();
        let request = enrolment.request().unwrap();
        let (status, body) = agency.network().send(&request).unwrap();
        enrolment.finish(status, &body)
    };
    enrol(&first).unwrap();
    enrol(&second).unwrap_err()
}

fn a_server_that_is_busy(_: Agency, phone: Device, _: CaseId) -> Error {
    let session = phone.caseweave.sync().unwrap();
    session.next_request().unwrap().unwrap();
    session.on_response(503, b"").unwrap_err()
}

fn a_file_where_a_directory_should_be(agency: Agency, phone: Device, _: CaseId) -> Error {
    let link = agency.link(phone.caseweave.who_am_i().unwrap().worker);
    let file = tempfile::NamedTempFile::new().unwrap();
    let options = Options {
        directory: file.path().join("inside"),
        ..phone.options()
    };
    let enrolment = Enrolment::begin(&link, options).unwrap();
    let request = enrolment.request().unwrap();
    let (status, body) = agency.network().send(&request).unwrap();
    enrolment.finish(status, &body).unwrap_err()
}

/// The name of the error with which a process ends whose files may not grow: no process lowers its own limit and goes on testing.
fn a_disk_without_room() -> String {
    let files = tempfile::tempdir().unwrap();
    let server = files.path().join("server");
    std::fs::create_dir(&server).unwrap();
    let agency = Agency::kept(&server, 1);
    let worker = agency.worker("Ana");
    drop(agency.kept_device(worker, &files.path().join("phone"), 1));
    drop(agency);
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 700; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_worker_until_killed"))
        .arg(files.path())
        .arg("1")
        .output()
        .unwrap();
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn every_variant_is_met_by_what_an_app_does_or_what_happens_to_it() {
    let deeds: [(u32, Deed); 10] = [
        (1, a_value_outside_its_limits),
        (2, a_case_that_is_not_here),
        (3, a_directory_that_is_taken),
        (4, a_locked_record),
        (5, a_server_of_the_next_version),
        (7, a_damaged_file),
        (8, a_vault_that_gives_no_key),
        (9, a_used_link),
        (10, a_server_that_is_busy),
        (11, a_file_where_a_directory_should_be),
    ];
    for (number, deed) in deeds {
        let (agency, phone, case) = one_device(u64::from(number));
        let error = deed(agency, phone, case);
        assert_eq!(error.number(), number, "{error}");
    }
    let ended = a_disk_without_room();
    assert!(ended.contains("StorageFull"), "{ended}");
    let full = Error::StorageFull {
        reason: String::new(),
    };
    assert_eq!(full.number(), 6);
}

#[test]
fn the_server_refuses_a_tampered_request_with_the_code_that_is_listed() {
    let tamper: BTreeMap<&str, fn(&mut HttpRequest)> = BTreeMap::from([
        (
            "no_proof",
            (|request| request.headers.clear()) as fn(&mut HttpRequest),
        ),
        ("bad_signature", |request| request.body.push(0)),
        ("too_large", |request| request.body.resize(5 << 20, 0)),
    ]);
    for (expected, tamper) in tamper {
        let (agency, phone, _) = one_device(20);
        let session = phone.caseweave.sync().unwrap();
        let mut request = session.next_request().unwrap().unwrap();
        tamper(&mut request);
        let (status, body) = agency.network().send(&request).unwrap();
        let Err(Error::SyncRejected { code, .. }) = session.on_response(status, &body) else {
            panic!("{expected}");
        };
        assert_eq!(code, expected);
        phone.sync(&mut agency.network());
    }
}

#[test]
fn another_agencys_server_does_not_know_the_device() {
    let (_agency, phone, _) = one_device(30);
    let (other, _, _) = one_device(31);
    let session = phone.caseweave.sync().unwrap();
    let request = session.next_request().unwrap().unwrap();
    let (status, body) = other.network().send(&request).unwrap();
    let Err(Error::SyncRejected { code, .. }) = session.on_response(status, &body) else {
        panic!("another outcome");
    };
    assert_eq!(code, "unknown_device");
}
