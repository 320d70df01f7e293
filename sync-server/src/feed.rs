//! What each worker is told and should hold: positions in the feed, members of scopes, and the digest of each worker.

use caseweave_engine::ids::{DocumentId, ScopeId, WorkerId};
use caseweave_engine::sync::{Digest, Fingerprint};
use rusqlite::{Connection, params};

use crate::error::Error;
use crate::rows;

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

/// Who may read a scope now.
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

/// Puts a document into a worker's feed: what is new in it since the number before, or all of it.
pub(crate) fn announce(
    connection: &Connection,
    worker: WorkerId,
    (seq, document): (i64, DocumentId),
    whole: bool,
) -> Result<(), Error> {
    connection
        .prepare_cached("INSERT INTO feed (worker, seq, document, whole) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![worker.to_bytes(), seq, document.to_bytes(), whole])?;
    Ok(())
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
