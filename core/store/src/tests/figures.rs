//! Rows that the figures of a period count: found by index, of the period and no others.

use caseweave_engine::projection::{FigureKind, FigureRow, FigureUnits};

use super::lists::plan;
use super::*;

fn figure(id: u8, kind: FigureKind, day: &str) -> FigureRow {
    FigureRow {
        case: case(1),
        id: entity(id),
        kind,
        on: on(day),
        at: None,
        units: None,
    }
}

fn authorized(id: u8, since: &str, until: Option<&str>) -> FigureRow {
    FigureRow {
        units: Some(FigureUnits {
            until: until.map(on),
            approved: 40,
            used: 3,
        }),
        ..figure(id, FigureKind::Authorized, since)
    }
}

fn store_of(figures: Vec<FigureRow>) -> (Lab, Store) {
    let lab = Lab::new();
    let store = lab.store();
    let mut made = projection(case(1), "Ana");
    made.figures = figures;
    store.write(|tx| tx.project(&made)).unwrap();
    (lab, store)
}

fn found(store: &Store) -> Vec<FigureRow> {
    let rows = store.read(|tx| tx.figure_rows(on("2026-11-01"), on("2026-11-30")));
    rows.unwrap()
}

#[test]
fn rows_of_a_period_and_of_the_days_beside_it_are_found_as_they_were_written() {
    let kept = vec![
        FigureRow {
            at: Some(at("2026-11-15T08:30:00.250Z")),
            ..figure(1, FigureKind::CaseOpened, "2026-11-15")
        },
        figure(2, FigureKind::TaskDone, "2026-10-31"),
        figure(3, FigureKind::TaskDone, "2026-12-01"),
    ];
    let outside = ["2026-10-30", "2026-12-02"];
    let outside = outside.map(|day| figure(4, FigureKind::TaskDone, day));
    let (_lab, store) = store_of([kept.clone(), outside.to_vec()].concat());
    assert_eq!(found(&store), kept);
}

#[test]
fn an_authorization_is_found_in_every_period_on_a_day_of_which_it_holds() {
    let kept = vec![
        authorized(1, "2026-01-01", Some("2026-11-01")),
        authorized(2, "2026-11-30", Some("2027-01-01")),
        authorized(3, "2025-01-01", None),
    ];
    let outside = vec![
        authorized(4, "2026-01-01", Some("2026-10-31")),
        authorized(5, "2026-12-01", None),
    ];
    let (_lab, store) = store_of([kept.clone(), outside].concat());
    assert_eq!(found(&store), kept);
}

#[test]
fn what_does_not_count_any_more_is_forgotten_and_what_stands_beside_it_stays() {
    let (_lab, store) = store_of(vec![
        figure(1, FigureKind::CaseClosed, "2026-11-15"),
        figure(1, FigureKind::TaskDone, "2026-11-15"),
    ]);
    let mut reopened = projection(case(1), "Ana");
    reopened.touched = [(Kind::Case, entity(1))].into();
    store.write(|tx| tx.project(&reopened)).unwrap();
    assert_eq!(
        found(&store),
        [figure(1, FigureKind::TaskDone, "2026-11-15")]
    );
}

#[test]
fn rows_of_a_period_are_found_by_index() {
    let (_lab, store) = lists::caseload(200);
    for sql in [
        crate::figures::DATED,
        crate::figures::AUTHORIZED,
        crate::figures::VISITS,
    ] {
        let literal = (1..=3).fold(sql.to_owned(), |sql, number| {
            sql.replace(&format!("?{number}"), "20000")
        });
        let plan = plan(&store, &literal, []);
        assert!(plan.contains("_by_day ("), "{sql}: {plan}");
        assert!(!plan.contains("SCAN"), "{sql}: {plan}");
    }
    let sql = crate::figures::FIRST_CONTACT.replace("?1", "x'00'");
    let plan = plan(&store, &sql, []);
    assert!(
        !plan.contains("SCAN visit") && !plan.contains("SCAN contact"),
        "{plan}"
    );
}
