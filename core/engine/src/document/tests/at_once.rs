//! Notes that one call begins, writes and signs: no draft is made for them, and they can be taken up like any other.

use super::worker::{Worker, ids};
use super::*;
use crate::domain::{Edit, NoteEdit, NoteView, TextSplice};

fn write(words: &str) -> Edit {
    NoteEdit::Write {
        id: ids::entity(20),
        text: words.into(),
    }
    .into()
}

fn sign() -> Edit {
    NoteEdit::Sign {
        id: ids::entity(20),
    }
    .into()
}

fn splice(at: u32, delete: u32, insert: &str) -> Edit {
    let splice = TextSplice {
        at,
        delete,
        insert: insert.into(),
    };
    NoteEdit::Splice {
        id: ids::entity(20),
        splice,
    }
    .into()
}

fn note(worker: &Worker) -> NoteView {
    worker.view().notes.remove(0)
}

/// Two workers with a note that Ana began, wrote and signed in one call.
fn signed_at_once() -> (Worker, Worker) {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[
        ids::start_note(20, ""),
        write("Calm!"),
        splice(4, 1, " 🦊."),
        sign(),
    ]);
    ana.exchange(&mut ben);
    (ana, ben)
}

#[test]
fn a_note_signed_at_once_has_a_signed_version_and_no_draft() {
    let (ana, ben) = signed_at_once();
    assert_eq!(note(&ana), note(&ben));
    let note = note(&ana);
    assert_eq!((note.state, note.draft), (NoteState::Signed, None));
    assert_eq!(note.signed[0].text, "Calm 🦊.");
    assert!(note.signed[0].intact);
    assert!(note.signed[0].heads.is_empty());
    assert_eq!(ana.documents.documents().count(), 1);
}

#[test]
fn a_note_begun_and_written_in_one_call_has_one_change_in_its_draft() {
    let (mut ana, _) = two_workers();
    let committed = ana.edit(&[ids::start_note(20, "Calm."), write("Calm. Ate well.")]);
    assert_eq!(committed.changes.len(), 2);
    assert_eq!(note(&ana).draft.as_deref(), Some("Calm. Ate well."));
}

#[test]
fn words_after_signing_at_once_are_late_words_in_the_same_call_and_in_a_later_one() {
    let (mut ana, _) = two_workers();
    ana.edit(&[
        ids::start_note(20, "Calm."),
        sign(),
        write("Calm. Fell at night."),
    ]);
    let (mut ben, mut cem) = signed_at_once();
    cem.edit(&[splice(0, 4, "Quiet")]);
    ben.exchange(&mut cem);
    for (worker, signed, late) in [
        (ana, "Calm.", "Calm. Fell at night."),
        (ben, "Calm 🦊.", "Quiet 🦊."),
    ] {
        let note = note(&worker);
        assert_eq!(note.state, NoteState::SignedWithLateWords);
        assert_eq!(note.signed[0].text, signed);
        assert_eq!(note.draft.as_deref(), Some(late));
    }
}

#[test]
fn saving_a_note_signed_at_once_unchanged_changes_nothing() {
    let (mut ana, _) = signed_at_once();
    assert!(ana.edit(&[write("Calm 🦊.")]).changes.is_empty());
    assert!(ana.edit(&[splice(2, 0, "")]).changes.is_empty());
    assert_eq!(note(&ana).state, NoteState::Signed);
}

#[test]
fn a_note_signed_at_once_can_be_signed_by_a_second_worker() {
    let (mut ana, mut ben) = signed_at_once();
    ben.edit(&[sign()]);
    ana.exchange(&mut ben);
    let signers: BTreeSet<_> = note(&ana).signed.iter().map(|v| v.signer).collect();
    assert_eq!(signers, [ids::worker(1), ids::worker(2)].into());
    assert_eq!(note(&ana).state, NoteState::Signed);
}

#[test]
fn late_words_of_two_who_take_a_note_up_apart_are_both_shown_and_can_be_joined() {
    let (mut ana, mut ben) = signed_at_once();
    ana.edit(&[write("Calm 🦊. Fell.")]);
    ben.edit(&[write("Calm 🦊. Ate.")]);
    ana.exchange(&mut ben);
    assert_eq!(ana.canonical(), ben.canonical());
    let both = note(&ana).draft.unwrap();
    assert!(both.contains("Fell.") && both.contains("Ate."), "{both}");
    assert!(ana.view().conflicts.is_empty());

    ana.edit(&[write("Calm 🦊. Fell, ate.")]);
    assert_eq!(note(&ana).draft.as_deref(), Some("Calm 🦊. Fell, ate."));
    let end = u32::try_from(both.chars().count()).unwrap();
    ben.edit(&[splice(end, 0, " Slept.")]);
    ana.exchange(&mut ben);
    assert_eq!(ana.canonical(), ben.canonical());
    let all = note(&ana).draft.unwrap();
    assert!(
        all.contains("Fell, ate.") && all.contains("Slept."),
        "{all}"
    );
    ana.edit(&[sign()]);
    assert_eq!(note(&ana).state, NoteState::Signed);
}

#[test]
fn without_the_change_that_signed_it_at_once_what_took_the_note_up_is_gone_too() {
    let (mut ana, _) = two_workers();
    let signing = ana.edit(&[ids::start_note(20, "Calm."), sign()]).changes;
    let taking_up = ana.edit(&[write("Calm. Fell at night.")]).changes;
    let (_, gone) = ana
        .documents
        .without(&BTreeSet::from([signing[0].hash]))
        .unwrap();
    assert!(
        taking_up.iter().any(|change| gone.contains(&change.hash)),
        "the call is found by what followed the change"
    );
}

#[test]
fn history_tells_of_a_note_signed_at_once_and_of_its_taking_up() {
    let (mut ana, _) = signed_at_once();
    ana.edit(&[write("Calm 🦊. Fell.")]);
    let history = ana.documents.history();
    let intentions: Vec<_> = history.iter().map(|record| &record.intentions).collect();
    assert!(intentions.iter().any(|text| text.ends_with("sign_note")));
    assert_eq!(*intentions.last().unwrap(), "write_note");
    let last = history.last().unwrap();
    assert_eq!(last.fields[0].path.field, "reopened");
}
