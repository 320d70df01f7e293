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
            match consents.iter().find(|consent| covers(consent, &part)) {
                Some(consent) => release.give(consent, part),
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
) -> Result<Vec<&'a Consent>, ReportError> {
    let recipient = plain(recipient);
    let names = |consent: &Consent| consent.recipient.as_deref().map(plain);
    let of_recipient = |consent: &&Consent| names(consent).as_ref() == Some(&recipient);
    let mut consents: Vec<&Consent> = view
        .consents
        .iter()
        .filter(of_recipient)
        .filter(|consent| consent.holds_on(today))
        .collect();
    if consents.is_empty() {
        return Err(ReportError::NoConsent);
    }
    if view.case.part2 == Some(true) {
        consents.retain(|consent| consent.part2 == Some(true));
    }
    if consents.is_empty() {
        return Err(ReportError::NotPart2);
    }
    Ok(consents)
}

fn covers(consent: &Consent, part: &RecordPart) -> bool {
    consent
        .covers
        .as_ref()
        .is_some_and(|parts| parts.contains(part))
}

/// A name as it is compared: without regard to case, diacritics and blanks.
fn plain(name: &str) -> String {
    let folded = fold(name);
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}
