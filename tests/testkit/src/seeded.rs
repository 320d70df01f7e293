//! Time and randomness from a seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use caseweave::Host;
use caseweave_server::{Clock, Entropy, NoEntropy};

/// A clock that moves only when told.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// A clock at a moment, in milliseconds since 1970-01-01T00:00:00Z.
    pub fn at(ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(ms)))
    }

    /// Jumps to a moment.
    pub fn set(&self, ms: i64) {
        self.0.store(ms, Ordering::Relaxed);
    }

    /// Moves on, or back.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Repeatable randomness: BLAKE3 in counter mode under a seed. Clones draw from the same stream.
#[derive(Debug, Clone)]
pub struct Dice {
    key: [u8; 32],
    drawn: Arc<AtomicU64>,
}

impl Dice {
    /// Dice of a seed and a name, so that what one device draws does not move another's.
    pub fn new(seed: u64, name: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("caseweave 2026 testkit dice");
        hasher.update(&seed.to_be_bytes()).update(name.as_bytes());
        Self {
            key: *hasher.finalize().as_bytes(),
            drawn: Arc::default(),
        }
    }

    /// A number below `bound`.
    pub fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_be_bytes(bytes) % bound.max(1)
    }

    /// One of some things.
    pub fn pick<'a, T>(&self, things: &'a [T]) -> &'a T {
        let place = usize::try_from(self.below(things.len() as u64)).unwrap();
        things.get(place).unwrap()
    }

    /// Bytes drawn.
    pub(crate) fn bytes<const LENGTH: usize>(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        self.fill_bytes(&mut bytes);
        bytes
    }

    fn fill_bytes(&self, buffer: &mut [u8]) {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher
            .update(&drawn.to_be_bytes())
            .finalize_xof()
            .fill(buffer);
    }
}

impl Entropy for Dice {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

/// The machine of a device: its clock runs a millisecond with each reading, at an offset of its own.
#[derive(Debug)]
pub struct SeededHost {
    clock: TestClock,
    readings: AtomicI64,
    dice: Dice,
}

impl SeededHost {
    /// A machine that follows a clock, with dice of its own.
    pub fn new(clock: TestClock, dice: Dice) -> Self {
        Self {
            clock,
            readings: AtomicI64::new(0),
            dice,
        }
    }
}

impl Host for SeededHost {
    fn now_ms(&self) -> i64 {
        self.clock.now_ms() + self.monotonic_ms()
    }

    fn monotonic_ms(&self) -> i64 {
        self.readings.fetch_add(1, Ordering::Relaxed)
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        self.dice.fill_bytes(buffer);
    }
}
