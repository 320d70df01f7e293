//! People who have a case already are found by what identifies them, by index.

use super::lists::plan;
use super::*;

fn known_as(number: u8, keys: &[i64], birth_date: Option<&str>) -> Projection {
    let mut made = projection(case(number), "Ana");
    let keys = keys.iter().copied().collect();
    made.keys = BTreeMap::from([(entity(number), keys)]);
    own(&mut made).birth_date = birth_date.map(on);
    made
}

#[test]
fn people_are_found_by_keys_and_birth_and_come_with_the_keys_they_share() {
    let lab = Lab::new();
    let store = lab.store();
    let put = |made: &Projection| store.write(|tx| tx.project(made)).unwrap();
    put(&known_as(1, &[10, 11], Some("1939-02-28")));
    put(&known_as(2, &[11, 12], None));
    put(&known_as(3, &[13], Some("1951-07-30")));
    let find = |keys: &[i64], birth: Option<&str>| {
        let keys = keys.iter().copied().collect();
        let known = store.read(|tx| tx.known_by(&keys, birth.map(on))).unwrap();
        let shared = known
            .into_iter()
            .map(|one| (one.case, one.shared.into_iter().collect()));
        shared.collect::<Vec<(CaseId, Vec<i64>)>>()
    };
    assert_eq!(
        find(&[10, 11, 99], None),
        [(case(1), vec![10, 11]), (case(2), vec![11])]
    );
    assert_eq!(find(&[], Some("1951-07-30")), [(case(3), vec![])]);
    put(&known_as(1, &[11], Some("1939-02-28")));
    assert_eq!(find(&[10], None), []);
    let untouched = Projection {
        keys: BTreeMap::new(),
        ..known_as(1, &[], None)
    };
    put(&untouched);
    assert_eq!(find(&[11], None).len(), 2, "what was not touched stays");
    store.write(|tx| tx.forget_projection(case(2))).unwrap();
    assert_eq!(find(&[11], None), [(case(1), vec![11])]);
}

#[test]
fn looking_for_people_goes_through_no_table() {
    let (_lab, store) = lists::caseload(200);
    store
        .write(|tx| Ok::<_, Error>(tx.connection.execute_batch("ANALYZE")?))
        .unwrap();
    let checks = [
        (
            crate::duplicates::BY_KEY,
            "SEARCH person_key USING PRIMARY KEY (key=?)",
        ),
        (
            crate::duplicates::BY_BIRTH,
            "SEARCH case_summary USING INDEX cases_by_birth (birth_on=?)",
        ),
        (
            crate::duplicates::KEYS_OF,
            "SEARCH person_key USING COVERING INDEX person_key_of_case (case_id=?)",
        ),
    ];
    for (sql, found) in checks {
        let plan = plan(&store, &sql.replace("?1", "1").replace("?2", "200"), []);
        assert!(plan.contains(found), "{sql}: {plan}");
    }
}
