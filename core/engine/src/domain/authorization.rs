//! What a payer lets be done, and how much of it is used.
//!
//! Each use stands in a field of its own, named after visit and service. So uses written apart add up, two devices that write
//! the same one meet in one field, and correcting a use changes that use alone. A service is the same however it is spelled in
//! capitals: of fields that differ in nothing else the one that was written last counts.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::entity::{Entity, entity, kept, required};
use super::plan::{Status, check as checked};
use super::status::{moves, set_status};
use super::timeline::{Step, Story, When};
use super::value::{FieldType, open_enum};
use super::{
    Entry, EntryFact, Invalid, Kind, MAX_NAME, MAX_TITLE, Plan, Records, check, entry_fact,
};
use crate::ids::EntityId;

open_enum! {
    /// Where an authorization stands. Source: FHIR R4 ClaimResponse, in the field's words.
    AuthorizationStatus {
        /// Asked for.
        Requested = "requested",
        /// Given.
        Approved = "approved",
        /// Refused.
        Denied = "denied",
        /// Over.
        Expired = "expired",
        /// Taken back.
        Cancelled = "cancelled",
    }
}

// An appeal that is won turns a denial into an approval; an extension brings an expired one back.
moves! {
    AuthorizationStatus of Authorization {
        Requested => [Approved, Denied, Cancelled],
        Approved => [Denied, Expired, Cancelled],
        Denied => [Requested, Approved],
        Expired => [Requested, Approved],
        Cancelled => [Requested],
    }
    explained [Denied, Cancelled]
    decided []
}

entity! {
    /// A payer's authorization of a service [FHIR Coverage, ClaimResponse].
    Authorization, AuthorizationUpdate, AuthorizationField of Authorization {
        set {
            /// The payer.
            payer Payer: String = check::line::<MAX_NAME>,
            /// The payer's number for it.
            number Number: String = check::line::<100>,
            /// The service as the payer names it.
            service Service: String = service,
            /// Units approved.
            units Units: i64 = check::count,
            /// What a unit is: a visit, 15 minutes.
            unit Unit: String = check::line::<MAX_NAME>,
            /// First day.
            since Since: NaiveDate = check::date,
            /// Last day.
            until Until: NaiveDate = check::date,
            /// The day it was asked for.
            requested_on RequestedOn: NaiveDate = check::date,
            /// The last day to appeal a denial.
            appeal_by AppealBy: NaiveDate = check::date,
            /// Anything else.
            remark Remark: String = check::line::<MAX_TITLE>,
        }
        own {
            /// Where it stands.
            status: AuthorizationStatus,
            /// Why it was denied or taken back.
            status_reason: String,
        }
    }
}

/// Units of a service used at a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The visit.
    pub visit: EntityId,
    /// The service.
    pub service: String,
    /// How many units.
    pub units: i64,
}

/// Something about an authorization that somebody should act on. It never blocks recording.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthorizationAlert {
    /// More units were used than approved.
    OverUsed {
        /// By how many.
        units: i64,
    },
    /// All units are used.
    UsedUp,
    /// It ends within 30 days.
    Expires {
        /// In how many days; 0 on the last day.
        days: i64,
        /// Units that are left, where a number was approved.
        units_left: Option<i64>,
    },
    /// Its last day has passed.
    Expired {
        /// How many days ago.
        days: i64,
    },
    /// A denial can still be appealed.
    AppealDue {
        /// In how many days; 0 on the last day.
        days: i64,
    },
}

/// An authorization with what is used of it.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthorizationView {
    /// The authorization.
    pub authorization: Authorization,
    /// What is used, by visit, then by service. What was used at a visit that was removed is left out until the visit is back.
    pub usage: Vec<Usage>,
    /// The sum of it.
    pub units_used: i64,
    /// Units that are left, below 0 where more were used; nothing where no number was approved.
    pub units_left: Option<i64>,
}

/// For how many days before its end an authorization alerts.
const EXPIRES_WITHIN_DAYS: i64 = 30;

impl AuthorizationView {
    pub(crate) fn of(records: &dyn Records, entry: &Entry) -> Self {
        let authorization = Authorization::from_entry(entry);
        let removed = |visit| records.removal(Kind::Visit, visit) == Some(true);
        let counts = |usage: &Usage| usage.units != 0 && !removed(usage.visit);
        let usage: Vec<Usage> = usages(entry).filter(counts).collect();
        let units_used = usage.iter().map(|usage| usage.units).sum();
        Self {
            units_left: authorization.units.map(|units| units - units_used),
            units_used,
            usage,
            authorization,
        }
    }

    /// What somebody should act on, as of a day.
    pub fn alerts_on(&self, day: NaiveDate) -> Vec<AuthorizationAlert> {
        let authorization = &self.authorization;
        let days_to = |last: NaiveDate| (last - day).num_days();
        if authorization.meta.removed.is_some() {
            return Vec::new();
        }
        match &authorization.status {
            Some(AuthorizationStatus::Denied) => {
                let days = authorization.appeal_by.map(days_to);
                let due = days.filter(|days| *days >= 0);
                due.map(|days| AuthorizationAlert::AppealDue { days })
                    .into_iter()
                    .collect()
            }
            Some(AuthorizationStatus::Approved | AuthorizationStatus::Expired) => {
                let end = authorization.until.map(days_to);
                self.over_use()
                    .into_iter()
                    .chain(end.and_then(|days| self.end(days)))
                    .collect()
            }
            _ => self.over_use().into_iter().collect(),
        }
    }

