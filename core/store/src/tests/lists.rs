//! Projections: what is written comes back in lists, agenda, inbox and search, in order and by index.

use caseweave_engine::calendar::LocalDay;
use caseweave_engine::domain::{CaseStatus, RiskLevel};
use rusqlite::{StatementStatus, params_from_iter};

use super::*;
use crate::envelopes::UNSIGNED;
use crate::outbox::OF_GROUP;
use crate::touched::TOUCHED;

/// A caseload with visits and tasks.
pub(super) fn caseload(count: u32) -> (Lab, Store) {
    let lab = Lab::new();
    let store = lab.store();
    let mut random = Lcg(1);
    store
        .write(|tx| {
            (0..count).try_for_each(|number| tx.project(&random_projection(number, &mut random)))
        })
        .unwrap();
    (lab, store)
}

fn random_projection(number: u32, random: &mut Lcg) -> Projection {
    let id = case_number(number);
    let mut made = projection(id, &format!("Name {:05}", random.below(5_000)));
    let row = own(&mut made);
    row.status = Some(["open", "enquiry", "closed"][random.below(3) as usize].into());
    row.risk = Some(["low", "high"][random.below(2) as usize].into());
    row.lead = Some(worker(random.below(5) as u8));
    row.changed_at = DateTime::from_timestamp_millis(random.below(1_000_000) as i64).unwrap();
    if random.below(3) > 0 {
        let day = NaiveDate::from_num_days_from_ce_opt(739_000 + random.below(300) as i32).unwrap();
        made.visits.push(VisitRow {
            planned_on: Some(day),
            ..visit(id, 1, None)
        });
        made.tasks.push(TaskRow {
            due_on: Some(day),
            ..task(id, 2, None)
        });
    }
    if random.below(20) == 0 {
        made.conflicts.push(conflict(id, "number"));
    }
    let told = |codes: &[&str], every: u32| {
        codes
            .get((number / every) as usize % 4)
            .map(|code| (*code).into())
    };
    let row = own(&mut made);
    row.sector = told(&["health", "insurance", "health"], 1);
    row.programme = told(&["Home visits", "Respite"], 2);
    row.language = told(&["es", "es-MX", "est", "ES"], 3);
    row.late_changes = u32::from(number.is_multiple_of(25));
    made
}

/// Where a case stands in an order of ranks: by rank, then by name.
fn place(codes: &[&str], code: Option<&str>, name: &str) -> (String, i64) {
    let rank = codes.iter().position(|known| Some(*known) == code);
    (format!("{} {name}", rank.unwrap_or(9)), 0)
}

/// Every status and every risk that the library knows, in the order of lists.
fn ranks() -> (Vec<&'static str>, Vec<&'static str>) {
    let statuses = CaseStatus::KNOWN.iter().map(CaseStatus::code);
    let risks = RiskLevel::KNOWN.iter().rev().map(RiskLevel::code);
    (statuses.collect(), risks.collect())
}

fn all_pages(store: &Store, query: &ListQuery) -> Vec<CaseListRow> {
    let mut query = query.clone();
    let mut all = Vec::new();
    loop {
        let page = store.read(|tx| tx.list(&query)).unwrap();
        all.extend(page.rows);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return all,
        }
    }
}

#[test]
fn pages_together_are_the_whole_list_in_every_order() {
    let (_lab, store) = caseload(500);
    for sort in Sort::ALL {
        for limit in [7, 50, 1_000] {
            let rows = all_pages(
                &store,
                &ListQuery {
                    sort,
                    limit,
                    ..ListQuery::default()
                },
            );
            assert_eq!(rows.len(), 500, "{sort:?}");
            let key = |row: &CaseListRow| match sort {
                Sort::Name => (row.case.sort_name.clone(), 0),
                Sort::NextVisit => (
                    String::new(),
                    row.next_visit_on.map_or(i64::MAX, row::day_number),
                ),
                Sort::NextDue => (
                    String::new(),
                    row.next_due_on.map_or(i64::MAX, row::day_number),
                ),
                Sort::Changed => (String::new(), -row.case.changed_at.timestamp_millis()),
                Sort::Status => place(&ranks().0, row.case.status.as_deref(), &row.case.sort_name),
                Sort::Risk => place(&ranks().1, row.case.risk.as_deref(), &row.case.sort_name),
            };
            assert!(rows.is_sorted_by_key(key), "{sort:?}");
            let mut cases: Vec<_> = rows.iter().map(|row| row.case.case).collect();
            cases.sort();
            cases.dedup();
            assert_eq!(cases.len(), 500, "no case twice in {sort:?}");
        }
    }
}

