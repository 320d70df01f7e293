//! What rows come to, without a record.

use super::*;
use crate::domain::{
    AddressEdit, CaseEdit, CaseField, Edit, IdentifierEdit, PhoneEdit, PhoneUse, Sex,
};
use crate::ids::{CaseId, EntityId};

fn column(header: &str, field: &str) -> ImportColumn {
    ImportColumn {
        header: header.into(),
        field: field.into(),
        codes: BTreeMap::new(),
    }
}

/// A map of columns and fixed texts.
fn map(columns: &[(&str, &str)], fixed: &[(&str, &str)]) -> ImportMap {
    let columns = columns.iter().map(|(header, field)| column(header, field));
    let fixed = fixed
        .iter()
        .map(|(field, text)| ((*field).to_owned(), (*text).to_owned()));
    ImportMap {
        system: "Old".into(),
        columns: columns.collect(),
        fixed: fixed.collect(),
        ..ImportMap::default()
    }
}

fn people() -> ImportMap {
    let columns = [
        ("Id", "source"),
        ("Name", "person.family_name"),
        ("Born", "person.birth_date"),
        ("Phone", "phone.number"),
    ];
    map(&columns, &[("case.opened_on", "2026-06-01")])
}

fn read(map: &ImportMap, csv: &str) -> Vec<ImportRow> {
    map.rows(csv).unwrap().collect()
}

fn edits(row: &ImportRow) -> Vec<Edit> {
    let mut next = 0;
    let case = row.read.as_ref().unwrap();
    case.edits(CaseId::from_bytes([1; 16]), || {
        next += 1;
        EntityId::from_bytes([next; 16])
    })
}

fn problems(row: &ImportRow) -> Vec<(Option<&str>, &str, CellFault)> {
    let problems = row.read.as_ref().unwrap_err().iter();
    problems
        .map(|problem| {
            let column = problem.column.as_deref();
            (column, problem.field.as_str(), problem.fault.clone())
        })
        .collect()
}

#[test]
fn lines_are_counted_as_an_editor_does() {
    let text =
        "\u{feff}Id,Name,Born,Phone\r\nA1,Díaz,,\r\n\r\nA2,\"Wu,\nLin\",,\r\n,,,\r\nA3,Young,,\r\n";
    for text in [text.to_owned(), text.replace("\r\n", "\n")] {
        let rows = read(&people(), &text);
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.line, row.read.as_ref().unwrap().source()))
            .collect();
        assert_eq!(told, [(2, "A1"), (4, "A2"), (7, "A3")]);
    }
}

#[test]
fn a_row_becomes_the_edits_that_open_a_case() {
    let columns = [
        ("Id", "source"),
        ("Given", "person.given_name"),
        ("Sex", "person.sex"),
        ("Speaks", "person.other_languages"),
        ("Home", "phone#home.number"),
        ("Mobile", "phone#mobile.number"),
        ("Street", "address.line"),
        ("Opened", "case.opened_on"),
        ("State", "case.status"),
        ("Substance", "case.part2"),
    ];
    let fixed = [
        ("phone#home.usage", "home"),
        ("phone#mobile.usage", "mobile"),
        ("address.country", "US"),
        ("case.programme", "Home visits"),
    ];
    let mut map = map(&columns, &fixed);
    map.delimiter = ";".into();
    map.date_format = Some("%m/%d/%Y".into());
    map.columns[2].codes = [("F".to_owned(), "female".to_owned())].into();
    let csv = "Extra;Id;Given;Sex;Speaks;Home;Mobile;Street;Opened;State;Substance\n\
               x;A1;Rosa;F;es, qu;;555 0100;;06/15/2026;Enquiry;YES\n";
    let rows = read(&map, csv);
    let [
        Edit::Case(CaseEdit::Open {
            opened_on,
            enquiry,
            case,
            person,
            ..
        }),
        Edit::Identifier(IdentifierEdit::Add { fields: source, .. }),
        Edit::Phone(PhoneEdit::Add { fields: phone, .. }),
    ] = &edits(&rows[0])[..]
    else {
        panic!("{rows:?}")
    };
    assert_eq!(
        (opened_on.to_string().as_str(), *enquiry),
        ("2026-06-15", true)
    );
    assert_eq!(case.programme.as_deref(), Some("Home visits"));
    assert_eq!(case.part2, Some(true));
    assert_eq!(case.clear, [CaseField::LeadWorker], "nobody leads it yet");
    assert_eq!(person.given_name.as_deref(), Some("Rosa"));
    assert_eq!(person.sex, Some(Sex::Female));
    assert_eq!(person.other_languages, Some(vec!["es".into(), "qu".into()]));
    assert_eq!(source.system.as_deref(), Some("Old"));
    assert_eq!(source.value.as_deref(), Some("A1"));
    assert_eq!(phone.number.as_deref(), Some("555 0100"));
    assert_eq!(phone.usage, Some(PhoneUse::Mobile));
}

