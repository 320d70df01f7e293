//! Electronic visit verification: whether a visit's six points stand, and what is out of the ordinary.
//!
//! An exception is a fact for whoever reviews the visit. None ever blocks recording.
//! Source: 21st Century Cures Act s. 12006.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    CorrectableField, Place, SignedVisitView, Visit, VisitCorrection, VisitEvent, VisitEventKind,
    VisitSignature,
};
use crate::ids::WorkerId;
use crate::settings::EvvSettings;

/// Something out of the ordinary about a visit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EvvException {
    /// The visit began without a check-in.
    NoCheckIn,
    /// The visit has no check-out.
    NoCheckOut,
    /// An event has no location.
    NoLocation,
    /// A location was made up by another app.
    MockedLocation,
    /// An event took place away from the person's address.
    OutsideRadius {
        /// How far, in metres.
        metres: u32,
    },
    /// Began earlier than planned.
    Early {
        /// By how many minutes.
        minutes: u32,
    },
    /// Began later than planned.
    Late {
        /// By how many minutes.
        minutes: u32,
    },
    /// Was shorter than planned.
    Short {
        /// By how many minutes.
        minutes: u32,
    },
    /// The device's clock was changed during the visit.
    ClockMoved {
        /// By how many seconds.
        seconds: u32,
    },
    /// A time was typed.
    ManualTime,
    /// A time was typed, or a fact corrected, without a reason.
    Unexplained,
    /// The visit ends before it begins.
    EndsBeforeStart,
    /// No service is named.
    NoService,
    /// Two devices checked in, or out, apart.
    RepeatedEvent,
    /// A fact was corrected.
    Corrected,
    /// The worker who came did not sign, and the agency asks for it.
    NotSigned,
    /// There is neither the person's signature nor a reason why not, and the agency asks for it.
    NoSignature,
    /// The visit no longer says what the worker signed.
    ChangedAfterSigning,
}

impl EvvException {
    /// A stable code, as exports name it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoCheckIn => "no_check_in",
            Self::NoCheckOut => "no_check_out",
            Self::NoLocation => "no_location",
            Self::MockedLocation => "mocked_location",
            Self::OutsideRadius { .. } => "outside_radius",
            Self::Early { .. } => "early",
            Self::Late { .. } => "late",
            Self::Short { .. } => "short",
            Self::ClockMoved { .. } => "clock_moved",
            Self::ManualTime => "manual_time",
            Self::Unexplained => "unexplained",
            Self::EndsBeforeStart => "ends_before_start",
            Self::NoService => "no_service",
            Self::RepeatedEvent => "repeated_event",
            Self::Corrected => "corrected",
            Self::NotSigned => "not_signed",
            Self::NoSignature => "no_signature",
            Self::ChangedAfterSigning => "changed_after_signing",
        }
    }

    /// By how much: metres, minutes or seconds, as the exception says.
    pub fn amount(&self) -> Option<u32> {
        match *self {
            Self::OutsideRadius { metres } => Some(metres),
            Self::Early { minutes } | Self::Late { minutes } | Self::Short { minutes } => {
                Some(minutes)
            }
            Self::ClockMoved { seconds } => Some(seconds),
            _ => None,
        }
    }
}

/// Whether a visit is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvvStatus {
    /// Not ended yet, so not judged.
    Open,
    /// All six points stand and nothing is out of the ordinary.
    Complete,
    /// Ended, with something for a reviewer to look at.
    Exceptions {
        /// What, without repeats, in a fixed order.
        found: Vec<EvvException>,
    },
}

/// What happened at a visit, corrections taken in.
pub(crate) struct Course<'a> {
    pub(crate) visit: &'a Visit,
    pub(crate) events: &'a [VisitEvent],
    pub(crate) corrections: &'a [VisitCorrection],
}

/// The first event of a kind: the one with the earliest time, then the smallest id, whoever synced first.
pub(crate) fn first_event<'a>(
    events: &'a [VisitEvent],
    kind: &VisitEventKind,
) -> Option<&'a VisitEvent> {
    let of_kind = events
        .iter()
        .filter(|event| event.kind.as_ref() == Some(kind));
    of_kind.min_by_key(|event| (event.at, event.meta.id))
}

