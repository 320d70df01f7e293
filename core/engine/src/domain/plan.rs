//! Planning: an edit, held against the record, becomes writes or is refused with the field named.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use super::entity::{Entity, Update};
use super::record::{REMOVED, REMOVED_REASON};
use super::value::FieldType;
use super::{
    Draft, Entry, FieldPath, Kind, MAX_ENTRIES, MAX_TITLE, RecordSort, Records, TextSplice, Value,
};
use crate::ids::{EntityId, WorkerId};
use crate::settings::Rules;

/// Why an edit cannot stand. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// A field's value cannot stand: outside its limits, or not allowed as the record is.
    #[error("{field} {reason}")]
    Field {
        /// The field, as the app named it, such as `visit.check_in.zone`.
        field: String,
        /// What is wrong, without the value.
        reason: String,
    },
    /// The edit names something that the record does not hold, or that was removed.
    #[error("no {} {id}", kind.key())]
    NotFound {
        /// What sort of thing.
        kind: Kind,
        /// Its id.
        id: EntityId,
    },
    /// The id is in use already.
    #[error("{} {id} exists already", kind.key())]
    AlreadyExists {
        /// What sort of thing.
        kind: Kind,
        /// Its id.
        id: EntityId,
    },
}

impl Invalid {
    pub(crate) fn field(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Field {
            field: field.into(),
            reason: reason.into(),
        }
    }
}

/// One thing to write into a record. Planned by an edit, carried out by [`crate::document`].
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A new entity with its first values.
    Create {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: EntityId,
        /// Its values by key.
        fields: Vec<(String, Value)>,
    },
    /// A value for a field of an entity that exists. Keeps an open conflict open.
    Put {
        /// The field.
        path: FieldPath,
        /// The value.
        value: Value,
    },
    /// The same, written even where it is the value that is shown: who writes another one apart is in conflict with it.
    PutAnew {
        /// The field.
        path: FieldPath,
        /// The value.
        value: Value,
    },
    /// A person's choice that closes the field's conflict.
    Settle {
        /// The field.
        path: FieldPath,
        /// The value that shall stand.
        value: Value,
    },
    /// A draft for a note, with its first text. It gets a document at the end of the call, unless [`Write::SkipDraft`] follows.
    StartDraft {
        /// The note.
        note: EntityId,
        /// The first text.
        text: String,
    },
    /// A draft that the same call began needs no document: it was signed as it stands, and the signed version says what it says.
    SkipDraft {
        /// The note.
        note: EntityId,
    },
    /// A text in a note's draft that goes on from a signed version, where the draft itself is not at hand.
    ResumeDraft {
        /// The note.
        note: EntityId,
        /// The signed version.
        after: EntityId,
        /// The text: the version's words and what was written on.
        text: String,
    },
    /// The draft of a note as it shall read: what differs is spliced in, so concurrent writing merges per character.
    RewriteDraft {
        /// The note.
        note: EntityId,
        /// The text.
        text: String,
    },
    /// One splice in the draft of a note.
    SpliceDraft {
        /// The note.
        note: EntityId,
        /// What to take out and put in.
        splice: TextSplice,
    },
}

