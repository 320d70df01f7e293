//! Laws of merging, over histories of every edit on several devices with clocks of their own.

use std::collections::{BTreeMap, BTreeSet};

use automerge::Automerge;
use caseweave_draw::{Chance, Known, draw};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};

use super::rows::Rows;
use super::worker::{Shown, Worker};
use super::{compared, statuses, tampered, turns};
use crate::document::{Committed, EntityKey};
use crate::domain::value::FieldType;
use crate::domain::*;
use crate::guard;
use crate::ids::EntityId;

/// One step of a history. The seed says which edit is drawn, out of all there are.
#[derive(Debug, Clone)]
enum Step {
    /// A call of some edits.
    Call {
        worker: usize,
        edits: usize,
        seed: u64,
    },
    /// A note that one call begins, writes and signs, and perhaps writes on.
    SignAtOnce {
        worker: usize,
        texts: Vec<String>,
        late: Option<String>,
    },
    Exchange {
        from: usize,
        to: usize,
    },
    /// An exchange, after which one of the conflicts that are open then is settled with one of its choices.
    Settle {
        from: usize,
        to: usize,
        seed: u64,
    },
}

/// What a history put to the test.
#[derive(Debug, Clone, Copy, Default)]
struct Tried {
    /// Fields that calls set or cleared.
    fields: usize,
    /// Conflicts that were settled.
    settled: usize,
}

const WORKERS: usize = 3;

/// How often an edit is drawn anew that the record as it stands refuses.
const TRIES: u64 = 16;

/// Chance from a seed (SplitMix64), and ids that only one worker gives out.
struct Seeded {
    state: u64,
    worker: usize,
    new_ids: u64,
}

impl Seeded {
    /// One of so many.
    fn pick(&mut self, of: usize) -> usize {
        usize::try_from(self.below(of as u64)).unwrap()
    }
}

impl Chance for Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn new_id(&mut self) -> [u8; 16] {
        self.new_ids += 1;
        let mut id = [0; 16];
        id[0] = 7;
        id[7] = u8::try_from(self.worker).unwrap();
        id[8..].copy_from_slice(&self.new_ids.to_be_bytes());
        id
    }
}

fn words() -> impl Strategy<Value = String> {
    "[a-zé🦊 ]{0,12}[a-z]"
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..WORKERS, any::<u64>()).prop_map(|(worker, seed)| Step::Call { worker, edits: 1, seed }),
        2 => (0..WORKERS, 2..4_usize, any::<u64>()).prop_map(|(worker, edits, seed)| Step::Call { worker, edits, seed }),
        1 => (0..WORKERS, proptest::collection::vec(words(), 1..3), proptest::option::of(words()))
            .prop_map(|(worker, texts, late)| Step::SignAtOnce { worker, texts, late }),
        2 => (0..WORKERS, 0..WORKERS).prop_map(|(from, to)| Step::Exchange { from, to }),
        3 => (0..WORKERS, 0..WORKERS, any::<u64>()).prop_map(|(from, to, seed)| Step::Settle { from, to, seed }),
    ]
}

/// What edits of a worker may name.
fn known(worker: &Worker) -> Vec<Known> {
    let everything = worker.documents.touched_everything();
    let name = |(kind, id): &EntityKey| (format!("{kind:?}"), id.to_bytes());
    everything.iter().map(name).collect()
}

/// What the law is tried on.
#[derive(Debug, Clone, Copy)]
enum Sort {
    Case,
    Compartment,
    Provider,
}

impl Sort {
    fn open(self) -> Worker {
        let mut worker = Worker::new(1);
        match self {
            Self::Case => worker.open_case(),
            Self::Compartment => worker.open_compartment(),
            Self::Provider => worker.open_provider(),
        }
        worker
    }
}

fn sort() -> impl Strategy<Value = Sort> {
    prop_oneof![3 => Just(Sort::Case), 1 => Just(Sort::Compartment), 1 => Just(Sort::Provider)]
}

