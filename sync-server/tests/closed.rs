//! Drafts whose notes are signed as they stand: who has them, who gets them, and that both sides count alike.
//!
//! Every exchange of a phone compares its digest with the server's.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod support;

use automerge::ROOT;
use automerge::transaction::Transactable;
use caseweave_engine::domain::{Edit, NoteEdit, NoteKind, NoteUpdate};
use caseweave_engine::ids::{DocumentId, EntityId, WorkerId};
use caseweave_engine::sync::wire::Role;
use caseweave_server::{Fault, check};
use support::*;

fn note(number: u8) -> EntityId {
    EntityId::from_bytes([number; 16])
}

fn draft(number: u8) -> DocumentId {
    DocumentId::from_bytes([number; 16])
}

fn start(number: u8) -> Edit {
    let fields = NoteUpdate {
        sort: Some(NoteKind::Progress),
        ..NoteUpdate::default()
    };
    let (id, text) = (note(number), "Calm.".into());
    NoteEdit::Start { id, fields, text }.into()
}

fn write(number: u8, text: &str) -> Edit {
    let (id, text) = (note(number), text.into());
    NoteEdit::Write { id, text }.into()
}

fn sign(number: u8) -> Edit {
    let id = note(number);
    NoteEdit::Sign { id }.into()
}

/// Ana's phone with a case that has notes, and everyone who may read it.
struct Notes {
    world: World,
    ana: WorkerId,
    phone: Phone,
    case: DocumentId,
}

impl Notes {
    /// A case whose notes have drafts that are open. Every sort of id stands before and after that of the case.
    fn open(numbers: &[u8]) -> Self {
        let mut world = World::new();
        let ana = world.worker("Ana");
        let mut phone = world.phone(ana);
        let case = phone.open_case(0x10);
        for number in numbers {
            phone.write(case, &[start(*number)]);
        }
        phone.sync(&world.server);
        Self {
            world,
            ana,
            phone,
            case,
        }
    }

    fn signed(numbers: &[u8]) -> Self {
        let mut notes = Self::open(numbers);
        numbers
            .iter()
            .for_each(|number| notes.edit(&[sign(*number)]));
        notes
    }

    /// Ana writes, and sends it.
    fn edit(&mut self, edits: &[Edit]) {
        self.phone.write(self.case, edits);
        self.phone.sync(&self.world.server);
    }

    /// A phone of Ana's that has nothing yet.
    fn newcomer(&mut self) -> Phone {
        self.world.phone(self.ana)
    }

    fn filled(&mut self) -> Phone {
        let mut phone = self.newcomer();
        phone.sync(&self.world.server);
        phone
    }

    fn faults(&self) -> Vec<Fault> {
        let findings = check(&self.world.server.administration()).unwrap();
        findings.into_iter().map(|finding| finding.what).collect()
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.faults(), []);
        }
    }
}

#[test]
fn a_new_device_gets_open_drafts_and_no_closed_ones() {
    let mut notes = Notes::open(&[0x05, 0x20]);
    notes.edit(&[sign(0x05)]);
    let new = notes.filled();
    let has = |number| new.documents.contains_key(&draft(number));
    assert!(has(0x20) && !has(0x05));
    assert_eq!(new.digest, notes.phone.digest);
}

#[test]
fn late_words_bring_the_draft_to_those_who_had_it_not() {
    let mut notes = Notes::signed(&[0x05]);
    let mut new = notes.filled();
    notes.edit(&[write(0x05, "Calm. Fell.")]);
    new.sync(&notes.world.server);
    assert_eq!(new.heads(draft(0x05)), notes.phone.heads(draft(0x05)));

    notes.edit(&[sign(0x05)]);
    new.sync(&notes.world.server);
    assert!(new.is_closed(draft(0x05)));
    assert!(!notes.filled().documents.contains_key(&draft(0x05)));
}

#[test]
fn who_writes_on_without_the_draft_opens_it_and_gets_it() {
    let mut notes = Notes::signed(&[0x05]);
    let (mut one, mut other) = (notes.filled(), notes.filled());
    for (phone, text) in [(&mut one, "Calm. Fell."), (&mut other, "Calm. Ate.")] {
        phone.write(notes.case, &[write(0x05, text)]);
    }
    one.sync(&notes.world.server);
    for phone in [&mut other, &mut one, &mut notes.phone] {
        phone.sync(&notes.world.server);
        assert_eq!(phone.heads(draft(0x05)).len(), 3);
        assert!(!phone.is_closed(draft(0x05)));
    }

    one.write(notes.case, &[sign(0x05)]);
    for phone in [&mut one, &mut other, &mut notes.phone] {
        phone.sync(&notes.world.server);
        assert!(phone.is_closed(draft(0x05)));
    }
    assert!(!notes.filled().documents.contains_key(&draft(0x05)));
}

