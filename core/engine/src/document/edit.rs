//! One call's edits: planned, written and committed together, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::{CommitOptions, OwnedTransaction, Transactable};
use automerge::{ActorId, AutomergeError, ObjType, ROOT, ReadDoc, ScalarValue};
use chrono::{DateTime, Utc};

use super::draft::Texts;
use super::parts::Parts;
use super::read::{Beside, Reader};
use super::stamp::Stamps;
use super::{
    CaseDocuments, ChangeHash, Document, EntityKey, SCHEMA_VERSION, conflict, draft_of, key, scalar,
};
use crate::domain::{
    CaseEdit, CompartmentEdit, Draft, Edit, FieldPath, Invalid, Kind, Plan, ProviderEdit, Records,
    Stamp, TextSplice, Value, Write,
};
use crate::guard::{self, Refusal};
use crate::identity::{Author, DevicePublicKey, Session, actor_for};
use crate::ids::{DocumentId, EntityId};
use crate::settings::Rules;
use crate::sync::wire::DocumentKind;
use crate::sync::{Load, MAX_EDITED, MAX_FINISHED};

/// Longest message of a change, in bytes. The guard refuses longer ones.
const MAX_MESSAGE: usize = guard::MAX_MESSAGE_BYTES;

/// Who edits, where and when.
#[derive(Debug, Clone)]
pub struct EditContext {
    /// Worker and device.
    pub author: Author,
    /// The device's key.
    pub key: DevicePublicKey,
    /// This process's session.
    pub session: Session,
    /// The moment by this device's clock.
    pub now: DateTime<Utc>,
    /// What the agency has laid down, as far as this device knows.
    pub rules: Rules,
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
    /// A server would not take it: it is too large.
    #[error("{field} {reason}")]
    TooLarge {
        /// What of it: the edits together, the record, or a note's text.
        field: &'static str,
        /// Why, and what to do instead.
        reason: &'static str,
    },
    /// Automerge refused a write: an error of ours.
    #[error("the document refused a write")]
    Document(#[source] AutomergeError),
}

/// What a call's edits made.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The case's change first, then those of drafts. Empty where the record said all of it already.
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
    /// Makes edits, all or none. Every edit sees what the ones before it did. The work grows with what the edits read and write,
    /// not with the case.
    ///
    /// The document is written in place and rolled back where an edit cannot stand. Whoever catches a panic holds an empty case:
    /// drop it and read it anew.
    ///
    /// # Errors
    /// - [`EditError::Invalid`]: one of them cannot stand; it is named, with the field.
    /// - [`EditError::Refused`]: together they are past a limit.
    /// - [`EditError::TooLarge`]: together they are more than a request carries, or a document would be larger than a server takes.
    /// - [`EditError::Document`]: an error of ours.
    pub fn edit(&mut self, edits: &[Edit], context: &EditContext) -> Result<Committed, EditError> {
        // The writer looks at the parts that were there before; they are read before it takes the document.
        self.parts();
        let stand_in = Document::new(self.case.id);
        let document = std::mem::replace(&mut self.case, stand_in);
        let writer = Writer::begin(self, document, context, message(edits));
        let (document, made) = writer.make(edits);
        self.case = document;
        let Made {
            notes,
            parts,
            committed,
        } = made?;
        self.notes.extend(notes);
        if let Some(known) = self.parts.get_mut() {
            known.extend(parts);
        }
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

/// A case's documents while they are written.
struct Writer<'a> {
    /// The case without its main document.
    original: &'a CaseDocuments,
    context: &'a EditContext,
    message: String,
    stamps: Stamps,
    creates: bool,
    case: OwnedTransaction,
    /// Of the case before this call, as [`Document`] keeps it.
    at_most: usize,
    made: Made,
    /// Drafts that this call begins, with their text so far.
    begun: BTreeMap<EntityId, String>,
    /// Whether it begins something that is no part of what stood before.
    begins: bool,
}

/// What a call makes beside the case's change.
struct Made {
    /// Copies of the drafts that were written.
    notes: BTreeMap<EntityId, Document>,
    parts: Parts,
    committed: Committed,
}

/// The record as the call's earlier edits left it.
impl Beside for Writer<'_> {
    fn draft(&self, note: EntityId) -> Option<Draft> {
        if let Some(text) = self.begun.get(&note) {
            return Some(Draft {
                text: text.clone(),
                heads: Vec::new(),
            });
        }
        self.texts(note)?.draft(self.note(note)?)
    }

