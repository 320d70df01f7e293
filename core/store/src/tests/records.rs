//! Documents, changes, signatures, outbox, quarantine, identity.

use caseweave_engine::identity::{DevicePublicKey, ServerPublicKey};
use caseweave_engine::ids::{OrganisationId, ServerId};
use caseweave_engine::sync::wire::WireDevice;
use caseweave_engine::sync::{Checked, Digest, fingerprint};

use super::*;

#[test]
fn changes_are_read_back_as_stored_and_in_order() {
    let lab = Lab::new();
    let store = lab.store();
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

#[test]
fn a_change_is_stored_once_and_an_actor_never_forks() {
    let lab = Lab::new();
    let store = lab.store();
    store.write(|tx| case_with_group(tx, case(1), 1)).unwrap();
    let again = store.write(|tx| tx.append_change(change(case(1), 1, None, b"x")));
    let fork = store.write(|tx| {
        tx.append_change(NewChange {
            hash: hash(99),
            ..change(case(1), 1, None, b"x")
        })
    });
    for outcome in [again, fork] {
        let Err(Error::AlreadyExists { constraint }) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(constraint.starts_with("changes.document"));
    }
    assert_eq!(
        store
            .read(|tx| tx.document(case(1)))
            .unwrap()
            .unwrap()
            .tail_bytes,
        100
    );
    let unknown = store.write(|tx| tx.append_change(change(case(9), 1, None, b"x")));
    assert!(matches!(unknown, Err(Error::NotFound { what: "document" })));
}

#[test]
fn folding_keeps_what_has_no_receipt() {
    let lab = Lab::new();
    let store = lab.store();
    store
        .write(|tx| {
            let first = case_with_group(tx, case(1), 2)?;
            tx.acknowledge_group(first, 9_000)?;
            let second = tx.add_group(group(case(1)))?;
            tx.append_change(change(case(1), 3, Some(second), &[3; 100]))?;
            tx.add_envelope(&envelope(case(1), 3, 3), true)?;
            tx.fold(case(1), b"snapshot", &[hash(3)])
        })
        .unwrap();
    let folded = store.read(|tx| tx.load(case(1))).unwrap().unwrap();
    let snapshot = folded.snapshot.unwrap();
    assert_eq!(
        (snapshot.bytes.as_slice(), snapshot.heads),
        (&b"snapshot"[..], vec![hash(3)])
    );
    assert_eq!(folded.row.tail_bytes, 0);
    assert_eq!(folded.tail, Changes::default(), "the snapshot has it");
    let kept = store.read(|tx| tx.changes_of(case(1))).unwrap();
    let kept: Vec<_> = kept
        .rows
        .iter()
        .map(|row| (row.hash[0], row.state))
        .collect();
    assert_eq!(kept, [(3, ChangeState::Local)]);
    let envelopes = store.read(|tx| tx.envelopes_of(case(1))).unwrap();
    assert_eq!(envelopes.len(), 1, "signatures are never folded away");

    let group = store.read(|tx| tx.pending_groups(usize::MAX, &[])).unwrap();
    store
        .write(|tx| tx.acknowledge_group(group[0].id, 9_500))
        .unwrap();
    let received = store.read(|tx| tx.load(case(1))).unwrap().unwrap();
    assert_eq!(received.tail, Changes::default(), "the snapshot has it");
    assert!(received.snapshot.is_some());
}

#[test]
fn a_fold_is_due_once_the_tail_outgrows_the_snapshot() {
    let lab = Lab::new();
    let store = lab.store();
    let due = |store: &Store| {
        let row = store.read(|tx| tx.document(case(1))).unwrap().unwrap();
        row.fold_is_due()
    };
    let append = |seq: u8, length: usize| {
        let bytes = vec![seq; length];
        store
            .write(|tx| tx.append_change(change(case(1), seq, None, &bytes)))
            .unwrap();
    };
    store
        .write(|tx| tx.add_document(document(case(1))))
        .unwrap();
    append(1, 8 * 1024);
    assert!(!due(&store));
    append(2, 1);
    assert!(due(&store));
    store
        .write(|tx| tx.fold(case(1), &noise(1, 20_000), &[hash(2)]))
        .unwrap();
    append(3, 20_000);
    assert!(!due(&store));
    append(4, 100);
    assert!(due(&store));
}

#[test]
fn no_tail_grows_with_its_snapshot_for_ever() {
    let lab = Lab::new();
    let store = lab.store();
    let write = |seq: u8, length: usize| {
        let bytes = vec![seq; length];
        store
            .write(|tx| tx.append_change(change(case(1), seq, None, &bytes)))
            .unwrap();
        let row = store.read(|tx| tx.document(case(1))).unwrap().unwrap();
        row.fold_is_due()
    };
    store
        .write(|tx| {
            tx.add_document(document(case(1)))?;
            tx.fold(case(1), &noise(1, 1_000_000), &[hash(1)])
        })
        .unwrap();
    assert!(!write(1, 64 * 1024));
    assert!(write(2, 1));
}

#[test]
fn a_closed_draft_is_in_no_digest_and_every_move_has_its_case_looked_at() {
    let lab = Lab::new();
    let store = lab.store();
    let draft = case(9);
    let digest = || store.read(|tx| tx.sync_state()).unwrap().digest;
    let moved = || store.read(|tx| tx.moved_cases()).unwrap();
    let look = || store.write(|tx| tx.set_looked_at(case(1))).unwrap();
    let begin = |tx: &WriteTx<'_>| {
        case_with_group(tx, case(1), 1)?;
        tx.add_document(NewDocument {
            id: draft,
            kind: DocumentKind::Note,
            ..document(case(1))
        })
    };
    store.write(begin).unwrap();
    assert!(moved().is_empty());
    let receive = |number| store.write(|tx| tx.set_acknowledged_heads(draft, &[hash(number)]));
    receive(7).unwrap();
    assert_eq!(moved(), [case(1)]);
    let counted = digest();
    look();
    store.write(|tx| tx.set_closed(draft, true)).unwrap();
    assert_eq!((digest(), moved()), (Digest::default(), vec![]));

    receive(8).unwrap();
    assert_eq!((digest(), moved()), (Digest::default(), vec![case(1)]));
    assert!(store.integrity_check().unwrap().is_clean());
    store.write(|tx| tx.set_closed(draft, false)).unwrap();
    assert_ne!(digest(), Digest::default());
    receive(7).unwrap();
    assert_eq!(digest(), counted);
    assert!(store.integrity_check().unwrap().is_clean());
    store.write(|tx| tx.set_closed(draft, true)).unwrap();
    store.write(|tx| tx.remove_document(draft)).unwrap();
    assert_eq!(digest(), Digest::default());
}

