//! Who may do what in a scope: what leads decide, grants that end by themselves, and what members are told of it.
//!
//! Every scope keeps a lead whose grant has no end: whoever would take the last one's away is refused.

use caseweave_engine::ids::{DeviceId, ScopeId, WorkerId};
use caseweave_engine::sync::fingerprint;
use caseweave_engine::sync::wire::{
    AccessAction, ActionResult, Role, WireAction, WireActionResult,
};
use rusqlite::{OptionalExtension, params};

use crate::audit::{self, Entry};
use crate::cache::Cache;
use crate::error::Error;
use crate::everybody::{self, is_worker};
use crate::feed::{members, next_position, toggle};
use crate::grants::{Grant, close, counted_documents, deliver, has_other_lead, standing, tell};
use crate::late;
use crate::record::stored_heads;
use crate::rows;
use crate::step::Step;

/// Ends grants whose time is over.
pub(crate) fn expire(step: &Step<'_>) -> Result<(), Error> {
    let over: Vec<([u8; 16], [u8; 16])> = step
        .transaction
        .prepare_cached(
            "SELECT scope, worker FROM grants WHERE until_seq IS NULL AND until_ms <= ?1 ORDER BY until_ms, scope, worker",
        )?
        .query_map([step.now_ms], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (scope, worker) in over {
        let (scope, worker) = (ScopeId::from_bytes(scope), WorkerId::from_bytes(worker));
        end(step, scope, worker, None)?;
        let entry = Entry::new("access_ended", None, "time");
        audit::append(step.transaction, step.now_ms, &entry)?;
    }
    Ok(())
}

/// Does what the request's actions say, in their order. One that was answered before is answered alike and done once.
pub(crate) fn act(step: &Step<'_>, cache: &mut Cache) -> Result<Vec<WireActionResult>, Error> {
    let mut results = Vec::new();
    let mut refused = 0;
    for action in &step.request.actions {
        let result = match answered(step, action)? {
            Some(result) => result,
            None => {
                let result = decide(step, cache, action)?;
                remember(step, action, result)?;
                refused += i64::from(result == ActionResult::NotAllowed);
                result
            }
        };
        results.push(WireActionResult {
            id: action.id,
            result,
        });
    }
    if refused > 0 {
        let entry = Entry {
            what: "action_refused",
            device: Some(step.device.author.device),
            code: "not_allowed",
            times: refused,
        };
        audit::append(step.transaction, step.now_ms, &entry)?;
    }
    Ok(results)
}

fn answered(step: &Step<'_>, action: &WireAction) -> Result<Option<ActionResult>, Error> {
    let done: Option<bool> = step
        .transaction
        .prepare_cached("SELECT done FROM actions WHERE worker = ?1 AND id = ?2")?
        .query_row(
            params![step.device.author.worker.to_bytes(), action.id.to_bytes()],
            |row| row.get(0),
        )
        .optional()?;
    Ok(done.map(|done| match done {
        true => ActionResult::Done,
        false => ActionResult::NotAllowed,
    }))
}

fn remember(step: &Step<'_>, action: &WireAction, result: ActionResult) -> Result<(), Error> {
    step.transaction
        .prepare_cached("INSERT INTO actions (worker, id, done, at_ms) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            step.device.author.worker.to_bytes(),
            action.id.to_bytes(),
            result == ActionResult::Done,
            step.now_ms,
        ])?;
    Ok(())
}

