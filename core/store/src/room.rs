//! Whether there is room where the database is: SQLite says of most failed writes only that they failed.

use std::fs::{File, remove_file};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::Path;

use rusqlite::Connection;

use crate::connection::beside;
use crate::error::{Error, is_failed_write};

/// An error of a connection, named after its cause where that is a lack of room.
pub(crate) fn named(connection: &Connection, error: Error) -> Error {
    let full = is_failed_write(&error)
        && connection
            .path()
            .is_some_and(|path| !can_grow(Path::new(path)));
    if full { Error::StorageFull } else { error }
}

/// Whether a file beside the database can be written a page past the length of database and log.
fn can_grow(path: &Path) -> bool {
    let lengths = [path.to_owned(), beside(path, "-wal")].map(|file| {
        let metadata = std::fs::metadata(file);
        metadata.map_or(0, |metadata| metadata.len())
    });
    let longest = lengths.into_iter().max().unwrap_or(0);
    let probe = beside(path, ".room");
    let written = write_at(&probe, longest);
    // Whatever came of it, the probe is only a probe.
    let _ = remove_file(&probe);
    !written.is_err_and(|error| is_full(error.kind()))
}

fn write_at(probe: &Path, offset: u64) -> io::Result<()> {
    let mut file = File::create(probe)?;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(&[0; 4096])?;
    file.sync_all()
}

/// Whether a file system's refusal means that there is no room: disk, quota, or the length that a file may have.
pub(crate) fn is_full(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}
