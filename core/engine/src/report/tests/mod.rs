//! What reports say, to whom, and how they are written.

mod consent;
mod evv;
mod markup;
mod plan;
mod record;

use insta::assert_snapshot;
use record::{Record, own, wording};

use super::texts::{EN, ES};
use super::{CaseloadFigures, ReportError, ReportLocale, figures};
use crate::domain::RecordPart;

#[test]
fn a_summary_in_english_as_html() {
    assert_snapshot!(
        Record::rich()
            .own(ReportLocale::EnUs, RecordPart::KNOWN)
            .html()
    );
}

#[test]
fn a_summary_in_english_as_markdown() {
    assert_snapshot!(
        Record::rich()
            .own(ReportLocale::EnUs, RecordPart::KNOWN)
            .markdown()
    );
}

#[test]
fn a_summary_in_spanish_as_html() {
    assert_snapshot!(
        Record::rich()
            .own(ReportLocale::EsEs, RecordPart::KNOWN)
            .html()
    );
}

#[test]
fn a_summary_in_spanish_as_markdown() {
    assert_snapshot!(
        Record::rich()
            .own(ReportLocale::EsUs, RecordPart::KNOWN)
            .markdown()
    );
}

/// What each part of the rich record holds and no other part does.
fn mark(part: &RecordPart) -> String {
    match part {
        RecordPart::Assessments => "PHQ-9".to_owned(),
        part => format!("w-{}", part.code().replace('_', "-")),
    }
}

#[test]
fn every_part_can_be_chosen_alone() {
    let record = Record::rich();
    for part in RecordPart::KNOWN {
        let page = record.own(ReportLocale::EnUs, std::slice::from_ref(part));
        assert_eq!(page.sections.len(), 1);
        let html = page.html();
        for other in RecordPart::KNOWN {
            assert_eq!(
                html.contains(&mark(other)),
                part == other,
                "{part:?} {other:?}"
            );
        }
    }
}

#[test]
fn a_part_without_entries_says_so_in_both_languages() {
    let record = Record::empty("Rosa");
    for locale in [ReportLocale::EnUs, ReportLocale::EsEs] {
        let parts: Vec<_> = RecordPart::KNOWN.iter().skip(2).cloned().collect();
        let html = record.own(locale, &parts).html();
        assert_eq!(html.matches(locale.texts().nothing).count(), parts.len());
    }
}

#[test]
fn parts_stand_in_the_order_they_were_asked_for_and_once() {
    let asked = [RecordPart::Visits, RecordPart::Goals, RecordPart::Visits];
    let page = Record::rich().own(ReportLocale::EnUs, &asked);
    let headings: Vec<_> = page
        .sections
        .iter()
        .map(|section| section.heading.as_str())
        .collect();
    assert_eq!(headings, ["Visits", "Goals"]);
}

#[test]
fn no_parts_and_unknown_parts_are_errors_of_the_sections() {
    let record = Record::rich();
    let unknown = RecordPart::from_code("genome");
    for (parts, error) in [
        (vec![], ReportError::NoParts),
        (vec![RecordPart::Goals, unknown], ReportError::UnknownPart),
    ] {
        let found = record
            .summary(&own(ReportLocale::EnUs, &parts))
            .unwrap_err();
        assert_eq!((found, found.field()), (error, "sections"));
    }
}

#[test]
fn what_was_removed_is_in_no_report() {
    let mut record = Record::rich();
    let removal = |kind: &str, number: u8| serde_json::json!({"Removal": {"Remove": {"kind": kind, "id": record::id(number), "reason": "by mistake"}}});
    let kinds = [
        ("Goal", 23),
        ("Intervention", 25),
        ("Visit", 33),
        ("Note", 34),
        ("Contact", 6),
    ];
    record.edit(
        kinds
            .iter()
            .map(|(kind, number)| removal(kind, *number))
            .collect(),
    );
    let summary = record.own(ReportLocale::EnUs, RecordPart::KNOWN).html();
    let plan = record.plan(ReportLocale::EnUs).html();
    for mark in [
        "w-goals",
        "w-interventions",
        "w-purpose",
        "w-notes",
        "w-contacts",
    ] {
        assert!(!summary.contains(mark) && !plan.contains(mark), "{mark}");
    }
}

#[test]
fn drafts_shelters_and_ways_into_the_house_are_in_no_summary() {
    let html = Record::rich()
        .own(ReportLocale::EnUs, RecordPart::KNOWN)
        .html();
    for hidden in ["w-draft", "w-shelter", "w-directions", "w-remark"] {
        assert!(!html.contains(hidden), "{hidden}");
    }
}

