//! Stored documents: built from what is stored of them, and written down with what a merge brought.

use std::sync::Arc;

use caseweave_engine::identity::SnapshotClaim;
use caseweave_engine::ids::{DocumentId, ScopeId};
use caseweave_engine::sync::server::{Held, MergedDocument, Replica};
use caseweave_engine::sync::{compress, fingerprint, inflate};
use rusqlite::{Connection, OptionalExtension, params};

use crate::cache::Cache;
use crate::error::Error;
use crate::feed::{announce, members, toggle};
use crate::rows;
use crate::step::Step;

/// The tail is folded into a new snapshot when it has outgrown this and the snapshot.
const LEAST_FOLDED: usize = 8 * 1024;
/// However large the snapshot, a longer tail is folded: snapshot and tail together have to fit in one page.
const MOST_TAIL: usize = 256 * 1024;

/// What is stored of a document, without its content.
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
pub(crate) fn materialise(
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
    let mut statement = connection
        .prepare_cached("SELECT bytes, inflated, seq FROM snapshots WHERE document = ?1")?;
    let mut found = statement.query([document.to_bytes()])?;
    let (seq, snapshot) = match found.next()? {
        Some(row) => (row.get(2)?, Some(snapshot_bytes(row)?)),
        None => (0, None),
    };
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

/// The snapshot of a row of `bytes, inflated, …`, as it was signed.
pub(crate) fn snapshot_bytes(row: &rusqlite::Row<'_>) -> Result<Vec<u8>, Error> {
    let bytes: Vec<u8> = row.get(0)?;
    let inflated: Option<i64> = row.get(1)?;
    match inflated {
        None => Ok(bytes),
        Some(_) => inflate(&bytes).map_err(|_| Error::DamagedRow { what: "snapshot" }),
    }
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

/// Whether a draft is closed.
pub(crate) fn is_closed(connection: &Connection, document: DocumentId) -> Result<bool, Error> {
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM documents WHERE id = ?1 AND closed = 1")?;
    Ok(statement.exists([document.to_bytes()])?)
}

/// Writes down what is new in a document, and puts it into the feed of everyone who may read it. A draft counts as open until
/// it is looked at.
pub(crate) fn store_document(
    step: &Step<'_>,
    document: &MergedDocument,
    seq: i64,
) -> Result<(), Error> {
    let before = stored_heads(step.transaction, document.id)?;
    let was_closed = is_closed(step.transaction, document.id)?;
    let heads = document.replica.heads();
    store_head(step, document, &heads, seq)?;
    store_changes(step, document, seq)?;
    fold(step, document, &heads, seq)?;
    let counted = document.creates.is_none() && !was_closed;
    let before = counted.then(|| fingerprint(document.scope, document.id, &before));
    let after = fingerprint(document.scope, document.id, &heads);
    for worker in members(step.transaction, document.scope)? {
        // Not everyone has a draft that was closed.
        announce(step.transaction, worker, (seq, document.id), was_closed)?;
        toggle(step.transaction, worker, before.into_iter().chain([after]))?;
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
                "INSERT INTO documents (id, kind, scope, heads, last_seq, tail_bytes, closed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
            )?
            .execute(params![id, rows::kind_name(creation.kind), document.scope.to_bytes(), heads, seq, rows::to_size(bytes)])?,
        None => step
            .transaction
            .prepare_cached("UPDATE documents SET heads = ?2, last_seq = ?3, tail_bytes = tail_bytes + ?4, closed = 0 WHERE id = ?1")?
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
                "INSERT INTO runs (document, seq, device, session, counter, wall_ms, monotonic_ms, signature, changes, size, adopted)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
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
                envelope.is_adoption(),
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
    let bytes = document.replica.save_for_pages();
    let signature = step.context.key.sign_snapshot(&SnapshotClaim {
        document: document.id,
        heads: &document.replica.head_hashes(),
        bytes: &bytes,
    });
    let packed = compress(&bytes)?;
    step.transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO snapshots (document, seq, heads, signature, size, bytes, inflated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![id, seq, heads.as_flattened(), signature, rows::to_size(packed.len()), packed, rows::to_size(bytes.len())])?;
    step.transaction
        .prepare_cached("UPDATE documents SET tail_bytes = 0 WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}
