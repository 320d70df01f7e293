//! The surface against a real server's library, as an app uses it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use caseweave::CaseId;
use caseweave::domain::{
    AssessmentEdit, AssessmentUpdate, CaseEdit, CaseStatus, CaseUpdate, Edit, PersonUpdate,
};
use caseweave::instruments::{Answer, ItemAnswer, ScaleOutcome};
use caseweave_testkit::{Agency, day};
use tempfile::TempDir;

use crate::{
    CaseweaveError, CaseweaveHandle, Enrolment, HttpRequest, KeyVault, KeyVaultError, ListQuery,
    rescue,
};

/// A vault that turns bits, and panics on request, as a foreign one may through a fault of the bindings.
#[derive(Default)]
struct Vault {
    panics: AtomicBool,
}

impl Vault {
    fn turn(&self, bytes: &[u8]) -> Result<Vec<u8>, KeyVaultError> {
        assert!(!self.panics.load(Ordering::Relaxed), "the vault panics");
        Ok(bytes.iter().map(|byte| !byte).collect())
    }
}

impl KeyVault for Vault {
    fn seal(&self, _: String, secret: Vec<u8>) -> Result<Vec<u8>, KeyVaultError> {
        self.turn(&secret)
    }
    fn open(&self, _: String, sealed: Vec<u8>) -> Result<Vec<u8>, KeyVaultError> {
        self.turn(&sealed)
    }
    fn delete(&self, _: String) -> Result<(), KeyVaultError> {
        Ok(())
    }
}

struct Installation {
    handle: CaseweaveHandle,
    vault: Arc<Vault>,
    directory: TempDir,
}

fn send(agency: &Agency, request: HttpRequest) -> (u16, Vec<u8>) {
    let headers = request.headers.into_iter();
    let request = caseweave::HttpRequest {
        method: request.method,
        url: request.url,
        headers: headers.map(|header| (header.name, header.value)).collect(),
        body: request.body,
    };
    agency.network().send(&request).unwrap()
}

fn enrol(agency: &Agency, link: String) -> Installation {
    let (directory, vault) = (tempfile::tempdir().unwrap(), Arc::new(Vault::default()));
    let enrolment = Enrolment::begin(link, path(&directory), vault.clone()).unwrap();
    let (status, body) = send(agency, enrolment.request().unwrap());
    Installation {
        handle: enrolment.finish(status, &body).unwrap(),
        vault,
        directory,
    }
}

fn path(directory: &TempDir) -> String {
    directory.path().display().to_string()
}

fn sync(agency: &Agency, handle: &CaseweaveHandle) {
    let session = handle.start_sync().unwrap();
    while let Some(request) = session.next_request().unwrap() {
        let (status, body) = send(agency, request);
        session.on_response(status, &body).unwrap();
    }
}

fn open_case(handle: &CaseweaveHandle) -> CaseId {
    let case = CaseId::from_bytes(handle.new_id().unwrap().to_bytes());
    let person = PersonUpdate {
        family_name: Some("Díaz".into()),
        ..PersonUpdate::default()
    };
    let open = CaseEdit::Open {
        id: case,
        opened_on: day(1),
        enquiry: false,
        case: CaseUpdate::default(),
        person,
    };
    handle.edit(case, vec![Edit::Case(open)]).unwrap();
    case
}

fn every_case() -> ListQuery {
    ListQuery {
        statuses: vec![CaseStatus::Open],
        lead: None,
        sector: None,
        programme: None,
        risk: None,
        language: None,
        next_visit_before: None,
        overdue_on: None,
        in_conflict: false,
        unsynced: false,
        changed_after_closing: false,
        household: None,
        sort: None,
        after: None,
        limit: 50,
    }
}

#[test]
fn a_case_opened_on_one_device_is_listed_and_read_on_another() {
    let agency = Agency::new(1);
    let worker = agency.worker("Ana");
    let phone = enrol(&agency, agency.link(worker));
    let tablet = enrol(&agency, agency.link(worker));

    let case = open_case(&phone.handle);
    sync(&agency, &phone.handle);
    sync(&agency, &tablet.handle);

    let page = tablet.handle.list(every_case()).unwrap();
    let row = page.rows.first().unwrap();
    assert_eq!(
        (row.case, row.status.clone()),
        (case, Some(CaseStatus::Open))
    );
    assert_eq!(page.next, None);
    let view = tablet.handle.case(case).unwrap();
    assert_eq!(view, phone.handle.case(case).unwrap());
    let history = tablet.handle.history(case).unwrap();
    let then = tablet
        .handle
        .case_at(case, history.first().unwrap().revision.clone());
    assert_eq!(then.unwrap().person, view.person);
    assert!(tablet.handle.check_storage().unwrap().clean);
}

