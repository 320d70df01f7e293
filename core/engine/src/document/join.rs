//! Joining the heads of a document that many wrote to apart, so that an edit can still name them all.
//!
//! Every edit joins the heads it sees. Where nobody edits after so many wrote apart, one of the writers joins them in a change that
//! writes nothing: no field, no history entry, no later moment than the heads have.

use automerge::transaction::CommitOptions;

use super::edit::{EditContext, NewChange, as_written_by, new_change};
use super::{CaseDocuments, Document};
use crate::guard::{self, MANY_HEADS};
use crate::ids::DocumentId;
use crate::sync::wire::DocumentKind;

/// What the change's message says.
const MESSAGE: &str = "join";

impl Document {
    /// Whether so many heads stand open, in all or of one author, that somebody should join them.
    pub fn is_crowded(&self) -> bool {
        guard::check_heads(&self.automerge, MANY_HEADS).is_err()
    }
}

impl CaseDocuments {
    /// Joins the heads of a document, if it is loaded and has several.
    pub fn join_heads(&mut self, document: DocumentId, context: &EditContext) -> Option<NewChange> {
        let kind = if document == self.id() {
            DocumentKind::Case
        } else {
            DocumentKind::Note
        };
        let document = self.get_mut(document)?;
        let heads = document.automerge.get_heads();
        if heads.len() < 2 {
            return None;
        }
        let metas = heads
            .iter()
            .filter_map(|head| document.automerge.get_change_meta_by_hash(head));
        let newest = metas.map(|meta| meta.timestamp).max().unwrap_or_default();
        let options = CommitOptions::default()
            .with_message(MESSAGE)
            .with_time(newest);
        let mut automerge = as_written_by(document.clone(), context);
        let hash = automerge.empty_commit(options);
        document.automerge = automerge;
        let change = new_change(document, kind, false, hash);
        document.at_most = document.at_most.saturating_add(change.bytes.len());
        Some(change)
    }
}