/// What an edit plans against: the record as it stands, the moment, and who edits.
pub(crate) struct Plan<'a> {
    records: &'a dyn Records,
    /// The moment of the edit by this device's clock.
    pub(crate) now: DateTime<Utc>,
    /// Who edits.
    pub(crate) worker: WorkerId,
    /// What the agency has laid down, as far as this device knows.
    pub(crate) rules: &'a Rules,
    writes: Vec<Write>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(
        records: &'a dyn Records,
        now: DateTime<Utc>,
        worker: WorkerId,
        rules: &'a Rules,
    ) -> Self {
        Self {
            records,
            now,
            worker,
            rules,
            writes: Vec::new(),
        }
    }

    /// The version of the settings in force, as a record names it; nothing for the defaults.
    pub(crate) fn settings_version(&self) -> Value {
        match self.rules.settings().version {
            0 => Value::Null,
            version => version.to_value(),
        }
    }

    pub(crate) fn into_writes(self) -> Vec<Write> {
        self.writes
    }

    pub(crate) fn write(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// The single entity of a record: its case, its person, its compartment or its provider.
    pub(crate) fn single(&self, kind: Kind) -> Option<Entry> {
        let entries = self.records.entities(kind).into_iter();
        entries.map(Cow::into_owned).next()
    }

    /// An entity that is there and not removed.
    pub(crate) fn present(&self, kind: Kind, id: EntityId) -> Result<Entry, Invalid> {
        self.records
            .entity(kind, id)
            .filter(|entry| !entry.is_removed())
            .ok_or(Invalid::NotFound { kind, id })
    }

    /// An entity, removed or not.
    pub(crate) fn known(&self, kind: Kind, id: EntityId) -> Result<Entry, Invalid> {
        self.records
            .entity(kind, id)
            .ok_or(Invalid::NotFound { kind, id })
    }

    pub(crate) fn all<E: Entity>(&self) -> Vec<E> {
        self.records
            .entities(E::KIND)
            .iter()
            .map(|entry| E::from_entry(entry))
            .collect()
    }

    pub(crate) fn draft(&self, note: EntityId) -> Option<Draft> {
        self.records.draft(note)
    }

    /// The record as it stands.
    pub(crate) fn records(&self) -> &'a dyn Records {
        self.records
    }

    /// The entities of a kind that are parts of another one.
    pub(crate) fn parts(&self, kind: Kind, owner: EntityId) -> Vec<Entry> {
        self.records.parts(kind, owner)
    }

    /// How many entities of a kind there are, removed ones too.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.records.count(kind)
    }

    pub(crate) fn choices(&self, path: &FieldPath) -> Vec<super::Choice> {
        self.records.choices(path)
    }

    /// Plans a new entity. Refused where the id is in use, the record is full, or a value cannot stand.
    pub(crate) fn create<U: Update>(
        &mut self,
        id: EntityId,
        update: &U,
        own: Vec<(&str, Value)>,
    ) -> Result<(), Invalid> {
        if let Some(field) = update.cleared().first() {
            return Err(Invalid::field(
                format!("{}.{field}", U::KIND.key()),
                "cannot be cleared in something new",
            ));
        }
        let mut fields = update.checked()?;
        in_order(U::KIND, None, &fields, &[])?;
        fields.extend(own.into_iter().map(|(key, value)| (key.to_owned(), value)));
        self.create_with(U::KIND, id, fields)
    }

    /// Plans a new entity whose values its own rules have checked.
    pub(crate) fn create_with(
        &mut self,
        kind: Kind,
        id: EntityId,
        fields: Vec<(String, Value)>,
    ) -> Result<(), Invalid> {
        if self.records.entity(kind, id).is_some() {
            return Err(Invalid::AlreadyExists { kind, id });
        }
        let sort = RecordSort::of(self.records);
        if let Some(sort) = sort.filter(|sort| !sort.admits(kind)) {
            return Err(Invalid::field(kind.key(), sort.refusal()));
        }
        if self.records.entity_count() >= MAX_ENTRIES {
            return Err(Invalid::field(
                kind.key(),
                format!("cannot be added: the record holds {MAX_ENTRIES} entries"),
            ));
        }
        self.write(Write::Create { kind, id, fields });
        Ok(())
    }

    /// Plans new values for the fields that an update names.
    pub(crate) fn update<U: Update>(&mut self, id: EntityId, update: &U) -> Result<(), Invalid> {
        let before = self.present(U::KIND, id)?;
        let cleared: Vec<&str> = update.cleared();
        let set = update.checked()?;
        if let Some((key, _)) = set.iter().find(|(key, _)| cleared.contains(&key.as_str())) {
            return Err(Invalid::field(
                format!("{}.{key}", U::KIND.key()),
                "is both set and cleared",
            ));
        }
        if set.is_empty() && cleared.is_empty() {
            return Err(Invalid::field(U::KIND.key(), "names no field to change"));
        }
        in_order(U::KIND, Some(&before), &set, &cleared)?;
        for (key, value) in set {
            self.put(U::KIND, id, &key, value);
        }
        for key in cleared {
            self.put(U::KIND, id, key, Value::Null);
        }
        Ok(())
    }

    pub(crate) fn put(&mut self, kind: Kind, id: EntityId, field: &str, value: Value) {
        let field = field.to_owned();
        self.write(Write::Put {
            path: FieldPath { kind, id, field },
            value,
        });
    }

    /// Plans a step to another status, with its reason; refused where the entity stands in none of the states `from`.
    pub(crate) fn transition<S: Status>(
        &mut self,
        id: EntityId,
        from: &[S],
        to: &S,
        reason: Option<&str>,
    ) -> Result<(), Invalid> {
        let now = self.present(S::KIND, id)?.get(STATUS).unwrap_or(S::UNSET);
        if from.contains(&now) {
            return self.set_status(id, to, reason);
        }
        let (to, now) = (to.to_value().display(), now.to_value().display());
        Err(Invalid::field(
            format!("{}.{STATUS}", S::KIND.key()),
            format!("cannot become {to} from {now}"),
        ))
    }

    /// Plans another status with its reason, which stands until the next step. A step that leads to where things stand is written too:
    /// a task that is handed on before anyone accepted it waits for another one's yes, whatever the first one says apart.
    pub(crate) fn set_status<S: Status>(
        &mut self,
        id: EntityId,
        to: &S,
        reason: Option<&str>,
    ) -> Result<(), Invalid> {
        if let Some(reason) = reason {
            let field = format!("{}.{STATUS_REASON}", S::KIND.key());
            check(&field, reason, super::check::line::<MAX_TITLE>)?;
        }
        let (kind, field) = (S::KIND, STATUS.to_owned());
        self.write(Write::PutAnew {
            path: FieldPath { kind, id, field },
            value: to.to_value(),
        });
        let reason = reason.map_or(Value::Null, Value::trimmed);
        self.put(S::KIND, id, STATUS_REASON, reason);
        Ok(())
    }

    /// Plans the flag that an entity is removed, with the reason, or that it is back.
    pub(crate) fn flag_removed(&mut self, kind: Kind, id: EntityId, reason: Option<&str>) {
        self.put(kind, id, REMOVED, Value::Bool(reason.is_some()));
        let reason = reason.map_or(Value::Null, Value::trimmed);
        self.put(kind, id, REMOVED_REASON, reason);
    }
}

