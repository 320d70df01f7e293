//! The resource directory: whoever works for the agency has it, now or later, and nobody else does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::domain::*;
use caseweave::{ActionResult, EntityId, Error, ListQuery, ProviderId, ProviderQuery, Role};
use caseweave_testkit::{Agency, Device, Entries};

/// A provider with one service, put down without a network.
fn open(device: &Device, name: &str) -> (ProviderId, EntityId) {
    let id = device.caseweave.new_case_id().unwrap();
    let service = device.id();
    let fields = ProviderUpdate {
        name: Some(name.into()),
        area: Some("Pilsen 60608".into()),
        ..ProviderUpdate::default()
    };
    let offered = ServiceUpdate {
        name: Some("Despensa".into()),
        needs: Some(vec![NeedDomain::FoodInsecurity]),
        languages: Some(vec!["es-MX".into()]),
        age_from: Some(60),
        ..ServiceUpdate::default()
    };
    let add = ServiceEdit::Add {
        id: service,
        fields: offered,
    };
    device.edit(id, &[ProviderEdit::Open { id, fields }.into(), add.into()]);
    (id, service)
}

fn rename(device: &Device, id: ProviderId, name: &str) {
    let fields = ProviderUpdate {
        name: Some(name.into()),
        ..ProviderUpdate::default()
    };
    device.edit(id, &[ProviderEdit::Update { fields }.into()]);
}

fn sync(agency: &Agency, devices: &[&Device]) {
    for device in devices {
        device.sync(&mut agency.network());
    }
}

fn names(device: &Device) -> Vec<String> {
    let page = device.caseweave.providers(&ProviderQuery::default());
    page.unwrap().rows.into_iter().map(|row| row.name).collect()
}

