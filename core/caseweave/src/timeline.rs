//! What happened to a case, newest first, by pages.

use std::collections::BTreeMap;

use caseweave_engine::domain::TimelineItem;
use caseweave_engine::ids::{CaseId, WorkerId};
use caseweave_store::ReadTx;

use crate::handle::{Caseweave, Open};
use crate::queries::check_limit;
use crate::{Error, Result};

/// A page of a case's timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// What happened, newest first.
    pub items: Vec<TimelineItem>,
    /// What the next page is asked with; nothing on the last one.
    pub next: Option<String>,
}

impl Caseweave {
    /// What happened to a case: visits, notes, tasks, goals, consents, people and turns of the case, each dated, with its author
    /// and what a line needs. Newest first, at most 500; `after` is what the page before gave as its `next`.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`]: a limit of none or of more than 500, or an `after` that no page gave.
    /// - As [`Self::case`].
    pub fn timeline(&self, case: CaseId, after: Option<&str>, limit: usize) -> Result<Timeline> {
        check_limit(limit)?;
        if after.is_some_and(|after| !TimelineItem::is_place(after)) {
            return Err(Error::InvalidInput {
                field: "after".into(),
                reason: "is no place of a timeline".into(),
            });
        }
        let open = self.readable()?;
        let names = open.store.read(|tx| open.names(tx))?;
        let documents = open.case_to_read(case)?;
        let items = documents.timeline(&|worker| names.get(&worker).cloned());
        let mut rest = items
            .into_iter()
            .skip_while(|item| after.is_some_and(|after| item.place.as_str() >= after));
        let items: Vec<TimelineItem> = rest.by_ref().take(limit).collect();
        let next = rest.next().and(items.last().map(|item| item.place.clone()));
        Ok(Timeline { items, next })
    }
}

impl Open {
    /// The names of workers, as far as this device knows them.
    pub(crate) fn names(&self, tx: &ReadTx<'_>) -> Result<BTreeMap<WorkerId, String>> {
        let own = (self.identity.worker, self.identity.worker_name.clone());
        let devices = tx.devices()?.into_iter();
        let workers = tx.workers()?.into_iter();
        let mut names: BTreeMap<_, _> = devices
            .map(|device| (device.worker, device.name))
            .chain([own])
            .collect();
        // The agency's list has the newest name of each.
        names.extend(workers.map(|worker| (worker.worker, worker.name)));
        Ok(names)
    }
}
