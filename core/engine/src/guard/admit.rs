//! Letting automerge decode what the scan let through, and checking that it reads what is written.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{ElementId, Key, Op, OpType};
use automerge::{Automerge, Change, ChangeHash, ScalarValue};

use super::document::scan_document;
use super::refusal::Refusal;
use super::scan::{ScannedChange, scan_change};

/// Takes one change from outside, if an honest device could have written exactly these bytes.
///
/// Whether it fits its document is not known yet: see [`super::trial()`].
///
/// # Errors
/// One of [`Refusal`], named after the first thing that is wrong.
pub fn admit(bytes: &[u8]) -> Result<Change, Refusal> {
    let scanned = scan_change(bytes)?;
    let change = caught(|| Change::try_from(bytes))?.map_err(|_| Refusal::Undecodable)?;
    if !agrees(&change, &scanned, bytes) {
        return Err(Refusal::NotCanonical);
    }
    let written = caught(|| check_written(&change))??;
    if behind_dependencies(written.raw_bytes(), &scanned) == behind_dependencies(bytes, &scanned) {
        Ok(change)
    } else {
        Err(Refusal::NotCanonical)
    }
}

/// Takes a whole document from the server, whose signature was checked before, if it is at `expected_heads`.
///
/// # Errors
/// One of [`Refusal`], named after the first thing that is wrong.
pub fn admit_snapshot(bytes: &[u8], expected_heads: &[ChangeHash]) -> Result<Automerge, Refusal> {
    scan_document(bytes)?;
    let document = caught(|| Automerge::load(bytes))?.map_err(|_| Refusal::Undecodable)?;
    if same_heads(&document.get_heads(), expected_heads) {
        Ok(document)
    } else {
        Err(Refusal::OtherHeads)
    }
}

/// Runs what may panic inside automerge. Only scratch values may be written in it.
pub(super) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| Refusal::Panicked)
}

pub(super) fn same_heads(found: &[ChangeHash], expected: &[ChangeHash]) -> bool {
    let (mut found, mut expected) = (found.to_vec(), expected.to_vec());
    found.sort_unstable();
    expected.sort_unstable();
    found == expected
}

fn agrees(change: &Change, scanned: &ScannedChange, bytes: &[u8]) -> bool {
    let others = change
        .other_actor_ids()
        .iter()
        .map(|actor| actor.to_bytes());
    change.raw_bytes() == bytes
        && change.hash() == scanned.hash
        && change.actor_id().to_bytes() == scanned.actor
        && change.seq() == scanned.seq
        && change.start_op().get() == scanned.start_op
        && change.timestamp() == scanned.time
        && change.deps() == scanned.deps
        && change.len() as u64 == scanned.operations
        && change.author().map(|author| author.as_bytes().to_vec()) == scanned.author
        && others.eq(scanned.other_actors.iter())
}

/// Decodes to single operations, checks each, and writes the change anew.
fn check_written(change: &Change) -> Result<Change, Refusal> {
    let expanded = change.decode();
    let mut operations = expanded.operations.iter().zip(change.start_op().get()..);
    if operations.all(|(operation, number)| is_well_formed(operation, number)) {
        Ok(Change::from(expanded))
    } else {
        Err(Refusal::MisplacedOperation)
    }
}

/// In a map: put, make or delete at a key. In a text: insert a character behind another or the head, or delete one.
/// A deletion that deletes nothing is lost when the document is saved, which then cannot be loaded again.
fn is_well_formed(operation: &Op, number: u64) -> bool {
    let fits = match (&operation.key, operation.insert, &operation.action) {
        (Key::Map(_), false, OpType::Make(_) | OpType::Put(_)) => true,
        (Key::Map(_) | Key::Seq(ElementId::Id(_)), false, OpType::Delete) => {
            !operation.pred.is_empty()
        }
        (Key::Seq(_), true, OpType::Put(ScalarValue::Str(_))) => operation.pred.is_empty(),
        _ => false,
    };
    fits && operation
        .pred
        .iter()
        .all(|earlier| earlier.counter() < number)
}

/// What comes behind the dependencies. Those are left out of the comparison: writing anew sorts them, the device need not.
fn behind_dependencies<'a>(bytes: &'a [u8], scanned: &ScannedChange) -> Option<&'a [u8]> {
    bytes
        .len()
        .checked_sub(scanned.after_deps)
        .and_then(|start| bytes.get(start..))
}

#[cfg(test)]
#[path = "admit_tests.rs"]
mod tests;
