//! Which drafts are closed: their notes are signed as they stand, by what is stored, whatever a device says of it.
//!
//! A draft that is closed stays with whoever has it. One that opens again goes whole to everyone who may read it.

use std::sync::Arc;

use caseweave_engine::document::StandingDraft;
use caseweave_engine::ids::{CaseId, DocumentId, ScopeId};
use caseweave_engine::sync::fingerprint;
use caseweave_engine::sync::server::Replica;
use rusqlite::{Connection, params};

use crate::cache::Cache;
use crate::error::Error;
use crate::feed::{announce, members, next_position, toggle};
use crate::record::materialise;
use crate::rows;

/// A draft as it is stored.
pub(crate) struct Draft {
    pub(crate) standing: StandingDraft,
    /// Nothing where nobody has looked at it.
    pub(crate) closed: Option<bool>,
}

/// The drafts of a scope.
pub(crate) fn drafts_of(connection: &Connection, scope: ScopeId) -> Result<Vec<Draft>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id, heads, closed FROM documents WHERE scope = ?1 AND kind = 'note' ORDER BY id",
    )?;
    let mut found = statement.query([scope.to_bytes()])?;
    let mut drafts = Vec::new();
    while let Some(row) = found.next()? {
        let heads: Vec<u8> = row.get(1)?;
        drafts.push(Draft {
            standing: (
                DocumentId::from_bytes(rows::bytes(row, 0, "draft")?),
                rows::hashes(&heads, "heads of a draft")?,
            ),
            closed: row.get(2)?,
        });
    }
    Ok(drafts)
}

/// Looks at the drafts of a scope that moved with `seq`. `case` is its case as it stands then, where it is at hand.
pub(crate) fn look_at(
    connection: &Connection,
    cache: &mut Cache,
    (scope, seq): (ScopeId, i64),
    case: Option<Arc<Replica>>,
) -> Result<(), Error> {
    let drafts = drafts_of(connection, scope)?;
    if drafts.is_empty() {
        return Ok(());
    }
    let id = CaseId::from_bytes(scope.to_bytes());
    let case = case.map_or_else(|| materialise(connection, cache, id), Ok)?;
    let closed = case.closed_drafts(id, drafts.iter().map(|draft| draft.standing.clone()));
    for draft in drafts {
        let is_closed = closed.contains(&draft.standing.0);
        if draft.closed != Some(is_closed) {
            mark(connection, (scope, seq), &draft, is_closed)?;
        }
    }
    Ok(())
}

/// Looks at drafts that nobody has looked at since they are told apart.
pub(crate) fn look_at_all(connection: &Connection, cache: &mut Cache) -> Result<(), Error> {
    let scopes: Vec<[u8; 16]> = connection
        .prepare_cached("SELECT DISTINCT scope FROM documents WHERE closed IS NULL")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for scope in scopes {
        let seq = next_position(connection)?;
        look_at(connection, cache, (ScopeId::from_bytes(scope), seq), None)?;
    }
    Ok(())
}

fn mark(
    connection: &Connection,
    (scope, seq): (ScopeId, i64),
    draft: &Draft,
    is_closed: bool,
) -> Result<(), Error> {
    let (id, heads) = &draft.standing;
    connection
        .prepare_cached("UPDATE documents SET closed = ?2 WHERE id = ?1")?
        .execute(params![id.to_bytes(), is_closed])?;
    if draft.closed.unwrap_or_default() == is_closed {
        return Ok(());
    }
    for member in members(connection, scope)? {
        toggle(connection, member, [fingerprint(scope, *id, heads)])?;
        if !is_closed {
            announce(connection, member, (seq, *id), true)?;
        }
    }
    Ok(())
}
