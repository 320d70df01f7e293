//! Histories from a seed: an agency, devices of its workers, and everything that may go wrong between them.

use std::collections::{BTreeMap, BTreeSet};

use caseweave::domain::{CaseView, Kind};
use caseweave::projection::ProviderRow;
use caseweave::{
    CaseId, EntityId, Error, ListQuery, ProviderQuery, Sort, SyncProgress, SyncSession, WorkerId,
};
use chrono::NaiveDate;
use tempfile::TempDir;

use crate::{Agency, Device, Dice, Fate, Intention, Intentions, Network};

const YEAR_MS: i64 = 365 * 86_400_000;
/// Cases of one worker: more than a device keeps in memory.
const MOST_CASES: usize = 11;
const MOST_COMPARTMENTS: usize = 3;
/// Entries of the directory, which everybody has and corrects.
const MOST_PROVIDERS: usize = 3;
const MOST_WORKERS: usize = 3;
const MOST_DEVICES: usize = 5;
/// The server's code for a device that it does not know.
const UNKNOWN: &str = "unknown_device";
/// What two sides need at most until nothing moves any more.
const MOST_ROUNDS: usize = 12;

/// What somebody has for certain: records, and what was added to each.
type Known = BTreeMap<CaseId, BTreeSet<EntityId>>;

/// What may happen in a history beside edits and exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mishaps {
    /// The server is set back to a backup of its files.
    pub server_restored: bool,
}

/// An agency in the middle of its history.
pub struct Simulation {
    dice: Dice,
    mishaps: Mishaps,
    agency: Agency,
    workers: Vec<WorkerId>,
    phones: Vec<Phone>,
    /// What the server has for certain, by worker.
    server: Vec<Known>,
    /// The records among them that are everybody's.
    directory: BTreeSet<CaseId>,
    server_backup: Option<ServerBackup>,
    /// How many devices were ever enrolled.
    enrolled: usize,
}

/// The server's files at a time, what it had then, and how many devices had been enrolled.
struct ServerBackup {
    files: TempDir,
    known: Vec<Known>,
    enrolled: usize,
}

/// A device, and what is on it for certain.
struct Phone {
    device: Option<Device>,
    worker: usize,
    known: Known,
    backup: Option<(TempDir, Known)>,
    /// Its place among all devices that were ever enrolled.
    number: usize,
    /// Whether the server has forgotten it once: then it is turned away until somebody brings back work of its.
    forgotten: bool,
}

impl Phone {
    fn device(&self) -> &Device {
        self.device.as_ref().unwrap()
    }

    fn replace(&mut self, by: impl FnOnce(Device) -> Device) {
        self.device = self.device.take().map(by);
    }
}

impl Simulation {
    /// Two workers: one with two or three devices, one with one.
    pub fn begin(seed: u64, mishaps: Mishaps) -> Self {
        let mut agency = Agency::new(seed);
        let workers = vec![agency.worker("Ana"), agency.worker("Ben")];
        let dice = Dice::new(seed, "simulation");
        let owners = if dice.below(2) == 0 {
            vec![0, 0, 0, 1]
        } else {
            vec![0, 0, 1]
        };
        let phone = |(number, owner): (usize, usize)| Phone {
            device: Some(agency.device(*workers.get(owner).unwrap())),
            worker: owner,
            known: Known::new(),
            backup: None,
            number,
            forgotten: false,
        };
        let phones: Vec<Phone> = owners.into_iter().enumerate().map(phone).collect();
        Self {
            server: vec![Known::new(); workers.len()],
            directory: BTreeSet::new(),
            server_backup: None,
            enrolled: phones.len(),
            dice,
            mishaps,
            agency,
            workers,
            phones,
        }
    }

    /// Lets so many things happen, one after the other.
    pub fn run(&mut self, steps: usize) {
        (0..steps).for_each(|_| self.step());
    }

    fn step(&mut self) {
        if self.mishaps.server_restored && self.dice.below(16) == 0 {
            return if self.dice.below(2) == 0 {
                self.back_server_up();
            } else {
                self.set_server_back();
            };
        }
        let at = usize::try_from(self.dice.below(self.phones.len() as u64)).unwrap();
        match self.dice.below(100) {
            0..=61 => self.edit(at),
            62..=79 => self.exchange(at),
            80..=83 => self.exchange_crosswise(at),
            84 | 85 => self.break_off(at),
            86..=88 => self.phone(at).replace(Device::restart),
            89 => self.agency.restart(),
            90 | 91 => self.jump(at),
            92 | 93 => self.back_up(at),
            94 | 95 => self.set_back(at),
            96 => self.copy(at),
            97 | 98 => self.enrol(at),
            _ => self.lock(at),
        }
    }

