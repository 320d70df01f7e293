//! One case's life: what its workers wrote over the months, in the order in which they wrote it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use automerge::Change;
use caseweave::domain::Edit;
use caseweave::settings::Rules;
use caseweave::{CaseId, EntityId};
use caseweave_engine::document::{CaseDocuments, Committed, EditContext, NewChange};
use caseweave_engine::identity::{Envelope, EnvelopeFields, Session};
use caseweave_engine::ids::{DocumentId, IdSource, ScopeId};
use caseweave_engine::sync::wire::{DocumentKind, WireCreation, WireRun, WireUpload};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use serde_bytes::ByteBuf;

use super::staff::{self, Member};
use super::words::Words;
use crate::Dice;

/// The first of January 1970 counted in days from the first of January of the year 1.
const DAYS_BEFORE_1970: i32 = 719_163;

/// How much is in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Visits that took place, each with its note.
    pub visits: usize,
    /// How often a note was saved before it was signed.
    pub saves: usize,
    /// Answers to the questions of assessments.
    pub answers: usize,
    /// Tasks.
    pub tasks: usize,
    /// Workers who wrote.
    pub workers: usize,
    /// Times that an app was started to write: as many actors.
    pub process_starts: usize,
}

impl Shape {
    /// A case after half a year or so: 10 workers, one of them after the other.
    pub const LIVED: Self = Self {
        visits: 30,
        saves: 3,
        answers: 60,
        tasks: 15,
        workers: 10,
        process_starts: 10,
    };

    /// A case of some weeks.
    pub const YOUNG: Self = Self {
        visits: 2,
        saves: 3,
        answers: 16,
        tasks: 3,
        workers: 2,
        process_starts: 2,
    };
}

/// What reached the server together.
#[derive(Debug, Default)]
pub struct Batch {
    /// Changes with their signatures, by document.
    pub documents: Vec<WireUpload>,
    /// Calls of apps, in order.
    pub calls: Vec<Call>,
}

/// One call of an app.
#[derive(Debug)]
pub struct Call {
    /// The day of the next planned visit, in days since 1970-01-01.
    pub next_on: i32,
    /// The documents that it changed, by their place among those of the batch: one change each time it stands here.
    pub documents: Vec<usize>,
}

impl Batch {
    /// Whether the case is opened by it.
    pub(super) fn opens(&self, case: CaseId) -> bool {
        let opened = |upload: &WireUpload| upload.document == case && upload.creates.is_some();
        self.documents.iter().any(opened)
    }
}

/// A case with its life.
#[derive(Debug)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The documents as they are now.
    pub documents: CaseDocuments,
    /// What was uploaded, in order.
    pub batches: Vec<Batch>,
    /// Changes of the main document.
    pub record_changes: usize,
    /// Changes of notes' drafts.
    pub draft_changes: usize,
    /// Envelopes.
    pub signatures: usize,
}

/// The staff, the day on which it is told, and the dice of one case.
pub(super) struct Teller<'a> {
    pub(super) staff: &'a [Member],
    pub(super) today: NaiveDate,
    pub(super) dice: Dice,
    pub(super) shape: Shape,
    /// When the next visit is planned for.
    pub(super) next_on: NaiveDate,
}

impl Teller<'_> {
    pub(super) fn tell(&self) -> Case {
        let mut life = Life::new(self);
        life.intake();
        for visit in 0..self.shape.visits {
            life.visit(visit);
        }
        life.present();
        life.finish()
    }

    /// One visit more in a case that stands.
    pub(super) fn go_on(&self, documents: CaseDocuments) -> Case {
        let mut life = Life::of(self, documents);
        life.one_visit();
        life.finish()
    }
}

/// Millionths of a degree: eleven centimetres each, on a meridian.
fn degrees(millionths: u64) -> f64 {
    millionths as f64 / 1e6
}

fn morning(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(15, 0, 0).unwrap().and_utc()
}