fn run(sort: Sort, steps: &[Step]) -> Vec<Worker> {
    tried(sort, steps).0
}

fn tried(sort: Sort, steps: &[Step]) -> (Vec<Worker>, Tried) {
    let mut history = History::open(sort);
    steps.iter().for_each(|step| history.go_on(step));
    (history.workers, history.tried)
}

/// A record that several workers hold, and what was tried on it.
struct History {
    workers: Vec<Worker>,
    chance: Seeded,
    tried: Tried,
}

impl History {
    fn open(sort: Sort) -> Self {
        let mut workers = vec![sort.open()];
        for number in 2..=WORKERS {
            let joining = Worker::joining(u8::try_from(number).unwrap(), &workers[0]);
            workers.push(joining);
        }
        let chance = Seeded {
            state: 0,
            worker: 0,
            new_ids: 0,
        };
        Self {
            workers,
            chance,
            tried: Tried::default(),
        }
    }

    fn go_on(&mut self, step: &Step) {
        let (workers, chance) = (&mut self.workers, &mut self.chance);
        match step {
            Step::Call {
                worker,
                edits,
                seed,
            } => {
                (chance.state, chance.worker) = (*seed, *worker);
                self.tried.fields += draw_call(&mut workers[*worker], *edits, chance);
            }
            Step::SignAtOnce {
                worker,
                texts,
                late,
            } => {
                chance.worker = *worker;
                sign_at_once(&mut workers[*worker], texts, late.as_ref(), chance);
            }
            Step::Exchange { from, to } => exchange(workers, *from, *to),
            Step::Settle { from, to, seed } => {
                exchange(workers, *from, *to);
                (chance.state, chance.worker) = (*seed, *to);
                self.tried.settled += usize::from(settle(&mut workers[*to], chance));
            }
        }
    }
}

fn exchange(workers: &mut [Worker], from: usize, to: usize) {
    if let Ok([from, to]) = workers.get_disjoint_mut([from, to]) {
        to.pull(from);
    }
}

/// Draws calls until one can stand, and makes it. Gives how many fields it set or cleared. A path that is drawn blindly is in no
/// conflict: [`settle`] picks one that is.
fn draw_call(worker: &mut Worker, edits: usize, chance: &mut Seeded) -> usize {
    let (before, rows, known) = (worker.canonical(), Rows::of(worker), known(worker));
    for _ in 0..TRIES {
        let edits: Vec<Edit> = (0..edits).map(|_| draw(chance, &known)).collect();
        let settles = edits.iter().any(|edit| matches!(edit, Edit::Conflict(_)));
        if !settles && let Ok(committed) = worker.try_edit(&edits) {
            return check_call(worker, &before.0, rows, (&edits, &committed));
        }
    }
    assert_eq!(worker.canonical(), before);
    assert_eq!(worker.documents.parts(), worker.reloaded().parts());
    0
}

/// Settles one of the open conflicts, where there is one: what was chosen then stands, and the others stay open.
fn settle(worker: &mut Worker, chance: &mut Seeded) -> bool {
    let (mut before, rows) = (worker.shown(), Rows::of(worker));
    let conflicts = before.conflicts_mut();
    if conflicts.is_empty() {
        return false;
    }
    let conflict = conflicts.swap_remove(chance.pick(conflicts.len()));
    let (path, choices) = (conflict.path, conflict.choices);
    let value = choices[chance.pick(choices.len())].value.clone();
    let edits = [ConflictEdit::Settle {
        path: path.clone(),
        value: value.clone(),
    }
    .into()];
    let committed = worker.edit(&edits);
    check_call(worker, &before, rows, (&edits, &committed));
    let reader = worker.documents.reader();
    let entry = reader.entity(path.kind, path.id).unwrap();
    assert_eq!(
        entry.fields.get(&path.field).unwrap_or(&Value::Null),
        &value
    );
    assert_eq!(reader.choices(&path), [], "{path:?} is still open");
    true
}

