//! Ranks a caseload row by row, and tells only of the first cases.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::judge::{Judge, Weighed};
use super::{Facts, Reason, Snooze, Weights, WorkItem};
use crate::calendar::Zone;
use crate::ids::{CaseId, WorkerId};
use crate::projection::{AllowanceRow, AssessmentRow, DeadlineRow, TaskRow, VisitRow};

/// Cases and what is due in them, in whatever order they come; a case before its rows. Keeps of each case what its place depends on, and of
/// each row why it counts.
pub struct Ranking<'a> {
    judge: Judge<'a>,
    worker: Option<WorkerId>,
    cases: HashMap<CaseId, Ranked>,
    reasons: Vec<(CaseId, Weighed)>,
}

/// What the place of a case depends on: kept small and found in one step, since every row of the case looks at it.
struct Ranked {
    next_visit_on: Option<NaiveDate>,
    /// In percent.
    importance: u64,
    strongest: u64,
    all: u64,
    /// Whether what is nobody's concerns the worker whose list it is.
    led: bool,
    closed: bool,
    high_risk: bool,
    safety_alert: bool,
    waits: bool,
    beside: Option<Box<Beside>>,
}

/// What few cases have.
struct Beside {
    name: String,
    snoozes: Vec<Snooze>,
}

impl<'a> Ranking<'a> {
    /// With a worker, what is theirs or nobody's in cases they lead; else what is anybody's.
    pub fn new(
        weights: &'a Weights,
        now: DateTime<Utc>,
        zone: Zone,
        worker: Option<WorkerId>,
    ) -> Self {
        Self {
            judge: Judge::new(weights, now, zone),
            worker,
            cases: HashMap::new(),
            reasons: Vec::new(),
        }
    }

