//! What happened to a case, newest first: one list of dated facts, each told by the file of the entity it is about.
//!
//! A fact is told from what one change wrote of one entity, together with the record as it stands. To add an entity: an enum of
//! its facts and an `impl Story` in its own file, and its line in [`stories!`].

use chrono::{DateTime, NaiveDate, Utc};

use super::entity::Entity;
use super::{
    Advocacy, AlertResponse, Amendment, Approval, Assessment, AssessmentCorrection, AssessmentFact,
    Attachment, Authorization, CareTeamFact, CareTeamMember, Case, CaseFact, CaseLink,
    Communication, Compartment, Consent, ConsentFact, Contact, ContactFact, Disclosure, Entry,
    EntryFact, Goal, GoalFact, GoalProgress, HouseholdLink, Intervention, Kind, Need, Note,
    NoteFact, NoteSettlement, Outcome, Provider, Records, Referral, Risk, Service, SignedNote,
    SignedVisit, Stamp, Task, TaskFact, TaskOccurrence, Value, Visit, VisitCorrection, VisitEvent,
    VisitFact, VisitSignature,
};
use crate::ids::EntityId;

/// When something happened, as exactly as the record knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At a moment, by the clock of the device it was written on.
    At {
        /// The moment.
        at: DateTime<Utc>,
    },
    /// On a day. In the order of a timeline it stands for the day's beginning in UTC.
    On {
        /// The day.
        day: NaiveDate,
    },
}

impl When {
    fn order(self) -> i64 {
        match self {
            Self::At { at } => at.timestamp_millis(),
            Self::On { day } => day
                .and_time(Default::default())
                .and_utc()
                .timestamp_millis(),
        }
    }
}

/// One thing that happened, complete enough to render a line.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineItem {
    /// Its place in the timeline, the same on every device: what the next page is asked with.
    pub place: String,
    /// When it happened.
    pub when: When,
    /// The kind of the entity it is about.
    pub kind: Kind,
    /// The entity; for what there is one of in each record, such as the case, the record's own id.
    pub id: EntityId,
    /// Who wrote it down, on which device, and when by that device's clock.
    pub written: Stamp,
    /// The author's name as shown, where this device knows it.
    pub author: Option<String>,
    /// What happened.
    pub fact: Fact,
}

impl TimelineItem {
    /// Whether a text has the form of a place.
    pub fn is_place(text: &str) -> bool {
        let digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        text.len() == PLACE_LENGTH && text.bytes().all(digit)
    }
}

/// Hexadecimal digits of a place: two times, a change's hash, a number.
const PLACE_LENGTH: usize = 16 + 16 + 64 + 8;

/// What an entity's file adds to the timeline.
pub(crate) trait Story {
    /// What can happen to it.
    type Fact;
    /// What one step of it tells. Most steps tell one fact or none.
    fn tell(step: &Step<'_>) -> Vec<(When, Self::Fact)>;
}

/// What one change wrote of one entity.
pub(crate) struct Step<'a> {
    /// The record as it stands.
    pub(crate) records: &'a dyn Records,
    pub(crate) kind: Kind,
    /// Only the fields that the change wrote, with its stamp.
    pub(crate) moved: Entry,
    /// Whether the change made the entity.
    pub(crate) begun: bool,
    /// Fields whose conflicts the change settled, each with what shall stand.
    pub(crate) settled: Vec<(String, Value)>,
}

impl Step<'_> {
    /// The entity with nothing but what the change wrote.
    pub(crate) fn wrote<E: Entity>(&self) -> E {
        E::from_entry(&self.moved)
    }

    /// The entity as it stands, for what a line shows beside the news: a title, a name.
    pub(crate) fn stands<E: Entity>(&self) -> E {
        self.other(self.moved.id)
            .unwrap_or_else(|| E::from_entry(&self.moved))
    }

    /// Another entity as it stands.
    pub(crate) fn other<E: Entity>(&self, id: EntityId) -> Option<E> {
        let entry = self.records.entity(E::KIND, id)?;
        Some(E::from_entry(&entry))
    }

    /// When it was written down.
    pub(crate) fn now(&self) -> When {
        When::At {
            at: self.moved.changed.at,
        }
    }

    /// A moment of the record, or when it was written down.
    pub(crate) fn at(&self, at: Option<DateTime<Utc>>) -> When {
        at.map_or(self.now(), |at| When::At { at })
    }

    /// A day of the record, or when it was written down.
    pub(crate) fn on(&self, day: Option<NaiveDate>) -> When {
        day.map_or(self.now(), |day| When::On { day })
    }

    /// Every fact of the step: the entity's own, then what can happen to any entity.
    pub(crate) fn facts(&self) -> Vec<(When, Fact)> {
        let mut facts = tell(self);
        let removed: Option<bool> = self.moved.get(super::record::REMOVED);
        let reason = self.moved.get(super::record::REMOVED_REASON);
        facts.extend(removed.map(|removed| {
            let fact = if removed {
                Fact::Removed { reason }
            } else {
                Fact::Restored
            };
            (self.now(), fact)
        }));
        facts.extend(self.settled.iter().map(|(field, value)| {
            let fact = Fact::Settled {
                field: field.clone(),
                value: value.clone(),
            };
            (self.now(), fact)
        }));
        facts
    }
}