impl Course<'_> {
    fn first(&self, kind: &VisitEventKind) -> Option<&VisitEvent> {
        first_event(self.events, kind)
    }

    fn of(&self, kind: &VisitEventKind) -> impl Iterator<Item = &VisitEvent> {
        self.events
            .iter()
            .filter(move |event| event.kind.as_ref() == Some(kind))
    }

    /// The word of the last correction of a fact.
    fn corrected(&self, field: &CorrectableField) -> Option<&str> {
        let matching = self
            .corrections
            .iter()
            .filter(|c| c.field.as_ref() == Some(field));
        matching.max_by_key(|c| c.meta.id)?.value.as_deref()
    }

    fn corrected_time(&self, field: &CorrectableField) -> Option<DateTime<Utc>> {
        let at = DateTime::parse_from_rfc3339(self.corrected(field)?).ok()?;
        Some(at.with_timezone(&Utc))
    }

    /// When the visit began.
    pub(crate) fn started_at(&self) -> Option<DateTime<Utc>> {
        self.corrected_time(&CorrectableField::Start)
            .or_else(|| self.first(&VisitEventKind::CheckIn)?.at)
    }

    /// When it ended.
    pub(crate) fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.corrected_time(&CorrectableField::End)
            .or_else(|| self.first(&VisitEventKind::CheckOut)?.at)
    }

    /// Which service.
    pub(crate) fn service(&self) -> Option<String> {
        let corrected = self.corrected(&CorrectableField::Service);
        corrected
            .map(str::to_owned)
            .or_else(|| self.visit.service.clone())
    }

    /// Where or how.
    pub(crate) fn place(&self) -> Option<Place> {
        let corrected = self.corrected(&CorrectableField::Place);
        corrected
            .map(Place::from_code)
            .or_else(|| self.visit.place.clone())
    }

    /// Who came: the last correction's word, else who checked in.
    fn came(&self) -> Option<WorkerId> {
        let corrected = self.corrected(&CorrectableField::Worker);
        corrected
            .and_then(|id| id.trim().parse().ok())
            .or_else(|| self.first(&VisitEventKind::CheckIn)?.worker)
    }

    /// Who made the visit.
    pub(crate) fn worker(&self) -> Option<WorkerId> {
        self.came().or(self.visit.worker)
    }

    /// The version of the settings under which it ended; 0 under the defaults.
    pub(crate) fn settings(&self) -> i64 {
        let ended = self.first(&VisitEventKind::CheckOut);
        ended.and_then(|event| event.settings).unwrap_or_default()
    }
}

/// What a visit is judged by.
pub(crate) struct Evidence<'a> {
    pub(crate) course: &'a Course<'a>,
    pub(crate) signatures: &'a [VisitSignature],
    pub(crate) signed: &'a [SignedVisitView],
    /// Where it takes place, as the record says now.
    pub(crate) expected: Option<(f64, f64)>,
    pub(crate) evv: EvvSettings,
}

