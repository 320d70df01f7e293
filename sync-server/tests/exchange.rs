//! What an exchange does with what is uploaded and what it hands out.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod support;

use caseweave_engine::identity::Session;
use caseweave_engine::ids::{DocumentId, ScopeId, WorkerId};
use caseweave_engine::sync::server::MAX_UPLOAD;
use caseweave_engine::sync::wire::*;
use caseweave_engine::sync::{MAX_BODY, MAX_INFLATED, compress, inflate, pack, unpack};
use rusqlite::params;
use serde_bytes::{ByteArray, ByteBuf};
use support::*;

#[test]
fn two_phones_of_one_worker_end_with_equal_heads_and_digest() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let (mut one, mut other) = (world.phone(worker), world.phone(worker));
    let case = one.create_case(0x10);
    let note = DocumentId::from_bytes([0x11; 16]);
    one.create(note, DocumentKind::Note, ScopeId::of(case));
    one.sync(&world.server);
    other.sync(&world.server);
    one.edit(case, "from one");
    other.edit(case, "from the other");
    other.edit_all(&[case, note], "both", "at once");
    one.sync(&world.server);
    other.sync(&world.server);
    one.sync(&world.server);
    assert_eq!(one.heads(case), other.heads(case));
    assert_eq!(one.heads(case).len(), 2);
    assert_eq!(one.heads(note), other.heads(note));
    assert_eq!(one.digest, other.digest);
    assert_eq!(replica(&world, case).heads(), one.heads(case));
}

#[test]
fn a_colleague_without_a_grant_sees_and_writes_nothing() {
    let mut world = World::new();
    let (ana, ben) = (world.worker("Ana"), world.worker("Ben"));
    let (mut one, mut other) = (world.phone(ana), world.phone(ben));
    let case = one.create_case(0x10);
    one.sync(&world.server);
    other.sync(&world.server);
    assert!(other.documents.is_empty());
    // He claims to edit, to create, and to add a note to the case; and the same for a case that nobody has.
    for id in [case, DocumentId::from_bytes([0x77; 16])] {
        other.create(id, DocumentKind::Case, ScopeId::of(id));
        let mut edits = other.request();
        edits.documents[0].creates = None;
        assert_eq!(
            verdicts(&other.ask(&world.server, &edits)),
            [(0, refused(Refused::NotAllowed))]
        );
        other.documents.clear();
        other.groups.clear();
        other.create(
            DocumentId::from_bytes([0x78; 16]),
            DocumentKind::Note,
            ScopeId::of(id),
        );
        let note = other.request();
        assert_eq!(
            verdicts(&other.ask(&world.server, &note)),
            [(0, refused(Refused::NotAllowed))]
        );
        other.documents.clear();
        other.groups.clear();
    }
    other.create(case, DocumentKind::Case, ScopeId::of(case));
    let request = other.request();
    assert_eq!(
        verdicts(&other.ask(&world.server, &request)),
        [(0, refused(Refused::NotAllowed))]
    );
    assert_eq!(replica(&world, case).heads(), one.heads(case));
}

#[test]
fn the_same_id_in_another_organisation_is_another_case() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut one = world.phone(worker);
    let case = one.create_case(0x10);
    one.sync(&world.server);
    let first = world.organisation;
    world.organisation = world
        .server
        .administration()
        .add_organisation("Other")
        .unwrap();
    let stranger = world.worker("Zoe");
    let mut other = world.phone(stranger);
    assert_eq!(other.create_case(0x10), case);
    other.edit(case, "theirs");
    other.sync(&world.server);
    world.organisation = first;
    assert_eq!(replica(&world, case).heads(), one.heads(case));
    one.sync(&world.server);
    assert_ne!(one.heads(case), other.heads(case));
}

#[test]
fn a_repetition_after_a_lost_reply_stores_nothing_twice() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    let case = phone.create_case(0x10);
    phone.edit(case, "a");
    let request = phone.request();
    phone.ask(&world.server, &request);
    let before = (
        world.count("changes"),
        world.count("runs"),
        world.count("feed"),
        world.count("audit"),
    );
    let request = phone.request();
    let answer = phone.ask(&world.server, &request);
    assert_eq!(answer.verdicts, []);
    assert_eq!(answer.documents, [], "the phone has what it sent itself");
    let after = (
        world.count("changes"),
        world.count("runs"),
        world.count("feed"),
        world.count("audit"),
    );
    assert_eq!(before, after);
    // The reply is lost again, and the next request brings more under one new signature over old and new.
    phone.edit(case, "b");
    phone.sync(&world.server);
    assert_eq!(world.count("changes"), 3);
    let mut second = world.phone(worker);
    second.sync(&world.server);
    assert_eq!(second.heads(case), phone.heads(case));
    assert_eq!(second.digest, phone.digest);
}

