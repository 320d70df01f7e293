//! Offline-first case records: open, edit, read and exchange.
//!
//! A [`Caseweave`] is one enrolled installation's encrypted record of its caseload. Every call is short and blocking, and safe
//! from any thread; reading never waits for writing. An edit is durable when the call returns. Nothing here starts a thread or
//! opens a socket: an exchange hands out requests and takes in answers, and the app carries them with its own HTTP client.
//!
//! ```no_run
//! use caseweave::{Caseweave, Options};
//! use caseweave::domain::{Edit, NoteEdit};
//! # fn carry(request: caseweave::HttpRequest) -> (u16, Vec<u8>) { unimplemented!() }
//! # fn main() -> caseweave::Result<()> {
//! # let options: Options = unimplemented!();
//! # let (case, note): (caseweave::CaseId, caseweave::EntityId) = unimplemented!();
//! let caseweave = Caseweave::open(options)?;
//! caseweave.edit(case, &[NoteEdit::Sign { id: note }.into()])?;
//! let sync = caseweave.sync()?;
//! while let Some(request) = sync.next_request()? {
//!     let (status, body) = carry(request);
//!     sync.on_response(status, &body)?;
//! }
//! # Ok(())
//! # }
//! ```

mod access;
mod agenda;
mod assessments;
mod cases;
mod changes;
mod closing;
mod compartments;
mod duplicates;
mod edits;
mod enrolment;
mod error;
mod evv;
mod export;
mod figures;
mod handle;
mod history;
mod host;
mod import;
mod incoming;
mod joining;
mod ladder;
mod lease;
mod news;
mod outgoing;
mod proof;
mod providers;
mod queries;
mod refusal;
mod reports;
mod rules;
mod syncing;
mod timeline;
mod unproven;
mod vault;
mod verdicts;
mod versions;
mod worklist;

pub use access::{AccessDecision, CaseAccess, LateWork};
pub use agenda::{day_in, local_day};
pub use caseweave_engine::calendar::LocalDay;
pub use caseweave_engine::document::FieldChange;
pub use caseweave_engine::domain;
pub use caseweave_engine::duplicates::{Likeness, PersonDraft};
pub use caseweave_engine::ids::{
    CaseId, CompartmentId, DeviceId, DocumentId, EntityId, InvalidId, OrganisationId, ProviderId,
    ServerId, WorkerId,
};
pub use caseweave_engine::import::{CellProblem, ImportColumn, ImportMap};
pub use caseweave_engine::instruments;
pub use caseweave_engine::projection;
pub use caseweave_engine::report;
pub use caseweave_engine::settings;
pub use caseweave_engine::sync::Proof;
pub use caseweave_engine::sync::wire::{AccessAction, ActionResult, Role};
pub use caseweave_engine::worklist::{Point, Reason, Snooze, Stop, Weights, WorkItem};
pub use caseweave_store::{
    Agenda, CaseListRow, CaseSync, ClosedCaseRow, CompartmentListRow, ConflictListRow, Deadline,
    Inbox, IntegrityReport, ListCursor, ListQuery, Page, ProviderCursor, ProviderPage,
    ProviderQuery, Quarantined, RescueReport, SearchHit, Sort, SortKey, TouchedCases, Workload,
};
pub use duplicates::Duplicate;
pub use edits::EditReceipt;
pub use enrolment::Enrolment;
pub use error::{Error, Result};
pub use evv::EvvQuery;
pub use export::ExportReport;
pub use figures::CaseloadReport;
pub use handle::{Caseweave, Options, WhoAmI, rescue};
pub use history::HistoryEntry;
pub use host::{Host, SystemHost};
pub use import::{ImportReport, ImportedRow, RowOutcome};
pub use lease::Lease;
pub use proof::{CaseProof, ChangeProof};
pub use reports::{Report, ReportOptions};
pub use syncing::{HttpRequest, SyncProgress, SyncSession};
pub use timeline::Timeline;
pub use unproven::UnprovenWork;
pub use vault::{KeyVault, VaultError};
pub use versions::{Versions, versions};
pub use worklist::{Occasion, Reminder};

#[cfg(test)]
mod tests;
