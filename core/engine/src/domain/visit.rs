//! Visits, what happened at them, and corrections of their facts.
//!
//! A visit's start and end are events, never fields: nothing overwrites them. After check-out a fact changes only by a
//! correction with a reason code, beside the original.
//! Source: 21st Century Cures Act s. 12006 (service, recipient, date, place, provider, start and end).

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::entity::{Entity, entity, required, untouched};
use super::evv::{first_event, metres_between};
use super::plan::{Status, check as checked};
use super::timeline::{Step, Story, When};
use super::value::{FieldType, open_enum};
use super::{
    Address, AddressUse, EvvStatus, Invalid, Kind, MAX_NAME, MAX_TITLE, NoSignatureReason,
    PersonSignature, Plan, SignedVisitView, SignerRole, Value, VisitSignature, check, view,
    visit_signature,
};
use crate::ids::{EntityId, WorkerId};
use crate::settings::ReasonCode;

open_enum! {
    /// Where a visit stands. Source: FHIR R4 Encounter.status, in the field's words.
    VisitStatus {
        /// Planned.
        Planned = "planned",
        /// Begun and not ended.
        InProgress = "in_progress",
        /// Ended.
        Completed = "completed",
        /// The person was not there, or nobody came.
        Missed = "missed",
        /// Called off.
        Cancelled = "cancelled",
    }
}

open_enum! {
    /// Where or how a visit takes place.
    Place {
        /// At the person's home.
        Home = "home",
        /// Elsewhere in the community.
        Community = "community",
        /// In a facility or office.
        Facility = "facility",
        /// By phone.
        Phone = "phone",
        /// By video.
        Video = "video",
    }
}

open_enum! {
    /// What happened at a visit.
    VisitEventKind {
        /// The worker set out.
        TravelStart = "travel_start",
        /// The visit began.
        CheckIn = "check_in",
        /// The visit ended.
        CheckOut = "check_out",
    }
}

open_enum! {
    /// Why there is no location.
    NoLocationReason {
        /// The worker or person does not allow it.
        NotPermitted = "not_permitted",
        /// No signal.
        NoSignal = "no_signal",
        /// The device has none, or it failed.
        DeviceTrouble = "device_trouble",
        /// By phone or video: there is no place.
        Remote = "remote",
    }
}

open_enum! {
    /// Why a fact was corrected. Source: reason codes common to state EVV programmes, in neutral words.
    CorrectionReason {
        /// Device trouble.
        DeviceTrouble = "device_trouble",
        /// No coverage.
        NoCoverage = "no_coverage",
        /// Wrong or missing location.
        Location = "location",
        /// The service took place outside the home.
        OutsideHome = "outside_home",
        /// Forgot to check in.
        ForgotStart = "forgot_start",
        /// Forgot to check out.
        ForgotEnd = "forgot_end",
        /// Forgot both.
        ForgotBoth = "forgot_both",
        /// Came or left early or late.
        EarlyOrLate = "early_or_late",
        /// Mistyped.
        DataEntry = "data_entry",
        /// Wrong person or service.
        WrongService = "wrong_service",
        /// Another worker came, or nobody.
        StaffChange = "staff_change",
        /// The person refused.
        Refused = "refused",
        /// The person was absent.
        Absent = "absent",
        /// The person is in hospital.
        InHospital = "in_hospital",
        /// The person died.
        Died = "died",
        /// Unsafe, or an emergency.
        Unsafe = "unsafe",
        /// Authorized afterwards.
        RetroactiveAuthorization = "retroactive_authorization",
        /// None of these; the memo says what.
        Unlisted = "other",
    }
}

open_enum! {
    /// Which fact of a visit a correction changes.
    CorrectableField {
        /// The moment the visit began, as RFC 3339.
        Start = "start",
        /// The moment it ended, as RFC 3339.
        End = "end",
        /// Where it took place.
        Place = "place",
        /// The service.
        Service = "service",
        /// The worker who made the visit, as their id.
        Worker = "worker",
    }
}

