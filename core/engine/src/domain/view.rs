//! The whole case, ready for a screen.

use std::collections::BTreeMap;

use super::entity::Entity;
use super::visit_record::VisitRecord;
use super::{
    Address, AddressUse, Advocacy, Amendment, Approval, AssessmentView, Attachment,
    AuthorizationView, CareTeamMember, Case, CaseLink, Communication, Conflict, Consent, Contact,
    Disclosure, Entry, FieldPath, Goal, GoalProgress, GoalView, HouseholdLink, Identifier,
    Intervention, Kind, LateChange, Need, Note, NoteSettlement, NoteVersions, NoteView, Outcome,
    OutcomeTrend, Person, Phone, Records, Referral, Risk, SignedNote, Task, TaskOccurrence,
    TaskRecurrence, VisitView, assessment,
};
use crate::ids::{CaseId, EntityId};
use crate::settings::Rules;

/// Everything a case's record holds. Removed entries are in it, flagged; lists are in the order of ids unless they say otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseView {
    /// The case's id.
    pub id: CaseId,
    /// Names this state of the record: give it to `case_at` to see it again.
    pub revision: String,
    /// The case itself.
    pub case: Case,
    /// Whom it serves.
    pub person: Person,
    /// The person's phone numbers.
    pub phones: Vec<Phone>,
    /// The person's addresses.
    pub addresses: Vec<Address>,
    /// The person's identifiers.
    pub identifiers: Vec<Identifier>,
    /// The people around the person.
    pub contacts: Vec<Contact>,
    /// Who works on the case.
    pub care_team: Vec<CareTeamMember>,
    /// Visits.
    pub visits: Vec<VisitView>,
    /// Notes.
    pub notes: Vec<NoteView>,
    /// Tasks.
    pub tasks: Vec<Task>,
    /// When the tasks that come back are due next, and what is done of them; a task that does not come back is not here.
    pub recurrences: Vec<TaskRecurrence>,
    /// Goals with their progress.
    pub goals: Vec<GoalView>,
    /// Consents.
    pub consents: Vec<Consent>,
    /// Needs and problems.
    pub needs: Vec<Need>,
    /// What is done.
    pub interventions: Vec<Intervention>,
    /// Referrals.
    pub referrals: Vec<Referral>,
    /// Authorizations with what is used of them.
    pub authorizations: Vec<AuthorizationView>,
    /// Appeals, negotiations, complaints, hearings.
    pub advocacy: Vec<Advocacy>,
    /// Risks with their safety plans.
    pub risks: Vec<Risk>,
    /// Measured values.
    pub outcomes: Vec<Outcome>,
    /// The same by measure, over time.
    pub outcome_trends: Vec<OutcomeTrend>,
    /// Households the person belongs to.
    pub households: Vec<HouseholdLink>,
    /// Links to other cases.
    pub case_links: Vec<CaseLink>,
    /// Photos, signatures, forms.
    pub attachments: Vec<Attachment>,
    /// Approvals that were asked for.
    pub approvals: Vec<Approval>,
    /// Requests to amend the record.
    pub amendments: Vec<Amendment>,
    /// What was given to others.
    pub disclosures: Vec<Disclosure>,
    /// The contact log.
    pub communications: Vec<Communication>,
    /// What was written to a closed case and not seen by who closed it, the oldest first.
    pub changed_after_closing: Vec<LateChange>,
    /// Assessments with their scores.
    pub assessments: Vec<AssessmentView>,
    /// Fields whose values await somebody's choice, in the order of their paths.
    pub conflicts: Vec<Conflict>,
}

impl CaseView {
    /// Reads the whole record. Nothing where it holds no case: its opening has not arrived yet.
    pub(crate) fn read(
        id: CaseId,
        records: &dyn Records,
        revision: String,
        rules: &Rules,
    ) -> Option<Self> {
        let conflicts = records.conflicts(None);
        let addresses: Vec<Address> = all(records);
        let tasks: Vec<Task> = all(records);
        let outcomes: Vec<Outcome> = all(records);
        Some(Self {
            id,
            revision,
            case: all(records).into_iter().next()?,
            person: all(records).into_iter().next()?,
            phones: all(records),
            identifiers: all(records),
            contacts: all(records),
            care_team: all(records),
            visits: visits(records, &addresses, rules),
            notes: notes(records),
            recurrences: tasks
                .iter()
                .filter_map(|task| recurrence(records, task))
                .collect(),
            tasks,
            goals: goals(records),
            consents: all(records),
            needs: all(records),
            interventions: all(records),
            referrals: all(records),
            authorizations: authorizations(records),
            advocacy: all(records),
            risks: all(records),
            outcome_trends: OutcomeTrend::of(&outcomes),
            outcomes,
            households: all(records),
            case_links: all(records),
            attachments: all(records),
            approvals: all(records),
            amendments: all(records),
            disclosures: all(records),
            communications: all(records),
            changed_after_closing: Vec::new(),
            assessments: assessment::views(records, &conflicts, &rules.instruments),
            conflicts,
            addresses,
        })
    }

