//! Reading a change without automerge.
//!
//! Source: <https://automerge.org/automerge-binary-format-spec/>, section "change chunk", and automerge 0.12.0, which the
//! workspace pins. Only what our own edits write is let through: plain change chunks with maps, texts, values and deletions,
//! by actors of 16 bytes. Lists, counters, marks and blocks are refused, so that code of automerge we never need stays out
//! of reach.

use automerge::ChangeHash;

use super::limits::*;
use super::reader::{Chunk, Reader};
use super::refusal::Refusal;
use super::runs::{self, Tally};

const CHANGE_CHUNK: u8 = 1;
const COMPRESSED_CHUNK: u8 = 2;
const AUTHOR_FOOTER: u64 = 1;

/// What a change says of itself, read without automerge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedChange {
    /// The hash automerge will know it by.
    pub hash: ChangeHash,
    /// Who made it.
    pub actor: [u8; 16],
    /// Its number among the actor's changes, from 1.
    pub seq: u64,
    /// The number of its first operation, from 1.
    pub start_op: u64,
    /// When it was made, as the device says, in the unit the device chose.
    pub time: i64,
    /// The changes it builds on.
    pub deps: Vec<ChangeHash>,
    /// Other actors it refers to.
    pub other_actors: Vec<[u8; 16]>,
    /// How many operations it has.
    pub operations: u64,
    /// How many maps and texts it makes.
    pub objects: u64,
    /// The author field, if there is one.
    pub author: Option<Vec<u8>>,
    /// Bytes of the chunk that come after the dependencies.
    pub(super) after_deps: usize,
}

/// Reads one change in time and memory bound by its length.
///
/// # Errors
/// One of [`Refusal`], named after the first thing that is wrong.
pub fn scan_change(bytes: &[u8]) -> Result<ScannedChange, Refusal> {
    if bytes.len() > MAX_CHANGE_BYTES {
        return Err(Refusal::ChangeTooLarge { found: bytes.len() });
    }
    let chunk = Chunk::read(bytes)?.ok_or(Refusal::NotAChange)?;
    match chunk.kind {
        CHANGE_CHUNK => scan_body(chunk.body, ChangeHash(chunk.hash()?)),
        COMPRESSED_CHUNK => Err(Refusal::CompressedChange),
        _ => Err(Refusal::NotAChange),
    }
}

/// Layout: dependencies · actor · seq · start op · time · message · other actors · column table · columns · footer.
fn scan_body(body: &[u8], hash: ChangeHash) -> Result<ScannedChange, Refusal> {
    let mut reader = Reader::new(body, "dependencies");
    let deps = read_dependencies(&mut reader)?;
    let after_deps = reader.rest().len();
    let actor = read_actor(reader.at("actor"))?;
    let seq = read_nonzero(reader.at("sequence number"))?;
    let start_op = read_nonzero(reader.at("first operation"))?;
    let time = reader.at("time").signed()?;
    read_message(reader.at("message"))?;
    let other_actors = read_other_actors(reader.at("other actors"), actor)?;
    let columns = Columns::read(reader.at("columns"))?;
    let figures = columns.check(start_op, other_actors.len() as u64)?;
    let author = read_footer(reader.at("footer"), seq)?;
    let Figures {
        operations,
        objects,
    } = figures;
    Ok(ScannedChange {
        hash,
        actor,
        seq,
        start_op,
        time,
        deps,
        other_actors,
        operations,
        objects,
        author,
        after_deps,
    })
}

fn read_dependencies(reader: &mut Reader<'_>) -> Result<Vec<ChangeHash>, Refusal> {
    let count = read_count(reader, MAX_DEPENDENCIES, "dependencies")?;
    let deps = (0..count)
        .map(|_| reader.array().map(ChangeHash))
        .collect::<Result<Vec<_>, _>>()?;
    // Their order is free: automerge writes the heads as it keeps them, then the actor's own last change.
    let mut sorted = deps.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() == deps.len() {
        Ok(deps)
    } else {
        Err(reader.malformed())
    }
}

