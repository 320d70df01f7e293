//! The ladder: which documents a device and the server have otherwise.

use caseweave_engine::ids::ScopeId;
use caseweave_engine::sync::rung;
use caseweave_engine::sync::wire::{WireDiffering, WireRung};
use rusqlite::params;
use serde_bytes::ByteArray;

use crate::error::Error;
use crate::rows;
use crate::step::Step;

/// The documents of the request's ladder that differ. One that the worker may not see is answered as one that is not there.
pub(crate) fn differing(step: &Step<'_>) -> Result<Vec<WireDiffering>, Error> {
    let rungs = step.request.ladder.iter().flatten();
    let mut differing = Vec::new();
    for asked in rungs {
        differing.extend(compare(step, asked)?);
    }
    Ok(differing)
}

fn compare(step: &Step<'_>, asked: &WireRung) -> Result<Option<WireDiffering>, Error> {
    let mut statement = step.transaction.prepare_cached(
        "SELECT d.scope, d.heads FROM documents d JOIN grants g ON g.scope = d.scope
         WHERE d.id = ?1 AND g.worker = ?2 AND g.until_seq IS NULL",
    )?;
    let worker = step.device.author.worker.to_bytes();
    let mut found = statement.query(params![asked.document.to_bytes(), worker])?;
    let heads = match found.next()? {
        None => Vec::new(),
        Some(row) => {
            let scope = ScopeId::from_bytes(rows::bytes(row, 0, "scope of a document")?);
            let heads = rows::hashes(&row.get::<_, Vec<u8>>(1)?, "heads of a document")?;
            if rung(scope, asked.document, &heads) == *asked {
                return Ok(None);
            }
            heads
        }
    };
    Ok(Some(WireDiffering {
        document: asked.document,
        heads: heads.into_iter().map(ByteArray::new).collect(),
    }))
}
