//! Enrolled devices: whose they are, their keys, and which request numbers they used.

use caseweave_engine::identity::{Author, DevicePublicKey, NumberWindow, WINDOW_WIDTH};
use caseweave_engine::ids::{DeviceId, WorkerId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Error;
use crate::rows;

/// A device whose request was proven.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Device {
    pub(crate) number: u32,
    pub(crate) author: Author,
    pub(crate) key: DevicePublicKey,
    pub(crate) revoked: bool,
}

/// The device as it stands now; an administrator's command may have changed it since the last request.
pub(crate) fn find_device(
    connection: &Connection,
    device: DeviceId,
) -> Result<Option<Device>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT number, worker, public_key, revoked_seq IS NOT NULL FROM devices WHERE id = ?1",
    )?;
    let mut found = statement.query([device.to_bytes()])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let worker = WorkerId::from_bytes(rows::bytes(row, 1, "worker of a device")?);
    Ok(Some(Device {
        number: row.get(0)?,
        author: Author { worker, device },
        key: DevicePublicKey(rows::bytes(row, 2, "key of a device")?),
        revoked: row.get(3)?,
    }))
}

/// The device that has this key.
pub(crate) fn find_owner(
    connection: &Connection,
    key: &DevicePublicKey,
) -> Result<Option<DeviceId>, Error> {
    let found: Option<[u8; 16]> = connection
        .prepare_cached("SELECT id FROM devices WHERE public_key = ?1")?
        .query_row([key.0], |row| row.get(0))
        .optional()?;
    Ok(found.map(DeviceId::from_bytes))
}

/// Makes a device known that was enrolled at this place in the feed.
pub(crate) fn add_device(
    connection: &Connection,
    author: Author,
    key: &DevicePublicKey,
    enrolled_seq: i64,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO devices (id, worker, public_key, enrolled_seq, window) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            author.device.to_bytes(),
            author.worker.to_bytes(),
            key.0,
            enrolled_seq,
            NumberWindow::new().to_bytes(),
        ])?;
    Ok(())
}

pub(crate) fn stored_window(
    connection: &Connection,
    device: DeviceId,
) -> Result<NumberWindow, Error> {
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached("SELECT window FROM devices WHERE id = ?1")?
        .query_row([device.to_bytes()], |row| row.get(0))
        .optional()?;
    let damaged = Error::DamagedRow {
        what: "window of request numbers",
    };
    NumberWindow::from_bytes(&bytes.unwrap_or_default()).map_err(|_| damaged)
}

pub(crate) fn store_window(
    connection: &Connection,
    device: DeviceId,
    window: &NumberWindow,
) -> Result<(), Error> {
    connection
        .prepare_cached("UPDATE devices SET window = ?2 WHERE id = ?1")?
        .execute(params![device.to_bytes(), window.to_bytes()])?;
    Ok(())
}

/// The window of a device that used every number up to this one.
pub(crate) fn used_up_to(highest: u64) -> NumberWindow {
    let mut window = NumberWindow::new();
    let first = highest.saturating_sub(WINDOW_WIDTH - 1).max(1);
    for number in first..=highest {
        window
            .accept(number)
            .expect("numbers rise from a fresh window");
    }
    window
}
