//! What is shared with everybody: who decides it, whom it reaches, and what becomes of work of somebody who lost it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod support;

use caseweave_engine::ids::{DocumentId, WorkerId};
use caseweave_engine::sync::wire::*;
use caseweave_server::check;
use support::*;

/// Ana's phone with a record that she leads, and the phones of Ben and Cleo, who have no role in it.
struct Three {
    world: World,
    ben: WorkerId,
    anas: Phone,
    bens: Phone,
    cleos: Phone,
    record: DocumentId,
}

impl Three {
    fn new() -> Self {
        let mut world = World::new();
        let [ana, ben, cleo] = ["Ana", "Ben", "Cleo"].map(|name| world.worker(name));
        let [mut anas, bens, cleos] = [ana, ben, cleo].map(|worker| world.phone(worker));
        let record = anas.create_case(0x10);
        anas.sync(&world.server);
        Self {
            world,
            ben,
            anas,
            bens,
            cleos,
            record,
        }
    }

    /// The record is everybody's, and everybody has it.
    fn shared() -> Self {
        let mut three = Self::new();
        assert_eq!(three.share(Role::Contributor), ActionResult::Done);
        three.sync();
        three
    }

    fn sync(&mut self) {
        for phone in [&mut self.anas, &mut self.bens, &mut self.cleos] {
            phone.sync(&self.world.server);
        }
    }

    fn roles(&self) -> [Option<Role>; 3] {
        [&self.anas, &self.bens, &self.cleos].map(|phone| phone.role(self.record))
    }

    /// Ana decides something and syncs; says what became of it.
    fn decide(&mut self, action: AccessAction) -> ActionResult {
        self.anas.decide(self.record, action);
        self.anas.sync(&self.world.server);
        self.anas.results.pop().unwrap()
    }

    fn share(&mut self, role: Role) -> ActionResult {
        self.decide(AccessAction::ShareWithAll { role })
    }

    /// Ben loses his role while his phone holds an edit that was not sent, and sends it; gives the verdict.
    fn bens_late_edit(&mut self) -> Verdict {
        let worker = self.ben;
        let withdraw = AccessAction::Withdraw { worker };
        assert_eq!(self.decide(withdraw), ActionResult::Done);
        self.bens.edit(self.record, "late");
        let request = self.bens.request();
        let response = self.bens.ask(&self.world.server, &request);
        self.bens.stored();
        self.bens.apply(&response);
        self.anas.sync(&self.world.server);
        response.verdicts[0].verdict.clone()
    }

    fn assert_clean(&self) {
        assert_eq!(check(&self.world.server.administration()).unwrap(), []);
    }
}

#[test]
fn only_a_lead_shares_with_everybody_and_nobody_leads_by_it() {
    let mut three = Three::new();
    let (record, ben) = (three.record, three.ben);
    three.anas.share(record, ben, Role::Contributor);
    three.sync();
    let role = Role::Contributor;
    let nowhere = DocumentId::from_bytes([0x77; 16]);
    three
        .bens
        .decide(record, AccessAction::ShareWithAll { role });
    three
        .cleos
        .decide(record, AccessAction::ShareWithAll { role });
    three
        .cleos
        .decide(nowhere, AccessAction::ShareWithAll { role });
    three.sync();
    assert_eq!(three.bens.results, [ActionResult::NotAllowed]);
    assert_eq!(three.cleos.results, [ActionResult::NotAllowed; 2]);
    assert_eq!(three.share(Role::Lead), ActionResult::NotAllowed);
    assert_eq!(three.world.count("shared_scopes"), 0);
    three.sync();
    assert_eq!(three.roles(), [Some(Role::Lead), Some(role), None]);
    let dora = three.world.worker("Dora");
    let mut doras = three.world.phone(dora);
    doras.sync(&three.world.server);
    assert!(doras.documents.is_empty());
    three.assert_clean();
}

#[test]
fn sharing_with_everybody_again_gives_nobody_anything_twice() {
    let mut three = Three::shared();
    let roles = three.roles();
    let contributor = Some(Role::Contributor);
    assert_eq!(roles, [Some(Role::Lead), contributor, contributor]);
    let stored = |three: &Three| ["grants", "shared_scopes"].map(|table| three.world.count(table));
    let before = stored(&three);
    assert_eq!(three.share(Role::Contributor), ActionResult::Done);
    assert_eq!(stored(&three), before);
    let request = three.bens.request();
    let answer = three.bens.ask(&three.world.server, &request);
    assert_eq!((answer.access.len(), answer.documents.len()), (0, 0));
    three.assert_clean();
}

#[test]
fn another_role_for_everybody_is_that_of_who_comes_later_and_changes_no_ones() {
    let mut three = Three::shared();
    assert_eq!(three.share(Role::Reader), ActionResult::Done);
    let dora = three.world.worker("Dora");
    let mut doras = three.world.phone(dora);
    doras.sync(&three.world.server);
    three.sync();
    assert_eq!(doras.role(three.record), Some(Role::Reader));
    let contributor = Some(Role::Contributor);
    assert_eq!(three.roles(), [Some(Role::Lead), contributor, contributor]);
    assert_eq!(doras.heads(three.record), three.anas.heads(three.record));
    three.assert_clean();
}

#[test]
fn a_role_withdrawn_from_one_comes_back_only_by_sharing_again() {
    let mut three = Three::shared();
    let worker = three.ben;
    three.decide(AccessAction::Withdraw { worker });
    three.sync();
    three.anas.edit(three.record, "while he is away");
    three.sync();
    assert!(three.bens.documents.is_empty());
    three.share(Role::Contributor);
    three.sync();
    assert_eq!(three.bens.role(three.record), Some(Role::Contributor));
    assert_eq!(
        three.bens.heads(three.record),
        three.anas.heads(three.record)
    );
    three.assert_clean();
}

#[test]
fn late_work_on_what_everybody_has_waits_for_its_lead() {
    let mut three = Three::shared();
    assert_eq!(three.bens_late_edit(), Verdict::Held);
    let held = *three.anas.held.keys().next().unwrap();
    three.cleos.sync(&three.world.server);
    assert!(three.cleos.held.is_empty(), "only a lead is told");
    three
        .cleos
        .decide(three.record, AccessAction::AcceptHeld { held });
    three.cleos.sync(&three.world.server);
    assert_eq!(three.cleos.results, [ActionResult::NotAllowed]);
    let before = three.anas.heads(three.record);
    assert_eq!(
        three.decide(AccessAction::AcceptHeld { held }),
        ActionResult::Done
    );
    three.sync();
    assert_ne!(three.anas.heads(three.record), before);
    assert_eq!(
        three.cleos.heads(three.record),
        three.anas.heads(three.record)
    );
    assert!(three.bens.documents.is_empty());
    three.assert_clean();
}

#[test]
fn late_work_is_accepted_from_somebody_who_has_the_role_again() {
    let mut three = Three::shared();
    assert_eq!(three.bens_late_edit(), Verdict::Held);
    three.share(Role::Contributor);
    let held = *three.anas.held.keys().next().unwrap();
    assert_eq!(
        three.decide(AccessAction::AcceptHeld { held }),
        ActionResult::Done
    );
    three.sync();
    three.bens.edit(three.record, "in time");
    three.sync();
    three.sync();
    for phone in [&three.bens, &three.cleos] {
        assert_eq!(phone.heads(three.record), three.anas.heads(three.record));
    }
    three.assert_clean();
}
