//! The server without HTTP: bodies in, answers out. One value for all organisations.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use caseweave_engine::identity::{ReceiptKey, RequestProof, ServerKey, ServerPublicKey};
use caseweave_engine::ids::{DeviceId, OrganisationId, ServerId};
use caseweave_engine::sync::server::{MalformedUpload, Plan};
use caseweave_engine::sync::wire::{WIRE_VERSION, WireEnrol, WireRequest};
use caseweave_engine::sync::{CodecError, MAX_BODY, unpack};
use parking_lot::{Mutex, RwLock};
use rusqlite::TransactionBehavior;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::admin::Administration;
use crate::answer::{Answer, Refusal};
use crate::audit::{self, Entry, Quieted};
use crate::error::Error;
use crate::organisation::Organisation;
use crate::page;
use crate::seams::{Clock, Entropy};
use crate::step::Context;

/// A running server.
pub struct Server {
    context: Context,
    administration: Mutex<Administration>,
    organisations: RwLock<HashMap<OrganisationId, Arc<Mutex<Organisation>>>>,
    /// Where each device seen so far belongs.
    devices: RwLock<HashMap<DeviceId, OrganisationId>>,
    quieted: Mutex<Quieted>,
    /// Request numbers are kept in memory, so one process serves a directory at a time.
    _lock: File,
}

/// A clock or entropy source that several owners share.
struct Shared<T: ?Sized>(Arc<T>);

impl Clock for Shared<dyn Clock> {
    fn now_ms(&self) -> i64 {
        self.0.now_ms()
    }
}

impl Entropy for Shared<dyn Entropy> {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), crate::seams::NoEntropy> {
        self.0.fill(bytes)
    }
}

