//! The messages of the protocol, version 2. CBOR maps with one-letter keys, packed by [`super::pack`].
//!
//! Unknown keys are ignored and missing ones take their default, so a newer side can add. What a key means never changes.
//! core/docs/protocol.md tells the same in words.

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use super::Digest;
use crate::identity::{
    ADOPTION_VERSION, DevicePublicKey, ENVELOPE_VERSION, Envelope, Receipt, ServerPublicKey,
    Session,
};
use crate::ids::{DeviceId, DocumentId, EntityId, OrganisationId, ScopeId, ServerId, WorkerId};

/// The protocol this version speaks.
pub const WIRE_VERSION: u8 = 2;

/// The route of an exchange.
pub const SYNC_ROUTE: &str = "/v1/sync";
/// The route of an enrolment.
pub const ENROL_ROUTE: &str = "/v1/enrol";
/// The media type of every body, both ways.
pub const MEDIA_TYPE: &str = "application/vnd.caseweave.v1+cbor-zstd";

/// A place in the server's feed, as the server names it to one device. Means nothing to anyone else.
pub type Cursor = ByteArray<16>;

/// One request of an exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireRequest {
    /// Protocol version.
    #[serde(rename = "v")]
    pub version: u8,
    /// Where the last page that was applied ended; nothing before the first.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// What is uploaded of each document, the changes in the order they were made.
    #[serde(rename = "d", default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<WireUpload>,
    /// Which changes stand or fall together, in the order they were made.
    #[serde(rename = "g", default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<WireGroup>,
    /// What the worker decided about access, in the order of the decisions.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<WireAction>,
    /// How many bytes of news the device wants in one response, each snapshot compressed by itself and changes not: a body is
    /// shorter. The server may send fewer.
    #[serde(rename = "b")]
    pub budget: u32,
    /// What the device believes the server to have of each document. Given when the two do not add up; the answer names
    /// those that differ.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub ladder: Option<Vec<WireRung>>,
    /// Documents whose signatures the device lacks, and closed drafts that it lacks itself; at most
    /// [`super::server::MAX_DOCUMENTS`].
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<DocumentId>,
    /// With work of others that is given back: the devices that signed it. A server that was set back may have forgotten them.
    #[serde(rename = "k", default, skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<WireDevice>,
}

/// One document as a device believes the server to have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireRung {
    /// The document.
    #[serde(rename = "i")]
    pub document: DocumentId,
    /// The first bytes of the document's [`super::fingerprint`].
    #[serde(rename = "f")]
    pub fingerprint: ByteArray<8>,
}

/// What a request uploads of one document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireUpload {
    /// The document.
    #[serde(rename = "i")]
    pub document: DocumentId,
    /// Given when the first group that touches it creates it.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub creates: Option<WireCreation>,
    /// Automerge change chunks, not deflated.
    #[serde(rename = "c")]
    pub changes: Vec<ByteBuf>,
    /// Signatures over the changes: the first run covers the first `count` changes, the next the following, until the end.
    #[serde(rename = "r")]
    pub runs: Vec<WireRun>,
}

/// What a new document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireCreation {
    /// Its kind.
    #[serde(rename = "k")]
    pub kind: DocumentKind,
    /// The scope it belongs to, for ever.
    #[serde(rename = "s")]
    pub scope: ScopeId,
}

/// What a document is, as the protocol and the server see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DocumentKind {
    /// A case's main record. Names its scope.
    #[serde(rename = "c")]
    Case,
    /// The draft of a note, in the scope of its case.
    #[serde(rename = "n")]
    Note,
}

/// One upload group: what one local call changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireGroup {
    /// The day of the case's next planned visit, in days since 1970-01-01.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub next_on: Option<i32>,
    /// Its parts.
    #[serde(rename = "p")]
    pub parts: Vec<WirePart>,
}

/// A group's part in one document: the next `count` changes of that document that no earlier group took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WirePart {
    /// Index into the request's documents.
    #[serde(rename = "d")]
    pub document: u32,
    /// How many changes.
    #[serde(rename = "c")]
    pub count: u32,
}

