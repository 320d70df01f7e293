//! Values as columns hold them.

use caseweave_engine::sync::wire::{DocumentKind, Role};
use rusqlite::Row;

use crate::error::Error;

/// A column of `N` bytes.
pub(crate) fn bytes<const N: usize>(
    row: &Row<'_>,
    column: usize,
    what: &'static str,
) -> Result<[u8; N], Error> {
    let bytes = row
        .get_ref(column)?
        .as_blob()
        .map_err(|_| Error::DamagedRow { what })?;
    bytes.try_into().map_err(|_| Error::DamagedRow { what })
}

/// A column of hashes, 32 bytes each.
pub(crate) fn hashes(bytes: &[u8], what: &'static str) -> Result<Vec<[u8; 32]>, Error> {
    match bytes.as_chunks::<32>() {
        (hashes, []) => Ok(hashes.to_vec()),
        _ => Err(Error::DamagedRow { what }),
    }
}

pub(crate) fn kind_name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Case => "case",
        DocumentKind::Note => "note",
    }
}

pub(crate) fn kind(name: &str) -> Result<DocumentKind, Error> {
    match name {
        "case" => Ok(DocumentKind::Case),
        "note" => Ok(DocumentKind::Note),
        _ => Err(Error::DamagedRow {
            what: "kind of document",
        }),
    }
}

pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Reader => "reader",
        Role::Contributor => "contributor",
        Role::Lead => "lead",
    }
}

pub(crate) fn role(name: &str) -> Result<Role, Error> {
    match name {
        "reader" => Ok(Role::Reader),
        "contributor" => Ok(Role::Contributor),
        "lead" => Ok(Role::Lead),
        _ => Err(Error::DamagedRow { what: "role" }),
    }
}

/// A count of bytes as SQLite holds numbers.
pub(crate) fn to_size(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// A count of bytes out of a column.
pub(crate) fn size(row: &Row<'_>, column: usize) -> rusqlite::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}
