//! What a restricted compartment is and admits, and what of it is listed.

use super::worker::{Shown, Worker, ids};
use super::*;
use crate::domain::*;
use crate::projection::RecordRow;

fn need(id: u8) -> Edit {
    let fields = NeedUpdate {
        domain: Some(NeedDomain::IntimatePartnerViolence),
        statement: Some("Afraid at home.".into()),
        ..NeedUpdate::default()
    };
    NeedEdit::Add {
        id: ids::entity(id),
        fields,
    }
    .into()
}

fn attachment(id: u8) -> Edit {
    AttachmentEdit::Add {
        id: ids::entity(id),
        fields: AttachmentUpdate {
            name: Some("Letter".into()),
            ..AttachmentUpdate::default()
        },
        content: AttachmentContent {
            media_type: "image/jpeg".into(),
            size: 10,
            hash: "a".repeat(64),
        },
    }
    .into()
}

fn assessment(id: u8) -> Edit {
    AssessmentEdit::Start {
        id: ids::entity(id),
        instrument: "phq-9".into(),
        version: 1,
        fields: AssessmentUpdate::default(),
    }
    .into()
}

/// The field that is named where an edit cannot stand.
fn refused(worker: &mut Worker, edits: &[Edit]) -> String {
    match worker.try_edit(edits) {
        Err(EditError::Invalid {
            reason: Invalid::Field { field, .. },
            ..
        }) => field,
        other => panic!("{other:?}"),
    }
}

fn compartment(worker: &Worker) -> CompartmentView {
    worker
        .documents
        .record()
        .compartment(&worker.rules)
        .unwrap()
}

#[test]
fn a_compartment_holds_notes_assessments_needs_and_attachments() {
    let mut ana = Worker::new(1);
    ana.open_compartment();
    ana.edit(&[ids::start_note(3, "He hit her."), need(4), assessment(5)]);
    ana.edit(&[
        attachment(6),
        NoteEdit::Sign { id: ids::entity(3) }.into(),
        RemovalEdit::Remove {
            kind: Kind::Need,
            id: ids::entity(4),
            reason: "Put down twice".into(),
        }
        .into(),
    ]);
    let view = compartment(&ana);
    assert_eq!(view.compartment.title.as_deref(), Some("Therapy"));
    assert_eq!(view.case, CaseId::from_bytes([2; 16]));
    assert_eq!(view.notes[0].state, NoteState::Signed);
    let lengths = [view.needs.len(), view.assessments.len()];
    assert_eq!((lengths, view.attachments.len()), ([1, 1], 1));
    assert_eq!(ana.read(&ana.documents), None, "it is no case");
    let RecordRow::Compartment(row) = ana.rows(None).record else {
        panic!("its row is a compartment's")
    };
    let counts = [row.notes, row.needs, row.assessments, row.attachments];
    assert_eq!((counts, row.title.as_str()), ([1, 0, 1, 1], "Therapy"));
}

#[test]
fn a_compartment_refuses_whatever_else_a_case_holds() {
    let mut ana = Worker::new(1);
    ana.open_compartment();
    let before = ana.shown();
    let phone = PhoneEdit::Add {
        id: ids::entity(9),
        fields: PhoneUpdate {
            number: Some("555 0100".into()),
            ..PhoneUpdate::default()
        },
    };
    assert_eq!(refused(&mut ana, &[ids::plan_visit(8)]), "visit");
    assert_eq!(refused(&mut ana, &[phone.into()]), "phone");
    assert_eq!(refused(&mut ana, &[ids::open_case()]), "case");
    assert_eq!(ana.shown(), before);
}

#[test]
fn a_case_becomes_no_compartment() {
    let mut ana = Worker::new(1);
    ana.open_case();
    let open = [ids::open_compartment()];
    assert_eq!(refused(&mut ana, &open), "compartment.id");
    let mut ben = Worker::joining(2, &ana);
    // A peer that keeps to no rule writes one into the case.
    ben.forge("compartment");
    ana.pull(&ben);
    assert!(matches!(ana.shown(), Shown::Case(_)));
    assert!(matches!(ana.rows(None).record, RecordRow::Case(_)));
}

#[test]
fn a_compartment_is_opened_with_a_title_and_under_its_own_id() {
    let open = |id, case, title: Option<&str>| -> Edit {
        let fields = CompartmentUpdate {
            title: title.map(str::to_owned),
            ..CompartmentUpdate::default()
        };
        CompartmentEdit::Open { id, case, fields }.into()
    };
    let (own, other) = (ids::case(), CaseId::from_bytes([2; 16]));
    for (edit, field) in [
        (open(own, other, None), "compartment.title"),
        (open(other, own, Some("Therapy")), "compartment.id"),
        (open(own, own, Some("Therapy")), "compartment.case"),
    ] {
        assert_eq!(refused(&mut Worker::new(1), &[edit]), field);
    }
    let mut ana = Worker::new(1);
    let update = |fields| CompartmentEdit::Update { fields }.into();
    let cleared = CompartmentUpdate {
        clear: vec![CompartmentField::Title],
        ..CompartmentUpdate::default()
    };
    let renamed = CompartmentUpdate {
        title: Some("Counsel".into()),
        ..CompartmentUpdate::default()
    };
    ana.open_compartment();
    assert_eq!(refused(&mut ana, &[update(cleared)]), "compartment.title");
    ana.edit(&[update(renamed)]);
    let title = compartment(&ana).compartment.title;
    assert_eq!(title.as_deref(), Some("Counsel"));
}

#[test]
fn nothing_in_a_compartment_is_listed_or_counted_with_the_caseload() {
    let mut ana = Worker::new(1);
    ana.open_compartment();
    ana.edit(&[ids::start_note(3, "He hit her."), assessment(5), need(4)]);
    let rows = ana.rows(None);
    assert_eq!((rows.deadlines, rows.assessments), (vec![], vec![]));
    assert_eq!((rows.figures, rows.keys.len()), (vec![], 0));
    let found: Vec<_> = rows.search.iter().map(|row| row.kind).collect();
    assert!(found.contains(&Kind::Note) && found.contains(&Kind::Compartment));
}

#[test]
fn two_who_write_a_compartment_apart_keep_both_titles() {
    let mut ana = Worker::new(1);
    ana.open_compartment();
    let mut ben = Worker::joining(2, &ana);
    for (worker, title) in [(&mut ana, "Counsel"), (&mut ben, "Court")] {
        let fields = CompartmentUpdate {
            title: Some(title.into()),
            ..CompartmentUpdate::default()
        };
        worker.edit(&[CompartmentEdit::Update { fields }.into()]);
    }
    ben.edit(&[need(4)]);
    ana.pull(&ben);
    ben.pull(&ana);
    assert_eq!(ana.canonical(), ben.canonical());
    let view = compartment(&ana);
    assert_eq!((view.needs.len(), view.conflicts.len()), (1, 1));
    let named: Vec<_> = ana.rows(None).conflicts;
    assert_eq!(
        (named[0].kind, named[0].field.as_str()),
        (Kind::Compartment, "title")
    );
}
