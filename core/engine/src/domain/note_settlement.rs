//! Decisions about notes that were signed in more than one version: which of them stands.
//!
//! A decision takes nothing away. The versions that it sets aside stay as signed; whoever reads them sees which one stands, who said
//! so and why. A later decision names those it takes the place of. Two that were made apart and differ decide nothing until
//! somebody decides again.

use std::collections::BTreeSet;

use super::entity::entity;
use super::note::{NoteVersions, SignedNote, words};
use super::plan::check as checked;
use super::value::FieldType;
use super::visit::owned;
use super::{Invalid, Kind, MAX_TITLE, NoteState, Plan, Value, check};
use crate::ids::EntityId;

entity! {
    /// That one signed version of a note stands in the place of others. Written once; a later decision takes its place.
    NoteSettlement of NoteSettlement {
        own {
            /// The note.
            note: EntityId,
            /// The version that stands, with those that it adds to.
            signed_note: EntityId,
            /// The versions that it stands in the place of.
            superseded: Vec<EntityId>,
            /// The draft's heads when it was decided: words that came later wait for a signature all the same.
            heads: Vec<String>,
            /// The earlier decisions that this one takes the place of.
            replaces: Vec<EntityId>,
            /// Why.
            reason: String,
        }
    }
}

impl NoteSettlement {
    /// Whether it stands in the place of a version.
    fn supersedes(&self, version: EntityId) -> bool {
        self.superseded.iter().flatten().any(|id| *id == version)
    }
}

/// The decisions in force: those that no other one replaces, where all of them name the same version.
fn in_force(settlements: &[NoteSettlement]) -> Vec<&NoteSettlement> {
    let open = open(settlements);
    let versions: BTreeSet<_> = open.iter().map(|one| one.signed_note).collect();
    if versions.len() > 1 { Vec::new() } else { open }
}

fn open(settlements: &[NoteSettlement]) -> Vec<&NoteSettlement> {
    let replaced: BTreeSet<EntityId> = settlements
        .iter()
        .flat_map(|one| one.replaces.iter().flatten().copied())
        .collect();
    let stands = |one: &&NoteSettlement| !replaced.contains(&one.meta.id);
    settlements.iter().filter(stands).collect()
}

impl NoteVersions {
    /// The decision by which another version stands in the place of one.
    pub(super) fn superseded_by(&self, version: EntityId) -> Option<EntityId> {
        let mut decisions = in_force(&self.settlements).into_iter();
        let decision = decisions.find(|one| one.supersedes(version))?;
        Some(decision.meta.id)
    }

    /// Whether it was decided which version stands, whatever the draft said at these heads.
    pub(super) fn settled_at(&self, heads: &[String]) -> bool {
        let decisions = in_force(&self.settlements);
        decisions
            .iter()
            .any(|one| one.heads.as_deref().unwrap_or_default() == heads)
    }

    /// A version with those that it adds to.
    fn with_what_it_adds_to(&self, version: EntityId) -> BTreeSet<EntityId> {
        let mut found = BTreeSet::new();
        let mut next = Some(version);
        while let Some(id) = next.filter(|id| found.insert(*id)) {
            let version = self.signed.iter().find(|version| version.meta.id == id);
            next = version.and_then(|version| version.adds_to);
        }
        found
    }
}

/// Plans a decision.
pub(super) fn settle(
    plan: &mut Plan<'_>,
    id: EntityId,
    (note, version): (EntityId, EntityId),
    reason: &str,
) -> Result<(), Invalid> {
    let heads = words(plan, note)?.heads;
    checked("note_settlement.reason", reason, check::line::<MAX_TITLE>)?;
    let versions = NoteVersions::of(plan.records(), note);
    let intact = |one: &&SignedNote| one.intact;
    if !versions
        .signed
        .iter()
        .filter(intact)
        .any(|one| one.meta.id == version)
    {
        let reason = "is no signed version of the note";
        return Err(Invalid::field("note_settlement.signed_note", reason));
    }
    let stands = versions.with_what_it_adds_to(version);
    let others = versions.signed.iter().map(|one| one.meta.id);
    let superseded: Vec<EntityId> = others.filter(|id| !stands.contains(id)).collect();
    let open = open(&versions.settlements);
    let decided = in_force(&versions.settlements);
    let already = |id: &EntityId| decided.iter().any(|one| one.supersedes(*id));
    let late = versions.state(plan.draft(note).as_ref()) == NoteState::SignedWithLateWords;
    let is_new = !superseded.iter().all(already) || stands.iter().any(already);
    if !late && !is_new {
        let reason = "stands already, with nothing beside it";
        return Err(Invalid::field("note_settlement.signed_note", reason));
    }
    let replaces: Vec<EntityId> = open.iter().map(|one| one.meta.id).collect();
    let fields = owned([
        ("note", note.to_value()),
        ("signed_note", version.to_value()),
        ("superseded", superseded.to_value()),
        ("heads", heads.to_value()),
        ("replaces", replaces.to_value()),
        ("reason", Value::trimmed(reason)),
    ]);
    plan.create_with(Kind::NoteSettlement, id, fields)
}
