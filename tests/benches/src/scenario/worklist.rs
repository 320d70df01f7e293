//! What to do first across a caseload, and whether somebody has a case already.

use caseweave::domain::*;
use caseweave::{CaseId, PersonDraft, WorkerId};
use caseweave_testkit::{Agency, Device, Dice, day};
use chrono::{Days, NaiveDate};

use super::{RUNS, ask, no_documents};
use crate::caseload::Loads;
use crate::figure::{Bound, Section};
use crate::size::Size;

const TASKS: usize = 6;
/// Days over which what is due is spread, the last fifth of them behind today.
const SPREAD: u64 = 150;
const BEHIND: u64 = 30;
const ZONE: &str = "America/Chicago";

pub(super) fn run(size: &Size, _: &mut Loads) -> Section {
    let cases = size.waiting;
    let mut agency = Agency::new(1);
    let [ana, ben] = ["Ana", "Ben"].map(|name| agency.worker(name));
    let phone = agency.device(ana);
    let dice = Dice::new(1, "worklist");
    for number in 0..cases {
        let lead = if number.is_multiple_of(2) { ana } else { ben };
        open_case(&phone, &dice, number, lead);
    }
    let how = format!(
        "A phone with {cases} cases and {} tasks, written there: a sixth of the tasks, visits, consents and authorizations is due, and \
         every tenth case is at high risk. The database is opened anew, then each question is asked {RUNS} times: the first time, and \
         the middle one.",
        cases * TASKS,
    );
    let mut section = Section::new("The worklist", how);
    no_documents(&mut section, &phone, |section, caseweave| {
        ask(section, "the first 50, of all workers", 30.0, || {
            let items = caseweave.worklist(ZONE, None, 50).unwrap();
            assert!(items.iter().all(|item| !item.reasons.is_empty()));
        });
        ask(section, "the first 50, of one worker", 30.0, || {
            assert!(!caseweave.worklist(ZONE, Some(ben), 50).unwrap().is_empty());
        });
        ask(section, "the load of every worker", 30.0, || {
            assert_eq!(caseweave.workload(ZONE).unwrap().len(), 2);
        });
        let draft = known(cases - 1);
        ask(section, "whether somebody has a case already", 5.0, || {
            assert_eq!(caseweave.duplicates(&draft).unwrap().len(), 1);
        });
    });
    let tasks = phone.caseweave.workload(ZONE).unwrap();
    let tasks: u32 = tasks.iter().map(|worker| worker.tasks).sum();
    section.count("open tasks", tasks as usize, Bound::None);
    section
}

/// A day around today, which is the same for a number.
fn due(dice: &Dice) -> NaiveDate {
    day(15) - Days::new(BEHIND) + Days::new(dice.below(SPREAD))
}

fn person(number: usize) -> PersonUpdate {
    PersonUpdate {
        given_name: Some(format!("Given{number}")),
        family_name: Some(format!("Family{}", number % 977)),
        birth_date: Some(day(1) - Days::new(10_000 + 2 * number as u64)),
        ..PersonUpdate::default()
    }
}

fn known(number: usize) -> PersonDraft {
    PersonDraft {
        person: person(number),
        ..PersonDraft::default()
    }
}

fn open_case(device: &Device, dice: &Dice, number: usize, lead: WorkerId) {
    let id = device.id();
    let case = CaseId::from_bytes(id.to_bytes());
    let high = number.is_multiple_of(10);
    let open = CaseEdit::Open {
        id: case,
        opened_on: day(1),
        enquiry: false,
        case: CaseUpdate {
            lead_worker: Some(lead),
            risk_level: high.then_some(RiskLevel::High),
            ..CaseUpdate::default()
        },
        person: person(number),
    };
    let mut edits: Vec<Edit> = vec![open.into()];
    edits.extend((0..TASKS).map(|_| task(device, dice, lead)));
    edits.push(visit(device, dice, lead));
    edits.push(consent(device, dice));
    edits.extend(authorization(device, dice));
    device.edit(case, &edits);
}

fn task(device: &Device, dice: &Dice, assignee: WorkerId) -> Edit {
    let fields = TaskUpdate {
        title: Some("Call the pharmacy".into()),
        due_on: Some(due(dice)),
        ..TaskUpdate::default()
    };
    TaskEdit::Add {
        id: device.id(),
        fields,
        assignee: Some(assignee),
    }
    .into()
}

fn visit(device: &Device, dice: &Dice, worker: WorkerId) -> Edit {
    let fields = VisitUpdate {
        planned_on: Some(due(dice)),
        worker: Some(worker),
        purpose: Some("Home visit".into()),
        ..VisitUpdate::default()
    };
    let id = device.id();
    VisitEdit::Plan { id, fields }.into()
}

fn consent(device: &Device, dice: &Dice) -> Edit {
    let fields = ConsentUpdate {
        recipient: Some("Dr. Keller".into()),
        subject: Some("Health".into()),
        until: Some(due(dice)),
        ..ConsentUpdate::default()
    };
    let id = device.id();
    ConsentEdit::Record { id, fields }.into()
}

fn authorization(device: &Device, dice: &Dice) -> [Edit; 2] {
    let id = device.id();
    let fields = AuthorizationUpdate {
        payer: Some("State plan".into()),
        service: Some("T1019".into()),
        units: Some(100),
        until: Some(due(dice)),
        ..AuthorizationUpdate::default()
    };
    let approve = AuthorizationEdit::SetStatus {
        id,
        status: AuthorizationStatus::Approved,
        reason: None,
    };
    [AuthorizationEdit::Add { id, fields }.into(), approve.into()]
}