    fn phone(&mut self, at: usize) -> &mut Phone {
        self.phones.get_mut(at).unwrap()
    }

    fn edit(&mut self, at: usize) {
        let device = self.phones.get(at).unwrap().device();
        if device.caseweave.lease().unwrap().ended {
            return; // The worker sees nothing to write about until the server has answered.
        }
        let intentions = Intentions {
            dice: &self.dice,
            new_id: &|| device.id(),
            workers: &self.workers,
        };
        let cases = device.cases();
        let opens = cases.is_empty() || (cases.len() < MOST_CASES && self.dice.below(8) == 0);
        let (record, intention) = match self.dice.below(16) {
            _ if opens => intentions.open_case(),
            0 | 1 => self.in_a_compartment(device, &intentions, &cases),
            2 | 3 => self.in_the_directory(device, &intentions),
            _ => {
                // Some cases are written to by everybody, so that people write apart about the same.
                let busy = cases.len().min(2);
                let case = match self.dice.below(2) {
                    0 => *self.dice.pick(cases.get(..busy).unwrap()),
                    _ => *self.dice.pick(&cases),
                };
                (case, intentions.next(&device.case(case)))
            }
        };
        match device.caseweave.edit(record, &intention.edits) {
            Ok(_) => {
                if device.caseweave.provider(record).is_ok() {
                    self.directory.insert(record);
                }
                let known = &mut self.phone(at).known;
                known.entry(record).or_default().extend(intention.adds);
            }
            Err(
                Error::InvalidInput { .. } | Error::NotFound { .. } | Error::AlreadyExists { .. },
            ) if !opens => {}
            Err(error) => panic!("{:?}: {error:?}", intention.edits),
        }
    }

    fn in_a_compartment(
        &self,
        device: &Device,
        intentions: &Intentions<'_>,
        cases: &[CaseId],
    ) -> (CaseId, Intention) {
        let known = device.caseweave.compartments(None).unwrap();
        let few = known.len() < MOST_COMPARTMENTS && self.dice.below(4) == 0;
        if known.is_empty() || few {
            return intentions.open_compartment(*self.dice.pick(cases));
        }
        let id = self.dice.pick(&known).compartment.id;
        let view = device.caseweave.compartment(id).unwrap();
        (id, intentions.in_compartment(&view))
    }

    fn in_the_directory(
        &self,
        device: &Device,
        intentions: &Intentions<'_>,
    ) -> (CaseId, Intention) {
        let known = providers(device);
        let few = known.len() < MOST_PROVIDERS && self.dice.below(4) == 0;
        if known.is_empty() || few {
            return intentions.open_provider();
        }
        let id = self.dice.pick(&known).id;
        let view = device.caseweave.provider(id).unwrap();
        (id, intentions.in_provider(&view))
    }

    /// An exchange over a bad network, to its end or until the worker gives up.
    fn exchange(&mut self, at: usize) {
        let phone = self.phones.get(at).unwrap();
        let turned_away = self.is_turned_away(phone);
        let outcome = phone
            .device()
            .try_sync(&mut bad_network(&self.agency, &self.dice));
        match outcome {
            Ok(()) if !turned_away => self.both_have(at),
            Err(Error::Interrupted { .. }) => {}
            Err(Error::SyncRejected { code, .. }) if turned_away && code == UNKNOWN => {}
            other => panic!("{other:?}"),
        }
    }

    /// Whether the server does not know a device: one that was enrolled after the backup to which it was set back.
    fn is_turned_away(&self, phone: &Phone) -> bool {
        let device = phone.device().caseweave.who_am_i().unwrap().device;
        let organisation = self.agency.organisation();
        let known = self.agency.server().administration().devices(organisation);
        let known = known.unwrap().iter().any(|row| row.device == device);
        assert!(known || phone.forgotten, "a device was forgotten");
        !known
    }

