//! `check` finds what was tampered with.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod support;

use caseweave_engine::ids::ScopeId;
use caseweave_engine::sync::wire::DocumentKind;
use caseweave_server::{Fault, check};
use support::*;

/// Whether a fault is the one that a tampering should show as.
type Expected = fn(&Fault) -> bool;

fn filled() -> World {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    let case = phone.create_case(0x10);
    phone.create(
        caseweave_engine::ids::DocumentId::from_bytes([0x11; 16]),
        DocumentKind::Note,
        ScopeId::of(case),
    );
    phone.sync(&world.server);
    for edit in 0..100 {
        phone.edit(case, &format!("field {edit}"));
    }
    phone.sync(&world.server);
    phone.edit(case, "after the snapshot");
    phone.sync(&world.server);
    world
}

#[test]
fn an_untouched_directory_has_no_findings() {
    let world = filled();
    assert_eq!(check(&world.server.administration()).unwrap(), []);
}

#[test]
fn each_tampered_row_is_found() {
    let flip = "CAST(substr(bytes, 1, length(bytes) - 3) || X'00FF00' AS BLOB)";
    let cases: [(String, Expected); 9] = [
        (
            format!("UPDATE changes SET bytes = {flip} WHERE position = 2"),
            |fault| matches!(fault, Fault::Change(_)),
        ),
        (
            "UPDATE runs SET wall_ms = wall_ms + 1 WHERE position = 1".into(),
            |fault| matches!(fault, Fault::Run(_)),
        ),
        (format!("UPDATE snapshots SET bytes = {flip}"), |fault| {
            matches!(fault, Fault::Snapshot(_))
        }),
        (
            "UPDATE snapshots SET signature = zeroblob(64)".into(),
            |fault| matches!(fault, Fault::Snapshot(_)),
        ),
        (
            "UPDATE documents SET heads = zeroblob(32)".into(),
            |fault| matches!(fault, Fault::Document(_)),
        ),
        (
            "UPDATE member_digest SET digest = zeroblob(16)".into(),
            |fault| matches!(fault, Fault::Digest(_)),
        ),
        (
            "UPDATE audit SET code = 'nothing' WHERE seq = 3".into(),
            |fault| *fault == Fault::Audit(3),
        ),
        ("DELETE FROM audit WHERE seq = 2".into(), |fault| {
            *fault == Fault::Audit(2)
        }),
        (
            "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)".into(),
            |fault| matches!(fault, Fault::Audit(_)),
        ),
    ];
    for (sql, expected) in cases {
        let world = filled();
        assert!(world.database().execute(&sql, []).unwrap() > 0, "{sql}");
        let findings = check(&world.server.administration()).unwrap();
        assert!(
            findings.iter().any(|finding| expected(&finding.what)),
            "{sql}: {findings:?}"
        );
    }
}
