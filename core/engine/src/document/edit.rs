//! One call's edits: planned, written and committed together, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::{CommitOptions, OwnedTransaction, Transactable};
use automerge::{ActorId, Automerge, AutomergeError, ObjType, ROOT, ReadDoc};
use chrono::{DateTime, Utc};

use super::read::{Drafts, Reader};
use super::stamp::Stamps;
use super::{
    CaseDocuments, ChangeHash, Document, EntityKey, SCHEMA_VERSION, conflict, draft_of, key,
    scalar, sorted,
};
use crate::domain::{
    CaseEdit, Draft, Edit, FieldPath, Invalid, Kind, Plan, Records, Stamp, TextSplice, Value, Write,
};
use crate::guard::{self, Refusal};
use crate::identity::{Author, DevicePublicKey, Session, actor_for};
use crate::ids::{DocumentId, EntityId};
use crate::sync::wire::DocumentKind;

/// Longest message of a change, in bytes. The guard refuses longer ones.
const MAX_MESSAGE: usize = guard::MAX_MESSAGE_BYTES;

/// Who edits, where and when.
#[derive(Debug, Clone, Copy)]
pub struct EditContext {
    /// Worker and device.
    pub author: Author,
    /// The device's key.
    pub key: DevicePublicKey,
    /// This process's session.
    pub session: Session,
    /// The moment by this device's clock.
    pub now: DateTime<Utc>,
}

/// Why a call's edits were not made. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// An edit cannot stand.
    #[error("edit {position}: {reason}")]
    Invalid {
        /// Which of the call's edits, from 0.
        position: usize,
        /// Why.
        #[source]
        reason: Invalid,
    },
    /// The change would be past a limit that others refuse.
    #[error("the change is past a limit")]
    Refused(#[source] Refusal),
    /// Automerge refused a write: an error of ours.
    #[error("the document refused a write")]
    Document(#[source] AutomergeError),
}

/// What a call's edits made.
#[derive(Debug, Clone)]
pub struct Committed {
    /// At most one change in each document, the case's first. Empty where the record said all of it already.
    pub changes: Vec<NewChange>,
    /// The entities that were touched.
    pub touched: BTreeSet<EntityKey>,
}

/// A change as it was committed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChange {
    /// The document.
    pub document: DocumentId,
    /// Its kind.
    pub kind: DocumentKind,
    /// Whether this is the document's first change.
    pub creates: bool,
    /// The change's hash.
    pub hash: ChangeHash,
    /// Its actor.
    pub actor: [u8; 16],
    /// Its number among the actor's changes, from 1.
    pub sequence: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The document's heads after it, sorted.
    pub heads: Vec<ChangeHash>,
}

impl CaseDocuments {
    /// Makes edits, all or none. Every edit sees what the ones before it did.
    ///
    /// # Errors
    /// - [`EditError::Invalid`]: one of them cannot stand; it is named, with the field.
    /// - [`EditError::Refused`]: together they are past a limit.
    /// - [`EditError::Document`]: an error of ours.
    pub fn edit(&mut self, edits: &[Edit], context: &EditContext) -> Result<Committed, EditError> {
        let mut writer = Writer::begin(self, context, message(edits))?;
        for (position, edit) in edits.iter().enumerate() {
            let writes = writer
                .plan(edit)
                .map_err(|reason| EditError::Invalid { position, reason })?;
            writer.carry_out(&writes).map_err(EditError::Document)?;
        }
        let (case, notes, committed) = writer.commit();
        for change in &committed.changes {
            guard::scan_change(&change.bytes).map_err(EditError::Refused)?;
        }
        self.case.automerge = case;
        self.notes.extend(notes);
        Ok(committed)
    }
}

/// The names of the intentions, for the change's message.
fn message(edits: &[Edit]) -> String {
    let mut message = String::new();
    for (position, edit) in edits.iter().enumerate() {
        let more = format!(" and {} more", edits.len() - position);
        if message.len() + edit.name().len() + more.len() + 1 > MAX_MESSAGE {
            return message + &more;
        }
        if position > 0 {
            message.push(',');
        }
        message.push_str(edit.name());
    }
    message
}

/// Copies of a case's documents while they are written. Dropping it leaves the originals as they were.
struct Writer<'a> {
    original: &'a CaseDocuments,
    context: &'a EditContext,
    message: String,
    stamps: Stamps,
    case: OwnedTransaction,
    notes: BTreeMap<EntityId, Document>,
    changes: Vec<NewChange>,
    touched: BTreeSet<EntityKey>,
}

