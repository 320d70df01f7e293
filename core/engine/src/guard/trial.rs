//! Applying changes to a scratch copy of their document before the document itself sees them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{
    Automerge, AutomergeError, Change, ChangeHash, ObjId, ObjType, ReadDoc, SaveOptions,
};

use super::admit::{caught, same_heads};
use super::document::scan_document;
use super::limits::*;
use super::refusal::Refusal;

/// Gives the document as it is with `changes`, if it can be saved and loaded again within all limits.
///
/// `changes` came through [`super::admit()`] and are in causal order: each after those it builds on. Changes the document has
/// already are passed over. `document` is not touched, whatever happens.
///
/// # Errors
/// - [`Refusal::MissingDependencies`], [`Refusal::TooManyHeads`]: may pass later.
/// - others, named after what is wrong, when one of the changes can never be part of this document.
pub fn trial(document: &Automerge, changes: &[Change]) -> Result<Automerge, Refusal> {
    let fresh = caught(|| check_all(document, changes))??;
    let scratch = caught(|| apply(document, &fresh))??;
    check_named(&scratch)?;
    caught(|| check_values(&scratch, &fresh))??;
    caught(|| check_reload(&scratch)).unwrap_or(Err(Refusal::NotReloadable))?;
    Ok(scratch)
}

/// Whether a document has at most `most` heads, and at most [`MAX_HEADS_OF_AUTHOR`] of one author.
///
/// # Errors
/// - [`Refusal::TooManyHeads`], [`Refusal::TooManyHeadsOfAuthor`]: may pass with a change that joins them.
pub fn check_heads(document: &Automerge, most: usize) -> Result<(), Refusal> {
    let heads = document.get_heads();
    if heads.len() > most {
        return Err(Refusal::TooManyHeads { found: heads.len() });
    }
    let mut authors: HashMap<Vec<u8>, usize> = HashMap::new();
    for meta in heads
        .iter()
        .filter_map(|head| document.get_change_meta_by_hash(head))
    {
        // An actor without an author stands for itself.
        let author = document.get_author_for_actor(&meta.actor).map_or_else(
            || meta.actor.to_bytes().to_vec(),
            |author| author.as_bytes().to_vec(),
        );
        *authors.entry(author).or_default() += 1;
    }
    match authors.into_values().max() {
        Some(found) if found > MAX_HEADS_OF_AUTHOR => Err(Refusal::TooManyHeadsOfAuthor { found }),
        _ => Ok(()),
    }
}

fn check_all(document: &Automerge, changes: &[Change]) -> Result<Vec<Change>, Refusal> {
    let mut steps = Steps {
        document,
        taken: HashMap::new(),
    };
    let mut objects = Objects {
        document,
        known: HashMap::from([(
            ObjectId::Root,
            Place {
                depth: 0,
                is_text: false,
            },
        )]),
    };
    let mut fresh = Vec::new();
    steps.check_missing(changes)?;
    for change in changes {
        if steps.find(&change.hash()).is_none() {
            steps.take(change)?;
            objects.take(change)?;
            fresh.push(change.clone());
        }
    }
    let added = fresh
        .iter()
        .map(|change| change.len() as u64)
        .fold(0, u64::saturating_add);
    if document.stats().num_ops.saturating_add(added) > MAX_DOCUMENT_OPERATIONS {
        return Err(Refusal::TooMany {
            what: "operations of the document",
        });
    }
    Ok(fresh)
}

/// Where a change stands in its document.
#[derive(Clone)]
struct Step {
    actor: Vec<u8>,
    seq: u64,
    last_op: u64,
}

/// The changes a document has and those about to join it.
struct Steps<'a> {
    document: &'a Automerge,
    taken: HashMap<ChangeHash, Step>,
}

impl Steps<'_> {
    fn find(&self, hash: &ChangeHash) -> Option<Step> {
        self.taken.get(hash).cloned().or_else(|| {
            let meta = self.document.get_change_meta_by_hash(hash)?;
            Some(Step {
                actor: meta.actor.to_bytes().to_vec(),
                seq: meta.seq,
                last_op: meta.max_op,
            })
        })
    }

    /// Names everything that is missing at once, so that one more exchange brings it all.
    fn check_missing(&self, changes: &[Change]) -> Result<(), Refusal> {
        let mut before = BTreeSet::new();
        let mut missing = BTreeSet::new();
        for change in changes {
            let unknown = change
                .deps()
                .iter()
                .filter(|hash| !before.contains(*hash) && self.find(hash).is_none());
            missing.extend(unknown.copied());
            before.insert(change.hash());
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(Refusal::MissingDependencies {
            hashes: missing.into_iter().collect(),
        })
    }

    /// An honest change numbers its operations on from all it builds on, and names the one before it by its actor. A gap
    /// would use up numbers that later honest edits need.
    fn take(&mut self, change: &Change) -> Result<(), Refusal> {
        let dependencies: Vec<Step> = change
            .deps()
            .iter()
            .filter_map(|hash| self.find(hash))
            .collect();
        let last_op = dependencies
            .iter()
            .map(|step| step.last_op)
            .max()
            .unwrap_or(0);
        let actor = change.actor_id().to_bytes();
        let previous = dependencies
            .iter()
            .filter(|step| step.actor == actor)
            .map(|step| step.seq)
            .max()
            .unwrap_or(0);
        if change.start_op().get() != last_op.saturating_add(1)
            || change.seq() != previous.saturating_add(1)
        {
            return Err(Refusal::OutOfStep);
        }
        let step = Step {
            actor: actor.to_vec(),
            seq: change.seq(),
            last_op: change.max_op(),
        };
        self.taken.insert(change.hash(), step);
        Ok(())
    }
}

