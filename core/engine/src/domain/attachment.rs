//! What is known of photos, signatures and forms. Their bytes lie beside the document.

use serde::{Deserialize, Serialize};

use super::entity::{entity, kept, required};
use super::plan::check as checked;
use super::value::{FieldType, open_enum};
use super::{
    Invalid, Kind, MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_NAME, MAX_TITLE, Plan, check,
};
use crate::ids::EntityId;

open_enum! {
    /// What an attachment is.
    AttachmentKind {
        /// A photo.
        Photo = "photo",
        /// A signature drawn on the device.
        Signature = "signature",
        /// A form that was filled in.
        Form = "form",
        /// A letter or another document.
        Document = "document",
    }
}

entity! {
    /// A photo, signature or form [FHIR DocumentReference].
    Attachment, AttachmentUpdate, AttachmentField of Attachment {
        set {
            /// Its name as shown.
            name Name: String = check::line::<MAX_NAME>,
            /// What it is.
            sort Sort: AttachmentKind = |value: &AttachmentKind| check::code(value.code()),
            /// What of the record it belongs to: a visit, a note, the person.
            about About: EntityId = check::any,
            /// What is to be seen.
            remark Remark: String = check::line::<MAX_TITLE>,
        }
        own {
            /// Its media type, such as `image/jpeg`.
            media_type: String,
            /// Its size in bytes.
            size: i64,
            /// BLAKE3 of its bytes, in 64 lower-case hexadecimal digits.
            hash: String,
        }
    }
}

/// What the bytes of an attachment are. Other bytes are another attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentContent {
    /// Media type, such as `image/jpeg`. Source: RFC 6838.
    pub media_type: String,
    /// Size in bytes, 1 to 50,000,000.
    pub size: i64,
    /// BLAKE3 of the bytes, in 64 lower-case hexadecimal digits.
    pub hash: String,
}

/// Edits of attachments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AttachmentEdit {
    /// Adds one. A case holds 1,000 at most.
    Add {
        /// Its new id.
        id: EntityId,
        /// Its values.
        fields: AttachmentUpdate,
        /// Its bytes, by type, size and hash.
        content: AttachmentContent,
    },
    /// Changes the fields that are named.
    Update {
        /// Which one.
        id: EntityId,
        /// The new values.
        fields: AttachmentUpdate,
    },
}

impl AttachmentEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add_attachment",
            Self::Update { .. } => "update_attachment",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        match self {
            Self::Add {
                id,
                fields,
                content,
            } => add(plan, *id, fields, content),
            Self::Update { id, fields } => {
                kept(fields, "name")?;
                plan.update(*id, fields)
            }
        }
    }
}

fn add(
    plan: &mut Plan<'_>,
    id: EntityId,
    fields: &AttachmentUpdate,
    content: &AttachmentContent,
) -> Result<(), Invalid> {
    required(Kind::Attachment, "name", fields.name.is_some())?;
    checked(
        "attachment.media_type",
        content.media_type.as_str(),
        media_type,
    )?;
    checked("attachment.size", &content.size, size)?;
    checked("attachment.hash", content.hash.as_str(), hash)?;
    if plan.count(Kind::Attachment) >= MAX_ATTACHMENTS {
        let reason = format!("cannot be added: the case holds {MAX_ATTACHMENTS}");
        return Err(Invalid::field("attachment", reason));
    }
    let own = vec![
        ("media_type", content.media_type.to_value()),
        ("size", content.size.to_value()),
        ("hash", content.hash.to_value()),
    ];
    plan.create(id, fields, own)
}

fn media_type(value: &str) -> check::Checked {
    check::code(value)?;
    match value.split_once('/') {
        Some((kind, form)) if !kind.is_empty() && !form.is_empty() => Ok(()),
        _ => Err("is not a media type such as image/jpeg".into()),
    }
}

fn size(bytes: &i64) -> check::Checked {
    match u64::try_from(*bytes) {
        Ok(1..=MAX_ATTACHMENT_BYTES) => Ok(()),
        _ => Err(format!("is not between 1 and {MAX_ATTACHMENT_BYTES} bytes")),
    }
}

fn hash(digits: &str) -> check::Checked {
    let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() == 64 && digits.bytes().all(lower_hex) {
        Ok(())
    } else {
        Err("is not 64 lower-case hexadecimal digits".into())
    }
}
