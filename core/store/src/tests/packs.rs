//! Packs: what rests is compressed together, and says what it said before.

use super::*;
use crate::connection::{Access, cipher_version, connect};
use crate::packs::{LastTexts, Pack};

fn draft(number: u8) -> DocumentId {
    DocumentId::from_bytes([100 + number; 16])
}

/// A case with its record, three drafts, a person and three notes; nothing of it packed.
fn lived(tx: &WriteTx<'_>, id: CaseId) -> Result<()> {
    tx.add_document(document(id))?;
    tx.fold(id, &noise(0, 9_000), &[hash(9)])?;
    for number in 1..=3 {
        tx.add_document(NewDocument {
            id: draft(number),
            kind: DocumentKind::Note,
            ..document(id)
        })?;
        tx.fold(draft(number), &noise(number, 500), &[hash(number)])?;
    }
    let notes = (1..=3).map(|number| words(id, number, &note(number)));
    let person = SearchRow {
        kind: Kind::Person,
        ..words(id, 1, "Rosa Díaz")
    };
    tx.project(&Projection {
        search: notes.chain([person]).collect(),
        ..projection(id, "Rosa")
    })
}

fn note(number: u8) -> String {
    format!("Visit {number}: wound clean, walks with a cane. Word{number}.")
}

fn found(store: &Store, text: &str) -> Vec<(Kind, EntityId, String)> {
    let hits = store.read(|tx| tx.search(text, 10)).unwrap();
    let mut hits: Vec<_> = hits
        .into_iter()
        .map(|hit| (hit.kind, hit.id, hit.snippet))
        .collect();
    hits.sort();
    hits
}

fn count(lab: &Lab, sql: &str) -> u32 {
    let count = lab
        .store()
        .read(|tx| tx.row(sql, [], |row| Ok(row.get(0)?)))
        .unwrap();
    count.unwrap()
}

#[test]
fn what_rests_is_packed_and_reads_as_before() {
    let lab = Lab::new();
    let store = lab.store();
    store.write(|tx| lived(tx, case(1))).unwrap();
    let all = |store: &Store| {
        let documents = [case(1), draft(1), draft(2), draft(3)];
        let loaded = documents.map(|id| store.read(|tx| tx.load(id)).unwrap());
        let digest = store.read(|tx| tx.projection_digest(case(1))).unwrap();
        let hits = ["wound", "word2", "rosa", "cane walks"].map(|text| found(store, text));
        (loaded, digest, hits)
    };
    let before = all(&store);
    assert_eq!(before.2.each_ref().map(Vec::len), [3, 1, 1, 3]);
    store.write(|tx| tx.pack_where_due(case(1))).unwrap();
    assert_eq!(all(&store), before);
    assert!(store.integrity_check().unwrap().is_clean());
    drop(store);
    assert_eq!(count(&lab, "SELECT count(*) FROM snapshots"), 0);
    // The person's name stays at hand.
    assert_eq!(count(&lab, "SELECT count(*) FROM search_loose"), 1);
    assert_eq!(all(&lab.store()), before);
}

#[test]
fn a_pack_is_inflated_once_for_texts_that_are_read_one_after_the_other() {
    let lab = Lab::new();
    let store = lab.store();
    let packs = [1, 2].map(|number| {
        let pack = |tx: &WriteTx<'_>| {
            let notes =
                (1..=3).map(|note_number| words(case(number), note_number, &note(note_number)));
            tx.add_document(document(case(number)))?;
            tx.fold(case(number), &noise(number, 9_000), &[hash(number)])?;
            tx.project(&Projection {
                search: notes.collect(),
                ..projection(case(number), "Rosa")
            })?;
            tx.pack_where_due(case(number))?;
            let sql = "SELECT bytes FROM packs WHERE case_id = ?1";
            tx.row(sql, [case(number).to_bytes()], |row| {
                Ok(row.get::<_, Vec<u8>>("bytes")?)
            })
        };
        store.write(pack).unwrap().unwrap()
    });
    let sql = "SELECT number FROM search_entry WHERE kind = 'note' ORDER BY number";
    let numbers = store.read(|tx| tx.rows(sql, [], |row| Ok(row.get::<_, i64>("number")?)));
    let numbers = numbers.unwrap();
    let mut last = LastTexts::default();
    let mut inflated = 0;
    let mut read = |pack: &[u8], number: i64| {
        last.text(pack, number, |pack| {
            inflated += 1;
            Pack::texts(pack)
        })
    };
    let of_packs = [0, 0, 0, 1, 1, 1].map(|number| packs[number].as_slice());
    let texts: Vec<_> = (of_packs.into_iter().zip(&numbers))
        .map(|(pack, number)| read(pack, *number))
        .collect();
    let said = [1, 2, 3, 1, 2, 3].map(|number| Some(note(number)));
    assert_eq!(texts, said);
    assert_eq!(read(&[0; 40], numbers[0]), None);
    assert_eq!(read(&packs[1], numbers[0]), None);
    assert_eq!(inflated, 4);
}

#[test]
fn a_little_is_not_packed_yet() {
    let lab = Lab::new();
    let store = lab.store();
    let add = |tx: &WriteTx<'_>| {
        tx.add_document(document(case(1)))?;
        tx.fold(case(1), &noise(0, 1_900), &[hash(1)])?;
        tx.pack_where_due(case(1))
    };
    store.write(add).unwrap();
    drop(store);
    assert_eq!(count(&lab, "SELECT count(*) FROM snapshots"), 1);
}

