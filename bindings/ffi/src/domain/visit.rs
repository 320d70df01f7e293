//! Visits, what happened at them, and corrections of their facts.

use caseweave::domain::{EvvStatus, Location, VisitEdit, VisitFact, VisitMoment, VisitView};
use caseweave::{EntityId, WorkerId};
use chrono::{DateTime, NaiveDate, Utc};

use super::mirror::{entity, open_enum};

open_enum! {
    /// Where a visit stands. Source: FHIR R4 Encounter.status, in the field's words.
    VisitStatus {
        /// Planned.
        Planned,
        /// Begun and not ended.
        InProgress,
        /// Ended.
        Completed,
        /// The person was not there, or nobody came.
        Missed,
        /// Called off.
        Cancelled,
    }
}

open_enum! {
    /// Where or how a visit takes place.
    Place {
        /// At the person's home.
        Home,
        /// Elsewhere in the community.
        Community,
        /// In a facility or office.
        Facility,
        /// By phone.
        Phone,
        /// By video.
        Video,
    }
}

open_enum! {
    /// What happened at a visit.
    VisitEventKind {
        /// The worker set out.
        TravelStart,
        /// The visit began.
        CheckIn,
        /// The visit ended.
        CheckOut,
    }
}

open_enum! {
    /// Why there is no location.
    NoLocationReason {
        /// The worker or person does not allow it.
        NotPermitted,
        /// No signal.
        NoSignal,
        /// The device has none, or it failed.
        DeviceTrouble,
        /// By phone or video: there is no place.
        Remote,
    }
}

open_enum! {
    /// Why a fact was corrected. Source: reason codes common to state EVV programmes, in neutral words.
    CorrectionReason {
        /// Device trouble.
        DeviceTrouble,
        /// No coverage.
        NoCoverage,
        /// Wrong or missing location.
        Location,
        /// The service took place outside the home.
        OutsideHome,
        /// Forgot to check in.
        ForgotStart,
        /// Forgot to check out.
        ForgotEnd,
        /// Forgot both.
        ForgotBoth,
        /// Came or left early or late.
        EarlyOrLate,
        /// Mistyped.
        DataEntry,
        /// Wrong person or service.
        WrongService,
        /// Another worker came, or nobody.
        StaffChange,
        /// The person refused.
        Refused,
        /// The person was absent.
        Absent,
        /// The person is in hospital.
        InHospital,
        /// The person died.
        Died,
        /// Unsafe, or an emergency.
        Unsafe,
        /// Authorized afterwards.
        RetroactiveAuthorization,
        /// None of these; the memo says what.
        Unlisted,
    }
}

open_enum! {
    /// Which fact of a visit a correction changes.
    CorrectableField {
        /// The moment the visit began, as RFC 3339.
        Start,
        /// The moment it ended, as RFC 3339.
        End,
        /// Where it took place.
        Place,
        /// The service.
        Service,
    }
}

entity! {
    /// A visit [FHIR Encounter].
    Visit, VisitUpdate, VisitField {
        set {
            /// Begin of the planned window.
            planned_start PlannedStart: DateTime<Utc>,
            /// End of the planned window.
            planned_end PlannedEnd: DateTime<Utc>,
            /// The planned day in the person's own calendar, by which the agenda and first pages go.
            planned_on PlannedOn: NaiveDate,
            /// What for.
            purpose Purpose: String,
            /// The service as payer or agency names it.
            service Service: String,
            /// Where or how.
            place Place: Place,
            /// The person's address it takes place at.
            address Address: EntityId,
            /// The worker who shall go.
            worker Worker: WorkerId,
            /// Who took part, in words.
            participants Participants: String,
            /// Whether an interpreter took part.
            interpreter_used InterpreterUsed: bool,
            /// What was done, refused or not due, in words.
            services_done ServicesDone: String,
        }
        own {
            /// Where it stands.
            status: VisitStatus,
            /// Why it was missed or called off.
            status_reason: String,
        }
    }
}

entity! {
    /// Something that happened at a visit. Written once.
    VisitEvent {
        own {
            /// The visit.
            visit: EntityId,
            /// What happened.
            kind: VisitEventKind,
            /// When, by the device's clock.
            at: DateTime<Utc>,
            /// The device's IANA time zone.
            zone: String,
            /// Milliseconds by the device's monotonic clock since the visit's first event, so that a changed clock shows.
            monotonic_ms: i64,
            /// Latitude in degrees, WGS 84.
            latitude: f64,
            /// Longitude in degrees, WGS 84.
            longitude: f64,
            /// Radius of 68 % confidence in metres.
            accuracy_m: f64,
            /// Whether the system said that the location was made up by another app.
            mocked: bool,
            /// Why there is no location.
            no_location: NoLocationReason,
            /// Whether the worker typed the time instead of pressing the button then.
            manual: bool,
            /// The worker whom it is about.
            worker: WorkerId,
        }
    }
}