#[test]
fn what_is_fixed_stands_where_a_row_says_nothing_else() {
    let columns = [
        ("Id", "source"),
        ("Street", "address.line"),
        ("Country", "address.country"),
    ];
    let fixed = [
        ("address.country", "US"),
        ("case.opened_on", "2026-06-01"),
        ("person.family_name", "Unknown"),
    ];
    let map = map(&columns, &fixed);
    let rows = read(&map, "Id,Street,Country\n1,Elm,\n2,Elm,MX\n3,,\n");
    let country = |row: &ImportRow| {
        edits(row).into_iter().find_map(|edit| match edit {
            Edit::Address(AddressEdit::Add { fields, .. }) => fields.country,
            _ => None,
        })
    };
    let countries: Vec<_> = rows.iter().map(country).collect();
    assert_eq!(countries, [Some("US".into()), Some("MX".into()), None]);
}

#[test]
fn every_bad_cell_is_told_by_its_line_and_column() {
    let mut map = people();
    map.columns.push(column("Sex", "person.sex"));
    map.columns.push(column("Year", "person.birth_year"));
    map.columns.push(column("Lead", "case.lead_worker"));
    map.columns.push(column("Substance", "case.part2"));
    let csv = "Id,Name,Born,Phone,Sex,Year,Lead,Substance\n\
               ,Díaz,31.12.1950,,robot,MCML,Ana,perhaps\n\
               A2,Wu,2026-02-30,,,,,\n\
               A3,Wu\n";
    let rows = read(&map, csv);
    let known = Sex::KNOWN.iter().map(|sex| sex.code().to_owned()).collect();
    assert_eq!(
        problems(&rows[0]),
        [
            (Some("Born"), "person.birth_date", CellFault::NotADay),
            (Some("Sex"), "person.sex", CellFault::UnknownCode { known }),
            (Some("Year"), "person.birth_year", CellFault::NotANumber),
            (Some("Lead"), "case.lead_worker", CellFault::NotAnId),
            (Some("Substance"), "case.part2", CellFault::NotYesOrNo),
            (Some("Id"), "source", CellFault::Missing),
        ]
    );
    assert_eq!(
        problems(&rows[1]),
        [(Some("Born"), "person.birth_date", CellFault::NotADay)]
    );
    let count = CellFault::WrongCount {
        found: 2,
        expected: 8,
    };
    assert_eq!(problems(&rows[2]), [(None, "", count)]);
    let lines: Vec<_> = rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 3, 4]);
}

#[test]
fn a_map_that_does_not_fit_is_refused_before_any_row() {
    let fits = people();
    let csv = "Id,Name,Born,Phone\n";
    let check = |change: &dyn Fn(&mut ImportMap), csv: &str, part: &str| {
        let mut map = fits.clone();
        change(&mut map);
        let error = map.rows(csv).map(|_| ()).unwrap_err();
        assert_eq!(error.part, part, "{error}");
    };
    assert!(fits.rows(csv).is_ok());
    check(&|map| map.system = " ".into(), csv, "system");
    check(&|map| map.delimiter = "::".into(), csv, "delimiter");
    check(&|map| map.delimiter = "\"".into(), csv, "delimiter");
    check(&|_| {}, "", "csv");
    check(&|_| {}, "Id,Name\n", "columns");
    check(&|_| {}, "Id,Name,Born,Phone,Id\n", "columns");
    let unknown = [
        "person.shoe_size",
        "visit.purpose",
        "phone#.number",
        "name",
        "case.closed_on",
    ];
    for field in unknown {
        check(&|map| map.columns[1].field = field.into(), csv, "columns");
        check(
            &|map| map.fixed = [(field.to_owned(), "x".to_owned())].into(),
            csv,
            "fixed",
        );
    }
    check(
        &|map| map.columns[1].field = "source".into(),
        csv,
        "columns",
    );
    check(
        &|map| map.columns[0].field = "phone#2.number".into(),
        csv,
        "columns",
    );
    for (field, text) in [
        ("case.opened_on", "soon"),
        ("source", "A1"),
        ("case.status", "closed"),
    ] {
        check(
            &|map| map.fixed = [(field.to_owned(), text.to_owned())].into(),
            csv,
            "fixed",
        );
    }
}
