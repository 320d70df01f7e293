//! Notes whose draft is not on the device: signed, and written on from the signed version.

use super::worker::{Worker, ids};
use super::*;
use crate::domain::{Edit, NoteEdit, NoteView, SignedNote, TextSplice};

fn write(words: &str) -> Edit {
    let (id, text) = (ids::entity(20), words.into());
    NoteEdit::Write { id, text }.into()
}

fn sign() -> Edit {
    let id = ids::entity(20);
    NoteEdit::Sign { id }.into()
}

fn note(worker: &Worker) -> NoteView {
    worker.view().notes.remove(0)
}

fn draft(worker: &Worker) -> String {
    note(worker).draft.unwrap()
}

/// A worker who gets a case without the drafts of its notes.
fn without_drafts(number: u8, other: &Worker) -> Worker {
    let mut worker = Worker::new(number);
    let case = other.documents.case.clone();
    worker.documents = CaseDocuments::of(case);
    worker
}

/// Ana has a note that she wrote over some time and signed. Ben and Cem have the case without the draft.
fn signed() -> (Worker, Worker, Worker) {
    let (mut ana, _) = two_workers();
    ana.edit(&[ids::start_note(20, "Calm")]);
    ana.edit(&[write("Calm.")]);
    ana.edit(&[sign()]);
    let (ben, cem) = (without_drafts(10, &ana), without_drafts(11, &ana));
    (ana, ben, cem)
}

#[test]
fn a_note_without_its_draft_is_shown_as_the_one_with_it() {
    let (ana, ben, _) = signed();
    assert_eq!(ana.view(), ben.view());
    assert_eq!(note(&ben).state, NoteState::Signed);
    assert_eq!(note(&ben).signed[0].text, "Calm.");
}

#[test]
fn words_written_on_without_the_draft_are_late_words_where_the_draft_is() {
    let (mut ana, mut ben, _) = signed();
    ben.edit(&[write("Calm. Fell at night.")]);
    assert_eq!(note(&ben).state, NoteState::SignedWithLateWords);
    assert_eq!(draft(&ben), "Calm. Fell at night.");
    ana.exchange(&mut ben);
    assert_eq!(ana.canonical(), ben.canonical());
    assert_eq!(note(&ana).state, NoteState::SignedWithLateWords);
    assert_eq!(draft(&ana), "Calm. Fell at night.");
}

#[test]
fn two_who_write_on_apart_without_the_draft_end_with_one_text() {
    let (mut ana, mut ben, mut cem) = signed();
    ben.edit(&[write("Calm. Ate well.")]);
    let insert = " Fell at night.".into();
    let splice = TextSplice {
        at: 5,
        delete: 0,
        insert,
    };
    let id = ids::entity(20);
    cem.edit(&[NoteEdit::Splice { id, splice }.into()]);
    ben.exchange(&mut cem);
    let without_base = draft(&ben);
    ana.exchange(&mut ben);
    ana.exchange(&mut cem);
    for worker in [&ana, &ben, &cem] {
        let text = draft(worker);
        assert_eq!(text, without_base);
        assert_eq!(text.matches("Calm.").count(), 1, "{text}");
        assert!(
            text.contains(" Ate well.") && text.contains(" Fell at night."),
            "{text}"
        );
    }
    assert!(ana.view().conflicts.is_empty());
}

#[test]
fn a_signature_over_words_written_without_the_draft_stands_where_the_draft_is() {
    for calls in [
        vec![vec![write("Calm. Fell.")], vec![sign()]],
        vec![vec![write("Calm. Fell."), sign()]],
    ] {
        let (mut ana, mut ben, _) = signed();
        calls.iter().for_each(|call| drop(ben.edit(call)));
        assert_eq!(note(&ben).state, NoteState::Signed);
        ana.exchange(&mut ben);
        assert_eq!(ana.canonical(), ben.canonical());
        assert_eq!(note(&ana).state, NoteState::Signed);
        let heads = ana.documents.note(ids::entity(20)).unwrap().heads();
        assert!(
            ana.documents
                .open_drafts([(ids::entity(20), heads)])
                .is_empty()
        );
        assert_eq!(note(&ana).signed[1].text, "Calm. Fell.");
    }
}

#[test]
fn a_second_worker_signs_what_stands_without_the_draft() {
    let (mut ana, mut ben, _) = signed();
    ben.edit(&[sign()]);
    ana.exchange(&mut ben);
    let signed = note(&ana).signed;
    assert_eq!(signed[0].heads, signed[1].heads);
    assert_eq!(signed[1].signer, ids::worker(10));
    assert_eq!(note(&ana).state, NoteState::Signed);
    assert_eq!(ana.canonical().0, ben.canonical().0);
}

#[test]
fn words_in_the_draft_and_words_without_it_are_all_kept_and_open_the_note() {
    let (mut ana, mut ben, _) = signed();
    ana.edit(&[write("Very calm.")]);
    ben.edit(&[write("Calm. Fell.")]);
    ben.edit(&[sign()]);
    ana.exchange(&mut ben);
    assert_eq!(ana.canonical(), ben.canonical());
    assert_eq!(note(&ana).state, NoteState::SignedWithLateWords);
    assert_eq!(draft(&ana), "Very calm. Fell.");
    ana.edit(&[write("Very calm. Fell, unhurt."), sign()]);
    assert_eq!(note(&ana).state, NoteState::Signed);
    let signed = note(&ana).signed;
    let all = |version: &SignedNote| version.text == "Very calm. Fell, unhurt.";
    assert!(signed.iter().any(all));
}

#[test]
fn who_writes_on_after_that_merges_per_character() {
    let (mut ana, mut ben, _) = signed();
    ben.edit(&[write("Calm. Fell at night.")]);
    ana.exchange(&mut ben);
    ana.edit(&[write("Quite calm. Fell at night.")]);
    ben.edit(&[write("Calm. Fell at night. Unhurt.")]);
    ana.exchange(&mut ben);
    assert_eq!(ana.canonical(), ben.canonical());
    assert_eq!(draft(&ana), "Quite calm. Fell at night. Unhurt.");
}

#[test]
fn words_go_on_from_the_version_that_was_signed_last() {
    let (mut ana, _, _) = signed();
    ana.edit(&[write("Calm. Fell.")]);
    ana.edit(&[sign()]);
    let mut ben = without_drafts(10, &ana);
    ben.edit(&[write("Calm. Fell. Unhurt.")]);
    ana.exchange(&mut ben);
    assert_eq!(draft(&ana), "Calm. Fell. Unhurt.");
}

#[test]
fn a_version_that_was_tampered_with_closes_no_draft_and_is_not_written_on() {
    let (mut ana, _, _) = signed();
    let version = note(&ana).signed[0].meta.id;
    ana.overwrite(Kind::SignedNote, version, "text", "Restless.");
    assert_eq!(note(&ana).state, NoteState::SignedWithLateWords);
    let mut ben = without_drafts(10, &ana);
    assert!(ben.try_edit(&[write("Restless. Fell.")]).is_err());
}
