//! How large a run is.

use caseweave_testkit::Shape;

/// How much a run measures on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Cases of a worker's caseload.
    pub cases: usize,
    /// How much is in each.
    pub shape: Shape,
    /// Caseloads of other sizes, which must not matter to an exchange.
    pub others: &'static [(usize, Shape)],
    /// The caseload whose list is read.
    pub listed: (usize, Shape),
    /// Cases of the caseload whose worklist is asked for.
    pub waiting: usize,
    /// Visits of the large case.
    pub visits: usize,
    /// Providers of the directory that is looked through.
    pub providers: usize,
    /// Cases whose storage is measured.
    pub stored: usize,
    /// Colleagues whose work must not matter to an exchange.
    pub colleagues: usize,
    /// Bytes of a case that a new device may get, with as few actors as workers; with 60.
    pub filling: [usize; 2],
    /// Cases of the caseload with 60 actors a case; none where it is not measured.
    pub of_60_actors: usize,
    /// Bytes that an exchange of twenty visits here and twenty there may take on the socket.
    pub exchange: usize,
    /// Bytes that a cold edit may write.
    pub written: usize,
    /// Bytes that a case may take where it is stored.
    pub stored_case: usize,
    /// Bytes that the record of the large case may take after folding.
    pub large_record: usize,
}

impl Size {
    /// What core/docs/performance.md tells.
    pub const FULL: Self = Self {
        cases: 1_000,
        shape: Shape::LIVED,
        others: &[(100, Shape::LIVED), (10_000, Shape::YOUNG)],
        listed: (10_000, Shape::YOUNG),
        waiting: 10_000,
        visits: 2_000,
        providers: 1_000,
        stored: 40,
        colleagues: 500,
        filling: [13_500, 15_000],
        of_60_actors: 250,
        exchange: 24 * 1_024,
        written: 100 * 1_024,
        stored_case: 90_000,
        large_record: 550_000,
    };

    /// What fits into a test.
    pub const SMALL: Self = Self {
        cases: 40,
        shape: Shape::YOUNG,
        others: &[],
        listed: (40, Shape::YOUNG),
        waiting: 40,
        visits: 20,
        providers: 20,
        stored: 2,
        colleagues: 5,
        filling: [4_300, 4_300],
        of_60_actors: 0,
        exchange: 24 * 1_024,
        written: 80_000,
        stored_case: 23_000,
        large_record: 12_000,
    };
}
