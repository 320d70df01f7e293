//! One case: its view now and as it stood, and what happened to it.

use caseweave::CaseId;
use caseweave::FieldChange;
use caseweave::Proof;
use caseweave::domain::{CaseView, FieldPath, Stamp, Value};
use chrono::{DateTime, Utc};

use crate::{CaseweaveError, CaseweaveHandle};

/// One change of a record's history.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ChangeRecord {
    /// Names the record as whoever made the change saw it after: give it to `case_at`.
    pub revision: String,
    /// Who made it and when, as the change claims.
    pub made: Stamp,
    /// The author's name, where this device knows it.
    pub name: Option<String>,
    /// When the server had it, for this device's own; when it came to this device, for others. Nothing while it waits to be sent,
    /// and for what came in a snapshot.
    pub received_at: Option<DateTime<Utc>>,
    /// What is known of who made it. What this device made is unchecked until it is signed, when it is first sent.
    pub proof: Proof,
    /// The names of the intentions, separated by commas.
    pub intentions: String,
    /// What it moved, in the order of paths.
    pub fields: Vec<FieldChange>,
}

impl From<caseweave::HistoryEntry> for ChangeRecord {
    fn from(change: caseweave::HistoryEntry) -> Self {
        let caseweave::HistoryEntry {
            hash,
            made,
            name,
            received_at,
            proof,
            intentions,
            fields,
        } = change;
        Self {
            revision: hexadecimal(&hash),
            made,
            name,
            received_at,
            proof,
            intentions,
            fields,
        }
    }
}

/// A field that a change moved.
#[uniffi::remote(Record)]
pub struct FieldChange {
    /// The field.
    pub path: FieldPath,
    /// What whoever made the change saw before.
    pub before: Value,
    /// What they wrote.
    pub after: Value,
}

#[uniffi::export]
impl CaseweaveHandle {
    /// The whole case, complete enough to render a screen. Reads disk. Fails with `NotFound` where it is not on this device.
    pub fn case(&self, case: CaseId) -> Result<CaseView, CaseweaveError> {
        Ok(self.0.case(case)?)
    }

    /// The case as it stood at a revision that a view, a receipt or the history named, without drafts. Reads disk. Fails with
    /// `NotFound` where this device does not hold case or revision.
    pub fn case_at(&self, case: CaseId, revision: String) -> Result<CaseView, CaseweaveError> {
        Ok(self.0.case_at(case, &revision)?)
    }

    /// What happened to a case: each change with who made it, when, each field before and after, and what is known of its
    /// signature. The oldest first. Reads disk.
    pub fn history(&self, case: CaseId) -> Result<Vec<ChangeRecord>, CaseweaveError> {
        let history = self.0.history(case)?;
        Ok(history.into_iter().map(ChangeRecord::from).collect())
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
