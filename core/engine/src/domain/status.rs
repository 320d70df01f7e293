//! How things move from one status to the next: one table for each kind of entity, beside its codes.
//!
//! The table holds on one device. Moves made apart are both kept: the status then stands in conflict until a person settles.

use super::entity::required;
use super::plan::Status;
use super::value::FieldType;
use super::{Invalid, Kind, Plan, Value};
use crate::ids::EntityId;

/// A status with its table. Declared with `moves!`. Where something new stands is [`Status::UNSET`].
pub(crate) trait Moves: Status + Clone + 'static {
    /// From where one can go, and to where.
    const MOVES: &'static [(Self, &'static [Self])];
    /// Where one comes only with a reason.
    const EXPLAINED: &'static [Self];
    /// What somebody decides: who and when is kept in `decided_by` and `decided_at`.
    const DECIDED: &'static [Self];
}

/// Declares where a status can go. The first row is where something new stands; a status without a row is the end.
macro_rules! moves {
    (
        $name:ident of $kind:ident {
            $first:ident => [$($first_to:ident),*],
            $($from:ident => [$($to:ident),*]),* $(,)?
        }
        explained [$($explained:ident),*]
        decided [$($decided:ident),*]
    ) => {
        impl crate::domain::plan::Status for $name {
            const KIND: crate::domain::Kind = crate::domain::Kind::$kind;
            const UNSET: Self = Self::$first;
        }

        impl crate::domain::status::Moves for $name {
            const MOVES: &'static [(Self, &'static [Self])] = &[
                (Self::$first, &[$(Self::$first_to),*]),
                $((Self::$from, &[$(Self::$to),*])),*
            ];
            const EXPLAINED: &'static [Self] = &[$(Self::$explained),*];
            const DECIDED: &'static [Self] = &[$(Self::$decided),*];
        }
    };
}
pub(crate) use moves;

/// Plans a move, if the table has it.
pub(crate) fn set_status<S: Moves>(
    plan: &mut Plan<'_>,
    id: EntityId,
    to: &S,
    reason: Option<&str>,
) -> Result<(), Invalid> {
    let rows = S::MOVES.iter().filter(|(_, targets)| targets.contains(to));
    let from: Vec<S> = rows.map(|(from, _)| from.clone()).collect();
    plan.transition(id, &from, to, reason)?;
    let explained = reason.is_some() || !S::EXPLAINED.contains(to);
    required(S::KIND, "status_reason", explained)?;
    if !S::DECIDED.is_empty() {
        decide(plan, S::KIND, id, S::DECIDED.contains(to));
    }
    Ok(())
}

fn decide(plan: &mut Plan<'_>, kind: Kind, id: EntityId, decided: bool) {
    let (by, at) = if decided {
        (plan.worker.to_value(), plan.now.to_value())
    } else {
        (Value::Null, Value::Null)
    };
    plan.put(kind, id, "decided_by", by);
    plan.put(kind, id, "decided_at", at);
}
