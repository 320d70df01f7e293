//! Who proved what: the signatures over a case.

use caseweave::domain::Stamp;
use caseweave::{CaseId, DocumentId, Proof};

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

#[uniffi::export]
impl CaseweaveHandle {
    /// Checks the signature of every change of a case against the key of the device that made it. Where signatures are not here,
    /// as on a device that was filled by snapshots, the next exchange asks the server for them. Reads the whole case and writes
    /// disk. Fails with `NotFound` where the case is not on this device.
    pub fn verify(&self, case: CaseId) -> Result<CaseProof, CaseweaveError> {
        Ok(self.0.verify(case)?.into())
    }
}
