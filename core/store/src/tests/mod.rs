//! One suite over the public calls, on real encrypted files.

mod compartments;
mod concurrency;
mod damage;
mod duplicates;
mod figures;
mod lists;
mod opening;
mod packs;
mod providers;
mod records;
mod search;
mod worklist;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use caseweave_engine::domain::Kind;
use caseweave_engine::identity::{Envelope, Session};
use caseweave_engine::ids::{CaseId, DeviceId, DocumentId, EntityId, ScopeId, WorkerId};
use caseweave_engine::projection::{
    CaseRow, ConflictRow, GoalRow, Projection, RecordRow, SearchRow, TaskRow, VisitRow,
};
use caseweave_engine::sync::wire::DocumentKind;
use chrono::{DateTime, NaiveDate, Utc};

use crate::*;

/// A store in a folder that goes with it.
struct Lab {
    folder: tempfile::TempDir,
    key: StoreKey,
}

impl Lab {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            key: StoreKey::from_bytes([7; 32]),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("caseload.db")
    }

    fn open(&self) -> Result<Store> {
        Store::open(&self.path(), &self.key, OpenOptions::default())
    }

    fn store(&self) -> Store {
        self.open().unwrap()
    }
}

/// Numbers that look random and are the same in every run.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn case(number: u8) -> CaseId {
    DocumentId::from_bytes([number; 16])
}

fn case_number(number: u32) -> CaseId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    DocumentId::from_bytes(bytes)
}

fn worker(number: u8) -> WorkerId {
    WorkerId::from_bytes([number; 16])
}

fn entity(number: u8) -> EntityId {
    EntityId::from_bytes([number; 16])
}

fn hash(number: u8) -> Hash {
    [number; 32]
}

/// Bytes that hardly compress.
fn noise(seed: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new()
        .update(&[seed])
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn document(case: CaseId) -> NewDocument {
    NewDocument {
        id: case,
        kind: DocumentKind::Case,
        case,
        scope: ScopeId::of(case),
    }
}

/// An own change in `SESSION`; its hash is its number.
fn change(case: CaseId, seq: u8, group: Option<GroupId>, bytes: &[u8]) -> NewChange<'_> {
    NewChange {
        document: case,
        hash: hash(seq),
        actor: [1; 16],
        seq: u64::from(seq),
        session: Some(SESSION),
        device: Some(DeviceId::from_bytes([5; 16])),
        worker: Some(worker(1)),
        claimed_ms: 1_000 + i64::from(seq),
        received_ms: None,
        state: ChangeState::Local,
        group,
        bytes,
    }
}

const SESSION: Session = Session([3; 16]);

fn envelope(case: CaseId, last: u8, count: u32) -> Envelope {
    Envelope {
        version: 1,
        document: case,
        last_change: hash(last),
        count,
        session: SESSION,
        device: DeviceId::from_bytes([5; 16]),
        counter: u64::MAX,
        wall_ms: -1,
        monotonic_ms: 5,
        signature: [9; 64],
    }
}

fn group(case: CaseId) -> NewGroup<'static> {
    NewGroup {
        case,
        created_ms: 5_000,
        edits: b"edits",
        next_on: Some(on("2026-11-23")),
    }
}

/// A document and one group with the changes `1..=count`, each of 100 bytes.
fn case_with_group(tx: &WriteTx<'_>, case: CaseId, count: u8) -> Result<GroupId> {
    tx.add_document(document(case))?;
    let id = tx.add_group(group(case))?;
    (1..=count).try_for_each(|seq| tx.append_change(change(case, seq, Some(id), &[seq; 100])))?;
    tx.set_heads(case, &[hash(count)])?;
    Ok(id)
}

fn case_row(case: CaseId, name: &str) -> CaseRow {
    CaseRow {
        case,
        name: name.into(),
        sort_name: name.to_lowercase(),
        number: Some("A-1".into()),
        status: Some("active".into()),
        sector: None,
        programme: Some("Home".into()),
        risk: Some("low".into()),
        lead: Some(worker(1)),
        opened_on: None,
        birth_date: Some(on("1939-02-28")),
        language: Some("es".into()),
        alert: true,
        interpreter: false,
        changed_at: at("2026-11-20T10:00:00Z"),
        late_changes: 0,
    }
}

fn visit(case: CaseId, id: u8, planned_on: Option<&str>) -> VisitRow {
    VisitRow {
        case,
        id: entity(id),
        status: Some("planned".into()),
        planned_on: planned_on.map(on),
        planned_start: None,
        planned_end: None,
        started_at: None,
        ended_at: None,
        worker: Some(worker(1)),
        purpose: Some("wound care".into()),
        place: Some("home".into()),
        address: None,
        removed: false,
    }
}

fn task(case: CaseId, id: u8, due_on: Option<&str>) -> TaskRow {
    TaskRow {
        case,
        id: entity(id),
        title: Some("call pharmacy".into()),
        status: Some("accepted".into()),
        assignee: Some(worker(1)),
        due_on: due_on.map(on),
        due_at: None,
        urgency: None,
        importance: None,
        removed: false,
    }
}

fn goal(case: CaseId, id: u8) -> GoalRow {
    GoalRow {
        case,
        id: entity(id),
        statement: Some("walk to the shop".into()),
        status: Some("active".into()),
        achievement: None,
        target_date: Some(on("2027-01-01")),
        removed: false,
    }
}

fn conflict(case: CaseId, field: &str) -> ConflictRow {
    ConflictRow {
        case,
        kind: Kind::Phone,
        id: entity(1),
        field: field.into(),
    }
}

/// The entity that [`conflict`] is about.
fn in_conflict() -> BTreeSet<(Kind, EntityId)> {
    BTreeSet::from([(Kind::Phone, entity(1))])
}

fn words(case: CaseId, id: u8, text: &str) -> SearchRow {
    SearchRow {
        case,
        kind: Kind::Note,
        id: entity(id),
        text: text.into(),
    }
}

/// The row of the case that a projection is of.
fn own(made: &mut Projection) -> &mut CaseRow {
    match &mut made.record {
        RecordRow::Case(row) => row,
        other => panic!("it is a case: {other:?}"),
    }
}

fn projection(case: CaseId, name: &str) -> Projection {
    Projection {
        touched: BTreeSet::new(),
        record: RecordRow::Case(case_row(case, name)),
        visits: Vec::new(),
        tasks: Vec::new(),
        goals: Vec::new(),
        deadlines: Vec::new(),
        allowances: Vec::new(),
        assessments: Vec::new(),
        keys: BTreeMap::new(),
        contacts: Vec::new(),
        points: Vec::new(),
        figures: Vec::new(),
        conflicts: Vec::new(),
        search: Vec::new(),
    }
}
