//! The machine, named so that figures of another can be held against it, and what it tells of a process.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Now by a clock that two processes share.
pub(crate) fn clock() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// The most memory of this process that was resident, in KiB. Zero where the system does not tell.
pub(crate) fn most_resident() -> usize {
    field("/proc/self/status", "VmHWM")
        .and_then(|text| number(&text))
        .unwrap_or(0)
}

/// Processor, cores, memory, system and compiler.
pub fn description() -> String {
    let processor =
        field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.into());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| number(&text))
        .unwrap_or(0);
    let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = system
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let system = system.unwrap_or(std::env::consts::OS).trim_matches('"');
    let memory = (memory as f64 / (1024.0 * 1024.0)).round();
    let compiler = said("rustc", &["--version"]);
    format!("{processor}, {cores} cores, {memory} GiB, {system}, {compiler}")
}

/// The commit that is measured, with a mark where the tree differs from it.
pub fn commit() -> String {
    let changed = !said("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty();
    let commit = said("git", &["rev-parse", "--short=12", "HEAD"]);
    if changed {
        format!("{commit} with changes")
    } else {
        commit
    }
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn number(text: &str) -> Option<usize> {
    text.split_whitespace().next()?.parse().ok()
}