#[test]
fn a_refused_group_in_the_middle_stops_only_what_hangs_together() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    let (good, bad, after) = (
        phone.create_case(0x10),
        phone.create_case(0x20),
        phone.create_case(0x30),
    );
    phone.edit(bad, "second");
    let mut request = phone.request();
    let bytes = &mut request.documents[1].changes[1];
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let answer = phone.ask(&world.server, &request);
    assert_eq!(
        verdicts(&answer),
        [(1, Verdict::Resubmit), (3, refused(Refused::Invalid))]
    );
    assert_eq!(replica(&world, good).heads(), phone.heads(good));
    assert_eq!(replica(&world, after).heads(), phone.heads(after));
    assert_eq!(world.count("documents"), 2);
    // Signed again without the refused group, the rest is stored.
    let local = phone.documents.get_mut(&bad).unwrap();
    local.pending.pop();
    phone.groups.pop();
    let request = phone.request();
    assert_eq!(verdicts(&phone.ask(&world.server, &request)), []);
    assert_eq!(replica(&world, bad).heads().len(), 1);
}

#[test]
fn a_group_over_two_documents_is_stored_in_both_or_in_none() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    let (one, other) = (phone.create_case(0x10), phone.create_case(0x20));
    phone.sync(&world.server);
    phone.edit_all(&[one, other], "moved", "1");
    let mut request = phone.request();
    request.documents[1].runs[0].counter += 1;
    let answer = phone.ask(&world.server, &request);
    assert_eq!(verdicts(&answer), [(0, refused(Refused::Invalid))]);
    assert_eq!(world.count("changes"), 2);
    phone.sync(&world.server);
    assert_eq!(world.count("changes"), 4);
}

#[test]
fn changes_whose_ground_is_missing_are_named_and_taken_with_it_later() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    let case = phone.create_case(0x10);
    phone.sync(&world.server);
    phone.edit(case, "first");
    let first = phone.documents[&case].pending.clone();
    phone.edit(case, "second");
    let local = phone.documents.get_mut(&case).unwrap();
    let all = local.pending.clone();
    local.pending = all[1..].to_vec();
    let groups = std::mem::take(&mut phone.groups);
    phone.groups = groups[1..].to_vec();
    let request = phone.request();
    let answer = phone.ask(&world.server, &request);
    let missing = vec![ByteArray::new(first[0].hash().0)];
    assert_eq!(
        verdicts(&answer),
        [(0, Verdict::MissingDependencies(missing))]
    );
    phone.documents.get_mut(&case).unwrap().pending = all;
    phone.groups = groups;
    phone.sync(&world.server);
    assert_eq!(replica(&world, case).heads(), phone.heads(case));
}

#[test]
fn forged_signatures_authors_and_actors_are_refused() {
    let mut world = World::new();
    let (ana, ben) = (world.worker("Ana"), world.worker("Ben"));
    let (mut one, mut other) = (world.phone(ana), world.phone(ben));
    let case = one.create_case(0x10);
    let honest = one.request();
    let mut forged = honest.clone();
    forged.documents[0].runs[0].signature[5] ^= 1;
    assert_eq!(
        verdicts(&one.ask(&world.server, &forged)),
        [(0, refused(Refused::Invalid))]
    );
    let mut session = honest.clone();
    session.documents[0].runs[0].session = Session([9; 16]);
    assert_eq!(
        verdicts(&one.ask(&world.server, &session)),
        [(0, refused(Refused::Invalid))]
    );
    // Ben sends Ana's change as his own: signed by himself, and signed by her.
    let mut stolen = honest.clone();
    stolen.documents[0].runs = vec![other.sign(case, &one.documents[&case].pending)];
    assert_eq!(
        verdicts(&other.ask(&world.server, &stolen)),
        [(0, refused(Refused::Invalid))]
    );
    let mut relayed = honest.clone();
    relayed.documents[0].runs[0].device = Some(one.id());
    assert_eq!(
        verdicts(&other.ask(&world.server, &relayed)),
        [(0, refused(Refused::NotAllowed))]
    );
    // Ana's phone names Ben as author.
    let mut liar = world.phone(ana);
    liar.enrolled.worker = ben;
    liar.create_case(0x20);
    let request = liar.request();
    assert_eq!(
        verdicts(&liar.ask(&world.server, &request)),
        [(0, refused(Refused::Invalid))]
    );
    assert_eq!(world.count("changes"), 0);
    assert_eq!(verdicts(&one.ask(&world.server, &honest)), []);
}

