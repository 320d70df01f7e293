//! How much of a record an edit reads, and that what is refused leaves nothing behind.

use std::borrow::Cow;
use std::cell::RefCell;

use chrono::{DateTime, Utc};

use super::worker::{Worker, ids};
use super::*;
use crate::domain::{Choice, Conflict, Entry, Plan, Records, RemovalEdit, VisitEdit, VisitUpdate};

/// A record that counts the entities that are read from it.
struct Counting<'a> {
    record: read::Reader<'a, Automerge>,
    read: RefCell<Vec<EntityKey>>,
}

impl Counting<'_> {
    fn counted(&self, kind: Kind, entries: Vec<Entry>) -> Vec<Entry> {
        let mut read = self.read.borrow_mut();
        read.extend(entries.iter().map(|entry| (kind, entry.id)));
        entries
    }
}

impl Records for Counting<'_> {
    fn entity(&self, kind: Kind, id: EntityId) -> Option<Entry> {
        let entry = self.record.entity(kind, id);
        self.counted(kind, entry.into_iter().collect()).pop()
    }
    fn entities(&self, kind: Kind) -> Vec<Cow<'_, Entry>> {
        let entries = self.record.entities(kind).into_iter();
        let entries = self.counted(kind, entries.map(Cow::into_owned).collect());
        entries.into_iter().map(Cow::Owned).collect()
    }
    fn parts(&self, kind: Kind, owner: EntityId) -> Vec<Entry> {
        self.counted(kind, self.record.parts(kind, owner))
    }
    fn has(&self, single: Kind) -> bool {
        self.record.has(single)
    }
    fn removal(&self, kind: Kind, id: EntityId) -> Option<bool> {
        self.record.removal(kind, id)
    }
    fn entity_count(&self) -> usize {
        self.record.entity_count()
    }
    fn count(&self, kind: Kind) -> usize {
        self.record.count(kind)
    }
    fn standing(&self, kind: Kind) -> usize {
        self.record.standing(kind)
    }
    fn changed_at(&self) -> DateTime<Utc> {
        self.record.changed_at()
    }
    fn draft(&self, note: EntityId) -> Option<Draft> {
        self.record.draft(note)
    }
    fn choices(&self, path: &FieldPath) -> Vec<Choice> {
        self.record.choices(path)
    }
    fn conflicts(&self, entities: Option<&BTreeSet<EntityKey>>) -> Vec<Conflict> {
        let entities = entities.expect("rows of some entities need no other's conflicts");
        self.record.conflicts(Some(entities))
    }
}

/// A case with as many visits, each with two events and a note that was signed at once, and with as many phone numbers.
fn case_of(visits: u8) -> Worker {
    let mut worker = Worker::new(1);
    worker.open_case();
    for number in 0..visits {
        let [visit, check_in, check_out, note, number] =
            [0, 1, 2, 3, 4].map(|part| 5 * number + part);
        worker.edit(&[
            ids::plan_visit(visit),
            ids::check_in(visit, check_in),
            ids::check_out(visit, check_out),
            ids::start_note(note, "Calm."),
            NoteEdit::Sign {
                id: ids::entity(note),
            }
            .into(),
            PhoneEdit::Add {
                id: ids::entity(number),
                fields: phone("555 0100"),
            }
            .into(),
        ]);
    }
    worker
}

/// What an edit reads: to be planned, and for the rows of what it touched.
fn read_by(visits: u8, edit: &Edit) -> Vec<EntityKey> {
    let mut worker = case_of(visits);
    let count = |worker: &Worker, look: &dyn Fn(&Counting<'_>)| {
        let record = Counting {
            record: worker.documents.reader(),
            read: RefCell::default(),
        };
        look(&record);
        record.read.into_inner()
    };
    let mut read = count(&worker, &|record| {
        let rules = Rules::default();
        let mut plan = Plan::new(record, ids::moment(0), ids::worker(1), &rules);
        edit.plan(&mut plan).unwrap();
    });
    let touched = worker.edit(std::slice::from_ref(edit)).touched;
    read.extend(count(&worker, &|record| {
        let instruments = &Rules::default().instruments;
        crate::projection::project(ids::case(), record, Some(&touched), instruments).unwrap();
    }));
    read
}

