//! Statuses that move by edits of their own words, such as a check-in: where each leads, and what becomes of two made apart.

use std::collections::BTreeSet;

use super::worker::{Worker, ids};
use crate::domain::*;
use crate::ids::EntityId;
use crate::instruments::{Answer, ItemAnswer};

/// One kind of entity whose status moves by its own edits.
struct Machine {
    kind: Kind,
    id: EntityId,
    begin: Vec<Edit>,
    known: Vec<String>,
    /// From each status, which edit leads where. What is not said cannot be done.
    turns: &'static str,
    /// Every edit by its word; what it adds has ids of whoever makes it.
    edits: fn(u8) -> Vec<(&'static str, Edit)>,
}

const IT: u8 = 50;

fn it() -> EntityId {
    ids::entity(IT)
}

fn codes<'a>(codes: impl Iterator<Item = &'a str>) -> Vec<String> {
    codes.map(str::to_owned).collect()
}

fn why() -> String {
    "Because".into()
}

/// The tables as they were agreed, said apart from the code that follows them.
fn machines() -> Vec<Machine> {
    vec![
        cases(),
        visits(),
        tasks(),
        goals(),
        assessments(),
        providers(),
    ]
}

/// What has a table here.
pub(super) fn kinds() -> impl Iterator<Item = Kind> {
    machines().into_iter().map(|machine| machine.kind)
}

fn cases() -> Machine {
    Machine {
        kind: Kind::Case,
        id: EntityId::from_bytes(ids::case().to_bytes()),
        begin: vec![ids::open_case()],
        known: codes(CaseStatus::KNOWN.iter().map(CaseStatus::code)),
        turns:
            "enquiry: activate>open hold>on_hold close>closed / open: hold>on_hold close>closed /
                on_hold: activate>open close>closed / closed: reopen>open confirm>closed",
        edits: |_| {
            let close = CaseEdit::Close {
                closed_on: ids::day(3),
                reason: ClosureReason::GoalsMet,
                outcome: None,
            };
            vec![
                ("activate", CaseEdit::Activate { reason: None }.into()),
                ("hold", CaseEdit::Hold { reason: why() }.into()),
                ("close", close.into()),
                ("confirm", CaseEdit::ConfirmClosing.into()),
                ("reopen", CaseEdit::Reopen { reason: why() }.into()),
            ]
        },
    }
}

fn visits() -> Machine {
    Machine {
        kind: Kind::Visit,
        id: it(),
        begin: vec![ids::open_case(), ids::plan_visit(IT)],
        known: codes(VisitStatus::KNOWN.iter().map(VisitStatus::code)),
        turns: "planned: travel>planned check_in>in_progress miss>missed cancel>cancelled /
                in_progress: travel>in_progress check_out>completed / missed: check_in>in_progress /
                completed: correct>completed sign>completed",
        edits: |by| {
            let (id, visit, reason) = (it(), it(), why());
            let travel = VisitEdit::StartTravel {
                id: ids::entity(by),
                visit,
                moment: ids::visit_moment(0),
            };
            let correct = VisitEdit::Correct {
                id: ids::entity(by + 1),
                visit,
                field: CorrectableField::Service,
                value: "T1019".into(),
                reason: CorrectionReason::KNOWN[0].clone(),
                memo: None,
            };
            let cancel = VisitEdit::Cancel {
                id,
                reason: reason.clone(),
            };
            vec![
                ("travel", travel.into()),
                ("check_in", ids::check_in(IT, by + 2)),
                ("check_out", ids::check_out(IT, by + 3)),
                ("miss", VisitEdit::Miss { id, reason }.into()),
                ("cancel", cancel.into()),
                ("correct", correct.into()),
                ("sign", VisitEdit::Sign { id }.into()),
            ]
        },
    }
}