impl Evidence<'_> {
    /// Judges the visit once it has ended.
    pub(crate) fn judge(&self) -> EvvStatus {
        let Some(ended) = self.course.ended_at() else {
            return EvvStatus::Open;
        };
        let mut found = Vec::new();
        self.events(&mut found);
        self.times(ended, &mut found);
        self.places(&mut found);
        self.corrections(&mut found);
        self.signatures(&mut found);
        if self.course.service().is_none() {
            found.push(EvvException::NoService);
        }
        found.sort();
        found.dedup();
        if found.is_empty() {
            EvvStatus::Complete
        } else {
            EvvStatus::Exceptions { found }
        }
    }

    fn events(&self, found: &mut Vec<EvvException>) {
        for (kind, missing) in [
            (VisitEventKind::CheckIn, EvvException::NoCheckIn),
            (VisitEventKind::CheckOut, EvvException::NoCheckOut),
        ] {
            match self.course.of(&kind).count() {
                0 => found.push(missing),
                1 => {}
                _ => found.push(EvvException::RepeatedEvent),
            }
        }
        let events = self.course.events.iter();
        for event in events.filter(|event| event.manual == Some(true)) {
            found.push(EvvException::ManualTime);
            if event.manual_reason.is_none() {
                found.push(EvvException::Unexplained);
            }
        }
    }

    fn times(&self, ended: DateTime<Utc>, found: &mut Vec<EvvException>) {
        let Some(started) = self.course.started_at() else {
            return;
        };
        if ended < started {
            found.push(EvvException::EndsBeforeStart);
        }
        if let Some(planned) = self.course.visit.planned_start {
            self.punctuality(started - planned, found);
            self.length(ended - started, planned, found);
        }
        if let Some(seconds) = self.clock_moved().filter(|s| *s > self.evv.clock_seconds) {
            found.push(EvvException::ClockMoved { seconds });
        }
    }

    /// Whole minutes count: a second past the tolerance is not past it yet.
    fn punctuality(&self, off: TimeDelta, found: &mut Vec<EvvException>) {
        let minutes = whole(off.abs().num_minutes());
        if off < TimeDelta::zero() {
            if minutes > self.evv.early_minutes {
                found.push(EvvException::Early { minutes });
            }
        } else if minutes > self.evv.late_minutes {
            found.push(EvvException::Late { minutes });
        }
    }

    fn length(&self, took: TimeDelta, start: DateTime<Utc>, found: &mut Vec<EvvException>) {
        let Some(end) = self.course.visit.planned_end else {
            return;
        };
        let minutes = whole(((end - start) - took).num_minutes().max(0));
        if minutes > self.evv.short_minutes && took >= TimeDelta::zero() {
            found.push(EvvException::Short { minutes });
        }
    }

    fn corrections(&self, found: &mut Vec<EvvException>) {
        for correction in self.course.corrections {
            found.push(EvvException::Corrected);
            if correction.reason.is_none() {
                found.push(EvvException::Unexplained);
            }
        }
    }

    fn signatures(&self, found: &mut Vec<EvvException>) {
        if self.evv.person_signs && self.signatures.is_empty() {
            found.push(EvvException::NoSignature);
        }
        let came = self.course.came();
        let by_who_came = |one: &SignedVisitView| came.is_none() || one.signed.signer == came;
        if self.evv.worker_signs && !self.signed.iter().any(by_who_came) {
            found.push(EvvException::NotSigned);
        }
        if !self.signed.is_empty() && !self.signed.iter().any(|one| one.intact) {
            found.push(EvvException::ChangedAfterSigning);
        }
    }

    /// Seconds by which the wall clock moved against the monotonic one between check-in and check-out. A typed time is no clock's, and
    /// the monotonic clocks of two devices have nothing to do with each other.
    fn clock_moved(&self) -> Option<u32> {
        let start = self.course.first(&VisitEventKind::CheckIn)?;
        let end = self.course.first(&VisitEventKind::CheckOut)?;
        let typed = [start, end].iter().any(|event| event.manual == Some(true));
        if typed || start.meta.created.device? != end.meta.created.device? {
            return None;
        }
        let wall = (end.at? - start.at?).num_milliseconds();
        let monotonic = end.monotonic_ms? - start.monotonic_ms?;
        Some(whole(
            wall.abs_diff(monotonic).try_into().unwrap_or(i64::MAX) / 1_000,
        ))
    }

    fn places(&self, found: &mut Vec<EvvException>) {
        if matches!(self.course.place(), Some(Place::Phone | Place::Video)) {
            return;
        }
        for event in self
            .course
            .events
            .iter()
            .filter(|e| e.kind != Some(VisitEventKind::TravelStart))
        {
            let (Some(latitude), Some(longitude)) = (event.latitude, event.longitude) else {
                found.push(EvvException::NoLocation);
                continue;
            };
            if event.mocked == Some(true) {
                found.push(EvvException::MockedLocation);
            }
            let now = self.expected;
            let now = now.map(|expected| metres_between((latitude, longitude), expected));
            let Some(metres) = event.distance_m.or(now).map(whole) else {
                continue;
            };
            let allowed = f64::from(self.evv.radius_m) + event.accuracy_m.unwrap_or(0.0).max(0.0);
            if f64::from(metres) > allowed {
                found.push(EvvException::OutsideRadius { metres });
            }
        }
    }
}

fn whole(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Great-circle distance in whole metres between two points in degrees (haversine, mean Earth radius 6,371,008.8 m).
pub(super) fn metres_between(from: (f64, f64), to: (f64, f64)) -> i64 {
    let (lat1, lat2) = (from.0.to_radians(), to.0.to_radians());
    let half_lat = (lat2 - lat1) / 2.0;
    let half_lon = (to.1 - from.1).to_radians() / 2.0;
    let a = half_lat.sin().powi(2) + lat1.cos() * lat2.cos() * half_lon.sin().powi(2);
    let metres = 2.0 * 6_371_008.8 * a.sqrt().clamp(0.0, 1.0).asin();
    metres.round() as i64
}
