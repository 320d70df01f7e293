//! A phone's process: takes commands line by line, as JSON, and answers each with a line.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use caseweave::domain::{
    CaseEdit, CaseUpdate, Edit, PersonUpdate, RecordPart, TaskEdit, TaskUpdate,
};
use caseweave::report::ReportLocale;
use caseweave::{
    CaseId, Caseweave, Enrolment, Error, HttpRequest, ListQuery, Options, ReportOptions, Role,
};
use caseweave_testkit::{Dice, SeededHost, TestClock, Vault, moment};
use serde_json::{Value, json};

use crate::screens;

/// How often a link is used until the server is taken to be gone: of seven replies one is lost.
const ATTEMPTS: usize = 10;

/// The seed of everything that phones draw.
const SEED: u64 = 15;
/// The zone of the agency.
const ZONE: &str = "America/Chicago";

/// Runs until its input ends. Arguments: the phone's folder, the server's certificate, and a name of this run, from which all that
/// it draws follows: no two runs have the same.
pub fn run(arguments: &[String]) -> std::process::ExitCode {
    let clock = TestClock::at(moment(0).timestamp_millis());
    let options = Options {
        directory: PathBuf::from(&arguments[0]),
        vault: Arc::<Vault>::default(),
        host: Arc::new(SeededHost::new(
            clock.clone(),
            Dice::new(SEED, &arguments[2]),
        )),
    };
    let mut device = Device {
        caseweave: Caseweave::open(options.clone()).ok(),
        clock,
        options,
        agent: agent(&arguments[1]),
    };
    for line in std::io::stdin().lock().lines() {
        let command: Vec<Value> = serde_json::from_str(&line.unwrap()).unwrap();
        let answer = device.obey(&command);
        println!("{answer}");
        std::io::stdout().flush().unwrap();
    }
    std::process::ExitCode::SUCCESS
}

/// A client that trusts the demonstration's certificate and opens a connection for each request.
fn agent(certificate: &str) -> ureq::Agent {
    let der = std::fs::read(certificate).unwrap();
    let root = ureq::tls::Certificate::from_der(&der).to_owned();
    let roots = ureq::tls::RootCerts::new_with_certs(&[root]);
    let tls = ureq::tls::TlsConfig::builder().root_certs(roots).build();
    let config = ureq::Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false);
    config.max_idle_connections(0).build().into()
}

struct Device {
    caseweave: Option<Caseweave>,
    clock: TestClock,
    options: Options,
    agent: ureq::Agent,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn case_of(value: &Value) -> CaseId {
    text(value).parse().unwrap()
}

impl Device {
    fn open(&self) -> &Caseweave {
        self.caseweave.as_ref().unwrap()
    }

    fn obey(&mut self, command: &[Value]) -> Value {
        match text(&command[0]) {
            "enrol" => self.enrol(text(&command[1])),
            "load" => self.load(command[1].as_u64().unwrap()),
            "share" => {
                let worker = text(&command[2]).parse().unwrap();
                self.open()
                    .share(case_of(&command[1]), worker, Role::Contributor, None)
                    .unwrap();
                json!({})
            }
            "edit" => {
                let edits: Vec<Edit> = serde_json::from_value(command[2].clone()).unwrap();
                self.open().edit(case_of(&command[1]), &edits).unwrap();
                json!({})
            }
            "new_id" => json!(self.open().new_id().unwrap().to_string()),
            "sync" => self.sync(),
            "clock" => {
                let minutes = command[1].as_i64().unwrap();
                self.clock.set(moment(minutes).timestamp_millis());
                json!({})
            }
            "case" => screens::apart(&self.open().case(case_of(&command[1])).unwrap()),
            "evening" => screens::evening(&self.open().case(case_of(&command[1])).unwrap()),
            "worklist" => self.worklist(command[1].as_str()),
            "give" => self.give(case_of(&command[1]), text(&command[2]), text(&command[3])),
            "everything" => self.everything(),
            "hammer" => self.hammer(case_of(&command[1])),
            other => panic!("no such command: {other}"),
        }
    }

    fn enrol(&mut self, link: &str) -> Value {
        let enrolment = Enrolment::begin(link, self.options.clone()).unwrap();
        let mut answers = (0..ATTEMPTS).filter_map(|_| self.send(&enrolment.request().unwrap()));
        let (status, body) = answers.next().expect("the server answers");
        self.caseweave = Some(enrolment.finish(status, &body).unwrap());
        json!(self.open().who_am_i().unwrap().worker.to_string())
    }

