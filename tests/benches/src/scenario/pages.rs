//! Pages of the list of cases: in every order, with every filter.

use std::time::Duration;

use caseweave::{CaseListRow, Caseweave, EntityId, ListQuery, Sort, local_day};
use chrono::{Days, NaiveDate};

use super::no_documents;
use crate::caseload::Loads;
use crate::figure::{Bound, Section};
use crate::size::Size;
use crate::time::{middle_and_longest, timed};

const ROWS: usize = 50;
const RUNS: usize = 5;
const ZONE: &str = "America/Chicago";
pub(super) fn run(size: &Size, loads: &mut Loads) -> Section {
    let (cases, shape) = size.listed;
    let load = loads.of(cases, shape);
    let today = load.workload.today();
    let how = format!(
        "On a phone with {cases} cases: a page of {ROWS} rows of each filter in each of the {} orders, the middle one of {RUNS} runs; of \
         the orders the one that takes longest. Of no filter also the page in the middle of the list.",
        Sort::ALL.len(),
    );
    let mut section = Section::new("A page of the list", how);
    no_documents(&mut section, &load.phone, |section, caseweave| {
        let middle = slowest(caseweave, &|sort| half_way(caseweave, sort, cases / 2));
        section.time("all cases, half way through", middle, Bound::Reported(5.0));
        let all = caseweave.list(&ListQuery::default()).unwrap().rows;
        for (what, filter) in filters(&all, today) {
            let took = slowest(caseweave, &|sort| ListQuery {
                sort,
                ..filter.clone()
            });
            section.time(what, took, Bound::Reported(5.0));
        }
    });
    section
}

/// The longest that a page takes in any order.
fn slowest(caseweave: &Caseweave, query: &dyn Fn(Sort) -> ListQuery) -> Duration {
    let took = |sort| {
        let query = query(sort);
        let page = || timed(|| caseweave.list(&query).unwrap()).1;
        middle_and_longest((0..RUNS).map(|_| page()).collect()).0
    };
    Sort::ALL.into_iter().map(took).max().unwrap()
}

/// The query of the page that begins after so many rows.
fn half_way(caseweave: &Caseweave, sort: Sort, rows: usize) -> ListQuery {
    let mut query = ListQuery {
        sort,
        limit: ROWS,
        ..ListQuery::default()
    };
    for _ in 0..rows / ROWS {
        let page = caseweave.list(&query).unwrap();
        let Some(next) = page.next else { break };
        query.after = Some(next);
    }
    query
}

/// Every filter, with what a case of the list has.
fn filters(rows: &[CaseListRow], today: NaiveDate) -> Vec<(&'static str, ListQuery)> {
    let of = || ListQuery {
        limit: ROWS,
        ..ListQuery::default()
    };
    let case = &rows[rows.len() / 2].case;
    let nowhere = Some("Nowhere".to_owned());
    vec![
        ("all cases", of()),
        (
            "open cases",
            ListQuery {
                statuses: vec!["open".into()],
                ..of()
            },
        ),
        (
            "closed cases",
            ListQuery {
                statuses: vec!["closed".into()],
                ..of()
            },
        ),
        (
            "of a lead",
            ListQuery {
                lead: case.lead,
                ..of()
            },
        ),
        (
            "of a sector",
            ListQuery {
                sector: case.sector.clone(),
                ..of()
            },
        ),
        (
            "of a programme of one case",
            ListQuery {
                programme: case.programme.clone(),
                ..of()
            },
        ),
        (
            "of a programme of no case",
            ListQuery {
                programme: nowhere,
                ..of()
            },
        ),
        (
            "at medium risk",
            ListQuery {
                risk: Some("medium".into()),
                ..of()
            },
        ),
        (
            "at high risk",
            ListQuery {
                risk: Some("high".into()),
                ..of()
            },
        ),
        (
            "in Spanish",
            ListQuery {
                language: Some("es".into()),
                ..of()
            },
        ),
        (
            "in Vietnamese",
            ListQuery {
                language: Some("vi".into()),
                ..of()
            },
        ),
        (
            "of a household of no case",
            ListQuery {
                household: Some(EntityId::from_bytes([1; 16])),
                ..of()
            },
        ),
        (
            "with a visit soon",
            ListQuery {
                next_visit_before: Some(local_day(today + Days::new(7), ZONE).unwrap()),
                ..of()
            },
        ),
        (
            "with a task overdue",
            ListQuery {
                overdue_on: Some(local_day(today, ZONE).unwrap()),
                ..of()
            },
        ),
        (
            "in conflict",
            ListQuery {
                in_conflict: true,
                ..of()
            },
        ),
        (
            "not sent yet",
            ListQuery {
                unsynced: true,
                ..of()
            },
        ),
        (
            "changed after closing",
            ListQuery {
                changed_after_closing: true,
                ..of()
            },
        ),
    ]
}
