//! What an administrator does: organisations, workers, enrolment links, revocation. Works beside a running server.

use std::path::{Path, PathBuf};

use caseweave_engine::identity::hash_secret;
use caseweave_engine::ids::{DeviceId, OrganisationId, ServerId, WorkerId};
use caseweave_engine::sync::EnrolmentLink;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::audit::{self, Entry};
use crate::device::find_device;
use crate::error::Error;
use crate::seams::{Clock, Entropy, id_parts, random};
use crate::{everybody, feed, rows, schema};

/// How long an enrolment link is good, in milliseconds.
pub const LINK_MS: i64 = 15 * 60 * 1_000;

/// A server's data directory.
pub struct Administration {
    directory: PathBuf,
    pub(crate) connection: Connection,
    clock: Box<dyn Clock>,
    entropy: Box<dyn Entropy>,
}

/// One line of the list of devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub worker: WorkerId,
    /// The worker's name.
    pub name: String,
    /// Whether it was revoked.
    pub revoked: bool,
}

impl Administration {
    /// Opens a data directory, and makes it with a new server id and key where there is none.
    ///
    /// # Errors
    /// - [`Error::UpgradeRequired`]: written by a newer version; nothing is touched.
    /// - [`Error::Files`], [`Error::Storage`], [`Error::NoEntropy`].
    pub fn open(directory: &Path, clock: impl Clock, entropy: impl Entropy) -> Result<Self, Error> {
        std::fs::create_dir_all(directory.join("organisations"))?;
        let mut connection = schema::open_server(&directory.join("server.sqlite"))?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !transaction.prepare("SELECT 1 FROM identity")?.exists([])? {
            let (ms, random_part) = id_parts(&clock, &entropy)?;
            let server = ServerId::from_parts(ms, random_part);
            transaction.execute(
                "INSERT INTO identity (only_row, server, seed) VALUES (1, ?1, ?2)",
                params![server.to_bytes(), random::<32>(&entropy)?],
            )?;
        }
        transaction.commit()?;
        Ok(Self {
            directory: directory.to_owned(),
            connection,
            clock: Box::new(clock),
            entropy: Box::new(entropy),
        })
    }

    /// The server's id.
    ///
    /// # Errors
    /// - [`Error::Storage`].
    pub fn server(&self) -> Result<ServerId, Error> {
        let id = self
            .connection
            .query_row("SELECT server FROM identity", [], |row| row.get(0))?;
        Ok(ServerId::from_bytes(id))
    }

    pub(crate) fn seed(&self) -> Result<[u8; 32], Error> {
        Ok(self
            .connection
            .query_row("SELECT seed FROM identity", [], |row| row.get(0))?)
    }

    /// Makes an organisation with a file of its own.
    ///
    /// # Errors
    /// - [`Error::Files`], [`Error::Storage`], [`Error::NoEntropy`].
    pub fn add_organisation(&mut self, name: &str) -> Result<OrganisationId, Error> {
        let (ms, random_part) = id_parts(&*self.clock, &*self.entropy)?;
        let id = OrganisationId::from_parts(ms, random_part);
        let organisation = schema::open_organisation(&self.path(id))?;
        self.note(
            &organisation,
            &Entry::new("organisation_added", None, "added"),
        )?;
        self.connection.execute(
            "INSERT INTO organisations (id, name) VALUES (?1, ?2)",
            params![id.to_bytes(), name],
        )?;
        Ok(id)
    }

