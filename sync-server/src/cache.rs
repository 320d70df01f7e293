//! Documents kept in memory between requests, so that a small upload to a large case does not load it anew.

use std::collections::HashMap;
use std::sync::Arc;

use caseweave_engine::ids::DocumentId;
use caseweave_engine::sync::server::Replica;

/// How much memory the documents of one organisation may take, about.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The documents used last. Only what is committed gets in, so a rollback leaves nothing stale.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    kept: HashMap<DocumentId, Kept>,
    bytes: usize,
    /// Counts uses.
    moment: u64,
    /// Documents that were not here and had to be decoded.
    pub(crate) decoded: u64,
}

#[derive(Debug)]
struct Kept {
    replica: Arc<Replica>,
    bytes: usize,
    used: u64,
}

impl Cache {
    /// The document, if it is here at exactly these heads.
    pub(crate) fn get(&mut self, document: DocumentId, heads: &[[u8; 32]]) -> Option<Arc<Replica>> {
        self.moment += 1;
        let kept = self.kept.get_mut(&document)?;
        kept.used = self.moment;
        (kept.replica.heads() == heads).then(|| kept.replica.clone())
    }

    pub(crate) fn put(&mut self, document: DocumentId, replica: Arc<Replica>) {
        self.moment += 1;
        let kept = Kept {
            bytes: replica.memory(),
            replica,
            used: self.moment,
        };
        self.bytes += kept.bytes;
        if let Some(before) = self.kept.insert(document, kept) {
            self.bytes -= before.bytes;
        }
        while self.bytes > MOST_BYTES && self.drop_oldest() {}
    }

    fn drop_oldest(&mut self) -> bool {
        let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.used);
        let oldest = oldest.map(|(document, _)| *document);
        let dropped = oldest.and_then(|document| self.kept.remove(&document));
        self.bytes -= dropped.as_ref().map_or(0, |kept| kept.bytes);
        dropped.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_unused_longest_makes_room() {
        let mut cache = Cache::default();
        let fits = MOST_BYTES / Replica::default().memory();
        let id = |number: usize| DocumentId::from_bytes((number as u128).to_be_bytes());
        (0..fits).for_each(|number| cache.put(id(number), Arc::default()));
        assert!(cache.get(id(0), &[]).is_some());
        cache.put(id(fits), Arc::default());
        assert!(cache.get(id(0), &[]).is_some());
        assert!(cache.get(id(1), &[]).is_none());
        assert!(cache.bytes <= MOST_BYTES);
    }
}
