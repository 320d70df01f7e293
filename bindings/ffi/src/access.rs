//! Who may read and write a case, and decisions about it. Only the server decides; what is decided here waits to be sent.

use caseweave::{
    AccessAction, AccessDecision, ActionResult, CaseAccess, CaseId, CompartmentId, EntityId,
    LateWork, Role, WorkerId,
};
use chrono::{DateTime, Utc};

use crate::{CaseweaveError, CaseweaveHandle};

/// What a worker may do in a case. Each role includes the ones before it.
#[uniffi::remote(Enum)]
pub enum Role {
    /// Reads.
    Reader,
    /// Reads and writes.
    Contributor,
    /// Reads, writes, and decides who else may.
    Lead,
}

/// A worker's role in a case, as the server said last.
#[uniffi::remote(Record)]
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

/// What a lead can decide.
#[uniffi::remote(Enum)]
pub enum AccessAction {
    /// Gives a worker a role, or another one.
    Share {
        /// To whom.
        worker: WorkerId,
        /// Which role.
        role: Role,
        /// Until when: milliseconds since 1970-01-01T00:00:00Z by the server's clock; nothing for no end.
        until_ms: Option<i64>,
    },
    /// Takes a worker's role away. A worker may also give up the own role.
    Withdraw {
        /// From whom.
        worker: WorkerId,
    },
    /// Lets late work into the record.
    AcceptHeld {
        /// Which.
        held: EntityId,
    },
    /// Keeps late work out of the record; it stays for audit.
    DeclineHeld {
        /// Which.
        held: EntityId,
    },
}

/// What became of a decision about access.
#[uniffi::remote(Enum)]
pub enum ActionResult {
    /// It holds.
    Done,
    /// No right to decide that, or no such case, worker or late work: one answer for all.
    NotAllowed,
}

/// A decision about access that was made on this device.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
pub struct LateWork {
    /// Its id.
    pub id: EntityId,
    /// The case; of work in a restricted compartment, the one that it is about.
    pub case: CaseId,
    /// The restricted compartment it is in, if it is in one.
    pub compartment: Option<CompartmentId>,
    /// Whose work it is.
    pub worker: WorkerId,
    /// When the server had it.
    pub received_at: DateTime<Utc>,
    /// The names of its intentions, separated by commas.
    pub intentions: String,
}

/// A worker of the agency.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Colleague {
    /// The worker.
    pub worker: WorkerId,
    /// The name as shown.
    pub name: String,
}

#[uniffi::export]
impl CaseweaveHandle {
    /// Gives a worker a role in a case or a restricted compartment, or another one, from the next exchange on. Leads only: the server decides, see
    /// `decisions`. Writes disk. Fails with `NotFound` where the case is not on this device.
    #[uniffi::method(default(until))]
    pub fn share(
        &self,
        case: CaseId,
        worker: WorkerId,
        role: Role,
        until: Option<DateTime<Utc>>,
    ) -> Result<EntityId, CaseweaveError> {
        Ok(self.0.share(case, worker, role, until)?)
    }

    /// Takes a worker's role in a case or a restricted compartment away, from the next exchange on. Leads only, or the worker's own. Writes disk.
    pub fn withdraw(&self, case: CaseId, worker: WorkerId) -> Result<EntityId, CaseweaveError> {
        Ok(self.0.withdraw(case, worker)?)
    }

    /// Lets late work into the record, from the next exchange on. Leads only. Writes disk. Fails with `NotFound` where no such late
    /// work waits.
    pub fn accept_late_work(&self, id: EntityId) -> Result<EntityId, CaseweaveError> {
        Ok(self.0.accept_late_work(id)?)
    }

    /// Keeps late work out of the record; the server keeps it for audit. Leads only. Writes disk. Fails with `NotFound` where no
    /// such late work waits.
    pub fn decline_late_work(&self, id: EntityId) -> Result<EntityId, CaseweaveError> {
        Ok(self.0.decline_late_work(id)?)
    }

    /// Who may do what in a case or a restricted compartment, as the server said last. Reads disk.
    pub fn access(&self, case: CaseId) -> Result<Vec<CaseAccess>, CaseweaveError> {
        Ok(self.0.access(case)?)
    }

    /// The agency's workers, with whom a case can be shared. Reads disk.
    pub fn colleagues(&self) -> Result<Vec<Colleague>, CaseweaveError> {
        let colleagues = self.0.colleagues()?.into_iter();
        Ok(colleagues
            .map(|(worker, name)| Colleague { worker, name })
            .collect())
    }

    /// The decisions about a case's access that were made on this device, and what became of them. Reads disk.
    pub fn decisions(&self, case: CaseId) -> Result<Vec<AccessDecision>, CaseweaveError> {
        Ok(self.0.decisions(case)?)
    }

    /// Late work that waits for a lead's word; of one case or restricted compartment, if given. Reads disk.
    #[uniffi::method(default(case))]
    pub fn late_work(&self, case: Option<CaseId>) -> Result<Vec<LateWork>, CaseweaveError> {
        Ok(self.0.late_work(case)?)
    }
}
