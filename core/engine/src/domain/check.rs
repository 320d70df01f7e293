//! Limits of single fields. Each check answers with the reason, worded for the developer of the app.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::value::LARGEST_NUMBER;

/// What a check answers: nothing, or why the value cannot stand.
pub(crate) type Checked = Result<(), String>;

/// Any value of the type will do.
#[expect(
    clippy::unnecessary_wraps,
    reason = "has the shape of the other checks"
)]
pub(crate) fn any<T>(_: &T) -> Checked {
    Ok(())
}

/// One line of at most `MAX` Unicode scalar values, not empty.
pub(crate) fn line<const MAX: usize>(text: &str) -> Checked {
    if text.trim().chars().any(char::is_control) {
        return Err("holds a line break or another control character".into());
    }
    lines::<MAX>(text)
}

/// Text of several lines, at most `MAX` Unicode scalar values, not empty.
pub(crate) fn lines<const MAX: usize>(text: &str) -> Checked {
    let text = text.trim();
    if text.is_empty() {
        return Err("is empty; to remove a value name the field among the cleared ones".into());
    }
    bounded::<MAX>(text)
}

/// Text of at most `MAX` Unicode scalar values, which may be empty.
pub(crate) fn bounded<const MAX: usize>(text: &str) -> Checked {
    if text.contains('\0') {
        return Err("holds a NUL character".into());
    }
    match text.chars().nth(MAX) {
        Some(_) => Err(format!("is longer than {MAX} characters")),
        None => Ok(()),
    }
}

/// An open code: not empty, at most 100 characters, without blanks.
pub(crate) fn code(code: &str) -> Checked {
    if code.is_empty() || code.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("is not a code: codes are not empty and hold no blanks".into());
    }
    bounded::<100>(code)
}

/// A BCP 47 language tag in shape: letters and digits in parts of at most 8, joined by hyphens. Source: RFC 5646, 2.1.
pub(crate) fn language(tag: &str) -> Checked {
    let part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if tag.len() <= 35 && tag.split('-').all(part) {
        Ok(())
    } else {
        Err("is not a BCP 47 language tag such as es or zh-Hant".into())
    }
}

/// At most 20 language tags.
pub(crate) fn languages(tags: &[String]) -> Checked {
    if tags.len() > 20 {
        return Err("names more than 20 languages".into());
    }
    tags.iter().try_for_each(|tag| language(tag))
}

/// A date from 1850 to 2200: old enough for any living person's birth, and a guard against two-digit years.
pub(crate) fn date(date: &NaiveDate) -> Checked {
    if (1850..=2200).contains(&date.year()) {
        Ok(())
    } else {
        Err("is not between 1850 and 2200".into())
    }
}

/// A moment from 1970 to 2200.
pub(crate) fn moment(at: &DateTime<Utc>) -> Checked {
    if (1970..=2200).contains(&at.year()) {
        Ok(())
    } else {
        Err("is not between 1970 and 2200".into())
    }
}

/// A year of birth.
pub(crate) fn year(year: &i64) -> Checked {
    if (1850..=2200).contains(year) {
        Ok(())
    } else {
        Err("is not between 1850 and 2200".into())
    }
}

/// Degrees of latitude, WGS 84.
pub(crate) fn latitude(degrees: &f64) -> Checked {
    within(*degrees, 90.0)
}

/// Degrees of longitude, WGS 84.
pub(crate) fn longitude(degrees: &f64) -> Checked {
    within(*degrees, 180.0)
}

fn within(degrees: f64, limit: f64) -> Checked {
    if degrees.is_finite() && degrees.abs() <= limit {
        Ok(())
    } else {
        Err(format!("is not between -{limit} and {limit} degrees"))
    }
}

/// A finite number: neither infinite nor "not a number".
pub(crate) fn finite(value: &f64) -> Checked {
    if value.is_finite() {
        Ok(())
    } else {
        Err("is not a finite number".into())
    }
}

/// A count: not negative, and below a million.
pub(crate) fn count(number: &i64) -> Checked {
    if (0..1_000_000).contains(number) {
        Ok(())
    } else {
        Err("is not between 0 and 999999".into())
    }
}

/// Milliseconds that passed: not negative, and no more than some thirty years.
pub(crate) fn elapsed(ms: &i64) -> Checked {
    if (0..=LARGEST_NUMBER).contains(ms) {
        Ok(())
    } else {
        Err(format!("is not between 0 and {LARGEST_NUMBER}"))
    }
}

/// Parts of a record: at most 50, each a code.
pub(crate) fn parts(parts: &[super::RecordPart]) -> Checked {
    if parts.len() > 50 {
        return Err("names more than 50 parts".into());
    }
    parts.iter().try_for_each(|part| code(part.code()))
}

/// At most 50 links to other things of the record.
pub(crate) fn links(ids: &[crate::ids::EntityId]) -> Checked {
    if ids.len() <= 50 {
        Ok(())
    } else {
        Err("names more than 50 others".into())
    }
}

/// A phone number as typed: 3 to 40 characters with at least three digits. Source of the upper bound on digits: ITU-T E.164.
pub(crate) fn phone(number: &str) -> Checked {
    line::<40>(number)?;
    let digits = number.chars().filter(char::is_ascii_digit).count();
    if (3..=20).contains(&digits) {
        Ok(())
    } else {
        Err("does not hold 3 to 20 digits".into())
    }
}

/// An IANA time zone name that is built in.
pub(crate) fn zone(name: &str) -> Checked {
    name.parse::<crate::calendar::Zone>()
        .map(|_| ())
        .map_err(|_| "is not an IANA time zone such as America/Chicago".into())
}
