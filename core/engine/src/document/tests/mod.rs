mod assessments;
mod at_once;
mod compared;
mod compartments;
mod due;
mod laws;
mod providers;
mod record;
mod rows;
mod settling;
mod size;
mod statuses;
mod stored;
mod story;
mod tampered;
mod turns;
mod verified;
mod without_draft;
mod work;
mod worker;

use chrono::NaiveDate;
use worker::{Worker, ids};

use super::*;
use crate::domain::{
    CaseEdit, CaseField, CaseUpdate, ConflictEdit, ConsentEdit, ConsentUpdate, Edit, EvvStatus,
    FieldPath, Invalid, MAX_ENTRIES, NoteEdit, NoteState, PersonEdit, PersonField, PersonUpdate,
    PhoneEdit, PhoneUpdate, TaskEdit, TaskStatus, TaskUpdate, Value, VisitEdit, VisitField,
    VisitStatus, VisitUpdate,
};

fn phone(number: &str) -> PhoneUpdate {
    PhoneUpdate {
        number: Some(number.into()),
        ..PhoneUpdate::default()
    }
}

fn set_phone(number: &str) -> Edit {
    PhoneEdit::Update {
        id: ids::entity(1),
        fields: phone(number),
    }
    .into()
}

/// Two workers who both hold the same case, with one phone number in it.
fn two_workers() -> (Worker, Worker) {
    let mut ana = Worker::new(1);
    ana.open_case();
    ana.edit(&[PhoneEdit::Add {
        id: ids::entity(1),
        fields: phone("555 0100"),
    }
    .into()]);
    let ben = Worker::joining(2, &ana);
    (ana, ben)
}

fn number_path() -> FieldPath {
    FieldPath {
        kind: Kind::Phone,
        id: ids::entity(1),
        field: "number".into(),
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

#[test]
fn two_offline_visits_to_one_case_both_survive_merge() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[ids::plan_visit(10)]);
    ben.edit(&[ids::plan_visit(11)]);
    ana.exchange(&mut ben);
    assert_eq!(ana.view(), ben.view());
    assert_eq!(ana.view().visits.len(), 2);
}

#[test]
fn the_same_field_written_apart_keeps_both_values_with_their_authors() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[set_phone("555 0111")]);
    ben.edit(&[set_phone("555 0122")]);
    ana.exchange(&mut ben);
    let view = ana.view();
    assert_eq!(view, ben.view());
    let conflict = &view.conflicts[0];
    assert_eq!(conflict.path, number_path());
    let mut seen: Vec<_> = conflict
        .choices
        .iter()
        .map(|choice| (choice.value.clone(), choice.written.worker))
        .collect();
    seen.sort_by_key(|(value, _)| value.display());
    assert_eq!(
        seen,
        [
            (text("555 0111"), Some(ids::worker(1))),
            (text("555 0122"), Some(ids::worker(2)))
        ]
    );
    assert_eq!(
        conflict
            .choices
            .iter()
            .filter(|choice| choice.shown)
            .count(),
        1
    );
}

#[test]
fn a_third_value_keeps_the_conflict_open_with_all_three() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[set_phone("555 0111")]);
    ben.edit(&[set_phone("555 0122")]);
    ana.exchange(&mut ben);
    ana.edit(&[set_phone("555 0133")]);
    ana.exchange(&mut ben);
    let conflict = &ben.view().conflicts[0];
    assert_eq!(conflict.choices[0].value, text("555 0133"));
    assert!(conflict.choices[0].shown);
    assert_eq!(conflict.choices.len(), 3);
    let displaced = conflict
        .choices
        .iter()
        .find(|choice| choice.value == text("555 0122"));
    assert_eq!(displaced.unwrap().written.worker, Some(ids::worker(2)));
}

