//! An agency: one organisation on one server, without a socket.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use caseweave::WorkerId;
use caseweave_engine::ids::OrganisationId;
use caseweave_engine::sync::wire::{ENROL_ROUTE, SYNC_ROUTE};
use caseweave_server::Server;
use tempfile::TempDir;

use crate::{Device, Dice, Network, TestClock};

/// The address that links name. Nothing listens there: requests go straight to the server's library.
const ADDRESS: &str = "https://sync.test";
/// 2026-06-15T12:00:00Z.
pub(crate) const NOON: i64 = 1_781_524_800_000;

/// One organisation on one server.
pub struct Agency {
    seed: u64,
    /// The server's clock. Devices have their own.
    pub clock: TestClock,
    dice: Dice,
    directory: Files,
    server: Option<Arc<Server>>,
    organisation: OrganisationId,
    devices: u64,
}

impl Agency {
    /// An agency without workers.
    pub fn new(seed: u64) -> Self {
        Self::on(tempfile::tempdir().unwrap().into(), seed)
    }

    /// The agency whose server has its files in a directory that outlives this process.
    pub fn kept(directory: &Path, seed: u64) -> Self {
        Self::on(directory.to_owned().into(), seed)
    }

    fn on(directory: Files, seed: u64) -> Self {
        let clock = TestClock::at(NOON);
        let dice = Dice::new(seed, "server");
        let server = Server::open(directory.path(), clock.clone(), dice.clone()).unwrap();
        let known = server.administration().organisations().unwrap();
        let organisation = match known.first() {
            Some(organisation) => *organisation,
            None => server.administration().add_organisation("Agency").unwrap(),
        };
        Self {
            seed,
            clock,
            dice,
            directory,
            server: Some(Arc::new(server)),
            organisation,
            devices: 0,
        }
    }

    /// The server.
    pub fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// The server, to be put on a socket.
    pub fn shared_server(&self) -> Arc<Server> {
        Arc::clone(self.server.as_ref().unwrap())
    }

    /// The agency's id.
    pub fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    /// Adds a worker.
    pub fn worker(&self, name: &str) -> WorkerId {
        self.server()
            .administration()
            .add_worker(self.organisation, name)
            .unwrap()
    }

    /// A one-time link for a worker's device.
    pub fn link(&self, worker: WorkerId) -> String {
        self.try_link(worker).unwrap()
    }

    /// The same; nothing where the server does not know the worker.
    pub fn try_link(&self, worker: WorkerId) -> Option<String> {
        let mut administration = self.server().administration();
        match administration.enrolment_link(self.organisation, worker, ADDRESS) {
            Ok(link) => Some(link.to_string()),
            Err(caseweave_server::Error::NoSuchWorker(_)) => None,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Enrols a new device of a worker. Its clock is off by some days.
    pub fn device(&mut self, worker: WorkerId) -> Device {
        self.devices += 1;
        let dice = Dice::new(self.seed, &format!("device {}", self.devices));
        let days = i64::try_from(dice.below(20)).unwrap() - 10;
        let clock = TestClock::at(NOON + days * 86_400_000);
        Device::enrol(&self.link(worker), clock, dice, &mut self.network())
    }

    /// Enrols a new device of a worker in a directory that outlives this process.
    pub fn kept_device(&self, worker: WorkerId, directory: &Path, seed: u64) -> Device {
        let (clock, dice) = (TestClock::at(NOON), Dice::new(seed, "device"));
        let files = directory.to_owned().into();
        Device::enrol_in(files, &self.link(worker), clock, dice, &mut self.network())
    }

    /// A network without faults.
    pub fn network(&self) -> Network<'_> {
        Network::new(self)
    }

    /// What the server answers to a request.
    pub(crate) fn answer(&self, request: &caseweave::HttpRequest) -> (u16, Vec<u8>) {
        let proof = request
            .headers
            .iter()
            .find(|(name, _)| name == "authorization");
        let proof = proof.map(|(_, value)| value.as_str());
        let answer = match request.url.strip_prefix(ADDRESS) {
            Some(SYNC_ROUTE) => self.server().exchange(proof, &request.body),
            Some(ENROL_ROUTE) => self.server().enrol(&request.body),
            _ => panic!("no such route: {}", request.url),
        };
        (answer.status, answer.body)
    }

    /// Stops the server and starts it again on the same files.
    pub fn restart(&mut self) {
        self.server.take();
        self.open();
    }

    /// A copy of the server's files as they are.
    pub fn backup(&mut self) -> TempDir {
        self.server.take();
        let copy = tempfile::tempdir().unwrap();
        copy_all(self.directory.path(), copy.path());
        self.open();
        copy
    }

    /// Puts a copy in the place of the server's files.
    pub fn restore(&mut self, backup: &TempDir) {
        self.server.take();
        self.directory = tempfile::tempdir().unwrap().into();
        copy_all(backup.path(), self.directory.path());
        self.open();
    }

    /// The same, with the places in the feed that devices have reached since: nothing tells the server that it was set back.
    pub fn restore_untold(&mut self, backup: &TempDir) {
        let now = self.backup();
        self.restore(backup);
        self.server.take();
        let file = format!("organisations/{}.sqlite", self.organisation);
        let raw = rusqlite::Connection::open(self.directory.path().join(&file)).unwrap();
        let lost = now.path().join(&file);
        raw.execute("ATTACH ?1 AS lost", [lost.to_str().unwrap()])
            .unwrap();
        raw.execute_batch(
            "DELETE FROM cursors; INSERT INTO cursors SELECT * FROM lost.cursors; DETACH lost",
        )
        .unwrap();
        drop(raw);
        self.open();
    }

    /// Findings of the server's own check; none when all is well.
    pub fn findings(&self) -> Vec<String> {
        let findings = caseweave_server::check(&self.server().administration()).unwrap();
        findings
            .iter()
            .map(|finding| format!("{finding:?}"))
            .collect()
    }

    fn open(&mut self) {
        let server = Server::open(self.directory.path(), self.clock.clone(), self.dice.clone());
        self.server = Some(Arc::new(server.unwrap()));
    }
}

/// A directory: of this process, or one that outlives it.
pub(crate) enum Files {
    Temporary(TempDir),
    Kept(PathBuf),
}

impl Files {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Temporary(directory) => directory.path(),
            Self::Kept(path) => path,
        }
    }
}

impl From<TempDir> for Files {
    fn from(directory: TempDir) -> Self {
        Self::Temporary(directory)
    }
}

impl From<PathBuf> for Files {
    fn from(path: PathBuf) -> Self {
        Self::Kept(path)
    }
}

pub(crate) fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
