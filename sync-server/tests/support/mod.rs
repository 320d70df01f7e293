//! A server in a temporary directory and phones that speak the protocol by hand, with a clock and entropy that repeat.
#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change, ChangeHash, ROOT, ReadDoc};
use caseweave_engine::document::{CaseDocuments, Document as CaseDocument, EditContext};
use caseweave_engine::domain::*;
use caseweave_engine::identity::*;
use caseweave_engine::ids::*;
use caseweave_engine::settings::Rules;
use caseweave_engine::sync::server::Replica;
use caseweave_engine::sync::wire::*;
use caseweave_engine::sync::{Digest, fingerprint, pack, unpack};
use caseweave_server::{Answer, Clock, Entropy, NoEntropy, Server};
use chrono::{DateTime, NaiveDate};
use serde_bytes::{ByteArray, ByteBuf};

pub const NOON: i64 = 1_780_000_000_000;
pub const TODAY: i32 = (NOON / 86_400_000) as i32;

#[derive(Clone)]
pub struct TestClock(pub Arc<AtomicI64>);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts, so that every run draws the same bytes and no two draws are equal.
#[derive(Clone)]
pub struct TestEntropy(pub Arc<AtomicU64>);

impl Entropy for TestEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in bytes.chunks_mut(8) {
            let next = self
                .0
                .fetch_add(1, Ordering::Relaxed)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15);
            chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

pub struct World {
    pub directory: tempfile::TempDir,
    pub clock: TestClock,
    pub entropy: TestEntropy,
    pub server: Server,
    pub organisation: OrganisationId,
    drawn: u32,
}

impl World {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = TestClock(Arc::new(AtomicI64::new(NOON)));
        let entropy = TestEntropy(Arc::new(AtomicU64::new(1)));
        let server = Server::open(directory.path(), clock.clone(), entropy.clone()).unwrap();
        let organisation = server.administration().add_organisation("Agency").unwrap();
        Self {
            directory,
            clock,
            entropy,
            server,
            organisation,
            drawn: 100,
        }
    }

    pub fn file(&self) -> std::path::PathBuf {
        self.directory
            .path()
            .join("organisations")
            .join(format!("{}.sqlite", self.organisation))
    }

    /// The organisation's file, read beside the server.
    pub fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.file()).unwrap()
    }

    pub fn count(&self, table: &str) -> i64 {
        self.database()
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                row.get(0)
            })
            .unwrap()
    }

    pub fn worker(&self, name: &str) -> WorkerId {
        self.server
            .administration()
            .add_worker(self.organisation, name)
            .unwrap()
    }

    pub fn phone(&mut self, worker: WorkerId) -> Phone {
        self.drawn += 1;
        let mut seed = [self.drawn.to_le_bytes()[0]; 32];
        seed[1..5].copy_from_slice(&self.drawn.to_le_bytes());
        let link = self
            .server
            .administration()
            .enrolment_link(self.organisation, worker, "https://x")
            .unwrap();
        let answer = self.server.enrol(&enrolment(seed, &link));
        assert_eq!(answer.status, 200);
        Phone::new(seed, &unpack(&answer.body).unwrap())
    }

    /// A copy of the server's files as they are.
    pub fn backup(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_all(self.directory.path(), copy.path());
        copy
    }

    /// The server set back to a copy of its files.
    pub fn restored(mut self, backup: tempfile::TempDir) -> Self {
        self.directory = backup;
        self.restart(false)
    }

    /// Stops the server in an orderly way, or as a crash would, and opens it again.
    pub fn restart(self, crash: bool) -> Self {
        let Self {
            directory,
            clock,
            entropy,
            server,
            organisation,
            drawn,
        } = self;
        let copy = tempfile::tempdir().unwrap();
        let directory = if crash {
            copy_all(directory.path(), copy.path());
            drop(server);
            copy
        } else {
            drop(server);
            directory
        };
        let server = Server::open(directory.path(), clock.clone(), entropy.clone()).unwrap();
        Self {
            directory,
            clock,
            entropy,
            server,
            organisation,
            drawn,
        }
    }
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub fn enrolment(seed: [u8; 32], link: &caseweave_engine::sync::EnrolmentLink) -> Vec<u8> {
    let key = DeviceKey::from_seed(seed);
    let claim = EnrolmentClaim {
        server: link.server,
        secret_hash: hash_secret(&link.secret),
    };
    pack(&WireEnrol {
        version: WIRE_VERSION,
        secret: ByteBuf::from(link.secret),
        key: key.public(),
        proof: ByteArray::new(sign_enrolment(&key, &claim)),
    })
    .unwrap()
}

