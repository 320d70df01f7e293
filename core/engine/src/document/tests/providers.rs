//! What a provider's record is and admits, and what of it is listed.

use super::worker::{Shown, Worker, ids};
use super::*;
use crate::domain::*;
use crate::projection::{ProviderRow, RecordRow};

fn service(id: u8, fields: ServiceUpdate) -> Edit {
    let name = Some("Despensa".into());
    ServiceEdit::Add {
        id: ids::entity(id),
        fields: ServiceUpdate { name, ..fields },
    }
    .into()
}

fn refused(worker: &mut Worker, edit: Edit) -> String {
    match worker.try_edit(&[edit]) {
        Err(EditError::Invalid {
            reason: Invalid::Field { field, .. },
            ..
        }) => field,
        other => panic!("{other:?}"),
    }
}

fn row(worker: &Worker) -> ProviderRow {
    match worker.rows(None).record {
        RecordRow::Provider(row) => row,
        other => panic!("{other:?}"),
    }
}

fn update(fields: ProviderUpdate) -> Edit {
    ProviderEdit::Update { fields }.into()
}

fn named(name: &str) -> Edit {
    update(ProviderUpdate {
        name: Some(name.into()),
        ..ProviderUpdate::default()
    })
}

#[test]
fn a_provider_lists_its_services_with_what_they_take_from_it() {
    let mut ana = Worker::new(1);
    ana.open_provider();
    let fields = ServiceUpdate {
        needs: Some(vec![NeedDomain::FoodInsecurity]),
        age_from: Some(60),
        ..ServiceUpdate::default()
    };
    ana.edit(&[service(3, fields), service(4, ServiceUpdate::default())]);
    let area = Some("North side 60640".into());
    ana.edit(&[
        update(ProviderUpdate {
            area: area.clone(),
            ..ProviderUpdate::default()
        }),
        RemovalEdit::Remove {
            kind: Kind::Service,
            id: ids::entity(4),
            reason: "Twice".into(),
        }
        .into(),
    ]);
    let row = row(&ana);
    assert_eq!(
        (row.name.as_str(), row.sort_name.as_str()),
        ("Centro Ñandú", "centro nandu")
    );
    let [service] = row.services.as_slice() else {
        panic!("{:?}", row.services)
    };
    assert_eq!(
        (service.needs.clone(), service.age_from),
        (vec!["food-insecurity".to_owned()], Some(60))
    );
    assert_eq!(
        (&service.area, &service.languages),
        (&area, &vec!["es".to_owned()])
    );
    assert_eq!(ana.documents.record().provider().unwrap().services.len(), 2);
}

#[test]
fn a_provider_refuses_whatever_is_about_a_person() {
    let mut ana = Worker::new(1);
    ana.open_provider();
    let before = ana.shown();
    assert_eq!(refused(&mut ana, ids::plan_visit(8)), "visit");
    assert_eq!(refused(&mut ana, ids::start_note(8, "She")), "note");
    assert_eq!(refused(&mut ana, ids::open_case()), "case");
    assert_eq!(refused(&mut ana, ids::open_compartment()), "compartment");
    assert_eq!(ana.shown(), before);
}

#[test]
fn cases_and_compartments_hold_no_provider_and_no_service() {
    for open in [ids::open_case(), ids::open_compartment()] {
        let mut ana = Worker::new(1);
        ana.edit(&[open]);
        assert_eq!(refused(&mut ana, ids::open_provider()), "provider");
        assert_eq!(
            refused(&mut ana, service(3, ServiceUpdate::default())),
            "service"
        );
    }
}

#[test]
fn what_was_forged_into_a_case_does_not_put_it_into_the_directory() {
    let mut ana = Worker::new(1);
    ana.open_case();
    let mut ben = Worker::joining(2, &ana);
    ben.forge("provider");
    ana.pull(&ben);
    assert!(matches!(ana.shown(), Shown::Case(_)));
}

#[test]
fn two_who_write_a_provider_apart_keep_both_names_and_both_services() {
    let mut ana = Worker::new(1);
    ana.open_provider();
    let mut ben = Worker::joining(2, &ana);
    ana.edit(&[named("Centro"), service(3, ServiceUpdate::default())]);
    ben.edit(&[named("Casa"), service(4, ServiceUpdate::default())]);
    ana.exchange(&mut ben);
    assert_eq!(ana.shown(), ben.shown());
    let view = ana.documents.record().provider().unwrap();
    assert_eq!((view.services.len(), view.conflicts.len()), (2, 1));
    assert_eq!(view.conflicts[0].choices.len(), 2);
}

#[test]
fn whoever_verifies_an_entry_stands_beside_the_day() {
    let mut ana = Worker::new(1);
    ana.open_provider();
    ana.edit(&[ProviderEdit::Verify { on: ids::day(3) }.into()]);
    let provider = ana.documents.record().provider().unwrap().provider;
    assert_eq!(provider.verified_on, Some(ids::day(3)));
    assert_eq!(provider.verified_by, Some(ids::worker(1)));
    assert_eq!(row(&ana).verified_on, Some(ids::day(3)));
}

#[test]
fn a_provider_is_closed_with_a_reason_and_opened_again() {
    let mut ana = Worker::new(1);
    ana.open_provider();
    let to = |status, reason: Option<&str>| {
        let reason = reason.map(str::to_owned);
        Edit::from(ProviderEdit::SetStatus { status, reason })
    };
    let closed = ProviderStatus::Closed;
    assert_eq!(
        refused(&mut ana, to(closed.clone(), None)),
        "provider.status_reason"
    );
    assert_eq!(
        refused(&mut ana, to(ProviderStatus::Active, None)),
        "provider.status"
    );
    ana.edit(&[to(closed, Some("Lost its funding"))]);
    assert!(row(&ana).closed);
    ana.edit(&[to(ProviderStatus::Active, None)]);
    assert!(!row(&ana).closed);
}

#[test]
fn ages_stand_in_order_and_a_linked_referral_names_its_provider() {
    let mut ana = Worker::new(1);
    ana.open_provider();
    let ages = ServiceUpdate {
        age_from: Some(65),
        age_to: Some(60),
        ..ServiceUpdate::default()
    };
    assert_eq!(refused(&mut ana, service(3, ages)), "service.age_to");
    let mut ben = Worker::new(2);
    ben.open_case();
    let refer = |provider: Option<&str>, linked: bool| {
        let fields = ReferralUpdate {
            service: Some("Despensa".into()),
            provider: provider.map(str::to_owned),
            directory_provider: linked.then(|| CaseId::from_bytes([9; 16])),
            directory_service: Some(ids::entity(3)),
            ..ReferralUpdate::default()
        };
        Edit::from(ReferralEdit::Add {
            id: ids::entity(5),
            fields,
        })
    };
    assert_eq!(refused(&mut ben, refer(None, true)), "referral.provider");
    assert_eq!(
        refused(&mut ben, refer(Some("Centro"), false)),
        "referral.directory_provider"
    );
    ben.edit(&[refer(Some("Centro"), true)]);
    assert_eq!(
        ben.view().referrals[0].directory_service,
        Some(ids::entity(3))
    );
}
