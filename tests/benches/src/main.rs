//! Figures a developer asks for before building on this: bytes and requests of exchanges, times of what a worker waits for.
//!
//! Counts are asserted: a run that misses one fails. Times are printed only, for a shared machine says little about them. The
//! workload comes from a seed. The first argument is the number of cases, 1,000 when it is left out.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that cannot go on stops"
)]

use std::time::{Duration, Instant};

use caseweave::domain::{NoteEdit, NoteKind, NoteUpdate, VisitEdit, VisitUpdate};
use caseweave::{CaseId, ListQuery};
use caseweave_testkit::{Agency, Device, Entries, captured, day};

/// A note as case managers write them: 600 characters.
fn note(number: usize) -> String {
    let words = [
        "visited", "calm", "rested", "ate", "well", "pharmacy", "daughter", "walked", "pain",
        "better", "asked", "slept",
    ];
    let mut text = String::new();
    let mut place = number;
    while text.len() < 600 {
        place = place.wrapping_mul(31).wrapping_add(17) % 9_973;
        text.push_str(words[place % words.len()]);
        text.push(' ');
    }
    text
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    let value = work();
    (value, begin.elapsed())
}

/// A row of the table; `most` is asserted where the figure is a count.
fn row(what: &str, figure: usize, unit: &str, most: Option<usize>) {
    let bound = most.map_or_else(String::new, |most| format!("at most {most}"));
    println!("| {what} | {figure} {unit} | {bound} |");
    if let Some(most) = most {
        assert!(figure <= most, "{what}: {figure} {unit}, at most {most}");
    }
}

fn time(what: &str, duration: Duration) {
    println!(
        "| {what} | {:.1} ms | reported |",
        duration.as_secs_f64() * 1_000.0
    );
}

fn main() {
    let cases: usize = std::env::args()
        .nth(1)
        .map_or(1_000, |count| count.parse().unwrap());
    let mut agency = Agency::new(1);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    let ids: Vec<CaseId> = (0..cases).map(|number| load(&phone, number)).collect();
    phone.sync(&mut agency.network());
    tablet.sync(&mut agency.network());
    phone.sync(&mut agency.network());

    println!("| what | figure | bound |\n|---|---|---|");
    nothing_changed(&agency, &phone);
    twenty_and_twenty(&agency, &phone, &tablet, &ids);
    as_lived(&agency, &phone, ids[0]);
    new_device(&mut agency, worker, cases);
    lists(&phone);
    large_case(&phone);
}

/// A case with a phone, a task and a planned visit.
fn load(device: &Device, number: usize) -> CaseId {
    let entries = Entries(device);
    let case = entries.open_case(&format!("Rosa{number}"), "Díaz");
    entries.phone(case, "555 0100");
    entries.task(case, "Call the pharmacy");
    case
}

fn nothing_changed(agency: &Agency, phone: &Device) {
    let session = phone.caseweave.sync().unwrap();
    let request = session.next_request().unwrap().unwrap();
    let (status, body) = agency.network().send(&request).unwrap();
    session.on_response(status, &body).unwrap();
    assert!(session.next_request().unwrap().is_none());
    row("nothing changed: requests", 1, "", Some(1));
    row(
        "nothing changed: request body",
        request.body.len(),
        "bytes",
        Some(200),
    );
    row(
        "nothing changed: response body, padded",
        body.len(),
        "bytes",
        Some(256),
    );
}

fn twenty_and_twenty(agency: &Agency, phone: &Device, tablet: &Device, ids: &[CaseId]) {
    let most = ids.len().min(40);
    for (number, case) in ids[..most].iter().enumerate() {
        let device = if number % 2 == 0 { phone } else { tablet };
        Entries(device).visit_with_note(*case, &note(number));
    }
    tablet.sync(&mut agency.network());
    let mut network = agency.network();
    let ((), took) = timed(|| phone.sync(&mut network));
    row(
        "20 visits here and 20 there, each with its signed note as one edit: requests",
        network.requests as usize,
        "",
        Some(1),
    );
    row("the same: bodies, both ways", network.bytes, "bytes", None);
    time("the same, in one process", took);
    tablet.sync(&mut agency.network());
}

fn as_lived(agency: &Agency, phone: &Device, case: CaseId) {
    let [visit, check_in, check_out, draft] = std::array::from_fn(|_| phone.id());
    let fields = VisitUpdate {
        purpose: Some("Home visit".into()),
        planned_on: Some(day(15)),
        ..VisitUpdate::default()
    };
    phone.edit(case, &[VisitEdit::Plan { id: visit, fields }.into()]);
    phone.edit(
        case,
        &[VisitEdit::CheckIn {
            id: check_in,
            visit,
            moment: captured(0),
        }
        .into()],
    );
    let text = note(7);
    let fields = NoteUpdate {
        sort: Some(NoteKind::Progress),
        visit: Some(visit),
        ..NoteUpdate::default()
    };
    phone.edit(
        case,
        &[NoteEdit::Start {
            id: draft,
            fields,
            text: String::new(),
        }
        .into()],
    );
    for save in 1..=8 {
        let written: String = text.chars().take(text.len() * save / 8).collect();
        phone.edit(
            case,
            &[NoteEdit::Write {
                id: draft,
                text: written,
            }
            .into()],
        );
    }
    phone.edit(
        case,
        &[VisitEdit::CheckOut {
            id: check_out,
            visit,
            moment: captured(45),
        }
        .into()],
    );
    phone.edit(case, &[NoteEdit::Sign { id: draft }.into()]);
    let mut network = agency.network();
    phone.sync(&mut network);
    row(
        "one visit as lived, 13 saves: bodies, both ways",
        network.bytes,
        "bytes",
        None,
    );
}

fn new_device(agency: &mut Agency, worker: caseweave::WorkerId, cases: usize) {
    let device = agency.device(worker);
    let mut network = agency.network();
    let ((), took) = timed(|| device.sync(&mut network));
    row(
        &format!("a new device, {cases} small cases: requests"),
        network.requests as usize,
        "",
        Some(10),
    );
    row("the same: bodies, both ways", network.bytes, "bytes", None);
    time("the same, in one process", took);
    assert_eq!(device.cases().len(), cases);
}

fn lists(phone: &Device) {
    let (page, took) = timed(|| phone.caseweave.list(&ListQuery::default()).unwrap());
    assert_eq!(page.rows.len(), 50);
    time("first page of the list", took);
    let (all, took) = timed(|| phone.cases());
    time(&format!("all {} rows by pages of 50", all.len()), took);
    let (hits, took) = timed(|| phone.caseweave.search("rosa pharm", 50).unwrap());
    time(&format!("search, {} hits", hits.len()), took);
}

fn large_case(phone: &Device) {
    let case = Entries(phone).open_case("Large", "Case");
    for batch in 0..80 {
        let edits =
            (0..25).flat_map(|number| Entries(phone).visit_edits(&note(batch * 25 + number)).1);
        phone.edit(case, &edits.collect::<Vec<_>>());
    }
    phone.caseweave.lock();
    phone.caseweave.unlock().unwrap();
    let (view, took) = timed(|| phone.case(case));
    assert_eq!(view.visits.len(), 2_000);
    time("a case of 2,000 visits with notes: whole view, cold", took);
    let (_, took) = timed(|| Entries(phone).visit_with_note(case, &note(1)));
    time(
        "the same: one more visit with its signed note, durable",
        took,
    );
}