/// What an object is and how deep it lies; the root at 0.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    is_text: bool,
}

/// The objects a document has, as far as they were asked for, and those about to join it.
struct Objects<'a> {
    document: &'a Automerge,
    known: HashMap<ObjectId, Place>,
}

impl Objects<'_> {
    fn take(&mut self, change: &Change) -> Result<(), Refusal> {
        for (operation, number) in change
            .decode()
            .operations
            .iter()
            .zip(change.start_op().get()..)
        {
            let depth = self.check(operation)?.depth + 1;
            if let OpType::Make(kind) = operation.action {
                if depth > MAX_DEPTH {
                    return Err(Refusal::TooMany {
                        what: "objects in each other",
                    });
                }
                let object = ObjectId::Id(OpId::new(number, change.actor_id()));
                self.known.insert(
                    object,
                    Place {
                        depth,
                        is_text: kind == ObjType::Text,
                    },
                );
            }
        }
        Ok(())
    }

    fn check(&mut self, operation: &Op) -> Result<Place, Refusal> {
        let place = self
            .place(&operation.obj)
            .ok_or(Refusal::MisplacedOperation)?;
        let in_text = matches!(operation.key, Key::Seq(_));
        if in_text == place.is_text {
            Ok(place)
        } else {
            Err(Refusal::MisplacedOperation)
        }
    }

    fn place(&mut self, object: &ObjectId) -> Option<Place> {
        if let Some(place) = self.known.get(object) {
            return Some(*place);
        }
        let ObjectId::Id(id) = object else {
            return None;
        };
        let name = format!("{}@{}", id.counter(), id.actor().to_hex_string());
        let (found, kind) = self.document.import(&name).ok()?;
        let depth = self
            .document
            .parents(&found)
            .ok()?
            .take(MAX_DEPTH + 1)
            .count();
        let place = Place {
            depth,
            is_text: kind == ObjType::Text,
        };
        self.known.insert(object.clone(), place);
        Some(place)
    }
}

fn apply(document: &Automerge, changes: &[Change]) -> Result<Automerge, Refusal> {
    let mut scratch = document.clone();
    scratch
        .apply_changes(changes.iter().cloned())
        .map_err(|error| match error {
            AutomergeError::DuplicateSeqNumber(..) => Refusal::ActorFork,
            _ => Refusal::Unappliable,
        })?;
    let all_in = changes
        .iter()
        .all(|change| scratch.get_change_meta_by_hash(&change.hash()).is_some());
    if all_in {
        Ok(scratch)
    } else {
        Err(Refusal::Unappliable)
    }
}

/// An edit made next has to be able to name them all.
fn check_named(scratch: &Automerge) -> Result<(), Refusal> {
    let found = scratch.get_heads().len();
    if found > MAX_DEPENDENCIES {
        Err(Refusal::TooManyHeads { found })
    } else {
        Ok(())
    }
}

/// Looks at every key the changes wrote: each actor may have one value there.
fn check_values(scratch: &Automerge, changes: &[Change]) -> Result<(), Refusal> {
    let mut objects = HashMap::new();
    let mut looked_at = HashSet::new();
    for operation in changes.iter().flat_map(|change| change.decode().operations) {
        let Key::Map(key) = &operation.key else {
            continue;
        };
        if !looked_at.insert((operation.obj.clone(), key.to_string())) {
            continue;
        }
        let object = match objects.entry(operation.obj.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(find(scratch, &operation.obj)?),
        };
        let values = scratch
            .get_all(&*object, key.as_str())
            .map_err(|_| Refusal::Unappliable)?;
        let mut actors = HashSet::new();
        if !values
            .iter()
            .all(|(_, value)| matches!(value, ObjId::Id(_, actor, _) if actors.insert(actor)))
        {
            return Err(Refusal::DoubledValue);
        }
    }
    Ok(())
}

fn find(document: &Automerge, object: &ObjectId) -> Result<ObjId, Refusal> {
    let ObjectId::Id(id) = object else {
        return Ok(ObjId::Root);
    };
    let name = format!("{}@{}", id.counter(), id.actor().to_hex_string());
    document
        .import(&name)
        .map(|(found, _)| found)
        .map_err(|_| Refusal::MisplacedOperation)
}

fn check_reload(scratch: &Automerge) -> Result<(), Refusal> {
    let saved = scratch.save_with_options(SaveOptions {
        deflate: true,
        retain_orphans: false,
    });
    scan_document(&saved)?;
    let loaded = Automerge::load(&saved).map_err(|_| Refusal::NotReloadable)?;
    if same_heads(&loaded.get_heads(), &scratch.get_heads()) {
        Ok(())
    } else {
        Err(Refusal::NotReloadable)
    }
}

#[cfg(test)]
#[path = "trial_tests.rs"]
mod tests;
