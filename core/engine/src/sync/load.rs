//! What one request carries and a document weighs, as a device counts it before it writes: what an edit makes, a server takes.

use std::collections::BTreeSet;

use super::server::{MAX_CHANGES, MAX_DOCUMENTS, MAX_SAVED, MAX_UPLOAD, RUN_SIZE};
use super::wire::WireUpload;
use crate::guard::{MAX_DOCUMENT_BYTES, MAX_NOTE_CHARS};
use crate::ids::DocumentId;

/// Most bytes that an edit leaves a document with when saved that begins something in it. What others write to it apart meanwhile has the
/// rest of what a server takes.
pub const MAX_EDITED: usize = MAX_SAVED / 4 * 3;

/// The same for an edit that goes on with what stands in the document: whoever has checked in checks out.
pub const MAX_FINISHED: usize = MAX_SAVED / 16 * 15;

/// What of a request the server counts against its limits.
#[derive(Debug, Clone, Default)]
pub struct Load {
    bytes: usize,
    changes: usize,
    documents: BTreeSet<DocumentId>,
}

impl Load {
    /// Counts a change by its length, in a run of its own: more than one session may have made those of a request.
    pub fn add(&mut self, document: DocumentId, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes).saturating_add(RUN_SIZE);
        self.changes += 1;
        self.documents.insert(document);
    }

    /// Counts what is uploaded of a document, in the runs that it is in.
    pub fn add_upload(&mut self, upload: &WireUpload) {
        let changes = upload.changes.iter().map(|change| change.len());
        let bytes = changes.sum::<usize>() + RUN_SIZE * upload.runs.len();
        self.bytes = self.bytes.saturating_add(bytes);
        self.changes += upload.changes.len();
        self.documents.insert(upload.document);
    }

    /// The bytes counted so far.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether one request carries all of it.
    pub fn is_taken(&self) -> bool {
        self.bytes <= MAX_UPLOAD
            && self.changes <= MAX_CHANGES
            && self.documents.len() <= MAX_DOCUMENTS
    }
}

const _: () = {
    assert!(
        MAX_EDITED < MAX_FINISHED && MAX_FINISHED < MAX_SAVED && MAX_SAVED <= MAX_DOCUMENT_BYTES,
        "what an edit leaves is taken by the server, and by devices"
    );
    // Of each character: four bytes of its value, and at most 16 of columns, deleted and inserted.
    assert!(
        MAX_NOTE_CHARS * (4 + 16) * 2 <= MAX_UPLOAD,
        "a note can be replaced in one request"
    );
};
