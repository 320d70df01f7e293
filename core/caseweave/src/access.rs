//! Who may read and write a case or a restricted compartment, and decisions about it. Only the server decides; what is decided here
//! waits to be sent.

use caseweave_engine::ids::{CaseId, CompartmentId, EntityId, ProviderId, ScopeId, WorkerId};
use caseweave_engine::sync::wire::{
    AccessAction, ActionResult, Role, WireAction, WireHeld, WireUpload,
};
use caseweave_store::{ReadTx, StoredAction, WriteTx};
use chrono::{DateTime, Utc};

use crate::cases::no_record;
use crate::handle::{Caseweave, Open};
use crate::{Error, Result};

/// A worker's role in a case, as the server said last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseAccess {
    /// The worker.
    pub worker: WorkerId,
    /// The worker's name, where the server told it.
    pub name: Option<String>,
    /// The role.
    pub role: Role,
    /// When it ends by itself, by the server's clock.
    pub until: Option<DateTime<Utc>>,
}

/// A decision about access that was made on this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessDecision {
    /// Its id.
    pub id: EntityId,
    /// The case.
    pub case: CaseId,
    /// What was decided.
    pub action: AccessAction,
    /// What became of it; nothing while it waits to be sent.
    pub result: Option<ActionResult>,
}

/// Work that reached the server after its author had lost access to the case. It waits for a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateWork {
    /// Its id.
    pub id: EntityId,
    /// The case; of work in a restricted compartment, the one that it is about; of work in the directory, the provider.
    pub case: CaseId,
    /// The restricted compartment it is in, if it is in one.
    pub compartment: Option<CompartmentId>,
    /// The provider of the directory it is in, if it is in one.
    pub provider: Option<ProviderId>,
    /// Whose work it is.
    pub worker: WorkerId,
    /// When the server had it.
    pub received_at: DateTime<Utc>,
    /// The names of its intentions, separated by commas.
    pub intentions: String,
}

impl Caseweave {
    /// Gives a worker a role in a case or a restricted compartment, or another one, from the next exchange on. Leads only: the server decides, see
    /// [`Self::decisions`].
    ///
    /// # Errors
    /// - [`Error::NotFound`]: no such case on this device.
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageFull`], [`Error::Unexpected`].
    pub fn share(
        &self,
        case: CaseId,
        worker: WorkerId,
        role: Role,
        until: Option<DateTime<Utc>>,
    ) -> Result<EntityId> {
        let until_ms = until.map(|until| until.timestamp_millis());
        self.decide(
            case,
            AccessAction::Share {
                worker,
                role,
                until_ms,
            },
        )
    }

    /// Takes a worker's role in a case or a restricted compartment away, from the next exchange on. Leads only, or the worker's own.
    ///
    /// # Errors
    /// As [`Self::share`].
    pub fn withdraw(&self, case: CaseId, worker: WorkerId) -> Result<EntityId> {
        self.decide(case, AccessAction::Withdraw { worker })
    }

    /// Lets late work into the record, from the next exchange on. Leads only.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: no such late work waits.
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageFull`], [`Error::Unexpected`].
    pub fn accept_late_work(&self, id: EntityId) -> Result<EntityId> {
        let case = self.opened()?.case_of_late_work(id)?;
        self.decide(case, AccessAction::AcceptHeld { held: id })
    }

    /// Keeps late work out of the record; the server keeps it for audit. Leads only.
    ///
    /// # Errors
    /// As [`Self::accept_late_work`].
    pub fn decline_late_work(&self, id: EntityId) -> Result<EntityId> {
        let case = self.opened()?.case_of_late_work(id)?;
        self.decide(case, AccessAction::DeclineHeld { held: id })
    }

    fn decide(&self, case: CaseId, action: AccessAction) -> Result<EntityId> {
        let id = self.opened()?.decide(case, action)?;
        self.listener.call();
        Ok(id)
    }

    /// Who may do what in a case or a restricted compartment, as the server said last. Of a provider, which everybody may write to,
    /// the own role and those that were given to one worker each.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn access(&self, case: CaseId) -> Result<Vec<CaseAccess>> {
        let open = self.readable()?;
        open.store.read(|tx| {
            let names = open.names(tx)?;
            let access = tx.access_to(ScopeId::of(case))?;
            let rows = access.into_iter().filter_map(|row| {
                Some(CaseAccess {
                    worker: row.worker,
                    name: names.get(&row.worker).cloned(),
                    role: row.role?,
                    until: row.until_ms.and_then(DateTime::from_timestamp_millis),
                })
            });
            Ok(rows.collect())
        })
    }

    /// The agency's workers, with whom a case can be shared.
    ///
    /// # Errors
    /// As [`Self::access`].
    pub fn colleagues(&self) -> Result<Vec<(WorkerId, String)>> {
        let workers = self.opened()?.store.read(|tx| tx.workers())?;
        Ok(workers
            .into_iter()
            .map(|worker| (worker.worker, worker.name))
            .collect())
    }

    /// The decisions about a case's access that were made on this device, and what became of them.
    ///
    /// # Errors
    /// As [`Self::access`].
    pub fn decisions(&self, case: CaseId) -> Result<Vec<AccessDecision>> {
        let stored = self
            .readable()?
            .store
            .read(|tx| tx.actions_on(ScopeId::of(case)))?;
        let decision = |stored: StoredAction| {
            Ok(AccessDecision {
                id: stored.id,
                case,
                action: decode(&stored)?,
                result: stored.result,
            })
        };
        stored.into_iter().map(decision).collect()
    }

    /// Late work that waits for a lead's word; of one case or restricted compartment, if given.
    ///
    /// # Errors
    /// As [`Self::access`].
    pub fn late_work(&self, case: Option<CaseId>) -> Result<Vec<LateWork>> {
        self.readable()?.store.read(|tx| {
            let held = tx.held(case.map(ScopeId::of))?;
            held.into_iter().map(|held| late_work(tx, held)).collect()
        })
    }
}

