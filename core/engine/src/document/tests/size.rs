//! What an edit makes, a request carries and a server takes; what neither does is refused by name.

use automerge::transaction::Transactable;

use super::*;
use crate::domain::MAX_TEXT;
use crate::sync::MAX_EDITED;
use crate::sync::server::MAX_UPLOAD;

/// As many characters of four bytes as a note may have, drawn so that they hardly deflate.
fn long_text(seed: u32) -> String {
    let mut state = u64::from(seed) + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from_u32(0x20000 + u32::try_from(state >> 33).unwrap() % 0xa000).unwrap()
    };
    (0..MAX_TEXT).map(|_| next()).collect()
}

fn signed_note(id: u8, text: &str) -> [Edit; 2] {
    let sign = NoteEdit::Sign {
        id: ids::entity(id),
    };
    [ids::start_note(id, text), sign.into()]
}

fn write(id: u8, text: &str) -> Edit {
    NoteEdit::Write {
        id: ids::entity(id),
        text: text.into(),
    }
    .into()
}

fn refused(outcome: Result<Committed, EditError>) -> &'static str {
    match outcome {
        Err(EditError::TooLarge { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn notes_that_one_request_does_not_carry_together_are_refused_together() {
    let (mut ana, mut ben) = two_workers();
    let before = ana.canonical();
    let text = "ж".repeat(MAX_TEXT);
    let notes = |ids: std::ops::Range<u8>| -> Vec<Edit> {
        ids.flat_map(|id| signed_note(id, &text)).collect()
    };
    assert_eq!(refused(ana.try_edit(&notes(10..90))), "edits");
    assert_eq!(ana.canonical(), before);
    for half in [10..50, 50..90] {
        let committed = ana.edit(&notes(half));
        let bytes: usize = committed.changes.iter().map(|it| it.bytes.len()).sum();
        assert!(bytes <= MAX_UPLOAD);
    }
    ana.exchange(&mut ben);
    assert_eq!(ben.view().notes.len(), 80);
}

#[test]
fn drafts_that_one_request_does_not_carry_together_are_refused_together() {
    let (mut ana, _) = two_workers();
    let text = long_text(1);
    let begun: Vec<Edit> = (10..50).map(|id| ids::start_note(id, "")).collect();
    ana.edit(&begun);
    let before = ana.canonical();
    let written: Vec<Edit> = (10..50).map(|id| write(id, &text)).collect();
    assert_eq!(refused(ana.try_edit(&written)), "edits");
    assert_eq!(ana.canonical(), before);
    ana.edit(&written[..10]);
}

#[test]
fn a_record_grows_no_larger_than_a_server_takes() {
    let (mut ana, _) = two_workers();
    let fill = |ana: &mut Worker, ids: std::ops::Range<u8>| {
        ids.into_iter()
            .map(|id| ana.try_edit(&signed_note(id, &long_text(id.into()))))
            .find_map(Result::err)
    };
    ana.edit(&[
        ids::start_note(9, ""),
        ids::plan_visit(8),
        ids::check_in(8, 6),
    ]);
    let full = fill(&mut ana, 10..100).unwrap();
    assert_eq!(refused(Err(full)), "record");
    let saved = ana.documents.case().save().len();
    assert!(
        (MAX_EDITED - 100_000..=MAX_EDITED).contains(&saved),
        "{saved}"
    );

    // What was begun before is brought to its end.
    ana.edit(&[write(9, &long_text(9))]);
    let sign = NoteEdit::Sign { id: ids::entity(9) };
    ana.edit(&[sign.into(), ids::check_out(8, 7)]);
    assert!(ana.documents.case().save().len() > MAX_EDITED);

    // As after a start of the app, and as on another device.
    let snapshot = ana.documents.case().save_verified().unwrap();
    let loaded = Document::load(ids::case(), Some(&snapshot), []).unwrap();
    let mut ben = Worker::joining(2, &ana);
    ana.documents = CaseDocuments::of(loaded);
    for worker in [&mut ana, &mut ben] {
        assert_eq!(refused(Err(fill(worker, 101..102).unwrap())), "record");
        worker.edit(&[set_phone("555 0199")]);
        assert_eq!(worker.view().phones[0].number.as_deref(), Some("555 0199"));
    }
}

#[test]
fn a_draft_grows_no_larger_than_a_server_takes() {
    let (mut ana, _) = two_workers();
    ana.edit(&[ids::start_note(10, "Calm."), ids::start_note(11, "Calm.")]);
    for (id, noise) in [(10, 2 * MAX_EDITED), (11, 1_000)] {
        let draft = ana.documents.get_mut(draft_of(ids::entity(id))).unwrap();
        let mut open = draft.automerge.transaction();
        let noise: String = long_text(1).chars().cycle().take(noise / 4).collect();
        open.put(automerge::ROOT, "noise", noise.into_bytes())
            .unwrap();
        open.commit();
        draft.at_most = usize::MAX;
    }
    assert_eq!(refused(ana.try_edit(&[write(10, "Fell.")])), "note.text");
    ana.edit(&[write(11, "Fell.")]);
    let draft = ana.documents.note(ids::entity(11)).unwrap();
    assert!(draft.at_most < 10_000, "it was saved to find out");
}

#[test]
fn a_document_is_never_longer_when_saved_than_it_is_counted() {
    let (mut ana, mut ben) = two_workers();
    for round in 0..20 {
        for worker in [&mut ana, &mut ben] {
            worker.edit(&[set_phone(&format!("555 01{round:02}"))]);
        }
        ana.edit(&[ids::start_note(20 + round, "Calm.")]);
        ben.pull(&ana);
        ben.edit(&[write(20 + round, "Fell at night.")]);
        ana.exchange(&mut ben);
        for worker in [&ana, &ben] {
            for document in worker.documents.documents() {
                let saved = document.automerge.save_nocompress().len();
                assert!(saved <= document.at_most, "{saved} {}", document.at_most);
            }
        }
    }
}
