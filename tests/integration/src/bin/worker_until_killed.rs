//! A worker who edits and exchanges without end, for a test that ends the process in the middle: prints what was acknowledged, and
//! when an exchange begins and ends.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::io::Write;
use std::path::PathBuf;

use caseweave_testkit::{Agency, Device, Entries};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = PathBuf::from(arguments.next().unwrap());
    let seed = arguments.next().unwrap().parse().unwrap();
    let agency = Agency::kept(&directory.join("server"), seed);
    let phone = Device::kept(&directory.join("phone"), agency.clock.clone(), seed);
    let entries = Entries(&phone);
    let case = entries.open_case("Rosa", "Díaz");
    let mut stdout = std::io::stdout().lock();
    let mut say = |line: &str| {
        writeln!(stdout, "{line}").unwrap();
        stdout.flush().unwrap();
    };
    for number in 0_u64.. {
        let id = match number % 3 {
            0 => entries.task(case, "Call the pharmacy"),
            1 => entries.visit_with_note(case, "Ate well and slept well."),
            _ => entries.phone(case, "555 0100"),
        };
        say(&format!("{case} {id}"));
        if number % 2 == 1 {
            say("exchange");
            phone.sync(&mut agency.network());
            say("exchanged");
        }
    }
}
