//! Signatures on a visit: the person's, drawn on the device, and the worker's, over what the visit says.
//!
//! A worker's signature names a digest of the visit and of the parts it covers, so that whoever reads it sees whether they still say
//! what was signed. That the worker's device wrote it is proved by the change it stands in.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use super::entity::{Entity, entity};
use super::plan::check as checked;
use super::record::{EXTENSION_PREFIX, REMOVED, REMOVED_REASON};
use super::timeline::{Step, Story, When};
use super::value::{FieldType, open_enum};
use super::visit::{owned, standing};
use super::{
    Attachment, AttachmentKind, Entry, Invalid, Kind, MAX_NAME, Plan, Value, VisitFact,
    VisitStatus, check,
};
use crate::ids::{EntityId, WorkerId};

open_enum! {
    /// Who signed at a visit.
    SignerRole {
        /// The person whom the case serves.
        Person = "person",
        /// A parent or guardian.
        Guardian = "guardian",
        /// Somebody else whom the person or a court named.
        Representative = "representative",
        /// A relative or friend who cares for the person.
        Family = "family",
        /// Staff of the facility where the person lives.
        Facility = "facility",
    }
}

open_enum! {
    /// Why nobody signed.
    NoSignatureReason {
        /// The person did not want to.
        Refused = "refused",
        /// The person cannot sign, and nobody is there who may.
        Unable = "unable",
        /// The person was not there any more.
        Absent = "absent",
        /// It was not safe: an infection, an emergency.
        Unsafe = "unsafe",
        /// By phone or video.
        Remote = "remote",
        /// The device failed.
        DeviceTrouble = "device_trouble",
    }
}

entity! {
    /// The person's signature on a visit, or why there is none. Written once.
    VisitSignature of VisitSignature {
        own {
            /// The visit.
            visit: EntityId,
            /// Who signed.
            signer: SignerRole,
            /// The signer's name, where it is not the person's.
            name: String,
            /// The picture of the signature.
            attachment: EntityId,
            /// BLAKE3 of the picture's bytes when it was signed, in 64 lower-case hexadecimal digits.
            digest: String,
            /// When it was drawn, by the device's clock.
            signed_at: DateTime<Utc>,
            /// Why there is none.
            missing: NoSignatureReason,
            /// In words.
            memo: String,
        }
    }
}

entity! {
    /// A worker's signature over a visit as it stood. Written once.
    SignedVisit of SignedVisit {
        own {
            /// The visit.
            visit: EntityId,
            /// Who signed.
            signer: WorkerId,
            /// When, by the signer's device.
            signed_at: DateTime<Utc>,
            /// The events, corrections and signatures that the visit had.
            covers: Vec<EntityId>,
            /// BLAKE3 over the visit and what is covered, in 64 lower-case hexadecimal digits.
            digest: String,
        }
    }
}

/// A worker's signature over a visit, held against the visit as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedVisitView {
    /// What was signed.
    pub signed: SignedVisit,
    /// Whether the visit and what was covered still say what was signed.
    pub intact: bool,
    /// Events, corrections and signatures that came after, or apart.
    pub added_since: Vec<EntityId>,
}

/// The person's signature as the device took it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PersonSignature {
    /// Drawn on the device.
    Drawn {
        /// The picture: an attachment of the case, of the kind signature.
        attachment: EntityId,
        /// Who signed.
        signer: SignerRole,
        /// The signer's name, where it is not the person's.
        name: Option<String>,
        /// When, by the device's clock.
        at: DateTime<Utc>,
    },
    /// There is none.
    Missing {
        /// Why.
        reason: NoSignatureReason,
        /// In words.
        memo: Option<String>,
    },
}

/// What a worker's signature covers beside the visit itself.
pub(crate) const COVERED: [Kind; 3] = [
    Kind::VisitEvent,
    Kind::VisitCorrection,
    Kind::VisitSignature,
];

/// Plans the person's signature. An app may take it before or after check-out.
pub(super) fn record(
    plan: &mut Plan<'_>,
    id: EntityId,
    visit: EntityId,
    signature: &PersonSignature,
) -> Result<(), Invalid> {
    let states = [VisitStatus::InProgress, VisitStatus::Completed];
    standing(plan, visit, &states, "signed for")?;
    let mut fields = owned([("visit", visit.to_value())]);
    fields.extend(match signature {
        PersonSignature::Drawn {
            attachment,
            signer,
            name,
            at,
        } => drawn(plan, *attachment, (signer, name.as_deref()), at)?,
        PersonSignature::Missing { reason, memo } => missing(reason, memo.as_deref())?,
    });
    plan.create_with(Kind::VisitSignature, id, fields)
}

fn drawn(
    plan: &Plan<'_>,
    attachment: EntityId,
    (signer, name): (&SignerRole, Option<&str>),
    at: &DateTime<Utc>,
) -> Result<Vec<(String, Value)>, Invalid> {
    let picture = Attachment::from_entry(&plan.present(Kind::Attachment, attachment)?);
    let digest = picture
        .hash
        .filter(|_| picture.sort == Some(AttachmentKind::Signature));
    let digest =
        digest.ok_or_else(|| Invalid::field("visit_signature.attachment", "is not a signature"))?;
    checked("visit_signature.signer", signer.code(), check::code)?;
    checked("visit_signature.signed_at", at, check::moment)?;
    let mut fields = owned([
        ("signer", signer.to_value()),
        ("attachment", attachment.to_value()),
        ("digest", digest.to_value()),
        ("signed_at", at.to_value()),
    ]);
    if let Some(name) = name {
        checked("visit_signature.name", name, check::line::<MAX_NAME>)?;
        fields.extend(owned([("name", Value::trimmed(name))]));
    }
    Ok(fields)
}

