//! Which day a moment belongs to: always by the calendar of a zone that somebody named.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

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
    pub fn new(day: NaiveDate, zone: Tz) -> Self {
        let midnight = day.and_time(NaiveTime::MIN);
        Self {
            day,
            // No offset is known for the ends of time: UTC's will do.
            begins_at: at_wall(midnight, zone).unwrap_or_else(|| midnight.and_utc()),
        }
    }
}

/// The day of a moment.
pub fn day_of(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// The moment at which clocks of a zone show a time. Where the clock leaps over that time, as much later as it leaps; where it
/// shows it twice, the first.
pub(crate) fn at_wall(wall: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let found = zone.from_local_datetime(&wall).earliest().or_else(|| {
        // Some hours before is on the old side of the leap: its offset carries the time over.
        let before = zone
            .from_local_datetime(&(wall - TimeDelta::hours(3)))
            .earliest()?;
        Some(before + TimeDelta::hours(3))
    });
    found.map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let (zone, day): (Tz, NaiveDate) = (zone.parse().unwrap(), day.parse().unwrap());
            let begin: DateTime<Utc> = begin.parse().unwrap();
            assert_eq!(LocalDay::new(day, zone).begins_at, begin, "{day} {zone}");
            assert_eq!(day_of(begin, zone), day);
            assert_ne!(day_of(begin - TimeDelta::milliseconds(1), zone), day);
        }
    }
}
