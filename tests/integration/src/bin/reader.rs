//! A worker who only looks: opens the installation in a directory, two hours after noon, and prints every case with its entries.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::path::PathBuf;

use caseweave_testkit::{Device, TestClock, ids};

const TWO: i64 = 1_781_532_000_000;

fn main() {
    let directory = PathBuf::from(std::env::args().nth(1).unwrap());
    let phone = Device::kept(&directory, TestClock::at(TWO), 1);
    for case in phone.cases() {
        for id in ids(&phone.case(case)) {
            println!("{case} {id}");
        }
    }
}
