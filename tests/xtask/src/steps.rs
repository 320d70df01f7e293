//! Runs named steps, passes their output through and closes with a table.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// Why a step failed, told to the person who runs it.
pub type Outcome = Result<(), String>;

/// The steps of one run so far.
#[derive(Default)]
pub struct Steps {
    done: Vec<Step>,
    stopped: bool,
}

struct Step {
    name: &'static str,
    took: Duration,
    /// `None` when a step it needs had failed.
    outcome: Option<Outcome>,
}

impl Steps {
    /// Runs a step. The steps after it run even if it fails, so that one run shows all that is wrong.
    pub fn run(&mut self, name: &'static str, step: impl FnOnce() -> Outcome) {
        if self.stopped {
            self.done.push(Step {
                name,
                took: Duration::ZERO,
                outcome: None,
            });
            return;
        }
        println!("\n=== {name}");
        let start = Instant::now();
        let outcome = step();
        if let Err(reason) = &outcome {
            println!("=== {name} failed: {reason}");
        }
        self.done.push(Step {
            name,
            took: start.elapsed(),
            outcome: Some(outcome),
        });
    }

    /// Runs a step that all later ones need: if it fails, they do not run.
    pub fn require(&mut self, name: &'static str, step: impl FnOnce() -> Outcome) {
        self.run(name, step);
        self.stopped = self.failed();
    }

    /// Prints the table; the exit code is a failure unless every step ran and passed.
    pub fn finish(self) -> ExitCode {
        println!("\n=== steps");
        for step in &self.done {
            println!("{}", step.line());
        }
        if self.failed() {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }

    fn failed(&self) -> bool {
        self.done.iter().any(|step| step.outcome != Some(Ok(())))
    }
}

impl Step {
    fn line(&self) -> String {
        let seconds = self.took.as_secs_f64();
        match &self.outcome {
            Some(Ok(())) => format!("{:<16} ok      {seconds:>7.1} s", self.name),
            Some(Err(reason)) => format!("{:<16} FAILED  {seconds:>7.1} s  {reason}", self.name),
            None => format!("{:<16} NOT RUN", self.name),
        }
    }
}

/// Runs a child with this process's own output and waits for it.
pub fn run(command: &mut Command) -> Outcome {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|error| format!("cannot start {program}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{program} ended with {status}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_lets_the_next_one_run_and_fails_the_whole() {
        let mut steps = Steps::default();
        let mut ran = false;

        steps.run("first", || Err("broken".to_owned()));
        steps.run("second", || {
            ran = true;
            Ok(())
        });

        assert!(ran);
        assert!(steps.failed());
    }

    #[test]
    fn nothing_runs_after_a_required_step_failed() {
        let mut steps = Steps::default();

        steps.require("build", || Err("broken".to_owned()));
        steps.run("tests", || unreachable!("ran without its build"));

        assert_eq!(
            steps.done.last().map(Step::line),
            Some("tests            NOT RUN".to_owned())
        );
        assert!(steps.failed());
    }

    #[test]
    fn steps_that_all_passed_are_no_failure() {
        let mut steps = Steps::default();

        steps.require("build", || Ok(()));
        steps.run("tests", || Ok(()));

        assert!(!steps.failed());
    }

    #[test]
    fn a_child_that_ends_badly_or_never_starts_fails_the_step() {
        assert!(run(&mut Command::new("false")).is_err());
        assert!(run(&mut Command::new("no-such-program-anywhere")).is_err());
        assert_eq!(run(&mut Command::new("true")), Ok(()));
    }
}