#[test]
fn two_histories_under_one_actor_are_a_fork() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    let case = phone.create_case(0x10);
    phone.sync(&world.server);
    let restored = phone.documents[&case].automerge.clone();
    phone.edit(case, "one way");
    phone.sync(&world.server);
    phone.documents.get_mut(&case).unwrap().automerge = phone.dressed(case, restored);
    phone.edit(case, "another way");
    let request = phone.request();
    assert_eq!(
        verdicts(&phone.ask(&world.server, &request)),
        [(0, refused(Refused::ActorFork))]
    );
}

#[test]
fn an_exchange_without_news_writes_nothing_and_is_short() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    phone.create_case(0x10);
    phone.sync(&world.server);
    phone.sync(&world.server);
    let version = |database: &rusqlite::Connection| -> i64 {
        database
            .pragma_query_value(None, "data_version", |row| row.get(0))
            .unwrap()
    };
    let database = world.database();
    let before = version(&database);
    let request = phone.request();
    let answer = phone.ask(&world.server, &request);
    assert_eq!(version(&database), before);
    assert_eq!(Some(answer.cursor), phone.cursor);
    let bodies = pack(&request).unwrap().len() + pack(&answer).unwrap().len();
    assert!(bodies <= 200, "{bodies} bytes");
}

#[test]
fn small_pages_bring_everything_in_whole_groups() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let (mut one, mut other) = (world.phone(worker), world.phone(worker));
    other.sync(&world.server);
    let cases: Vec<_> = (0x10..0x20).map(|byte| one.create_case(byte)).collect();
    one.sync(&world.server);
    for pair in cases.windows(2) {
        one.edit_all(pair, "pair", "1");
        one.sync(&world.server);
    }
    other.budget = 600;
    let mut pages = 0;
    loop {
        let request = other.request();
        let page = other.ask(&world.server, &request);
        assert_eq!(page.digest.is_none(), page.more);
        let touched: Vec<_> = page.documents.iter().map(|news| news.document).collect();
        assert!(
            pages == 0 || touched.len().is_multiple_of(2) || touched.len() > 2,
            "a pair comes in one page"
        );
        other.apply(&page);
        pages += 1;
        if !page.more {
            break;
        }
    }
    assert!(pages > 4, "{pages} pages");
    assert_eq!(other.digest, Some(one.sum()));
    assert_eq!(other.sum(), one.sum());
}

/// A world with eight cases that have snapshots, and the phone that wrote them.
fn world_with_snapshots() -> (World, WorkerId, Vec<DocumentId>, Phone) {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut one = world.phone(worker);
    let cases: Vec<_> = (0x10..0x18).map(|byte| one.create_case(byte)).collect();
    for case in &cases {
        for edit in 0..90 {
            one.edit(*case, &format!("field {edit}"));
        }
        one.sync(&world.server);
    }
    assert_eq!(world.count("snapshots"), 8);
    (world, worker, cases, one)
}

#[test]
fn a_new_phone_gets_snapshots_and_the_next_days_first() {
    let (mut world, worker, cases, mut one) = world_with_snapshots();
    one.edit(cases[6], "tomorrow");
    one.groups[0].0 = Some(TODAY + 1);
    one.sync(&world.server);
    one.edit(cases[2], "next month");
    one.groups[0].0 = Some(TODAY + 30);
    one.sync(&world.server);
    let mut new = world.phone(worker);
    new.budget = 4_000;
    let request = new.request();
    let page = new.ask(&world.server, &request);
    assert_eq!(page.documents[0].document, cases[6]);
    assert!(page.more);
    let lost = page;
    let page = new.ask(&world.server, &request);
    assert_eq!(page, lost, "a lost page comes again as it was");
    new.apply(&page);
    new.sync(&world.server);
    assert_eq!(new.snapshots, 8);
    assert!(
        new.changes <= 8 * 2,
        "{} changes beside the snapshots",
        new.changes
    );
    assert_eq!(new.sum(), one.sum());
}

