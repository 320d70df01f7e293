//! Languages of reports, and how each writes days, times and numbers.
//!
//! Source of the forms: Unicode CLDR 46, long dates and short times of the four locales.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

use super::texts::{EN, ES, Texts};
use crate::calendar::{Zone, day_of};

/// The language of a report, and where it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportLocale {
    /// English, United States: `November 5, 2026`, `2:30 PM`, `1,234.5`.
    EnUs,
    /// English, United Kingdom: `5 November 2026`, `14:30`, `1,234.5`.
    EnGb,
    /// Spanish, United States: `5 de noviembre de 2026`, `2:30 p. m.`, `1,234.5`.
    EsUs,
    /// Spanish, Spain: `5 de noviembre de 2026`, `14:30`, `1234,5` and from five digits on `12.345`.
    EsEs,
}

impl ReportLocale {
    /// Every locale.
    pub const ALL: [Self; 4] = [Self::EnUs, Self::EnGb, Self::EsUs, Self::EsEs];

    /// Its BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::EnUs => "en-US",
            Self::EnGb => "en-GB",
            Self::EsUs => "es-US",
            Self::EsEs => "es-ES",
        }
    }

    /// The language without the region, as instruments name their texts.
    pub(super) fn language(self) -> &'static str {
        match self {
            Self::EnUs | Self::EnGb => "en",
            Self::EsUs | Self::EsEs => "es",
        }
    }

    pub(super) fn texts(self) -> &'static Texts {
        match self {
            Self::EnUs | Self::EnGb => &EN,
            Self::EsUs | Self::EsEs => &ES,
        }
    }

    pub(super) fn day(self, date: NaiveDate) -> String {
        let (day, year) = (date.day(), date.year());
        let month = usize::try_from(date.month0()).unwrap_or_default();
        let month = self.texts().months.get(month).copied().unwrap_or_default();
        match self {
            Self::EnUs => format!("{month} {day}, {year}"),
            Self::EnGb => format!("{day} {month} {year}"),
            Self::EsUs | Self::EsEs => format!("{day} de {month} de {year}"),
        }
    }

    /// The day with its name before it.
    pub(super) fn weekday(self, date: NaiveDate) -> String {
        let number = usize::try_from(date.weekday().num_days_from_monday()).unwrap_or_default();
        let name = self.texts().weekdays.get(number).copied();
        format!("{}, {}", name.unwrap_or_default(), self.day(date))
    }

    /// The time of day in a zone.
    pub(super) fn time(self, at: DateTime<Utc>, zone: Zone) -> String {
        let at = zone.clock(at);
        let (afternoon, hour) = at.hour12();
        let (hour24, minute) = (at.hour(), at.minute());
        match (self, afternoon) {
            (Self::EnGb | Self::EsEs, _) => format!("{hour24:02}:{minute:02}"),
            (Self::EnUs, false) => format!("{hour}:{minute:02} AM"),
            (Self::EnUs, true) => format!("{hour}:{minute:02} PM"),
            (Self::EsUs, false) => format!("{hour}:{minute:02} a.\u{a0}m."),
            (Self::EsUs, true) => format!("{hour}:{minute:02} p.\u{a0}m."),
        }
    }

    /// A day and a time of day in a zone.
    pub(super) fn moment(self, at: DateTime<Utc>, zone: Zone) -> String {
        format!("{}, {}", self.day(day_of(at, zone)), self.time(at, zone))
    }

    pub(super) fn whole(self, number: i64) -> String {
        let sign = if number < 0 { "-" } else { "" };
        format!("{sign}{}", self.grouped(&number.unsigned_abs().to_string()))
    }

    /// A number with at most two digits after the point.
    pub(super) fn real(self, number: f64) -> String {
        let written = format!("{number:.2}");
        let (whole, part) = written.split_once('.').unwrap_or((&written, ""));
        let (sign, digits) = match whole.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", whole),
        };
        let point = match self {
            Self::EsEs => ',',
            Self::EnUs | Self::EnGb | Self::EsUs => '.',
        };
        let part = part.trim_end_matches('0');
        match (digits, part) {
            ("0", "") => "0".to_owned(),
            (_, "") => format!("{sign}{}", self.grouped(digits)),
            _ => format!("{sign}{}{point}{part}", self.grouped(digits)),
        }
    }

    /// Digits in groups of three; Spain groups from five digits on.
    fn grouped(self, digits: &str) -> String {
        let (mark, least) = match self {
            Self::EsEs => ('.', 5),
            Self::EnUs | Self::EnGb | Self::EsUs => (',', 4),
        };
        if digits.len() < least || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return digits.to_owned();
        }
        let mut grouped = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                grouped.push(mark);
            }
            grouped.push(digit);
        }
        grouped
    }
}