/// Also tells when a status or a risk was added, and the orders of the table do not know it.
#[test]
fn every_status_and_risk_has_its_place_and_what_nobody_knows_is_last() {
    let lab = Lab::new();
    let store = lab.store();
    let (statuses, risks) = ranks();
    let of = |codes: &[&str], place: usize| codes.get(place).map(|code| (*code).to_owned());
    let most = statuses.len().max(risks.len());
    // Names run against the ranks; of two that are equal the name decides.
    for (number, place) in (0..=most).chain([0]).enumerate() {
        let name = format!("Name {}", most + 1 - number);
        let mut made = projection(case_number(number as u32), &name);
        let row = own(&mut made);
        row.status = of(&statuses, place).or_else(|| Some("of_tomorrow".into()));
        row.risk = of(&risks, place);
        store.write(|tx| tx.project(&made)).unwrap();
    }
    for (sort, known) in [(Sort::Status, &statuses), (Sort::Risk, &risks)] {
        let query = ListQuery {
            sort,
            limit: 2,
            ..ListQuery::default()
        };
        let rows = all_pages(&store, &query);
        let shown = rows.iter().map(|row| match sort {
            Sort::Status => row.case.status.as_deref(),
            _ => row.case.risk.as_deref(),
        });
        let shown: Vec<_> = shown
            .map(|code| code.filter(|code| known.contains(code)))
            .collect();
        let mut expected = vec![known.first().copied()];
        expected.extend(known.iter().copied().map(Some));
        expected.resize(rows.len(), None);
        assert_eq!(shown, expected, "{sort:?}");
        assert!(rows[0].case.sort_name < rows[1].case.sort_name, "{sort:?}");
    }
}

#[test]
fn filters_show_exactly_what_they_name() {
    let (_lab, store) = caseload(500);
    store
        .write(|tx| tx.add_group(group(case_number(3))))
        .unwrap();
    let all = all_pages(&store, &ListQuery::default());
    let check = |query: ListQuery, keep: &dyn Fn(&CaseListRow) -> bool| {
        for sort in Sort::ALL {
            let mut found: Vec<_> = all_pages(
                &store,
                &ListQuery {
                    sort,
                    limit: 20,
                    ..query.clone()
                },
            );
            found.sort_by_key(|row| row.case.case);
            let mut expected: Vec<_> = all.iter().filter(|row| keep(row)).cloned().collect();
            expected.sort_by_key(|row| row.case.case);
            assert!(!expected.is_empty());
            assert_eq!(found, expected);
        }
    };
    let query = ListQuery::default;
    let is =
        |status: &'static str| move |row: &CaseListRow| row.case.status.as_deref() == Some(status);
    check(
        ListQuery {
            statuses: vec!["open".into()],
            ..query()
        },
        &is("open"),
    );
    check(
        ListQuery {
            statuses: vec!["open".into(), "enquiry".into()],
            ..query()
        },
        &|row| !is("closed")(row),
    );
    check(
        ListQuery {
            lead: Some(worker(2)),
            ..query()
        },
        &|row| row.case.lead == Some(worker(2)),
    );
    check(
        ListQuery {
            risk: Some("high".into()),
            ..query()
        },
        &|row| row.case.risk.as_deref() == Some("high"),
    );
    check(
        ListQuery {
            in_conflict: true,
            ..query()
        },
        &|row| row.conflicts > 0,
    );
    check(
        ListQuery {
            unsynced: true,
            ..query()
        },
        &|row| row.case.case == case_number(3),
    );
    check(
        ListQuery {
            lead: Some(worker(1)),
            risk: Some("low".into()),
            statuses: vec!["closed".into()],
            ..query()
        },
        &|row| {
            row.case.lead == Some(worker(1))
                && row.case.risk.as_deref() == Some("low")
                && is("closed")(row)
        },
    );
    check(
        ListQuery {
            sector: Some("health".into()),
            programme: Some("Respite".into()),
            ..query()
        },
        &|row| {
            row.case.sector.as_deref() == Some("health")
                && row.case.programme.as_deref() == Some("Respite")
        },
    );
    check(
        ListQuery {
            language: Some("Es".into()),
            ..query()
        },
        &|row| row.case.language.as_deref() != Some("est"),
    );
    check(
        ListQuery {
            language: Some("es-mx".into()),
            ..query()
        },
        &|row| row.case.language.as_deref() == Some("es-MX"),
    );
    check(
        ListQuery {
            changed_after_closing: true,
            ..query()
        },
        &|row| row.case.late_changes > 0,
    );
    let day = NaiveDate::from_num_days_from_ce_opt(739_100).unwrap();
    let local = LocalDay {
        day,
        begins_at: day.and_hms_opt(5, 0, 0).unwrap().and_utc(),
    };
    check(
        ListQuery {
            next_visit_before: Some(local),
            statuses: vec!["open".into()],
            ..query()
        },
        &|row| row.next_visit_on.is_some_and(|on| on < day) && is("open")(row),
    );
    check(
        ListQuery {
            overdue_on: Some(local),
            risk: Some("high".into()),
            ..query()
        },
        &|row| {
            row.next_due_on.is_some_and(|on| on < day) && row.case.risk.as_deref() == Some("high")
        },
    );
}