#[test]
fn a_snapshot_stored_before_rows_were_packed_is_served_as_it_is() {
    let (mut world, worker, _, one) = world_with_snapshots();
    let database = world.database();
    let rows: Vec<(i64, Vec<u8>)> = database
        .prepare("SELECT rowid, bytes FROM snapshots")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for (row, packed) in rows {
        let plain = inflate(&packed).unwrap();
        assert!(packed.len() < plain.len());
        let sql =
            "UPDATE snapshots SET bytes = ?2, size = length(?2), inflated = NULL WHERE rowid = ?1";
        database.execute(sql, params![row, plain]).unwrap();
    }
    let mut new = world.phone(worker);
    new.sync(&world.server);
    assert_eq!(new.snapshots, 8);
    assert_eq!(new.sum(), one.sum());
}

#[test]
fn a_page_inflates_to_no_more_than_a_phone_can_hold() {
    let (mut world, worker, _, one) = world_with_snapshots();
    let sql = "UPDATE snapshots SET inflated = 9000000";
    world.database().execute(sql, []).unwrap();
    let mut new = world.phone(worker);
    let request = new.request();
    let page = new.ask(&world.server, &request);
    assert_eq!((page.documents.len(), page.more), (1, true));
    new.apply(&page);
    new.sync(&world.server);
    assert_eq!(new.sum(), one.sum());
}

#[test]
fn a_page_that_was_lost_hides_no_device() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let (mut one, mut other) = (world.phone(worker), world.phone(worker));
    other.sync(&world.server);
    let case = one.create_case(0x10);
    one.sync(&world.server);
    let request = other.request();
    let lost = other.ask(&world.server, &request);
    assert_eq!(lost.devices.len(), 1);
    one.edit(case, "more");
    one.sync(&world.server);
    other.sync(&world.server);
    assert_eq!(other.sum(), one.sum());
    one.edit(case, "even more");
    one.sync(&world.server);
    other.sync(&world.server);
}

#[test]
fn an_unknown_cursor_starts_anew_and_is_noted() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    phone.create_case(0x10);
    phone.sync(&world.server);
    phone.cursor = Some(ByteArray::new([7; 16]));
    phone.sync(&world.server);
    let noted: i64 = world
        .database()
        .query_row(
            "SELECT count(*) FROM audit WHERE what = 'unknown_cursor'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(noted, 1);
}

#[test]
fn what_colleagues_do_elsewhere_costs_an_exchange_nothing() {
    let mut world = World::new();
    let ana = world.worker("Ana");
    let mut one = world.phone(ana);
    one.create_case(0x10);
    one.sync(&world.server);
    one.sync(&world.server);
    fn colleagues(world: &mut World, range: std::ops::Range<u8>) {
        for colleague in range {
            let worker = world.worker("Colleague");
            let mut phone = world.phone(worker);
            for case in 0..13_u8 {
                let id = DocumentId::from_bytes([
                    colleague, case, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                ]);
                phone.create(id, DocumentKind::Case, ScopeId::of(id));
            }
            phone.sync(&world.server);
        }
    }
    colleagues(&mut world, 0..1);
    one.sync(&world.server);
    let quiet = steps(&world, &mut one);
    assert!(quiet > 0);
    colleagues(&mut world, 1..40);
    assert_eq!(world.count("feed"), 521);
    // That they work here is told once; what they do is not.
    one.sync(&world.server);
    assert_eq!(steps(&world, &mut one), quiet);
}

#[test]
fn limits_are_answered_and_not_suffered() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    phone.create_case(0x10);
    let good = phone.request();
    let mut large = good.clone();
    large.documents[0].changes[0] = ByteBuf::from(vec![0; MAX_UPLOAD + 1]);
    assert_eq!(
        error(&phone.post(&world.server, &large)),
        (413, "too_large".into())
    );
    let mut uncovered = Vec::new();
    for spoil in 0..6 {
        let mut request = good.clone();
        match spoil {
            0 => request.groups.clear(),
            1 => request.groups[0].parts[0].document = 9,
            2 => request.groups[0].parts[0].count = u32::MAX,
            3 => request.documents[0].runs[0].count = 2,
            4 => request.documents[0].changes.clear(),
            _ => request.documents.push(request.documents[0].clone()),
        }
        uncovered.push(request);
    }
    for request in uncovered {
        assert_eq!(
            error(&phone.post(&world.server, &request)),
            (400, "malformed".into())
        );
    }
    let huge = vec![0; 5 * 1024 * 1024];
    let header = phone.header(&huge);
    assert_eq!(
        error(&world.server.exchange(Some(&header), &huge)),
        (413, "too_large".into())
    );
    let mut newer = good.clone();
    newer.version = WIRE_VERSION + 1;
    assert_eq!(
        error(&phone.post(&world.server, &newer)),
        (426, "upgrade_required".into())
    );
    assert_eq!(verdicts(&phone.ask(&world.server, &good)), []);
}

