//! Taking something out of sight, and bringing it back. Nothing is ever removed from a document.

use serde::{Deserialize, Serialize};

use super::plan::check as checked;
use super::{Invalid, Kind, MAX_TITLE, Plan, check};
use crate::ids::EntityId;

/// Edits that remove and restore.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RemovalEdit {
    /// Flags something as removed.
    Remove {
        /// Its kind: anything but the case, the person, the compartment, the provider, and what was signed, agreed, disclosed or happened at a visit.
        kind: Kind,
        /// Its id.
        id: EntityId,
        /// Why.
        reason: String,
    },
    /// Takes the flag back.
    Restore {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: EntityId,
    },
}

impl RemovalEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Remove { .. } => "remove",
            Self::Restore { .. } => "restore",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        match self {
            Self::Remove { kind, id, reason } => {
                let lasting = [
                    Kind::VisitEvent,
                    Kind::VisitCorrection,
                    Kind::VisitSignature,
                    Kind::SignedVisit,
                    Kind::SignedNote,
                    Kind::NoteSettlement,
                    Kind::Consent,
                    Kind::Disclosure,
                    Kind::AssessmentCorrection,
                    Kind::AlertResponse,
                ];
                if kind.is_single() || lasting.contains(kind) {
                    return Err(Invalid::field(
                        "removal.kind",
                        format!("{} cannot be removed", kind.key()),
                    ));
                }
                plan.present(*kind, *id)?;
                checked("removal.reason", reason.as_str(), check::line::<MAX_TITLE>)?;
                plan.flag_removed(*kind, *id, Some(reason));
                Ok(())
            }
            Self::Restore { kind, id } => {
                if !plan.known(*kind, *id)?.is_removed() {
                    return Err(Invalid::field("removal.id", "is not removed"));
                }
                plan.flag_removed(*kind, *id, None);
                Ok(())
            }
        }
    }
}
