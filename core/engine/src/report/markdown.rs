//! A page as Markdown. The only place that makes Markdown of text.

use super::page::{Block, Page, Section, Table};

pub(super) fn write(page: &Page) -> String {
    let mut blocks = vec![format!("# {}", line(&page.title))];
    blocks.extend(page.lead.iter().map(block));
    page.sections
        .iter()
        .for_each(|section| self::section(&mut blocks, section, 2));
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

fn section(blocks: &mut Vec<String>, section: &Section, level: usize) {
    blocks.push(format!("{} {}", "#".repeat(level), line(&section.heading)));
    blocks.extend(section.blocks.iter().map(block));
    let sections = section.sections.iter();
    sections.for_each(|inner| self::section(blocks, inner, level + 1));
}

fn block(block: &Block) -> String {
    let joined = |lines: Vec<String>| lines.join("\n");
    match block {
        Block::Paragraph(text) => lines(text),
        Block::Notice(sentences) => {
            let quoted = sentences.iter().map(|one| format!("> {}", line(one.text)));
            quoted.collect::<Vec<_>>().join("\n>\n")
        }
        Block::List(items) => joined(
            items
                .iter()
                .map(|item| format!("- {}", line(item)))
                .collect(),
        ),
        Block::Facts(facts) => {
            let fact =
                |(name, value): &(String, String)| format!("- **{}:** {}", line(name), line(value));
            joined(facts.iter().map(fact).collect())
        }
        Block::Table(table) => joined(self::table(table)),
    }
}

fn table(table: &Table) -> Vec<String> {
    fn row(cells: impl Iterator<Item = String>) -> String {
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    }
    let head = row(table.head.iter().map(|name| line(name)));
    let rule = row(table.head.iter().map(|_| "---".to_owned()));
    let rows = table
        .rows
        .iter()
        .map(|cells| row(cells.iter().map(|cell| line(cell))));
    [head, rule].into_iter().chain(rows).collect()
}

/// Text over several lines, each a line of its own.
fn lines(text: &str) -> String {
    let lines = text.lines().map(line).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\\\n")
}

/// Text on one line that is no markup. Any ASCII punctuation may stand behind a backslash. Source: CommonMark 0.31, 2.4.
fn line(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for word in text.split(|sign: char| sign.is_whitespace() || sign.is_control()) {
        if word.is_empty() {
            continue;
        }
        let first = escaped.is_empty();
        if !first {
            escaped.push(' ');
        }
        for (place, sign) in word.char_indices() {
            if is_markup(sign) || (first && begins_block(word, place, sign)) {
                escaped.push('\\');
            }
            escaped.push(sign);
        }
    }
    escaped
}

fn is_markup(sign: char) -> bool {
    matches!(
        sign,
        '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '$'
    )
}

/// What makes a list, a rule or an underlined heading of a line that begins with it.
fn begins_block(word: &str, place: usize, sign: char) -> bool {
    match sign {
        '-' | '+' | '=' => place == 0 && word.chars().all(|other| other == sign),
        '.' | ')' => {
            let number = word.strip_suffix(sign).unwrap_or_default();
            place == number.len() && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}
