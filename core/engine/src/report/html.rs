//! A page as HTML. The only place that makes HTML of text.

use std::fmt::Write;

use super::page::{Block, Page, Section, Table};

pub(super) const STYLE: &str = include_str!("style.css");

/// Nothing may run or be fetched, whatever else is wrong.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(super) fn write(page: &Page) -> String {
    let mut html = String::with_capacity(16_384);
    let (language, title) = (page.locale.tag(), escaped(&page.title));
    put(
        &mut html,
        format_args!(
            "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        ),
    );
    page.lead
        .iter()
        .for_each(|block| self::block(&mut html, block));
    let sections = page.sections.iter();
    sections.for_each(|section| self::section(&mut html, section, 2));
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn section(html: &mut String, section: &Section, level: usize) {
    let heading = escaped(&section.heading);
    put(
        html,
        format_args!("<section>\n<h{level}>{heading}</h{level}>\n"),
    );
    section
        .blocks
        .iter()
        .for_each(|block| self::block(html, block));
    let sections = section.sections.iter();
    sections.for_each(|inner| self::section(html, inner, level + 1));
    html.push_str("</section>\n");
}

fn block(html: &mut String, block: &Block) {
    match block {
        Block::Paragraph(text) => put(html, format_args!("<p>{}</p>\n", escaped(text))),
        Block::Notice(sentences) => {
            html.push_str("<div class=\"notice\">\n");
            for sentence in sentences {
                let (language, text) = (sentence.language, escaped(sentence.text));
                put(html, format_args!("<p lang=\"{language}\">{text}</p>\n"));
            }
            html.push_str("</div>\n");
        }
        Block::List(items) => {
            html.push_str("<ul>\n");
            for item in items {
                put(html, format_args!("<li>{}</li>\n", escaped(item)));
            }
            html.push_str("</ul>\n");
        }
        Block::Facts(facts) => {
            html.push_str("<dl>\n");
            for (name, value) in facts {
                let (name, value) = (escaped(name), escaped(value));
                put(
                    html,
                    format_args!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"),
                );
            }
            html.push_str("</dl>\n");
        }
        Block::Table(table) => self::table(html, table),
    }
}

fn table(html: &mut String, table: &Table) {
    html.push_str("<table>\n<thead>\n<tr>");
    for name in &table.head {
        put(
            html,
            format_args!("<th scope=\"col\">{}</th>", escaped(name)),
        );
    }
    html.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in &table.rows {
        html.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let cell = escaped(cell);
            match column {
                0 => put(html, format_args!("<th scope=\"row\">{cell}</th>")),
                _ => put(html, format_args!("<td>{cell}</td>")),
            }
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>\n");
}

fn put(html: &mut String, text: std::fmt::Arguments<'_>) {
    html.write_fmt(text)
        .expect("a String takes all that is written to it");
}

/// Text that is no markup, in an element as in an attribute. Controls that HTML forbids are left out. Source: HTML Living Standard, 13.1.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 16);
    for sign in text.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(sign),
            _ if sign.is_control() => {}
            _ => escaped.push(sign),
        }
    }
    escaped
}
