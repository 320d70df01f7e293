//! Records as storage keeps them beside long documents.

use super::worker::{Worker, ids};
use crate::document::Record;
use crate::domain::*;

/// A case with a visit and a conflict.
fn worker() -> Worker {
    let mut ana = Worker::new(1);
    ana.open_case();
    let mut ben = Worker::joining(2, &ana);
    let number = |number: &str| {
        let number = Some(number.into());
        let fields = CaseUpdate {
            number,
            ..CaseUpdate::default()
        };
        Edit::from(CaseEdit::Update { fields })
    };
    ana.edit(&[ids::plan_visit(3), number("2026-18")]);
    ben.edit(&[number("2026-19")]);
    ana.exchange(&mut ben);
    ana
}

#[test]
fn a_stored_record_keeps_its_layout() {
    // What differs is a new layout: raise its number, so that nobody reads the one before as this one.
    let bytes = worker().documents.record().to_stored();
    let hex: Vec<String> = bytes
        .chunks(32)
        .map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    insta::assert_snapshot!(hex.join("\n"));
}

#[test]
fn what_is_cut_off_or_laid_out_otherwise_gives_no_record() {
    let worker = worker();
    let record = worker.documents.record();
    let bytes = record.to_stored();
    let read = |bytes: &[u8]| Record::from_stored(worker.documents.id(), [bytes]);
    assert_eq!(read(&bytes), Some(record));
    for length in 0..bytes.len() {
        assert_eq!(read(&bytes[..length]), None, "{length}");
    }
    let other = [&[9], &bytes[1..]].concat();
    assert_eq!(read(&other), None);
    let nothing: [&[u8]; 0] = [];
    assert_eq!(Record::from_stored(worker.documents.id(), nothing), None);
}
