//! Honest documents and dishonest bytes for the tests of the guard. Both are made when the tests run.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::reader::{Chunk, unsigned_bytes};

/// One act of a worker, or of two devices that meet.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Put {
        map: usize,
        key: usize,
        value: ScalarValue,
    },
    MakeMap {
        map: usize,
        key: usize,
    },
    MakeText {
        map: usize,
        key: usize,
    },
    Type {
        key: usize,
        at: usize,
        delete: usize,
        text: String,
    },
    Delete {
        map: usize,
        key: usize,
    },
    Nothing,
    Meet {
        other: usize,
    },
}

fn values() -> impl Strategy<Value = ScalarValue> {
    prop_oneof![
        any::<i64>().prop_map(ScalarValue::Int),
        any::<u64>().prop_map(ScalarValue::Uint),
        any::<f64>().prop_map(ScalarValue::F64),
        any::<bool>().prop_map(ScalarValue::Boolean),
        any::<i64>().prop_map(ScalarValue::Timestamp),
        any::<String>().prop_map(|text| ScalarValue::Str(text.as_str().into())),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(ScalarValue::Bytes),
        Just(ScalarValue::Null),
    ]
}

/// Acts of up to three devices, each with the device that does it.
pub(super) fn acts(most: usize) -> impl Strategy<Value = Vec<(usize, Act)>> {
    let place = || (0..3_usize, 0..5_usize);
    let act = prop_oneof![
        4 => (place(), values()).prop_map(|((map, key), value)| Act::Put { map, key, value }),
        1 => place().prop_map(|(map, key)| Act::MakeMap { map, key }),
        1 => place().prop_map(|(map, key)| Act::MakeText { map, key }),
        4 => (0..5_usize, 0..40_usize, 0..10_usize, "\\PC{0,12}|[ab\u{e9}\u{1f3e0}]{0,30}")
            .prop_map(|(key, at, delete, text)| Act::Type { key, at, delete, text }),
        1 => place().prop_map(|(map, key)| Act::Delete { map, key }),
        1 => Just(Act::Nothing),
        3 => (0..3_usize).prop_map(|other| Act::Meet { other }),
    ];
    proptest::collection::vec((0..3_usize, act), 0..most)
}

/// A document on a device; its actor has 16 bytes, as ours have.
pub(super) fn device(number: u8) -> Automerge {
    Automerge::new().with_actor(ActorId::from(&[number; 16][..]))
}

/// Writes in one change, and gives that change.
pub(super) fn edit(
    document: &mut Automerge,
    write: impl FnOnce(&mut automerge::transaction::Transaction<'_>),
) -> Change {
    let mut transaction = document.transaction();
    write(&mut transaction);
    let options = CommitOptions::default()
        .with_message("an edit")
        .with_time(1_780_000_000);
    let (hash, _) = transaction.commit_with(options);
    if hash.is_none() {
        document.empty_commit(options_of_nothing());
    }
    document.get_last_local_change().expect("a change was made")
}

fn options_of_nothing() -> CommitOptions {
    CommitOptions::default().with_time(-1)
}

/// Lets three devices act on one document, and gives them with all changes they made, in causal order.
pub(super) fn play(acts: &[(usize, Act)]) -> (Vec<Automerge>, Vec<Change>) {
    let author = automerge::Author::from(vec![7; 32]);
    let mut devices: Vec<Automerge> = (1..=3)
        .map(|n| device(n).with_author(Some(author.clone())))
        .collect();
    // Setting an author draws a new actor.
    for (number, device) in devices.iter_mut().enumerate() {
        device.set_actor(ActorId::from(&[number as u8 + 1; 16][..]));
    }
    let mut changes = vec![edit(&mut devices[0], |transaction| {
        perform(transaction, &Act::MakeMap { map: 0, key: 0 });
        perform(transaction, &Act::MakeText { map: 0, key: 0 });
    })];
    for device in devices.iter_mut().skip(1) {
        device.apply_changes(changes.clone()).unwrap();
    }
    for (who, act) in acts {
        if let Act::Meet { other } = act {
            let mut theirs = devices[*other].fork();
            devices[*who].merge(&mut theirs).unwrap();
        } else {
            changes.push(edit(&mut devices[*who], |transaction| {
                perform(transaction, act)
            }));
        }
    }
    (devices, changes)
}

fn perform(transaction: &mut automerge::transaction::Transaction<'_>, act: &Act) {
    match act {
        Act::Put { map, key, value } => {
            let map = find_map(transaction, *map);
            transaction
                .put(&map, format!("v{key}"), value.clone())
                .unwrap();
        }
        Act::MakeMap { map, key } => {
            let map = find_map(transaction, *map);
            transaction
                .put_object(&map, format!("m{key}"), ObjType::Map)
                .unwrap();
        }
        Act::MakeText { map, key } => {
            let map = find_map(transaction, *map);
            transaction
                .put_object(&map, format!("t{key}"), ObjType::Text)
                .unwrap();
        }
        Act::Type {
            key,
            at,
            delete,
            text,
        } => {
            if let Some((_, object)) = transaction.get(ROOT, format!("t{key}")).unwrap() {
                let length = transaction.length(&object);
                let at = at % (length + 1);
                let delete = (*delete).min(length - at);
                transaction
                    .splice_text(&object, at, delete as isize, text)
                    .unwrap();
            }
        }
        Act::Delete { map, key } => {
            let map = find_map(transaction, *map);
            let _ = transaction.delete(&map, format!("v{key}"));
        }
        Act::Nothing | Act::Meet { .. } => {}
    }
}

/// The root, a map in it, or a map in that.
fn find_map(transaction: &automerge::transaction::Transaction<'_>, depth: usize) -> ObjId {
    let mut map = ROOT;
    for level in 0..depth {
        match transaction.get(&map, format!("m{level}")).unwrap() {
            Some((_, inner)) => map = inner,
            None => break,
        }
    }
    map
}

/// A chunk with the right length and checksum around any body.
pub(super) fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = unsigned_bytes(body.len() as u64);
    let hash = Sha256::digest([&[kind][..], &length, body].concat());
    [
        &[0x85, 0x6f, 0x4a, 0x83][..],
        &hash[..4],
        &[kind],
        &length,
        body,
    ]
    .concat()
}

