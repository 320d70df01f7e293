//! How things move from one status to the next: one table for each kind of entity, beside its codes.
//!
//! The table holds on one device. Moves made apart are both kept: the status then stands in conflict until a person settles.

use super::entity::required;
use super::plan::check as checked;
use super::value::FieldType;
use super::{Invalid, Kind, MAX_TITLE, Plan, Value, check};
use crate::ids::EntityId;

/// A status with its table. Declared with `moves!`.
pub(crate) trait Status: FieldType + PartialEq + 'static {
    const KIND: Kind;
    /// Where something new stands.
    const FIRST: Self;
    /// From where one can go, and to where.
    const MOVES: &'static [(Self, &'static [Self])];
    /// Where one comes only with a reason.
    const EXPLAINED: &'static [Self];
    /// What somebody decides: who and when is kept in `decided_by` and `decided_at`.
    const DECIDED: &'static [Self];
    fn name(&self) -> &str;
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
        impl crate::domain::status::Status for $name {
            const KIND: crate::domain::Kind = crate::domain::Kind::$kind;
            const FIRST: Self = Self::$first;
            const MOVES: &'static [(Self, &'static [Self])] = &[
                (Self::$first, &[$(Self::$first_to),*]),
                $((Self::$from, &[$(Self::$to),*])),*
            ];
            const EXPLAINED: &'static [Self] = &[$(Self::$explained),*];
            const DECIDED: &'static [Self] = &[$(Self::$decided),*];
            fn name(&self) -> &str {
                self.code()
            }
        }
    };
}
pub(crate) use moves;

/// Plans a move, if the table has it.
pub(crate) fn set_status<S: Status>(
    plan: &mut Plan<'_>,
    id: EntityId,
    to: &S,
    reason: Option<&str>,
) -> Result<(), Invalid> {
    let kind = S::KIND;
    let now: S = plan.present(kind, id)?.get("status").unwrap_or(S::FIRST);
    let row = S::MOVES.iter().find(|(from, _)| *from == now);
    if !row.is_some_and(|(_, targets)| targets.contains(to)) {
        let reason = format!("cannot become {} from {}", to.name(), now.name());
        return Err(Invalid::field(format!("{}.status", kind.key()), reason));
    }
    let explained = reason.is_some() || !S::EXPLAINED.contains(to);
    required(kind, "status_reason", explained)?;
    if let Some(reason) = reason {
        let field = format!("{}.status_reason", kind.key());
        checked(&field, reason, check::line::<MAX_TITLE>)?;
    }
    plan.put(kind, id, "status", to.to_value());
    let reason = reason.map_or(Value::Null, Value::trimmed);
    plan.put(kind, id, "status_reason", reason);
    if !S::DECIDED.is_empty() {
        decide(plan, kind, id, S::DECIDED.contains(to));
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
