//! Restricted compartments: their rows, and that nothing of one that was forgotten is left.

use caseweave_engine::projection::CompartmentRow;

use super::*;

/// Its rows, as they are of a compartment about the first case.
fn compartment(id: CaseId, title: &str) -> Projection {
    Projection {
        record: RecordRow::Compartment(CompartmentRow {
            id,
            case: case(1),
            title: title.into(),
            notes: 2,
            needs: 1,
            assessments: 0,
            attachments: 3,
            alerts: 1,
            changed_at: DateTime::from_timestamp_millis(5).unwrap(),
        }),
        search: vec![words(id, 3, "marzipan")],
        conflicts: vec![conflict(id, "title")],
        ..projection(id, "")
    }
}

/// Where in a store some bytes stand: tables and columns, whatever there is of both.
fn places_of(tx: &ReadTx<'_>, wanted: &[u8]) -> BTreeSet<String> {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    let tables: Vec<String> = tx.rows(tables, [], |row| Ok(row.get(0)?)).unwrap();
    let mut places = BTreeSet::new();
    for table in tables {
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns: Vec<String> = tx.rows(&columns, [], |row| Ok(row.get(0)?)).unwrap();
        for column in columns {
            let sql = format!(
                "SELECT count(*) FROM \"{table}\" WHERE instr(CAST(\"{column}\" AS BLOB), CAST(?1 AS BLOB)) > 0"
            );
            let found: Option<i64> = tx.row(&sql, [wanted], |row| Ok(row.get(0)?)).unwrap();
            if found > Some(0) {
                places.insert(format!("{table}.{column}"));
            }
        }
    }
    places
}

#[test]
fn a_compartment_is_listed_with_its_case_and_not_among_the_cases() {
    let lab = Lab::new();
    let store = lab.store();
    store
        .write(|tx| {
            tx.project(&projection(case(1), "Ana"))?;
            case_with_group(tx, case(2), 1)?;
            tx.project(&compartment(case(2), "Therapy"))
        })
        .unwrap();
    store
        .read(|tx| {
            let rows = tx.compartments(Some(case(1)))?;
            assert_eq!(rows, tx.compartments(None)?);
            assert_eq!(
                RecordRow::Compartment(rows[0].compartment.clone()),
                compartment(case(2), "Therapy").record
            );
            let (conflicts, unsynced) = (rows[0].conflicts, rows[0].unsynced);
            assert_eq!((conflicts, unsynced, rows[0].refused), (1, 1, 0));
            assert_eq!(tx.compartments(Some(case(2)))?, []);
            assert_eq!(tx.compartment(case(1))?, None);
            let listed = tx.list(&ListQuery::default())?.rows;
            assert_eq!(listed.len(), 1);
            assert_eq!(tx.case_row(case(2))?, None);
            let hit = &tx.search("marzipan", 10)?[0];
            assert_eq!((hit.case, hit.compartment), (case(1), Some(case(2))));
            let conflict = &tx.inbox()?.conflicts[0];
            let place = (conflict.case, conflict.compartment);
            assert_eq!(place, (case(1), Some(case(2))));
            Ok::<_, Error>(())
        })
        .unwrap();
}

#[test]
fn nothing_is_left_of_a_compartment_that_was_forgotten() {
    let lab = Lab::new();
    let store = lab.store();
    store
        .write(|tx| {
            let group = case_with_group(tx, case(2), 1)?;
            tx.project(&compartment(case(2), "Zwieback"))?;
            tx.acknowledge_group(group, 1)
        })
        .unwrap();
    let id = case(2).to_bytes();
    let places = |wanted: &[u8]| {
        store
            .read(|tx| Ok::<_, Error>(places_of(tx, wanted)))
            .unwrap()
    };
    assert!(places(&id).len() > 5);
    assert!(!places(b"Zwieback").is_empty() && !places(b"marzipan").is_empty());
    store.write(|tx| tx.forget_case(case(2))).unwrap();
    // Whoever follows the record is told that it went.
    assert_eq!(places(&id), BTreeSet::from(["touched.case_id".into()]));
    assert_eq!(places(b"Zwieback"), BTreeSet::new());
    assert_eq!(places(b"marzipan"), BTreeSet::new());
}

#[test]
fn a_rebuild_turns_what_was_a_compartment_into_the_case_it_became() {
    let lab = Lab::new();
    let store = lab.store();
    store
        .write(|tx| tx.project(&compartment(case(2), "Therapy")))
        .unwrap();
    let made = projection(case(2), "Ana");
    store.write(|tx| tx.replace_projection(&made)).unwrap();
    let rows = store.read(|tx| tx.compartments(None)).unwrap();
    assert_eq!(rows, []);
}