#[test]
fn what_is_planned_or_due_at_a_moment_counts_by_the_day_it_has_where_somebody_lives() {
    let lab = Lab::new();
    let store = lab.store();
    // 23 November begins at 06:00 in Chicago.
    let begin = at("2026-11-23T06:00:00Z");
    let moments = ["2026-11-23T05:59:59Z", "2026-11-23T06:00:00Z"];
    for (number, moment) in [1, 2].into_iter().zip(moments.map(at)) {
        let id = case(number);
        let made = Projection {
            visits: vec![VisitRow {
                planned_start: Some(moment),
                ..visit(id, 1, None)
            }],
            tasks: vec![
                TaskRow {
                    due_at: Some(moment),
                    ..task(id, 2, None)
                },
                TaskRow {
                    status: Some("done".into()),
                    ..task(id, 3, Some("2026-11-01"))
                },
            ],
            ..projection(id, "Ana")
        };
        store.write(|tx| tx.project(&made)).unwrap();
    }
    let chicago = Some(LocalDay {
        day: on("2026-11-23"),
        begins_at: begin,
    });
    for sort in Sort::ALL {
        let query = ListQuery {
            sort,
            ..ListQuery::default()
        };
        let planned = ListQuery {
            next_visit_before: chicago,
            ..query.clone()
        };
        let overdue = ListQuery {
            overdue_on: chicago,
            ..query
        };
        for query in [planned, overdue] {
            let rows = all_pages(&store, &query);
            let cases: Vec<_> = rows.iter().map(|row| row.case.case).collect();
            assert_eq!(cases, [case(1)], "{query:?}");
        }
    }
}

#[test]
fn lists_walk_an_index_in_order_and_never_sort_or_scan_the_table() {
    let (_lab, store) = caseload(200);
    store
        .write(|tx| Ok::<_, Error>(tx.connection.execute_batch("ANALYZE")?))
        .unwrap();
    let indexes = [
        (Sort::Name, "cases_by_name"),
        (Sort::NextVisit, "cases_by_visit"),
        (Sort::NextDue, "cases_by_due"),
        (Sort::Changed, "cases_by_changed"),
        (Sort::Status, "cases_by_status"),
        (Sort::Risk, "cases_by_risk"),
    ];
    for (sort, index) in indexes {
        let first = ListQuery {
            sort,
            limit: 5,
            ..ListQuery::default()
        };
        let after = store.read(|tx| tx.list(&first)).unwrap().next;
        let filtered = ListQuery {
            statuses: vec!["open".into(), "enquiry".into()],
            lead: Some(worker(1)),
            risk: Some("low".into()),
            in_conflict: true,
            unsynced: true,
            ..first.clone()
        };
        let monday = Some(LocalDay {
            day: on("2026-11-23"),
            begins_at: at("2026-11-23T06:00:00Z"),
        });
        let by_row = ListQuery {
            sector: Some("health".into()),
            programme: Some("Home".into()),
            language: Some("es".into()),
            changed_after_closing: true,
            ..first.clone()
        };
        let by_day = ListQuery {
            next_visit_before: monday,
            overdue_on: monday,
            ..first.clone()
        };
        for query in [first, filtered, by_row, by_day] {
            for after in [None, after.clone()] {
                let plan = list_plan(
                    &store,
                    &ListQuery {
                        after,
                        ..query.clone()
                    },
                );
                assert!(
                    plan.contains(&format!("USING INDEX {index}")),
                    "{sort:?}: {plan}"
                );
                assert!(!plan.contains("TEMP B-TREE"), "{sort:?}: {plan}");
                assert!(!plan.contains("SCAN task"), "{sort:?}: {plan}");
            }
        }
    }
}

