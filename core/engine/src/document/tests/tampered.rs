//! Values that no edit writes, as from a device that was tampered with: whatever stands in a field, everything can be read, or one change
//! would stop every exchange of everybody who may see the case.

use automerge::ScalarValue;

use super::worker::{Worker, ids};
use crate::calendar::Zone;
use crate::domain::{CaseView, RecordPart};
use crate::report::{
    EvvRecord, ReportLocale, Source, SummaryOptions, Wording, payer_may_have_visits, plan, summary,
};
use crate::worklist::{Facts, Weights, rank};

/// The ends of all there is, and what is no number, no day and no moment.
pub(super) fn extremes() -> Vec<ScalarValue> {
    let texts = [
        "-262143-01-01",
        "+262142-12-31",
        "0000-01-01",
        "0001-01-01",
        "9999-12-31",
        "1e999",
        "9e307",
        "",
    ];
    let numbers = [i64::MIN, i64::MAX, 1_000_000_000_000, -1_000_000_000_000];
    // The ends of the calendar, and of years of four digits.
    let moments = [
        i64::MIN,
        i64::MAX,
        8_210_266_876_799_999,
        -8_334_601_228_800_000,
        253_402_300_799_999,
        -62_135_596_800_000,
    ];
    let real = [f64::NAN, f64::INFINITY, f64::MIN, f64::MAX];
    let texts = texts.into_iter().map(|text| ScalarValue::Str(text.into()));
    texts
        .chain(numbers.map(ScalarValue::Int))
        .chain(moments.map(ScalarValue::Timestamp))
        .chain(real.map(ScalarValue::F64))
        .collect()
}

/// Reads and reckons with all that a record holds, as an app and its lists and reports do.
pub(super) fn read_everything(worker: &Worker) {
    let zone: Zone = "America/Chicago".parse().unwrap();
    serde_json::to_string(&worker.documents.record().export()).unwrap();
    worker.documents.history();
    worker.documents.timeline(&|_| None);
    let record = worker.documents.record();
    record.compartment(&worker.rules);
    record.provider();
    if let Some(view) = record.view(&worker.rules) {
        report(worker, &view, zone);
    }
    // A compartment of which nobody can tell whose it is has no rows.
    let Some(rows) = worker.documents.project(None, &worker.rules) else {
        return;
    };
    let facts = Facts {
        tasks: rows.tasks,
        visits: rows.visits,
        deadlines: rows.deadlines,
        allowances: rows.allowances,
        assessments: rows.assessments,
        ..Facts::of(ids::case())
    };
    rank([facts], &Weights::default(), ids::moment(0), zone);
}

fn report(worker: &Worker, view: &CaseView, zone: Zone) {
    let today = ids::day(20);
    let wording = Wording {
        locale: ReportLocale::EsEs,
        zone,
        today,
    };
    let source = Source {
        view,
        instruments: &worker.rules.instruments,
        names: &|_| None,
    };
    let options = SummaryOptions {
        wording,
        parts: RecordPart::KNOWN.to_vec(),
        recipient: None,
        say_left_out: true,
    };
    plan(&source, wording).html();
    summary(&source, &options).unwrap().page.markdown();
    payer_may_have_visits(view, "Medicaid", today);
    for visit in &view.visits {
        EvvRecord::of(view, visit, zone, &|_| None);
    }
    for authorization in &view.authorizations {
        authorization.alerts_on(today);
    }
}
