//! Times what an app waits for, on a caseload of 10,000 cases.
//!
//! `cargo run --release -p caseweave-store --example caseload`
#![expect(
    clippy::disallowed_methods,
    reason = "it measures how long things take"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::{Duration, Instant};

use caseweave_engine::calendar::LocalDay;
use caseweave_engine::domain::Kind;
use caseweave_engine::identity::Session;
use caseweave_engine::ids::{CaseId, DocumentId, EntityId, ScopeId, WorkerId};
use caseweave_engine::projection::{CaseRow, Projection, RecordRow, SearchRow, TaskRow, VisitRow};
use caseweave_engine::sync::wire::DocumentKind;
use caseweave_store::*;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};

type Outcome<T> = std::result::Result<T, Box<dyn Error>>;

const CASES: u32 = 10_000;

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("caseload.db");
    let key = StoreKey::from_bytes([7; 32]);
    let open = || Store::open(&path, &key, OpenOptions::default());
    let (store, new) = timed(open)?;
    report("open a new store", new);
    let (_, filled) = timed(|| fill(&store))?;
    report("write 10,000 cases, 500 a transaction", filled);
    let (_, edits) = timed(|| (0..500).try_for_each(|number| edit(&store, number)))?;
    report("write one edit (mean of 500)", edits / 500);
    drop(store);
    println!(
        "{:45} {:9.1} MB",
        "file",
        std::fs::metadata(&path)?.len() as f64 / 1e6
    );
    let (store, again) = timed(open)?;
    report("open with 10,000 cases", again);
    read(&store)
}

fn read(store: &Store) -> Outcome<()> {
    let query = ListQuery::default;
    let mut deep = query();
    for _ in 0..150 {
        deep.after = store.read(|tx| tx.list(&deep))?.next;
    }
    let lists = [
        ("first page by name", query()),
        ("page 151 by name", deep),
        (
            "first page by next visit",
            ListQuery {
                sort: Sort::NextVisit,
                ..query()
            },
        ),
        (
            "first page by change",
            ListQuery {
                sort: Sort::Changed,
                ..query()
            },
        ),
        (
            "cases in conflict: none of 10,000",
            ListQuery {
                in_conflict: true,
                ..query()
            },
        ),
        (
            "cases in Spanish: a third",
            ListQuery {
                language: Some("es".into()),
                ..query()
            },
        ),
        (
            "cases of a programme: 10 of 10,000",
            ListQuery {
                programme: Some("Respite".into()),
                ..query()
            },
        ),
        (
            "cases with overdue tasks: a third",
            ListQuery {
                overdue_on: Some(day_of_november(21)?),
                ..query()
            },
        ),
        (
            "cases to visit before the 2nd, by visit",
            ListQuery {
                next_visit_before: Some(day_of_november(2)?),
                sort: Sort::NextVisit,
                ..query()
            },
        ),
        (
            "one lead's high risks",
            ListQuery {
                lead: Some(WorkerId::from_bytes([3; 16])),
                risk: Some("high".into()),
                ..query()
            },
        ),
    ];
    for (name, query) in lists {
        let (_, first) = timed(|| store.read(|tx| tx.list(&query)))?;
        let (_, warm) =
            timed(|| (0..20).try_for_each(|_| store.read(|tx| tx.list(&query)).map(|_| ())))?;
        report(&format!("{name}, first time"), first);
        report(&format!("{name}, again"), warm / 20);
    }
    let monday = NaiveDate::from_ymd_opt(2026, 11, 23).ok_or("no such day")?;
    let (agenda, took) = timed(|| store.read(|tx| tx.agenda(monday, monday, None)))?;
    report(
        &format!("agenda of a day, {} visits", agenda.visits.len()),
        took,
    );
    let (hits, took) = timed(|| store.read(|tx| tx.search("pharm nurse", 50)))?;
    report(&format!("search, {} hits", hits.len()), took);
    let (clean, took) = timed(|| store.integrity_check())?;
    report(
        if clean.is_clean() {
            "integrity check: clean"
        } else {
            "integrity check: NOT CLEAN"
        },
        took,
    );
    Ok(())
}

fn day_of_november(day: u32) -> Outcome<LocalDay> {
    let day = NaiveDate::from_ymd_opt(2026, 11, day).ok_or("no such day")?;
    Ok(LocalDay {
        day,
        begins_at: day.and_time(NaiveTime::MIN).and_utc(),
    })
}

fn report(what: &str, took: Duration) {
    println!("{what:45} {:9.2} ms", took.as_secs_f64() * 1e3);
}

