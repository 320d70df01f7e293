//! Equal columns of the saved documents in a message, put beside each other before it is compressed.
//!
//! Automerge saves a document by columns: names of fields, values, moments. In a page of many documents, the same column of the
//! next document stands some 70 KB behind. Beside each other they take a tenth less once compressed, and are put back
//! byte by byte: what a snapshot's signature covers does not change. Works on bytes and knows no message.
//!
//! Layout: 0 (1) · number of documents (LEB128) · for each, the bytes between it and the columns of the one before (LEB128) · what
//! is no column · the columns, by number, changes before operations. No message begins with 0: messages are CBOR maps.

use std::collections::BTreeMap;

use crate::guard::{MAGIC, Reader, Tables, unsigned_bytes};

/// What gathered bytes begin with.
const GATHERED: u8 = 0;

/// Most bytes before a document's columns: two thousand actors, a thousand heads. A document with more is left as it is, so that
/// bytes made to begin many documents do not cost the square of their length.
const MAX_HEAD: usize = 64 * 1024;

/// Whether it is one of operations, and its number.
type Column = (bool, u64);

/// What stands before a document's columns, and the columns with their lengths.
struct Layout {
    head: usize,
    columns: Vec<(Column, usize)>,
}

impl Layout {
    /// Of the document that the bytes begin with.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (tables, head) = Tables::of_document(bytes.get(..MAX_HEAD).unwrap_or(bytes))?;
        let of_changes = tables.of_changes.into_iter();
        let of_operations = tables.of_operations.into_iter();
        let columns = of_changes
            .map(|(number, length)| ((false, number), length))
            .chain(of_operations.map(|(number, length)| ((true, number), length)))
            .collect();
        Some(Self { head, columns })
    }

    fn length(&self) -> Option<usize> {
        let mut lengths = self.columns.iter().map(|(_, length)| length);
        lengths.try_fold(self.head, |sum, length| sum.checked_add(*length))
    }
}

/// Puts the columns of all documents in a message at its end; nothing when it holds no document.
pub(super) fn gather(message: &[u8]) -> Option<Vec<u8>> {
    let mut gaps = Vec::new();
    let mut others: Vec<u8> = Vec::new();
    let mut gathered: BTreeMap<Column, Vec<u8>> = BTreeMap::new();
    let mut rest = message;
    while let Some((gap, layout)) = next_document(rest) {
        gaps.push(gap);
        let (before, columns) = rest.split_at_checked(gap + layout.head)?;
        others.extend(before);
        rest = columns;
        for (column, length) in layout.columns {
            let (bytes, behind) = rest.split_at_checked(length)?;
            gathered.entry(column).or_default().extend(bytes);
            rest = behind;
        }
    }
    if gaps.is_empty() {
        return None;
    }
    let mut bytes = vec![GATHERED];
    bytes.extend(unsigned_bytes(gaps.len() as u64));
    bytes.extend(gaps.iter().flat_map(|gap| unsigned_bytes(*gap as u64)));
    bytes.extend(others);
    bytes.extend(rest);
    bytes.extend(gathered.into_values().flatten());
    Some(bytes)
}

/// The next document all of whose columns are there, and how many bytes stand before it.
fn next_document(bytes: &[u8]) -> Option<(usize, Layout)> {
    let places = bytes.windows(MAGIC.len()).enumerate();
    let mut documents = places.filter_map(|(place, window)| {
        let begins = window == MAGIC;
        let layout = begins
            .then(|| Layout::read(bytes.get(place..)?))
            .flatten()?;
        let there = layout.length()? <= bytes.len() - place;
        there.then_some((place, layout))
    });
    documents.next()
}

/// Whether bytes are what [`gather`] made.
pub(super) fn is_gathered(bytes: &[u8]) -> bool {
    bytes.first() == Some(&GATHERED)
}

/// The message that [`gather`] was given; nothing when the bytes are not what it makes. Never longer than what it is given.
pub(super) fn scatter(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(bytes, "columns");
    let [GATHERED] = reader.array().ok()? else {
        return None;
    };
    let count = reader.length().ok()?;
    let gaps: Vec<usize> = (0..count)
        .map(|_| reader.length().ok())
        .collect::<Option<_>>()?;
    let (others, mut columns, layouts) = divide(reader.rest(), &gaps)?;
    let mut message = Vec::with_capacity(bytes.len());
    let mut others = Reader::new(others, "columns");
    for (gap, layout) in gaps.iter().zip(layouts) {
        message.extend(others.take(gap.checked_add(layout.head)?).ok()?);
        for (column, length) in layout.columns {
            message.extend(columns.get_mut(&column)?.take(length).ok()?);
        }
    }
    message.extend(others.rest());
    Some(message)
}

