//! What a report says, before anybody decides how it looks: headings, facts, tables, paragraphs. All of it is text, none of it markup.

use super::{ReportLocale, html, markdown};

/// A report, ready to be written as HTML or Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub(super) locale: ReportLocale,
    pub(super) title: String,
    pub(super) lead: Vec<Block>,
    pub(super) sections: Vec<Section>,
}

impl Page {
    /// A whole HTML document without scripts and without anything from outside. It prints on A4 and on Letter.
    pub fn html(&self) -> String {
        html::write(self)
    }

    /// The same in Markdown. Source: CommonMark 0.31, with the tables of GitHub Flavored Markdown.
    pub fn markdown(&self) -> String {
        markdown::write(self)
    }
}

/// A heading and what stands under it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) blocks: Vec<Block>,
    pub(super) sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Paragraph(String),
    /// What nobody may overlook.
    Notice(Vec<Sentence>),
    List(Vec<String>),
    /// Names with their values.
    Facts(Vec<(String, String)>),
    Table(Table),
}

/// A text in a language, which need not be the report's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) language: &'static str,
    pub(super) text: &'static str,
}

/// Rows under names. The first cell of a row says what the row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) head: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Section {
    pub(super) fn new(heading: impl Into<String>, blocks: Vec<Block>) -> Self {
        Self {
            heading: heading.into(),
            blocks,
            sections: Vec::new(),
        }
    }
}

impl Block {
    /// Those of some facts that are known; nothing where none is.
    pub(super) fn facts<'a>(
        facts: impl IntoIterator<Item = (&'a str, Option<String>)>,
    ) -> Option<Self> {
        let known = |(name, value): (&str, Option<String>)| Some((name.to_owned(), value?));
        let facts: Vec<_> = facts.into_iter().filter_map(known).collect();
        (!facts.is_empty()).then_some(Self::Facts(facts))
    }

    /// A table without the columns in which no row has anything; nothing where there are no rows.
    pub(super) fn table<const N: usize>(
        head: [&'static str; N],
        rows: impl IntoIterator<Item = [Option<String>; N]>,
    ) -> Option<Self> {
        let rows: Vec<_> = rows.into_iter().collect();
        let filled = |column: usize| {
            rows.iter()
                .any(|row| matches!(row.get(column), Some(Some(_))))
        };
        let kept: [bool; N] = std::array::from_fn(|column| column == 0 || filled(column));
        fn chosen<T>(cells: impl IntoIterator<Item = T>, kept: &[bool]) -> Vec<T> {
            let cells = cells.into_iter().zip(kept);
            cells
                .filter(|(_, kept)| **kept)
                .map(|(cell, _)| cell)
                .collect()
        }
        let table = Table {
            head: chosen(head, &kept),
            rows: rows
                .iter()
                .map(|row| {
                    chosen(
                        row.iter().map(|cell| cell.clone().unwrap_or_default()),
                        &kept,
                    )
                })
                .collect(),
        };
        (!table.rows.is_empty()).then_some(Self::Table(table))
    }
}
