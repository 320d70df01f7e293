//! A new phone of the lead gets the whole caseload.

use std::collections::HashSet;

use caseweave_engine::sync::wire::{DocumentKind, WireNews};
use caseweave_testkit::Shape;

use crate::caseload::{Caseload, Loads};
use crate::figure::{Bound, Section};
use crate::size::Size;

/// Days ahead that the first page covers.
const SOON: usize = 2;
/// Days over which the workload spreads next visits, the first one tomorrow.
const SPREAD: usize = 30;

const MEGABYTE: f64 = 1e6;

pub(super) fn run(size: &Size, loads: &mut Loads) -> Section {
    let load = loads.of(size.cases, size.shape);
    let how = format!(
        "The lead of {} cases enrols a new phone: {} changes of records and {} of drafts under {} signatures on the server, \
         {} actors a case. A second caseload of {} cases has 60 actors a case.",
        size.cases,
        load.told.record_changes,
        load.told.draft_changes,
        load.told.signatures,
        size.shape.process_starts,
        size.of_60_actors,
    );
    let mut section = Section::new("New device", how);
    figures(load, size.filling[0], "", &mut section);
    parts(load, &mut section);
    if size.of_60_actors > 0 {
        let shape = Shape {
            process_starts: 60,
            ..size.shape
        };
        // Apart from the others: it is not needed again.
        let load = Caseload::make(size.of_60_actors, shape);
        figures(&load, size.filling[1], "60 actors a case: ", &mut section);
    }
    section
}

fn figures(load: &Caseload, most: usize, what: &str, section: &mut Section) {
    let traffic = &load.filling;
    let told = |text: &str| format!("{what}{text}");
    section.add(
        told("bodies before padding, both ways"),
        traffic.bodies() as f64 / MEGABYTE,
        "MB",
        Bound::Asserted((most * load.told.cases) as f64 / MEGABYTE),
    );
    section.add(
        told("on the socket, with headers"),
        traffic.socket as f64 / MEGABYTE,
        "MB",
        Bound::None,
    );
    section.count(told("requests"), traffic.requests(), Bound::Asserted(10.0));
    section.count(
        told("documents the server decoded"),
        usize::try_from(load.decoded).unwrap(),
        Bound::Asserted(0.0),
    );
    section.count(
        told("cases with a visit in the next two days that are not in the first page"),
        late(load),
        Bound::Asserted(0.0),
    );
    section.time(
        told("until the last page is taken in"),
        load.filled_in,
        Bound::None,
    );
}

/// Cases with a visit soon that the first page lacks.
fn late(load: &Caseload) -> usize {
    let first = &load.filling.exchanges[0].1;
    let there: HashSet<_> = first.documents.iter().map(|news| news.document).collect();
    let soon = load
        .ids
        .iter()
        .enumerate()
        .filter(|(number, _)| number % SPREAD < SOON);
    soon.filter(|(_, id)| !there.contains(id)).count()
}

/// What the bytes are made of, before packing.
fn parts(load: &Caseload, section: &mut Section) {
    for (kind, name) in [
        (DocumentKind::Case, "records"),
        (DocumentKind::Note, "drafts"),
    ] {
        let pages = load.filling.exchanges.iter();
        let news: Vec<&WireNews> = pages
            .flat_map(|(_, response)| &response.documents)
            .filter(|news| news.kind == kind)
            .collect();
        let snapshots = news.iter().filter_map(|news| news.snapshot.as_ref());
        let changes = news.iter().flat_map(|news| &news.changes);
        let runs: usize = news.iter().map(|news| news.runs.len()).sum();
        let mut part = |what: &str, bytes: usize| {
            section.add(
                format!("{name}: {what}, not packed"),
                bytes as f64 / MEGABYTE,
                "MB",
                Bound::None,
            );
        };
        part(
            "snapshots",
            snapshots.map(|snapshot| snapshot.bytes.len()).sum(),
        );
        part(
            "changes after them",
            changes.map(|change| change.len()).sum(),
        );
        section.count(format!("{name}: documents"), news.len(), Bound::None);
        section.count(format!("{name}: signatures of runs"), runs, Bound::None);
    }
}
