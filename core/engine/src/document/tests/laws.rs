//! Laws of merging, over histories of every edit on several devices with clocks of their own.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::worker::{Worker, ids};
use crate::document::EntityKey;
use crate::domain::*;
use crate::ids::EntityId;
use crate::instruments::{Answer, ItemAnswer};

/// One step of a history. Numbers name entities out of a small set, so that edits meet.
#[derive(Debug, Clone)]
enum Step {
    Call {
        worker: usize,
        edits: Vec<Edit>,
    },
    /// A note that one call begins, writes and signs, and perhaps writes on.
    SignAtOnce {
        worker: usize,
        id: EntityId,
        texts: Vec<String>,
        late: Option<String>,
    },
    Exchange {
        from: usize,
        to: usize,
    },
}

const WORKERS: usize = 3;

fn words() -> impl Strategy<Value = String> {
    "[a-zé🦊 ]{0,12}[a-z]"
}

/// An id out of the part of the set that belongs to a kind of edit, unique to a worker when new.
fn id(block: u8) -> impl Strategy<Value = EntityId> {
    (0..4_u8).prop_map(move |n| ids::entity(block + n))
}

fn phone() -> impl Strategy<Value = PhoneUpdate> {
    ("[0-9]{3}", any::<bool>(), proptest::option::of(words())).prop_map(
        |(number, messages, remark)| PhoneUpdate {
            number: Some(format!("555 {number}")),
            messages_allowed: Some(messages),
            remark,
            ..PhoneUpdate::default()
        },
    )
}

fn person() -> impl Strategy<Value = PersonUpdate> {
    (
        proptest::option::of(words()),
        words(),
        proptest::collection::vec("[a-z]{2}", 0..3),
    )
        .prop_map(|(preferred_name, culture, other_languages)| PersonUpdate {
            preferred_name,
            culture: Some(culture),
            other_languages: Some(other_languages),
            ..PersonUpdate::default()
        })
}

fn task() -> impl Strategy<Value = TaskUpdate> {
    (words(), 0..28_u32).prop_map(|(title, due)| TaskUpdate {
        title: Some(title),
        due_on: Some(ids::day(due)),
        ..TaskUpdate::default()
    })
}

fn answer() -> impl Strategy<Value = Option<Answer>> {
    proptest::option::of((0..4_i64).prop_map(|value| Answer::Choice { value }))
}

fn splice() -> impl Strategy<Value = TextSplice> {
    (0..6_u32, 0..4_u32, words()).prop_map(|(at, delete, insert)| TextSplice { at, delete, insert })
}

