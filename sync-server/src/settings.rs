//! The settings of an organisation: set by its administrators, told to every device as news.

use caseweave_engine::ids::OrganisationId;
use caseweave_engine::settings::AgencySettings;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::admin::Administration;
use crate::audit::{self, Entry};
use crate::error::Error;
use crate::feed;

impl Administration {
    /// The settings in force: the last that were set, or the defaults of version 0.
    ///
    /// # Errors
    /// - [`Error::NoSuchOrganisation`], [`Error::DamagedRow`], [`Error::Storage`].
    pub fn settings(&self, organisation: OrganisationId) -> Result<AgencySettings, Error> {
        in_force(&self.open_organisation(organisation)?)
    }

    /// Sets what a file says, as the version that follows the one in force. Every device is told with its next exchange.
    ///
    /// # Errors
    /// - [`Error::InvalidSettings`]: the line and field that cannot stand. Nothing was set.
    /// - [`Error::NoSuchOrganisation`], [`Error::DamagedRow`], [`Error::Storage`].
    pub fn set_settings(
        &mut self,
        organisation: OrganisationId,
        file: &str,
    ) -> Result<AgencySettings, Error> {
        let connection = self.open_organisation(organisation)?;
        let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
        let settings = in_force(&transaction)?.next(file)?;
        let now_ms = self.now_ms();
        transaction.execute(
            "INSERT INTO settings (version, seq, set_ms, whole, judging) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                settings.version,
                feed::next_position(&transaction)?,
                now_ms,
                settings.to_json(),
                settings.judging().to_json()
            ],
        )?;
        audit::append(
            &transaction,
            now_ms,
            &Entry::new("settings_set", None, "set"),
        )?;
        transaction.commit()?;
        Ok(settings)
    }
}

fn in_force(connection: &Connection) -> Result<AgencySettings, Error> {
    let mut statement =
        connection.prepare("SELECT whole FROM settings ORDER BY version DESC LIMIT 1")?;
    let whole: Option<String> = statement.query_row([], |row| row.get(0)).optional()?;
    match whole {
        None => Ok(AgencySettings::default()),
        Some(whole) => AgencySettings::read(&whole).ok_or(Error::DamagedRow { what: "settings" }),
    }
}
