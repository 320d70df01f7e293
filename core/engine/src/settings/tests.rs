//! What administrators write, and what devices make of it.

use super::*;
use crate::instruments::InvalidDefinition;

const FALLS: &str = r#"{"id": "org.example.falls", "version": 1, "title": {"en": "Falls"}, "source": "Own", "licence": {"en": "Own"},
 "languages": ["en"],
 "items": [{"code": "fell", "text": {"en": "Fell?"}, "options": [{"value": 0, "text": {"en": "No"}}]}]}"#;

fn next(text: &str) -> Result<AgencySettings, InvalidDefinition> {
    AgencySettings::default().next(text)
}

fn refused(text: &str) -> String {
    next(text).unwrap_err().to_string()
}

#[test]
fn what_a_file_leaves_out_has_its_default() {
    let settings = next(r#"{"evv": {"radius_m": 300}, "offline_lease_days": 3}"#).unwrap();
    let evv = EvvSettings {
        radius_m: 300,
        ..EvvSettings::default()
    };
    let expected = AgencySettings {
        version: 1,
        evv,
        offline_lease_days: 3,
        ..AgencySettings::default()
    };
    assert_eq!(settings, expected);
    assert_eq!(settings.offline_lease_ms(), 3 * 86_400_000);
}

#[test]
fn a_file_that_cannot_stand_is_refused_with_line_and_field() {
    let cases = [
        (
            "{\n \"evv\": {\n  \"radius\": 5}}",
            "line 3: evv.radius is unknown here; known are radius_m",
        ),
        (
            r#"{"evv": {"radius_m": 9}}"#,
            "line 1: evv.radius_m is not from 10 to 50000",
        ),
        (
            r#"{"evv": {"radius_m": 1.5}}"#,
            "line 1: evv.radius_m is not a whole number",
        ),
        (
            r#"{"worklist": {"longest_visit_minutes": 14}}"#,
            "line 1: worklist.longest_visit_minutes is not from 15 to 1440",
        ),
        (
            r#"{"evv": {"person_signs": 1}}"#,
            "line 1: evv.person_signs is neither true nor false",
        ),
        (r#"{"evv": []}"#, "line 1: evv is not an object"),
        (
            r#"{"offline_lease_days": 0}"#,
            "line 1: offline_lease_days is not from 1 to 90",
        ),
        (
            r#"{"note_settling_days": 91}"#,
            "line 1: note_settling_days is not from 1 to 90",
        ),
        (
            r#"{"approvals": {"approvers": ["Eve"]}}"#,
            "line 1: approvals.approvers[0] is not the id of a worker",
        ),
        (
            r#"{"reason_codes": [{"code": "died", "text": {"en": "Died"}}]}"#,
            "line 1: reason_codes[0].code is one of the library's own",
        ),
        (
            r#"{"reason_codes": [{"code": "flood"}]}"#,
            "line 1: reason_codes[0].text is missing",
        ),
        (
            r#"{"reason_codes": [{"code": "flood", "text": {"en": " "}}]}"#,
            "line 1: reason_codes[0].text.en is empty",
        ),
        (
            r#"{"reason_codes": [{"code": "a", "text": {"en": "A"}}, {"code": "a", "text": {"en": "B"}}]}"#,
            "line 1: reason_codes[1].code is used twice",
        ),
        (
            "{\"instruments\": [\n{\"id\": \"falls\"}]}",
            "line 2: instruments[0].id has no namespace such as org.example",
        ),
        (
            r#"{"version": 7}"#,
            "line 1: version is not 0, which is in force: begin from that",
        ),
        ("{", "line 1:  ends too early"),
    ];
    for (text, said) in cases {
        let refused = refused(text);
        assert!(refused.starts_with(said), "{text}: {refused}");
    }
}

#[test]
fn what_is_shown_can_be_changed_and_set_again() {
    let file = format!(
        r#"{{"reason_codes": [{{"code": "flood", "text": {{"en": "Flood", "es": "Inundación"}}, "memo": true}}],
            "approvals": {{"closure": true, "approvers": ["01ARZ3NDEKTSV4RRFFQ69G5FAV"]}}, "instruments": [{FALLS}]}}"#
    );
    let first = next(&file).unwrap();
    let again = first.next(&first.to_json()).unwrap();
    let same = AgencySettings {
        version: 2,
        ..first.clone()
    };
    assert_eq!(again, same);
    // Somebody else was faster.
    assert!(again.next(&first.to_json()).is_err());
}

