//! Reading: whole views, lists, search, history. Never waits for writing.

use caseweave_engine::domain::CaseView;
use caseweave_engine::ids::CaseId;
use caseweave_store::{
    CaseListRow, CaseSync, Inbox, IntegrityReport, ListQuery, Page, Quarantined, SearchHit,
    TouchedCases,
};

use crate::cases::no_record;
use crate::handle::Caseweave;
use crate::{Error, Result};

/// Most rows a single call gives out.
const MAX_ROWS: usize = 500;

impl Caseweave {
    /// The whole case, complete enough to render a screen.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: no such case on this device.
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn case(&self, case: CaseId) -> Result<CaseView> {
        let open = self.readable()?;
        let view = open.record(case)?.view(&open.rules());
        view.ok_or_else(|| no_record(case))
    }

    /// The case as it stood at a revision that a view or receipt named, without drafts.
    ///
    /// # Errors
    /// As [`Self::case`]; [`Error::NotFound`] too where this device does not hold the revision.
    pub fn case_at(&self, case: CaseId, revision: &str) -> Result<CaseView> {
        let open = self.readable()?;
        let documents = open.case_to_read(case)?;
        let then = documents.at(revision);
        then.and_then(|then| then.record().view(&open.rules()))
            .ok_or_else(|| no_revision(case))
    }

    /// A page of the caseload. At most 500 rows.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`]: a limit of none or of more than 500.
    /// - [`Error::NotAllowed`], while locked. [`Error::StorageCorrupt`], [`Error::Unexpected`].
    pub fn list(&self, query: &ListQuery) -> Result<Page<CaseListRow>> {
        check_limit(query.limit)?;
        Ok(self.readable()?.store.read(|tx| tx.list(query))?)
    }

    /// What has, for every word of the text, a word that begins with it: names, numbers, notes, tasks and the rest, without
    /// regard to case and diacritics, also in restricted compartments that this worker may see, and in the directory. The best first:
    /// what people are known by, then everything else; of either, first what has every word whole, and of that what this device took
    /// in last.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<SearchHit>> {
        check_limit(limit)?;
        Ok(self.readable()?.store.read(|tx| tx.search(text, limit))?)
    }

    /// What waits for somebody's decision: every open conflict of the caseload, also in restricted compartments and the directory, and the closed cases
    /// that were changed since. The choices of a conflict and what was changed stand in the view of the record.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn inbox(&self) -> Result<Inbox> {
        Ok(self.readable()?.store.read(|tx| tx.inbox())?)
    }

    /// How a case stands with the server, from receipts alone; of the whole caseload, where none is named.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn status(&self, case: Option<CaseId>) -> Result<CaseSync> {
        let open = self.opened()?;
        Ok(open.store.read(|tx| match case {
            Some(case) => tx.case_sync(case),
            None => tx.total_sync(),
        })?)
    }

    /// The cases, restricted compartments and providers that changed since a revision, each by its own id; 0 asks for all. For screens that
    /// follow the record.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn changes_since(&self, revision: i64) -> Result<TouchedCases> {
        Ok(self.opened()?.store.read(|tx| tx.changes_since(revision))?)
    }

    /// What was set aside: work the server refused, and bytes that did not hold. Of one record, if given;
    /// each is named by its own id.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn quarantined(&self, case: Option<CaseId>) -> Result<Vec<Quarantined>> {
        Ok(self.readable()?.store.read(|tx| tx.quarantined(case))?)
    }

    /// Says that somebody has dealt with what was set aside under a number: it stays, and is counted and listed as refused no more.
    /// Writes disk.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: nothing was set aside under this number.
    /// - [`Error::StorageFull`]. As [`Self::list`].
    pub fn dismiss_quarantined(&self, id: i64) -> Result<()> {
        let open = self.readable()?;
        Ok(open.store.write(|tx| tx.dismiss_quarantined(id))?)
    }

    /// How many documents were opened since the handle was: those of cases and of drafts that were not in memory. Lists, the
    /// worklist and search open none.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked.
    pub fn documents_opened(&self) -> Result<u64> {
        Ok(self.opened()?.cases.opened())
    }

    /// Checks the whole database: every page's authentication, structure, checksums. Takes seconds.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn check_storage(&self) -> Result<IntegrityReport> {
        Ok(self.opened()?.store.integrity_check()?)
    }
}

pub(crate) fn no_revision(record: CaseId) -> Error {
    Error::NotFound {
        id: record.to_string(),
        reason: "no such revision on this device".into(),
    }
}

pub(crate) fn check_limit(limit: usize) -> Result<()> {
    if (1..=MAX_ROWS).contains(&limit) {
        return Ok(());
    }
    Err(Error::InvalidInput {
        field: "limit".into(),
        reason: format!("is not from 1 to {MAX_ROWS}"),
    })
}
