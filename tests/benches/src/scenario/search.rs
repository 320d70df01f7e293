//! Words across a caseload with notes.

use caseweave::domain::CaseView;

use super::{ask, no_documents};
use crate::caseload::Loads;
use crate::figure::Section;
use crate::size::Size;

/// Finds that are asked for.
const FINDS: usize = 50;

pub(super) fn run(size: &Size, loads: &mut Loads) -> Section {
    let (cases, shape) = size.listed;
    let load = loads.of(cases, shape);
    let view = load.phone.case(load.ids[cases / 2]);
    let words = words(&view);
    let how = format!(
        "On a phone with {cases} cases of {} visits with signed notes, one draft and {} tasks: the database is opened anew, then each \
         question is asked: the first time, and the middle one of several. The words are those of one case.",
        shape.visits, shape.tasks,
    );
    let mut section = Section::new("Search", how);
    no_documents(&mut section, &load.phone, |section, caseweave| {
        for (what, text) in &words {
            ask(
                section,
                &format!("the first {FINDS} of {what}"),
                20.0,
                || {
                    assert!(!caseweave.search(text, FINDS).unwrap().is_empty());
                },
            );
        }
    });
    section
}

/// What somebody who looks for a case types.
fn words(view: &CaseView) -> [(&'static str, String); 4] {
    let name = view.person.family_name.clone().unwrap_or_default();
    let text = &view
        .notes
        .iter()
        .find_map(|note| note.signed.first())
        .unwrap()
        .text;
    let mut by_length: Vec<&str> = text.split(|c: char| !c.is_alphabetic()).collect();
    by_length.sort_by_key(|word| (word.len(), *word));
    let longest = (*by_length.last().unwrap()).to_owned();
    let common = by_length.iter().find(|word| word.len() == 3).unwrap();
    [
        ("a name", name.clone()),
        ("the beginning of a name", name.chars().take(2).collect()),
        ("a common word", (*common).to_owned()),
        ("a common and a seldom word", format!("{common} {longest}")),
    ]
}
