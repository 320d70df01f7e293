//! The surface that Kotlin, Swift and Python see.
//!
//! Records, enums and errors cross as copies, calls are short and block. What this crate does *not* do: decide anything. Each
//! function hands over to the facade and maps its error.

mod access;
mod case;
mod changes;
mod compartments;
mod domain;
mod duplicates;
mod enrolment;
mod error;
mod evv;
mod export;
mod handle;
mod ids;
mod import;
mod instruments;
mod lists;
mod proof;
mod reports;
mod settings;
mod status;
mod sync;
mod time;
mod vault;
mod versions;
mod worklist;

pub use access::Colleague;
pub use case::ChangeRecord;
pub use changes::{ChangeListener, ListenerError};
pub use compartments::CompartmentRow;
pub use duplicates::Duplicate;
pub use enrolment::Enrolment;
pub use error::CaseweaveError;
pub use handle::CaseweaveHandle;
pub use import::{ImportColumn, ImportMap, ImportReport, ImportedRow};
pub use instruments::InstrumentSummary;
pub use lists::{Agenda, CasePage, CaseRow, ConflictRow, ListQuery, LocalDay, TaskRow, VisitRow};
pub use proof::{CaseProof, ChangeProof};
pub use status::{DamagedChange, IntegrityReport, Quarantined};
pub use sync::{HttpHeader, HttpRequest, SyncSession};
pub use vault::{KeyVault, KeyVaultError, RescueReport, RescuedTable, rescue};
pub use versions::{Versions, versions};

uniffi::setup_scaffolding!("caseweave");

#[cfg(test)]
mod tests;
