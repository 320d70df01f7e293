//! How edits travel: the messages, their packing, and the digest by which two sides see that they are equal.
//!
//! Moves changes and knows no domain. The host owns HTTP: bytes go out of here and come in.

mod client;
mod codec;
mod columns;
mod digest;
mod ladder;
mod link;
mod load;
mod proof;
pub mod server;
pub mod wire;

pub use client::{CheckedChange, CheckedNews, CheckedRun, Unfit, absorb_snapshot, check_news};
pub use codec::{
    CodecError, MAX_BODY, MAX_INFLATED, compress, compress_to_rest, inflate, inflated, inflating,
    pack, pad, unpack,
};
pub use digest::{Digest, Fingerprint, fingerprint};
pub use ladder::{Held, Lacking, lacking, rung};
pub use link::{EnrolmentLink, InvalidLink};
pub use load::{Load, MAX_EDITED, MAX_FINISHED};
pub use proof::{Checked, Proof, check_envelopes, proofs};

#[cfg(test)]
mod tests;