impl Server {
    /// Opens a data directory for serving, and makes it where there is none.
    ///
    /// # Errors
    /// - [`Error::Files`]: among others when another process serves it.
    /// - [`Error::UpgradeRequired`]: written by a newer version; nothing is touched.
    /// - [`Error::Storage`], [`Error::NoEntropy`].
    pub fn open(directory: &Path, clock: impl Clock, entropy: impl Entropy) -> Result<Self, Error> {
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::new(clock), Arc::new(entropy));
        let administration =
            Administration::open(directory, Shared(clock.clone()), Shared(entropy.clone()))?;
        let lock = File::create(directory.join("server.lock"))?;
        lock.try_lock().map_err(std::io::Error::from)?;
        let seed = administration.seed()?;
        let context = Context {
            server: administration.server()?,
            receipts: ReceiptKey::of_server(&seed),
            key: ServerKey::from_seed(seed),
            clock: Box::new(Shared(clock)),
            entropy: Box::new(Shared(entropy)),
        };
        let server = Self {
            context,
            administration: Mutex::new(administration),
            organisations: RwLock::default(),
            devices: RwLock::default(),
            quieted: Mutex::default(),
            _lock: lock,
        };
        server.open_organisations()?;
        Ok(server)
    }

    /// The server's id, part of what devices sign.
    pub fn id(&self) -> ServerId {
        self.context.server
    }

    /// The key under which snapshots verify.
    pub fn key(&self) -> ServerPublicKey {
        self.context.key.public()
    }

    /// What an administrator does, in this process.
    pub fn administration(&self) -> parking_lot::MutexGuard<'_, Administration> {
        self.administration.lock()
    }

    /// Answers `POST /v1/sync`: the `authorization` header and the body. Writes to disk; blocks.
    pub fn exchange(&self, authorization: Option<&str>, body: &[u8]) -> Answer {
        self.try_exchange(authorization, body)
            .unwrap_or_else(Answer::from)
    }

    /// Answers `POST /v1/enrol`. Writes to disk; blocks.
    pub fn enrol(&self, body: &[u8]) -> Answer {
        self.try_enrol(body).unwrap_or_else(Answer::from)
    }

    /// Answers a body of which more came than any may have. Writes to disk; blocks.
    pub(crate) fn too_large(&self) -> Answer {
        self.refuse(Refusal::TooLarge).unwrap_or_else(Answer::from)
    }

    /// How many steps SQLite has taken to read pages of an organisation: a measure of what an exchange costs that no other
    /// load on the machine disturbs. Zero for an organisation that is not here.
    pub fn page_steps(&self, organisation: OrganisationId) -> u64 {
        let organisation = self.organisations.read().get(&organisation).cloned();
        organisation
            .and_then(|organisation| page::steps(&organisation.lock().connection).ok())
            .unwrap_or(0)
    }

    /// How many documents of an organisation had to be decoded, so that something could be merged into them. Zero for an
    /// organisation that is not here.
    pub fn documents_decoded(&self, organisation: OrganisationId) -> u64 {
        let organisation = self.organisations.read().get(&organisation).cloned();
        organisation.map_or(0, |organisation| organisation.lock().cache.decoded)
    }

    fn try_exchange(&self, authorization: Option<&str>, body: &[u8]) -> Result<Answer, Error> {
        if body.len() > MAX_BODY {
            return self.refuse(Refusal::TooLarge);
        }
        let Some(proof) = authorization.and_then(|header| header.parse::<RequestProof>().ok())
        else {
            return self.refuse(Refusal::NoProof);
        };
        let Some(organisation) = self.find(proof.device)? else {
            return self.refuse(Refusal::UnknownDevice);
        };
        let device = match organisation
            .lock()
            .authenticate(&self.context, &proof, body)?
        {
            Ok(device) => device,
            Err(refusal) => return Ok(refusal.into()),
        };
        // Unpacking and planning need nothing of the organisation, so others go on meanwhile.
        let planned = read::<WireRequest>(body).and_then(|request| Ok((plan(&request)?, request)));
        let mut organisation = organisation.lock();
        match planned {
            // What it made before it was revoked is taken; it gets nothing for it.
            Ok((_, request)) if device.revoked && request.documents.is_empty() => {
                let refusal = Refusal::DeviceRevoked;
                organisation.note_refusal(&self.context, refusal.code(), Some(proof.device))?;
                Ok(refusal.into())
            }
            Ok((plan, request)) => {
                let response = organisation.exchange(&self.context, device, &request, &plan)?;
                Answer::success(&response)
            }
            Err(refusal) => {
                organisation.note_refusal(&self.context, refusal.code(), Some(proof.device))?;
                Ok(refusal.into())
            }
        }
    }

    fn try_enrol(&self, body: &[u8]) -> Result<Answer, Error> {
        let request = match read::<WireEnrol>(body) {
            Ok(request) => request,
            Err(refusal) => return self.refuse(refusal),
        };
        self.open_organisations()?;
        let organisations: Vec<_> = self.organisations.read().values().cloned().collect();
        for organisation in organisations {
            if let Some(enrolled) = organisation.lock().enrol(&self.context, &request)? {
                return Answer::success(&enrolled);
            }
        }
        self.refuse(Refusal::EnrolmentRefused)
    }

    /// Notes a refusal that belongs to no organisation.
    fn refuse(&self, refusal: Refusal) -> Result<Answer, Error> {
        let now_ms = self.context.clock.now_ms();
        let due = self.quieted.lock().due(refusal.code(), None, now_ms);
        if let Some(times) = due {
            let mut administration = self.administration.lock();
            let transaction = administration
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let entry = Entry {
                what: "request_refused",
                device: None,
                code: refusal.code(),
                times,
            };
            audit::append(&transaction, now_ms, &entry)?;
            transaction.commit()?;
        }
        Ok(refusal.into())
    }

    /// The organisation a device belongs to.
    fn find(&self, device: DeviceId) -> Result<Option<Arc<Mutex<Organisation>>>, Error> {
        let known = self.devices.read().get(&device).copied();
        if let Some(organisation) = known {
            return Ok(self.organisations.read().get(&organisation).cloned());
        }
        self.open_organisations()?;
        let organisations: Vec<_> = self.organisations.read().values().cloned().collect();
        for organisation in organisations {
            let (id, knows) = {
                let organisation = organisation.lock();
                (organisation.id, organisation.knows(device)?)
            };
            if knows {
                self.devices.write().insert(device, id);
                return Ok(Some(organisation));
            }
        }
        Ok(None)
    }

    /// Opens organisations that were added since.
    fn open_organisations(&self) -> Result<(), Error> {
        let administration = self.administration.lock();
        for id in administration.organisations()? {
            if !self.organisations.read().contains_key(&id) {
                let organisation = Organisation::open(&self.context, id, &administration.path(id))?;
                self.organisations
                    .write()
                    .insert(id, Arc::new(Mutex::new(organisation)));
            }
        }
        Ok(())
    }
}

/// Only the version of a message, for those that read no further.
#[derive(Deserialize)]
struct Versioned {
    #[serde(rename = "v")]
    version: u8,
}

trait Message: DeserializeOwned {
    fn version(&self) -> u8;
}

impl Message for WireRequest {
    fn version(&self) -> u8 {
        self.version
    }
}

impl Message for WireEnrol {
    fn version(&self) -> u8 {
        self.version
    }
}

/// Reads a message of the version spoken here.
fn read<T: Message>(body: &[u8]) -> Result<T, Refusal> {
    match unpack::<T>(body) {
        Ok(message) if message.version() == WIRE_VERSION => Ok(message),
        Ok(_) => Err(Refusal::UpgradeRequired),
        Err(CodecError::TooLarge) => Err(Refusal::TooLarge),
        Err(CodecError::Malformed) => match unpack::<Versioned>(body) {
            Ok(other) if other.version != WIRE_VERSION => Err(Refusal::UpgradeRequired),
            _ => Err(Refusal::Malformed),
        },
        Err(CodecError::NotCompressed(_) | CodecError::Trailing) => Err(Refusal::Malformed),
    }
}

fn plan(request: &WireRequest) -> Result<Plan, Refusal> {
    Plan::of(request).map_err(|malformed| match malformed {
        MalformedUpload::TooLarge => Refusal::TooLarge,
        MalformedUpload::Uncovered => Refusal::Malformed,
    })
}
