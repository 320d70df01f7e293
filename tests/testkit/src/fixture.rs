//! Files that a version of this library wrote, kept so that every later version shows it opens them.

use std::path::Path;

use caseweave::domain::{ConsentEdit, ConsentUpdate, GoalEdit, GoalUpdate, NoteEdit};
use caseweave::{CaseId, Role, WorkerId};
use tempfile::TempDir;

use crate::agency::copy_all;
use crate::{Agency, Device, Dice, Entries, Intentions, TestClock, day};

/// 2026-06-16T08:00:00Z: when the files are opened again, by the clocks of all.
const NEXT_MORNING: i64 = 1_781_596_800_000;

/// An agency with a server and two workers' phones, stopped in the middle of their work: a conflict is open, a draft unsigned, and on
/// each phone something waits for the server.
pub struct Fixture {
    /// The agency.
    pub agency: Agency,
    /// Ana's phone; she leads both cases.
    pub anas: Device,
    /// Ben's phone.
    pub bens: Device,
    _directory: TempDir,
}

impl Fixture {
    /// Writes the files with this version of the library into a directory that is empty or not there yet.
    pub fn write(directory: &Path) {
        let agency = Agency::kept(&directory.join("server"), 1);
        let (ana, ben) = (agency.worker("Ana"), agency.worker("Ben"));
        let anas = agency.kept_device(ana, &directory.join("ana"), 2);
        let bens = agency.kept_device(ben, &directory.join("ben"), 3);
        let sync = |device: &Device| device.sync(&mut agency.network());
        let cases = [
            Entries(&anas).open_case("Rosa", "Díaz"),
            Entries(&anas).open_case("Lea", "Roth"),
        ];
        let phone = Entries(&anas).phone(cases[0], "+1 312 555 0100");
        let draft = Entries(&anas).note(cases[0], "Visited at noon. Calm.");
        for case in cases {
            anas.caseweave
                .share(case, ben, Role::Contributor, None)
                .unwrap();
        }
        [&anas, &bens, &anas].into_iter().for_each(sync);
        record(&anas, cases[0]);
        Entries(&anas).change_phone(cases[0], phone, "+1 312 555 0111");
        Entries(&bens).change_phone(cases[0], phone, "+1 312 555 0122");
        for (device, seed) in [(&anas, 4), (&bens, 5), (&anas, 6), (&bens, 7)] {
            live(device, &[ana, ben], cases[1], seed);
        }
        [&anas, &bens, &anas].into_iter().for_each(sync);
        Entries(&anas).task(cases[0], "Waits on Ana's phone");
        let text = "Visited Rosa at noon. Calm.".into();
        bens.edit(cases[0], &[NoteEdit::Write { id: draft, text }.into()]);
    }

    /// Opens a copy of files that some version wrote, in processes of a later day.
    pub fn open(directory: &Path) -> Self {
        let copy = tempfile::tempdir().unwrap();
        copy_all(directory, copy.path());
        let device = |name: &str, seed| {
            Device::kept(&copy.path().join(name), TestClock::at(NEXT_MORNING), seed)
        };
        let agency = Agency::kept(&copy.path().join("server"), 101);
        agency.clock.advance(86_400_000);
        Self {
            anas: device("ana", 102),
            bens: device("ben", 103),
            agency,
            _directory: copy,
        }
    }
}

/// What a case holds, one of each sort that a worker writes by hand.
fn record(device: &Device, case: CaseId) {
    Entries(device).visit_with_note(case, "Ate well. Wishes for a ramp at the door.");
    Entries(device).task(case, "Order a ramp");
    let fields = GoalUpdate {
        statement: Some("Get to the garden alone".into()),
        target_date: Some(day(30)),
        ..GoalUpdate::default()
    };
    let goal = GoalEdit::Add {
        id: device.id(),
        fields,
    };
    let fields = ConsentUpdate {
        recipient: Some("Dr. Okafor".into()),
        subject: Some("How the visits went".into()),
        ..ConsentUpdate::default()
    };
    let consent = ConsentEdit::Record {
        id: device.id(),
        fields,
    };
    device.edit(case, &[goal.into(), consent.into()]);
}

/// A stretch of work of every sort, as dice have it; what the record's rules refuse is not written.
fn live(device: &Device, workers: &[WorkerId], case: CaseId, seed: u64) {
    let dice = Dice::new(seed, "intentions");
    let new_id = || device.id();
    let intentions = Intentions {
        dice: &dice,
        new_id: &new_id,
        workers,
    };
    for _ in 0..30 {
        let intention = intentions.next(&device.case(case));
        device.caseweave.edit(case, &intention.edits).ok();
    }
}