#[test]
fn what_is_written_later_takes_the_place_of_what_is_packed() {
    let lab = Lab::new();
    let store = lab.store();
    let pack = |tx: &WriteTx<'_>| tx.pack_where_due(case(1));
    store.write(|tx| lived(tx, case(1))).unwrap();
    store.write(pack).unwrap();
    let change = |tx: &WriteTx<'_>| {
        tx.fold(draft(2), &noise(20, 9_000), &[hash(20)])?;
        tx.project(&Projection {
            search: vec![words(case(1), 2, "Feverish"), words(case(1), 3, "")],
            ..projection(case(1), "Rosa")
        })
    };
    store.write(change).unwrap();
    let check = |store: &Store| {
        let loaded = store.read(|tx| tx.load(draft(2))).unwrap().unwrap();
        let snapshot = loaded.snapshot.unwrap();
        assert_eq!(
            (snapshot.bytes, snapshot.heads),
            (noise(20, 9_000), vec![hash(20)])
        );
        let counts = ["word1", "word2", "word3", "fever"].map(|text| found(store, text).len());
        assert_eq!(counts, [1, 0, 0, 1]);
    };
    check(&store);
    store.write(pack).unwrap();
    check(&store);
    drop(store);
    assert_eq!(count(&lab, "SELECT count(*) FROM snapshots"), 0);
}

#[test]
fn a_document_that_was_removed_does_not_come_back_out_of_the_pack() {
    let lab = Lab::new();
    let store = lab.store();
    store.write(|tx| lived(tx, case(1))).unwrap();
    store.write(|tx| tx.pack_where_due(case(1))).unwrap();
    let again = NewDocument {
        id: draft(1),
        kind: DocumentKind::Note,
        ..document(case(1))
    };
    store
        .write(|tx| {
            tx.remove_document(draft(1))?;
            tx.add_document(again)
        })
        .unwrap();
    let empty = |store: &Store| {
        let loaded = store.read(|tx| tx.load(draft(1))).unwrap().unwrap();
        assert_eq!((loaded.snapshot, loaded.snapshot_damaged), (None, false));
    };
    empty(&store);
    store
        .write(|tx| {
            tx.fold(draft(2), &noise(2, 9_000), &[hash(2)])?;
            tx.pack_where_due(case(1))
        })
        .unwrap();
    empty(&store);
    assert!(store.integrity_check().unwrap().is_clean());
    store.write(|tx| tx.forget_case(case(1))).unwrap();
    drop(store);
    assert_eq!(count(&lab, "SELECT count(*) FROM packs"), 0);
    assert_eq!(count(&lab, "SELECT count(*) FROM search_entry"), 0);
}

#[test]
fn a_damaged_pack_costs_one_case_and_is_not_written_over() {
    let lab = Lab::new();
    let store = lab.store();
    store
        .write(|tx| {
            lived(tx, case(1))?;
            tx.pack_where_due(case(1))?;
            tx.project(&Projection {
                search: vec![words(case(2), 1, "Another wound")],
                ..projection(case(2), "Ben")
            })
        })
        .unwrap();
    let turn = "UPDATE packs SET bytes = zeroblob(40) WHERE bytes IS NOT NULL";
    store.write(|tx| tx.run(turn, [])).unwrap();
    let loaded = store.read(|tx| tx.load(draft(1))).unwrap().unwrap();
    assert_eq!((loaded.snapshot, loaded.snapshot_damaged), (None, true));
    let report = store.integrity_check().unwrap();
    assert_eq!(
        report.damaged_snapshots,
        [case(1), draft(1), draft(2), draft(3)]
    );
    assert!(
        found(&store, "wound")
            .iter()
            .any(|hit| hit.2.contains("Another"))
    );
    store
        .write(|tx| {
            tx.fold(draft(2), &noise(2, 9_000), &[hash(2)])?;
            tx.pack_where_due(case(1))
        })
        .unwrap();
    drop(store);
    assert_eq!(count(&lab, "SELECT count(*) FROM snapshots"), 1);
    assert_eq!(
        count(&lab, "SELECT count(*) FROM packs WHERE length(bytes) = 40"),
        1
    );
}

#[test]
fn a_file_from_before_packs_is_rescued_whole() {
    let lab = Lab::new();
    lab.store()
        .write(|tx| case_with_group(tx, case(1), 3))
        .unwrap();
    let old = connect(
        &lab.path(),
        &lab.key,
        OpenOptions::default(),
        Access::Write,
        &cipher_version,
    );
    old.unwrap().execute_batch("DROP TABLE packs").unwrap();
    let into = lab.folder.path().join("rescued.db");
    let report = rescue(&lab.path(), &lab.key, &into, |_| true).unwrap();
    assert!(report.is_complete());
}

#[test]
fn a_rescue_brings_packs_home() {
    let lab = Lab::new();
    let store = lab.store();
    store.write(|tx| lived(tx, case(1))).unwrap();
    store.write(|tx| tx.pack_where_due(case(1))).unwrap();
    let load = |store: &Store| [case(1), draft(3)].map(|id| store.read(|tx| tx.load(id)).unwrap());
    let before = load(&store);
    drop(store);
    let into = lab.folder.path().join("rescued.db");
    let report = rescue(&lab.path(), &lab.key, &into, |_| true).unwrap();
    assert!(report.is_complete());
    let rescued = Store::open(&into, &lab.key, OpenOptions::default()).unwrap();
    assert_eq!(load(&rescued), before);
}