#[test]
fn a_signature_over_words_written_without_the_draft_closes_it_at_once() {
    let mut notes = Notes::signed(&[0x05]);
    let mut new = notes.filled();
    new.write(notes.case, &[write(0x05, "Calm. Fell.")]);
    new.write(notes.case, &[sign(0x05)]);
    for phone in [&mut new, &mut notes.phone] {
        phone.sync(&notes.world.server);
        assert!(phone.is_closed(draft(0x05)));
    }
}

/// What Ana does while a device is being filled.
type Steps<'a> = &'a [&'a [Edit]];

#[test]
fn whatever_closes_and_opens_while_a_device_is_filled_it_ends_with_what_it_should_have() {
    // The draft that comes last.
    let late = |text| vec![write(0x40, text)];
    let (late, more) = (late("Calm. Fell."), late("Calm. Fell. Ate."));
    let (sign, other) = (vec![sign(0x40)], vec![start(0x30)]);
    let (start, signed): (&[Edit], &[Edit]) = (&[], &[sign[0].clone()]);
    let histories: &[(Steps<'_>, Steps<'_>)] = &[
        (&[start], &[signed]),
        (&[start], &[&late, signed]),
        (&[start], &[signed, &late]),
        (&[start], &[&late, signed, &more]),
        (&[signed], &[&late]),
        (&[signed], &[&late, signed]),
        (&[signed], &[&late, signed, &more, signed]),
        (&[signed, &late], &[signed, &other, &more]),
    ];
    for (before, during) in histories {
        for first in 0..5 {
            for apart in 1..3 {
                let mut notes = Notes::open(&[0x05, 0x20, 0x40]);
                let edits = before.iter().filter(|edits| !edits.is_empty());
                edits.for_each(|edits| notes.edit(edits));
                let mut new = notes.newcomer();
                // A page holds at least one document, and no more than one of these.
                new.budget = 1;
                let mut waiting = during.iter();
                for page in 0..100 {
                    if page >= first && (page - first) % apart == 0 {
                        waiting
                            .next()
                            .into_iter()
                            .for_each(|edits| notes.edit(edits));
                    }
                    let request = new.request();
                    let response = new.ask(&notes.world.server, &request);
                    new.apply(&response);
                    if !response.more && waiting.len() == 0 {
                        break;
                    }
                }
                waiting.for_each(|edits| notes.edit(edits));
                new.sync(&notes.world.server);
                notes.phone.sync(&notes.world.server);
                assert_eq!(new.digest, notes.phone.digest);
                assert_eq!(new.heads(notes.case), notes.phone.heads(notes.case));
                if !notes.phone.is_closed(draft(0x40)) {
                    assert_eq!(new.heads(draft(0x40)), notes.phone.heads(draft(0x40)));
                }
            }
        }
    }
}

#[test]
fn a_case_granted_today_comes_without_closed_drafts_and_goes_without_a_trace() {
    let mut notes = Notes::open(&[0x05, 0x20]);
    notes.edit(&[sign(0x05)]);
    let ben = notes.world.worker("Ben");
    let mut bens = notes.world.phone(ben);
    bens.sync(&notes.world.server);
    let empty = bens.digest;
    notes.phone.share(notes.case, ben, Role::Contributor);
    notes.phone.sync(&notes.world.server);
    bens.sync(&notes.world.server);
    let has = |number| bens.documents.contains_key(&draft(number));
    assert!(has(0x20) && !has(0x05));

    notes.edit(&[write(0x05, "Calm. Fell.")]);
    notes.edit(&[write(0x20, "Slept."), sign(0x20)]);
    bens.sync(&notes.world.server);
    assert!(bens.documents.contains_key(&draft(0x05)));
    let withdraw = caseweave_engine::sync::wire::AccessAction::Withdraw { worker: ben };
    notes.phone.decide(notes.case, withdraw);
    notes.phone.sync(&notes.world.server);
    bens.sync(&notes.world.server);
    assert_eq!(bens.digest, empty);
}

#[test]
fn a_closed_draft_that_is_wanted_comes_with_its_signatures_and_only_to_readers() {
    let mut notes = Notes::signed(&[0x05]);
    let ben = notes.world.worker("Ben");
    let mut bens = notes.world.phone(ben);
    let mut new = notes.filled();
    for (phone, gets) in [(&mut new, true), (&mut bens, false)] {
        phone.sync(&notes.world.server);
        let request = caseweave_engine::sync::wire::WireRequest {
            wanted: vec![draft(0x05)],
            ..phone.request()
        };
        let response = phone.ask(&notes.world.server, &request);
        phone.apply(&response);
        assert_eq!(phone.documents.contains_key(&draft(0x05)), gets);
        assert_eq!(response.proofs[0].runs.len(), usize::from(gets));
        assert_eq!(response.digest, Some(phone.sum()));
        assert!(!response.more);
    }
    assert_eq!(new.heads(draft(0x05)), notes.phone.heads(draft(0x05)));
}

#[test]
fn a_wanted_draft_that_does_not_fit_comes_with_a_later_page() {
    let mut notes = Notes::signed(&[0x05, 0x20]);
    let mut new = notes.filled();
    new.budget = 1;
    let mut pages = 0;
    let mut more = true;
    while more {
        let wanted = [0x05, 0x20].map(draft).to_vec();
        let wanted = wanted
            .into_iter()
            .filter(|id| !new.documents.contains_key(id));
        let request = caseweave_engine::sync::wire::WireRequest {
            wanted: wanted.collect(),
            ..new.request()
        };
        let response = new.ask(&notes.world.server, &request);
        new.apply(&response);
        (pages, more) = (pages + 1, response.more);
    }
    assert_eq!((pages, new.documents.len()), (2, 3));
    assert_eq!(new.digest, Some(new.sum()));
}

/// Writes into the first signed version of a case what no library writes.
fn tamper(phone: &mut Phone, case: DocumentId, field: &str, value: &str) {
    let local = phone.documents.get_mut(&case).unwrap();
    let mut keys = automerge::ReadDoc::keys(&local.automerge, ROOT);
    let version = keys.find(|key| key.starts_with("signed_note/")).unwrap();
    drop(keys);
    let found = automerge::ReadDoc::get(&local.automerge, ROOT, &version);
    let (_, object) = found.unwrap().unwrap();
    let mut transaction = local.automerge.transaction();
    transaction.put(object, field, value).unwrap();
    transaction.commit();
    let change = local.automerge.get_last_local_change().unwrap();
    local.pending.push(change);
    phone.groups.push((None, vec![(case, 1)]));
}

#[test]
fn a_version_that_loses_its_digest_opens_the_draft_for_everyone() {
    let mut notes = Notes::signed(&[0x05]);
    let mut new = notes.filled();
    tamper(&mut notes.phone, notes.case, "text", "Restless.");
    notes.phone.sync(&notes.world.server);
    new.sync(&notes.world.server);
    assert_eq!(new.heads(draft(0x05)), notes.phone.heads(draft(0x05)));
    assert!(!new.is_closed(draft(0x05)));
    tamper(&mut notes.phone, notes.case, "text", "Calm.");
    notes.phone.sync(&notes.world.server);
    new.sync(&notes.world.server);
    assert!(new.is_closed(draft(0x05)));
}

#[test]
fn the_check_finds_a_draft_that_is_not_as_closed_as_it_is_taken_for() {
    let mut notes = Notes::signed(&[0x05]);
    let set = |closed: i64| {
        let database = notes.world.database();
        let sql = "UPDATE documents SET closed = ?1 WHERE kind = 'note'";
        assert_eq!(database.execute(sql, [closed]).unwrap(), 1);
    };
    set(0);
    assert_eq!(notes.faults()[0], Fault::Draft(draft(0x05)));
    set(1);
    notes.edit(&[write(0x05, "Calm. Fell.")]);
}

#[test]
fn a_server_from_before_looks_at_its_drafts_when_it_opens() {
    let mut notes = Notes::open(&[0x05, 0x20]);
    notes.edit(&[sign(0x05)]);
    let digest = notes.phone.digest;
    // As the step that brought the column leaves it, with both drafts counted.
    let database = notes.world.database();
    database
        .execute("UPDATE documents SET closed = NULL WHERE kind = 'note'", [])
        .unwrap();
    let closed = caseweave_engine::sync::fingerprint(
        caseweave_engine::ids::ScopeId::of(notes.case),
        draft(0x05),
        &notes.phone.heads(draft(0x05)),
    );
    let mut before = digest.unwrap();
    before.toggle(closed);
    database
        .execute("UPDATE member_digest SET digest = ?1", [before.0])
        .unwrap();
    drop(database);
    let world = std::mem::replace(&mut notes.world, World::new());
    let elsewhere = std::mem::replace(&mut notes.world, world.restart(false));
    drop(elsewhere);
    let new = notes.filled();
    assert_eq!(new.digest, digest);
    assert!(!new.documents.contains_key(&draft(0x05)));
}
