//! A case as a row tells it, and the edits that open it.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{SOURCE, begins_as_enquiry, day};
use crate::domain::cell::CellFormat;
use crate::domain::{
    AddressEdit, AddressUpdate, CaseEdit, CaseField, CaseUpdate, CellFault, ContactEdit,
    ContactUpdate, Edit, IdentifierEdit, IdentifierUpdate, Invalid, Kind, PersonUpdate, PhoneEdit,
    PhoneUpdate, Update,
};
use crate::duplicates::{PersonDraft, key_of_identifier};
use crate::ids::{CaseId, EntityId};

/// A case that a row tells of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportedCase {
    /// Which row of the other system it is.
    source: IdentifierUpdate,
    opened_on: Option<NaiveDate>,
    enquiry: bool,
    case: CaseUpdate,
    person: PersonUpdate,
    /// Entities by their name in the map: `phone`, `phone#work`.
    parts: BTreeMap<String, Part>,
}

/// Something that stands beside the person.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Phone(PhoneUpdate),
    Address(AddressUpdate),
    Identifier(IdentifierUpdate),
    Contact(ContactUpdate),
}

impl ImportedCase {
    /// A case of a row of a system.
    pub(super) fn of(system: &str) -> Self {
        let mut case = Self::default();
        case.source.system = Some(system.to_owned());
        case
    }

    /// Which row of the other system it is.
    pub fn source(&self) -> &str {
        self.source.value.as_deref().unwrap_or_default()
    }

    /// The number by which the same row is found again; nothing where it does not say which it is.
    pub fn source_key(&self) -> Option<i64> {
        key_of_identifier(self.source.system.as_deref()?, self.source())
    }

    /// The person, to look for cases they have already.
    pub fn person(&self) -> PersonDraft {
        let mut draft = PersonDraft {
            person: self.person.clone(),
            identifiers: vec![self.source.clone()],
            ..PersonDraft::default()
        };
        for part in self.parts.values() {
            match part {
                Part::Phone(phone) => draft.phones.extend(phone.number.clone()),
                Part::Identifier(identifier) => draft.identifiers.push(identifier.clone()),
                Part::Address(_) | Part::Contact(_) => {}
            }
        }
        draft
    }

    /// The edits that open it.
    pub fn edits(&self, id: CaseId, mut new_id: impl FnMut() -> EntityId) -> Vec<Edit> {
        let mut case = self.case.clone();
        if case.lead_worker.is_none() {
            // Whoever imports a caseload does not lead it.
            case.clear.push(CaseField::LeadWorker);
        }
        let open = CaseEdit::Open {
            id,
            // A row without a day of opening is refused when it is read.
            opened_on: self.opened_on.unwrap_or_default(),
            enquiry: self.enquiry,
            case,
            person: self.person.clone(),
        };
        let source = Part::Identifier(self.source.clone());
        let parts = std::iter::once(&source).chain(self.parts.values());
        let parts = parts.map(|part| part.add(new_id()));
        std::iter::once(open.into()).chain(parts).collect()
    }

    /// Why one of the edits cannot stand, by the field's name in the map.
    pub(super) fn refused(&self, position: usize, invalid: &Invalid) -> (String, String) {
        let (field, reason) = match invalid {
            Invalid::Field { field, reason } => (field.as_str(), reason.clone()),
            Invalid::NotFound { kind, .. } | Invalid::AlreadyExists { kind, .. } => {
                (kind.key(), invalid.to_string())
            }
        };
        let own = field.split_once('.').map_or(field, |(_, own)| own);
        let field = match position {
            0 => field.to_owned(),
            1 => SOURCE.to_owned(),
            _ => match self.parts.keys().nth(position - 2) {
                Some(name) => format!("{name}.{own}"),
                None => field.to_owned(),
            },
        };
        (field, reason)
    }

    /// Sets a field to what a text says; nothing where there is no such field.
    pub(super) fn set(
        &mut self,
        field: &str,
        text: &str,
        format: &CellFormat,
    ) -> Option<Result<(), CellFault>> {
        let (name, own) = match field {
            SOURCE => return self.source.set_cell("value", text, format),
            "case.opened_on" => {
                return Some(day(text, format).map(|day| self.opened_on = Some(day)));
            }
            "case.status" => {
                return Some(begins_as_enquiry(text, format).map(|begins| self.enquiry = begins));
            }
            _ => field.split_once('.')?,
        };
        match name {
            "case" => self.case.set_cell(own, text, format),
            "person" => self.person.set_cell(own, text, format),
            _ => {
                let mut part = match self.parts.remove(name) {
                    Some(part) => part,
                    None => Part::named(name)?,
                };
                let set = part.set_cell(own, text, format);
                self.parts.insert(name.to_owned(), part);
                set
            }
        }
    }

    /// Whether a field has been set of something that is there only where a row tells of it.
    pub(super) fn is_part(field: &str) -> bool {
        let name = field.split_once('.').map(|(name, _)| name);
        name.is_some_and(|name| Part::named(name).is_some())
    }

    /// What must stand in every row and does not.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let missing = [
            (self.source_key().is_none(), SOURCE),
            (self.opened_on.is_none(), "case.opened_on"),
        ];
        let missing = missing.into_iter().filter(|(missing, _)| *missing);
        missing.map(|(_, field)| field).collect()
    }
}

impl Part {
    /// A part by its name in the map: a kind, and a label behind `#` where there are several.
    fn named(name: &str) -> Option<Self> {
        let kind = match name.split_once('#') {
            Some((_, "")) => return None,
            Some((kind, _)) => kind,
            None => name,
        };
        match Kind::from_key(kind)? {
            Kind::Phone => Some(Self::Phone(PhoneUpdate::default())),
            Kind::Address => Some(Self::Address(AddressUpdate::default())),
            Kind::Identifier => Some(Self::Identifier(IdentifierUpdate::default())),
            Kind::Contact => Some(Self::Contact(ContactUpdate::default())),
            _ => None,
        }
    }

    fn set_cell(
        &mut self,
        field: &str,
        text: &str,
        format: &CellFormat,
    ) -> Option<Result<(), CellFault>> {
        match self {
            Self::Phone(phone) => phone.set_cell(field, text, format),
            Self::Address(address) => address.set_cell(field, text, format),
            Self::Identifier(identifier) => identifier.set_cell(field, text, format),
            Self::Contact(contact) => contact.set_cell(field, text, format),
        }
    }

    fn add(&self, id: EntityId) -> Edit {
        match self.clone() {
            Self::Phone(fields) => PhoneEdit::Add { id, fields }.into(),
            Self::Address(fields) => AddressEdit::Add { id, fields }.into(),
            Self::Identifier(fields) => IdentifierEdit::Add { id, fields }.into(),
            Self::Contact(fields) => ContactEdit::Add { id, fields }.into(),
        }
    }
}