    fn over_use(&self) -> Option<AuthorizationAlert> {
        match self.units_left? {
            0 => Some(AuthorizationAlert::UsedUp),
            left if left < 0 => Some(AuthorizationAlert::OverUsed { units: -left }),
            _ => None,
        }
    }

    fn end(&self, days: i64) -> Option<AuthorizationAlert> {
        let units_left = self.units_left;
        match days {
            ..0 => Some(AuthorizationAlert::Expired { days: -days }),
            0..=EXPIRES_WITHIN_DAYS => Some(AuthorizationAlert::Expires { days, units_left }),
            _ => None,
        }
    }
}

/// Edits of authorizations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AuthorizationEdit {
    /// Adds it, as asked for.
    Add {
        /// Its new id.
        id: EntityId,
        /// Its values.
        fields: AuthorizationUpdate,
    },
    /// Changes the fields that are named.
    Update {
        /// Which one.
        id: EntityId,
        /// The new values.
        fields: AuthorizationUpdate,
    },
    /// Moves it on.
    SetStatus {
        /// Which one.
        id: EntityId,
        /// To where.
        status: AuthorizationStatus,
        /// Why; required where it is denied or taken back.
        reason: Option<String>,
    },
    /// Says how many units of a service a visit used. Said again, it corrects what was said before, whether the service was written
    /// in capitals or not; 0 takes it back.
    RecordUsage {
        /// Which one.
        id: EntityId,
        /// The visit.
        visit: EntityId,
        /// The service.
        service: String,
        /// How many units.
        units: i64,
    },
}

impl AuthorizationEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add_authorization",
            Self::Update { .. } => "update_authorization",
            Self::SetStatus { .. } => "set_authorization_status",
            Self::RecordUsage { .. } => "record_usage",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        match self {
            Self::Add { id, fields } => {
                required(Kind::Authorization, "payer", fields.payer.is_some())?;
                required(Kind::Authorization, "service", fields.service.is_some())?;
                let status = AuthorizationStatus::UNSET.to_value();
                plan.create(*id, fields, vec![("status", status)])
            }
            Self::Update { id, fields } => {
                kept(fields, "payer")?;
                kept(fields, "service")?;
                plan.update(*id, fields)
            }
            Self::SetStatus { id, status, reason } => {
                set_status(plan, *id, status, reason.as_deref())
            }
            Self::RecordUsage {
                id,
                visit,
                service,
                units,
            } => record_usage(plan, *id, (*visit, service), *units),
        }
    }
}

/// Recorded whatever the status and however much is left: what was done was done.
fn record_usage(
    plan: &mut Plan<'_>,
    id: EntityId,
    (visit, name): (EntityId, &str),
    units: i64,
) -> Result<(), Invalid> {
    let entry = plan.present(Kind::Authorization, id)?;
    plan.known(Kind::Visit, visit)?;
    checked("authorization.service", name, service)?;
    checked("authorization.units", &units, check::count)?;
    let key = format!("{USED_PREFIX}{visit}/{}", known_as(&entry, visit, name));
    plan.put(Kind::Authorization, id, &key, units.to_value());
    Ok(())
}

/// How a service that a visit used is spelled: as before, else as in the authorization, else as it was typed.
fn known_as(entry: &Entry, visit: EntityId, name: &str) -> String {
    let before = usages(entry).filter(|usage| usage.visit == visit);
    let own: Option<String> = entry.get("service");
    let mut known = before.map(|usage| usage.service).chain(own);
    known
        .find(|known| folded(known) == folded(name))
        .unwrap_or_else(|| name.trim().to_owned())
}

/// A service as it is compared: without regard to capitals and outer blanks.
fn folded(service: &str) -> String {
    service.trim().to_lowercase()
}

/// Which use a field tells of, the same for each spelling of its service; nothing where it tells of none.
pub(crate) fn use_of(key: &str) -> Option<String> {
    let (visit, service) = key.strip_prefix(USED_PREFIX)?.split_once('/')?;
    Some(format!("{visit}/{}", folded(service)))
}

/// The key prefix of units used; visit and service follow.
const USED_PREFIX: &str = "used/";

/// What was used, where a field says so; 0 units where the use was taken back.
fn usage(entry: &Entry, key: &str) -> Option<Usage> {
    let (visit, service) = key.strip_prefix(USED_PREFIX)?.split_once('/')?;
    Some(Usage {
        visit: visit.parse().ok()?,
        service: service.to_owned(),
        units: entry.get(key)?,
    })
}

fn usages(entry: &Entry) -> impl Iterator<Item = Usage> {
    entry.fields.keys().filter_map(|key| usage(entry, key))
}

/// A service is part of a key, and keys are short: at most 100 bytes.
fn service(name: &str) -> check::Checked {
    if name.trim().len() > 100 {
        return Err("is longer than 100 bytes".into());
    }
    check::line::<100>(name)
}

impl Story for Authorization {
    type Fact = EntryFact;

    fn tell(step: &Step<'_>) -> Vec<(When, EntryFact)> {
        let stands: Self = step.stands();
        let begun = step.on(stands.requested_on);
        let mut facts = entry_fact::tell(step, stands.service, begun, &["until", "appeal_by"]);
        facts.extend(usages(&step.moved).map(|usage| {
            let used = EntryFact::Used {
                visit: usage.visit,
                service: usage.service,
                units: usage.units,
            };
            (step.now(), used)
        }));
        facts
    }
}