#[test]
fn saving_a_form_unchanged_does_not_bury_the_other_value() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[set_phone("555 0111")]);
    ben.edit(&[set_phone("555 0122")]);
    ana.exchange(&mut ben);
    let shown = ana.view().conflicts[0].choices[0].value.display();
    let committed = ana.edit(&[set_phone(&shown)]);
    assert!(committed.changes.is_empty());
    assert_eq!(ana.view().conflicts.len(), 1);
}

#[test]
fn settling_closes_a_conflict_everywhere_and_history_keeps_the_loser() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[set_phone("555 0111")]);
    ben.edit(&[set_phone("555 0122")]);
    ana.exchange(&mut ben);
    ana.edit(&[set_phone("555 0133")]);
    let settle = ConflictEdit::Settle {
        path: number_path(),
        value: text("555 0122"),
    };
    ana.edit(&[settle.into()]);
    ana.exchange(&mut ben);
    for worker in [&ana, &ben] {
        assert!(worker.view().conflicts.is_empty());
        assert_eq!(worker.view().phones[0].number.as_deref(), Some("555 0122"));
    }
    let values: Vec<_> = ana
        .documents
        .history()
        .into_iter()
        .flat_map(|record| record.fields)
        .filter(|field| field.path == number_path())
        .map(|field| field.after.display())
        .collect();
    assert!(values.contains(&"555 0111".to_owned()), "{values:?}");
}

#[test]
fn settling_apart_on_different_values_opens_a_new_conflict() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[set_phone("555 0111")]);
    ben.edit(&[set_phone("555 0122")]);
    ana.exchange(&mut ben);
    for (worker, value) in [(&mut ana, "555 0111"), (&mut ben, "555 0122")] {
        let settle = ConflictEdit::Settle {
            path: number_path(),
            value: text(value),
        };
        worker.edit(&[settle.into()]);
    }
    ana.exchange(&mut ben);
    assert_eq!(ana.view().conflicts[0].choices.len(), 2);
    assert_eq!(ana.view(), ben.view());
}

#[test]
fn settling_takes_only_one_of_the_choices() {
    let (mut ana, mut ben) = two_workers();
    let settle = |value: &str| {
        Edit::from(ConflictEdit::Settle {
            path: number_path(),
            value: text(value),
        })
    };
    assert!(
        ana.try_edit(&[settle("555 0100")]).is_err(),
        "nothing is in conflict"
    );
    ana.edit(&[set_phone("555 0111")]);
    ben.edit(&[set_phone("555 0122")]);
    ana.exchange(&mut ben);
    assert!(ana.try_edit(&[settle("555 9999")]).is_err(), "not a choice");
    ana.edit(&[set_phone("555 9999"), settle("555 9999")]);
    assert!(ana.view().conflicts.is_empty());
}

#[test]
fn text_written_apart_in_a_draft_merges_per_character() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[ids::start_note(20, "Visited at noon. Calm.")]);
    ana.exchange(&mut ben);
    ana.edit(&[NoteEdit::Write {
        id: ids::entity(20),
        text: "Visited at noon. Calm and rested.".into(),
    }
    .into()]);
    ben.edit(&[NoteEdit::Write {
        id: ids::entity(20),
        text: "Visited Rosa at noon. Calm.".into(),
    }
    .into()]);
    ana.exchange(&mut ben);
    assert_eq!(
        ana.view().notes[0].draft.as_deref(),
        Some("Visited Rosa at noon. Calm and rested.")
    );
    assert_eq!(ana.view(), ben.view());
}

#[test]
fn two_offline_signers_of_one_draft_yield_two_intact_versions() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[ids::start_note(20, "Calm.")]);
    ana.exchange(&mut ben);
    ana.edit(&[NoteEdit::Sign {
        id: ids::entity(20),
    }
    .into()]);
    ben.edit(&[
        NoteEdit::Write {
            id: ids::entity(20),
            text: "Calm. Ate well.".into(),
        }
        .into(),
        NoteEdit::Sign {
            id: ids::entity(20),
        }
        .into(),
    ]);
    ana.exchange(&mut ben);
    let view = ana.view();
    assert_eq!(view, ben.view());
    let note = &view.notes[0];
    let mut signed: Vec<_> = note
        .signed
        .iter()
        .map(|v| (v.text.as_str(), v.signer))
        .collect();
    signed.sort();
    assert_eq!(
        signed,
        [
            ("Calm.", ids::worker(1)),
            ("Calm. Ate well.", ids::worker(2))
        ]
    );
    assert!(note.signed.iter().all(|version| version.intact));
    assert_eq!(note.state, NoteState::Signed);
}

