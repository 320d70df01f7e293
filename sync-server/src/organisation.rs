//! One organisation: its file, the request numbers of its devices, and the documents it holds in memory.
//!
//! Nothing in here knows another organisation. One at a time writes: the caller holds the lock.

use std::collections::HashMap;
use std::path::Path;

use caseweave_engine::identity::{
    Author, DevicePublicKey, NumberWindow, RequestProof, ServerKey, SignedRequest, WINDOW_WIDTH,
    verify_request,
};
use caseweave_engine::ids::{DeviceId, OrganisationId, ServerId, WorkerId};
use caseweave_engine::sync::server::{Merge, Plan};
use caseweave_engine::sync::wire::{WIRE_VERSION, WireActionResult, WireRequest, WireResponse};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::answer::Refusal;
use crate::audit::{self, Entry, Quieted};
use crate::cache::Cache;
use crate::error::Error;
use crate::place::Place;
use crate::seams::{Clock, Entropy};
use crate::{access, ladder, late, page, proofs, rows, schema, upload};

/// How many request numbers are set aside by one write. After a crash a device may have to skip as many.
const RESERVED: u64 = 256;

/// What the server is to everything inside it.
pub(crate) struct Context {
    pub(crate) server: ServerId,
    pub(crate) key: ServerKey,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) entropy: Box<dyn Entropy>,
}

/// The route's name as requests sign it.
pub(crate) use caseweave_engine::sync::wire::SYNC_ROUTE as SYNC;

pub(crate) struct Organisation {
    pub(crate) id: OrganisationId,
    pub(crate) connection: Connection,
    numbers: HashMap<DeviceId, Numbers>,
    pub(crate) cache: Cache,
    quieted: Quieted,
}

/// The request numbers of one device.
struct Numbers {
    window: NumberWindow,
    /// Numbers up to here can be used without a write.
    reserved: u64,
}

/// A device whose request was proven.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Device {
    pub(crate) number: u32,
    pub(crate) author: Author,
    pub(crate) key: DevicePublicKey,
    pub(crate) revoked: bool,
}

/// One step of an exchange: the transaction and who asks.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) context: &'a Context,
    pub(crate) transaction: &'a Transaction<'a>,
    pub(crate) device: Device,
    pub(crate) request: &'a WireRequest,
    pub(crate) plan: &'a Plan,
    pub(crate) now_ms: i64,
}

impl Organisation {
    pub(crate) fn open(id: OrganisationId, path: &Path) -> Result<Self, Error> {
        Ok(Self {
            id,
            connection: schema::open_organisation(path)?,
            numbers: HashMap::new(),
            cache: Cache::default(),
            quieted: Quieted::default(),
        })
    }

    /// Whether a device was ever enrolled here.
    pub(crate) fn knows(&self, device: DeviceId) -> Result<bool, Error> {
        Ok(find_device(&self.connection, device)?.is_some())
    }

    /// Checks who asks, and uses the request number up.
    pub(crate) fn authenticate(
        &mut self,
        context: &Context,
        proof: &RequestProof,
        body: &[u8],
    ) -> Result<Result<Device, Refusal>, Error> {
        let judged = self.judge(context, proof, body)?;
        if let Err(refusal) = judged {
            self.note_refusal(context, refusal.code(), Some(proof.device))?;
        }
        Ok(judged)
    }

    fn judge(
        &mut self,
        context: &Context,
        proof: &RequestProof,
        body: &[u8],
    ) -> Result<Result<Device, Refusal>, Error> {
        let Some(device) = find_device(&self.connection, proof.device)? else {
            return Ok(Err(Refusal::UnknownDevice));
        };
        let request = SignedRequest {
            server: context.server,
            route: SYNC,
            body,
        };
        if verify_request(&device.key, proof, &request).is_err() {
            return Ok(Err(Refusal::BadSignature));
        }
        Ok(self
            .use_number(proof.device, proof.number)?
            .map(|()| device))
    }

    /// A number at or below the reservation that a restart found is taken for used.
    fn use_number(&mut self, device: DeviceId, number: u64) -> Result<Result<(), Refusal>, Error> {
        if !self.numbers.contains_key(&device) {
            let window = stored_window(&self.connection, device)?;
            let reserved = window.highest();
            self.numbers.insert(device, Numbers { window, reserved });
        }
        let numbers = self.numbers.get_mut(&device).expect("inserted above");
        let mut moved = numbers.window.clone();
        if moved.accept(number).is_err() {
            return Ok(Err(Refusal::ReplayedNumber {
                highest: numbers.window.highest(),
            }));
        }
        if number > numbers.reserved {
            let reserved = number.saturating_add(RESERVED);
            store_window(&self.connection, device, &used_up_to(reserved))?;
            numbers.reserved = reserved;
        }
        numbers.window = moved;
        Ok(Ok(()))
    }

