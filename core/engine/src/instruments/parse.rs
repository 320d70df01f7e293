//! From the text of a definition to an [`Instrument`], or the line and field that cannot stand.

use std::collections::BTreeSet;

use super::definition::*;
use super::field::{Field, Object, Result};
use super::{InvalidDefinition, json};
use crate::domain::NeedDomain;
use crate::guard::{MAX_ANSWERS, MAX_TITLE_CHARS};

/// Bytes of one definition: 500 questions with their options in two languages stay far below.
pub const MAX_DEFINITION_BYTES: usize = 1024 * 1024;

const MAX_TEXT: usize = 2_000;
const MAX_CODE: usize = 40;
const MAX_ID: usize = 100;
const MAX_LANGUAGES: usize = 20;
const MAX_OPTIONS: usize = 100;
const MAX_RULES: usize = 200;
/// Scores of single answers stay within this, so that no sum overflows.
const MAX_SCORE: i64 = 100_000;

/// The codes of Gravity's domains.
fn needs() -> Vec<&'static str> {
    NeedDomain::KNOWN.iter().map(NeedDomain::code).collect()
}

/// Reads a definition of the library's own.
pub(super) fn parse(text: &str) -> Result<Instrument> {
    read(text, |_| Ok(()))
}

/// Reads a definition of an agency's own. Its id has a namespace, so that no later shipped one takes it.
pub(super) fn parse_own(text: &str) -> Result<Instrument> {
    read(text, namespaced)
}

/// The same of a definition that stands inside another file.
pub(super) fn parse_own_within(field: &Field<'_>) -> Result<Instrument> {
    instrument(field, namespaced)
}

fn namespaced(id: &Field<'_>) -> Result<()> {
    if id.code(MAX_ID)?.contains('.') {
        Ok(())
    } else {
        Err(id.wrong("has no namespace such as org.example"))
    }
}

