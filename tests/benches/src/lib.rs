//! Figures a developer asks for before building on this: bytes and requests of exchanges, times of what a worker waits for,
//! sizes of what is stored and shipped.
//!
//! Counts are asserted: a run that misses one fails. Times are reported beside what they should reach, for a shared machine
//! says little about them. The workload is `testkit::agency`, from a seed. Bytes are counted on a socket, between a device and
//! the server's own HTTP. Each file of `scenario/` is one row of the table that core/docs/performance.md opens with.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that cannot go on stops"
)]

mod caseload;
mod disk;
mod figure;
pub mod machine;
pub mod report;
mod scenario;
mod size;
mod socket;
mod time;

pub use caseload::{Caseload, Loads};
pub use figure::{Bound, Figure, Section};
pub use scenario::{SCENARIOS, Scenario, child};
pub use size::Size;