#[test]
fn an_instrument_stays_and_its_version_never_says_something_else() {
    let first = next(&format!(r#"{{"instruments": [{FALLS}]}}"#)).unwrap();
    let without = first.next("{}").unwrap();
    assert_eq!(without.instruments, first.instruments);
    let other = FALLS.replace("Fell?", "Did you fall?");
    let refused = first.next(&format!(r#"{{"instruments": [{other}]}}"#));
    let refused = refused.unwrap_err();
    assert_eq!(refused.field, "instruments[0]");
    let newer = other.replace("\"version\": 1", "\"version\": 2");
    let both = first
        .next(&format!(r#"{{"instruments": [{newer}]}}"#))
        .unwrap();
    assert_eq!(both.instruments.len(), 2);
}

#[test]
fn an_older_device_reads_what_it_knows_of_newer_settings() {
    let newer =
        r#"{"version": 9, "evv": {"radius_m": 80, "altitude_m": 3}, "drones": {"allowed": false}}"#;
    let read = AgencySettings::read(newer).unwrap();
    assert_eq!((read.version, read.evv.radius_m), (9, 80));
    assert_eq!(read.offline_lease_days, 14);
    assert_eq!(AgencySettings::read(r#"{"evv": 3}"#), None);
}

#[test]
fn a_visit_is_judged_by_the_version_it_names_or_the_last_known_before_it() {
    let told = |version, radius_m| AgencySettings {
        version,
        evv: EvvSettings {
            radius_m,
            ..EvvSettings::default()
        },
        ..AgencySettings::default()
    };
    let mut rules = Rules::default();
    for (version, radius_m) in [(2, 200), (5, 500)] {
        assert_eq!(rules.tell(told(version, radius_m)), []);
    }
    let judged: Vec<_> = [0, 1, 2, 4, 5, 9]
        .map(|version| rules.judging(version))
        .map(|(version, evv)| (version, evv.radius_m))
        .into();
    assert_eq!(
        judged,
        [(0, 150), (0, 150), (2, 200), (2, 200), (5, 500), (5, 500)]
    );
    // The server was set back: what it tells last is in force, what was judged stays judged.
    rules.tell(told(3, 300));
    assert_eq!(rules.settings().version, 3);
    assert_eq!(rules.judging(5).1.radius_m, 500);
}

#[test]
fn settings_bring_instruments_and_keep_those_that_a_device_registered() {
    let settings = next(&format!(r#"{{"instruments": [{FALLS}]}}"#)).unwrap();
    let mut rules = Rules::default();
    rules.tell(settings.clone());
    assert!(rules.instruments.get("org.example.falls", 1).is_some());
    let mut other = Rules::default();
    let own = FALLS.replace("Fell?", "Did you fall?");
    let registered = other.instruments.register(&own).unwrap();
    assert_eq!(other.tell(settings).len(), 1);
    assert_eq!(
        other.instruments.get("org.example.falls", 1),
        Some(&registered)
    );
}

#[test]
fn every_default_can_stand_in_a_file() {
    let text = AgencySettings::default().to_json();
    let same = AgencySettings {
        version: 1,
        ..AgencySettings::default()
    };
    assert_eq!(next(&text), Ok(same));
    assert!(text.contains("\"longest_visit_minutes\": 240"), "{text}");
}

#[test]
fn what_stays_counts_against_the_limit() {
    let licence = "x".repeat(1_900);
    let large = |id: usize| {
        let own = FALLS.replace("falls", &format!("falls{id}"));
        own.replace(
            r#""licence": {"en": "Own"}"#,
            &format!(r#""licence": {{"en": "{licence}"}}"#),
        )
    };
    let file = |ids: std::ops::Range<usize>| {
        let all: Vec<String> = ids.map(large).collect();
        format!(r#"{{"instruments": [{}]}}"#, all.join(","))
    };
    let first = next(&file(0..200)).unwrap();
    let refused = first.next(&file(200..440)).unwrap_err();
    assert_eq!(refused.field, "settings");
    assert!(first.next(&file(200..210)).is_ok());
}
