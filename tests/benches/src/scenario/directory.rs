//! The resource directory: found by what somebody needs, where all of it is looked at.

use caseweave::ProviderQuery;
use caseweave::domain::{NeedDomain, ProviderEdit, ProviderUpdate, ServiceEdit, ServiceUpdate};
use caseweave_testkit::{Agency, Device};

use super::{ask, no_documents};
use crate::caseload::Loads;
use crate::figure::Section;
use crate::size::Size;

const SERVICES: usize = 5;
const MOST_MS: f64 = 20.0;

pub(super) fn run(size: &Size, _: &mut Loads) -> Section {
    let mut agency = Agency::new(1);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    (0..size.providers).for_each(|number| open(&phone, number));
    let how = format!(
        "On a phone with {} providers of {SERVICES} services each: the first page of 50, of those that answer and of what nobody offers, \
         for which every service is looked at.",
        size.providers,
    );
    let mut section = Section::new("The resource directory", how);
    no_documents(&mut section, &phone, |section, caseweave| {
        for (what, query) in queries() {
            ask(section, what, MOST_MS, || {
                caseweave.providers(&query).unwrap();
            });
        }
    });
    section
}

fn open(phone: &Device, number: usize) {
    let id = phone.caseweave.new_case_id().unwrap();
    let fields = ProviderUpdate {
        name: Some(format!("House {number}")),
        area: Some(format!("Chicago {}", 60_600 + number % 60)),
        languages: Some(vec!["en".into(), "es".into()]),
        ..ProviderUpdate::default()
    };
    let mut edits = vec![ProviderEdit::Open { id, fields }.into()];
    let needs = NeedDomain::KNOWN.iter().cycle().skip(number);
    for need in needs.take(SERVICES) {
        let fields = ServiceUpdate {
            name: Some("Despensa comunitaria".into()),
            needs: Some(vec![need.clone()]),
            age_from: Some(18),
            ..ServiceUpdate::default()
        };
        let id = phone.id();
        edits.push(ServiceEdit::Add { id, fields }.into());
    }
    phone.edit(id, &edits);
}

fn queries() -> [(&'static str, ProviderQuery); 5] {
    let of = ProviderQuery::default;
    let said = |text: &str| Some(text.to_owned());
    [
        ("all of them", of()),
        (
            "for a need, in Spanish",
            ProviderQuery {
                need: said("food-insecurity"),
                language: said("es"),
                ..of()
            },
        ),
        (
            "in a language that nobody speaks",
            ProviderQuery {
                language: said("vi"),
                ..of()
            },
        ),
        (
            "in an area where nobody is",
            ProviderQuery {
                area: said("99999"),
                ..of()
            },
        ),
        (
            "a word that is nowhere",
            ProviderQuery {
                text: said("nowhere"),
                ..of()
            },
        ),
    ]
}
