//! What the agency sets for itself.

use std::collections::HashMap;
use std::sync::Arc;

use caseweave::settings::{AgencySettings, ApprovalRules, EvvSettings, ReasonCode};
use caseweave::{Weights, WorkerId};

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
    /// What the worklist weighs things with, and when a check-out is overdue.
    pub worklist: Weights,
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
    /// Whether a visit that the worker did not sign is out of the ordinary.
    pub worker_signs: bool,
    /// Whether a visit without the person's signature, or a reason why there is none, is.
    pub person_signs: bool,
}

/// What the worklist weighs things with. Points are urgency; percentages multiply it.
#[uniffi::remote(Record)]
pub struct Weights {
    /// Points of an alert that an assessment raises and nobody has answered: more than anything else comes to.
    pub score_alert: u32,
    /// Points of a visit that began and did not end in time.
    pub check_out_overdue: u32,
    /// Points of a task that is late.
    pub overdue: u32,
    /// Points of a task that is due today.
    pub due_today: u32,
    /// Points of a visit that did not take place.
    pub visit_missed: u32,
    /// Points of a deadline to appeal.
    pub appeal_deadline: u32,
    /// Points of a hearing that is near.
    pub hearing: u32,
    /// Points of an authorization that ends.
    pub authorization_expires: u32,
    /// Points of an authorization whose units are used up.
    pub units_used_up: u32,
    /// Points of an authorization of whose units little is left.
    pub units_nearly_used: u32,
    /// Points of a consent that ends.
    pub consent_ends: u32,
    /// Points of a request to amend the record that waits for its answer.
    pub amendment_due: u32,
    /// Points of an approval that waits for a decision.
    pub approval_asked: u32,
    /// Points of an approval that was sent back.
    pub approval_returned: u32,
    /// Points of a task that waits for the assignee's yes and is due on no day.
    pub task_asked: u32,
    /// Points of a risk that is to be looked at again.
    pub risk_review: u32,
    /// Points of an assessment that lies long back.
    pub assessment_overdue: u32,
    /// Points of an assessment that was not completed.
    pub assessment_unfinished: u32,
    /// Points of a note that waits for a signature.
    pub note_unsigned: u32,
    /// Points of a closed case that was changed since.
    pub changed_after_closing: u32,
    /// Points of late work that waits for a decision.
    pub late_work: u32,
    /// Points of work that was refused.
    pub refused: u32,
    /// Points of a referral nobody has followed up.
    pub referral_follow_up: u32,
    /// Points of a referral's appointment that is near.
    pub appointment: u32,
    /// Points of a person nobody has been in touch with.
    pub no_contact: u32,
    /// Points of an open conflict.
    pub conflict: u32,
    /// Points that each day adds to what waits.
    pub day: u32,
    /// Days after which nothing is added.
    pub most_days: u32,
    /// Percentage of a task or referral of low urgency or importance.
    pub low: u32,
    /// Percentage of one of normal urgency or importance, and of one that says nothing.
    pub normal: u32,
    /// Percentage of one of high urgency or importance.
    pub high: u32,
    /// Percentage of one that cannot wait.
    pub critical: u32,
    /// Percentage that a medium risk adds to a case.
    pub medium_risk: u32,
    /// Percentage that a high risk adds.
    pub high_risk: u32,
    /// Percentage that a safety alert adds.
    pub safety_alert: u32,
    /// Days without contact that a case may go.
    pub contact_days: u32,
    /// The same at medium risk.
    pub contact_days_medium: u32,
    /// The same at high risk.
    pub contact_days_high: u32,
    /// For how many days before and after its end an authorization is listed.
    pub authorization_days: u32,
    /// For how many days before and after its end a deadline to appeal is listed.
    pub appeal_days: u32,
    /// From how many days before it on a hearing is listed.
    pub hearing_days: u32,
    /// From how many days before it on a referral's appointment is listed.
    pub appointment_days: u32,
    /// For how many days before and after its end a consent is listed.
    pub consent_days: u32,
    /// From how many days before its last day on a request to amend the record is listed.
    pub amendment_days: u32,
    /// Days that a note may wait for a signature.
    pub note_days: u32,
    /// Days that an assessment may take to be completed.
    pub unfinished_days: u32,
    /// Days after which the questions of an instrument are to be asked again. Source: 42 CFR 441.301(c)(3), every 12 months.
    pub assessment_days: u32,
    /// From how many percent of its units used on an authorization is listed.
    pub nearly_used_percent: u32,
    /// For how many days after its day a missed visit is listed.
    pub missed_days: u32,
    /// Minutes that a visit may run over its planned end.
    pub check_out_minutes: u32,
    /// Minutes that a visit without a planned end may take.
    pub longest_visit_minutes: u32,
    /// What an open case adds to its lead's load.
    pub load_case: u32,
    /// What medium risk adds to that.
    pub load_medium_risk: u32,
    /// What high risk adds to it.
    pub load_high_risk: u32,
    /// What an open task adds to the load of whoever shall do it.
    pub load_task: u32,
    /// What a late task adds to that.
    pub load_overdue: u32,
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
