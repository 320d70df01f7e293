//! One worker, two devices, one caseload: whatever happens on the way, both end equal and nothing saved is lost.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::domain::{
    Choice, ConflictEdit, NoteEdit, NoteState, NoteUpdate, PhoneEdit, PhoneUpdate, Value,
};
use caseweave::{CaseId, Error, ListQuery};
use caseweave_testkit::{Agency, Device, Entries, Fate};

fn two_devices(seed: u64) -> (Agency, Device, Device) {
    let mut agency = Agency::new(seed);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    (agency, phone, tablet)
}

/// Both devices show the same of everything, and each one's rows equal rows made anew.
fn assert_equal(agency: &Agency, devices: &[&Device]) {
    let first = devices[0];
    for device in devices {
        assert_eq!(device.cases(), first.cases());
        assert_eq!(
            device.caseweave.inbox().unwrap(),
            first.caseweave.inbox().unwrap()
        );
        for case in first.cases() {
            assert_eq!(device.case(case), first.case(case));
            assert_eq!(
                device.caseweave.history(case).unwrap().len(),
                first.caseweave.history(case).unwrap().len()
            );
        }
        let sync = device.caseweave.status(None).unwrap();
        assert_eq!((sync.pending, sync.held, sync.refused), (0, 0, 0));
        assert!(device.caseweave.quarantined(None).unwrap().is_empty());
        assert!(device.caseweave.check_storage().unwrap().is_clean());
    }
    assert_eq!(agency.findings(), Vec::<String>::new());
}

fn exchange_all(agency: &Agency, devices: &[&Device]) {
    for _ in 0..2 {
        for device in devices {
            device.sync(&mut agency.network());
        }
    }
}

#[test]
fn what_two_devices_wrote_apart_is_on_both_after_they_sync() {
    let (agency, phone, tablet) = two_devices(1);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let number = Entries(&phone).phone(case, "555 0100");
    let note = Entries(&phone).note(case, "Visited at noon. Calm.");
    exchange_all(&agency, &[&phone, &tablet]);

    Entries(&phone).visit_with_note(case, "Ate well.");
    Entries(&tablet).visit_with_note(case, "Slept badly.");
    Entries(&phone).write(case, note, "Visited at noon. Calm and rested.");
    Entries(&tablet).write(case, note, "Visited Rosa at noon. Calm.");
    Entries(&phone).change_phone(case, number, "555 0111");
    Entries(&tablet).change_phone(case, number, "555 0122");
    Entries(&phone).task(case, "Call the pharmacy");
    Entries(&tablet).task(case, "Order a ramp");
    exchange_all(&agency, &[&phone, &tablet]);
    assert_equal(&agency, &[&phone, &tablet]);

    let view = tablet.case(case);
    assert_eq!(view.visits.len(), 2);
    assert_eq!(view.tasks.len(), 2);
    let draft = view
        .notes
        .iter()
        .find(|view| view.note.meta.id == note)
        .unwrap();
    assert_eq!(
        draft.draft.as_deref(),
        Some("Visited Rosa at noon. Calm and rested.")
    );
    let values: Vec<String> = view.conflicts[0]
        .choices
        .iter()
        .map(|choice: &Choice| choice.value.display())
        .collect();
    assert_eq!(values.len(), 2);
    assert!(values.contains(&"555 0111".into()) && values.contains(&"555 0122".into()));

    let path = view.conflicts[0].path.clone();
    let value = Value::Text("555 0122".into());
    tablet.edit(case, &[ConflictEdit::Settle { path, value }.into()]);
    exchange_all(&agency, &[&phone, &tablet]);
    assert!(phone.case(case).conflicts.is_empty());
    assert_eq!(
        phone.case(case).phones[0].number.as_deref(),
        Some("555 0122")
    );
    assert_equal(&agency, &[&phone, &tablet]);
}

#[test]
fn nothing_to_say_is_one_small_request() {
    let (agency, phone, tablet) = two_devices(2);
    for name in ["Rosa", "Ben", "Lea"] {
        Entries(&phone).open_case(name, "Díaz");
    }
    exchange_all(&agency, &[&phone, &tablet]);
    let mut network = agency.network();
    tablet.sync(&mut network);
    assert_eq!(network.requests, 1);
    assert!(
        network.bytes <= 200 + 256,
        "{} bytes with padding",
        network.bytes
    );
}