#[test]
fn words_written_after_signing_are_late_words_and_leave_the_signed_text() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[ids::start_note(20, "Calm.")]);
    ana.exchange(&mut ben);
    ana.edit(&[NoteEdit::Sign {
        id: ids::entity(20),
    }
    .into()]);
    ben.edit(&[NoteEdit::Write {
        id: ids::entity(20),
        text: "Calm. Fell at night.".into(),
    }
    .into()]);
    ana.exchange(&mut ben);
    let note = &ana.view().notes[0];
    assert_eq!(note.state, NoteState::SignedWithLateWords);
    assert_eq!(note.signed[0].text, "Calm.");
    assert_eq!(note.draft.as_deref(), Some("Calm. Fell at night."));
}

#[test]
fn a_signed_version_that_was_tampered_with_is_not_intact() {
    let (mut ana, _) = two_workers();
    ana.edit(&[
        ids::start_note(20, "Calm."),
        NoteEdit::Sign {
            id: ids::entity(20),
        }
        .into(),
    ]);
    let signed = ana.view().notes[0].signed[0].meta.id;
    ana.overwrite(Kind::SignedNote, signed, "text", "Not calm.");
    assert!(!ana.view().notes[0].signed[0].intact);
}

#[test]
fn one_call_is_atomic_and_names_the_edit_and_field_that_cannot_stand() {
    let (mut ana, _) = two_workers();
    let before = ana.view();
    let error = ana
        .try_edit(&[set_phone("555 0199"), ids::check_out(10, 11)])
        .unwrap_err();
    let EditError::Invalid {
        position: 1,
        reason: Invalid::NotFound {
            kind: Kind::Visit, ..
        },
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(ana.view(), before);
    let error = ana.try_edit(&[set_phone("x")]).unwrap_err();
    let EditError::Invalid {
        reason: Invalid::Field { field, .. },
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(field, "phone.number");
}

#[test]
fn a_visit_with_its_signed_note_is_one_call() {
    let (mut ana, _) = two_workers();
    let committed = ana.edit(&[
        ids::plan_visit(10),
        ids::check_in(10, 12),
        ids::check_out(10, 13),
        ids::start_note(20, "All well."),
        NoteEdit::Sign {
            id: ids::entity(20),
        }
        .into(),
    ]);
    assert_eq!(committed.changes.len(), 1, "the note needs no draft");
    let view = ana.view();
    assert_eq!(view.visits[0].visit.status, Some(VisitStatus::Completed));
    assert_eq!(view.visits[0].events.len(), 2);
    assert!(
        matches!(view.visits[0].evv, EvvStatus::Exceptions { .. }),
        "no location was given"
    );
    assert_eq!(view.notes[0].state, NoteState::Signed);
}

#[test]
fn a_status_moved_apart_is_kept_and_shown_as_conflict() {
    let (mut ana, mut ben) = two_workers();
    let fields = TaskUpdate {
        title: Some("Call the pharmacy".into()),
        ..TaskUpdate::default()
    };
    ana.edit(&[TaskEdit::Add {
        id: ids::entity(30),
        fields,
        assignee: None,
    }
    .into()]);
    ana.exchange(&mut ben);
    ana.edit(&[TaskEdit::Complete {
        id: ids::entity(30),
        outcome: None,
    }
    .into()]);
    ben.edit(&[TaskEdit::Cancel {
        id: ids::entity(30),
        reason: "Moved".into(),
    }
    .into()]);
    ana.exchange(&mut ben);
    let view = ana.view();
    let conflict = view
        .conflicts
        .iter()
        .find(|c| c.path.field == "status")
        .unwrap();
    let codes: BTreeSet<_> = conflict
        .choices
        .iter()
        .map(|choice| choice.value.display())
        .collect();
    let expected = [TaskStatus::Cancelled, TaskStatus::Done].map(|status| status.code().to_owned());
    assert_eq!(codes, BTreeSet::from(expected));
}

#[test]
fn what_ends_before_it_begins_is_refused_for_its_end() {
    let (mut ana, _) = two_workers();
    let period = |since: Option<u32>, until: Option<u32>| ConsentUpdate {
        recipient: Some("Hospital".into()),
        subject: Some("Everything".into()),
        since: since.map(ids::day),
        until: until.map(ids::day),
        ..ConsentUpdate::default()
    };
    let record = |id: u8, fields: ConsentUpdate| -> Edit {
        let id = ids::entity(id);
        ConsentEdit::Record { id, fields }.into()
    };
    let refused = |outcome: Result<Committed, EditError>| match outcome {
        Err(EditError::Invalid {
            reason: Invalid::Field { field, .. },
            ..
        }) => field,
        other => panic!("{other:?}"),
    };
    let reversed = record(20, period(Some(9), Some(8)));
    assert_eq!(refused(ana.try_edit(&[reversed])), "consent.until");
    ana.edit(&[
        record(20, period(Some(9), Some(9))),
        record(21, period(None, Some(8))),
    ]);

    let window = |start: i64, end: Option<i64>, clear: &[VisitField]| VisitUpdate {
        planned_start: Some(ids::moment(start)),
        planned_end: end.map(ids::moment),
        clear: clear.to_vec(),
        ..VisitUpdate::default()
    };
    let id = ids::entity(22);
    let fields = window(0, Some(3_600), &[]);
    ana.edit(&[VisitEdit::Plan { id, fields }.into()]);
    let mut move_to = |fields| ana.try_edit(&[VisitEdit::Update { id, fields }.into()]);
    let field = refused(move_to(window(7_200, None, &[])));
    assert_eq!(field, "visit.planned_end");
    move_to(window(7_200, None, &[VisitField::PlannedEnd])).unwrap();
    move_to(window(7_200, Some(10_800), &[])).unwrap();
}

#[test]
fn keys_that_this_version_does_not_know_survive_an_edit() {
    let (mut ana, _) = two_workers();
    ana.overwrite(Kind::Phone, ids::entity(1), "from_the_future", "kept");
    ana.edit(&[set_phone("555 0177")]);
    let reader = ana.documents.reader();
    let entry = reader.entity(Kind::Phone, ids::entity(1)).unwrap();
    assert_eq!(entry.fields.get("from_the_future"), Some(&text("kept")));
}

#[test]
fn values_of_odd_types_never_fail_a_view() {
    let (mut ana, _) = two_workers();
    ana.overwrite_odd(Kind::Phone, ids::entity(1));
    let view = ana.view();
    assert_eq!(view.phones[0].number.as_deref(), Some("as text object"));
    assert_eq!(view.phones[0].messages_allowed, None);
    assert_eq!(
        view.phones[0].usage.as_ref().map(|usage| usage.code()),
        Some("pager")
    );
}

#[test]
fn a_person_keeps_at_least_one_name() {
    let (mut ana, _) = two_workers();
    let clear = PersonUpdate {
        clear: vec![
            PersonField::GivenName,
            PersonField::FamilyName,
            PersonField::PreferredName,
        ],
        ..PersonUpdate::default()
    };
    assert!(
        ana.try_edit(&[PersonEdit::Update { fields: clear }.into()])
            .is_err()
    );
}

#[test]
fn every_change_carries_time_message_and_author() {
    let (mut ana, _) = two_workers();
    ana.edit(&[ids::plan_visit(10), ids::check_in(10, 12)]);
    let record = ana.documents.history().pop().unwrap();
    assert_eq!(record.intentions, "plan_visit,check_in");
    assert_eq!(record.made.worker, Some(ids::worker(1)));
    assert_eq!(record.made.at, ids::moment(ana.clock));
}

#[test]
fn a_revision_shows_the_case_as_it_was() {
    let (mut ana, _) = two_workers();
    let before = ana.view();
    ana.edit(&[set_phone("555 0177")]);
    let then = ana
        .read(&ana.documents.at(&before.revision).unwrap())
        .unwrap();
    assert_eq!(then, before);
    assert!(ana.documents.at(&"0".repeat(64)).is_none());
}

#[test]
fn whoever_opens_a_case_leads_it_unless_the_edit_names_another_or_nobody() {
    let lead = |fields: CaseUpdate| {
        let mut ana = Worker::new(1);
        let mut open = ids::open_case();
        if let Edit::Case(CaseEdit::Open { case, .. }) = &mut open {
            *case = fields;
        }
        ana.edit(&[open]);
        ana.view().case.lead_worker
    };
    let (ana, ben) = (ids::worker(1), ids::worker(2));
    assert_eq!(lead(CaseUpdate::default()), Some(ana));
    let named = CaseUpdate {
        lead_worker: Some(ben),
        ..CaseUpdate::default()
    };
    assert_eq!(lead(named), Some(ben));
    let nobodys = CaseUpdate {
        clear: vec![CaseField::LeadWorker],
        ..CaseUpdate::default()
    };
    assert_eq!(lead(nobodys), None);
}

#[test]
fn a_case_is_opened_only_once_and_under_its_own_id() {
    let (mut ana, _) = two_workers();
    let open = |id| {
        Edit::from(CaseEdit::Open {
            id,
            opened_on: NaiveDate::from_ymd_opt(2026, 1, 2).unwrap(),
            enquiry: false,
            case: CaseUpdate::default(),
            person: PersonUpdate {
                family_name: Some("Diaz".into()),
                ..PersonUpdate::default()
            },
        })
    };
    assert!(ana.try_edit(&[open(ids::case())]).is_err());
    assert!(ana.try_edit(&[open(CaseId::from_bytes([9; 16]))]).is_err());
}

#[test]
fn damaged_storage_is_an_error_never_an_older_case() {
    let (mut ana, _) = two_workers();
    let first = ana.documents.case().save();
    let one = ana.edit(&[set_phone("555 0111")]).changes.remove(0).bytes;
    let two = ana.edit(&[set_phone("555 0122")]).changes.remove(0).bytes;
    let load = |tail: &[&[u8]]| Document::load(ids::case(), Some(&first), tail.iter().copied());
    assert!(load(&[&one, &two]).is_ok());
    assert!(load(&[&two, &one]).is_ok(), "in any order");
    assert!(matches!(
        load(&[&two]),
        Err(LoadError::Incomplete { missing: 1 })
    ));
    assert!(matches!(
        load(&[&one, &two[..two.len() - 5]]),
        Err(LoadError::Change { position: 1 })
    ));
}

#[test]
fn a_record_that_is_full_takes_no_more_and_goes_on_with_what_it_has() {
    let mut ana = Worker::new(1);
    ana.open_case();
    let add = |id: u8| {
        let title = Some("Ramp".into());
        let fields = TaskUpdate {
            title,
            ..TaskUpdate::default()
        };
        Edit::from(TaskEdit::Add {
            id: ids::entity(id),
            fields,
            assignee: None,
        })
    };
    ana.crowd(Kind::Task, MAX_ENTRIES - 1);
    ana.edit(&[add(30)]);
    let heads = ana.automerge().get_heads();
    let refused = ana.try_edit(&[add(31)]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("edit 0: task cannot be added: the record holds {MAX_ENTRIES} entries")
    );
    assert_eq!(ana.automerge().get_heads(), heads);
    ana.edit(&[TaskEdit::Complete {
        id: ids::entity(30),
        outcome: None,
    }
    .into()]);
}