#[test]
fn days_times_and_numbers_are_written_as_the_locale_writes_them() {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 5).unwrap();
    let afternoon = "2026-11-05T20:30:00Z".parse().unwrap();
    let midnight = "2026-11-05T06:05:00Z".parse().unwrap();
    let zone = "America/Chicago".parse().unwrap();
    let written = |locale: ReportLocale| {
        [
            locale.weekday(day),
            locale.time(afternoon, zone),
            locale.time(midnight, zone),
            locale.whole(1_234),
            locale.whole(-1_234_567),
            locale.real(1_234.5),
            locale.real(12_345.678),
            locale.real(-0.001),
            locale.real(-0.5),
            locale.real(0.25),
        ]
    };
    let expected = [
        [
            "Thursday, November 5, 2026",
            "2:30 PM",
            "12:05 AM",
            "1,234",
            "-1,234,567",
            "1,234.5",
            "12,345.68",
            "0",
            "-0.5",
            "0.25",
        ],
        [
            "Thursday, 5 November 2026",
            "14:30",
            "00:05",
            "1,234",
            "-1,234,567",
            "1,234.5",
            "12,345.68",
            "0",
            "-0.5",
            "0.25",
        ],
        [
            "jueves, 5 de noviembre de 2026",
            "2:30 p.\u{a0}m.",
            "12:05 a.\u{a0}m.",
            "1,234",
            "-1,234,567",
            "1,234.5",
            "12,345.68",
            "0",
            "-0.5",
            "0.25",
        ],
        [
            "jueves, 5 de noviembre de 2026",
            "14:30",
            "00:05",
            "1234",
            "-1.234.567",
            "1234,5",
            "12.345,68",
            "0",
            "-0,5",
            "0,25",
        ],
    ];
    for (locale, expected) in ReportLocale::ALL.into_iter().zip(expected) {
        assert_eq!(written(locale), expected, "{locale:?}");
    }
}

#[test]
fn every_month_and_every_day_of_the_week_has_a_name() {
    for texts in [&EN, &ES] {
        let mut names: Vec<_> = texts.months.iter().chain(&texts.weekdays).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 19);
    }
}

#[test]
fn a_visit_stands_on_the_day_it_has_in_the_zone_of_the_report() {
    let mut record = Record::empty("Rosa");
    let fields = serde_json::json!({"planned_start": "2026-11-10T03:00:00Z"});
    record.edit(serde_json::json!([{"Visit": {"Plan": {"id": record::id(30), "fields": fields}}}]));
    let text = record
        .own(ReportLocale::EnUs, &[RecordPart::Visits])
        .markdown();
    assert!(text.contains("November 9, 2026 | 9:00 PM"), "{text}");
}

#[test]
fn fields_in_conflict_are_counted_at_the_head() {
    let mut record = Record::rich();
    let text = |record: &Record| {
        record
            .own(ReportLocale::EnUs, &[RecordPart::Person])
            .markdown()
    };
    assert!(!text(&record).contains(EN.several_values));
    let mut apart = record.on_another_device();
    let number = |number: &str| serde_json::json!([{"Phone": {"Update": {"id": record::id(2), "fields": {"number": number}}}}]);
    record.edit(number("555 0111"));
    apart.edit(number("555 0122"));
    record.take_in(&apart);
    assert!(text(&record).contains(&format!("**{}:** 1", EN.several_values)));
    let goals = record
        .own(ReportLocale::EnUs, &[RecordPart::Goals])
        .markdown();
    assert!(!goals.contains(EN.several_values));
}

fn some_figures() -> CaseloadFigures {
    let day = |month, day| chrono::NaiveDate::from_ymd_opt(2026, month, day).unwrap();
    CaseloadFigures {
        from: day(10, 1),
        to: day(10, 31),
        cases_open: 10_482,
        cases_opened: 12,
        cases_closed: 9,
        first_contacts: 11,
        first_contact_days: 27,
        visits_done: 1_204,
        visits_missed: 31,
        visits_cancelled: 18,
        visit_minutes: 66_255,
        contacts_made: 512,
        tasks_done: 388,
        tasks_overdue: 41,
        assessments_done: 96,
        assessments_with_alerts: 7,
        referrals_closed: 22,
        goals_met: 14,
        units_approved: 9_600,
        units_used: 4_416,
    }
}

#[test]
fn the_figures_of_a_caseload_in_both_languages() {
    let written = |locale| figures(&some_figures(), wording(locale)).markdown();
    assert_snapshot!([written(ReportLocale::EnUs), written(ReportLocale::EsEs)].join("\n"));
}