fn missing(
    reason: &NoSignatureReason,
    memo: Option<&str>,
) -> Result<Vec<(String, Value)>, Invalid> {
    checked("visit_signature.missing", reason.code(), check::code)?;
    let mut fields = owned([("missing", reason.to_value())]);
    if let Some(memo) = memo {
        checked("visit_signature.memo", memo, check::lines::<2_000>)?;
        fields.extend(owned([("memo", Value::trimmed(memo))]));
    }
    Ok(fields)
}

/// Plans a worker's signature over a visit. Signing what the same worker has signed as it stands does nothing.
pub(super) fn sign(plan: &mut Plan<'_>, visit: EntityId) -> Result<(), Invalid> {
    standing(plan, visit, &[VisitStatus::Completed], "signed")?;
    let entry = plan.present(Kind::Visit, visit)?;
    let parts: Vec<Entry> = COVERED
        .iter()
        .flat_map(|kind| plan.parts(*kind, visit))
        .collect();
    let digest = digest(&entry, parts.iter());
    let worker = plan.worker;
    let again = |earlier: &Entry| {
        let earlier = SignedVisit::from_entry(earlier);
        earlier.signer == Some(worker) && earlier.digest.as_ref() == Some(&digest)
    };
    if plan.parts(Kind::SignedVisit, visit).iter().any(again) {
        return Ok(());
    }
    let covers: Vec<EntityId> = parts.iter().map(|part| part.id).collect();
    let now = plan.now;
    let fields = owned([
        ("visit", visit.to_value()),
        ("signer", worker.to_value()),
        ("signed_at", now.to_value()),
        ("covers", covers.to_value()),
        ("digest", digest.to_value()),
    ]);
    let key = key(visit, (worker, now), &digest);
    plan.create_with(Kind::SignedVisit, key, fields)
}

/// The id of a signature: the digest of who signed what, and when.
fn key(visit: EntityId, (signer, at): (WorkerId, DateTime<Utc>), digest: &str) -> EntityId {
    let mut hasher = blake3::Hasher::new_derive_key("caseweave 2026 signature of a visit v1");
    hasher.update(&visit.to_bytes());
    hasher.update(&signer.to_bytes());
    hasher.update(&at.timestamp_millis().to_be_bytes());
    hasher.update(digest.as_bytes());
    EntityId::of_digest(&hasher)
}

/// Names what a visit and its parts say: each entry by id with its fields. Whether one is removed, and what embedding apps keep with
/// it, is not part of what is signed.
fn digest<'a>(visit: &'a Entry, parts: impl Iterator<Item = &'a Entry>) -> String {
    let signed = |(key, value): &(&String, &Value)| {
        let beside = [REMOVED, REMOVED_REASON].contains(&key.as_str());
        !beside && !key.starts_with(EXTENSION_PREFIX) && **value != Value::Null
    };
    let facts = |entry: &'a Entry| {
        let fields: Vec<_> = entry.fields.iter().filter(signed).collect();
        (entry.id, fields)
    };
    let mut all: Vec<_> = std::iter::once(visit).chain(parts).map(facts).collect();
    all.sort_by_key(|(id, _)| *id);
    let json = serde_json::to_vec(&all).expect("ids, texts and numbers are JSON");
    blake3::hash(&json).to_hex().to_string()
}

/// A worker's signature held against the visit and its parts as they stand.
pub(crate) fn compare(
    signed: SignedVisit,
    visit: &Entry,
    parts: &[Cow<'_, Entry>],
) -> SignedVisitView {
    let covers = signed.covers.clone().unwrap_or_default();
    let (covered, since): (Vec<&Entry>, Vec<&Entry>) = parts
        .iter()
        .map(AsRef::as_ref)
        .partition(|part| covers.contains(&part.id));
    let stands = digest(visit, covered.into_iter());
    let by = signed.signer.zip(signed.signed_at);
    let named = by.map(|by| key(visit.id, by, &stands));
    SignedVisitView {
        // An entry that was tampered with no longer bears its own name.
        intact: signed.digest.as_ref() == Some(&stands) && named == Some(signed.meta.id),
        added_since: since.iter().map(|part| part.id).collect(),
        signed,
    }
}

impl Story for VisitSignature {
    type Fact = VisitFact;

    fn tell(step: &Step<'_>) -> Vec<(When, VisitFact)> {
        let wrote: Self = step.wrote();
        let recorded = VisitFact::SignatureRecorded {
            visit: wrote.visit,
            signer: wrote.signer,
            missing: wrote.missing,
        };
        step.begun
            .then(|| (step.at(wrote.signed_at), recorded))
            .into_iter()
            .collect()
    }
}

impl Story for SignedVisit {
    type Fact = VisitFact;

    fn tell(step: &Step<'_>) -> Vec<(When, VisitFact)> {
        let wrote: Self = step.wrote();
        let signed = VisitFact::Signed {
            visit: wrote.visit,
            signer: wrote.signer,
        };
        step.begun
            .then(|| (step.at(wrote.signed_at), signed))
            .into_iter()
            .collect()
    }
}
