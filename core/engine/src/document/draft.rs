//! The words in a note's document.
//!
//! They stand in one text object as a rule. Whoever writes on a note whose draft is not at hand, because it was signed at once or
//! closed before the device had it, begins a text that goes on from a signed version and stands under its name. So a draft may have
//! several texts: its own, and those that go on from versions, more than one of the same where two did so apart. What is shown is all of
//! them as one text: what each changed of the words it began from.

use std::collections::BTreeSet;

use automerge::transaction::{OwnedTransaction, Transactable};
use automerge::{AutomergeError, ObjId, ROOT, ReadDoc};

use super::read::head_name;
use super::stamp::order;
use super::{Document, key, scalar};
use crate::domain::{Draft, SignedNote, Value, note};
use crate::ids::EntityId;

/// The texts of a draft.
pub(super) struct Texts(Vec<Text>);

struct Text {
    object: ObjId,
    words: String,
    /// The intact version whose words it goes on from, where there is one.
    after: Option<SignedNote>,
}

impl Text {
    /// What it began from.
    fn base(&self) -> &str {
        self.after.as_ref().map_or("", |version| &version.text)
    }
}

impl Texts {
    /// Reads the texts of a draft: its own first, then by version, the one made first before others. `version` gives a signed
    /// version of the note.
    pub(super) fn read(
        doc: &impl ReadDoc,
        version: impl Fn(EntityId) -> Option<SignedNote>,
    ) -> Self {
        let mut texts = Vec::new();
        for key in doc.keys(ROOT).filter(|key| key::is_text(key)) {
            let mut objects = doc.get_all(ROOT, key.as_str()).unwrap_or_default();
            objects.sort_by(|(_, a), (_, b)| order(a).cmp(&order(b)));
            for (value, object) in objects {
                if let Some(Value::Text(words)) = scalar::read(doc, &value, &object) {
                    let after = key::text_is_after(&key).and_then(&version);
                    texts.push(Text {
                        object,
                        words,
                        after: after.filter(|version| version.intact),
                    });
                }
            }
        }
        Self(texts)
    }

    /// The words of all texts as one; nothing where there is no text.
    pub(super) fn words(&self) -> Option<String> {
        let (first, others) = self.0.split_first()?;
        let words = others.iter().fold(first.words.clone(), |words, text| {
            note::merged(text.base(), &words, &text.words)
        });
        Some(words)
    }

    /// The draft, if there is a text.
    pub(super) fn draft(&self, document: &Document) -> Option<Draft> {
        let mut heads: BTreeSet<String> = document.heads().iter().map(head_name).collect();
        // What a text goes on from is not always here. The draft stands after it all the same.
        let before = self.0.iter().filter_map(|text| text.after.as_ref());
        heads.extend(
            before
                .flat_map(|version| &version.heads)
                .filter(|head| !document.has(head))
                .cloned(),
        );
        Some(Draft {
            text: self.words()?,
            heads: heads.into_iter().collect(),
        })
    }

    /// The object to splice in, where there is just one.
    pub(super) fn only(&self) -> Option<&ObjId> {
        match self.0.as_slice() {
            [text] => Some(&text.object),
            _ => None,
        }
    }

    /// Writes all words. Of several texts the one that says everything takes them, or the first, and the others go back to what they
    /// began from.
    pub(super) fn rewrite(
        &self,
        doc: &mut OwnedTransaction,
        words: &str,
    ) -> Result<(), AutomergeError> {
        let whole = self.words();
        let says_all = |text: &Text| Some(&text.words) == whole.as_ref();
        let takes = self.0.iter().position(says_all).unwrap_or_default();
        let base = self.0.get(takes).map_or("", Text::base);
        for (place, text) in self.0.iter().enumerate() {
            let words = match place {
                _ if place == takes => words,
                // The others are merged into the first, so it begins where the one that takes the words began.
                0 => base,
                _ => text.base(),
            };
            doc.update_text(&text.object, words)?;
        }
        Ok(())
    }
}