/// Any edit there is. Many are refused as the record stands; the laws are about those that are not.
fn edit() -> impl Strategy<Value = Edit> {
    let fields = || (words(), 0..28_u32);
    prop_oneof![
        person().prop_map(|fields| PersonEdit::Update { fields }.into()),
        (id(10), phone()).prop_map(|(id, fields)| PhoneEdit::Add { id, fields }.into()),
        (id(10), phone()).prop_map(|(id, fields)| PhoneEdit::Update { id, fields }.into()),
        (id(20), words()).prop_map(|(id, line)| AddressEdit::Add {
            id,
            fields: AddressUpdate {
                line: Some(line),
                ..Default::default()
            }
        }
        .into()),
        (id(20), words()).prop_map(|(id, city)| AddressEdit::Update {
            id,
            fields: AddressUpdate {
                city: Some(city),
                ..Default::default()
            }
        }
        .into()),
        (id(30), words()).prop_map(|(id, value)| IdentifierEdit::Add {
            id,
            fields: IdentifierUpdate {
                value: Some(value),
                ..Default::default()
            }
        }
        .into()),
        (id(40), words()).prop_map(|(id, name)| ContactEdit::Add {
            id,
            fields: ContactUpdate {
                name: Some(name),
                ..Default::default()
            }
        }
        .into()),
        (id(50), words()).prop_map(|(id, name)| CareTeamEdit::Add {
            id,
            fields: CareTeamMemberUpdate {
                name: Some(name),
                ..Default::default()
            }
        }
        .into()),
        (id(60), fields()).prop_map(|(id, (purpose, day))| VisitEdit::Plan {
            id,
            fields: VisitUpdate {
                purpose: Some(purpose),
                planned_on: Some(ids::day(day)),
                ..Default::default()
            }
        }
        .into()),
        (id(60), words()).prop_map(|(id, service)| VisitEdit::Update {
            id,
            fields: VisitUpdate {
                service: Some(service),
                ..Default::default()
            }
        }
        .into()),
        (id(70), id(60)).prop_map(|(id, visit)| VisitEdit::CheckIn {
            id,
            visit,
            moment: ids::visit_moment(0)
        }
        .into()),
        (id(80), id(60)).prop_map(|(id, visit)| VisitEdit::CheckOut {
            id,
            visit,
            moment: ids::visit_moment(1_800)
        }
        .into()),
        (id(60), words()).prop_map(|(id, reason)| VisitEdit::Cancel { id, reason }.into()),
        (id(60), words()).prop_map(|(id, reason)| VisitEdit::Miss { id, reason }.into()),
        (id(90), id(60)).prop_map(|(id, visit)| VisitEdit::Correct {
            id,
            visit,
            field: CorrectableField::Service,
            value: "bathing".into(),
            reason: CorrectionReason::DataEntry,
            memo: None
        }
        .into()),
        (id(100), words()).prop_map(|(id, text)| NoteEdit::Start {
            id,
            fields: NoteUpdate {
                sort: Some(NoteKind::Progress),
                ..Default::default()
            },
            text
        }
        .into()),
        (id(100), words()).prop_map(|(id, text)| NoteEdit::Write { id, text }.into()),
        (id(100), splice()).prop_map(|(id, splice)| NoteEdit::Splice { id, splice }.into()),
        id(100).prop_map(|id| NoteEdit::Sign { id }.into()),
        (id(110), task(), any::<bool>()).prop_map(|(id, fields, other)| TaskEdit::Add {
            id,
            fields,
            assignee: other.then(|| ids::worker(2))
        }
        .into()),
        (id(110), task()).prop_map(|(id, fields)| TaskEdit::Update { id, fields }.into()),
        (id(110), words()).prop_map(|(id, reason)| TaskEdit::Delegate {
            id,
            to: ids::worker(3),
            reason
        }
        .into()),
        id(110).prop_map(|id| TaskEdit::Accept { id }.into()),
        (id(110), words()).prop_map(|(id, reason)| TaskEdit::Decline { id, reason }.into()),
        id(110).prop_map(|id| TaskEdit::Start { id }.into()),
        id(110).prop_map(|id| TaskEdit::Complete { id, outcome: None }.into()),
        (id(110), words()).prop_map(|(id, reason)| TaskEdit::Cancel { id, reason }.into()),
        (id(120), words()).prop_map(|(id, statement)| GoalEdit::Add {
            id,
            fields: GoalUpdate {
                statement: Some(statement),
                ..Default::default()
            }
        }
        .into()),
        (id(120), words()).prop_map(|(id, reason)| GoalEdit::SetStatus {
            id,
            status: GoalStatus::OnHold,
            reason: Some(reason)
        }
        .into()),
        id(120).prop_map(|id| GoalEdit::SetAchievement {
            id,
            achievement: GoalAchievement::Improving
        }
        .into()),
        (id(130), id(120), words()).prop_map(|(id, goal, remark)| GoalEdit::RecordProgress {
            id,
            goal,
            fields: GoalProgressUpdate {
                remark: Some(remark),
                ..Default::default()
            }
        }
        .into()),
        (id(140), fields()).prop_map(|(id, (text, day))| ConsentEdit::Record {
            id,
            fields: ConsentUpdate {
                recipient: Some(text.clone()),
                subject: Some(text),
                since: Some(ids::day(day)),
                ..Default::default()
            }
        }
        .into()),
        (id(140), words()).prop_map(|(id, reason)| ConsentEdit::Withdraw { id, reason }.into()),
        (id(200), any::<bool>()).prop_map(|(id, anxiety)| AssessmentEdit::Start {
            id,
            instrument: if anxiety { "gad-7" } else { "phq-9" }.into(),
            version: 1,
            fields: AssessmentUpdate::default()
        }
        .into()),
        (id(200), words()).prop_map(|(id, remark)| AssessmentEdit::Update {
            id,
            fields: AssessmentUpdate {
                remark: Some(remark),
                ..Default::default()
            }
        }
        .into()),
        (id(200), 1..10_u8, answer()).prop_map(|(id, item, answer)| {
            let item = item.to_string();
            let (answers, clear) = match answer {
                Some(answer) => (vec![ItemAnswer { item, answer }], Vec::new()),
                None => (Vec::new(), vec![item]),
            };
            AssessmentEdit::RecordAnswers { id, answers, clear }.into()
        }),
        id(200).prop_map(|id| AssessmentEdit::Complete { id }.into()),
        (id(210), id(200), 1..10_u8, answer(), words()).prop_map(
            |(id, assessment, item, answer, reason)| AssessmentEdit::Correct {
                id,
                assessment,
                item: item.to_string(),
                answer,
                reason
            }
            .into()
        ),
        words().prop_map(|programme| CaseEdit::Update {
            fields: CaseUpdate {
                programme: Some(programme),
                ..Default::default()
            }
        }
        .into()),
        words().prop_map(|reason| CaseEdit::Hold { reason }.into()),
        Just(CaseEdit::Activate { reason: None }.into()),
        (0..28_u32).prop_map(|day| CaseEdit::Close {
            closed_on: ids::day(day),
            reason: ClosureReason::GoalsMet,
            outcome: None
        }
        .into()),
        words().prop_map(|reason| CaseEdit::Reopen { reason }.into()),
        (id(10), words()).prop_map(|(id, reason)| RemovalEdit::Remove {
            kind: Kind::Phone,
            id,
            reason
        }
        .into()),
        id(10).prop_map(|id| RemovalEdit::Restore {
            kind: Kind::Phone,
            id
        }
        .into()),
        (id(10), "[0-9]{1,3}").prop_map(|(id, json)| ExtensionEdit::Set {
            kind: Kind::Phone,
            id,
            key: "org.example.order".into(),
            json: Some(json)
        }
        .into()),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..WORKERS, edit()).prop_map(|(worker, edit)| Step::Call { worker, edits: vec![edit] }),
        2 => (0..WORKERS, proptest::collection::vec(edit(), 2..4)).prop_map(|(worker, edits)| Step::Call { worker, edits }),
        1 => (0..WORKERS, id(100), proptest::collection::vec(words(), 1..3), proptest::option::of(words()))
            .prop_map(|(worker, id, texts, late)| Step::SignAtOnce { worker, id, texts, late }),
        2 => (0..WORKERS, 0..WORKERS).prop_map(|(from, to)| Step::Exchange { from, to }),
    ]
}

