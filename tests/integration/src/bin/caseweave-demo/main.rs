//! The main job, end to end: a case manager's day, and two workers with three phones, offline, on one caseload. Real processes, the real
//! encrypted database, the real server over TLS, through a proxy that loses every seventh reply. What it writes stays in the folder it
//! is given. Exits with an error on any difference.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a demonstration that cannot go on stops"
)]

mod day;
mod device;
mod phone;
mod proxy;
mod screens;
mod server;
mod story;

use std::path::Path;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments[1].as_str() {
        "device" => device::run(&arguments[2..]),
        directory => story::tell(Path::new(directory)),
    }
}