fn sign_at_once(worker: &mut Worker, texts: &[String], late: Option<&String>, chance: &mut Seeded) {
    let (before, rows) = (worker.canonical(), Rows::of(worker));
    let id = EntityId::from_bytes(chance.new_id());
    let start = NoteEdit::Start {
        id,
        fields: NoteUpdate {
            sort: Some(NoteKind::Progress),
            ..Default::default()
        },
        text: String::new(),
    };
    let write = |text: &String| NoteEdit::Write {
        id,
        text: text.clone(),
    };
    let edits: Vec<Edit> = std::iter::once(start)
        .chain(texts.iter().map(write))
        .chain([NoteEdit::Sign { id }])
        .chain(late.map(write))
        .map(Edit::from)
        .collect();
    if let Ok(committed) = worker.try_edit(&edits) {
        check_call(worker, &before.0, rows, (&edits, &committed));
    }
}

/// What must hold of each call that is made: what it wrote is shown, it lowers no conflict's distinct values, and the rows of what it
/// touched make the rows of the whole. Gives how many fields it set or cleared.
fn check_call(
    worker: &Worker,
    before: &Shown,
    mut rows: Rows,
    (edits, committed): (&[Edit], &Committed),
) -> usize {
    rows.touch(worker, &committed.touched);
    assert_eq!(rows, Rows::of(worker));
    assert_eq!(worker.documents.parts(), worker.reloaded().parts());
    check_conflicts(before.conflicts(), worker.shown().conflicts(), edits);
    check_written(worker, edits, committed)
}

fn check_conflicts(before: &[Conflict], after: &[Conflict], edits: &[Edit]) {
    let values = |conflict: &Conflict| -> Vec<Value> {
        let choices = conflict.choices.iter();
        choices.map(|choice| choice.value.clone()).collect()
    };
    for conflict in before {
        let path = &conflict.path;
        let now = after.iter().find(|now| now.path == *path);
        let now = now.unwrap_or_else(|| panic!("{path:?} was settled by {edits:?}"));
        let now = values(now);
        assert!(
            values(conflict).iter().all(|value| now.contains(value)),
            "{path:?} lost a value"
        );
    }
}

/// What a call wrote is what is shown: of each edit that names fields, those that it set and cleared, unless a later edit of the call
/// is about the same entity. Gives how many fields that are.
fn check_written(worker: &Worker, edits: &[Edit], committed: &Committed) -> usize {
    let reader = worker.documents.reader();
    let everything = worker.documents.touched_everything();
    let keys: Vec<EntityKey> = committed
        .touched
        .iter()
        .chain(&everything)
        .copied()
        .collect();
    let mut wrote: BTreeMap<EntityKey, BTreeMap<String, Json>> = BTreeMap::new();
    for edit in edits {
        let edit = serde_json::to_value(edit).unwrap();
        let Some((key, fields)) = fields_of(&edit, &keys) else {
            wrote.retain(|key, _| !is_about(&edit, key));
            continue;
        };
        wrote.entry(key).or_default().extend(fields);
    }
    for ((kind, id), fields) in &wrote {
        let entry = reader.entity(*kind, *id).unwrap();
        for (field, said) in fields {
            let shown = entry.fields.get(field).unwrap_or(&Value::Null);
            assert!(
                is_said(shown, said),
                "{kind:?} {field}: {shown:?}, not {said}"
            );
        }
    }
    wrote.values().map(BTreeMap::len).sum()
}

/// The entity that an edit writes fields of, and what it says in them.
fn fields_of(edit: &Json, keys: &[EntityKey]) -> Option<(EntityKey, BTreeMap<String, Json>)> {
    let (sort, variant) = edit.as_object()?.iter().next()?;
    let body = variant.as_object()?.values().next()?;
    let mut fields: BTreeMap<_, _> = body
        .get("fields")?
        .as_object()?
        .clone()
        .into_iter()
        .collect();
    let named = |(kind, id): &&EntityKey| match body.get("id") {
        Some(named) => *named == json!(id),
        None => kind.is_single() && format!("{kind:?}") == *sort,
    };
    let key = keys.iter().find(named)?;
    if let Some(Json::Array(cleared)) = fields.remove("clear") {
        let snake = |name: Json| snake_case(name.as_str().unwrap());
        fields.extend(cleared.into_iter().map(|name| (snake(name), Json::Null)));
    }
    Some((*key, fields))
}

