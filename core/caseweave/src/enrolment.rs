//! Enrolment: a one-time link becomes an installation with a key of its own.

use std::fmt;
use std::path::Path;

use caseweave_engine::identity::{DeviceKey, EnrolmentClaim, hash_secret, sign_enrolment};
use caseweave_engine::sync::wire::{ENROL_ROUTE, WIRE_VERSION, WireEnrol, WireEnrolled};
use caseweave_engine::sync::{EnrolmentLink, pack, unpack};
use caseweave_store::{Identity, Store};
use serde_bytes::{ByteArray, ByteBuf};
use zeroize::Zeroizing;

use crate::handle::{Open, handle, store_options};
use crate::host::random;
use crate::syncing::post;
use crate::{Caseweave, Error, HttpRequest, Options, Result, error, vault};

/// An enrolment under way. Keep it until [`Self::finish`] succeeded: its request may be sent again after a lost answer.
pub struct Enrolment {
    link: EnrolmentLink,
    seed: Zeroizing<[u8; 32]>,
    options: Options,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Enrolment({:?})", self.link)
    }
}

impl Enrolment {
    /// Begins with the link that the administrator gave out. What an enrolment left there that was cut short is taken up again.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`]: not an enrolment link.
    /// - [`Error::AlreadyExists`]: the directory holds an installation already.
    /// - [`Error::WrongKey`], [`Error::Unexpected`]: what a revoked installation left there cannot be destroyed.
    pub fn begin(link: &str, options: Options) -> Result<Self> {
        let link = link
            .parse()
            .map_err(
                |invalid: caseweave_engine::sync::InvalidLink| Error::InvalidInput {
                    field: "link".into(),
                    reason: format!("is {invalid}"),
                },
            )?;
        vault::finish_destroying(&options.directory, &*options.vault)?;
        let path = vault::database_path(&options.directory);
        if path.exists() && !holds_nothing(&options, &path) {
            let reason = "an installation is there".into();
            return Err(Error::AlreadyExists {
                id: path.display().to_string(),
                reason,
            });
        }
        let seed = Zeroizing::new(random(&*options.host));
        Ok(Self {
            link,
            seed,
            options,
        })
    }

    /// The request to send. The same each time.
    ///
    /// # Errors
    /// - [`Error::Unexpected`]: an error of ours.
    pub fn request(&self) -> Result<HttpRequest> {
        let key = DeviceKey::from_seed(*self.seed);
        let secret_hash = hash_secret(&self.link.secret);
        let claim = EnrolmentClaim {
            server: self.link.server,
            secret_hash,
        };
        let body = pack(&WireEnrol {
            version: WIRE_VERSION,
            secret: ByteBuf::from(self.link.secret),
            key: key.public(),
            proof: ByteArray::new(sign_enrolment(&key, &claim)),
        })?;
        Ok(post(&self.link.url, ENROL_ROUTE, None, body))
    }

    /// Takes the answer in and makes the installation: keys sealed, database created, durable when this returns. Where it fails, call
    /// it again with the same answer.
    ///
    /// # Errors
    /// - [`Error::SyncRejected`]: the link is unknown, used or expired.
    /// - [`Error::Interrupted`]: no answer that can be read; send the request again.
    /// - [`Error::WrongKey`]: the vault did not seal the keys.
    /// - [`Error::StorageFull`], [`Error::Unexpected`].
    pub fn finish(&self, status: u16, body: &[u8]) -> Result<Caseweave> {
        if status != 200 {
            return Err(error::from_answer(status, body));
        }
        let enrolled: WireEnrolled = unpack(body)?;
        if enrolled.server != self.link.server {
            let reason = "another server answered than the link names".into();
            return Err(Error::SyncRejected {
                code: "wrong_server".into(),
                reason,
            });
        }
        let vault = &*self.options.vault;
        let identity = Identity {
            device: enrolled.device,
            worker: enrolled.worker,
            worker_name: enrolled.name,
            organisation: enrolled.organisation,
            server: enrolled.server,
            server_key: enrolled.server_key,
            server_url: self.link.url.clone(),
            sealed_key: vault::seal_device_key(vault, &self.seed)?,
        };
        let new_key = Zeroizing::new(random(&*self.options.host));
        let key = vault::keep_database_key(&self.options.directory, vault, &new_key)?;
        let path = vault::database_path(&self.options.directory);
        let store = Store::open(&path, &key, store_options())?;
        store.write(|tx| tx.set_identity(&identity))?;
        let open = Open::with(store, identity, &self.options)?;
        Ok(handle(open, self.options.clone()))
    }
}

/// Whether the database that is there is one that an enrolment made and did not finish. One that cannot be opened may hold anything.
fn holds_nothing(options: &Options, path: &Path) -> bool {
    let look = || -> Result<bool> {
        let key = vault::load_database_key(&options.directory, &*options.vault)?;
        let store = Store::open(path, &key, store_options())?;
        Ok(store.read(|tx| -> caseweave_store::Result<_> {
            Ok(tx.identity()?.is_none() && tx.documents()?.is_empty())
        })?)
    };
    look().unwrap_or(false)
}
