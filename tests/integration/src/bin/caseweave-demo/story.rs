//! The story: what two workers do apart, and what comes of it.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use caseweave::domain::*;
use caseweave::{EntityId, WorkerId};
use serde_json::{Value as Json, json};

use crate::day::{self, Day};
use crate::phone::Phone;
use crate::proxy::Proxy;
use crate::server::Server;

/// Cases of the agency.
const CASES: u64 = 200;
/// The two work apart at noon of the next day in Chicago, in minutes after noon UTC of the first.
const NEXT_DAY: i64 = 29 * 60;

/// Tells the story, and fails on any difference at its end.
pub fn tell(directory: &Path) -> ExitCode {
    std::fs::create_dir_all(directory).unwrap();
    let server = Server::start(directory);
    let proxy = Proxy::before(server.address);
    println!(
        "A server with TLS on {}; a proxy before it loses every seventh reply.",
        server.address
    );

    let [ana, ben] = ["Ana", "Ben"].map(|name| server.worker(name));
    let enrolled = |name: &'static str, worker: &str| {
        let mut phone = Phone::start(name, &directory.join(name), &server.certificate);
        phone.ask(&json!(["enrol", server.link(worker, proxy.port)]));
        phone
    };
    let mut ana_phone = enrolled("Ana's phone", &ana);
    let mut ana_tablet = enrolled("Ana's tablet", &ana);
    let mut ben_phone = enrolled("Ben's phone", &ben);
    println!(
        "Three phones of two workers are enrolled, each a process with an encrypted database of its own.\n"
    );

    println!("Ana opens {CASES} cases and shares them with Ben.");
    let cases = ana_phone.ask(&json!(["load", CASES]));
    let cases: Vec<String> = serde_json::from_value(cases).unwrap();
    ana_phone.sync();
    for case in &cases {
        ana_phone.ask(&json!(["share", case, ben]));
    }
    ana_phone.sync();
    let rosa = cases[0].as_str();
    let number: EntityId = ana_phone.id();
    let note: EntityId = ana_phone.id();
    ana_phone.edit(
        rosa,
        &[
            add_phone(number, "555 0100"),
            start_note(note, "Visited at noon. Calm."),
        ],
    );
    for phone in [&mut ana_phone, &mut ana_tablet, &mut ben_phone] {
        phone.sync();
    }
    let phones = (&mut ana_phone, &mut ben_phone);
    Day::begin(phones, &ben, &cases[4..7]).tell(directory);

    println!("\nThe next day both go offline and work on the same case.");
    for (phone, minutes) in [(&mut ana_phone, 46), (&mut ben_phone, 49)] {
        phone.clock(NEXT_DAY + minutes);
    }
    for (phone, digits, text, service) in [
        (
            &mut ana_phone,
            "555 0111",
            "Visited at noon. Calm and rested.",
            "Bathing",
        ),
        (
            &mut ben_phone,
            "555 0122",
            "Visited Rosa at noon. Calm.",
            "Meals",
        ),
    ] {
        visit(phone, rosa, service);
        phone.edit(rosa, &[change_phone(number, digits)]);
        phone.edit(
            rosa,
            &[NoteEdit::Write {
                id: note,
                text: text.into(),
            }
            .into()],
        );
        let (task, goal) = (phone.id(), phone.id());
        phone.edit(
            rosa,
            &[
                add_task(task, "Call the pharmacy"),
                add_goal(goal, "Walk to the park again"),
            ],
        );
        phone.edit(rosa, &[NoteEdit::Sign { id: note }.into()]);
    }
    let (mut ben_phone, saved) = ben_phone.kill_while_saving(rosa, 20);
    println!(
        "Ben's phone was killed while saving; {} saves had been acknowledged.",
        saved.len()
    );

    println!("\nThey sync.");
    for _ in 0..2 {
        for phone in [&mut ana_phone, &mut ben_phone, &mut ana_tablet] {
            phone.sync();
        }
    }

    let name = |worker: &Json| match worker.as_str() {
        Some(worker) if worker == ana => "Ana",
        Some(worker) if worker == ben => "Ben",
        _ => "somebody",
    };
    let case = ana_tablet.ask(&json!(["case", rosa]));
    println!(
        "\nWhat merged: {} visits, {} goals, the draft reads {}.",
        case["visits"], case["goals"], case["drafts"][0]
    );
    let tasks: Vec<String> = serde_json::from_value(case["tasks"].clone()).unwrap();
    let kept = saved.iter().filter(|task| tasks.contains(task)).count();
    println!(
        "Of {} saves acknowledged before the kill, {kept} are there.",
        saved.len()
    );
    println!("The phone number was written apart; all values are kept:");
    let conflict = &case["conflicts"][0];
    for choice in conflict["choices"].as_array().unwrap() {
        println!(
            "  {} by {} at {}",
            choice["shown"],
            name(&choice["worker"]),
            choice["at"]
        );
    }
    println!("Both signed the same draft; both versions stand as signed:");
    for version in case["signed"].as_array().unwrap() {
        println!(
            "  {} signed by {}, intact: {}",
            version["text"],
            name(&version["signer"]),
            version["intact"]
        );
    }
    let path: FieldPath = serde_json::from_value(conflict["path"].clone()).unwrap();
    let chosen = conflict["choices"]
        .as_array()
        .unwrap()
        .iter()
        .find(|choice| name(&choice["worker"]) == "Ben")
        .unwrap();
    let value: Value = serde_json::from_value(chosen["value"].clone()).unwrap();
    ana_tablet.edit(rosa, &[ConflictEdit::Settle { path, value }.into()]);
    println!("Ana settles the number on Ben's value.\n");

    for _ in 0..2 {
        for phone in [&mut ana_tablet, &mut ana_phone, &mut ben_phone] {
            phone.sync();
        }
    }
    println!("\nA new phone of Ben's gets everything from the server alone.");
    let mut fresh = enrolled("Ben's new one", &ben);
    fresh.sync();

    let mut phones = [&mut ana_phone, &mut ana_tablet, &mut ben_phone, &mut fresh];
    let days = phones
        .each_mut()
        .map(|phone| phone.ask(&json!(["evening", cases[4]])));
    let all = phones.map(|phone| phone.ask(&json!(["everything"])));
    println!("\nCompared on all four, the new one holding only what the server gave it:");
    println!(
        "  {} cases, {} open conflicts, {} changes of history, {} search results",
        all[0]["cases"], all[0]["conflicts"], all[0]["changes"], all[0]["hits"]
    );
    let lost = proxy.lost.load(Ordering::Relaxed);
    println!("  replies lost on the way: {lost}");
    let equal = all.iter().all(|one| *one == all[0]);
    let whole =
        kept == saved.len() && all[0]["cases"] == json!(CASES) && all[0]["conflicts"] == json!(0);
    let signed = case["signed"].as_array().unwrap().len() == 2
        && conflict["choices"].as_array().unwrap().len() == 2;
    let day = days.iter().all(|one| *one == day::written(&ben));
    let sound = server.check();
    println!(
        "  equal: {equal}; nothing lost: {whole}; the day stands: {day}; both signatures and both values seen: {signed}; server check clean: {sound}"
    );
    if equal && whole && day && signed && sound && lost > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn visit(phone: &mut Phone, case: &str, service: &str) {
    let [visit, check_in, check_out]: [EntityId; 3] = std::array::from_fn(|_| phone.id());
    let fields = VisitUpdate {
        purpose: Some("Home visit".into()),
        service: Some(service.into()),
        ..VisitUpdate::default()
    };
    let moment = |minutes: i64| VisitMoment {
        at: format!("2026-06-16T17:{minutes:02}:00Z").parse().unwrap(),
        zone: "America/Chicago".into(),
        monotonic_ms: minutes * 60_000,
        location: Location::Missing {
            reason: NoLocationReason::NoSignal,
        },
        manual: false,
        manual_reason: None,
    };
    phone.edit(case, &[VisitEdit::Plan { id: visit, fields }.into()]);
    phone.edit(
        case,
        &[VisitEdit::CheckIn {
            id: check_in,
            visit,
            moment: moment(0),
        }
        .into()],
    );
    phone.edit(
        case,
        &[VisitEdit::CheckOut {
            id: check_out,
            visit,
            moment: moment(45),
        }
        .into()],
    );
}