pub fn error(answer: &Answer) -> (u16, String) {
    let error: WireError = unpack(&answer.body).unwrap();
    (answer.status, error.code)
}

/// A device that keeps documents in memory.
pub struct Phone {
    pub key: DeviceKey,
    pub enrolled: WireEnrolled,
    pub session: Session,
    pub number: u64,
    pub counter: u64,
    pub cursor: Option<Cursor>,
    pub budget: u32,
    pub documents: BTreeMap<DocumentId, Local>,
    pub devices: BTreeMap<DeviceId, WireDevice>,
    /// Groups not yet known to be stored: document and how many changes of it.
    pub groups: Vec<WireGroupOf>,
    pub digest: Option<Digest>,
    /// Decisions not yet known to be answered.
    pub actions: Vec<WireAction>,
    pub results: Vec<ActionResult>,
    pub access: BTreeMap<(ScopeId, WorkerId), (Role, Option<i64>)>,
    pub workers: BTreeMap<WorkerId, String>,
    pub held: BTreeMap<EntityId, WireHeld>,
    pub snapshots: usize,
    pub changes: usize,
}

pub type WireGroupOf = (Option<i32>, Vec<(DocumentId, u32)>);

pub struct Local {
    pub kind: DocumentKind,
    pub scope: ScopeId,
    pub automerge: Automerge,
    pub pending: Vec<Change>,
    pub creates: bool,
}

impl Phone {
    pub fn new(seed: [u8; 32], enrolled: &WireEnrolled) -> Self {
        Self {
            key: DeviceKey::from_seed(seed),
            enrolled: enrolled.clone(),
            session: Session([seed[0]; 16]),
            number: 0,
            counter: 0,
            cursor: None,
            budget: 1 << 20,
            documents: BTreeMap::new(),
            devices: BTreeMap::new(),
            groups: Vec::new(),
            digest: None,
            actions: Vec::new(),
            results: Vec::new(),
            access: BTreeMap::new(),
            workers: BTreeMap::new(),
            held: BTreeMap::new(),
            snapshots: 0,
            changes: 0,
        }
    }

    pub fn id(&self) -> DeviceId {
        self.enrolled.device
    }

    pub fn author(&self) -> Author {
        Author {
            worker: self.enrolled.worker,
            device: self.enrolled.device,
        }
    }

    pub fn actor(&self, document: DocumentId) -> ActorBytes {
        actor_for(&self.key.public(), document, &self.session)
    }

    pub fn create_case(&mut self, byte: u8) -> DocumentId {
        let id = DocumentId::from_bytes([byte; 16]);
        self.create(id, DocumentKind::Case, ScopeId::of(id));
        id
    }

    pub fn create(&mut self, id: DocumentId, kind: DocumentKind, scope: ScopeId) {
        let automerge = self.dressed(id, Automerge::new());
        self.documents.insert(
            id,
            Local {
                kind,
                scope,
                automerge,
                pending: Vec::new(),
                creates: true,
            },
        );
        self.edit(id, "created");
    }

    pub fn dressed(&self, id: DocumentId, mut automerge: Automerge) -> Automerge {
        automerge
            .set_author(Some(self.author().into()))
            .set_actor(ActorId::from(self.actor(id).as_slice()));
        automerge
    }

    /// One local call that changes one document.
    pub fn edit(&mut self, document: DocumentId, key: &str) {
        self.edit_all(&[document], key, key);
    }

