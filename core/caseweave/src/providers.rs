//! The resource directory: provider organisations, open to every worker of the agency.
//!
//! A provider is a record of its own, so the calls that take a case's id take its id: edits, history, timeline, late work, status,
//! proof. Here is what is a provider's alone.

use caseweave_engine::domain::{Edit, ProviderEdit, ProviderView};
use caseweave_engine::ids::ProviderId;
use caseweave_engine::sync::wire::{AccessAction, Role};
use caseweave_store::{ProviderPage, ProviderQuery, WriteTx};

use crate::Result;
use crate::cases::no_record;
use crate::handle::{Caseweave, Open};
use crate::queries::{check_limit, no_revision};

impl Caseweave {
    /// One page of the directory by name, each provider with those of its services that were asked for. Opens no document. What few
    /// or none have takes a look at every service: a few milliseconds for 1,000 providers with five services each.
    ///
    /// # Errors
    /// - [`Error::InvalidInput`](crate::Error::InvalidInput): the limit is none or more than 500.
    /// - [`Error::NotAllowed`](crate::Error::NotAllowed), while locked.
    ///   [`Error::StorageCorrupt`](crate::Error::StorageCorrupt), [`Error::Unexpected`](crate::Error::Unexpected).
    pub fn providers(&self, query: &ProviderQuery) -> Result<ProviderPage> {
        check_limit(query.limit)?;
        Ok(self.readable()?.store.read(|tx| tx.providers(query))?)
    }

    /// The whole provider, complete enough to render a screen.
    ///
    /// # Errors
    /// - [`Error::NotFound`](crate::Error::NotFound): no such provider on this device.
    /// - [`Error::NotAllowed`](crate::Error::NotAllowed), while locked.
    ///   [`Error::StorageCorrupt`](crate::Error::StorageCorrupt), [`Error::Unexpected`](crate::Error::Unexpected).
    pub fn provider(&self, id: ProviderId) -> Result<ProviderView> {
        let record = self.readable()?.record(id)?;
        record.provider().ok_or_else(|| no_record(id))
    }

    /// The provider as it stood at a revision that a view or receipt named.
    ///
    /// # Errors
    /// As [`Self::provider`]; [`Error::NotFound`](crate::Error::NotFound) too where this device does not hold the revision.
    pub fn provider_at(&self, id: ProviderId, revision: &str) -> Result<ProviderView> {
        let then = self.readable()?.case_to_read(id)?.at(revision);
        then.and_then(|then| then.record().provider())
            .ok_or_else(|| no_revision(id))
    }
}

impl Open {
    /// Whoever puts a provider into the directory shares it with everybody: in the same exchange, decided with the edit.
    pub(crate) fn share_with_all(
        &self,
        tx: &WriteTx<'_>,
        id: ProviderId,
        edits: &[Edit],
    ) -> Result<()> {
        if !matches!(
            edits.first(),
            Some(Edit::Provider(ProviderEdit::Open { .. }))
        ) {
            return Ok(());
        }
        let role = Role::Contributor;
        self.queue(tx, id, AccessAction::ShareWithAll { role })?;
        Ok(())
    }
}
