//! The story's end of a phone's process.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use caseweave::domain::Edit;
use serde_json::{Value, json};

/// A phone in a process of its own.
pub struct Phone {
    name: &'static str,
    directory: PathBuf,
    certificate: PathBuf,
    /// How many processes it had before this one.
    ended: u32,
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Phone {
    /// Starts a new phone's process.
    pub fn start(name: &'static str, directory: &Path, certificate: &Path) -> Self {
        Self::run(name, directory, certificate, 0)
    }

    fn run(name: &'static str, directory: &Path, certificate: &Path, ended: u32) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("device")
            .args([directory, certificate])
            .arg(format!("{name} {ended}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            name,
            directory: directory.to_owned(),
            certificate: certificate.to_owned(),
            ended,
            child,
            input,
            output,
        }
    }

    fn tell(&mut self, command: &Value) {
        writeln!(self.input, "{command}").unwrap();
        self.input.flush().unwrap();
    }

    fn hear(&mut self) -> Value {
        let name = self.name;
        let line = self
            .output
            .next()
            .unwrap_or_else(|| panic!("{name} ended"))
            .unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Gives a command and waits for its answer.
    pub fn ask(&mut self, command: &Value) -> Value {
        self.tell(command);
        self.hear()
    }

    /// Makes edits, all or none.
    pub fn edit(&mut self, case: &str, edits: &[Edit]) {
        self.ask(&json!(["edit", case, serde_json::to_value(edits).unwrap()]));
    }

    /// Sets the phone's clock, in minutes after noon UTC of 15 June 2026.
    pub fn clock(&mut self, minutes: i64) {
        self.ask(&json!(["clock", minutes]));
    }

    /// A new id.
    pub fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(&mut self) -> T {
        self.ask(&json!(["new_id"]))
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Exchanges with the server and tells what it took.
    pub fn sync(&mut self) {
        let took = self.ask(&json!(["sync"]));
        println!(
            "  {:<14} {} requests ({} replies lost), {} bytes up, {} bytes down, {} ms",
            self.name, took["requests"], took["lost"], took["up"], took["down"], took["ms"]
        );
    }

    /// Ends the process with SIGKILL while it saves, and starts it again. Gives what it had said to be saved.
    pub fn kill_while_saving(self, case: &str, after: usize) -> (Self, Vec<String>) {
        let mut phone = self;
        phone.tell(&json!(["hammer", case]));
        let mut saved: Vec<String> = (0..after)
            .map(|_| phone.hear().as_str().unwrap().to_owned())
            .collect();
        phone.child.kill().unwrap();
        phone.child.wait().unwrap();
        while let Some(Ok(line)) = phone.output.next() {
            saved.extend(serde_json::from_str::<String>(&line));
        }
        let (directory, certificate) = (&phone.directory, &phone.certificate);
        let again = Self::run(phone.name, directory, certificate, phone.ended + 1);
        (again, saved)
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