#[test]
fn each_order_carries_what_lists_filter_by() {
    let lab = Lab::new();
    let store = lab.store();
    for index in [
        "cases_by_name",
        "cases_by_visit",
        "cases_by_due",
        "cases_by_changed",
        "cases_by_status",
        "cases_by_risk",
    ] {
        let columns: Vec<String> = store
            .read(|tx| {
                let sql = format!("SELECT name FROM pragma_index_info('{index}')");
                tx.rows(&sql, [], |row| Ok(row.get("name")?))
            })
            .unwrap();
        for column in ["status", "risk", "lead", "sector", "programme", "language"] {
            assert!(
                columns.iter().any(|name| name == column),
                "{index}, {column}"
            );
        }
    }
}

#[test]
fn pages_that_begin_elsewhere_are_planned_once() {
    let (_lab, store) = caseload(40);
    for sort in Sort::ALL {
        let query = ListQuery {
            sort,
            limit: 5,
            ..ListQuery::default()
        };
        let first = store.read(|tx| tx.list(&query)).unwrap();
        let further = ListQuery {
            after: first.next,
            ..query.clone()
        };
        let (sql, _) = further.sql();
        let planned_again = store.read(|tx| {
            let mut query = further.clone();
            while let Some(next) = tx.list(&query)?.next {
                query.after = Some(next);
            }
            let statement = tx.statement(&sql)?;
            let runs = statement.get_status(StatementStatus::Run);
            Ok::<_, Error>((runs, statement.get_status(StatementStatus::RePrepare)))
        });
        assert_eq!(planned_again.unwrap(), (7, 0), "{sort:?}");
    }
}

fn list_plan(store: &Store, query: &ListQuery) -> String {
    let (sql, values) = query.sql();
    plan(store, &sql, params_from_iter(values))
}

pub(super) fn plan(store: &Store, sql: &str, params: impl rusqlite::Params) -> String {
    store
        .read(|tx| {
            let lines = tx.rows(&format!("EXPLAIN QUERY PLAN {sql}"), params, |row| {
                Ok(row.get::<_, String>("detail")?)
            })?;
            Ok::<_, Error>(lines.join("; "))
        })
        .unwrap()
}

#[test]
fn agenda_and_one_case_s_rows_are_found_by_index() {
    let (_lab, store) = caseload(200);
    let of_group =
        format!("SELECT * FROM changes WHERE {OF_GROUP} ORDER BY number").replace("?1", "1");
    let since = TOUCHED.replace("?1", "1");
    let checks = [
        (
            "SELECT * FROM visit WHERE removed = 0 AND day BETWEEN 1 AND 2 ORDER BY day, id",
            "visit_by_day",
        ),
        (
            "SELECT * FROM visit AS due WHERE removed = 0 AND day BETWEEN 1 AND 2 AND (worker = x'01' OR worker IS NULL \
             AND (SELECT lead FROM case_summary WHERE case_summary.case_id = due.case_id) = x'01')",
            "visit_by_day",
        ),
        (
            "SELECT * FROM task WHERE open = 1 AND day BETWEEN 1 AND 2",
            "task_by_day",
        ),
        (
            "SELECT * FROM task AS due WHERE open = 1 AND day BETWEEN 1 AND 2 AND (assignee = x'01' OR assignee IS NULL \
             AND (SELECT lead FROM case_summary WHERE case_summary.case_id = due.case_id) = x'01')",
            "task_by_day",
        ),
        (
            "SELECT * FROM visit WHERE case_id = x'01' AND removed = 0",
            "PRIMARY KEY",
        ),
        (
            "SELECT count(*) FROM groups WHERE case_id = x'01' AND state = 0",
            "groups_by_case",
        ),
        (&of_group, "SEARCH changes USING INTEGER PRIMARY KEY"),
        (
            "SELECT * FROM changes WHERE document = x'01' ORDER BY number",
            "SEARCH changes USING INDEX",
        ),
        (UNSIGNED, "SEARCH changes USING INTEGER PRIMARY KEY"),
        (&since, "SEARCH touched USING PRIMARY KEY"),
    ];
    for (sql, index) in checks {
        let plan = plan(&store, sql, []);
        assert!(plan.contains(index), "{sql}: {plan}");
    }
}

