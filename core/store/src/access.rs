//! Who may do what, decisions about it that wait, and late work that waits for one.

use caseweave_engine::ids::{CaseId, EntityId, ScopeId, WorkerId};
use caseweave_engine::sync::wire::{ActionResult, Role, WireAccess, WireHeld, WireWorker};
use rusqlite::{Row, params};

use crate::error::Result;
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// A decision about access that was made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAction {
    /// Its id.
    pub id: EntityId,
    /// The scope it is about.
    pub scope: ScopeId,
    /// What was decided, as the caller encodes it.
    pub action: Vec<u8>,
    /// When, milliseconds since 1970-01-01T00:00:00Z.
    pub created_ms: i64,
    /// What became of it; nothing while it waits.
    pub result: Option<ActionResult>,
}

impl ReadTx<'_> {
    /// The agency's workers, by name, then by id.
    pub fn workers(&self) -> Result<Vec<WireWorker>> {
        self.rows(
            "SELECT worker, name FROM workers ORDER BY name, worker",
            [],
            |row| {
                Ok(WireWorker {
                    worker: worker(row)?,
                    name: row.get("name")?,
                })
            },
        )
    }

    /// Who may do what in a scope, by worker.
    pub fn access_to(&self, scope: ScopeId) -> Result<Vec<WireAccess>> {
        let sql = "SELECT scope, worker, role, until_ms, seq FROM access WHERE scope = ?1 ORDER BY worker";
        self.rows(sql, [scope.to_bytes()], |row| {
            Ok(WireAccess {
                scope: scope_of(row)?,
                worker: worker(row)?,
                role: role_from_number(row.get("role")?),
                until_ms: row.get("until_ms")?,
                seq: row.get("seq")?,
            })
        })
    }

    /// Decisions that wait for their result, in the order they were made.
    pub fn waiting_actions(&self) -> Result<Vec<StoredAction>> {
        let sql = "SELECT id, scope, action, created_ms, state FROM actions WHERE state = 0 ORDER BY number";
        self.rows(sql, [], read_action)
    }

    /// Decisions that the server said hold, in the order they were made.
    pub fn done_actions(&self) -> Result<Vec<StoredAction>> {
        let sql = "SELECT id, scope, action, created_ms, state FROM actions WHERE state = 1 ORDER BY number";
        self.rows(sql, [], read_action)
    }

    /// Whether the server was set back since it told a worker's role in a scope, and has not told it again.
    pub fn told_before_restore(&self, scope: ScopeId, worker: WorkerId) -> Result<bool> {
        let sql = "SELECT before_restore FROM access WHERE scope = ?1 AND worker = ?2";
        let found = self.row(sql, [scope.to_bytes(), worker.to_bytes()], |row| {
            Ok(row.get(0)?)
        })?;
        Ok(found.unwrap_or(false))
    }

    /// Every decision about a scope that was made here, in the order they were made.
    pub fn actions_on(&self, scope: ScopeId) -> Result<Vec<StoredAction>> {
        let sql = "SELECT id, scope, action, created_ms, state FROM actions WHERE scope = ?1 ORDER BY number";
        self.rows(sql, [scope.to_bytes()], read_action)
    }

    /// Late work that waits for a decision; of one scope, if given. The oldest first.
    pub fn held(&self, scope: Option<ScopeId>) -> Result<Vec<WireHeld>> {
        let sql = "SELECT id, scope, worker, received_ms, intentions FROM held
                   WHERE ?1 IS NULL OR scope = ?1 ORDER BY received_ms, id";
        self.rows(sql, [scope.map(ScopeId::to_bytes)], |row| {
            Ok(WireHeld {
                id: row::entity(row, "id")?,
                scope: scope_of(row)?,
                worker: worker(row)?,
                received_ms: row.get("received_ms")?,
                intentions: row.get("intentions")?,
                open: true,
            })
        })
    }
}