/// A case while its life is written.
pub(super) struct Life<'a> {
    pub(super) teller: &'a Teller<'a>,
    pub(super) words: Words<'a>,
    documents: CaseDocuments,
    sessions: Vec<Session>,
    /// What makes the ids of each run of the app.
    ids: RefCell<Vec<IdSource>>,
    /// Where the person lives, in degrees north and east.
    home: (f64, f64),
    /// Who writes, and in which run of the app.
    pub(super) hand: Hand,
    pub(super) now: DateTime<Utc>,
    next_on: NaiveDate,
    batch: Batch,
    places: BTreeMap<DocumentId, usize>,
    /// Changes not yet signed.
    open: BTreeMap<DocumentId, Run>,
    counter: u64,
    case: Case,
    /// Tasks that are not done, and a number that is changed now and then.
    /// Visits that are planned and not over.
    pub(super) planned: Vec<EntityId>,
    pub(super) tasks: Vec<EntityId>,
    pub(super) phones: Vec<EntityId>,
}

/// Changes of one hand, one after the other.
struct Run {
    hand: Hand,
    count: u32,
    last: [u8; 32],
}

/// A worker in one run of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hand {
    pub(super) member: usize,
    session: usize,
}

impl<'a> Life<'a> {
    fn new(teller: &'a Teller<'a>) -> Self {
        let weeks = Days::new(7 * (teller.shape.visits as u64 + 1));
        let now = morning(teller.today - weeks);
        let millis = now.timestamp_millis().cast_unsigned();
        let id = CaseId::from_parts(millis, teller.dice.bytes());
        let mut life = Self::of(teller, CaseDocuments::new(id));
        life.now = now;
        life
    }

    fn of(teller: &'a Teller<'a>, documents: CaseDocuments) -> Self {
        let id = documents.id();
        let case = Case {
            id,
            documents: documents.clone(),
            batches: Vec::new(),
            record_changes: 0,
            draft_changes: 0,
            signatures: 0,
        };
        Self {
            teller,
            words: Words::new(&teller.dice),
            documents,
            sessions: (0..teller.shape.process_starts)
                .map(|_| staff::session(&teller.dice))
                .collect(),
            ids: RefCell::new(
                (0..teller.shape.process_starts)
                    .map(|_| IdSource::new(teller.dice.bytes()))
                    .collect(),
            ),
            home: (
                41.0 + degrees(teller.dice.below(1_000_000)),
                -88.0 + degrees(teller.dice.below(1_000_000)),
            ),
            hand: Hand {
                member: 0,
                session: 0,
            },
            now: morning(teller.today),
            next_on: teller.next_on,
            batch: Batch::default(),
            places: BTreeMap::new(),
            open: BTreeMap::new(),
            counter: 0,
            case,
            planned: Vec::new(),
            tasks: Vec::new(),
            phones: Vec::new(),
        }
    }

    pub(super) fn id(&self) -> EntityId {
        let millis = self.now.timestamp_millis().cast_unsigned();
        let mut sources = self.ids.borrow_mut();
        let source = sources.get_mut(self.hand.session).unwrap();
        source.next(millis)
    }

    /// Where a phone at the person's home takes itself to be: within some twenty metres.
    pub(super) fn at_home(&self) -> (f64, f64) {
        let off = || degrees(self.teller.dice.below(40_000)) / 100.0 - 0.000_2;
        (self.home.0 + off(), self.home.1 + off())
    }

    pub(super) fn below(&self, bound: i64) -> i64 {
        self.teller.dice.below(bound.cast_unsigned()).cast_signed()
    }

    /// The case's id.
    pub(super) fn case_id(&self) -> CaseId {
        self.case.id
    }

    /// Who is at work at a half of a visit: each process start writes a stretch of the life.
    pub(super) fn hand_at(&self, half: usize) -> Hand {
        let shape = &self.teller.shape;
        let halves = (2 * shape.visits).max(1);
        Hand {
            member: (half * shape.workers / halves) % shape.workers,
            session: half * shape.process_starts / halves,
        }
    }

    fn context(&self, hand: Hand) -> EditContext {
        let member = self.teller.staff.get(hand.member).unwrap();
        EditContext {
            author: member.author,
            key: member.key.public(),
            session: *self.sessions.get(hand.session).unwrap(),
            now: self.now,
            rules: Rules::default(),
        }
    }

