//! Provider organisations: the agency's resource directory, one record for each, open to every worker of the agency.

use caseweave::domain::{Conflict, ProviderEdit, ProviderView, Service};
use caseweave::{ProviderId, WorkerId};
use chrono::NaiveDate;

use super::mirror::{entity, open_enum};

open_enum! {
    /// What sort of organisation it is. Source: FHIR R4 organization-type, the codes of those who give help.
    ProviderKind {
        /// Gives health care.
        Healthcare,
        /// A government body.
        Government,
        /// Insures.
        Insurer,
        /// Teaches.
        Educational,
        /// A religious body.
        Religious,
        /// A group of the community.
        Community,
        /// A business.
        Business,
    }
}

open_enum! {
    /// Whether it can be turned to. Source: FHIR R4 Organization.active.
    ProviderStatus {
        /// It is there.
        Active,
        /// It is gone, or takes nobody from the agency any more.
        Closed,
    }
}

entity! {
    /// A provider organisation [FHIR Organization].
    Provider, ProviderUpdate, ProviderField {
        set {
            /// Its name.
            name Name: String,
            /// What sort of organisation it is.
            sort Sort: ProviderKind,
            /// Its phone number as typed.
            phone Phone: String,
            /// Its e-mail address.
            email Email: String,
            /// Its website.
            website Website: String,
            /// Where it is found.
            address Address: String,
            /// The area it serves: names and postal codes, as people say and write them.
            area Area: String,
            /// Languages it serves people in, as BCP 47 tags.
            languages Languages: Vec<String>,
            /// When it is open, in words.
            hours Hours: String,
            /// What colleagues should know about it. Nothing about a person whom the agency serves: every worker reads it.
            remark Remark: String,
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
#[uniffi::remote(Enum)]
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

/// Everything the directory holds about one provider. Removed services are in it, flagged; lists are in the order of ids unless they
/// say otherwise.
#[uniffi::remote(Record)]
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
