//! An exchange with the server: requests out, answers in. The app owns HTTP.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use caseweave_engine::identity::{SignedRequest, sign_request};
use caseweave_engine::ids::DocumentId;
use caseweave_engine::sync::server::MAX_DOCUMENTS;
use caseweave_engine::sync::wire::{
    MEDIA_TYPE, SYNC_ROUTE, Verdict, WIRE_VERSION, WireDiffering, WireRequest, WireResponse,
    WireRung, WireVerdict,
};
use caseweave_engine::sync::{pack, unpack};
use caseweave_store::{GroupId, ReadTx};
use parking_lot::Mutex;
use serde_bytes::ByteArray;

use crate::changes::Listener;
use crate::handle::{Caseweave, Installation, Open};
use crate::incoming::Asked;
use crate::ladder::Ladder;
use crate::outgoing::Upload;
use crate::{Error, Result, error};

/// Bytes of changes in one request, before packing.
const UPLOAD_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of news asked for in one answer, before packing.
const NEWS_BUDGET: u32 = 8 * 1024 * 1024;

/// How often one session compares everything with the server: each time it gives back what it can.
const MOST_CLIMBS: u32 = 3;

/// The server's code for a request number that may have been used before.
const REPLAYED: &str = "replayed_number";

/// A request for the app to send with its own HTTP client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method: always `POST`.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

pub(crate) fn post(
    base: &str,
    route: &str,
    authorization: Option<String>,
    body: Vec<u8>,
) -> HttpRequest {
    let mut headers = vec![("content-type".to_owned(), MEDIA_TYPE.to_owned())];
    headers.extend(authorization.map(|proof| ("authorization".to_owned(), proof)));
    HttpRequest {
        method: "POST".into(),
        url: format!("{base}{route}"),
        headers,
        body,
    }
}

/// What one answer brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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

/// One exchange: as many requests as it takes until both sides are equal. Holds nothing open: while the record is locked its calls
/// answer [`Error::NotAllowed`], and once it is unlocked the exchange goes on.
pub struct SyncSession {
    state: Mutex<State>,
    installation: Installation,
    listener: Arc<Listener>,
}

#[derive(Default)]
struct State {
    /// What the request uploaded whose answer is awaited.
    in_flight: Option<InFlight>,
    done: bool,
    /// Groups that the server could not take in this session: not sent again before the next.
    put_off: Vec<GroupId>,
    /// Documents that were written to.
    written: BTreeSet<DocumentId>,
    /// Documents whose heads were joined.
    joined: BTreeSet<DocumentId>,
    ladder: Ladder,
    /// Whether the two sides were compared since this device last started anew.
    compared: bool,
    /// The documents that are to be given after the request under way.
    rest: Vec<WireDiffering>,
    /// How often the ladder was climbed.
    climbs: u32,
    /// Documents that would have too many heads with what is given back: a change that joins them goes along.
    crowded: BTreeSet<DocumentId>,
}

/// What a request uploads.
struct InFlight {
    /// The documents of the first groups, which are given back.
    given: Vec<DocumentId>,
    /// The groups behind these.
    ids: Vec<GroupId>,
}

impl fmt::Debug for SyncSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSession").finish_non_exhaustive()
    }
}

impl Caseweave {
    /// Begins an exchange. Nothing is sent by this call.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked.
    pub fn sync(&self) -> Result<SyncSession> {
        self.opened()?;
        let state = State::default();
        Ok(SyncSession {
            state: Mutex::new(state),
            installation: self.installation.clone(),
            listener: Arc::clone(&self.listener),
        })
    }
}

impl State {
    /// What the next request uploads, and the ladder that it asks about.
    fn prepare(&mut self, open: &Open) -> Result<(Upload, Option<Vec<WireRung>>)> {
        if matches!(self.ladder, Ladder::Level) && !self.compared && open.must_compare()? {
            self.ladder = Ladder::Ask;
        }
        match &self.ladder {
            Ladder::Level => Ok((open.prepare_upload(UPLOAD_BYTES, &self.put_off)?, None)),
            Ladder::Ask => {
                open.store.write(|tx| tx.forget_withheld())?;
                Ok((Upload::default(), Some(open.rungs()?)))
            }
            Ladder::Give(differing) => {
                // A copy: after a lost answer the same is given again.
                let mut rest = differing.clone();
                let upload = open.prepare_return(&mut rest, UPLOAD_BYTES, &self.crowded)?;
                if upload.documents.is_empty() {
                    // The two differ by what this device cannot give: comparing again would change nothing.
                    self.climbs = MOST_CLIMBS;
                }
                self.rest = rest;
                Ok((upload, None))
            }
        }
    }