entity! {
    /// A visit [FHIR Encounter].
    Visit, VisitUpdate, VisitField of Visit {
        set {
            /// Begin of the planned window.
            planned_start PlannedStart: DateTime<Utc> = check::moment,
            /// End of the planned window.
            planned_end PlannedEnd: DateTime<Utc> = check::moment,
            /// The planned day in the person's own calendar, by which the agenda and first pages go.
            planned_on PlannedOn: NaiveDate = check::date,
            /// What for.
            purpose Purpose: String = check::line::<MAX_TITLE>,
            /// The service as payer or agency names it.
            service Service: String = check::line::<MAX_NAME>,
            /// Where or how.
            place Place: Place = |value: &Place| check::code(value.code()),
            /// The person's address it takes place at.
            address Address: EntityId = check::any,
            /// The worker who shall go.
            worker Worker: WorkerId = check::any,
            /// Who took part, in words.
            participants Participants: String = check::line::<MAX_TITLE>,
            /// Whether an interpreter took part.
            interpreter_used InterpreterUsed: bool = check::any,
            /// What was done, refused or not due, in words.
            services_done ServicesDone: String = check::lines::<2_000>,
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
    VisitEvent of VisitEvent {
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
    VisitCorrection of VisitCorrection {
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual_reason: Option<CorrectionReason>,
}

/// A visit with all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
        /// In words; required with [`CorrectionReason::Unlisted`], and where the agency's own reason asks for it.
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

impl VisitEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "plan_visit",
            Self::Update { .. } => "update_visit",
            Self::StartTravel { .. } => "start_travel",
            Self::CheckIn { .. } => "check_in",
            Self::CheckOut { .. } => "check_out",
            Self::Miss { .. } => "miss_visit",
            Self::Cancel { .. } => "cancel_visit",
            Self::Correct { .. } => "correct_visit",
            Self::RecordSignature { .. } => "record_signature",
            Self::Sign { .. } => "sign_visit",
        }
    }

    pub(crate) fn plan(&self, plan: &mut Plan<'_>) -> Result<(), Invalid> {
        use VisitStatus::{Cancelled, Completed, InProgress, Missed, Planned};
        match self {
            Self::Plan { id, fields } => {
                plan.create(*id, fields, vec![("status", Planned.to_value())])
            }
            Self::Update { id, fields } => update(plan, *id, fields),
            Self::StartTravel { id, visit, moment } => {
                standing(plan, *visit, &[Planned, InProgress], "travelled to")?;
                record(plan, *id, *visit, VisitEventKind::TravelStart, moment)
            }
            Self::CheckIn { id, visit, moment } => {
                standing(plan, *visit, &[Planned, Missed], "checked in")?;
                record(plan, *id, *visit, VisitEventKind::CheckIn, moment)?;
                plan.put(Kind::Visit, *visit, "status", InProgress.to_value());
                Ok(())
            }
            Self::CheckOut { id, visit, moment } => {
                standing(plan, *visit, &[InProgress], "checked out")?;
                record(plan, *id, *visit, VisitEventKind::CheckOut, moment)?;
                plan.put(Kind::Visit, *visit, "status", Completed.to_value());
                Ok(())
            }
            Self::Miss { id, reason } => plan.transition(*id, &[Planned], &Missed, Some(reason)),
            Self::Cancel { id, reason } => {
                plan.transition(*id, &[Planned], &Cancelled, Some(reason))
            }
            Self::Correct {
                id,
                visit,
                field,
                value,
                reason,
                memo,
            } => {
                let facts = [
                    ("visit", visit.to_value()),
                    ("field", field.to_value()),
                    ("value", value.to_value()),
                    ("reason", reason.to_value()),
                ];
                correct(plan, *visit, (field, value), reason, memo.as_deref())?;
                let memo = memo.as_ref().map(|memo| ("memo", memo.to_value()));
                plan.create_with(
                    Kind::VisitCorrection,
                    *id,
                    owned(facts.into_iter().chain(memo)),
                )
            }
            Self::RecordSignature {
                id,
                visit,
                signature,
            } => visit_signature::record(plan, *id, *visit, signature),
            Self::Sign { id } => visit_signature::sign(plan, *id),
        }
    }
}

pub(super) fn owned<'a>(
    fields: impl IntoIterator<Item = (&'a str, Value)>,
) -> Vec<(String, Value)> {
    fields
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// The visit, if it stands in one of these states.
pub(super) fn standing(
    plan: &Plan<'_>,
    id: EntityId,
    in_states: &[VisitStatus],
    what: &str,
) -> Result<Visit, Invalid> {
    let visit = Visit::from_entry(&plan.present(Kind::Visit, id)?);
    let status = visit.status.clone().unwrap_or(VisitStatus::Planned);
    if in_states.contains(&status) {
        Ok(visit)
    } else {
        let reason = format!("is {}: the visit cannot be {what}", status.code());
        Err(Invalid::field("visit.status", reason))
    }
}

fn update(plan: &mut Plan<'_>, id: EntityId, fields: &VisitUpdate) -> Result<(), Invalid> {
    if !plan.parts(Kind::SignedVisit, id).is_empty() {
        let reason = "is signed: the visit changes only by correction";
        return Err(Invalid::field("visit.status", reason));
    }
    let events: Vec<VisitEvent> = view::parts(plan.records(), id);
    if first_event(&events, &VisitEventKind::CheckIn).is_some() {
        let reason = "stands from check-in on: the visit is judged by it";
        untouched(
            fields,
            &["planned_on", "planned_start", "planned_end"],
            reason,
        )?;
    }
    if first_event(&events, &VisitEventKind::CheckOut).is_some() {
        let reason = "stands from check-out on: place and service change only by correction";
        untouched(fields, &["place", "address", "service"], reason)?;
    }
    plan.update(id, fields)
}

impl Visit {
    /// Where it takes place: at its address, or else, where it is a visit at home, where the person lives.
    pub(crate) fn point(&self, place: Option<&Place>, addresses: &[Address]) -> Option<(f64, f64)> {
        let at_home = |address: &Address| {
            self.address.is_none()
                && place == Some(&Place::Home)
                && address.usage == Some(AddressUse::Home)
                && address.meta.removed.is_none()
        };
        let named = |address: &Address| Some(address.meta.id) == self.address;
        let mut of_visit = addresses.iter().filter(|one| named(one) || at_home(one));
        of_visit.find_map(|address| address.latitude.zip(address.longitude))
    }
}

impl Status for VisitStatus {
    const KIND: Kind = Kind::Visit;
    const UNSET: Self = Self::Planned;
}

fn record(
    plan: &mut Plan<'_>,
    id: EntityId,
    visit: EntityId,
    kind: VisitEventKind,
    moment: &VisitMoment,
) -> Result<(), Invalid> {
    let field = |name: &str| format!("visit.{}.{name}", kind.code());
    checked(&field("at"), &moment.at, check::moment)?;
    checked(&field("zone"), moment.zone.as_str(), check::zone)?;
    checked(&field("monotonic_ms"), &moment.monotonic_ms, check::elapsed)?;
    let worker = plan.worker.to_value();
    let mut fields = owned([
        ("visit", visit.to_value()),
        ("kind", kind.to_value()),
        ("at", moment.at.to_value()),
        ("zone", moment.zone.to_value()),
        ("monotonic_ms", moment.monotonic_ms.to_value()),
        ("manual", moment.manual.to_value()),
        ("worker", worker),
    ]);
    if kind == VisitEventKind::CheckOut {
        fields.extend(owned([("settings", plan.settings_version())]));
    }
    if let Some(reason) = &moment.manual_reason {
        known_reason(plan, &field("manual_reason"), reason)?;
        fields.extend(owned([("manual_reason", reason.to_value())]));
    }
    match &moment.location {
        Location::Fix {
            latitude,
            longitude,
            accuracy_m,
            mocked,
        } => {
            checked(&field("latitude"), latitude, check::latitude)?;
            checked(&field("longitude"), longitude, check::longitude)?;
            checked(&field("accuracy_m"), accuracy_m, check::finite)?;
            fields.extend(owned([
                ("latitude", Value::degrees(*latitude)),
                ("longitude", Value::degrees(*longitude)),
                ("accuracy_m", accuracy_m.to_value()),
                ("mocked", mocked.to_value()),
            ]));
            if let Some(expected) = expected_point(plan, visit, &kind) {
                let metres = metres_between((*latitude, *longitude), expected);
                fields.extend(owned([("distance_m", metres.to_value())]));
            }
        }
        Location::Missing { reason } => {
            checked(&field("no_location"), reason.code(), check::code)?;
            fields.extend(owned([("no_location", reason.to_value())]));
        }
    }
    plan.create_with(Kind::VisitEvent, id, fields)
}

/// Where somebody who checks in or out of a visit is expected to be.
fn expected_point(plan: &Plan<'_>, visit: EntityId, kind: &VisitEventKind) -> Option<(f64, f64)> {
    if *kind == VisitEventKind::TravelStart {
        return None;
    }
    let visit = Visit::from_entry(&plan.records().entity(Kind::Visit, visit)?);
    visit.point(visit.place.as_ref(), &plan.all())
}

fn correct(
    plan: &Plan<'_>,
    visit: EntityId,
    (field, value): (&CorrectableField, &String),
    reason: &CorrectionReason,
    memo: Option<&str>,
) -> Result<(), Invalid> {
    standing(plan, visit, &[VisitStatus::Completed], "corrected")?;
    checked(
        "visit_correction.value",
        value.as_str(),
        check::line::<MAX_NAME>,
    )?;
    match field {
        CorrectableField::Start | CorrectableField::End => {
            DateTime::parse_from_rfc3339(value.trim()).map_err(|_| {
                Invalid::field("visit_correction.value", "is not a moment in RFC 3339")
            })?;
        }
        CorrectableField::Worker => {
            WorkerId::from_str(value.trim())
                .map_err(|_| Invalid::field("visit_correction.value", "is no worker's id"))?;
        }
        CorrectableField::Place | CorrectableField::Service => {}
        CorrectableField::Other { .. } => {
            return Err(Invalid::field(
                "visit_correction.field",
                "is none that can be corrected",
            ));
        }
    }
    let own = known_reason(plan, "visit_correction.reason", reason)?;
    let explained = *reason == CorrectionReason::Unlisted || own.is_some_and(|own| own.memo);
    required(Kind::VisitCorrection, "memo", memo.is_some() || !explained)?;
    memo.map_or(Ok(()), |memo| {
        checked("visit_correction.memo", memo, check::lines::<2_000>)
    })
}

/// Refuses a reason that neither the library nor the agency knows. Gives the agency's own.
fn known_reason<'a>(
    plan: &Plan<'a>,
    field: &str,
    reason: &CorrectionReason,
) -> Result<Option<&'a ReasonCode>, Invalid> {
    let own = plan.rules.settings().reason(reason.code());
    if own.is_some() || CorrectionReason::KNOWN.contains(reason) {
        return Ok(own);
    }
    Err(Invalid::field(field, "is none of the agency's reasons"))
}

