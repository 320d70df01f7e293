//! Checking a data directory: whether everything stored still says what it said when it was stored.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use caseweave_engine::identity::{
    ADOPTION_VERSION, DevicePublicKey, ENVELOPE_VERSION, Envelope, ServerKey, Session,
    SnapshotClaim,
};
use caseweave_engine::ids::{DeviceId, DocumentId, EntityId, OrganisationId, ScopeId, WorkerId};
use caseweave_engine::sync::server::{Replica, change_hash};
use caseweave_engine::sync::{Digest, fingerprint};
use rusqlite::{Connection, params};

use crate::admin::Administration;
use crate::device::find_device;
use crate::error::Error;
use crate::{audit, drafts, feed, late, record, rows};

/// One thing that is not as it should be. Names ids, never content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The organisation; nothing for the server's own file.
    pub organisation: Option<OrganisationId>,
    /// What is wrong.
    pub what: Fault,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// SQLite finds its file damaged.
    File,
    /// A change's bytes do not have the hash it is stored under.
    Change(DocumentId),
    /// A run names changes that are not stored, or its signature does not hold.
    Run(DocumentId),
    /// A snapshot does not load, has other heads, or its signature does not hold.
    Snapshot(DocumentId),
    /// A document cannot be built, or has other heads than its row says.
    Document(DocumentId),
    /// A draft is taken for closed and its note is not signed as it stands, or the reverse.
    Draft(DocumentId),
    /// A worker's digest is not the sum over his documents.
    Digest(WorkerId),
    /// Late work cannot be read, or a signature of it does not hold.
    Held(EntityId),
    /// A scope has no lead to rely on, or a member was told another role last than the one that stands.
    Access(ScopeId),
    /// The audit log is broken from this line on.
    Audit(i64),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.organisation {
            Some(organisation) => write!(f, "organisation {organisation}: ")?,
            None => f.write_str("server: ")?,
        }
        match self.what {
            Fault::File => f.write_str("database file is damaged"),
            Fault::Change(document) => write!(f, "document {document}: change is damaged"),
            Fault::Run(document) => {
                write!(f, "document {document}: signature of a run does not hold")
            }
            Fault::Snapshot(document) => write!(f, "document {document}: snapshot is damaged"),
            Fault::Document(document) => {
                write!(f, "document {document}: cannot be built to its heads")
            }
            Fault::Draft(document) => {
                write!(
                    f,
                    "document {document}: draft is not as closed as it is taken for"
                )
            }
            Fault::Digest(worker) => {
                write!(f, "worker {worker}: digest differs from the documents")
            }
            Fault::Held(held) => write!(f, "late work {held}: is damaged"),
            Fault::Access(scope) => write!(f, "scope {scope}: roles are not as they were told"),
            Fault::Audit(line) => write!(f, "audit log is broken at line {line}"),
        }
    }
}

/// Checks every organisation. Works beside a running server; reads everything, so takes a while.
///
/// # Errors
/// - [`Error`]: the check itself could not be made.
pub fn check(administration: &Administration) -> Result<Vec<Finding>, Error> {
    let key = ServerKey::from_seed(administration.seed()?);
    let mut findings = Vec::new();
    let own = audit::first_broken(&administration.connection)?.map(Fault::Audit);
    findings.extend(own.map(|what| Finding {
        organisation: None,
        what,
    }));
    for organisation in administration.organisations()? {
        let connection = administration.open_organisation(organisation)?;
        let faults = Checking {
            connection: &connection,
            key: &key,
            faults: Vec::new(),
        }
        .run()?;
        findings.extend(faults.into_iter().map(|what| Finding {
            organisation: Some(organisation),
            what,
        }));
    }
    Ok(findings)
}

struct Checking<'a> {
    connection: &'a Connection,
    key: &'a ServerKey,
    faults: Vec<Fault>,
}

/// A stored change: the hash it is stored under, and its bytes.
type Stored = ([u8; 32], Vec<u8>);

struct Row {
    id: DocumentId,
    scope: ScopeId,
    heads: Vec<[u8; 32]>,
    /// Whether it is in nobody's digest.
    closed: bool,
}