/// The body inside the frame.
pub(super) fn body(bytes: &[u8]) -> Vec<u8> {
    Chunk::read(bytes).unwrap().unwrap().body.to_vec()
}

/// The parts of a change, to be written as one pleases.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) deps: Vec<[u8; 32]>,
    pub(super) actor: Vec<u8>,
    pub(super) seq: u64,
    pub(super) start_op: u64,
    pub(super) message: Vec<u8>,
    pub(super) others: Vec<Vec<u8>>,
    pub(super) columns: Vec<(u64, Vec<u8>)>,
    pub(super) footer: Vec<u8>,
}

impl Parts {
    /// One put of nothing at key `k` of the root, `times` over.
    pub(super) fn puts(times: u64) -> Self {
        // Automerge writes a single value as a literal run of one.
        let count = if times == 1 {
            vec![0x7f]
        } else {
            signed_positive(times)
        };
        let run = |value: &[u8]| [&count[..], value].concat();
        Self {
            deps: Vec::new(),
            actor: vec![9; 16],
            seq: 1,
            start_op: 1,
            message: Vec::new(),
            others: Vec::new(),
            columns: vec![
                (21, run(&[1, b'k'])),
                (52, unsigned_bytes(times)),
                (66, run(&[1])),
                (86, run(&[0])),
                (112, run(&[0])),
            ],
            footer: Vec::new(),
        }
    }

    pub(super) fn with_column(mut self, number: u64, bytes: Vec<u8>) -> Self {
        self.columns.retain(|(column, _)| *column != number);
        self.columns.push((number, bytes));
        self.columns.sort();
        self
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let prefixed = |bytes: &[u8]| [&unsigned_bytes(bytes.len() as u64)[..], bytes].concat();
        let mut out = unsigned_bytes(self.deps.len() as u64);
        out.extend(self.deps.concat());
        out.extend(prefixed(&self.actor));
        out.extend(unsigned_bytes(self.seq));
        out.extend(unsigned_bytes(self.start_op));
        out.push(0);
        out.extend(prefixed(&self.message));
        out.extend(unsigned_bytes(self.others.len() as u64));
        out.extend(self.others.iter().flat_map(|actor| prefixed(actor)));
        out.extend(unsigned_bytes(self.columns.len() as u64));
        for (number, bytes) in &self.columns {
            out.extend(unsigned_bytes(*number));
            out.extend(unsigned_bytes(bytes.len() as u64));
        }
        out.extend(self.columns.iter().flat_map(|(_, bytes)| bytes.clone()));
        out.extend(&self.footer);
        chunk(1, &out)
    }
}

/// A positive number as signed LEB128.
pub(super) fn signed_positive(value: u64) -> Vec<u8> {
    let mut bytes = unsigned_bytes(value);
    if bytes.last().is_some_and(|last| last & 0x40 != 0) {
        *bytes.last_mut().unwrap() |= 0x80;
        bytes.push(0);
    }
    bytes
}