fn is_about(edit: &Json, (kind, id): &EntityKey) -> bool {
    let sort = edit.as_object().and_then(|edit| edit.keys().next());
    let single = kind.is_single() && sort.is_some_and(|sort| format!("{kind:?}") == *sort);
    single || texts_of(edit).contains(&id.to_string())
}

fn snake_case(name: &str) -> String {
    let letter = |(place, letter): (usize, char)| {
        let between = (place > 0 && letter.is_uppercase()).then_some('_');
        between.into_iter().chain(letter.to_lowercase())
    };
    name.chars().enumerate().flat_map(letter).collect()
}

/// Whether a shown value is what an edit said. Texts are kept without outer blanks, sets in order and once.
fn is_said(shown: &Value, said: &Json) -> bool {
    match (shown, said) {
        (Value::Null, said) => said.is_null(),
        (Value::Text(text), Json::String(said)) => text == said.trim(),
        (Value::Text(text), Json::Array(said)) => {
            let said: BTreeSet<&str> = said.iter().filter_map(Json::as_str).collect();
            text.split_whitespace().eq(said)
        }
        (Value::Bool(shown), said) => said == shown,
        (Value::Int(shown), said) => said == shown,
        (Value::Real(shown), said) => said == shown,
        (Value::Moment(_), Json::String(said)) => {
            *shown == said.parse::<DateTime<Utc>>().unwrap().to_value()
        }
        _ => false,
    }
}

/// Every text in a JSON value.
fn texts_of(value: &Json) -> BTreeSet<String> {
    match value {
        Json::String(text) => BTreeSet::from([text.clone()]),
        Json::Array(values) => values.iter().flat_map(texts_of).collect(),
        Json::Object(fields) => fields.values().flat_map(texts_of).collect(),
        _ => BTreeSet::new(),
    }
}

/// Whatever edit can be drawn can stand some time, so the laws speak of it. Each history keeps to things of one sort, of which some
/// edit was never made so far.
#[test]
fn every_edit_there_is_can_be_drawn_and_made() {
    let mut chance = Seeded {
        state: 1,
        worker: 1,
        new_ids: 0,
    };
    let mut drawn: BTreeMap<&'static str, String> = BTreeMap::new();
    let mut made: BTreeSet<&'static str> = BTreeSet::new();
    let mut moving: BTreeSet<Kind> = BTreeSet::new();
    for history in 0..200 {
        let never: Vec<&String> = drawn
            .iter()
            .filter(|(name, _)| !made.contains(*name) && !NEVER_MADE.contains(name))
            .map(|(_, sort)| sort)
            .collect();
        if history > 0 && never.is_empty() {
            let tables: BTreeSet<Kind> = statuses::kinds().chain(turns::kinds()).collect();
            assert_eq!(moving, tables, "every status has its table");
            return;
        }
        let wanted = never
            .get(history % never.len().max(1))
            .map(|sort| (*sort).clone());
        let record = match wanted.as_deref() {
            Some("Compartment") => Sort::Compartment,
            Some("Provider" | "Service") => Sort::Provider,
            _ => Sort::Case,
        };
        let mut worker = record.open();
        for _ in 0..60 {
            let known = known(&worker);
            for _ in 0..20 * TRIES {
                let edit: Edit = draw(&mut chance, &known);
                let said = format!("{edit:?}");
                let sort = said.split('(').next().unwrap_or_default();
                drawn.insert(edit.name(), sort.to_owned());
                // Most others are passed over: drawing is cheap, and trying is not.
                let tried = !made.contains(edit.name()) || wanted.as_deref() == Some(sort);
                if !tried && chance.below(40) > 0 {
                    continue;
                }
                if worker.try_edit(std::slice::from_ref(&edit)).is_ok() {
                    made.insert(edit.name());
                    break;
                }
            }
        }
        let reader = worker.documents.reader();
        let moves = |kind: &&Kind| {
            let mut entries = reader.entities(**kind).into_iter();
            entries.any(|entry| entry.fields.contains_key("status"))
        };
        moving.extend(Kind::ALL.iter().filter(moves));
    }
    let names: BTreeSet<&'static str> = drawn.keys().copied().collect();
    let never: Vec<_> = names.difference(&made).collect();
    panic!("never made: {never:?}");
}

