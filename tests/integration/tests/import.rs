//! Persons and cases out of a table that another system wrote.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeMap;

use caseweave::domain::{CellFault, RemovalEdit};
use caseweave::{
    CellProblem, Error, ImportColumn, ImportMap, ImportReport, ImportedRow, Likeness, RowOutcome,
};
use caseweave_testkit::{Agency, Device};

const TABLE: &str = "Client ID,Given,Family,Born,Phone\n\
                     17,Rosa,Díaz,1950-04-01,555 0100\n\
                     18,Lin,Wu,,\n";

fn map() -> ImportMap {
    let columns = [
        ("Client ID", "source"),
        ("Given", "person.given_name"),
        ("Family", "person.family_name"),
        ("Born", "person.birth_date"),
        ("Phone", "phone.number"),
    ];
    let column = |(header, field): (&str, &str)| ImportColumn {
        header: header.into(),
        field: field.into(),
        codes: BTreeMap::new(),
    };
    ImportMap {
        system: "Old system".into(),
        columns: columns.map(column).into(),
        fixed: [("case.opened_on".to_owned(), "2026-06-01".to_owned())].into(),
        ..ImportMap::default()
    }
}

fn import(device: &Device, csv: &str) -> ImportReport {
    device.caseweave.import_cases(csv, &map(), false).unwrap()
}

fn dry(device: &Device, csv: &str) -> ImportReport {
    device.caseweave.import_cases(csv, &map(), true).unwrap()
}

/// A device that nobody else writes on.
fn phone(agency: &mut Agency) -> Device {
    let worker = agency.worker("Ana");
    agency.device(worker)
}

fn outcomes(report: &ImportReport) -> Vec<&RowOutcome> {
    report.rows.iter().map(|row| &row.outcome).collect()
}

#[test]
fn each_row_opens_a_case_with_its_person_and_identifier() {
    let mut agency = Agency::new(1);
    let phone = phone(&mut agency);
    let report = import(&phone, TABLE);
    assert_eq!((report.opened, report.rows.len()), (2, 2));
    assert_eq!(phone.cases().len(), 2);
    let RowOutcome::Opened { case } = report.rows[0].outcome else {
        panic!("{report:?}")
    };
    let view = phone.case(case);
    assert_eq!(view.person.display_name(), "Rosa Díaz");
    assert_eq!(view.person.birth_date, "1950-04-01".parse().ok());
    assert_eq!(view.case.opened_on, "2026-06-01".parse().ok());
    assert_eq!(view.phones[0].number.as_deref(), Some("555 0100"));
    let source = &view.identifiers[0];
    assert_eq!(source.system.as_deref(), Some("Old system"));
    assert_eq!(source.value.as_deref(), Some("17"));
    let history = phone.caseweave.history(case).unwrap();
    assert_eq!(history.len(), 1, "a row is one change");
}

#[test]
fn the_same_table_again_opens_nothing() {
    let mut agency = Agency::new(2);
    let phone = phone(&mut agency);
    let first = import(&phone, TABLE);
    let cases = phone.cases();
    let again = import(&phone, TABLE);
    assert_eq!((again.opened, again.already_there), (0, 2));
    for (row, before) in again.rows.iter().zip(&first.rows) {
        let RowOutcome::Opened { case } = before.outcome else {
            panic!("{before:?}")
        };
        assert_eq!(row.outcome, RowOutcome::AlreadyThere { case });
    }
    assert_eq!(phone.cases(), cases);

    let more = format!("{TABLE}19,Tom,Young,,\n");
    let report = import(&phone, &more);
    assert_eq!((report.opened, report.already_there), (1, 2));
}

#[test]
fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let mut agency = Agency::new(3);
    let phone = phone(&mut agency);
    let csv = format!("{TABLE}17,Rosa,Díaz,,\n20,,,,\n");
    let tried = dry(&phone, &csv);
    assert_eq!(phone.cases(), []);
    assert!(phone.caseweave.changes_since(0).unwrap().cases.is_empty());
    let made = import(&phone, &csv);
    let without_cases = |report: &ImportReport| -> Vec<ImportedRow> {
        let row = |row: &ImportedRow| match row.outcome {
            RowOutcome::Opened { .. } => ImportedRow {
                outcome: RowOutcome::WouldOpen,
                ..row.clone()
            },
            _ => row.clone(),
        };
        report.rows.iter().map(row).collect()
    };
    assert_eq!(tried.rows, without_cases(&made));
    assert_eq!((tried.opened, tried.repeated, tried.refused), (2, 1, 1));
    assert_eq!(made.rows[2].outcome, RowOutcome::Repeated { line: 2 });
}

