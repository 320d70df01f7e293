//! Reading a saved document without automerge.
//!
//! Automerge inflates the columns of a document without limit. Here each is inflated under one, and its runs are counted.

use std::io::Read;

use flate2::bufread::DeflateDecoder;

use super::limits::*;
use super::reader::{Chunk, Frame, Reader};
use super::refusal::Refusal;
use super::runs;
use super::scan::action;

const DOCUMENT_CHUNK: u8 = 0;
const DEFLATED: u64 = 8;
const ACTION_COLUMN: u64 = 4 << 4 | 2;

/// What a saved document holds, read without automerge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DocumentFigures {
    /// Bytes once inflated.
    pub inflated: usize,
    /// Changes it is made of.
    pub changes: u64,
    /// Operations, without deletions, which automerge keeps with what they delete.
    pub operations: u64,
    /// Maps and texts, those overwritten included.
    pub objects: u64,
}

/// Reads bytes that should be exactly one saved document, in time and memory bound by the limits.
///
/// # Errors
/// One of [`Refusal`], named after the first thing that is wrong.
pub fn scan_document(bytes: &[u8]) -> Result<DocumentFigures, Refusal> {
    if bytes.len() > MAX_DOCUMENT_BYTES {
        return Err(Refusal::DocumentTooLarge { found: bytes.len() });
    }
    let chunk = Chunk::read(bytes)?.ok_or(Refusal::NotADocument)?;
    if chunk.kind != DOCUMENT_CHUNK {
        return Err(Refusal::NotADocument);
    }
    chunk.hash()?;
    scan_body(chunk.body)
}

/// Layout: actors · heads · table of change columns · table of operation columns · the columns of both · head positions.
fn scan_body(body: &[u8]) -> Result<DocumentFigures, Refusal> {
    let mut reader = Reader::new(body, "actors");
    let tables = Tables::read(&mut reader)?;
    let mut figures = DocumentFigures::default();
    for (number, length) in tables.of_changes {
        let values = scan_column(number, reader.take(length)?, &mut figures)?;
        figures.changes = figures.changes.max(values);
    }
    for (number, length) in tables.of_operations {
        let values = scan_column(number, reader.take(length)?, &mut figures)?;
        figures.operations = figures.operations.max(values);
    }
    check(figures)
}

/// The numbers of a saved document's columns with their lengths in bytes, in the order in which they stand.
pub(crate) struct Tables {
    pub(crate) of_changes: Vec<(u64, usize)>,
    pub(crate) of_operations: Vec<(u64, usize)>,
}

impl Tables {
    /// Reads what stands before the columns in a body.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        for _ in 0..reader.length()? {
            if reader.length()? != 16 {
                return Err(Refusal::Unknown { part: "actor" });
            }
            reader.take(16)?;
        }
        let heads = reader.at("heads").length()?;
        if heads > MAX_DEPENDENCIES {
            return Err(Refusal::TooManyHeads { found: heads });
        }
        reader.take(heads * 32)?;
        Ok(Self {
            of_changes: read_table(reader.at("columns of changes"))?,
            of_operations: read_table(reader.at("columns of operations"))?,
        })
    }

    /// Reads bytes that begin with a saved document, up to its columns: the tables, and how many bytes stand before the columns.
    /// Whether the columns are there, and what is in them, is not looked at.
    pub(crate) fn of_document(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut reader = Reader::new(bytes, "frame");
        if Frame::read(&mut reader).ok()?.kind != DOCUMENT_CHUNK {
            return None;
        }
        let tables = Self::read(reader.at("actors")).ok()?;
        Some((tables, bytes.len() - reader.rest().len()))
    }
}

fn check(figures: DocumentFigures) -> Result<DocumentFigures, Refusal> {
    let what = match figures {
        DocumentFigures { changes, .. } if changes > MAX_DOCUMENT_CHANGES => {
            "changes of the document"
        }
        DocumentFigures { operations, .. } if operations > MAX_DOCUMENT_OPERATIONS => {
            "operations of the document"
        }
        DocumentFigures { objects, .. } if objects > MAX_OBJECTS => "objects",
        _ => return Ok(figures),
    };
    Err(Refusal::TooMany { what })
}

fn read_table(reader: &mut Reader<'_>) -> Result<Vec<(u64, usize)>, Refusal> {
    let count = reader.length()?;
    if count > 32 {
        return Err(Refusal::TooMany { what: "columns" });
    }
    (0..count)
        .map(|_| Ok((reader.unsigned()?, reader.length()?)))
        .collect()
}

/// How many values a column has; 0 for raw bytes. The type is in the lowest three bits of its number.
fn scan_column(number: u64, bytes: &[u8], figures: &mut DocumentFigures) -> Result<u64, Refusal> {
    let inflated;
    let column = if number & DEFLATED == 0 {
        bytes
    } else {
        inflated = inflate(bytes, MAX_INFLATED_BYTES - figures.inflated)?;
        &inflated
    };
    figures.inflated += column.len();
    if figures.inflated > MAX_INFLATED_BYTES {
        return Err(Refusal::TooMany {
            what: "inflated bytes",
        });
    }
    let mut objects = 0_u64;
    let mut reader = Reader::new(column, "columns");
    let tally = match number & 7 {
        7 => return Ok(0),
        3 => runs::tally(&mut reader, Reader::signed, |_, _| Ok(0)),
        4 => runs::truths(&mut reader),
        5 => runs::tally(&mut reader, read_text, |(), _| Ok(0)),
        _ => runs::tally(&mut reader, Reader::unsigned, |value, times| {
            let makes = matches!(
                value,
                action::MAKE_MAP | action::MAKE_LIST | action::MAKE_TEXT | action::MAKE_TABLE
            );
            objects = objects.saturating_add(if makes { times } else { 0 });
            Ok(0)
        }),
    }?;
    if number & !DEFLATED == ACTION_COLUMN {
        figures.objects = objects;
    }
    Ok(tally.values)
}

fn read_text(column: &mut Reader<'_>) -> Result<(), Refusal> {
    let length = column.length()?;
    column.take(length).map(|_| ())
}

fn inflate(bytes: &[u8], most: usize) -> Result<Vec<u8>, Refusal> {
    let mut inflated = Vec::new();
    let mut decoder = DeflateDecoder::new(bytes).take(most as u64 + 1);
    decoder
        .read_to_end(&mut inflated)
        .map_err(|_| Refusal::Malformed { part: "columns" })?;
    if inflated.len() > most {
        Err(Refusal::TooMany {
            what: "inflated bytes",
        })
    } else {
        Ok(inflated)
    }
}
