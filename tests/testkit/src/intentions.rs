//! What a worker may come to write next, drawn by dice: every sort of edit, mostly such as stand.

use caseweave::domain::*;
use caseweave::instruments::{Answer, ItemAnswer};
use caseweave::{CaseId, CompartmentId, EntityId, ProviderId, WorkerId};
use caseweave_draw::{Chance, Known, draw};
use chrono::{DateTime, NaiveDate, Utc};

use crate::Dice;
use crate::simulation::entries;

const WORDS: [&str; 12] = [
    "calm", "fell", "Müller", "stairs", "pharmacy", "crêpes", "ramp", "slept", "555", "Tuesday",
    "naïve", "笑",
];
const CODE_TAKEN_BY_APPS: &str = "org.example.score";

/// One call's edits, with the ids of what they add.
#[derive(Debug, Clone, Default)]
pub struct Intention {
    /// The edits.
    pub edits: Vec<Edit>,
    /// What they add.
    pub adds: Vec<EntityId>,
}

/// Draws intentions about a case.
pub struct Intentions<'a> {
    /// What decides.
    pub dice: &'a Dice,
    /// Gives ids for what is added.
    pub new_id: &'a dyn Fn() -> EntityId,
    /// The workers whom tasks may be handed to.
    pub workers: &'a [WorkerId],
}

struct Chances<'i, 'a>(&'i Intentions<'a>);

impl Chance for Chances<'_, '_> {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.dice.below(bound)
    }

    fn new_id(&mut self) -> [u8; 16] {
        (self.0.new_id)().to_bytes()
    }
}

