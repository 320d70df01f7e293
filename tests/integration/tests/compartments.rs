//! Restricted compartments: what those see who may, and that nobody else gets a trace of them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::cell::RefCell;
use std::io::Write;
use std::sync::{Arc, Mutex};

use caseweave::domain::*;
use caseweave::instruments::{Answer, ItemAnswer};
use caseweave::report::ReportLocale;
use caseweave::{
    ActionResult, CaseId, CompartmentId, EntityId, Error, ListQuery, PersonDraft, ReportOptions,
    Role, WorkerId,
};
use caseweave_engine::document::Document;
use caseweave_engine::sync::wire::{WireError, WireResponse};
use caseweave_engine::sync::{pack, unpack};
use caseweave_testkit::{Agency, Carrier, Device, Entries, day};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

const DAYS_MS: i64 = 10 * 86_400_000;
const ZONE: &str = "America/Chicago";

/// Words that stand nowhere but in the compartment.
const TITLE: &str = "Zwiebelturm";
const NOTE: &str = "Quittengelee";
const NEED: &str = "Karamellbonbon";
const FILE: &str = "Schnittlauch";
const SIZE: &str = "7777777";
const HASH: &str = "abababababababababababababababababababababababababababababababab";

/// Ana, Ben and Cleo work on a case; Ana has something to keep from Ben.
struct Three {
    agency: Agency,
    ben: WorkerId,
    cleo: WorkerId,
    anas: Device,
    bens: Device,
    cleos: Device,
    case: CaseId,
    /// Everything that Ben's phone was ever told.
    told: RefCell<Vec<u8>>,
}

impl Three {
    fn new(seed: u64) -> Self {
        let mut agency = Agency::new(seed);
        let [ana, ben, cleo] = ["Ana", "Ben", "Cleo"].map(|name| agency.worker(name));
        let [anas, bens, cleos] = [ana, ben, cleo].map(|worker| agency.device(worker));
        let case = Entries(&anas).open_case("Rosa", "Díaz");
        Entries(&anas).visit_with_note(case, "Ate well.");
        for worker in [ben, cleo] {
            let role = Role::Contributor;
            anas.caseweave.share(case, worker, role, None).unwrap();
        }
        let three = Self {
            agency,
            ben,
            cleo,
            anas,
            bens,
            cleos,
            case,
            told: RefCell::default(),
        };
        three.exchange();
        three
    }

    fn exchange(&self) {
        self.anas.sync(&mut self.agency.network());
        self.told
            .borrow_mut()
            .extend(heard(&self.agency, &self.bens));
        for device in [&self.cleos, &self.anas] {
            device.sync(&mut self.agency.network());
        }
    }

    /// A compartment of Ana's with something of everything, which nobody knows of yet.
    fn compartment(&self) -> CompartmentId {
        let id = open(&self.anas, self.case, TITLE);
        write_into(&self.anas, id);
        id
    }

    fn shared_with_cleo(&self) -> CompartmentId {
        let id = self.compartment();
        let share = self
            .anas
            .caseweave
            .share(id, self.cleo, Role::Contributor, None);
        share.unwrap();
        self.exchange();
        let decisions = self.anas.caseweave.decisions(id).unwrap();
        assert_eq!(decisions[0].result, Some(ActionResult::Done));
        id
    }

    /// Both members show the same of a compartment, nothing waits, and the server finds nothing wrong.
    fn assert_equal(&self, id: CompartmentId) {
        let (anas, cleos) = (&self.anas.caseweave, &self.cleos.caseweave);
        assert_eq!(
            anas.compartment(id).unwrap(),
            cleos.compartment(id).unwrap()
        );
        assert_eq!(anas.access(id).unwrap(), cleos.access(id).unwrap());
        for device in [anas, cleos] {
            let sync = device.status(None).unwrap();
            assert_eq!((sync.pending, sync.held, sync.refused), (0, 0, 0));
            assert!(device.check_storage().unwrap().is_clean());
        }
        assert_eq!(self.agency.findings(), Vec::<String>::new());
    }
}

fn open(device: &Device, case: CaseId, title: &str) -> CompartmentId {
    let id = device.caseweave.new_compartment_id().unwrap();
    device.edit(id, &[opening(id, case, title)]);
    id
}