/// A record is opened by its first edit only, and a conflict needs two workers.
const NEVER_MADE: [&str; 4] = [
    "open_case",
    "open_compartment",
    "open_provider",
    "settle_conflict",
];

/// A record with some of everything, made of drawn calls.
fn rich_record() -> Worker {
    let mut worker = Sort::Case.open();
    let mut chance = Seeded {
        state: 1,
        worker: 1,
        new_ids: 0,
    };
    for _ in 0..800 {
        let known = known(&worker);
        for _ in 0..TRIES {
            if worker.try_edit(&[draw(&mut chance, &known)]).is_ok() {
                break;
            }
        }
    }
    worker
}

#[test]
fn whatever_stands_in_a_field_everything_can_be_read() {
    let record = rich_record();
    let reader = record.documents.reader();
    let missing = Kind::ALL.iter().filter(|kind| reader.count(**kind) == 0);
    let missing: Vec<_> = missing.collect();
    assert!(missing.len() < 14, "{missing:?}");
    for value in tampered::extremes() {
        let mut worker = Worker::joining(10, &record);
        let written = worker.tamper(&value, 3);
        assert!(written > 0, "{value:?}");
        tampered::read_everything(&worker);
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 48,
        max_shrink_iters: 400,
        ..ProptestConfig::default()
    }
}

