//! The timeline: what happened, newest first, with authors, by pages, the same on every device.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use caseweave::domain::{Fact, NoteFact, TaskFact, TimelineItem, VisitFact};
use caseweave::{CaseId, Error, Role};
use caseweave_testkit::{Agency, Device, Entries};

fn by_pages(device: &Device, case: CaseId, limit: usize) -> Vec<TimelineItem> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = device.caseweave.timeline(case, after.as_deref(), limit);
        let page = page.unwrap();
        assert!(page.items.len() <= limit);
        items.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return items,
        }
    }
}

#[test]
fn two_workers_see_one_timeline_with_each_others_names() {
    let mut agency = Agency::new(1);
    let (ana, ben) = (agency.worker("Ana"), agency.worker("Ben"));
    let (hers, his) = (agency.device(ana), agency.device(ben));
    let case = Entries(&hers).open_case("Rosa", "Díaz");
    hers.caseweave
        .share(case, ben, Role::Contributor, None)
        .unwrap();
    hers.sync(&mut agency.network());
    his.sync(&mut agency.network());
    Entries(&hers).visit_with_note(case, "Ate well.");
    Entries(&his).task(case, "Order a ramp");
    for device in [&hers, &his, &hers] {
        device.sync(&mut agency.network());
    }

    let story = by_pages(&hers, case, 500);
    assert_eq!(story, by_pages(&his, case, 500));
    assert_eq!(story, by_pages(&his, case, 3));
    assert!(story.is_sorted_by(|a, b| a.place > b.place));
    let author = |wanted: fn(&Fact) -> bool| {
        let found = story.iter().find(|item| wanted(&item.fact));
        found.unwrap().author.clone().unwrap()
    };
    let added = |fact: &Fact| matches!(fact, Fact::Task(TaskFact::Added { .. }));
    let signed = |fact: &Fact| matches!(fact, Fact::Note(NoteFact::Signed { .. }));
    let happened = |fact: &Fact| matches!(fact, Fact::Visit(VisitFact::Happened { .. }));
    assert_eq!(author(added), "Ben");
    assert_eq!(author(signed), "Ana");
    assert_eq!(story.iter().filter(|item| happened(&item.fact)).count(), 2);
}

#[test]
fn a_page_goes_on_where_the_last_one_ended_although_more_happened() {
    let mut agency = Agency::new(2);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    for number in 0..6 {
        Entries(&phone).task(case, &format!("Task {number}"));
    }
    let whole = by_pages(&phone, case, 500);
    let first = phone.caseweave.timeline(case, None, 3).unwrap();
    Entries(&phone).task(case, "Meanwhile");
    let rest = phone.caseweave.timeline(case, first.next.as_deref(), 500);
    let together: Vec<TimelineItem> = first.items.into_iter().chain(rest.unwrap().items).collect();
    assert_eq!(together, whole);
}

#[test]
fn a_place_that_no_page_gave_is_refused() {
    let mut agency = Agency::new(3);
    let worker = agency.worker("Ana");
    let phone = agency.device(worker);
    let case = Entries(&phone).open_case("Rosa", "Díaz");
    for (after, limit) in [(Some("yesterday"), 10), (None, 0), (None, 501)] {
        let refused = phone.caseweave.timeline(case, after, limit).unwrap_err();
        assert!(matches!(refused, Error::InvalidInput { .. }), "{refused}");
    }
}