fn opening(id: CompartmentId, case: CaseId, title: &str) -> Edit {
    let fields = CompartmentUpdate {
        title: Some(title.into()),
        ..CompartmentUpdate::default()
    };
    CompartmentEdit::Open { id, case, fields }.into()
}

fn renamed(title: &str) -> Edit {
    let fields = CompartmentUpdate {
        title: Some(title.into()),
        ..CompartmentUpdate::default()
    };
    CompartmentEdit::Update { fields }.into()
}

/// A note that is begun, one that is signed, a need, an assessment that is begun, and a letter.
fn write_into(device: &Device, id: CompartmentId) {
    let signed = Entries(device).note(id, &format!("{NOTE} at once."));
    device.edit(id, &[NoteEdit::Sign { id: signed }.into()]);
    Entries(device).note(id, &format!("{NOTE} in a draft."));
    let need = NeedUpdate {
        domain: Some(NeedDomain::IntimatePartnerViolence),
        statement: Some(format!("{NEED}.")),
        ..NeedUpdate::default()
    };
    let letter = AttachmentUpdate {
        name: Some(format!("{FILE}.jpg")),
        ..AttachmentUpdate::default()
    };
    let content = AttachmentContent {
        media_type: "image/jpeg".into(),
        size: SIZE.parse().unwrap(),
        hash: HASH.into(),
    };
    let add_need = NeedEdit::Add {
        id: device.id(),
        fields: need,
    };
    let add_letter = AttachmentEdit::Add {
        id: device.id(),
        fields: letter,
        content,
    };
    device.edit(id, &[add_need.into(), add_letter.into()]);
    device.edit(id, &assessment(device.id()));
}

/// A PHQ-9 whose last answer raises an alert.
fn assessment(id: EntityId) -> [Edit; 3] {
    let start = AssessmentEdit::Start {
        id,
        instrument: "phq-9".into(),
        version: 1,
        fields: AssessmentUpdate::default(),
    };
    let answers = (1..=9).map(|item| ItemAnswer {
        item: item.to_string(),
        answer: Answer::Choice { value: item / 9 },
    });
    let answer = AssessmentEdit::RecordAnswers {
        id,
        answers: answers.collect(),
        clear: Vec::new(),
    };
    let complete = AssessmentEdit::Complete { id };
    [start.into(), answer.into(), complete.into()]
}

/// What tells of a compartment: its id, the ids of what is in it, its title, its words, what its file is known by.
fn traces(view: &CompartmentView) -> Vec<Vec<u8>> {
    let own = EntityId::from_bytes(view.id.to_bytes());
    let notes = view.notes.iter().map(|note| note.note.meta.id);
    let signed = view.notes.iter().flat_map(|note| &note.signed);
    let signed = signed.map(|version| version.meta.id);
    let needs = view.needs.iter().map(|need| need.meta.id);
    let assessments = view.assessments.iter().map(|one| one.assessment.meta.id);
    let files = view.attachments.iter().map(|file| file.meta.id);
    let ids = std::iter::once(own).chain(notes).chain(signed).chain(needs);
    let ids = ids.chain(assessments).chain(files);
    let words = [TITLE, NOTE, NEED, FILE, SIZE, HASH].map(|word| word.as_bytes().to_vec());
    ids.flat_map(forms_of).chain(words).collect()
}

/// An id as it is stored, as it is shown, and as `Debug` shows it.
fn forms_of(id: EntityId) -> [Vec<u8>; 3] {
    let number = u128::from_be_bytes(id.to_bytes());
    [
        id.to_bytes().to_vec(),
        id.to_string().into_bytes(),
        number.to_string().into_bytes(),
    ]
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let mut windows = haystack.windows(needle.len());
    windows.any(|window| window == needle)
}

#[track_caller]
fn assert_no_trace(of: &CompartmentView, place: &[u8]) {
    for trace in traces(of) {
        let trace_text = String::from_utf8_lossy(&trace);
        assert!(!contains(place, &trace), "{trace_text}");
    }
}

/// Everything that a device was told, unpacked.
struct Ear<'a> {
    agency: &'a Agency,
    told: Vec<u8>,
}

