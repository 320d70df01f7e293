//! A day of a case manager: what waits in the morning and why, and what of it is done by the evening.

use std::path::Path;

use caseweave::EntityId;
use caseweave::domain::*;
use caseweave::instruments::{Answer, ItemAnswer};
use caseweave_testkit::{captured, day, moment};
use serde_json::{Value as Json, json};

use crate::phone::Phone;

/// The minutes of a day, and of the hours from noon UTC to half past seven and to nine in the morning in Chicago.
const DAY: i64 = 24 * 60;
const MORNING: i64 = 30;
const NINE: i64 = 120;

/// To whom the day's summary is given.
const CLINIC: &str = "Lakeside Clinic";

/// Ana's day, with what she finds of it in the case of Mei Díaz.
pub struct Day<'a> {
    ana: &'a mut Phone,
    ben: &'a mut Phone,
    /// The worker to whom a task is handed.
    colleague: &'a str,
    mei: &'a str,
    visit: EntityId,
    authorization: EntityId,
    referral: EntityId,
    prescription: EntityId,
}

impl<'a> Day<'a> {
    /// Last week left this: a visit planned for today, most of the authorized units used, a referral nobody asked after, a task
    /// that is late; and something in the cases of two others.
    pub fn begin(
        (ana, ben): (&'a mut Phone, &'a mut Phone),
        colleague: &'a str,
        cases: &'a [String],
    ) -> Self {
        let [visit, authorization, referral, prescription] = std::array::from_fn(|_| ana.id());
        let mei = cases[0].as_str();
        let mut begun = Self {
            ana,
            ben,
            colleague,
            mei,
            visit,
            authorization,
            referral,
            prescription,
        };
        begun.at_home();
        begun.under_way();
        let (call, missed) = (begun.ana.id(), begun.ana.id());
        let today = task("Call about the wheelchair", 15);
        begun.ana.edit(
            &cases[1],
            &[TaskEdit::Add {
                id: call,
                fields: today,
                assignee: None,
            }
            .into()],
        );
        let reason = "Nobody opened".into();
        let friday = VisitEdit::Plan {
            id: missed,
            fields: visit_at(NINE - 3 * DAY),
        };
        begun.ana.edit(
            &cases[2],
            &[friday.into(), VisitEdit::Miss { id: missed, reason }.into()],
        );
        begun
    }

    fn edit(&mut self, edits: &[Edit]) {
        self.ana.edit(self.mei, edits);
    }

    /// Where Mei lives, how pressing her risks are, and what she consents to.
    fn at_home(&mut self) {
        let (address, consent) = (self.ana.id(), self.ana.id());
        let lives = AddressUpdate {
            line: Some("12 Elm Street".into()),
            latitude: Some(41.88),
            longitude: Some(-87.63),
            ..AddressUpdate::default()
        };
        let agrees = ConsentUpdate {
            recipient: Some(CLINIC.into()),
            subject: Some("What the clinic needs to treat her".into()),
            purpose: Some("Treatment".into()),
            covers: Some(vec![
                RecordPart::Assessments,
                RecordPart::Visits,
                RecordPart::Risks,
            ]),
            ..ConsentUpdate::default()
        };
        let pressing = CaseUpdate {
            risk_level: Some(RiskLevel::High),
            ..CaseUpdate::default()
        };
        self.edit(&[
            CaseEdit::Update { fields: pressing }.into(),
            AddressEdit::Add {
                id: address,
                fields: lives,
            }
            .into(),
            ConsentEdit::Record {
                id: consent,
                fields: agrees,
            }
            .into(),
        ]);
    }

    /// What is under way: 35 of 40 units were used by a week ago.
    fn under_way(&mut self) {
        let before: EntityId = self.ana.id();
        let id = self.authorization;
        let allowed = AuthorizationUpdate {
            payer: Some("State plan".into()),
            service: Some("T1019".into()),
            units: Some(40),
            unit: Some("15 minutes".into()),
            ..AuthorizationUpdate::default()
        };
        let approved = AuthorizationEdit::SetStatus {
            id,
            status: AuthorizationStatus::Approved,
            reason: None,
        };
        let meals = ReferralUpdate {
            service: Some("Meals at home".into()),
            provider: Some("Lakeside Meals".into()),
            sent_on: Some(day(8)),
            follow_up_on: Some(day(12)),
            ..ReferralUpdate::default()
        };
        let renew = task("Take the new prescription to the pharmacy", 12);
        let edits = [
            VisitEdit::Plan {
                id: self.visit,
                fields: visit_at(NINE),
            }
            .into(),
            VisitEdit::Plan {
                id: before,
                fields: visit_at(NINE - 7 * DAY),
            }
            .into(),
            AuthorizationEdit::Add {
                id,
                fields: allowed,
            }
            .into(),
            approved.into(),
            used(id, before, 35),
            ReferralEdit::Add {
                id: self.referral,
                fields: meals,
            }
            .into(),
            TaskEdit::Add {
                id: self.prescription,
                fields: renew,
                assignee: None,
            }
            .into(),
        ];
        self.edit(&edits);
        let took = visited(self.ana, before, -7 * DAY);
        self.edit(&took);
    }

