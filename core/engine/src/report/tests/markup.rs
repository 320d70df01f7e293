//! Markup: nothing that was written becomes part of it, and it is accessible.

use proptest::prelude::*;

use super::record::Record;
use super::some_figures;
use crate::domain::RecordPart;
use crate::report::html::STYLE;
use crate::report::{Page, ReportLocale, figures};

/// The tags of a page, in their order, with all that stands in them.
fn tags(html: &str) -> Vec<&str> {
    let opened = html.match_indices('<').map(|(at, _)| &html[at..]);
    opened.map(|tag| &tag[..=tag.find('>').unwrap()]).collect()
}

fn pages() -> Vec<Page> {
    let record = Record::rich();
    let of = |locale| {
        let figures = figures(&some_figures(), super::wording(locale));
        [
            record.own(locale, RecordPart::KNOWN),
            record.plan(locale),
            figures,
        ]
    };
    ReportLocale::ALL.into_iter().flat_map(of).collect()
}

fn named(name: &str) -> Page {
    let mut record = Record::empty(name);
    let fields = serde_json::json!({"name": name, "remark": name, "relationship": name, "phone": "555 0101", "emergency": true});
    record.edit(
        serde_json::json!([{"Contact": {"Add": {"id": super::record::id(6), "fields": fields}}}]),
    );
    record.own(
        ReportLocale::EnUs,
        &[RecordPart::Person, RecordPart::Contacts],
    )
}

#[test]
fn markup_in_a_name_is_shown_and_not_obeyed() {
    let page = named("<script>alert(1)</script> | # *x* [a](javascript:b) & \"'");
    let html = page.html();
    assert!(!html.contains("<script"));
    assert!(html.contains(
        "&lt;script&gt;alert(1)&lt;/script&gt; | # *x* [a](javascript:b) &amp; &quot;&#39;"
    ));
    let markdown = page.markdown();
    assert!(markdown.contains(
        "| \\<script\\>alert(1)\\</script\\> \\| \\# \\*x\\* \\[a\\](javascript:b) \\& \"'"
    ));
}

#[test]
fn a_code_from_a_newer_version_is_shown_as_text() {
    let mut record = Record::empty("Rosa");
    record.edit(serde_json::json!([{"Case": {"Update": {"fields": {"sector": "<b>new</b>"}}}}]));
    assert!(
        record
            .own(ReportLocale::EnUs, &[RecordPart::Case])
            .html()
            .contains("&lt;b&gt;new&lt;/b&gt;")
    );
}

proptest! {
    #[test]
    fn no_text_whatever_changes_the_tags_of_a_page(name in "[^\\x00-\\x1f\\x7f-\\x9f]{0,60}x") {
        let (plain, page) = (named("x").html(), named(&name).html());
        prop_assert_eq!(tags(&plain), tags(&page));
    }

    #[test]
    fn no_text_whatever_changes_the_lines_of_a_table_in_markdown(name in "[^\\x00-\\x1f\\x7f-\\x9f]{0,60}x") {
        let cells = |page: &Page| {
            let text = page.markdown();
            let columns = |line: &str| line.replace("\\\\", "").replace("\\|", "").matches('|').count();
            text.lines().map(columns).collect::<Vec<_>>()
        };
        prop_assert_eq!(cells(&named("x")), cells(&named(&name)));
    }
}

#[test]
fn every_page_names_its_language_and_has_headings_in_order() {
    for page in pages() {
        let html = page.html();
        assert!(html.starts_with(&format!(
            "<!DOCTYPE html>\n<html lang=\"{}\">",
            page.locale.tag()
        )));
        let levels: Vec<u32> = tags(&html)
            .iter()
            .filter_map(|tag| tag.strip_prefix("<h")?.strip_suffix('>')?.parse().ok())
            .collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
        assert_eq!(levels[0], 1);
        for pair in levels.windows(2) {
            assert!(pair[1] <= pair[0] + 1, "{levels:?}");
        }
    }
}

#[test]
fn every_table_names_its_columns_and_rows() {
    for page in pages() {
        let html = page.html();
        let tables: Vec<&str> = html.split("<table>").skip(1).collect();
        for table in &tables {
            let table = table.split("</table>").next().unwrap();
            let (head, body) = table.split_once("</thead>").unwrap();
            let columns = head.matches("<th scope=\"col\">").count();
            assert!(columns > 0);
            for row in body.split("<tr>").skip(1) {
                assert_eq!(row.matches("<th scope=\"row\">").count(), 1);
                assert_eq!(row.matches("<td>").count() + 1, columns);
            }
        }
    }
}

#[test]
fn every_tag_that_is_opened_is_closed() {
    for page in pages() {
        let html = page.html();
        let mut open = Vec::new();
        for tag in tags(&html) {
            let name = tag.trim_matches(['<', '>', '/']).split(' ').next().unwrap();
            match (tag.starts_with("</"), name) {
                (_, "!DOCTYPE" | "meta") => {}
                (true, name) => assert_eq!(open.pop(), Some(name)),
                (false, name) => open.push(name),
            }
        }
        assert!(open.is_empty());
    }
}

#[test]
fn a_page_runs_nothing_and_fetches_nothing() {
    for page in pages() {
        let html = page.html();
        for outside in [
            "<script", "<link", "<img", "<iframe", "src=", "href=", "url(", "@import", " on",
        ] {
            let tags = tags(&html).join("");
            assert!(!tags.contains(outside), "{outside}");
        }
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
        assert!(html.contains("default-src 'none'"));
    }
}

#[test]
fn a_page_prints_on_any_size_of_paper() {
    let style = STYLE;
    let page = style
        .lines()
        .find(|line| line.starts_with("@page"))
        .unwrap();
    assert!(page.contains("margin") && !page.contains("size"));
    assert!(style.contains("@media print"));
}

/// The rules of a style sheet: selector and declarations.
fn rules(style: &str) -> Vec<(&str, Vec<(&str, &str)>)> {
    style
        .lines()
        .filter_map(|line| {
            let (selector, rest) = line.trim().split_once('{')?;
            let declarations = rest.trim_end_matches('}').split(';');
            let pairs = declarations.filter_map(|one| one.trim().split_once(": "));
            Some((selector.trim(), pairs.collect()))
        })
        .collect()
}

fn value<'a>(declarations: &[(&'a str, &'a str)], name: &str) -> Option<&'a str> {
    declarations
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| *value)
}

/// Relative luminance of a colour `#rrggbb`. Source: WCAG 2.2.
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_colour_of_text_stands_out_from_what_is_behind_it() {
    assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.01);
    let style = STYLE;
    let rules = rules(style);
    let body = &rules
        .iter()
        .find(|(selector, _)| *selector == "body")
        .unwrap()
        .1;
    let (text, ground) = (
        value(body, "color").unwrap(),
        value(body, "background").unwrap(),
    );
    let mut coloured = 0;
    for (selector, declarations) in &rules {
        let own = (
            value(declarations, "color"),
            value(declarations, "background"),
        );
        if own == (None, None) {
            continue;
        }
        coloured += 1;
        let found = contrast(own.0.unwrap_or(text), own.1.unwrap_or(ground));
        assert!(found >= 4.5, "{selector}: {found:.2}");
    }
    assert!(coloured >= 4);
    assert_eq!(
        style.matches("color:").count() + style.matches("background:").count(),
        7,
        "each is looked at above"
    );
}