    /// Every organisation.
    ///
    /// # Errors
    /// - [`Error::Storage`].
    pub fn organisations(&self) -> Result<Vec<OrganisationId>, Error> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id FROM organisations ORDER BY id")?;
        let ids = statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(ids.into_iter().map(OrganisationId::from_bytes).collect())
    }

    /// Makes a worker.
    ///
    /// # Errors
    /// - [`Error::NoSuchOrganisation`], [`Error::Storage`], [`Error::NoEntropy`].
    pub fn add_worker(
        &mut self,
        organisation: OrganisationId,
        name: &str,
    ) -> Result<WorkerId, Error> {
        let connection = self.open_organisation(organisation)?;
        let (ms, random_part) = id_parts(&*self.clock, &*self.entropy)?;
        let id = WorkerId::from_parts(ms, random_part);
        let transaction =
            rusqlite::Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
        everybody::add_worker(&transaction, id, name)?;
        let entry = Entry::new("worker_added", None, "added");
        audit::append(&transaction, self.clock.now_ms(), &entry)?;
        transaction.commit()?;
        Ok(id)
    }

    /// Gives a worker another name.
    ///
    /// # Errors
    /// - [`Error::NoSuchOrganisation`], [`Error::NoSuchWorker`], [`Error::Storage`].
    pub fn rename_worker(
        &mut self,
        organisation: OrganisationId,
        worker: WorkerId,
        name: &str,
    ) -> Result<(), Error> {
        let connection = self.open_organisation(organisation)?;
        let transaction =
            rusqlite::Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
        let seq = feed::next_position(&transaction)?;
        let renamed = transaction.execute(
            "UPDATE workers SET name = ?2, seq = ?3 WHERE id = ?1",
            params![worker.to_bytes(), name, seq],
        )?;
        if renamed == 0 {
            return Err(Error::NoSuchWorker(worker));
        }
        let entry = Entry::new("worker_renamed", None, "renamed");
        audit::append(&transaction, self.clock.now_ms(), &entry)?;
        Ok(transaction.commit()?)
    }

    /// Makes a one-time link by which a worker enrols one device within [`LINK_MS`].
    ///
    /// # Errors
    /// - [`Error::NoSuchOrganisation`], [`Error::NoSuchWorker`], [`Error::Storage`], [`Error::NoEntropy`].
    pub fn enrolment_link(
        &mut self,
        organisation: OrganisationId,
        worker: WorkerId,
        url: &str,
    ) -> Result<EnrolmentLink, Error> {
        let connection = self.open_organisation(organisation)?;
        let known = connection
            .prepare("SELECT 1 FROM workers WHERE id = ?1")?
            .exists([worker.to_bytes()])?;
        if !known {
            return Err(Error::NoSuchWorker(worker));
        }
        let secret: [u8; 32] = random(&*self.entropy)?;
        connection.execute(
            "INSERT INTO enrolments (secret_hash, worker, expires_ms) VALUES (?1, ?2, ?3)",
            params![
                hash_secret(&secret),
                worker.to_bytes(),
                self.clock.now_ms().saturating_add(LINK_MS)
            ],
        )?;
        self.note(&connection, &Entry::new("link_made", None, "made"))?;
        Ok(EnrolmentLink {
            server: self.server()?,
            secret,
            url: url.trim_end_matches('/').to_owned(),
        })
    }

    /// Every device of an organisation.
    ///
    /// # Errors
    /// - [`Error::NoSuchOrganisation`], [`Error::Storage`].
    pub fn devices(&self, organisation: OrganisationId) -> Result<Vec<DeviceRow>, Error> {
        let connection = self.open_organisation(organisation)?;
        let mut statement = connection.prepare(
            "SELECT d.id, d.worker, w.name, d.revoked_seq IS NOT NULL FROM devices d JOIN workers w ON w.id = d.worker
             ORDER BY d.number",
        )?;
        let mut found = statement.query([])?;
        let mut devices = Vec::new();
        while let Some(row) = found.next()? {
            devices.push(DeviceRow {
                device: DeviceId::from_bytes(rows::bytes(row, 0, "device")?),
                worker: WorkerId::from_bytes(rows::bytes(row, 1, "worker of a device")?),
                name: row.get(2)?,
                revoked: row.get(3)?,
            });
        }
        Ok(devices)
    }

    /// Stops a device from its next request on. Revoking twice is revoking once.
    ///
    /// # Errors
    /// - [`Error::NoSuchOrganisation`], [`Error::NoSuchDevice`], [`Error::Storage`].
    pub fn revoke(&mut self, organisation: OrganisationId, device: DeviceId) -> Result<(), Error> {
        let connection = self.open_organisation(organisation)?;
        if find_device(&connection, device)?.is_none() {
            return Err(Error::NoSuchDevice(device));
        }
        let seq = feed::position(&connection)?;
        let revoked = connection.execute(
            "UPDATE devices SET revoked_seq = ?2 WHERE id = ?1 AND revoked_seq IS NULL",
            params![device.to_bytes(), seq],
        )?;
        if revoked > 0 {
            self.note(
                &connection,
                &Entry::new("device_revoked", Some(device), "revoked"),
            )?;
        }
        Ok(())
    }

    pub(crate) fn path(&self, organisation: OrganisationId) -> PathBuf {
        self.directory
            .join("organisations")
            .join(format!("{organisation}.sqlite"))
    }

    pub(crate) fn open_organisation(
        &self,
        organisation: OrganisationId,
    ) -> Result<Connection, Error> {
        let known: Option<i64> = self
            .connection
            .query_row(
                "SELECT 1 FROM organisations WHERE id = ?1",
                [organisation.to_bytes()],
                |row| row.get(0),
            )
            .optional()?;
        if known.is_none() {
            return Err(Error::NoSuchOrganisation(organisation));
        }
        schema::open_organisation(&self.path(organisation))
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    fn note(&self, connection: &Connection, entry: &Entry) -> Result<(), Error> {
        let transaction =
            rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        audit::append(&transaction, self.clock.now_ms(), entry)?;
        Ok(transaction.commit()?)
    }
}
