//! What the tests share: an agency with a server, devices of its workers, a network that fails on request, and edits as apps make
//! them. Everything comes from a seed; nothing reads a real clock or draws real randomness.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on stops"
)]

mod agency;
mod device;
mod entries;
mod fixture;
mod intentions;
mod network;
mod seeded;
mod simulation;
mod workload;

pub use agency::Agency;
pub use device::{Device, Vault};
pub use entries::{Entries, captured, day, moment};
pub use fixture::Fixture;
pub use intentions::{Intention, Intentions};
pub use network::{Carrier, Fate, Network};
pub use seeded::{Dice, SeededHost, TestClock};
pub use simulation::{Mishaps, Simulation, ids};
pub use workload::{Batch, Call, Case, Member, Shape, Told, Workload, agency, note};