fn add_phone(id: EntityId, number: &str) -> Edit {
    PhoneEdit::Add {
        id,
        fields: PhoneUpdate {
            number: Some(number.into()),
            ..PhoneUpdate::default()
        },
    }
    .into()
}

fn change_phone(id: EntityId, number: &str) -> Edit {
    PhoneEdit::Update {
        id,
        fields: PhoneUpdate {
            number: Some(number.into()),
            ..PhoneUpdate::default()
        },
    }
    .into()
}

fn start_note(id: EntityId, text: &str) -> Edit {
    let fields = NoteUpdate {
        sort: Some(NoteKind::Progress),
        ..NoteUpdate::default()
    };
    NoteEdit::Start {
        id,
        fields,
        text: text.into(),
    }
    .into()
}

fn add_task(id: EntityId, title: &str) -> Edit {
    let fields = TaskUpdate {
        title: Some(title.into()),
        ..TaskUpdate::default()
    };
    TaskEdit::Add {
        id,
        fields,
        assignee: None::<WorkerId>,
    }
    .into()
}

fn add_goal(id: EntityId, statement: &str) -> Edit {
    GoalEdit::Add {
        id,
        fields: GoalUpdate {
            statement: Some(statement.into()),
            ..GoalUpdate::default()
        },
    }
    .into()
}
