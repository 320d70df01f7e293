//! Packing: a message as CBOR, the whole compressed by zstd, and back under limits.
//!
//! Changes and snapshots travel raw inside a message so that the batch compresses as one.

use std::io::Read;

use serde::{Serialize, de::DeserializeOwned};

use super::columns;

/// Largest body, both ways, in bytes. A request that would be larger is split by the sender.
pub const MAX_BODY: usize = 4 * 1024 * 1024;
/// Most bytes a body may inflate to.
pub const MAX_INFLATED: usize = 32 * 1024 * 1024;

/// Compression level of pages of changes: 12 takes four times as long for two parts in a hundred, long-distance matching gains nothing.
const LEVEL: i32 = 6;
/// Compression level of pages with snapshots, which fill a device once. Of 72 KB a record, in a page of 60: 6 leaves 17.8 KB in 1.3 ms,
/// 12 16.5 in 5 ms, 15 16.2 in 22 ms, 16 15.4 in 29 ms, 19 15.2 in 41 ms.
const LEVEL_OF_SNAPSHOTS: i32 = 19;
/// Compression level of bodies up to [`SMALL`], such as a day's visits: 12 takes a quarter of the time for two parts in a
/// hundred more, 19 three times as long for one less.
const LEVEL_OF_SMALL: i32 = 15;
/// Most bytes of a body that is compressed with more care: some 25 ms.
const SMALL: usize = 64 * 1024;
/// Compression level of what is kept, which is written more often than it travels.
const LEVEL_OF_KEPT: i32 = 3;
/// Compression level of what is kept for long and hardly ever written: 12 takes three times as long for nothing, 15 ten times as long for
/// seven parts in a hundred less.
const LEVEL_AT_REST: i32 = 9;
/// Compression level of the same where there is much of it. Of 4.4 MB, a record of 2,000 visits with its texts, 9 leaves 593 KB in 70 ms,
/// 12 574 in 150 ms, 15 561 in 0.6 s, 16 546 in 1.3 s, 19 515 in 2.3 s.
const LEVEL_AT_LONG_REST: i32 = 16;
/// How much that is, in bytes.
const MUCH: usize = 1024 * 1024;
/// The first of the magic numbers of a skippable frame. Source: RFC 8878, 3.1.2.
const SKIPPABLE: [u8; 4] = 0x184D_2A50_u32.to_le_bytes();
const SKIPPABLE_HEADER: usize = 8;

/// Why bytes are no message.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Longer than [`MAX_BODY`], or inflates past [`MAX_INFLATED`].
    #[error("larger than the limit")]
    TooLarge,
    /// Not zstd.
    #[error("not a zstd body")]
    NotCompressed(#[source] std::io::Error),
    /// Not the message that was expected.
    #[error("not the expected message")]
    Malformed,
    /// Bytes stand behind the message.
    #[error("bytes behind the message")]
    Trailing,
}

/// Packs a message into a body.
///
/// # Errors
/// [`CodecError::TooLarge`] when the body would be longer than [`MAX_BODY`].
pub fn pack<T: Serialize>(message: &T) -> Result<Vec<u8>, CodecError> {
    let mut plain = Vec::new();
    ciborium::into_writer(message, &mut plain).map_err(|_| CodecError::Malformed)?;
    let gathered = columns::gather(&plain);
    let level = match &gathered {
        _ if plain.len() <= SMALL => LEVEL_OF_SMALL,
        Some(_) => LEVEL_OF_SNAPSHOTS,
        None => LEVEL,
    };
    let plain = gathered.unwrap_or(plain);
    let body = compress_at(level, &plain)?;
    if plain.len() > MAX_INFLATED || body.len() > MAX_BODY {
        return Err(CodecError::TooLarge);
    }
    Ok(body)
}

/// Compresses bytes to be kept, quickly.
///
/// # Errors
/// [`CodecError::NotCompressed`], where there is no memory for it.
pub fn compress(plain: &[u8]) -> Result<Vec<u8>, CodecError> {
    compress_at(LEVEL_OF_KEPT, plain)
}

