//! Scoring: from answers to scores, bands and alerts.
//!
//! A scale whose answers are not all there is [`ScaleOutcome::NotScorable`], never a low score. Nothing is prorated: the manual of
//! the PHQ and GAD-7 (Spitzer, Williams, Kroenke) gives a rule for complete forms only, and rules that later studies used, such
//! as the mean of the answered items where at most two are missing, are not part of the instruments that are shipped.

use std::collections::BTreeMap;

use super::definition::*;
use super::parse::{reach, scores};
use crate::guard::MAX_MEMO_CHARS;

/// What answers come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// A score, or why there is none, for each scale in the definition's order.
    pub scores: Vec<ScaleScore>,
    /// Alerts that are raised, in the definition's order.
    pub alerts: Vec<RaisedAlert>,
    /// Questions that are to be asked and have no answer that counts, in the definition's order.
    pub unanswered: Vec<String>,
    /// Questions that were answered though, by the other answers, they are not to be asked. They do not count.
    pub not_counted: Vec<String>,
    /// Questions whose answer the definition does not have, and answers to questions it does not have. They do not count.
    pub unusable: Vec<String>,
}

/// The score of one scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleScore {
    /// The scale.
    pub scale: String,
    /// Its score, or why there is none.
    pub outcome: ScaleOutcome,
}

/// A score, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScaleOutcome {
    /// Every answer is there.
    Scored {
        /// The sum.
        score: i64,
        /// The code of the band it lies in, where the scale has bands.
        band: Option<String>,
    },
    /// Answers are missing. There is no score, not a low one.
    NotScorable {
        /// The questions without an answer that counts.
        missing: Vec<String>,
    },
    /// By the other answers, none of the scale's questions is to be asked.
    NotAsked,
}

/// An alert that answers raise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaisedAlert {
    /// The code of its rule.
    pub code: String,
    /// What raised it.
    pub source: AlertSource,
    /// The social need it shows, by Gravity's code; nothing where it is a matter of safety or health.
    pub need: Option<String>,
}

impl Instrument {
    /// Scores answers by this version's rules.
    ///
    /// An item may be answered more than once, as when values are in conflict: the first answer scores, and every one raises
    /// alerts. An alert on a scale is raised as soon as the answers that are there reach it, whatever the missing ones will be.
    pub fn score(&self, answers: &[ItemAnswer]) -> Judgement {
        let sheet = Sheet::new(self, answers);
        Judgement {
            scores: self.scales.iter().map(|scale| sheet.score(scale)).collect(),
            alerts: sheet.alerts(),
            unanswered: sheet
                .items(|entry| entry.asked != Asked::No && !entry.answered && !entry.item.optional),
            not_counted: sheet.items(|entry| entry.asked == Asked::No && entry.answered),
            unusable: sheet.unusable,
        }
    }

    /// Whether a question of this version can be answered so.
    ///
    /// # Errors
    /// Why not, without the answer.
    pub(crate) fn check(&self, item: &str, answer: &Answer) -> Result<(), String> {
        let item = self.item(item).ok_or("is no question of the instrument")?;
        match (&item.kind, answer) {
            (ItemKind::Choice { .. }, Answer::Choice { .. }) => match points(item, answer) {
                Some(_) => Ok(()),
                None => Err("is none of the question's options".into()),
            },
            (ItemKind::Number { least, most, .. }, Answer::Number { value }) => {
                if (least..=most).contains(&value) {
                    Ok(())
                } else {
                    Err(format!("is not from {least} to {most}"))
                }
            }
            (ItemKind::Words, Answer::Words { text }) => words(text),
            (ItemKind::Choice { .. }, _) => Err("is not a choice".into()),
            (ItemKind::Number { .. }, _) => Err("is not a number".into()),
            (ItemKind::Words, _) => Err("is not words".into()),
        }
    }
}

fn words(text: &str) -> Result<(), String> {
    if text.trim().is_empty() || text.contains('\0') {
        return Err("is empty or holds a NUL character".into());
    }
    match text.chars().nth(MAX_MEMO_CHARS) {
        Some(_) => Err(format!("is longer than {MAX_MEMO_CHARS} characters")),
        None => Ok(()),
    }
}

/// What an answer counts; nothing where it is none of the item's options.
fn points(item: &InstrumentItem, answer: &Answer) -> Option<i64> {
    let (ItemKind::Choice { options }, Answer::Choice { value }) = (&item.kind, answer) else {
        return None;
    };
    let chosen = options.iter().find(|option| option.value == *value);
    chosen.map(|option| option.score)
}

/// Whether an item is to be asked, as far as the other answers tell.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Yes,
    No,
    /// It depends on these, which are not answered.
    DependsOn(Vec<String>),
}

/// One item with its answers.
struct Line<'a> {
    item: &'a InstrumentItem,
    asked: Asked,
    answered: bool,
    /// What each of its answers counts, the shown one first.
    points: Vec<i64>,
}

/// A filled form.
struct Sheet<'a> {
    instrument: &'a Instrument,
    lines: Vec<Line<'a>>,
    unusable: Vec<String>,
}

