//! What happens in a case's life: intake, visits as they are lived, tasks, a few things changed apart, and what is planned.

use caseweave::EntityId;
use caseweave::domain::*;
use caseweave::instruments::{Answer, Instrument, Instruments, ItemAnswer, ItemKind};
use chrono::{Days, NaiveDate, TimeDelta};

use super::life::Life;
use crate::entries::visit_with_note;

/// What is asked at the first meeting, and again until there are enough answers.
const INSTRUMENTS: [&str; 5] = ["phq-9", "gad-7", "adl", "iadl", "ahc-hrsn"];
/// Questions that are answered between two saves of a form.
const QUESTIONS_PER_PAGE: usize = 10;
/// Characters of a note.
pub(super) const NOTE: usize = 600;
/// Visits that are planned in one call.
const SERIES: usize = 5;
/// Visits between two exchanges of the staff with the server.
const VISITS_PER_UPLOAD: usize = 10;

impl Life<'_> {
    /// The case with its person and everything asked at the first meeting.
    pub(super) fn intake(&mut self) {
        let opened_on = self.now.date_naive();
        let open = CaseEdit::Open {
            id: self.case_id(),
            opened_on,
            enquiry: false,
            case: self.case_fields(),
            person: self.person(),
        };
        self.call(&[open.into()]);
        let id = self.id();
        let fields = self.address();
        self.call(&[AddressEdit::Add { id, fields }.into()]);
        let id = self.id();
        let fields = self.contact();
        self.call(&[ContactEdit::Add { id, fields }.into()]);
        let id = self.id();
        let fields = self.phone();
        self.phones.push(id);
        self.call(&[PhoneEdit::Add { id, fields }.into()]);
        self.assess();
        self.care();
        self.upload();
    }

    /// Assessments until there are as many answers as the shape says, one instrument after the other.
    fn assess(&mut self) {
        let instruments = Instruments::shipped();
        let mut left = self.teller.shape.answers;
        for id in INSTRUMENTS.iter().cycle() {
            if left == 0 {
                break;
            }
            let instrument = instruments.newest(id).unwrap();
            let answers = self.answers(instrument, left);
            left -= answers.len();
            self.ask(instrument, answers);
        }
    }

    /// An assessment as an app keeps it: begun, answered page by page, completed.
    fn ask(&mut self, instrument: &Instrument, answers: Vec<ItemAnswer>) {
        let id = self.id();
        self.call(&[AssessmentEdit::Start {
            id,
            instrument: instrument.id.clone(),
            version: instrument.version,
            fields: AssessmentUpdate::default(),
        }
        .into()]);
        for page in answers.chunks(QUESTIONS_PER_PAGE) {
            let answers = page.to_vec();
            let clear = Vec::new();
            self.call(&[AssessmentEdit::RecordAnswers { id, answers, clear }.into()]);
        }
        self.call(&[AssessmentEdit::Complete { id }.into()]);
    }

    /// Answers to the choices that an instrument always asks for, so many at most.
    fn answers(&self, instrument: &Instrument, most: usize) -> Vec<ItemAnswer> {
        let asked = instrument
            .items
            .iter()
            .filter(|item| item.asked_if.is_none());
        let answered = asked.filter_map(|item| {
            let ItemKind::Choice { options } = &item.kind else {
                return None;
            };
            Some(ItemAnswer {
                item: item.code.clone(),
                answer: Answer::Choice {
                    value: self.teller.dice.pick(options).value,
                },
            })
        });
        answered.take(most).collect()
    }

    /// Care team, goals and a consent.
    fn care(&mut self) {
        let team: Vec<Edit> = (0..self.teller.shape.workers)
            .map(|member| self.team_member(member).into())
            .collect();
        self.call(&team);
        for _ in 0..2 {
            let fields = GoalUpdate {
                statement: Some(self.words.text(120)),
                measure: Some(self.words.line(40)),
                target_date: Some(self.teller.today + Days::new(60)),
                ..GoalUpdate::default()
            };
            let id = self.id();
            self.call(&[GoalEdit::Add { id, fields }.into()]);
        }
        let fields = ConsentUpdate {
            recipient: Some(self.words.line(30)),
            subject: Some(self.words.text(80)),
            since: Some(self.now.date_naive()),
            form: Some(ConsentForm::Written),
            ..ConsentUpdate::default()
        };
        let id = self.id();
        self.call(&[ConsentEdit::Record { id, fields }.into()]);
    }

    /// A visit as it is lived, and what is written around it.
    pub(super) fn visit(&mut self, number: usize) {
        let left = self.teller.shape.visits - number;
        let day = self.teller.today - Days::new(7 * left as u64);
        self.now = day.and_hms_opt(14, 0, 0).unwrap().and_utc();
        self.hand = self.hand_at(2 * number);
        if number.is_multiple_of(SERIES) {
            self.plan(day, SERIES.min(left));
        }
        let visit = self.planned.remove(0);
        let note = self.live(visit, number);
        self.call(&[NoteEdit::Sign { id: note }.into()]);
        self.around(number);
        self.sign_all();
        if (number + 1).is_multiple_of(VISITS_PER_UPLOAD) {
            self.upload();
        }
    }

    fn plan(&mut self, first: NaiveDate, count: usize) {
        let plans: Vec<(EntityId, Edit)> = (0..count)
            .map(|week| {
                let id = self.id();
                let fields = self.visit_fields(first + Days::new(7 * week as u64));
                (id, VisitEdit::Plan { id, fields }.into())
            })
            .collect();
        let (ids, edits): (Vec<_>, Vec<_>) = plans.into_iter().unzip();
        self.call(&edits);
        self.planned.extend(ids);
    }

    /// Check-in, the note's draft with its saves, check-out. Gives the note.
    fn live(&mut self, visit: EntityId, number: usize) -> EntityId {
        let (id, moment) = (self.id(), self.moment(0));
        self.call(&[VisitEdit::CheckIn { id, visit, moment }.into()]);
        let note = self.draft(Some(visit), self.teller.shape.saves);
        self.hand = self.hand_at(2 * number + 1);
        let (id, moment) = (self.id(), self.moment(45));
        self.call(&[VisitEdit::CheckOut { id, visit, moment }.into()]);
        note
    }

    /// A note's draft, begun empty and saved while it is written.
    fn draft(&mut self, visit: Option<EntityId>, saves: usize) -> EntityId {
        let note = self.id();
        let text = self.words.text(NOTE);
        let length = text.chars().count();
        let fields = NoteUpdate {
            sort: Some(NoteKind::Progress),
            visit,
            ..NoteUpdate::default()
        };
        let empty = String::new();
        self.call(&[NoteEdit::Start {
            id: note,
            fields,
            text: empty,
        }
        .into()]);
        for save in 1..=saves {
            let text = text.chars().take(length * save / saves).collect();
            self.call(&[NoteEdit::Write { id: note, text }.into()]);
        }
        note
    }

    /// Tasks made and done, and facts that change, sometimes by two workers apart.
    fn around(&mut self, number: usize) {
        let shape = &self.teller.shape;
        let tasks = shape.tasks * (number + 1) / shape.visits - shape.tasks * number / shape.visits;
        for _ in 0..tasks {
            let (id, fields) = (self.id(), self.task_fields());
            self.call(&[TaskEdit::Add {
                id,
                fields,
                assignee: None,
            }
            .into()]);
            self.tasks.push(id);
        }
        if self.tasks.len() > 3 {
            let id = self.tasks.remove(0);
            let outcome = Some(self.words.line(40));
            self.call(&[TaskEdit::Complete { id, outcome }.into()]);
        }
        if number % 4 == 1 {
            let fields = PersonUpdate {
                living_situation: Some(self.words.line(40)),
                diet: Some(self.words.text(60)),
                ..PersonUpdate::default()
            };
            self.call(&[PersonEdit::Update { fields }.into()]);
        }
        if number % 12 == 1 {
            self.change_apart();
        }
    }

    /// Two workers change the same number and add a task each, neither knowing of the other's.
    fn change_apart(&mut self) {
        self.sign_all();
        let [here, there] = [(); 2].map(|()| {
            let (id, fields) = (self.id(), self.task_fields());
            let mut edits: Vec<Edit> = vec![
                TaskEdit::Add {
                    id,
                    fields,
                    assignee: None,
                }
                .into(),
            ];
            edits.extend(self.phones.first().map(|id| {
                let number = Some(self.words.number());
                let fields = PhoneUpdate {
                    number,
                    ..PhoneUpdate::default()
                };
                Edit::from(PhoneEdit::Update { id: *id, fields })
            }));
            edits
        });
        self.call_apart(&here, &there);
        self.sign_all();
    }

    /// What is under way: the next visit, planned, and a draft that is not signed.
    pub(super) fn present(&mut self) {
        self.now = self.teller.today.and_hms_opt(8, 0, 0).unwrap().and_utc();
        let id = self.id();
        let fields = self.visit_fields(self.teller.next_on);
        self.call(&[VisitEdit::Plan { id, fields }.into()]);
        self.draft(None, self.teller.shape.saves);
    }

    /// One more visit with its signed note, as one edit, by the lead's colleague.
    pub(super) fn one_visit(&mut self) {
        self.hand.member = 1;
        self.now = self.teller.today.and_hms_opt(10, 0, 0).unwrap().and_utc();
        let ids = std::array::from_fn(|_| self.id());
        let (_, edits) = visit_with_note(ids, &self.words.text(NOTE));
        self.call(&edits);
    }

    fn case_fields(&self) -> CaseUpdate {
        CaseUpdate {
            number: Some(format!("C-{}", self.below(10_000_000))),
            sector: Some(Sector::SocialWork),
            programme: Some(self.words.line(20)),
            presenting_issue: Some(self.words.line(80)),
            risk_level: Some(RiskLevel::Medium),
            lead_worker: self.teller.staff.first().map(|lead| lead.author.worker),
            referred_by: Some(self.words.line(30)),
            ..CaseUpdate::default()
        }
    }

    /// All 27 fields.
    fn person(&self) -> PersonUpdate {
        let line = |length| Some(self.words.line(length));
        PersonUpdate {
            given_name: Some(self.words.given_name()),
            family_name: Some(self.words.family_name()),
            former_name: Some(self.words.family_name()),
            preferred_name: Some(self.words.given_name()),
            name_pronunciation: line(12),
            pronouns: Some("she/her".into()),
            birth_date: NaiveDate::from_ymd_opt(1930, 1, 1)
                .map(|day| day + Days::new(self.teller.dice.below(25_000))),
            birth_year: Some(1930 + self.below(68)),
            death_date: Some(self.teller.today),
            sex: Some(Sex::Female),
            birth_sex: Some(Sex::Female),
            gender_identity: Some("woman".into()),
            partnership: line(10),
            email: Some(format!("{}@mail.example", self.below(100_000_000))),
            preferred_language: Some("es".into()),
            other_languages: Some(vec!["en".into(), "fr".into()]),
            interpreter: Some(InterpreterNeed::Spoken),
            communication_needs: line(60),
            culture: line(60),
            faith: line(30),
            diet: line(60),
            alert_dog: line(30),
            alert_violence: line(30),
            alert_infection: line(30),
            alert_other: line(30),
            allergies: line(40),
            living_situation: line(40),
            ..PersonUpdate::default()
        }
    }

    fn address(&self) -> AddressUpdate {
        let (latitude, longitude) = self.at_home();
        AddressUpdate {
            line: Some(format!("{} {}", self.below(9_000), self.words.line(14))),
            unit: Some(self.below(40).to_string()),
            city: Some(self.words.line(10)),
            region: Some("IL".into()),
            postal_code: Some((60_000 + self.below(900)).to_string()),
            country: Some("US".into()),
            usage: Some(AddressUse::Home),
            latitude: Some(latitude),
            longitude: Some(longitude),
            directions: Some(self.words.text(60)),
            ..AddressUpdate::default()
        }
    }

    fn contact(&self) -> ContactUpdate {
        ContactUpdate {
            name: Some(format!(
                "{} {}",
                self.words.given_name(),
                self.words.family_name()
            )),
            part: Some(ContactKind::Family),
            relationship: Some(self.words.line(10)),
            phone: Some(self.words.number()),
            email: Some(format!("{}@mail.example", self.below(100_000_000))),
            consent_to_talk: Some(true),
            emergency: Some(false),
            remark: Some(self.words.line(60)),
            ..ContactUpdate::default()
        }
    }

    fn phone(&self) -> PhoneUpdate {
        PhoneUpdate {
            number: Some(self.words.number()),
            usage: Some(PhoneUse::Mobile),
            messages_allowed: Some(true),
            remark: Some(self.words.line(30)),
            ..PhoneUpdate::default()
        }
    }

    fn team_member(&self, member: usize) -> CareTeamEdit {
        let worker = self
            .teller
            .staff
            .get(member)
            .map(|member| member.author.worker);
        CareTeamEdit::Add {
            id: self.id(),
            fields: CareTeamMemberUpdate {
                name: Some(format!(
                    "{} {}",
                    self.words.given_name(),
                    self.words.family_name()
                )),
                worker,
                role: Some(TeamRole::Nurse),
                ..CareTeamMemberUpdate::default()
            },
        }
    }

    fn visit_fields(&self, day: NaiveDate) -> VisitUpdate {
        let hour = u32::try_from(8 + self.below(9)).unwrap();
        let start = day.and_hms_opt(hour, 30, 0).unwrap().and_utc();
        VisitUpdate {
            planned_on: Some(day),
            planned_start: Some(start),
            planned_end: Some(start + TimeDelta::minutes(45)),
            purpose: Some(self.words.line(40)),
            service: Some("T1019".into()),
            place: Some(Place::Home),
            worker: self
                .teller
                .staff
                .get(self.hand.member)
                .map(|member| member.author.worker),
            ..VisitUpdate::default()
        }
    }

    fn task_fields(&self) -> TaskUpdate {
        TaskUpdate {
            title: Some(self.words.line(50)),
            description: Some(self.words.text(100)),
            due_on: Some(self.now.date_naive() + Days::new(self.teller.dice.below(30))),
            urgency: Some(Importance::Normal),
            ..TaskUpdate::default()
        }
    }

    /// A moment of the visit under way, where it takes place.
    fn moment(&self, minutes: i64) -> VisitMoment {
        let (latitude, longitude) = self.at_home();
        VisitMoment {
            at: self.now,
            zone: "America/Chicago".into(),
            monotonic_ms: minutes * 60_000,
            location: Location::Fix {
                latitude,
                longitude,
                accuracy_m: 5.0 + self.below(40) as f64,
                mocked: false,
            },
            manual: false,
            manual_reason: None,
        }
    }
}
