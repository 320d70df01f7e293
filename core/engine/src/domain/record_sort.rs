//! What a record is about, and what it admits.

use super::{Kind, Records};

/// What a record is. It says so itself, by the one entity that begins it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordSort {
    Case,
    Compartment,
    Provider,
}

impl RecordSort {
    /// What a record is; nothing where its opening has not arrived. One that holds a case is a case, whatever else was written
    /// into it, and one that holds a compartment is never listed for everybody.
    pub(crate) fn of(records: &dyn Records) -> Option<Self> {
        let sorts = [Self::Case, Self::Compartment, Self::Provider];
        sorts.into_iter().find(|sort| records.has(sort.begun_by()))
    }

    fn begun_by(self) -> Kind {
        match self {
            Self::Case => Kind::Case,
            Self::Compartment => Kind::Compartment,
            Self::Provider => Kind::Provider,
        }
    }

    /// Whether entities of a kind can be in it.
    pub(crate) fn admits(self, kind: Kind) -> bool {
        let in_compartments = [
            Kind::Compartment,
            Kind::Note,
            Kind::SignedNote,
            Kind::NoteSettlement,
            Kind::Need,
            Kind::Attachment,
            Kind::Assessment,
            Kind::AssessmentCorrection,
            Kind::AlertResponse,
        ];
        let of_providers = matches!(kind, Kind::Provider | Kind::Service);
        match self {
            Self::Case => kind != Kind::Compartment && !of_providers,
            Self::Compartment => in_compartments.contains(&kind),
            Self::Provider => of_providers,
        }
    }

    /// Why it does not admit something.
    pub(crate) fn refusal(self) -> &'static str {
        match self {
            Self::Case => "cannot be in a case",
            Self::Compartment => "cannot be in a restricted compartment",
            Self::Provider => "cannot be in a provider's record",
        }
    }
}