#[test]
fn a_bad_row_changes_nothing_and_the_others_are_taken() {
    let mut agency = Agency::new(4);
    let phone = phone(&mut agency);
    let long = "x".repeat(201);
    let csv = format!(
        "Client ID,Given,Family,Born,Phone\n\
         1,Rosa,Díaz,01.04.1950,\n\
         2,{long},Wu,,\n\
         3,Tom,Young,,12\n\
         4,Ada,Young,,\n\
         ,Bea,Young,,\n\
         {long},Bea,Young,,\n"
    );
    for report in [dry(&phone, &csv), import(&phone, &csv)] {
        assert_eq!((report.opened, report.refused), (1, 5));
        let told: Vec<(u64, &str, &str)> = report
            .rows
            .iter()
            .filter_map(|row| match &row.outcome {
                RowOutcome::Refused { problems } => {
                    let column = problems[0].column.as_deref().unwrap();
                    Some((row.line, column, problems[0].field.as_str()))
                }
                _ => None,
            })
            .collect();
        assert_eq!(
            told,
            [
                (2, "Born", "person.birth_date"),
                (3, "Given", "person.given_name"),
                (4, "Phone", "phone.number"),
                (6, "Client ID", "source"),
                (7, "Client ID", "source"),
            ]
        );
        let RowOutcome::Refused { problems } = &report.rows[1].outcome else {
            panic!("{report:?}")
        };
        let fault = CellFault::Refused {
            reason: "is longer than 200 characters".into(),
        };
        let given = CellProblem {
            column: Some("Given".into()),
            field: "person.given_name".into(),
            fault,
        };
        assert_eq!(*problems, [given]);
    }
    assert_eq!(phone.cases().len(), 1);
    let missing = import(&phone, "Client ID,Given,Family,Born,Phone\n5,,,,\n");
    let RowOutcome::Refused { problems } = &missing.rows[0].outcome else {
        panic!("{missing:?}")
    };
    assert_eq!(problems[0].field, "person.family_name");
}

#[test]
fn people_who_are_perhaps_known_are_told_and_never_merged() {
    let mut agency = Agency::new(5);
    let phone = phone(&mut agency);
    import(&phone, TABLE);
    let before = phone.cases();
    let csv = "Client ID,Given,Family,Born,Phone\n99,Rosa,Diaz,1950-04-01,\n";
    let tried = dry(&phone, csv);
    let made = import(&phone, csv);
    for report in [&tried, &made] {
        let [found] = &report.rows[0].duplicates[..] else {
            panic!("{report:?}")
        };
        assert!(before.contains(&found.case.case.case));
        assert_eq!(found.likenesses, [Likeness::Name, Likeness::BirthDate]);
    }
    assert_eq!((made.opened, phone.cases().len()), (1, 3));
}

#[test]
fn a_row_is_known_on_another_device_once_that_has_the_case() {
    let mut agency = Agency::new(6);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    import(&phone, TABLE);
    phone.sync(&mut agency.network());
    tablet.sync(&mut agency.network());
    assert_eq!(import(&tablet, TABLE).already_there, 2);
}

#[test]
fn two_devices_that_import_apart_open_two_cases_that_find_each_other() {
    let mut agency = Agency::new(7);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    import(&phone, TABLE);
    import(&tablet, TABLE);
    for device in [&phone, &tablet, &phone] {
        device.sync(&mut agency.network());
    }
    assert_eq!(phone.cases().len(), 4, "nothing that was written is hidden");
    assert_eq!(phone.cases(), tablet.cases());
    let again = import(&phone, TABLE);
    assert_eq!((again.opened, again.already_there), (0, 2));
    let draft = caseweave::PersonDraft {
        identifiers: phone.case(phone.cases()[0]).identifiers[..1]
            .iter()
            .map(|known| caseweave::domain::IdentifierUpdate {
                system: known.system.clone(),
                value: known.value.clone(),
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    };
    assert_eq!(phone.caseweave.duplicates(&draft).unwrap().len(), 2);
}

#[test]
fn a_removed_identifier_no_longer_says_that_a_row_is_known() {
    let mut agency = Agency::new(8);
    let phone = phone(&mut agency);
    let report = import(&phone, TABLE);
    let RowOutcome::Opened { case } = report.rows[0].outcome else {
        panic!("{report:?}")
    };
    let remove = RemovalEdit::Remove {
        kind: caseweave::domain::Kind::Identifier,
        id: phone.case(case).identifiers[0].meta.id,
        reason: "of somebody else".into(),
    };
    phone.edit(case, &[remove.into()]);
    let again = import(&phone, TABLE);
    assert_eq!((again.opened, again.already_there), (1, 1));
}

#[test]
fn a_map_that_does_not_fit_changes_nothing() {
    let mut agency = Agency::new(9);
    let phone = phone(&mut agency);
    let mut map = map();
    map.columns[1].header = "First name".into();
    let error = phone
        .caseweave
        .import_cases(TABLE, &map, false)
        .unwrap_err();
    let expected = Error::InvalidInput {
        field: "columns".into(),
        reason: "name \"First name\", which the table lacks".into(),
    };
    assert_eq!(error, expected);
    assert_eq!(phone.cases(), []);
    assert_eq!(
        outcomes(&import(&phone, "Client ID,Given,Family,Born,Phone")).len(),
        0
    );
}