/// The laws speak of nothing where no history holds what they speak of.
#[test]
fn histories_write_many_fields_and_settle_many_conflicts() {
    let mut runner = TestRunner::deterministic();
    let histories = (sort(), proptest::collection::vec(step(), 1..50));
    let (mut fields, mut settled, mut open) = (0, 0, 0);
    for _ in 0..config().cases {
        let history = histories.new_tree(&mut runner).unwrap();
        let (sort, steps) = history.current();
        let (workers, tried) = tried(sort, &steps);
        let mut reader = Worker::joining(10, &workers[0]);
        workers.iter().for_each(|worker| reader.pull(worker));
        fields += tried.fields;
        settled += tried.settled;
        open += reader.shown().conflicts().len();
    }
    assert!(
        fields > 1_000 && settled > 20 && open > 50,
        "{fields} {settled} {open}"
    );
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn history_tells_what_the_states_before_and_after_each_change_differ_by(sort in sort(), steps in proptest::collection::vec(step(), 1..50)) {
        let workers = run(sort, &steps);
        let mut reader = Worker::joining(10, &workers[0]);
        workers.iter().for_each(|worker| reader.pull(worker));
        let (told, compared) = (reader.documents.history(), compared::history(&reader.documents));
        prop_assert_eq!(told.len(), compared.len());
        for (told, compared) in told.into_iter().zip(compared) {
            prop_assert_eq!(told, compared);
        }
    }

    #[test]
    fn every_order_of_merging_gives_the_same_record(sort in sort(), steps in proptest::collection::vec(step(), 1..50)) {
        let mut workers = run(sort, &steps);
        let orders = [[0, 1, 2], [2, 0, 1], [1, 2, 0]];
        let mut merged = Vec::new();
        for (number, order) in (10..).zip(orders) {
            let mut reader = Worker::joining(number, &workers[order[0]]);
            reader.pull(&workers[order[1]]);
            reader.pull(&workers[order[2]]);
            reader.pull(&workers[order[0]]);
            merged.push(reader.canonical());
        }
        prop_assert_eq!(&merged[0], &merged[1]);
        prop_assert_eq!(&merged[1], &merged[2]);
        for worker in &mut workers {
            let reloaded = worker.reloaded();
            prop_assert_eq!(Shown::of(&reloaded, &worker.rules), worker.shown());
        }
    }

    #[test]
    fn rows_made_step_by_step_equal_rows_made_anew(sort in sort(), steps in proptest::collection::vec(step(), 1..40)) {
        let workers = run(sort, &steps);
        let mut reader = Worker::joining(10, &workers[0]);
        let mut rows = Rows::of(&reader);
        for worker in &workers {
            let before: Vec<_> = reader.documents.documents().map(|doc| (doc.id(), doc.heads())).collect();
            reader.pull(worker);
            rows.update(&reader, &before);
        }
        prop_assert_eq!(rows, Rows::of(&reader));
    }

    #[test]
    fn a_record_read_in_one_pass_says_what_its_entities_say(sort in sort(), steps in proptest::collection::vec(step(), 1..40)) {
        let workers = run(sort, &steps);
        let mut reader = Worker::joining(10, &workers[0]);
        workers.iter().for_each(|worker| reader.pull(worker));
        let (one_by_one, whole) = (reader.documents.reader(), reader.documents.record());
        for kind in Kind::ALL {
            prop_assert_eq!(one_by_one.entities(*kind), whole.entities(*kind), "{:?}", kind);
            if !kind.is_single() {
                prop_assert_eq!(one_by_one.standing(*kind), whole.standing(*kind), "{:?}", kind);
            }
        }
        prop_assert_eq!(one_by_one.conflicts(None), whole.conflicts(None));
    }

    #[test]
    fn what_a_newer_version_wrote_survives_every_edit(
        sort in sort(),
        before in proptest::collection::vec(step(), 0..20),
        after in proptest::collection::vec(step(), 1..30),
    ) {
        let mut history = History::open(sort);
        before.iter().for_each(|step| history.go_on(step));
        let newer = &mut history.workers[0];
        let entities = newer.documents.touched_everything();
        newer.write_from_the_future(&entities);
        let written = newer.kept_from_the_future();
        prop_assert!(written > 1);
        after.iter().for_each(|step| history.go_on(step));
        for worker in &history.workers {
            let mut reader = Worker::joining(10, &history.workers[0]);
            reader.pull(worker);
            prop_assert_eq!(reader.kept_from_the_future(), written);
        }
    }

    #[test]
    fn every_text_of_a_record_is_in_its_export(sort in sort(), steps in proptest::collection::vec(step(), 1..40)) {
        let workers = run(sort, &steps);
        let mut reader = Worker::joining(10, &workers[0]);
        workers.iter().for_each(|worker| reader.pull(worker));
        let exported = texts_of(&serde_json::to_value(reader.documents.record().export()).unwrap());
        for text in reader.texts() {
            prop_assert!(exported.contains(&text), "{:?}", text);
        }
        let view = reader.shown();
        let choices = view.conflicts().iter().flat_map(|conflict| &conflict.choices);
        for text in choices.filter_map(|choice| match &choice.value {
            Value::Text(text) => Some(text),
            _ => None,
        }) {
            prop_assert!(exported.contains(text), "{:?}", text);
        }
        for text in view.notes().iter().filter_map(|note| note.draft.as_ref()) {
            prop_assert!(exported.contains(text), "{:?}", text);
        }
    }

    #[test]
    fn what_edit_accepts_the_guard_admits(sort in sort(), steps in proptest::collection::vec(step(), 1..30)) {
        // `pull` admits every change and panics where one is refused.
        let workers = run(sort, &steps);
        for document in workers[0].documents.documents() {
            let changes = document.automerge.get_changes(&[]);
            let tried = guard::trial(&Automerge::new(), &changes);
            prop_assert_eq!(tried.map(|tried| tried.get_heads()), Ok(document.automerge.get_heads()));
        }
    }
}