    /// What things are weighed with.
    pub fn weights(&self) -> &'a Weights {
        self.judge.weights
    }

    /// The day it is by the calendar of the zone.
    pub fn today(&self) -> NaiveDate {
        self.judge.today
    }

    /// Whose worklist it is; nothing where it is everybody's.
    pub fn worker(&self) -> Option<WorkerId> {
        self.worker
    }

    /// Adds a case with the rows that are known already. What concerns the whole case is the lead's.
    pub fn case(&mut self, facts: Facts) {
        let case = facts.case;
        let own = self.judge.own(&facts);
        let left_out = self.judge.left_out(&facts);
        let ranked = Ranked {
            next_visit_on: facts.next_visit_on,
            importance: self.judge.importance(&facts),
            strongest: 0,
            all: 0,
            led: self.worker.is_none() || self.worker == facts.lead,
            closed: facts.closed,
            high_risk: facts.risk.as_deref() == Some("high"),
            safety_alert: facts.safety_alert,
            waits: false,
            beside: Beside::of(facts.name, facts.snoozes),
        };
        self.cases.insert(case, ranked);
        own.for_each(|weighed| self.count(case, None, |_, _| Some(weighed)));
        left_out.for_each(|weighed| self.count(case, self.worker, |_, _| Some(weighed)));
        let tasks = facts.tasks.into_iter();
        tasks.for_each(|row| self.task(&TaskRow { case, ..row }));
        let visits = facts.visits.into_iter();
        visits.for_each(|row| self.visit(&VisitRow { case, ..row }));
        let deadlines = facts.deadlines.into_iter();
        deadlines.for_each(|row| self.deadline(&DeadlineRow { case, ..row }));
        let allowances = facts.allowances.into_iter();
        allowances.for_each(|row| self.allowance(&AllowanceRow { case, ..row }));
        let assessments = facts.assessments.into_iter();
        assessments.for_each(|row| self.assessment(&AssessmentRow { case, ..row }));
    }

    /// Adds an open task.
    pub fn task(&mut self, row: &TaskRow) {
        self.count(row.case, row.assignee, |judge, _| judge.task(row));
    }

    /// Adds a visit that is planned, under way or missed.
    pub fn visit(&mut self, row: &VisitRow) {
        self.count(row.case, row.worker, |judge, of| {
            judge.visit(row, of.next_visit_on)
        });
    }

    /// Adds a day by which something is to be dealt with.
    pub fn deadline(&mut self, row: &DeadlineRow) {
        let led = |of: &Ranked| of.led && row.kind.concerns_lead();
        let leads = self.cases.get(&row.case).is_some_and(led);
        let whose = row.worker.filter(|_| !leads);
        self.count(row.case, whose, |judge, of| judge.deadline(row, of.closed));
    }

    /// Adds an authorization of which little or nothing is left.
    pub fn allowance(&mut self, row: &AllowanceRow) {
        self.count(row.case, None, |judge, of| {
            (!of.closed).then(|| judge.allowance(row))
        });
    }

    /// Adds an assessment with an alert that nobody answered, or one that lies long back.
    pub fn assessment(&mut self, row: &AssessmentRow) {
        self.count(row.case, None, |judge, of| judge.assessment(row, of.closed));
    }

    /// What nobody has is the lead's.
    fn count(
        &mut self,
        case: CaseId,
        whose: Option<WorkerId>,
        weigh: impl FnOnce(&Judge<'_>, &Ranked) -> Option<Weighed>,
    ) {
        let Some(of) = self.cases.get_mut(&case) else {
            return;
        };
        let concerned = match whose {
            Some(whose) => self.worker.is_none_or(|worker| worker == whose),
            None => of.led,
        };
        if !concerned {
            return;
        }
        let Some((points, reason)) = weigh(&self.judge, of) else {
            return;
        };
        if self.judge.is_put_off(of.snoozes(), &reason) {
            return;
        }
        of.waits = true;
        of.strongest = of.strongest.max(points);
        of.all = of.all.saturating_add(points);
        self.reasons.push((case, (points, reason)));
    }

    /// At most so many of the cases that wait for something, the most pressing first; what is equally pressing by case.
    pub fn first(self, limit: usize) -> Vec<WorkItem> {
        let waiting = self.cases.iter().filter(|(_, of)| of.waits);
        let mut order: Vec<(Reverse<u64>, CaseId)> = waiting
            .map(|(case, of)| (Reverse(of.score()), *case))
            .collect();
        if limit < order.len() {
            order.select_nth_unstable(limit);
            order.truncate(limit);
        }
        order.sort_unstable();
        let mut reasons: HashMap<CaseId, Vec<Weighed>> =
            order.iter().map(|(_, case)| (*case, Vec::new())).collect();
        for (case, weighed) in self.reasons {
            if let Some(of_case) = reasons.get_mut(&case) {
                of_case.push(weighed);
            }
        }
        let items = order.into_iter().filter_map(|(_, case)| {
            let reasons = reasons.remove(&case)?;
            Some(self.cases.get(&case)?.item(case, reasons))
        });
        items.collect()
    }
}

impl Ranked {
    fn snoozes(&self) -> &[Snooze] {
        self.beside.as_ref().map_or(&[], |of| &of.snoozes)
    }

    /// The weightiest reason counts whole and every further one a tenth.
    fn score(&self) -> u64 {
        let urgency = self.strongest.saturating_mul(9).saturating_add(self.all) / 10;
        urgency.saturating_mul(self.importance) / 100
    }

    fn item(&self, case: CaseId, mut reasons: Vec<Weighed>) -> WorkItem {
        reasons.sort_by(|(a, one), (b, other)| b.cmp(a).then(one.cmp(other)));
        let reasons = reasons.into_iter().map(|(_, reason)| reason);
        WorkItem {
            case,
            name: self
                .beside
                .as_ref()
                .map_or_else(String::new, |of| of.name.clone()),
            score: self.score(),
            reasons: reasons.chain(self.burdens()).collect(),
        }
    }

    /// What adds importance to whatever else a case waits for.
    fn burdens(&self) -> impl Iterator<Item = Reason> + use<> {
        let risk = self.high_risk.then_some(Reason::HighRisk);
        let alert = self.safety_alert.then_some(Reason::SafetyAlert);
        [risk, alert].into_iter().flatten()
    }
}

impl Beside {
    fn of(name: String, snoozes: Vec<Snooze>) -> Option<Box<Self>> {
        let some = !name.is_empty() || !snoozes.is_empty();
        some.then(|| Box::new(Self { name, snoozes }))
    }
}
