//! The offline lease: a device that has not heard from its server for longer than the agency lets it shows nothing until it has.
//!
//! Only reading stops. What was written stays and is sent, what is written goes on being kept, and the first exchange that the
//! server answers opens everything again.

use caseweave_store::{Confirmed, WriteTx};
use chrono::{DateTime, Utc};

use crate::handle::{Caseweave, Open};
use crate::{Error, Host, Result};

/// A clock that ran on is written down in steps of this, so that opening does not always write.
const SEEN_STEP_MS: i64 = 3_600_000;

/// Until when this device shows the record without hearing from its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The last exchange that the server answered, by this device's clock.
    pub confirmed_at: DateTime<Utc>,
    /// When reading stops unless the server answers before, by this device's clock.
    pub ends_at: DateTime<Utc>,
    /// Whether reading has stopped.
    pub ended: bool,
}

/// What time it is at least, whatever the wall clock is set to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeaseClock {
    confirmed: Confirmed,
    /// The reading of the clock that never jumps, when `seen_ms` was set.
    monotonic_ms: i64,
}

impl LeaseClock {
    pub(crate) fn starting(host: &dyn Host, stored: Option<Confirmed>) -> Self {
        let now = host.now_ms();
        let new = Confirmed {
            confirmed_ms: now,
            seen_ms: now,
        };
        let mut clock = Self {
            confirmed: stored.unwrap_or(new),
            monotonic_ms: host.monotonic_ms(),
        };
        clock.look(host);
        clock
    }

    /// The furthest of: the wall clock, and the furthest moment seen with what has passed since by the clock that never jumps. So
    /// a wall clock that was set back does not lengthen the lease.
    fn look(&mut self, host: &dyn Host) -> Confirmed {
        let (wall, monotonic) = (host.now_ms(), host.monotonic_ms());
        let passed = monotonic.saturating_sub(self.monotonic_ms).max(0);
        let at_least = self.confirmed.seen_ms.saturating_add(passed);
        self.confirmed.seen_ms = wall.max(at_least);
        self.monotonic_ms = monotonic;
        self.confirmed
    }

    fn has_ended(&mut self, host: &dyn Host, lease_ms: i64) -> bool {
        let now = self.look(host);
        now.seen_ms.saturating_sub(now.confirmed_ms) > lease_ms
    }
}

impl Caseweave {
    /// Until when this device shows the record without hearing from its server. Answers also when that time is over.
    ///
    /// # Errors
    /// - [`Error::NotAllowed`], while locked.
    pub fn lease(&self) -> Result<Lease> {
        let open = self.opened()?;
        let mut clock = open.lease.lock();
        let lease_ms = open.settings().offline_lease_ms();
        let ended = clock.has_ended(&*open.host, lease_ms);
        let confirmed_ms = clock.confirmed.confirmed_ms;
        let moment = |ms| DateTime::from_timestamp_millis(ms).unwrap_or_default();
        Ok(Lease {
            confirmed_at: moment(confirmed_ms),
            ends_at: moment(confirmed_ms.saturating_add(lease_ms)),
            ended,
        })
    }
}

impl Open {
    /// Refuses reading once the lease is over.
    pub(crate) fn check_lease(&self) -> Result<()> {
        let lease_ms = self.settings().offline_lease_ms();
        if self.lease.lock().has_ended(&*self.host, lease_ms) {
            return Err(Error::NotAllowed {
                reason: "the offline lease is over: the record opens with the next exchange".into(),
            });
        }
        Ok(())
    }

    /// The server has answered: the lease begins anew, by what the clock shows now.
    pub(crate) fn renew_lease(&self, tx: &WriteTx<'_>) -> Result<()> {
        let now = self.host.now_ms();
        let confirmed = Confirmed {
            confirmed_ms: now,
            seen_ms: now,
        };
        tx.set_confirmed(confirmed)?;
        *self.lease.lock() = LeaseClock {
            confirmed,
            monotonic_ms: self.host.monotonic_ms(),
        };
        Ok(())
    }

    /// Writes down how far the clock was seen to run, so that it is known after a restart. Does not look at the clock: locking
    /// must not need the app's own code.
    pub(crate) fn keep_lease(&self) -> Result<()> {
        let seen = self.lease.lock().confirmed;
        let kept = self.store.read(|tx| tx.confirmed())?;
        let ran_on = kept.is_none_or(|kept| {
            kept.confirmed_ms != seen.confirmed_ms || kept.seen_ms + SEEN_STEP_MS <= seen.seen_ms
        });
        if ran_on {
            self.store.write(|tx| tx.set_confirmed(seen))?;
        }
        Ok(())
    }
}
