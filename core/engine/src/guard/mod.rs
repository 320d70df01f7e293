//! Checks on bytes that come from outside, before automerge sees them.
//!
//! Automerge trusts what it decodes: crafted bytes make it panic, run for hours, exhaust memory, or accept a change after
//! which the document can be saved but never loaded again. So everything another device or the server sends goes through
//! here, in this order:
//!
//! 1. [`scan_change`] reads a change by itself, in time bound by its length, and refuses what none of our edits writes;
//! 2. [`admit()`] lets automerge decode it, and compares what automerge would write with what came;
//! 3. [`trial()`] applies changes to a scratch copy of their document, saves and loads that copy, and only then gives it out.
//!
//! [`admit_snapshot`] does the like for a whole document from the server. Who made a change is not looked at here:
//! [`crate::identity`] does that. A panic of automerge is caught and becomes a [`Refusal`]; running out of memory or stack
//! cannot be caught, which is why the limits come first and why a server runs this in a process of its own.

mod admit;
mod document;
mod limits;
mod reader;
mod refusal;
mod runs;
mod scan;
mod trial;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod testing;

pub use admit::{admit, admit_snapshot};
pub(crate) use document::Tables;
pub use document::{DocumentFigures, scan_document};
pub use limits::*;
pub(crate) use reader::{MAGIC, Reader, unsigned_bytes};
pub use refusal::Refusal;
pub use scan::{ScannedChange, scan_change};
pub use trial::{check_heads, trial};
