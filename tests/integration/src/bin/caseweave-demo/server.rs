//! The server's program, started as an administrator starts it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server with TLS on a port of the loopback.
pub struct Server {
    program: PathBuf,
    data: PathBuf,
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its certificate, DER.
    pub certificate: PathBuf,
    organisation: String,
}

impl Server {
    /// Starts one with a new agency.
    pub fn start(directory: &Path) -> Self {
        let program = program();
        let data = directory.join("server");
        let organisation = administer(&program, &data, &["org", "add"], &["Agency"]);
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let [pem, key, certificate] =
            ["cert.pem", "key.pem", "cert.der"].map(|name| directory.join(name));
        std::fs::write(&pem, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        std::fs::write(&certificate, made.cert.der()).unwrap();
        let mut child = Command::new(&program)
            .arg("serve")
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .arg("--tls-cert")
            .arg(&pem)
            .arg("--tls-key")
            .arg(&key)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address = line.trim_start_matches("listening on ").parse().unwrap();
        Self {
            program,
            data,
            child,
            address,
            certificate,
            organisation,
        }
    }

    /// Adds a worker and gives the id.
    pub fn worker(&self, name: &str) -> String {
        administer(
            &self.program,
            &self.data,
            &["worker", "add"],
            &["--org", &self.organisation, name],
        )
    }

    /// A one-time link for a worker's phone, over a port of the loopback.
    pub fn link(&self, worker: &str, port: u16) -> String {
        let url = format!("https://localhost:{port}");
        let arguments = [
            "--org",
            &self.organisation,
            "--worker",
            worker,
            "--url",
            &url,
        ];
        administer(&self.program, &self.data, &["device", "enrol"], &arguments)
    }

    /// Runs the server's own check of everything it keeps; whether it found nothing.
    pub fn check(&self) -> bool {
        let mut check = Command::new(&self.program);
        check
            .arg("check")
            .arg("--data")
            .arg(&self.data)
            .stdout(Stdio::null());
        check.status().unwrap().success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn administer(program: &Path, data: &Path, command: &[&str], arguments: &[&str]) -> String {
    let mut administration = Command::new(program);
    administration
        .args(command)
        .arg("--data")
        .arg(data)
        .args(arguments);
    let output = administration.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The server's program: named by `CASEWEAVE_SERVER`, else beside this one.
fn program() -> PathBuf {
    let beside = || {
        std::env::current_exe()
            .unwrap()
            .with_file_name("caseweave-server")
    };
    std::env::var_os("CASEWEAVE_SERVER").map_or_else(beside, PathBuf::from)
}