/// New entities get ids of their own on each device, as `new_id` gives them: the worker's number takes the id's last byte.
fn own_ids(worker: usize, edit: &Edit) -> Edit {
    let json = serde_json::to_value(edit).unwrap();
    let Some((variant, body)) = json.as_object().and_then(|outer| outer.iter().next()) else {
        return edit.clone();
    };
    let creates = [
        "Add",
        "Plan",
        "CheckIn",
        "CheckOut",
        "Correct",
        "RecordProgress",
        "Record",
        "Start",
    ];
    let Some((name, fields)) = body.as_object().and_then(|inner| inner.iter().next()) else {
        return edit.clone();
    };
    let new = creates.contains(&name.as_str()) && !(variant == "Task" && name == "Start");
    if !new {
        return edit.clone();
    }
    let mut fields = fields.clone();
    let id: EntityId = fields["id"].as_str().unwrap().parse().unwrap();
    let mut bytes = id.to_bytes();
    bytes[15] = u8::try_from(worker).unwrap();
    fields["id"] = EntityId::from_bytes(bytes).to_string().into();
    serde_json::from_value(serde_json::json!({ variant: { name: fields } })).unwrap()
}

/// Edits of existing things aim at what the worker holds: the first byte picks the kind, the rest is looked up.
fn aimed(worker: &Worker, edit: &Edit) -> Edit {
    let mut json = serde_json::to_string(edit).unwrap();
    let known = worker.known();
    for block in 10..220_u8 {
        let id = ids::entity(block);
        if let Some(held) = known
            .iter()
            .find(|(_, held)| held.to_bytes()[..15] == id.to_bytes()[..15])
        {
            json = json.replace(&id.to_string(), &held.1.to_string());
        }
    }
    serde_json::from_str(&json).unwrap()
}

impl Worker {
    fn known(&self) -> BTreeSet<EntityKey> {
        self.documents.touched_everything()
    }
}

