//! What an exchange costs the server when colleagues work elsewhere.

use caseweave_testkit::{Agency, Device, Entries};

use crate::caseload::Loads;
use crate::figure::{Bound, Section};
use crate::size::Size;

/// Cases of the worker whose exchange is measured.
const OWN: usize = 5;

pub(super) fn run(size: &Size, _: &mut Loads) -> Section {
    let how = format!(
        "Steps of SQLite to read the page of one worker's exchange with {OWN} changed cases, with one colleague and with {} \
         colleagues who each opened a case and worked on it since. A search of an index takes a step more where somebody's row \
         follows the last one, so a hundredth is allowed.",
        size.colleagues,
    );
    let mut section = Section::new("Server work of an exchange", how);
    let few = steps(1);
    let many = steps(size.colleagues);
    section.count("steps with 1 colleague", few, Bound::None);
    section.count(
        format!("steps with {} colleagues", size.colleagues),
        many,
        Bound::Asserted(few as f64 * 1.01),
    );
    section
}

fn steps(colleagues: usize) -> usize {
    let mut agency = Agency::new(1);
    let ana = agency.worker("Ana");
    let (phone, tablet) = (agency.device(ana), agency.device(ana));
    let cases: Vec<_> = (0..OWN)
        .map(|number| Entries(&tablet).open_case(&format!("Rosa{number}"), "Díaz"))
        .collect();
    tablet.sync(&mut agency.network());
    phone.sync(&mut agency.network());
    for number in 0..colleagues {
        let worker = agency.worker(&format!("Colleague {number}"));
        work(&agency.device(worker), &agency);
    }
    // Names of colleagues are told once, with the exchange before.
    phone.sync(&mut agency.network());
    for case in cases {
        Entries(&tablet).visit_with_note(case, "Ate well.");
    }
    tablet.sync(&mut agency.network());
    let server = agency.server();
    let before = server.page_steps(agency.organisation());
    phone.sync(&mut agency.network());
    usize::try_from(server.page_steps(agency.organisation()) - before).unwrap()
}

fn work(device: &Device, agency: &Agency) {
    let entries = Entries(device);
    let case = entries.open_case("Ben", "Okafor");
    entries.visit_with_note(case, "Slept badly.");
    device.sync(&mut agency.network());
}
