//! An exchange when nothing changed on either side.

use crate::caseload::Loads;
use crate::figure::{Bound, Section};
use crate::size::Size;

pub(super) fn run(size: &Size, loads: &mut Loads) -> Section {
    let load = loads.of(size.cases, size.shape);
    // The first one tells the server that the phone has what it got.
    load.sync();
    let traffic = load.sync();
    let how = format!(
        "A phone with {} cases asks for news, and there is none.",
        size.cases
    );
    let mut section = Section::new("Nothing changed", how);
    section.count("requests", traffic.requests(), Bound::Asserted(1.0));
    section.bytes(
        "bodies before padding, both ways",
        traffic.bodies(),
        Bound::Asserted(200.0),
    );
    section.bytes("request body", traffic.body_up, Bound::None);
    section.bytes(
        "response body before padding",
        traffic.plain_down,
        Bound::None,
    );
    section.bytes("response body, padded", traffic.body_down, Bound::None);
    section.bytes(
        "on the socket, with headers",
        traffic.socket,
        Bound::Asserted(1_024.0),
    );
    section
}
