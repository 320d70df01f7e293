//! Notes that were signed apart, or written on after they were signed: what a worker can do about them, and what stays of the rest.

use super::two_workers;
use super::worker::{Worker, ids};
use crate::domain::*;
use crate::ids::EntityId;

const NOTE: u8 = 20;

fn write(text: &str) -> Edit {
    let (id, text) = (ids::entity(NOTE), text.into());
    NoteEdit::Write { id, text }.into()
}

fn sign() -> Edit {
    let id = ids::entity(NOTE);
    NoteEdit::Sign { id }.into()
}

fn addendum(reason: &str) -> Edit {
    let (id, reason) = (ids::entity(NOTE), reason.into());
    NoteEdit::SignAddendum { id, reason }.into()
}

fn settle(id: u8, signed_note: EntityId, reason: &str) -> Edit {
    NoteEdit::Settle {
        id: ids::entity(id),
        note: ids::entity(NOTE),
        signed_note,
        reason: reason.into(),
    }
    .into()
}

fn note(worker: &Worker) -> NoteView {
    worker.view().notes.remove(0)
}

/// The signed version with a text.
fn version(worker: &Worker, text: &str) -> SignedNote {
    let signed = note(worker).signed;
    signed.into_iter().find(|one| one.text == text).unwrap()
}

fn superseded(worker: &Worker) -> Vec<String> {
    let signed = note(worker).signed.into_iter();
    let set_aside = signed.filter(|version| version.superseded_by.is_some());
    set_aside.map(|version| version.text).collect()
}

/// Two who wrote on in one note apart, and signed each their own words.
fn signed_apart() -> (Worker, Worker) {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[ids::start_note(NOTE, "Calm.")]);
    ben.pull(&ana);
    ana.edit(&[write("Calm. Ate.")]);
    ben.edit(&[write("Calm. Fell.")]);
    ana.edit(&[sign()]);
    ben.edit(&[sign()]);
    ana.exchange(&mut ben);
    assert_eq!(note(&ana).state, NoteState::SignedWithLateWords);
    (ana, ben)
}

#[test]
fn of_two_versions_signed_apart_one_stands_by_decision_and_the_other_stays_as_signed() {
    let (mut ana, mut ben) = signed_apart();
    let stands = version(&ana, "Calm. Fell.").meta.id;
    ben.edit(&[settle(30, stands, "Ben saw her fall")]);
    ana.exchange(&mut ben);
    assert_eq!(ana.canonical(), ben.canonical());
    let set_aside = version(&ana, "Calm. Ate.");
    assert!(set_aside.intact);
    let decision = note(&ana).settlements.remove(0);
    assert_eq!(set_aside.superseded_by, Some(decision.meta.id));
    assert_eq!(decision.meta.created.worker, Some(ids::worker(2)));
    assert_eq!(decision.signed_note, Some(stands));
    assert_eq!(decision.reason.as_deref(), Some("Ben saw her fall"));
    assert_eq!(version(&ana, "Calm. Fell.").superseded_by, None);
    assert_eq!(note(&ana).state, NoteState::Settled);
    assert!(note(&ana).draft.unwrap().contains("Ate."), "still shown");
}

#[test]
fn decisions_made_apart_decide_where_they_agree_and_nothing_where_they_differ() {
    let (mut ana, mut ben) = signed_apart();
    let [ate, fell] = ["Calm. Ate.", "Calm. Fell."].map(|text| version(&ana, text).meta.id);
    ana.edit(&[settle(30, ate, "Longer there")]);
    ben.edit(&[settle(31, fell, "Saw her fall")]);
    ana.exchange(&mut ben);
    assert_eq!(ana.canonical(), ben.canonical());
    assert_eq!(superseded(&ana), [""; 0]);
    assert_eq!(note(&ana).state, NoteState::SignedWithLateWords);

    ana.edit(&[settle(32, fell, "Spoke with Ben")]);
    ben.edit(&[settle(33, fell, "Spoke with Ana")]);
    ana.exchange(&mut ben);
    assert_eq!(ana.canonical(), ben.canonical());
    assert_eq!(superseded(&ana), ["Calm. Ate."]);
    assert_eq!(note(&ana).state, NoteState::Settled);
    assert_eq!(note(&ana).settlements.len(), 4);
}

#[test]
fn late_words_become_an_addendum_that_says_to_what_and_why() {
    let (mut ana, mut ben) = two_workers();
    ana.edit(&[ids::start_note(NOTE, "Calm."), sign()]);
    ben.pull(&ana);
    ben.edit(&[write("Calm. Her daughter called.")]);
    ben.edit(&[addendum("Learned the day after")]);
    ana.exchange(&mut ben);
    assert_eq!(ana.canonical(), ben.canonical());
    let first = version(&ana, "Calm.");
    let added = version(&ana, "Calm. Her daughter called.");
    assert!(first.intact && first.adds_to.is_none() && first.superseded_by.is_none());
    assert!(added.intact);
    assert_eq!(added.adds_to, Some(first.meta.id));
    assert_eq!(added.reason.as_deref(), Some("Learned the day after"));
    assert_eq!(added.signer, ids::worker(2));
    assert_eq!(note(&ana).state, NoteState::Signed);
}

