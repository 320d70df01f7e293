//! The workload that figures are measured on: an agency with cases as apps make them.
//!
//! What workers wrote comes out of the engine as on a phone: planned against the record, committed under an actor for each
//! start of an app, signed in runs by the phone's key. The phones have no database, and one of them carries everybody's
//! work to the server; what the server is given is what it would have been given by each.

mod life;
mod staff;
mod story;
mod words;

use std::thread;

use caseweave::{EntityId, WorkerId};
use caseweave_engine::ids::ScopeId;
use caseweave_engine::sync::server::{MAX_CHANGES, MAX_DOCUMENTS, MAX_UPLOAD};
use caseweave_engine::sync::wire::{
    AccessAction, Role, WIRE_VERSION, WireAction, WireGroup, WirePart, WireRequest, WireUpload,
};
use chrono::{DateTime, Days, NaiveDate};
use life::Teller;
pub use life::{Batch, Call, Case, Shape};
use staff::Courier;
pub use staff::Member;

use crate::agency::NOON;
use crate::{Agency, Dice};

/// Cases that are made and carried at a time.
const AT_ONCE: usize = 40;
/// Days over which the next visits of the cases are spread.
const SPREAD: u64 = 30;
/// Bytes of changes in one request: their signatures count as well.
const MOST_CARRIED: usize = MAX_UPLOAD / 2;

/// A note as case managers write them: 600 characters.
pub fn note(dice: &Dice) -> String {
    words::Words::new(dice).text(story::NOTE)
}

/// The workload of a seed.
pub fn agency(seed: u64) -> Workload {
    let agency = Agency::new(seed);
    let dice = Dice::new(seed, "staff");
    Workload {
        seed,
        agency,
        dice,
        staff: Vec::new(),
        courier: Courier::new(),
        cases: 0,
    }
}

/// An agency with its staff and cases.
pub struct Workload {
    seed: u64,
    /// The agency.
    pub agency: Agency,
    dice: Dice,
    staff: Vec<Member>,
    courier: Courier,
    cases: usize,
}

/// What a number of cases came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// Cases.
    pub cases: usize,
    /// Changes of main documents.
    pub record_changes: usize,
    /// Changes of notes' drafts.
    pub draft_changes: usize,
    /// Signatures.
    pub signatures: usize,
}

impl Workload {
    /// The workers so far, the lead of every case first.
    pub fn staff(&self) -> Vec<WorkerId> {
        let workers = self.staff.iter().map(|member| member.author.worker);
        workers.collect()
    }

    /// Today, where the agency is.
    pub fn today(&self) -> NaiveDate {
        let now = DateTime::from_timestamp_millis(NOON).unwrap();
        now.date_naive()
    }

    fn hire(&mut self, workers: usize) {
        for number in self.staff.len()..workers {
            let worker = self.agency.worker(&format!("Worker {number}"));
            self.staff
                .push(Member::enrol(&self.agency, worker, &self.dice));
        }
    }

    /// Adds cases and gives them to `see`, with how many there are so far, once the server has them.
    pub fn add(&mut self, count: usize, shape: Shape, mut see: impl FnMut(usize, Case)) -> Told {
        self.hire(shape.workers);
        let mut told = Told::default();
        let mut left = count;
        while left > 0 {
            let cases = self.tell(left.min(AT_ONCE), shape);
            left -= cases.len();
            self.carry(&cases, shape, &mut |_| {});
            for case in cases {
                told.add(&case);
                see(told.cases, case);
            }
        }
        told
    }

    /// Adds cases like [`Self::add`] and calls `after` each time the server was brought something.
    pub fn follow(&mut self, count: usize, shape: Shape, mut after: impl FnMut(&Agency)) {
        self.hire(shape.workers);
        let cases = self.tell(count, shape);
        self.carry(&cases, shape, &mut after);
    }

    /// A colleague of the lead adds a visit with its signed note to each of some cases, as one edit each.
    pub fn visits_with_notes(&mut self, cases: &mut [Case], shape: Shape) {
        for case in &mut *cases {
            let dice = Dice::new(self.seed, &format!("more of {}", case.id));
            let teller = self.teller(dice, shape, self.today());
            *case = teller.go_on(case.documents.clone());
        }
        self.carry(cases, shape, &mut |_| {});
    }