/// What happens to visits.
#[derive(Debug, Clone, PartialEq)]
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

impl Story for Visit {
    type Fact = VisitFact;

    fn tell(step: &Step<'_>) -> Vec<(When, VisitFact)> {
        let wrote: Self = step.wrote();
        let purpose = step.stands::<Self>().purpose;
        let mut facts = Vec::new();
        if step.begun {
            let planned = VisitFact::Planned {
                planned_on: wrote.planned_on,
                planned_start: wrote.planned_start,
                purpose: purpose.clone(),
                worker: wrote.worker,
            };
            facts.push((step.now(), planned));
        }
        // Its beginning and end are told by the events themselves.
        let told_elsewhere = [
            VisitStatus::Planned,
            VisitStatus::InProgress,
            VisitStatus::Completed,
        ];
        let moved = wrote
            .status
            .filter(|status| !told_elsewhere.contains(status));
        facts.extend(moved.map(|status| {
            let moved = VisitFact::Moved {
                status,
                reason: wrote.status_reason,
                purpose,
            };
            (step.now(), moved)
        }));
        facts
    }
}

impl Story for VisitEvent {
    type Fact = VisitFact;

    fn tell(step: &Step<'_>) -> Vec<(When, VisitFact)> {
        let event: Self = step.wrote();
        let visit = event.visit.and_then(|visit| step.other::<Visit>(visit));
        let happened = VisitFact::Happened {
            visit: event.visit,
            event: event.kind,
            worker: event.worker,
            manual: event.manual.unwrap_or(false),
            purpose: visit.and_then(|visit| visit.purpose),
        };
        // Written once: what comes later under the same id is no second event.
        step.begun
            .then(|| (step.at(event.at), happened))
            .into_iter()
            .collect()
    }
}

impl Story for VisitCorrection {
    type Fact = VisitFact;

    fn tell(step: &Step<'_>) -> Vec<(When, VisitFact)> {
        let Self {
            visit,
            field,
            value,
            reason,
            memo,
            ..
        } = step.wrote();
        let corrected = VisitFact::Corrected {
            visit,
            field,
            value,
            reason,
            memo,
        };
        step.begun
            .then(|| (step.now(), corrected))
            .into_iter()
            .collect()
    }
}
