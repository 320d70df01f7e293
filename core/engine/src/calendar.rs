//! Which day a moment belongs to: always by the calendar of a zone that somebody named.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// The day of a moment.
pub fn day_of(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}
