//! A record line by line, for another program to read: what stands in it, whole and unjudged. Pure: a record goes in, lines come out;
//! whoever calls writes them as JSON, one to a line.
//!
//! An entity's line has every field that it bears, by the key under which it stands in the document, so that a new kind or field is
//! exported without a word here. The format is told in core/docs/export.md.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use crate::domain::value::FieldType;
use crate::domain::{
    Choice, Compartment, Conflict, Entry, Kind, LateChange, NoteState, NoteVersions, Provider,
    Records, SignedNote, Stamp, Value,
};
use crate::ids::{CaseId, CompartmentId, DeviceId, EntityId, OrganisationId, ProviderId, WorkerId};

/// The version of the format. Raised where a reader of the one before would go wrong; a new type of line or a new name in one is no
/// such thing.
pub const EXPORT_FORMAT: u32 = 1;

/// One line of an export. `type` says which.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ExportLine {
    /// The first line: what the file is.
    Export {
        /// [`EXPORT_FORMAT`].
        format: u32,
        /// The version of the documents' layout that the keys are of.
        schema: i64,
        /// The version of the library that wrote it.
        library: &'static str,
        /// When, by the device's clock.
        at: String,
        /// The agency.
        organisation: OrganisationId,
        /// Whose view of the record it is.
        worker: WorkerId,
        /// On which device.
        device: DeviceId,
    },
    /// Whom an id stands for.
    Worker {
        /// The worker.
        id: WorkerId,
        /// The name as shown.
        name: String,
    },
    /// The agency's settings as a server told them; the last such line is in force.
    Settings {
        /// The settings, with their version, reason codes and instruments.
        settings: serde_json::Value,
    },
    /// An instrument that was registered on the device.
    Instrument {
        /// The definition.
        definition: serde_json::Value,
    },
    /// One entity of a record.
    Entity(Box<ExportedEntity>),
    /// A field whose values await somebody's choice.
    Conflict {
        /// Where.
        #[serde(flatten)]
        record: ExportedRecord,
        /// The entity's kind.
        kind: &'static str,
        /// The entity.
        id: EntityId,
        /// The field.
        field: String,
        /// At least two values, the shown one first.
        choices: Vec<ExportedChoice>,
    },
    /// A change to a closed case that whoever closed it had not seen.
    LateChange {
        /// The case.
        case: CaseId,
        /// Who made it.
        made: ExportedStamp,
        /// The names of the edits, separated by commas.
        intentions: String,
    },
    /// A record that cannot be read: its rows are damaged. The others are all here.
    Unreadable {
        /// Which.
        #[serde(flatten)]
        record: ExportedRecord,
        /// Which check failed.
        reason: String,
    },
    /// Work that is not in the record: the server refused it, or it did not hold.
    SetAside {
        /// The case, or the restricted compartment, where it is known.
        case: Option<CaseId>,
        /// When.
        at: String,
        /// Stable code of the reason.
        code: String,
        /// The reason in words.
        reason: String,
        /// Whether the worker has dealt with it.
        dismissed: bool,
        /// What the worker did, when the work was this device's.
        edits: Option<serde_json::Value>,
    },
    /// The last line: a file without it was cut off.
    End {
        /// Cases that were read.
        cases: u64,
        /// Restricted compartments that were read.
        compartments: u64,
        /// Providers of the directory that were read.
        providers: u64,
        /// Records that could not be read.
        unreadable: u64,
        /// Lines before this one.
        lines: u64,
    },
}

/// Which record something stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ExportedRecord {
    /// The case; of a restricted compartment, the one it is about. None for a provider of the directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The restricted compartment, where it stands in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compartment: Option<CompartmentId>,
    /// The provider of the directory, where it stands in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
}

impl ExportedRecord {
    /// A case.
    pub fn case(id: CaseId) -> Self {
        Self {
            case: Some(id),
            compartment: None,
            provider: None,
        }
    }

    /// A restricted compartment and the case it is about.
    pub fn compartment(id: CompartmentId, about: CaseId) -> Self {
        Self {
            compartment: Some(id),
            ..Self::case(about)
        }
    }

    /// A provider of the directory.
    pub fn provider(id: ProviderId) -> Self {
        Self {
            case: None,
            compartment: None,
            provider: Some(id),
        }
    }

    fn of(id: CaseId, records: &dyn Records) -> Self {
        if Provider::of(records).is_some() {
            return Self::provider(id);
        }
        match Compartment::of(records).and_then(|of| of.case) {
            Some(about) => Self::compartment(id, about),
            None => Self::case(id),
        }
    }
}

