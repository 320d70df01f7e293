//! Run-length encoded columns, read run by run.
//!
//! A run says "this value, a thousand million times" in a few bytes. Nothing here repeats work for each of them: the work
//! is bound by the bytes of the column.

use super::limits::MAX_KEY_BYTES;
use super::reader::Reader;
use super::refusal::Refusal;

/// How many values a column has, and what they add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Values, nulls included.
    pub(super) values: u64,
    /// Those that are null.
    pub(super) nulls: u64,
    /// Sum over what the column's reader adds for each value.
    pub(super) sum: u64,
}

/// Reads a column of runs. `weigh` says what one value adds to the sum, or refuses it.
///
/// A run is a signed count: above zero, that many times the value that follows; below zero, that many values that follow;
/// zero, as many nulls as the number that follows says.
pub(super) fn tally<'a, V>(
    column: &mut Reader<'a>,
    mut read: impl FnMut(&mut Reader<'a>) -> Result<V, Refusal>,
    mut weigh: impl FnMut(V, u64) -> Result<u64, Refusal>,
) -> Result<Tally, Refusal> {
    let mut tally = Tally::default();
    while !column.is_empty() {
        let count = column.signed()?;
        if count == 0 {
            let nulls = column.unsigned()?;
            if nulls == 0 {
                return Err(column.malformed());
            }
            tally.nulls = tally.nulls.saturating_add(nulls);
            tally.values = tally.values.saturating_add(nulls);
            continue;
        }
        let (values, times) = if count < 0 {
            (count.unsigned_abs(), 1)
        } else {
            (1, count.unsigned_abs())
        };
        // A literal run ends at the latest where the column ends: each value takes a byte or more.
        for _ in 0..values {
            let weight = weigh(read(column)?, times)?;
            tally.values = tally.values.saturating_add(times);
            tally.sum = tally.sum.saturating_add(weight.saturating_mul(times));
        }
    }
    Ok(tally)
}

/// A column of unsigned numbers, added up, none of them above `most`.
pub(super) fn numbers(
    column: &mut Reader<'_>,
    most: u64,
    otherwise: Refusal,
) -> Result<Tally, Refusal> {
    tally(column, Reader::unsigned, |value, _| {
        if value <= most {
            Ok(value)
        } else {
            Err(otherwise.clone())
        }
    })
}

/// A column of numbers kept as the difference to the one before, each from 0 to `most`.
pub(super) fn deltas(
    column: &mut Reader<'_>,
    most: u64,
    otherwise: Refusal,
) -> Result<Tally, Refusal> {
    let mut value = 0_i128;
    tally(column, Reader::signed, |delta, times| {
        // The first and the last value of a run bound those between; before the run the value was within bounds.
        value = value.saturating_add(i128::from(delta).saturating_mul(i128::from(times)));
        if (0..=i128::from(most)).contains(&value) {
            Ok(0)
        } else {
            Err(otherwise.clone())
        }
    })
}

/// A column of map keys: UTF-8, not empty, of bounded length.
pub(super) fn keys(column: &mut Reader<'_>) -> Result<Tally, Refusal> {
    tally(
        column,
        |column| {
            let length = column.length()?;
            if length > MAX_KEY_BYTES {
                return Err(Refusal::TooMany {
                    what: "bytes of a key",
                });
            }
            let key = column.take(length)?;
            if key.is_empty() || std::str::from_utf8(key).is_err() {
                return Err(column.malformed());
            }
            Ok(())
        },
        |(), _| Ok(0),
    )
}

/// A column of truth values: how often false, how often true, and so on in turn. Only the first count may be zero.
pub(super) fn truths(column: &mut Reader<'_>) -> Result<Tally, Refusal> {
    let mut tally = Tally::default();
    let mut first = true;
    while !column.is_empty() {
        let count = column.unsigned()?;
        if count == 0 && !first {
            return Err(column.malformed());
        }
        tally.values = tally.values.saturating_add(count);
        first = false;
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRONG: Refusal = Refusal::RefersAhead;

    fn column(bytes: &[u8]) -> Reader<'_> {
        Reader::new(bytes, "column")
    }

    #[test]
    fn runs_literals_and_nulls_are_counted() {
        // Three times 5, then 1 and 2, then four nulls.
        let bytes = [3, 5, 0x7e, 1, 2, 0, 4];
        assert_eq!(
            numbers(&mut column(&bytes), 5, WRONG),
            Ok(Tally {
                values: 9,
                nulls: 4,
                sum: 18
            })
        );
        assert_eq!(numbers(&mut column(&bytes), 4, WRONG), Err(WRONG));
    }

    #[test]
    fn a_claim_beyond_all_numbers_is_counted_at_once() {
        let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00];
        let bytes = [&most[..], &[3], &most[..], &[3], &most[..], &[3]].concat();
        let tally = numbers(&mut column(&bytes), 3, WRONG).unwrap();
        assert_eq!((tally.values, tally.sum), (u64::MAX, u64::MAX));
    }

    #[test]
    fn a_literal_run_longer_than_its_column_is_refused() {
        let least = [
            0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f, 1, 1,
        ];
        assert_eq!(
            numbers(&mut column(&least), 3, WRONG),
            Err(Refusal::Malformed { part: "column" })
        );
    }

    #[test]
    fn differences_that_leave_the_bounds_are_refused() {
        // Ten times plus one.
        assert_eq!(
            deltas(&mut column(&[10, 1]), 10, WRONG),
            Ok(Tally {
                values: 10,
                nulls: 0,
                sum: 0
            })
        );
        assert_eq!(deltas(&mut column(&[10, 1]), 9, WRONG), Err(WRONG));
        assert_eq!(deltas(&mut column(&[2, 0x7f]), 9, WRONG), Err(WRONG));
    }

    #[test]
    fn empty_runs_are_refused() {
        let malformed = Err(Refusal::Malformed { part: "column" });
        assert_eq!(numbers(&mut column(&[0, 0]), 3, WRONG), malformed);
        assert_eq!(truths(&mut column(&[1, 0])), malformed);
        assert_eq!(
            truths(&mut column(&[0, 7])).map(|tally| tally.values),
            Ok(7)
        );
    }

    #[test]
    fn empty_long_and_garbled_keys_are_refused() {
        assert_eq!(
            keys(&mut column(&[1, 2, b'i', b'd'])).map(|tally| tally.values),
            Ok(1)
        );
        assert_eq!(
            keys(&mut column(&[1, 0])),
            Err(Refusal::Malformed { part: "column" })
        );
        assert_eq!(
            keys(&mut column(&[1, 1, 0xff])),
            Err(Refusal::Malformed { part: "column" })
        );
        assert_eq!(
            keys(&mut column(&[1, 0x81, 0x02])),
            Err(Refusal::TooMany {
                what: "bytes of a key"
            })
        );
    }
}