impl Carrier for Ear<'_> {
    fn carry(&mut self, request: &caseweave::HttpRequest) -> Option<(u16, Vec<u8>)> {
        let (status, body) = self.agency.network().send(request)?;
        if status != 200 {
            let error: WireError = unpack(&body).unwrap();
            self.told.extend(format!("{error:?}").into_bytes());
            return Some((status, body));
        }
        let response: WireResponse = unpack(&body).unwrap();
        for news in &response.documents {
            self.told.extend(news.document.to_bytes());
            let changes = news.changes.iter().flat_map(|change| change.iter());
            self.told.extend(changes);
            let snapshot = news
                .snapshot
                .iter()
                .flat_map(|snapshot| snapshot.bytes.iter());
            self.told.extend(snapshot);
        }
        self.told.extend(format!("{response:?}").into_bytes());
        Some((status, body))
    }
}

/// Exchanges, and gives all that the device was told.
fn heard(agency: &Agency, device: &Device) -> Vec<u8> {
    let mut ear = Ear {
        agency,
        told: Vec::new(),
    };
    device.sync(&mut ear);
    ear.told
}

/// Everything that a device shows of its caseload as a whole.
fn caseload(device: &Device) -> String {
    let caseweave = &device.caseweave;
    let query = ListQuery {
        limit: 500,
        ..ListQuery::default()
    };
    let waiting = [
        ListQuery {
            unsynced: true,
            ..query.clone()
        },
        ListQuery {
            in_conflict: true,
            ..query.clone()
        },
    ];
    let lists = waiting.map(|query| caseweave.list(&query).unwrap().rows.len());
    let known = PersonDraft {
        person: PersonUpdate {
            family_name: Some("Díaz".into()),
            ..PersonUpdate::default()
        },
        ..PersonDraft::default()
    };
    let english = ReportLocale::EnUs;
    let (from, to) = (day(1), day(30));
    let figures = caseweave.caseload_figures(from, to, english, ZONE);
    let named = format!(
        "{:#?}",
        (
            caseweave.list(&query).unwrap(),
            caseweave.worklist(ZONE, None, 500).unwrap(),
            caseweave.workload(ZONE).unwrap(),
            caseweave.agenda(from, to, ZONE, None).unwrap(),
            caseweave.next_reminders(ZONE, 500).unwrap(),
            caseweave.duplicates(&known).unwrap(),
            figures.unwrap(),
        )
    );
    format!("{lists:?} {named}")
}

/// Everything that a device shows of one case.
fn of_case(device: &Device, case: CaseId) -> String {
    let caseweave = &device.caseweave;
    let options = ReportOptions {
        locale: ReportLocale::EnUs,
        zone: ZONE.into(),
        sections: vec![
            RecordPart::Notes,
            RecordPart::Needs,
            RecordPart::Assessments,
        ],
        recipient: None,
        say_left_out: true,
    };
    let shown = (
        caseweave.case(case).unwrap(),
        caseweave.history(case).unwrap(),
        caseweave.timeline(case, None, 500).unwrap(),
        caseweave.report(case, &options).unwrap(),
        caseweave.plan(case, ReportLocale::EnUs, ZONE).unwrap(),
        caseweave.access(case).unwrap(),
        caseweave.verify(case).unwrap(),
        caseweave.unproven(case).unwrap(),
        caseweave.status(Some(case)).unwrap(),
    );
    format!("{shown:#?}")
}

/// All that a device shows and holds: screens, searches, an export, and its documents.
fn everything(device: &Device, case: CaseId) -> Vec<u8> {
    let caseweave = &device.caseweave;
    let mut all = (caseload(device) + &of_case(device, case)).into_bytes();
    for word in [TITLE, NOTE, NEED, FILE] {
        all.extend(format!("{:?}", caseweave.search(&word[..5], 500).unwrap()).into_bytes());
    }
    let rest = (
        caseweave.inbox().unwrap().conflicts,
        caseweave.late_work(None).unwrap(),
        caseweave.quarantined(None).unwrap(),
        caseweave.compartments(None).unwrap(),
        caseweave.changes_since(0).unwrap(),
        caseweave.status(None).unwrap(),
    );
    all.extend(format!("{rest:?}").into_bytes());
    let file = device.directory().join("export.jsonl");
    caseweave.export_records(&file).unwrap();
    all.extend(std::fs::read(&file).unwrap());
    all.extend(documents(device));
    all
}

/// The bytes of every document on a device, with their ids.
fn documents(device: &Device) -> Vec<u8> {
    of_documents(device, |_| true)
}