/// A signature over a run of consecutive changes of one actor in one document.
///
/// What an [`Envelope`] holds beside this stands around it: the document, and the last change's hash, which whoever reads
/// computes from the change itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireRun {
    /// The device that made the changes; nothing when it is the sender of the request.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// The device's session.
    #[serde(rename = "s")]
    pub session: Session,
    /// How many changes the run covers.
    #[serde(rename = "n")]
    pub count: u32,
    /// The device's count of envelopes.
    #[serde(rename = "c")]
    pub counter: u64,
    /// The device's wall clock: milliseconds since 1970-01-01T00:00:00Z.
    #[serde(rename = "w")]
    pub wall_ms: i64,
    /// The device's monotonic clock: milliseconds since the session began.
    #[serde(rename = "m")]
    pub monotonic_ms: i64,
    /// Ed25519 signature of the envelope.
    #[serde(rename = "x")]
    pub signature: ByteArray<64>,
    /// Whether the device did not make the changes but answers for them: nobody can prove any more who made them.
    #[serde(rename = "a", default, skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
    /// The server's receipt: given with news, and shown by whoever gives back the work of somebody else.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ByteArray<8>>,
}

impl WireRun {
    /// What travels of an envelope, with the receipt if there is one.
    pub fn of(envelope: &Envelope, sender: Option<DeviceId>, receipt: Option<Receipt>) -> Self {
        Self {
            adopted: envelope.is_adoption(),
            receipt: receipt.map(ByteArray::new),
            device: (sender != Some(envelope.device)).then_some(envelope.device),
            session: envelope.session,
            count: envelope.count,
            counter: envelope.counter,
            wall_ms: envelope.wall_ms,
            monotonic_ms: envelope.monotonic_ms,
            signature: ByteArray::new(envelope.signature),
        }
    }

    /// The envelope that the run stands for.
    pub fn envelope(
        &self,
        document: DocumentId,
        last_change: [u8; 32],
        sender: DeviceId,
    ) -> Envelope {
        Envelope {
            version: match self.adopted {
                true => ADOPTION_VERSION,
                false => ENVELOPE_VERSION,
            },
            document,
            last_change,
            count: self.count,
            session: self.session,
            device: self.device.unwrap_or(sender),
            counter: self.counter,
            wall_ms: self.wall_ms,
            monotonic_ms: self.monotonic_ms,
            signature: self.signature.into_array(),
        }
    }
}

/// One response of an exchange: a page of the feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireResponse {
    /// Protocol version.
    #[serde(rename = "v")]
    pub version: u8,
    /// The cursor of the request. A page is applied only where the device still stands there.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Cursor>,
    /// Where the page ends.
    #[serde(rename = "c")]
    pub cursor: Cursor,
    /// What became of the groups that were not simply stored. A group that is not named is stored for good.
    #[serde(rename = "g", default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<WireVerdict>,
    /// News of documents, what the next days need first; and closed drafts that were wanted, as many as fit.
    #[serde(rename = "d", default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<WireNews>,
    /// Devices whose signatures come for the first time.
    #[serde(rename = "e", default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<WireDevice>,
    /// What became of the request's actions.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<WireActionResult>,
    /// Who may do what since the cursor: beginnings, changes and ends of grants on scopes the worker may read, and the end of
    /// the worker's own.
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<WireAccess>,
    /// Workers of the agency that are new or renamed since the cursor.
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty")]
    pub workers: Vec<WireWorker>,
    /// Late work that waits for a lead's word, on scopes that the worker leads, and what was decided of it.
    #[serde(rename = "h", default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<WireHeld>,
    /// What the device should hold once everything is applied, closed drafts left out; on the last page only.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Whether another page waits.
    #[serde(rename = "m", default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// The server does not know the request's cursor, as after it was restored from a backup. It took nothing of what was
    /// uploaded; the page begins anew.
    #[serde(rename = "r", default, skip_serializing_if = "std::ops::Not::not")]
    pub restart: bool,
    /// The documents of the request's ladder that differ.
    #[serde(rename = "l", default, skip_serializing_if = "Vec::is_empty")]
    pub differing: Vec<WireDiffering>,
    /// The signatures of wanted documents, of as many as fit. One that is not named is to be asked for again.
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<WireProofs>,
    /// The devices of these signatures.
    #[serde(rename = "k", default, skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<WireDevice>,
    /// Late work of the device's worker that a lead declined, on scopes that the worker may read.
    #[serde(rename = "n", default, skip_serializing_if = "Vec::is_empty")]
    pub declined: Vec<WireDeclined>,
    /// Settings of the agency since the cursor, in the order they were set: the last ones are in force.
    #[serde(rename = "t", default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<WireSettings>,
    /// The device was revoked. The server took what was uploaded, gives no news, and takes nothing else.
    #[serde(rename = "z", default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
}

/// Every signature that the server has over changes of one document; none of one that the worker may not see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireProofs {
    /// The document.
    #[serde(rename = "i")]
    pub document: DocumentId,
    /// The signatures.
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<WireProof>,
}

/// A signature apart from the changes it covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireProof {
    /// The hash of the last change it covers.
    #[serde(rename = "h")]
    pub last: ByteArray<32>,
    /// The signature; its device is named.
    #[serde(rename = "r")]
    pub run: WireRun,
}

