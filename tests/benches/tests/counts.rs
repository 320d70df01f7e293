//! The counts of core/docs/performance.md on a small workload: more bytes, requests or steps turn this red.

use caseweave_benches::{Loads, SCENARIOS, Size};

#[test]
fn no_count_is_past_its_bound_on_a_small_workload() {
    let mut loads = Loads::new(env!("CARGO_BIN_EXE_caseweave-bench").into());
    for scenario in &SCENARIOS {
        let section = scenario.run(&Size::SMALL, &mut loads);
        let missed: Vec<_> = section.missed().collect();
        assert!(missed.is_empty(), "{missed:#?}");
    }
}
