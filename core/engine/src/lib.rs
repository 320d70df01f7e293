//! The pure heart of caseweave: what a case record is, how two versions of it merge, and how edits travel.
//!
//! Nothing in here opens a file or socket, sleeps, spawns, reads a clock or draws randomness: `now`, random bytes and keys
//! come in as arguments, bytes and values go out.
//!
//! - [`calendar`] says which day a moment belongs to.
//! - [`domain`] knows the field worker's world and nothing of automerge: an edit and the view it is made on give writes.
//! - [`instruments`] says what assessments ask, and scores their answers.
//! - [`settings`] says what an agency sets for itself.
//! - [`document`] carries writes into an automerge document and reads records, conflicts and history back out of it.
//! - [`worklist`] says what to do first, and why.
//! - [`duplicates`] says whether somebody has a case already.
//! - [`import`] reads persons and cases out of a table that another system wrote.
//! - [`identity`] says which device made which change and proves it.
//! - [`guard`] looks at bytes from outside before automerge does.
//! - [`report`] makes of records what people read outside the app; [`export`] what other programs read.
//! - [`sync`] moves changes between devices and the server; it knows no domain.

pub mod calendar;
pub mod document;
pub mod domain;
pub mod duplicates;
pub mod export;
pub mod guard;
pub mod identity;
pub mod ids;
pub mod import;
pub mod instruments;
pub mod projection;
pub mod report;
pub mod settings;
pub mod sync;
pub mod worklist;
