//! Devices that were enrolled after the backup to which the server was set back: known again once a colleague brings back what the
//! server had taken from them, and by nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod support;

use caseweave_engine::identity::{DeviceKey, Envelope, EnvelopeFields};
use caseweave_engine::ids::{DeviceId, DocumentId, ScopeId, WorkerId};
use caseweave_engine::sync::unpack;
use caseweave_engine::sync::wire::*;
use caseweave_server::check;
use serde_bytes::ByteArray;
use support::{Phone, World, enrolment, refused};

/// Ana leads a case. Ben's phone was enrolled after the backup and wrote to the case; Ana's was told, and the server was set back.
struct Forgotten {
    world: World,
    ana: WorkerId,
    ben: WorkerId,
    anas: Phone,
    bens: Phone,
    case: DocumentId,
    /// What Ana's phone was told of the case.
    told: Vec<WireNews>,
    /// Ben's phone, as Ana's was told.
    entry: WireDevice,
}

/// The same, where Ben's phone did what is given besides.
fn forgotten(work: impl FnOnce(&mut Phone, &World)) -> Forgotten {
    let mut world = World::new();
    let (ana, ben) = (world.worker("Ana"), world.worker("Ben"));
    let mut anas = world.phone(ana);
    let case = anas.create_case(0x10);
    anas.share(case, ben, Role::Contributor);
    anas.sync(&world.server);
    let backup = world.backup();
    let mut bens = world.phone(ben);
    bens.sync(&world.server);
    bens.edit(case, "by Ben");
    bens.sync(&world.server);
    work(&mut bens, &world);
    let request = anas.request();
    let answer = anas.ask(&world.server, &request);
    anas.apply(&answer);
    let entry = anas.devices[&bens.id()].clone();
    start_anew(&mut anas);
    start_anew(&mut bens);
    Forgotten {
        world: world.restored(backup),
        ana,
        ben,
        case,
        told: answer.documents,
        entry,
        anas,
        bens,
    }
}

impl Forgotten {
    /// What was told of a document, to be given back.
    fn given_back(&self, document: DocumentId, creates: bool) -> WireUpload {
        let told = self.told.iter().find(|news| news.document == document);
        let told = told.unwrap();
        WireUpload {
            document,
            creates: creates.then_some(WireCreation {
                kind: told.kind,
                scope: told.scope,
            }),
            changes: told.changes.clone(),
            runs: told.runs.clone(),
        }
    }

    /// Ana's phone brings something back and shows who signed it.
    fn bring(&mut self, upload: WireUpload, signers: Vec<WireDevice>) -> Vec<Verdict> {
        bring(&mut self.anas, &self.world, upload, signers)
    }

    fn devices(&self) -> Vec<DeviceId> {
        let devices = self.world.server.administration();
        let devices = devices.devices(self.world.organisation).unwrap();
        devices.into_iter().map(|row| row.device).collect()
    }

    fn audited(&self, what: &str) -> i64 {
        let sql = "SELECT count(*) FROM audit WHERE what = ?1";
        let database = self.world.database();
        database.query_row(sql, [what], |row| row.get(0)).unwrap()
    }

    /// Nothing of this is taken, and nobody is known by it.
    #[track_caller]
    fn assert_refused(&mut self, upload: WireUpload, signers: Vec<WireDevice>) {
        let before = (self.devices(), self.world.count("changes"));
        let verdicts = self.bring(upload, signers);
        assert_eq!(verdicts, [refused(Refused::Invalid)]);
        assert_eq!((self.devices(), self.world.count("changes")), before);
        assert_eq!(self.world.count("workers"), 2);
        assert_eq!(self.audited("device_returned"), 0);
    }
}

/// As a device does whose cursor the server does not know, nor how far its request numbers had come.
fn start_anew(phone: &mut Phone) {
    phone.cursor = None;
    phone.devices.clear();
    phone.number += 1_000;
}

fn bring(
    phone: &mut Phone,
    world: &World,
    upload: WireUpload,
    signers: Vec<WireDevice>,
) -> Vec<Verdict> {
    let count = upload.changes.len() as u32;
    let request = WireRequest {
        documents: vec![upload],
        groups: vec![WireGroup {
            next_on: None,
            parts: vec![WirePart { document: 0, count }],
        }],
        signers,
        ..phone.request()
    };
    let answer = phone.ask(&world.server, &request);
    let verdicts = answer.verdicts.into_iter();
    verdicts.map(|verdict| verdict.verdict).collect()
}

