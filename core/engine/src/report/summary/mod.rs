//! A case's summary: the parts of the record that were asked for, as far as they may be given.
//!
//! Removed entries, drafts, where a visit took place on the map, how to get into a house and where a shelter lies are in no summary.

mod course;
mod people;
mod services;

use chrono::{DateTime, NaiveDate, Utc};

use super::consent::{Release, under_part2};
use super::page::{Block, Section, Sentence};
use super::texts::{PART2_NOTICE, Texts, Words};
use super::{Page, ReportError, Source, SummaryOptions, Wording};
use crate::calendar::day_of;
use crate::domain::{Consent, DisclosureUpdate, Meta, RecordPart};
use crate::ids::WorkerId;

/// A summary, and what the log of disclosures has to say of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The summary.
    pub page: Page,
    /// One entry for each consent by which something is given, without its moment. None where no recipient is named.
    pub disclosures: Vec<DisclosureUpdate>,
}

/// Makes a case's summary.
///
/// # Errors
/// - [`ReportError::NoParts`], [`ReportError::UnknownPart`]: what is asked for cannot stand.
/// - [`ReportError::NoConsent`], [`ReportError::NotPart2`], [`ReportError::NotCovered`]: the recipient may get nothing of it.
pub fn summary(source: &Source<'_>, options: &SummaryOptions) -> Result<Summary, ReportError> {
    let release = Release::of(source.view, options)?;
    let writer = Writer {
        source,
        wording: options.wording,
        texts: options.wording.locale.texts(),
        outside: options.recipient.is_some(),
    };
    let mut sections: Vec<Section> = release
        .given
        .iter()
        .map(|part| writer.section(part))
        .collect();
    if options.say_left_out {
        sections.extend(writer.left_out(&release));
    }
    let by = release.by.iter();
    Ok(Summary {
        page: Page {
            locale: options.wording.locale,
            title: format!(
                "{}: {}",
                writer.texts.summary,
                source.view.person.display_name()
            ),
            lead: writer.lead(&release),
            sections,
        },
        disclosures: by
            .map(|(consent, parts)| writer.disclosure(consent, parts))
            .collect(),
    })
}

/// Writes parts of one case in one language.
struct Writer<'a> {
    source: &'a Source<'a>,
    wording: Wording,
    texts: &'static Texts,
    /// Whether the summary leaves the case's workers.
    outside: bool,
}