impl Open {
    fn decide(&self, case: CaseId, action: AccessAction) -> Result<EntityId> {
        self.store.write(|tx| {
            if tx.document(case)?.is_none() {
                return Err(no_record(case));
            }
            self.queue(tx, case, action)
        })
    }

    /// Has a decision wait to be sent.
    pub(crate) fn queue(
        &self,
        tx: &WriteTx<'_>,
        record: CaseId,
        action: AccessAction,
    ) -> Result<EntityId> {
        let id = self.new_id();
        let action = serde_json::to_vec(&action).map_err(|_| Error::Unexpected {
            code: 304,
            reason: "a decision cannot be encoded".into(),
        })?;
        tx.add_action(&StoredAction {
            id,
            scope: ScopeId::of(record),
            action,
            created_ms: self.host.now_ms(),
            result: None,
        })?;
        Ok(id)
    }

    fn case_of_late_work(&self, id: EntityId) -> Result<CaseId> {
        let held = self.store.read(|tx| tx.held(None))?;
        let found = held.into_iter().find(|held| held.id == id);
        found
            .map(|held| CaseId::from_bytes(held.scope.to_bytes()))
            .ok_or_else(|| Error::NotFound {
                id: id.to_string(),
                reason: "no such late work waits".into(),
            })
    }

    /// Decisions to send with an upload: all that wait, for one that depends on another is made after it. Only those about a
    /// case that the server does not have yet wait until it is sent.
    pub(crate) fn waiting_actions(
        &self,
        tx: &ReadTx<'_>,
        uploads: &[WireUpload],
    ) -> Result<Vec<WireAction>> {
        let wire = |stored: StoredAction| -> Result<WireAction> {
            Ok(WireAction {
                id: stored.id,
                scope: stored.scope,
                action: decode(&stored)?,
            })
        };
        let mut actions = Vec::new();
        for stored in tx.waiting_actions()? {
            let case = CaseId::from_bytes(stored.scope.to_bytes());
            let document = tx.document(case)?;
            let unsent = document.is_some_and(|row| row.acknowledged_heads.is_empty());
            if !unsent || uploads.iter().any(|upload| upload.document == case) {
                actions.push(wire(stored)?);
            }
        }
        Ok(actions)
    }

    /// Lets decisions wait again that a server which was set back may have lost: those that still hold, as the server said last. One
    /// that it remembers does nothing.
    pub(crate) fn reopen_decisions(&self, tx: &WriteTx<'_>) -> Result<()> {
        for stored in tx.done_actions()? {
            let standing = |worker: WorkerId| -> Result<_> {
                let access = tx.access_to(stored.scope)?;
                Ok(access.into_iter().find(|access| access.worker == worker))
            };
            let holds = match decode(&stored)? {
                AccessAction::Share {
                    worker,
                    role,
                    until_ms,
                } => standing(worker)?
                    .is_some_and(|now| now.role == Some(role) && now.until_ms == until_ms),
                AccessAction::Withdraw { worker } => standing(worker)?.is_none(),
                AccessAction::ShareWithAll { .. } => {
                    standing(self.identity.worker)?.is_some_and(|own| own.role == Some(Role::Lead))
                }
                AccessAction::AcceptHeld { .. } | AccessAction::DeclineHeld { .. } => false,
            };
            if holds {
                tx.reopen_action(stored.id)?;
            }
        }
        Ok(())
    }

    /// Takes a case off this device: the worker's access to it ended, and nothing of it waits.
    pub(crate) fn forget(&self, tx: &WriteTx<'_>, case: CaseId) -> Result<()> {
        self.cases.forget(case);
        tx.forget_case(case)?;
        Ok(tx.forget_access(ScopeId::of(case))?)
    }
}

fn late_work(tx: &ReadTx<'_>, held: WireHeld) -> Result<LateWork> {
    let record = CaseId::from_bytes(held.scope.to_bytes());
    let compartment = tx.compartment(record)?;
    let in_directory = tx.provider_name(record)?.is_some();
    Ok(LateWork {
        id: held.id,
        case: compartment
            .as_ref()
            .map_or(record, |of| of.compartment.case),
        compartment: compartment.map(|_| record),
        provider: in_directory.then_some(record),
        worker: held.worker,
        received_at: DateTime::from_timestamp_millis(held.received_ms).unwrap_or_default(),
        intentions: held.intentions,
    })
}

fn decode(stored: &StoredAction) -> Result<AccessAction> {
    serde_json::from_slice(&stored.action).map_err(|_| Error::Unexpected {
        code: 305,
        reason: "a stored decision cannot be read".into(),
    })
}
