//! Cells of the export, and which points are in it; what it says of real visits stands in the tests of whole devices.

use serde_json::{Value, json};

use super::record::{Record, id};
use crate::domain::RecordPart;
use crate::report::evv::safe;
use crate::report::{EvvRecord, ReportLocale};

/// A visit at a place that is known to a metre.
fn visited(visit: u8, address: Value) -> Value {
    let fix = json!({"latitude": 41.5, "longitude": -87.5, "accuracy_m": 8.0, "mocked": false});
    let moment = |at: &str, minutes: i64| json!({"at": at, "zone": "America/Chicago", "monotonic_ms": minutes * 60_000, "location": {"Fix": fix}, "manual": false});
    json!([
        {"Visit": {"Plan": {"id": id(visit), "fields": {"address": address}}}},
        {"Visit": {"CheckIn": {"id": id(visit + 1), "visit": id(visit), "moment": moment("2026-10-21T15:00:00Z", 0)}}},
        {"Visit": {"CheckOut": {"id": id(visit + 2), "visit": id(visit), "moment": moment("2026-10-21T16:00:00Z", 60)}}},
    ])
}

/// Whether each visit of a record has its points, by the visits' ids.
fn has_points(record: &Record) -> Vec<bool> {
    let case = record.view();
    let visits = case.visits.iter();
    let lines =
        visits.map(|visit| EvvRecord::of(&case, visit, crate::calendar::Zone::UTC, &|_| None));
    lines
        .map(|line| {
            assert_eq!(line.begin_point, line.end_point);
            line.begin_point.is_some()
        })
        .collect()
}

#[test]
fn no_point_tells_where_the_shelter_of_a_person_is() {
    let mut record = Record::empty("Rosa");
    let address = |number: u8, usage: &str| {
        let fields = json!({"line": "1 Elm St", "usage": usage});
        json!([{"Address": {"Add": {"id": id(number), "fields": fields}}}])
    };
    record.edit(address(3, "home"));
    let named = [json!(id(3)), json!(id(4)), json!(id(5)), json!(null)];
    for (visit, address) in [30, 33, 36, 39].into_iter().zip(named) {
        record.edit(visited(visit, address));
    }
    assert_eq!(has_points(&record), [true; 4], "no shelter is known");
    record.edit(address(4, "shelter"));
    let at_home = [true, false, false, false];
    assert_eq!(has_points(&record), at_home, "the rest may be the shelter");
    record.edit(
        json!([{"Removal": {"Remove": {"kind": "Address", "id": id(4), "reason": "Moved out"}}}]),
    );
    let moved_out = [true, false, true, true];
    assert_eq!(has_points(&record), moved_out);
}

#[test]
fn no_cell_begins_as_a_formula_does() {
    for text in [
        "=cmd|' /C calc'!A0",
        "+1",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
    ] {
        assert_eq!(safe(text), format!("'{text}"));
    }
    for text in ["", "T1019", "a=b", "'=1"] {
        assert_eq!(safe(text), text);
    }
}

#[test]
fn an_address_is_a_shelter_as_long_as_anybody_says_so() {
    for (here, there) in [("home", "shelter"), ("shelter", "home")] {
        let usage = |usage: &str| json!([{"Address": {"Update": {"id": id(3), "fields": {"usage": usage}}}}]);
        let mut record = Record::empty("Rosa");
        let add = json!({"id": id(3), "fields": {"line": "4 Hidden Ln", "usage": "temp"}});
        record.edit(json!([{"Address": {"Add": add}}]));
        record.edit(visited(30, json!(id(3))));
        let mut elsewhere = record.on_another_device();
        record.edit(usage(here));
        elsewhere.edit(usage(there));
        record.take_in(&elsewhere);
        assert_eq!(has_points(&record), [false]);
        let person = record.own(ReportLocale::EnUs, &[RecordPart::Person]);
        assert!(!person.html().contains("Hidden"));
    }
}
