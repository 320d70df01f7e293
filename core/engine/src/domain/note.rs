//! Notes: a draft that several people may write apart, and versions as somebody signed them.
//!
//! The draft's text lives in a document of its own. Signing copies it into the case as one value that is written once: its key
//! is the digest of what it says, so a version that was tampered with no longer bears its own name.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::entity::{entity, required};
use super::plan::check as checked;
use super::timeline::{Step, Story, When};
use super::value::{FieldType, open_enum};
use super::view::parts;
use super::visit::owned;
use super::{
    Draft, Entry, Invalid, Kind, MAX_TEXT, MAX_TITLE, Meta, NoteSettlement, Plan, Records, Value,
    Write, check, note_settlement,
};
use crate::ids::{EntityId, WorkerId};

open_enum! {
    /// What sort of note it is.
    NoteKind {
        /// Progress note.
        Progress = "progress",
        /// Contact with the person or somebody around them.
        Contact = "contact",
        /// Supervision.
        Supervision = "supervision",
        /// Legal.
        Legal = "legal",
    }
}

entity! {
    /// A note [FHIR DocumentReference].
    Note, NoteUpdate, NoteField of Note {
        set {
            /// What sort of note.
            sort Sort: NoteKind = |value: &NoteKind| check::code(value.code()),
            /// A title, where one is wanted.
            title Title: String = check::line::<MAX_TITLE>,
            /// The visit it is about.
            visit Visit: EntityId = check::any,
        }
        own {
            /// Who began it.
            author: WorkerId,
        }
    }
}

/// A version of a note as somebody signed it.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedNote {
    /// Id and stamp. The id is the first half of the digest of what was signed.
    pub meta: Meta,
    /// The note.
    pub note: EntityId,
    /// The text as signed.
    pub text: String,
    /// The draft's heads as signed: of each the first 12 bytes in hexadecimal, sorted. None where the note was begun and signed in
    /// one call.
    pub heads: Vec<String>,
    /// Who signed.
    pub signer: WorkerId,
    /// When, by the signer's device.
    pub signed_at: DateTime<Utc>,
    /// Whether the version still bears the digest it was signed under. One that does not was tampered with.
    pub intact: bool,
    /// The version that this one adds to, where it is an addendum: it holds the words of that one as they stand since.
    pub adds_to: Option<EntityId>,
    /// Why, where it is an addendum.
    pub reason: Option<String>,
    /// The decision by which another version stands in its place; it tells who decided and why. The version stays as signed.
    pub superseded_by: Option<EntityId>,
}

/// Where a note stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteState {
    /// Nobody signed it yet.
    Draft,
    /// Signed, and the draft has not moved since.
    Signed,
    /// Signed, and more was written in the draft, possibly apart: a proposal for an addendum, until somebody signs it or decides which
    /// version stands.
    SignedWithLateWords,
    /// Signed, more was written, and somebody decided which version stands all the same. The words are still shown.
    Settled,
}

/// A note with its draft and its signed versions.
#[derive(Debug, Clone, PartialEq)]
pub struct NoteView {
    /// The note.
    pub note: Note,
    /// The draft's text; nothing where the note is signed as it stands, or where the draft is not on this device.
    pub draft: Option<String>,
    /// Every signed version, by signing moment, then by id. Two people who sign apart give two.
    pub signed: Vec<SignedNote>,
    /// Decisions about which version stands, in the order of their ids.
    pub settlements: Vec<NoteSettlement>,
    /// Where it stands.
    pub state: NoteState,
}

/// One splice in a text. Positions are Unicode scalar values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextSplice {
    /// Where, counted from the start.
    pub at: u32,
    /// How many scalar values to take out.
    pub delete: u32,
    /// What to put in.
    pub insert: String,
}

impl TextSplice {
    /// A text with the splice made.
    pub(crate) fn applied_to(&self, text: &str) -> String {
        let at = usize::try_from(self.at).unwrap_or(usize::MAX);
        let end = at.saturating_add(usize::try_from(self.delete).unwrap_or(usize::MAX));
        let before = text.chars().take(at);
        let after = text.chars().skip(end);
        before.chain(self.insert.chars()).chain(after).collect()
    }
}

/// The key of the mark on a note that was taken up again from a signed version.
const REOPENED: &str = "reopened";

