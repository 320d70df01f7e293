//! Encrypted storage on the device: documents, their changes and signatures, the outbox, projections and search.
//!
//! Knows SQL and the engine's plain types, never automerge: a document is bytes and heads to it. Decides nothing about
//! content and reads no clock; times come in as arguments.
//!
//! One [`Store`] is one SQLCipher file. [`Store::write`] is one transaction on the single writer connection,
//! [`Store::read`] one snapshot on a small pool of readers that never waits for the writer. What can be read is on
//! [`ReadTx`], what can be changed on [`WriteTx`], which can read as well.

mod access;
mod changes;
mod compartments;
mod connection;
mod documents;
mod due;
mod duplicates;
mod envelopes;
mod error;
mod figures;
mod instruments;
mod integrity;
mod migrate;
mod outbox;
mod packs;
mod projections;
mod providers;
mod quarantine;
mod queries;
mod records;
mod rescue;
mod room;
mod row;
mod search;
mod settings;
mod sync_state;
mod touched;
mod transaction;
mod visits;
mod withheld;
mod worklist;

#[cfg(test)]
mod tests;

pub use access::StoredAction;
pub use changes::{ChangeRow, ChangeState, Changes, Hash, NewChange};
pub use compartments::CompartmentListRow;
pub use connection::{OpenOptions, Store, StoreKey};
pub use documents::{DocumentRow, NewDocument, StoredDocument, StoredSnapshot};
pub use envelopes::{StoredEnvelope, UnsignedRun};
pub use error::{Error, Result};
pub use figures::Standing;
pub use integrity::IntegrityReport;
pub use migrate::DATABASE_VERSION;
pub use outbox::{CaseSync, GroupId, LOST_EDITS, NewGroup, PendingGroup};
pub use providers::{ProviderCursor, ProviderPage, ProviderQuery};
pub use quarantine::{NewQuarantined, Quarantined, QuarantinedChange};
pub use queries::{
    Agenda, CaseListRow, ClosedCaseRow, ConflictListRow, Deadline, Inbox, ListCursor, ListQuery,
    Page, Sort, SortKey,
};
pub use rescue::{
    RescueReport, RescuedTable, discard, discard_set_aside, last_set_aside, rescue, set_aside,
};
pub use search::SearchHit;
pub use sync_state::{Confirmed, Identity, SyncState};
pub use touched::TouchedCases;
pub use transaction::{ReadTx, WriteTx};
pub use worklist::Workload;
