//! The rows of a table: which line each begins on, and the case that its cells make.

use std::collections::BTreeSet;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::{CellProblem, ImportColumn, ImportError, ImportMap, ImportedCase, wrong};
use crate::domain::CellFault;

/// A row that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRow {
    /// The line on which it begins, from 1; the names stand on the first.
    pub line: u64,
    /// The case it tells of, or everything that is wrong with it.
    pub read: Result<ImportedCase, Vec<CellProblem>>,
}

/// The rows of a table. One whose cells are all empty is none.
pub(super) fn rows<'a>(
    map: &'a ImportMap,
    csv: &'a str,
) -> Result<impl Iterator<Item = ImportRow> + 'a, ImportError> {
    let csv = csv.trim_start_matches('\u{feff}');
    let reader = ReaderBuilder::new()
        .delimiter(delimiter(&map.delimiter)?)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(csv.as_bytes());
    let mut records = reader.into_records().flatten();
    let names = records.next().ok_or_else(|| wrong("csv", "is empty"))?;
    let table = Table {
        map,
        columns: places(map, &names)?,
        width: names.len(),
    };
    let mut lines = Lines::of(csv);
    let filled = records.filter(|record| record.iter().any(|cell| !cell.is_empty()));
    Ok(filled.map(move |record| ImportRow {
        line: lines.line_of(&record),
        read: table.read(&record),
    }))
}

fn delimiter(text: &str) -> Result<u8, ImportError> {
    match text.as_bytes() {
        [one] if one.is_ascii() && !b"\"\r\n".contains(one) => Ok(*one),
        _ => Err(wrong("delimiter", "is not one ASCII character")),
    }
}

/// The columns with their places in a row.
fn places<'a>(
    map: &'a ImportMap,
    names: &StringRecord,
) -> Result<Vec<(usize, &'a ImportColumn)>, ImportError> {
    let place = |column: &'a ImportColumn| {
        let mut found = (0..).zip(names).filter(|(_, name)| *name == column.header);
        let header = &column.header;
        match (found.next(), found.next()) {
            (Some((place, _)), None) => Ok((place, column)),
            (None, _) => Err(wrong(
                "columns",
                format!("name {header:?}, which the table lacks"),
            )),
            (_, Some(_)) => Err(wrong(
                "columns",
                format!("name {header:?}, which the table has twice"),
            )),
        }
    };
    map.columns.iter().map(place).collect()
}

struct Table<'a> {
    map: &'a ImportMap,
    columns: Vec<(usize, &'a ImportColumn)>,
    /// How many cells a row has.
    width: usize,
}

impl Table<'_> {
    fn read(&self, record: &StringRecord) -> Result<ImportedCase, Vec<CellProblem>> {
        if record.len() != self.width {
            let count = |cells: usize| u32::try_from(cells).unwrap_or(u32::MAX);
            let fault = CellFault::WrongCount {
                found: count(record.len()),
                expected: count(self.width),
            };
            return Err(vec![self.map.problem_of("", fault)]);
        }
        let mut case = ImportedCase::of(&self.map.system);
        let mut problems = Vec::new();
        for (field, text) in self.texts(record) {
            // The map was checked: there is such a field.
            if let Some(Err(fault)) = case.set(field, text, &self.map.format()) {
                problems.push(self.map.problem_of(field, fault));
            }
        }
        for field in case.missing() {
            if !problems.iter().any(|problem| problem.field == field) {
                problems.push(self.map.problem_of(field, CellFault::Missing));
            }
        }
        if problems.is_empty() {
            Ok(case)
        } else {
            Err(problems)
        }
    }

    /// What the row says of each field: first what is fixed, then its cells. What is fixed of something that the row does not tell of,
    /// such as the use of a phone without a number, does not count.
    fn texts<'a>(&'a self, record: &'a StringRecord) -> impl Iterator<Item = (&'a str, &'a str)> {
        let cells = self.columns.iter().filter_map(|(place, column)| {
            let cell = record.get(*place).filter(|cell| !cell.is_empty())?;
            let said = column.codes.get(cell).map_or(cell, String::as_str);
            Some((column.field.as_str(), said))
        });
        let name = |field: &'a str| field.split_once('.').map(|(name, _)| name);
        let told: BTreeSet<_> = cells.clone().map(|(field, _)| name(field)).collect();
        let fixed = self
            .map
            .fixed
            .iter()
            .map(|(field, text)| (field.as_str(), text.as_str()));
        let fixed = fixed
            .filter(move |(field, _)| !ImportedCase::is_part(field) || told.contains(&name(field)));
        fixed.chain(cells)
    }
}

/// Counts the lines of a text up to where records begin: a reader of CSV counts from where the one before ended.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    fn line_of(&mut self, record: &StringRecord) -> u64 {
        let end = record.position().map_or(self.at, |position| {
            usize::try_from(position.byte()).unwrap_or(usize::MAX)
        });
        let between = |at: &u8| matches!(at, b'\r' | b'\n');
        let blank = self
            .text
            .get(end..)
            .into_iter()
            .flatten()
            .take_while(|at| between(at));
        let begin = end + blank.count();
        let passed = self.text.get(self.at..begin).unwrap_or_default();
        self.line += passed.iter().filter(|at| **at == b'\n').count() as u64;
        self.at = begin;
        self.line
    }
}