impl Intentions<'_> {
    /// A new case with its person.
    pub fn open_case(&self) -> (CaseId, Intention) {
        let id = (self.new_id)();
        let case = CaseId::from_bytes(id.to_bytes());
        let open = CaseEdit::Open {
            id: case,
            opened_on: self.day(),
            enquiry: self.coin(),
            case: self.case_fields(),
            person: PersonUpdate {
                given_name: Some(self.words(1)),
                family_name: Some(self.words(2)),
                ..PersonUpdate::default()
            },
        };
        (
            case,
            Intention {
                edits: vec![open.into()],
                adds: Vec::new(),
            },
        )
    }

    /// One to three edits of a case as it stands. What they add has fresh ids; some may be refused by the record's rules.
    pub fn next(&self, view: &CaseView) -> Intention {
        let mut intention = Intention::default();
        let several = if self.coin() { self.dice.below(3) } else { 0 };
        for _ in 0..=several {
            let (edit, added) = self.one(view);
            intention.edits.push(edit);
            intention.adds.extend(added);
        }
        intention
    }

    /// Opens a restricted compartment about a case.
    pub fn open_compartment(&self, case: CaseId) -> (CompartmentId, Intention) {
        let id = CompartmentId::from_bytes((self.new_id)().to_bytes());
        let open = CompartmentEdit::Open {
            id,
            case,
            fields: self.titled(),
        };
        let intention = Intention {
            edits: vec![open.into()],
            adds: Vec::new(),
        };
        (id, intention)
    }

    /// What somebody does next in a restricted compartment.
    pub fn in_compartment(&self, view: &CompartmentView) -> Intention {
        let (edit, added) = if !view.conflicts.is_empty() && self.coin() {
            (self.settle(&view.conflicts), None)
        } else {
            match self.dice.below(6) {
                0 => {
                    let fields = self.titled();
                    (CompartmentEdit::Update { fields }.into(), None)
                }
                1 => self.need(),
                _ => self.note(&view.notes),
            }
        };
        Intention {
            edits: vec![edit],
            adds: added.into_iter().collect(),
        }
    }

    /// Puts a provider with a service into the directory.
    pub fn open_provider(&self) -> (ProviderId, Intention) {
        let id = ProviderId::from_bytes((self.new_id)().to_bytes());
        let fields = self.organisation();
        let service = (self.new_id)();
        let add = ServiceEdit::Add {
            id: service,
            fields: self.offered(),
        };
        let intention = Intention {
            edits: vec![ProviderEdit::Open { id, fields }.into(), add.into()],
            adds: vec![service],
        };
        (id, intention)
    }

    /// What somebody corrects next in the directory.
    pub fn in_provider(&self, view: &ProviderView) -> Intention {
        let settles = !view.conflicts.is_empty() && self.coin();
        let (edit, added): (Edit, _) = match self.dice.below(7) {
            _ if settles => (self.settle(&view.conflicts), None),
            0 => (ProviderEdit::Verify { on: self.day() }.into(), None),
            1 => {
                let status = match view.provider.is_closed() {
                    true => ProviderStatus::Active,
                    false => ProviderStatus::Closed,
                };
                let reason = Some(self.words(2));
                (ProviderEdit::SetStatus { status, reason }.into(), None)
            }
            2 | 3 => {
                let fields = self.organisation();
                (ProviderEdit::Update { fields }.into(), None)
            }
            4 => {
                let (id, fields) = ((self.new_id)(), self.offered());
                (ServiceEdit::Add { id, fields }.into(), Some(id))
            }
            _ => match self.one_of(&view.services, |service| service.meta.id) {
                Some(id) => {
                    let fields = self.offered();
                    (ServiceEdit::Update { id, fields }.into(), None)
                }
                None => (ProviderEdit::Verify { on: self.day() }.into(), None),
            },
        };
        Intention {
            edits: vec![edit],
            adds: added.into_iter().collect(),
        }
    }

    fn organisation(&self) -> ProviderUpdate {
        ProviderUpdate {
            name: Some(self.words(2)),
            phone: self
                .coin()
                .then(|| format!("555 0{}", self.dice.below(900) + 100)),
            area: self.coin().then(|| self.words(1)),
            languages: self.coin().then(|| vec!["es".into(), "en".into()]),
            ..ProviderUpdate::default()
        }
    }

    fn offered(&self) -> ServiceUpdate {
        ServiceUpdate {
            name: Some(self.words(2)),
            needs: Some(vec![self.dice.pick(NeedDomain::KNOWN).clone()]),
            eligibility: self.coin().then(|| self.words(3)),
            ..ServiceUpdate::default()
        }
    }

    fn titled(&self) -> CompartmentUpdate {
        CompartmentUpdate {
            title: Some(self.words(2)),
            ..CompartmentUpdate::default()
        }
    }

    fn need(&self) -> (Edit, Option<EntityId>) {
        let id = (self.new_id)();
        let fields = NeedUpdate {
            domain: Some(self.dice.pick(NeedDomain::KNOWN).clone()),
            statement: Some(self.words(3)),
            ..NeedUpdate::default()
        };
        (NeedEdit::Add { id, fields }.into(), Some(id))
    }

    fn one(&self, view: &CaseView) -> (Edit, Option<EntityId>) {
        if !view.conflicts.is_empty() && self.dice.below(4) == 0 {
            return (self.settle(&view.conflicts), None);
        }
        if self.dice.below(3) == 0 {
            return (self.any(view), None);
        }
        match self.dice.below(16) {
            0 => (self.case(view), None),
            1 => (
                PersonEdit::Update {
                    fields: self.person(),
                }
                .into(),
                None,
            ),
            2 | 3 => self.visit(view),
            4..=6 => self.note(&view.notes),
            7 | 8 => self.task(view),
            9 => self.goal(view),
            10 => self.consent(view),
            11 => (self.removal(view), None),
            12 => (self.extension(view), None),
            13 | 14 => self.assessment(view),
            _ => self.entry(view),
        }
    }

    /// Any edit there is, whatever its kind, about something of the record where it names one.
    fn any(&self, view: &CaseView) -> Edit {
        let named = |(kind, id): (Kind, EntityId)| (format!("{kind:?}"), id.to_bytes());
        let known: Vec<Known> = entries(view).into_iter().map(named).collect();
        match draw(&mut Chances(self), &known) {
            Edit::Conflict(_) => self.case(view),
            edit => edit,
        }
    }

    fn case(&self, view: &CaseView) -> Edit {
        let reason = self.words(2);
        if view.case.status == Some(CaseStatus::Closed) {
            return CaseEdit::Reopen { reason }.into();
        }
        match self.dice.below(6) {
            0 => CaseEdit::Activate {
                reason: self.coin().then_some(reason),
            },
            1 => CaseEdit::Hold { reason },
            2 => CaseEdit::Close {
                closed_on: self.day(),
                reason: self.dice.pick(ClosureReason::KNOWN).clone(),
                outcome: self.coin().then_some(reason),
            },
            _ => CaseEdit::Update {
                fields: self.case_fields(),
            },
        }
        .into()
    }

    fn case_fields(&self) -> CaseUpdate {
        CaseUpdate {
            number: Some(self.words(1)),
            risk_level: self
                .coin()
                .then(|| self.dice.pick(RiskLevel::KNOWN).clone()),
            lead_worker: self.coin().then(|| *self.dice.pick(self.workers)),
            ..CaseUpdate::default()
        }
    }

    fn person(&self) -> PersonUpdate {
        let clear = [
            PersonField::Diet,
            PersonField::Allergies,
            PersonField::GivenName,
        ];
        PersonUpdate {
            family_name: Some(self.words(1)),
            diet: self.coin().then(|| self.words(3)),
            alert_dog: self.coin().then(|| self.words(1)),
            birth_date: self.coin().then(|| self.day()),
            interpreter: self
                .coin()
                .then(|| self.dice.pick(InterpreterNeed::KNOWN).clone()),
            clear: if self.coin() {
                vec![*self.dice.pick(&clear)]
            } else {
                Vec::new()
            },
            ..PersonUpdate::default()
        }
    }

    fn visit(&self, view: &CaseView) -> (Edit, Option<EntityId>) {
        let id = (self.new_id)();
        let known = (!view.visits.is_empty() && self.dice.below(5) > 0)
            .then(|| &self.dice.pick(&view.visits).visit);
        let Some(known) = known else {
            let fields = self.visit_fields();
            return (VisitEdit::Plan { id, fields }.into(), Some(id));
        };
        let (visit, moment, reason) = (known.meta.id, self.moment(), self.words(2));
        let edit = match (self.dice.below(8), &known.status) {
            (0..3, Some(VisitStatus::InProgress)) => VisitEdit::CheckOut { id, visit, moment },
            (0..3, Some(VisitStatus::Completed)) => return (self.correction(id, visit), None),
            (0 | 3 | 4, _) => VisitEdit::CheckIn { id, visit, moment },
            (1, _) => VisitEdit::StartTravel { id, visit, moment },
            (2, _) => VisitEdit::Miss { id: visit, reason },
            (5, _) => VisitEdit::Cancel { id: visit, reason },
            _ => VisitEdit::Update {
                id: visit,
                fields: self.visit_fields(),
            },
        };
        (edit.into(), None)
    }

    fn visit_fields(&self) -> VisitUpdate {
        VisitUpdate {
            planned_on: Some(self.day()),
            purpose: Some(self.words(2)),
            service: self.coin().then(|| "T1019".to_owned()),
            place: self.coin().then(|| self.dice.pick(Place::KNOWN).clone()),
            ..VisitUpdate::default()
        }
    }

    fn correction(&self, id: EntityId, visit: EntityId) -> Edit {
        let field = self.dice.pick(CorrectableField::KNOWN).clone();
        let value = match field {
            CorrectableField::Start | CorrectableField::End => self.instant().to_rfc3339(),
            CorrectableField::Worker => self.dice.pick(self.workers).to_string(),
            _ => self.words(1),
        };
        let reason = self.dice.pick(CorrectionReason::KNOWN).clone();
        VisitEdit::Correct {
            id,
            visit,
            field,
            value,
            reason,
            memo: Some(self.words(3)),
        }
        .into()
    }

    fn moment(&self) -> VisitMoment {
        let location = if self.coin() {
            Location::Fix {
                latitude: 41.88,
                longitude: -87.63,
                accuracy_m: 12.5,
                mocked: self.coin(),
            }
        } else {
            Location::Missing {
                reason: self.dice.pick(NoLocationReason::KNOWN).clone(),
            }
        };
        VisitMoment {
            at: self.instant(),
            zone: "America/Chicago".into(),
            monotonic_ms: i64::try_from(self.dice.below(9_000_000)).unwrap(),
            location,
            manual: self.coin(),
            manual_reason: None,
        }
    }

    /// What somebody does about a note that was signed: an addendum, or a decision which version stands.
    fn after_signing(&self, note: &NoteView, fresh: EntityId) -> NoteEdit {
        let (id, reason) = (note.note.meta.id, self.words(2));
        if note.signed.len() < 2 || self.coin() {
            return NoteEdit::SignAddendum { id, reason };
        }
        NoteEdit::Settle {
            id: fresh,
            note: id,
            signed_note: self.dice.pick(&note.signed).meta.id,
            reason,
        }
    }

    fn note(&self, notes: &[NoteView]) -> (Edit, Option<EntityId>) {
        let fresh = (self.new_id)();
        let (text, length) = (self.words(1 + self.dice.below(40)), self.dice.below(8));
        let fields = NoteUpdate {
            sort: Some(self.dice.pick(NoteKind::KNOWN).clone()),
            title: self.coin().then(|| self.words(2)),
            ..NoteUpdate::default()
        };
        let note = (!notes.is_empty() && self.dice.below(4) > 0).then(|| self.dice.pick(notes));
        let Some(note) = note else {
            return (
                NoteEdit::Start {
                    id: fresh,
                    fields,
                    text,
                }
                .into(),
                Some(fresh),
            );
        };
        let (id, draft) = (note.note.meta.id, note.draft.clone().unwrap_or_default());
        let edit = match self.dice.below(8) {
            0 => NoteEdit::Update { id, fields },
            1 => NoteEdit::Sign { id },
            2 => self.after_signing(note, fresh),
            3..=5 => NoteEdit::Write {
                id,
                text: format!("{draft} {text}"),
            },
            _ => {
                let at = u32::try_from(self.dice.below(draft.chars().count() as u64 + 1)).unwrap();
                let left = draft.chars().count() - at as usize;
                let delete = u32::try_from(left.min(usize::try_from(length).unwrap())).unwrap();
                NoteEdit::Splice {
                    id,
                    splice: TextSplice {
                        at,
                        delete,
                        insert: text,
                    },
                }
            }
        };
        (edit.into(), None)
    }

    fn task(&self, view: &CaseView) -> (Edit, Option<EntityId>) {
        let fresh = (self.new_id)();
        let fields = TaskUpdate {
            title: Some(self.words(2)),
            due_on: self.coin().then(|| self.day()),
            urgency: self
                .coin()
                .then(|| self.dice.pick(Importance::KNOWN).clone()),
            clear: vec![TaskField::DueAt],
            ..TaskUpdate::default()
        };
        let requested = view
            .tasks
            .iter()
            .find(|task| task.status == Some(TaskStatus::Requested));
        if let Some(task) = requested.filter(|_| self.coin()) {
            let (id, reason) = (task.meta.id, self.words(1));
            let edit = match self.coin() {
                true => TaskEdit::Accept { id },
                false => TaskEdit::Decline { id, reason },
            };
            return (edit.into(), None);
        }
        let known = self.one_of(&view.tasks, |task| task.meta.id);
        let Some(id) = known.filter(|_| self.dice.below(4) > 0) else {
            let assignee = self.coin().then(|| *self.dice.pick(self.workers));
            let fields = TaskUpdate {
                clear: Vec::new(),
                ..fields
            };
            return (
                TaskEdit::Add {
                    id: fresh,
                    fields,
                    assignee,
                }
                .into(),
                Some(fresh),
            );
        };
        let reason = self.words(1);
        let edit = match self.dice.below(6) {
            0 => TaskEdit::Delegate {
                id,
                to: *self.dice.pick(self.workers),
                reason,
            },
            1 => TaskEdit::Start { id },
            2 => TaskEdit::Complete {
                id,
                outcome: self.coin().then_some(reason),
            },
            3 => TaskEdit::Cancel { id, reason },
            _ => TaskEdit::Update { id, fields },
        };
        (edit.into(), None)
    }

    fn goal(&self, view: &CaseView) -> (Edit, Option<EntityId>) {
        let fresh = (self.new_id)();
        let fields = GoalUpdate {
            statement: Some(self.words(4)),
            target_value: self.coin().then(|| self.dice.below(100) as f64 / 4.0),
            ..GoalUpdate::default()
        };
        let Some(goal) = self
            .one_of(&view.goals, |goal| goal.goal.meta.id)
            .filter(|_| self.dice.below(3) > 0)
        else {
            return (GoalEdit::Add { id: fresh, fields }.into(), Some(fresh));
        };
        let progress = GoalProgressUpdate {
            on: Some(self.day()),
            value: Some(1.5),
            remark: Some(self.words(2)),
            ..GoalProgressUpdate::default()
        };
        let edit = match self.dice.below(4) {
            0 => GoalEdit::Update { id: goal, fields },
            1 => GoalEdit::SetStatus {
                id: goal,
                status: self.dice.pick(GoalStatus::KNOWN).clone(),
                reason: Some(self.words(2)),
            },
            2 => GoalEdit::SetAchievement {
                id: goal,
                achievement: self.dice.pick(GoalAchievement::KNOWN).clone(),
            },
            _ => {
                return (
                    GoalEdit::RecordProgress {
                        id: fresh,
                        goal,
                        fields: progress,
                    }
                    .into(),
                    Some(fresh),
                );
            }
        };
        (edit.into(), None)
    }

    fn consent(&self, view: &CaseView) -> (Edit, Option<EntityId>) {
        let fresh = (self.new_id)();
        let fields = ConsentUpdate {
            recipient: Some(self.words(2)),
            subject: Some(self.words(2)),
            form: Some(self.dice.pick(ConsentForm::KNOWN).clone()),
            ..ConsentUpdate::default()
        };
        match self
            .one_of(&view.consents, |consent| consent.meta.id)
            .filter(|_| self.coin())
        {
            Some(id) => (
                ConsentEdit::Withdraw {
                    id,
                    reason: self.words(1),
                }
                .into(),
                None,
            ),
            None => (
                ConsentEdit::Record { id: fresh, fields }.into(),
                Some(fresh),
            ),
        }
    }

    fn assessment(&self, view: &CaseView) -> (Edit, Option<EntityId>) {
        let fresh = (self.new_id)();
        let known = (!view.assessments.is_empty() && self.dice.below(4) > 0)
            .then(|| &self.dice.pick(&view.assessments).assessment);
        let Some(known) = known else {
            let start = AssessmentEdit::Start {
                id: fresh,
                instrument: self.dice.pick(&["phq-9", "gad-7"]).to_string(),
                version: 1,
                fields: AssessmentUpdate::default(),
            };
            return (start.into(), Some(fresh));
        };
        let (id, item) = (known.meta.id, (self.dice.below(7) + 1).to_string());
        let answer = Answer::Choice {
            value: i64::try_from(self.dice.below(4)).unwrap(),
        };
        if known.status != Some(AssessmentStatus::Draft) {
            let correct = AssessmentEdit::Correct {
                id: fresh,
                assessment: id,
                item,
                answer: self.coin().then_some(answer),
                reason: self.words(1),
            };
            return (correct.into(), Some(fresh));
        }
        let edit = match self.dice.below(8) {
            0 => AssessmentEdit::Complete { id },
            1 => AssessmentEdit::Update {
                id,
                fields: AssessmentUpdate {
                    remark: Some(self.words(2)),
                    ..AssessmentUpdate::default()
                },
            },
            2 => AssessmentEdit::RecordAnswers {
                id,
                answers: Vec::new(),
                clear: vec![item],
            },
            _ => AssessmentEdit::RecordAnswers {
                id,
                answers: vec![ItemAnswer { item, answer }],
                clear: Vec::new(),
            },
        };
        (edit.into(), None)
    }

    /// Phones, addresses, identifiers, contacts and the care team: what is only added and updated.
    fn entry(&self, view: &CaseView) -> (Edit, Option<EntityId>) {
        let (id, again) = ((self.new_id)(), self.dice.below(4) > 0);
        let number = format!("555 0{}", self.dice.below(1_000) + 100);
        macro_rules! added_or_updated {
            ($list:ident, $edit:ident, $fields:expr) => {{
                let fields = $fields;
                match self
                    .one_of(&view.$list, |known| known.meta.id)
                    .filter(|_| again)
                {
                    Some(id) => ($edit::Update { id, fields }.into(), None),
                    None => ($edit::Add { id, fields }.into(), Some(id)),
                }
            }};
        }
        match self.dice.below(6) {
            0 => {
                added_or_updated!(
                    addresses,
                    AddressEdit,
                    AddressUpdate {
                        line: Some(self.words(2)),
                        ..Default::default()
                    }
                )
            }
            1 => added_or_updated!(
                identifiers,
                IdentifierEdit,
                IdentifierUpdate {
                    value: Some(number),
                    ..Default::default()
                }
            ),
            2 => added_or_updated!(
                contacts,
                ContactEdit,
                ContactUpdate {
                    name: Some(self.words(2)),
                    phone: Some(number),
                    ..Default::default()
                }
            ),
            3 => added_or_updated!(
                care_team,
                CareTeamEdit,
                CareTeamMemberUpdate {
                    name: Some(self.words(2)),
                    since: Some(self.day()),
                    ..Default::default()
                }
            ),
            _ => added_or_updated!(
                phones,
                PhoneEdit,
                PhoneUpdate {
                    number: Some(number),
                    ..Default::default()
                }
            ),
        }
    }

    fn removal(&self, view: &CaseView) -> Edit {
        let removed = view
            .phones
            .iter()
            .find(|phone| phone.meta.removed.is_some());
        if let Some(phone) = removed {
            return RemovalEdit::Restore {
                kind: Kind::Phone,
                id: phone.meta.id,
            }
            .into();
        }
        let Some((kind, id)) = self.any_entity(view) else {
            return self.case(view);
        };
        RemovalEdit::Remove {
            kind,
            id,
            reason: self.words(1),
        }
        .into()
    }

    fn extension(&self, view: &CaseView) -> Edit {
        let whole = (Kind::Case, EntityId::from_bytes(view.id.to_bytes()));
        let (kind, id) = self.any_entity(view).unwrap_or(whole);
        let json = self
            .coin()
            .then(|| format!("{{\"score\":{}}}", self.dice.below(10)));
        ExtensionEdit::Set {
            kind,
            id,
            key: CODE_TAKEN_BY_APPS.into(),
            json,
        }
        .into()
    }

    fn any_entity(&self, view: &CaseView) -> Option<(Kind, EntityId)> {
        match self.dice.below(5) {
            0 => self.one_of(&view.phones, |phone| (Kind::Phone, phone.meta.id)),
            1 => self.one_of(&view.visits, |visit| (Kind::Visit, visit.visit.meta.id)),
            2 => self.one_of(&view.tasks, |task| (Kind::Task, task.meta.id)),
            3 => self.one_of(&view.notes, |note| (Kind::Note, note.note.meta.id)),
            _ => self.one_of(&view.goals, |goal| (Kind::Goal, goal.goal.meta.id)),
        }
    }

    fn settle(&self, conflicts: &[Conflict]) -> Edit {
        let conflict = self.dice.pick(conflicts);
        let value = self.dice.pick(&conflict.choices).value.clone();
        ConflictEdit::Settle {
            path: conflict.path.clone(),
            value,
        }
        .into()
    }

    fn one_of<T, K>(&self, things: &[T], id: impl Fn(&T) -> K) -> Option<K> {
        (!things.is_empty()).then(|| id(self.dice.pick(things)))
    }

    fn coin(&self) -> bool {
        self.dice.below(2) == 0
    }

    fn words(&self, count: u64) -> String {
        let words: Vec<&str> = (0..count).map(|_| *self.dice.pick(&WORDS)).collect();
        words.join(" ")
    }

    fn day(&self) -> NaiveDate {
        let days = i32::try_from(self.dice.below(30)).unwrap();
        NaiveDate::from_num_days_from_ce_opt(739_770 + days).unwrap()
    }

    fn instant(&self) -> DateTime<Utc> {
        let seconds = i64::try_from(self.dice.below(86_400)).unwrap();
        DateTime::from_timestamp(1_781_524_800 + seconds, 0).unwrap()
    }
}