/// An entity with everything that stands in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExportedEntity {
    /// Where.
    #[serde(flatten)]
    pub record: ExportedRecord,
    /// The entity's kind.
    pub kind: &'static str,
    /// The entity; for what there is one of in each record the record's own id.
    pub id: EntityId,
    /// Who made it.
    pub created: ExportedStamp,
    /// Who last wrote any of its fields.
    pub changed: ExportedStamp,
    /// Why it was removed, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<String>,
    /// Its fields by key: the values that views show.
    pub fields: BTreeMap<String, ExportedValue>,
    /// What embedding apps keep with it: JSON text by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extensions: BTreeMap<String, String>,
    /// Of a note: where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Of a note that is not signed as it stands: the draft's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<String>,
    /// Of a signed version of a note: whether it still bears the digest it was signed under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intact: Option<bool>,
}

/// Who wrote something, where and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportedStamp {
    /// The moment by the device's clock.
    pub at: String,
    /// The worker, where the change names one.
    pub worker: Option<WorkerId>,
    /// The device, where the change names one.
    pub device: Option<DeviceId>,
}

/// One of the values among which a conflict is open.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExportedChoice {
    /// The value.
    pub value: ExportedValue,
    /// Who wrote it.
    pub written: ExportedStamp,
    /// Whether views show this one.
    pub shown: bool,
}

/// A value as JSON: texts, codes, ids and days as strings, moments as RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedValue(Value);

impl Serialize for ExportedValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Value::Null => serializer.serialize_none(),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Real(value) => serializer.serialize_f64(*value),
            Value::Moment(_) => serializer.serialize_str(&self.0.display()),
        }
    }
}

/// A moment as lines write it.
pub fn exported_moment(at: DateTime<Utc>) -> String {
    Value::Moment(at.timestamp_millis()).display()
}

/// A record's lines: its entities by kind and id, its conflicts by path, and what was changed after the closing.
pub(crate) fn of_record(
    id: CaseId,
    records: &dyn Records,
    late: Vec<LateChange>,
) -> Vec<ExportLine> {
    let record = ExportedRecord::of(id, records);
    let entities = Kind::ALL.iter().flat_map(|kind| {
        let entries = records.entities(*kind).into_iter();
        entries.map(|entry| {
            ExportLine::Entity(Box::new(entity(record, *kind, entry.into_owned(), records)))
        })
    });
    let conflicts = records.conflicts(None).into_iter();
    let conflicts = conflicts.map(|conflict| in_conflict(record, conflict));
    let late = late.into_iter().map(|change| ExportLine::LateChange {
        case: id,
        made: change.made.into(),
        intentions: change.intentions,
    });
    entities.chain(conflicts).chain(late).collect()
}

fn entity(
    record: ExportedRecord,
    kind: Kind,
    entry: Entry,
    records: &dyn Records,
) -> ExportedEntity {
    let meta = entry.meta();
    let extensions = meta.extensions.into_iter();
    let mut exported = ExportedEntity {
        record,
        kind: kind.key(),
        id: entry.id,
        created: entry.created.into(),
        changed: entry.changed.into(),
        removed: meta.removed,
        extensions: extensions.map(|kept| (kept.key, kept.json)).collect(),
        state: None,
        draft: None,
        intact: None,
        fields: BTreeMap::new(),
    };
    match kind {
        Kind::Note => {
            let (state, draft) = note_of(entry.id, records);
            exported.state = Some(state);
            exported.draft = draft;
        }
        Kind::SignedNote => {
            let version = SignedNote::from_entry(&entry);
            exported.intact = Some(version.is_some_and(|version| version.intact));
        }
        _ => {}
    }
    exported.fields = entry
        .into_own_fields()
        .map(|(key, value)| {
            let told = in_degrees(&key, &value).unwrap_or(value);
            (key, ExportedValue(told))
        })
        .collect();
    exported
}

/// Degrees as a number: a visit's stand in its record as text, or as a number where an older version wrote them.
fn in_degrees(key: &str, value: &Value) -> Option<Value> {
    let degrees = matches!(key, "latitude" | "longitude");
    f64::from_value(value).filter(|_| degrees).map(Value::Real)
}

/// Where a note stands, and the words that nobody signed.
fn note_of(id: EntityId, records: &dyn Records) -> (&'static str, Option<String>) {
    let (state, draft) = NoteVersions::of(records, id).state_and_words(records.draft(id));
    let state = match state {
        NoteState::Draft => "draft",
        NoteState::Signed => "signed",
        NoteState::SignedWithLateWords => "signed_with_late_words",
        NoteState::Settled => "settled",
    };
    (state, draft)
}

fn in_conflict(record: ExportedRecord, conflict: Conflict) -> ExportLine {
    let choice = |choice: Choice| ExportedChoice {
        value: ExportedValue(choice.value),
        written: choice.written.into(),
        shown: choice.shown,
    };
    ExportLine::Conflict {
        record,
        kind: conflict.path.kind.key(),
        id: conflict.path.id,
        field: conflict.path.field,
        choices: conflict.choices.into_iter().map(choice).collect(),
    }
}

impl From<Stamp> for ExportedStamp {
    fn from(stamp: Stamp) -> Self {
        Self {
            at: exported_moment(stamp.at),
            worker: stamp.worker,
            device: stamp.device,
        }
    }
}