#[test]
fn the_digest_follows_the_acknowledged_heads() {
    let lab = Lab::new();
    let store = lab.store();
    let digest = || store.read(|tx| tx.sync_state()).unwrap().digest;
    let expected = |heads: &[Hash]| {
        let mut digest = Digest::default();
        digest.toggle(fingerprint(ScopeId::of(case(1)), case(1), heads));
        digest
    };
    store.write(|tx| case_with_group(tx, case(1), 2)).unwrap();
    assert_eq!(
        digest(),
        Digest::default(),
        "what has no receipt does not count"
    );
    store
        .write(|tx| tx.set_acknowledged_heads(case(1), &[hash(2), hash(1)]))
        .unwrap();
    assert_eq!(digest(), expected(&[hash(1), hash(2)]));
    store
        .write(|tx| tx.set_acknowledged_heads(case(1), &[hash(3)]))
        .unwrap();
    assert_eq!(digest(), expected(&[hash(3)]));
    assert_eq!(store.read(|tx| tx.recomputed_digest()).unwrap(), digest());
    store.write(|tx| tx.remove_document(case(1))).unwrap();
    assert_eq!(digest(), Digest::default());
}

#[test]
fn unsigned_runs_end_where_an_envelope_or_a_gap_is() {
    let lab = Lab::new();
    let store = lab.store();
    store
        .write(|tx| {
            let group = case_with_group(tx, case(1), 5)?;
            // Number 6 is missing: its change was refused.
            tx.append_change(change(case(1), 7, Some(group), b"late"))?;
            tx.add_envelope(&envelope(case(1), 2, 2), true)
        })
        .unwrap();
    let runs = store.read(|tx| tx.unsigned_runs()).unwrap();
    let brief: Vec<_> = runs
        .iter()
        .map(|run| {
            (
                run.first_seq,
                run.changes.iter().map(|hash| hash[0]).collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(brief, [(3, vec![3, 4, 5]), (7, vec![7])]);
    assert!(
        runs.iter()
            .all(|run| run.session == SESSION && run.actor == [1; 16])
    );

    store
        .write(|tx| tx.remove_envelope(case(1), &hash(2)))
        .unwrap();
    let runs = store.read(|tx| tx.unsigned_runs()).unwrap();
    assert_eq!(
        runs[0].changes.len(),
        5,
        "what lost its signature is signed again"
    );
}

#[test]
fn an_envelope_is_read_back_whole_and_stays_verified() {
    let lab = Lab::new();
    let store = lab.store();
    let signed = envelope(case(1), 3, 2);
    store
        .write(|tx| {
            case_with_group(tx, case(1), 3)?;
            tx.add_envelope(&signed, true)?;
            tx.add_envelope(&signed, false)
        })
        .unwrap();
    let expected = StoredEnvelope {
        envelope: signed,
        checked: Checked::Holds,
        received_ms: None,
        receipt: None,
    };
    store
        .read(|tx| {
            assert_eq!(tx.envelopes_of(case(1))?, std::slice::from_ref(&expected));
            assert_eq!(tx.envelope(case(1), &hash(3))?, Some(expected.clone()));
            assert_eq!(tx.envelope_over(case(1), &hash(2))?, Some(expected));
            assert_eq!(tx.envelope_over(case(1), &hash(1))?, None);
            let signed: Vec<_> = tx
                .changes_of(case(1))?
                .rows
                .iter()
                .map(|row| row.signed)
                .collect();
            assert_eq!(signed, [false, true, true]);
            Ok::<_, Error>(())
        })
        .unwrap();
}

#[test]
fn groups_wait_in_order_and_leave_with_their_receipt() {
    let lab = Lab::new();
    let store = lab.store();
    let ids: Vec<_> = (1..=3)
        .map(|number| {
            store
                .write(|tx| case_with_group(tx, case(number), 2))
                .unwrap()
        })
        .collect();
    let pending = |limit| store.read(|tx| tx.pending_groups(limit, &[])).unwrap();
    assert_eq!(pending(1).len(), 1, "one group goes out whatever its size");
    assert_eq!(pending(400).len(), 2);
    assert_eq!(pending(399).len(), 1);
    let all = pending(usize::MAX);
    assert_eq!(all.iter().map(|group| group.id).collect::<Vec<_>>(), ids);
    assert_eq!(all[0].next_on, Some(on("2026-11-23")));
    assert_eq!(
        (all[0].edits.as_slice(), all[0].created_ms),
        (&b"edits"[..], 5_000)
    );
    assert_eq!(all[0].changes.len(), 2);

    store
        .write(|tx| tx.acknowledge_group(ids[0], 9_000))
        .unwrap();
    store.write(|tx| tx.hold_group(ids[1])).unwrap();
    assert_eq!(
        pending(usize::MAX)
            .iter()
            .map(|group| group.id)
            .collect::<Vec<_>>(),
        [ids[2]]
    );
    let stored = store.read(|tx| tx.changes_of(case(1))).unwrap();
    assert!(
        stored
            .rows
            .iter()
            .all(|row| row.state == ChangeState::Acknowledged
                && row.received_ms == Some(9_000)
                && row.group.is_none())
    );
    let sync = |number| store.read(|tx| tx.case_sync(case(number))).unwrap();
    assert_eq!(sync(1), CaseSync::default());
    assert_eq!(
        sync(2),
        CaseSync {
            held: 1,
            ..CaseSync::default()
        }
    );
    assert_eq!(
        sync(3),
        CaseSync {
            pending: 1,
            ..CaseSync::default()
        }
    );
    let total = store.read(|tx| tx.total_sync()).unwrap();
    assert_eq!(
        total,
        CaseSync {
            pending: 1,
            held: 1,
            refused: 0
        }
    );
    let twice = store.write(|tx| tx.acknowledge_group(ids[0], 9_000));
    assert!(matches!(twice, Err(Error::NotFound { what: "group" })));
}

#[test]
fn a_group_number_is_never_used_twice() {
    let lab = Lab::new();
    let store = lab.store();
    let first = store.write(|tx| case_with_group(tx, case(1), 1)).unwrap();
    store.write(|tx| tx.acknowledge_group(first, 1)).unwrap();
    let second = store.write(|tx| tx.add_group(group(case(1)))).unwrap();
    assert!(second > first);
}

#[test]
fn a_refused_group_is_kept_in_quarantine_and_its_neighbours_signed_anew() {
    let lab = Lab::new();
    let store = lab.store();
    let (kept, refused) = store
        .write(|tx| {
            let kept = case_with_group(tx, case(1), 1)?;
            let refused = tx.add_group(group(case(1)))?;
            tx.append_change(change(case(1), 2, Some(refused), b"refused"))?;
            tx.add_envelope(&envelope(case(1), 2, 2), true)?;
            tx.project(&projection(case(1), "Ana"))?;
            Ok::<_, Error>((kept, refused))
        })
        .unwrap();
    let entry = store
        .write(|tx| tx.refuse_group(refused, 8_000, "invalid", "too late"))
        .unwrap();
    store
        .read(|tx| {
            let stored: Vec<_> = tx
                .changes_of(case(1))?
                .rows
                .iter()
                .map(|row| row.hash[0])
                .collect();
            assert_eq!(stored, [1]);
            assert_eq!(tx.pending_groups(usize::MAX, &[])?[0].id, kept);
            assert_eq!(tx.unsigned_runs()?[0].changes, [hash(1)]);
            assert_eq!(tx.envelopes_of(case(1))?, []);
            let row = tx.case_row(case(1))?.unwrap();
            assert_eq!((row.unsynced, row.refused), (1, 1));
            let aside = tx.quarantined(Some(case(1)))?;
            assert_eq!(
                aside,
                [Quarantined {
                    id: entry,
                    case: Some(case(1)),
                    at_ms: 8_000,
                    code: "invalid".into(),
                    reason: "too late".into(),
                    edits: Some(b"edits".to_vec()),
                    dismissed: false,
                    changes: vec![QuarantinedChange {
                        document: Some(case(1)),
                        hash: Some(hash(2)),
                        bytes: b"refused".to_vec(),
                    }],
                }]
            );
            Ok::<_, Error>(())
        })
        .unwrap();
    store.write(|tx| tx.dismiss_quarantined(entry)).unwrap();
    assert_eq!(store.read(|tx| tx.case_sync(case(1))).unwrap().refused, 0);
    assert!(store.read(|tx| tx.quarantined(None)).unwrap()[0].dismissed);
}

#[test]
fn bytes_of_unknown_origin_are_kept_and_count_as_nobodys_work() {
    let lab = Lab::new();
    let store = lab.store();
    let changes = [QuarantinedChange {
        document: None,
        hash: None,
        bytes: vec![0xff; 10],
    }];
    store
        .write(|tx| {
            tx.quarantine(&NewQuarantined {
                case: None,
                at_ms: 1,
                code: "unreadable",
                reason: "not a change",
                edits: None,
                changes: &changes,
            })
        })
        .unwrap();
    assert_eq!(
        store.read(|tx| tx.quarantined(None)).unwrap()[0].changes,
        changes
    );
    assert_eq!(
        store.read(|tx| tx.total_sync()).unwrap(),
        CaseSync::default()
    );
}

#[test]
fn a_case_is_forgotten_whole_but_never_before_its_work_is_sent() {
    let lab = Lab::new();
    let store = lab.store();
    let waiting = store
        .write(|tx| {
            let waiting = case_with_group(tx, case(1), 1)?;
            tx.set_acknowledged_heads(case(1), &[hash(1)])?;
            tx.project(&Projection {
                visits: vec![visit(case(1), 1, Some("2026-11-23"))],
                search: vec![words(case(1), 1, "wound")],
                ..projection(case(1), "Ana")
            })?;
            Ok::<_, Error>(waiting)
        })
        .unwrap();
    let early = store.write(|tx| tx.forget_case(case(1)));
    assert!(matches!(early, Err(Error::Unsent { groups: 1 })));
    store.write(|tx| tx.hold_group(waiting)).unwrap();
    let before = store.read(|tx| tx.revision()).unwrap();
    store.write(|tx| tx.forget_case(case(1))).unwrap();
    store
        .read(|tx| {
            assert_eq!(tx.load(case(1))?, None);
            assert_eq!(tx.case_row(case(1))?, None);
            assert_eq!(tx.visits_of(case(1))?, []);
            assert_eq!(tx.search("wound", 10)?, []);
            assert_eq!(tx.sync_state()?.digest, Digest::default());
            assert_eq!(tx.changes_since(before)?.cases, [case(1)]);
            Ok::<_, Error>(())
        })
        .unwrap();
}

#[test]
fn request_numbers_never_repeat_not_even_after_a_crash() {
    let lab = Lab::new();
    let store = lab.store();
    let first: Vec<_> = (0..300).map(|_| store.take_number().unwrap()).collect();
    assert_eq!(first, (1..=300).collect::<Vec<_>>());
    drop(store);
    assert_eq!(
        lab.store().take_number().unwrap(),
        513,
        "the rest of the block is given up"
    );
}

#[test]
fn envelope_counters_have_no_gaps() {
    let lab = Lab::new();
    let store = lab.store();
    assert_eq!(store.write(|tx| tx.take_envelope_counter()).unwrap(), 1);
    let failed = store.write(|tx| {
        tx.take_envelope_counter()?;
        Err::<(), Error>(Error::Busy)
    });
    assert!(failed.is_err());
    assert_eq!(store.write(|tx| tx.take_envelope_counter()).unwrap(), 2);
}

#[test]
fn identity_cursor_and_devices_are_read_back() {
    let lab = Lab::new();
    let store = lab.store();
    assert_eq!(store.read(|tx| tx.identity()).unwrap(), None);
    let identity = Identity {
        device: DeviceId::from_bytes([1; 16]),
        worker: worker(2),
        worker_name: "Ana".into(),
        organisation: OrganisationId::from_bytes([3; 16]),
        server: ServerId::from_bytes([4; 16]),
        server_key: ServerPublicKey([5; 32]),
        server_url: "https://sync.example.org".into(),
        sealed_key: vec![6; 60],
    };
    let device = WireDevice {
        device: identity.device,
        worker: worker(2),
        name: "Ana".into(),
        key: DevicePublicKey([7; 32]),
    };
    let renamed = WireDevice {
        name: "Ana Ruiz".into(),
        ..device.clone()
    };
    let forged = WireDevice {
        key: DevicePublicKey([8; 32]),
        ..device.clone()
    };
    store
        .write(|tx| {
            tx.set_identity(&identity)?;
            tx.set_identity(&identity)?;
            tx.set_cursor(Some([9; 16]))?;
            tx.add_device(&device, 1_000)?;
            tx.add_device(&renamed, 2_000)
        })
        .unwrap();
    assert_eq!(
        store.read(|tx| tx.identity()).unwrap(),
        Some(identity.clone())
    );
    assert_eq!(
        store.read(|tx| tx.sync_state()).unwrap().cursor,
        Some([9; 16])
    );
    assert!(!format!("{identity:?}").contains("Ana"));
    let outcome = store.write(|tx| tx.add_device(&forged, 3_000));
    assert!(matches!(outcome, Err(Error::AlreadyExists { .. })));
    assert_eq!(
        store.read(|tx| tx.devices()).unwrap(),
        std::slice::from_ref(&renamed)
    );
    assert_eq!(
        store.read(|tx| tx.device(renamed.device)).unwrap(),
        Some(renamed)
    );
}

#[test]
fn subscribers_learn_which_cases_a_write_touched() {
    let lab = Lab::new();
    let store = lab.store();
    let since = |revision| store.read(|tx| tx.changes_since(revision)).unwrap();
    assert_eq!(since(0).revision, 0);
    store
        .write(|tx| tx.project(&projection(case(1), "Ana")))
        .unwrap();
    store.write(|tx| case_with_group(tx, case(2), 1)).unwrap();
    let seen = since(0);
    assert_eq!(seen.cases, [case(1), case(2)]);
    assert_eq!(since(seen.revision).cases, []);
    store
        .write(|tx| {
            tx.touch(case(1));
            tx.touch(case(3));
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(since(seen.revision).cases, [case(1), case(3)]);
    assert_eq!(since(seen.revision).revision, seen.revision + 1);
    assert_eq!(since(0).cases.len(), 3);
}

#[test]
fn what_subscribers_read_grows_with_the_caseload_and_not_with_every_write() {
    let lab = Lab::new();
    let store = lab.store();
    let touch = |number| {
        store.write(|tx| {
            tx.touch(case(number));
            Ok::<_, Error>(())
        })
    };
    (1..=4).for_each(|number| touch(number).unwrap());
    let before = store.read(|tx| tx.revision()).unwrap();
    (0..1_200_u32).for_each(|write| touch(1 + u8::from(write % 2 == 1)).unwrap());
    let rows = |store: &Store| {
        let sql = "SELECT count(*) AS rows FROM touched";
        let rows = store.read(|tx| tx.row(sql, [], |row| Ok(row.get::<_, u32>("rows")?)));
        rows.unwrap().unwrap()
    };
    assert!(rows(&store) < 4 + 512, "{}", rows(&store));
    let since = |revision| store.read(|tx| tx.changes_since(revision)).unwrap();
    assert_eq!(since(0).cases, [case(3), case(4), case(1), case(2)]);
    assert_eq!(since(before).cases, [case(1), case(2)]);
    assert_eq!(since(before).revision, before + 1_200);
}

#[test]
fn a_registered_instrument_is_kept_as_it_was_first_given() {
    let lab = Lab::new();
    let store = lab.store();
    let add = |id: &str, version, definition: &str| {
        store
            .write(|tx| tx.add_instrument(id, version, definition))
            .unwrap();
    };
    add("org.example.b", 1, "third");
    add("org.example.a", 2, "second");
    add("org.example.a", 1, "first");
    add("org.example.a", 1, "another");
    drop(store);
    let definitions = lab.store().read(|tx| tx.instruments()).unwrap();
    assert_eq!(definitions, ["first", "second", "third"]);
}