/// Drafts as the call's earlier edits left them.
struct OpenDrafts<'a> {
    original: &'a BTreeMap<EntityId, Document>,
    written: &'a BTreeMap<EntityId, Document>,
}

impl Drafts for OpenDrafts<'_> {
    fn draft(&self, note: EntityId) -> Option<Draft> {
        self.written
            .draft(note)
            .or_else(|| self.original.draft(note))
    }
}

impl<'a> Writer<'a> {
    fn begin(
        original: &'a CaseDocuments,
        context: &'a EditContext,
        message: String,
    ) -> Result<Self, EditError> {
        let open = Stamp {
            worker: Some(context.author.worker),
            device: Some(context.author.device),
            at: context.now,
        };
        let stamps = Stamps::new(&original.case.automerge, open);
        Ok(Self {
            case: transaction(&original.case, context).map_err(EditError::Document)?,
            original,
            context,
            message,
            stamps,
            notes: BTreeMap::new(),
            changes: Vec::new(),
            touched: BTreeSet::new(),
        })
    }

    fn plan(&self, edit: &Edit) -> Result<Vec<Write>, Invalid> {
        let id = self.original.id();
        if let Edit::Case(CaseEdit::Open { id: named, .. }) = edit
            && *named != id
        {
            return Err(Invalid::field("case.id", "is not the case this call edits"));
        }
        let drafts = OpenDrafts {
            original: &self.original.notes,
            written: &self.notes,
        };
        let reader = Reader::during(id, &self.case, &self.stamps, &drafts);
        let mut plan = Plan::new(&reader, self.context.now, self.context.author.worker);
        edit.plan(&mut plan)?;
        Ok(plan.into_writes())
    }

    fn carry_out(&mut self, writes: &[Write]) -> Result<(), AutomergeError> {
        writes.iter().try_for_each(|write| match write {
            Write::Create { kind, id, fields } => self.create(*kind, *id, fields),
            Write::Put { path, value } => self.put(path, value),
            Write::Settle { path, value } => self.settle(path, value),
            Write::StartDraft { note, text } => self.start_draft(*note, text),
            Write::RewriteDraft { note, text } => {
                self.write_draft(*note, |doc, object| doc.update_text(object, text))
            }
            Write::SpliceDraft { note, splice } => {
                self.write_draft(*note, |doc, object| apply_splice(doc, object, splice))
            }
        })
    }

    fn create(
        &mut self,
        kind: Kind,
        id: EntityId,
        fields: &[(String, Value)],
    ) -> Result<(), AutomergeError> {
        if kind == Kind::Case {
            self.case.put(ROOT, key::SCHEMA, SCHEMA_VERSION)?;
        }
        let object = self
            .case
            .put_object(ROOT, key::entity(kind, id), ObjType::Map)?;
        for (field, value) in fields.iter().filter(|(_, value)| *value != Value::Null) {
            self.case.put(&object, field.as_str(), scalar::of(value))?;
        }
        self.touched.insert((kind, id));
        Ok(())
    }

    /// Writes a value, unless it is the one that is shown. Keeps what it displaces while a conflict is open.
    fn put(&mut self, path: &FieldPath, value: &Value) -> Result<(), AutomergeError> {
        let Some((object, shown, choices)) = self.field(path) else {
            return Ok(());
        };
        if shown == *value {
            return Ok(());
        }
        if !choices.is_empty() {
            conflict::keep(&mut self.case, path, &choices, value)?;
        }
        self.case
            .put(&object, path.field.as_str(), scalar::of(value))?;
        self.touched.insert((path.kind, path.id));
        Ok(())
    }

    /// Writes a value over all that stand there, and forgets the displaced ones.
    ///
    /// The field is cleared before: automerge takes a put of the shown value for a mere deletion of the others, and then somebody
    /// who settles apart on another value would silently win.
    fn settle(&mut self, path: &FieldPath, value: &Value) -> Result<(), AutomergeError> {
        let Some((object, ..)) = self.field(path) else {
            return Ok(());
        };
        self.case.delete(&object, path.field.as_str())?;
        self.case
            .put(&object, path.field.as_str(), scalar::of(value))?;
        conflict::forget(&mut self.case, path)?;
        self.touched.insert((path.kind, path.id));
        Ok(())
    }

    /// A field's entity, shown value and open choices.
    fn field(
        &self,
        path: &FieldPath,
    ) -> Option<(automerge::ObjId, Value, Vec<crate::domain::Choice>)> {
        let reader = Reader::during(self.original.id(), &self.case, &self.stamps, &self.notes);
        let object = reader.object(path.kind, path.id)?;
        let standing = self.case.get(&object, path.field.as_str()).ok().flatten();
        let shown = standing.and_then(|(value, id)| scalar::read(&self.case, &value, &id));
        Some((object, shown.unwrap_or(Value::Null), reader.choices(path)))
    }

