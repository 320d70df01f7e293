//! The program itself: commands, a socket, TLS, an orderly stop.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use caseweave_engine::sync::wire::{
    ENROL_ROUTE, SYNC_ROUTE, WireEnrolled, WireError, WireRequest, WireResponse,
};
use caseweave_engine::sync::{EnrolmentLink, MAX_BODY, pack, unpack};
use support::{Phone, enrolment};

const PROGRAM: &str = env!("CARGO_BIN_EXE_caseweave-server");

/// Runs a command to its end; gives what it printed.
fn run(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(PROGRAM)
        .args(arguments)
        .env("RUST_LOG", "off")
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned(),
    )
}

fn printed(arguments: &[&str]) -> String {
    let (code, text) = run(arguments);
    assert_eq!(code, 0, "{arguments:?}: {text}");
    text
}

/// A serving process, ended with the test.
struct Serving {
    process: Child,
    log: BufReader<ChildStderr>,
    address: String,
}

impl Serving {
    fn start(directory: &str, more: &[&str]) -> Self {
        Self::start_as(Command::new(PROGRAM), directory, more)
    }

    /// On a disk of its own, as it were: no file may grow past so many blocks of 512 bytes.
    fn start_with_room(blocks: u32, directory: &str) -> Self {
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut shell = Command::new("sh");
        shell.args(["-c", &limited, PROGRAM]);
        Self::start_as(shell, directory, &[])
    }

    fn start_as(mut command: Command, directory: &str, more: &[&str]) -> Self {
        command
            .args(["serve", "--data", directory, "--listen", "127.0.0.1:0"])
            .args(more);
        let mut process = command
            .env("RUST_LOG", "info")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim_end()
            .strip_prefix("listening on ")
            .unwrap()
            .to_owned();
        let log = BufReader::new(process.stderr.take().unwrap());
        Self {
            process,
            log,
            address,
        }
    }

    /// Tells the process to stop, and comes back when it has heard.
    fn tell_to_stop(&mut self) {
        let told = Command::new("kill")
            .arg(self.process.id().to_string())
            .status()
            .unwrap();
        assert!(told.success());
        let mut lines = self.log.by_ref().lines().map(|line| line.unwrap());
        assert!(lines.any(|line| line.contains("stopping")));
    }

    fn ended(mut self) -> i32 {
        self.process.wait().unwrap().code().unwrap()
    }

