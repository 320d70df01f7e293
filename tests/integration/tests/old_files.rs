//! Databases and documents of every version that was handed out open in this one: nothing in them is lost, and work goes on.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::path::PathBuf;

use caseweave_testkit::{Device, Entries, Fixture};

/// Every fixture: its name and where it is.
fn fixtures() -> Vec<(String, PathBuf)> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures"));
    let entries = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap());
    let directories = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    let named = directories.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    let mut fixtures: Vec<_> = named.collect();
    fixtures.sort();
    assert!(!fixtures.is_empty());
    fixtures
}

#[test]
fn what_old_versions_wrote_reads_as_it_was_written() {
    for (name, directory) in fixtures() {
        let fixture = Fixture::open(&directory);
        for device in [&fixture.anas, &fixture.bens] {
            assert!(device.caseweave.check_storage().unwrap().is_clean());
            assert_eq!(device.caseweave.status(None).unwrap().pending, 1);
        }
        let cases = fixture.anas.cases();
        assert_eq!(cases.len(), 2);
        insta::assert_debug_snapshot!(name, fixture.anas.case(cases[0]));
        // A stretch of every sort of edit, equal on both phones when they stopped.
        assert_eq!(fixture.anas.case(cases[1]), fixture.bens.case(cases[1]));
        assert!(fixture.anas.caseweave.history(cases[1]).unwrap().len() > 50);
    }
}

#[test]
fn work_goes_on_where_an_old_version_stopped() {
    for (_, directory) in fixtures() {
        let fixture = Fixture::open(&directory);
        let (anas, bens) = (&fixture.anas, &fixture.bens);
        let sync = |device: &Device| {
            let mut network = fixture.agency.network();
            device.sync(&mut network);
            assert_eq!(
                network.requests, 1,
                "both sides count alike, and compare nothing"
            );
        };
        let cases = anas.cases();
        for case in &cases {
            Entries(bens).task(*case, "Written by a newer version");
        }
        [anas, bens, anas].into_iter().for_each(sync);
        assert_eq!(cases, bens.cases());
        for case in &cases {
            assert_eq!(anas.case(*case), bens.case(*case));
            let written = |task: &caseweave::domain::Task| {
                task.title.as_deref() == Some("Written by a newer version")
            };
            assert_eq!(
                anas.case(*case)
                    .tasks
                    .iter()
                    .filter(|task| written(task))
                    .count(),
                1
            );
        }
        for device in [anas, bens] {
            let sync = device.caseweave.status(None).unwrap();
            assert_eq!((sync.pending, sync.held), (0, 0));
        }
        assert_eq!(fixture.agency.findings(), Vec::<String>::new());
    }
}
