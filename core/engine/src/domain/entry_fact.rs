//! What happens to most things of the record: they are put down, and moved from one status to the next.

use super::plan::STATUS;
use super::timeline::{Step, Story, When};
use super::{
    Advocacy, Amendment, Approval, Attachment, CaseLink, Communication, Compartment, Disclosure,
    HouseholdLink, Intervention, Need, Outcome, Provider, Referral, Risk, Service, TaskOccurrence,
};
use crate::ids::EntityId;

/// What happens to something that is put down and moved on. The item's kind says to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryFact {
    /// It was put down.
    Added {
        /// What names it, as it stands.
        title: Option<String>,
        /// The code of the status it got, where it has one.
        status: Option<String>,
    },
    /// It was moved to another status.
    Moved {
        /// What names it, as it stands.
        title: Option<String>,
        /// The code of the status.
        status: String,
        /// Why.
        reason: Option<String>,
    },
    /// Units of an authorization were used at a visit, or what was said of them was corrected.
    Used {
        /// The visit.
        visit: EntityId,
        /// The service.
        service: String,
        /// How many units it used; 0 where the use was taken back.
        units: i64,
    },
}

pub(super) fn tell(step: &Step<'_>, title: Option<String>, begun: When) -> Vec<(When, EntryFact)> {
    let status: Option<String> = step.moved.get(STATUS);
    if step.begun {
        return vec![(begun, EntryFact::Added { title, status })];
    }
    let reason = step.moved.get("status_reason");
    let moved = |status| EntryFact::Moved {
        title,
        status,
        reason,
    };
    status
        .map(|status| (step.now(), moved(status)))
        .into_iter()
        .collect()
}

/// Says for each entity which field names it, and when it happened.
macro_rules! entries {
    ($($entity:ident named $title:ident $(.$code:ident)?, $when:ident $(of $field:ident)?;)*) => { $(
        impl Story for $entity {
            type Fact = EntryFact;

            fn tell(step: &Step<'_>) -> Vec<(When, EntryFact)> {
                let stands: Self = step.stands();
                let when = step.$when($(stands.$field)?);
                let title = stands.$title.map(|title| title$(.$code())?.to_string());
                tell(step, title, when)
            }
        }
    )* };
}

entries! {
    Need named domain.code, on of seen_on;
    Intervention named title, now;
    Referral named service, on of sent_on;
    Advocacy named subject, now;
    Risk named hazard, on of judged_on;
    Outcome named measure, on of on;
    HouseholdLink named relation, now;
    CaseLink named sort.code, now;
    Attachment named name, now;
    Approval named subject.code, now;
    Amendment named subject, on of requested_on;
    Disclosure named recipient, at of at;
    Communication named with_whom, at of at;
    TaskOccurrence named outcome, at of ended_at;
    Compartment named title, now;
    Provider named name, now;
    Service named name, now;
}