    /// Merges what the request uploads and reads the next page, in one transaction.
    pub(crate) fn exchange(
        &mut self,
        context: &Context,
        device: Device,
        request: &WireRequest,
        plan: &Plan,
    ) -> Result<WireResponse, Error> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let step = Step {
            context,
            transaction: &transaction,
            device,
            request,
            plan,
            now_ms: context.clock.now_ms(),
        };
        access::expire(&step)?;
        let restart = Place::is_lost(&step)?;
        let place = Place::of_request(&step)?;
        let (merge, results) = if restart {
            // This server may lack what the device counts on: nothing is judged before the two have compared.
            (Merge::nothing(request), Vec::new())
        } else {
            take(&step, &place, &mut self.cache)?
        };
        let told = Told { results, restart };
        let response = if device.revoked {
            farewell(request, &merge)
        } else {
            respond(&step, place, &merge, told)?
        };
        transaction.commit()?;
        for document in merge.documents {
            self.cache.put(document.id, document.replica);
        }
        Ok(response)
    }

    /// Writes a refusal into the audit log, unless one like it stands there since less than a minute.
    pub(crate) fn note_refusal(
        &mut self,
        context: &Context,
        code: &'static str,
        device: Option<DeviceId>,
    ) -> Result<(), Error> {
        let now_ms = context.clock.now_ms();
        if let Some(times) = self.quieted.due(code, device, now_ms) {
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            audit::append(
                &transaction,
                now_ms,
                &Entry {
                    what: "request_refused",
                    device,
                    code,
                    times,
                },
            )?;
            transaction.commit()?;
        }
        Ok(())
    }

    /// Keeps exactly which numbers were used, so that an orderly restart makes no device skip any.
    fn settle_numbers(&self) -> Result<(), Error> {
        for (device, numbers) in &self.numbers {
            store_window(&self.connection, *device, &numbers.window)?;
        }
        Ok(())
    }
}

impl Drop for Organisation {
    fn drop(&mut self) {
        if let Err(error) = self.settle_numbers() {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "request numbers not settled"
            );
        }
    }
}

/// Takes uploads and decisions, in this order.
fn take(
    step: &Step<'_>,
    place: &Place,
    cache: &mut Cache,
) -> Result<(Merge, Vec<WireActionResult>), Error> {
    let mut merge = upload::merge(step, cache)?;
    let late = late::judge(step, cache, place, &mut merge)?;
    upload::store(step, &merge)?;
    late::store(step, &late)?;
    let results = if step.device.revoked {
        Vec::new()
    } else {
        access::act(step, cache)?
    };
    Ok((merge, results))
}

/// What a response tells beside its page.
struct Told {
    results: Vec<WireActionResult>,
    restart: bool,
}

fn respond(
    step: &Step<'_>,
    place: Place,
    merge: &Merge,
    told: Told,
) -> Result<WireResponse, Error> {
    let page = page::read(step, place, merge)?;
    let proofs = proofs::read(step)?;
    Ok(WireResponse {
        version: WIRE_VERSION,
        base: step.request.cursor,
        cursor: page.cursor,
        verdicts: merge.verdicts.clone(),
        documents: page.documents,
        devices: page.devices,
        results: told.results,
        access: page.told.access,
        workers: page.told.workers,
        held: page.told.held,
        digest: page.digest,
        more: page.more,
        restart: told.restart,
        differing: ladder::differing(step)?,
        proofs: proofs.documents,
        signers: proofs.signers.into_values().collect(),
        declined: page.told.declined,
        revoked: false,
    })
}

/// What a revoked device is answered: what became of its work, and nothing else.
fn farewell(request: &WireRequest, merge: &Merge) -> WireResponse {
    WireResponse {
        version: WIRE_VERSION,
        base: request.cursor,
        cursor: request.cursor.unwrap_or_default(),
        verdicts: merge.verdicts.clone(),
        documents: Vec::new(),
        devices: Vec::new(),
        results: Vec::new(),
        access: Vec::new(),
        workers: Vec::new(),
        held: Vec::new(),
        digest: None,
        more: false,
        restart: false,
        differing: Vec::new(),
        proofs: Vec::new(),
        signers: Vec::new(),
        declined: Vec::new(),
        revoked: true,
    }
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

fn stored_window(connection: &Connection, device: DeviceId) -> Result<NumberWindow, Error> {
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached("SELECT window FROM devices WHERE id = ?1")?
        .query_row([device.to_bytes()], |row| row.get(0))
        .optional()?;
    let damaged = Error::DamagedRow {
        what: "window of request numbers",
    };
    NumberWindow::from_bytes(&bytes.unwrap_or_default()).map_err(|_| damaged)
}

fn store_window(
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
fn used_up_to(highest: u64) -> NumberWindow {
    let mut window = NumberWindow::new();
    let first = highest.saturating_sub(WINDOW_WIDTH - 1).max(1);
    for number in first..=highest {
        window
            .accept(number)
            .expect("numbers rise from a fresh window");
    }
    window
}
