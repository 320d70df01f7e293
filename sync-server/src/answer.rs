//! What a device is answered: a status and a packed, padded body.

use caseweave_engine::sync::wire::WireError;
use caseweave_engine::sync::{pack, pad};
use serde::Serialize;

use crate::error::Error;

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, packed and padded.
    pub body: Vec<u8>,
}

/// Why a request is not served. Its code never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoProof,
    UnknownDevice,
    BadSignature,
    ReplayedNumber { highest: u64 },
    DeviceRevoked,
    EnrolmentRefused,
    Malformed,
    TooLarge,
    UpgradeRequired,
    StorageFull,
    Busy,
    Internal,
}

impl Refusal {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NoProof => "no_proof",
            Self::UnknownDevice => "unknown_device",
            Self::BadSignature => "bad_signature",
            Self::ReplayedNumber { .. } => "replayed_number",
            Self::DeviceRevoked => "device_revoked",
            Self::EnrolmentRefused => "enrolment_refused",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::UpgradeRequired => "upgrade_required",
            Self::StorageFull => "storage_full",
            Self::Busy => "busy",
            Self::Internal => "internal",
        }
    }

    fn status(self) -> u16 {
        match self {
            Self::NoProof
            | Self::UnknownDevice
            | Self::BadSignature
            | Self::ReplayedNumber { .. }
            | Self::DeviceRevoked
            | Self::EnrolmentRefused => 401,
            Self::Malformed => 400,
            Self::TooLarge => 413,
            Self::UpgradeRequired => 426,
            Self::StorageFull => 507,
            Self::Busy => 503,
            Self::Internal => 500,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::NoProof => "authorization header is missing or no request proof",
            Self::UnknownDevice => "device is not enrolled here",
            Self::BadSignature => "signature does not fit device, server, route, number and body",
            Self::ReplayedNumber { .. } => "request number may have been used before",
            Self::DeviceRevoked => "device was revoked",
            Self::EnrolmentRefused => {
                "secret is unknown, used or expired, or the proof does not hold"
            }
            Self::Malformed => "body is not a request of this protocol version",
            Self::TooLarge => "request is past a limit",
            Self::UpgradeRequired => "protocol version is not spoken here",
            Self::StorageFull => "server has no room",
            Self::Busy => "too many requests at once, come back in some seconds",
            Self::Internal => "server failed",
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let error = WireError {
            code: refusal.code().to_owned(),
            reason: refusal.reason().to_owned(),
            number: match refusal {
                Refusal::ReplayedNumber { highest } => Some(highest),
                _ => None,
            },
        };
        let body = pack(&error).map(pad).unwrap_or_default();
        Self {
            status: refusal.status(),
            body,
        }
    }
}

impl From<Error> for Answer {
    fn from(error: Error) -> Self {
        let full = matches!(
            &error,
            Error::Storage(rusqlite::Error::SqliteFailure(failure, _)) if failure.code == rusqlite::ErrorCode::DiskFull
        );
        tracing::error!(error = &error as &dyn std::error::Error, "request failed");
        Self::from(if full {
            Refusal::StorageFull
        } else {
            Refusal::Internal
        })
    }
}

impl Answer {
    /// A success with this message.
    pub(crate) fn success<T: Serialize>(message: &T) -> Result<Self, Error> {
        Ok(Self {
            status: 200,
            body: pad(pack(message)?),
        })
    }
}