    /// Two sessions at once whose answers come in the other order.
    fn exchange_crosswise(&mut self, at: usize) {
        let phone = self.phones.get(at).unwrap();
        if self.is_turned_away(phone) {
            return;
        }
        let mut network = bad_network(&self.agency, &self.dice);
        let caseweave = &phone.device().caseweave;
        let (one, other) = (caseweave.sync().unwrap(), caseweave.sync().unwrap());
        let first = one
            .next_request()
            .unwrap()
            .and_then(|request| network.send(&request));
        let second = other
            .next_request()
            .unwrap()
            .and_then(|request| network.send(&request));
        for (session, answer) in [(&other, second), (&one, first)] {
            let Some((status, body)) = answer else {
                continue;
            };
            take(session, status, &body);
        }
    }

    /// A request is under way when the device's process, or the server's, ends.
    fn break_off(&mut self, at: usize) {
        let phone = self.phones.get_mut(at).unwrap();
        let session = phone.device().caseweave.sync().unwrap();
        let request = session.next_request().unwrap();
        bad_network(&self.agency, &self.dice).send(&request.unwrap());
        drop(session);
        if self.dice.below(2) == 0 {
            phone.replace(Device::restart);
        } else {
            self.agency.restart();
        }
    }

    fn jump(&mut self, at: usize) {
        let years = i64::try_from(self.dice.below(61)).unwrap() - 30;
        if self.dice.below(4) == 0 {
            self.agency.clock.advance(years * YEAR_MS);
        } else {
            self.phone(at).device().clock.advance(years * YEAR_MS);
        }
    }

    fn back_up(&mut self, at: usize) {
        let phone = self.phone(at);
        phone.backup = Some((phone.device().backup(), phone.known.clone()));
    }

    fn set_back(&mut self, at: usize) {
        let phone = self.phone(at);
        if let Some((files, known)) = phone.backup.take() {
            phone.replace(|device| device.restored(files));
            phone.known = known;
        }
    }

    fn copy(&mut self, at: usize) {
        if self.phones.len() >= MOST_DEVICES {
            return;
        }
        let phone = self.phone(at);
        let (device, copy) = phone.device.take().unwrap().cloned();
        phone.device = Some(device);
        let copy = Phone {
            device: Some(copy),
            worker: phone.worker,
            known: phone.known.clone(),
            backup: None,
            ..*phone
        };
        self.phones.push(copy);
    }

    /// A worker, or somebody new, gets one more device, which is filled with what the server has when it first comes through.
    fn enrol(&mut self, at: usize) {
        if self.phones.len() >= MOST_DEVICES {
            return;
        }
        let mut worker = self.phone(at).worker;
        if self.workers.len() < MOST_WORKERS && self.dice.below(4) == 0 {
            worker = self.workers.len();
            self.workers.push(self.agency.worker("Cleo"));
            let shared = shared(self.server.first().unwrap(), &self.directory);
            self.server.push(shared);
        }
        if self.is_worker(worker) {
            let phone = self.enrolled_now(worker);
            self.phones.push(phone);
        }
    }

    /// Whether the server knows a worker: one who was made after the backup to which it was set back comes back with work.
    fn is_worker(&self, worker: usize) -> bool {
        let worker = *self.workers.get(worker).unwrap();
        self.agency.try_link(worker).is_some()
    }

    fn enrolled_now(&mut self, worker: usize) -> Phone {
        self.enrolled += 1;
        Phone {
            device: Some(self.agency.device(*self.workers.get(worker).unwrap())),
            worker,
            known: Known::new(),
            backup: None,
            number: self.enrolled,
            forgotten: false,
        }
    }

    fn back_server_up(&mut self) {
        self.server_backup = Some(ServerBackup {
            files: self.agency.backup(),
            known: self.server.clone(),
            enrolled: self.enrolled,
        });
    }

    fn set_server_back(&mut self) {
        let Some(backup) = self.server_backup.take() else {
            return;
        };
        self.agency.restore(&backup.files);
        self.server = backup.known;
        self.server.resize(self.workers.len(), Known::new());
        let later = self.phones.iter_mut();
        later
            .filter(|phone| phone.number > backup.enrolled)
            .for_each(|phone| phone.forgotten = true);
    }

    fn lock(&mut self, at: usize) {
        let caseweave = &self.phone(at).device().caseweave;
        caseweave.lock();
        caseweave.unlock().unwrap();
    }

