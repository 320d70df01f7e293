//! Every intention a worker can have towards a case.

use caseweave::domain::{
    AddressEdit, AssessmentEdit, CareTeamEdit, CaseEdit, ConflictEdit, ConsentEdit, ContactEdit,
    Edit, ExtensionEdit, FieldPath, GoalEdit, IdentifierEdit, NoteEdit, PersonEdit, PhoneEdit,
    RemovalEdit, TaskEdit, Value, VisitEdit,
};

/// One intention of a worker, such as "check in" or "add a goal". The edits of one call stand or fall together.
#[uniffi::remote(Enum)]
pub enum Edit {
    /// The case as a whole.
    Case(CaseEdit),
    /// The person.
    Person(PersonEdit),
    /// The person's phone numbers.
    Phone(PhoneEdit),
    /// The person's addresses.
    Address(AddressEdit),
    /// The person's identifiers.
    Identifier(IdentifierEdit),
    /// The people around the person.
    Contact(ContactEdit),
    /// The care team.
    CareTeam(CareTeamEdit),
    /// Visits.
    Visit(VisitEdit),
    /// Notes.
    Note(NoteEdit),
    /// Tasks.
    Task(TaskEdit),
    /// Goals.
    Goal(GoalEdit),
    /// Consents.
    Consent(ConsentEdit),
    /// Assessments.
    Assessment(AssessmentEdit),
    /// Removing and restoring.
    Removal(RemovalEdit),
    /// What embedding apps keep.
    Extension(ExtensionEdit),
    /// Open conflicts.
    Conflict(ConflictEdit),
}

/// Edits of open conflicts.
#[uniffi::remote(Enum)]
pub enum ConflictEdit {
    /// Closes a conflict with one of its choices. To close it with a new value, write that value in the same call before: it
    /// becomes one of the choices.
    Settle {
        /// The field.
        path: FieldPath,
        /// The choice that shall stand.
        value: Value,
    },
}
