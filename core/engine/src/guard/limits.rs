//! Every limit on what is taken from outside, with its reason, and the limits of forms that follow from them.
//!
//! The order matters: a form's limit may never let someone write what the guard would refuse on the way to a colleague. The
//! assertions at the end of the file fail the build when the two drift apart.

/// Heads above which a device that wrote to a document joins them, in a change that writes nothing.
pub const MANY_HEADS: usize = 32;

/// Dependencies of one change: [`MANY_HEADS`], and as many again from devices that have not got round to joining them. An
/// honest edit depends on all heads, and on the actor's own last change, which is one of them or followed by one.
pub const MAX_DEPENDENCIES: usize = 2 * MANY_HEADS;

/// Heads of one document on the server. A device adds one to them at most, with what it has not sent yet, and can still name
/// them all.
pub const MAX_HEADS: usize = MAX_DEPENDENCIES - 1;

/// Heads of one author, which is one device, in one document on the server. An installation makes one; a copy of it, or what it
/// was before it was restored, another.
pub const MAX_HEADS_OF_AUTHOR: usize = 2;

/// Actors besides its own that one change refers to. An actor is one device on one run of the app, so deleting a long text
/// touches as many as there were writers.
pub const MAX_OTHER_ACTORS: usize = 4_096;

/// Bytes of the message of a change. Ours carry the name of the edit.
pub const MAX_MESSAGE_BYTES: usize = 256;

/// Bytes behind the columns of a change, where automerge keeps the author: two bytes of frame and 32 of author are used.
pub const MAX_FOOTER_BYTES: usize = 64;

/// Bytes of one map key. Ours are ids, field names and hashes. A repeated key costs a few bytes in a change and its whole
/// length for each operation once decoded, so this times [`MAX_OPERATIONS`] is what a small change can make of memory.
pub const MAX_KEY_BYTES: usize = 256;

/// Operations of one change. Replacing the longest note deletes and inserts each character once.
pub const MAX_OPERATIONS: u64 = 50_000;

/// Earlier operations that one change replaces. Each of ours replaces what it saw at one place, mostly one value.
pub const MAX_PREDECESSORS: u64 = 2 * MAX_OPERATIONS;

/// Bytes of one change, uncompressed. The longest note in four-byte characters with its keys stays far below.
pub const MAX_CHANGE_BYTES: usize = 8 * 1024 * 1024;

/// How deep objects lie in each other: a phone's thread of 512 KiB of stack still walks this easily. Ours use six.
pub const MAX_DEPTH: usize = 32;

/// Maps and texts of one document, those overwritten included. An entity has about three.
pub const MAX_OBJECTS: u64 = 20_000;

/// Bytes of one saved document. An edit leaves it well below: [`crate::sync::MAX_EDITED`].
pub const MAX_DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of one saved document with its columns inflated. Typed text deflates to about a quarter.
pub const MAX_INFLATED_BYTES: usize = 4 * MAX_DOCUMENT_BYTES;

/// Operations of one document. Automerge numbers them in 32 bits and keeps about 60 bytes for each in memory.
pub const MAX_DOCUMENT_OPERATIONS: u64 = 5_000_000;

/// Changes of one document. More than five hundred a working day over ten years.
pub const MAX_DOCUMENT_CHANGES: u64 = 1_500_000;

/// Changes of one document that may wait for a dependency: each new one is tried against all that wait.
pub const MAX_WAITING_CHANGES: usize = 1_000;

/// Characters (Unicode scalar values) of a note.
pub const MAX_NOTE_CHARS: usize = 20_000;

/// Characters of a name.
pub const MAX_NAME_CHARS: usize = 200;

/// Characters of a title.
pub const MAX_TITLE_CHARS: usize = 300;

/// Characters of a memo, a reason or another field of a few sentences.
pub const MAX_MEMO_CHARS: usize = 4_000;

/// Answers of one assessment.
pub const MAX_ANSWERS: usize = 500;

/// Entities of one case: visits, notes, tasks and all others together.
pub const MAX_ENTITIES: usize = 5_000;

/// Entries of one case: its entities with their parts, such as a visit's events and a note's signed versions.
pub const MAX_ENTRIES: usize = MAX_ENTITIES * OBJECTS_PER_ENTITY as usize;

/// Attachments of one case.
pub const MAX_ATTACHMENTS: usize = 1_000;

/// Bytes of one attachment, which lies beside the document.
pub const MAX_ATTACHMENT_BYTES: u64 = 50_000_000;

const CHAR_BYTES: usize = 4;

/// Objects an entity is made of: itself, its extensions and one map of its own parts.
const OBJECTS_PER_ENTITY: u64 = 3;

/// What an edit writes besides the text it carries.
const OPERATIONS_BESIDE_TEXT: u64 = 1_000;

const _: () = {
    assert!(
        2 * MAX_NOTE_CHARS as u64 + OPERATIONS_BESIDE_TEXT <= MAX_OPERATIONS,
        "a note can be replaced in one change"
    );
    assert!(
        MAX_ANSWERS as u64 * 8 + OPERATIONS_BESIDE_TEXT <= MAX_OPERATIONS,
        "an assessment can be saved in one change"
    );
    // Of each character: its value, and at most 16 bytes of columns.
    assert!(
        MAX_NOTE_CHARS * (CHAR_BYTES + 16) * 2 <= MAX_CHANGE_BYTES,
        "a note fits in one change"
    );
    assert!(
        MAX_ANSWERS * MAX_MEMO_CHARS * CHAR_BYTES <= MAX_CHANGE_BYTES,
        "an assessment of long answers fits in one change"
    );
    assert!(
        MAX_ENTITIES as u64 * OBJECTS_PER_ENTITY + 1_000 <= MAX_OBJECTS,
        "a full case has room for its objects"
    );
    assert!(MAX_ATTACHMENTS <= MAX_ENTITIES, "attachments are entities");
    assert!(
        MAX_HEADS < MAX_DEPENDENCIES,
        "an edit on all heads keeps within its dependencies"
    );
    assert!(
        MAX_DOCUMENT_OPERATIONS < u32::MAX as u64,
        "automerge numbers operations in 32 bits"
    );
    assert!(
        MAX_CHANGE_BYTES <= MAX_DOCUMENT_BYTES,
        "one change fits in a document"
    );
};
