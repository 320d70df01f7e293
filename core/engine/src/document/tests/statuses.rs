//! Every table of statuses: which moves stand, and what becomes of moves made apart.

use std::collections::BTreeSet;

use super::worker::{Worker, ids};
use crate::domain::*;
use crate::ids::EntityId;

/// One kind of entity whose status has a table.
struct Machine {
    kind: Kind,
    add: Edit,
    /// Where something new stands, then from where one comes to where.
    moves: &'static str,
    explained: &'static str,
    known: Vec<String>,
    set: fn(EntityId, &str, Option<String>) -> Edit,
}

macro_rules! machine {
    ($kind:ident, $edit:ident, $update:ident { $($fields:tt)* }, $status:ident, $moves:literal, explained $explained:literal) => {
        Machine {
            kind: Kind::$kind,
            add: $edit::Add { id: it(), fields: $update { $($fields)*, ..$update::default() } }.into(),
            moves: $moves,
            explained: $explained,
            known: $status::KNOWN.iter().map(|status| status.code().to_owned()).collect(),
            set: |id, code, reason| $edit::SetStatus { id, status: $status::from_code(code), reason }.into(),
        }
    };
}

fn it() -> EntityId {
    ids::entity(50)
}

fn text() -> Option<String> {
    Some("Ramp".into())
}

