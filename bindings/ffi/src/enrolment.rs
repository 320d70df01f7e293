//! Enrolment: a one-time link becomes an installation with a key of its own.

use std::sync::Arc;

use crate::vault::options;
use crate::{CaseweaveError, CaseweaveHandle, HttpRequest, KeyVault};

/// An enrolment under way. Keep it until `finish` succeeded: its request may be sent again after a lost answer.
#[derive(Debug, uniffi::Object)]
pub struct Enrolment(caseweave::Enrolment);

#[uniffi::export]
impl Enrolment {
    /// Begins with the link that the administrator gave out. Fails with `InvalidInput` where it is none, and with `AlreadyExists`
    /// where the directory holds an installation.
    #[uniffi::constructor]
    pub fn begin(
        link: String,
        directory: String,
        vault: Arc<dyn KeyVault>,
    ) -> Result<Self, CaseweaveError> {
        let options = options(directory, vault);
        Ok(Self(caseweave::Enrolment::begin(&link, options)?))
    }

    /// The request to send. The same each time.
    pub fn request(&self) -> Result<HttpRequest, CaseweaveError> {
        Ok(self.0.request()?.into())
    }

    /// Takes the answer in and makes the installation, durable when this returns.
    ///
    /// Fails with `SyncRejected` (the link is unknown, used or expired), `Interrupted` (no answer that can be read: send the
    /// request again), `WrongKey` (the vault did not seal the keys), `StorageFull`.
    pub fn finish(&self, status: u16, body: &[u8]) -> Result<CaseweaveHandle, CaseweaveError> {
        Ok(CaseweaveHandle(self.0.finish(status, body)?))
    }
}