#[test]
fn a_device_is_known_again_when_a_colleague_brings_its_work_back() {
    let mut forgotten = forgotten(|_, _| {});
    let upload = forgotten.given_back(forgotten.case, false);
    let entry = forgotten.entry.clone();
    let id = forgotten.bens.id();
    assert!(!forgotten.devices().contains(&id));
    assert_eq!(forgotten.bring(upload, vec![entry]), []);
    assert!(forgotten.devices().contains(&id));
    assert_eq!(forgotten.audited("device_returned"), 1);
    assert_eq!(forgotten.audited("worker_returned"), 0);

    // Whoever comes new checks its signatures, and it goes on itself.
    let mut new = forgotten.world.phone(forgotten.ana);
    new.sync(&forgotten.world.server);
    assert_eq!(new.devices[&id], forgotten.entry);
    forgotten.bens.edit(forgotten.case, "afterwards");
    forgotten.bens.sync(&forgotten.world.server);
    new.sync(&forgotten.world.server);
    assert_eq!(
        new.heads(forgotten.case),
        forgotten.bens.heads(forgotten.case)
    );
    assert_eq!(check(&forgotten.world.server.administration()).unwrap(), []);
}

#[test]
fn a_device_that_nobody_shows_stays_unknown() {
    let mut forgotten = forgotten(|_, _| {});
    let upload = forgotten.given_back(forgotten.case, false);
    forgotten.assert_refused(upload, Vec::new());
}

#[test]
fn a_forged_device_is_not_made_known() {
    let mut forgotten = forgotten(|_, _| {});
    let upload = forgotten.given_back(forgotten.case, false);
    let entry = forgotten.entry.clone();
    let key = |seed| DeviceKey::from_seed([seed; 32]).public();
    for forged in [
        WireDevice {
            key: key(0x77),
            ..entry.clone()
        },
        // Another device of the organisation has that key.
        WireDevice {
            key: forgotten.anas.key.public(),
            ..entry.clone()
        },
        WireDevice {
            worker: forgotten.ana,
            ..entry.clone()
        },
        WireDevice {
            worker: WorkerId::from_bytes([0x66; 16]),
            ..entry.clone()
        },
        WireDevice {
            device: DeviceId::from_bytes([0x66; 16]),
            ..entry.clone()
        },
    ] {
        forgotten.assert_refused(upload.clone(), vec![forged]);
    }
    // The run itself, under another device's name.
    let mut renamed = upload.clone();
    let device = DeviceId::from_bytes([0x66; 16]);
    renamed.runs[0].device = Some(device);
    forgotten.assert_refused(renamed, vec![WireDevice { device, ..entry }]);
}

#[test]
fn a_device_is_not_made_known_without_the_servers_receipt() {
    let mut forgotten = forgotten(|_, _| {});
    let entry = forgotten.entry.clone();
    for receipt in [None, Some(ByteArray::new([0; 8]))] {
        let mut upload = forgotten.given_back(forgotten.case, false);
        upload.runs[0].receipt = receipt;
        forgotten.assert_refused(upload, vec![entry.clone()]);
    }
    // A receipt for other work of the same device is none for this: Ben's phone makes something that the server never took.
    let receipt = forgotten.told[0].runs[0].receipt;
    forgotten.bens.edit(forgotten.case, "never taken");
    let mut upload = forgotten.bens.request().documents.remove(0);
    upload.runs[0].device = Some(forgotten.bens.id());
    upload.runs[0].receipt = receipt;
    forgotten.assert_refused(upload, vec![entry]);
}

#[test]
fn whose_a_device_is_is_told_by_the_first_change_of_an_actor_only() {
    let mut forgotten = forgotten(|bens, world| {
        bens.edit(DocumentId::from_bytes([0x10; 16]), "a second run");
        bens.sync(&world.server);
    });
    let whole = forgotten.given_back(forgotten.case, false);
    assert_eq!(whole.runs.len(), 2);
    // Ana answers for the first change, so that the second run fits; and says that Ben's phone is hers.
    let first = automerge::Change::try_from(whole.changes[0].as_slice()).unwrap();
    let run = forgotten
        .anas
        .sign(forgotten.case, std::slice::from_ref(&first));
    let fields = EnvelopeFields {
        document: forgotten.case,
        last_change: first.hash().0,
        count: 1,
        session: run.session,
        device: forgotten.anas.id(),
        counter: run.counter,
        wall_ms: run.wall_ms,
        monotonic_ms: run.monotonic_ms,
    };
    let adoption = Envelope::adopt(&forgotten.anas.key, fields);
    let upload = WireUpload {
        runs: vec![
            WireRun::of(&adoption, Some(forgotten.anas.id()), None),
            whole.runs[1].clone(),
        ],
        ..whole
    };
    for worker in [forgotten.ana, forgotten.ben] {
        let entry = WireDevice {
            worker,
            ..forgotten.entry.clone()
        };
        forgotten.assert_refused(upload.clone(), vec![entry]);
    }
}

