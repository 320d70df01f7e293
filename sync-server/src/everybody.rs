//! Scopes that are shared with everybody in the organisation: those who work there, and those who come later.
//!
//! A role that comes with it is told to its worker and to nobody else: a scope has as many of them as the organisation has workers,
//! and to tell each of each would cost the square of that.

use caseweave_engine::ids::{DeviceId, ScopeId, WorkerId};
use caseweave_engine::sync::wire::Role;
use rusqlite::{Connection, params};

use crate::audit::{self, Entry};
use crate::error::Error;
use crate::feed::next_position;
use crate::grants::{Grant, deliver, tell};
use crate::rows;
use crate::step::Step;

/// Gives everybody a role who has none, now and later; false where that cannot be. Nobody's role changes, and nobody leads by it.
pub(crate) fn share(step: &Step<'_>, scope: ScopeId, role: Role) -> Result<bool, Error> {
    if role == Role::Lead {
        return Ok(false);
    }
    let (connection, by) = (step.transaction, step.device.author.device);
    connection
        .prepare_cached("INSERT OR REPLACE INTO shared_scopes (scope, role) VALUES (?1, ?2)")?
        .execute(params![scope.to_bytes(), rows::role_name(role)])?;
    for worker in outsiders(connection, scope)? {
        join(connection, (scope, role), worker, Some(by))?;
    }
    let entry = Entry::new("access_given_to_all", Some(by), rows::role_name(role));
    audit::append(connection, step.now_ms, &entry)?;
    Ok(true)
}

/// Whether the organisation has this worker.
pub(crate) fn is_worker(connection: &Connection, worker: WorkerId) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM workers WHERE id = ?1")?;
    Ok(statement.exists([worker.to_bytes()])?)
}

/// Makes a worker, who has what everybody has.
pub(crate) fn add_worker(
    connection: &Connection,
    worker: WorkerId,
    name: &str,
) -> Result<(), Error> {
    let seq = next_position(connection)?;
    connection
        .prepare_cached("INSERT INTO workers (id, name, seq) VALUES (?1, ?2, ?3)")?
        .execute(params![worker.to_bytes(), name, seq])?;
    welcome(connection, worker)
}

/// Gives a new worker what everybody has.
fn welcome(connection: &Connection, worker: WorkerId) -> Result<(), Error> {
    let mut statement =
        connection.prepare("SELECT scope, role FROM shared_scopes ORDER BY scope")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let scope = ScopeId::from_bytes(rows::bytes(row, 0, "shared scope")?);
        let role: String = row.get(1)?;
        join(connection, (scope, rows::role(&role)?), worker, None)?;
    }
    Ok(())
}

/// Workers without a role in a scope.
fn outsiders(connection: &Connection, scope: ScopeId) -> Result<Vec<WorkerId>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM workers WHERE NOT EXISTS
             (SELECT 1 FROM grants WHERE worker = workers.id AND scope = ?1 AND until_seq IS NULL) ORDER BY id",
    )?;
    let ids = statement.query_map([scope.to_bytes()], |row| row.get(0))?;
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    Ok(ids.into_iter().map(WorkerId::from_bytes).collect())
}

fn join(
    connection: &Connection,
    (scope, role): (ScopeId, Role),
    worker: WorkerId,
    by: Option<DeviceId>,
) -> Result<(), Error> {
    let seq = next_position(connection)?;
    for (member, grant) in told_to_all(connection, scope)? {
        tell(connection, worker, seq, (scope, member), Some(grant))?;
    }
    connection
        .prepare_cached(
            "INSERT INTO grants (scope, worker, role, from_seq, given_by, for_all) VALUES (?1, ?2, ?3, ?4, ?5, 1)",
        )?
        .execute(params![
            scope.to_bytes(),
            worker.to_bytes(),
            rows::role_name(role),
            seq,
            by.map(DeviceId::to_bytes)
        ])?;
    let until_ms = None;
    let grant = Grant { role, until_ms };
    tell(connection, worker, seq, (scope, worker), Some(grant))?;
    deliver(connection, scope, worker)
}

/// The roles in a scope that were given to one worker each: every member knows them.
fn told_to_all(connection: &Connection, scope: ScopeId) -> Result<Vec<(WorkerId, Grant)>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT worker, role, until_ms FROM grants WHERE scope = ?1 AND until_seq IS NULL AND for_all = 0",
    )?;
    let mut found = statement.query([scope.to_bytes()])?;
    let mut told = Vec::new();
    while let Some(row) = found.next()? {
        let worker = WorkerId::from_bytes(rows::bytes(row, 0, "member of a scope")?);
        let role: String = row.get(1)?;
        let grant = Grant {
            role: rows::role(&role)?,
            until_ms: row.get(2)?,
        };
        told.push((worker, grant));
    }
    Ok(told)
}
