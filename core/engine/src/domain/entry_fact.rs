//! What happens to most things of the record: they are put down, and moved from one status to the next.

use super::plan::STATUS;
use super::timeline::{Step, Story, When};
use super::{
    Advocacy, Amendment, Approval, Attachment, CaseLink, Communication, Compartment, Disclosure,
    HouseholdLink, Intervention, Need, Outcome, Provider, Referral, Risk, Service, TaskOccurrence,
    Value,
};
use crate::ids::EntityId;

/// What happens to something that is put down and moved on. The item's kind says to what.
#[derive(Debug, Clone, PartialEq)]
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
    /// Something else was said of it that people act on: an offer, an appointment, a last day, what came of it.
    Changed {
        /// What names it, as it stands.
        title: Option<String>,
        /// The field's key.
        field: String,
        /// What it holds since; null where it was cleared.
        value: Value,
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

/// Tells what was put down and moved on, and each of the `told` fields that was changed later.
pub(super) fn tell(
    step: &Step<'_>,
    title: Option<String>,
    begun: When,
    told: &[&str],
) -> Vec<(When, EntryFact)> {
    let status: Option<String> = step.moved.get(STATUS);
    if step.begun {
        return vec![(begun, EntryFact::Added { title, status })];
    }
    let reason = step.moved.get("status_reason");
    let moved = status.map(|status| EntryFact::Moved {
        title: title.clone(),
        status,
        reason,
    });
    let changed = told.iter().filter_map(|field| {
        Some(EntryFact::Changed {
            title: title.clone(),
            value: step.moved.fields.get(*field)?.clone(),
            field: (*field).to_owned(),
        })
    });
    let facts = moved.into_iter().chain(changed);
    facts.map(|fact| (step.now(), fact)).collect()
}

/// Says for each entity which field names it, when it happened, and which fields are told when they change.
macro_rules! entries {
    ($($entity:ident named $title:ident $(.$code:ident)?, $when:ident $(of $field:ident)? $(, tells $($told:ident)+)?;)*) => { $(
        impl Story for $entity {
            type Fact = EntryFact;

            fn tell(step: &Step<'_>) -> Vec<(When, EntryFact)> {
                let stands: Self = step.stands();
                let when = step.$when($(stands.$field)?);
                let title = stands.$title.map(|title| title$(.$code())?.to_string());
                tell(step, title, when, &[$($(stringify!($told)),+)?])
            }
        }
    )* };
}

entries! {
    Need named domain.code, on of seen_on;
    Intervention named title, now;
    Referral named service, on of sent_on, tells follow_up_on appointment_at outcome;
    Advocacy named subject, now, tells offer agreement deadline heard_at result;
    Risk named hazard, on of judged_on, tells review_on;
    Outcome named measure, on of on;
    HouseholdLink named relation, now;
    CaseLink named sort.code, now;
    Attachment named name, now;
    Approval named subject.code, now;
    Amendment named subject, on of requested_on, tells due_on;
    Disclosure named recipient, at of at;
    Communication named with_whom, at of at;
    TaskOccurrence named outcome, at of ended_at;
    Compartment named title, now;
    Provider named name, now;
    Service named name, now;
}