    fn stop(mut self) -> i32 {
        self.tell_to_stop();
        self.ended()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn post(agent: &ureq::Agent, url: &str, header: Option<&str>, body: &[u8]) -> (u16, Vec<u8>) {
    let mut request = agent.post(url);
    if let Some(header) = header {
        request = request.header("authorization", header);
    }
    let mut response = request.send(body).unwrap();
    let mut bytes = Vec::new();
    response
        .body_mut()
        .as_reader()
        .read_to_end(&mut bytes)
        .unwrap();
    (response.status().as_u16(), bytes)
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into()
}

fn set_up(data: &str, url: &str) -> (String, EnrolmentLink) {
    let org = printed(&["org", "add", "--data", data, "Agency"]);
    let worker = printed(&["worker", "add", "--data", data, "--org", &org, "Ana"]);
    let link = printed(&[
        "device", "enrol", "--data", data, "--org", &org, "--worker", &worker, "--url", url,
    ]);
    (org, link.parse().unwrap())
}

#[test]
fn a_phone_enrols_and_exchanges_over_http_and_the_server_stops_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let serving = Serving::start(data, &[]);
    let url = format!("http://{}", serving.address);
    let (org, link) = set_up(data, &url);
    assert_eq!(link.url, url);
    let agent = agent();
    assert_eq!(
        agent
            .get(format!("{url}/healthz"))
            .call()
            .unwrap()
            .status()
            .as_u16(),
        200
    );
    let (status, body) = post(
        &agent,
        &format!("{url}{ENROL_ROUTE}"),
        None,
        &enrolment([5; 32], &link),
    );
    assert_eq!(status, 200);
    let enrolled: WireEnrolled = unpack(&body).unwrap();
    let mut phone = Phone::new([5; 32], &enrolled);
    phone.create_case(0x10);
    let body = pack(&phone.request()).unwrap();
    let header = phone.header(&body);
    let (status, answer) = post(&agent, &format!("{url}{SYNC_ROUTE}"), Some(&header), &body);
    assert_eq!(status, 200);
    let response: WireResponse = unpack(&answer).unwrap();
    phone.stored();
    phone.apply(&response);
    assert_eq!(response.digest, Some(phone.sum()));
    let (status, answer) = post(
        &agent,
        &format!("{url}{SYNC_ROUTE}"),
        None,
        &vec![0; MAX_BODY + 1],
    );
    assert_eq!(
        (status, unpack::<WireError>(&answer).unwrap().code.as_str()),
        (413, "too_large")
    );
    let noted = "SELECT count(*) FROM audit WHERE what = 'request_refused' AND code = 'too_large'";
    let audit = rusqlite::Connection::open(Path::new(data).join("server.sqlite")).unwrap();
    let noted: i64 = audit.query_row(noted, [], |row| row.get(0)).unwrap();
    assert_eq!(noted, 1);

    assert_eq!(
        run(&["serve", "--data", data, "--listen", "127.0.0.1:0"]).0,
        2,
        "one process serves a directory"
    );
    let list = printed(&["device", "list", "--data", data, "--org", &org]);
    assert!(
        list.starts_with(&phone.id().to_string()) && list.ends_with("Ana\tenrolled"),
        "{list}"
    );
    printed(&[
        "device",
        "revoke",
        "--data",
        data,
        "--org",
        &org,
        &phone.id().to_string(),
    ]);
    let nothing_to_send = WireRequest {
        documents: Vec::new(),
        groups: Vec::new(),
        ..phone.request()
    };
    let body = pack(&nothing_to_send).unwrap();
    let header = phone.header(&body);
    let (status, answer) = post(&agent, &format!("{url}{SYNC_ROUTE}"), Some(&header), &body);
    assert_eq!(
        (status, unpack::<WireError>(&answer).unwrap().code.as_str()),
        (401, "device_revoked")
    );

    assert_eq!(serving.stop(), 0);
    assert_eq!(run(&["check", "--data", data]), (0, String::new()));
    let file = directory
        .path()
        .join("organisations")
        .join(format!("{org}.sqlite"));
    tamper(&file);
    let (code, findings) = run(&["check", "--data", data]);
    assert_eq!(code, 1);
    assert!(findings.contains("change is damaged"), "{findings}");
    private(&file);
    private(&directory.path().join("server.sqlite"));
}

fn tamper(file: &Path) {
    let database = rusqlite::Connection::open(file).unwrap();
    database
        .execute("UPDATE changes SET hash = zeroblob(32)", [])
        .unwrap();
}

#[cfg(unix)]
fn private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(
        std::fs::metadata(file).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[cfg(not(unix))]
fn private(_: &Path) {}

/// A request that is under way: its head was read, and the server waits for its body.
struct UnderWay(TcpStream);

impl UnderWay {
    /// What the server answers to the head, in lines: `100 Continue` where it takes the request on.
    fn begin(address: &str, length: usize) -> (Self, Vec<String>) {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST {ENROL_ROUTE} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n\
             expect: 100-continue\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let lines = lines_of(&mut stream);
        (Self(stream), lines)
    }

    /// Sends the body; gives the head of the answer, in lines.
    fn finish(mut self, body: &[u8]) -> Vec<String> {
        self.0.write_all(body).unwrap();
        lines_of(&mut self.0)
    }
}

/// The lines of a head, up to the empty one.
fn lines_of(stream: &mut TcpStream) -> Vec<String> {
    let lines = BufReader::with_capacity(1, stream).lines();
    let lines = lines.map(|line| line.unwrap());
    lines.take_while(|line| !line.is_empty()).collect()
}

#[test]
fn a_request_under_way_is_finished_before_the_server_stops() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let mut serving = Serving::start(data, &[]);
    let (org, link) = set_up(data, &format!("http://{}", serving.address));
    let body = enrolment([5; 32], &link);
    let (request, head) = UnderWay::begin(&serving.address, body.len());
    assert_eq!(head, ["HTTP/1.1 100 Continue"]);
    serving.tell_to_stop();
    assert_eq!(request.finish(&body)[0], "HTTP/1.1 200 OK");
    assert_eq!(serving.ended(), 0);
    let list = printed(&["device", "list", "--data", data, "--org", &org]);
    assert!(list.ends_with("Ana\tenrolled"), "{list}");
}

#[test]
fn a_server_whose_disk_is_full_acknowledges_nothing_that_it_does_not_keep() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let (agent, serving) = (agent(), Serving::start_with_room(1_200, data));
    let (_, link) = set_up(data, &format!("http://{}", serving.address));
    let url = format!("http://{}{ENROL_ROUTE}", serving.address);
    let (_, body) = post(&agent, &url, None, &enrolment([5; 32], &link));
    let mut phone = Phone::new([5; 32], &unpack::<WireEnrolled>(&body).unwrap());
    let exchange = |phone: &mut Phone, serving: &Serving| {
        let body = pack(&phone.request()).unwrap();
        let header = phone.header(&body);
        let url = format!("http://{}{SYNC_ROUTE}", serving.address);
        post(&agent, &url, Some(&header), &body)
    };
    let taken_in = |phone: &mut Phone, answer: &[u8]| {
        let response: WireResponse = unpack(answer).unwrap();
        phone.stored();
        phone.apply(&response);
        assert_eq!(response.digest, Some(phone.sum()));
    };
    let refused = (1..u8::MAX).find_map(|byte| {
        let case = phone.create_case(byte);
        (0..20).for_each(|n| phone.edit(case, &format!("words {n}")));
        let (status, answer) = exchange(&mut phone, &serving);
        if status == 200 {
            taken_in(&mut phone, &answer);
        }
        (status != 200).then_some((byte, status, answer))
    });
    let (acknowledged, status, answer) = refused.expect("the disk is full some time");
    let code = unpack::<WireError>(&answer).unwrap().code;
    assert_eq!((status, code.as_str()), (500, "internal"));
    assert!(acknowledged > 1);
    assert_eq!(serving.stop(), 0);