#[test]
fn garbage_is_answered_with_a_code() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    let packed = pack(&phone.request()).unwrap();
    for end in 0..packed.len() {
        let body = &packed[..end];
        let header = phone.header(body);
        let answer = world.server.exchange(Some(&header), body);
        assert_eq!(error(&answer), (400, "malformed".into()), "cut at {end}");
        assert_eq!(error(&world.server.enrol(body)).0, 400);
    }
    let zeros = pack(&ByteBuf::from(vec![0; 30 << 20])).unwrap();
    let header = phone.header(&zeros);
    assert_eq!(world.server.exchange(Some(&header), &zeros).status, 400);
    let bomb = compress(&vec![0; MAX_INFLATED + 1]).unwrap();
    let header = phone.header(&bomb);
    let answer = world.server.exchange(Some(&header), &bomb);
    assert_eq!(error(&answer), (413, "too_large".into()));
}

#[test]
fn a_body_that_is_too_long_is_refused_and_noted() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    world.phone(worker);
    let answer = world.server.exchange(None, &vec![0; MAX_BODY + 1]);
    assert_eq!(error(&answer), (413, "too_large".into()));
    let noted = "SELECT count(*) FROM audit WHERE what = 'request_refused' AND code = 'too_large'";
    let file = world.directory.path().join("server.sqlite");
    let database = rusqlite::Connection::open(file).unwrap();
    let noted: i64 = database.query_row(noted, [], |row| row.get(0)).unwrap();
    assert_eq!(noted, 1);
}

#[test]
fn answers_are_padded_in_steps() {
    let mut world = World::new();
    let worker = world.worker("Ana");
    let mut phone = world.phone(worker);
    let empty = phone.request();
    assert_eq!(phone.post(&world.server, &empty).body.len(), 256);
    phone.create_case(0x10);
    let one = phone.request();
    assert_eq!(phone.post(&world.server, &one).body.len(), 256);
    let answer = world.server.exchange(None, &[]);
    assert_eq!(answer.body.len(), 256);
    let _: WireError = unpack(&answer.body).unwrap();
}

fn verdicts(response: &WireResponse) -> Vec<(u32, Verdict)> {
    response
        .verdicts
        .iter()
        .map(|verdict| (verdict.group, verdict.verdict.clone()))
        .collect()
}

/// How many steps SQLite takes for one exchange without news.
fn steps(world: &World, phone: &mut Phone) -> u64 {
    let before = world.server.page_steps(world.organisation);
    let request = phone.request();
    phone.ask(&world.server, &request);
    world.server.page_steps(world.organisation) - before
}

/// How many steps SQLite takes for the page of one exchange that uploads and brings news, beside colleagues who did the same.
fn steps_beside(colleagues: u32) -> u64 {
    let mut world = World::new();
    let ana = world.worker("Ana");
    let (mut phone, mut tablet) = (world.phone(ana), world.phone(ana));
    let case = phone.create_case(0x10);
    phone.sync(&world.server);
    tablet.sync(&world.server);
    for number in 0..colleagues {
        let worker = world.worker("Colleague");
        let mut theirs = world.phone(worker);
        let id = DocumentId::from_bytes((u128::from(number) + 1).to_be_bytes());
        theirs.create(id, DocumentKind::Case, ScopeId::of(id));
        theirs.sync(&world.server);
        theirs.edit(id, "more");
        theirs.sync(&world.server);
    }
    phone.sync(&world.server);
    tablet.sync(&world.server);
    tablet.edit(case, "theirs");
    tablet.sync(&world.server);
    phone.edit(case, "ours");
    let before = world.server.page_steps(world.organisation);
    phone.sync(&world.server);
    world.server.page_steps(world.organisation) - before
}

#[test]
fn an_exchange_reads_as_much_beside_one_colleague_as_beside_five_hundred() {
    let (one, many) = (steps_beside(1), steps_beside(500));
    assert!(one > 0);
    assert_eq!(one, many);
}