    /// One local call that changes several documents.
    pub fn edit_all(&mut self, documents: &[DocumentId], key: &str, value: &str) {
        for id in documents {
            let local = self.documents.get_mut(id).unwrap();
            let mut transaction = local.automerge.transaction();
            transaction.put(ROOT, key, value).unwrap();
            let options = CommitOptions::default()
                .with_time(NOON / 1000)
                .with_message("edit");
            transaction.commit_with(options);
            local
                .pending
                .push(local.automerge.get_last_local_change().unwrap());
        }
        self.groups
            .push((None, documents.iter().map(|id| (*id, 1)).collect()));
    }

    pub fn request(&mut self) -> WireRequest {
        let ids: Vec<DocumentId> = self
            .documents
            .iter()
            .filter(|(_, local)| !local.pending.is_empty())
            .map(|(id, _)| *id)
            .collect();
        let place = |id: &DocumentId| ids.iter().position(|other| other == id).unwrap() as u32;
        WireRequest {
            version: WIRE_VERSION,
            cursor: self.cursor,
            ladder: None,
            wanted: Vec::new(),
            signers: Vec::new(),
            groups: self
                .groups
                .iter()
                .map(|(next_on, parts)| WireGroup {
                    next_on: *next_on,
                    parts: parts
                        .iter()
                        .map(|(id, count)| WirePart {
                            document: place(id),
                            count: *count,
                        })
                        .collect(),
                })
                .collect(),
            documents: ids.iter().map(|id| self.upload(*id)).collect(),
            actions: self.actions.clone(),
            budget: self.budget,
        }
    }

    fn upload(&mut self, id: DocumentId) -> WireUpload {
        let changes = self.documents[&id].pending.clone();
        let run = self.sign(id, &changes);
        let local = &self.documents[&id];
        WireUpload {
            document: id,
            creates: local.creates.then_some(WireCreation {
                kind: local.kind,
                scope: local.scope,
            }),
            changes: changes
                .iter()
                .map(|change| ByteBuf::from(change.raw_bytes()))
                .collect(),
            runs: vec![run],
        }
    }

    pub fn sign(&mut self, document: DocumentId, changes: &[Change]) -> WireRun {
        self.counter += 1;
        let envelope = Envelope::sign(
            &self.key,
            EnvelopeFields {
                document,
                last_change: changes.last().unwrap().hash().0,
                count: changes.len() as u32,
                session: self.session,
                device: self.id(),
                counter: self.counter,
                wall_ms: NOON,
                monotonic_ms: 5,
            },
        );
        WireRun::of(&envelope, Some(self.id()), None)
    }

    /// The header for a body under the next number.
    pub fn header(&mut self, body: &[u8]) -> String {
        self.number += 1;
        self.header_for(self.number, body, self.enrolled.server)
    }

    pub fn header_for(&self, number: u64, body: &[u8], server: ServerId) -> String {
        let request = SignedRequest {
            server,
            route: SYNC_ROUTE,
            body,
        };
        sign_request(&self.key, self.id(), number, &request).to_string()
    }

    pub fn post(&mut self, server: &Server, request: &WireRequest) -> Answer {
        let body = pack(request).unwrap();
        server.exchange(Some(&self.header(&body)), &body)
    }

    pub fn ask(&mut self, server: &Server, request: &WireRequest) -> WireResponse {
        let answer = self.post(server, request);
        assert_eq!(
            answer.status,
            200,
            "{:?}",
            unpack::<WireError>(&answer.body)
        );
        unpack(&answer.body).unwrap()
    }

    /// Exchanges until nothing waits. Panics on any verdict.
    pub fn sync(&mut self, server: &Server) -> usize {
        for page in 1.. {
            let request = self.request();
            let response = self.ask(server, &request);
            assert_eq!(response.verdicts, []);
            self.stored();
            self.apply(&response);
            if !response.more {
                assert_eq!(response.digest, Some(self.sum()), "digest of the last page");
                return page;
            }
        }
        unreachable!()
    }

    /// Decides something about a case's access; sent with the next request.
    pub fn decide(&mut self, case: DocumentId, action: AccessAction) {
        self.counter += 1;
        let mut id = [self.enrolled.device.to_bytes()[15]; 16];
        id[8..].copy_from_slice(&self.counter.to_be_bytes());
        self.actions.push(WireAction {
            id: EntityId::from_bytes(id),
            scope: ScopeId::of(case),
            action,
        });
    }

