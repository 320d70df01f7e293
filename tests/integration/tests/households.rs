//! Cases of people who live together, found by their household.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::domain::{HouseholdEdit, HouseholdLinkUpdate, Kind, PersonUpdate, RemovalEdit};
use caseweave::{CaseId, EntityId, ListQuery, PersonDraft, Sort};
use caseweave_testkit::{Agency, Device, Entries};

/// Links a case to a household; gives the link.
fn live_in(device: &Device, case: CaseId, household: EntityId) -> EntityId {
    let id = device.id();
    let fields = HouseholdLinkUpdate {
        household: Some(household),
        ..HouseholdLinkUpdate::default()
    };
    device.edit(case, &[HouseholdEdit::Add { id, fields }.into()]);
    id
}

fn members(device: &Device, household: EntityId) -> Vec<CaseId> {
    let query = ListQuery {
        household: Some(household),
        sort: Sort::Risk,
        ..ListQuery::default()
    };
    let rows = device.caseweave.list(&query).unwrap().rows;
    rows.iter().map(|row| row.case.case).collect()
}

#[test]
fn a_list_shows_who_lives_together_on_every_device() {
    let mut agency = Agency::new(1);
    let worker = agency.worker("Ana");
    let (phone, tablet) = (agency.device(worker), agency.device(worker));
    let open = |family| Entries(&phone).open_case("Rosa", family);
    let [ana, ben, cleo, dora] = ["Ante", "Benz", "Cruz", "Dorn"].map(open);
    let (elm_street, oak_street) = (phone.id(), phone.id());
    let links = [ana, ben, cleo].map(|case| live_in(&phone, case, elm_street));
    live_in(&phone, dora, oak_street);
    // A child of two homes.
    live_in(&phone, cleo, oak_street);
    for device in [&phone, &tablet] {
        device.sync(&mut agency.network());
        assert_eq!(members(device, elm_street), [ana, ben, cleo]);
        assert_eq!(members(device, oak_street), [cleo, dora]);
    }

    let kind = Kind::HouseholdLink;
    let (id, reason) = (links[1], "Another family".into());
    tablet.edit(ben, &[RemovalEdit::Remove { kind, id, reason }.into()]);
    assert_eq!(members(&tablet, elm_street), [ana, cleo]);
    let fields = HouseholdLinkUpdate {
        household: Some(oak_street),
        ..HouseholdLinkUpdate::default()
    };
    let id = links[0];
    tablet.edit(ana, &[HouseholdEdit::Update { id, fields }.into()]);
    for device in [&tablet, &phone] {
        device.sync(&mut agency.network());
        assert_eq!(members(device, elm_street), [cleo]);
        assert_eq!(members(device, oak_street), [ana, cleo, dora]);
    }
}

#[test]
fn people_who_live_together_are_not_taken_for_one() {
    let mut agency = Agency::new(2);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let household = phone.id();
    for (given, family) in [("Rosa", "Díaz"), ("Luis", "Moreno")] {
        live_in(&phone, Entries(&phone).open_case(given, family), household);
    }
    let draft = PersonDraft {
        person: PersonUpdate {
            given_name: Some("Rosa".into()),
            family_name: Some("Díaz".into()),
            ..PersonUpdate::default()
        },
        ..PersonDraft::default()
    };
    let found = phone.caseweave.duplicates(&draft).unwrap();
    let names: Vec<_> = found
        .iter()
        .map(|one| one.case.case.name.as_str())
        .collect();
    assert_eq!(names, ["Rosa Díaz"]);
}