#[test]
fn a_worker_who_was_forgotten_comes_back_with_the_device() {
    let mut world = World::new();
    let ana = world.worker("Ana");
    let mut anas = world.phone(ana);
    let case = anas.create_case(0x10);
    anas.sync(&world.server);
    let backup = world.backup();
    let ben = world.worker("Ben");
    let mut bens = world.phone(ben);
    anas.share(case, ben, Role::Contributor);
    anas.sync(&world.server);
    bens.sync(&world.server);
    bens.edit(case, "by Ben");
    bens.sync(&world.server);
    let request = anas.request();
    let answer = anas.ask(&world.server, &request);
    anas.apply(&answer);
    let world = world.restored(backup);
    let told = answer.documents[0].clone();
    let upload = WireUpload {
        document: case,
        creates: None,
        changes: told.changes,
        runs: told.runs,
    };
    let entry = anas.devices[&bens.id()].clone();
    start_anew(&mut anas);
    assert_eq!(bring(&mut anas, &world, upload, vec![entry]), []);
    assert_eq!(world.count("workers"), 2);

    anas.share(case, ben, Role::Contributor);
    anas.sync(&world.server);
    assert_eq!(anas.results.last(), Some(&ActionResult::Done));
    assert_eq!(anas.workers[&ben], "Ben");
    start_anew(&mut bens);
    bens.edit(case, "afterwards");
    bens.sync(&world.server);
    anas.sync(&world.server);
    assert_eq!(anas.heads(case), bens.heads(case));
    assert_eq!(check(&world.server.administration()).unwrap(), []);
}

/// A case that Ben's phone opened and gave to Ana.
fn bens_case() -> DocumentId {
    DocumentId::from_bytes([0x20; 16])
}

fn with_a_case_of_bens() -> Forgotten {
    forgotten(|bens, world| {
        let ana = bens.devices.values().next().unwrap().worker;
        bens.create_case(0x20);
        bens.share(bens_case(), ana, Role::Contributor);
        bens.sync(&world.server);
    })
}

#[test]
fn a_case_that_a_forgotten_device_opened_comes_back_with_its_worker_as_lead() {
    let mut forgotten = with_a_case_of_bens();
    let (upload, entry) = (
        forgotten.given_back(bens_case(), true),
        forgotten.entry.clone(),
    );
    assert_eq!(forgotten.bring(upload, vec![entry]), []);
    // The other case follows as work of a device that is known.
    let upload = forgotten.given_back(forgotten.case, false);
    assert_eq!(forgotten.bring(upload, Vec::new()), []);
    forgotten.bens.sync(&forgotten.world.server);
    assert_eq!(forgotten.bens.role(bens_case()), Some(Role::Lead));
    assert_eq!(check(&forgotten.world.server.administration()).unwrap(), []);
}

#[test]
fn a_device_of_one_organisation_is_not_made_known_in_another() {
    let mut forgotten = with_a_case_of_bens();
    let (world, told) = (&mut forgotten.world, &forgotten.told);
    let mut administration = world.server.administration();
    let other = administration.add_organisation("Other").unwrap();
    let eve = administration.add_worker(other, "Eve").unwrap();
    let link = administration.enrolment_link(other, eve, "https://x");
    drop(administration);
    let seed = [0x55; 32];
    let answer = world.server.enrol(&enrolment(seed, &link.unwrap()));
    let mut eves = Phone::new(seed, &unpack(&answer.body).unwrap());
    let case = told
        .iter()
        .find(|news| news.document == bens_case())
        .unwrap();
    let upload = WireUpload {
        document: bens_case(),
        creates: Some(WireCreation {
            kind: DocumentKind::Case,
            scope: ScopeId::of(bens_case()),
        }),
        changes: case.changes.clone(),
        runs: case.runs.clone(),
    };
    let verdicts = bring(&mut eves, world, upload, vec![forgotten.entry.clone()]);
    assert_eq!(verdicts, [refused(Refused::Invalid)]);
    let devices = world.server.administration().devices(other).unwrap();
    assert_eq!(devices.len(), 1);
}

#[test]
fn work_beside_that_of_an_unknown_device_is_taken() {
    let mut forgotten = forgotten(|_, _| {});
    let mut upload = forgotten.given_back(forgotten.case, false);
    let before = forgotten.told[0].changes.len() as u32;
    // Made on another phone of Ana's, which never saw what Ben's wrote.
    let mut tablet = forgotten.world.phone(forgotten.ana);
    tablet.sync(&forgotten.world.server);
    tablet.edit(forgotten.case, "beside");
    let beside = tablet.request().documents.remove(0);
    let run = WireRun {
        device: Some(tablet.id()),
        ..beside.runs[0].clone()
    };
    upload.changes.extend(beside.changes);
    upload.runs.push(run);
    let part = |count| WireGroup {
        next_on: None,
        parts: vec![WirePart { document: 0, count }],
    };
    let request = WireRequest {
        documents: vec![upload],
        groups: vec![part(before), part(1)],
        ..forgotten.anas.request()
    };
    let answer = forgotten.anas.ask(&forgotten.world.server, &request);
    let verdicts: Vec<u32> = answer.verdicts.iter().map(|one| one.group).collect();
    assert_eq!(verdicts, [0]);
}
