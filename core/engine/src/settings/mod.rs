//! What an agency sets for itself: how visits are judged, how long a device reads without its server, who approves, own instruments
//! and reason codes.
//!
//! One record, counted by version, set by the server's administrators and told to every device. Visits and assessments name the
//! version that judged them, so a later one changes nothing that was judged. Knows neither records nor documents.

mod file;
mod rules;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::ids::WorkerId;
use crate::instruments::Texts;
use crate::worklist::Weights;

pub use file::MAX_SETTINGS_BYTES;
pub use rules::Rules;

const DAY_MS: i64 = 86_400_000;

/// The settings of an agency in one version. What a file leaves out has its default; a key of a newer version is passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgencySettings {
    /// Counts what administrators have set, from 1; 0 for the defaults of the library.
    pub version: i64,
    /// How visits are judged.
    pub evv: EvvSettings,
    /// How many days a device shows the record without an answer of its server, 1 to 90. By default 14: long enough for a holiday,
    /// short enough for a lost phone. Source: 45 CFR 164.312(a)(2)(iii) asks for a limit and names none.
    pub offline_lease_days: u32,
    /// After how many days an unsigned draft is to be settled, 1 to 90: the app may then offer it, nothing happens by itself. By
    /// default 7. Source: the project's own; the agency's rules of documentation say it.
    pub note_settling_days: u32,
    /// What the worklist weighs things with, and when a check-out is overdue.
    pub worklist: Weights,
    /// What somebody has to agree to, and who may.
    pub approvals: ApprovalRules,
    /// Reasons for corrections beside those of the library, at most 200.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reason_codes: Vec<ReasonCode>,
    /// Definitions of the agency's own instruments, each as JSON. Once set they stay, in all their versions.
    #[serde(with = "file::definitions", skip_serializing_if = "Vec::is_empty")]
    pub instruments: Vec<String>,
}

/// How visits are judged. What is out of the ordinary is shown, and never blocks. The six points themselves are no setting.
///
/// Source: 21st Century Cures Act s. 12006 (42 U.S.C. 1396b(l)) names the points and leaves tolerances to the states and payers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvvSettings {
    /// Metres around the person's address, beside the fix's own accuracy: 10 to 50,000. By default 150.
    pub radius_m: u32,
    /// Minutes by which a visit may begin before its planned start, 0 to 1,440. By default 15.
    pub early_minutes: u32,
    /// Minutes by which it may begin after its planned start, 0 to 1,440. By default 15.
    pub late_minutes: u32,
    /// Minutes by which it may be shorter than planned, 0 to 1,440. By default 7: a unit of 15 minutes counts from its eighth.
    /// Source: Medicare Claims Processing Manual, chapter 5, 20.2.
    pub short_minutes: u32,
    /// Seconds by which wall clock and monotonic clock may disagree over a visit, 1 to 3,600. By default 60.
    pub clock_seconds: u32,
    /// Whether a visit that the worker did not sign is out of the ordinary. By default not: the act does not ask for it.
    pub worker_signs: bool,
    /// Whether a visit without the person's signature, or a reason why there is none, is. By default not.
    pub person_signs: bool,
}

/// What somebody has to agree to, and who may. Kept by the devices of those who edit; history shows who decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApprovalRules {
    /// Whether a case is closed only after its closure was approved. By default not.
    pub closure: bool,
    /// Whether whoever asked for an approval may give it. By default not.
    pub own_work: bool,
    /// Who may approve and return, at most 1,000; everybody, where nobody is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<WorkerId>,
}

/// A reason for corrections of visits, beside those of the library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonCode {
    /// Its code, as it stands in the record: at most 40 letters, digits, dots, hyphens and underscores.
    pub code: String,
    /// What a worker reads, by BCP 47 tag.
    pub text: Texts,
    /// Whether the worker has to say more in words.
    #[serde(default)]
    pub memo: bool,
}

impl Default for AgencySettings {
    fn default() -> Self {
        Self {
            version: 0,
            evv: EvvSettings::default(),
            offline_lease_days: 14,
            note_settling_days: 7,
            worklist: Weights::default(),
            approvals: ApprovalRules::default(),
            reason_codes: Vec::new(),
            instruments: Vec::new(),
        }
    }
}

impl Default for EvvSettings {
    fn default() -> Self {
        Self {
            radius_m: 150,
            early_minutes: 15,
            late_minutes: 15,
            short_minutes: 7,
            clock_seconds: 60,
            worker_signs: false,
            person_signs: false,
        }
    }
}

impl AgencySettings {
    /// As a device reads what its server tells: unknown keys are passed over, missing ones have their default. Nothing where this
    /// version of the library cannot make anything of it.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// As JSON, one key a line.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("numbers, texts and lists of them are JSON")
    }

    /// What earlier versions are still needed for: to judge by.
    #[must_use]
    pub fn judging(&self) -> Self {
        Self {
            version: self.version,
            evv: self.evv,
            ..Self::default()
        }
    }

    /// How long a device shows the record without an answer of its server, in milliseconds.
    pub fn offline_lease_ms(&self) -> i64 {
        DAY_MS * i64::from(self.offline_lease_days)
    }

    /// The agency's own reason that bears a code.
    pub fn reason(&self, code: &str) -> Option<&ReasonCode> {
        self.reason_codes.iter().find(|reason| reason.code == code)
    }
}