    /// Gives a worker a role without end.
    pub fn share(&mut self, case: DocumentId, worker: WorkerId, role: Role) {
        let until_ms = None;
        self.decide(
            case,
            AccessAction::Share {
                worker,
                role,
                until_ms,
            },
        );
    }

    /// The own role in a case, as told.
    pub fn role(&self, case: DocumentId) -> Option<Role> {
        let known = self.access.get(&(ScopeId::of(case), self.enrolled.worker));
        known.map(|(role, _)| *role)
    }

    /// Takes everything pending as stored.
    pub fn stored(&mut self) {
        self.actions.clear();
        self.groups.clear();
        for local in self.documents.values_mut() {
            local.pending.clear();
            local.creates = false;
        }
    }

    /// Checks and applies a page as a device must.
    pub fn apply(&mut self, response: &WireResponse) {
        assert_eq!(response.base, self.cursor);
        for device in &response.devices {
            assert!(
                self.devices.insert(device.device, device.clone()).is_none(),
                "a device is told once"
            );
        }
        for news in &response.documents {
            self.apply_news(news);
        }
        self.results
            .extend(response.results.iter().map(|result| result.result));
        for worker in &response.workers {
            self.workers.insert(worker.worker, worker.name.clone());
        }
        for held in &response.held {
            self.held.insert(held.id, held.clone());
        }
        for access in &response.access {
            let key = (access.scope, access.worker);
            match access.role {
                Some(role) => drop(self.access.insert(key, (role, access.until_ms))),
                None => drop(self.access.remove(&key)),
            }
        }
        let ended = |scope: &ScopeId| {
            let own = |access: &&WireAccess| {
                access.scope == *scope && access.worker == self.enrolled.worker
            };
            let last = response.access.iter().rfind(own);
            last.is_some_and(|access| access.role.is_none())
        };
        self.documents.retain(|_, local| !ended(&local.scope));
        self.access.retain(|(scope, _), _| !ended(scope));
        self.cursor = Some(response.cursor);
        self.digest = response.digest;
    }

    fn apply_news(&mut self, news: &WireNews) {
        let mut automerge = match self.documents.remove(&news.document) {
            Some(local) => local.automerge,
            None => Automerge::new(),
        };
        if let Some(snapshot) = &news.snapshot {
            self.snapshots += 1;
            let heads: Vec<ChangeHash> = snapshot
                .heads
                .iter()
                .map(|head| ChangeHash(head.into_array()))
                .collect();
            let claim = SnapshotClaim {
                document: news.document,
                heads: &heads,
                bytes: &snapshot.bytes,
            };
            self.enrolled
                .server_key
                .verify_snapshot(&claim, &snapshot.signature.into_array())
                .unwrap();
            let mut loaded = Automerge::load(&snapshot.bytes).unwrap();
            automerge.merge(&mut loaded).unwrap();
        }
        let changes: Vec<Change> = news
            .changes
            .iter()
            .map(|bytes| Change::try_from(bytes.as_slice()).unwrap())
            .collect();
        self.changes += changes.len();
        let mut rest = changes.as_slice();
        for run in &news.runs {
            let (covered, after) = rest.split_at(run.count as usize);
            rest = after;
            self.verify(news.document, run, covered);
            automerge.apply_changes(covered.to_vec()).unwrap();
            assert!(
                automerge.get_missing_deps(&[]).is_empty(),
                "each change follows what it depends on"
            );
        }
        assert!(rest.is_empty());
        let automerge = self.dressed(news.document, automerge);
        let local = Local {
            kind: news.kind,
            scope: news.scope,
            automerge,
            pending: Vec::new(),
            creates: false,
        };
        self.documents.insert(news.document, local);
    }

    fn verify(&self, document: DocumentId, run: &WireRun, changes: &[Change]) {
        let device = run.device.expect("every device is named");
        let (key, author) = match self.devices.get(&device) {
            Some(known) => (
                known.key,
                Author {
                    worker: known.worker,
                    device,
                },
            ),
            None => {
                assert_eq!(device, self.id(), "the device was told before");
                (self.key.public(), self.author())
            }
        };
        let envelope = run.envelope(document, changes.last().unwrap().hash().0, device);
        verify_run(&envelope, &key, &author, changes).unwrap();
    }