    /// What waited for fewer heads may go now.
    fn note_joined(&mut self, written: BTreeSet<DocumentId>, joined: BTreeSet<DocumentId>) {
        if !joined.is_empty() {
            self.put_off.clear();
        }
        self.written.extend(written);
        self.joined.extend(joined);
    }

    /// What is given back to a crowded document goes again with a change that joins its heads, once this device has taken the others in.
    fn note_crowded(&mut self, given: &[DocumentId], verdicts: &[WireVerdict]) {
        let crowded = verdicts.iter().filter_map(|verdict| {
            let place = usize::try_from(verdict.group).ok()?;
            let document = given.get(place)?;
            (verdict.verdict == Verdict::TooManyHeads).then_some(*document)
        });
        let crowded: BTreeSet<DocumentId> = crowded.collect();
        self.written.extend(&crowded);
        self.crowded.extend(crowded);
    }

    /// Ends the comparing with a server that has revoked this device: it gives nothing more, and takes no more than what waits. Says
    /// whether there was any.
    fn stop_comparing(&mut self) -> bool {
        let comparing = !matches!(self.ladder, Ladder::Level);
        if comparing {
            self.ladder = Ladder::Level;
            self.compared = true;
            self.put_off.clear();
        }
        comparing
    }

    /// Where the session stands after an answer. What the server refused to take back holds up nothing else: each request takes
    /// some of the documents off the list, whatever becomes of them.
    fn climb(&mut self, differing: Vec<WireDiffering>, anew: bool) {
        self.ladder = match std::mem::take(&mut self.ladder) {
            Ladder::Ask if !differing.is_empty() => Ladder::Give(differing),
            Ladder::Give(_) if !self.rest.is_empty() => {
                Ladder::Give(std::mem::take(&mut self.rest))
            }
            Ladder::Level => {
                self.compared &= !anew;
                self.climbs += u32::from(anew);
                return;
            }
            Ladder::Ask | Ladder::Give(_) => Ladder::Level,
        };
        self.compared = true;
        // What waited for something that the server lacked may go now.
        self.put_off.clear();
    }
}