impl<'a> Sheet<'a> {
    fn new(instrument: &'a Instrument, answers: &[ItemAnswer]) -> Self {
        let mut given: BTreeMap<&str, Vec<&Answer>> = BTreeMap::new();
        for ItemAnswer { item, answer } in answers {
            given.entry(item).or_default().push(answer);
        }
        let mut sheet = Self {
            instrument,
            lines: Vec::with_capacity(instrument.items.len()),
            unusable: Vec::new(),
        };
        for item in &instrument.items {
            let answers = given.remove(item.code.as_str()).unwrap_or_default();
            let usable = |answer: &&&Answer| instrument.check(&item.code, answer).is_ok();
            let first_is_usable = answers.first().is_some_and(|answer| usable(&answer));
            if !first_is_usable && !answers.is_empty() {
                sheet.unusable.push(item.code.clone());
            }
            let asked = sheet.asked(item);
            let usable = answers.iter().filter(usable);
            sheet.lines.push(Line {
                item,
                asked,
                answered: first_is_usable,
                points: usable.filter_map(|answer| points(item, answer)).collect(),
            });
        }
        sheet.unusable.extend(given.into_keys().map(str::to_owned));
        sheet
    }

    fn line(&self, code: &str) -> Option<&Line<'a>> {
        self.lines.iter().find(|line| line.item.code == code)
    }

    /// Conditions look at earlier items, whose lines are there.
    fn asked(&self, item: &InstrumentItem) -> Asked {
        let Some(AskedIf { items, at_least }) = &item.asked_if else {
            return Asked::Yes;
        };
        let earlier: Vec<_> = items
            .iter()
            .filter_map(|code| self.line(code))
            .filter(|line| line.asked != Asked::No)
            .collect();
        if earlier
            .iter()
            .any(|line| line.points.iter().any(|points| points >= at_least))
        {
            return Asked::Yes;
        }
        let open = earlier.iter().filter(|line| !line.answered);
        let open: Vec<String> = open.map(|line| line.item.code.clone()).collect();
        if open.is_empty() {
            Asked::No
        } else {
            Asked::DependsOn(open)
        }
    }

    fn items(&self, which: impl Fn(&Line<'_>) -> bool) -> Vec<String> {
        let lines = self.lines.iter().filter(|line| which(line));
        lines.map(|line| line.item.code.clone()).collect()
    }

    fn score(&self, scale: &Scale) -> ScaleScore {
        let (mut score, mut missing, mut counted) = (0, Vec::new(), false);
        for line in scale.items.iter().filter_map(|code| self.line(code)) {
            match (&line.asked, counting(line, scale)) {
                (Asked::No, _) => continue,
                (Asked::Yes, Some(points)) => score += points,
                (Asked::Yes, None) => missing.push(line.item.code.clone()),
                (Asked::DependsOn(open), _) => missing.extend(open.iter().cloned()),
            }
            counted = true;
        }
        let mut named = std::collections::BTreeSet::new();
        missing.retain(|code| named.insert(code.clone()));
        let outcome = match (counted, missing.is_empty()) {
            (false, _) => ScaleOutcome::NotAsked,
            (true, false) => ScaleOutcome::NotScorable { missing },
            (true, true) => ScaleOutcome::Scored {
                score,
                band: band(scale, score),
            },
        };
        ScaleScore {
            scale: scale.code.clone(),
            outcome,
        }
    }

    fn alerts(&self) -> Vec<RaisedAlert> {
        let rules = self.instrument.alerts.iter();
        rules
            .filter(|rule| self.raises(rule))
            .map(|rule| RaisedAlert {
                code: rule.code.clone(),
                source: rule.source.clone(),
                need: rule.need.clone(),
            })
            .collect()
    }

    fn raises(&self, rule: &AlertRule) -> bool {
        let within = |low: i64, high: i64| {
            rule.at_least.is_none_or(|least| low >= least)
                && rule.at_most.is_none_or(|most| high <= most)
        };
        match &rule.source {
            AlertSource::Item { item } => self
                .line(item)
                .is_some_and(|line| line.points.iter().any(|points| within(*points, *points))),
            AlertSource::Scale { scale } => {
                let scale = self.instrument.scales.iter().find(|one| one.code == *scale);
                scale.is_some_and(|scale| {
                    let (low, high) = self.certain(scale);
                    within(low, high)
                })
            }
        }
    }

    /// The score that is certain: at least so much, and at most so much, whatever the missing answers will be. Where an answer is in
    /// conflict, each bound takes the value that makes an alert likelier.
    fn certain(&self, scale: &Scale) -> (i64, i64) {
        let lines = scale.items.iter().filter_map(|code| self.line(code));
        lines.fold((0, 0), |(low, high), line| {
            if line.asked == Asked::No {
                return (low, high);
            }
            let all = || {
                line.points
                    .iter()
                    .map(|points| turned(line, scale, *points))
            };
            let (least, most) = reach(line.item);
            match (&line.asked, all().max(), all().min()) {
                (Asked::Yes, Some(greatest), Some(smallest)) => (low + greatest, high + smallest),
                _ => (low + least, high + most),
            }
        })
    }
}

/// What an item's shown answer counts in a scale.
fn counting(line: &Line<'_>, scale: &Scale) -> Option<i64> {
    let points = line.points.first().filter(|_| line.answered)?;
    Some(turned(line, scale, *points))
}

fn turned(line: &Line<'_>, scale: &Scale, points: i64) -> i64 {
    if scale.reversed.contains(&line.item.code) {
        let (least, most) = scores(line.item);
        least + most - points
    } else {
        points
    }
}

fn band(scale: &Scale, score: i64) -> Option<String> {
    let band = scale
        .bands
        .iter()
        .find(|band| (band.lowest..=band.highest).contains(&score));
    band.map(|band| band.code.clone())
}