    /// Opens cases of invented persons.
    fn load(&self, count: u64) -> Value {
        let given = ["Rosa", "Ben", "Lea", "Omar", "Mei", "Ida", "Juan", "Zoë"];
        let family = [
            "Díaz", "Okafor", "Müller", "Nguyen", "Smith", "Haddad", "Rossi",
        ];
        let open = |number: u64| {
            let case = CaseId::from_bytes(self.open().new_id().unwrap().to_bytes());
            let pick = |names: &[&str], step: u64| {
                Some(names[usize::try_from(number / step).unwrap() % names.len()].to_owned())
            };
            let person = PersonUpdate {
                given_name: pick(&given, 1),
                family_name: pick(&family, 8),
                preferred_language: Some("es".into()),
                ..PersonUpdate::default()
            };
            let fields = CaseUpdate {
                number: Some(format!("C-{number:04}")),
                ..CaseUpdate::default()
            };
            let opened_on = "2026-06-01".parse().unwrap();
            let edit = CaseEdit::Open {
                id: case,
                opened_on,
                enquiry: false,
                case: fields,
                person,
            };
            self.open().edit(case, &[edit.into()]).unwrap();
            case.to_string()
        };
        (0..count).map(open).collect()
    }

    fn send(&self, request: &HttpRequest) -> Option<(u16, Vec<u8>)> {
        let mut post = self.agent.post(&request.url);
        for (name, value) in &request.headers {
            post = post.header(name, value);
        }
        let mut response = post.send(&request.body[..]).ok()?;
        let status = response.status().as_u16();
        let body = response
            .body_mut()
            .with_config()
            .limit(8 * 1024 * 1024)
            .read_to_vec()
            .ok()?;
        Some((status, body))
    }

    fn sync(&self) -> Value {
        let begin = Instant::now();
        let session = self.open().sync().unwrap();
        let (mut requests, mut lost, mut up, mut down) = (0, 0, 0, 0);
        while let Some(request) = session.next_request().unwrap() {
            requests += 1;
            up += request.body.len();
            assert!(requests < 200, "the exchange does not end");
            let Some((status, body)) = self.send(&request) else {
                lost += 1;
                continue;
            };
            down += body.len();
            match session.on_response(status, &body) {
                Ok(_) | Err(Error::Interrupted { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        let ms = u64::try_from(begin.elapsed().as_millis()).unwrap();
        json!({ "requests": requests, "lost": lost, "up": up, "down": down, "ms": ms })
    }

    fn worklist(&self, worker: Option<&str>) -> Value {
        let worker = worker.map(|worker| worker.parse().unwrap());
        let items = self.open().worklist(ZONE, worker, 500).unwrap();
        items.iter().map(screens::waiting).collect()
    }

    /// Writes a summary for a recipient to a file. Gives the page, as the file has it, and how often giving it was recorded.
    fn give(&self, case: CaseId, recipient: &str, path: &str) -> Value {
        let options = ReportOptions {
            locale: ReportLocale::EnUs,
            zone: ZONE.into(),
            sections: RecordPart::KNOWN.to_vec(),
            recipient: Some(recipient.into()),
            say_left_out: true,
        };
        let report = self.open().report(case, &options).unwrap();
        std::fs::write(path, report.html).unwrap();
        let page = std::fs::read_to_string(path).unwrap();
        json!({ "page": page, "disclosures": report.disclosures.len() })
    }

    /// Everything there is to see, as digests that two phones can compare.
    fn everything(&self) -> Value {
        let (mut cases, mut conflicts, mut history) =
            (blake3::Hasher::new(), 0, blake3::Hasher::new());
        let (mut count, mut changes) = (0, 0);
        let mut query = ListQuery::default();
        loop {
            let page = self.open().list(&query).unwrap();
            for row in &page.rows {
                let view = self.open().case(row.case.case).unwrap();
                conflicts += view.conflicts.len();
                count += 1;
                cases.update(format!("{view:?}").as_bytes());
                let mut records = self.open().history(row.case.case).unwrap();
                records.sort_by_key(|record| record.hash);
                changes += records.len();
                // When each was received and what was checked is each device's own.
                for record in records {
                    let what = (&record.intentions, &record.fields);
                    let record = format!("{:?} {:?} {what:?}", record.hash, record.made);
                    history.update(record.as_bytes());
                }
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        let mut found = blake3::Hasher::new();
        let mut hits = 0;
        for words in ["rosa", "diaz", "visit", "calm", "555", "meals", "pharmacy"] {
            let result = self.open().search(words, 500).unwrap();
            hits += result.len();
            let mut rows: Vec<_> = result
                .iter()
                .map(|hit| (hit.case, hit.kind, hit.id))
                .collect();
            rows.sort_unstable();
            found.update(format!("{rows:?}").as_bytes());
        }
        let digest = |hasher: &blake3::Hasher| hasher.finalize().to_hex().to_string();
        json!({
            "cases": count, "views": digest(&cases), "conflicts": conflicts,
            "changes": changes, "history": digest(&history), "hits": hits, "search": digest(&found),
        })
    }

    /// Saves tasks until somebody ends the process, and tells each one that was saved.
    fn hammer(&self, case: CaseId) -> Value {
        loop {
            let id = self.open().new_id().unwrap();
            let fields = TaskUpdate {
                title: Some("Saved while being killed".into()),
                ..TaskUpdate::default()
            };
            self.open()
                .edit(
                    case,
                    &[TaskEdit::Add {
                        id,
                        fields,
                        assignee: None,
                    }
                    .into()],
                )
                .unwrap();
            println!("{}", json!(id.to_string()));
            std::io::stdout().flush().unwrap();
        }
    }
}
