//! Envelopes: one signature for a run of changes.
//!
//! Each change names its predecessor by hash, and the hash of a change covers its operations, dependencies, sequence number,
//! time and author. So a signature over the hash of the last change of a run, and the length of the run, covers all of it.

use automerge::Change;
use serde::{Deserialize, Serialize};

use super::actor::{ActorBytes, Author, Session, actor_for};
use super::device_key::{DeviceKey, DevicePublicKey};
use super::statement::Statement;
use crate::ids::{DeviceId, DocumentId};

/// The layout of what an envelope signs.
pub const ENVELOPE_VERSION: u8 = 1;

/// The layout of an adoption: the same fields, with another meaning. Whoever signs did not make the run, which nobody can prove any
/// more, and answers for it.
pub const ADOPTION_VERSION: u8 = 2;

const PURPOSE: &str = "caseweave 2026 envelope v1";

/// What a device says of a run of consecutive changes that one of its actors made in one document, and its signature.
///
/// Times are claims: they are shown beside the server's time of receipt and decide nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Layout of the signed bytes: [`ENVELOPE_VERSION`], or [`ADOPTION_VERSION`].
    pub version: u8,
    /// The document the changes belong to.
    pub document: DocumentId,
    /// Automerge's hash of the last change of the run.
    #[serde(with = "serde_bytes")]
    pub last_change: [u8; 32],
    /// How many changes the run has, at least 1.
    pub count: u32,
    /// The run of the app the changes were made in.
    pub session: Session,
    /// The device that made the changes, or adopted them.
    pub device: DeviceId,
    /// Counts the envelopes of the device from 1, over all documents, so that a missing one shows.
    pub counter: u64,
    /// The device's clock when the run was closed, milliseconds since 1970-01-01T00:00:00Z.
    pub wall_ms: i64,
    /// Milliseconds of a clock that nobody can set, counted from the start of the session.
    pub monotonic_ms: i64,
    /// Ed25519 over the fields above.
    #[serde(with = "serde_bytes")]
    pub signature: [u8; 64],
}

/// What goes into an [`Envelope`] before it is signed; the fields mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvelopeFields {
    /// The document the changes belong to.
    pub document: DocumentId,
    /// Automerge's hash of the last change of the run.
    pub last_change: [u8; 32],
    /// How many changes the run has, at least 1.
    pub count: u32,
    /// The run of the app the changes were made in.
    pub session: Session,
    /// The device that made the changes.
    pub device: DeviceId,
    /// Counts the envelopes of the device from 1.
    pub counter: u64,
    /// The device's clock, milliseconds since 1970-01-01T00:00:00Z.
    pub wall_ms: i64,
    /// Milliseconds since the start of the session.
    pub monotonic_ms: i64,
}

/// Why an envelope does not prove what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The layout is not one this version knows.
    #[error("envelope version {found} is unknown, {ADOPTION_VERSION} is the newest supported")]
    UnknownVersion {
        /// The version it says.
        found: u8,
    },
    /// The device did not sign these fields.
    #[error("envelope is not signed by the device")]
    BadSignature,
    /// The author is registered with another device than the one that signed.
    #[error("envelope is from another device than the author's")]
    WrongDevice,
    /// The run has no change.
    #[error("envelope covers no change")]
    EmptyRun,
    /// The run has more or fewer changes than the envelope says.
    #[error("envelope covers {claimed} changes, {found} came")]
    WrongCount {
        /// What the envelope says.
        claimed: u32,
        /// How many there are.
        found: usize,
    },
    /// A change is by an actor that is not this device's in this document and session.
    #[error("change {position} of the run is by another actor")]
    WrongActor {
        /// Which change of the run, counted from 0.
        position: usize,
    },
    /// Sequence numbers do not follow each other.
    #[error("change {position} of the run has sequence number {found} instead of {expected}")]
    OutOfSequence {
        /// Which change of the run, counted from 0.
        position: usize,
        /// The number that was due.
        expected: u64,
        /// The number it has.
        found: u64,
    },
    /// A change does not depend on the one before it.
    #[error("change {position} of the run does not name its predecessor")]
    PredecessorNotNamed {
        /// Which change of the run, counted from 0.
        position: usize,
    },
    /// The run ends with another change than the one that was signed for.
    #[error("last change of the run is another one than signed for")]
    WrongLastChange,
    /// The actor's first change does not say who the author is.
    #[error("first change of the actor names no author")]
    AuthorMissing,
    /// The actor's first change names another author than the device's worker.
    #[error("first change of the actor names another author")]
    WrongAuthor,
    /// A later change of the actor names an author again.
    #[error("change {position} of the run names an author though it is not the actor's first")]
    UnexpectedAuthor {
        /// Which change of the run, counted from 0.
        position: usize,
    },
}

impl Envelope {
    /// Signs a run of changes.
    pub fn sign(key: &DeviceKey, fields: EnvelopeFields) -> Self {
        Self::sign_as(ENVELOPE_VERSION, key, fields)
    }