#[test]
fn a_version_stands_with_what_it_adds_to_and_without_its_addenda() {
    let (mut ana, mut ben) = signed_apart();
    ben.edit(&[
        write("Calm. Fell. Called her doctor."),
        addendum("Forgot it"),
    ]);
    ana.exchange(&mut ben);
    let late = version(&ana, "Calm. Fell. Called her doctor.");
    let first = late.adds_to.unwrap();
    let first_text = ["Calm. Ate.", "Calm. Fell."].into_iter();
    let (kept, other): (Vec<_>, Vec<_>) =
        first_text.partition(|text| version(&ana, text).meta.id == first);
    ana.edit(&[settle(30, late.meta.id, "All that Ben says")]);
    assert_eq!(superseded(&ana), other);
    ana.edit(&[settle(31, first, "Without what was added")]);
    let mut aside = superseded(&ana);
    aside.sort_unstable();
    assert_eq!(aside, [other[0], "Calm. Fell. Called her doctor."]);
    assert_eq!(version(&ana, kept[0]).superseded_by, None);
}

/// Each row: what is done with the note, and where it stands then.
#[test]
fn every_step_of_a_note_leads_where_the_table_says() {
    use NoteState::{Draft, Settled, Signed, SignedWithLateWords};
    let (mut ana, _) = two_workers();
    ana.edit(&[ids::start_note(NOTE, "Calm.")]);
    let refused = |ana: &mut Worker, edit: Edit| ana.try_edit(&[edit]).is_err();
    let nobody = ids::entity(99);
    assert_eq!(note(&ana).state, Draft);
    assert!(refused(&mut ana, addendum("Nothing is signed")));
    assert!(refused(&mut ana, settle(40, nobody, "Nothing is signed")));

    ana.edit(&[sign()]);
    let first = version(&ana, "Calm.").meta.id;
    assert_eq!(note(&ana).state, Signed);
    assert!(refused(&mut ana, addendum("Nothing came after")));
    assert!(refused(&mut ana, settle(40, first, "Nothing beside it")));
    assert!(refused(&mut ana, settle(40, nobody, "No version")));

    for (edit, state) in [
        (write("Calm. Ate."), SignedWithLateWords),
        (settle(40, first, "Not of this visit"), Settled),
        (write("Calm. Ate. Slept."), SignedWithLateWords),
        (settle(41, first, "Nor is this"), Settled),
        (addendum("It is after all"), Signed),
        (write("Calm. Ate. Slept. Left."), SignedWithLateWords),
        (sign(), Signed),
        (settle(42, first, "Only the first is right"), Signed),
    ] {
        let said = format!("{edit:?}");
        assert!(
            refused(&mut ana, settle(50, first, " ")),
            "without a reason"
        );
        ana.edit(&[edit]);
        assert_eq!(note(&ana).state, state, "{said}");
    }
    assert_eq!(
        superseded(&ana),
        ["Calm. Ate. Slept.", "Calm. Ate. Slept. Left."]
    );
    assert!(refused(&mut ana, settle(43, first, "Said so already")));
    let last = version(&ana, "Calm. Ate. Slept. Left.").meta.id;
    ana.edit(&[settle(43, last, "All of it is right")]);
    assert_eq!(version(&ana, "Calm. Ate. Slept. Left.").superseded_by, None);
}

#[test]
fn a_decision_is_told_searched_and_never_removed() {
    let (mut ana, _) = signed_apart();
    let stands = version(&ana, "Calm. Fell.").meta.id;
    ana.edit(&[settle(30, stands, "Ben saw her fall")]);
    let told = ana.documents.timeline(&|_| None);
    let settled = NoteFact::Settled {
        note: Some(ids::entity(NOTE)),
        signed_note: Some(stands),
        sort: Some(NoteKind::Progress),
        title: None,
        reason: Some("Ben saw her fall".into()),
    };
    let facts: Vec<_> = told.iter().map(|item| &item.fact).collect();
    assert!(facts.contains(&&Fact::Note(settled)), "{facts:?}");
    let last = ana.documents.history().pop().unwrap();
    assert_eq!(last.intentions, "settle_note");
    let remove = RemovalEdit::Remove {
        kind: Kind::NoteSettlement,
        id: ids::entity(30),
        reason: "Unsaid".into(),
    };
    assert!(ana.try_edit(&[remove.into()]).is_err());
}
