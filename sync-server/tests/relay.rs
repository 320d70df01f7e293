//! Work of one device that comes through another: taken for what its author may do, or for the server's own receipt.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod support;

use caseweave_engine::ids::DocumentId;
use caseweave_engine::sync::wire::*;
use caseweave_server::check;
use serde_bytes::{ByteArray, ByteBuf};
use support::{Phone, World, refused};

/// Ana leads a case, Ben wrote to it, and Ana's phone was told.
struct Two {
    world: World,
    anas: Phone,
    bens: Phone,
    case: DocumentId,
    told: WireNews,
}

fn two() -> Two {
    let mut world = World::new();
    let (ana, ben) = (world.worker("Ana"), world.worker("Ben"));
    let (mut anas, mut bens) = (world.phone(ana), world.phone(ben));
    let case = anas.create_case(0x10);
    anas.share(case, ben, Role::Contributor);
    anas.sync(&world.server);
    bens.sync(&world.server);
    bens.edit(case, "before");
    bens.sync(&world.server);
    let request = anas.request();
    let answer = anas.ask(&world.server, &request);
    anas.apply(&answer);
    let told = answer.documents[0].clone();
    Two {
        world,
        anas,
        bens,
        case,
        told,
    }
}

impl Two {
    /// What Ana's phone is answered when it brings something that Ben's made now, with this receipt.
    fn relay(&mut self, receipt: Option<ByteArray<8>>) -> Vec<Verdict> {
        let counter = self.bens.counter;
        self.bens.edit(self.case, &format!("after {counter}"));
        let mut upload = self.bens.request().documents.remove(0);
        let run = WireRun {
            device: Some(self.bens.id()),
            receipt,
            ..upload.runs[0].clone()
        };
        upload.runs = vec![run];
        self.bring(upload)
    }

    fn bring(&mut self, upload: WireUpload) -> Vec<Verdict> {
        let count = upload.changes.len() as u32;
        let mut request = self.anas.request();
        request.documents = vec![upload];
        request.groups = vec![WireGroup {
            next_on: None,
            parts: vec![WirePart { document: 0, count }],
        }];
        let answer = self.anas.ask(&self.world.server, &request);
        answer
            .verdicts
            .into_iter()
            .map(|verdict| verdict.verdict)
            .collect()
    }

    fn receipt(&self) -> ByteArray<8> {
        self.told.runs[0].receipt.unwrap()
    }
}

#[test]
fn work_of_a_member_may_come_through_a_colleague() {
    let mut two = two();
    assert_eq!(two.relay(None), []);
}

#[test]
fn what_a_revoked_device_makes_afterwards_stays_out() {
    let mut two = two();
    let (organisation, device) = (two.world.organisation, two.bens.id());
    let mut administration = two.world.server.administration();
    administration.revoke(organisation, device).unwrap();
    drop(administration);
    assert_eq!(two.relay(None), [refused(Refused::NotAllowed)]);
    // A receipt for other work is none for this.
    let receipt = Some(two.receipt());
    assert_eq!(two.relay(receipt), [refused(Refused::NotAllowed)]);
    assert_eq!(check(&two.world.server.administration()).unwrap(), []);
}

#[test]
fn what_a_former_member_makes_afterwards_stays_out() {
    let mut two = two();
    let ben = two.bens.enrolled.worker;
    two.anas
        .decide(two.case, AccessAction::Withdraw { worker: ben });
    two.anas.sync(&two.world.server);
    assert_eq!(two.relay(None), [refused(Refused::NotAllowed)]);
    let receipt = Some(two.receipt());
    assert_eq!(two.relay(receipt), [refused(Refused::NotAllowed)]);
}

#[test]
fn a_contributor_cannot_answer_for_what_nobody_can_prove() {
    let mut two = two();
    // Ben's phone says that it adopts a change of Ana's that it cannot prove; then Ana's says so of one of Ben's.
    two.anas.edit(two.case, "unproven");
    let change = two.anas.documents[&two.case].pending[0].clone();
    two.anas.stored();
    let adopt = |phone: &mut Phone| {
        let mut run = phone.sign(two.case, std::slice::from_ref(&change));
        let envelope = run.envelope(two.case, change.hash().0, phone.id());
        let fields = caseweave_engine::identity::EnvelopeFields {
            document: envelope.document,
            last_change: envelope.last_change,
            count: envelope.count,
            session: envelope.session,
            device: envelope.device,
            counter: envelope.counter,
            wall_ms: envelope.wall_ms,
            monotonic_ms: envelope.monotonic_ms,
        };
        let adoption = caseweave_engine::identity::Envelope::adopt(&phone.key, fields);
        run = WireRun::of(&adoption, Some(phone.id()), None);
        WireUpload {
            document: two.case,
            creates: None,
            changes: vec![ByteBuf::from(change.raw_bytes())],
            runs: vec![run],
        }
    };
    let (by_ben, by_ana) = (adopt(&mut two.bens), adopt(&mut two.anas));
    std::mem::swap(&mut two.anas, &mut two.bens);
    assert_eq!(two.bring(by_ben), [refused(Refused::NotAllowed)]);
    std::mem::swap(&mut two.anas, &mut two.bens);
    assert_eq!(two.bring(by_ana), []);
    let adopted: i64 = two
        .world
        .database()
        .query_row(
            "SELECT count(*) FROM audit WHERE what = 'unproven_work_adopted'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(adopted, 1);
    assert_eq!(check(&two.world.server.administration()).unwrap(), []);
}

#[test]
fn work_of_a_device_that_was_not_told_stays_unchecked() {
    use caseweave_engine::sync::{CheckedNews, Unfit, check_news};
    let two = two();
    let own = two.anas.id();
    let told = |device| Ok(two.anas.devices.get(&device).cloned());
    let check = |known: bool| -> CheckedNews {
        let device_of = |device| if known { told(device) } else { Ok(None) };
        check_news::<Unfit>(&two.told, own, device_of).unwrap()
    };
    for known in [true, false] {
        let checked = check(known);
        assert!(checked.runs.iter().all(|run| run.verified == known));
        assert!(
            checked
                .changes
                .iter()
                .all(|change| change.author.is_some() == known)
        );
    }
}