fn read_count(reader: &mut Reader<'_>, most: usize, what: &'static str) -> Result<usize, Refusal> {
    let count = reader.length()?;
    if count > most {
        Err(Refusal::TooMany { what })
    } else {
        Ok(count)
    }
}

fn read_nonzero(reader: &mut Reader<'_>) -> Result<u64, Refusal> {
    match reader.unsigned()? {
        0 => Err(reader.malformed()),
        number => Ok(number),
    }
}

fn read_actor(reader: &mut Reader<'_>) -> Result<[u8; 16], Refusal> {
    match reader.length()? {
        16 => reader.array(),
        _ => Err(Refusal::Unknown { part: "actor" }),
    }
}

fn read_message(reader: &mut Reader<'_>) -> Result<(), Refusal> {
    let length = read_count(reader, MAX_MESSAGE_BYTES, "bytes of the message")?;
    std::str::from_utf8(reader.take(length)?)
        .map(|_| ())
        .map_err(|_| reader.malformed())
}

fn read_other_actors(reader: &mut Reader<'_>, actor: [u8; 16]) -> Result<Vec<[u8; 16]>, Refusal> {
    let count = read_count(reader, MAX_OTHER_ACTORS, "actors")?;
    let others = (0..count)
        .map(|_| read_actor(reader))
        .collect::<Result<Vec<_>, _>>()?;
    let ascending = others.is_sorted_by(|a, b| a < b);
    if ascending && !others.contains(&actor) {
        Ok(others)
    } else {
        Err(reader.malformed())
    }
}

/// Automerge keeps the author of an actor in its first change: tag 1, length, bytes.
fn read_footer(reader: &mut Reader<'_>, seq: u64) -> Result<Option<Vec<u8>>, Refusal> {
    if reader.is_empty() {
        return Ok(None);
    }
    if reader.rest().len() > MAX_FOOTER_BYTES {
        return Err(Refusal::TooMany {
            what: "bytes of the footer",
        });
    }
    let (tag, length) = (reader.unsigned()?, reader.length()?);
    if tag != AUTHOR_FOOTER || seq != 1 {
        return Err(Refusal::Unknown { part: "footer" });
    }
    let author = reader.take(length)?.to_vec();
    if reader.is_empty() {
        Ok(Some(author))
    } else {
        Err(reader.malformed())
    }
}

/// The number a column goes by: four bits of type below, the field above.
mod column {
    pub(super) const OBJECT_ACTOR: u32 = 1;
    pub(super) const OBJECT_COUNTER: u32 = 2;
    pub(super) const KEY_ACTOR: u32 = 1 << 4 | 1;
    pub(super) const KEY_COUNTER: u32 = 1 << 4 | 3;
    pub(super) const KEY_TEXT: u32 = 1 << 4 | 5;
    pub(super) const INSERT: u32 = 3 << 4 | 4;
    pub(super) const ACTION: u32 = 4 << 4 | 2;
    pub(super) const VALUE_KIND: u32 = 5 << 4 | 6;
    pub(super) const VALUE: u32 = 5 << 4 | 7;
    pub(super) const PREDECESSOR_COUNT: u32 = 7 << 4;
    pub(super) const PREDECESSOR_ACTOR: u32 = 7 << 4 | 1;
    pub(super) const PREDECESSOR_COUNTER: u32 = 7 << 4 | 3;
}

/// What an operation does, as the format numbers it. Those that are missing here are lists, increments, tables and marks.
pub(super) mod action {
    pub(in super::super) const MAKE_MAP: u64 = 0;
    pub(in super::super) const PUT: u64 = 1;
    pub(in super::super) const MAKE_LIST: u64 = 2;
    pub(in super::super) const DELETE: u64 = 3;
    pub(in super::super) const MAKE_TEXT: u64 = 4;
    pub(in super::super) const MAKE_TABLE: u64 = 6;
}

struct Figures {
    operations: u64,
    objects: u64,
}