    /// Tells the day.
    pub fn tell(mut self, directory: &Path) {
        println!("\nA day of Ana's: Monday, 15 June, half past seven. What waits, and why:");
        self.ana.clock(MORNING);
        let waiting = self.waits(None);
        assert_eq!(
            waiting,
            [
                "Mei Díaz: a task is 3 days late; nobody asked after a referral for 3 days; 5 of 40 units are left; the risk is high",
                "Juan Díaz: a visit was missed 3 days ago",
                "Ida Díaz: a task is due today",
            ]
        );
        self.ana.clock(NINE);
        self.visit();
        self.screening();
        self.units();
        self.meals();
        self.hand_over();
        self.give(directory);
        println!("What still waits in the evening:");
        assert_eq!(
            self.waits(None),
            [
                "Juan Díaz: a visit was missed 3 days ago",
                "Mei Díaz: 2 of 40 units are left; the risk is high",
                "Ida Díaz: a task is due today",
            ]
        );
    }

    /// The worklist's lines, printed; of one worker where one is named.
    fn waits(&mut self, worker: Option<&str>) -> Vec<String> {
        let phone = if worker.is_some() {
            &mut *self.ben
        } else {
            &mut *self.ana
        };
        let items = phone.ask(&json!(["worklist", worker]));
        let line = |item: &Json| {
            let reasons: Vec<&str> = item["reasons"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Json::as_str)
                .collect();
            format!("{}: {}", item["name"].as_str().unwrap(), reasons.join("; "))
        };
        let lines: Vec<String> = items.as_array().unwrap().iter().map(line).collect();
        for line in &lines {
            println!("  {line}");
        }
        lines
    }

    /// The visit with its note, signed.
    fn visit(&mut self) {
        let note: EntityId = self.ana.id();
        let (visit, took) = (self.visit, visited(self.ana, self.visit, 0));
        let fields = NoteUpdate {
            sort: Some(NoteKind::Progress),
            visit: Some(visit),
            ..NoteUpdate::default()
        };
        let text = "Helped with bathing. Mei eats little and says that she sleeps badly.".into();
        self.edit(&took);
        self.edit(&[
            NoteEdit::Start {
                id: note,
                fields,
                text,
            }
            .into(),
            NoteEdit::Sign { id: note }.into(),
            VisitEdit::Sign { id: visit }.into(),
        ]);
        let now = self.evening();
        assert_eq!(
            now["visits"],
            json!([["completed", true, true], ["completed", true, true]])
        );
        assert_eq!(now["notes"], json!([1]));
        println!(
            "Ana visits Mei from 9:00 to 9:45, checked in and out at her door; note and visit are signed."
        );
    }

    /// The PHQ-9, whose last question alerts whatever the total, and what Ana does about it.
    fn screening(&mut self) {
        let [id, response, risk]: [EntityId; 3] = std::array::from_fn(|_| self.ana.id());
        let answers = [2, 2, 2, 2, 1, 1, 1, 0, 1];
        let answers = (1..).zip(answers).map(|(item, value)| ItemAnswer {
            item: i32::to_string(&item),
            answer: Answer::Choice { value },
        });
        let fields = AssessmentUpdate {
            visit: Some(self.visit),
            ..AssessmentUpdate::default()
        };
        self.edit(&[
            AssessmentEdit::Start {
                id,
                instrument: "phq-9".into(),
                version: 1,
                fields,
            }
            .into(),
            AssessmentEdit::RecordAnswers {
                id,
                answers: answers.collect(),
                clear: Vec::new(),
            }
            .into(),
            AssessmentEdit::Complete { id }.into(),
        ]);
        assert_eq!(
            self.evening()["assessments"],
            json!([["phq-9", [12, "moderate"], 1, 0]])
        );
        println!(
            "Mei answers the PHQ-9: 12, moderate; question 9 is above 0, which leads the worklist:"
        );
        let first = self.waits(None).swap_remove(0);
        assert!(
            first.starts_with("Mei Díaz: phq-9 alerts: self_harm; "),
            "{first}"
        );
        let plan = RiskUpdate {
            hazard: Some("Thoughts of self-harm".into()),
            level: Some(RiskLevel::High),
            plan: Some("Call 988, then her daughter".into()),
            ..RiskUpdate::default()
        };
        let done = "Asked in person; no plan, no means. Safety plan made with her daughter.".into();
        self.edit(&[
            RiskEdit::Add {
                id: risk,
                fields: plan,
            }
            .into(),
            AssessmentEdit::RespondToAlerts {
                id: response,
                assessment: id,
                response: done,
            }
            .into(),
        ]);
        assert_eq!(
            self.evening()["assessments"],
            json!([["phq-9", [12, "moderate"], 0, 1]])
        );
        println!(
            "Ana makes a safety plan with her and writes down what was done: the alert is answered."
        );
    }

