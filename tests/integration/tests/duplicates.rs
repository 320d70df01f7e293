//! Whether somebody has a case already, and two cases that turn out to be one person's.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::domain::*;
use caseweave::{CaseId, Duplicate, EntityId, Error, Likeness, PersonDraft};
use caseweave_testkit::{Agency, Device, Entries};
use tempfile::TempDir;

/// A worker's phone.
fn phone() -> ((Agency, TempDir), Device) {
    let (agency, folder) = (Agency::new(1), tempfile::tempdir().unwrap());
    let worker = agency.worker("Ana");
    let phone = agency.kept_device(worker, &folder.path().join("phone"), 1);
    ((agency, folder), phone)
}

fn named(given: &str, family: &str) -> PersonUpdate {
    PersonUpdate {
        given_name: Some(given.into()),
        family_name: Some(family.into()),
        birth_date: Some("1939-02-28".parse().unwrap()),
        ..PersonUpdate::default()
    }
}

fn call(number: &str) -> PersonDraft {
    PersonDraft {
        person: named("Rosa", "Diaz"),
        phones: vec![number.into()],
        ..PersonDraft::default()
    }
}

fn found(device: &Device, draft: &PersonDraft) -> Vec<Duplicate> {
    device.caseweave.duplicates(draft).unwrap()
}

fn cases(duplicates: &[Duplicate]) -> Vec<CaseId> {
    duplicates.iter().map(|one| one.case.case.case).collect()
}

#[test]
fn a_person_with_a_case_is_found_before_another_is_opened() {
    let ((agency, folder), phone) = phone();
    let rosa = Entries(&phone).open_case("Rosa", "Díaz");
    Entries(&phone).open_case("Luis", "Moreno");
    let born = PersonEdit::Update {
        fields: named("Rosa María", "Díaz"),
    };
    let number = PhoneEdit::Add {
        id: phone.id(),
        fields: PhoneUpdate {
            number: Some("+1 612 555 0100".into()),
            ..PhoneUpdate::default()
        },
    };
    phone.edit(rosa, &[born.into(), number.into()]);
    let check = |device: &Device| {
        let duplicates = found(device, &call("(612) 555-0100"));
        assert_eq!(cases(&duplicates), [rosa]);
        let number = "(612) 555-0100".into();
        let likenesses = [
            Likeness::NameAlike,
            Likeness::BirthDate,
            Likeness::Phone { number },
        ];
        assert_eq!(duplicates[0].likenesses, likenesses);
        assert_eq!(duplicates[0].score, 25 + 35 + 30);
    };
    check(&phone);
    phone.sync(&mut agency.network());
    let worker = phone.caseweave.who_am_i().unwrap().worker;
    let tablet = agency.kept_device(worker, &folder.path().join("tablet"), 2);
    tablet.sync(&mut agency.network());
    check(&tablet);
    let many = PersonDraft {
        phones: vec!["1".into(); 51],
        ..PersonDraft::default()
    };
    let refused = phone.caseweave.duplicates(&many).unwrap_err();
    assert!(matches!(refused, Error::InvalidInput { field, .. } if field == "phones"));
    assert_eq!(found(&phone, &PersonDraft::default()), []);
}

#[test]
fn what_was_taken_back_finds_nobody() {
    let (_around, phone) = phone();
    let luis = Entries(&phone).open_case("Luis", "Moreno");
    let id = phone.id();
    let add = IdentifierEdit::Add {
        id,
        fields: IdentifierUpdate {
            system: Some("Medicaid".into()),
            value: Some("M-17".into()),
            ..IdentifierUpdate::default()
        },
    };
    phone.edit(luis, &[add.into()]);
    let draft = PersonDraft {
        identifiers: vec![IdentifierUpdate {
            system: Some("Medicaid".into()),
            value: Some("M-17".into()),
            ..IdentifierUpdate::default()
        }],
        ..PersonDraft::default()
    };
    assert_eq!(cases(&found(&phone, &draft)), [luis]);
    let remove = RemovalEdit::Remove {
        kind: Kind::Identifier,
        id,
        reason: "somebody else's".into(),
    };
    phone.edit(luis, &[remove.into()]);
    assert_eq!(found(&phone, &draft), []);
}

fn link(device: &Device, case: CaseId, other: CaseId, sort: CaseLinkKind) -> EntityId {
    let id = device.id();
    let fields = CaseLinkUpdate {
        other: Some(other),
        sort: Some(sort),
        remark: Some("Same number".into()),
        ..CaseLinkUpdate::default()
    };
    device.edit(case, &[CaseLinkEdit::Add { id, fields }.into()]);
    id
}

#[test]
fn two_cases_are_linked_as_duplicates_and_the_link_is_taken_back() {
    let (_around, phone) = phone();
    let [first, second] = [(); 2].map(|()| Entries(&phone).open_case("Rosa", "Díaz"));
    let duplicates = found(&phone, &call("1"));
    let mut both = cases(&duplicates);
    both.sort();
    assert_eq!(both, [first, second], "found, not merged");
    let away = link(&phone, second, first, CaseLinkKind::DuplicateOf);
    link(&phone, first, second, CaseLinkKind::DuplicatedBy);
    let close = CaseEdit::Close {
        closed_on: caseweave_testkit::day(15),
        reason: ClosureReason::Duplicate,
        outcome: None,
    };
    phone.edit(second, &[close.into()]);
    let links = |case| phone.caseweave.case(case).unwrap().case_links;
    assert_eq!(links(second)[0].other, Some(first));
    assert_eq!(links(first)[0].sort, Some(CaseLinkKind::DuplicatedBy));
    let remove = RemovalEdit::Remove {
        kind: Kind::CaseLink,
        id: away,
        reason: "two people".into(),
    };
    let reopen = CaseEdit::Reopen {
        reason: "two people".into(),
    };
    phone.edit(second, &[remove.into(), reopen.into()]);
    let taken_back = links(second)[0].meta.removed.clone();
    assert_eq!(taken_back.as_deref(), Some("two people"));
    let standing = phone.caseweave.case(second).unwrap().case.status;
    assert_eq!(standing, Some(CaseStatus::Open));
}

#[test]
fn a_case_is_not_linked_to_itself() {
    let (_around, phone) = phone();
    let [first, second] = [(); 2].map(|()| Entries(&phone).open_case("Rosa", "Díaz"));
    let id = link(&phone, first, second, CaseLinkKind::Related);
    let itself = || CaseLinkUpdate {
        other: Some(first),
        sort: Some(CaseLinkKind::Related),
        ..CaseLinkUpdate::default()
    };
    let new = CaseLinkEdit::Add {
        id: phone.id(),
        fields: itself(),
    };
    let moved = CaseLinkEdit::Update {
        id,
        fields: itself(),
    };
    for edit in [new, moved] {
        let refused = phone.caseweave.edit(first, &[edit.into()]).unwrap_err();
        assert!(
            matches!(&refused, Error::InvalidInput { field, .. } if field == "case_link.other"),
            "{refused:?}"
        );
    }
    let links = phone.caseweave.case(first).unwrap().case_links;
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].other, Some(second));
}