impl WriteTx<'_> {
    /// Takes in a worker's name.
    pub fn set_worker(&self, worker: &WireWorker) -> Result<()> {
        let sql = "INSERT INTO workers (worker, name) VALUES (?1, ?2)
                   ON CONFLICT (worker) DO UPDATE SET name = excluded.name";
        self.run(sql, params![worker.worker.to_bytes(), worker.name])?;
        Ok(())
    }

    /// Takes in a worker's role in a scope, or its end.
    pub fn set_access(&self, access: &WireAccess) -> Result<()> {
        let (scope, worker) = (access.scope.to_bytes(), access.worker.to_bytes());
        match access.role {
            None => self.run(
                "DELETE FROM access WHERE scope = ?1 AND worker = ?2",
                [scope, worker],
            )?,
            Some(role) => self.run(
                "INSERT INTO access (scope, worker, role, until_ms, seq) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (scope, worker) DO UPDATE
                 SET role = excluded.role, until_ms = excluded.until_ms, seq = excluded.seq, before_restore = 0",
                params![scope, worker, role_number(role), access.until_ms, access.seq],
            )?,
        };
        self.touch_scope(access.scope);
        Ok(())
    }

    /// Keeps a role whose end the server told of before it was given: only a later word about it counts.
    pub fn outlive(&self, end: &WireAccess) -> Result<()> {
        self.run(
            "UPDATE access SET seq = ?3 WHERE scope = ?1 AND worker = ?2",
            params![end.scope.to_bytes(), end.worker.to_bytes(), end.seq],
        )?;
        Ok(())
    }

    /// Marks the case of a scope as changed: who may write it is part of what its screens show.
    fn touch_scope(&self, scope: ScopeId) {
        self.touch(CaseId::from_bytes(scope.to_bytes()));
    }

    /// Forgets who may do what in a scope, and late work on it.
    pub fn forget_access(&self, scope: ScopeId) -> Result<()> {
        self.run("DELETE FROM access WHERE scope = ?1", [scope.to_bytes()])?;
        self.run("DELETE FROM held WHERE scope = ?1", [scope.to_bytes()])?;
        self.touch_scope(scope);
        Ok(())
    }

    /// Writes a decision down, to be sent.
    pub fn add_action(&self, action: &StoredAction) -> Result<()> {
        self.run(
            "INSERT INTO actions (id, scope, action, created_ms) VALUES (?1, ?2, ?3, ?4)",
            params![
                action.id.to_bytes(),
                action.scope.to_bytes(),
                action.action,
                action.created_ms
            ],
        )?;
        self.touch_scope(action.scope);
        Ok(())
    }

    /// Lets a decision wait again, to be sent once more.
    pub fn reopen_action(&self, id: EntityId) -> Result<()> {
        self.run(
            "UPDATE actions SET state = 0 WHERE id = ?1",
            [id.to_bytes()],
        )?;
        Ok(())
    }

    /// Notes that the server was set back: what it told of roles it may not know any more.
    pub fn doubt_access(&self) -> Result<()> {
        self.run("UPDATE access SET before_restore = 1", [])?;
        Ok(())
    }

    /// Takes in what became of a decision. One that is not known here is left alone.
    pub fn settle_action(&self, id: EntityId, result: ActionResult) -> Result<()> {
        let state = match result {
            ActionResult::Done => 1,
            ActionResult::NotAllowed => 2,
        };
        let scope = self.row(
            "UPDATE actions SET state = ?2 WHERE id = ?1 AND state <> ?2 RETURNING scope",
            params![id.to_bytes(), state],
            scope_of,
        )?;
        scope.into_iter().for_each(|scope| self.touch_scope(scope));
        Ok(())
    }

    /// Takes in late work that waits, or that it waits no more.
    pub fn set_held(&self, held: &WireHeld) -> Result<()> {
        self.touch_scope(held.scope);
        if !held.open {
            self.run("DELETE FROM held WHERE id = ?1", [held.id.to_bytes()])?;
            return Ok(());
        }
        self.run(
            "INSERT INTO held (id, scope, worker, received_ms, intentions) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO NOTHING",
            params![
                held.id.to_bytes(),
                held.scope.to_bytes(),
                held.worker.to_bytes(),
                held.received_ms,
                held.intentions
            ],
        )?;
        Ok(())
    }
}

fn read_action(row: &Row<'_>) -> Result<StoredAction> {
    Ok(StoredAction {
        id: row::entity(row, "id")?,
        scope: scope_of(row)?,
        action: row.get("action")?,
        created_ms: row.get("created_ms")?,
        result: match row.get::<_, i64>("state")? {
            0 => None,
            1 => Some(ActionResult::Done),
            _ => Some(ActionResult::NotAllowed),
        },
    })
}

fn worker(row: &Row<'_>) -> Result<WorkerId> {
    Ok(WorkerId::from_bytes(row.get("worker")?))
}

fn scope_of(row: &Row<'_>) -> Result<ScopeId> {
    Ok(ScopeId::from_bytes(row.get("scope")?))
}

fn role_number(role: Role) -> i64 {
    match role {
        Role::Reader => 0,
        Role::Contributor => 1,
        Role::Lead => 2,
    }
}

/// A number this version does not know reads as the least of roles.
fn role_from_number(number: i64) -> Option<Role> {
    Some(match number {
        1 => Role::Contributor,
        2 => Role::Lead,
        _ => Role::Reader,
    })
}
