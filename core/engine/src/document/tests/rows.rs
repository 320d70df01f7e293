//! Rows kept step by step, as the store keeps them.

use std::collections::{BTreeMap, BTreeSet};

use super::worker::Worker;
use crate::document::{ChangeHash, EntityKey, Record};
use crate::domain::Kind;
use crate::ids::{DocumentId, EntityId};
use crate::projection::{
    AllowanceRow, AssessmentRow, ConflictRow, ContactRow, DeadlineKind, DeadlineRow, FigureKind,
    FigureRow, GoalRow, PointRow, Projection, RecordRow, TaskRow, VisitRow,
};

#[derive(Debug, PartialEq)]
pub(super) struct Rows {
    record: RecordRow,
    visits: BTreeMap<EntityId, VisitRow>,
    tasks: BTreeMap<EntityId, TaskRow>,
    goals: BTreeMap<EntityId, GoalRow>,
    deadlines: BTreeMap<(EntityId, DeadlineKind), DeadlineRow>,
    allowances: BTreeMap<EntityId, AllowanceRow>,
    assessments: BTreeMap<EntityId, AssessmentRow>,
    contacts: BTreeMap<EntityId, ContactRow>,
    points: BTreeMap<EntityId, PointRow>,
    figures: BTreeMap<(EntityId, FigureKind), FigureRow>,
    conflicts: BTreeSet<ConflictRow>,
    search: BTreeMap<(Kind, EntityId), String>,
    /// The record beside its document, without drafts.
    stored: Record,
}

impl Rows {
    pub(super) fn of(worker: &Worker) -> Self {
        let all = worker.rows(None);
        let mut rows = Self {
            record: all.record.clone(),
            visits: BTreeMap::new(),
            tasks: BTreeMap::new(),
            goals: BTreeMap::new(),
            deadlines: BTreeMap::new(),
            allowances: BTreeMap::new(),
            assessments: BTreeMap::new(),
            contacts: BTreeMap::new(),
            points: BTreeMap::new(),
            figures: BTreeMap::new(),
            conflicts: BTreeSet::new(),
            search: BTreeMap::new(),
            stored: stored(worker, &[worker.documents.record().to_stored()]),
        };
        rows.take(all);
        rows
    }

    pub(super) fn update(&mut self, worker: &Worker, before: &[(DocumentId, Vec<ChangeHash>)]) {
        let mut touched = BTreeSet::new();
        for document in worker.documents.documents() {
            let heads = before
                .iter()
                .find(|(id, _)| *id == document.id())
                .map(|(_, heads)| heads.as_slice());
            touched.extend(document.touched_since(heads.unwrap_or_default()));
        }
        self.touch(worker, &touched);
    }

    /// Takes in the rows of what was touched.
    pub(super) fn touch(&mut self, worker: &Worker, touched: &BTreeSet<EntityKey>) {
        self.take(worker.rows(Some(touched)));
        let change = worker.documents.stored_change(touched);
        self.stored = stored(worker, &[self.stored.to_stored(), change]);
    }

    fn take(&mut self, rows: Projection) {
        self.record = rows.record;
        self.visits
            .extend(rows.visits.into_iter().map(|row| (row.id, row)));
        self.tasks
            .extend(rows.tasks.into_iter().map(|row| (row.id, row)));
        self.goals
            .extend(rows.goals.into_iter().map(|row| (row.id, row)));
        self.contacts
            .extend(rows.contacts.into_iter().map(|row| (row.id, row)));
        self.points
            .extend(rows.points.into_iter().map(|row| (row.id, row)));
        let touched: BTreeSet<EntityId> = rows.touched.iter().map(|(_, id)| *id).collect();
        self.deadlines.retain(|(id, _), _| !touched.contains(id));
        let deadlines = rows.deadlines.into_iter();
        self.deadlines
            .extend(deadlines.map(|row| ((row.id, row.kind), row)));
        self.allowances.retain(|id, _| !touched.contains(id));
        self.allowances
            .extend(rows.allowances.into_iter().map(|row| (row.id, row)));
        self.assessments
            .extend(rows.assessments.into_iter().map(|row| (row.id, row)));
        self.figures
            .retain(|(id, kind), _| !rows.touched.contains(&(kind.source(), *id)));
        let figures = rows.figures.into_iter();
        self.figures
            .extend(figures.map(|row| ((row.id, row.kind), row)));
        self.conflicts
            .retain(|row| !rows.touched.contains(&(row.kind, row.id)));
        self.conflicts.extend(rows.conflicts);
        self.search.extend(
            rows.search
                .into_iter()
                .map(|row| ((row.kind, row.id), row.text)),
        );
    }
}

fn stored(worker: &Worker, pieces: &[Vec<u8>]) -> Record {
    let pieces = pieces.iter().map(Vec::as_slice);
    Record::from_stored(worker.documents.id(), pieces).unwrap()
}