/// The columns of a change; one that is not there is empty.
#[derive(Default)]
struct Columns<'a> {
    object_actor: &'a [u8],
    object_counter: &'a [u8],
    key_actor: &'a [u8],
    key_counter: &'a [u8],
    key_text: &'a [u8],
    insert: &'a [u8],
    action: &'a [u8],
    value_kind: &'a [u8],
    value: &'a [u8],
    predecessor_count: &'a [u8],
    predecessor_actor: &'a [u8],
    predecessor_counter: &'a [u8],
}

impl<'a> Columns<'a> {
    /// Layout: number of columns, for each its number and length, then their bytes.
    fn read(reader: &mut Reader<'a>) -> Result<Self, Refusal> {
        let count = read_count(reader, 12, "columns")?;
        let table = (0..count)
            .map(|_| Ok((reader.unsigned()?, reader.length()?)))
            .collect::<Result<Vec<_>, Refusal>>()?;
        if !table.is_sorted_by(|(before, _), (after, _)| before < after) {
            return Err(reader.malformed());
        }
        let mut columns = Self::default();
        for (number, length) in table {
            let bytes = reader.take(length)?;
            if bytes.is_empty() {
                return Err(reader.malformed());
            }
            *columns.slot(number)? = bytes;
        }
        Ok(columns)
    }

    fn slot(&mut self, number: u64) -> Result<&mut &'a [u8], Refusal> {
        let unknown = Refusal::Unknown { part: "column" };
        match u32::try_from(number).map_err(|_| unknown.clone())? {
            column::OBJECT_ACTOR => Ok(&mut self.object_actor),
            column::OBJECT_COUNTER => Ok(&mut self.object_counter),
            column::KEY_ACTOR => Ok(&mut self.key_actor),
            column::KEY_COUNTER => Ok(&mut self.key_counter),
            column::KEY_TEXT => Ok(&mut self.key_text),
            column::INSERT => Ok(&mut self.insert),
            column::ACTION => Ok(&mut self.action),
            column::VALUE_KIND => Ok(&mut self.value_kind),
            column::VALUE => Ok(&mut self.value),
            column::PREDECESSOR_COUNT => Ok(&mut self.predecessor_count),
            column::PREDECESSOR_ACTOR => Ok(&mut self.predecessor_actor),
            column::PREDECESSOR_COUNTER => Ok(&mut self.predecessor_counter),
            _ => Err(unknown),
        }
    }

    fn check(&self, start_op: u64, other_actors: u64) -> Result<Figures, Refusal> {
        let figures = self.count()?;
        let newest = start_op
            .saturating_add(figures.operations)
            .saturating_sub(1);
        if newest > MAX_DOCUMENT_OPERATIONS {
            return Err(Refusal::TooMany {
                what: "operations of the document",
            });
        }
        self.check_objects(figures.operations, other_actors, newest)?;
        self.check_keys(figures.operations, other_actors, newest)?;
        every(
            runs::truths(&mut Reader::new(self.insert, "inserts"))?,
            figures.operations,
            "inserts",
        )?;
        self.check_values(figures.operations)?;
        self.check_predecessors(figures.operations, other_actors, newest)?;
        Ok(figures)
    }

    fn count(&self) -> Result<Figures, Refusal> {
        let mut objects = 0_u64;
        let tally = runs::tally(
            &mut Reader::new(self.action, "actions"),
            Reader::unsigned,
            |action, times| match action {
                action::MAKE_MAP | action::MAKE_TEXT => {
                    objects = objects.saturating_add(times);
                    Ok(0)
                }
                action::PUT | action::DELETE => Ok(0),
                _ => Err(Refusal::Unknown { part: "action" }),
            },
        )?;
        if tally.nulls > 0 {
            return Err(Refusal::Malformed { part: "actions" });
        }
        if tally.values > MAX_OPERATIONS {
            return Err(Refusal::TooMany {
                what: "operations of the change",
            });
        }
        if objects > MAX_OBJECTS {
            return Err(Refusal::TooMany { what: "objects" });
        }
        Ok(Figures {
            operations: tally.values,
            objects,
        })
    }

    /// Which object each operation is on; null is the document's root.
    fn check_objects(
        &self,
        operations: u64,
        other_actors: u64,
        newest: u64,
    ) -> Result<(), Refusal> {
        const PART: &str = "objects";
        let actors = actors(self.object_actor, PART, other_actors)?;
        let counters = runs::numbers(
            &mut Reader::new(self.object_counter, PART),
            newest,
            Refusal::RefersAhead,
        )?;
        none_or_every(actors, operations, PART)?;
        none_or_every(counters, operations, PART)?;
        if present(actors) == present(counters) {
            Ok(())
        } else {
            Err(Refusal::Malformed { part: PART })
        }
    }

    /// Which key or element each operation is on: either a text, or a counter with, unless it is the head, an actor.
    fn check_keys(&self, operations: u64, other_actors: u64, newest: u64) -> Result<(), Refusal> {
        const PART: &str = "keys";
        let actors = actors(self.key_actor, PART, other_actors)?;
        let counters = runs::deltas(
            &mut Reader::new(self.key_counter, PART),
            newest,
            Refusal::RefersAhead,
        )?;
        let texts = runs::keys(&mut Reader::new(self.key_text, PART))?;
        for tally in [actors, counters, texts] {
            none_or_every(tally, operations, PART)?;
        }
        let one_each = present(counters).saturating_add(present(texts)) == operations;
        if one_each && present(actors) <= present(counters) {
            Ok(())
        } else {
            Err(Refusal::Malformed { part: PART })
        }
    }

    /// The kind and length of each value must account for all bytes of values.
    fn check_values(&self, operations: u64) -> Result<(), Refusal> {
        const PART: &str = "values";
        let tally = runs::tally(
            &mut Reader::new(self.value_kind, PART),
            Reader::unsigned,
            |kind, _| value_length(kind),
        )?;
        every(tally, operations, PART)?;
        if tally.sum == self.value.len() as u64 {
            Ok(())
        } else {
            Err(Refusal::Malformed { part: PART })
        }
    }

    /// Which earlier operations each operation replaces.
    fn check_predecessors(
        &self,
        operations: u64,
        other_actors: u64,
        newest: u64,
    ) -> Result<(), Refusal> {
        const PART: &str = "predecessors";
        let too_many = Refusal::TooMany { what: PART };
        let counts = runs::numbers(
            &mut Reader::new(self.predecessor_count, PART),
            MAX_PREDECESSORS,
            too_many.clone(),
        )?;
        every(counts, operations, PART)?;
        if counts.sum > MAX_PREDECESSORS {
            return Err(too_many);
        }
        every(
            actors(self.predecessor_actor, PART, other_actors)?,
            counts.sum,
            PART,
        )?;
        let counters = runs::deltas(
            &mut Reader::new(self.predecessor_counter, PART),
            newest,
            Refusal::RefersAhead,
        )?;
        every(counters, counts.sum, PART)
    }
}