entity! {
    /// A correction of one fact after check-out. Written once; the original stays.
    VisitCorrection {
        own {
            /// The visit.
            visit: EntityId,
            /// Which fact.
            field: CorrectableField,
            /// What it should have been.
            value: String,
            /// Why.
            reason: CorrectionReason,
            /// In words.
            memo: String,
        }
    }
}

/// Where the device was, or why it does not say.
#[uniffi::remote(Enum)]
pub enum Location {
    /// One location fix.
    Fix {
        /// Latitude in degrees, WGS 84.
        latitude: f64,
        /// Longitude in degrees, WGS 84.
        longitude: f64,
        /// Radius of 68 % confidence in metres.
        accuracy_m: f64,
        /// Whether the system said that another app made it up.
        mocked: bool,
    },
    /// None. An exception for the record, never a block.
    Missing {
        /// Why.
        reason: NoLocationReason,
    },
}

/// A moment of a visit as the device captured it.
#[uniffi::remote(Record)]
pub struct VisitMoment {
    /// When, by the device's clock.
    pub at: DateTime<Utc>,
    /// The device's IANA time zone.
    pub zone: String,
    /// Milliseconds by the device's monotonic clock since the visit's first event; 0 at that event.
    pub monotonic_ms: i64,
    /// Where.
    pub location: Location,
    /// Whether the worker typed the time instead of pressing the button then.
    pub manual: bool,
}

/// A visit with all that belongs to it.
#[uniffi::remote(Record)]
pub struct VisitView {
    /// The visit.
    pub visit: Visit,
    /// What happened, in the order of the events' ids.
    pub events: Vec<VisitEvent>,
    /// Corrections, in the order of their ids.
    pub corrections: Vec<VisitCorrection>,
    /// When it began: the last correction's word, else the first check-in's.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended: the last correction's word, else the first check-out's.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether the six points of electronic visit verification stand, and what is out of the ordinary.
    pub evv: EvvStatus,
}

/// Edits of visits.
#[uniffi::remote(Enum)]
pub enum VisitEdit {
    /// Plans a visit.
    Plan {
        /// Its new id.
        id: EntityId,
        /// Its values.
        fields: VisitUpdate,
    },
    /// Changes the fields that are named. After check-out place and service change only by correction.
    Update {
        /// Which one.
        id: EntityId,
        /// The new values.
        fields: VisitUpdate,
    },
    /// The worker sets out.
    StartTravel {
        /// The event's new id.
        id: EntityId,
        /// The visit.
        visit: EntityId,
        /// When and where.
        moment: VisitMoment,
    },
    /// The visit begins.
    CheckIn {
        /// The event's new id.
        id: EntityId,
        /// The visit.
        visit: EntityId,
        /// When and where.
        moment: VisitMoment,
    },
    /// The visit ends.
    CheckOut {
        /// The event's new id.
        id: EntityId,
        /// The visit.
        visit: EntityId,
        /// When and where.
        moment: VisitMoment,
    },
    /// Nobody was met.
    Miss {
        /// Which one.
        id: EntityId,
        /// Why.
        reason: String,
    },
    /// Calls a planned visit off.
    Cancel {
        /// Which one.
        id: EntityId,
        /// Why.
        reason: String,
    },
    /// Corrects a fact after check-out.
    Correct {
        /// The correction's new id.
        id: EntityId,
        /// The visit.
        visit: EntityId,
        /// Which fact.
        field: CorrectableField,
        /// What it should have been.
        value: String,
        /// Why.
        reason: CorrectionReason,
        /// In words; required with `CorrectionReason.Unlisted`.
        #[uniffi(default)]
        memo: Option<String>,
    },
}

/// What happens to visits.
#[uniffi::remote(Enum)]
pub enum VisitFact {
    /// A visit was planned.
    Planned {
        /// The planned day.
        planned_on: Option<NaiveDate>,
        /// Begin of the planned window.
        planned_start: Option<DateTime<Utc>>,
        /// What for, as it stands.
        purpose: Option<String>,
        /// The worker who shall go.
        worker: Option<WorkerId>,
    },
    /// A visit was missed or called off.
    Moved {
        /// Where it stands since.
        status: VisitStatus,
        /// Why.
        reason: Option<String>,
        /// What it was for.
        purpose: Option<String>,
    },
    /// The worker set out, checked in or checked out.
    Happened {
        /// The visit.
        visit: Option<EntityId>,
        /// What happened.
        event: Option<VisitEventKind>,
        /// The worker whom it is about.
        worker: Option<WorkerId>,
        /// Whether the worker typed the time.
        manual: bool,
        /// What the visit is for.
        purpose: Option<String>,
    },
    /// A fact was corrected after check-out; the original stays.
    Corrected {
        /// The visit.
        visit: Option<EntityId>,
        /// Which fact.
        field: Option<CorrectableField>,
        /// What it should have been.
        value: Option<String>,
        /// Why.
        reason: Option<CorrectionReason>,
        /// In words.
        memo: Option<String>,
    },
}
