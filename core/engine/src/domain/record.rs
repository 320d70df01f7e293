//! The record as the domain sees it: entities of kinds, each a set of named values, with who wrote them and when.

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use super::value::FieldType;
use super::{Extension, Value};
use crate::ids::{DeviceId, EntityId, WorkerId};

/// Declares the kinds of entity with the key under which each stands in a document.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $key:literal),* $(,)?) => {
        /// What sort of entity something is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Kind { $($(#[$doc])* $kind),* }

        impl Kind {
            /// Every kind, in the order of this list.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The name under which entities of this kind stand in a document. Never changes.
            pub fn key(self) -> &'static str {
                match self { $(Self::$kind => $key),* }
            }

            /// The kind that a key names, if this version knows it.
            pub fn from_key(key: &str) -> Option<Self> {
                match key { $($key => Some(Self::$kind),)* _ => None }
            }
        }
    };
}

kinds! {
    /// The case itself: one in each record.
    Case = "case",
    /// Whom the case serves: one in each record.
    Person = "person",
    /// A phone number of the person.
    Phone = "phone",
    /// An address of the person.
    Address = "address",
    /// An identifier of the person: a member number, a medical record number.
    Identifier = "identifier",
    /// Family, carer, physician, lawyer, payer.
    Contact = "contact",
    /// Someone who works on the case.
    CareTeamMember = "care_team",
    /// A visit.
    Visit = "visit",
    /// Something that happened at a visit: check-in, check-out.
    VisitEvent = "visit_event",
    /// A correction of a visit's facts after check-out.
    VisitCorrection = "visit_correction",
    /// The person's signature on a visit, or why there is none.
    VisitSignature = "visit_signature",
    /// A worker's signature over a visit.
    SignedVisit = "signed_visit",
    /// A note; its draft text lives in a document of its own.
    Note = "note",
    /// A version of a note as somebody signed it.
    SignedNote = "signed_note",
    /// A decision about which signed version of a note stands.
    NoteSettlement = "note_settlement",
    /// A task.
    Task = "task",
    /// A goal.
    Goal = "goal",
    /// One step of progress on a goal.
    GoalProgress = "goal_progress",
    /// A consent that the person gave.
    Consent = "consent",
    /// A need or problem.
    Need = "need",
    /// What is done towards goals.
    Intervention = "intervention",
    /// A referral.
    Referral = "referral",
    /// A payer's authorization.
    Authorization = "authorization",
    /// An appeal, negotiation, complaint or hearing.
    Advocacy = "advocacy",
    /// A risk with its safety plan.
    Risk = "risk",
    /// A measured value.
    Outcome = "outcome",
    /// That the person belongs to a household.
    HouseholdLink = "household_link",
    /// A link to another case.
    CaseLink = "case_link",
    /// A photo, signature or form.
    Attachment = "attachment",
    /// An approval that was asked for.
    Approval = "approval",
    /// A request to amend the record.
    Amendment = "amendment",
    /// Something that was given to somebody.
    Disclosure = "disclosure",
    /// A line of the contact log.
    Communication = "communication",
    /// An occurrence of a task that comes back.
    TaskOccurrence = "task_occurrence",
    /// An assessment: an instrument with its answers.
    Assessment = "assessment",
    /// A correction of an answer after the assessment was completed.
    AssessmentCorrection = "assessment_correction",
    /// What was done about alerts of an assessment.
    AlertResponse = "alert_response",
    /// The restricted compartment itself: one in each, in place of case and person.
    Compartment = "compartment",
    /// The provider organisation itself: one in each record of the directory, in place of case and person.
    Provider = "provider",
    /// A service that a provider organisation offers.
    Service = "service",
}

impl Kind {
    /// Whether a record holds just one of this kind, which then has no id of its own.
    pub fn is_single(self) -> bool {
        matches!(
            self,
            Self::Case | Self::Person | Self::Compartment | Self::Provider
        )
    }

    /// The field in which entities of this kind name what they are a part of, where a record finds them by it:
    /// [`Records::parts`].
    pub(crate) fn owner_field(self) -> Option<&'static str> {
        match self {
            Self::VisitEvent | Self::VisitCorrection | Self::VisitSignature | Self::SignedVisit => {
                Some("visit")
            }
            Self::SignedNote | Self::NoteSettlement => Some("note"),
            Self::TaskOccurrence => Some("task"),
            Self::GoalProgress => Some("goal"),
            Self::AssessmentCorrection | Self::AlertResponse => Some("assessment"),
            _ => None,
        }
    }

    /// What an entity of this kind is a part of.
    pub(crate) fn owner_of(self, entry: &Entry) -> Option<(Self, EntityId)> {
        let field = self.owner_field()?;
        Some((Self::from_key(field)?, entry.get(field)?))
    }
}

/// Who wrote something, on which device, and when by that device's clock: a claim, as clocks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stamp {
    /// The worker, where the change names one.
    pub worker: Option<WorkerId>,
    /// The device, where the change names one.
    pub device: Option<DeviceId>,
    /// The moment by the device's clock.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
}