#[test]
fn an_edit_reads_as_many_entities_of_a_large_case_as_of_a_small_one() {
    let purpose = VisitUpdate {
        purpose: Some("Wound care".into()),
        ..VisitUpdate::default()
    };
    let edits: [Edit; 6] = [
        VisitEdit::Update {
            id: ids::entity(0),
            fields: purpose,
        }
        .into(),
        VisitEdit::Correct {
            id: ids::entity(250),
            visit: ids::entity(0),
            field: crate::domain::CorrectableField::Service,
            value: "T1019".into(),
            reason: crate::domain::CorrectionReason::DataEntry,
            memo: None,
        }
        .into(),
        NoteEdit::Write {
            id: ids::entity(3),
            text: "Calm. Fell at night.".into(),
        }
        .into(),
        PhoneEdit::Update {
            id: ids::entity(4),
            fields: phone("555 0111"),
        }
        .into(),
        RemovalEdit::Remove {
            kind: Kind::Visit,
            id: ids::entity(0),
            reason: "entered twice".into(),
        }
        .into(),
        CaseEdit::Hold {
            reason: "in hospital".into(),
        }
        .into(),
    ];
    for edit in edits {
        let small = read_by(1, &edit);
        assert_eq!(small, read_by(40, &edit), "{}", edit.name());
        assert!(small.len() <= 12, "{}: {small:?}", edit.name());
    }
}

#[test]
fn a_call_whose_last_edit_cannot_stand_leaves_a_document_that_works_on() {
    let (mut ana, mut ben) = two_workers();
    let whole = ana.documents.case().save();
    let refused = [
        set_phone("555 0199"),
        ids::plan_visit(10),
        ids::start_note(20, "Calm."),
        NoteEdit::Sign {
            id: ids::entity(20),
        }
        .into(),
        ids::check_out(10, 11),
    ];
    // Ben has written nothing yet: the refused call would have been his first.
    for worker in [&mut ana, &mut ben] {
        let before = worker.canonical();
        assert!(worker.try_edit(&refused).is_err());
        assert_eq!(worker.canonical(), before);
        assert!(worker.documents.note(ids::entity(20)).is_none());
    }
    assert_eq!(ana.documents.case().save(), whole);
    ana.edit(&[ids::plan_visit(10), set_phone("555 0111")]);
    ben.edit(&[ids::plan_visit(12), set_phone("555 0122")]);
    ana.exchange(&mut ben);
    assert_eq!(ana.canonical(), ben.canonical());
    let view = ana.view();
    assert_eq!(view.visits.len(), 2);
    assert_eq!(view.conflicts[0].choices.len(), 2);
    assert_eq!(ana.read(&ana.reloaded()), Some(view));
}

#[test]
fn a_call_past_a_limit_of_the_guard_changes_nothing() {
    let (mut ana, mut ben) = two_workers();
    let before = ana.canonical();
    let add = |number: u32| {
        let mut id = [7; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        PhoneEdit::Add {
            id: EntityId::from_bytes(id),
            fields: PhoneUpdate {
                remark: Some("Four operations each".into()),
                messages_allowed: Some(true),
                ..phone("555 0100")
            },
        }
        .into()
    };
    let edits: Vec<Edit> = (0..14_000).map(add).collect();
    assert!(matches!(ana.try_edit(&edits), Err(EditError::Refused(_))));
    assert_eq!(ana.canonical(), before);
    ana.edit(&[set_phone("555 0111")]);
    ana.exchange(&mut ben);
    assert_eq!(ana.canonical(), ben.canonical());
}