    /// Answers for a run of changes that somebody else made and nobody can prove any more.
    pub fn adopt(key: &DeviceKey, fields: EnvelopeFields) -> Self {
        Self::sign_as(ADOPTION_VERSION, key, fields)
    }

    /// Whether whoever signed answers for work of somebody else.
    pub fn is_adoption(&self) -> bool {
        self.version == ADOPTION_VERSION
    }

    fn sign_as(version: u8, key: &DeviceKey, fields: EnvelopeFields) -> Self {
        let EnvelopeFields {
            document,
            last_change,
            count,
            session,
            device,
            counter,
            wall_ms,
            monotonic_ms,
        } = fields;
        let mut envelope = Self {
            version,
            document,
            last_change,
            count,
            session,
            device,
            counter,
            wall_ms,
            monotonic_ms,
            signature: [0; 64],
        };
        envelope.signature = key.sign(&envelope.statement());
        envelope
    }

    /// Checks that the holder of `key` signed these fields. Says nothing yet of the changes: see [`verify_run`].
    ///
    /// # Errors
    /// - [`EnvelopeError::UnknownVersion`]: made by a newer version.
    /// - [`EnvelopeError::BadSignature`]: another key, or a field differs.
    pub fn verify(&self, key: &DevicePublicKey) -> Result<(), EnvelopeError> {
        if !matches!(self.version, ENVELOPE_VERSION | ADOPTION_VERSION) {
            return Err(EnvelopeError::UnknownVersion {
                found: self.version,
            });
        }
        key.verify(&self.statement(), &self.signature)
            .map_err(|_| EnvelopeError::BadSignature)
    }

    /// The actor that made the run, if `key` signed the envelope.
    pub fn actor(&self, key: &DevicePublicKey) -> ActorBytes {
        actor_for(key, self.document, &self.session)
    }

    /// Layout: version (1) · document (16) · last change (32) · count (4) · session (16) · device (16) · counter (8) ·
    /// wall time (8) · monotonic time (8).
    pub(super) fn statement(&self) -> Statement {
        Statement::new(PURPOSE)
            .fixed(&[self.version])
            .fixed(&self.document.to_bytes())
            .fixed(&self.last_change)
            .fixed(&self.count.to_be_bytes())
            .fixed(&self.session.0)
            .fixed(&self.device.to_bytes())
            .fixed(&self.counter.to_be_bytes())
            .fixed(&self.wall_ms.to_be_bytes())
            .fixed(&self.monotonic_ms.to_be_bytes())
    }
}

/// Checks that `changes`, in order, are the run that `envelope` covers, made by `author` on the device with `key`; or, of an
/// adoption, that they are one actor's run for which `author` answers.
///
/// What it cannot see: whether the first change's predecessor is in the document. The guard's trial looks at that.
///
/// # Errors
/// One of [`EnvelopeError`], named after the first thing that is wrong.
pub fn verify_run(
    envelope: &Envelope,
    key: &DevicePublicKey,
    author: &Author,
    changes: &[Change],
) -> Result<(), EnvelopeError> {
    envelope.verify(key)?;
    if author.device != envelope.device {
        return Err(EnvelopeError::WrongDevice);
    }
    let last = changes.last().ok_or(EnvelopeError::EmptyRun)?;
    if u32::try_from(changes.len()) != Ok(envelope.count) {
        return Err(EnvelopeError::WrongCount {
            claimed: envelope.count,
            found: changes.len(),
        });
    }
    if last.hash().0 != envelope.last_change {
        return Err(EnvelopeError::WrongLastChange);
    }
    let actor = match envelope.is_adoption() {
        true => last.actor_id().to_bytes().to_vec(),
        false => envelope.actor(key).to_vec(),
    };
    for (position, change) in changes.iter().enumerate() {
        if change.actor_id().to_bytes() != actor {
            return Err(EnvelopeError::WrongActor { position });
        }
        if !envelope.is_adoption() {
            check_author(position, change, author)?;
        }
    }
    changes
        .windows(2)
        .enumerate()
        .try_for_each(|(position, pair)| check_succession(position + 1, pair))
}

fn check_author(position: usize, change: &Change, author: &Author) -> Result<(), EnvelopeError> {
    match (change.seq(), change.author()) {
        (1, None) => Err(EnvelopeError::AuthorMissing),
        (1, Some(named)) if named.as_bytes() == author.to_bytes() => Ok(()),
        (1, Some(_)) => Err(EnvelopeError::WrongAuthor),
        (_, Some(_)) => Err(EnvelopeError::UnexpectedAuthor { position }),
        (_, None) => Ok(()),
    }
}

fn check_succession(position: usize, pair: &[Change]) -> Result<(), EnvelopeError> {
    let [before, change] = pair else {
        return Ok(());
    };
    let expected = before.seq().saturating_add(1);
    if change.seq() != expected {
        return Err(EnvelopeError::OutOfSequence {
            position,
            expected,
            found: change.seq(),
        });
    }
    if !change.deps().contains(&before.hash()) {
        return Err(EnvelopeError::PredecessorNotNamed { position });
    }
    Ok(())
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
