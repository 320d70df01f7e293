//! One exchange under way: what every part of it needs to know.

use caseweave_engine::identity::{ReceiptKey, ServerKey};
use caseweave_engine::ids::ServerId;
use caseweave_engine::sync::server::Plan;
use caseweave_engine::sync::wire::WireRequest;
use rusqlite::Transaction;

use crate::device::Device;
use crate::seams::{Clock, Entropy};

/// What the server is to everything inside it.
pub(crate) struct Context {
    pub(crate) server: ServerId,
    pub(crate) key: ServerKey,
    /// From which each organisation's derives.
    pub(crate) receipts: ReceiptKey,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) entropy: Box<dyn Entropy>,
}

/// One step of an exchange: the transaction and who asks.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) context: &'a Context,
    pub(crate) receipts: &'a ReceiptKey,
    pub(crate) transaction: &'a Transaction<'a>,
    pub(crate) device: Device,
    pub(crate) request: &'a WireRequest,
    pub(crate) plan: &'a Plan,
    pub(crate) now_ms: i64,
}