    fn parts(&self, kind: Kind, owner: EntityId) -> Vec<EntityId> {
        let before = self.original.parts().of(kind, owner);
        let all: BTreeSet<_> = before.chain(self.made.parts.of(kind, owner)).collect();
        all.into_iter().collect()
    }
}

impl<'a> Writer<'a> {
    fn begin(
        original: &'a CaseDocuments,
        case: Document,
        context: &'a EditContext,
        message: String,
    ) -> Self {
        let open = Stamp {
            worker: Some(context.author.worker),
            device: Some(context.author.device),
            at: context.now,
        };
        Self {
            stamps: Stamps::before_writing(&case.automerge, open),
            creates: case.automerge.get_heads().is_empty(),
            at_most: case.at_most,
            case: transaction(case, context),
            original,
            context,
            message,
            made: Made {
                notes: BTreeMap::new(),
                parts: Parts::default(),
                committed: Committed {
                    changes: Vec::new(),
                    touched: BTreeSet::new(),
                },
            },
            begun: BTreeMap::new(),
            begins: false,
        }
    }

    /// Makes all edits and gives the document back with them, or none and gives it back as it was.
    fn make(mut self, edits: &[Edit]) -> (Document, Result<Made, EditError>) {
        match self.write(edits) {
            Ok(()) => self.commit(),
            Err(error) => {
                let id = self.original.id();
                let (automerge, _) = self.case.rollback();
                let at_most = self.at_most;
                let document = Document {
                    id,
                    automerge,
                    at_most,
                };
                (document, Err(error))
            }
        }
    }

    fn write(&mut self, edits: &[Edit]) -> Result<(), EditError> {
        for (position, edit) in edits.iter().enumerate() {
            let writes = self
                .plan(edit)
                .map_err(|reason| EditError::Invalid { position, reason })?;
            self.carry_out(&writes).map_err(EditError::Document)?;
        }
        for (note, text) in std::mem::take(&mut self.begun) {
            self.make_draft(note, key::TEXT, &text)
                .map_err(EditError::Document)?;
        }
        scan(&self.made.committed.changes)?;
        check_drafts(&mut self.made.notes)
    }

    fn plan(&self, edit: &Edit) -> Result<Vec<Write>, Invalid> {
        let id = self.original.id();
        match edit {
            Edit::Case(CaseEdit::Open { id: named, .. }) if *named != id => {
                return Err(Invalid::field("case.id", "is not the case this call edits"));
            }
            Edit::Compartment(CompartmentEdit::Open { id: named, .. }) if *named != id => {
                let reason = "is not the compartment this call edits";
                return Err(Invalid::field("compartment.id", reason));
            }
            Edit::Provider(ProviderEdit::Open { id: named, .. }) if *named != id => {
                let reason = "is not the provider this call edits";
                return Err(Invalid::field("provider.id", reason));
            }
            _ => {}
        }
        let reader = Reader::during(id, &self.case, &self.stamps, self);
        let context = self.context;
        let mut plan = Plan::new(&reader, context.now, context.author.worker, &context.rules);
        edit.plan(&mut plan)?;
        Ok(plan.into_writes())
    }

    fn carry_out(&mut self, writes: &[Write]) -> Result<(), AutomergeError> {
        writes.iter().try_for_each(|write| match write {
            Write::Create { kind, id, fields } => self.create(*kind, *id, fields),
            Write::Put { path, value } => self.put(path, value),
            Write::PutAnew { path, value } => self.put_anew(path, value),
            Write::Settle { path, value } => self.settle(path, value),
            Write::StartDraft { note, text } => {
                self.begun.insert(*note, text.clone());
                Ok(())
            }
            Write::SkipDraft { note } => {
                self.begun.remove(note);
                Ok(())
            }
            Write::ResumeDraft { note, after, text } => {
                self.make_draft(*note, &key::text_after(*after), text)
            }
            Write::RewriteDraft { note, text } => self.rewrite_draft(*note, text),
            Write::SpliceDraft { note, splice } => self.splice_draft(*note, splice),
        })
    }

    fn create(
        &mut self,
        kind: Kind,
        id: EntityId,
        fields: &[(String, Value)],
    ) -> Result<(), AutomergeError> {
        if matches!(kind, Kind::Case | Kind::Compartment | Kind::Provider) {
            self.case.put(ROOT, key::SCHEMA, SCHEMA_VERSION)?;
        }
        let object = self
            .case
            .put_object(ROOT, key::entity(kind, id), ObjType::Map)?;
        for (field, value) in fields.iter().filter(|(_, value)| *value != Value::Null) {
            self.case.put(&object, field.as_str(), scalar::of(value))?;
        }
        self.begins |= kind.owner_field().is_none();
        self.made.parts.add_new(kind, id, fields);
        self.made.committed.touched.insert((kind, id));
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
        self.made.committed.touched.insert((path.kind, path.id));
        Ok(())
    }