/// A column of actors: 0 is the change's own, the others count from 1.
fn actors(column: &[u8], part: &'static str, other_actors: u64) -> Result<Tally, Refusal> {
    runs::numbers(
        &mut Reader::new(column, part),
        other_actors,
        Refusal::Malformed { part },
    )
}

/// Four bits of kind, the length above. Counters and unknown kinds are not ours.
fn value_length(kind: u64) -> Result<u64, Refusal> {
    let length = kind >> 4;
    let fits = match kind & 0xf {
        0..=2 => length == 0,
        3 | 4 | 9 => (1..=10).contains(&length),
        5 => length == 8,
        6 | 7 => true,
        _ => return Err(Refusal::Unknown { part: "value" }),
    };
    if fits {
        Ok(length)
    } else {
        Err(Refusal::Malformed { part: "values" })
    }
}

fn present(tally: Tally) -> u64 {
    tally.values - tally.nulls
}

fn every(tally: Tally, count: u64, part: &'static str) -> Result<(), Refusal> {
    if tally.values == count && tally.nulls == 0 {
        Ok(())
    } else {
        Err(Refusal::Malformed { part })
    }
}

fn none_or_every(tally: Tally, count: u64, part: &'static str) -> Result<(), Refusal> {
    if tally.values == 0 || tally.values == count {
        Ok(())
    } else {
        Err(Refusal::Malformed { part })
    }
}