fn read(text: &str, allowed: impl FnOnce(&Field<'_>) -> Result<()>) -> Result<Instrument> {
    if text.len() > MAX_DEFINITION_BYTES {
        return Err(InvalidDefinition {
            line: 1,
            field: String::new(),
            reason: format!("is larger than {MAX_DEFINITION_BYTES} bytes"),
        });
    }
    instrument(&Field::root(&json::read(text)?), allowed)
}

fn instrument(
    root: &Field<'_>,
    allowed: impl FnOnce(&Field<'_>) -> Result<()>,
) -> Result<Instrument> {
    let root = root.object(&[
        "id",
        "version",
        "title",
        "source",
        "licence",
        "languages",
        "loinc",
        "instruction",
        "options",
        "items",
        "scales",
        "alerts",
    ])?;
    allowed(root.need("id")?)?;
    let languages = languages(root.need("languages")?)?;
    let reading = Reading {
        languages: &languages,
        options: root.get("options"),
    };
    let items = reading.items(root.need("items")?)?;
    let scales = reading.scales(root.get("scales"), &items)?;
    Ok(Instrument {
        id: root.need("id")?.code(MAX_ID)?,
        version: root.need("version")?.integer(1, i64::from(i32::MAX))?,
        title: reading.texts(root.need("title")?, MAX_TITLE_CHARS)?,
        source: root.need("source")?.text(MAX_TEXT)?,
        licence: reading.texts(root.need("licence")?, MAX_TEXT)?,
        loinc: loinc(&root, "")?,
        instruction: optional(root.get("instruction"), |field| {
            reading.texts(field, MAX_TEXT)
        })?,
        alerts: reading.alerts(root.get("alerts"), &items, &scales)?,
        items,
        scales,
        languages,
    })
}

fn optional<'a, T>(
    field: Option<&Field<'a>>,
    read: impl FnOnce(&Field<'a>) -> Result<T>,
) -> Result<Option<T>> {
    field.map(read).transpose()
}

fn loinc(object: &Object<'_>, prefix: &str) -> Result<Option<String>> {
    optional(object.get("loinc"), |field| field.loinc(prefix))
}

fn languages(field: &Field<'_>) -> Result<Vec<String>> {
    let mut languages = Vec::new();
    for field in field.list(MAX_LANGUAGES)? {
        let tag = field.text(MAX_CODE)?;
        crate::domain::language_tag(&tag).map_err(|reason| field.wrong(reason))?;
        unused(&field, &tag, &languages)?;
        languages.push(tag);
    }
    Ok(languages)
}

/// Refuses what stands among the earlier ones already.
fn unused<T: PartialEq>(field: &Field<'_>, new: &T, earlier: &[T]) -> Result<()> {
    if earlier.contains(new) {
        Err(field.wrong("is used twice"))
    } else {
        Ok(())
    }
}

/// What the parts of a definition have in common.
struct Reading<'a> {
    languages: &'a [String],
    /// Lists of options that items name.
    options: Option<&'a Field<'a>>,
}

impl Reading<'_> {
    /// A text in every language of the definition and in no other.
    fn texts(&self, field: &Field<'_>, most: usize) -> Result<Texts> {
        let mut texts = Texts::new();
        for (language, text) in field.entries()? {
            if !self.languages.iter().any(|known| known == language) {
                return Err(text.wrong("is not among the definition's languages"));
            }
            texts.insert(language.to_owned(), text.text(most)?);
        }
        let lacks = |language: &&String| !texts.contains_key(*language);
        match self.languages.iter().find(lacks) {
            Some(language) => Err(field.wrong(format!("lacks the language {language}"))),
            None => Ok(texts),
        }
    }

    fn items(&self, field: &Field<'_>) -> Result<Vec<InstrumentItem>> {
        let mut items: Vec<InstrumentItem> = Vec::new();
        for field in field.list(MAX_ANSWERS)? {
            let item = self.item(&field, &items)?;
            items.push(item);
        }
        Ok(items)
    }

    fn item(&self, field: &Field<'_>, earlier: &[InstrumentItem]) -> Result<InstrumentItem> {
        let item = field.object(&[
            "code", "text", "loinc", "kind", "options", "least", "most", "unit", "asked_if",
            "optional",
        ])?;
        let code = item.need("code")?;
        let known: Vec<&str> = earlier.iter().map(|item| item.code.as_str()).collect();
        let named = code.code(MAX_CODE)?;
        unused(code, &named.as_str(), &known)?;
        Ok(InstrumentItem {
            code: named,
            text: self.texts(item.need("text")?, MAX_TEXT)?,
            loinc: loinc(&item, "")?,
            kind: self.kind(&item)?,
            asked_if: optional(item.get("asked_if"), |field| asked_if(field, earlier))?,
            optional: item.get("optional").map_or(Ok(false), Field::flag)?,
        })
    }

    fn kind(&self, item: &Object<'_>) -> Result<ItemKind> {
        let (kind, belonging): (_, &[&str]) = match item.get("kind") {
            None => ("choice", &["options"]),
            Some(field) => match field.one_of(&["choice", "number", "words"])?.as_str() {
                "number" => ("number", &["least", "most", "unit"]),
                "words" => ("words", &[]),
                _ => ("choice", &["options"]),
            },
        };
        for key in ["options", "least", "most", "unit"] {
            if let Some(field) = item.get(key).filter(|_| !belonging.contains(&key)) {
                return Err(field.wrong(format!("does not belong to a question of kind {kind}")));
            }
        }
        match kind {
            "number" => number(item),
            "words" => Ok(ItemKind::Words),
            _ => self.choice(item.need("options")?),
        }
    }

    /// Options as they stand, or those of the list that is named.
    fn choice(&self, field: &Field<'_>) -> Result<ItemKind> {
        if !field.is_text() {
            let options = self.options(field)?;
            return Ok(ItemKind::Choice { options });
        }
        let name = field.text(MAX_CODE)?;
        let lists = optional(self.options, Field::entries)?.unwrap_or_default();
        let list = lists.into_iter().find(|(known, _)| *known == name);
        let (_, list) = list.ok_or_else(|| field.wrong("is none of the definition's options"))?;
        let options = self.options(&list)?;
        Ok(ItemKind::Choice { options })
    }

    fn options(&self, field: &Field<'_>) -> Result<Vec<ItemOption>> {
        let (mut options, mut values) = (Vec::new(), Vec::new());
        for field in field.list(MAX_OPTIONS)? {
            let option = field.object(&["value", "score", "text", "loinc"])?;
            let field = option.need("value")?;
            let value = field.integer(-MAX_SCORE, MAX_SCORE)?;
            unused(field, &value, &values)?;
            values.push(value);
            let score = option.get("score");
            options.push(ItemOption {
                value,
                score: score.map_or(Ok(value), |field| field.integer(-MAX_SCORE, MAX_SCORE))?,
                text: self.texts(option.need("text")?, MAX_TEXT)?,
                loinc: loinc(&option, "LA")?,
            });
        }
        Ok(options)
    }

    fn scales(&self, field: Option<&Field<'_>>, items: &[InstrumentItem]) -> Result<Vec<Scale>> {
        let mut scales: Vec<Scale> = Vec::new();
        let fields = optional(field, |field| field.list(MAX_RULES))?.unwrap_or_default();
        for field in fields {
            let scale = field.object(&["code", "title", "loinc", "items", "reversed", "bands"])?;
            let code = scale.need("code")?;
            let known: Vec<&str> = scales.iter().map(|scale| scale.code.as_str()).collect();
            let named = code.code(MAX_CODE)?;
            unused(code, &named.as_str(), &known)?;
            let title = self.texts(scale.need("title")?, MAX_TITLE_CHARS)?;
            let counted = counted(scale.need("items")?, items)?;
            let (lowest, highest) = counted.iter().fold((0, 0), |(low, high), item| {
                let (least, most) = reach(item);
                (low + least, high + most)
            });
            let items: Vec<String> = counted.iter().map(|item| item.code.clone()).collect();
            let mut bands = Bands::between(lowest, highest);
            if let Some(field) = scale.get("bands") {
                for band in field.list(MAX_RULES)? {
                    bands.take(&band, self)?;
                }
                bands.reach_the_highest(field)?;
            }
            scales.push(Scale {
                code: named,
                title,
                loinc: loinc(&scale, "")?,
                reversed: reversed(scale.get("reversed"), &items)?,
                items,
                lowest,
                highest,
                bands: bands.taken,
            });
        }
        Ok(scales)
    }

    fn alerts(
        &self,
        field: Option<&Field<'_>>,
        items: &[InstrumentItem],
        scales: &[Scale],
    ) -> Result<Vec<AlertRule>> {
        let mut alerts: Vec<AlertRule> = Vec::new();
        let fields = optional(field, |field| field.list(MAX_RULES))?.unwrap_or_default();
        for field in fields {
            let alert = field.object(&[
                "code", "text", "item", "scale", "at_least", "at_most", "need",
            ])?;
            let code = alert.need("code")?;
            let known: Vec<&str> = alerts.iter().map(|alert| alert.code.as_str()).collect();
            let named = code.code(MAX_CODE)?;
            unused(code, &named.as_str(), &known)?;
            let (source, lowest, highest) = alert_source(&alert, items, scales)?;
            let bound = |key| optional(alert.get(key), |field| field.integer(lowest, highest));
            let (at_least, at_most) = (bound("at_least")?, bound("at_most")?);
            if at_least.is_none() && at_most.is_none() {
                return Err(alert.wrong("has neither at_least nor at_most"));
            }
            alerts.push(AlertRule {
                code: named,
                text: self.texts(alert.need("text")?, MAX_TEXT)?,
                source,
                at_least,
                at_most,
                need: optional(alert.get("need"), |field| field.one_of(&needs()))?,
            });
        }
        Ok(alerts)
    }
}