    /// Writes a value also where it is the one that is shown, so that a value that somebody else writes apart is in conflict with it.
    ///
    /// Automerge leaves out a put of the shown value, so another one is put before. It is not cleared: that is how settling reads in
    /// the record's story.
    fn put_anew(&mut self, path: &FieldPath, value: &Value) -> Result<(), AutomergeError> {
        if let Some((object, shown, choices)) = self.field(path)
            && shown == *value
            && choices.is_empty()
        {
            self.case
                .put(&object, path.field.as_str(), ScalarValue::Null)?;
        }
        self.put(path, value)
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
        self.made.committed.touched.insert((path.kind, path.id));
        Ok(())
    }

    /// A field's entity, shown value and open choices.
    fn field(
        &self,
        path: &FieldPath,
    ) -> Option<(automerge::ObjId, Value, Vec<crate::domain::Choice>)> {
        let reader = Reader::during(self.original.id(), &self.case, &self.stamps, self);
        let object = reader.object(path.kind, path.id)?;
        let standing = self.case.get(&object, path.field.as_str()).ok().flatten();
        let shown = standing.and_then(|(value, id)| scalar::read(&self.case, &value, &id));
        Some((object, shown.unwrap_or(Value::Null), reader.choices(path)))
    }

    /// A draft's document, as the call's edits left it.
    fn note(&self, note: EntityId) -> Option<&Document> {
        let written = self.made.notes.get(&note);
        written.or_else(|| self.original.notes.get(&note))
    }

    fn texts(&self, note: EntityId) -> Option<Texts> {
        let reader = Reader::during(self.original.id(), &self.case, &self.stamps, self);
        let document = self.note(note)?;
        Some(Texts::read(&document.automerge, |id| reader.version(id)))
    }

    /// Makes the document of a draft with its first text here.
    fn make_draft(&mut self, note: EntityId, key: &str, text: &str) -> Result<(), AutomergeError> {
        let mut open = transaction(Document::new(draft_of(note)), self.context);
        open.put(ROOT, key::SCHEMA, SCHEMA_VERSION)?;
        let object = open.put_object(ROOT, key, ObjType::Text)?;
        open.splice_text(&object, 0, 0, text)?;
        self.finish_draft(note, open, true);
        Ok(())
    }

    fn rewrite_draft(&mut self, note: EntityId, text: &str) -> Result<(), AutomergeError> {
        if let Some(begun) = self.begun.get_mut(&note) {
            text.clone_into(begun);
            return Ok(());
        }
        self.write_draft(note, |texts, doc| texts.rewrite(doc, text))
    }

    fn splice_draft(&mut self, note: EntityId, splice: &TextSplice) -> Result<(), AutomergeError> {
        if let Some(begun) = self.begun.get_mut(&note) {
            *begun = splice.applied_to(begun);
            return Ok(());
        }
        self.write_draft(note, |texts, doc| match texts.only() {
            Some(only) => {
                let delete = isize::try_from(splice.delete).unwrap_or(isize::MAX);
                let at = usize::try_from(splice.at).unwrap_or(usize::MAX);
                doc.splice_text(only, at, delete, &splice.insert)
            }
            None => {
                let words = texts.words().unwrap_or_default();
                texts.rewrite(doc, &splice.applied_to(&words))
            }
        })
    }

    /// Writes a draft that has a document, if that is at hand.
    fn write_draft(
        &mut self,
        note: EntityId,
        write: impl FnOnce(&Texts, &mut OwnedTransaction) -> Result<(), AutomergeError>,
    ) -> Result<(), AutomergeError> {
        let (Some(texts), Some(document)) = (self.texts(note), self.note(note)) else {
            return Ok(());
        };
        let mut open = transaction(document.clone(), self.context);
        write(&texts, &mut open)?;
        self.finish_draft(note, open, false);
        Ok(())
    }

    /// Commits a draft at once, so that a signature in the same call names heads that exist.
    fn finish_draft(&mut self, note: EntityId, open: OwnedTransaction, creates: bool) {
        let at_most = self.note(note).map_or(0, |draft| draft.at_most);
        let (kind, committed) = (DocumentKind::Note, &mut self.made.committed);
        let before = (draft_of(note), at_most);
        let (document, hash) = commit(before, open, self.context, &self.message);
        if let Some(hash) = hash {
            let change = new_change(&document, kind, creates, hash);
            committed.changes.push(change);
            committed.touched.insert((Kind::Note, note));
        }
        self.made.notes.insert(note, document);
    }

