//! One organisation: its file, the request numbers of its devices, and the documents it holds in memory.
//!
//! Nothing in here knows another organisation. One at a time writes: the caller holds the lock.

use std::collections::HashMap;
use std::path::Path;

use caseweave_engine::identity::{
    NumberWindow, ReceiptKey, RequestProof, SignedRequest, verify_request,
};
use caseweave_engine::ids::{DeviceId, OrganisationId};
use caseweave_engine::sync::server::{Merge, Plan};
use caseweave_engine::sync::wire::{
    SYNC_ROUTE, WIRE_VERSION, WireActionResult, WireRequest, WireResponse,
};
use rusqlite::{Connection, TransactionBehavior};

use crate::answer::Refusal;
use crate::audit::{self, Entry, Quieted};
use crate::cache::Cache;
use crate::device::{Device, find_device, store_window, stored_window, used_up_to};
use crate::error::Error;
use crate::place::Place;
use crate::step::{Context, Step};
use crate::{access, drafts, ladder, late, page, proofs, schema, upload};

/// How many request numbers are set aside by one write. After a crash a device may have to skip as many.
const RESERVED: u64 = 256;

pub(crate) struct Organisation {
    pub(crate) id: OrganisationId,
    pub(crate) connection: Connection,
    receipts: ReceiptKey,
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

impl Organisation {
    pub(crate) fn open(context: &Context, id: OrganisationId, path: &Path) -> Result<Self, Error> {
        let mut connection = schema::open_organisation(path)?;
        let looking = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        drafts::look_at_all(&looking, &mut Cache::default())?;
        looking.commit()?;
        Ok(Self {
            id,
            connection,
            receipts: context.receipts.of_organisation(id),
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
            route: SYNC_ROUTE,
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
            receipts: &self.receipts,
            transaction: &transaction,
            device,
            request,
            plan,
            now_ms: context.clock.now_ms(),
        };
        access::expire(&step)?;
        // A revoked device does not compare: what it made is judged by what is here.
        let restart = !step.device.revoked && Place::is_lost(&step)?;
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
    upload::store(step, cache, &merge)?;
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
        settings: page.told.settings,
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
        settings: Vec::new(),
        revoked: true,
    }
}