/// What is no column, the bytes of each column, and the documents' layouts.
type Divided<'a> = (&'a [u8], BTreeMap<Column, Reader<'a>>, Vec<Layout>);

fn divide<'a>(bytes: &'a [u8], gaps: &[usize]) -> Option<Divided<'a>> {
    let mut layouts = Vec::new();
    let mut lengths: BTreeMap<Column, usize> = BTreeMap::new();
    let mut place = 0_usize;
    for gap in gaps {
        place = place.checked_add(*gap)?;
        let layout = Layout::read(bytes.get(place..)?)?;
        place = place.checked_add(layout.head)?;
        for (column, length) in &layout.columns {
            let sum = lengths.entry(*column).or_default();
            *sum = sum.checked_add(*length)?;
        }
        layouts.push(layout);
    }
    let all = lengths
        .values()
        .try_fold(0_usize, |sum, length| sum.checked_add(*length))?;
    let (others, gathered) = bytes.split_at_checked(bytes.len().checked_sub(all)?)?;
    let mut gathered = Reader::new(gathered, "columns");
    let columns = lengths
        .into_iter()
        .map(|(column, length)| Some((column, Reader::new(gathered.take(length).ok()?, "columns"))))
        .collect::<Option<_>>()?;
    Some((others, columns, layouts))
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable;
    use automerge::{Automerge, ROOT};
    use proptest::prelude::*;

    use super::*;

    fn document(fields: &[(String, String)]) -> Vec<u8> {
        let mut document = Automerge::new();
        document.set_actor([7; 16].into());
        let put = |tx: &mut automerge::transaction::Transaction<'_>| {
            fields
                .iter()
                .try_for_each(|(key, value)| tx.put(ROOT, key.as_str(), value.as_str()))
        };
        document.transact(put).unwrap();
        document.save_nocompress()
    }

    fn message(parts: &[Vec<u8>]) -> Vec<u8> {
        let mut message = vec![0xa1];
        for part in parts {
            message.extend((part.len() as u32).to_be_bytes());
            message.extend(part);
        }
        message
    }

    fn fields() -> impl Strategy<Value = Vec<(String, String)>> {
        proptest::collection::vec(("[a-z]{1,6}", ".{0,40}"), 1..8)
    }

    /// Documents, pieces of documents and other bytes.
    fn part() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            fields().prop_map(|fields| document(&fields)),
            (fields(), 0..200_usize).prop_map(|(fields, end)| {
                let mut bytes = document(&fields);
                bytes.truncate(end);
                bytes
            }),
            proptest::collection::vec(any::<u8>(), 0..60),
            Just(MAGIC.to_vec()),
        ]
    }

    proptest! {
        #[test]
        fn a_message_is_put_together_again_byte_by_byte(parts in proptest::collection::vec(part(), 0..8)) {
            let message = message(&parts);
            if let Some(gathered) = gather(&message) {
                prop_assert!(is_gathered(&gathered));
                prop_assert_eq!(scatter(&gathered), Some(message));
            }
        }

        #[test]
        fn damaged_bytes_are_no_message_or_one_that_is_no_longer(
            parts in proptest::collection::vec(part(), 1..4),
            damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let Some(mut gathered) = gather(&message(&parts)) else {
                return Ok(());
            };
            for (place, byte) in damage {
                let place = place.index(gathered.len());
                gathered[place] = byte;
            }
            if let Some(message) = scatter(&gathered) {
                prop_assert!(message.len() < gathered.len());
            }
        }
    }

    #[test]
    fn a_message_without_a_document_is_left_as_it_is() {
        assert_eq!(gather(&message(&[b"text".to_vec(), MAGIC.to_vec()])), None);
    }

    #[test]
    fn equal_columns_stand_beside_each_other() {
        let of = |value: &str| document(&[("field".to_owned(), value.to_owned())]);
        let gathered = gather(&message(&[of("first value"), of("second value")])).unwrap();
        let text = String::from_utf8_lossy(&gathered);
        assert!(text.contains("first valuesecond value"), "{text}");
    }

    #[test]
    fn lengths_past_every_limit_are_no_message() {
        let mut bytes = vec![GATHERED, 1, 0];
        bytes.extend(document(&[("field".to_owned(), "value".to_owned())]));
        let huge = unsigned_bytes(u64::MAX);
        for start in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged.splice(start..start, huge.clone());
            assert_eq!(
                scatter(&damaged).filter(|message| message.len() > damaged.len()),
                None
            );
        }
    }
}