/// Compresses bytes to be kept for long, harder.
///
/// # Errors
/// As [`compress`].
pub fn compress_to_rest(plain: &[u8]) -> Result<Vec<u8>, CodecError> {
    let level = if plain.len() < MUCH {
        LEVEL_AT_REST
    } else {
        LEVEL_AT_LONG_REST
    };
    compress_at(level, plain)
}

/// All of what [`compress`] or [`compress_to_rest`] was given, without a limit: for bytes that never left the device.
///
/// # Errors
/// [`CodecError::NotCompressed`]: it is not what they gave, or there is no memory for it.
pub fn inflated(bytes: &[u8]) -> Result<Vec<u8>, CodecError> {
    let inflate = || {
        let length = zstd::zstd_safe::get_frame_content_size(bytes)
            .ok()
            .flatten();
        let length = usize::try_from(length.unwrap_or_default()).unwrap_or(usize::MAX);
        let mut plain = Vec::new();
        plain.try_reserve_exact(length)?;
        zstd::bulk::Decompressor::new()?.decompress_to_buffer(bytes, &mut plain)?;
        Ok(plain)
    };
    inflate().map_err(CodecError::NotCompressed)
}

/// The same bit by bit, for who needs only the beginning.
///
/// # Errors
/// [`CodecError::NotCompressed`], where there is no memory for it. Bytes that are not zstd fail when they are read.
pub fn inflating(bytes: &[u8]) -> Result<impl Read + '_, CodecError> {
    zstd::stream::read::Decoder::with_buffer(bytes).map_err(CodecError::NotCompressed)
}

/// With a checksum, so that what was damaged on its way is not taken for something else.
fn compress_at(level: i32, plain: &[u8]) -> Result<Vec<u8>, CodecError> {
    let compress = || {
        let mut compressor = zstd::bulk::Compressor::new(level)?;
        compressor.include_checksum(true)?;
        compressor.compress(plain)
    };
    compress().map_err(CodecError::NotCompressed)
}

/// Pads a body with a skippable zstd frame: to the next 256 bytes up to 2 KiB, then to the next 1 KiB.
///
/// So a watcher of lengths cannot tell whether a short answer held something.
pub fn pad(mut body: Vec<u8>) -> Vec<u8> {
    let least = body.len() + SKIPPABLE_HEADER;
    let step = if least <= 2_048 { 256 } else { 1_024 };
    let filling = least.next_multiple_of(step) - least;
    body.extend(SKIPPABLE);
    body.extend(u32::try_from(filling).unwrap_or(0).to_le_bytes());
    body.resize(body.len() + filling, 0);
    body
}

/// Reads a message out of a body, padded or not.
///
/// # Errors
/// [`CodecError`], by what is wrong. No more than [`MAX_INFLATED`] bytes are ever inflated.
pub fn unpack<T: DeserializeOwned>(body: &[u8]) -> Result<T, CodecError> {
    if body.len() > MAX_BODY {
        return Err(CodecError::TooLarge);
    }
    let mut plain = inflate(body)?;
    if columns::is_gathered(&plain) {
        plain = columns::scatter(&plain).ok_or(CodecError::Malformed)?;
    }
    let mut rest = plain.as_slice();
    let message = ciborium::from_reader(&mut rest).map_err(|_| CodecError::Malformed)?;
    if rest.is_empty() {
        Ok(message)
    } else {
        Err(CodecError::Trailing)
    }
}

/// What [`compress`] was given.
///
/// # Errors
/// [`CodecError`], by what is wrong. No more than [`MAX_INFLATED`] bytes are ever inflated.
pub fn inflate(bytes: &[u8]) -> Result<Vec<u8>, CodecError> {
    let decoder = zstd::stream::read::Decoder::new(bytes).map_err(CodecError::NotCompressed)?;
    let mut plain = Vec::new();
    decoder
        .take(MAX_INFLATED as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(CodecError::NotCompressed)?;
    if plain.len() > MAX_INFLATED {
        return Err(CodecError::TooLarge);
    }
    Ok(plain)
}
