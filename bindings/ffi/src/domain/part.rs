//! The parts of a record, as reports show them and consents name them.

use super::mirror::open_enum;

open_enum! {
    /// A part of a record: what a report has a section for, and what a consent covers.
    RecordPart {
        /// The case: number, programme, status, why the person came.
        Case,
        /// The person: name, birth date, languages, needs of communication, phones, addresses.
        Person,
        /// The people around the person.
        Contacts,
        /// Who works on the case.
        CareTeam,
        /// Needs and problems.
        Needs,
        /// Risks and safety plans.
        Risks,
        /// Goals with their progress.
        Goals,
        /// What is done.
        Interventions,
        /// Assessments with their scores.
        Assessments,
        /// Measured values.
        Outcomes,
        /// Visits.
        Visits,
        /// Signed notes.
        Notes,
        /// Tasks.
        Tasks,
        /// Referrals.
        Referrals,
        /// Authorizations with their use.
        Authorizations,
        /// Appeals, negotiations, complaints, hearings.
        Advocacy,
        /// The contact log.
        Communications,
        /// Consents.
        Consents,
    }
}
