//! When something comes back: the part of RFC 5545 recurrence rules that case files use.
//!
//! A rule gives days, counted from a first one. The time of day stays what it is on the person's clock: [`at_wall_time`] finds
//! the moment, over both clock changes. Seconds, minutes, hours, weeks of the year and set positions are refused, not ignored.
//! Source: RFC 5545, 3.3.10 and 3.8.5.3.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, Utc, Weekday};

use super::check::Checked;
use crate::calendar::Zone;

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A rule that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recurrence {
    frequency: Frequency,
    interval: u32,
    /// Days of the week, in a month with their number: `2TU`, `-1FR`.
    by_day: Vec<(Option<i32>, Weekday)>,
    /// Days of the month, from its end where negative.
    by_month_day: Vec<i32>,
    count: Option<usize>,
    until: Option<NaiveDate>,
}

/// The last year that a rule speaks of, as for every date of a record.
const LAST_YEAR: i32 = 2200;

/// Checks a rule as a field's value.
pub(crate) fn rule(text: &str) -> Checked {
    Recurrence::parse(text).map(|_| ())
}

impl Recurrence {
    /// Reads a rule such as `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH`. The reason names the part that cannot stand.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > 200 {
            return Err("is longer than 200 characters".into());
        }
        let mut parts = std::collections::BTreeMap::new();
        for part in text.trim().split(';') {
            let (name, value) = part
                .split_once('=')
                .ok_or("is not made of NAME=VALUE parts")?;
            if parts.insert(name, value).is_some() {
                return Err(format!("names {name} twice").chars().take(60).collect());
            }
        }
        let frequency = match parts.remove("FREQ") {
            Some("DAILY") => Frequency::Daily,
            Some("WEEKLY") => Frequency::Weekly,
            Some("MONTHLY") => Frequency::Monthly,
            Some("YEARLY") => Frequency::Yearly,
            _ => return Err("has no FREQ of DAILY, WEEKLY, MONTHLY or YEARLY".into()),
        };
        let interval = match parts.remove("INTERVAL") {
            Some(text) => number(text, "INTERVAL", 1..=1_000)?,
            None => 1,
        };
        let count = match parts.remove("COUNT") {
            Some(text) => Some(number(text, "COUNT", 1..=10_000)?),
            None => None,
        };
        let rule = Self {
            frequency,
            interval,
            by_day: parts
                .remove("BYDAY")
                .map_or(Ok(Vec::new()), |days| list(days, week_day))?,
            by_month_day: parts
                .remove("BYMONTHDAY")
                .map_or(Ok(Vec::new()), |days| list(days, month_day))?,
            count,
            until: parts.remove("UNTIL").map(last_day).transpose()?,
        };
        if !parts.is_empty() {
            return Err(
                "has a part other than FREQ, INTERVAL, BYDAY, BYMONTHDAY, COUNT and UNTIL".into(),
            );
        }
        rule.fits()?;
        Ok(rule)
    }

    /// Whether the parts go together.
    fn fits(&self) -> Checked {
        let numbered = self.by_day.iter().any(|(number, _)| number.is_some());
        let monthly = self.frequency == Frequency::Monthly;
        if numbered && !monthly {
            Err("numbers a BYDAY outside FREQ=MONTHLY".into())
        } else if !self.by_month_day.is_empty() && !monthly {
            Err("has BYMONTHDAY outside FREQ=MONTHLY".into())
        } else if !self.by_day.is_empty() && self.frequency == Frequency::Yearly {
            Err("has BYDAY with FREQ=YEARLY".into())
        } else if !self.by_day.is_empty() && !self.by_month_day.is_empty() {
            Err("has both BYDAY and BYMONTHDAY".into())
        } else if self.count.is_some() && self.until.is_some() {
            Err("has both COUNT and UNTIL".into())
        } else {
            Ok(())
        }
    }

    /// The days from a first one on, which counts whether or not the rule names it.
    pub(crate) fn into_days_from(self, first: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let (until, count) = (
            self.until.unwrap_or(NaiveDate::MAX),
            self.count.unwrap_or(usize::MAX),
        );
        let later = (0_u32..)
            .map_while(move |step| self.period(first, step))
            .flatten()
            .filter(move |day| *day > first);
        std::iter::once(first)
            .chain(later)
            .take_while(move |day| *day <= until)
            .take(count)
    }

    /// The days of one period in their order: a day, a week from Monday, a month or a year. Nothing past the last year.
    fn period(&self, first: NaiveDate, step: u32) -> Option<Vec<NaiveDate>> {
        let ahead = step.checked_mul(self.interval)?;
        let days = match self.frequency {
            Frequency::Daily => {
                let day = first.checked_add_days(Days::new(u64::from(ahead)))?;
                let named = self.by_day.is_empty() || self.names(day.weekday());
                (day, if named { vec![day] } else { Vec::new() })
            }
            Frequency::Weekly => {
                let monday = first - Days::new(u64::from(first.weekday().num_days_from_monday()));
                let monday = monday.checked_add_days(Days::new(7 * u64::from(ahead)))?;
                let week = monday.iter_days().take(7);
                let named = |day: &NaiveDate| {
                    let plain = self.by_day.is_empty() && day.weekday() == first.weekday();
                    plain || self.names(day.weekday())
                };
                (monday, week.filter(named).collect())
            }
            Frequency::Monthly => {
                let month = first.with_day(1)?.checked_add_months(Months::new(ahead))?;
                (month, self.of_month(month, first.day()))
            }
            Frequency::Yearly => {
                let year = first.year().checked_add(i32::try_from(ahead).ok()?)?;
                let start = NaiveDate::from_ymd_opt(year, 1, 1)?;
                (start, first.with_year(year).into_iter().collect())
            }
        };
        (days.0.year() <= LAST_YEAR).then_some(days.1)
    }

    fn names(&self, day: Weekday) -> bool {
        self.by_day.iter().any(|(_, named)| *named == day)
    }

    /// The days of the month that begins on a day. A month that lacks a day is passed over.
    fn of_month(&self, month: NaiveDate, own: u32) -> Vec<NaiveDate> {
        let length = i32::from(month.num_days_in_month());
        let day = |day: &NaiveDate| i32::try_from(day.day()).unwrap_or_default();
        let named = |date: &NaiveDate| {
            let (day, from_end) = (day(date), day(date) - length - 1);
            let by_week_day = |(number, named): &(Option<i32>, Weekday)| {
                let (nth, nth_last) = ((day + 6) / 7, (from_end - 6) / 7);
                *named == date.weekday()
                    && number.is_none_or(|number| number == nth || number == nth_last)
            };
            if self.by_day.is_empty() && self.by_month_day.is_empty() {
                return date.day() == own;
            }
            self.by_month_day
                .iter()
                .any(|n| *n == day || *n == from_end)
                || self.by_day.iter().any(by_week_day)
        };
        month
            .iter_days()
            .take_while(|day| day.month() == month.month())
            .filter(named)
            .collect()
    }
}