/// Edits of notes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum NoteEdit {
    /// Begins a note with a draft of its own. One that the same call signs needs none.
    Start {
        /// Its new id.
        id: EntityId,
        /// Its values.
        fields: NoteUpdate,
        /// The first text, possibly empty.
        text: String,
    },
    /// Changes the fields that are named.
    Update {
        /// Which one.
        id: EntityId,
        /// The new values.
        fields: NoteUpdate,
    },
    /// The draft as the worker's editor shows it now. What differs is spliced in.
    Write {
        /// Which one.
        id: EntityId,
        /// The whole text.
        text: String,
    },
    /// One splice in the draft, for editors that report them.
    Splice {
        /// Which one.
        id: EntityId,
        /// What to take out and put in.
        splice: TextSplice,
    },
    /// Signs the draft as it stands. Unsigning does not exist.
    Sign {
        /// Which one.
        id: EntityId,
    },
    /// Signs what came after the signing as an addendum to the version that stands.
    SignAddendum {
        /// Which one.
        id: EntityId,
        /// Why it was added.
        reason: String,
    },
    /// Decides which signed version stands, where several were signed apart or more was written since. The others stay as signed.
    Settle {
        /// The decision's new id.
        id: EntityId,
        /// The note.
        note: EntityId,
        /// The version that stands.
        signed_note: EntityId,
        /// Why.
        reason: String,
    },
}

impl NoteEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start_note",
            Self::Update { .. } => "update_note",
            Self::Write { .. } | Self::Splice { .. } => "write_note",
            Self::Sign { .. } => "sign_note",
            Self::SignAddendum { .. } => "sign_addendum",
            Self::Settle { .. } => "settle_note",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        match self {
            Self::Start { id, fields, text } => {
                required(Kind::Note, "sort", fields.sort.is_some())?;
                checked("note.text", text.as_str(), check::bounded::<MAX_TEXT>)?;
                let author = plan.worker.to_value();
                plan.create(*id, fields, vec![("author", author)])?;
                plan.write(Write::StartDraft {
                    note: *id,
                    text: text.clone(),
                });
                Ok(())
            }
            Self::Update { id, fields } => plan.update(*id, fields),
            Self::Write { id, text } => {
                let words = words(plan, *id)?;
                checked("note.text", text.as_str(), check::bounded::<MAX_TEXT>)?;
                if words.text == *text {
                    return Ok(());
                }
                let rewrite = |text| Write::RewriteDraft { note: *id, text };
                words.go_on(plan, *id, text.clone(), rewrite);
                Ok(())
            }
            Self::Splice { id, splice } => {
                let words = words(plan, *id)?;
                fits(&words.text, splice)?;
                if splice.delete == 0 && splice.insert.is_empty() {
                    return Ok(());
                }
                let text = splice.applied_to(&words.text);
                words.go_on(plan, *id, text, |_| Write::SpliceDraft {
                    note: *id,
                    splice: splice.clone(),
                });
                Ok(())
            }
            Self::Sign { id } => sign(plan, *id, Vec::new()),
            Self::SignAddendum { id, reason } => sign_addendum(plan, *id, reason),
            Self::Settle {
                id,
                note,
                signed_note,
                reason,
            } => note_settlement::settle(plan, *id, (*note, *signed_note), reason),
        }
    }
}

/// What is written on in a note.
pub(super) struct Words {
    text: String,
    pub(super) heads: Vec<String>,
    /// The signed version whose words these are, where the draft is not here.
    after: Option<EntityId>,
}

/// The words of a note's draft. Where that is not here, because the note was signed at once or its draft was closed before this
/// device had it: those of the version that was signed last.
pub(super) fn words(plan: &Plan<'_>, id: EntityId) -> Result<Words, Invalid> {
    plan.present(Kind::Note, id)?;
    if let Some(Draft { text, heads }) = plan.draft(id) {
        return Ok(Words {
            text,
            heads,
            after: None,
        });
    }
    let mut versions = NoteVersions::of(plan.records(), id).signed.into_iter();
    let last = versions.rfind(|version| version.intact);
    last.map(|version| Words {
        text: version.text,
        heads: version.heads,
        after: Some(version.meta.id),
    })
    .ok_or_else(|| Invalid::field("note.text", "is not on this device"))
}

impl Words {
    /// Makes them a new text: in the draft, or in one that goes on from the signed version. Then the note is marked, so that
    /// whatever undoes the note undoes the draft too.
    fn go_on(
        self,
        plan: &mut Plan<'_>,
        note: EntityId,
        text: String,
        write: impl FnOnce(String) -> Write,
    ) {
        let Some(after) = self.after else {
            return plan.write(write(text));
        };
        plan.put(Kind::Note, note, REOPENED, Value::Bool(true));
        plan.write(Write::ResumeDraft { note, after, text });
    }
}

