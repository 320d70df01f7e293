//! The wake-up for screens that follow the record.

use std::sync::Arc;

use caseweave::{CaseId, TouchedCases};

use crate::{CaseweaveError, CaseweaveHandle};

/// Is told that something changed, not what: ask `changes_since` for that.
#[uniffi::export(foreign)]
pub trait ChangeListener: Send + Sync {
    /// Called after each edit and each answer of the server that changed something, on the thread that made the change. Only
    /// wake somebody here.
    fn changed(&self) -> Result<(), ListenerError>;
}

/// Why a listener failed. Nothing comes of it: the change was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ListenerError {
    /// The listener failed.
    #[error("{reason}")]
    Failed {
        /// For the developer of the app.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ListenerError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed {
            reason: error.reason,
        }
    }
}

/// The cases that changed since a revision.
#[uniffi::remote(Record)]
pub struct TouchedCases {
    /// The newest revision: what to ask with next time.
    pub revision: i64,
    /// The cases, in the order in which they were touched last. A case that was forgotten is among them.
    pub cases: Vec<CaseId>,
}

#[uniffi::export]
impl CaseweaveHandle {
    /// Has a listener called after each change; it takes the place of the one before.
    pub fn on_change(&self, listener: Arc<dyn ChangeListener>) -> Result<(), CaseweaveError> {
        self.0.on_change(move || {
            if let Err(error) = listener.changed() {
                tracing::warn!(target: "caseweave::ffi", %error, "a change listener failed");
            }
        });
        Ok(())
    }

    /// The cases that changed since a revision; 0 asks for all.
    pub fn changes_since(&self, revision: i64) -> Result<TouchedCases, CaseweaveError> {
        Ok(self.0.changes_since(revision)?)
    }
}