    /// After an exchange that came to its end either side has what the other had.
    fn both_have(&mut self, at: usize) {
        let phone = self.phones.get_mut(at).unwrap();
        let server = self.server.get_mut(phone.worker).unwrap();
        add(server, &phone.known);
        phone.known.clone_from(server);
        let shared = shared(&phone.known, &self.directory);
        self.server.iter_mut().for_each(|of| add(of, &shared));
    }

    /// The network is good again and everybody exchanges until nothing moves; then everything must be as promised.
    pub fn heal_and_check(&mut self) {
        self.settle();
        // What nobody can prove any more is brought back by whoever leads the case, and who stayed forgotten begins anew.
        while self.adopt() || self.enrol_again() {
            self.settle();
        }
        let everywhere = self.server.iter();
        let everywhere = everywhere.chain(self.phones.iter().map(|phone| &phone.known));
        let mut directory = Known::new();
        everywhere.for_each(|known| add(&mut directory, &shared(known, &self.directory)));
        for (worker, of_server) in self.server.iter().enumerate() {
            let mut expected = of_server.clone();
            add(&mut expected, &directory);
            let of_worker = self.phones.iter().filter(|phone| phone.worker == worker);
            let phones: Vec<&Phone> = of_worker.collect();
            phones
                .iter()
                .for_each(|phone| add(&mut expected, &phone.known));
            for phone in &phones {
                let again = sync_well(phone.device(), &mut self.agency.network());
                assert_eq!(again.len(), 1, "the digests are equal");
                check_phone(phone.device(), &expected);
            }
            all_say_the_same(phones.into_iter(), &everything);
        }
        all_say_the_same(self.phones.iter(), &whole_directory);
        assert_eq!(self.agency.findings(), Vec::<String>::new());
    }

    fn settle(&self) {
        for _ in 0..MOST_ROUNDS {
            let mut moved = false;
            for phone in &self.phones {
                if self.is_turned_away(phone) {
                    continue;
                }
                let progress = sync_well(phone.device(), &mut self.agency.network());
                moved |= progress
                    .iter()
                    .any(|progress| *progress != SyncProgress::default());
            }
            if !moved {
                return;
            }
        }
        panic!("{MOST_ROUNDS} rounds of exchanges did not bring everybody to the same");
    }

    /// Whoever leads something answers for what nobody can prove there. Says whether there was any.
    fn adopt(&self) -> bool {
        let known = self.phones.iter();
        let known = known.filter(|phone| !self.is_turned_away(phone));
        let adopted = known.map(|phone| {
            let device = phone.device();
            let records = records(device).into_iter();
            let adopted = records.map(|record| match device.caseweave.adopt_unproven(record) {
                Ok(adopted) => adopted,
                Err(Error::NotAllowed { .. }) => 0,
                Err(error) => panic!("{error:?}"),
            });
            adopted.sum::<u32>()
        });
        adopted.sum::<u32>() > 0
    }

    /// A device that nobody brought back is enrolled again, and what only it had is gone. Says whether there was one.
    fn enrol_again(&mut self) -> bool {
        let turned_away = |at: &usize| self.is_turned_away(self.phones.get(*at).unwrap());
        let Some(at) = (0..self.phones.len()).find(turned_away) else {
            return false;
        };
        let worker = self.phones.get(at).unwrap().worker;
        if !self.is_worker(worker) {
            let again = self.agency.worker("Cleo");
            *self.workers.get_mut(worker).unwrap() = again;
        }
        let phone = self.enrolled_now(worker);
        *self.phones.get_mut(at).unwrap() = phone;
        true
    }
}

fn bad_network<'a>(agency: &'a Agency, dice: &'a Dice) -> Network<'a> {
    agency.network().with_fate(|| match dice.below(10) {
        0 | 1 => Fate::RequestLost,
        2 | 3 => Fate::ReplyLost,
        4 => Fate::Doubled,
        _ => Fate::Arrives,
    })
}

fn take(session: &SyncSession, status: u16, body: &[u8]) -> Option<SyncProgress> {
    match session.on_response(status, body) {
        Ok(progress) => Some(progress),
        Err(Error::Interrupted { .. }) => None,
        Err(error) => panic!("{error:?}"),
    }
}

