//! The resource directory: provider organisations, open to every worker of the agency. Calls that take a case's id take a provider's too.

use caseweave::domain::{NeedDomain, ProviderKind, ProviderView};
use caseweave::{EntityId, ProviderCursor, ProviderId, projection};
use chrono::{DateTime, NaiveDate, Utc};

use crate::lists::rows;
use crate::{CaseweaveError, CaseweaveHandle};

/// What to look for in the directory. As it comes: every provider that is not closed, by name, 50 to a page. Need, language, area and age
/// are those of one service; where neither a need nor an age is asked for, the provider's own language and area count too.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ProviderQuery {
    /// Words that names of provider or services, or who can have a service, begin with; each is found somewhere.
    #[uniffi(default)]
    pub text: Option<String>,
    /// A need that a service answers.
    #[uniffi(default)]
    pub need: Option<NeedDomain>,
    /// A language, as a BCP 47 tag; `es` stands for `es-MX` too.
    #[uniffi(default)]
    pub language: Option<String>,
    /// Names of places and postal codes: each word begins one of the area.
    #[uniffi(default)]
    pub area: Option<String>,
    /// The age in completed years of somebody who shall be eligible; a service that names no age takes everybody.
    #[uniffi(default)]
    pub age: Option<i64>,
    /// Whether closed ones are shown too, after the others.
    #[uniffi(default = false)]
    pub closed: bool,
    /// Where the page before ended.
    #[uniffi(default)]
    pub after: Option<ProviderCursor>,
    /// Rows of a page, 1 to 500.
    #[uniffi(default = 50)]
    pub limit: u32,
}

/// Where a page ended. Give it back as it came.
#[uniffi::remote(Record)]
pub struct ProviderCursor {
    /// Whether it was closed.
    pub closed: bool,
    /// Its folded name.
    pub sort_name: String,
    /// The last provider.
    pub provider: ProviderId,
}

impl From<ProviderQuery> for caseweave::ProviderQuery {
    fn from(query: ProviderQuery) -> Self {
        let ProviderQuery {
            text,
            need,
            language,
            area,
            age,
            closed,
            after,
            limit,
        } = query;
        Self {
            text,
            need: need.map(|need| need.code().to_owned()),
            language,
            area,
            age,
            closed,
            after,
            limit: rows(limit),
        }
    }
}

/// One page of the directory.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ProviderPage {
    /// Providers, each with those of its services that were asked for.
    pub rows: Vec<ProviderRow>,
    /// Where it ended, when there is more.
    pub next: Option<ProviderCursor>,
}

/// A provider organisation in a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ProviderRow {
    /// The provider.
    pub id: ProviderId,
    /// Its name.
    pub name: String,
    /// Folded for sorting: lower case, without diacritics.
    pub sort_name: String,
    /// What sort of organisation it is.
    pub sort: Option<ProviderKind>,
    /// Its phone number.
    pub phone: Option<String>,
    /// The area it serves.
    pub area: Option<String>,
    /// Languages it serves people in, as BCP 47 tags.
    pub languages: Vec<String>,
    /// The day somebody last made sure that the entry is right.
    pub verified_on: Option<NaiveDate>,
    /// Whether it is closed.
    pub closed: bool,
    /// When it was last changed, by the clock of whoever changed it.
    pub changed_at: DateTime<Utc>,
    /// Services that were asked for and not removed, by id.
    pub services: Vec<ServiceRow>,
}

impl From<projection::ProviderRow> for ProviderRow {
    fn from(row: projection::ProviderRow) -> Self {
        let projection::ProviderRow {
            id,
            name,
            sort_name,
            sort,
            phone,
            area,
            languages,
            verified_on,
            closed,
            changed_at,
            services,
        } = row;
        Self {
            id,
            name,
            sort_name,
            sort: sort.as_deref().map(ProviderKind::from_code),
            phone,
            area,
            languages,
            verified_on,
            closed,
            changed_at,
            services: services.into_iter().map(ServiceRow::from).collect(),
        }
    }
}

/// A service in a list. Where it says nothing itself, area and languages are its provider's.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ServiceRow {
    /// The service.
    pub id: EntityId,
    /// What it is called.
    pub name: String,
    /// The needs it answers.
    pub needs: Vec<NeedDomain>,
    /// The area it is given in.
    pub area: Option<String>,
    /// Languages it is given in, as BCP 47 tags.
    pub languages: Vec<String>,
    /// Who can have it, in words.
    pub eligibility: Option<String>,
    /// The least age, in completed years.
    pub age_from: Option<i64>,
    /// The greatest age, in completed years.
    pub age_to: Option<i64>,
    /// Whether it takes new people, where somebody knows.
    pub accepting: Option<bool>,
}

impl From<projection::ServiceRow> for ServiceRow {
    fn from(row: projection::ServiceRow) -> Self {
        let projection::ServiceRow {
            id,
            name,
            needs,
            area,
            languages,
            eligibility,
            age_from,
            age_to,
            accepting,
        } = row;
        let needs = needs.iter();
        Self {
            id,
            name,
            needs: needs.map(|need| NeedDomain::from_code(need)).collect(),
            area,
            languages,
            eligibility,
            age_from,
            age_to,
            accepting,
        }
    }
}

#[uniffi::export]
impl CaseweaveHandle {
    /// One page of the directory by name, each provider with those of its services that were asked for. Opens no document. Reads disk.
    ///
    /// Fails with `InvalidInput` where the limit is none or more than 500.
    pub fn providers(&self, query: ProviderQuery) -> Result<ProviderPage, CaseweaveError> {
        let page = self.0.providers(&query.into())?;
        Ok(ProviderPage {
            rows: page.rows.into_iter().map(ProviderRow::from).collect(),
            next: page.next,
        })
    }

    /// The whole provider, complete enough to render a screen. Reads disk. Fails with `NotFound` where it is not on this device.
    pub fn provider(&self, id: ProviderId) -> Result<ProviderView, CaseweaveError> {
        Ok(self.0.provider(id)?)
    }

    /// The provider as it stood at a revision that a view, a receipt or the history named. Reads disk. Fails with `NotFound` where this
    /// device does not hold provider or revision.
    pub fn provider_at(
        &self,
        id: ProviderId,
        revision: String,
    ) -> Result<ProviderView, CaseweaveError> {
        Ok(self.0.provider_at(id, &revision)?)
    }
}
