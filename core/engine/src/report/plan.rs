//! The person's own plan, in plain words: what they want, what will be done, who comes when, whom to call.
//!
//! It holds no needs or diagnoses, no assessments, no risks, no notes, no tasks of workers and no remarks of anybody: those are for
//! other readers.

use chrono::{DateTime, NaiveDate, Utc};

use super::page::{Block, Section};
use super::{Page, Source, Wording};
use crate::calendar::day_of;
use crate::domain::{
    CareTeamMember, Contact, Goal, GoalStatus, Intervention, InterventionStatus, Referral,
    ReferralStatus, TeamRole, Visit, VisitStatus,
};

/// How many visits ahead a plan shows.
const VISITS: usize = 5;

/// The person's own plan.
pub fn plan(source: &Source<'_>, wording: Wording) -> Page {
    Writer { source, wording }.page()
}

struct Writer<'a> {
    source: &'a Source<'a>,
    wording: Wording,
}

impl Writer<'_> {
    fn page(&self) -> Page {
        let locale = self.wording.locale;
        let texts = &locale.texts().plan;
        let head = Block::facts([
            (texts.for_whom, Some(self.source.view.person.display_name())),
            (texts.date, Some(locale.day(self.wording.today))),
        ]);
        let intro = Block::Paragraph(texts.intro.to_owned());
        let appointments = self.appointments();
        let mut sections = vec![
            list(texts.goals, self.goals(), texts.no_goals),
            list(texts.steps, self.steps(), texts.no_steps),
            list(texts.visits, self.visits(), texts.no_visits),
        ];
        if !appointments.is_empty() {
            sections.push(list(texts.appointments, appointments, ""));
        }
        let mut calls = vec![
            self.calls()
                .unwrap_or(Block::Paragraph(texts.no_calls.to_owned())),
        ];
        calls.push(Block::Paragraph(texts.closing.to_owned()));
        sections.push(Section::new(texts.calls, calls));
        Page {
            locale,
            title: texts.title.to_owned(),
            lead: head.into_iter().chain([intro]).collect(),
            sections,
        }
    }

    fn goals(&self) -> Vec<String> {
        let texts = &self.wording.locale.texts().plan;
        let current = |goal: &&Goal| {
            let agreed = matches!(
                goal.status,
                None | Some(GoalStatus::Active | GoalStatus::Proposed)
            );
            goal.meta.removed.is_none() && agreed
        };
        let words = |goal: &Goal| {
            let statement = goal.statement.clone()?;
            Some(match goal.target_date {
                Some(day) => format!(
                    "{statement} ({} {})",
                    texts.by,
                    self.wording.locale.day(day)
                ),
                None => statement,
            })
        };
        let goals = self.source.view.goals.iter().map(|view| &view.goal);
        goals.filter(current).filter_map(words).collect()
    }

    fn steps(&self) -> Vec<String> {
        let texts = self.wording.locale.texts();
        let current = |step: &&Intervention| {
            let status = matches!(
                step.status,
                None | Some(InterventionStatus::Planned | InterventionStatus::InProgress)
            );
            let over = step.until.is_some_and(|until| until < self.wording.today);
            step.meta.removed.is_none() && status && !over
        };
        let words = |step: &Intervention| {
            let who = step
                .worker
                .and_then(self.source.names)
                .or(step.done_by.clone());
            let known = [(texts.who, who), (texts.how_often, step.frequency.clone())];
            let more: Vec<String> = known
                .into_iter()
                .filter_map(|(name, value)| Some(format!("{name}: {}", value?)))
                .collect();
            let title = step.title.clone()?;
            Some(if more.is_empty() {
                title
            } else {
                format!("{title} ({})", more.join("; "))
            })
        };
        let steps = self.source.view.interventions.iter();
        steps.filter(current).filter_map(words).collect()
    }

    fn visits(&self) -> Vec<String> {
        let planned = |visit: &&Visit| {
            let planned = matches!(visit.status, None | Some(VisitStatus::Planned));
            visit.meta.removed.is_none() && planned
        };
        let visits = self.source.view.visits.iter().map(|view| &view.visit);
        let mut ahead: Vec<(NaiveDate, Option<DateTime<Utc>>, &Visit)> = visits
            .filter(planned)
            .filter_map(|visit| {
                let at = visit.planned_start;
                let day = at
                    .map(|at| day_of(at, self.wording.zone))
                    .or(visit.planned_on)?;
                (day >= self.wording.today).then_some((day, at, visit))
            })
            .collect();
        ahead.sort_by_key(|(day, at, visit)| (*day, *at, visit.meta.id));
        let ahead = ahead.into_iter().take(VISITS);
        ahead
            .map(|(day, at, visit)| self.visit(day, at, visit))
            .collect()
    }

    fn visit(&self, day: NaiveDate, at: Option<DateTime<Utc>>, visit: &Visit) -> String {
        let Wording { locale, zone, .. } = self.wording;
        let place = visit.place.as_ref().map(locale.texts().plan.place);
        let parts = [
            Some(locale.weekday(day)),
            at.map(|at| locale.time(at, zone)),
            place.map(str::to_owned),
            visit.worker.and_then(self.source.names),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Appointments with others. Where, and under which number; not what for.
    fn appointments(&self) -> Vec<String> {
        let Wording {
            locale,
            zone,
            today,
        } = self.wording;
        let ahead = |referral: &&Referral| {
            let day = referral.appointment_at.map(|at| day_of(at, zone));
            referral.is_open()
                && referral.status == Some(ReferralStatus::Scheduled)
                && day.is_some_and(|day| day >= today)
        };
        let mut referrals: Vec<&Referral> =
            self.source.view.referrals.iter().filter(ahead).collect();
        referrals.sort_by_key(|referral| (referral.appointment_at, referral.meta.id));
        let words = |referral: &Referral| {
            let at = referral.appointment_at?;
            let day = locale.weekday(day_of(at, zone));
            let known = [
                Some(day),
                Some(locale.time(at, zone)),
                referral.provider.clone(),
                referral.phone.clone(),
            ];
            Some(known.into_iter().flatten().collect::<Vec<_>>().join(", "))
        };
        referrals.into_iter().filter_map(words).collect()
    }

    /// Whoever of the care team and of the person's own people has a number: for an emergency, or on the team.
    fn calls(&self) -> Option<Block> {
        let texts = self.wording.locale.texts();
        let view = self.source.view;
        let team = view.care_team.iter().filter(|member| {
            member.serves_on(self.wording.today) && member.role != Some(TeamRole::Supervisor)
        });
        let team = team.filter_map(|member| self.member(member));
        let contacts = view
            .contacts
            .iter()
            .filter(|contact| contact.meta.removed.is_none() && contact.emergency == Some(true));
        let contacts = contacts.filter_map(|contact| self.contact(contact));
        Block::table([texts.name, texts.role, texts.phone], team.chain(contacts))
    }

    fn member(&self, member: &CareTeamMember) -> Option<[Option<String>; 3]> {
        let phone = member.phone.clone()?;
        let name = member
            .name
            .clone()
            .or_else(|| (self.source.names)(member.worker?));
        let role = member
            .role
            .as_ref()
            .map(self.wording.locale.texts().team_role);
        Some([Some(name?), role.map(str::to_owned), Some(phone)])
    }

    fn contact(&self, contact: &Contact) -> Option<[Option<String>; 3]> {
        let phone = contact.phone.clone()?;
        let part = contact
            .part
            .as_ref()
            .map(self.wording.locale.texts().contact_kind);
        let role = contact.relationship.clone().or(part.map(str::to_owned));
        Some([Some(contact.name.clone()?), role, Some(phone)])
    }
}

fn list(heading: &str, items: Vec<String>, none: &str) -> Section {
    let block = match items.is_empty() {
        true => Block::Paragraph(none.to_owned()),
        false => Block::List(items),
    };
    Section::new(heading, vec![block])
}
