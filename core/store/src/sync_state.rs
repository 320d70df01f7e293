//! Who this installation is, the devices it knows, and where its exchange with the server stands.

use caseweave_engine::identity::{DevicePublicKey, ServerPublicKey};
use caseweave_engine::ids::{DeviceId, OrganisationId, ServerId, WorkerId};
use caseweave_engine::sync::wire::WireDevice;
use caseweave_engine::sync::{Digest, fingerprint};
use rusqlite::{Row, params};

use crate::connection::Store;
use crate::error::{Error, Result};
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// How many request numbers are taken from the file at once: what a crash can waste, and one write for so many requests.
const BLOCK: u64 = 256;

/// More requests than a copy makes between two meetings with the server.
const GAP: u64 = 1 << 16;

/// Who this installation is.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub worker: WorkerId,
    /// The worker's name as shown.
    pub worker_name: String,
    /// The agency.
    pub organisation: OrganisationId,
    /// The server.
    pub server: ServerId,
    /// The key the server signs snapshots with.
    pub server_key: ServerPublicKey,
    /// Where the server is reached.
    pub server_url: String,
    /// The device's private key, sealed by the host's vault.
    pub sealed_key: Vec<u8>,
}

/// Shows ids only.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({} at {})", self.device, self.server)
    }
}

/// Where the exchange stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncState {
    /// Where the last page that was applied ended; nothing before the first.
    pub cursor: Option<[u8; 16]>,
    /// XOR of the fingerprints of all documents at their acknowledged heads, without closed drafts.
    pub digest: Digest,
}

/// What the offline lease is counted by, in milliseconds since 1970-01-01T00:00:00Z of this device's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmed {
    /// The last exchange that the server answered.
    pub confirmed_ms: i64,
    /// The furthest moment seen since.
    pub seen_ms: i64,
}

/// Request numbers taken from the file and not given out yet.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    next: u64,
    end: u64,
}

impl Store {
    /// A request number that was never given out before, also not before a crash. Numbers only grow.
    ///
    /// # Errors
    /// - [`Error::Nested`]: called from inside a write.
    /// - [`Error::StorageFull`], [`Error::Database`].
    pub fn take_number(&self) -> Result<u64> {
        // Unlocked while writing: a writer that asks for a number must get `Nested`, not wait for itself.
        if let Some(number) = self.numbers.lock().take() {
            return Ok(number);
        }
        let first = self.write(|tx| tx.take_block())?;
        let mut numbers = self.numbers.lock();
        // Two threads can each have taken a block; the later one wins, the other's rest is wasted.
        if first >= numbers.end {
            *numbers = Numbers {
                next: first,
                end: first + BLOCK,
            };
        }
        numbers.take().ok_or(Error::NotFound { what: "number" })
    }
}

impl Store {
    /// Leaves a wide gap in the numbers: somebody else, a copy of this installation or what it was before it was restored, used
    /// the ones that come next.
    ///
    /// # Errors
    /// - [`Error::Nested`]: called from inside a write.
    /// - [`Error::StorageFull`], [`Error::Database`].
    pub fn skip_numbers(&self) -> Result<()> {
        self.write(|tx| {
            tx.run(
                "UPDATE sync_state SET next_number = next_number + ?1",
                [GAP],
            )
        })?;
        *self.numbers.lock() = Numbers::default();
        Ok(())
    }
}

impl Numbers {
    fn take(&mut self) -> Option<u64> {
        let number = self.next;
        (number < self.end).then(|| {
            self.next += 1;
            number
        })
    }
}