#[test]
fn a_caught_panic_of_the_vault_leaves_the_record_usable() {
    let agency = Agency::new(2);
    let ana = enrol(&agency, agency.link(agency.worker("Ana")));
    let case = open_case(&ana.handle);

    ana.handle.lock().unwrap();
    ana.vault.panics.store(true, Ordering::Relaxed);
    catch_unwind(AssertUnwindSafe(|| ana.handle.unlock())).unwrap_err();
    let locked = ana.handle.case(case).unwrap_err();
    assert!(matches!(locked, CaseweaveError::NotAllowed { .. }));

    ana.vault.panics.store(false, Ordering::Relaxed);
    ana.handle.unlock().unwrap();
    assert_eq!(ana.handle.case(case).unwrap().id, case);
    open_case(&ana.handle);
}

#[test]
fn a_database_that_is_set_aside_is_rescued_and_goes_on() {
    let agency = Agency::new(4);
    let ana = enrol(&agency, agency.link(agency.worker("Ana")));
    let case = open_case(&ana.handle);
    let aside = ana.handle.set_aside().unwrap();
    let locked = ana.handle.case(case).unwrap_err();
    assert!(matches!(locked, CaseweaveError::NotAllowed { .. }));
    let directory = ana.directory.path();
    let into = directory.join("caseweave.db").display().to_string();
    let directory = directory.display().to_string();
    let report = rescue(directory, ana.vault.clone(), aside, into).unwrap();
    assert!(report.complete);
    ana.handle.unlock().unwrap();
    assert_eq!(ana.handle.case(case).unwrap().id, case);
    assert_eq!(ana.handle.status(None).unwrap().pending, 1);
}

#[test]
fn an_installation_opens_again_with_its_vault_after_it_was_shut_down() {
    let agency = Agency::new(3);
    let Installation {
        handle,
        vault,
        directory,
    } = enrol(&agency, agency.link(agency.worker("Ana")));
    let case = open_case(&handle);
    handle.shut_down().unwrap();
    assert!(matches!(
        handle.case(case),
        Err(CaseweaveError::NotAllowed { .. })
    ));

    let again = CaseweaveHandle::open(path(&directory), vault).unwrap();
    assert_eq!(again.case(case).unwrap().id, case);
}

#[test]
fn a_link_that_is_none_is_named_as_the_field_that_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let begun = Enrolment::begin(
        "https://x".into(),
        path(&directory),
        Arc::<Vault>::default(),
    );
    let CaseweaveError::InvalidInput { field, .. } = begun.unwrap_err() else {
        panic!("another error than the one about the link");
    };
    assert_eq!(field, "link");
}

#[test]
fn an_assessment_is_started_answered_and_scored_by_an_app() {
    let agency = Agency::new(4);
    let ana = enrol(&agency, agency.link(agency.worker("Ana")));
    let case = open_case(&ana.handle);
    let phq2 = ana.handle.instrument("phq-2".into(), None).unwrap();
    assert_eq!(phq2.licence.len(), 2);
    assert_eq!(ana.handle.instruments().unwrap().len(), 6);

    let id = ana.handle.new_id().unwrap();
    let answers: Vec<ItemAnswer> = phq2
        .items
        .iter()
        .map(|item| ItemAnswer {
            item: item.code.clone(),
            answer: Answer::Choice { value: 3 },
        })
        .collect();
    let edits = [
        AssessmentEdit::Start {
            id,
            instrument: phq2.id.clone(),
            version: phq2.version,
            fields: AssessmentUpdate::default(),
        },
        AssessmentEdit::RecordAnswers {
            id,
            answers: answers.clone(),
            clear: Vec::new(),
        },
        AssessmentEdit::Complete { id },
    ];
    let edits = edits.into_iter().map(Edit::Assessment).collect();
    ana.handle.edit(case, edits).unwrap();

    let trend = ana.handle.assessment_trend(case, phq2.id.clone()).unwrap();
    let score = ana.handle.score(phq2.id, phq2.version, answers).unwrap();
    assert_eq!(trend.first().unwrap().scores, score.scores);
    let positive = ScaleOutcome::Scored {
        score: 6,
        band: Some("positive".into()),
    };
    assert_eq!(score.scores.first().unwrap().outcome, positive);
    let refused = ana.handle.register_instrument("{}".into()).unwrap_err();
    let CaseweaveError::InvalidInput { field, reason } = refused else {
        panic!("another error than the one about the definition");
    };
    assert_eq!(
        (field.as_str(), reason.as_str()),
        ("id", "is missing (line 1)")
    );
}
