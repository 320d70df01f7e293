//! What a recipient gets: what a consent in force covers, and nothing of the rest.

use serde_json::{Value, json};

use super::mark;
use super::record::{Record, for_clinic, id, own, summary_of};
use crate::domain::{Choice, Conflict, FieldPath, Kind, RecordPart, Stamp, Value as FieldValue};
use crate::ids::EntityId;
use crate::report::{ReportError, ReportLocale, SummaryOptions};

const ALL: &[RecordPart] = RecordPart::KNOWN;

fn refused(record: &Record, error: ReportError) {
    let found = record.summary(&for_clinic(ALL)).unwrap_err();
    assert_eq!((found, found.field()), (error, "recipient"));
}

#[test]
fn without_a_consent_a_recipient_gets_nothing() {
    refused(&Record::rich(), ReportError::NoConsent);
}

#[test]
fn a_consent_that_does_not_hold_on_the_day_gives_nothing() {
    for (field, day) in [("until", "2026-11-04"), ("since", "2026-11-06")] {
        let mut record = Record::rich();
        record.consent(60, ALL, json!({field: day}));
        refused(&record, ReportError::NoConsent);
    }
    for (field, day) in [("until", "2026-11-05"), ("since", "2026-11-05")] {
        let mut record = Record::rich();
        record.consent(60, ALL, json!({field: day}));
        assert!(record.summary(&for_clinic(ALL)).is_ok(), "{field}");
    }
}

#[test]
fn a_consent_that_was_withdrawn_on_another_device_gives_nothing_once_that_is_known() {
    let mut record = Record::rich();
    record.consent(60, ALL, json!({}));
    let mut apart = record.on_another_device();
    apart.edit(json!([{"Consent": {"Withdraw": {"id": id(60), "reason": "Changed her mind"}}}]));
    assert!(
        record.summary(&for_clinic(ALL)).is_ok(),
        "nobody here knows"
    );
    refused(&apart, ReportError::NoConsent);
    record.take_in(&apart);
    refused(&record, ReportError::NoConsent);
}

#[test]
fn a_consent_of_another_recipient_gives_nothing() {
    let mut record = Record::rich();
    record.consent(60, ALL, json!({"recipient": "Lakeside Clinic North"}));
    refused(&record, ReportError::NoConsent);
}

#[test]
fn a_consent_that_names_no_parts_gives_nothing() {
    let mut record = Record::rich();
    record.consent(60, &[], json!({}));
    refused(&record, ReportError::NotCovered);
}

#[test]
fn a_recipient_gets_what_the_consent_covers_and_nothing_else() {
    let covered = [RecordPart::Goals, RecordPart::Visits];
    let mut record = Record::rich();
    record.consent(60, &covered, json!({}));
    for say_left_out in [false, true] {
        let options = SummaryOptions {
            say_left_out,
            ..for_clinic(ALL)
        };
        let page = record.summary(&options).unwrap().page;
        for text in [page.html(), page.markdown()] {
            for part in ALL {
                assert_eq!(
                    text.contains(&mark(part)),
                    covered.contains(part),
                    "{part:?}"
                );
            }
        }
    }
}

#[test]
fn what_was_left_out_is_said_only_when_told_to_and_in_the_same_words_for_empty_parts() {
    let left_out = |record: &Record, say_left_out| {
        let options = SummaryOptions {
            say_left_out,
            ..for_clinic(&[RecordPart::Goals, RecordPart::Risks])
        };
        let page = record.summary(&options).unwrap().page;
        page.sections
            .into_iter()
            .find(|section| section.heading == "Left out")
    };
    let (mut rich, mut empty) = (Record::rich(), Record::empty("Rosa"));
    rich.consent(60, &[RecordPart::Goals], json!({}));
    empty.consent(60, &[RecordPart::Goals], json!({}));
    assert_eq!(left_out(&rich, false), None);
    let said = left_out(&rich, true).unwrap();
    assert!(format!("{said:?}").contains("Risks and safety plans: Left out because no consent"));
    assert_eq!(left_out(&empty, true), Some(said));
}

#[test]
fn warnings_for_visitors_and_supervision_stay_with_the_workers() {
    let mut record = Record::rich();
    record.consent(60, ALL, json!({}));
    let given = record.summary(&for_clinic(ALL)).unwrap().page.html();
    let own = record.own(ReportLocale::EnUs, ALL).html();
    for inside in ["w-alert", "w-supervision"] {
        assert!(own.contains(inside) && !given.contains(inside), "{inside}");
    }
}

