//! What is the matter, what is wanted, what is done about it, and what comes of it.

use std::collections::BTreeMap;

use super::{Writer, joined, standing, word};
use crate::domain::{
    Assessment, AssessmentResult, AssessmentStatus, AssessmentView, GoalView, Intervention, Need,
    OutcomeTrend, Risk,
};
use crate::instruments::{Instrument, RaisedAlert, ScaleOutcome, ScaleScore, Texts};
use crate::report::page::Block;

impl Writer<'_> {
    pub(super) fn needs(&self) -> Option<Block> {
        let texts = self.texts;
        let row = |need: &Need| {
            [
                need.statement
                    .clone()
                    .or_else(|| word(texts.need_domain, need.domain.as_ref())),
                word(texts.need_domain, need.domain.as_ref()),
                word(texts.severity_word, need.severity.as_ref()),
                word(texts.need_status, need.status.as_ref()),
                self.day(need.seen_on),
            ]
        };
        let head = [
            texts.need,
            texts.domain,
            texts.severity,
            texts.status,
            texts.since,
        ];
        Block::table(
            head,
            standing(&self.source.view.needs, |one| &one.meta).map(row),
        )
    }

    /// Warnings for visitors are for the case's workers alone.
    pub(super) fn risks(&self) -> Vec<Block> {
        let (texts, person) = (self.texts, &self.source.view.person);
        let row = |risk: &Risk| {
            [
                risk.hazard.clone(),
                word(texts.risk_word, risk.level.as_ref()),
                risk.warning_signs.clone(),
                risk.plan.clone(),
                self.day(risk.review_on),
            ]
        };
        let head = [
            texts.hazard,
            texts.risk_level,
            texts.warning_signs,
            texts.what_to_do,
            texts.review_on,
        ];
        let risks = Block::table(
            head,
            standing(&self.source.view.risks, |one| &one.meta).map(row),
        );
        let alerts = [
            &person.alert_dog,
            &person.alert_violence,
            &person.alert_infection,
            &person.alert_other,
        ];
        let alerts = joined(alerts.into_iter().cloned(), "\n").filter(|_| !self.outside);
        let alerts = Block::facts([(texts.visitor_alerts, alerts)]);
        risks.into_iter().chain(alerts).collect()
    }

    pub(super) fn goals(&self) -> Option<Block> {
        let texts = self.texts;
        let row = |view: &GoalView| {
            let goal = &view.goal;
            let value = self.value(goal.target_value, goal.unit.as_deref());
            [
                goal.statement.clone(),
                joined([goal.measure.clone(), value], ": "),
                self.day(goal.target_date),
                word(texts.goal_status, goal.status.as_ref()),
                word(texts.goal_achievement, goal.achievement.as_ref()),
                self.last_progress(view),
            ]
        };
        let head = [
            texts.goal,
            texts.target,
            texts.by_day,
            texts.status,
            texts.achievement,
            texts.last_progress,
        ];
        Block::table(
            head,
            standing(&self.source.view.goals, |one| &one.goal.meta).map(row),
        )
    }

    fn last_progress(&self, view: &GoalView) -> Option<String> {
        let step = standing(&view.progress, |step| &step.meta).last()?;
        let value = self.value(step.value, view.goal.unit.as_deref());
        joined([self.day(step.on), value, step.remark.clone()], ": ")
    }

    pub(super) fn interventions(&self) -> Option<Block> {
        let texts = self.texts;
        let row = |step: &Intervention| {
            [
                step.title.clone(),
                self.worker(step.worker).or_else(|| step.done_by.clone()),
                step.frequency.clone(),
                self.period(step.since, step.until),
                word(texts.intervention_status, step.status.as_ref()),
            ]
        };
        let head = [
            texts.what,
            texts.who,
            texts.how_often,
            texts.period,
            texts.status,
        ];
        Block::table(
            head,
            standing(&self.source.view.interventions, |one| &one.meta).map(row),
        )
    }

    pub(super) fn outcomes(&self) -> Option<Block> {
        let texts = self.texts;
        let unit = |trend: &OutcomeTrend| {
            let outcomes = standing(&self.source.view.outcomes, |one| &one.meta);
            let mut of_trend = outcomes.filter(|one| one.measure.as_ref() == Some(&trend.measure));
            of_trend.find_map(|one| one.unit.clone())
        };
        let row = |trend: &OutcomeTrend| {
            let unit = unit(trend);
            let value = |value| self.value(Some(value), unit.as_deref());
            let (first, last) = (trend.points.first(), trend.points.last());
            let several = trend.points.len() > 1;
            [
                Some(trend.measure.clone()),
                first
                    .and_then(|point| joined([self.day(Some(point.on)), value(point.value)], ": ")),
                last.filter(|_| several)
                    .and_then(|point| joined([self.day(Some(point.on)), value(point.value)], ": ")),
                value(trend.change).filter(|_| several),
            ]
        };
        let head = [
            texts.measure,
            texts.first_value,
            texts.last_value,
            texts.change,
        ];
        Block::table(head, self.source.view.outcome_trends.iter().map(row))
    }

    /// Completed assessments, the earliest first, and what the owners of their instruments want said.
    pub(super) fn assessments(&self) -> Vec<Block> {
        let texts = self.texts;
        let done = |view: &&AssessmentView| view.assessment.status != Some(AssessmentStatus::Draft);
        let all = &self.source.view.assessments;
        let mut views: Vec<_> = standing(all, |one| &one.assessment.meta)
            .filter(done)
            .collect();
        views.sort_by_key(|view| (view.assessment.asked_at, view.assessment.meta.id));
        let row = |view: &&AssessmentView| {
            let (scores, alerts) = self.result(view);
            let assessment = &view.assessment;
            [
                self.title(assessment)
                    .or_else(|| assessment.instrument.clone()),
                self.moment(assessment.asked_at),
                scores,
                alerts,
            ]
        };
        let head = [texts.assessment, texts.when, texts.scores, texts.alerts];
        let table = Block::table(head, views.iter().map(row));
        table.into_iter().chain(self.licences(&views)).collect()
    }

    fn instrument(&self, assessment: &Assessment) -> Option<&Instrument> {
        let id = assessment.instrument.as_deref()?;
        let known = self.source.instruments.get(id, assessment.version?);
        known.map(|instrument| &**instrument)
    }

    fn title(&self, assessment: &Assessment) -> Option<String> {
        let instrument = self.instrument(assessment)?;
        self.said(instrument, &instrument.title)
    }

    /// A text of an instrument in the report's language, for want of it in the instrument's first.
    fn said(&self, instrument: &Instrument, texts: &Texts) -> Option<String> {
        let first = instrument.languages.first();
        let own = texts.get(self.wording.locale.language());
        own.or_else(|| texts.get(first?)).cloned()
    }

    fn result(&self, view: &AssessmentView) -> (Option<String>, Option<String>) {
        let instrument = self.instrument(&view.assessment);
        let (Some(instrument), AssessmentResult::Judged { judgement }) = (instrument, &view.result)
        else {
            return (Some(self.texts.instrument_missing.to_owned()), None);
        };
        let scores = judgement
            .scores
            .iter()
            .map(|score| self.score(instrument, score));
        let alerts = judgement
            .alerts
            .iter()
            .map(|alert| self.alert(instrument, alert));
        (joined(scores, "\n"), joined(alerts, "\n"))
    }

    fn score(&self, instrument: &Instrument, score: &ScaleScore) -> Option<String> {
        let scale = instrument
            .scales
            .iter()
            .find(|scale| scale.code == score.scale)?;
        let title = self.said(instrument, &scale.title)?;
        let outcome = match &score.outcome {
            ScaleOutcome::NotScorable { .. } => self.texts.not_scorable.to_owned(),
            ScaleOutcome::NotAsked => self.texts.not_asked.to_owned(),
            ScaleOutcome::Scored { score, band } => {
                let of_band = |code: &String| scale.bands.iter().find(|one| one.code == *code);
                let band = band.as_ref().and_then(of_band);
                let band = band.and_then(|band| self.said(instrument, &band.text));
                joined(
                    [
                        self.whole(Some(*score)),
                        band.map(|band| format!("({band})")),
                    ],
                    " ",
                )?
            }
        };
        Some(format!("{title}: {outcome}"))
    }

    fn alert(&self, instrument: &Instrument, alert: &RaisedAlert) -> Option<String> {
        let rule = instrument
            .alerts
            .iter()
            .find(|rule| rule.code == alert.code)?;
        self.said(instrument, &rule.text)
    }

    fn licences(&self, views: &[&AssessmentView]) -> Option<Block> {
        let shown = views
            .iter()
            .filter_map(|view| self.instrument(&view.assessment));
        let shown: BTreeMap<(&str, i64), &Instrument> = shown
            .map(|instrument| ((instrument.id.as_str(), instrument.version), instrument))
            .collect();
        let licence = |instrument: &&Instrument| {
            let title = self.said(instrument, &instrument.title)?;
            Some(format!(
                "{title}: {}",
                self.said(instrument, &instrument.licence)?
            ))
        };
        let licences = joined(shown.values().map(licence), "\n");
        Block::facts([(self.texts.licences, licences)])
    }
}
