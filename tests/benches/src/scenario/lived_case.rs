//! A case as lived that was not open: its whole view, and its summary for the workers.

use caseweave::ReportOptions;
use caseweave::domain::RecordPart;
use caseweave::report::ReportLocale;

use crate::caseload::Loads;
use crate::figure::{Bound, Section};
use crate::size::Size;
use crate::time::{middle_and_longest, timed};

const CASES: usize = 15;
/// The case and the draft that nobody has signed.
const DOCUMENTS: usize = 2;

pub(super) fn run(size: &Size, loads: &mut Loads) -> Section {
    let load = loads.of(size.cases, size.shape);
    let caseweave = &load.phone.caseweave;
    let options = ReportOptions {
        locale: ReportLocale::EnUs,
        zone: "America/Chicago".into(),
        sections: RecordPart::KNOWN.to_vec(),
        recipient: None,
        say_left_out: false,
    };
    let (mut views, mut summaries, mut pages) = (Vec::new(), Vec::new(), Vec::new());
    let mut opened = 0;
    for case in load.ids.iter().take(CASES) {
        // Opened anew: nothing is in memory.
        caseweave.lock();
        caseweave.unlock().unwrap();
        caseweave.status(None).unwrap();
        let (view, took) = timed(|| load.phone.case(*case));
        assert_eq!(view.visits.len(), load.shape.visits + 1);
        views.push(took);
        let (report, took) = timed(|| caseweave.report(*case, &options).unwrap());
        assert!(report.html.ends_with("</html>\n") && report.disclosures.is_empty());
        summaries.push(took);
        pages.push(report.html.len());
        opened = opened.max(caseweave.documents_opened().unwrap());
    }
    let how = format!(
        "On a phone with {} cases of {} visits, {CASES} of them one after the other: the database is opened anew, then the whole case is \
         read, and its summary with all its parts is written as HTML and as Markdown.",
        size.cases, load.shape.visits,
    );
    let mut section = Section::new("A case and its summary", how);
    let (middle, longest) = middle_and_longest(views);
    section.time(
        "the whole view, the middle one",
        middle,
        Bound::Reported(10.0),
    );
    section.time("the whole view, the longest", longest, Bound::None);
    let (middle, longest) = middle_and_longest(summaries);
    section.time("its summary, the middle one", middle, Bound::Reported(20.0));
    section.time("its summary, the longest", longest, Bound::None);
    section.count(
        "documents opened for both, at most",
        usize::try_from(opened).unwrap(),
        Bound::Asserted(DOCUMENTS as f64),
    );
    section.bytes(
        "HTML of a summary, at most",
        pages.into_iter().max().unwrap_or_default(),
        Bound::None,
    );
    section
}
