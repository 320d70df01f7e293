//! The device's side of an exchange, as far as it is pure: checking what the server sends of a document.

use automerge::Change;

use super::wire::{WireDevice, WireNews, WireRun, WireSnapshot};
use crate::document::{ChangeHash, Document};
use crate::guard::{self, Refusal};
use crate::identity::{Author, Envelope, Receipt, ServerPublicKey, SnapshotClaim, verify_run};
use crate::ids::{DeviceId, DocumentId};

/// Why news of a document do not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The guard refused it.
    #[error("refused by the guard")]
    Refused(#[from] Refusal),
    /// A signature does not hold, or its device did not make what it signs.
    #[error("a signature does not hold")]
    BadSignature,
    /// The runs do not cover the changes one for one.
    #[error("the signatures do not cover the changes")]
    BadRun,
}

impl Unfit {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::BadSignature => "bad_signature",
            Self::BadRun => "bad_run",
        }
    }
}

/// A change from the server that the guard admitted.
#[derive(Debug, Clone)]
pub struct CheckedChange {
    change: Change,
    /// Who made it, where the signature was checked against the key of a known device.
    pub author: Option<Author>,
}

impl CheckedChange {
    /// Its hash.
    pub fn hash(&self) -> ChangeHash {
        self.change.hash().0
    }

    /// Its actor; the guard admits 16 bytes only.
    pub fn actor(&self) -> [u8; 16] {
        let mut actor = [0; 16];
        let bytes = self.change.actor_id().to_bytes();
        actor
            .iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = *from);
        actor
    }

    /// Its number among the actor's changes.
    pub fn sequence(&self) -> u64 {
        self.change.seq()
    }

    /// When it was made, by its device's clock: milliseconds since 1970-01-01T00:00:00Z.
    pub fn claimed_ms(&self) -> i64 {
        self.change.timestamp()
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.change.raw_bytes()
    }
}

/// News of a document whose bytes and known signatures hold.
#[derive(Debug, Clone, Default)]
pub struct CheckedNews {
    /// The changes, in the order they came.
    pub changes: Vec<CheckedChange>,
    /// The signatures over them.
    pub runs: Vec<CheckedRun>,
}

/// A signature over a run of changes, as it came from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedRun {
    /// The envelope.
    pub envelope: Envelope,
    /// Whether its device's key was known and it was checked. What was not is shown as unchecked.
    pub verified: bool,
    /// The server's receipt.
    pub receipt: Option<Receipt>,
}

impl CheckedNews {
    /// Applies the changes to their document, through the guard's trial.
    ///
    /// # Errors
    /// [`Refusal`]; then the document is as it was.
    pub fn apply_to(&self, document: &mut Document) -> Result<(), Refusal> {
        document.apply(
            self.changes
                .iter()
                .map(|checked| checked.change.clone())
                .collect(),
        )
    }
}

/// Runs the guard over the changes of a document's news, and checks every signature whose device `device_of` knows.
///
/// `own` is this device: a run that names no device is its own.
///
/// # Errors
/// [`Unfit`], for the first thing that does not hold.
pub fn check_news<E: From<Unfit>>(
    news: &WireNews,
    own: DeviceId,
    device_of: impl Fn(DeviceId) -> Result<Option<WireDevice>, E>,
) -> Result<CheckedNews, E> {
    let admit = |bytes: &serde_bytes::ByteBuf| guard::admit(bytes).map_err(Unfit::Refused);
    let changes = news
        .changes
        .iter()
        .map(admit)
        .collect::<Result<Vec<Change>, Unfit>>()?;
    let mut checked = CheckedNews::default();
    let mut rest = changes.as_slice();
    for run in &news.runs {
        let count = usize::try_from(run.count).unwrap_or(usize::MAX);
        let (covered, after) = rest.split_at_checked(count).ok_or(Unfit::BadRun)?;
        let envelope = envelope_of(news.document, run, covered, own)?;
        let author = match device_of(envelope.device)? {
            Some(device) => Some(check_run(&envelope, &device, covered)?),
            None => None,
        };
        let verified = author.is_some();
        // Whoever adopted a run did not make it.
        let author = author.filter(|_| !envelope.is_adoption());
        let change = |change: &Change| CheckedChange {
            change: change.clone(),
            author,
        };
        checked.changes.extend(covered.iter().map(change));
        checked.runs.push(CheckedRun {
            envelope,
            verified,
            receipt: run.receipt.map(|receipt| receipt.into_array()),
        });
        rest = after;
    }
    if rest.is_empty() {
        Ok(checked)
    } else {
        Err(Unfit::BadRun.into())
    }
}

fn envelope_of(
    document: DocumentId,
    run: &WireRun,
    covered: &[Change],
    own: DeviceId,
) -> Result<Envelope, Unfit> {
    let last = covered.last().ok_or(Unfit::BadRun)?;
    Ok(run.envelope(document, last.hash().0, own))
}

fn check_run(
    envelope: &Envelope,
    device: &WireDevice,
    covered: &[Change],
) -> Result<Author, Unfit> {
    let author = Author {
        worker: device.worker,
        device: device.device,
    };
    verify_run(envelope, &device.key, &author, covered).map_err(|_| Unfit::BadSignature)?;
    Ok(author)
}

/// Takes a snapshot into a document, if the server signed just these bytes with these heads.
///
/// # Errors
/// [`Unfit`]; then the document is as it was.
pub fn absorb_snapshot(
    document: &mut Document,
    snapshot: &WireSnapshot,
    server: &ServerPublicKey,
) -> Result<(), Unfit> {
    let heads: Vec<ChangeHash> = snapshot
        .heads
        .iter()
        .map(|head| head.into_array())
        .collect();
    let named: Vec<_> = heads
        .iter()
        .map(|head| automerge::ChangeHash(*head))
        .collect();
    let claim = SnapshotClaim {
        document: document.id(),
        heads: &named,
        bytes: &snapshot.bytes,
    };
    server
        .verify_snapshot(&claim, &snapshot.signature.into_array())
        .map_err(|_| Unfit::BadSignature)?;
    Ok(document.absorb(&snapshot.bytes, &heads)?)
}
