//! The little that is taken from the machine: the time and random bytes. Tests put their own in its place.

use std::fmt::Debug;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Clock and randomness of the machine.
pub trait Host: Debug + Send + Sync {
    /// The wall clock: milliseconds since 1970-01-01T00:00:00Z. May be wrong: nothing depends on it but what people read.
    fn now_ms(&self) -> i64;
    /// A clock that never jumps: milliseconds since some moment of this process.
    fn monotonic_ms(&self) -> i64;
    /// Fills a buffer with bytes that nobody can guess.
    fn fill_random(&self, buffer: &mut [u8]);
}

/// The machine's own clock and randomness.
#[derive(Debug)]
pub struct SystemHost {
    started: Instant,
}

impl Default for SystemHost {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock"
    )]
    fn default() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Host for SystemHost {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock"
    )]
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn monotonic_ms(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives random bytes");
    }
}

/// An array of random bytes.
pub(crate) fn random<const N: usize>(host: &dyn Host) -> [u8; N] {
    let mut bytes = [0; N];
    host.fill_random(&mut bytes);
    bytes
}
