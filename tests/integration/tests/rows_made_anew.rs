//! Rows that are made anew: of a record that turns out to be of another sort, and of those that an older version could not read.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use caseweave::domain::*;
use caseweave::{CaseId, Error, ListQuery, ProviderQuery, Role, SearchHit, WorkerId};
use caseweave_testkit::{Agency, Device, Entries};

/// Ana's phone and tablet, with a case that a compartment can be about.
struct Two {
    agency: Agency,
    ana: WorkerId,
    phone: Device,
    tablet: Device,
    case: CaseId,
}

impl Two {
    fn new(seed: u64) -> Self {
        let mut agency = Agency::new(seed);
        let ana = agency.worker("Ana");
        let [phone, tablet] = [agency.device(ana), agency.device(ana)];
        let case = Entries(&phone).open_case("Rosa", "Díaz");
        let two = Self {
            agency,
            ana,
            phone,
            tablet,
            case,
        };
        two.exchange();
        two
    }

    fn exchange(&self) {
        for device in [&self.phone, &self.tablet, &self.phone] {
            device.sync(&mut self.agency.network());
        }
    }

    /// Two apps begin records of two sorts under one id, which none does that draws it; gives the id.
    fn begun_apart(&self, one: RecordOf, other: RecordOf) -> CaseId {
        let id = self.phone.caseweave.new_case_id().unwrap();
        one.begin(&self.phone, id, self.case);
        other.begin(&self.tablet, id, self.case);
        self.exchange();
        id
    }