/// The tables as they were agreed, said apart from the code that follows them.
fn machines() -> Vec<Machine> {
    vec![
        machine!(Need, NeedEdit, NeedUpdate { domain: Some(NeedDomain::Homelessness) }, NeedStatus,
            "open: in_progress met unmet declined / in_progress: open met unmet declined / met: open /
             unmet: open in_progress met / declined: open", explained "unmet"),
        machine!(Intervention, InterventionEdit, InterventionUpdate { title: text() }, InterventionStatus,
            "planned: in_progress on_hold completed stopped / in_progress: on_hold completed stopped /
             on_hold: planned in_progress stopped / completed: in_progress / stopped: planned in_progress",
            explained "on_hold stopped"),
        machine!(Referral, ReferralEdit, ReferralUpdate { service: text() }, ReferralStatus,
            "sent: received accepted declined scheduled completed cancelled /
             received: accepted declined scheduled completed cancelled / accepted: declined scheduled completed cancelled /
             scheduled: accepted declined completed cancelled / declined: sent / cancelled: sent",
            explained "declined cancelled"),
        machine!(Authorization, AuthorizationEdit, AuthorizationUpdate { payer: text(), service: text() }, AuthorizationStatus,
            "requested: approved denied cancelled / approved: denied expired cancelled / denied: requested approved /
             expired: requested approved / cancelled: requested", explained "denied cancelled"),
        machine!(Advocacy, AdvocacyEdit, AdvocacyUpdate { sort: Some(AdvocacyKind::Appeal), subject: text() }, AdvocacyStatus,
            "preparing: filed offered agreed withdrawn / filed: offered agreed won lost withdrawn /
             offered: filed agreed won lost withdrawn / agreed: filed / lost: filed / withdrawn: preparing",
            explained "lost withdrawn"),
        machine!(Approval, ApprovalEdit, ApprovalUpdate { subject: Some(ApprovalSubject::Plan) }, ApprovalStatus,
            "requested: approved returned withdrawn / approved: returned / returned: requested withdrawn",
            explained "returned"),
        machine!(Amendment, AmendmentEdit, AmendmentUpdate { subject: text() }, AmendmentStatus,
            "requested: accepted denied withdrawn / denied: requested accepted / withdrawn: requested",
            explained "denied"),
    ]
}

/// What has a table here.
pub(super) fn kinds() -> impl Iterator<Item = Kind> {
    machines().into_iter().map(|machine| machine.kind)
}

impl Machine {
    fn targets(&self, from: &str) -> Vec<&'static str> {
        let rows = self
            .moves
            .split('/')
            .filter_map(|row| row.trim().split_once(':'));
        let row = rows.into_iter().find(|(state, _)| *state == from);
        row.map_or(Vec::new(), |(_, targets)| {
            targets.split_whitespace().collect()
        })
    }

    /// A worker with a case and the thing in some status, put down by somebody else.
    fn at(&self, status: &str) -> Worker {
        let mut eve = Worker::new(3);
        eve.open_case();
        eve.edit(std::slice::from_ref(&self.add));
        let first = self.moves.split_once(':').unwrap().0;
        assert_eq!(self.status(&eve), first, "{:?}", self.kind);
        eve.overwrite(self.kind, it(), "status", status);
        Worker::joining(1, &eve)
    }

    fn status(&self, worker: &Worker) -> String {
        let reader = worker.documents.reader();
        let entry = Records::entity(&reader, self.kind, it()).unwrap();
        entry.fields.get("status").unwrap().display()
    }

    fn moved(&self, to: &str) -> Edit {
        (self.set)(it(), to, Some("Because".into()))
    }
}

#[test]
fn a_status_goes_where_its_table_says_and_nowhere_else() {
    for machine in machines() {
        for from in &machine.known {
            for to in machine
                .known
                .iter()
                .map(String::as_str)
                .chain(["from_the_future"])
            {
                let mut ana = machine.at(from);
                let allowed = machine.targets(from).contains(&to);
                let said = format!("{:?} from {from} to {to}", machine.kind);
                assert_eq!(
                    ana.try_edit(&[machine.moved(to)]).is_ok(),
                    allowed,
                    "{said}"
                );
                let now = if allowed { to } else { from };
                assert_eq!(machine.status(&ana), now, "{said}");
            }
        }
    }
}

#[test]
fn a_status_that_somebody_will_ask_about_needs_a_reason() {
    for machine in machines() {
        let explained: Vec<&str> = machine.explained.split_whitespace().collect();
        for from in &machine.known {
            for to in machine.targets(from) {
                let mut ana = machine.at(from);
                let bare = ana.try_edit(&[(machine.set)(it(), to, None)]);
                let said = format!("{:?} to {to}", machine.kind);
                assert_eq!(bare.is_ok(), !explained.contains(&to), "{said}");
            }
        }
    }
}

#[test]
fn moves_made_apart_are_both_kept_until_somebody_settles() {
    for machine in machines() {
        for from in &machine.known {
            let targets = machine.targets(from);
            for (one, other) in targets
                .iter()
                .flat_map(|one| targets.iter().map(move |other| (one, other)))
            {
                let mut ana = machine.at(from);
                let mut ben = Worker::joining(2, &ana);
                ana.edit(&[machine.moved(one)]);
                ben.edit(&[machine.moved(other)]);
                ana.exchange(&mut ben);
                let (view, said) = (ana.view(), format!("{:?}: {one} and {other}", machine.kind));
                assert_eq!(view, ben.view(), "{said}");
                let conflict = view
                    .conflicts
                    .iter()
                    .find(|conflict| conflict.path.field == "status");
                let kept: BTreeSet<String> = conflict
                    .iter()
                    .flat_map(|conflict| &conflict.choices)
                    .map(|choice| choice.value.display())
                    .collect();
                let both = BTreeSet::from([(*one).to_owned(), (*other).to_owned()]);
                assert_eq!(
                    kept,
                    if one == other { BTreeSet::new() } else { both },
                    "{said}"
                );
                if machine.kind == Kind::Referral {
                    let settled = view.conflicts.iter().all(|one| one.path.field == "status");
                    assert!(settled, "{said}: when it was closed is nothing to settle");
                }
            }
        }
    }
}

#[test]
fn who_decided_and_when_stands_beside_the_decision() {
    let mut ana = Worker::new(1);
    ana.open_case();
    let fields = ApprovalUpdate {
        subject: Some(ApprovalSubject::Closure),
        ..Default::default()
    };
    ana.edit(&[ApprovalEdit::Add { id: it(), fields }.into()]);
    let mut eve = Worker::joining(3, &ana);
    let set = |status, reason: Option<&str>| {
        Edit::from(ApprovalEdit::SetStatus {
            id: it(),
            status,
            reason: reason.map(str::to_owned),
        })
    };
    eve.edit(&[set(ApprovalStatus::Returned, Some("The plan is old"))]);
    ana.exchange(&mut eve);
    let returned = &ana.view().approvals[0];
    assert_eq!(returned.decided_by, Some(ids::worker(3)));
    assert_eq!(returned.decided_at, Some(ids::moment(eve.clock)));
    assert_eq!(returned.status_reason.as_deref(), Some("The plan is old"));
    ana.edit(&[set(ApprovalStatus::Requested, None)]);
    let again = &ana.view().approvals[0];
    assert_eq!(
        (
            again.decided_by,
            again.decided_at,
            again.status_reason.as_deref()
        ),
        (None, None, None)
    );
}

#[test]
fn what_is_written_apart_to_a_closed_case_is_kept_and_shown_until_confirmed() {
    let mut ana = Worker::new(1);
    ana.open_case();
    let mut ben = Worker::joining(2, &ana);
    // Ben's clock is years behind: no clock decides what came after the closing.
    ben.clock = -100_000_000;
    ben.edit(&[ids::plan_visit(10)]);
    ana.edit(&[CaseEdit::Close {
        closed_on: ids::day(3),
        reason: ClosureReason::GoalsMet,
        outcome: None,
    }
    .into()]);
    assert_eq!(ana.view().changed_after_closing, []);
    ana.exchange(&mut ben);
    let (view, late) = (ana.view(), ben.view().changed_after_closing);
    assert_eq!(view.visits.len(), 1);
    assert_eq!(view.changed_after_closing, late);
    assert_eq!(late[0].made.worker, Some(ids::worker(2)));
    assert_eq!(late[0].intentions, "plan_visit");
    ben.edit(&[CaseEdit::ConfirmClosing.into()]);
    ana.exchange(&mut ben);
    assert_eq!(ana.view().changed_after_closing, []);
    ana.edit(&[ids::plan_visit(11)]);
    assert_eq!(ana.view().changed_after_closing.len(), 1);
    ana.edit(&[CaseEdit::Reopen {
        reason: "She is back".into(),
    }
    .into()]);
    assert_eq!(ana.view().changed_after_closing, []);
    assert!(ana.try_edit(&[CaseEdit::ConfirmClosing.into()]).is_err());
}

#[test]
fn a_timeline_tells_what_was_put_down_and_where_it_was_moved() {
    for machine in machines() {
        let (first, row) = machine.moves.split_once(':').unwrap();
        let to = row.split_whitespace().next().unwrap();
        // Her clock is behind: the timeline goes by the clocks of those who write.
        let mut eve = Worker::new(7);
        eve.open_case();
        eve.edit(std::slice::from_ref(&machine.add));
        let mut ana = Worker::joining(1, &eve);
        ana.edit(&[machine.moved(to)]);
        let told: Vec<(Kind, EntryFact)> = ana
            .documents
            .timeline(&|_| None)
            .into_iter()
            .filter_map(|item| match item.fact {
                Fact::Entry(fact) => Some((item.kind, fact)),
                _ => None,
            })
            .collect();
        let [
            (
                _,
                EntryFact::Moved {
                    title,
                    status,
                    reason,
                },
            ),
            (kind, EntryFact::Added { status: begun, .. }),
        ] = &told[..]
        else {
            panic!("{told:?}");
        };
        assert_eq!((status.as_str(), reason.as_deref()), (to, Some("Because")));
        assert!(title.is_some());
        assert_eq!((*kind, begun.as_deref()), (machine.kind, Some(first)));
    }
}
