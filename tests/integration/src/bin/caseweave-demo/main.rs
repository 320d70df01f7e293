//! The main job, end to end: two workers with three phones, offline, on one caseload. Real processes, the real encrypted database, the
//! real server over TLS, through a proxy that loses every seventh reply. Exits with an error on any difference at the end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a demonstration that cannot go on stops"
)]

mod device;
mod phone;
mod proxy;
mod server;
mod story;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("device") => device::run(&arguments[2..]),
        _ => story::tell(),
    }
}