    fn units(&mut self) {
        let used = used(self.authorization, self.visit, 3);
        self.edit(&[used]);
        assert_eq!(self.evening()["units"], json!([[38, 2]]));
        println!(
            "The visit used 3 units of the authorization: 38 of 40 are used, it is nearly used up."
        );
    }

    /// A referral followed until somebody knows what came of it.
    fn meals(&mut self) {
        let id = self.referral;
        let came = ReferralUpdate {
            outcome: Some("The first meal came at noon".into()),
            ..ReferralUpdate::default()
        };
        let moved = |status| {
            ReferralEdit::SetStatus {
                id,
                status,
                reason: None,
            }
            .into()
        };
        self.edit(&[moved(ReferralStatus::Accepted)]);
        assert_eq!(self.evening()["referrals"], json!(["accepted"]));
        self.edit(&[
            ReferralEdit::Update { id, fields: came }.into(),
            moved(ReferralStatus::Completed),
        ]);
        assert_eq!(self.evening()["referrals"], json!(["completed"]));
        println!(
            "Lakeside Meals takes Mei on and brings the first meal: the referral is accepted, then closed."
        );
    }

    /// A task for a colleague, who has to accept it.
    fn hand_over(&mut self) {
        let id = self.prescription;
        let reason = "You pass the pharmacy".into();
        let to = self.colleague.parse().unwrap();
        println!("Ana hands the late task to Ben. They sync, and this waits for him:");
        self.edit(&[TaskEdit::Delegate { id, to, reason }.into()]);
        self.ana.sync();
        self.ben.clock(NINE + 120);
        self.ben.sync();
        assert_eq!(
            self.waits(Some(self.colleague)),
            ["Mei Díaz: a task is 3 days late; the risk is high"]
        );
        let outcome = Some("Handed in".into());
        self.ben.edit(
            self.mei,
            &[
                TaskEdit::Accept { id }.into(),
                TaskEdit::Complete { id, outcome }.into(),
            ],
        );
        self.ben.sync();
        self.ana.sync();
        println!("Ben accepts it and does it.");
    }

    /// The summary for the clinic, as far as Mei consents.
    fn give(&mut self, directory: &Path) {
        let path = directory.join("summary.html");
        let given = self.ana.ask(&json!(["give", self.mei, CLINIC, path]));
        let page = given["page"].as_str().unwrap();
        for (text, consented) in [
            ("12 Elm Street", false),
            ("State plan", false),
            ("PHQ-9", true),
            ("Call 988", true),
        ] {
            assert_eq!(page.contains(text), consented, "{text}");
        }
        assert_eq!(given["disclosures"], json!(1));
        println!(
            "The clinic's summary holds what Mei consented to and nothing else, and giving it is on record: {}",
            path.display()
        );
    }

    fn evening(&mut self) -> Json {
        self.ana.ask(&json!(["evening", self.mei]))
    }
}

/// What each phone shows of the day in the end.
pub fn written(colleague: &str) -> Json {
    json!({
        "visits": [["completed", true, true], ["completed", true, true]],
        "notes": [1],
        "assessments": [["phq-9", [12, "moderate"], 0, 1]],
        "risks": 1,
        "referrals": ["completed"],
        "units": [[38, 2]],
        "tasks": [["Take the new prescription to the pharmacy", "done", colleague]],
        "disclosures": 1,
    })
}

/// A visit of 45 minutes.
fn visit_at(minutes: i64) -> VisitUpdate {
    VisitUpdate {
        planned_start: Some(moment(minutes)),
        planned_end: Some(moment(minutes + 45)),
        purpose: Some("Personal care".into()),
        service: Some("T1019".into()),
        place: Some(Place::Home),
        ..VisitUpdate::default()
    }
}

/// That the visit took place at nine, a number of minutes later.
fn visited(phone: &mut Phone, visit: EntityId, later: i64) -> [Edit; 2] {
    let at = |minute: i64| VisitMoment {
        at: moment(NINE + later + minute),
        ..captured(minute)
    };
    let [check_in, check_out] = [0, 45].map(|minute| (phone.id(), at(minute)));
    let (id, moment) = check_in;
    let began = VisitEdit::CheckIn { id, visit, moment };
    let (id, moment) = check_out;
    [
        began.into(),
        VisitEdit::CheckOut { id, visit, moment }.into(),
    ]
}

fn used(id: EntityId, visit: EntityId, units: i64) -> Edit {
    AuthorizationEdit::RecordUsage {
        id,
        visit,
        service: "T1019".into(),
        units,
    }
    .into()
}

fn task(title: &str, due: u32) -> TaskUpdate {
    TaskUpdate {
        title: Some(title.into()),
        due_on: Some(day(due)),
        ..TaskUpdate::default()
    }
}
