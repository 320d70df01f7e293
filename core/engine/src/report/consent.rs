//! What may be given to a recipient: what consents that hold on the day cover, and nothing else.

use chrono::NaiveDate;

use super::{ReportError, SummaryOptions};
use crate::domain::{CaseView, Consent, RecordPart};
use crate::projection::fold;

/// The parts of a summary, and the consents by which they are given.
pub(super) struct Release<'a> {
    /// The parts that go into the summary, in the order they were asked for.
    pub(super) given: Vec<RecordPart>,
    /// The parts that no consent covers.
    pub(super) left_out: Vec<RecordPart>,
    /// Each consent that is needed, with the parts that are given by it. None where the summary stays with the case's workers.
    pub(super) by: Vec<(&'a Consent, Vec<RecordPart>)>,
}

impl<'a> Release<'a> {
    /// # Errors
    /// Why nothing may be given.
    pub(super) fn of(view: &'a CaseView, options: &SummaryOptions) -> Result<Self, ReportError> {
        let asked = asked(&options.parts)?;
        let Some(recipient) = &options.recipient else {
            return Ok(Self {
                given: asked,
                left_out: Vec::new(),
                by: Vec::new(),
            });
        };
        let consents = allowing(view, recipient, options.wording.today)?;
        let mut release = Self {
            given: Vec::new(),
            left_out: Vec::new(),
            by: Vec::new(),
        };
        for part in asked {
            match consents.iter().find(|consent| consent.covers(&part)) {
                Some(allowing) => release.give(allowing.consent, part),
                None => release.left_out.push(part),
            }
        }
        if release.given.is_empty() {
            return Err(ReportError::NotCovered);
        }
        Ok(release)
    }

    fn give(&mut self, consent: &'a Consent, part: RecordPart) {
        self.given.push(part.clone());
        let known = self
            .by
            .iter_mut()
            .find(|(by, _)| by.meta.id == consent.meta.id);
        match known {
            Some((_, parts)) => parts.push(part),
            None => self.by.push((consent, vec![part])),
        }
    }
}

fn asked(parts: &[RecordPart]) -> Result<Vec<RecordPart>, ReportError> {
    let mut asked: Vec<RecordPart> = Vec::new();
    for part in parts {
        if matches!(part, RecordPart::Other { .. }) {
            return Err(ReportError::UnknownPart);
        }
        if !asked.contains(part) {
            asked.push(part.clone());
        }
    }
    if asked.is_empty() {
        return Err(ReportError::NoParts);
    }
    Ok(asked)
}

/// The consents by which a recipient may get anything at all on a day, in the order of their ids.
fn allowing<'a>(
    view: &'a CaseView,
    recipient: &str,
    today: NaiveDate,
) -> Result<Vec<Allowing<'a>>, ReportError> {
    let recipient = plain(recipient);
    let consents = view.consents.iter();
    let mut consents: Vec<_> = consents
        .map(|consent| Allowing { view, consent })
        .filter(|consent| consent.names(&recipient) && consent.holds_on(today))
        .collect();
    if consents.is_empty() {
        return Err(ReportError::NoConsent);
    }
    if under_part2(view) {
        consents.retain(Allowing::is_part2);
    }
    if consents.is_empty() {
        return Err(ReportError::NotPart2);
    }
    Ok(consents)
}

/// Whether a payer may be given the visits of a case. Payment needs no consent of the person (45 CFR 164.506), but that of somebody in
/// substance use treatment does (42 CFR 2.31): one that covers such records and visits, and holds on the day.
pub fn payer_may_have_visits(view: &CaseView, payer: &str, today: NaiveDate) -> bool {
    let covers = |allowing: &Allowing<'_>| allowing.covers(&RecordPart::Visits);
    !under_part2(view)
        || allowing(view, payer, today).is_ok_and(|consents| consents.iter().any(covers))
}

/// Whether anybody says that the case is one of substance use treatment.
pub(super) fn under_part2(view: &CaseView) -> bool {
    let part2 = (view.case.meta.id, ["part2"].as_slice());
    view.anybody_says(&view.case, part2, |case| case.part2 == Some(true))
}

/// A consent in its record. Where people wrote different things of it apart, it gives only what each of them gives.
struct Allowing<'a> {
    view: &'a CaseView,
    consent: &'a Consent,
}

impl Allowing<'_> {
    fn names(&self, recipient: &str) -> bool {
        self.everybody_says(&["recipient"], |consent| {
            consent.recipient.as_deref().map(plain).as_deref() == Some(recipient)
        })
    }

    fn holds_on(&self, day: NaiveDate) -> bool {
        let fields = ["removed", "withdrawn_at", "since", "until"];
        self.everybody_says(&fields, |consent| consent.holds_on(day))
    }

    fn is_part2(&self) -> bool {
        self.everybody_says(&["part2"], |consent| consent.part2 == Some(true))
    }

    fn covers(&self, part: &RecordPart) -> bool {
        self.everybody_says(&["covers"], |consent| {
            let covers = consent.covers.as_ref();
            covers.is_some_and(|parts| parts.contains(part))
        })
    }

    fn everybody_says(&self, fields: &[&str], says: impl Fn(&Consent) -> bool) -> bool {
        let of = (self.consent.meta.id, fields);
        !self.view.anybody_says(self.consent, of, |one| !says(one))
    }
}

/// A name as it is compared: without regard to case, diacritics and blanks.
fn plain(name: &str) -> String {
    let folded = fold(name);
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}
