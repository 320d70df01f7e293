//! Histories from seeds: whatever happens on the way, all devices of a worker end equal and nothing that was saved is lost.
//!
//! A failing history prints its seed; `CASEWEAVE_SEED=<seed>` runs that one alone.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeSet;

use caseweave_testkit::{Agency, Dice, Intentions, Mishaps, Simulation};

/// What happens in one history, after which everybody exchanges and is looked at.
const STEPS: usize = 120;
/// Names of edits that fifteen hundred turns come to at least. The laws of merging are held against every one there is.
const SORTS_OF_EDITS: usize = 60;
const WITHOUT_SERVER_LOSS: Mishaps = Mishaps {
    server_restored: false,
};

/// Runs one history to its end.
fn history(seed: u64, mishaps: Mishaps) {
    println!("CASEWEAVE_SEED={seed} {mishaps:?}");
    let mut simulation = Simulation::begin(seed, mishaps);
    simulation.run(STEPS);
    simulation.heal_and_check();
}

/// Runs the histories of some seeds, or the one that the environment names.
fn histories(seeds: impl IntoIterator<Item = u64>, mishaps: Mishaps) {
    match std::env::var("CASEWEAVE_SEED") {
        Ok(seed) => history(seed.parse().unwrap(), mishaps),
        Err(_) => seeds.into_iter().for_each(|seed| history(seed, mishaps)),
    }
}

#[test]
fn devices_that_went_through_anything_end_equal_and_lose_nothing() {
    histories(0..11, WITHOUT_SERVER_LOSS);
}

#[test]
fn devices_that_went_through_anything_else_end_equal_too() {
    histories(1_000..1_011, WITHOUT_SERVER_LOSS);
}

#[test]
fn devices_give_a_restored_server_back_what_it_lost() {
    // Of the last two, in one a copy of a phone gives back what would leave too many heads, and in the other a colleague brings back
    // work of a device that was enrolled after the backup.
    let seeds = (2_000..2_011).chain([3_035, 3_047]);
    histories(
        seeds,
        Mishaps {
            server_restored: true,
        },
    );
}

#[test]
fn the_dice_come_to_most_sorts_of_edits() {
    let mut agency = Agency::new(1);
    let workers = [agency.worker("Ana"), agency.worker("Ben")];
    let phones = [agency.device(workers[0]), agency.device(workers[0])];
    let dice = Dice::new(1, "edits");
    let mut made = BTreeSet::new();
    let mut case = None;
    for turn in 0..1_500 {
        let phone = dice.pick(&phones);
        let intentions = Intentions {
            dice: &dice,
            new_id: &|| phone.id(),
            workers: &workers,
        };
        // A fresh case now and then: a long record makes every edit slower.
        let Some(case) = case.filter(|_| turn % 100 > 0) else {
            let (id, intention) = intentions.open_case();
            phone.edit(id, &intention.edits);
            phones
                .iter()
                .chain(&phones)
                .for_each(|phone| phone.sync(&mut agency.network()));
            case = Some(id);
            continue;
        };
        let intention = intentions.next(&phone.case(case));
        if phone.caseweave.edit(case, &intention.edits).is_ok() {
            made.extend(intention.edits.iter().map(|edit| edit.name()));
        }
        if turn % 16 == 0 {
            phones
                .iter()
                .chain(&phones)
                .for_each(|phone| phone.sync(&mut agency.network()));
        }
        if made.len() >= SORTS_OF_EDITS {
            return;
        }
    }
    panic!("only {} sorts of edits: {made:?}", made.len());
}