impl ReadTx<'_> {
    /// Who this installation is; nothing before it is enrolled.
    pub fn identity(&self) -> Result<Option<Identity>> {
        self.row("SELECT * FROM identity", [], |row| {
            Ok(Identity {
                device: DeviceId::from_bytes(row.get("device")?),
                worker: WorkerId::from_bytes(row.get("worker")?),
                worker_name: row.get("worker_name")?,
                organisation: OrganisationId::from_bytes(row.get("organisation")?),
                server: ServerId::from_bytes(row.get("server")?),
                server_key: ServerPublicKey(row.get("server_key")?),
                server_url: row.get("server_url")?,
                sealed_key: row.get("sealed_key")?,
            })
        })
    }

    /// Where the exchange stands.
    pub fn sync_state(&self) -> Result<SyncState> {
        let state = self.row("SELECT cursor, digest FROM sync_state", [], |row| {
            Ok(SyncState {
                cursor: row.get("cursor")?,
                digest: Digest(row.get("digest")?),
            })
        })?;
        state.ok_or_else(row::impossible)
    }

    /// The last exchange that the server answered; nothing where none was written down.
    pub fn confirmed(&self) -> Result<Option<Confirmed>> {
        let sql = "SELECT confirmed_ms, seen_ms FROM sync_state WHERE confirmed_ms IS NOT NULL";
        self.row(sql, [], |row| {
            let confirmed_ms = row.get("confirmed_ms")?;
            let seen_ms: Option<i64> = row.get("seen_ms")?;
            Ok(Confirmed {
                confirmed_ms,
                seen_ms: seen_ms.unwrap_or(confirmed_ms),
            })
        })
    }

    /// The digest computed anew from every document. Equal to the kept one unless something is wrong.
    pub fn recomputed_digest(&self) -> Result<Digest> {
        let mut digest = Digest::default();
        for document in self.documents()? {
            if !document.acknowledged_heads.is_empty() && !document.closed {
                let heads = &document.acknowledged_heads;
                digest.toggle(fingerprint(document.scope, document.id, heads));
            }
        }
        Ok(digest)
    }

    /// A known device.
    pub fn device(&self, device: DeviceId) -> Result<Option<WireDevice>> {
        let sql = "SELECT * FROM devices WHERE device = ?1";
        self.row(sql, [device.to_bytes()], read_device)
    }

    /// Every known device, by id.
    pub fn devices(&self) -> Result<Vec<WireDevice>> {
        self.rows("SELECT * FROM devices ORDER BY device", [], read_device)
    }
}

impl WriteTx<'_> {
    /// Writes down who this installation is, in place of what was there.
    pub fn set_identity(&self, identity: &Identity) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO identity (number, device, worker, worker_name, organisation, server, server_key, \
             server_url, sealed_key) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                identity.device.to_bytes(),
                identity.worker.to_bytes(),
                identity.worker_name,
                identity.organisation.to_bytes(),
                identity.server.to_bytes(),
                identity.server_key.0,
                identity.server_url,
                identity.sealed_key
            ],
        )?;
        Ok(())
    }

    /// Sets where the last applied page ended; nothing starts from the beginning.
    pub fn set_cursor(&self, cursor: Option<[u8; 16]>) -> Result<()> {
        self.run("UPDATE sync_state SET cursor = ?1", [cursor])?;
        Ok(())
    }

    /// Writes down when the server last answered, and the furthest moment seen since.
    pub fn set_confirmed(&self, confirmed: Confirmed) -> Result<()> {
        self.run(
            "UPDATE sync_state SET confirmed_ms = ?1, seen_ms = ?2",
            [confirmed.confirmed_ms, confirmed.seen_ms],
        )?;
        Ok(())
    }

    pub(crate) fn set_digest(&self, digest: Digest) -> Result<()> {
        self.run("UPDATE sync_state SET digest = ?1", [digest.0])?;
        Ok(())
    }

    /// The counter of the next envelope, from 1, without gaps: a transaction that fails gives its counter back.
    pub fn take_envelope_counter(&self) -> Result<u64> {
        let sql = "UPDATE sync_state SET last_counter = last_counter + 1 RETURNING last_counter";
        self.row(sql, [], |row| Ok(row.get(0)?))?
            .ok_or_else(row::impossible)
    }

    /// Adds a device, or renames it. Whose it is and its key stay for ever.
    ///
    /// # Errors
    /// - [`Error::AlreadyExists`]: the device is known with another key or worker.
    pub fn add_device(&self, device: &WireDevice, first_seen_ms: i64) -> Result<()> {
        let changed = self.run(
            "INSERT INTO devices (device, worker, name, public_key, first_seen_ms) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (device) DO UPDATE SET name = excluded.name
             WHERE worker = excluded.worker AND public_key = excluded.public_key",
            params![
                device.device.to_bytes(),
                device.worker.to_bytes(),
                device.name,
                device.key.0,
                first_seen_ms
            ],
        )?;
        if changed == 0 {
            return Err(Error::AlreadyExists {
                constraint: "devices.public_key".into(),
            });
        }
        Ok(())
    }

    fn take_block(&self) -> Result<u64> {
        let sql = "UPDATE sync_state SET next_number = next_number + ?1 RETURNING next_number - ?1";
        self.row(sql, [BLOCK], |row| Ok(row.get(0)?))?
            .ok_or_else(row::impossible)
    }
}

fn read_device(row: &Row<'_>) -> Result<WireDevice> {
    Ok(WireDevice {
        device: DeviceId::from_bytes(row.get("device")?),
        worker: WorkerId::from_bytes(row.get("worker")?),
        name: row.get("name")?,
        key: DevicePublicKey(row.get("public_key")?),
    })
}