fn tasks() -> Machine {
    let fields = TaskUpdate {
        title: Some("Ramp".into()),
        ..TaskUpdate::default()
    };
    let add = TaskEdit::Add {
        id: it(),
        fields,
        assignee: Some(ids::worker(2)),
    };
    Machine {
        kind: Kind::Task,
        id: it(),
        begin: vec![ids::open_case(), add.into()],
        known: codes(TaskStatus::KNOWN.iter().map(TaskStatus::code)),
        turns: "requested: delegate>requested accept>accepted decline>declined cancel>cancelled /
                accepted: delegate>requested start>in_progress complete>done cancel>cancelled /
                declined: delegate>requested cancel>cancelled /
                in_progress: delegate>requested complete>done cancel>cancelled",
        edits: |by| {
            let (id, reason) = (it(), why());
            let delegate = TaskEdit::Delegate {
                id,
                to: ids::worker(by),
                reason: reason.clone(),
            };
            let decline = TaskEdit::Decline {
                id,
                reason: reason.clone(),
            };
            let complete = TaskEdit::Complete { id, outcome: None };
            vec![
                ("delegate", delegate.into()),
                ("accept", TaskEdit::Accept { id }.into()),
                ("decline", decline.into()),
                ("start", TaskEdit::Start { id }.into()),
                ("complete", complete.into()),
                ("cancel", TaskEdit::Cancel { id, reason }.into()),
            ]
        },
    }
}

fn goals() -> Machine {
    let fields = GoalUpdate {
        statement: Some("Get to the garden".into()),
        ..GoalUpdate::default()
    };
    Machine {
        kind: Kind::Goal,
        id: it(),
        begin: vec![ids::open_case(), GoalEdit::Add { id: it(), fields }.into()],
        known: codes(GoalStatus::KNOWN.iter().map(GoalStatus::code)),
        turns: "proposed: activate>active hold>on_hold complete>completed cancel>cancelled /
                active: propose>proposed hold>on_hold complete>completed cancel>cancelled /
                on_hold: propose>proposed activate>active complete>completed cancel>cancelled /
                completed: propose>proposed activate>active hold>on_hold cancel>cancelled /
                cancelled: propose>proposed activate>active hold>on_hold complete>completed /
                from_the_future: propose>proposed activate>active hold>on_hold complete>completed cancel>cancelled",
        edits: |_| {
            let set = |status| -> Edit {
                let reason = Some(why());
                let id = it();
                GoalEdit::SetStatus { id, status, reason }.into()
            };
            vec![
                ("propose", set(GoalStatus::Proposed)),
                ("activate", set(GoalStatus::Active)),
                ("hold", set(GoalStatus::OnHold)),
                ("complete", set(GoalStatus::Completed)),
                ("cancel", set(GoalStatus::Cancelled)),
            ]
        },
    }
}

fn assessments() -> Machine {
    let answers = |value| {
        let item = "1".to_owned();
        vec![ItemAnswer {
            item,
            answer: Answer::Choice { value },
        }]
    };
    let start = AssessmentEdit::Start {
        id: it(),
        instrument: "phq-2".into(),
        version: 1,
        fields: AssessmentUpdate::default(),
    };
    let answer = AssessmentEdit::RecordAnswers {
        id: it(),
        answers: answers(1),
        clear: Vec::new(),
    };
    Machine {
        kind: Kind::Assessment,
        id: it(),
        begin: vec![ids::open_case(), start.into(), answer.into()],
        known: codes(AssessmentStatus::KNOWN.iter().map(AssessmentStatus::code)),
        turns: "draft: answer>draft complete>complete / complete: correct>complete / corrected: correct>corrected",
        edits: |by| {
            let id = it();
            let correct = AssessmentEdit::Correct {
                id: ids::entity(by),
                assessment: id,
                item: "1".into(),
                answer: Some(Answer::Choice { value: 2 }),
                reason: why(),
            };
            let answer = AssessmentEdit::RecordAnswers {
                id,
                answers: vec![ItemAnswer {
                    item: "2".into(),
                    answer: Answer::Choice { value: 1 },
                }],
                clear: Vec::new(),
            };
            vec![
                ("answer", answer.into()),
                ("complete", AssessmentEdit::Complete { id }.into()),
                ("correct", correct.into()),
            ]
        },
    }
}

fn providers() -> Machine {
    Machine {
        kind: Kind::Provider,
        id: EntityId::from_bytes(ids::case().to_bytes()),
        begin: vec![ids::open_provider()],
        known: codes(ProviderStatus::KNOWN.iter().map(ProviderStatus::code)),
        turns: "active: close>closed verify>active / closed: open>active verify>closed /
                from_the_future: verify>from_the_future",
        edits: |_| {
            let set = |status| -> Edit {
                let reason = Some(why());
                ProviderEdit::SetStatus { status, reason }.into()
            };
            vec![
                ("close", set(ProviderStatus::Closed)),
                ("open", set(ProviderStatus::Active)),
                ("verify", ProviderEdit::Verify { on: ids::day(3) }.into()),
            ]
        },
    }
}