#[test]
fn the_summary_says_to_whom_and_under_which_consent_it_is_given() {
    let mut record = Record::rich();
    record.consent(60, ALL, json!({}));
    let text = record
        .summary(&for_clinic(&[RecordPart::Goals]))
        .unwrap()
        .page
        .markdown();
    for said in [
        "- **Given to:** Lakeside Clinic",
        "- **Under the consent of:** October 1, 2026",
        "- **Purpose:** Treatment",
        "- **What the consent covers:** What the clinic needs for treatment",
    ] {
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn what_is_given_comes_back_as_an_entry_of_the_log_for_each_consent() {
    let mut record = Record::rich();
    record.consent(60, &[RecordPart::Goals, RecordPart::Needs], json!({}));
    record.consent(
        61,
        &[RecordPart::Goals, RecordPart::Visits],
        json!({"purpose": "Billing"}),
    );
    record.consent(62, &[RecordPart::Visits], json!({}));
    let asked = [RecordPart::Goals, RecordPart::Visits, RecordPart::Notes];
    let entries = record.summary(&for_clinic(&asked)).unwrap().disclosures;
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            let consent = entry.consent.unwrap().to_string();
            (
                consent,
                entry.purpose.as_deref().unwrap(),
                entry.subject.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (id(60), "Treatment", "Case summary: Goals"),
            (id(61), "Billing", "Case summary: Visits"),
        ]
    );
    assert!(
        entries
            .iter()
            .all(|entry| entry.recipient.as_deref() == Some("Lakeside Clinic"))
    );
}

#[test]
fn what_stays_with_the_workers_is_no_disclosure() {
    let summary = Record::rich()
        .summary(&own(ReportLocale::EnUs, ALL))
        .unwrap();
    assert!(summary.disclosures.is_empty());
}

fn part2(record: &mut Record) {
    record.edit(json!([{"Case": {"Update": {"fields": {"part2": true}}}}]));
}

/// Two devices that said one thing, and then one another apart.
fn apart(record: &mut Record, one: Value, other: Value) {
    let mut elsewhere = record.on_another_device();
    record.edit(one);
    elsewhere.edit(other);
    record.take_in(&elsewhere);
    assert_eq!(record.view().conflicts.len(), 1);
}

#[test]
fn a_case_falls_under_part_2_as_long_as_anybody_says_so() {
    let says = |part2: bool| json!([{"Case": {"Update": {"fields": {"part2": part2}}}}]);
    for (here, there) in [(true, false), (false, true)] {
        let mut record = Record::rich();
        record.consent(60, ALL, json!({}));
        apart(&mut record, says(here), says(there));
        refused(&record, ReportError::NotPart2);
        assert!(record.own(ReportLocale::EnUs, ALL).html().contains(NOTICE));
    }
}

/// Each row: a field of a consent, what is shown of it, what stands beside that, and how many of two parts the clinic then gets.
#[test]
fn a_consent_in_conflict_gives_what_every_choice_of_it_gives() {
    let text = |text: &str| FieldValue::Text(text.into());
    let rows = [
        (
            "removed",
            FieldValue::Bool(false),
            FieldValue::Bool(true),
            Err(ReportError::NoConsent),
        ),
        (
            "withdrawn_at",
            FieldValue::Null,
            FieldValue::Moment(0),
            Err(ReportError::NoConsent),
        ),
        (
            "recipient",
            text("Lakeside Clinic"),
            text("Northside"),
            Err(ReportError::NoConsent),
        ),
        (
            "recipient",
            text("Lakeside Clinic"),
            text("lakeside clinic"),
            Ok(2),
        ),
        (
            "since",
            text("2026-10-01"),
            text("2026-11-06"),
            Err(ReportError::NoConsent),
        ),
        (
            "until",
            FieldValue::Null,
            text("2026-11-04"),
            Err(ReportError::NoConsent),
        ),
        ("until", FieldValue::Null, text("2026-11-05"), Ok(2)),
        (
            "part2",
            FieldValue::Bool(true),
            FieldValue::Bool(false),
            Err(ReportError::NotPart2),
        ),
        ("covers", text("goals visits"), text("goals"), Ok(1)),
        ("purpose", text("Treatment"), text("Billing"), Ok(2)),
    ];
    let asked = [RecordPart::Goals, RecordPart::Visits];
    let mut record = Record::rich();
    part2(&mut record);
    record.consent(60, &asked, json!({"part2": true}));
    for (field, shown, other, expected) in rows {
        let mut view = record.view();
        let choice = |value, shown| Choice {
            value,
            written: Stamp::default(),
            shown,
        };
        view.conflicts.push(Conflict {
            path: FieldPath {
                kind: Kind::Consent,
                id: EntityId::from_bytes([60; 16]),
                field: field.into(),
            },
            choices: vec![choice(shown, true), choice(other.clone(), false)],
        });
        let given = summary_of(&view, &for_clinic(&asked));
        let given = given.map(|summary| summary.page.sections.len());
        assert_eq!(given, expected, "{field} {other:?}");
    }
}

const NOTICE: &str = "42 CFR part 2 prohibits unauthorized use or disclosure of these records.";

#[test]
fn records_under_part_2_need_a_consent_that_says_so() {
    let mut record = Record::rich();
    part2(&mut record);
    record.consent(60, ALL, json!({}));
    refused(&record, ReportError::NotPart2);
    record.consent(61, &[RecordPart::Goals], json!({"part2": true}));
    let summary = record.summary(&for_clinic(ALL)).unwrap();
    assert_eq!(
        summary.page.sections.len(),
        1,
        "the other consent still gives nothing"
    );
    assert_eq!(summary.disclosures.len(), 1);
}

#[test]
fn records_under_part_2_carry_the_notice_word_for_word() {
    let mut record = Record::rich();
    assert!(!record.own(ReportLocale::EnUs, ALL).html().contains(NOTICE));
    record.consent(60, ALL, json!({"part2": true}));
    let given = record.summary(&for_clinic(ALL)).unwrap().page;
    assert!(given.html().contains(NOTICE) && given.markdown().contains(NOTICE));
    part2(&mut record);
    let own = record.own(ReportLocale::EnUs, ALL);
    assert!(own.html().contains(NOTICE) && own.markdown().contains(NOTICE));
}

#[test]
fn the_notice_stands_in_english_with_spanish_beside_it() {
    let mut record = Record::rich();
    part2(&mut record);
    let html = record.own(ReportLocale::EsUs, &[RecordPart::Goals]).html();
    assert!(html.contains(&format!(
        "<p lang=\"en\">{NOTICE}</p>\n<p lang=\"es-US\">La norma 42 CFR"
    )));
}