impl Checking<'_> {
    fn run(mut self) -> Result<Vec<Fault>, Error> {
        // One reading of one moment, whatever the server does meanwhile.
        let _moment = self.connection.unchecked_transaction()?;
        let intact: String = self
            .connection
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if intact != "ok" {
            self.faults.push(Fault::File);
        }
        let documents = self.documents()?;
        for document in &documents {
            self.check_document(document)?;
        }
        self.check_drafts(&documents)?;
        self.check_digests(&documents)?;
        self.check_held()?;
        self.check_access()?;
        let broken = audit::first_broken(self.connection)?;
        self.faults.extend(broken.map(Fault::Audit));
        Ok(self.faults)
    }

    fn documents(&self) -> Result<Vec<Row>, Error> {
        let mut statement = self
            .connection
            .prepare("SELECT id, scope, heads, closed IS 1 FROM documents ORDER BY id")?;
        let mut found = statement.query([])?;
        let mut documents = Vec::new();
        while let Some(row) = found.next()? {
            let heads: Vec<u8> = row.get(2)?;
            documents.push(Row {
                id: DocumentId::from_bytes(rows::bytes(row, 0, "document")?),
                scope: ScopeId::from_bytes(rows::bytes(row, 1, "scope of a document")?),
                heads: rows::hashes(&heads, "heads of a document")?,
                closed: row.get(3)?,
            });
        }
        Ok(documents)
    }

    fn check_document(&mut self, document: &Row) -> Result<(), Error> {
        let changes = self.changes(document.id)?;
        if changes
            .iter()
            .any(|(hash, bytes)| change_hash(bytes) != Some(*hash))
        {
            self.faults.push(Fault::Change(document.id));
        }
        if !self.runs_hold(document.id, &changes)? {
            self.faults.push(Fault::Run(document.id));
        }
        if !self.snapshot_holds(document.id)? {
            self.faults.push(Fault::Snapshot(document.id));
        }
        let served = record::load(self.connection, document.id)
            .map(|replica| replica.heads())
            .ok();
        let ordered = changes.iter().map(|(_, bytes)| bytes.as_slice());
        let from_changes = Replica::load(None, ordered)
            .map(|replica| replica.heads())
            .ok();
        let heads = Some(&document.heads);
        if served.as_ref() != heads || from_changes.as_ref() != heads {
            self.faults.push(Fault::Document(document.id));
        }
        Ok(())
    }

    fn changes(&self, document: DocumentId) -> Result<Vec<Stored>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT hash, bytes FROM changes WHERE document = ?1 ORDER BY position",
        )?;
        let changes =
            statement.query_map([document.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(changes.collect::<Result<_, _>>()?)
    }

    fn runs_hold(&self, document: DocumentId, changes: &[Stored]) -> Result<bool, Error> {
        let stored: HashMap<[u8; 32], ()> = changes.iter().map(|(hash, _)| (*hash, ())).collect();
        let mut statement = self.connection.prepare_cached(
            "SELECT r.device, session, counter, wall_ms, monotonic_ms, signature, changes, d.public_key, adopted
             FROM runs r LEFT JOIN devices d ON d.id = r.device WHERE r.document = ?1",
        )?;
        let mut found = statement.query([document.to_bytes()])?;
        while let Some(row) = found.next()? {
            let covered: Vec<u8> = row.get(6)?;
            let covered = rows::hashes(&covered, "changes of a run")?;
            let key: Option<[u8; 32]> = row.get(7)?;
            let envelope = Envelope {
                version: match row.get(8)? {
                    true => ADOPTION_VERSION,
                    false => ENVELOPE_VERSION,
                },
                document,
                last_change: covered.last().copied().unwrap_or_default(),
                count: u32::try_from(covered.len()).unwrap_or(0),
                session: Session(rows::bytes(row, 1, "session of a run")?),
                device: DeviceId::from_bytes(rows::bytes(row, 0, "device of a run")?),
                counter: row.get::<_, i64>(2)?.cast_unsigned(),
                wall_ms: row.get(3)?,
                monotonic_ms: row.get(4)?,
                signature: rows::bytes(row, 5, "signature of a run")?,
            };
            let signed = key.is_some_and(|key| envelope.verify(&DevicePublicKey(key)).is_ok());
            if !signed || !covered.iter().all(|hash| stored.contains_key(hash)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn snapshot_holds(&self, document: DocumentId) -> Result<bool, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT bytes, inflated, heads, signature FROM snapshots WHERE document = ?1",
        )?;
        let mut found = statement.query([document.to_bytes()])?;
        let Some(row) = found.next()? else {
            return Ok(true);
        };
        let Ok(bytes) = record::snapshot_bytes(row) else {
            return Ok(false);
        };
        let heads: Vec<u8> = row.get(2)?;
        let signature = rows::bytes(row, 3, "signature of a snapshot")?;
        let Ok(replica) = Replica::load(Some(&bytes), []) else {
            return Ok(false);
        };
        let claim = SnapshotClaim {
            document,
            heads: &replica.head_hashes(),
            bytes: &bytes,
        };
        Ok(replica.heads().as_flattened() == heads
            && self
                .key
                .public()
                .verify_snapshot(&claim, &signature)
                .is_ok())
    }

    fn check_held(&mut self) -> Result<(), Error> {
        let mut statement = self
            .connection
            .prepare("SELECT scope, worker, device, upload, id FROM held ORDER BY number")?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let id = EntityId::from_bytes(rows::bytes(row, 4, "late work")?);
            let holds = match late::read(row) {
                Ok(held) => self.signatures_hold(&held)?,
                Err(_) => false,
            };
            if !holds {
                self.faults.push(Fault::Held(id));
            }
        }
        Ok(())
    }

    fn signatures_hold(&self, held: &late::Row) -> Result<bool, Error> {
        for upload in &held.upload.documents {
            let mut rest = upload.changes.as_slice();
            for run in &upload.runs {
                let count = usize::try_from(run.count).unwrap_or(usize::MAX);
                let Some((covered, behind)) = rest.split_at_checked(count) else {
                    return Ok(false);
                };
                rest = behind;
                let last = covered.last().and_then(|bytes| change_hash(bytes));
                let intact = covered.iter().all(|bytes| change_hash(bytes).is_some());
                let envelope = run.envelope(upload.document, last.unwrap_or_default(), held.device);
                let device = find_device(self.connection, envelope.device)?;
                let signed = device.is_some_and(|device| envelope.verify(&device.key).is_ok());
                if !intact || !signed {
                    return Ok(false);
                }
            }
            if !rest.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn check_access(&mut self) -> Result<(), Error> {
        let wrong = "
            SELECT id FROM scopes s WHERE NOT EXISTS
                (SELECT 1 FROM grants g WHERE g.scope = s.id AND g.until_seq IS NULL AND g.role = 'lead' AND g.until_ms IS NULL)
            UNION
            SELECT own.scope FROM grants own JOIN grants g ON g.scope = own.scope AND g.until_seq IS NULL
            WHERE own.until_seq IS NULL AND (g.for_all = 0 OR g.worker = own.worker) AND (g.role, g.until_ms) IS NOT
                (SELECT a.role, a.until_ms FROM access_feed a
                 WHERE a.worker = own.worker AND a.scope = own.scope AND a.subject = g.worker ORDER BY a.seq DESC LIMIT 1)
            ORDER BY 1";
        let mut statement = self.connection.prepare(wrong)?;
        for scope in statement.query_map([], |row| row.get(0))? {
            self.faults.push(Fault::Access(ScopeId::from_bytes(scope?)));
        }
        Ok(())
    }

    fn check_drafts(&mut self, documents: &[Row]) -> Result<(), Error> {
        let cases = documents
            .iter()
            .filter(|row| ScopeId::of(row.id) == row.scope);
        for case in cases {
            let drafts = drafts::drafts_of(self.connection, case.scope)?;
            let load = || record::load(self.connection, case.id);
            // A case that cannot be built was found already.
            let Some(Ok(replica)) = (!drafts.is_empty()).then(load) else {
                continue;
            };
            let standing = drafts.iter().map(|draft| draft.standing.clone());
            let closed = replica.closed_drafts(case.id, standing);
            let wrong = |draft: &&drafts::Draft| {
                draft
                    .closed
                    .is_some_and(|is_closed| is_closed != closed.contains(&draft.standing.0))
            };
            let wrong = drafts
                .iter()
                .filter(wrong)
                .map(|draft| Fault::Draft(draft.standing.0));
            self.faults.extend(wrong);
        }
        Ok(())
    }

    fn check_digests(&mut self, documents: &[Row]) -> Result<(), Error> {
        let mut expected: BTreeMap<WorkerId, Digest> = BTreeMap::new();
        let mut statement = self.connection.prepare("SELECT id FROM workers")?;
        for id in statement.query_map([], |row| row.get(0))? {
            expected.insert(WorkerId::from_bytes(id?), Digest::default());
        }
        let mut members = self
            .connection
            .prepare("SELECT worker FROM grants WHERE scope = ?1 AND until_seq IS NULL")?;
        for document in documents.iter().filter(|document| !document.closed) {
            let fingerprint = fingerprint(document.scope, document.id, &document.heads);
            for id in members.query_map(params![document.scope.to_bytes()], |row| row.get(0))? {
                expected
                    .entry(WorkerId::from_bytes(id?))
                    .or_default()
                    .toggle(fingerprint);
            }
        }
        for (worker, digest) in expected {
            if feed::digest_of(self.connection, worker)? != digest {
                self.faults.push(Fault::Digest(worker));
            }
        }
        Ok(())
    }
}