/// A place in the order of a timeline: by when it happened, then by when it was written, then by what every device has alike.
pub(crate) fn place(when: When, written: Stamp, change: &[u8; 32], number: usize) -> String {
    // A signed number whose sign bit is turned sorts as text as it does as a number.
    let sortable = |ms: i64| ms.cast_unsigned() ^ (1 << 63);
    let hash: String = change.iter().map(|byte| format!("{byte:02x}")).collect();
    let (happened, written) = (when.order(), written.at.timestamp_millis());
    let (happened, written) = (sortable(happened), sortable(written));
    format!("{happened:016x}{written:016x}{hash}{number:08x}")
}

/// Declares who tells facts. A kind that is in neither list does not compile.
macro_rules! stories {
    (
        told { $($(#[$doc:meta])* $variant:ident($fact:ty) of $($kind:ident: $entity:ty),+;)* }
        untold { $($untold:ident),* $(,)? }
    ) => {
        /// What happened.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Fact {
            $($(#[$doc])* $variant($fact),)*
            /// Something was taken out of sight.
            Removed {
                /// Why.
                reason: Option<String>,
            },
            /// Something that had been removed was brought back.
            Restored,
            /// A person chose among values that were written apart.
            Settled {
                /// The field's key.
                field: String,
                /// The value that shall stand.
                value: Value,
            },
        }

        fn tell(step: &Step<'_>) -> Vec<(When, Fact)> {
            match step.kind {
                $($(Kind::$kind => {
                    let told = <$entity as Story>::tell(step).into_iter();
                    told.map(|(when, fact)| (when, Fact::$variant(fact))).collect()
                })+)*
                $(Kind::$untold)|* => Vec::new(),
            }
        }
    };
}

stories! {
    told {
        /// The case as a whole.
        Case(CaseFact) of Case: Case;
        /// The people around the person.
        Contact(ContactFact) of Contact: Contact;
        /// The care team.
        CareTeam(CareTeamFact) of CareTeamMember: CareTeamMember;
        /// Visits, what happened at them, corrections and signatures.
        Visit(VisitFact) of Visit: Visit, VisitEvent: VisitEvent, VisitCorrection: VisitCorrection,
            VisitSignature: VisitSignature, SignedVisit: SignedVisit;
        /// Notes, their signatures, and decisions about them.
        Note(NoteFact) of Note: Note, SignedNote: SignedNote, NoteSettlement: NoteSettlement;
        /// Tasks.
        Task(TaskFact) of Task: Task;
        /// Goals and the steps of progress towards them.
        Goal(GoalFact) of Goal: Goal, GoalProgress: GoalProgress;
        /// Consents.
        Consent(ConsentFact) of Consent: Consent;
        /// What is put down and moved on: the item's kind says what.
        Entry(EntryFact) of Need: Need, Intervention: Intervention, Referral: Referral, Authorization: Authorization,
            Advocacy: Advocacy, Risk: Risk, Outcome: Outcome, HouseholdLink: HouseholdLink, CaseLink: CaseLink,
            Attachment: Attachment, Approval: Approval, Amendment: Amendment, Disclosure: Disclosure,
            Communication: Communication, TaskOccurrence: TaskOccurrence, Compartment: Compartment,
            Provider: Provider, Service: Service;
        /// Assessments, corrections of their answers, and what was done about alerts.
        Assessment(AssessmentFact) of Assessment: Assessment, AssessmentCorrection: AssessmentCorrection,
            AlertResponse: AlertResponse;
    }
    untold { Person, Phone, Address, Identifier }
}