#[test]
fn a_provider_opened_offline_reaches_every_colleague_with_one_exchange() {
    let mut agency = Agency::new(1);
    let [ana, ben] = ["Ana", "Ben"].map(|name| agency.worker(name));
    let [anas, bens] = [ana, ben].map(|worker| agency.device(worker));
    let (id, service) = open(&anas, "Casa");
    assert_eq!(names(&anas), ["Casa"]);
    sync(&agency, &[&anas, &bens]);
    let query = ProviderQuery {
        need: Some("food-insecurity".into()),
        language: Some("es".into()),
        area: Some("60608".into()),
        age: Some(70),
        ..ProviderQuery::default()
    };
    let found = bens.caseweave.providers(&query).unwrap().rows;
    assert_eq!((found[0].id, found[0].services[0].id), (id, service));
    let role = |device: &Device, worker| {
        let access = device.caseweave.access(id).unwrap();
        access
            .into_iter()
            .find(|one| one.worker == worker)
            .map(|one| one.role)
    };
    assert_eq!(role(&bens, ben), Some(Role::Contributor));
    assert_eq!(role(&bens, ana), Some(Role::Lead));
    let decisions = anas.caseweave.decisions(id).unwrap();
    assert_eq!(decisions[0].result, Some(ActionResult::Done));
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn two_who_correct_a_provider_apart_lose_nothing() {
    let mut agency = Agency::new(2);
    let [ana, ben] = ["Ana", "Ben"].map(|name| agency.worker(name));
    let [anas, bens] = [ana, ben].map(|worker| agency.device(worker));
    let (id, service) = open(&anas, "Casa");
    sync(&agency, &[&anas, &bens]);
    rename(&anas, id, "Casa Azul");
    rename(&bens, id, "Casa Roja");
    let fields = ServiceUpdate {
        phone: Some("555 0100".into()),
        ..ServiceUpdate::default()
    };
    bens.edit(
        id,
        &[ServiceEdit::Update {
            id: service,
            fields,
        }
        .into()],
    );
    sync(&agency, &[&anas, &bens, &anas]);
    let view = anas.caseweave.provider(id).unwrap();
    assert_eq!(view, bens.caseweave.provider(id).unwrap());
    assert_eq!(view.services[0].phone.as_deref(), Some("555 0100"));
    assert_eq!(view.conflicts[0].choices.len(), 2);
    let inbox = anas.caseweave.inbox().unwrap();
    assert_eq!(inbox.conflicts[0].provider, Some(id));
    let status = bens.caseweave.status(Some(id)).unwrap();
    assert_eq!((status.pending, status.refused), (0, 0));
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn a_worker_added_later_gets_the_whole_directory_and_may_correct_it() {
    let mut agency = Agency::new(3);
    let ana = agency.worker("Ana");
    let anas = agency.device(ana);
    let ids = ["Bread", "Casa"].map(|name| open(&anas, name).0);
    let case = Entries(&anas).open_case("Rosa", "Díaz");
    sync(&agency, &[&anas]);
    let cleo = agency.worker("Cleo");
    let cleos = agency.device(cleo);
    sync(&agency, &[&cleos]);
    assert_eq!(names(&cleos), ["Bread", "Casa"]);
    assert!(matches!(
        cleos.caseweave.case(case),
        Err(Error::NotFound { .. })
    ));
    rename(&cleos, ids[0], "Bread for all");
    sync(&agency, &[&cleos, &anas]);
    assert_eq!(names(&anas), ["Bread for all", "Casa"]);
    let second = agency.device(cleo);
    sync(&agency, &[&second]);
    assert_eq!(names(&second), names(&anas));
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn whose_role_is_withdrawn_loses_that_provider_and_colleagues_keep_it() {
    let mut agency = Agency::new(4);
    let [ana, ben, cleo] = ["Ana", "Ben", "Cleo"].map(|name| agency.worker(name));
    let [anas, bens, cleos] = [ana, ben, cleo].map(|worker| agency.device(worker));
    let (id, _) = open(&anas, "Casa");
    open(&anas, "Bread");
    sync(&agency, &[&anas, &bens, &cleos]);
    anas.caseweave.withdraw(id, ben).unwrap();
    sync(&agency, &[&anas, &bens, &cleos]);
    assert_eq!(names(&bens), ["Bread"]);
    assert_eq!(names(&cleos), ["Bread", "Casa"]);
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn late_work_on_a_provider_waits_for_who_leads_it() {
    let mut agency = Agency::new(10);
    let [ana, ben, cleo] = ["Ana", "Ben", "Cleo"].map(|name| agency.worker(name));
    let [anas, bens, cleos] = [ana, ben, cleo].map(|worker| agency.device(worker));
    let (id, _) = open(&anas, "Casa");
    sync(&agency, &[&anas, &bens, &cleos]);
    rename(&bens, id, "Casa Azul");
    anas.caseweave.withdraw(id, ben).unwrap();
    sync(&agency, &[&anas, &bens, &anas, &cleos]);
    assert!(names(&bens).is_empty());
    assert_eq!(names(&anas), ["Casa"]);
    assert!(cleos.caseweave.late_work(None).unwrap().is_empty());
    let late = anas.caseweave.late_work(Some(id)).unwrap();
    assert_eq!((late.len(), late[0].worker), (1, ben));
    assert_eq!(late[0].provider, Some(id));
    anas.caseweave.accept_late_work(late[0].id).unwrap();
    sync(&agency, &[&anas, &cleos, &bens]);
    for device in [&anas, &cleos] {
        assert_eq!(names(device), ["Casa Azul"]);
    }
    let status = bens.caseweave.status(None).unwrap();
    assert_eq!((status.pending, status.held, status.refused), (0, 0, 0));
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn a_server_that_was_set_back_has_the_directory_and_its_readers_again() {
    let mut agency = Agency::new(5);
    let [ana, ben] = ["Ana", "Ben"].map(|name| agency.worker(name));
    let [anas, bens] = [ana, ben].map(|worker| agency.device(worker));
    sync(&agency, &[&anas, &bens]);
    let backup = agency.backup();
    open(&anas, "Casa");
    sync(&agency, &[&anas]);
    agency.restore(&backup);
    sync(&agency, &[&anas, &anas, &bens]);
    assert_eq!(names(&bens), ["Casa"]);
    assert_eq!(agency.findings(), Vec::<String>::new());
}

#[test]
fn another_agency_gets_nothing_of_the_directory() {
    let mut agency = Agency::new(6);
    let mut other = Agency::new(7);
    let (ana, zoe) = (agency.worker("Ana"), other.worker("Zoe"));
    let (anas, zoes) = (agency.device(ana), other.device(zoe));
    let (id, _) = open(&anas, "Casa");
    sync(&agency, &[&anas]);
    sync(&other, &[&zoes]);
    assert!(names(&zoes).is_empty());
    assert!(matches!(
        zoes.caseweave.provider(id),
        Err(Error::NotFound { .. })
    ));
}

#[test]
fn a_referral_links_to_a_service_and_keeps_the_name_as_it_was() {
    let mut agency = Agency::new(8);
    let [ana, ben] = ["Ana", "Ben"].map(|name| agency.worker(name));
    let [anas, bens] = [ana, ben].map(|worker| agency.device(worker));
    let (id, service) = open(&anas, "Casa");
    sync(&agency, &[&anas, &bens]);
    let case = Entries(&bens).open_case("Rosa", "Díaz");
    let fields = ReferralUpdate {
        service: Some("Despensa".into()),
        provider: Some("Casa".into()),
        directory_provider: Some(id),
        directory_service: Some(service),
        ..ReferralUpdate::default()
    };
    let add = ReferralEdit::Add {
        id: bens.id(),
        fields,
    };
    bens.edit(case, &[add.into()]);
    rename(&bens, id, "House");
    let referral = bens.case(case).referrals.remove(0);
    assert_eq!(referral.provider.as_deref(), Some("Casa"));
    let linked = bens
        .caseweave
        .provider(referral.directory_provider.unwrap())
        .unwrap();
    assert_eq!(linked.provider.name.as_deref(), Some("House"));
    let offered = linked
        .services
        .iter()
        .find(|one| Some(one.meta.id) == referral.directory_service);
    assert_eq!(offered.unwrap().name.as_deref(), Some("Despensa"));
}

#[test]
fn a_provider_is_found_by_search_and_is_in_no_list_of_cases() {
    let mut agency = Agency::new(9);
    let ana = agency.worker("Ana");
    let anas = agency.device(ana);
    let (id, _) = open(&anas, "Zwiebelturm");
    let hits = anas.caseweave.search("zwiebel", 10).unwrap();
    assert_eq!(
        (hits.len(), hits[0].provider, hits[0].kind),
        (1, Some(id), Kind::Provider)
    );
    assert!(
        anas.caseweave
            .list(&ListQuery::default())
            .unwrap()
            .rows
            .is_empty()
    );
    assert!(matches!(
        anas.caseweave.case(id),
        Err(Error::NotFound { .. })
    ));
    let history = anas.caseweave.history(id).unwrap();
    assert_eq!(history[0].intentions, "open_provider,add_service");
    let folder = tempfile::tempdir().unwrap();
    let report = anas
        .caseweave
        .export_records(&folder.path().join("export.jsonl"))
        .unwrap();
    assert_eq!(
        (report.cases, report.compartments, report.providers),
        (0, 0, 1)
    );
}