/// Settings of the agency in one version. What they say is no matter of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireSettings {
    /// The version.
    #[serde(rename = "v")]
    pub version: i64,
    /// The settings as JSON. Of versions that others followed, no more than what records are judged by.
    #[serde(rename = "t")]
    pub text: String,
}

/// Late work that a lead declined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireDeclined {
    /// The scope it belongs to.
    #[serde(rename = "s")]
    pub scope: ScopeId,
    /// The hashes of its changes.
    #[serde(rename = "c")]
    pub changes: Vec<ByteArray<32>>,
}

/// One document that the server has otherwise than the device believes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireDiffering {
    /// The document.
    #[serde(rename = "i")]
    pub document: DocumentId,
    /// The server's heads, sorted; none where it has no such document that the worker may see.
    #[serde(rename = "h", default, skip_serializing_if = "Vec::is_empty")]
    pub heads: Vec<ByteArray<32>>,
}

/// What became of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireVerdict {
    /// Index into the request's groups.
    #[serde(rename = "g")]
    pub group: u32,
    /// What became of it.
    #[serde(rename = "k")]
    pub verdict: Verdict,
}

/// What became of an uploaded group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Kept aside until a lead accepts it.
    #[serde(rename = "h")]
    Held,
    /// The server lacks changes that this group follows; they are named. Send them with it.
    #[serde(rename = "m")]
    MissingDependencies(Vec<ByteArray<32>>),
    /// The document would have more heads than it may. Take in the news, and send the group with a change that joins them.
    #[serde(rename = "t")]
    TooManyHeads,
    /// Nothing is wrong with the group itself, but one it hangs together with was refused. Sign again without that one.
    #[serde(rename = "r")]
    Resubmit,
    /// Refused for good.
    #[serde(rename = "x")]
    Refused(Refused),
}

/// Why a group was refused for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Refused {
    /// No right to write there, or no such document: one answer for both.
    #[serde(rename = "n")]
    NotAllowed,
    /// Another change stands under the same actor and sequence number.
    #[serde(rename = "f")]
    ActorFork,
    /// Bytes, signature or authorship do not hold.
    #[serde(rename = "i")]
    Invalid,
    /// Past a limit.
    #[serde(rename = "l")]
    TooLarge,
}

impl Refused {
    /// Stable code for apps and support.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAllowed => "not_allowed",
            Self::ActorFork => "actor_fork",
            Self::Invalid => "invalid",
            Self::TooLarge => "too_large",
        }
    }
}

/// News of one document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireNews {
    /// The document.
    #[serde(rename = "i")]
    pub document: DocumentId,
    /// Its kind.
    #[serde(rename = "k")]
    pub kind: DocumentKind,
    /// Its scope.
    #[serde(rename = "s")]
    pub scope: ScopeId,
    /// Stands for every change up to its heads.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<WireSnapshot>,
    /// Automerge change chunks, not deflated, in an order in which each follows what it depends on.
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ByteBuf>,
    /// Signatures over the changes, as in an upload; every device is named.
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<WireRun>,
}

/// A document as the server saved it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireSnapshot {
    /// What automerge saved.
    #[serde(rename = "b")]
    pub bytes: ByteBuf,
    /// The document's heads, sorted.
    #[serde(rename = "h")]
    pub heads: Vec<ByteArray<32>>,
    /// The server's signature over document, heads and bytes.
    #[serde(rename = "x")]
    pub signature: ByteArray<64>,
}

/// A device, so that its signatures can be checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireDevice {
    /// The device.
    #[serde(rename = "d")]
    pub device: DeviceId,
    /// Whose it is.
    #[serde(rename = "w")]
    pub worker: WorkerId,
    /// The worker's name as shown.
    #[serde(rename = "n")]
    pub name: String,
    /// Its key.
    #[serde(rename = "k")]
    pub key: DevicePublicKey,
}

/// What a worker may do in a scope. Each role includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Reads.
    #[serde(rename = "r")]
    Reader,
    /// Reads and writes.
    #[serde(rename = "c")]
    Contributor,
    /// Reads, writes, and decides who else may.
    #[serde(rename = "l")]
    Lead,
}

/// A decision about access. The id makes a repeated one be the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireAction {
    /// The decision's id.
    #[serde(rename = "i")]
    pub id: EntityId,
    /// The scope it is about.
    #[serde(rename = "s")]
    pub scope: ScopeId,
    /// What was decided.
    #[serde(rename = "k")]
    pub action: AccessAction,
}