/// Two texts that began from a third, as one: with what either put in, without what either took out. Each is taken for one splice,
/// so what both changed in the same place stands one after the other.
pub(crate) fn merged(base: &str, ours: &str, theirs: &str) -> String {
    if ours == theirs {
        return ours.to_owned();
    }
    let base: Vec<char> = base.chars().collect();
    let mut replaced = [Replaced::by(&base, ours), Replaced::by(&base, theirs)];
    replaced.sort_by_key(|one| one.from);
    let [first, second] = replaced;
    let part = |range| base.get(range).unwrap_or_default();
    [
        part(0..first.from),
        &first.with,
        part(first.until..second.from),
        &second.with,
        part(first.until.max(second.until)..base.len()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Where a text differs from the one it began from, up to the first and the last character that differs.
struct Replaced {
    from: usize,
    until: usize,
    with: Vec<char>,
}

impl Replaced {
    fn by(base: &[char], text: &str) -> Self {
        let text: Vec<char> = text.chars().collect();
        let same = |(one, other): &(&char, &char)| one == other;
        let from = base.iter().zip(&text).take_while(same).count();
        let behind = base.iter().skip(from).rev();
        let behind = behind
            .zip(text.iter().skip(from).rev())
            .take_while(same)
            .count();
        let with = text.get(from..text.len() - behind);
        Self {
            from,
            until: base.len() - behind,
            with: with.unwrap_or_default().to_vec(),
        }
    }
}

fn fits(text: &str, splice: &TextSplice) -> Result<(), Invalid> {
    let length = text.chars().count() as u64;
    let end = u64::from(splice.at) + u64::from(splice.delete);
    if end > length {
        return Err(Invalid::field(
            "note.splice",
            format!("reaches past the text's {length} characters"),
        ));
    }
    checked(
        "note.text",
        splice.insert.as_str(),
        check::bounded::<MAX_TEXT>,
    )?;
    let after = length - u64::from(splice.delete) + splice.insert.chars().count() as u64;
    if after > MAX_TEXT as u64 {
        return Err(Invalid::field(
            "note.text",
            format!("is longer than {MAX_TEXT} characters"),
        ));
    }
    Ok(())
}

/// Signs what is written, with what the version says beside it.
fn sign(plan: &mut Plan<'_>, id: EntityId, beside: Vec<(String, Value)>) -> Result<(), Invalid> {
    let words = words(plan, id)?;
    if words.text.trim().is_empty() {
        return Err(Invalid::field(
            "note.text",
            "is empty: there is nothing to sign",
        ));
    }
    if words.heads.is_empty() {
        plan.write(Write::SkipDraft { note: id });
    }
    let facts = Facts {
        note: id,
        text: words.text,
        heads: words.heads,
        signer: plan.worker,
        signed_at_ms: plan.now.timestamp_millis(),
    };
    let fields = facts.fields().into_iter().chain(beside).collect();
    plan.create_with(Kind::SignedNote, facts.key(), fields)
}

fn sign_addendum(plan: &mut Plan<'_>, id: EntityId, reason: &str) -> Result<(), Invalid> {
    checked("note.reason", reason, check::line::<MAX_TITLE>)?;
    let versions = NoteVersions::of(plan.records(), id);
    let state = versions.state(plan.draft(id).as_ref());
    let stands = versions.standing().next_back().map(|last| last.meta.id);
    let open = [NoteState::SignedWithLateWords, NoteState::Settled].contains(&state);
    let Some(adds_to) = stands.filter(|_| open) else {
        let reason = "holds nothing that came after a signature";
        return Err(Invalid::field("note.text", reason));
    };
    let beside = [
        (ADDS_TO, adds_to.to_value()),
        (REASON, Value::trimmed(reason)),
    ];
    sign(plan, id, owned(beside))
}

/// The keys of what an addendum says beside its facts.
const ADDS_TO: &str = "adds_to";
const REASON: &str = "reason";

/// Letters of a head's name in a signed version: 12 bytes, for which nobody finds a second change of the same name. NoteVersions that
/// were signed before have all 64.
const HEAD_LETTERS: usize = 24;

/// A head as signed versions call it now, by what one of them calls it.
pub(crate) fn named_head(name: &str) -> &str {
    name.get(..HEAD_LETTERS).unwrap_or(name)
}

/// What a signed version says, and so what its key is the digest of.
struct Facts {
    note: EntityId,
    text: String,
    heads: Vec<String>,
    signer: WorkerId,
    signed_at_ms: i64,
}

impl Facts {
    /// The digest under which the version stands: BLAKE3 over every fact, each with its length before it.
    fn key(&self) -> EntityId {
        let mut hasher = blake3::Hasher::new_derive_key("caseweave 2026 signed note v1");
        let note = self.note.to_bytes();
        let signer = self.signer.to_bytes();
        let at = self.signed_at_ms.to_be_bytes();
        let heads = self.heads.join(" ");
        for part in [
            &note[..],
            &signer[..],
            &at[..],
            heads.as_bytes(),
            self.text.as_bytes(),
        ] {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        EntityId::of_digest(&hasher)
    }

    fn fields(&self) -> Vec<(String, Value)> {
        owned([
            ("note", self.note.to_value()),
            ("text", Value::Text(self.text.clone())),
            ("heads", Value::Text(self.heads.join(" "))),
            ("signer", self.signer.to_value()),
            ("signed_at", Value::Moment(self.signed_at_ms)),
        ])
    }
}

impl SignedNote {
    /// Reads a version; nothing where a fact is missing that every version has.
    pub(crate) fn from_entry(entry: &Entry) -> Option<Self> {
        let signed_at: DateTime<Utc> = entry.get("signed_at")?;
        let facts = Facts {
            note: entry.get("note")?,
            text: entry.get("text")?,
            heads: entry.get("heads")?,
            signer: entry.get("signer")?,
            signed_at_ms: signed_at.timestamp_millis(),
        };
        let heads = facts.heads.iter().map(|head| named_head(head).to_owned());
        Some(Self {
            meta: entry.meta(),
            intact: facts.key() == entry.id,
            note: facts.note,
            heads: heads.collect(),
            text: facts.text,
            signer: facts.signer,
            signed_at,
            adds_to: entry.get(ADDS_TO),
            reason: entry.get(REASON),
            superseded_by: None,
        })
    }
}

/// The signed versions of a note, by signing moment, then by id, and what was decided about them.
pub(crate) struct NoteVersions {
    pub(crate) signed: Vec<SignedNote>,
    pub(crate) settlements: Vec<NoteSettlement>,
}

impl NoteVersions {
    /// Those of a note.
    pub(crate) fn of(records: &dyn Records, note: EntityId) -> Self {
        let signed = records.parts(Kind::SignedNote, note);
        let signed = signed.iter().filter_map(SignedNote::from_entry);
        Self::new(signed.collect(), parts(records, note))
    }

    pub(super) fn new(mut signed: Vec<SignedNote>, settlements: Vec<NoteSettlement>) -> Self {
        signed.sort_by_key(|version| (version.signed_at, version.meta.id));
        let mut versions = Self {
            signed,
            settlements,
        };
        let decided: Vec<_> = versions
            .signed
            .iter()
            .map(|one| versions.superseded_by(one.meta.id))
            .collect();
        for (version, decision) in versions.signed.iter_mut().zip(decided) {
            version.superseded_by = decision;
        }
        versions
    }

    /// The versions in whose place no other one stands.
    fn standing(&self) -> impl DoubleEndedIterator<Item = &SignedNote> {
        let stands = |version: &&SignedNote| version.intact && version.superseded_by.is_none();
        self.signed.iter().filter(stands)
    }

    /// Where the note stands, by its draft's heads.
    pub(crate) fn state(&self, draft: Option<&Draft>) -> NoteState {
        if self.signed.is_empty() {
            return NoteState::Draft;
        }
        let Some(draft) = draft else {
            return NoteState::Signed;
        };
        let signs = |version: &SignedNote| version.intact && version.heads == draft.heads;
        if self.signed.iter().any(signs) {
            NoteState::Signed
        } else if self.settled_at(&draft.heads) {
            NoteState::Settled
        } else {
            NoteState::SignedWithLateWords
        }
    }

    /// Where the note stands, with the draft's text unless it is signed as it stands: a signed version says what its draft says, and
    /// drafts of signed notes are not always at hand.
    pub(crate) fn state_and_words(&self, draft: Option<Draft>) -> (NoteState, Option<String>) {
        let state = self.state(draft.as_ref());
        let open = draft.filter(|_| state != NoteState::Signed);
        (state, open.map(|draft| draft.text))
    }
}

/// What happens to notes.
#[derive(Debug, Clone, PartialEq)]
pub enum NoteFact {
    /// A draft was begun.
    Begun {
        /// What sort of note.
        sort: Option<NoteKind>,
        /// Its title as it stands.
        title: Option<String>,
        /// The visit it is about.
        visit: Option<EntityId>,
    },
    /// A version was signed.
    Signed {
        /// The note.
        note: EntityId,
        /// Who signed.
        signer: WorkerId,
        /// What sort of note.
        sort: Option<NoteKind>,
        /// Its title as it stands.
        title: Option<String>,
        /// Whether the version still bears the digest it was signed under.
        intact: bool,
        /// Why, where it is an addendum.
        reason: Option<String>,
    },
    /// Somebody decided which signed version stands.
    Settled {
        /// The note.
        note: Option<EntityId>,
        /// The version that stands.
        signed_note: Option<EntityId>,
        /// What sort of note.
        sort: Option<NoteKind>,
        /// Its title as it stands.
        title: Option<String>,
        /// Why.
        reason: Option<String>,
    },
}

impl Story for Note {
    type Fact = NoteFact;

    fn tell(step: &Step<'_>) -> Vec<(When, NoteFact)> {
        let Self {
            sort, title, visit, ..
        } = step.stands();
        let begun = NoteFact::Begun { sort, title, visit };
        step.begun
            .then(|| (step.now(), begun))
            .into_iter()
            .collect()
    }
}

impl Story for SignedNote {
    type Fact = NoteFact;

    fn tell(step: &Step<'_>) -> Vec<(When, NoteFact)> {
        let version = Self::from_entry(&step.moved).filter(|_| step.begun);
        let signed = version.map(|version| {
            let note = step.other::<Note>(version.note);
            let (sort, title) = note.map_or((None, None), |note| (note.sort, note.title));
            let signed = NoteFact::Signed {
                note: version.note,
                signer: version.signer,
                sort,
                title,
                intact: version.intact,
                reason: version.reason,
            };
            (step.at(Some(version.signed_at)), signed)
        });
        signed.into_iter().collect()
    }
}

impl Story for NoteSettlement {
    type Fact = NoteFact;

    fn tell(step: &Step<'_>) -> Vec<(When, NoteFact)> {
        let decided: Self = step.wrote();
        let note = decided.note.and_then(|note| step.other::<Note>(note));
        let (sort, title) = note.map_or((None, None), |note| (note.sort, note.title));
        let settled = NoteFact::Settled {
            note: decided.note,
            signed_note: decided.signed_note,
            sort,
            title,
            reason: decided.reason,
        };
        step.begun
            .then(|| (step.now(), settled))
            .into_iter()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Stamp;

    #[test]
    fn a_version_that_names_whole_hashes_still_stands() {
        let heads = ["ab", "cd"];
        let facts = Facts {
            note: EntityId::from_bytes([1; 16]),
            text: "Calm.".into(),
            heads: heads.map(|byte| byte.repeat(32)).to_vec(),
            signer: WorkerId::from_bytes([2; 16]),
            signed_at_ms: 0,
        };
        let entry = Entry {
            id: facts.key(),
            created: Stamp::default(),
            changed: Stamp::default(),
            fields: facts.fields().into_iter().collect(),
        };
        let version = SignedNote::from_entry(&entry).unwrap();
        assert!(version.intact);
        let draft = Draft {
            text: "Calm.".into(),
            heads: heads.map(|byte| byte.repeat(12)).to_vec(),
        };
        let versions = NoteVersions::new(vec![version], Vec::new());
        assert_eq!(versions.state(Some(&draft)), NoteState::Signed);
    }

    #[test]
    fn merging_keeps_what_either_put_in_and_drops_what_either_took_out() {
        for (base, ours, theirs, both) in [
            ("Calm.", "Calm.", "Calm. Ate.", "Calm. Ate."),
            ("Calm.", "Calm. Ate.", "Calm.", "Calm. Ate."),
            ("Calm.", "Calm. Ate.", "Calm. Ate.", "Calm. Ate."),
            ("Calm.", "Calm. Ate.", "Calm. Fell.", "Calm. Ate. Fell."),
            ("Calm.", "Very calm.", "Calm. Fell.", "Very calm. Fell."),
            ("Calm. Ate.", "Ate.", "Calm. Ate. Fell.", "Ate. Fell."),
            ("Calm. Ate.", "", "Calm. Ate. 🦊", " 🦊"),
            ("Calm", "Cold", "Cool", "Coldool"),
            ("", "Ate.", "Fell.", "Ate.Fell."),
        ] {
            assert_eq!(merged(base, ours, theirs), both, "{ours} {theirs}");
        }
    }
}