    fn start_draft(&mut self, note: EntityId, text: &str) -> Result<(), AutomergeError> {
        let document = Document::new(draft_of(note));
        let mut open = transaction(&document, self.context)?;
        open.put(ROOT, key::SCHEMA, SCHEMA_VERSION)?;
        let object = open.put_object(ROOT, key::TEXT, ObjType::Text)?;
        open.splice_text(&object, 0, 0, text)?;
        self.finish_draft(note, open, true);
        Ok(())
    }

    fn write_draft(
        &mut self,
        note: EntityId,
        write: impl FnOnce(&mut OwnedTransaction, &automerge::ObjId) -> Result<(), AutomergeError>,
    ) -> Result<(), AutomergeError> {
        let Some(document) = self
            .notes
            .get(&note)
            .or_else(|| self.original.notes.get(&note))
        else {
            return Ok(());
        };
        let mut open = transaction(document, self.context)?;
        if let Some((_, object)) = open.get(ROOT, key::TEXT)? {
            write(&mut open, &object)?;
        }
        self.finish_draft(note, open, false);
        Ok(())
    }

    /// Commits a draft at once, so that a signature in the same call names heads that exist.
    fn finish_draft(&mut self, note: EntityId, open: OwnedTransaction, creates: bool) {
        let id = draft_of(note);
        let (automerge, hash) = commit(open, self.context, &self.message);
        if let Some(hash) = hash {
            self.changes.push(new_change(
                id,
                DocumentKind::Note,
                creates,
                &automerge,
                hash,
            ));
            self.touched.insert((Kind::Note, note));
        }
        self.notes.insert(note, Document { id, automerge });
    }

    fn commit(self) -> (Automerge, BTreeMap<EntityId, Document>, Committed) {
        let id = self.original.id();
        let creates = self.original.case.automerge.get_heads().is_empty();
        let (automerge, hash) = commit(self.case, self.context, &self.message);
        let mut changes = self.changes;
        if let Some(hash) = hash {
            changes.insert(
                0,
                new_change(id, DocumentKind::Case, creates, &automerge, hash),
            );
        }
        let touched = self.touched;
        (automerge, self.notes, Committed { changes, touched })
    }
}

/// A transaction on a copy of a document, under this session's actor.
fn transaction(
    document: &Document,
    context: &EditContext,
) -> Result<OwnedTransaction, AutomergeError> {
    as_written_by(document, context)
        .into_transaction(None, None)
        .map_err(|_| AutomergeError::InvalidOp(ObjType::Map))
}

/// A copy of a document in which the next change is made under this session's actor.
pub(super) fn as_written_by(document: &Document, context: &EditContext) -> Automerge {
    let actor = actor_for(&context.key, document.id, &context.session);
    let mut automerge = document.automerge.clone();
    // The author first: setting it draws another actor.
    automerge.set_author(Some(automerge::Author::from(
        context.author.to_bytes().to_vec(),
    )));
    automerge.set_actor(ActorId::from(actor));
    automerge
}

fn commit(
    open: OwnedTransaction,
    context: &EditContext,
    message: &str,
) -> (Automerge, Option<automerge::ChangeHash>) {
    let options = CommitOptions::default()
        .with_message(message)
        .with_time(context.now.timestamp_millis());
    let (automerge, hash, _) = open.commit_with(options);
    (automerge, hash)
}

pub(super) fn new_change(
    document: DocumentId,
    kind: DocumentKind,
    creates: bool,
    automerge: &Automerge,
    hash: automerge::ChangeHash,
) -> NewChange {
    let change = automerge
        .get_change_by_hash(&hash)
        .expect("the change was committed a moment ago");
    let mut actor = [0; 16];
    actor.copy_from_slice(change.actor_id().to_bytes());
    NewChange {
        document,
        kind,
        creates,
        hash: hash.0,
        actor,
        sequence: change.seq(),
        bytes: change.raw_bytes().to_vec(),
        heads: sorted(&automerge.get_heads()),
    }
}

fn apply_splice(
    doc: &mut OwnedTransaction,
    object: &automerge::ObjId,
    splice: &TextSplice,
) -> Result<(), AutomergeError> {
    let delete = isize::try_from(splice.delete).unwrap_or(isize::MAX);
    let at = usize::try_from(splice.at).unwrap_or(usize::MAX);
    doc.splice_text(object, at, delete, &splice.insert)
}