/// Fields that begin and end something.
const PERIODS: [(&str, &str); 2] = [("since", "until"), ("planned_start", "planned_end")];

/// Whether what an update says of a beginning and an end leaves the end behind the beginning.
fn in_order(
    kind: Kind,
    before: Option<&Entry>,
    set: &[(String, Value)],
    cleared: &[&str],
) -> Result<(), Invalid> {
    let said = |key: &str| set.iter().find(|(field, _)| field == key);
    let stays = |key: &str| {
        let before = before.filter(|_| !cleared.contains(&key));
        let stood = before.and_then(|entry| entry.fields.get(key));
        said(key).map(|(_, value)| value).or(stood)
    };
    for (first, last) in PERIODS {
        let said = said(first).or(said(last)).is_some();
        let reversed = match (stays(first), stays(last)) {
            (Some(first), Some(last)) => {
                ends_before::<NaiveDate>(first, last) || ends_before::<DateTime<Utc>>(first, last)
            }
            _ => false,
        };
        if said && reversed {
            let field = format!("{}.{last}", kind.key());
            return Err(Invalid::field(field, format!("is before {first}")));
        }
    }
    Ok(())
}

/// Whether both are of a sort, and the last comes before the first.
fn ends_before<T: FieldType + PartialOrd>(first: &Value, last: &Value) -> bool {
    matches!((T::from_value(first), T::from_value(last)), (Some(first), Some(last)) if last < first)
}

/// Where an entity stands on its way, in the field `status`; the field `status_reason` tells why.
pub(crate) trait Status: FieldType + PartialEq {
    /// Whose status it is.
    const KIND: Kind;
    /// What an entity is taken for that bears none.
    const UNSET: Self;
}

pub(crate) const STATUS: &str = "status";
const STATUS_REASON: &str = "status_reason";

/// Runs a check on a value that stands outside an update.
pub(crate) fn check<T: ?Sized>(
    field: &str,
    value: &T,
    check: impl Fn(&T) -> super::check::Checked,
) -> Result<(), Invalid> {
    check(value).map_err(|reason| Invalid::field(field, reason))
}