/// What every entity carries beside its own fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The entity's id; for what there is one of in each record the record's own.
    pub id: EntityId,
    /// Who made it and when.
    pub created: Stamp,
    /// Who last wrote any of its fields and when, in the order of the edits rather than of clocks.
    pub changed: Stamp,
    /// Why it was removed, if it is. Removing is reversible and hides nothing from history.
    pub removed: Option<String>,
    /// What embedding apps keep with it.
    pub extensions: Vec<Extension>,
}

/// One entity as it stands in a record: its shown values by key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The entity's id.
    pub id: EntityId,
    /// Who made it and when.
    pub created: Stamp,
    /// Who last wrote any of its fields.
    pub changed: Stamp,
    /// The shown value of each field that was ever set.
    pub fields: LiteMap<String, Value>,
}

/// The key prefix of values that embedding apps keep with an entity.
pub(crate) const EXTENSION_PREFIX: &str = "x:";
/// The key of the flag that an entity is removed.
pub(crate) const REMOVED: &str = "removed";
/// The key of the reason why it is.
pub(crate) const REMOVED_REASON: &str = "removed_reason";

impl Entry {
    /// The value of a field, or nothing where it is unset, cleared or of another type.
    pub(crate) fn get<T: FieldType>(&self, key: &str) -> Option<T> {
        self.fields.get(key).and_then(T::from_value)
    }

    pub(crate) fn is_removed(&self) -> bool {
        self.get(REMOVED).unwrap_or(false)
    }

    /// The fields that hold something, without what [`Self::meta`] tells.
    pub(crate) fn into_own_fields(self) -> impl Iterator<Item = (String, Value)> {
        self.fields.into_iter().filter(|(key, value)| {
            let told = key == REMOVED || key == REMOVED_REASON || key.starts_with(EXTENSION_PREFIX);
            !told && *value != Value::Null
        })
    }

    pub(crate) fn meta(&self) -> Meta {
        let extension = |(key, value): (&String, &Value)| {
            let key = key.strip_prefix(EXTENSION_PREFIX)?;
            let json = String::from_value(value)?;
            Some(Extension {
                key: key.to_owned(),
                json,
            })
        };
        // They stand behind all other fields, or nearly so.
        let fields = self.fields.iter().rev();
        let extensions = fields.take_while(|(key, _)| key.as_str() >= EXTENSION_PREFIX);
        let mut extensions: Vec<_> = extensions.filter_map(extension).collect();
        extensions.reverse();
        Meta {
            id: self.id,
            created: self.created,
            changed: self.changed,
            removed: self
                .is_removed()
                .then(|| self.get(REMOVED_REASON).unwrap_or_default()),
            extensions,
        }
    }
}

/// A note's draft as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// The draft document's heads as a signature names them, sorted.
    pub heads: Vec<String>,
}

/// What an edit may look at: the record as it stands, with the earlier edits of the same call in it.
pub trait Records {
    /// One entity, with its shown values.
    fn entity(&self, kind: Kind, id: EntityId) -> Option<Entry>;
    /// Every entity of a kind, removed ones too, in the order of their ids.
    fn entities(&self, kind: Kind) -> Vec<Cow<'_, Entry>>;
    /// The entities of a kind that are parts of another entity, in the order of their ids. Only for kinds with an owner, such
    /// as the events of a visit; found without reading the others.
    fn parts(&self, kind: Kind, owner: EntityId) -> Vec<Entry>;
    /// Whether it holds the one of a kind of which there is one in a record; found without reading it.
    fn has(&self, single: Kind) -> bool;
    /// The flag that an entity was removed, or is back; nothing where it was never removed. Found without reading the entity.
    fn removal(&self, kind: Kind, id: EntityId) -> Option<bool>;
    /// How many entities the record holds, of all kinds.
    fn entity_count(&self) -> usize;
    /// How many it holds of one kind, removed ones too.
    fn count(&self, kind: Kind) -> usize;
    /// How many it holds of one kind that are not removed.
    fn standing(&self, kind: Kind) -> usize;
    /// The moment of the newest of the changes that no other follows, by the clocks of those who made them.
    fn changed_at(&self) -> DateTime<Utc>;
    /// The draft of a note, if its document is at hand.
    fn draft(&self, note: EntityId) -> Option<Draft>;
    /// The values among which a field's conflict is open; empty where there is none.
    fn choices(&self, path: &FieldPath) -> Vec<Choice>;
    /// Every open conflict, or those of some entities, in the order of their paths.
    fn conflicts(&self, entities: Option<&BTreeSet<(Kind, EntityId)>>) -> Vec<Conflict>;
}

/// Where a field stands: `phone/01J…/number`; for the case, the person and the compartment `person/birth_date`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FieldPath {
    /// The entity's kind.
    pub kind: Kind,
    /// The entity's id; for the case, the person and the compartment the record's own.
    pub id: EntityId,
    /// The field's key.
    pub field: String,
}

/// One of the values among which a conflict is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The value.
    pub value: Value,
    /// Who wrote it.
    pub written: Stamp,
    /// Whether this is the one that views show until somebody settles.
    pub shown: bool,
}

/// A field to which people wrote different values apart. All are kept until a person settles.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The field.
    pub path: FieldPath,
    /// At least two values, the shown one first, the rest in a fixed order.
    pub choices: Vec<Choice>,
}
