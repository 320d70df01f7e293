//! Which request numbers of a device were seen. Source: RFC 6479, the anti-replay window of IPsec without bit shifting.

/// How far behind the highest number a number may still arrive.
pub const WINDOW_WIDTH: u64 = 1024;

const WORDS: usize = (WINDOW_WIDTH / 64) as usize;
const STORED: usize = 8 + 8 * WORDS;

/// The numbers one device has used: everything at or below `highest - 1024` counts as used, the rest is remembered singly.
///
/// So requests under way at the same time and repeated ones work, and a request caught on the wire does not work twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberWindow {
    highest: u64,
    seen: [u64; WORDS],
}

/// A number that must not be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Replay {
    /// This number was accepted before. Zero is nobody's number and counts as seen.
    #[error("request number was used before")]
    AlreadySeen,
    /// So far behind the highest number that it is not known whether it was seen.
    #[error("request number is too far behind the highest one")]
    TooOld,
}

/// Bytes that [`NumberWindow::to_bytes`] did not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a stored window of request numbers")]
pub struct InvalidWindow;

impl NumberWindow {
    /// The window of a device that has not asked for anything yet.
    pub fn new() -> Self {
        Self {
            highest: 0,
            seen: [0; WORDS],
        }
    }

    /// The highest number accepted. A device whose database went back in time is told it, and goes on above it.
    pub fn highest(&self) -> u64 {
        self.highest
    }

    /// Takes a number once.
    ///
    /// # Errors
    /// - [`Replay::AlreadySeen`]: accepted before.
    /// - [`Replay::TooOld`]: 1,024 or more behind the highest.
    pub fn accept(&mut self, number: u64) -> Result<(), Replay> {
        if number == 0 {
            return Err(Replay::AlreadySeen);
        }
        if number > self.highest {
            self.advance_to(number);
        } else if self.highest - number >= WINDOW_WIDTH {
            return Err(Replay::TooOld);
        } else if self.is_seen(number) {
            return Err(Replay::AlreadySeen);
        }
        self.mark(number, true);
        Ok(())
    }

    /// The stored form: highest number, then the bits.
    pub fn to_bytes(&self) -> Vec<u8> {
        let words = std::iter::once(&self.highest).chain(&self.seen);
        words.flat_map(|word| word.to_be_bytes()).collect()
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// - [`InvalidWindow`]: another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidWindow> {
        let (words, rest) = bytes.as_chunks::<8>();
        let (highest, seen) = words.split_first().ok_or(InvalidWindow)?;
        if bytes.len() != STORED || !rest.is_empty() {
            return Err(InvalidWindow);
        }
        let mut window = Self {
            highest: u64::from_be_bytes(*highest),
            ..Self::new()
        };
        for (word, stored) in window.seen.iter_mut().zip(seen) {
            *word = u64::from_be_bytes(*stored);
        }
        Ok(window)
    }

    fn advance_to(&mut self, number: u64) {
        if number - self.highest >= WINDOW_WIDTH {
            self.seen = [0; WORDS];
        } else {
            for skipped in self.highest + 1..=number {
                self.mark(skipped, false);
            }
        }
        self.highest = number;
    }

    fn is_seen(&self, number: u64) -> bool {
        let (word, bit) = place(number);
        self.seen.get(word).is_some_and(|seen| seen & bit != 0)
    }

    fn mark(&mut self, number: u64, seen: bool) {
        let (word, bit) = place(number);
        if let Some(word) = self.seen.get_mut(word) {
            *word = if seen { *word | bit } else { *word & !bit };
        }
    }
}

impl Default for NumberWindow {
    fn default() -> Self {
        Self::new()
    }
}

/// Each number has one bit, shared with the numbers a whole window away from it.
fn place(number: u64) -> (usize, u64) {
    let slot = number % WINDOW_WIDTH;
    ((slot / 64) as usize, 1 << (slot % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// The same rule said naively: remember every number for ever.
    #[derive(Default)]
    struct Remembering {
        seen: HashSet<u64>,
        highest: u64,
    }

    impl Remembering {
        fn accept(&mut self, number: u64) -> Result<(), Replay> {
            if number == 0 {
                return Err(Replay::AlreadySeen);
            }
            if self.highest.saturating_sub(number) >= WINDOW_WIDTH {
                return Err(Replay::TooOld);
            }
            self.highest = self.highest.max(number);
            if self.seen.insert(number) {
                Ok(())
            } else {
                Err(Replay::AlreadySeen)
            }
        }
    }

    /// Numbers that cluster, so that replays, gaps, window edges and wrap-around all happen.
    fn numbers() -> impl Strategy<Value = Vec<u64>> {
        let number = prop_oneof![
            8 => 0..3_000_u64,
            4 => (0..5_u64, 0..4_u64).prop_map(|(window, offset)| window * WINDOW_WIDTH + offset),
            1 => (u64::MAX - 2_000)..=u64::MAX,
        ];
        proptest::collection::vec(number, 0..200)
    }

    proptest! {
        #[test]
        fn the_window_equals_one_that_remembers_everything(numbers in numbers()) {
            let mut window = NumberWindow::new();
            let mut model = Remembering::default();
            for number in numbers {
                prop_assert_eq!(window.accept(number), model.accept(number), "number {}", number);
                prop_assert_eq!(window.highest(), model.highest);
            }
        }

        #[test]
        fn a_stored_window_is_read_back(numbers in numbers()) {
            let mut window = NumberWindow::new();
            for number in numbers {
                let _ = window.accept(number);
            }
            prop_assert_eq!(NumberWindow::from_bytes(&window.to_bytes()), Ok(window));
        }

        #[test]
        fn any_stored_bytes_give_a_window_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300), number: u64) {
            if let Ok(mut window) = NumberWindow::from_bytes(&bytes) {
                let _ = window.accept(number);
            }
        }

        #[test]
        fn any_bytes_of_the_right_length_are_usable(bytes in proptest::collection::vec(any::<u8>(), STORED), number: u64) {
            let mut window = NumberWindow::from_bytes(&bytes).unwrap();
            let _ = window.accept(number);
            prop_assert!(window.accept(number).is_err());
        }
    }
}
