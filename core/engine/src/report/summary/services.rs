//! What was done and written, with whom, and who pays.

use chrono::NaiveDate;

use super::{Writer, joined, standing, word};
use crate::domain::{
    Advocacy, AuthorizationView, Communication, Consent, NoteKind, NoteView, Referral, SignedNote,
    Task, VisitView,
};
use crate::report::page::{Block, Section};

impl Writer<'_> {
    pub(super) fn visits(&self) -> Option<Block> {
        let texts = self.texts;
        let mut visits: Vec<(Option<NaiveDate>, &VisitView)> =
            standing(&self.source.view.visits, |one| &one.visit.meta)
                .map(|view| (self.visit_day(view), view))
                .collect();
        visits.sort_by_key(|(day, view)| {
            (
                day.is_none(),
                *day,
                view.started_at.or(view.visit.planned_start),
                view.visit.meta.id,
            )
        });
        let row = |(day, view): (Option<NaiveDate>, &VisitView)| {
            let visit = &view.visit;
            [
                self.day(day),
                self.times(view),
                word(texts.place_word, view.place.as_ref()),
                joined([view.service.clone(), visit.purpose.clone()], ": "),
                self.worker(view.worker),
                word(texts.visit_status, visit.status.as_ref()),
            ]
        };
        let head = [
            texts.when,
            texts.period,
            texts.place,
            texts.service,
            texts.who,
            texts.status,
        ];
        Block::table(head, visits.into_iter().map(row))
    }

    fn visit_day(&self, view: &VisitView) -> Option<NaiveDate> {
        let planned = view.visit.planned_start.map(|at| self.day_of(at));
        let began = view.started_at.map(|at| self.day_of(at));
        began.or(planned).or(view.visit.planned_on)
    }

    fn times(&self, view: &VisitView) -> Option<String> {
        let time = |at| self.wording.locale.time(at, self.wording.zone);
        let visit = &view.visit;
        let begin = view.started_at.or(visit.planned_start).map(time);
        let end = match view.started_at {
            Some(_) => view.ended_at,
            None => visit.planned_end,
        };
        joined([begin, end.map(time)], &format!(" {} ", self.texts.to))
    }

    /// Signed versions, the earliest first. Notes of supervision stay with the case's workers.
    pub(super) fn notes(&self) -> Section {
        let given =
            |view: &&NoteView| !(self.outside && view.note.sort == Some(NoteKind::Supervision));
        let notes = standing(&self.source.view.notes, |one| &one.note.meta).filter(given);
        let mut versions: Vec<(&NoteView, &SignedNote)> = notes
            .flat_map(|view| view.signed.iter().map(move |version| (view, version)))
            .collect();
        versions.sort_by_key(|(_, version)| (version.signed_at, version.meta.id));
        let (intact, odd): (Vec<_>, Vec<_>) = versions
            .into_iter()
            .partition(|(_, version)| version.intact);
        let told = |_| Block::Paragraph(self.texts.note_not_intact.to_owned());
        Section {
            heading: String::new(),
            blocks: odd.into_iter().map(told).collect(),
            sections: intact
                .into_iter()
                .map(|(view, version)| self.note(view, version))
                .collect(),
        }
    }

    fn note(&self, view: &NoteView, version: &SignedNote) -> Section {
        let texts = self.texts;
        let kind = word(texts.note_kind, view.note.sort.as_ref());
        let day = self.day(Some(self.day_of(version.signed_at)));
        let heading = joined([kind, day, view.note.title.clone()], ", ");
        let signed = [
            self.worker(Some(version.signer)),
            self.moment(Some(version.signed_at)),
        ];
        let decision = view
            .settlements
            .iter()
            .find(|one| version.superseded_by == Some(one.meta.id));
        let signed = Block::facts([
            (texts.signed_by, joined(signed, ", ")),
            (texts.addendum, version.reason.clone()),
            (
                texts.superseded,
                decision.and_then(|one| one.reason.clone()),
            ),
        ]);
        let text = Block::Paragraph(version.text.clone());
        Section::new(
            heading.unwrap_or_default(),
            [text].into_iter().chain(signed).collect(),
        )
    }

    pub(super) fn tasks(&self) -> Option<Block> {
        let texts = self.texts;
        let row = |task: &Task| {
            [
                task.title.clone(),
                self.due(task),
                self.worker(task.assignee),
                word(texts.task_status, task.status.as_ref()),
                task.outcome.clone(),
            ]
        };
        let head = [
            texts.what,
            texts.due,
            texts.who,
            texts.status,
            texts.outcome,
        ];
        Block::table(
            head,
            standing(&self.source.view.tasks, |one| &one.meta).map(row),
        )
    }

    /// When a task is due: one that comes back, when it is due next.
    fn due(&self, task: &Task) -> Option<String> {
        let mut recurrences = self.source.view.recurrences.iter();
        let next = recurrences.find(|recurrence| recurrence.task == task.meta.id);
        let (on, at) = match next {
            Some(next) => (next.next_on, next.next_at),
            None => (task.due_on, task.due_at),
        };
        self.moment(at).or_else(|| self.day(on))
    }

    pub(super) fn referrals(&self) -> Option<Block> {
        let texts = self.texts;
        let row = |referral: &Referral| {
            [
                referral.service.clone(),
                joined([referral.provider.clone(), referral.phone.clone()], ", "),
                self.day(referral.sent_on),
                word(texts.referral_status, referral.status.as_ref()),
                self.moment(referral.appointment_at),
                referral.outcome.clone(),
            ]
        };
        let head = [
            texts.service,
            texts.provider,
            texts.sent_on,
            texts.status,
            texts.appointment,
            texts.outcome,
        ];
        Block::table(
            head,
            standing(&self.source.view.referrals, |one| &one.meta).map(row),
        )
    }

    pub(super) fn authorizations(&self) -> Option<Block> {
        let texts = self.texts;
        let row = |view: &AuthorizationView| {
            let authorization = &view.authorization;
            let units = |units| joined([self.whole(units), authorization.unit.clone()], " ");
            [
                authorization.service.clone(),
                joined(
                    [authorization.payer.clone(), authorization.number.clone()],
                    ", ",
                ),
                word(texts.authorization_status, authorization.status.as_ref()),
                authorization
                    .units
                    .and_then(|approved| units(Some(approved))),
                self.whole(Some(view.units_used)),
                self.whole(view.units_left),
                self.period(authorization.since, authorization.until),
            ]
        };
        let head = [
            texts.service,
            texts.payer,
            texts.status,
            texts.approved,
            texts.used,
            texts.left,
            texts.period,
        ];
        let views = standing(&self.source.view.authorizations, |one| {
            &one.authorization.meta
        });
        Block::table(head, views.map(row))
    }

    pub(super) fn advocacy(&self) -> Option<Block> {
        let texts = self.texts;
        let row = |action: &Advocacy| {
            [
                action
                    .subject
                    .clone()
                    .or_else(|| word(texts.advocacy_kind, action.sort.as_ref())),
                word(texts.advocacy_kind, action.sort.as_ref()),
                action.counterpart.clone(),
                word(texts.advocacy_status, action.status.as_ref()),
                self.day(action.deadline),
                action.result.clone().or_else(|| action.agreement.clone()),
            ]
        };
        let head = [
            texts.subject,
            texts.kind,
            texts.counterpart,
            texts.status,
            texts.deadline,
            texts.outcome,
        ];
        Block::table(
            head,
            standing(&self.source.view.advocacy, |one| &one.meta).map(row),
        )
    }

    /// The contact log, the earliest first.
    pub(super) fn communications(&self) -> Option<Block> {
        let texts = self.texts;
        let mut lines: Vec<&Communication> =
            standing(&self.source.view.communications, |one| &one.meta).collect();
        lines.sort_by_key(|line| (line.at, line.meta.id));
        let row = |line: &Communication| {
            let medium = word(texts.medium, line.medium.as_ref());
            let direction = word(texts.direction, line.direction.as_ref());
            [
                self.moment(line.at),
                joined([medium, direction], ", "),
                line.with_whom.clone(),
                word(texts.communication_outcome, line.outcome.as_ref()),
                line.summary.clone(),
            ]
        };
        let head = [
            texts.when,
            texts.how,
            texts.with_whom,
            texts.outcome,
            texts.said,
        ];
        Block::table(head, lines.into_iter().map(row))
    }

    pub(super) fn consents(&self) -> Option<Block> {
        let texts = self.texts;
        let state = |consent: &Consent| match consent.withdrawn_at {
            Some(at) => {
                let day = self.day(Some(self.day_of(at)));
                joined([Some(texts.withdrawn.to_owned()), day], ", ")
            }
            None if consent.holds_on(self.wording.today) => Some(texts.in_force.to_owned()),
            None => Some(texts.not_in_force.to_owned()),
        };
        let row = |consent: &Consent| {
            [
                consent.recipient.clone(),
                consent.subject.clone(),
                consent.purpose.clone(),
                self.period(consent.since, consent.until),
                state(consent),
            ]
        };
        let head = [
            texts.recipient,
            texts.what,
            texts.purpose,
            texts.period,
            texts.status,
        ];
        Block::table(
            head,
            standing(&self.source.view.consents, |one| &one.meta).map(row),
        )
    }
}
