//! The sync server: accepts, merges and hands out the changes of an agency's case records.
//!
//! [`Server`] is the whole of it without HTTP; [`http`] puts it on a socket; [`Administration`] and [`check()`] are what the
//! commands of the program do. Organisations share nothing: each has a database file of its own.

mod access;
mod admin;
mod answer;
mod audit;
mod cache;
mod check;
mod device;
mod drafts;
mod enrol;
mod error;
mod everybody;
mod feed;
mod forgotten;
mod grants;
pub mod http;
mod ladder;
mod late;
mod organisation;
mod page;
mod place;
mod proofs;
mod record;
mod rows;
mod schema;
mod seams;
mod server;
mod settings;
mod step;
mod upload;

pub use admin::{Administration, DeviceRow, LINK_MS};
pub use answer::Answer;
pub use check::{Fault, Finding, check};
pub use error::Error;
pub use seams::{Clock, Entropy, NoEntropy, SystemClock, SystemEntropy};
pub use server::Server;
