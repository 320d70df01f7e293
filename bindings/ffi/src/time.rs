//! Moments and days: `java.time.Instant` and `LocalDate` in Kotlin, `Date` and text in Swift, `datetime` and `date` in Python.
//!
//! A moment crosses as milliseconds since 1970-01-01T00:00:00Z, a day as `YYYY-MM-DD`. What a record holds may come from a broken
//! clock; it is shown within the years 1 to 9999, which every platform can hold, so that no app fails on reading it.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::CaseweaveError;

type Timestamp = DateTime<Utc>;
type Day = NaiveDate;

uniffi::custom_type!(
/// A moment, to the millisecond.
Timestamp, i64, {
    remote,
    lower: |moment| shown(moment.date_naive()).map_or_else(milliseconds_at, |_| moment.timestamp_millis()),
    try_lift: |ms| DateTime::from_timestamp_millis(ms).ok_or_else(|| invalid("moment", "is outside the calendar").into()),
});

uniffi::custom_type!(
/// A day of the calendar, whichever the time zone.
Day, String, {
    remote,
    lower: |day| shown(day).unwrap_or_else(|bound| bound).to_string(),
    try_lift: |text| text.parse().map_err(|_| invalid("day", "is not a day as YYYY-MM-DD").into()),
});

/// The day itself, or the bound it is beyond.
fn shown(day: NaiveDate) -> Result<NaiveDate, NaiveDate> {
    match day.year() {
        1..=9999 => Ok(day),
        year if year < 1 => Err(bound(1, 1, 1)),
        _ => Err(bound(9999, 12, 31)),
    }
}

fn bound(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("the bounds are days of the calendar")
}

fn milliseconds_at(day: NaiveDate) -> i64 {
    day.and_time(Default::default())
        .and_utc()
        .timestamp_millis()
}

fn invalid(field: &str, reason: &str) -> CaseweaveError {
    CaseweaveError::InvalidInput {
        field: field.into(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use uniffi::{Lift, Lower};

    use super::*;
    use crate::UniFfiTag;

    fn day_as_text(day: NaiveDate) -> String {
        let crossed = <NaiveDate as Lower<UniFfiTag>>::lower(day);
        <String as Lift<UniFfiTag>>::try_lift(crossed).unwrap()
    }

    fn moment_as_ms(moment: DateTime<Utc>) -> i64 {
        <DateTime<Utc> as Lower<UniFfiTag>>::lower(moment)
    }

    #[test]
    fn days_and_moments_cross_as_they_are() {
        let day = bound(2026, 2, 28);
        assert_eq!(day_as_text(day), "2026-02-28");

        let moment = DateTime::from_timestamp_millis(1_781_524_800_123).unwrap();
        assert_eq!(moment_as_ms(moment), 1_781_524_800_123);
        let back = <DateTime<Utc> as Lift<UniFfiTag>>::try_lift(1_781_524_800_123).unwrap();
        assert_eq!(back, moment);
    }

    #[test]
    fn what_a_broken_clock_wrote_is_shown_within_the_years_every_platform_holds() {
        assert_eq!(day_as_text(NaiveDate::MAX), "9999-12-31");
        assert_eq!(day_as_text(NaiveDate::MIN), "0001-01-01");
        assert_eq!(moment_as_ms(DateTime::<Utc>::MAX_UTC), 253_402_214_400_000);
        assert_eq!(moment_as_ms(DateTime::<Utc>::MIN_UTC), -62_135_596_800_000);
    }

    #[test]
    fn a_text_that_is_no_day_names_itself_as_invalid_input() {
        let text = <String as Lower<UniFfiTag>>::lower("28.02.2026".into());
        let error = <NaiveDate as Lift<UniFfiTag>>::try_lift(text).unwrap_err();
        assert_eq!(
            error.downcast_ref::<CaseweaveError>(),
            Some(&invalid("day", "is not a day as YYYY-MM-DD"))
        );
    }
}
