//! Reading bytes front to back, and the frame around every chunk automerge writes.

use sha2::{Digest, Sha256};

use super::refusal::Refusal;

/// The bytes that every chunk begins with.
pub(crate) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// What is left of some bytes, and what to call them when they cannot be read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    part: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], part: &'static str) -> Self {
        Self { rest: bytes, part }
    }

    /// Goes on reading under another name.
    pub(super) fn at(&mut self, part: &'static str) -> &mut Self {
        self.part = part;
        self
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn malformed(&self) -> Refusal {
        Refusal::Malformed { part: self.part }
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(self.malformed())?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(self.malformed())?;
        self.rest = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, Refusal> {
        self.array().map(|[byte]| byte)
    }

    /// A length or a count of things of which there cannot be more than bytes.
    pub(crate) fn length(&mut self) -> Result<usize, Refusal> {
        let length = self.unsigned()?;
        usize::try_from(length).map_err(|_| self.malformed())
    }

    /// An unsigned LEB128 number in its shortest form.
    pub(super) fn unsigned(&mut self) -> Result<u64, Refusal> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                let shortest = shift == 0 || byte != 0;
                return if shortest {
                    Ok(value)
                } else {
                    Err(self.malformed())
                };
            }
        }
        Err(self.malformed())
    }

    /// A signed LEB128 number in its shortest form.
    pub(super) fn signed(&mut self) -> Result<i64, Refusal> {
        let mut value = 0_i64;
        let mut before = 0_u8;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let only_sign =
                    byte == 0 && before & 0x40 == 0 || byte == 0x7f && before & 0x40 != 0;
                let fits = shift < 63 || byte == 0 || byte == 0x7f;
                if shift > 0 && only_sign || !fits {
                    break;
                }
                let sign = if shift < 57 && byte & 0x40 != 0 {
                    -1_i64 << (shift + 7)
                } else {
                    0
                };
                return Ok(value | sign);
            }
            before = byte;
        }
        Err(self.malformed())
    }
}

/// What stands before a chunk's body.
pub(super) struct Frame {
    pub(super) kind: u8,
    checksum: [u8; 4],
    length: usize,
}

impl Frame {
    /// Layout: magic (4) · checksum (4) · type (1) · length (LEB128).
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        if reader.array()? != MAGIC {
            return Err(reader.malformed());
        }
        let checksum = reader.array()?;
        let [kind] = reader.array()?;
        let length = reader.length()?;
        Ok(Self {
            kind,
            checksum,
            length,
        })
    }
}

/// One chunk: its type, its body, and the hash automerge knows it by.
pub(super) struct Chunk<'a> {
    pub(super) kind: u8,
    pub(super) body: &'a [u8],
    checksum: [u8; 4],
}

impl<'a> Chunk<'a> {
    /// Reads bytes that are one chunk and nothing else. `None` when they do not even begin like one.
    ///
    /// Layout: [`Frame`] · body.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Option<Self>, Refusal> {
        let mut reader = Reader::new(bytes, "frame");
        if !bytes.starts_with(&MAGIC) {
            return Ok(None);
        }
        let frame = Frame::read(&mut reader)?;
        if frame.length != reader.rest().len() {
            return Err(reader.malformed());
        }
        Ok(Some(Self {
            kind: frame.kind,
            body: reader.rest(),
            checksum: frame.checksum,
        }))
    }

    /// The hash, if the checksum, its first four bytes, fits. It covers type, length and body.
    pub(super) fn hash(&self) -> Result<[u8; 32], Refusal> {
        let mut hasher = Sha256::new();
        hasher.update([self.kind]);
        hasher.update(unsigned_bytes(self.body.len() as u64));
        hasher.update(self.body);
        let hash: [u8; 32] = hasher.finalize().into();
        if hash.starts_with(&self.checksum) {
            Ok(hash)
        } else {
            Err(Refusal::WrongChecksum)
        }
    }
}

/// A number in its shortest LEB128 form.
pub(crate) fn unsigned_bytes(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_unsigned_number_is_read_as_written(value in prop_oneof![any::<u64>(), 0..300_u64]) {
            let bytes = unsigned_bytes(value);
            let mut reader = Reader::new(&bytes, "number");
            prop_assert_eq!(reader.unsigned(), Ok(value));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn a_signed_number_is_read_as_written(value in prop_oneof![any::<i64>(), -300..300_i64]) {
            let bytes = signed_bytes(value);
            let mut reader = Reader::new(&bytes, "number");
            prop_assert_eq!(reader.signed(), Ok(value));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn what_can_be_read_is_written_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let mut reader = Reader::new(&bytes, "number");
            if let Ok(value) = reader.unsigned() {
                let length = bytes.len() - reader.rest().len();
                prop_assert_eq!(&unsigned_bytes(value), &bytes[..length]);
            }
            let mut reader = Reader::new(&bytes, "number");
            if let Ok(value) = reader.signed() {
                let length = bytes.len() - reader.rest().len();
                prop_assert_eq!(&signed_bytes(value), &bytes[..length]);
            }
        }
    }

    fn signed_bytes(mut value: i64) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let low = (value & 0x7f) as u8;
            value >>= 7;
            if value == 0 && low & 0x40 == 0 || value == -1 && low & 0x40 != 0 {
                bytes.push(low);
                return bytes;
            }
            bytes.push(low | 0x80);
        }
    }

    #[test]
    fn numbers_that_are_too_long_or_too_large_are_refused() {
        let malformed = Err(Refusal::Malformed { part: "number" });
        for bytes in [
            &[0x81, 0x00][..],
            &[0xff],
            &[0xff; 11],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
        ] {
            assert_eq!(Reader::new(bytes, "number").unsigned(), malformed);
        }
        for bytes in [
            &[0x81, 0x00][..],
            &[0xff, 0x7f],
            &[0xff; 11],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ] {
            assert_eq!(
                Reader::new(bytes, "number").signed().map(|_| 0),
                malformed,
                "{bytes:?}"
            );
        }
    }
}
