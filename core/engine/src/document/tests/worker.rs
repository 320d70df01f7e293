//! A worker with a device, and shorthand for edits.

use std::collections::BTreeMap;

use automerge::transaction::Transactable;
use automerge::{Automerge, ObjType, ROOT, ReadDoc};

use super::super::*;
use crate::domain::{CaseView, CompartmentView, Conflict, Edit, NoteView, ProviderView};
use crate::guard;
use crate::identity::{Author, DeviceKey, Session};

/// A field that no version knows.
const FROM_THE_FUTURE: &str = "from_the_future";

pub(super) struct Worker {
    pub(super) documents: CaseDocuments,
    key: DeviceKey,
    author: Author,
    session: Session,
    /// What this device knows of the agency's rules.
    pub(super) rules: Rules,
    /// Seconds; runs at its own pace on every device.
    pub(super) clock: i64,
}

impl Worker {
    pub(super) fn new(number: u8) -> Self {
        Self {
            documents: CaseDocuments::new(ids::case()),
            key: DeviceKey::from_seed([number; 32]),
            author: Author {
                worker: ids::worker(number),
                device: crate::ids::DeviceId::from_bytes([number; 16]),
            },
            session: Session([number; 16]),
            rules: Rules::default(),
            clock: 1_000_000 * i64::from(number % 7),
        }
    }

    pub(super) fn joining(number: u8, other: &Worker) -> Self {
        let mut worker = Self::new(number);
        worker.pull(other);
        worker
    }

    pub(super) fn open_case(&mut self) {
        self.edit(&[ids::open_case()]);
    }

    pub(super) fn open_compartment(&mut self) {
        self.edit(&[ids::open_compartment()]);
    }

    pub(super) fn open_provider(&mut self) {
        self.edit(&[ids::open_provider()]);
    }

    pub(super) fn try_edit(&mut self, edits: &[Edit]) -> Result<Committed, EditError> {
        self.clock += 1;
        let context = EditContext {
            author: self.author,
            key: self.key.public(),
            session: self.session,
            now: ids::moment(self.clock),
            rules: self.rules.clone(),
        };
        self.documents.edit(edits, &context)
    }

    pub(super) fn edit(&mut self, edits: &[Edit]) -> Committed {
        self.try_edit(edits).unwrap()
    }

    /// A case as this worker's device shows it.
    pub(super) fn read(&self, documents: &CaseDocuments) -> Option<CaseView> {
        documents.record().view(&self.rules)
    }

    pub(super) fn view(&self) -> CaseView {
        self.read(&self.documents).unwrap()
    }

    /// The record, whatever it is.
    pub(super) fn shown(&self) -> Shown {
        Shown::of(&self.documents, &self.rules)
    }

    /// The record's rows: all of them, or those of what was touched.
    pub(super) fn rows(&self, touched: Option<&BTreeSet<EntityKey>>) -> Projection {
        let rows = self.documents.project(touched, &self.rules);
        rows.unwrap()
    }

    /// Takes in everything that another worker holds, through the guard.
    pub(super) fn pull(&mut self, other: &Worker) {
        for theirs in other.documents.documents() {
            if self.documents.get(theirs.id).is_none() {
                self.documents.add_note(Document::new(theirs.id));
            }
            let ours = self.documents.get_mut(theirs.id).unwrap();
            let missing: Vec<Change> = ours
                .automerge
                .get_changes_added(&theirs.automerge)
                .iter()
                .map(|change| guard::admit(change.raw_bytes()).unwrap())
                .collect();
            ours.apply(missing).unwrap();
        }
    }

    pub(super) fn exchange(&mut self, other: &mut Worker) {
        self.pull(other);
        other.pull(self);
    }

