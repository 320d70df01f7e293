//! A visit with its parts as they stand in the record: read once, then asked when it began, judged, and held against what was signed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::entity::Entity;
use super::evv::{Course, Evidence};
use super::visit_signature::{COVERED, compare};
use super::{
    Address, Entry, Kind, Records, SignedVisit, Visit, VisitCorrection, VisitEvent, VisitSignature,
    VisitView,
};
use crate::ids::EntityId;
use crate::settings::Rules;

/// A visit and everything that names it as its owner.
pub(crate) struct VisitRecord<'a> {
    entry: Cow<'a, Entry>,
    /// What a worker's signature covers.
    parts: Vec<Cow<'a, Entry>>,
    pub(crate) visit: Visit,
    events: Vec<VisitEvent>,
    corrections: Vec<VisitCorrection>,
    signatures: Vec<VisitSignature>,
    signed: Vec<SignedVisit>,
}

impl<'a> VisitRecord<'a> {
    /// Every visit of a record.
    pub(crate) fn all(records: &'a dyn Records) -> Vec<Self> {
        let mut owners: BTreeMap<EntityId, Vec<(Kind, Cow<'_, Entry>)>> = BTreeMap::new();
        for kind in COVERED.into_iter().chain([Kind::SignedVisit]) {
            for part in records.entities(kind) {
                if let Some(owner) = part.get("visit") {
                    owners.entry(owner).or_default().push((kind, part));
                }
            }
        }
        let visits = records.entities(Kind::Visit).into_iter();
        visits
            .map(|entry| {
                let parts = owners.remove(&entry.id).unwrap_or_default();
                Self::of(entry, parts)
            })
            .collect()
    }

    /// One visit, read with its parts alone; nothing where the record does not hold it.
    pub(crate) fn find(records: &dyn Records, id: EntityId) -> Option<Self> {
        let entry = records.entity(Kind::Visit, id)?;
        let kinds = COVERED.into_iter().chain([Kind::SignedVisit]);
        let parts = kinds.flat_map(|kind| {
            let parts = records.parts(kind, id).into_iter();
            parts.map(move |part| (kind, Cow::Owned(part)))
        });
        Some(Self::of(Cow::Owned(entry), parts.collect()))
    }

    fn of(entry: Cow<'a, Entry>, parts: Vec<(Kind, Cow<'a, Entry>)>) -> Self {
        Self {
            visit: Visit::from_entry(&entry),
            events: of_kind(&parts),
            corrections: of_kind(&parts),
            signatures: of_kind(&parts),
            signed: of_kind(&parts),
            parts: covered(parts),
            entry,
        }
    }

    fn course(&self) -> Course<'_> {
        Course {
            visit: &self.visit,
            events: &self.events,
            corrections: &self.corrections,
        }
    }

    /// When it began: the last correction's word, else the first check-in's.
    pub(crate) fn started_at(&self) -> Option<DateTime<Utc>> {
        self.course().started_at()
    }

    /// When it ended: the last correction's word, else the first check-out's.
    pub(crate) fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.course().ended_at()
    }

    /// Judges the visit by the settings that its check-out names.
    pub(crate) fn view(self, addresses: &[Address], rules: &Rules) -> VisitView {
        let compare = |signed: &SignedVisit| compare(signed.clone(), &self.entry, &self.parts);
        let signed: Vec<_> = self.signed.iter().map(compare).collect();
        let course = self.course();
        let (judged_by, evv) = rules.judging(course.settings());
        let evidence = Evidence {
            course: &course,
            signatures: &self.signatures,
            signed: &signed,
            expected: self.visit.point(course.place().as_ref(), addresses),
            evv,
        };
        let judgement = evidence.judge();
        VisitView {
            started_at: course.started_at(),
            ended_at: course.ended_at(),
            service: course.service(),
            place: course.place(),
            worker: course.worker(),
            evv: judgement,
            judged_by,
            visit: self.visit,
            events: self.events,
            corrections: self.corrections,
            signatures: self.signatures,
            signed,
        }
    }
}

fn covered<'a>(parts: Vec<(Kind, Cow<'a, Entry>)>) -> Vec<Cow<'a, Entry>> {
    let covered = parts.into_iter().filter(|(kind, _)| COVERED.contains(kind));
    covered.map(|(_, part)| part).collect()
}

fn of_kind<E: Entity>(parts: &[(Kind, Cow<'_, Entry>)]) -> Vec<E> {
    let matching = parts.iter().filter(|(kind, _)| *kind == E::KIND);
    matching.map(|(_, part)| E::from_entry(part)).collect()
}
