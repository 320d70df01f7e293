//! The public errors against their list in core/docs/errors.md.

use std::collections::{BTreeMap, BTreeSet};

use crate::Error;
use crate::error::from_answer;
use caseweave_engine::sync::pack;
use caseweave_engine::sync::wire::WireError;

const LIST: &str = include_str!("../../docs/errors.md");

/// One error of each variant. The match makes the compiler ask for a new one.
fn one_of_each() -> Vec<Error> {
    let text = || String::from("text");
    let after = |error: &Error| match error {
        Error::InvalidInput { .. } => Some(Error::NotFound {
            id: text(),
            reason: text(),
        }),
        Error::NotFound { .. } => Some(Error::AlreadyExists {
            id: text(),
            reason: text(),
        }),
        Error::AlreadyExists { .. } => Some(Error::NotAllowed { reason: text() }),
        Error::NotAllowed { .. } => Some(Error::UpgradeRequired {
            found: 2,
            supported: 1,
            reason: text(),
        }),
        Error::UpgradeRequired { .. } => Some(Error::StorageFull { reason: text() }),
        Error::StorageFull { .. } => Some(Error::StorageCorrupt {
            kept_at: text(),
            reason: text(),
        }),
        Error::StorageCorrupt { .. } => Some(Error::WrongKey { reason: text() }),
        Error::WrongKey { .. } => Some(Error::SyncRejected {
            code: text(),
            reason: text(),
        }),
        Error::SyncRejected { .. } => Some(Error::Interrupted { reason: text() }),
        Error::Interrupted { .. } => Some(Error::Unexpected {
            code: 1,
            reason: text(),
        }),
        Error::Unexpected { .. } => None,
    };
    let first = Error::InvalidInput {
        field: text(),
        reason: text(),
    };
    std::iter::successors(Some(first), after).collect()
}

/// `NotFound{id, reason}` of an error's debug text.
fn shape(error: &Error) -> String {
    let text = format!("{error:?}");
    let (name, fields) = text.split_once(" { ").unwrap();
    let fields = fields.trim_end_matches(" }").split(", ");
    let names: Vec<&str> = fields
        .map(|field| field.split_once(':').unwrap().0)
        .collect();
    format!("{name}{{{}}}", names.join(", "))
}

/// The part of the list under a heading.
fn section(heading: &str) -> &'static str {
    let (_, rest) = LIST.split_once(heading).unwrap();
    rest.split_once("\n## ")
        .map_or(rest, |(section, _)| section)
}

/// The codes in the first column of a section's table.
fn codes(heading: &str) -> BTreeSet<&'static str> {
    let rows = section(heading)
        .lines()
        .filter(|line| line.starts_with("| `"));
    let first = rows.map(|row| row.split('|').nth(1).unwrap());
    first
        .flat_map(|cell| cell.split(','))
        .map(|code| code.trim().trim_matches('`'))
        .collect()
}

#[test]
fn every_variant_stands_in_the_list_under_its_number_with_its_fields() {
    let rows = LIST.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let number: u32 = cells.next()?.parse().ok()?;
        Some((number, cells.next()?.trim_matches('`').to_owned()))
    });
    let listed: BTreeMap<u32, String> = rows.filter(|(number, _)| *number < 100).collect();
    let errors = one_of_each();
    let known = errors.iter().map(|error| (error.number(), shape(error)));
    assert_eq!(listed, known.collect());
}

#[test]
fn every_unexpected_code_of_the_source_is_listed_and_none_else() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut used = BTreeSet::new();
    for file in std::fs::read_dir(source).unwrap() {
        let path = file.unwrap().path();
        if path.ends_with("tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let after = text.split("code: ").skip(1);
        let digits = after.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap());
        used.extend(digits.filter_map(|digits| digits.parse::<u32>().ok()));
    }
    let rows = section("## Codes of `Unexpected`").lines();
    let listed = rows.filter_map(|row| row.strip_prefix("| ")?.split(' ').next()?.parse().ok());
    assert_eq!(listed.collect::<BTreeSet<u32>>(), used);
}

#[test]
fn what_the_server_answers_becomes_the_variant_that_the_list_names() {
    let answer = |status, code: &str| {
        let body = WireError {
            code: code.into(),
            reason: "reason".into(),
            number: None,
        };
        from_answer(status, &pack(&body).unwrap())
    };
    for code in codes("## Codes of `SyncRejected`") {
        let Error::SyncRejected { code: told, .. } = answer(401, code) else {
            panic!("{code}");
        };
        assert_eq!(told, code);
    }
    for (status, code) in [(507, "storage_full"), (503, "busy"), (500, "internal")] {
        assert!(codes("## Codes of the server that are no `SyncRejected`").contains(code));
        assert_eq!(answer(status, code).number(), 10, "{code}");
    }
    assert_eq!(answer(426, "upgrade_required").number(), 5);
    assert_eq!(from_answer(429, b"").number(), 10);
    assert_eq!(from_answer(404, b"<html>").number(), 10);
}

#[test]
fn the_code_of_a_revoked_device_is_the_listed_one() {
    let listed = codes("## Codes of `SyncRejected`");
    assert!(listed.contains(crate::error::REVOKED));
    assert!(!listed.contains("revoked"));
}
