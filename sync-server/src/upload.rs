//! The upload half of an exchange: what the server holds goes into the merge, what comes out of it is written down.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use caseweave_engine::identity::SnapshotClaim;
use caseweave_engine::ids::{DocumentId, ScopeId, WorkerId};
use caseweave_engine::sync::server::{
    self, Held, Holdings, Merge, MergedDocument, Replica, Signer,
};
use caseweave_engine::sync::wire::{DocumentKind, Verdict};
use caseweave_engine::sync::{Digest, Fingerprint, fingerprint};
use rusqlite::{Connection, OptionalExtension, params};

use crate::audit::{self, Entry};
use crate::cache::Cache;
use crate::error::Error;
use crate::organisation::{Device, Step, find_device};
use crate::rows;

/// The tail is folded into a new snapshot when it has outgrown this and the snapshot.
const LEAST_FOLDED: usize = 8 * 1024;
/// However large the snapshot, a longer tail is folded: snapshot and tail together have to fit in one page.
const MOST_TAIL: usize = 256 * 1024;

/// Judges the upload. Writes nothing.
pub(crate) fn merge(step: &Step<'_>, cache: &mut Cache) -> Result<Merge, Error> {
    if step.request.documents.is_empty() {
        return Ok(Merge::default());
    }
    let holdings = gather(step, cache, &HashSet::new())?;
    Ok(server::merge(step.request, step.plan, &holdings))
}

/// What bears on the request of a step. `also` may write besides those who may.
pub(crate) fn gather(
    step: &Step<'_>,
    cache: &mut Cache,
    also: &HashSet<(WorkerId, ScopeId)>,
) -> Result<Holdings, Error> {
    let mut signers = HashMap::new();
    let sender = step.device.author.device;
    for device in std::iter::once(sender).chain(step.plan.signers()) {
        // Whoever sends was not revoked when the request came.
        let counts = |found: &Device| device == sender || !found.revoked;
        if let Some(found) = find_device(step.transaction, device)?.filter(counts) {
            signers.insert(
                device,
                Signer {
                    author: found.author,
                    key: found.key,
                },
            );
        }
    }
    let mut documents = HashMap::new();
    for upload in &step.request.documents {
        if let Some(held) = find_document(step.transaction, upload.document)? {
            documents.insert(upload.document, held);
        }
    }
    let mut writers = writers(step, &signers, &documents)?;
    writers.extend(also);
    for (id, held) in &mut documents {
        if writers.contains(&(step.device.author.worker, held.scope)) {
            held.replica = Some(materialise(step.transaction, cache, *id)?);
        }
    }
    Ok(Holdings {
        sender,
        signers,
        documents,
        writers,
    })
}

fn writers(
    step: &Step<'_>,
    signers: &HashMap<caseweave_engine::ids::DeviceId, Signer>,
    documents: &HashMap<DocumentId, Held>,
) -> Result<HashSet<(WorkerId, ScopeId)>, Error> {
    let workers: BTreeSet<WorkerId> = signers
        .values()
        .map(|signer| signer.author.worker)
        .collect();
    let creations = step
        .request
        .documents
        .iter()
        .filter_map(|upload| upload.creates);
    let scopes: BTreeSet<ScopeId> = documents
        .values()
        .map(|held| held.scope)
        .chain(creations.map(|creation| creation.scope))
        .collect();
    let mut writers = HashSet::new();
    if step.device.revoked {
        // Its work on what exists is late, all of it. A case that it creates has no lead yet who could be asked.
        return Ok(writers);
    }
    for worker in workers {
        for scope in &scopes {
            if may_write(step.transaction, worker, *scope)? {
                writers.insert((worker, *scope));
            }
        }
    }
    Ok(writers)
}

pub(crate) fn may_write(
    connection: &Connection,
    worker: WorkerId,
    scope: ScopeId,
) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM grants WHERE worker = ?1 AND scope = ?2 AND until_seq IS NULL AND role IN ('lead', 'contributor')",
    )?;
    Ok(statement.exists(params![worker.to_bytes(), scope.to_bytes()])?)
}

