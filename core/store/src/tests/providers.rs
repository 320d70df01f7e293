//! The directory: found by what somebody needs, by name and page, and from its index.

use caseweave_engine::projection::{ProviderRow, ServiceRow, fold};

use super::lists::plan;
use super::*;
use crate::{ProviderCursor, ProviderQuery};

fn service(id: u8, name: &str, needs: &[&str]) -> ServiceRow {
    ServiceRow {
        id: entity(id),
        name: name.into(),
        needs: needs.iter().map(|need| (*need).to_owned()).collect(),
        area: None,
        languages: Vec::new(),
        eligibility: None,
        age_from: None,
        age_to: None,
        accepting: None,
    }
}

fn provider(number: u8, name: &str, services: Vec<ServiceRow>) -> ProviderRow {
    ProviderRow {
        id: case(number),
        name: name.into(),
        sort_name: fold(name),
        sort: None,
        phone: None,
        area: None,
        languages: Vec::new(),
        verified_on: None,
        closed: false,
        changed_at: DateTime::from_timestamp_millis(5).unwrap(),
        services,
    }
}

fn pantry() -> ProviderRow {
    let food = ServiceRow {
        area: Some("Pilsen, 60608".into()),
        languages: vec!["es-MX".into(), "en".into()],
        eligibility: Some("Older neighbours".into()),
        age_from: Some(60),
        ..service(1, "Despensa", &["food-insecurity", "stress"])
    };
    let rides = ServiceRow {
        languages: vec!["pl".into()],
        age_to: Some(17),
        ..service(2, "Rides", &["transportation-insecurity"])
    };
    provider(1, "Ñandú House", vec![food, rides])
}

fn clinic() -> ProviderRow {
    ProviderRow {
        area: Some("Loop 60602".into()),
        languages: vec!["es".into()],
        ..provider(2, "Clinic", Vec::new())
    }
}

fn gone() -> ProviderRow {
    ProviderRow {
        closed: true,
        ..provider(3, "Alms", vec![service(3, "Food", &["food-insecurity"])])
    }
}

fn directory(rows: Vec<ProviderRow>) -> (Lab, Store) {
    let lab = Lab::new();
    let store = lab.store();
    let put = |tx: &WriteTx<'_>, row: ProviderRow| {
        let id = row.id;
        tx.project(&Projection {
            record: RecordRow::Provider(row),
            ..projection(id, "")
        })
    };
    store
        .write(|tx| rows.into_iter().try_for_each(|row| put(tx, row)))
        .unwrap();
    (lab, store)
}

fn found(store: &Store, query: &ProviderQuery) -> Vec<String> {
    let page = store.read(|tx| tx.providers(query)).unwrap();
    page.rows.into_iter().map(|row| row.name).collect()
}

fn asking(text: &str, need: &str, language: &str, area: &str, age: Option<i64>) -> ProviderQuery {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    ProviderQuery {
        text: said(text),
        need: said(need),
        language: said(language),
        area: said(area),
        age,
        ..ProviderQuery::default()
    }
}

#[test]
fn a_provider_is_found_by_text_need_language_area_and_age() {
    let (_lab, store) = directory(vec![pantry(), clinic(), gone()]);
    let (both, house, clinic, none) = (
        vec!["Clinic", "Ñandú House"],
        vec!["Ñandú House"],
        vec!["Clinic"],
        Vec::<&str>::new(),
    );
    let cases = [
        (asking("", "", "", "", None), &both),
        (asking("nandu", "", "", "", None), &house),
        (asking("desp older", "", "", "", None), &house),
        (asking("espensa", "", "", "", None), &none),
        (asking("", "food-insecurity", "", "", None), &house),
        (asking("", "food", "", "", None), &none),
        (asking("", "", "es", "", None), &both),
        (asking("", "", "es-mx", "", None), &house),
        (asking("", "", "e", "", None), &none),
        (asking("", "", "", "60608", None), &house),
        (asking("", "", "", "LOOP 606", None), &clinic),
        (asking("", "", "", "Pilsen 60602", None), &none),
        (asking("", "", "", "", Some(60)), &house),
        (asking("", "", "", "", Some(30)), &none),
        (
            asking("", "food-insecurity", "es", "pilsen", Some(80)),
            &house,
        ),
        // Each is true of a service, of no one service together.
        (asking("", "food-insecurity", "pl", "", None), &none),
        (
            asking("", "transportation-insecurity", "", "", Some(60)),
            &none,
        ),
    ];
    for (query, names) in cases {
        assert_eq!(found(&store, &query), *names, "{query:?}");
    }
}