    fn commit(self) -> (Document, Result<Made, EditError>) {
        let mut made = self.made;
        let id = self.original.id();
        let before = (id, self.at_most);
        let (mut document, hash) = commit(before, self.case, self.context, &self.message);
        let Some(hash) = hash else {
            let checked = check_together(&made.committed.changes);
            return (document, checked.map(|()| made));
        };
        let change = new_change(&document, DocumentKind::Case, self.creates, hash);
        let drafts = &made.committed.changes;
        if let Err(refused) = check_record(&mut document, &change, drafts, self.begins) {
            let (before, _) = document
                .without(&BTreeSet::from([hash.0]))
                .expect("the document was whole before this change");
            return (before, Err(refused));
        }
        made.committed.changes.insert(0, change);
        (document, Ok(made))
    }
}

/// Looks at changes as everybody else will.
fn scan(changes: &[NewChange]) -> Result<(), EditError> {
    let scanned = changes
        .iter()
        .try_for_each(|change| guard::scan_change(&change.bytes).map(|_| ()));
    scanned.map_err(EditError::Refused)
}

/// Looks at the record's change of a call, beside those of its drafts, as server and devices will.
fn check_record(
    document: &mut Document,
    change: &NewChange,
    drafts: &[NewChange],
    begins: bool,
) -> Result<(), EditError> {
    scan(std::slice::from_ref(change))?;
    check_together(drafts.iter().chain([change]))?;
    let most = if begins { MAX_EDITED } else { MAX_FINISHED };
    if document.keeps_within(most) {
        return Ok(());
    }
    Err(EditError::TooLarge {
        field: "record",
        reason: "would be larger than a server takes: go on in another one",
    })
}

/// A call's changes stand or fall together, so one request has to carry them all.
fn check_together<'a>(changes: impl IntoIterator<Item = &'a NewChange>) -> Result<(), EditError> {
    let mut load = Load::default();
    for change in changes {
        load.add(change.document, change.bytes.len());
    }
    if load.is_taken() {
        return Ok(());
    }
    Err(EditError::TooLarge {
        field: "edits",
        reason: "are more together than one request carries: make them in several calls",
    })
}

fn check_drafts(drafts: &mut BTreeMap<EntityId, Document>) -> Result<(), EditError> {
    if drafts
        .values_mut()
        .all(|draft| draft.keeps_within(MAX_EDITED))
    {
        return Ok(());
    }
    Err(EditError::TooLarge {
        field: "note.text",
        reason: "was rewritten so often that a server does not take it: go on in another note",
    })
}

/// Opens a document for writing, under this session's actor.
fn transaction(document: Document, context: &EditContext) -> OwnedTransaction {
    as_written_by(document, context)
        .into_transaction(None, None)
        .expect("no log of patches was given that could belong to another document")
}

/// A document in which the next change is made under this session's actor.
pub(super) fn as_written_by(document: Document, context: &EditContext) -> automerge::Automerge {
    let actor = actor_for(&context.key, document.id, &context.session);
    let mut automerge = document.automerge;
    // The author first: setting it draws another actor.
    automerge.set_author(Some(automerge::Author::from(
        context.author.to_bytes().to_vec(),
    )));
    automerge.set_actor(ActorId::from(actor));
    automerge
}

/// Commits a document, known by its id and what it had at most before.
fn commit(
    (id, at_most): (DocumentId, usize),
    open: OwnedTransaction,
    context: &EditContext,
    message: &str,
) -> (Document, Option<automerge::ChangeHash>) {
    let options = CommitOptions::default()
        .with_message(message)
        .with_time(context.now.timestamp_millis());
    let (automerge, hash, _) = open.commit_with(options);
    let mut document = Document {
        id,
        automerge,
        at_most,
    };
    let change = hash.and_then(|hash| document.automerge.get_change_by_hash(&hash));
    document.grow(change.as_slice());
    (document, hash)
}

pub(super) fn new_change(
    document: &Document,
    kind: DocumentKind,
    creates: bool,
    hash: automerge::ChangeHash,
) -> NewChange {
    let change = document
        .automerge
        .get_change_by_hash(&hash)
        .expect("the change was committed a moment ago");
    let mut actor = [0; 16];
    actor.copy_from_slice(change.actor_id().to_bytes());
    NewChange {
        document: document.id,
        kind,
        creates,
        hash: hash.0,
        actor,
        sequence: change.seq(),
        bytes: change.raw_bytes().to_vec(),
        heads: document.heads(),
    }
}
