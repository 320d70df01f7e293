//! What the agency sets for itself.

use std::collections::HashMap;
use std::sync::Arc;

use caseweave::WorkerId;
use caseweave::settings::{AgencySettings, ApprovalRules, EvvSettings, ReasonCode};

use crate::{CaseweaveError, CaseweaveHandle};

/// The settings of an agency in one version. An administrator sets them at the server.
#[uniffi::remote(Record)]
pub struct AgencySettings {
    /// Counts what administrators have set, from 1; 0 for the defaults of the library.
    pub version: i64,
    /// How visits are judged.
    pub evv: EvvSettings,
    /// How many days a device shows the record without an answer of its server.
    pub offline_lease_days: u32,
    /// After how many days an unsigned draft is to be settled: the app may then offer it, nothing happens by itself.
    pub note_settling_days: u32,
    /// What somebody has to agree to, and who may.
    pub approvals: ApprovalRules,
    /// Reasons for corrections beside those of the library. Give one as `CorrectionReason.Other`.
    pub reason_codes: Vec<ReasonCode>,
    /// Definitions of the agency's own instruments, each as JSON. The device knows them: `instrument` gives them out.
    pub instruments: Vec<String>,
}

/// How visits are judged. What is out of the ordinary is shown, and never blocks.
#[uniffi::remote(Record)]
pub struct EvvSettings {
    /// Metres around the person's address, beside the fix's own accuracy.
    pub radius_m: u32,
    /// Minutes by which a visit may begin before its planned start.
    pub early_minutes: u32,
    /// Minutes by which it may begin after its planned start.
    pub late_minutes: u32,
    /// Minutes by which it may be shorter than planned.
    pub short_minutes: u32,
    /// Seconds by which wall clock and monotonic clock may disagree over a visit.
    pub clock_seconds: u32,
    /// Minutes past its planned end after which a check-out is overdue.
    pub check_out_minutes: u32,
    /// Minutes after which the check-out of a visit without a planned end is overdue.
    pub longest_visit_minutes: u32,
    /// Whether a visit that the worker did not sign is out of the ordinary.
    pub worker_signs: bool,
    /// Whether a visit without the person's signature, or a reason why there is none, is.
    pub person_signs: bool,
}

/// What somebody has to agree to, and who may.
#[uniffi::remote(Record)]
pub struct ApprovalRules {
    /// Whether a case is closed only after its closure was approved.
    pub closure: bool,
    /// Whether whoever asked for an approval may give it.
    pub own_work: bool,
    /// Who may approve and return; everybody, where nobody is named.
    pub approvers: Vec<WorkerId>,
}

/// A reason for corrections of visits, beside those of the library.
#[uniffi::remote(Record)]
pub struct ReasonCode {
    /// Its code, as it stands in the record.
    pub code: String,
    /// What a worker reads, by language.
    pub text: HashMap<String, String>,
    /// Whether the worker has to say more in words.
    pub memo: bool,
}

#[uniffi::export]
impl CaseweaveHandle {
    /// The agency's settings in force on this device: those the server told last, or the defaults of version 0 before it told any.
    pub fn settings(&self) -> Result<AgencySettings, CaseweaveError> {
        Ok(Arc::unwrap_or_clone(self.0.settings()?))
    }
}