fn number(item: &Object<'_>) -> Result<ItemKind> {
    let least = item.need("least")?.number()?;
    let field = item.need("most")?;
    let most = field.number()?;
    if most < least {
        return Err(field.wrong("is less than the least"));
    }
    let unit = optional(item.get("unit"), |field| field.text(MAX_CODE))?;
    Ok(ItemKind::Number { least, most, unit })
}

/// A condition names earlier questions only, so that none depends on itself.
fn asked_if(field: &Field<'_>, earlier: &[InstrumentItem]) -> Result<AskedIf> {
    let condition = field.object(&["items", "at_least"])?;
    let items = counted(condition.need("items")?, earlier)?;
    let most = items.iter().map(|item| scores(item).1).max();
    Ok(AskedIf {
        at_least: condition
            .need("at_least")?
            .integer(-MAX_SCORE, most.unwrap_or(MAX_SCORE))?,
        items: items.iter().map(|item| item.code.clone()).collect(),
    })
}

/// The items that a list of codes names: each once, and such as have scores.
fn counted<'a>(field: &Field<'_>, items: &'a [InstrumentItem]) -> Result<Vec<&'a InstrumentItem>> {
    let mut named = BTreeSet::new();
    let item = |field: Field<'_>| {
        let code = field.text(MAX_CODE)?;
        let item = items.iter().find(|item| item.code == code);
        let item = item.ok_or_else(|| field.wrong("is no item that stands before it"))?;
        if !matches!(item.kind, ItemKind::Choice { .. }) || item.optional {
            return Err(
                field.wrong("does not count: only choices do, and such as are not optional")
            );
        }
        if !named.insert(code) {
            return Err(field.wrong("is used twice"));
        }
        Ok(item)
    };
    field.list(MAX_ANSWERS)?.into_iter().map(item).collect()
}