#[test]
fn a_find_shows_the_services_that_were_asked_for() {
    let (_lab, store) = directory(vec![pantry()]);
    let query = asking("", "transportation-insecurity", "", "", Some(10));
    let page = store.read(|tx| tx.providers(&query)).unwrap();
    let names: Vec<_> = page.rows[0].services.iter().map(|row| &row.name).collect();
    assert_eq!(names, ["Rides"]);
    let all = store
        .read(|tx| tx.providers(&ProviderQuery::default()))
        .unwrap();
    assert_eq!(all.rows, [pantry()]);
}

#[test]
fn pages_of_the_directory_give_each_provider_once_and_closed_ones_last() {
    let names = ["Dora", "ámbar", "Caritas", "Bread"];
    let rows = (1..)
        .zip(names)
        .map(|(number, name)| provider(number, name, Vec::new()));
    let (_lab, store) = directory(
        rows.chain([ProviderRow {
            id: case(9),
            ..gone()
        }])
        .collect(),
    );
    let mut query = ProviderQuery {
        limit: 2,
        closed: true,
        ..ProviderQuery::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = store.read(|tx| tx.providers(&query)).unwrap();
        seen.extend(page.rows.into_iter().map(|row| row.name));
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["ámbar", "Bread", "Caritas", "Dora", "Alms"]);
}

#[test]
fn a_service_that_is_gone_is_found_no_more() {
    let (_lab, store) = directory(vec![pantry(), provider(1, "Ñandú House", Vec::new())]);
    let query = asking("", "food-insecurity", "", "", None);
    assert!(found(&store, &query).is_empty());
    let rows = store
        .read(|tx| tx.providers(&ProviderQuery::default()))
        .unwrap()
        .rows;
    assert!(rows[0].services.is_empty());
}

#[test]
fn a_provider_is_no_case() {
    let (_lab, store) = directory(vec![pantry()]);
    let cases = store.read(|tx| tx.list(&ListQuery::default())).unwrap();
    assert_eq!(cases.rows, []);
    assert!(store.read(|tx| tx.projected_cases()).unwrap().is_empty());
}

#[test]
fn the_directory_is_read_in_the_order_of_its_index_and_opens_no_document() {
    let (_lab, store) = directory(vec![pantry(), clinic()]);
    let after = ProviderCursor {
        closed: false,
        sort_name: "a".into(),
        provider: case(1),
    };
    let queries = [
        ProviderQuery::default(),
        ProviderQuery {
            closed: true,
            ..ProviderQuery::default()
        },
        ProviderQuery {
            after: Some(after),
            ..asking("a", "b", "es", "c", Some(3))
        },
    ];
    for query in queries {
        let (sql, values) = query.sql();
        let plan = plan(&store, &sql, rusqlite::params_from_iter(values));
        assert!(plan.contains("USING INDEX provider_by_name"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        assert!(!plan.contains("SCAN service"), "{plan}");
        assert!(
            !plan.contains("documents") && !plan.contains("case_summary"),
            "{plan}"
        );
    }
}

/// So many providers with five services each, none of which has a need or a language that anybody asks for.
fn large_directory(providers: u32) -> (Lab, Store) {
    let offers = |number: u8| ServiceRow {
        area: Some("Pilsen, 60608".into()),
        languages: vec!["es-MX".into(), "en".into()],
        eligibility: Some("Older neighbours who live alone".into()),
        age_from: Some(60),
        ..service(number, "Despensa", &["food-insecurity", "stress"])
    };
    let house = |number: u32| ProviderRow {
        id: case_number(number),
        ..provider(0, &format!("House {number}"), (0..5).map(offers).collect())
    };
    directory((0..providers).map(house).collect())
}

/// What SQLite does to find nothing, in steps of its machine.
fn steps_to_nothing((lab, store): (Lab, Store), query: &ProviderQuery) -> i32 {
    assert!(found(&store, query).is_empty());
    let (sql, values) = query.sql();
    let connection = opening::raw(&lab);
    let mut statement = connection.prepare(&sql).unwrap();
    let mut rows = statement.query(rusqlite::params_from_iter(values)).unwrap();
    assert!(rows.next().unwrap().is_none());
    drop(rows);
    statement.get_status(rusqlite::StatementStatus::VmStep)
}

#[test]
fn a_query_that_nothing_answers_looks_at_each_service_once() {
    for query in [
        asking("", "housing-instability", "", "", None),
        asking("", "", "pl", "", None),
        asking("", "housing-instability", "pl", "60640", Some(30)),
    ] {
        let [few, many] =
            [100, 1_000].map(|count| steps_to_nothing(large_directory(count), &query));
        assert!(many < few * 11, "{few} {many}");
        assert!(many < 5_000 * 20, "{many} steps for 5,000 services");
    }
}