impl Machine {
    /// The edits that lead on from a status, and where.
    fn turns(&self, from: &str) -> Vec<(&'static str, &'static str)> {
        let rows = self.turns.split('/');
        let mut rows = rows.filter_map(|row| row.trim().split_once(':'));
        let row = rows.find(|(status, _)| *status == from);
        let turns = row.map_or("", |(_, turns)| turns).split_whitespace();
        turns.filter_map(|turn| turn.split_once('>')).collect()
    }

    /// A worker with the thing in some status, as somebody else left it.
    fn at(&self, status: &str) -> Worker {
        let mut eve = Worker::new(3);
        eve.edit(&self.begin);
        eve.overwrite(self.kind, self.id, "status", status);
        Worker::joining(1, &eve)
    }

    fn status(&self, worker: &Worker) -> String {
        let reader = worker.documents.reader();
        let entry = Records::entity(&reader, self.kind, self.id).unwrap();
        entry.fields.get("status").unwrap().display()
    }

    fn edit(&self, word: &str, by: u8) -> Edit {
        let mut edits = (self.edits)(by).into_iter();
        edits.find(|(name, _)| *name == word).unwrap().1
    }
}

#[test]
fn every_turn_leads_where_the_table_says_and_no_other_is_taken() {
    for machine in machines() {
        let unknown = "from_the_future".to_owned();
        for from in machine.known.iter().chain([&unknown]) {
            let turns = machine.turns(from);
            for (word, edit) in (machine.edits)(60) {
                let mut ana = machine.at(from);
                let said = format!("{:?} from {from} by {word}", machine.kind);
                let to = turns.iter().find(|(name, _)| *name == word);
                let taken = ana.try_edit(&[edit]);
                assert_eq!(taken.is_ok(), to.is_some(), "{said}: {taken:?}");
                let to = to.map_or(from.as_str(), |(_, to)| to);
                assert_eq!(machine.status(&ana), to, "{said}");
            }
        }
    }
}

#[test]
fn every_word_and_every_status_stands_in_its_table() {
    for machine in machines() {
        let words: BTreeSet<_> = (machine.edits)(60).iter().map(|(word, _)| *word).collect();
        let turns = machine.known.iter().flat_map(|from| machine.turns(from));
        let said: BTreeSet<_> = turns.clone().map(|(word, _)| word).collect();
        assert_eq!(said, words, "{:?}", machine.kind);
        let known = |to: &str| machine.known.iter().any(|status| status == to);
        assert!(turns.clone().all(|(_, to)| known(to)), "{:?}", machine.kind);
    }
}

#[test]
fn turns_made_apart_are_both_kept_until_somebody_settles() {
    for machine in machines() {
        for from in &machine.known {
            let turns = machine.turns(from);
            let pairs = turns
                .iter()
                .flat_map(|one| turns.iter().map(move |other| (one, other)));
            for ((one, to), (other, elsewhere)) in pairs {
                let mut ana = machine.at(from);
                let mut ben = Worker::joining(2, &ana);
                ana.edit(&[machine.edit(one, 60)]);
                ben.edit(&[machine.edit(other, 70)]);
                ana.exchange(&mut ben);
                let said = format!("{:?} from {from}: {one} and {other}", machine.kind);
                assert_eq!(ana.canonical(), ben.canonical(), "{said}");
                let shown = ana.shown();
                let mut conflicts = shown.conflicts().iter();
                let conflict = conflicts.find(|conflict| {
                    (conflict.path.id, conflict.path.field.as_str()) == (machine.id, "status")
                });
                let choices = conflict.iter().flat_map(|conflict| &conflict.choices);
                let kept: BTreeSet<String> = choices.map(|choice| choice.value.display()).collect();
                let moves = [(*one, *to), (*other, *elsewhere)].into_iter();
                // Handing on is a step wherever it begins: it asks for another one's yes.
                let moved = moves.filter(|(word, to)| *to != from.as_str() || *word == "delegate");
                let moved: BTreeSet<String> = moved.map(|(_, to)| to.to_owned()).collect();
                if moved.len() > 1 {
                    assert_eq!(kept, moved, "{said}");
                } else {
                    assert!(kept.is_empty(), "{said}: {kept:?}");
                    let now = moved.first().unwrap_or(from);
                    assert_eq!(&machine.status(&ana), now, "{said}");
                }
            }
        }
    }
}
