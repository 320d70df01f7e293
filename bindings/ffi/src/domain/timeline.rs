//! What happened to a case, newest first.

use caseweave::domain::{
    AssessmentFact, CareTeamFact, CaseFact, ConsentFact, ContactFact, EntryFact, Fact, GoalFact,
    Kind, NoteFact, Stamp, TaskFact, TimelineItem, Value, VisitFact, When,
};
use caseweave::{CaseId, EntityId, Timeline};
use chrono::{DateTime, NaiveDate, Utc};

use crate::{CaseweaveError, CaseweaveHandle};

/// When something happened, as exactly as the record knows it.
#[uniffi::remote(Enum)]
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

/// What happened.
#[uniffi::remote(Enum)]
pub enum Fact {
    /// The case as a whole.
    Case(CaseFact),
    /// The people around the person.
    Contact(ContactFact),
    /// The care team.
    CareTeam(CareTeamFact),
    /// Visits, what happened at them, and corrections.
    Visit(VisitFact),
    /// Notes and their signatures.
    Note(NoteFact),
    /// Tasks.
    Task(TaskFact),
    /// Goals and the steps of progress towards them.
    Goal(GoalFact),
    /// Consents.
    Consent(ConsentFact),
    /// What is put down and moved on: the item's kind says what.
    Entry(EntryFact),
    /// Assessments and corrections of their answers.
    Assessment(AssessmentFact),
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

/// One thing that happened, complete enough to render a line.
#[uniffi::remote(Record)]
pub struct TimelineItem {
    /// Its place in the timeline, the same on every device: what the next page is asked with.
    pub place: String,
    /// When it happened.
    pub when: When,
    /// The kind of the entity it is about.
    pub kind: Kind,
    /// The entity; for the case its own id.
    pub id: EntityId,
    /// Who wrote it down, on which device, and when by that device's clock.
    pub written: Stamp,
    /// The author's name as shown, where this device knows it.
    pub author: Option<String>,
    /// What happened.
    pub fact: Fact,
}

/// A page of a case's timeline.
#[uniffi::remote(Record)]
pub struct Timeline {
    /// What happened, newest first.
    pub items: Vec<TimelineItem>,
    /// What the next page is asked with; nothing on the last one.
    pub next: Option<String>,
}

#[uniffi::export]
impl CaseweaveHandle {
    /// What happened to a case: visits, notes, tasks, goals, consents, people and turns of the case, each dated, with its author
    /// and what a line needs. Newest first, 1 to 500 of them; `after` is what the page before gave as its `next`. Reads disk.
    ///
    /// Fails with `InvalidInput` where the limit is none or more than 500, or `after` is no place, and with `NotFound`.
    #[uniffi::method(default(after = None, limit = 50))]
    pub fn timeline(
        &self,
        case: CaseId,
        after: Option<String>,
        limit: u32,
    ) -> Result<Timeline, CaseweaveError> {
        let limit = crate::lists::rows(limit);
        Ok(self.0.timeline(case, after.as_deref(), limit)?)
    }
}

/// What happens to something that is put down and moved on. The item's kind says to what.
#[uniffi::remote(Enum)]
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