#[test]
fn a_lost_reply_is_sent_again_and_taken_once() {
    let (agency, phone, tablet) = two_devices(3);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    for lost in [Fate::ReplyLost, Fate::RequestLost, Fate::Doubled] {
        Entries(&phone).visit_with_note(case, "Ate well.");
        let mut fates = vec![lost].into_iter();
        let mut network = agency
            .network()
            .with_fate(move || fates.next().unwrap_or(Fate::Arrives));
        phone.sync(&mut network);
        Entries(&phone).task(case, "after the lost reply");
    }
    exchange_all(&agency, &[&phone, &tablet]);
    assert_eq!(tablet.case(case).visits.len(), 3);
    assert_equal(&agency, &[&phone, &tablet]);
}

#[test]
fn work_saved_before_a_lost_reply_survives_a_restart_on_either_side() {
    let (mut agency, mut phone, tablet) = two_devices(4);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let session = phone.caseweave.sync().unwrap();
    let request = session.next_request().unwrap().unwrap();
    agency.network().send(&request);
    drop(session);
    agency.restart();
    phone = phone.restart();
    Entries(&phone).task(case, "after the restart");
    exchange_all(&agency, &[&phone, &tablet]);
    assert_eq!(tablet.case(case).tasks.len(), 1);
    assert_equal(&agency, &[&phone, &tablet]);
}

#[test]
fn two_exchanges_at_once_of_one_device_do_no_harm() {
    let (agency, phone, tablet) = two_devices(5);
    let case = Entries(&tablet).open_case("Rosa", "Díaz");
    exchange_all(&agency, &[&tablet, &phone]);
    Entries(&tablet).visit_with_note(case, "Ate well.");
    tablet.sync(&mut agency.network());
    Entries(&phone).task(case, "mine");
    let (one, two) = (
        phone.caseweave.sync().unwrap(),
        phone.caseweave.sync().unwrap(),
    );
    let (first, second) = (
        one.next_request().unwrap().unwrap(),
        two.next_request().unwrap().unwrap(),
    );
    let mut network = agency.network();
    let (first, second) = (
        network.send(&first).unwrap(),
        network.send(&second).unwrap(),
    );
    two.on_response(second.0, &second.1).unwrap();
    one.on_response(first.0, &first.1).unwrap();
    exchange_all(&agency, &[&phone, &tablet]);
    assert_eq!(phone.case(case).visits.len(), 1);
    assert_equal(&agency, &[&phone, &tablet]);
}

#[test]
fn a_phone_restored_from_a_backup_gets_its_own_work_back() {
    let (agency, phone, tablet) = two_devices(6);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    phone.sync(&mut agency.network());
    let backup = phone.backup();
    Entries(&phone).visit_with_note(case, "Ate well.");
    phone.sync(&mut agency.network());
    let phone = phone.restored(backup);
    assert!(phone.case(case).visits.is_empty());
    Entries(&phone).task(case, "after the restore");
    exchange_all(&agency, &[&phone, &tablet]);
    assert_eq!(phone.case(case).visits.len(), 1);
    assert_eq!(tablet.case(case).tasks.len(), 1);
    assert_equal(&agency, &[&phone, &tablet]);
}

#[test]
fn a_phone_copied_to_a_second_one_wedges_neither() {
    let (agency, phone, tablet) = two_devices(7);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    phone.sync(&mut agency.network());
    Entries(&phone).task(case, "before the copy, not sent");
    let (phone, copy) = phone.cloned();
    Entries(&phone).task(case, "on the phone");
    Entries(&copy).task(case, "on the copy");
    for device in [&phone, &copy, &tablet, &phone, &copy] {
        device.sync(&mut agency.network());
    }
    tablet.sync(&mut agency.network());
    assert_eq!(tablet.case(case).tasks.len(), 3);
    assert_equal(&agency, &[&phone, &copy, &tablet]);
}

#[test]
fn signed_notes_are_found_by_search_on_both_devices() {
    let (agency, phone, tablet) = two_devices(8);
    let case = Entries(&phone).open_case("Zoë", "Müller");
    Entries(&phone).visit_with_note(case, "Complained about crêpes.");
    exchange_all(&agency, &[&phone, &tablet]);
    for device in [&phone, &tablet] {
        for words in ["crepe", "zoe mull"] {
            let hits = device.caseweave.search(words, 10).unwrap();
            assert!(hits.iter().any(|hit| hit.case == case), "{words}");
        }
    }
    let row = &tablet.caseweave.list(&ListQuery::default()).unwrap().rows[0];
    assert_eq!(row.case.name, "Zoë Müller");
    let signed = &tablet.case(case).notes[0];
    assert_eq!(signed.state, NoteState::Signed);
    assert!(signed.signed[0].intact);
}