    let serving = Serving::start(data, &[]);
    let (status, answer) = exchange(&mut phone, &serving);
    assert_eq!(status, 200);
    taken_in(&mut phone, &answer);
    assert_eq!(serving.stop(), 0);
    assert_eq!(run(&["check", "--data", data]), (0, String::new()));
}

#[test]
fn whoever_comes_when_too_many_are_served_is_told_when_to_come_back() {
    let directory = tempfile::tempdir().unwrap();
    let serving = Serving::start(directory.path().to_str().unwrap(), &[]);
    let begin = || UnderWay::begin(&serving.address, 1);
    let (mut served, heads): (Vec<_>, Vec<_>) = (0..64).map(|_| begin()).unzip();
    assert!(heads.iter().all(|head| head == &["HTTP/1.1 100 Continue"]));
    let (_, refused) = begin();
    assert_eq!(refused[0], "HTTP/1.1 503 Service Unavailable");
    assert!(
        refused.contains(&"retry-after: 5".to_owned()),
        "{refused:?}"
    );
    let one = served.pop().unwrap();
    assert_eq!(one.finish(&[0])[0], "HTTP/1.1 400 Bad Request");
    assert_eq!(begin().1, ["HTTP/1.1 100 Continue"]);
}

#[test]
fn the_server_speaks_tls_with_the_files_it_is_given() {
    let directory = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (
        directory.path().join("cert.pem"),
        directory.path().join("key.pem"),
    );
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let data = directory.path().join("data");
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let serving = Serving::start(
        data.to_str().unwrap(),
        &["--tls-cert", certificate, "--tls-key", key],
    );
    let port = serving.address.rsplit(':').next().unwrap();
    let root = ureq::tls::Certificate::from_der(made.cert.der()).to_owned();
    let roots = ureq::tls::RootCerts::new_with_certs(&[root]);
    let tls = ureq::tls::TlsConfig::builder().root_certs(roots).build();
    let trusting: ureq::Agent = ureq::Agent::config_builder().tls_config(tls).build().into();
    let url = format!("https://localhost:{port}/healthz");
    assert_eq!(trusting.get(&url).call().unwrap().status().as_u16(), 200);
    assert!(
        agent().get(&url).call().is_err(),
        "a certificate nobody vouches for is not taken"
    );
    assert_eq!(
        run(&[
            "serve",
            "--data",
            "x",
            "--listen",
            "127.0.0.1:0",
            "--tls-cert",
            certificate
        ])
        .0,
        2
    );
    assert_eq!(serving.stop(), 0);
}

#[test]
fn settings_are_shown_changed_and_set() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let data = data.to_str().unwrap();
    let org = printed(&["org", "add", "--data", data, "Agency"]);
    let show = ["settings", "show", "--data", data, "--org", &org];
    let defaults = printed(&show);
    assert!(defaults.contains("\"radius_m\": 150"), "{defaults}");

    let file = directory.path().join("settings.json");
    let path = file.to_str().unwrap();
    let set = ["settings", "set", "--data", data, "--org", &org, path];
    std::fs::write(&file, defaults.replace("150", "300")).unwrap();
    assert_eq!(printed(&set), "1");
    let shown = printed(&show);
    assert!(shown.contains("\"version\": 1") && shown.contains("\"radius_m\": 300"));
    // Made from what is in force no more.
    assert_eq!(run(&set), (2, String::new()));
    std::fs::write(&file, r#"{"evv": {"radius_m": 5}}"#).unwrap();
    assert_eq!(run(&set), (2, String::new()));
    assert_eq!(printed(&show), shown);
    assert_eq!(printed(&["check", "--data", data]), "");
}
