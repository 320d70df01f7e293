//! What is known of photos, signatures and forms. Their bytes lie beside the document.

use caseweave::EntityId;
use caseweave::domain::{AttachmentContent, AttachmentEdit};

use super::mirror::{entity, open_enum};

open_enum! {
    /// What an attachment is.
    AttachmentKind {
        /// A photo.
        Photo,
        /// A signature drawn on the device.
        Signature,
        /// A form that was filled in.
        Form,
        /// A letter or another document.
        Document,
    }
}

entity! {
    /// A photo, signature or form [FHIR DocumentReference].
    Attachment, AttachmentUpdate, AttachmentField {
        set {
            /// Its name as shown.
            name Name: String,
            /// What it is.
            sort Sort: AttachmentKind,
            /// What of the record it belongs to: a visit, a note, the person.
            about About: EntityId,
            /// What is to be seen.
            remark Remark: String,
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
#[uniffi::remote(Record)]
pub struct AttachmentContent {
    /// Media type, such as `image/jpeg`. Source: RFC 6838.
    pub media_type: String,
    /// Size in bytes, 1 to 50,000,000.
    pub size: i64,
    /// BLAKE3 of the bytes, in 64 lower-case hexadecimal digits.
    pub hash: String,
}

/// Edits of attachments.
#[uniffi::remote(Enum)]
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