pub(crate) fn find_document(
    connection: &Connection,
    document: DocumentId,
) -> Result<Option<Held>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT kind, scope, tail_bytes + coalesce(size, 0) FROM documents LEFT JOIN snapshots ON document = id WHERE id = ?1")?;
    let mut found = statement.query([document.to_bytes()])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let kind: String = row.get(0)?;
    Ok(Some(Held {
        kind: rows::kind(&kind)?,
        scope: ScopeId::from_bytes(rows::bytes(row, 1, "scope of a document")?),
        bytes: rows::size(row, 2)?,
        replica: None,
    }))
}

/// The document out of the cache, or built from what is stored.
fn materialise(
    connection: &Connection,
    cache: &mut Cache,
    document: DocumentId,
) -> Result<Arc<Replica>, Error> {
    let heads = stored_heads(connection, document)?;
    if let Some(replica) = cache.get(document, &heads) {
        return Ok(replica);
    }
    cache.decoded += 1;
    let replica = Arc::new(load(connection, document)?);
    if replica.heads() != heads {
        return Err(Error::DamagedRow {
            what: "heads of a document",
        });
    }
    cache.put(document, replica.clone());
    Ok(replica)
}

/// Builds a document from its snapshot and the changes behind it.
pub(crate) fn load(connection: &Connection, document: DocumentId) -> Result<Replica, Error> {
    let snapshot: Option<(i64, Vec<u8>)> = connection
        .prepare_cached("SELECT seq, bytes FROM snapshots WHERE document = ?1")?
        .query_row([document.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, snapshot) = snapshot.map_or((0, None), |(seq, bytes)| (seq, Some(bytes)));
    let changes = connection
        .prepare_cached(
            "SELECT bytes FROM changes WHERE document = ?1 AND seq > ?2 ORDER BY position",
        )?
        .query_map(params![document.to_bytes(), seq], |row| row.get(0))?
        .collect::<Result<Vec<Vec<u8>>, _>>()?;
    Ok(Replica::load(
        snapshot.as_deref(),
        changes.iter().map(Vec::as_slice),
    )?)
}

pub(crate) fn stored_heads(
    connection: &Connection,
    document: DocumentId,
) -> Result<Vec<[u8; 32]>, Error> {
    let heads: Option<Vec<u8>> = connection
        .prepare_cached("SELECT heads FROM documents WHERE id = ?1")?
        .query_row([document.to_bytes()], |row| row.get(0))
        .optional()?;
    rows::hashes(&heads.unwrap_or_default(), "heads of a document")
}

/// Writes down what was merged, under one new sequence number. Nothing new writes nothing.
pub(crate) fn store(step: &Step<'_>, merge: &Merge) -> Result<(), Error> {
    note_verdicts(step, merge)?;
    if merge.documents.is_empty() {
        return Ok(());
    }
    write(step, merge)?;
    store_next_on(step, merge)
}

/// Writes documents down for everyone who may read them.
pub(crate) fn write(step: &Step<'_>, merge: &Merge) -> Result<(), Error> {
    if merge.documents.is_empty() {
        return Ok(());
    }
    let seq = next_position(step.transaction)?;
    for document in merge
        .documents
        .iter()
        .filter(|document| creates_case(document))
    {
        create_scope(step, document.scope, seq)?;
    }
    for document in &merge.documents {
        store_document(step, document, seq)?;
    }
    let entry = Entry::new("stored", Some(step.device.author.device), "stored");
    audit::append(step.transaction, step.now_ms, &entry)
}

/// The sequence number of the last commit that moved a document.
pub(crate) fn position(connection: &Connection) -> Result<i64, Error> {
    Ok(connection
        .prepare_cached("SELECT seq FROM position")?
        .query_row([], |row| row.get(0))?)
}

/// Takes the next sequence number.
pub(crate) fn next_position(connection: &Connection) -> Result<i64, Error> {
    Ok(connection
        .prepare_cached("UPDATE position SET seq = seq + 1 RETURNING seq")?
        .query_row([], |row| row.get(0))?)
}

fn note_verdicts(step: &Step<'_>, merge: &Merge) -> Result<(), Error> {
    let mut counts: HashMap<&'static str, i64> = HashMap::new();
    for verdict in &merge.verdicts {
        if let Verdict::Refused(refused) = verdict.verdict {
            *counts.entry(refused.code()).or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable();
    for (code, times) in counts {
        let device = Some(step.device.author.device);
        audit::append(
            step.transaction,
            step.now_ms,
            &Entry {
                what: "group_refused",
                device,
                code,
                times,
            },
        )?;
    }
    Ok(())
}

fn creates_case(document: &MergedDocument) -> bool {
    document
        .creates
        .is_some_and(|creation| creation.kind == DocumentKind::Case)
}

fn create_scope(step: &Step<'_>, scope: ScopeId, seq: i64) -> Result<(), Error> {
    let (scope, worker) = (scope.to_bytes(), step.device.author.worker.to_bytes());
    step.transaction
        .prepare_cached("INSERT INTO scopes (id) VALUES (?1)")?
        .execute([scope])?;
    step.transaction
        .prepare_cached(
            "INSERT INTO grants (scope, worker, role, from_seq, given_by) VALUES (?1, ?2, 'lead', ?3, ?4)",
        )?
        .execute(params![scope, worker, seq, step.device.author.device.to_bytes()])?;
    step.transaction
        .prepare_cached(
            "INSERT INTO access_feed (worker, seq, scope, subject, role) VALUES (?1, ?2, ?3, ?1, 'lead')",
        )?
        .execute(params![worker, seq, scope])?;
    Ok(())
}

fn store_document(step: &Step<'_>, document: &MergedDocument, seq: i64) -> Result<(), Error> {
    let before = stored_heads(step.transaction, document.id)?;
    let heads = document.replica.heads();
    store_head(step, document, &heads, seq)?;
    store_changes(step, document, seq)?;
    fold(step, document, &heads, seq)?;
    let moved = Moved {
        before: document
            .creates
            .is_none()
            .then(|| fingerprint(document.scope, document.id, &before)),
        after: fingerprint(document.scope, document.id, &heads),
    };
    for worker in members(step.transaction, document.scope)? {
        step.transaction
            .prepare_cached("INSERT INTO feed (worker, seq, document) VALUES (?1, ?2, ?3)")?
            .execute(params![worker.to_bytes(), seq, document.id.to_bytes()])?;
        move_digest(step.transaction, worker, &moved)?;
    }
    Ok(())
}

fn store_head(
    step: &Step<'_>,
    document: &MergedDocument,
    heads: &[[u8; 32]],
    seq: i64,
) -> Result<(), Error> {
    let (id, heads) = (document.id.to_bytes(), heads.as_flattened());
    let bytes: usize = document
        .changes
        .iter()
        .map(|change| change.bytes.len())
        .sum();
    match document.creates {
        Some(creation) => step
            .transaction
            .prepare_cached(
                "INSERT INTO documents (id, kind, scope, heads, last_seq, tail_bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![id, rows::kind_name(creation.kind), document.scope.to_bytes(), heads, seq, rows::to_size(bytes)])?,
        None => step
            .transaction
            .prepare_cached("UPDATE documents SET heads = ?2, last_seq = ?3, tail_bytes = tail_bytes + ?4 WHERE id = ?1")?
            .execute(params![id, heads, seq, rows::to_size(bytes)])?,
    };
    Ok(())
}

fn store_changes(step: &Step<'_>, document: &MergedDocument, seq: i64) -> Result<(), Error> {
    let id = document.id.to_bytes();
    let mut positions = Vec::new();
    for run in &document.runs {
        let envelope = &run.envelope;
        step.transaction
            .prepare_cached(
                "INSERT INTO runs (document, seq, device, session, counter, wall_ms, monotonic_ms, signature, changes, size)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                id,
                seq,
                envelope.device.to_bytes(),
                envelope.session.0,
                envelope.counter.cast_signed(),
                envelope.wall_ms,
                envelope.monotonic_ms,
                envelope.signature,
                run.changes.as_flattened(),
                rows::to_size(run.bytes),
            ])?;
        positions.push(step.transaction.last_insert_rowid());
    }
    for change in &document.changes {
        step.transaction
            .prepare_cached(
                "INSERT INTO changes (document, hash, actor, actor_seq, seq, run, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                id,
                change.hash,
                change.actor,
                change.actor_seq.cast_signed(),
                seq,
                positions.get(change.run),
                change.bytes,
            ])?;
    }
    Ok(())
}

/// Saves the document as a signed snapshot when its tail has grown long.
fn fold(
    step: &Step<'_>,
    document: &MergedDocument,
    heads: &[[u8; 32]],
    seq: i64,
) -> Result<(), Error> {
    let id = document.id.to_bytes();
    let (tail, size): (usize, usize) = step
        .transaction
        .prepare_cached("SELECT tail_bytes, coalesce(size, 0) FROM documents LEFT JOIN snapshots ON document = id WHERE id = ?1")?
        .query_row([id], |row| Ok((rows::size(row, 0)?, rows::size(row, 1)?)))?;
    if tail <= size.clamp(LEAST_FOLDED, MOST_TAIL) {
        return Ok(());
    }
    let bytes = document.replica.save();
    let signature = step.context.key.sign_snapshot(&SnapshotClaim {
        document: document.id,
        heads: &document.replica.head_hashes(),
        bytes: &bytes,
    });
    step.transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO snapshots (document, seq, heads, signature, size, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![id, seq, heads.as_flattened(), signature, rows::to_size(bytes.len()), bytes])?;
    step.transaction
        .prepare_cached("UPDATE documents SET tail_bytes = 0 WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

pub(crate) fn members(connection: &Connection, scope: ScopeId) -> Result<Vec<WorkerId>, Error> {
    let mut statement = connection
        .prepare_cached("SELECT worker FROM grants WHERE scope = ?1 AND until_seq IS NULL")?;
    let mut found = statement.query([scope.to_bytes()])?;
    let mut members = Vec::new();
    while let Some(row) = found.next()? {
        members.push(WorkerId::from_bytes(rows::bytes(
            row,
            0,
            "member of a scope",
        )?));
    }
    Ok(members)
}

struct Moved {
    before: Option<[u8; 16]>,
    after: [u8; 16],
}

fn move_digest(connection: &Connection, worker: WorkerId, moved: &Moved) -> Result<(), Error> {
    toggle(
        connection,
        worker,
        moved.before.into_iter().chain([moved.after]),
    )
}

/// Puts documents into what a worker should hold, or takes them out.
pub(crate) fn toggle(
    connection: &Connection,
    worker: WorkerId,
    fingerprints: impl IntoIterator<Item = Fingerprint>,
) -> Result<(), Error> {
    let mut digest = digest_of(connection, worker)?;
    fingerprints
        .into_iter()
        .for_each(|fingerprint| digest.toggle(fingerprint));
    connection
        .prepare_cached("INSERT OR REPLACE INTO member_digest (worker, digest) VALUES (?1, ?2)")?
        .execute(params![worker.to_bytes(), digest.0])?;
    Ok(())
}

/// What a worker should hold.
pub(crate) fn digest_of(connection: &Connection, worker: WorkerId) -> Result<Digest, Error> {
    let mut statement =
        connection.prepare_cached("SELECT digest FROM member_digest WHERE worker = ?1")?;
    let mut found = statement.query([worker.to_bytes()])?;
    match found.next()? {
        Some(row) => Ok(Digest(rows::bytes(row, 0, "digest of a worker")?)),
        None => Ok(Digest::default()),
    }
}

/// The day of the next planned visit, as the last stored group of each scope that moved says.
fn store_next_on(step: &Step<'_>, merge: &Merge) -> Result<(), Error> {
    let scopes: HashMap<DocumentId, ScopeId> = merge
        .documents
        .iter()
        .map(|document| (document.id, document.scope))
        .collect();
    let mut days: HashMap<ScopeId, Option<i32>> = HashMap::new();
    for &group in &merge.stored {
        let Some(group) = usize::try_from(group)
            .ok()
            .and_then(|group| step.request.groups.get(group))
        else {
            continue;
        };
        for part in &group.parts {
            let index = usize::try_from(part.document).ok();
            let upload = index.and_then(|index| step.request.documents.get(index));
            if let Some(scope) = upload.and_then(|upload| scopes.get(&upload.document)) {
                days.insert(*scope, group.next_on);
            }
        }
    }
    for (scope, day) in days {
        step.transaction
            .prepare_cached("UPDATE scopes SET next_on = ?2 WHERE id = ?1")?
            .execute(params![scope.to_bytes(), day])?;
    }
    Ok(())
}
