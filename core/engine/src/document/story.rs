//! What each change wrote of each entity, and the facts that follow from it.
//!
//! Read from the operations of the changes themselves: their cost is the length of the record, where comparing the record before
//! and after each change would cost its square.

use std::collections::{BTreeMap, HashMap};

use automerge::legacy::{Key, ObjectId, OpType};
use automerge::{ActorId, Automerge, Change, ObjType};
use litemap::LiteMap;

use super::read::Reader;
use super::{EntityKey, key, scalar, stamp};
use crate::domain::timeline::{Step, place};
use crate::domain::{Entry, Stamp, TimelineItem, Value};
use crate::ids::{CaseId, WorkerId};

/// What one change wrote of one entity.
#[derive(Default)]
struct Moved {
    begun: bool,
    fields: LiteMap<String, Value>,
    /// Fields that were cleared before they were written: only settling does that.
    cleared: Vec<String>,
}

/// The entities of a document by the operation that made each one's map.
type Objects = HashMap<(u64, ActorId), EntityKey>;

/// The timeline of a case, newest first.
pub(super) fn of(
    reader: &Reader<'_, Automerge>,
    name: &dyn Fn(WorkerId) -> Option<String>,
) -> Vec<TimelineItem> {
    let mut objects = Objects::new();
    let mut items = Vec::new();
    for change in reader.doc.get_changes(&[]) {
        let written = stamp::of_actor(reader.doc, change.actor_id(), change.timestamp());
        let author = written.worker.and_then(name);
        let mut number = 0;
        for ((kind, id), moved) in moved(reader.case, &change, &mut objects) {
            for (when, fact) in step((kind, id), moved, written, reader).facts() {
                items.push(TimelineItem {
                    place: place(when, written, &change.hash().0, number),
                    when,
                    kind,
                    id,
                    written,
                    author: author.clone(),
                    fact,
                });
                number += 1;
            }
        }
    }
    items.sort_by(|a, b| b.place.cmp(&a.place));
    items
}

/// What a change wrote of each entity. `objects` holds those of the changes before, and takes in the new ones.
fn moved(case: CaseId, change: &Change, objects: &mut Objects) -> BTreeMap<EntityKey, Moved> {
    let change = change.decode();
    let mut moved: BTreeMap<EntityKey, Moved> = BTreeMap::new();
    for (number, operation) in (change.start_op.get()..).zip(change.operations) {
        let Key::Map(name) = operation.key else {
            continue;
        };
        match (operation.obj, operation.action) {
            (ObjectId::Root, OpType::Make(ObjType::Map)) => {
                if let Some(entity) = key::parse(case, &name) {
                    objects.insert((number, change.actor_id.clone()), entity);
                    moved.entry(entity).or_default().begun = true;
                }
            }
            (ObjectId::Id(object), action) => {
                let (counter, actor) = (object.counter(), object.actor().clone());
                let Some(entity) = objects.get(&(counter, actor)) else {
                    continue;
                };
                let moved = moved.entry(*entity).or_default();
                match action {
                    OpType::Delete => moved.cleared.push(name.to_string()),
                    OpType::Put(value) => {
                        let value = scalar::scalar_value(&value).unwrap_or(Value::Null);
                        moved.fields.insert(name.to_string(), value);
                    }
                    _ => {}
                }
            }
            (ObjectId::Root, _) => {}
        }
    }
    moved
}

fn step<'a>(
    (kind, id): EntityKey,
    mut moved: Moved,
    written: Stamp,
    reader: &'a Reader<'_, Automerge>,
) -> Step<'a> {
    let settle = |field: String| {
        let value = moved.fields.remove(&field)?;
        Some((field, value))
    };
    let settled = moved.cleared.into_iter().filter_map(settle).collect();
    Step {
        records: reader,
        kind,
        moved: Entry {
            id,
            created: written,
            changed: written,
            fields: moved.fields,
        },
        begun: moved.begun,
        settled,
    }
}
