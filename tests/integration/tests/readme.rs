//! The example of the README, as it stands there.
#![allow(clippy::unwrap_used, reason = "tests")]

use caseweave_testkit::{Agency, Carrier, Entries, captured};

mod example {
    use caseweave::domain::{VisitEdit, VisitMoment, VisitUpdate};
    use caseweave::{CaseId, Caseweave, HttpRequest, Result};

    pub(super) fn arrive(
        caseweave: &Caseweave,
        case: CaseId,
        moment: VisitMoment,
        http: impl Fn(&HttpRequest) -> (u16, Vec<u8>),
    ) -> Result<()> {
        let visit = caseweave.new_id()?;
        let fields = VisitUpdate {
            purpose: Some("Home visit".into()),
            ..VisitUpdate::default()
        };
        let check_in = VisitEdit::CheckIn {
            id: caseweave.new_id()?,
            visit,
            moment,
        };
        // All or none, and durable when it returns.
        let plan = VisitEdit::Plan { id: visit, fields };
        caseweave.edit(case, &[plan.into(), check_in.into()])?;
        // Written apart: every value is kept, with who wrote it.
        for conflict in caseweave.case(case)?.conflicts {
            println!("{}: {} values", conflict.path.field, conflict.choices.len());
        }
        // You own HTTP: requests out, answers in.
        let sync = caseweave.sync()?;
        while let Some(request) = sync.next_request()? {
            let (status, body) = http(&request);
            sync.on_response(status, &body)?;
        }
        Ok(())
    }
}

#[test]
fn the_example_of_the_readme_runs() {
    let mut agency = Agency::new(41);
    let ana = agency.worker("Ana");
    let (phone, tablet) = (agency.device(ana), agency.device(ana));
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    let moment = captured(0);
    let http = |request: &_| agency.network().carry(request).unwrap();
    example::arrive(&phone.caseweave, case, moment, http).unwrap();
    tablet.sync(&mut agency.network());
    assert_eq!(tablet.case(case).visits.len(), 1);
}

#[test]
fn the_readme_names_the_versions_of_this_build() {
    let versions = caseweave::versions();
    let stated = [
        ("protocol", versions.wire),
        ("document", versions.document),
        ("database", versions.database),
    ];
    for (what, version) in stated {
        let row = format!("| {what} | {version} |");
        assert!(include_str!("../../../README.md").contains(&row), "{row}");
    }
}

#[test]
fn the_readme_shows_the_example_that_is_tested() {
    let source = include_str!("readme.rs");
    let module = source.split("mod example {\n").nth(1).unwrap();
    let lines = module.split("\n}\n").next().unwrap().lines();
    let shown: Vec<&str> = lines
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .collect();
    let shown = shown.join("\n").replace("pub(super) ", "");
    assert!(
        include_str!("../../../README.md").contains(&shown),
        "{shown}"
    );
}