/// What a lead can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessAction {
    /// Gives a worker a role, or another one.
    #[serde(rename = "s")]
    Share {
        /// To whom.
        #[serde(rename = "w")]
        worker: WorkerId,
        /// Which role.
        #[serde(rename = "r")]
        role: Role,
        /// Until when: milliseconds since 1970-01-01T00:00:00Z by the server's clock; nothing for no end.
        #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
        until_ms: Option<i64>,
    },
    /// Takes a worker's role away. A worker may also give up the own role.
    #[serde(rename = "x")]
    Withdraw {
        /// From whom.
        #[serde(rename = "w")]
        worker: WorkerId,
    },
    /// Gives everybody in the agency a role who has none in the scope, and those who come later. It is not taken back as a whole;
    /// a worker's own role is, by `Withdraw`.
    #[serde(rename = "e")]
    ShareWithAll {
        /// Which role; any but that of a lead.
        #[serde(rename = "r")]
        role: Role,
    },
    /// Lets late work into the record.
    #[serde(rename = "a")]
    AcceptHeld {
        /// Which.
        #[serde(rename = "h")]
        held: EntityId,
    },
    /// Keeps late work out of the record; it stays for audit.
    #[serde(rename = "d")]
    DeclineHeld {
        /// Which.
        #[serde(rename = "h")]
        held: EntityId,
    },
}

/// What became of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireActionResult {
    /// The action.
    #[serde(rename = "i")]
    pub id: EntityId,
    /// What became of it.
    #[serde(rename = "k")]
    pub result: ActionResult,
}

/// What became of a decision about access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionResult {
    /// It holds.
    #[serde(rename = "d")]
    Done,
    /// No right to decide that, or no such scope, worker or late work: one answer for all.
    #[serde(rename = "n")]
    NotAllowed,
}

/// A worker's role in a scope from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireAccess {
    /// The scope.
    #[serde(rename = "s")]
    pub scope: ScopeId,
    /// The worker.
    #[serde(rename = "w")]
    pub worker: WorkerId,
    /// The role; nothing when it ended.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Until when, by the server's clock. Of a role that ended and is told to a device that begins anew, until when it would have been.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// Its place in the server's feed: a later word about the same role has a higher one, unless the server was set back between them.
    #[serde(rename = "q", default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
}

/// A worker of the agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireWorker {
    /// The worker.
    #[serde(rename = "w")]
    pub worker: WorkerId,
    /// The name as shown.
    #[serde(rename = "n")]
    pub name: String,
}

/// One group of late work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireHeld {
    /// Its id.
    #[serde(rename = "i")]
    pub id: EntityId,
    /// The scope it belongs to.
    #[serde(rename = "s")]
    pub scope: ScopeId,
    /// Whose work it is.
    #[serde(rename = "w")]
    pub worker: WorkerId,
    /// When the server had it: milliseconds since 1970-01-01T00:00:00Z.
    #[serde(rename = "t")]
    pub received_ms: i64,
    /// The names of its intentions, separated by commas, as its changes' messages say.
    #[serde(rename = "m")]
    pub intentions: String,
    /// Whether it still waits; otherwise it was accepted or declined.
    #[serde(rename = "o")]
    pub open: bool,
}

/// An enrolment request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireEnrol {
    /// Protocol version.
    #[serde(rename = "v")]
    pub version: u8,
    /// The one-time secret of the link.
    #[serde(rename = "s")]
    pub secret: ByteBuf,
    /// The device's public key.
    #[serde(rename = "k")]
    pub key: DevicePublicKey,
    /// Proof that the device holds the private key.
    #[serde(rename = "x")]
    pub proof: ByteArray<64>,
}

/// What an enrolled device is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireEnrolled {
    /// Protocol version.
    #[serde(rename = "v")]
    pub version: u8,
    /// The server.
    #[serde(rename = "s")]
    pub server: ServerId,
    /// The key that signs snapshots.
    #[serde(rename = "p")]
    pub server_key: ServerPublicKey,
    /// The agency.
    #[serde(rename = "o")]
    pub organisation: OrganisationId,
    /// The device's id.
    #[serde(rename = "d")]
    pub device: DeviceId,
    /// Whose device it is.
    #[serde(rename = "w")]
    pub worker: WorkerId,
    /// The worker's name as shown.
    #[serde(rename = "n")]
    pub name: String,
}

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireError {
    /// Stable code, such as `bad_signature`.
    #[serde(rename = "c")]
    pub code: String,
    /// For the developer; no record content.
    #[serde(rename = "r")]
    pub reason: String,
    /// With `replayed_number`: the highest request number the server may have seen. The device goes on above it.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
}
