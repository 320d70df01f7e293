//! Caseloads: an agency on a socket, and a phone of the lead that has every case.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use caseweave_engine::ids::CaseId;
use caseweave_testkit::{Case, Device, Shape, Told, Workload};

use crate::socket::{Socket, Traffic};
use crate::time::timed;

/// Cases whose documents are kept, for colleagues to go on with.
const KEPT: usize = 40;
/// Cases between two lines of progress.
const STEP: usize = 200;

/// An agency's cases on a server, and the lead's phone that holds them.
pub struct Caseload {
    pub(crate) workload: Workload,
    pub(crate) socket: Socket,
    /// The first cases, as they are.
    pub(crate) kept: Vec<Case>,
    pub(crate) ids: Vec<CaseId>,
    pub(crate) told: Told,
    pub(crate) shape: Shape,
    pub(crate) phone: Device,
    /// How the phone got the cases: what went over the wire, how long it took, how many documents the server decoded.
    pub(crate) filling: Traffic,
    pub(crate) filled_in: Duration,
    pub(crate) decoded: u64,
}

impl Caseload {
    /// Makes a caseload and fills a new phone with it.
    pub(crate) fn make(cases: usize, shape: Shape) -> Self {
        let mut workload = caseweave_testkit::agency(1);
        let (mut kept, mut ids) = (Vec::new(), Vec::new());
        let begin = Instant::now();
        let told = workload.add(cases, shape, |count, case| {
            ids.push(case.id);
            if kept.len() < KEPT {
                kept.push(case);
            }
            if count.is_multiple_of(STEP) {
                eprintln!(
                    "  {count} of {cases} cases made, {} s",
                    begin.elapsed().as_secs()
                );
            }
        });
        // As after a night: nothing of the making is in the server's memory.
        workload.agency.restart();
        let socket = Socket::open(workload.agency.shared_server());
        let lead = workload.staff()[0];
        let phone = workload.agency.device(lead);
        let mut carrier = socket.carrier();
        let ((), filled_in) = timed(|| phone.sync(&mut carrier));
        let filling = carrier.traffic();
        eprintln!("  a new phone filled, {} s", begin.elapsed().as_secs());
        assert_eq!(phone.cases().len(), cases);
        let agency = &workload.agency;
        let decoded = agency.server().documents_decoded(agency.organisation());
        Self {
            workload,
            socket,
            kept,
            ids,
            told,
            shape,
            phone,
            filling,
            filled_in,
            decoded,
        }
    }

    /// Exchanges until both sides are equal.
    pub(crate) fn sync(&self) -> Traffic {
        let mut carrier = self.socket.carrier();
        self.phone.sync(&mut carrier);
        carrier.traffic()
    }
}

/// Caseloads made so far: a later scenario uses what an earlier one made.
pub struct Loads {
    /// This crate's program, to be started again by a scenario.
    pub(crate) program: PathBuf,
    made: Vec<((usize, Shape), Caseload)>,
}

impl Loads {
    /// None yet. `program` is this crate's program: a scenario starts it to measure a process.
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            made: Vec::new(),
        }
    }

    /// A caseload of so many cases.
    pub(crate) fn of(&mut self, cases: usize, shape: Shape) -> &mut Caseload {
        let known = self
            .made
            .iter()
            .position(|(size, _)| *size == (cases, shape));
        let place = known.unwrap_or_else(|| {
            let made = Caseload::make(cases, shape);
            self.made.push(((cases, shape), made));
            self.made.len() - 1
        });
        &mut self.made[place].1
    }
}
