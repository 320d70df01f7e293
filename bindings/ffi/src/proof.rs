//! Who proved what: the signatures over a case.

use caseweave::domain::Stamp;
use caseweave::{CaseId, DocumentId, Proof, WorkerId};

use crate::case::hexadecimal;
use crate::{CaseweaveError, CaseweaveHandle};

/// What is known of who made a change.
#[uniffi::remote(Enum)]
pub enum Proof {
    /// A signature over it was checked on this device and holds.
    Verified,
    /// Not checked on this device: its signature is not here, or not made yet.
    Unchecked,
    /// Its signature is not here, and the server has it neither.
    Unproven,
    /// Its signature does not hold: somebody else may have made it.
    Failed,
}

/// What checking every signature over a case came to.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseProof {
    /// How many changes are verified.
    pub verified: u32,
    /// How many are not checked on this device yet.
    pub unchecked: u32,
    /// How many have a signature neither here nor on the server.
    pub unproven: u32,
    /// How many have a signature that does not hold.
    pub failed: u32,
    /// Whether the next exchange asks the server for signatures. Verify again after it.
    pub asks: bool,
    /// Every change of the case and of its notes' drafts, by document, each after what it follows.
    pub changes: Vec<ChangeProof>,
}

/// What is known of who made one change.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ChangeProof {
    /// The document it belongs to: the case, or a note's draft.
    pub document: DocumentId,
    /// Its hash in hexadecimal.
    pub hash: String,
    /// Who made it and when, as it claims.
    pub made: Stamp,
    /// The author's name, where this device knows it.
    pub name: Option<String>,
    /// What is known of that.
    pub proof: Proof,
}

impl From<caseweave::CaseProof> for CaseProof {
    fn from(checked: caseweave::CaseProof) -> Self {
        let caseweave::CaseProof {
            verified,
            unchecked,
            unproven,
            failed,
            asks,
            changes,
        } = checked;
        Self {
            verified,
            unchecked,
            unproven,
            failed,
            asks,
            changes: changes.into_iter().map(ChangeProof::from).collect(),
        }
    }
}

impl From<caseweave::ChangeProof> for ChangeProof {
    fn from(change: caseweave::ChangeProof) -> Self {
        let caseweave::ChangeProof {
            document,
            hash,
            made,
            name,
            proof,
        } = change;
        Self {
            document,
            hash: hexadecimal(&hash),
            made,
            name,
            proof,
        }
    }
}

/// Work of a case whose authors cannot be proven: the server lost it, and no device had the signatures over it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct UnprovenWork {
    /// The case's record, or the draft of one of its notes.
    pub document: DocumentId,
    /// How many changes.
    pub changes: u32,
    /// Who made them, as the changes themselves say.
    pub claimed_by: Vec<WorkerId>,
    /// The worker who answers for them; nothing while they are only on this device and wait for a lead.
    pub adopted_by: Option<WorkerId>,
}

impl From<caseweave::UnprovenWork> for UnprovenWork {
    fn from(work: caseweave::UnprovenWork) -> Self {
        let caseweave::UnprovenWork {
            document,
            changes,
            claimed_by,
            adopted_by,
        } = work;
        Self {
            document,
            changes,
            claimed_by: claimed_by.into_iter().collect(),
            adopted_by,
        }
    }
}

#[uniffi::export]
impl CaseweaveHandle {
    /// Checks the signature of every change of a case against the key of the device that made it. Where signatures are not here,
    /// as on a device that was filled by snapshots, the next exchange asks the server for them. Reads the whole case and writes
    /// disk. Fails with `NotFound` where the case is not on this device.
    pub fn verify(&self, case: CaseId) -> Result<CaseProof, CaseweaveError> {
        Ok(self.0.verify(case)?.into())
    }

    /// The work of a case that nobody can prove: what waits for a lead's word, and what a lead has adopted. Reads disk.
    pub fn unproven(&self, case: CaseId) -> Result<Vec<UnprovenWork>, CaseweaveError> {
        let work = self.0.unproven(case)?;
        Ok(work.into_iter().map(UnprovenWork::from).collect())
    }

    /// Answers for the work of a case that nobody can prove: this device signs that its worker adopts it, and the next exchange
    /// sends it. Everyone sees who adopted it; who made it stays a claim. Gives the number of changes. Writes disk.
    ///
    /// Fails with `NotAllowed` where the worker does not lead the case.
    pub fn adopt_unproven(&self, case: CaseId) -> Result<u32, CaseweaveError> {
        Ok(self.0.adopt_unproven(case)?)
    }
}
