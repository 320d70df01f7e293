//! Words across a caseload with notes.

use caseweave::domain::CaseView;

use caseweave_testkit::{Device, Dice, Entries, note};

use super::{ask, no_documents};
use crate::caseload::Loads;
use crate::disk::Disk;
use crate::figure::{Bound, Section};
use crate::size::Size;

/// Finds that are asked for.
const FINDS: usize = 50;
/// Visits with a note that are added: their texts wait to be taken into the index, and one more would have them taken in.
const VISITS: usize = 32;

pub(super) fn run(size: &Size, loads: &mut Loads) -> Section {
    let (cases, shape) = size.listed;
    let load = loads.of(cases, shape);
    let view = load.phone.case(load.ids[cases / 2]);
    let words = words(&view);
    let how = format!(
        "On a phone with {cases} cases of {} visits with signed notes, one draft and {} tasks: the database is opened anew, then each \
         question is asked: the first time, and the middle one of several. The words are those of one case. Then the same after {VISITS} \
         visits with their notes were added: the index has not taken these in yet.",
        shape.visits, shape.tasks,
    );
    let mut section = Section::new("Search", how);
    ask_each(&mut section, &load.phone, &words, "");
    let dice = Dice::new(1, "search");
    for case in load.ids.iter().take(VISITS) {
        Entries(&load.phone).visit_with_note(*case, &note(&dice));
    }
    load.phone.caseweave.lock();
    let sql = "SELECT count(*) FROM search_entry WHERE number > (SELECT max(last) FROM search_indexed WHERE first <= number)";
    let waiting = Disk::open(load.phone.directory()).number(sql);
    section.count("texts that wait then", waiting, Bound::None);
    load.phone.caseweave.unlock().unwrap();
    ask_each(&mut section, &load.phone, &words, ", a day later");
    section
}

fn ask_each(section: &mut Section, phone: &Device, words: &[(&str, String)], when: &str) {
    no_documents(section, phone, |section, caseweave| {
        for (what, text) in words {
            ask(
                section,
                &format!("the first {FINDS} of {what}{when}"),
                20.0,
                || {
                    assert!(!caseweave.search(text, FINDS).unwrap().is_empty());
                },
            );
        }
    });
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