    fn teller(&self, dice: Dice, shape: Shape, next_on: NaiveDate) -> Teller<'_> {
        Teller {
            staff: &self.staff,
            today: self.today(),
            dice,
            shape,
            next_on,
        }
    }

    /// Makes cases, on all processors.
    fn tell(&mut self, count: usize, shape: Shape) -> Vec<Case> {
        let numbers: Vec<usize> = (self.cases..self.cases + count).collect();
        self.cases += count;
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let share = numbers.len().div_ceil(threads);
        thread::scope(|scope| {
            let workers: Vec<_> = numbers
                .chunks(share)
                .map(|chunk| scope.spawn(|| self.tell_some(chunk, shape)))
                .collect();
            let made = workers
                .into_iter()
                .flat_map(|worker| worker.join().unwrap());
            made.collect()
        })
    }

    fn tell_some(&self, numbers: &[usize], shape: Shape) -> Vec<Case> {
        let tell = |number: &usize| {
            let dice = Dice::new(self.seed, &format!("case {number}"));
            self.teller(dice, shape, self.next_on(*number)).tell()
        };
        numbers.iter().map(tell).collect()
    }

    fn next_on(&self, number: usize) -> NaiveDate {
        self.today() + Days::new(1 + number as u64 % SPREAD)
    }

    /// Uploads the lives of cases side by side, one step of each at a time.
    fn carry(&mut self, cases: &[Case], shape: Shape, after: &mut dyn FnMut(&Agency)) {
        let steps = cases
            .iter()
            .map(|case| case.batches.len())
            .max()
            .unwrap_or(0);
        for step in 0..steps {
            let mut cart = Cart::default();
            for case in cases {
                let Some(batch) = case.batches.get(step) else {
                    continue;
                };
                if !cart.has_room_for(batch) {
                    self.send(std::mem::take(&mut cart));
                }
                cart.put(batch);
                if batch.opens(case.id) {
                    cart.actions.extend(self.shares(case, shape));
                }
            }
            self.send(cart);
            after(&self.agency);
        }
    }

    /// The lead gives the case to everyone who will write.
    fn shares(&self, case: &Case, shape: Shape) -> Vec<WireAction> {
        let colleagues = self.staff.iter().take(shape.workers).skip(1);
        let share = |member: &Member| WireAction {
            id: EntityId::from_bytes(self.dice.bytes()),
            scope: ScopeId::of(case.id),
            action: AccessAction::Share {
                worker: member.author.worker,
                role: Role::Contributor,
                until_ms: None,
            },
        };
        colleagues.map(share).collect()
    }

    fn send(&mut self, cart: Cart) {
        let lead = self.staff.first().unwrap();
        self.courier
            .carry(self.agency.server(), lead, cart.request());
    }
}

impl Told {
    fn add(&mut self, case: &Case) {
        self.cases += 1;
        self.record_changes += case.record_changes;
        self.draft_changes += case.draft_changes;
        self.signatures += case.signatures;
    }
}

/// What one request carries.
#[derive(Default)]
struct Cart {
    documents: Vec<WireUpload>,
    groups: Vec<WireGroup>,
    actions: Vec<WireAction>,
    bytes: usize,
    changes: usize,
}

impl Cart {
    fn has_room_for(&self, batch: &Batch) -> bool {
        let (bytes, changes) = weight(batch);
        self.bytes + bytes <= MOST_CARRIED
            && self.changes + changes <= MAX_CHANGES
            && self.documents.len() + batch.documents.len() <= MAX_DOCUMENTS
    }

    fn put(&mut self, batch: &Batch) {
        let (bytes, changes) = weight(batch);
        self.bytes += bytes;
        self.changes += changes;
        let first = self.documents.len();
        let part = |place: &usize| WirePart {
            document: u32::try_from(first + place).unwrap(),
            count: 1,
        };
        let groups = batch.calls.iter().map(|call| WireGroup {
            next_on: Some(call.next_on),
            parts: call.documents.iter().map(part).collect(),
        });
        self.groups.extend(groups);
        self.documents.extend(batch.documents.iter().cloned());
    }

    fn request(self) -> WireRequest {
        WireRequest {
            version: WIRE_VERSION,
            cursor: None,
            documents: self.documents,
            groups: self.groups,
            actions: self.actions,
            budget: 0,
            ladder: None,
            wanted: Vec::new(),
            signers: Vec::new(),
        }
    }
}

/// Bytes and number of the changes of a batch.
fn weight(batch: &Batch) -> (usize, usize) {
    let changes = batch.documents.iter().flat_map(|upload| &upload.changes);
    changes.fold((0, 0), |(bytes, count), change| {
        (bytes + change.len(), count + 1)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use caseweave::settings::Rules;

    use super::*;

    fn one(shape: Shape) -> (Workload, Case, Told) {
        let mut workload = agency(1);
        let mut cases = Vec::new();
        let told = workload.add(1, shape, |_, case| cases.push(case));
        (workload, cases.remove(0), told)
    }

    fn actors(case: &Case) -> usize {
        let changes = case.documents.case().changes_beside(&[]);
        let actors: BTreeSet<_> = changes.into_iter().map(|change| change.actor).collect();
        actors.len()
    }

    #[test]
    fn a_case_is_what_months_of_ten_workers_make_it() {
        let (workload, case, told) = one(Shape::LIVED);
        let view = case.documents.record().view(&Rules::default()).unwrap();
        assert_eq!((view.visits.len(), view.notes.len()), (31, 31));
        assert!(view.tasks.len() >= 15);
        assert!(!view.conflicts.is_empty());
        assert!((160..=200).contains(&told.record_changes), "{told:?}");
        assert_eq!(actors(&case), 10);
        assert_eq!(workload.agency.findings(), Vec::<String>::new());
    }

    #[test]
    fn every_start_of_an_app_is_an_actor() {
        let shape = Shape {
            process_starts: 60,
            ..Shape::LIVED
        };
        let (_, case, _) = one(shape);
        assert_eq!(actors(&case), 60);
    }

    #[test]
    fn a_workers_new_phone_gets_the_cases() {
        let (mut workload, case, _) = one(Shape::YOUNG);
        let worker = *workload.staff().last().unwrap();
        let phone = workload.agency.device(worker);
        phone.sync(&mut workload.agency.network());
        assert_eq!(phone.cases(), [case.id]);
        assert!(phone.caseweave.check_storage().unwrap().is_clean());
        let view = case.documents.record().view(&Rules::default());
        assert_eq!(Some(phone.case(case.id)), view);
    }
}
