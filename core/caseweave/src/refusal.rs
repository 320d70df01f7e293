//! Work the server refused for good: set aside with its reason, and what was built on it made again without it.

use std::collections::{BTreeMap, BTreeSet};

use caseweave_engine::document::{CaseDocuments, ChangeHash};
use caseweave_engine::domain::Edit;
use caseweave_engine::identity::Session;
use caseweave_engine::ids::CaseId;
use caseweave_engine::sync::wire::Refused;
use caseweave_store::{
    GroupId, LOST_EDITS, NewQuarantined, PendingGroup, QuarantinedChange, WriteTx,
};

use crate::cases::Drafts;
use crate::edits::read_kept;
use crate::handle::Open;
use crate::host::random;
use crate::incoming::Loaded;
use crate::{Error, Result};

impl Open {
    /// Sets refused groups aside, with their edits, the code and the reason. The documents go back to what they were without
    /// them; groups that were built on them are made again from their edits, as fresh changes of a new session. An edit that
    /// no longer stands is set aside too. A refused change never delays the next edit of its case.
    pub(crate) fn set_refused_aside(
        &self,
        tx: &WriteTx<'_>,
        refused: &[(GroupId, &'static str, &'static str)],
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<()> {
        let mut cases: BTreeSet<CaseId> = BTreeSet::new();
        let mut changes: BTreeSet<ChangeHash> = BTreeSet::new();
        for (id, code, reason) in refused {
            let Some(group) = tx.group(*id)? else {
                continue;
            };
            cases.insert(group.case);
            changes.extend(group.changes.iter().map(|change| change.hash));
            self.move_to_quarantine(tx, &group, code, reason)?;
        }
        for case in cases {
            self.rebuild_without(tx, case, &changes, loaded)?;
        }
        Ok(())
    }

    /// Sets aside what waits on a case that is taken away and could not be sent; says how many groups. The case goes with its
    /// documents, so none is rebuilt.
    pub(crate) fn set_unsent_aside(&self, tx: &WriteTx<'_>, case: CaseId) -> Result<u32> {
        let mut set_aside = 0;
        for id in tx.waiting_groups(Some(case), &[])? {
            let reason = "the case was taken away before it could be sent";
            tx.refuse_group(id, self.host.now_ms(), Refused::NotAllowed.code(), reason)?;
            set_aside += 1;
        }
        if set_aside > 0 {
            tracing::warn!(target: "caseweave::sync", "work on what was taken away was set aside");
        }
        Ok(set_aside)
    }

    fn move_to_quarantine(
        &self,
        tx: &WriteTx<'_>,
        group: &PendingGroup,
        code: &str,
        reason: &str,
    ) -> Result<()> {
        tracing::warn!(target: "caseweave::sync", code, "work was set aside");
        tx.refuse_group(group.id, self.host.now_ms(), code, reason)?;
        Ok(())
    }

    /// Rebuilds a case's documents without some changes and what follows them, then makes the innocent edits again.
    fn rebuild_without(
        &self,
        tx: &WriteTx<'_>,
        case: CaseId,
        refused: &BTreeSet<ChangeHash>,
        loaded: &mut BTreeMap<CaseId, Loaded>,
    ) -> Result<()> {
        let known = loaded
            .remove(&case)
            .map(|known| known.documents)
            .or_else(|| self.cases.take(case));
        let known = self.known_so_far(tx, case, known)?;
        let documents = match self.with_drafts(tx, case, known, &Drafts::All) {
            // With damaged rows it cannot be shown, with these changes or without: it must not keep the others from coming in.
            Err(Error::StorageCorrupt { .. }) => {
                tracing::warn!(target: "caseweave::sync", "a record with damaged rows was not made anew");
                return Ok(());
            }
            read => read?,
        };
        let (mut rebuilt, lost) = documents.without(refused)?;
        let innocent = self.groups_built_on(tx, case, &lost)?;
        let mut edits = Vec::new();
        for group in innocent {
            let changes = tx.changes_to_set_aside(group.id)?;
            tx.withdraw_group(group.id)?;
            edits.push((group, changes));
        }
        let here = documents.documents();
        for document in here.filter(|document| !document.heads().is_empty()) {
            match rebuilt
                .get(document.id())
                .filter(|rebuilt| !rebuilt.heads().is_empty())
            {
                Some(rebuilt) => {
                    tx.set_heads(document.id(), &rebuilt.heads())?;
                    tx.fold(document.id(), &rebuilt.save_verified()?, &rebuilt.heads())?;
                }
                None => tx.remove_document(document.id())?,
            }
        }
        tx.forget_projection(case)?;
        *self.session.lock() = Session(random(&*self.host));
        for (group, changes) in &edits {
            self.make_again(tx, &mut rebuilt, group, changes)?;
        }
        self.project(tx, &mut rebuilt, None)?;
        tx.pack_where_due(case)?;
        loaded.insert(case, Loaded::of(rebuilt));
        Ok(())
    }

    /// The groups that wait, or are held, and have a change that went with a refused one.
    fn groups_built_on(
        &self,
        tx: &WriteTx<'_>,
        case: CaseId,
        lost: &BTreeSet<ChangeHash>,
    ) -> Result<Vec<PendingGroup>> {
        let pending = tx.pending_groups(usize::MAX, &[])?.into_iter();
        let built_on = |group: &PendingGroup| {
            group.case == case
                && group
                    .changes
                    .iter()
                    .any(|change| lost.contains(&change.hash))
        };
        Ok(pending
            .chain(tx.held_groups(case)?)
            .filter(built_on)
            .collect())
    }

    fn make_again(
        &self,
        tx: &WriteTx<'_>,
        documents: &mut CaseDocuments,
        group: &PendingGroup,
        changes: &[QuarantinedChange],
    ) -> Result<()> {
        let again = known_edits(group).and_then(|edits| {
            let committed = documents.edit(&edits, &self.context())?;
            Ok((edits, committed))
        });
        match again {
            Ok((_, committed)) if committed.changes.is_empty() => Ok(()),
            Ok((edits, committed)) => self.store_edits(tx, documents, &edits, &committed),
            // Also edits that were lost, or cannot be read, of a version that had a field which this one has not: nothing else waits
            // for them.
            Err(error) => {
                let reason = error.to_string();
                tx.quarantine(&NewQuarantined {
                    case: Some(group.case),
                    at_ms: self.host.now_ms(),
                    code: "no_longer_stands",
                    reason: &reason,
                    edits: Some(&group.edits),
                    changes,
                })?;
                Ok(())
            }
        }
    }
}

/// The edits that made a group. Those that a rescue did not find made something else than nothing.
fn known_edits(group: &PendingGroup) -> Result<Vec<Edit>> {
    if group.edits == LOST_EDITS {
        return Err(Error::Unexpected {
            code: 303,
            reason: "the edits were lost with a damaged page".into(),
        });
    }
    read_kept(&group.edits)
}
