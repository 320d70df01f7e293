//! Documents, changes, signatures, outbox, quarantine, identity.

use caseweave_engine::identity::{DevicePublicKey, ServerPublicKey};
use caseweave_engine::ids::{OrganisationId, ServerId};
use caseweave_engine::sync::wire::WireDevice;
use caseweave_engine::sync::{Digest, fingerprint};

use super::*;

#[test]
fn changes_are_read_back_as_stored_and_in_order() {
    let store = Lab::new().store();
    let loaded = store.write(|tx| {
        case_with_group(tx, case(1), 3)?;
        tx.append_change(NewChange {
            hash: hash(200),
            actor: [2; 16],
            session: None,
            device: None,
            worker: None,
            received_ms: Some(7),
            state: ChangeState::Remote,
            ..change(case(1), 1, None, b"remote")
        })?;
        tx.load(case(1))
    });
    let loaded: StoredDocument = loaded.unwrap().unwrap();
    assert_eq!(loaded.row.heads, [hash(3)]);
    assert_eq!(loaded.row.tail_bytes, 306);
    assert_eq!((loaded.snapshot, loaded.snapshot_damaged), (None, false));
    let order: Vec<_> = loaded.tail.rows.iter().map(|row| row.hash[0]).collect();
    assert_eq!(order, [1, 2, 3, 200]);
    let remote = loaded.tail.rows.last().unwrap();
    assert_eq!(
        (remote.received_ms, remote.state),
        (Some(7), ChangeState::Remote)
    );
    assert_eq!(
        (remote.session, remote.bytes.as_slice()),
        (None, &b"remote"[..])
    );
    let own = loaded.tail.rows.first().unwrap();
    assert_eq!((own.session, own.worker), (Some(SESSION), Some(worker(1))));
    assert_eq!(own.claimed_ms, 1_001);
}