    /// Writes behind the back of all rules, as other software might.
    fn write(&mut self, write: impl FnOnce(&mut automerge::transaction::Transaction<'_>)) {
        let mut tx = self.documents.case.automerge.transaction();
        write(&mut tx);
        tx.commit();
    }

    /// Fills the record with things nobody named, up to so many entries.
    pub(super) fn crowd(&mut self, kind: Kind, most: usize) {
        self.write(|tx| {
            for number in tx.length(ROOT)..most {
                let id = EntityId::from_bytes((number as u128).to_be_bytes());
                tx.put_object(ROOT, key::entity(kind, id), ObjType::Map)
                    .unwrap();
            }
        });
    }

    /// Every text that stands in an entity, as automerge shows it. Why something was removed that is back is no part of it, nor are
    /// degrees, which are numbers.
    pub(super) fn texts(&self) -> Vec<String> {
        let doc = self.automerge();
        let objects = doc.map_range(ROOT, ..).filter_map(|item| match item.value {
            automerge::ValueRef::Object(_) => Some(item.id()),
            automerge::ValueRef::Scalar(_) => None,
        });
        let mut texts = Vec::new();
        for object in objects {
            let back = matches!(doc.get(&object, "removed"), Ok(Some((value, _))) if value.as_bool() == Some(false));
            for field in doc.map_range(&object, ..) {
                let degrees = matches!(field.key.as_ref(), "latitude" | "longitude");
                let told = !degrees && (!back || field.key != "removed_reason");
                let value = field.value.into_value();
                texts.extend(value.into_string().ok().filter(|_| told));
            }
        }
        texts
    }

    pub(super) fn overwrite(
        &mut self,
        kind: Kind,
        id: EntityId,
        field: &str,
        value: impl Into<automerge::ScalarValue>,
    ) {
        self.write(|tx| {
            let (_, object) = tx.get(ROOT, key::entity(kind, id)).unwrap().unwrap();
            tx.put(object, field, value.into()).unwrap();
        });
    }

    /// Writes a field that no version knows yet into some entities, and an entity of a kind that no version knows.
    pub(super) fn write_from_the_future(&mut self, entities: &BTreeSet<EntityKey>) {
        self.write(|tx| {
            let unknown = tx.put_object(ROOT, "horoscope/1", ObjType::Map).unwrap();
            tx.put(unknown, FROM_THE_FUTURE, "kept").unwrap();
            for (kind, id) in entities {
                if let Some((_, object)) = tx.get(ROOT, key::entity(*kind, *id)).unwrap() {
                    tx.put(object, FROM_THE_FUTURE, "kept").unwrap();
                }
            }
        });
    }

    /// How many entities still have what [`Self::write_from_the_future`] wrote.
    pub(super) fn kept_from_the_future(&self) -> usize {
        let doc = self.automerge();
        let objects = doc.map_range(ROOT, ..).map(|item| item.id());
        let kept = |object: &automerge::ObjId| {
            let value = doc.get(object, FROM_THE_FUTURE).ok().flatten();
            value.is_some_and(|(value, _)| value.as_str() == Some("kept"))
        };
        objects.filter(kept).count()
    }

    /// Writes a value over half of the fields that hold one of its sort, and as the units of two services used at a visit, as a device
    /// might that was tampered with. Gives how many it wrote over.
    pub(super) fn tamper(&mut self, value: &automerge::ScalarValue, seed: u64) -> usize {
        let doc = self.automerge();
        let is_map =
            |object: &automerge::ObjId| matches!(doc.object_type(object), Ok(ObjType::Map));
        let objects = doc.map_range(ROOT, ..).map(|item| item.id());
        let mut fields = Vec::new();
        for object in objects.filter(is_map) {
            for field in doc.map_range(&object, ..) {
                let automerge::Value::Scalar(old) = field.value.into_value() else {
                    continue;
                };
                if like(&old, value) {
                    fields.push((object.clone(), field.key.into_owned()));
                }
            }
            let units = matches!(value, automerge::ScalarValue::Int(_));
            if units && doc.get(&object, "payer").unwrap().is_some() {
                let visit = ids::entity(1);
                let used = ["A", "B"].map(|service| format!("used/{visit}/{service}"));
                fields.extend(used.map(|used| (object.clone(), used)));
            }
        }
        let mut turn = seed;
        fields.retain(|(_, field)| {
            turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            turn >> 63 == 0 || field.starts_with("used/")
        });
        self.write(|tx| {
            for (object, field) in &fields {
                tx.put(object, field.as_str(), value.clone()).unwrap();
            }
        });
        fields.len()
    }

    pub(super) fn overwrite_odd(&mut self, kind: Kind, id: EntityId) {
        self.write(|tx| {
            let (_, object) = tx.get(ROOT, key::entity(kind, id)).unwrap().unwrap();
            let text = tx.put_object(&object, "number", ObjType::Text).unwrap();
            tx.splice_text(text, 0, 0, "as text object").unwrap();
            tx.put_object(&object, "messages_allowed", ObjType::List)
                .unwrap();
            tx.put(&object, "usage", "pager").unwrap();
            tx.put(&object, "remark", vec![1_u8, 2]).unwrap();
            tx.put(ROOT, "phone/not an id", 3).unwrap();
            tx.put(ROOT, "conflict/phone/nonsense", "{").unwrap();
        });
    }

    /// Everything that must be equal on two devices: the view, and the drafts' heads.
    pub(super) fn canonical(&self) -> (Shown, BTreeMap<DocumentId, Vec<ChangeHash>>) {
        let heads = self
            .documents
            .documents()
            .map(|doc| (doc.id, doc.heads()))
            .collect();
        (self.shown(), heads)
    }

    /// Writes what begins another sort of record into this one, past every rule.
    pub(super) fn forge(&mut self, beginning: &str) {
        let mut open = self.documents.case.automerge.transaction();
        let object = open.put_object(ROOT, beginning, ObjType::Map).unwrap();
        open.put(&object, "title", "Gone").unwrap();
        open.commit();
    }

    /// The same case read back from what storage would hold.
    pub(super) fn reloaded(&self) -> CaseDocuments {
        let load = |doc: &Document| Document::load(doc.id, Some(&doc.save()), []).unwrap();
        let mut documents = CaseDocuments::of(load(self.documents.case()));
        self.documents
            .documents()
            .skip(1)
            .for_each(|note| documents.add_note(load(note)));
        documents
    }

    pub(super) fn automerge(&self) -> &Automerge {
        &self.documents.case.automerge
    }
}

/// Whether two values are of one sort: numbers, moments, or texts that tell a number or a day.
fn like(one: &automerge::ScalarValue, other: &automerge::ScalarValue) -> bool {
    use automerge::ScalarValue::Str;
    let telling = |text: &str| text.starts_with(|first: char| "+-0123456789".contains(first));
    match (one, other) {
        (Str(one), Str(other)) => telling(one) && (telling(other) || other.is_empty()),
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// A record as a device shows it.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few at a time")]
pub(super) enum Shown {
    Case(CaseView),
    Compartment(CompartmentView),
    Provider(ProviderView),
}

impl Shown {
    pub(super) fn of(documents: &CaseDocuments, rules: &Rules) -> Self {
        let record = documents.record();
        let shown = (
            record.view(rules),
            record.compartment(rules),
            record.provider(),
        );
        match shown {
            (Some(case), None, None) => Self::Case(case),
            (None, Some(compartment), None) => Self::Compartment(compartment),
            (None, None, Some(provider)) => Self::Provider(provider),
            several => panic!("a record is one of the three: {several:?}"),
        }
    }

    pub(super) fn conflicts(&self) -> &[Conflict] {
        match self {
            Self::Case(case) => &case.conflicts,
            Self::Compartment(compartment) => &compartment.conflicts,
            Self::Provider(provider) => &provider.conflicts,
        }
    }

    pub(super) fn conflicts_mut(&mut self) -> &mut Vec<Conflict> {
        match self {
            Self::Case(case) => &mut case.conflicts,
            Self::Compartment(compartment) => &mut compartment.conflicts,
            Self::Provider(provider) => &mut provider.conflicts,
        }
    }

    pub(super) fn notes(&self) -> &[NoteView] {
        match self {
            Self::Case(case) => &case.notes,
            Self::Compartment(compartment) => &compartment.notes,
            Self::Provider(_) => &[],
        }
    }
}

pub(super) mod ids {
    use chrono::{DateTime, NaiveDate, Utc};

    use crate::domain::*;
    use crate::ids::{CaseId, EntityId, WorkerId};

    pub(crate) fn case() -> CaseId {
        CaseId::from_bytes([1; 16])
    }

    pub(crate) fn entity(number: u8) -> EntityId {
        EntityId::from_bytes([number; 16])
    }

    pub(crate) fn worker(number: u8) -> WorkerId {
        WorkerId::from_bytes([number; 16])
    }

    pub(crate) fn moment(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
    }

    pub(crate) fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 1 + number % 28).unwrap()
    }

    pub(crate) fn open_case() -> Edit {
        CaseEdit::Open {
            id: case(),
            opened_on: day(1),
            enquiry: false,
            case: CaseUpdate {
                number: Some("2026-17".into()),
                clear: vec![CaseField::LeadWorker],
                ..CaseUpdate::default()
            },
            person: PersonUpdate {
                given_name: Some("Rosa".into()),
                family_name: Some("Díaz".into()),
                ..PersonUpdate::default()
            },
        }
        .into()
    }

    /// A compartment, under the id of all records here, about another case.
    pub(crate) fn open_compartment() -> Edit {
        CompartmentEdit::Open {
            id: case(),
            case: CaseId::from_bytes([2; 16]),
            fields: CompartmentUpdate {
                title: Some("Therapy".into()),
                ..CompartmentUpdate::default()
            },
        }
        .into()
    }

    /// A provider of the directory, under the id of all records here.
    pub(crate) fn open_provider() -> Edit {
        ProviderEdit::Open {
            id: case(),
            fields: ProviderUpdate {
                name: Some("Centro Ñandú".into()),
                languages: Some(vec!["es".into()]),
                ..ProviderUpdate::default()
            },
        }
        .into()
    }

    pub(crate) fn plan_visit(id: u8) -> Edit {
        let fields = VisitUpdate {
            planned_on: Some(day(u32::from(id))),
            purpose: Some("Home visit".into()),
            ..VisitUpdate::default()
        };
        VisitEdit::Plan {
            id: entity(id),
            fields,
        }
        .into()
    }

    pub(crate) fn visit_moment(at: i64) -> VisitMoment {
        VisitMoment {
            at: moment(at),
            zone: "America/Chicago".into(),
            monotonic_ms: at * 1_000,
            location: Location::Missing {
                reason: NoLocationReason::NoSignal,
            },
            manual: false,
            manual_reason: None,
        }
    }

    pub(crate) fn check_in(visit: u8, event: u8) -> Edit {
        let (id, visit) = (entity(event), entity(visit));
        VisitEdit::CheckIn {
            id,
            visit,
            moment: visit_moment(0),
        }
        .into()
    }

    pub(crate) fn check_out(visit: u8, event: u8) -> Edit {
        let (id, visit) = (entity(event), entity(visit));
        VisitEdit::CheckOut {
            id,
            visit,
            moment: visit_moment(1_800),
        }
        .into()
    }

    pub(crate) fn start_note(id: u8, text: &str) -> Edit {
        let fields = NoteUpdate {
            sort: Some(NoteKind::Progress),
            ..NoteUpdate::default()
        };
        NoteEdit::Start {
            id: entity(id),
            fields,
            text: text.into(),
        }
        .into()
    }
}