#[test]
fn a_signed_note_can_be_written_on_and_shows_late_words() {
    let (agency, phone, tablet) = two_devices(9);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let note = Entries(&phone).note(case, "Calm.");
    exchange_all(&agency, &[&phone, &tablet]);
    phone.edit(case, &[NoteEdit::Sign { id: note }.into()]);
    Entries(&tablet).write(case, note, "Calm. Fell at night.");
    exchange_all(&agency, &[&phone, &tablet]);
    assert_eq!(
        phone.case(case).notes[0].state,
        NoteState::SignedWithLateWords
    );
    assert_equal(&agency, &[&phone, &tablet]);
}

#[test]
fn bad_input_names_the_field_and_changes_nothing() {
    let (_agency, phone, _) = two_devices(10);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let before = phone.case(case);
    let fields = PhoneUpdate {
        number: Some("none".into()),
        ..PhoneUpdate::default()
    };
    let error = phone
        .caseweave
        .edit(
            case,
            &[PhoneEdit::Add {
                id: phone.id(),
                fields,
            }
            .into()],
        )
        .unwrap_err();
    let Error::InvalidInput { field, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(field, "phone.number");
    assert_eq!(phone.case(case), before);
    let unknown = CaseId::from_bytes([1; 16]);
    assert!(matches!(
        phone.caseweave.case(unknown),
        Err(Error::NotFound { .. })
    ));
    let edit = PhoneEdit::Add {
        id: phone.id(),
        fields: PhoneUpdate::default(),
    }
    .into();
    assert!(matches!(
        phone.caseweave.edit(unknown, &[edit]),
        Err(Error::NotFound { .. })
    ));
}

#[test]
fn a_locked_record_answers_nothing_until_the_vault_gives_its_key() {
    let (agency, phone, _) = two_devices(11);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    phone.caseweave.lock();
    assert!(matches!(
        phone.caseweave.case(case),
        Err(Error::NotAllowed { .. })
    ));
    assert!(matches!(
        phone.caseweave.sync(),
        Err(Error::NotAllowed { .. })
    ));
    phone.vault.fail(true);
    assert!(matches!(
        phone.caseweave.unlock(),
        Err(Error::WrongKey { .. })
    ));
    phone.vault.fail(false);
    phone.caseweave.unlock().unwrap();
    phone.sync(&mut agency.network());
    assert_eq!(phone.case(case).person.family_name.as_deref(), Some("Díaz"));
}

#[test]
fn a_damaged_file_is_set_aside_and_told() {
    let (_agency, phone, _) = two_devices(12);
    Entries(&phone).open_case("Rosa", "Díaz");
    let options = phone.options();
    phone.caseweave.close();
    let path = phone.directory().join("caseweave.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100..200].fill(0xff);
    std::fs::write(&path, &bytes).unwrap();
    // The second start finds nothing, and tells where it is all the same.
    for _ in 0..2 {
        let error = caseweave::Caseweave::open(options.clone()).unwrap_err();
        let Error::StorageCorrupt { kept_at, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(std::fs::read(kept_at).unwrap(), bytes);
    }
}

#[test]
fn a_signed_note_looks_the_same_wherever_it_was_last_read() {
    let (agency, phone, tablet) = two_devices(13);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let note = Entries(&phone).note(case, "Calm.");
    exchange_all(&agency, &[&phone, &tablet]);
    // The tablet has the draft in memory when the signature comes; the phone reads the note anew after a restart.
    tablet.case(case);
    phone.edit(case, &[NoteEdit::Sign { id: note }.into()]);
    exchange_all(&agency, &[&phone, &tablet]);
    let phone = phone.restart();
    assert_equal(&agency, &[&phone, &tablet]);
    assert_eq!(phone.case(case).notes[0].draft, None);
    assert_eq!(phone.case(case).notes[0].signed[0].text, "Calm.");
}

#[test]
fn a_notes_words_are_found_after_only_its_title_changed() {
    let (agency, phone, tablet) = two_devices(14);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let note = Entries(&phone).note(case, "Complained about crêpes.");
    exchange_all(&agency, &[&phone, &tablet]);
    let (phone, tablet) = (phone.restart(), tablet.restart());
    let fields = NoteUpdate {
        title: Some("Lunch".into()),
        ..NoteUpdate::default()
    };
    phone.edit(case, &[NoteEdit::Update { id: note, fields }.into()]);
    exchange_all(&agency, &[&phone, &tablet]);
    for device in [&phone, &tablet] {
        for words in ["crepes", "lunch"] {
            let hits = device.caseweave.search(words, 10).unwrap();
            assert!(hits.iter().any(|hit| hit.id == note), "{words}");
        }
    }
    assert_equal(&agency, &[&phone, &tablet]);
}