impl SyncSession {
    /// The next request, complete; nothing when both sides are equal. After a lost answer ask again: what was sent may be
    /// sent again, and is taken once.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked.
    /// - [`Error::StorageFull`], [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn next_request(&self) -> Result<Option<HttpRequest>> {
        let mut state = self.state.lock();
        if state.done {
            return Ok(None);
        }
        let open = self.installation.opened()?;
        let (upload, ladder) = state.prepare(&open)?;
        let comparing = !matches!(state.ladder, Ladder::Level);
        let (cursor, budget, wanted) = if comparing {
            (None, 0, Vec::new())
        } else {
            let asked = |tx: &ReadTx<'_>| -> Result<_> {
                Ok((tx.sync_state()?.cursor, tx.wanted_envelopes(MAX_DOCUMENTS)?))
            };
            let (cursor, wanted) = open.store.read(asked)?;
            (cursor, NEWS_BUDGET, wanted)
        };
        // What is decided about a case that the server lost is for after it came back.
        let actions = match comparing {
            true => Vec::new(),
            false => open
                .store
                .read(|tx| open.waiting_actions(tx, &upload.documents))?,
        };
        let Upload {
            documents,
            groups,
            given,
            ids,
            signers,
            unsendable,
        } = upload;
        state.put_off.extend(unsendable);
        let body = pack(&WireRequest {
            version: WIRE_VERSION,
            cursor: cursor.map(ByteArray::new),
            documents,
            groups,
            actions,
            budget,
            ladder,
            wanted,
            signers,
        })?;
        let number = open.store.take_number()?;
        let signed = SignedRequest {
            server: open.identity.server,
            route: SYNC_ROUTE,
            body: &body,
        };
        let proof = sign_request(&open.key, open.identity.device, number, &signed);
        state.in_flight = Some(InFlight { given, ids });
        Ok(Some(post(
            &open.identity.server_url,
            SYNC_ROUTE,
            Some(proof.to_string()),
            body,
        )))
    }

    /// Takes an answer in, whole or not at all.
    ///
    /// # Errors
    /// - [`Error::SyncRejected`]: the server refused the exchange as a whole. With the code `device_revoked` the keys and files of
    ///   this installation are gone once everything it had was taken.
    /// - [`Error::UpgradeRequired`]: the server speaks a newer protocol only.
    /// - [`Error::Interrupted`]: no answer that can be read; ask for the next request and go on.
    /// - [`Error::NotAllowed`]: the record is locked, or no request of this session is under way.
    /// - [`Error::StorageFull`], [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn on_response(&self, status: u16, body: &[u8]) -> Result<SyncProgress> {
        let open = self.installation.opened()?;
        let shown = || -> Result<_> {
            let revision = open.store.read(|tx| tx.revision())?;
            Ok((revision, open.settings()))
        };
        let before = shown()?;
        let progress = self.take_in(&open, status, body)?;
        if shown()? != before {
            self.listener.call();
        }
        Ok(progress)
    }

    fn take_in(&self, open: &Open, status: u16, body: &[u8]) -> Result<SyncProgress> {
        let mut state = self.state.lock();
        let InFlight { given, ids } = state.in_flight.take().ok_or_else(|| Error::NotAllowed {
            reason: "no request of this session is under way".into(),
        })?;
        if status != 200 {
            let error = error::from_answer(status, body);
            if error::is_revoked(&error) && state.stop_comparing() && open.waiting(&[])? {
                return Ok(SyncProgress {
                    more: true,
                    ..SyncProgress::default()
                });
            }
            return Err(self.refused(open, error));
        }
        let mut response: WireResponse = unpack(body)?;
        if response.version != WIRE_VERSION {
            return Err(Error::UpgradeRequired {
                found: u32::from(response.version),
                supported: u32::from(WIRE_VERSION),
                reason: "the server speaks another protocol".into(),
            });
        }
        let differing = std::mem::take(&mut response.differing);
        state.note_crowded(&given, &response.verdicts);
        let asked = Asked {
            given: given.len(),
            ids: &ids,
            put_off: &state.put_off,
            written: &state.written,
            joined: &state.joined,
            comparing: !matches!(state.ladder, Ladder::Level),
            may_compare: state.climbs < MOST_CLIMBS,
        };
        let taken = open.take_in(&asked, response)?;
        let moved = taken.held || taken.progress != SyncProgress::default();
        state.put_off.extend(taken.put_off);
        state.note_joined(taken.written, taken.joined);
        let turned = taken.revoked && state.stop_comparing();
        state.climb(differing, taken.anew);
        let waiting = open.waiting(&state.put_off)?;
        if taken.revoked && !(waiting && (moved || turned)) {
            state.done = true;
            return Err(self.refused(open, error::revoked()));
        }
        let wanted = taken.proven && open.wants_envelopes()?;
        state.done = !(taken.more || waiting || wanted);
        Ok(SyncProgress {
            more: !state.done,
            ..taken.progress
        })
    }

    /// A device that was revoked destroys its keys and files, once nothing waits that the server has not taken.
    fn leave(&self, open: &Open) {
        let pending = open.store.read(|tx| tx.total_sync());
        match pending {
            Ok(sync) if sync.pending == 0 => self.installation.destroy(),
            Ok(_) => {
                tracing::warn!(target: "caseweave::sync", "revoked, and the server does not take what waits")
            }
            Err(error) => {
                tracing::error!(target: "caseweave::sync", %error, "revoked, and the outbox cannot be read")
            }
        }
    }

    /// A number that was used before is no reason to give up: a proxy repeated the request, or a copy of this installation is
    /// about. The next request leaves a gap.
    fn refused(&self, open: &Open, error: Error) -> Error {
        match error {
            revoked if error::is_revoked(&revoked) => {
                self.leave(open);
                revoked
            }
            Error::SyncRejected { code, reason } if code == REPLAYED => {
                match open.store.skip_numbers() {
                    Ok(()) => Error::Interrupted { reason },
                    Err(error) => error.into(),
                }
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_given_back_once_whatever_becomes_of_the_others() {
        let differing = |number: u8| WireDiffering {
            document: DocumentId::from_bytes([number; 16]),
            heads: Vec::new(),
        };
        let mut state = State {
            ladder: Ladder::Ask,
            ..State::default()
        };
        state.climb((0..5).map(differing).collect(), false);
        let mut given = Vec::new();
        while let Ladder::Give(all) = &state.ladder {
            let (batch, rest) = all.split_at(all.len().min(2));
            given.extend(batch.iter().cloned());
            state.rest = rest.to_vec();
            state.climb(Vec::new(), false);
        }
        assert_eq!(given, (0..5).map(differing).collect::<Vec<_>>());
        assert!(state.compared);
    }
}