#[test]
fn sums_follow_visits_tasks_and_conflicts() {
    let lab = Lab::new();
    let store = lab.store();
    let put = |projection: &Projection| store.write(|tx| tx.project(projection)).unwrap();
    let row = || store.read(|tx| tx.case_row(case(1))).unwrap().unwrap();
    let base = projection(case(1), "Ana");
    put(&Projection {
        visits: vec![
            visit(case(1), 1, Some("2026-12-01")),
            visit(case(1), 2, Some("2026-11-25")),
        ],
        tasks: vec![
            task(case(1), 1, Some("2026-12-05")),
            TaskRow {
                due_at: Some(at("2026-11-30T23:30:00Z")),
                ..task(case(1), 2, None)
            },
            task(case(1), 3, None),
        ],
        conflicts: vec![conflict(case(1), "number"), conflict(case(1), "use")],
        ..base.clone()
    });
    let before = row();
    assert_eq!(
        (before.next_visit_on, before.next_visit_at),
        (Some(on("2026-11-25")), None)
    );
    assert_eq!(
        (before.next_due_on, before.open_tasks),
        (Some(on("2026-11-30")), 3)
    );
    assert_eq!(before.conflicts, 2);

    let done = Some("done".to_owned());
    put(&Projection {
        visits: vec![
            VisitRow {
                status: Some("completed".into()),
                ..visit(case(1), 2, Some("2026-11-25"))
            },
            VisitRow {
                planned_start: Some(at("2026-11-28T09:00:00Z")),
                ..visit(case(1), 3, None)
            },
        ],
        tasks: vec![TaskRow {
            status: done,
            ..task(case(1), 2, None)
        }],
        touched: in_conflict(),
        conflicts: vec![conflict(case(1), "use")],
        ..base.clone()
    });
    let after = row();
    assert_eq!(after.next_visit_on, Some(on("2026-11-28")));
    assert_eq!(after.next_visit_at, Some(at("2026-11-28T09:00:00Z")));
    assert_eq!(
        (after.next_due_on, after.open_tasks, after.conflicts),
        (Some(on("2026-12-05")), 2, 1)
    );

    put(&Projection {
        visits: vec![
            VisitRow {
                removed: true,
                ..visit(case(1), 1, Some("2026-12-01"))
            },
            VisitRow {
                removed: true,
                ..visit(case(1), 3, None)
            },
        ],
        ..base
    });
    assert_eq!(
        (row().next_visit_on, row().conflicts),
        (None, 1),
        "the entity in conflict was not touched"
    );
}

#[test]
fn every_field_of_a_row_comes_back_as_projected() {
    let lab = Lab::new();
    let store = lab.store();
    let full_visit = VisitRow {
        planned_start: Some(at("2026-11-23T09:00:00.123Z")),
        planned_end: Some(at("2026-11-23T10:00:00Z")),
        started_at: Some(at("2026-11-23T09:05:00Z")),
        ended_at: Some(at("1969-12-31T23:59:59Z")),
        ..visit(case(1), 1, Some("1969-12-30"))
    };
    let full_task = TaskRow {
        due_at: Some(at("2026-11-23T09:00:00Z")),
        urgency: Some("soon".into()),
        importance: Some("high".into()),
        ..task(case(1), 2, Some("2026-11-23"))
    };
    let made = Projection {
        visits: vec![full_visit.clone()],
        tasks: vec![full_task.clone()],
        goals: vec![goal(case(1), 3)],
        conflicts: vec![conflict(case(1), "number")],
        ..projection(case(1), "Ana")
    };
    store.write(|tx| tx.project(&made)).unwrap();
    store
        .read(|tx| {
            let row = tx.case_row(case(1))?.unwrap().case;
            assert_eq!(RecordRow::Case(row), made.record);
            assert_eq!(tx.visits_of(case(1))?, std::slice::from_ref(&full_visit));
            assert_eq!(tx.tasks_of(case(1))?, std::slice::from_ref(&full_task));
            assert_eq!(tx.goals_of(case(1))?, made.goals);
            assert_eq!(tx.inbox()?.conflicts.len(), 1);
            assert_eq!(tx.projected_cases()?, [case(1)]);
            Ok::<_, Error>(())
        })
        .unwrap();
}

