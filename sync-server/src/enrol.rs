//! Enrolment: a one-time secret becomes a device.

use caseweave_engine::identity::{Author, EnrolmentClaim, hash_secret, verify_enrolment};
use caseweave_engine::ids::{DeviceId, WorkerId};
use caseweave_engine::sync::wire::{WIRE_VERSION, WireEnrol, WireEnrolled};
use rusqlite::{Connection, TransactionBehavior, params};

use crate::audit::{self, Entry};
use crate::device::{add_device, find_owner};
use crate::error::Error;
use crate::organisation::Organisation;
use crate::seams::id_parts;
use crate::step::Context;
use crate::{feed, rows};

/// An enrolment that was given out.
struct Given {
    worker: WorkerId,
    expires_ms: i64,
    device: Option<DeviceId>,
}

impl Organisation {
    /// Enrols the device, if its secret was given out here, is still good, and the device holds the key it shows.
    ///
    /// The same device asking again with the same secret, because the answer was lost, is answered the same.
    pub(crate) fn enrol(
        &mut self,
        context: &Context,
        request: &WireEnrol,
    ) -> Result<Option<WireEnrolled>, Error> {
        let claim = EnrolmentClaim {
            server: context.server,
            secret_hash: hash_secret(&request.secret),
        };
        let now_ms = context.clock.now_ms();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(given) = find_given(&transaction, &claim.secret_hash)? else {
            return Ok(None);
        };
        let proven = verify_enrolment(&request.key, &claim, &request.proof.into_array()).is_ok();
        if !proven || now_ms >= given.expires_ms {
            return Ok(None);
        }
        let owner = find_owner(&transaction, &request.key)?;
        let device = match given.device {
            None if owner.is_none() => create(context, &transaction, &given, request)?,
            Some(device) if owner == Some(device) => device,
            _ => return Ok(None),
        };
        if given.device.is_none() {
            transaction.execute(
                "UPDATE enrolments SET device = ?2 WHERE secret_hash = ?1",
                params![claim.secret_hash, device.to_bytes()],
            )?;
            audit::append(
                &transaction,
                now_ms,
                &Entry::new("device_enrolled", Some(device), "enrolled"),
            )?;
        }
        let name = transaction.query_row(
            "SELECT name FROM workers WHERE id = ?1",
            [given.worker.to_bytes()],
            |row| row.get(0),
        )?;
        transaction.commit()?;
        Ok(Some(WireEnrolled {
            version: WIRE_VERSION,
            server: context.server,
            server_key: context.key.public(),
            organisation: self.id,
            device,
            worker: given.worker,
            name,
        }))
    }
}

fn find_given(connection: &Connection, secret_hash: &[u8; 32]) -> Result<Option<Given>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT worker, expires_ms, device FROM enrolments WHERE secret_hash = ?1",
    )?;
    let mut found = statement.query([secret_hash])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    Ok(Some(Given {
        worker: WorkerId::from_bytes(rows::bytes(row, 0, "worker of an enrolment")?),
        expires_ms: row.get(1)?,
        device: row.get::<_, Option<[u8; 16]>>(2)?.map(DeviceId::from_bytes),
    }))
}

fn create(
    context: &Context,
    connection: &Connection,
    given: &Given,
    request: &WireEnrol,
) -> Result<DeviceId, Error> {
    let (ms, random) = id_parts(&*context.clock, &*context.entropy)?;
    let device = DeviceId::from_parts(ms, random);
    let author = Author {
        worker: given.worker,
        device,
    };
    let enrolled_seq = feed::position(connection)?;
    add_device(connection, author, &request.key, enrolled_seq)?;
    Ok(device)
}
