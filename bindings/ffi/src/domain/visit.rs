//! Visits, what happened at them, and corrections of their facts.

use caseweave::domain::{
    EvvStatus, Location, PersonSignature, SignedVisitView, VisitEdit, VisitFact, VisitMoment,
    VisitView,
};
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
        /// The worker who made the visit, as their id.
        Worker,
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
            /// Metres from where the visit was to take place, as the record said then. An address that is changed later changes no judgement.
            distance_m: i64,
            /// Whether the system said that the location was made up by another app.
            mocked: bool,
            /// Why there is no location.
            no_location: NoLocationReason,
            /// Whether the worker typed the time instead of pressing the button then.
            manual: bool,
            /// Why the time was typed.
            manual_reason: CorrectionReason,
            /// The worker whom it is about.
            worker: WorkerId,
            /// At check-out: the version of the agency's settings that judges the visit; nothing for the defaults.
            settings: i64,
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

open_enum! {
    /// Who signed at a visit.
    SignerRole {
        /// The person whom the case serves.
        Person,
        /// A parent or guardian.
        Guardian,
        /// Somebody else whom the person or a court named.
        Representative,
        /// A relative or friend who cares for the person.
        Family,
        /// Staff of the facility where the person lives.
        Facility,
    }
}

open_enum! {
    /// Why nobody signed.
    NoSignatureReason {
        /// The person did not want to.
        Refused,
        /// The person cannot sign, and nobody is there who may.
        Unable,
        /// The person was not there any more.
        Absent,
        /// It was not safe: an infection, an emergency.
        Unsafe,
        /// By phone or video.
        Remote,
        /// The device failed.
        DeviceTrouble,
    }
}

entity! {
    /// The person's signature on a visit, or why there is none. Written once.
    VisitSignature {
        own {
            /// The visit.
            visit: EntityId,
            /// Who signed.
            signer: SignerRole,
            /// The signer's name, where it is not the person's.
            name: String,
            /// The picture of the signature.
            attachment: EntityId,
            /// BLAKE3 of the picture's bytes when it was signed, in 64 lower-case hexadecimal digits.
            digest: String,
            /// When it was drawn, by the device's clock.
            signed_at: DateTime<Utc>,
            /// Why there is none.
            missing: NoSignatureReason,
            /// In words.
            memo: String,
        }
    }
}

entity! {
    /// A worker's signature over a visit as it stood. Written once.
    SignedVisit {
        own {
            /// The visit.
            visit: EntityId,
            /// Who signed.
            signer: WorkerId,
            /// When, by the signer's device.
            signed_at: DateTime<Utc>,
            /// The events, corrections and signatures that the visit had.
            covers: Vec<EntityId>,
            /// BLAKE3 over the visit and what is covered, in 64 lower-case hexadecimal digits.
            digest: String,
        }
    }
}

/// A worker's signature over a visit, held against the visit as it stands.
#[uniffi::remote(Record)]
pub struct SignedVisitView {
    /// What was signed.
    pub signed: SignedVisit,
    /// Whether the visit and what was covered still say what was signed.
    pub intact: bool,
    /// Events, corrections and signatures that came after, or apart.
    pub added_since: Vec<EntityId>,
}

/// The person's signature as the device took it.
#[uniffi::remote(Enum)]
pub enum PersonSignature {
    /// Drawn on the device.
    Drawn {
        /// The picture: an attachment of the case, of the kind signature.
        attachment: EntityId,
        /// Who signed.
        signer: SignerRole,
        /// The signer's name, where it is not the person's.
        name: Option<String>,
        /// When, by the device's clock.
        at: DateTime<Utc>,
    },
    /// There is none.
    Missing {
        /// Why.
        reason: NoSignatureReason,
        /// In words.
        #[uniffi(default)]
        memo: Option<String>,
    },
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
    /// Why it was typed. A typed time without a reason is an exception, never a block.
    #[uniffi(default)]
    pub manual_reason: Option<CorrectionReason>,
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
    /// The person's signatures, or why there is none, in the order of their ids.
    pub signatures: Vec<VisitSignature>,
    /// Signatures of workers, held against the visit as it stands, in the order of their ids.
    pub signed: Vec<SignedVisitView>,
    /// When it began: the last correction's word, else the first check-in's.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended: the last correction's word, else the first check-out's.
    pub ended_at: Option<DateTime<Utc>>,
    /// The service: the last correction's word, else as planned.
    pub service: Option<String>,
    /// Where or how it took place: the last correction's word, else as planned.
    pub place: Option<Place>,
    /// The worker who made it: the last correction's word, else who checked in first, else who was to go.
    pub worker: Option<WorkerId>,
    /// Whether the six points of electronic visit verification stand, and what is out of the ordinary.
    pub evv: EvvStatus,
    /// The version of the agency's settings that judged it; 0 for the defaults. Where this device does not know the version that the
    /// visit names, the last before it.
    pub judged_by: i64,
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
    /// Changes the fields that are named. From check-in on the planned day and window stand; after check-out place and service change
    /// only by correction; once signed, all of it.
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
        /// In words; required with `CorrectionReason.Unlisted`, and where the agency's own reason asks for it.
        #[uniffi(default)]
        memo: Option<String>,
    },
    /// The person signed at the visit, or did not.
    RecordSignature {
        /// The signature's new id.
        id: EntityId,
        /// The visit.
        visit: EntityId,
        /// What was signed, or why not.
        signature: PersonSignature,
    },
    /// The worker attests that what the visit says is right, and signs it as it stands. Unsigning does not exist; what is corrected
    /// afterwards stands beside what was signed.
    Sign {
        /// Which one.
        id: EntityId,
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
    /// The person signed, or did not.
    SignatureRecorded {
        /// The visit.
        visit: Option<EntityId>,
        /// Who signed.
        signer: Option<SignerRole>,
        /// Why nobody did.
        missing: Option<NoSignatureReason>,
    },
    /// A worker signed the visit.
    Signed {
        /// The visit.
        visit: Option<EntityId>,
        /// Who signed.
        signer: Option<WorkerId>,
    },
}
