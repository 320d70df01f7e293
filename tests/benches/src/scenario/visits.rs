//! Twenty cases changed here and twenty there: a visit with its signed note each, as one edit.

use caseweave_engine::sync::pack;
use caseweave_testkit::{Dice, Entries, Shape, note};

use crate::caseload::{Caseload, Loads};
use crate::figure::{Bound, Section};
use crate::size::Size;
use crate::socket::Traffic;
use crate::time::timed;

const EACH: usize = 20;

pub(super) fn run(size: &Size, loads: &mut Loads) -> Section {
    let how = format!(
        "{EACH} cases were changed on the phone and {EACH} others by a colleague: one visit with its signed note of 600 \
         characters in each, as one edit. Then the phone exchanges. The size of the caseload must not matter.",
    );
    let mut section = Section::new("20 visits here and 20 there", how);
    let loaded = [(size.cases, size.shape)];
    for &(cases, shape) in loaded.iter().chain(size.others) {
        let load = loads.of(cases, shape);
        let (traffic, took) = exchange(load);
        figures(
            &traffic,
            &format!("{cases}{} cases: ", kind(shape)),
            size.exchange,
            &mut section,
        );
        section.time(
            format!("{cases} cases: on the phone and in the server"),
            took,
            Bound::None,
        );
        if cases == size.cases {
            parts(&traffic, &mut section);
        }
        load.filling.exchanges.clear();
    }
    section
}

fn kind(shape: Shape) -> &'static str {
    if shape == Shape::YOUNG { " young" } else { "" }
}

fn exchange(load: &mut Caseload) -> (Traffic, std::time::Duration) {
    load.sync();
    let dice = Dice::new(1, "visits");
    for case in &load.kept[..EACH] {
        Entries(&load.phone).visit_with_note(case.id, &note(&dice));
    }
    let shape = load.shape;
    load.workload
        .visits_with_notes(&mut load.kept[EACH..2 * EACH], shape);
    timed(|| load.sync())
}

fn figures(traffic: &Traffic, what: &str, most: usize, section: &mut Section) {
    section.count(
        format!("{what}requests"),
        traffic.requests(),
        Bound::Asserted(1.0),
    );
    section.bytes(
        format!("{what}on the socket, both ways"),
        traffic.socket,
        Bound::Asserted(most as f64),
    );
    section.bytes(format!("{what}bodies up"), traffic.body_up, Bound::None);
    section.bytes(
        format!("{what}bodies down, before padding"),
        traffic.plain_down,
        Bound::None,
    );
}

/// What goes up, each part packed alone.
fn parts(traffic: &Traffic, section: &mut Section) {
    let uploads = &traffic.exchanges[0].0.documents;
    for (kind, main) in [("records", true), ("drafts", false)] {
        // Drafts are created with their visit; the cases stand.
        let of_kind = uploads
            .iter()
            .filter(|upload| upload.creates.is_none() == main);
        let changes: Vec<_> = of_kind.flat_map(|upload| &upload.changes).collect();
        section.bytes(
            format!("up: changes of {kind}, not packed"),
            changes.iter().map(|change| change.len()).sum(),
            Bound::None,
        );
        section.bytes(
            format!("up: changes of {kind}, packed"),
            pack(&changes).unwrap().len(),
            Bound::None,
        );
    }
    let runs: Vec<_> = uploads.iter().flat_map(|upload| &upload.runs).collect();
    section.bytes(
        "up: signed runs, packed",
        pack(&runs).unwrap().len(),
        Bound::None,
    );
    let dice = Dice::new(1, "visits");
    let notes: String = (0..EACH).map(|_| note(&dice)).collect();
    section.bytes(
        "up: the texts of the notes, packed",
        pack(&notes).unwrap().len(),
        Bound::None,
    );
}
