//! What a case takes on a phone that was there while it was lived.

use std::path::Path;

use crate::caseload::Loads;
use crate::disk::Disk;
use crate::figure::{Bound, Section};
use crate::size::Size;

const KILOBYTE: f64 = 1_000.0;
/// Tables by what they hold.
const PARTS: [(&str, &[&str]); 6] = [
    ("packs of records, drafts and texts", &["packs"]),
    ("snapshots not packed yet", &["snapshots"]),
    (
        "changes not folded yet, with their documents",
        &["changes", "documents"],
    ),
    ("envelopes", &["envelopes"]),
    (
        "rows of lists",
        &[
            "case_summary",
            "visit",
            "task",
            "goal",
            "deadline",
            "contact",
            "point",
            "conflict",
            "touched",
        ],
    ),
    ("search", &["search"]),
];

pub(super) fn run(size: &Size, _: &mut Loads) -> Section {
    let mut workload = caseweave_testkit::agency(1);
    // The first case hires the staff, whose lead then gets a phone.
    workload.add(1, size.shape, |_, _| {});
    let lead = workload.staff()[0];
    let phone = workload.agency.device(lead);
    phone.sync(&mut workload.agency.network());
    phone.caseweave.lock();
    let empty = file(phone.directory());
    phone.caseweave.unlock().unwrap();
    workload.follow(size.stored, size.shape, |agency| {
        phone.sync(&mut agency.network())
    });
    phone.caseweave.lock();
    let stored = file(phone.directory()) - empty;
    let how = format!(
        "{} cases of the workload on a phone that took part: it exchanged after every tenth visit, so it has every envelope. \
         Bytes of the file over those of one with a single case, by case; the parts are pages of the whole file.",
        size.stored,
    );
    let mut section = Section::new("Stored per case", how);
    let each = |bytes: usize| bytes as f64 / KILOBYTE / size.stored as f64;
    section.add(
        "stored per case",
        each(stored),
        "KB",
        Bound::Asserted(size.stored_case as f64 / KILOBYTE),
    );
    let disk = Disk::open(phone.directory());
    let cases = (size.stored + 1) as f64;
    for (what, tables) in PARTS {
        section.add(
            what,
            disk.pages(tables) as f64 / KILOBYTE / cases,
            "KB",
            Bound::None,
        );
    }
    section.count(
        "envelopes per case",
        disk.number("SELECT count(*) FROM envelopes") / (size.stored + 1),
        Bound::None,
    );
    section.count(
        "changes not folded per case",
        disk.number("SELECT count(*) FROM changes") / (size.stored + 1),
        Bound::None,
    );
    let unused = disk.number("SELECT freelist_count * 4096 FROM pragma_freelist_count");
    section.add(
        "pages that are free",
        unused as f64 / KILOBYTE / cases,
        "KB",
        Bound::None,
    );
    section
}

fn file(directory: &Path) -> usize {
    usize::try_from(
        std::fs::metadata(directory.join("caseweave.db"))
            .unwrap()
            .len(),
    )
    .unwrap()
}