#[test]
fn edits_one_by_one_and_a_rebuild_give_the_same_rows() {
    let lab = Lab::new();
    let store = lab.store();
    let digest = || store.read(|tx| tx.projection_digest(case(1))).unwrap();
    let steps = [
        Projection {
            visits: vec![visit(case(1), 1, Some("2026-11-23"))],
            search: vec![
                words(case(1), 1, "first words"),
                words(case(1), 2, "goes away"),
            ],
            conflicts: vec![conflict(case(1), "number")],
            ..projection(case(1), "Ana")
        },
        Projection {
            visits: vec![visit(case(1), 2, Some("2026-11-24"))],
            tasks: vec![task(case(1), 1, Some("2026-11-24"))],
            search: vec![words(case(1), 1, "other words"), words(case(1), 2, "")],
            touched: in_conflict(),
            ..projection(case(1), "Ana Ruiz")
        },
    ];
    store.write(|tx| tx.add_group(group(case(1)))).unwrap();
    store
        .write(|tx| steps.iter().try_for_each(|step| tx.project(step)))
        .unwrap();
    let whole = Projection {
        visits: vec![
            visit(case(1), 2, Some("2026-11-24")),
            visit(case(1), 1, Some("2026-11-23")),
        ],
        tasks: vec![task(case(1), 1, Some("2026-11-24"))],
        search: vec![words(case(1), 1, "other words")],
        ..projection(case(1), "Ana Ruiz")
    };
    let by_edits = digest();
    store.write(|tx| tx.replace_projection(&whole)).unwrap();
    assert_eq!(digest(), by_edits);
    assert_eq!(
        store
            .read(|tx| tx.case_row(case(1)))
            .unwrap()
            .unwrap()
            .unsynced,
        1
    );
    let other = Projection {
        tasks: Vec::new(),
        ..whole
    };
    store.write(|tx| tx.replace_projection(&other)).unwrap();
    assert_ne!(digest(), by_edits);
}

#[test]
fn the_agenda_shows_days_and_workers_asked_for() {
    let lab = Lab::new();
    let store = lab.store();
    store
        .write(|tx| {
            tx.project(&Projection {
                visits: vec![
                    VisitRow {
                        planned_start: Some(at("2026-11-24T15:00:00Z")),
                        ..visit(case(1), 1, Some("2026-11-24"))
                    },
                    VisitRow {
                        planned_start: Some(at("2026-11-24T08:00:00Z")),
                        ..visit(case(1), 2, None)
                    },
                    visit(case(1), 3, Some("2026-11-24")),
                    VisitRow {
                        worker: Some(worker(2)),
                        ..visit(case(1), 4, Some("2026-11-25"))
                    },
                    visit(case(1), 5, Some("2026-11-26")),
                    VisitRow {
                        removed: true,
                        ..visit(case(1), 6, Some("2026-11-24"))
                    },
                    visit(case(1), 7, None),
                ],
                tasks: vec![
                    task(case(1), 1, Some("2026-11-25")),
                    TaskRow {
                        due_at: Some(at("2026-11-24T23:59:00Z")),
                        ..task(case(1), 2, None)
                    },
                    TaskRow {
                        status: Some("cancelled".into()),
                        ..task(case(1), 3, Some("2026-11-25"))
                    },
                ],
                ..projection(case(1), "Ana")
            })
        })
        .unwrap();
    let days = |worker| {
        let agenda = store
            .read(|tx| tx.agenda(on("2026-11-24"), on("2026-11-25"), worker))
            .unwrap();
        let visits: Vec<_> = agenda.visits.iter().map(|visit| visit.id).collect();
        let tasks: Vec<_> = agenda.tasks.iter().map(|task| task.id).collect();
        (visits, tasks)
    };
    assert_eq!(
        days(None),
        (
            [2, 1, 3, 4].map(entity).to_vec(),
            [2, 1].map(entity).to_vec()
        )
    );
    assert_eq!(days(Some(worker(2))), (vec![entity(4)], vec![]));
}
