//! How values of ours stand in columns. Ids and hashes are blobs, dates days, moments milliseconds.

use caseweave_engine::domain::Kind;
use caseweave_engine::ids::{DocumentId, EntityId, WorkerId};
use caseweave_engine::sync::wire::DocumentKind;
use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Row, RowIndex};

use crate::error::{Error, Result};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

pub(crate) const fn impossible() -> Error {
    Error::Corrupt {
        what: "a row holds an impossible value",
    }
}

pub(crate) fn document(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<DocumentId> {
    row.get(column).map(DocumentId::from_bytes)
}

pub(crate) fn entity(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<EntityId> {
    row.get(column).map(EntityId::from_bytes)
}

pub(crate) fn worker(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Option<WorkerId>> {
    let bytes: Option<[u8; 16]> = row.get(column)?;
    Ok(bytes.map(WorkerId::from_bytes))
}

pub(crate) fn optional_entity(
    row: &Row<'_>,
    column: impl RowIndex,
) -> rusqlite::Result<Option<EntityId>> {
    let bytes: Option<[u8; 16]> = row.get(column)?;
    Ok(bytes.map(EntityId::from_bytes))
}

pub(crate) fn day(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Option<NaiveDate>> {
    let days: Option<i64> = row.get(column)?;
    Ok(days.and_then(day_from_number))
}

pub(crate) fn moment(
    row: &Row<'_>,
    column: impl RowIndex,
) -> rusqlite::Result<Option<DateTime<Utc>>> {
    let ms: Option<i64> = row.get(column)?;
    Ok(ms.and_then(DateTime::from_timestamp_millis))
}

pub(crate) fn kind(text: &str) -> Result<Kind> {
    Kind::from_key(text).ok_or_else(impossible)
}

/// A text where it stands in the page.
pub(crate) fn text<'a>(row: &'a Row<'_>, column: impl RowIndex) -> Result<Option<&'a str>> {
    let text = row.get_ref(column)?.as_str_or_null();
    text.map_err(|_| impossible())
}

/// Days since 1970-01-01.
pub(crate) fn day_number(day: NaiveDate) -> i64 {
    day.to_epoch_days().into()
}

pub(crate) fn day_from_number(days: i64) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(days.try_into().ok()?)
}

/// The day, in UTC, that a moment falls on.
pub(crate) fn day_of_ms(ms: i64) -> i64 {
    ms.div_euclid(DAY_MS)
}

/// When a day begins in UTC.
pub(crate) fn ms_of_day(day: i64) -> i64 {
    day.saturating_mul(DAY_MS)
}

pub(crate) fn ms(moment: Option<DateTime<Utc>>) -> Option<i64> {
    moment.map(|moment| moment.timestamp_millis())
}

pub(crate) fn kind_number(kind: DocumentKind) -> i64 {
    match kind {
        DocumentKind::Case => 0,
        DocumentKind::Note => 1,
    }
}

pub(crate) fn kind_from_number(number: i64) -> Result<DocumentKind> {
    match number {
        0 => Ok(DocumentKind::Case),
        1 => Ok(DocumentKind::Note),
        _ => Err(impossible()),
    }
}

/// Heads as one blob: sorted, so that equal heads are equal bytes.
pub(crate) fn heads_to_blob(heads: &[[u8; 32]]) -> Vec<u8> {
    let mut sorted = heads.to_vec();
    sorted.sort_unstable();
    sorted.concat()
}

pub(crate) fn heads_from_blob(blob: &[u8]) -> Result<Vec<[u8; 32]>> {
    let (heads, rest) = blob.as_chunks::<32>();
    if rest.is_empty() {
        Ok(heads.to_vec())
    } else {
        Err(impossible())
    }
}

/// BLAKE3 over parts whose lengths are fixed or stand last, cut to 16 bytes: finds accidents, not attackers; those the
/// cipher's page authentication finds.
pub(crate) fn checksum(first: &[u8], last: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(&(first.len() as u64).to_be_bytes())
        .update(first)
        .update(last);
    let mut out = [0; 16];
    hasher.finalize_xof().fill(&mut out);
    out
}