/// One exchange over a good network, with what each answer brought.
fn sync_well(device: &Device, network: &mut Network<'_>) -> Vec<SyncProgress> {
    let session = device.caseweave.sync().unwrap();
    let mut progress = Vec::new();
    while let Some(request) = session.next_request().unwrap() {
        assert!(network.requests < 100, "the exchange does not end");
        let (status, body) = network.send(&request).unwrap();
        progress.extend(take(&session, status, &body));
    }
    progress
}

fn add(to: &mut Known, from: &Known) {
    for (case, added) in from {
        to.entry(*case).or_default().extend(added);
    }
}

/// Of what somebody has, what is in the directory.
fn shared(known: &Known, directory: &BTreeSet<CaseId>) -> Known {
    let shared = known.iter().filter(|(id, _)| directory.contains(id));
    shared.map(|(id, added)| (*id, added.clone())).collect()
}

/// Nothing waits, nothing was set aside, the files are whole, and everything that is expected is there.
fn check_phone(device: &Device, expected: &Known) {
    let caseweave = &device.caseweave;
    let sync = caseweave.status(None).unwrap();
    let aside = caseweave.quarantined(None).unwrap();
    let codes: Vec<_> = aside
        .iter()
        .map(|entry| (entry.case, &entry.code))
        .collect();
    assert!(codes.is_empty(), "set aside: {codes:?}");
    assert_eq!((sync.pending, sync.held, sync.refused), (0, 0, 0));
    let report = caseweave.check_storage().unwrap();
    assert!(report.is_clean(), "{report:?}");
    for (case, added) in expected {
        let shown = shown(device, *case);
        let lost: Vec<&EntityId> = added.difference(&shown).collect();
        assert!(lost.is_empty(), "lost in case {case}: {lost:?}");
    }
}

/// Everything that a device shows of a record, by its id.
fn shown(device: &Device, record: CaseId) -> BTreeSet<EntityId> {
    if let Ok(view) = device.caseweave.provider(record) {
        let services = view.services.iter();
        return services.map(|service| service.meta.id).collect();
    }
    match device.caseweave.compartment(record) {
        Ok(view) => {
            let notes = view.notes.iter().map(|note| note.note.meta.id);
            notes
                .chain(view.needs.iter().map(|need| need.meta.id))
                .collect()
        }
        Err(_) => ids(&device.case(record)),
    }
}

/// Everything that a view shows by its id.
pub fn ids(view: &CaseView) -> BTreeSet<EntityId> {
    entries(view).into_iter().map(|(_, id)| id).collect()
}

/// Everything that a view shows, by kind and id.
pub(crate) fn entries(view: &CaseView) -> Vec<(Kind, EntityId)> {
    let mut entries = Vec::new();
    macro_rules! each {
        ($($list:ident: $kind:ident $($part:ident)*;)*) => {
            $(entries.extend(view.$list.iter().map(|entry| (Kind::$kind, entry$(.$part)*.meta.id)));)*
        };
    }
    each! {
        phones: Phone; addresses: Address; identifiers: Identifier; contacts: Contact;
        care_team: CareTeamMember; visits: Visit visit; notes: Note note; tasks: Task;
        goals: Goal goal; consents: Consent; needs: Need; interventions: Intervention;
        referrals: Referral; authorizations: Authorization authorization; advocacy: Advocacy;
        risks: Risk; outcomes: Outcome; households: HouseholdLink; case_links: CaseLink;
        attachments: Attachment; approvals: Approval; amendments: Amendment;
        disclosures: Disclosure; communications: Communication;
    }
    let progress = view.goals.iter().flat_map(|goal| &goal.progress);
    entries.extend(progress.map(|entry| (Kind::GoalProgress, entry.meta.id)));
    let signed = view.notes.iter().flat_map(|note| &note.signed);
    entries.extend(signed.map(|version| (Kind::SignedNote, version.meta.id)));
    let settlements = view.notes.iter().flat_map(|note| &note.settlements);
    entries.extend(settlements.map(|entry| (Kind::NoteSettlement, entry.meta.id)));
    let occurrences = view.recurrences.iter().flat_map(|task| &task.occurrences);
    entries.extend(occurrences.map(|entry| (Kind::TaskOccurrence, entry.meta.id)));
    let assessments = view.assessments.iter();
    entries.extend(assessments.map(|entry| (Kind::Assessment, entry.assessment.meta.id)));
    let corrections = view.assessments.iter().flat_map(|entry| &entry.corrections);
    entries.extend(corrections.map(|entry| (Kind::AssessmentCorrection, entry.meta.id)));
    let responses = view.assessments.iter().flat_map(|entry| &entry.responses);
    entries.extend(responses.map(|entry| (Kind::AlertResponse, entry.meta.id)));
    entries
}

