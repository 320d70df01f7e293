//! Provider organisations: the agency's resource directory, one record for each, open to every worker of the agency.
//!
//! A record of its own, as a restricted compartment is: core/docs/adr/0016-the-directory-is-shared-with-everybody.md.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::entity::{Entity, entity, kept, required};
use super::status::{moves, set_status};
use super::value::{FieldType, open_enum};
use super::view::all;
use super::{
    Conflict, Entry, Invalid, Kind, MAX_NAME, MAX_TITLE, Plan, RecordSort, Records, Service, check,
};
use crate::ids::{EntityId, ProviderId, WorkerId};

open_enum! {
    /// What sort of organisation it is. Source: FHIR R4 organization-type, the codes of those who give help.
    ProviderKind {
        /// Gives health care.
        Healthcare = "prov",
        /// A government body.
        Government = "govt",
        /// Insures.
        Insurer = "ins",
        /// Teaches.
        Educational = "edu",
        /// A religious body.
        Religious = "reli",
        /// A group of the community.
        Community = "cg",
        /// A business.
        Business = "bus",
    }
}

open_enum! {
    /// Whether it can be turned to. Source: FHIR R4 Organization.active.
    ProviderStatus {
        /// It is there.
        Active = "active",
        /// It is gone, or takes nobody from the agency any more.
        Closed = "closed",
    }
}

moves! {
    ProviderStatus of Provider {
        Active => [Closed],
        Closed => [Active],
    }
    explained [Closed]
    decided []
}

entity! {
    /// A provider organisation [FHIR Organization].
    Provider, ProviderUpdate, ProviderField of Provider {
        set {
            /// Its name.
            name Name: String = check::line::<MAX_NAME>,
            /// What sort of organisation it is.
            sort Sort: ProviderKind = |value: &ProviderKind| check::code(value.code()),
            /// Its phone number as typed.
            phone Phone: String = check::phone,
            /// Its e-mail address.
            email Email: String = check::line::<MAX_NAME>,
            /// Its website.
            website Website: String = check::line::<MAX_TITLE>,
            /// Where it is found.
            address Address: String = check::lines::<2_000>,
            /// The area it serves: names and postal codes, as people say and write them.
            area Area: String = check::lines::<2_000>,
            /// Languages it serves people in, as BCP 47 tags.
            languages Languages: Vec<String> = |tags: &Vec<String>| check::languages(tags),
            /// When it is open, in words.
            hours Hours: String = check::lines::<2_000>,
            /// What colleagues should know about it. Nothing about a person whom the agency serves: every worker reads it.
            remark Remark: String = check::lines::<2_000>,
        }
        own {
            /// Whether it can be turned to.
            status: ProviderStatus,
            /// Why not.
            status_reason: String,
            /// The day somebody last made sure that the entry is right.
            verified_on: NaiveDate,
            /// Who did.
            verified_by: WorkerId,
        }
    }
}

/// Edits of a provider organisation as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ProviderEdit {
    /// Puts it into the directory. The first edit of its record.
    Open {
        /// The provider's id; its document bears the same.
        id: ProviderId,
        /// Its values; a name.
        fields: ProviderUpdate,
    },
    /// Changes the fields that are named.
    Update {
        /// The new values.
        fields: ProviderUpdate,
    },
    /// Puts down that the worker made sure that the entry is right.
    Verify {
        /// The day.
        on: NaiveDate,
    },
    /// Marks it as closed, or as open again.
    SetStatus {
        /// To where.
        status: ProviderStatus,
        /// Why; required to close it.
        reason: Option<String>,
    },
}

impl ProviderEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open_provider",
            Self::Update { .. } => "update_provider",
            Self::Verify { .. } => "verify_provider",
            Self::SetStatus { .. } => "set_provider_status",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        match self {
            Self::Open { id, fields } => {
                required(Kind::Provider, "name", fields.name.is_some())?;
                let id = EntityId::from_bytes(id.to_bytes());
                let own = vec![("status", ProviderStatus::Active.to_value())];
                plan.create(id, fields, own)
            }
            Self::Update { fields } => {
                kept(fields, "name")?;
                let provider = opened(plan)?;
                plan.update(provider.id, fields)
            }
            Self::Verify { on } => {
                super::plan::check("provider.verified_on", on, check::date)?;
                let provider = opened(plan)?;
                let by = plan.worker.to_value();
                plan.put(Kind::Provider, provider.id, "verified_on", on.to_value());
                plan.put(Kind::Provider, provider.id, "verified_by", by);
                Ok(())
            }
            Self::SetStatus { status, reason } => {
                let provider = opened(plan)?;
                set_status(plan, provider.id, status, reason.as_deref())
            }
        }
    }
}

fn opened(plan: &Plan<'_>) -> Result<Entry, Invalid> {
    let provider = plan.single(Kind::Provider);
    provider.ok_or_else(|| Invalid::field("provider", "is not open: the first edit opens it"))
}

impl Provider {
    /// The provider that a record is, if it is one.
    pub(crate) fn of(records: &dyn Records) -> Option<Self> {
        if RecordSort::of(records) != Some(RecordSort::Provider) {
            return None;
        }
        let entry = records.entities(Kind::Provider).into_iter().next()?;
        Some(Self::from_entry(&entry))
    }

    /// Whether it can be turned to no more.
    pub fn is_closed(&self) -> bool {
        self.status == Some(ProviderStatus::Closed)
    }
}

/// Everything the directory holds about one provider. Removed services are in it, flagged; lists are in the order of ids unless they
/// say otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderView {
    /// The provider's id: edits, history, timeline and access take it as they take a case's.
    pub id: ProviderId,
    /// Names this state of the record: give it to `provider_at` to see it again.
    pub revision: String,
    /// The provider itself.
    pub provider: Provider,
    /// What it offers.
    pub services: Vec<Service>,
    /// Fields whose values await somebody's choice, in the order of their paths.
    pub conflicts: Vec<Conflict>,
}

impl ProviderView {
    /// Reads the whole record. Nothing where it is no provider, or its opening has not arrived yet.
    pub(crate) fn read(id: ProviderId, records: &dyn Records, revision: String) -> Option<Self> {
        Some(Self {
            id,
            revision,
            provider: Provider::of(records)?,
            services: all(records),
            conflicts: records.conflicts(None),
        })
    }
}