fn reversed(field: Option<&Field<'_>>, items: &[String]) -> Result<Vec<String>> {
    let mut reversed = Vec::new();
    let fields = optional(field, |field| field.list(MAX_ANSWERS))?.unwrap_or_default();
    for field in fields {
        let code = field.text(MAX_CODE)?;
        if !items.contains(&code) {
            return Err(field.wrong("is not among the scale's items"));
        }
        unused(&field, &code, &reversed)?;
        reversed.push(code);
    }
    Ok(reversed)
}

fn alert_source(
    alert: &Object<'_>,
    items: &[InstrumentItem],
    scales: &[Scale],
) -> Result<(AlertSource, i64, i64)> {
    match (alert.get("item"), alert.get("scale")) {
        (Some(field), None) => {
            let code = field.text(MAX_CODE)?;
            let item = items.iter().find(|item| item.code == code);
            let choice = item.filter(|item| matches!(item.kind, ItemKind::Choice { .. }));
            let item = choice.ok_or_else(|| field.wrong("is no item with scores"))?;
            let (least, most) = scores(item);
            Ok((AlertSource::Item { item: code }, least, most))
        }
        (None, Some(field)) => {
            let code = field.text(MAX_CODE)?;
            let scale = scales.iter().find(|scale| scale.code == code);
            let scale = scale.ok_or_else(|| field.wrong("is none of the scales"))?;
            let (lowest, highest) = (scale.lowest, scale.highest);
            Ok((AlertSource::Scale { scale: code }, lowest, highest))
        }
        _ => Err(alert.wrong("names either an item or a scale")),
    }
}

/// The lowest and the highest score of an item.
pub(super) fn scores(item: &InstrumentItem) -> (i64, i64) {
    let ItemKind::Choice { options } = &item.kind else {
        return (0, 0);
    };
    let scores = || options.iter().map(|option| option.score);
    (
        scores().min().unwrap_or_default(),
        scores().max().unwrap_or_default(),
    )
}

/// What an item can add to a sum. One that may not be asked may add nothing.
pub(super) fn reach(item: &InstrumentItem) -> (i64, i64) {
    let (least, most) = scores(item);
    match item.asked_if {
        Some(_) => (least.min(0), most.max(0)),
        None => (least, most),
    }
}

/// Bands as they are read: each begins where the one before ended.
struct Bands {
    next: i64,
    highest: i64,
    taken: Vec<Band>,
}

impl Bands {
    fn between(lowest: i64, highest: i64) -> Self {
        Self {
            next: lowest,
            highest,
            taken: Vec::new(),
        }
    }

    fn take(&mut self, field: &Field<'_>, reading: &Reading<'_>) -> Result<()> {
        let band = field.object(&["code", "from", "to", "text"])?;
        let code = band.need("code")?;
        let known: Vec<&str> = self.taken.iter().map(|band| band.code.as_str()).collect();
        let named = code.code(MAX_CODE)?;
        unused(code, &named.as_str(), &known)?;
        let from = band.need("from")?;
        if from.integer(-MAX_SCORE * 1_000, MAX_SCORE * 1_000)? != self.next {
            let reason = format!(
                "leaves a gap or overlaps: this band begins at {}",
                self.next
            );
            return Err(from.wrong(reason));
        }
        let highest = band.need("to")?.integer(self.next, self.highest)?;
        self.taken.push(Band {
            code: named,
            lowest: self.next,
            highest,
            text: reading.texts(band.need("text")?, MAX_TITLE_CHARS)?,
        });
        self.next = highest + 1;
        Ok(())
    }

    fn reach_the_highest(&self, field: &Field<'_>) -> Result<()> {
        if self.next > self.highest {
            return Ok(());
        }
        let reason = format!(
            "leave out the scores from {} to {}",
            self.next, self.highest
        );
        Err(field.wrong(reason))
    }
}
