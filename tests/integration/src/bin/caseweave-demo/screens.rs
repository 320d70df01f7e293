//! What the app on a phone shows: views and reasons, put into words.

use caseweave::domain::*;
use caseweave::instruments::{Judgement, ScaleOutcome};
use caseweave::{Reason, WorkItem};
use serde_json::{Value, json};

/// A line of the worklist.
pub fn waiting(item: &WorkItem) -> Value {
    let reasons: Vec<String> = item.reasons.iter().map(words).collect();
    json!({ "name": item.name, "reasons": reasons })
}

/// An app words each reason in its own way; these are the ones of the story.
fn words(reason: &Reason) -> String {
    match reason {
        Reason::ScoreAlert {
            instrument, alerts, ..
        } => {
            format!("{instrument} alerts: {}", alerts.join(", "))
        }
        Reason::Overdue { days, .. } => format!("a task is {days} days late"),
        Reason::DueToday { .. } => "a task is due today".into(),
        Reason::VisitMissed { days, .. } => format!("a visit was missed {days} days ago"),
        Reason::ReferralFollowUp { days, .. } => {
            format!("nobody asked after a referral for {days} days")
        }
        Reason::UnitsNearlyUsed { left, approved, .. } => {
            format!("{left} of {approved} units are left")
        }
        Reason::HighRisk => "the risk is high".into(),
        other => format!("{other:?}"),
    }
}

/// What the day left in the case: the same on every phone that has it.
pub fn evening(view: &CaseView) -> Value {
    let visit = |visit: &VisitView| {
        let status = visit.visit.status.as_ref().map(VisitStatus::code);
        json!([
            status,
            visit.evv == EvvStatus::Complete,
            visit.signed.iter().all(|one| one.intact)
        ])
    };
    let assessment = |one: &AssessmentView| match &one.result {
        AssessmentResult::Judged { judgement } => json!([
            one.assessment.instrument,
            score(judgement),
            one.open_alerts.len(),
            one.responses.len()
        ]),
        AssessmentResult::DefinitionMissing => Value::Null,
    };
    let referral = |one: &Referral| json!(one.status.as_ref().map(ReferralStatus::code));
    let task = |one: &Task| {
        json!([
            one.title,
            one.status.as_ref().map(TaskStatus::code),
            one.assignee.map(|who| who.to_string())
        ])
    };
    let left = |one: &AuthorizationView| json!([one.units_used, one.units_left]);
    json!({
        "visits": view.visits.iter().map(visit).collect::<Vec<_>>(),
        "notes": view.notes.iter().map(|note| note.signed.len()).collect::<Vec<_>>(),
        "assessments": view.assessments.iter().map(assessment).collect::<Vec<_>>(),
        "risks": view.risks.len(),
        "referrals": view.referrals.iter().map(referral).collect::<Vec<_>>(),
        "units": view.authorizations.iter().map(left).collect::<Vec<_>>(),
        "tasks": view.tasks.iter().map(task).collect::<Vec<_>>(),
        "disclosures": view.disclosures.len(),
    })
}

/// The first scale's score with its band.
fn score(judgement: &Judgement) -> Value {
    match judgement.scores.first().map(|scale| &scale.outcome) {
        Some(ScaleOutcome::Scored { score, band }) => json!([score, band]),
        _ => Value::Null,
    }
}

/// A case that people wrote to apart.
pub fn apart(view: &CaseView) -> Value {
    let conflict = |conflict: &Conflict| {
        let choice = |choice: &Choice| {
            json!({
                "value": serde_json::to_value(&choice.value).unwrap(),
                "shown": choice.value.display(),
                "worker": choice.written.worker.map(|worker| worker.to_string()),
                "at": choice.written.at.to_rfc3339(),
            })
        };
        json!({
            "path": serde_json::to_value(&conflict.path).unwrap(),
            "choices": conflict.choices.iter().map(choice).collect::<Vec<_>>(),
        })
    };
    let signed = |version: &SignedNote| json!({ "text": version.text, "signer": version.signer.to_string(), "intact": version.intact });
    json!({
        "visits": view.visits.len(),
        "goals": view.goals.len(),
        "tasks": view.tasks.iter().map(|task| task.meta.id.to_string()).collect::<Vec<_>>(),
        "drafts": view.notes.iter().map(|note| note.draft.clone()).collect::<Vec<_>>(),
        "signed": view.notes.iter().flat_map(|note| note.signed.iter().map(signed)).collect::<Vec<_>>(),
        "conflicts": view.conflicts.iter().map(conflict).collect::<Vec<_>>(),
    })
}
