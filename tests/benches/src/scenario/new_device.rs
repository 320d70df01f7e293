//! A new phone of the lead gets the whole caseload.

use std::collections::HashSet;

use caseweave_engine::sync::pack;
use caseweave_engine::sync::wire::{DocumentKind, WireNews};
use caseweave_testkit::Shape;
use serde::Serialize;
use serde_bytes::ByteBuf;

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
    section.bytes(
        told("bodies before padding, each case"),
        traffic.bodies() / load.told.cases,
        Bound::None,
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

/// What the bytes are made of, each part packed alone: together they take less.
fn parts(load: &Caseload, section: &mut Section) {
    let cases = load.told.cases;
    for (kind, name) in [
        (DocumentKind::Case, "records"),
        (DocumentKind::Note, "drafts"),
    ] {
        let pages = load.filling.exchanges.iter();
        let news: Vec<&WireNews> = pages
            .flat_map(|(_, response)| &response.documents)
            .filter(|news| news.kind == kind)
            .collect();
        let snapshots: Vec<_> = news
            .iter()
            .filter_map(|news| news.snapshot.as_ref())
            .collect();
        let bytes: Vec<_> = snapshots.iter().map(|snapshot| &snapshot.bytes).collect();
        let signed: Vec<_> = snapshots
            .iter()
            .map(|snapshot| (&snapshot.heads, &snapshot.signature))
            .collect();
        let changes: Vec<_> = news.iter().flat_map(|news| &news.changes).collect();
        let runs: Vec<_> = news.iter().flat_map(|news| &news.runs).collect();
        let ids: Vec<_> = news.iter().map(|news| news.document).collect();
        let mut part = |what: &str, bytes: usize| {
            let what = format!("{name}, each case: {what}");
            section.bytes(what, bytes / cases, Bound::None);
        };
        part("snapshots, not packed", length(&bytes));
        part("snapshots", packed(&bytes));
        part("heads and signatures of snapshots", packed(&signed));
        part("changes after them, not packed", length(&changes));
        part("changes after them", packed(&changes));
        part("signatures and receipts of runs", packed(&runs));
        part("ids", packed(&ids));
        section.count(format!("{name}: documents"), news.len(), Bound::None);
        section.count(
            format!("{name}: signatures of runs"),
            runs.len(),
            Bound::None,
        );
    }
}

fn length(parts: &[&ByteBuf]) -> usize {
    parts.iter().map(|part| part.len()).sum()
}

/// Bytes of some parts packed alone, by pages of a size that can be packed.
fn packed<T: Serialize>(parts: &[T]) -> usize {
    let pages = parts.chunks(100);
    pages.map(|page| pack(&page).unwrap().len()).sum()
}
