//! Electronic visit verification: whether a visit's six points stand, and what is out of the ordinary.

use caseweave::domain::{EvvException, EvvStatus};

/// Something out of the ordinary about a visit.
#[uniffi::remote(Enum)]
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

/// Whether a visit is verified.
#[uniffi::remote(Enum)]
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