fn run(steps: &[Step]) -> Vec<Worker> {
    let mut first = Worker::new(1);
    first.open_case();
    let mut workers: Vec<Worker> = vec![first];
    for number in 2..=WORKERS {
        let joining = Worker::joining(u8::try_from(number).unwrap(), &workers[0]);
        workers.push(joining);
    }
    for step in steps {
        match step {
            Step::Call {
                worker: number,
                edits,
            } => {
                let worker = &mut workers[*number];
                let own = |edit| own_ids(*number, &aimed(worker, edit));
                let edits: Vec<Edit> = edits.iter().map(own).collect();
                check_call(worker, &edits);
            }
            Step::SignAtOnce {
                worker: number,
                id,
                texts,
                late,
            } => check_call(
                &mut workers[*number],
                &signed_at_once(*number, *id, texts, late),
            ),
            Step::Exchange { from, to } if from != to => {
                let [from, to] = workers.get_disjoint_mut([*from, *to]).unwrap();
                to.pull(from);
            }
            Step::Exchange { .. } => {}
        }
    }
    workers
}

fn signed_at_once(
    worker: usize,
    id: EntityId,
    texts: &[String],
    late: &Option<String>,
) -> Vec<Edit> {
    let start = NoteEdit::Start {
        id,
        fields: NoteUpdate {
            sort: Some(NoteKind::Progress),
            ..Default::default()
        },
        text: String::new(),
    };
    let start = own_ids(worker, &start.into());
    let Edit::Note(NoteEdit::Start { id, .. }) = start else {
        unreachable!("ids alone were changed");
    };
    let write = |text: &String| {
        NoteEdit::Write {
            id,
            text: text.clone(),
        }
        .into()
    };
    let writes = texts.iter().map(write);
    let sign = NoteEdit::Sign { id }.into();
    let late = late.iter().map(write);
    std::iter::once(start)
        .chain(writes)
        .chain([sign])
        .chain(late)
        .collect()
}

/// What must hold of each call: refused it changes nothing; made, it lowers no conflict's distinct values, and the rows of what
/// it touched make the rows of the whole.
fn check_call(worker: &mut Worker, edits: &[Edit]) {
    let before = worker.canonical();
    let mut rows = super::rows::Rows::of(worker);
    let conflicts = |view: &CaseView| -> Vec<(FieldPath, Vec<Value>)> {
        let values = |conflict: &Conflict| {
            conflict
                .choices
                .iter()
                .map(|choice| choice.value.clone())
                .collect()
        };
        view.conflicts
            .iter()
            .map(|conflict| (conflict.path.clone(), values(conflict)))
            .collect()
    };
    match worker.try_edit(edits) {
        Err(_) => {
            assert_eq!(worker.canonical(), before);
            assert_eq!(worker.documents.parts(), worker.reloaded().parts());
        }
        Ok(committed) => {
            rows.touch(worker, &committed.touched);
            assert_eq!(rows, super::rows::Rows::of(worker));
            assert_eq!(worker.documents.parts(), worker.reloaded().parts());
            let after = conflicts(&worker.view());
            for (path, values) in conflicts(&before.0) {
                let now = after
                    .iter()
                    .find(|(now, _)| *now == path)
                    .map(|(_, values)| values);
                let now = now.unwrap_or_else(|| panic!("{path:?} was settled by {edits:?}"));
                assert!(
                    values.iter().all(|value| now.contains(value)),
                    "{path:?} lost a value"
                );
            }
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 48,
        max_shrink_iters: 400,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_order_of_merging_gives_the_same_case(steps in proptest::collection::vec(step(), 1..50)) {
        let mut workers = run(&steps);
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
            prop_assert_eq!(worker.read(&reloaded), Some(worker.view()));
        }
    }

    #[test]
    fn rows_made_step_by_step_equal_rows_made_anew(steps in proptest::collection::vec(step(), 1..40)) {
        let workers = run(&steps);
        let mut reader = Worker::joining(10, &workers[0]);
        let mut rows = super::rows::Rows::of(&reader);
        for worker in &workers {
            let before: Vec<_> = reader.documents.documents().map(|doc| (doc.id(), doc.heads())).collect();
            reader.pull(worker);
            rows.update(&reader, &before);
        }
        prop_assert_eq!(rows, super::rows::Rows::of(&reader));
    }

    #[test]
    fn what_edit_accepts_the_guard_admits(steps in proptest::collection::vec(step(), 1..30)) {
        // `pull` takes every change through the guard and panics where it refuses.
        let workers = run(&steps);
        let reader = Worker::joining(10, &workers[0]);
        prop_assert!(reader.automerge().get_missing_deps(&[]).is_empty());
    }
}

use automerge::ReadDoc;