fn decide(step: &Step<'_>, cache: &mut Cache, action: &WireAction) -> Result<ActionResult, Error> {
    let own = standing(step.transaction, action.scope, step.device.author.worker)?;
    let leads = own.is_some_and(|own| own.role == Role::Lead);
    let allowed = match action.action {
        AccessAction::Share {
            worker,
            role,
            until_ms,
        } => leads && share(step, action.scope, worker, Grant { role, until_ms })?,
        AccessAction::Withdraw { worker } => {
            let own_role = own.is_some() && worker == step.device.author.worker;
            (leads || own_role) && withdraw(step, action.scope, worker)?
        }
        AccessAction::ShareWithAll { role } => leads && everybody::share(step, action.scope, role)?,
        AccessAction::AcceptHeld { held } => {
            leads && late::accept(step, cache, action.scope, held)?
        }
        AccessAction::DeclineHeld { held } => leads && late::decline(step, action.scope, held)?,
    };
    Ok(if allowed {
        ActionResult::Done
    } else {
        ActionResult::NotAllowed
    })
}

fn share(step: &Step<'_>, scope: ScopeId, worker: WorkerId, grant: Grant) -> Result<bool, Error> {
    let over = grant.until_ms.is_some_and(|until| until <= step.now_ms);
    if over || !is_worker(step.transaction, worker)? {
        return Ok(false);
    }
    let before = standing(step.transaction, scope, worker)?;
    if before == Some(grant) {
        return Ok(true);
    }
    let loses_lead = before.is_some_and(Grant::leads_for_good) && !grant.leads_for_good();
    if loses_lead && !has_other_lead(step.transaction, scope, worker)? {
        return Ok(false);
    }
    give(step, scope, worker, grant, before)?;
    let entry = Entry::new(
        "access_given",
        Some(step.device.author.device),
        rows::role_name(grant.role),
    );
    audit::append(step.transaction, step.now_ms, &entry)?;
    Ok(true)
}

fn withdraw(step: &Step<'_>, scope: ScopeId, worker: WorkerId) -> Result<bool, Error> {
    let Some(before) = standing(step.transaction, scope, worker)? else {
        // It holds already, but only of someone who exists.
        return is_worker(step.transaction, worker);
    };
    if before.leads_for_good() && !has_other_lead(step.transaction, scope, worker)? {
        return Ok(false);
    }
    let by = step.device.author.device;
    end(step, scope, worker, Some(by))?;
    let entry = Entry::new("access_ended", Some(by), rows::role_name(before.role));
    audit::append(step.transaction, step.now_ms, &entry)?;
    Ok(true)
}

fn give(
    step: &Step<'_>,
    scope: ScopeId,
    worker: WorkerId,
    grant: Grant,
    before: Option<Grant>,
) -> Result<(), Error> {
    let seq = next_position(step.transaction)?;
    let by = Some(step.device.author.device);
    close(step, scope, worker, by, seq)?;
    step.transaction
        .prepare_cached(
            "INSERT INTO grants (scope, worker, role, from_seq, until_ms, given_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            scope.to_bytes(),
            worker.to_bytes(),
            rows::role_name(grant.role),
            seq,
            grant.until_ms,
            by.map(|by| by.to_bytes()),
        ])?;
    for member in members(step.transaction, scope)? {
        tell(step.transaction, member, seq, (scope, worker), Some(grant))?;
        if before.is_none()
            && member != worker
            && let Some(theirs) = standing(step.transaction, scope, member)?
        {
            tell(step.transaction, worker, seq, (scope, member), Some(theirs))?;
        }
    }
    if grant.role == Role::Lead {
        late::tell_open(step, scope, worker, seq)?;
    }
    if before.is_none() {
        deliver(step.transaction, scope, worker)?;
    }
    Ok(())
}

fn end(
    step: &Step<'_>,
    scope: ScopeId,
    worker: WorkerId,
    by: Option<DeviceId>,
) -> Result<(), Error> {
    let seq = next_position(step.transaction)?;
    for member in members(step.transaction, scope)? {
        tell(step.transaction, member, seq, (scope, worker), None)?;
    }
    close(step, scope, worker, by, seq)?;
    let mut fingerprints = Vec::new();
    for document in counted_documents(step.transaction, scope)? {
        let heads = stored_heads(step.transaction, document)?;
        fingerprints.push(fingerprint(scope, document, &heads));
    }
    toggle(step.transaction, worker, fingerprints)
}