fn timed<T, E: Into<Box<dyn Error>>>(
    work: impl FnOnce() -> std::result::Result<T, E>,
) -> Outcome<(T, Duration)> {
    let begin = Instant::now();
    let value = work().map_err(Into::into)?;
    Ok((value, begin.elapsed()))
}

fn case(number: u32) -> CaseId {
    let mut bytes = [0; 16];
    blake3::Hasher::new()
        .update(&number.to_be_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    DocumentId::from_bytes(bytes)
}

fn fill(store: &Store) -> Result<()> {
    for begin in (0..CASES).step_by(500) {
        store.write(|tx| {
            (begin..begin + 500).try_for_each(|number| {
                tx.add_document(NewDocument {
                    id: case(number),
                    kind: DocumentKind::Case,
                    case: case(number),
                    scope: ScopeId::of(case(number)),
                })?;
                tx.project(&projection(number))
            })
        })?;
    }
    Ok(())
}

/// What the facade writes for one edit: a group, a change, heads, the rows it touched.
fn edit(store: &Store, number: u32) -> Result<()> {
    let (case, bytes) = (case(number * 17 % CASES), vec![1; 300]);
    store.write(|tx| {
        let group = tx.add_group(NewGroup {
            case,
            created_ms: 0,
            edits: &bytes,
            next_on: None,
        })?;
        let hash = *blake3::hash(&number.to_be_bytes()).as_bytes();
        tx.append_change(NewChange {
            document: case,
            hash,
            actor: case.to_bytes(),
            seq: u64::from(number) + 1,
            session: Some(Session([1; 16])),
            device: None,
            worker: None,
            claimed_ms: 0,
            received_ms: None,
            state: ChangeState::Local,
            group: Some(group),
            bytes: &bytes,
        })?;
        tx.set_heads(case, &[hash])?;
        tx.project(&projection(number * 17 % CASES))
    })
}

fn projection(number: u32) -> Projection {
    let case = case(number);
    let id = EntityId::from_bytes([1; 16]);
    let worker = Some(WorkerId::from_bytes([(number % 20) as u8; 16]));
    let day = NaiveDate::from_ymd_opt(2026, 11, 1)
        .map(|day| day + TimeDelta::days(i64::from(number % 60)));
    Projection {
        touched: BTreeSet::from([(Kind::Visit, id), (Kind::Task, id)]),
        record: RecordRow::Case(CaseRow {
            case,
            name: format!("Given {number} Family {}", number % 977),
            sort_name: format!("family {} given {number}", number % 977),
            number: Some(format!("A-{number}")),
            status: Some(
                if number.is_multiple_of(3) {
                    "active"
                } else {
                    "intake"
                }
                .into(),
            ),
            sector: None,
            programme: Some(
                if number.is_multiple_of(1_000) {
                    "Respite"
                } else {
                    "Home visits"
                }
                .into(),
            ),
            risk: Some(
                if number.is_multiple_of(7) {
                    "high"
                } else {
                    "low"
                }
                .into(),
            ),
            lead: worker,
            opened_on: None,
            birth_date: None,
            language: Some(
                if number.is_multiple_of(3) {
                    "es-MX"
                } else {
                    "en"
                }
                .into(),
            ),
            alert: false,
            interpreter: false,
            changed_at: DateTime::from_timestamp_millis(i64::from(number) * 7919)
                .unwrap_or_default(),
            late_changes: 0,
        }),
        visits: vec![VisitRow {
            case,
            id,
            status: Some("planned".into()),
            planned_on: day,
            planned_start: None,
            planned_end: None,
            started_at: None,
            ended_at: None,
            worker,
            purpose: Some("wound care".into()),
            place: Some("home".into()),
            address: None,
            removed: false,
        }],
        tasks: vec![TaskRow {
            case,
            id,
            title: Some("call the pharmacy".into()),
            status: Some("accepted".into()),
            assignee: worker,
            due_on: day,
            due_at: None,
            urgency: None,
            importance: None,
            removed: false,
        }],
        goals: Vec::new(),
        deadlines: Vec::new(),
        allowances: Vec::new(),
        assessments: Vec::new(),
        keys: BTreeMap::new(),
        contacts: Vec::new(),
        points: Vec::new(),
        figures: Vec::new(),
        conflicts: Vec::new(),
        search: vec![SearchRow {
            case,
            kind: Kind::Task,
            id,
            text: format!(
                "call the pharmacy about family {} and the nurse's letter",
                number % 977
            ),
        }],
    }
}