    /// One call of an app.
    pub(super) fn call(&mut self, edits: &[Edit]) {
        self.now += TimeDelta::seconds(20 + self.below(200));
        let context = self.context(self.hand);
        let committed = self.documents.edit(edits, &context).unwrap();
        self.keep(self.hand, &committed);
    }

    /// Two calls apart: the worker at hand and the next one, neither knowing of the other's.
    pub(super) fn call_apart(&mut self, edits: &[Edit], elsewhere: &[Edit]) {
        let member = (self.hand.member + 1) % self.teller.shape.workers;
        let other = Hand {
            member,
            session: self.first_session(member),
        };
        let mut copy = self.documents.clone();
        self.call(edits);
        let committed = copy.edit(elsewhere, &self.context(other)).unwrap();
        for change in &committed.changes {
            let decoded = Change::from_bytes(change.bytes.clone()).unwrap();
            let document = self.documents.get_mut(change.document).unwrap();
            document.apply(vec![decoded]).unwrap();
        }
        self.keep(other, &committed);
    }

    /// The run of the app in which a member first writes.
    fn first_session(&self, member: usize) -> usize {
        let halves = 0..2 * self.teller.shape.visits.max(1);
        let mut hands = halves.map(|half| self.hand_at(half));
        hands.find(|hand| hand.member == member).unwrap().session
    }

    fn keep(&mut self, hand: Hand, committed: &Committed) {
        let mut documents = Vec::new();
        for change in &committed.changes {
            documents.push(self.add(hand, change));
        }
        let next_on = self.next_on.num_days_from_ce() - DAYS_BEFORE_1970;
        self.batch.calls.push(Call { next_on, documents });
    }

    /// Adds a change to what is uploaded next; gives the document's place in it.
    fn add(&mut self, hand: Hand, change: &NewChange) -> usize {
        let open = self.open.get(&change.document);
        if open.is_some_and(|run| run.hand != hand) {
            self.sign(change.document);
        }
        let place = self.place_of(change);
        let upload = self.batch.documents.get_mut(place).unwrap();
        upload.changes.push(ByteBuf::from(change.bytes.clone()));
        let run = self.open.entry(change.document).or_insert(Run {
            hand,
            count: 0,
            last: change.hash,
        });
        run.count += 1;
        run.last = change.hash;
        match change.kind {
            DocumentKind::Case => self.case.record_changes += 1,
            DocumentKind::Note => self.case.draft_changes += 1,
        }
        place
    }

    fn place_of(&mut self, change: &NewChange) -> usize {
        let documents = &mut self.batch.documents;
        *self.places.entry(change.document).or_insert_with(|| {
            documents.push(WireUpload {
                document: change.document,
                creates: change.creates.then_some(WireCreation {
                    kind: change.kind,
                    scope: ScopeId::of(self.case.id),
                }),
                changes: Vec::new(),
                runs: Vec::new(),
            });
            documents.len() - 1
        })
    }

    /// Ends a document's run with a signature.
    fn sign(&mut self, document: DocumentId) {
        let run = self.open.remove(&document).unwrap();
        let member = self.teller.staff.get(run.hand.member).unwrap();
        self.counter += 1;
        let envelope = Envelope::sign(
            &member.key,
            EnvelopeFields {
                document,
                last_change: run.last,
                count: run.count,
                session: *self.sessions.get(run.hand.session).unwrap(),
                device: member.author.device,
                counter: self.counter,
                wall_ms: self.now.timestamp_millis(),
                monotonic_ms: self.below(3_600_000),
            },
        );
        let place = *self.places.get(&document).unwrap();
        let upload = self.batch.documents.get_mut(place).unwrap();
        upload.runs.push(WireRun::of(&envelope, None, None));
        self.case.signatures += 1;
    }

    /// Ends all runs, as an exchange does.
    pub(super) fn sign_all(&mut self) {
        for document in self.open.keys().copied().collect::<Vec<_>>() {
            self.sign(document);
        }
    }

    /// Ends what is uploaded together.
    pub(super) fn upload(&mut self) {
        self.sign_all();
        self.places.clear();
        let batch = std::mem::take(&mut self.batch);
        if !batch.calls.is_empty() {
            self.case.batches.push(batch);
        }
    }

    fn finish(mut self) -> Case {
        self.upload();
        self.case.documents = self.documents;
        self.case
    }
}