    /// Whether anybody says that an address is a shelter.
    pub(crate) fn is_shelter(&self, address: &Address) -> bool {
        let usage = (address.meta.id, ["usage"].as_slice());
        self.anybody_says(address, usage, |one| one.usage == Some(AddressUse::Shelter))
    }

    /// Whether an entity says something, as it is shown or by any choice of the open conflicts of some fields. Each choice is held
    /// against it alone.
    pub(crate) fn anybody_says<E: Entity>(
        &self,
        shown: &E,
        (id, fields): (EntityId, &[&str]),
        says: impl Fn(&E) -> bool,
    ) -> bool {
        let asked = |path: &FieldPath| {
            (path.kind, path.id) == (E::KIND, id) && fields.contains(&path.field.as_str())
        };
        let conflicts = self.conflicts.iter().filter(|one| asked(&one.path));
        let mut choices = conflicts.flat_map(|conflict| {
            let field = &conflict.path.field;
            conflict.choices.iter().map(move |choice| (field, choice))
        });
        says(shown)
            || choices.any(|(field, choice)| {
                says(&E::from_entry(&Entry {
                    id,
                    created: choice.written,
                    changed: choice.written,
                    fields: [(field.clone(), choice.value.clone())]
                        .into_iter()
                        .collect(),
                }))
            })
    }
}

pub(crate) fn all<E: Entity>(records: &dyn Records) -> Vec<E> {
    records
        .entities(E::KIND)
        .iter()
        .map(|entry| E::from_entry(entry))
        .collect()
}

/// Groups parts by the entity they belong to; parts that name none are left out.
pub(super) fn by_owner<E: Entity>(
    records: &dyn Records,
    owner: impl Fn(&E) -> Option<EntityId>,
) -> BTreeMap<EntityId, Vec<E>> {
    let mut groups: BTreeMap<EntityId, Vec<E>> = BTreeMap::new();
    for part in all::<E>(records) {
        if let Some(id) = owner(&part) {
            groups.entry(id).or_default().push(part);
        }
    }
    groups
}

fn visits(records: &dyn Records, addresses: &[Address], rules: &Rules) -> Vec<VisitView> {
    let visits = VisitRecord::all(records).into_iter();
    visits.map(|visit| visit.view(addresses, rules)).collect()
}

pub(super) fn parts<E: Entity>(records: &dyn Records, owner: EntityId) -> Vec<E> {
    let entries = records.parts(E::KIND, owner);
    entries.iter().map(E::from_entry).collect()
}

pub(super) fn notes(records: &dyn Records) -> Vec<NoteView> {
    let mut settlements = by_owner(records, |one: &NoteSettlement| one.note);
    let mut signed: BTreeMap<EntityId, Vec<SignedNote>> = BTreeMap::new();
    for version in records
        .entities(Kind::SignedNote)
        .iter()
        .filter_map(|entry| SignedNote::from_entry(entry))
    {
        signed.entry(version.note).or_default().push(version);
    }
    let view = |note: Note| {
        let id = note.meta.id;
        let signed = signed.remove(&id).unwrap_or_default();
        let settlements = settlements.remove(&id).unwrap_or_default();
        let versions = NoteVersions::new(signed, settlements);
        let (state, draft) = versions.state_and_words(records.draft(id));
        NoteView {
            note,
            draft,
            signed: versions.signed,
            settlements: versions.settlements,
            state,
        }
    };
    all(records).into_iter().map(view).collect()
}

fn goals(records: &dyn Records) -> Vec<GoalView> {
    let mut progress = by_owner(records, |step: &GoalProgress| step.goal);
    let view = |goal: Goal| {
        let mut progress = progress.remove(&goal.meta.id).unwrap_or_default();
        progress.sort_by_key(|step| (step.on, step.meta.id));
        GoalView { goal, progress }
    };
    all(records).into_iter().map(view).collect()
}

fn authorizations(records: &dyn Records) -> Vec<AuthorizationView> {
    let entries = records.entities(Kind::Authorization);
    let view = |entry| AuthorizationView::of(records, entry);
    entries.iter().map(AsRef::as_ref).map(view).collect()
}

/// When a task that comes back is due next, with its occurrences.
pub(crate) fn recurrence(records: &dyn Records, task: &Task) -> Option<TaskRecurrence> {
    task.recurrence.as_ref()?;
    let occurrences = parts::<TaskOccurrence>(records, task.meta.id);
    TaskRecurrence::of(task, occurrences)
}
