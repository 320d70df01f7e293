//! Electronic visit verification: whether a visit's six points stand, and what is out of the ordinary.
//!
//! An exception is a fact for whoever reviews the visit. None ever blocks recording.
//! Source: 21st Century Cures Act s. 12006.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Address, CorrectableField, Place, Visit, VisitCorrection, VisitEvent, VisitEventKind};

/// How far things may be off before they are exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvvTolerance {
    /// Metres around the person's address, beside the fix's own accuracy.
    pub radius_m: u32,
    /// Minutes before or after the planned start.
    pub minutes: u32,
    /// Seconds by which wall clock and monotonic clock may disagree over a visit.
    pub clock_seconds: u32,
}

impl Default for EvvTolerance {
    /// 150 metres, 15 minutes, 60 seconds: the middle of what state programmes publish.
    fn default() -> Self {
        Self {
            radius_m: 150,
            minutes: 15,
            clock_seconds: 60,
        }
    }
}

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
    /// The device's clock was changed during the visit.
    ClockMoved {
        /// By how many seconds.
        seconds: u32,
    },
    /// A time was typed.
    ManualTime,
    /// The visit ends before it begins.
    EndsBeforeStart,
    /// No service is named.
    NoService,
    /// Two devices checked in, or out, apart.
    RepeatedEvent,
    /// A fact was corrected.
    Corrected,
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

/// What a visit is judged by.
pub(crate) struct Evidence<'a> {
    pub(crate) visit: &'a Visit,
    pub(crate) events: &'a [VisitEvent],
    pub(crate) corrections: &'a [VisitCorrection],
    pub(crate) address: Option<&'a Address>,
    pub(crate) tolerance: EvvTolerance,
}

impl Evidence<'_> {
    /// The first event of a kind: the one with the earliest time, then the smallest id, whoever synced first.
    fn first(&self, kind: &VisitEventKind) -> Option<&VisitEvent> {
        self.of(kind).min_by_key(|event| (event.at, event.meta.id))
    }

    fn of(&self, kind: &VisitEventKind) -> impl Iterator<Item = &VisitEvent> {
        self.events
            .iter()
            .filter(move |event| event.kind.as_ref() == Some(kind))
    }

    fn corrected(&self, field: &CorrectableField) -> Option<DateTime<Utc>> {
        let matching = self
            .corrections
            .iter()
            .filter(|c| c.field.as_ref() == Some(field));
        let last = matching.max_by_key(|c| c.meta.id)?;
        DateTime::parse_from_rfc3339(last.value.as_deref()?)
            .ok()
            .map(|at| at.with_timezone(&Utc))
    }

    /// When the visit began.
    pub(crate) fn started_at(&self) -> Option<DateTime<Utc>> {
        self.corrected(&CorrectableField::Start)
            .or_else(|| self.first(&VisitEventKind::CheckIn)?.at)
    }

    /// When it ended.
    pub(crate) fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.corrected(&CorrectableField::End)
            .or_else(|| self.first(&VisitEventKind::CheckOut)?.at)
    }

    /// Judges the visit once it has ended.
    pub(crate) fn judge(&self) -> EvvStatus {
        let Some(ended) = self.ended_at() else {
            return EvvStatus::Open;
        };
        let mut found = Vec::new();
        self.times(ended, &mut found);
        self.places(&mut found);
        if self.visit.service.is_none() {
            found.push(EvvException::NoService);
        }
        if !self.corrections.is_empty() {
            found.push(EvvException::Corrected);
        }
        found.sort();
        found.dedup();
        if found.is_empty() {
            EvvStatus::Complete
        } else {
            EvvStatus::Exceptions { found }
        }
    }

    fn times(&self, ended: DateTime<Utc>, found: &mut Vec<EvvException>) {
        for (kind, missing) in [
            (VisitEventKind::CheckIn, EvvException::NoCheckIn),
            (VisitEventKind::CheckOut, EvvException::NoCheckOut),
        ] {
            match self.of(&kind).count() {
                0 => found.push(missing),
                1 => {}
                _ => found.push(EvvException::RepeatedEvent),
            }
        }
        if self.events.iter().any(|event| event.manual == Some(true)) {
            found.push(EvvException::ManualTime);
        }
        let Some(started) = self.started_at() else {
            return;
        };
        if ended < started {
            found.push(EvvException::EndsBeforeStart);
        }
        if let Some(planned) = self.visit.planned_start {
            let off = started - planned;
            let minutes = whole(off.abs().num_minutes());
            if minutes > self.tolerance.minutes {
                let early = off < TimeDelta::zero();
                found.push(if early {
                    EvvException::Early { minutes }
                } else {
                    EvvException::Late { minutes }
                });
            }
        }
        if let Some(seconds) = self
            .clock_moved()
            .filter(|s| *s > self.tolerance.clock_seconds)
        {
            found.push(EvvException::ClockMoved { seconds });
        }
    }

    /// Seconds by which the wall clock moved against the monotonic one between check-in and check-out.
    fn clock_moved(&self) -> Option<u32> {
        let start = self.first(&VisitEventKind::CheckIn)?;
        let end = self.first(&VisitEventKind::CheckOut)?;
        let wall = (end.at? - start.at?).num_milliseconds();
        let monotonic = end.monotonic_ms? - start.monotonic_ms?;
        Some(whole(
            wall.abs_diff(monotonic).try_into().unwrap_or(i64::MAX) / 1_000,
        ))
    }

    fn places(&self, found: &mut Vec<EvvException>) {
        if matches!(self.visit.place, Some(Place::Phone | Place::Video)) {
            return;
        }
        for event in self
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
            let home = self
                .address
                .and_then(|address| Some((address.latitude?, address.longitude?)));
            let Some(home) = home else { continue };
            let metres = distance_m((latitude, longitude), home);
            let allowed =
                f64::from(self.tolerance.radius_m) + event.accuracy_m.unwrap_or(0.0).max(0.0);
            if metres > allowed {
                let metres = whole(metres as i64);
                found.push(EvvException::OutsideRadius { metres });
            }
        }
    }
}

fn whole(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Great-circle distance in metres between two points in degrees (haversine, mean Earth radius 6,371,008.8 m).
fn distance_m(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (lat1, lat2) = (from.0.to_radians(), to.0.to_radians());
    let half_lat = (lat2 - lat1) / 2.0;
    let half_lon = (to.1 - from.1).to_radians() / 2.0;
    let a = half_lat.sin().powi(2) + lat1.cos() * lat2.cos() * half_lon.sin().powi(2);
    2.0 * 6_371_008.8 * a.sqrt().clamp(0.0, 1.0).asin()
}