    /// On both devices, and on one that has the record at once and as it is: in this list and no other, under its words.
    fn assert_shown_as(&mut self, id: CaseId, sort: RecordOf) {
        let new = self.agency.device(self.ana);
        new.sync(&mut self.agency.network());
        for device in [&self.phone, &self.tablet, &new] {
            assert_eq!(lists_with(device, id), [sort], "lists");
            assert_eq!(opened_as(device, id), [sort], "views");
            assert_eq!(found_as(device, id), [sort], "search");
            assert_eq!(rows(device, id), rows(&new, id), "a rebuild says the same");
            assert!(device.caseweave.check_storage().unwrap().is_clean());
        }
        assert_eq!(self.agency.findings(), Vec::<String>::new());
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RecordOf {
    Case,
    Compartment,
    Provider,
}

impl RecordOf {
    /// Begins a record of this sort, with words that stand nowhere else where it takes words.
    fn begin(self, device: &Device, id: CaseId, about: CaseId) {
        let open: Edit = match self {
            Self::Case => {
                let person = PersonUpdate {
                    family_name: Some("Quitte".into()),
                    ..PersonUpdate::default()
                };
                CaseEdit::Open {
                    id,
                    opened_on: caseweave_testkit::day(2),
                    enquiry: false,
                    case: CaseUpdate::default(),
                    person,
                }
                .into()
            }
            Self::Compartment => {
                let fields = CompartmentUpdate {
                    title: Some("Therapy".into()),
                    ..CompartmentUpdate::default()
                };
                let case = about;
                CompartmentEdit::Open { id, case, fields }.into()
            }
            Self::Provider => {
                let fields = ProviderUpdate {
                    name: Some("Casa".into()),
                    ..ProviderUpdate::default()
                };
                ProviderEdit::Open { id, fields }.into()
            }
        };
        device.edit(id, &[open]);
        if self == Self::Provider {
            let fields = ServiceUpdate {
                name: Some("Quittengelee".into()),
                ..ServiceUpdate::default()
            };
            let service = device.id();
            let add = ServiceEdit::Add {
                id: service,
                fields,
            };
            return device.edit(id, &[add.into()]);
        }
        Entries(device).note(id, "Quittengelee");
    }
}

/// The lists that show a record.
fn lists_with(device: &Device, id: CaseId) -> Vec<RecordOf> {
    let caseweave = &device.caseweave;
    let cases = caseweave.list(&ListQuery::default()).unwrap().rows;
    let compartments = caseweave.compartments(None).unwrap();
    let providers = caseweave.providers(&ProviderQuery::default()).unwrap().rows;
    let shown = [
        (RecordOf::Case, cases.iter().any(|row| row.case.case == id)),
        (
            RecordOf::Compartment,
            compartments.iter().any(|row| row.compartment.id == id),
        ),
        (RecordOf::Provider, providers.iter().any(|row| row.id == id)),
    ];
    let shown = shown.into_iter().filter(|(_, shown)| *shown);
    shown.map(|(sort, _)| sort).collect()
}

/// As what a record can be opened.
fn opened_as(device: &Device, id: CaseId) -> Vec<RecordOf> {
    let caseweave = &device.caseweave;
    let opened = [
        (RecordOf::Case, caseweave.case(id).err()),
        (RecordOf::Compartment, caseweave.compartment(id).err()),
        (RecordOf::Provider, caseweave.provider(id).err()),
    ];
    let mut sorts = Vec::new();
    for (sort, error) in opened {
        match error {
            None => sorts.push(sort),
            Some(Error::NotFound { .. }) => {}
            Some(error) => panic!("{error:?}"),
        }
    }
    sorts
}

/// As what a record is named where words of it are found.
fn found_as(device: &Device, id: CaseId) -> Vec<RecordOf> {
    let hits = device.caseweave.search("quittengelee", 10).unwrap();
    let sort = |hit: &SearchHit| match (hit.compartment, hit.provider, hit.case) {
        (Some(compartment), ..) => (compartment == id).then_some(RecordOf::Compartment),
        (_, Some(provider), _) => (provider == id).then_some(RecordOf::Provider),
        (.., case) => (case == id).then_some(RecordOf::Case),
    };
    let mut sorts: Vec<_> = hits.iter().filter_map(sort).collect();
    sorts.dedup();
    sorts
}

/// What the rows of a record say, whatever made them.
fn rows(device: &Device, id: CaseId) -> [u8; 32] {
    device.stored(|tx| tx.projection_digest(id).unwrap())
}

#[test]
fn a_record_begun_as_two_sorts_is_shown_as_one_everywhere() {
    use RecordOf::{Case, Compartment, Provider};
    for (seed, one, other, sort) in [
        (1, Compartment, Case, Case),
        (2, Case, Compartment, Case),
        (3, Provider, Case, Case),
        (4, Case, Provider, Case),
        (5, Provider, Compartment, Compartment),
        (6, Compartment, Provider, Compartment),
    ] {
        let mut two = Two::new(seed);
        let id = two.begun_apart(one, other);
        two.assert_shown_as(id, sort);
        // And so it is after the next ordinary edit.
        Entries(&two.phone).note(id, "Quittengelee again");
        two.exchange();
        two.assert_shown_as(id, sort);
    }
}

#[test]
fn a_case_that_a_member_writes_into_a_compartment_is_shown_with_the_cases() {
    let mut two = Two::new(7);
    let cleo = two.agency.worker("Cleo");
    let cleos = two.agency.device(cleo);
    let id = two.phone.caseweave.new_case_id().unwrap();
    RecordOf::Compartment.begin(&two.phone, id, two.case);
    let share = two.phone.caseweave.share(id, cleo, Role::Contributor, None);
    share.unwrap();
    two.exchange();
    two.assert_shown_as(id, RecordOf::Compartment);
    // An app of hers knows the id before her device holds the record.
    RecordOf::Case.begin(&cleos, id, two.case);
    cleos.sync(&mut two.agency.network());
    two.exchange();
    two.assert_shown_as(id, RecordOf::Case);
    assert_eq!(opened_as(&cleos, id), [RecordOf::Case]);
    let codes = cleos.caseweave.quarantined(None).unwrap();
    assert!(codes.is_empty(), "{codes:?}");
}

/// What migrations 16 to 23 brought; before the last, no text waited for the index.
const NO_DIRECTORY: &str = "INSERT INTO search (rowid, text) SELECT number, text FROM search_loose \
     WHERE number > (SELECT max(last) FROM search_indexed WHERE first <= number) ORDER BY number; \
     DROP TABLE search_indexed; DROP TABLE provider; DROP TABLE service; DROP TABLE search_word; DROP TABLE record_piece; \
     DROP INDEX cases_by_status; DROP INDEX cases_by_risk; ALTER TABLE access DROP COLUMN seq; \
     ALTER TABLE case_summary DROP COLUMN status_order; ALTER TABLE case_summary DROP COLUMN risk_order; \
     DROP INDEX deadline_by_day; ALTER TABLE deadline DROP COLUMN ms; ALTER TABLE deadline DROP COLUMN title; \
     CREATE INDEX deadline_by_day ON deadline (kind, day, worker, units_left, urgency);";
/// What migrations 14 and 15 brought beside that; the indexes of 15 have the names of those that they replaced.
const NO_COMPARTMENTS: &str = "DROP TABLE compartment;";

#[test]
fn records_that_an_older_version_took_in_unread_have_their_rows_once_it_is_brought_forward() {
    let mut two = Two::new(8);
    let begin = |sort: RecordOf| {
        let id = two.phone.caseweave.new_case_id().unwrap();
        sort.begin(&two.phone, id, two.case);
        id
    };
    let [compartment, provider] = [RecordOf::Compartment, RecordOf::Provider].map(begin);
    two.exchange();
    let records = [two.case, compartment, provider];
    let said = records.map(|id| rows(&two.tablet, id));
    for (version, unread, undo) in [
        (15, &records[2..], NO_DIRECTORY.to_owned()),
        (13, &records[1..], NO_DIRECTORY.to_owned() + NO_COMPARTMENTS),
    ] {
        two.tablet.set_back_to(version, unread, &undo);
        assert_eq!(records.map(|id| rows(&two.tablet, id)), said);
        let outdated = two.tablet.stored(|tx| tx.outdated().unwrap());
        assert!(outdated.is_empty(), "each is made anew once");
        for (id, sort) in [
            (two.case, RecordOf::Case),
            (compartment, RecordOf::Compartment),
            (provider, RecordOf::Provider),
        ] {
            assert_eq!(lists_with(&two.tablet, id), [sort]);
            let found = found_as(&two.tablet, id);
            assert!(id == two.case || found == [sort], "{found:?}");
        }
    }
    Entries(&two.tablet).note(compartment, "Quittengelee again");
    two.exchange();
    two.assert_shown_as(compartment, RecordOf::Compartment);
}
