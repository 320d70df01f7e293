//! Histories from seeds: whatever happens on the way, all devices of a worker end equal and nothing that was saved is lost.
//!
//! A failing history prints its seed; `CASEWEAVE_SEED=<seed>` runs that one alone.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;

use caseweave_testkit::{Mishaps, Simulation};

/// What happens in one history, after which everybody exchanges and is looked at.
const STEPS: usize = 120;
const WITHOUT_SERVER_LOSS: Mishaps = Mishaps {
    server_restored: false,
};

/// Runs one history to its end and returns the names of the edits that were made in it.
fn history(seed: u64, mishaps: Mishaps) -> BTreeSet<&'static str> {
    println!("CASEWEAVE_SEED={seed} {mishaps:?}");
    let mut simulation = Simulation::begin(seed, mishaps);
    simulation.run(STEPS);
    simulation.heal_and_check();
    simulation.made().clone()
}

/// Runs the histories of some seeds, or the one that the environment names.
fn histories(seeds: std::ops::Range<u64>, mishaps: Mishaps) -> BTreeSet<&'static str> {
    match std::env::var("CASEWEAVE_SEED") {
        Ok(seed) => history(seed.parse().unwrap(), mishaps),
        Err(_) => seeds.flat_map(|seed| history(seed, mishaps)).collect(),
    }
}

#[test]
fn devices_that_went_through_anything_end_equal_and_lose_nothing() {
    histories(0..16, WITHOUT_SERVER_LOSS);
}

#[test]
fn devices_that_went_through_anything_else_end_equal_too() {
    histories(1_000..1_016, WITHOUT_SERVER_LOSS);
}

#[test]
fn devices_give_a_restored_server_back_what_it_lost() {
    histories(
        2_000..2_008,
        Mishaps {
            server_restored: true,
        },
    );
}
