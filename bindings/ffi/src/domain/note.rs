//! Notes: a draft that several people may write apart, and versions as somebody signed them.

use caseweave::domain::{Meta, NoteEdit, NoteFact, NoteState, NoteView, SignedNote, TextSplice};
use caseweave::{EntityId, WorkerId};
use chrono::{DateTime, Utc};

use super::mirror::{entity, open_enum};

open_enum! {
    /// What sort of note it is.
    NoteKind {
        /// Progress note.
        Progress,
        /// Contact with the person or somebody around them.
        Contact,
        /// Supervision.
        Supervision,
        /// Legal.
        Legal,
    }
}

entity! {
    /// A note [FHIR DocumentReference].
    Note, NoteUpdate, NoteField {
        set {
            /// What sort of note.
            sort Sort: NoteKind,
            /// A title, where one is wanted.
            title Title: String,
            /// The visit it is about.
            visit Visit: EntityId,
        }
        own {
            /// Who began it.
            author: WorkerId,
        }
    }
}

/// A version of a note as somebody signed it.
#[uniffi::remote(Record)]
pub struct SignedNote {
    /// Id and stamp. The id is the first half of the digest of what was signed.
    pub meta: Meta,
    /// The note.
    pub note: EntityId,
    /// The text as signed.
    pub text: String,
    /// The draft's heads as signed, in hexadecimal, sorted.
    pub heads: Vec<String>,
    /// Who signed.
    pub signer: WorkerId,
    /// When, by the signer's device.
    pub signed_at: DateTime<Utc>,
    /// Whether the version still bears the digest it was signed under. One that does not was tampered with.
    pub intact: bool,
    /// The version that this one adds to, where it is an addendum: it holds the words of that one as they stand since.
    #[uniffi(default)]
    pub adds_to: Option<EntityId>,
    /// Why, where it is an addendum.
    #[uniffi(default)]
    pub reason: Option<String>,
    /// The decision by which another version stands in its place; it tells who decided and why. The version stays as signed.
    #[uniffi(default)]
    pub superseded_by: Option<EntityId>,
}

entity! {
    /// That one signed version of a note stands in the place of others. Written once; a later decision takes its place.
    NoteSettlement {
        own {
            /// The note.
            note: EntityId,
            /// The version that stands, with those that it adds to.
            signed_note: EntityId,
            /// The versions that it stands in the place of.
            superseded: Vec<EntityId>,
            /// The draft's heads when it was decided: words that came later wait for a signature all the same.
            heads: Vec<String>,
            /// The earlier decisions that this one takes the place of.
            replaces: Vec<EntityId>,
            /// Why.
            reason: String,
        }
    }
}

/// Where a note stands.
#[uniffi::remote(Enum)]
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
#[uniffi::remote(Record)]
pub struct NoteView {
    /// The note.
    pub note: Note,
    /// The draft's text; nothing where its document is not on this device.
    pub draft: Option<String>,
    /// Every signed version, by signing moment, then by id. Two people who sign apart give two.
    pub signed: Vec<SignedNote>,
    /// Decisions about which version stands, in the order of their ids.
    pub settlements: Vec<NoteSettlement>,
    /// Where it stands.
    pub state: NoteState,
}

/// One splice in a text. Positions are Unicode scalar values.
#[uniffi::remote(Record)]
pub struct TextSplice {
    /// Where, counted from the start.
    pub at: u32,
    /// How many scalar values to take out.
    pub delete: u32,
    /// What to put in.
    pub insert: String,
}

/// Edits of notes.
#[uniffi::remote(Enum)]
pub enum NoteEdit {
    /// Begins a note with a draft of its own.
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

/// What happens to notes.
#[uniffi::remote(Enum)]
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
