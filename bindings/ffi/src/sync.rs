//! An exchange with the server: requests out, answers in. The app owns HTTP.

use caseweave::SyncProgress;

use crate::{CaseweaveError, CaseweaveHandle};

/// A request for the app to send with its own HTTP client.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HttpRequest {
    /// The method: always `POST`.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Headers to send.
    pub headers: Vec<HttpHeader>,
    /// The body.
    pub body: Vec<u8>,
}

/// A header of a request.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HttpHeader {
    /// Its name.
    pub name: String,
    /// Its value. That of `authorization` is a signature and belongs in no log.
    pub value: String,
}

impl From<caseweave::HttpRequest> for HttpRequest {
    fn from(request: caseweave::HttpRequest) -> Self {
        let caseweave::HttpRequest {
            method,
            url,
            headers,
            body,
        } = request;
        let headers = headers
            .into_iter()
            .map(|(name, value)| HttpHeader { name, value })
            .collect();
        Self {
            method,
            url,
            headers,
            body,
        }
    }
}

/// What one answer brought.
#[uniffi::remote(Record)]
pub struct SyncProgress {
    /// Groups of edits that the server has now.
    pub received_by_server: u32,
    /// Groups of edits that were refused and set aside; `quarantined` tells why.
    pub refused: u32,
    /// Documents that changed here.
    pub documents_changed: u32,
    /// Whether the exchange goes on.
    pub more: bool,
}

/// One exchange: as many requests as it takes until both sides are equal.
#[derive(Debug, uniffi::Object)]
pub struct SyncSession(caseweave::SyncSession);

#[uniffi::export]
impl CaseweaveHandle {
    /// Begins an exchange. Nothing is sent by this call.
    pub fn start_sync(&self) -> Result<SyncSession, CaseweaveError> {
        Ok(SyncSession(self.0.sync()?))
    }
}

#[uniffi::export]
impl SyncSession {
    /// The next request, complete; nothing when both sides are equal. After a lost answer ask again: what was sent may be sent
    /// again, and is taken once. Reads and writes disk.
    pub fn next_request(&self) -> Result<Option<HttpRequest>, CaseweaveError> {
        Ok(self.0.next_request()?.map(HttpRequest::from))
    }

    /// Takes an answer in, whole or not at all. Writes disk.
    ///
    /// Fails with `SyncRejected` (the server refused the exchange; with the code `device_revoked` the keys and files are gone once
    /// everything was taken), `UpgradeRequired`, `Interrupted` (no answer that can be read: ask
    /// for the next request and go on), `NotAllowed` (no request is under way), `StorageFull`, `StorageCorrupt`.
    pub fn on_response(&self, status: u16, body: &[u8]) -> Result<SyncProgress, CaseweaveError> {
        Ok(self.0.on_response(status, body)?)
    }
}
