//! Who is perhaps the same person, and who is not.

use super::*;

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn named(given: &str, family: &str) -> PersonDraft {
    PersonDraft {
        person: PersonUpdate {
            given_name: Some(given.into()),
            family_name: Some(family.into()),
            ..PersonUpdate::default()
        },
        ..PersonDraft::default()
    }
}

fn born(draft: PersonDraft, day: &str) -> PersonDraft {
    let person = PersonUpdate {
        birth_date: Some(on(day)),
        ..draft.person
    };
    PersonDraft { person, ..draft }
}

/// One person as known by the same facts as another draft.
fn known(draft: &PersonDraft, asked: &PersonDraft) -> Known {
    let own = draft.keys();
    let names = &draft.person;
    let all = [&names.family_name, &names.given_name, &names.preferred_name];
    let all: Vec<&str> = all.into_iter().flatten().map(String::as_str).collect();
    Known {
        case: CaseId::from_bytes([1; 16]),
        sort_name: fold(&all.join(" ")),
        birth_date: names.birth_date,
        shared: asked.keys().intersection(&own).copied().collect(),
    }
}

/// Score and likenesses; none where nobody would think of it.
fn compare(draft: &PersonDraft, other: &PersonDraft) -> Option<(u32, Vec<Likeness>)> {
    let suspects = draft.suspects([known(other, draft)]);
    let first = suspects.into_iter().next();
    first.map(|suspect| (suspect.score, suspect.likenesses))
}

#[test]
fn names_are_the_same_in_any_order_case_and_with_or_without_accents() {
    let rosa = named("Rosa", "Díaz");
    let same = Some((40, vec![Likeness::Name]));
    assert_eq!(compare(&rosa, &named("ROSA", "Diaz")), same);
    assert_eq!(compare(&rosa, &named("Díaz", "Rosa")), same);
    assert_eq!(compare(&rosa, &named("Luis", "Díaz")), None);
}

#[test]
fn a_former_or_preferred_name_is_a_name() {
    let mut married = named("Rosa", "Keller");
    married.person.former_name = Some("Díaz".into());
    married.person.preferred_name = Some("Rosita".into());
    assert!(compare(&named("Rosita", "Díaz"), &married).is_some());
    assert!(compare(&named("Rosa", "Keller"), &married).is_some());
    assert_eq!(compare(&named("Maria", "Keller"), &married), None);
}

#[test]
fn alike_names_need_something_else_to_be_suspected() {
    let check = |other: &PersonDraft| {
        let rosa = named("Rosalind", "Díaz");
        assert_eq!(compare(&rosa, other), None);
        let day = "1939-02-28";
        let likenesses = vec![Likeness::NameAlike, Likeness::BirthDate];
        assert_eq!(
            compare(&born(rosa, day), &born(other.clone(), day)),
            Some((60, likenesses))
        );
    };
    check(&named("Rosalind María", "Díaz Gómez"));
    check(&named("Rosalnid", "Diaz"));
    check(&named("Rosalin", "Días"));
}

#[test]
fn a_different_date_of_birth_speaks_against_and_a_slip_does_not() {
    let rosa = |day| born(named("Rosa", "Díaz"), day);
    let asked = rosa("1939-02-08");
    assert_eq!(compare(&asked, &rosa("1951-07-30")), None);
    let slip = Some((55, vec![Likeness::Name, Likeness::BirthDateAlike]));
    assert_eq!(compare(&asked, &rosa("1939-08-02")), slip);
    assert_eq!(compare(&asked, &rosa("1993-02-08")), slip);
    let mut only_year = named("Rosa", "Díaz");
    only_year.person.birth_year = Some(1939);
    let year = Some((50, vec![Likeness::Name, Likeness::BirthYear]));
    assert_eq!(compare(&only_year, &asked), year);
}

#[test]
fn a_number_is_the_same_with_and_without_its_prefix() {
    let with = |number: &str, given: &str| PersonDraft {
        phones: vec![number.into()],
        ..named(given, "Díaz")
    };
    let asked = with("(612) 555-0100", "Rosa");
    let phone = Likeness::Phone {
        number: "(612) 555-0100".into(),
    };
    let both = Some((70, vec![Likeness::Name, phone]));
    assert_eq!(compare(&asked, &with("+1 612 555 0100", "Rosa")), both);
    assert_eq!(compare(&asked, &with("+1 612 555 0101", "Luis")), None);
    assert_eq!(
        compare(&asked, &with("+1 612 555 0100", "Luis")),
        None,
        "people share phones"
    );
}

#[test]
fn an_identifier_counts_more_when_the_same_one_gave_it_out() {
    let with = |system: Option<&str>| PersonDraft {
        identifiers: vec![IdentifierUpdate {
            system: system.map(str::to_owned),
            value: Some("M-1017".into()),
            ..IdentifierUpdate::default()
        }],
        ..PersonDraft::default()
    };
    let same = |same_system| Likeness::Identifier {
        value: "M-1017".into(),
        same_system,
    };
    let medicaid = with(Some("Medicaid"));
    assert_eq!(
        compare(&medicaid, &with(Some("medicaid"))),
        Some((70, vec![same(true)]))
    );
    assert_eq!(compare(&medicaid, &with(Some("County"))), None);
    let mut named_so = with(None);
    named_so.person = named("Rosa", "Díaz").person;
    let mut asked = medicaid;
    asked.person = named_so.person.clone();
    assert_eq!(
        compare(&asked, &named_so),
        Some((70, vec![same(false), Likeness::Name]))
    );
}

#[test]
fn words_are_spelled_alike_up_to_one_slip() {
    for (one, other, alike) in [
        ("keller", "keller", true),
        ("keller", "kelller", true),
        ("keller", "keler", true),
        ("keller", "kellre", true),
        ("keller", "kelder", true),
        ("keller", "killar", false),
        ("keller", "kel", false),
        ("ana", "ano", false),
        ("ana", "ana", true),
        ("", "", true),
    ] {
        assert_eq!(spelled_alike(one, other), alike, "{one} {other}");
        assert_eq!(spelled_alike(other, one), alike, "{other} {one}");
    }
}

#[test]
fn the_likeliest_comes_first_and_equal_ones_by_case() {
    let asked = born(named("Rosa", "Díaz"), "1939-02-28");
    let of = |number, other: &PersonDraft| Known {
        case: CaseId::from_bytes([number; 16]),
        ..known(other, &asked)
    };
    let people = [
        of(3, &named("Rosa", "Díaz")),
        of(2, &asked),
        of(1, &named("Rosa", "Díaz")),
    ];
    let found = asked.suspects(people);
    let order: Vec<(u8, u32)> = found
        .iter()
        .map(|suspect| (suspect.case.to_bytes()[0], suspect.score))
        .collect();
    assert_eq!(order, [(2, 75), (1, 40), (3, 40)]);
}
