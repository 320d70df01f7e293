//! Grants: who has which role in a scope, what each member is told of it, and what a new one is given.

use caseweave_engine::ids::{DeviceId, DocumentId, ScopeId, WorkerId};
use caseweave_engine::sync::fingerprint;
use caseweave_engine::sync::wire::Role;
use rusqlite::{Connection, params};

use crate::error::Error;
use crate::feed::{announce, next_position, toggle};
use crate::record::stored_heads;
use crate::rows;
use crate::step::Step;

/// A grant that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) role: Role,
    pub(crate) until_ms: Option<i64>,
}

impl Grant {
    /// Whether the scope can rely on this lead.
    pub(crate) fn leads_for_good(self) -> bool {
        self.role == Role::Lead && self.until_ms.is_none()
    }
}

/// The grant of a worker on a scope that stands now.
pub(crate) fn standing(
    connection: &Connection,
    scope: ScopeId,
    worker: WorkerId,
) -> Result<Option<Grant>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT role, until_ms FROM grants WHERE worker = ?1 AND scope = ?2 AND until_seq IS NULL",
    )?;
    let mut found = statement.query(params![worker.to_bytes(), scope.to_bytes()])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let role: String = row.get(0)?;
    Ok(Some(Grant {
        role: rows::role(&role)?,
        until_ms: row.get(1)?,
    }))
}

/// Whether somebody else leads the scope for good.
pub(crate) fn has_other_lead(
    connection: &Connection,
    scope: ScopeId,
    worker: WorkerId,
) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM grants WHERE scope = ?1 AND worker <> ?2 AND until_seq IS NULL AND role = 'lead' AND until_ms IS NULL",
    )?;
    Ok(statement.exists(params![scope.to_bytes(), worker.to_bytes()])?)
}

/// Ends the grant of a worker that stands, if there is one.
pub(crate) fn close(
    step: &Step<'_>,
    scope: ScopeId,
    worker: WorkerId,
    by: Option<DeviceId>,
    seq: i64,
) -> Result<(), Error> {
    step.transaction
        .prepare_cached(
            "UPDATE grants SET until_seq = ?3, ended_ms = ?4, ended_by = ?5
             WHERE worker = ?1 AND scope = ?2 AND until_seq IS NULL",
        )?
        .execute(params![
            worker.to_bytes(),
            scope.to_bytes(),
            seq,
            step.now_ms,
            by.map(|by| by.to_bytes()),
        ])?;
    Ok(())
}

/// Puts a role, or its end, into a worker's feed.
pub(crate) fn tell(
    connection: &Connection,
    to: WorkerId,
    seq: i64,
    (scope, subject): (ScopeId, WorkerId),
    grant: Option<Grant>,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO access_feed (worker, seq, scope, subject, role, until_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            to.to_bytes(),
            seq,
            scope.to_bytes(),
            subject.to_bytes(),
            grant.map(|grant| rows::role_name(grant.role)),
            grant.and_then(|grant| grant.until_ms),
        ])?;
    Ok(())
}

/// Puts all of a scope into a new member's feed. Each document has a number of its own, so that a page may end between them.
pub(crate) fn deliver(
    connection: &Connection,
    scope: ScopeId,
    worker: WorkerId,
) -> Result<(), Error> {
    let mut fingerprints = Vec::new();
    for document in counted_documents(connection, scope)? {
        let seq = next_position(connection)?;
        announce(connection, worker, (seq, document), true)?;
        let heads = stored_heads(connection, document)?;
        fingerprints.push(fingerprint(scope, document, &heads));
    }
    toggle(connection, worker, fingerprints)
}

/// The documents of a scope that every member should hold, the case before its open drafts.
pub(crate) fn counted_documents(
    connection: &Connection,
    scope: ScopeId,
) -> Result<Vec<DocumentId>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM documents WHERE scope = ?1 AND closed IS NOT 1 ORDER BY kind <> 'case', id",
    )?;
    let ids = statement
        .query_map([scope.to_bytes()], |row| row.get(0))?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(ids.into_iter().map(DocumentId::from_bytes).collect())
}