fn number<N: std::str::FromStr + PartialOrd>(
    text: &str,
    name: &str,
    range: std::ops::RangeInclusive<N>,
) -> Result<N, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("has an {name} out of range"))
}

fn list<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    let items: Option<Vec<T>> = text.split(',').map(read).collect();
    items.ok_or_else(|| "names a day that is none".to_owned())
}

/// `MO`, `2TU`, `-1FR`.
fn week_day(text: &str) -> Option<(Option<i32>, Weekday)> {
    let (number, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let day = match name {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    };
    if number.is_empty() {
        return Some((None, day));
    }
    let number = number
        .parse()
        .ok()
        .filter(|number: &i32| (1..=5).contains(&number.abs()))?;
    Some((Some(number), day))
}

fn month_day(text: &str) -> Option<i32> {
    text.parse()
        .ok()
        .filter(|day: &i32| (1..=31).contains(&day.abs()))
}

fn last_day(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y%m%d")
        .map_err(|_| "has an UNTIL that is no day such as 20261231".to_owned())
}

/// The moment on another day at which clocks of a zone show the same time. Where the clock leaps over that time, as much later
/// as it leaps; where it shows it twice, the first.
pub(crate) fn at_wall_time(
    moment: DateTime<Utc>,
    zone: Zone,
    day: NaiveDate,
) -> Option<DateTime<Utc>> {
    let wall = NaiveDateTime::new(day, zone.clock(moment).time());
    zone.moment(wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn days(rule: &str, first: &str, count: usize) -> Vec<String> {
        let rule = Recurrence::parse(rule).unwrap();
        rule.into_days_from(day(first))
            .take(count)
            .map(|day| day.to_string())
            .collect()
    }

    #[test]
    fn rules_give_the_days_of_the_standard() {
        // Source: the examples of RFC 5545, 3.8.5.3, as far as they lie in the part we read; and a leap day.
        for (rule, first, expected) in [
            (
                "FREQ=DAILY;COUNT=3",
                "1997-09-02",
                "1997-09-02 1997-09-03 1997-09-04",
            ),
            (
                "FREQ=DAILY;UNTIL=19970904",
                "1997-09-02",
                "1997-09-02 1997-09-03 1997-09-04",
            ),
            (
                "FREQ=DAILY;INTERVAL=10;COUNT=3",
                "1997-09-02",
                "1997-09-02 1997-09-12 1997-09-22",
            ),
            (
                "FREQ=DAILY;BYDAY=MO,TU",
                "1997-09-02",
                "1997-09-02 1997-09-08 1997-09-09 1997-09-15",
            ),
            (
                "FREQ=WEEKLY",
                "1997-09-02",
                "1997-09-02 1997-09-09 1997-09-16 1997-09-23",
            ),
            (
                "FREQ=WEEKLY;BYDAY=TU,TH",
                "1997-09-02",
                "1997-09-02 1997-09-04 1997-09-09 1997-09-11",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR",
                "1997-09-01",
                "1997-09-01 1997-09-03 1997-09-05 1997-09-15",
            ),
            (
                "FREQ=MONTHLY;BYDAY=1FR",
                "1997-09-05",
                "1997-09-05 1997-10-03 1997-11-07 1997-12-05",
            ),
            (
                "FREQ=MONTHLY;BYDAY=-2MO",
                "1997-09-22",
                "1997-09-22 1997-10-20 1997-11-17 1997-12-22",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=-3",
                "1997-09-28",
                "1997-09-28 1997-10-29 1997-11-28 1997-12-29",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=2,15",
                "1997-09-02",
                "1997-09-02 1997-09-15 1997-10-02 1997-10-15",
            ),
            (
                "FREQ=MONTHLY;INTERVAL=18;BYMONTHDAY=10",
                "1997-09-10",
                "1997-09-10 1999-03-10 2000-09-10",
            ),
            (
                "FREQ=MONTHLY",
                "2026-01-31",
                "2026-01-31 2026-03-31 2026-05-31 2026-07-31",
            ),
            (
                "FREQ=MONTHLY;BYDAY=TU",
                "1997-09-02",
                "1997-09-02 1997-09-09 1997-09-16 1997-09-23",
            ),
            (
                "FREQ=YEARLY",
                "2024-02-29",
                "2024-02-29 2028-02-29 2032-02-29",
            ),
            (
                "FREQ=YEARLY;INTERVAL=2",
                "1997-06-10",
                "1997-06-10 1999-06-10 2001-06-10",
            ),
        ] {
            let expected: Vec<&str> = expected.split(' ').collect();
            assert_eq!(days(rule, first, expected.len()), expected, "{rule}");
        }
    }

    #[test]
    fn every_rule_comes_to_an_end() {
        assert_eq!(days("FREQ=DAILY;COUNT=3", "2026-01-01", 99).len(), 3);
        assert_eq!(days("FREQ=YEARLY", "2100-01-01", 999).len(), 101);
        assert_eq!(
            days("FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=12", "2026-02-01", 9),
            ["2026-02-01"]
        );
    }

    #[test]
    fn what_is_not_understood_is_refused_with_the_reason() {
        for (rule, reason) in [
            ("", "NAME=VALUE"),
            ("FREQ=HOURLY", "FREQ"),
            ("INTERVAL=2", "FREQ"),
            ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
            ("FREQ=DAILY;COUNT=x", "COUNT"),
            ("FREQ=DAILY;COUNT=2;UNTIL=20260101", "COUNT and UNTIL"),
            ("FREQ=DAILY;FREQ=DAILY", "twice"),
            ("FREQ=DAILY;BYHOUR=3", "part other than"),
            ("FREQ=WEEKLY;BYDAY=XX", "day"),
            ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY"),
            ("FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY"),
            ("FREQ=MONTHLY;BYMONTHDAY=32", "day"),
            ("FREQ=MONTHLY;BYDAY=6MO", "day"),
            ("FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1", "both"),
            ("FREQ=YEARLY;BYDAY=MO", "YEARLY"),
            ("FREQ=DAILY;UNTIL=2026-01-01", "UNTIL"),
        ] {
            let found = Recurrence::parse(rule).unwrap_err();
            assert!(found.contains(reason), "{rule}: {found}");
        }
    }

    #[test]
    fn the_time_of_day_stays_over_both_clock_changes() {
        let zone: Zone = "America/Chicago".parse().unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let nine = at("2026-03-07T15:00:00Z");
        for (first, on, expected) in [
            // Spring: clocks go from 2:00 to 3:00 on 8 March.
            (nine, "2026-03-08", "2026-03-08T14:00:00Z"),
            (nine, "2026-03-09", "2026-03-09T14:00:00Z"),
            // 2:30 does not exist that day: it is 3:30.
            (
                at("2026-03-07T08:30:00Z"),
                "2026-03-08",
                "2026-03-08T08:30:00Z",
            ),
            (
                at("2026-03-07T08:30:00Z"),
                "2026-03-09",
                "2026-03-09T07:30:00Z",
            ),
            // Autumn: 1:30 comes twice on 1 November, and the first counts.
            (
                at("2026-10-31T06:30:00Z"),
                "2026-11-01",
                "2026-11-01T06:30:00Z",
            ),
            (
                at("2026-10-31T06:30:00Z"),
                "2026-11-02",
                "2026-11-02T07:30:00Z",
            ),
            // Late in the evening the day in the zone is not the day in UTC.
            (
                at("2026-07-02T04:30:00Z"),
                "2026-07-08",
                "2026-07-09T04:30:00Z",
            ),
        ] {
            assert_eq!(
                at_wall_time(first, zone, day(on)),
                Some(at(expected)),
                "{on}"
            );
        }
    }
}