/// The bytes of some documents on a device, each with its id.
fn of_documents(device: &Device, wanted: impl Fn(CaseId) -> bool) -> Vec<u8> {
    device.stored(|tx| {
        let mut bytes = Vec::new();
        let rows = tx.documents().unwrap().into_iter();
        for id in rows.map(|row| row.id).filter(|id| wanted(*id)) {
            let stored = tx.load(id).unwrap().unwrap();
            let snapshot = stored.snapshot.as_ref().map(|one| one.bytes.as_slice());
            let tail = stored.tail.rows.iter().map(|row| row.bytes.as_slice());
            let document = Document::load(id, snapshot, tail).unwrap();
            bytes.extend(id.to_bytes());
            bytes.extend(document.save_verified().unwrap());
        }
        bytes
    })
}

/// What every crate logs on this thread while it lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn keeper(&self) -> impl SubscriberInitExt {
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(self.clone())
    }

    fn lines(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

#[test]
fn a_member_of_the_case_gets_no_trace_of_a_compartment() {
    let log = Log::default();
    let _logging = log.keeper().set_default();
    let mut three = Three::new(1);
    let tablet = three.agency.device(three.ben);
    let backup = three.agency.backup();
    let id = three.shared_with_cleo();
    let view = three.anas.caseweave.compartment(id).unwrap();
    // Everybody goes on with the case, and two with the compartment.
    for device in [&three.anas, &three.cleos, &three.bens] {
        Entries(device).task(three.case, "Order a ramp");
    }
    three.cleos.edit(id, &[renamed(&format!("{TITLE} again"))]);
    three.exchange();
    three.exchange();
    // Work that comes too late is held, and what lies is set aside.
    Entries(&three.cleos).note(id, NOTE);
    three.anas.caseweave.withdraw(id, three.cleo).unwrap();
    three.exchange();
    three.exchange();
    assert!(!three.anas.caseweave.late_work(Some(id)).unwrap().is_empty());
    lie_about(&three, id);
    // A second phone of Ben's begins with snapshots; a server that was set back is given everything back.
    let mut told = heard(&three.agency, &tablet);
    three.agency.restore(&backup);
    three.exchange();
    three.exchange();
    told.extend(heard(&three.agency, &tablet));

    assert_no_trace(&view, &told);
    assert_no_trace(&view, &three.told.borrow());
    for device in [&three.bens, &tablet] {
        assert_no_trace(&view, &everything(device, three.case));
        let [known, unknown] = [id, CaseId::from_bytes([9; 16])].map(|id| {
            let said = device.caseweave.compartment(id).unwrap_err().to_string();
            said.replace(&id.to_string(), "")
        });
        assert_eq!(known, unknown);
    }
    let lines = log.lines();
    assert!(contains(&lines, b"set aside"), "the log is kept");
    assert_no_trace(&view, &lines);
    // They would be found: whoever may see the compartment was told all of it.
    let third = three
        .agency
        .device(three.anas.caseweave.who_am_i().unwrap().worker);
    let told = heard(&three.agency, &third);
    let shown = everything(&third, three.case);
    for word in [TITLE, NOTE, NEED, FILE] {
        assert!(contains(&shown, word.as_bytes()), "{word}");
        assert!(contains(&told, word.as_bytes()), "{word}");
    }
    for form in forms_of(EntityId::from_bytes(id.to_bytes())) {
        assert!(
            contains(&shown, &form),
            "{}",
            String::from_utf8_lossy(&form)
        );
    }
    assert!(contains(&told, &id.to_bytes()));
}

/// Cleo, who is given the compartment again, hears news of it under a signature that does not hold.
fn lie_about(three: &Three, id: CompartmentId) {
    let phone = &three.anas;
    let other = &three.cleos;
    let role = Role::Contributor;
    phone.caseweave.share(id, three.cleo, role, None).unwrap();
    phone.sync(&mut three.agency.network());
    let session = other.caseweave.sync().unwrap();
    let request = session.next_request().unwrap().unwrap();
    let (status, body) = three.agency.network().send(&request).unwrap();
    let mut response: WireResponse = unpack(&body).unwrap();
    let news = response.documents.iter_mut();
    let news = news.filter(|news| news.document == id);
    news.for_each(|news| {
        news.runs.iter_mut().for_each(|run| run.signature[7] ^= 1);
        news.snapshot
            .iter_mut()
            .for_each(|one| one.signature[7] ^= 1);
    });
    let lie = pack(&response).unwrap();
    session.on_response(status, &lie).unwrap();
    drop(session);
    assert!(!other.caseweave.quarantined(None).unwrap().is_empty());
}

/// Lets a device's clock show a moment: each reading moves it on, and an id begins with one.
fn set_clock(device: &Device, ms: i64) {
    let mut shown = [0; 8];
    shown[2..].copy_from_slice(&device.id().to_bytes()[..6]);
    device.clock.advance(ms - i64::from_be_bytes(shown));
}

#[test]
fn the_main_record_is_the_same_to_the_byte_with_and_without_a_compartment() {
    let record = |restricted: bool| {
        let three = Three::new(2);
        // Drawn before, so that both histories name the same things alike.
        let ids: Vec<_> = (0..3).map(|_| three.anas.id()).collect();
        if restricted {
            three.shared_with_cleo();
        } else {
            three.exchange();
        }
        let tasks = ids.iter().map(|id| {
            let fields = TaskUpdate {
                title: Some("Order a ramp".into()),
                ..TaskUpdate::default()
            };
            TaskEdit::Add {
                id: *id,
                fields,
                assignee: None,
            }
        });
        for task in tasks {
            // Whatever was done meanwhile took its time.
            set_clock(&three.anas, 1_790_000_000_000);
            three.anas.edit(three.case, &[task.into()]);
        }
        three.exchange();
        let bytes = |device: &Device| of_documents(device, |id| id == three.case);
        [&three.anas, &three.bens, &three.cleos].map(bytes)
    };
    let [without, with] = [record(false), record(true)];
    assert!(
        without == record(false),
        "a history gives the same bytes once more"
    );
    assert!(without == with, "a compartment changes the record");
    assert!(contains(&without[1], b"Order a ramp"));
}

#[test]
fn members_read_and_write_a_compartment_and_no_list_shows_it() {
    let three = Three::new(3);
    // As it would be days later, when what is left undone shows.
    let caseload = |device: &Device| {
        device.clock.advance(DAYS_MS);
        let shown = caseload(device);
        device.clock.advance(-DAYS_MS);
        shown
    };
    let before = [&three.anas, &three.cleos].map(caseload);
    let of_the_case = of_case(&three.cleos, three.case);
    let id = three.shared_with_cleo();
    three.assert_equal(id);
    assert_eq!([&three.anas, &three.cleos].map(caseload), before);
    assert_eq!(of_case(&three.cleos, three.case), of_the_case);

    let cleos = &three.cleos.caseweave;
    let rows = cleos.compartments(Some(three.case)).unwrap();
    assert_eq!(rows, cleos.compartments(None).unwrap());
    let row = &rows[0].compartment;
    let counts = [row.notes, row.needs, row.assessments, row.attachments];
    assert_eq!((row.title.as_str(), counts), (TITLE, [2, 1, 1, 1]));
    assert_eq!(row.alerts, 1);
    assert_eq!(cleos.assessment_trend(id, "phq-9").unwrap().len(), 1);
    for word in [TITLE, NOTE, NEED, FILE] {
        let hits = cleos.search(word, 10).unwrap();
        assert!(!hits.is_empty(), "{word}");
        for hit in hits {
            assert_eq!((hit.case, hit.compartment), (three.case, Some(id)));
        }
    }
    let happened = cleos.timeline(id, None, 500).unwrap().items;
    assert!(happened.iter().any(|item| item.kind == Kind::Compartment));
    let history = cleos.history(id).unwrap();
    assert_eq!(history[0].intentions, "open_compartment");
    let then = cleos.compartment_at(id, &hexadecimal(&history[0].hash));
    assert_eq!(then.unwrap().notes.len(), 0);
    assert!(matches!(cleos.case(id), Err(Error::NotFound { .. })));
    let sections = vec![RecordPart::Notes];
    let options = ReportOptions {
        locale: ReportLocale::EnUs,
        zone: ZONE.into(),
        sections,
        recipient: None,
        say_left_out: false,
    };
    assert!(matches!(
        cleos.report(id, &options),
        Err(Error::NotFound { .. })
    ));
}

fn hexadecimal(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_two_members_wrote_apart_is_in_the_compartment_of_both() {
    let three = Three::new(4);
    let id = three.shared_with_cleo();
    let note = Entries(&three.anas).note(id, "She came at noon. Calm.");
    three.exchange();
    Entries(&three.anas).write(id, note, "She came at noon. Calm and rested.");
    Entries(&three.cleos).write(id, note, "She came at noon with a friend. Calm.");
    three.anas.edit(id, &[renamed("Counsel")]);
    three.cleos.edit(id, &[renamed("Court")]);
    for device in [&three.anas, &three.cleos] {
        device.edit(id, &[NoteEdit::Sign { id: note }.into()]);
    }
    three.exchange();
    three.exchange();
    three.assert_equal(id);
    let view = three.cleos.caseweave.compartment(id).unwrap();
    let shown = view.notes.iter().find(|view| view.note.meta.id == note);
    let shown = shown.unwrap();
    assert_eq!(shown.signed.len(), 2);
    assert_eq!(
        shown.draft.as_deref(),
        Some("She came at noon with a friend. Calm and rested.")
    );
    let inbox = three.cleos.caseweave.inbox().unwrap().conflicts;
    let place = (inbox[0].case, inbox[0].compartment);
    assert_eq!((inbox.len(), place), (1, (three.case, Some(id))));
    let settle = ConflictEdit::Settle {
        path: view.conflicts[0].path.clone(),
        value: Value::Text("Court".into()),
    };
    three.cleos.edit(id, &[settle.into()]);
    three.exchange();
    three.assert_equal(id);
    assert!(three.anas.caseweave.inbox().unwrap().conflicts.is_empty());
    let rows = three.anas.caseweave.compartments(None).unwrap();
    assert_eq!(rows[0].compartment.title, "Court");
}

#[test]
fn nothing_of_a_compartment_is_left_on_the_device_of_who_lost_it() {
    let three = Three::new(5);
    let id = three.shared_with_cleo();
    let view = three.cleos.caseweave.compartment(id).unwrap();
    assert!(!documents(&three.cleos).is_empty());
    let held = |device: &Device| {
        device.stored(|tx| {
            let documents = tx.documents_of(id).unwrap().len();
            let envelopes = tx.envelopes_of(id).unwrap().len();
            let access = caseweave_engine::ids::ScopeId::of(id);
            (documents, envelopes, tx.access_to(access).unwrap().len())
        })
    };
    let (documents, envelopes, access) = held(&three.cleos);
    assert!(documents > 1 && envelopes > 0 && access == 2);
    three.anas.caseweave.withdraw(id, three.cleo).unwrap();
    three.exchange();
    assert_eq!(held(&three.cleos), (0, 0, 0));
    let shown = everything(&three.cleos, three.case);
    for trace in traces(&view) {
        // Whoever follows the record is told that it went.
        if !forms_of(EntityId::from_bytes(id.to_bytes())).contains(&trace) {
            assert!(
                !contains(&shown, &trace),
                "{}",
                String::from_utf8_lossy(&trace)
            );
        }
    }
    assert_eq!(three.cleos.cases(), [three.case]);
    // Given again, it arrives whole.
    let role = Role::Reader;
    let anas = &three.anas.caseweave;
    anas.share(id, three.cleo, role, None).unwrap();
    three.exchange();
    three.assert_equal(id);
}

#[test]
fn late_work_on_a_compartment_waits_for_its_lead() {
    let three = Three::new(6);
    let id = three.shared_with_cleo();
    let before = three.anas.caseweave.compartment(id).unwrap().notes.len();
    Entries(&three.cleos).note(id, "Written too late");
    three.anas.caseweave.withdraw(id, three.cleo).unwrap();
    three.exchange();
    three.exchange();
    assert!(three.cleos.caseweave.compartments(None).unwrap().is_empty());
    let anas = &three.anas.caseweave;
    let work = anas.late_work(None).unwrap();
    let place = (work[0].case, work[0].compartment, work[0].worker);
    assert_eq!((work.len(), place), (1, (three.case, Some(id), three.cleo)));
    assert_eq!(anas.late_work(Some(id)).unwrap(), work);
    assert!(anas.late_work(Some(three.case)).unwrap().is_empty());
    assert!(three.bens.caseweave.late_work(None).unwrap().is_empty());
    anas.accept_late_work(work[0].id).unwrap();
    three.exchange();
    assert_eq!(anas.compartment(id).unwrap().notes.len(), before + 1);
    assert_eq!(three.agency.findings(), Vec::<String>::new());
}

#[test]
fn access_to_a_compartment_goes_by_its_own_grants() {
    let mut three = Three::new(7);
    let dora = three.agency.worker("Dora");
    let doras = three.agency.device(dora);
    let id = three.shared_with_cleo();
    // An outside therapist sees the compartment and not the case.
    let role = Role::Contributor;
    three.anas.caseweave.share(id, dora, role, None).unwrap();
    three.exchange();
    doras.sync(&mut three.agency.network());
    assert!(doras.cases().is_empty());
    let rows = doras.caseweave.compartments(Some(three.case)).unwrap();
    assert_eq!(rows[0].compartment.id, id);
    Entries(&doras).note(id, "From outside");
    doras.sync(&mut three.agency.network());
    // Nobody opens one on a case that is not on the device, nor on a compartment.
    for (device, about) in [(&doras, three.case), (&three.anas, id)] {
        let new = device.caseweave.new_compartment_id().unwrap();
        let opened = device.caseweave.edit(new, &[opening(new, about, TITLE)]);
        assert!(matches!(opened, Err(Error::NotFound { .. })), "{opened:?}");
    }
    // Who loses the case keeps the compartment.
    three
        .anas
        .caseweave
        .withdraw(three.case, three.cleo)
        .unwrap();
    three.exchange();
    assert!(three.cleos.cases().is_empty());
    three.assert_equal(id);
    let view = three.cleos.caseweave.compartment(id).unwrap();
    assert_eq!((view.case, view.notes.len()), (three.case, 3));
    // Its last lead stays.
    let ana = three.anas.caseweave.who_am_i().unwrap().worker;
    let last = three.anas.caseweave.withdraw(id, ana).unwrap();
    three.exchange();
    let decisions = three.anas.caseweave.decisions(id).unwrap();
    let last = decisions.iter().find(|decision| decision.id == last);
    assert_eq!(last.unwrap().result, Some(ActionResult::NotAllowed));
}

#[test]
fn an_export_holds_the_compartments_of_who_makes_it_and_marks_them() {
    let three = Three::new(8);
    let id = three.shared_with_cleo();
    let lines = |device: &Device| -> Vec<serde_json::Value> {
        let file = device.directory().join("export.jsonl");
        let report = device.caseweave.export_records(&file).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let end = lines.last().unwrap();
        assert_eq!(end["compartments"], report.compartments);
        lines
    };
    let marked = |line: &&serde_json::Value| line["compartment"] == id.to_string();
    let cleos = lines(&three.cleos);
    let marked_lines: Vec<_> = cleos.iter().filter(marked).collect();
    assert!(
        marked_lines
            .iter()
            .all(|line| line["case"] == three.case.to_string())
    );
    let kinds: Vec<_> = marked_lines.iter().map(|line| &line["kind"]).collect();
    for kind in [
        "compartment",
        "note",
        "signed_note",
        "need",
        "assessment",
        "attachment",
    ] {
        assert!(kinds.iter().any(|one| *one == kind), "{kind}");
    }
    let bens = lines(&three.bens);
    assert_eq!(bens.iter().filter(marked).count(), 0);
    assert_eq!(bens.last().unwrap()["compartments"], 0);
}

#[test]
fn a_compartment_refuses_what_a_case_holds_and_names_the_field() {
    let three = Three::new(9);
    let id = open(&three.anas, three.case, TITLE);
    let (_, visit) = Entries(&three.anas).visit_edits("Ate well.");
    let refused = three.anas.caseweave.edit(id, &visit);
    assert!(
        matches!(&refused, Err(Error::InvalidInput { field, .. }) if field == "visit"),
        "{refused:?}"
    );
    let taken = three
        .anas
        .caseweave
        .edit(id, &[opening(id, three.case, TITLE)]);
    assert!(
        matches!(taken, Err(Error::AlreadyExists { .. })),
        "{taken:?}"
    );
    let on_case = three
        .anas
        .caseweave
        .edit(three.case, &[opening(three.case, three.case, TITLE)]);
    assert!(matches!(on_case, Err(Error::InvalidInput { .. })));
}
