//! Days and cells of the export; what it says of real visits stands in the tests of whole devices.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::evv::safe;
use super::is_begun_within;

#[test]
fn a_visit_belongs_to_the_day_on_which_it_began_where_the_person_lives() {
    let cases = [
        (
            "America/Chicago",
            "2026-06-15",
            "2026-06-15T04:59:59Z",
            false,
        ),
        (
            "America/Chicago",
            "2026-06-15",
            "2026-06-15T05:00:00Z",
            true,
        ),
        (
            "America/Chicago",
            "2026-06-15",
            "2026-06-16T04:59:59Z",
            true,
        ),
        (
            "America/Chicago",
            "2026-06-15",
            "2026-06-16T05:00:00Z",
            false,
        ),
        // A day of 25 hours, then one of 23.
        (
            "America/Chicago",
            "2026-11-01",
            "2026-11-01T05:00:00Z",
            true,
        ),
        (
            "America/Chicago",
            "2026-11-01",
            "2026-11-02T05:59:59Z",
            true,
        ),
        (
            "America/Chicago",
            "2026-11-01",
            "2026-11-02T06:00:00Z",
            false,
        ),
        (
            "America/Chicago",
            "2026-03-08",
            "2026-03-09T04:59:59Z",
            true,
        ),
        (
            "America/Chicago",
            "2026-03-08",
            "2026-03-09T05:00:00Z",
            false,
        ),
        // In Chile this day has no midnight: it begins at 01:00.
        (
            "America/Santiago",
            "2026-09-06",
            "2026-09-06T03:59:59Z",
            false,
        ),
        (
            "America/Santiago",
            "2026-09-06",
            "2026-09-06T04:00:00Z",
            true,
        ),
        (
            "Pacific/Kiritimati",
            "2026-06-15",
            "2026-06-14T10:00:00Z",
            true,
        ),
        (
            "Pacific/Pago_Pago",
            "2026-06-15",
            "2026-06-16T10:59:59Z",
            true,
        ),
    ];
    for (zone, day, at, within) in cases {
        let (zone, day): (Tz, NaiveDate) = (zone.parse().unwrap(), day.parse().unwrap());
        let found = is_begun_within(at.parse().unwrap(), (day, day), zone);
        assert_eq!(found, within, "{at} on {day} in {zone}");
    }
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