impl Writer<'_> {
    fn section(&self, part: &RecordPart) -> Section {
        let mut section = match part {
            RecordPart::Notes => self.notes(),
            _ => Section::new("", self.blocks(part)),
        };
        section.heading = (self.texts.part)(part).to_owned();
        if section.blocks.is_empty() && section.sections.is_empty() {
            section
                .blocks
                .push(Block::Paragraph(self.texts.nothing.to_owned()));
        }
        section
    }

    fn blocks(&self, part: &RecordPart) -> Vec<Block> {
        let block = match part {
            RecordPart::Person => return self.person(),
            RecordPart::Risks => return self.risks(),
            RecordPart::Assessments => return self.assessments(),
            RecordPart::Case => self.case(),
            RecordPart::Contacts => self.contacts(),
            RecordPart::CareTeam => self.care_team(),
            RecordPart::Needs => self.needs(),
            RecordPart::Goals => self.goals(),
            RecordPart::Interventions => self.interventions(),
            RecordPart::Outcomes => self.outcomes(),
            RecordPart::Visits => self.visits(),
            RecordPart::Tasks => self.tasks(),
            RecordPart::Referrals => self.referrals(),
            RecordPart::Authorizations => self.authorizations(),
            RecordPart::Advocacy => self.advocacy(),
            RecordPart::Communications => self.communications(),
            RecordPart::Consents => self.consents(),
            RecordPart::Notes | RecordPart::Other { .. } => None,
        };
        block.into_iter().collect()
    }

    /// Whose record it is, of which day, for whom and why it may be given; and what the reader is bound by.
    fn lead(&self, release: &Release<'_>) -> Vec<Block> {
        let texts = self.texts;
        let mut facts = vec![
            (
                texts.as_of,
                Some(self.wording.locale.day(self.wording.today)),
            ),
            (texts.zone, Some(self.wording.zone.name().to_owned())),
        ];
        let recipient = release
            .by
            .first()
            .and_then(|(consent, _)| consent.recipient.clone());
        facts.push((texts.given_to, recipient));
        for (consent, _) in &release.by {
            let given = consent
                .since
                .unwrap_or_else(|| self.day_of(consent.meta.created.at));
            facts.push((texts.consent_of, self.day(Some(given))));
            facts.push((texts.purpose, consent.purpose.clone()));
            facts.push((texts.consent_covers, consent.subject.clone()));
        }
        let several = self.several_values(&release.given);
        facts.push((texts.several_values, several));
        let notice = self.falls_under_part2(release).then(|| self.part2_notice());
        Block::facts(facts).into_iter().chain(notice).collect()
    }

    /// How many shown fields are in conflict.
    fn several_values(&self, given: &[RecordPart]) -> Option<String> {
        let shown = |part: Option<RecordPart>| part.is_some_and(|part| given.contains(&part));
        let conflicts = self.source.view.conflicts.iter();
        let count = conflicts
            .filter(|conflict| shown(RecordPart::of(conflict.path.kind)))
            .count();
        (count > 0).then(|| {
            self.wording
                .locale
                .whole(i64::try_from(count).unwrap_or(i64::MAX))
        })
    }

    fn falls_under_part2(&self, release: &Release<'_>) -> bool {
        let covered = |(consent, _): &(&Consent, Vec<RecordPart>)| consent.part2 == Some(true);
        under_part2(self.source.view) || release.by.iter().any(covered)
    }

    fn part2_notice(&self) -> Block {
        let sentence = |language, text| Sentence { language, text };
        let own = self.texts.part2_notice;
        let own = own.map(|text| sentence(self.wording.locale.tag(), text));
        Block::Notice(
            [sentence("en", PART2_NOTICE)]
                .into_iter()
                .chain(own)
                .collect(),
        )
    }

    /// What was asked for and is not there. The same words whether the record holds such things or not.
    fn left_out(&self, release: &Release<'_>) -> Option<Section> {
        let parts: Vec<String> = release
            .left_out
            .iter()
            .map(|part| format!("{}: {}", (self.texts.part)(part), self.texts.not_covered))
            .collect();
        let list = (!parts.is_empty()).then_some(Block::List(parts));
        let never = self
            .outside
            .then(|| Block::Paragraph(self.texts.never_given.to_owned()));
        let blocks: Vec<Block> = list.into_iter().chain(never).collect();
        (!blocks.is_empty()).then(|| Section::new(self.texts.left_out, blocks))
    }

    fn disclosure(&self, consent: &Consent, parts: &[RecordPart]) -> DisclosureUpdate {
        let parts: Vec<&str> = parts.iter().map(self.texts.part).collect();
        DisclosureUpdate {
            recipient: consent.recipient.clone(),
            subject: Some(format!("{}: {}", self.texts.summary, parts.join(", "))),
            purpose: consent.purpose.clone(),
            consent: Some(consent.meta.id),
            ..DisclosureUpdate::default()
        }
    }

    fn day_of(&self, at: DateTime<Utc>) -> NaiveDate {
        day_of(at, self.wording.zone)
    }

    fn day(&self, day: Option<NaiveDate>) -> Option<String> {
        day.map(|day| self.wording.locale.day(day))
    }

    fn moment(&self, at: Option<DateTime<Utc>>) -> Option<String> {
        at.map(|at| self.wording.locale.moment(at, self.wording.zone))
    }

    fn whole(&self, number: Option<i64>) -> Option<String> {
        number.map(|number| self.wording.locale.whole(number))
    }

    /// A measured value with its unit.
    fn value(&self, value: Option<f64>, unit: Option<&str>) -> Option<String> {
        joined(
            [
                Some(self.wording.locale.real(value?)),
                unit.map(str::to_owned),
            ],
            " ",
        )
    }

    fn period(&self, since: Option<NaiveDate>, until: Option<NaiveDate>) -> Option<String> {
        let (texts, since, until) = (self.texts, self.day(since), self.day(until));
        match (since, until) {
            (Some(since), Some(until)) => Some((texts.from_to)(&since, &until)),
            (Some(since), None) => Some((texts.from)(&since)),
            (None, until) => until.map(|until| (texts.until)(&until)),
        }
    }

    fn worker(&self, worker: Option<WorkerId>) -> Option<String> {
        worker.and_then(self.source.names)
    }

    fn yes_or_no(&self, value: Option<bool>) -> Option<String> {
        let word = |yes| if yes { self.texts.yes } else { self.texts.no };
        value.map(|yes| word(yes).to_owned())
    }
}

/// What was not removed.
fn standing<T>(entries: &[T], meta: impl Fn(&T) -> &Meta) -> impl Iterator<Item = &T> {
    entries
        .iter()
        .filter(move |entry| meta(entry).removed.is_none())
}

fn word<T>(words: Words<T>, code: Option<&T>) -> Option<String> {
    code.map(|code| words(code).to_owned())
}

/// Those of some texts that are there; nothing where none is.
fn joined(texts: impl IntoIterator<Item = Option<String>>, between: &str) -> Option<String> {
    let texts: Vec<String> = texts.into_iter().flatten().collect();
    (!texts.is_empty()).then(|| texts.join(between))
}
