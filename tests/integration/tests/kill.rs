//! A process that is killed in the middle of anything: what a call acknowledged is there afterwards, on the device and, after
//! an exchange, everywhere.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use caseweave::{CaseId, EntityId};
use caseweave_testkit::{Agency, Device, Dice, ids};

const ROUNDS: u64 = 200;
/// How many edits, beginnings and ends of exchanges the child tells of at most before it is killed.
const MOST_LINES: u64 = 12;
/// In how many rounds the end has to come within an exchange, at least.
const WITHIN_EXCHANGES: u64 = ROUNDS / 20;
/// How long the child goes on after the last line that was read, at most, in turns of a loop.
const MOST_TURNS: u64 = 1_500_000;

type Acknowledged = BTreeMap<CaseId, Vec<EntityId>>;

/// Lets a worker work, kills the process at a random point, and returns what it had said to be saved, and whether it was within an
/// exchange.
fn work_and_kill(directory: &Path, seed: u64, dice: &Dice) -> (Acknowledged, bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_worker_until_killed"))
        .arg(directory)
        .arg(seed.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let wanted = usize::try_from(dice.below(MOST_LINES)).unwrap();
    let mut said: Vec<String> = lines.by_ref().take(wanted).map(Result::unwrap).collect();
    (0..dice.below(MOST_TURNS)).for_each(|_| std::hint::spin_loop());
    child.kill().unwrap();
    child.wait().unwrap();
    // Whatever it managed to say before it died counts too.
    said.extend(lines.map(Result::unwrap));
    let mut acknowledged = Acknowledged::new();
    let mut exchanging = false;
    for line in said.iter().filter(|line| !line.is_empty()) {
        exchanging = line == "exchange";
        let Some((case, id)) = line.split_once(' ') else {
            continue;
        };
        acknowledged
            .entry(case.parse().unwrap())
            .or_default()
            .push(id.parse().unwrap());
    }
    (acknowledged, exchanging)
}

fn assert_holds(device: &Device, acknowledged: &Acknowledged) {
    for (case, added) in acknowledged {
        let shown = ids(&device.case(*case));
        assert!(
            added.iter().all(|id| shown.contains(id)),
            "an acknowledged edit of {case} is lost"
        );
    }
}

#[test]
fn no_acknowledged_edit_is_lost_when_the_process_is_killed() {
    let seed = std::env::var("CASEWEAVE_SEED").map_or(1, |seed| seed.parse().unwrap());
    println!("CASEWEAVE_SEED={seed}");
    let files = tempfile::tempdir().unwrap();
    let (server, phone) = (files.path().join("server"), files.path().join("phone"));
    std::fs::create_dir(&server).unwrap();
    let agency = Agency::kept(&server, seed);
    let worker = agency.worker("Ana");
    drop(agency.kept_device(worker, &phone, seed));
    drop(agency);

    let dice = Dice::new(seed, "kills");
    let mut all = Acknowledged::new();
    let mut within_exchanges = 0;
    for round in 1..=ROUNDS {
        let (acknowledged, exchanging) = work_and_kill(files.path(), seed + round, &dice);
        within_exchanges += u64::from(exchanging);
        let clock = caseweave_testkit::TestClock::at(1_781_524_800_000);
        assert_holds(
            &Device::kept(&phone, clock, seed + ROUNDS + round),
            &acknowledged,
        );
        all.extend(acknowledged);
    }

    let mut agency = Agency::kept(&server, seed + 3 * ROUNDS);
    let device = Device::kept(&phone, agency.clock.clone(), seed + 3 * ROUNDS);
    device.sync(&mut agency.network());
    let fresh = agency.device(worker);
    fresh.sync(&mut agency.network());
    let edits: usize = all.values().map(Vec::len).sum();
    assert!(
        edits as u64 > ROUNDS,
        "only {edits} edits were acknowledged"
    );
    println!(
        "{ROUNDS} processes killed, {within_exchanges} within exchanges, {edits} acknowledged edits"
    );
    assert!(within_exchanges >= WITHIN_EXCHANGES);
    for device in [&device, &fresh] {
        assert_holds(device, &all);
        assert!(device.caseweave.check_storage().unwrap().is_clean());
        assert_eq!(device.caseweave.status(None).unwrap().pending, 0);
        assert!(device.caseweave.quarantined(None).unwrap().is_empty());
    }
    assert_eq!(agency.findings(), Vec::<String>::new());
}