    pub fn heads(&self, document: DocumentId) -> Vec<[u8; 32]> {
        let mut heads: Vec<_> = self.documents[&document]
            .automerge
            .get_heads()
            .iter()
            .map(|head| head.0)
            .collect();
        heads.sort_unstable();
        heads
    }

    /// The digest of what the phone holds, without closed drafts.
    pub fn sum(&self) -> Digest {
        let mut sum = Digest::default();
        for (id, local) in &self.documents {
            if !self.is_closed(*id) {
                sum.toggle(fingerprint(local.scope, *id, &self.heads(*id)));
            }
        }
        sum
    }

    /// Whether a draft that is here is signed as it stands.
    pub fn is_closed(&self, draft: DocumentId) -> bool {
        let case = DocumentId::from_bytes(self.documents[&draft].scope.to_bytes());
        let Some(local) = self.documents.get(&case).filter(|_| case != draft) else {
            return false;
        };
        let record = Replica::load(Some(&local.automerge.save()), []).unwrap();
        !record
            .closed_drafts(case, [(draft, self.heads(draft))])
            .is_empty()
    }

    /// Opens a case as the library does.
    pub fn open_case(&mut self, byte: u8) -> DocumentId {
        let id = DocumentId::from_bytes([byte; 16]);
        let open = CaseEdit::Open {
            id,
            opened_on: NaiveDate::from_ymd_opt(2026, 6, 1).unwrap(),
            enquiry: false,
            case: CaseUpdate::default(),
            person: PersonUpdate {
                family_name: Some("Díaz".into()),
                ..PersonUpdate::default()
            },
        };
        self.write(id, &[open.into()]);
        id
    }

    /// One local call with edits of a case.
    pub fn write(&mut self, case: DocumentId, edits: &[Edit]) {
        let scope = ScopeId::of(case);
        let document = |(id, local): (&DocumentId, &Local)| {
            CaseDocument::load(*id, Some(&local.automerge.save()), []).unwrap()
        };
        let mut record = match self.documents.get(&case) {
            Some(local) => CaseDocuments::of(document((&case, local))),
            None => CaseDocuments::new(case),
        };
        let mut all = self.documents.iter();
        all.by_ref()
            .filter(|(id, local)| local.scope == scope && **id != case)
            .for_each(|draft| record.add_note(document(draft)));
        self.counter += 1;
        let context = EditContext {
            author: self.author(),
            key: self.key.public(),
            session: self.session,
            now: DateTime::from_timestamp_millis(NOON + self.counter as i64 * 1_000).unwrap(),
            rules: Rules::default(),
        };
        let committed = record.edit(edits, &context).unwrap();
        let mut parts = BTreeMap::new();
        for new in committed.changes {
            let change = Change::try_from(new.bytes.as_slice()).unwrap();
            let dressed = self.dressed(new.document, Automerge::new());
            let local = self.documents.entry(new.document).or_insert(Local {
                kind: new.kind,
                scope,
                automerge: dressed,
                pending: Vec::new(),
                creates: true,
            });
            local.automerge.apply_changes([change.clone()]).unwrap();
            local.pending.push(change);
            *parts.entry(new.document).or_default() += 1;
        }
        self.groups.push((None, parts.into_iter().collect()));
    }
}

/// What the server itself has of a document.
pub fn replica(world: &World, document: DocumentId) -> Replica {
    let database = world.database();
    let mut statement = database
        .prepare("SELECT bytes FROM changes WHERE document = ?1 ORDER BY position")
        .unwrap();
    let rows = statement
        .query_map([document.to_bytes()], |row| row.get(0))
        .unwrap();
    let changes: Vec<Vec<u8>> = rows.map(Result::unwrap).collect();
    Replica::load(None, changes.iter().map(Vec::as_slice)).unwrap()
}

pub fn refused(verdict: Refused) -> Verdict {
    Verdict::Refused(verdict)
}