/// Everything a device shows, in a form that is the same wherever the record is the same.
fn everything(device: &Device) -> Vec<String> {
    let caseweave = &device.caseweave;
    let mut said = Vec::new();
    for sort in Sort::ALL {
        let query = ListQuery {
            sort,
            limit: 500,
            ..ListQuery::default()
        };
        let rows = caseweave.list(&query).unwrap().rows;
        said.extend(rows.iter().map(|row| format!("{sort:?} {row:?}")));
    }
    let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    let agenda = caseweave.agenda(day(1970), day(2200), "America/Chicago", None);
    said.push(format!("{:?}", agenda.unwrap()));
    said.push(format!("{:?}", caseweave.inbox().unwrap()));
    for words in ["calm", "mull", "crep", "555"] {
        let mut hits: Vec<String> = caseweave
            .search(words, 500)
            .unwrap()
            .iter()
            .map(|hit| {
                format!(
                    "{words} {:?} {:?} {:?}",
                    (hit.case, hit.compartment),
                    hit.kind,
                    hit.id
                )
            })
            .collect();
        hits.sort();
        said.extend(hits);
    }
    let mut records = device.cases();
    said.extend(
        records
            .iter()
            .map(|case| format!("{:#?}", device.case(*case))),
    );
    for row in caseweave.compartments(None).unwrap() {
        let id = row.compartment.id;
        said.push(format!("{row:?} {:#?}", caseweave.compartment(id).unwrap()));
        records.push(id);
    }
    said.extend(records.into_iter().flat_map(|id| history(device, id)));
    said
}

/// Everything a device shows of the directory, in such a form.
fn whole_directory(device: &Device) -> Vec<String> {
    let mut said = Vec::new();
    for row in providers(device) {
        said.push(format!("{row:?}"));
        said.push(format!("{:#?}", device.caseweave.provider(row.id).unwrap()));
        said.extend(history(device, row.id));
    }
    said
}

/// Everything a device has that has members of its own.
fn records(device: &Device) -> Vec<CaseId> {
    let mut records = device.cases();
    let compartments = device.caseweave.compartments(None).unwrap().into_iter();
    records.extend(compartments.map(|row| row.compartment.id));
    records.extend(providers(device).into_iter().map(|row| row.id));
    records
}

fn providers(device: &Device) -> Vec<ProviderRow> {
    let query = ProviderQuery {
        closed: true,
        limit: 500,
        ..ProviderQuery::default()
    };
    device.caseweave.providers(&query).unwrap().rows
}

/// What was done to a record, sorted. When it was received and what was checked is each device's own.
fn history(device: &Device, record: CaseId) -> Vec<String> {
    let history = device.caseweave.history(record).unwrap();
    let mut history: Vec<String> = history
        .iter()
        .map(|record| {
            let what = (&record.intentions, &record.fields);
            format!("{:?} {:?} {what:?}", record.hash, record.made)
        })
        .collect();
    history.sort();
    history
}

fn all_say_the_same<'a>(
    phones: impl Iterator<Item = &'a Phone>,
    say: &dyn Fn(&Device) -> Vec<String>,
) {
    let mut said = phones.map(|phone| say(phone.device()));
    if let Some(first) = said.next() {
        said.for_each(|other| assert_same(&first, &other));
    }
}

fn assert_same(one: &[String], other: &[String]) {
    let missing = |from: &[String], of: &[String]| -> Vec<String> {
        let lines: BTreeSet<&str> = from.iter().flat_map(|text| text.lines()).collect();
        let wanted = of.iter().flat_map(|text| text.lines());
        wanted
            .filter(|line| !lines.contains(line))
            .map(str::to_owned)
            .collect()
    };
    let (only_one, only_other) = (missing(other, one), missing(one, other));
    assert!(
        one == other,
        "one device shows {only_one:#?} and another {only_other:#?}"
    );
}
