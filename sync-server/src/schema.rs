//! Opening database files and bringing them up to date.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::error::Error;

/// One step: the file's number is its place in the list, counted from 1.
type Migration = &'static str;

const SERVER: &[Migration] = &[include_str!(
    "../migrations/server/0001_identity_and_organisations.sql"
)];
const ORGANISATION: &[Migration] = &[
    include_str!("../migrations/organisation/0001_first.sql"),
    include_str!("../migrations/organisation/0002_access.sql"),
    include_str!("../migrations/organisation/0003_adopted.sql"),
    include_str!("../migrations/organisation/0004_packed_snapshots.sql"),
    include_str!("../migrations/organisation/0005_settings.sql"),
    include_str!("../migrations/organisation/0006_closed_drafts.sql"),
    include_str!("../migrations/organisation/0007_shared_with_all.sql"),
];

/// How long one process waits for another that writes, such as an administrator's command.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

pub(crate) fn open_server(path: &Path) -> Result<Connection, Error> {
    open(path, SERVER)
}

pub(crate) fn open_organisation(path: &Path) -> Result<Connection, Error> {
    open(path, ORGANISATION)
}

fn open(path: &Path, migrations: &[Migration]) -> Result<Connection, Error> {
    create_private(path)?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(64);
    migrate(&mut connection, migrations)?;
    Ok(connection)
}

/// Readable by the server's user only, from the first byte; the files beside it take over its mode.
fn create_private(path: &Path) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

/// Each step and its number in one transaction.
fn migrate(connection: &mut Connection, migrations: &[Migration]) -> Result<(), Error> {
    let supported = u32::try_from(migrations.len()).expect("there are few migrations");
    let found = version(connection)?;
    if found > supported {
        return Err(Error::UpgradeRequired { found, supported });
    }
    for (number, sql) in (1..=supported).zip(migrations) {
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if version(&step)? < number {
            step.execute_batch(sql)?;
            step.pragma_update(None, "user_version", number)?;
        }
        step.commit()?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<u32, Error> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
