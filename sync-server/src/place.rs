//! Places in the feed: what the server remembers behind an opaque cursor.
//!
//! A place holds everything the next page depends on, so pages that were lost, or applied by one of two copies of a phone
//! only, mislead nobody: whoever shows a cursor gets what follows from that cursor.

use caseweave_engine::ids::{DocumentId, ScopeId};
use caseweave_engine::sync::wire::Cursor;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

use crate::audit::{self, Entry};
use crate::error::Error;
use crate::feed::position;
use crate::seams::random;
use crate::step::Step;

/// How many places of each device are remembered: requests under way at once, and a copied phone that lags behind.
const REMEMBERED: u32 = 16;

/// Where a device stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Everything up to this sequence number was sent, but for what `filling` still lacks.
    #[serde(rename = "s")]
    pub(crate) seq: i64,
    /// While a new device is being filled.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub(crate) filling: Option<Filling>,
    /// Numbers of the devices whose keys were sent, sorted.
    #[serde(rename = "t")]
    pub(crate) told: Vec<u32>,
}

/// How far a new device is filled. Documents go out by scope and id, those of the next days before all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Filling {
    /// Where the feed goes on when it is full.
    #[serde(rename = "u")]
    pub(crate) until: i64,
    /// Whether roles, workers and late work were sent.
    #[serde(rename = "b", default)]
    pub(crate) begun: bool,
    /// The last document sent in order.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<(ScopeId, DocumentId)>,
    /// Documents sent out of order, sorted.
    #[serde(rename = "e", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) early: Vec<DocumentId>,
}

impl Place {
    /// Where a device stands that has nothing.
    pub(crate) fn start(step: &Step<'_>) -> Result<Self, Error> {
        let filling = Filling {
            until: position(step.transaction)?,
            begun: false,
            after: None,
            early: Vec::new(),
        };
        Ok(Self {
            seq: 0,
            filling: Some(filling),
            told: Vec::new(),
        })
    }

    /// Where the request says the device stands. One that shows a cursor nobody remembers starts anew.
    pub(crate) fn of_request(step: &Step<'_>) -> Result<Self, Error> {
        let Some(cursor) = step.request.cursor else {
            return Self::start(step);
        };
        let known: Option<Vec<u8>> = step
            .transaction
            .prepare_cached("SELECT place FROM cursors WHERE device = ?1 AND token = ?2")?
            .query_row(params![step.device.number, cursor.into_array()], |row| {
                row.get(0)
            })
            .optional()?;
        match known {
            Some(place) => Self::from_bytes(&place),
            None => {
                let entry = Entry::new(
                    "unknown_cursor",
                    Some(step.device.author.device),
                    "started_anew",
                );
                audit::append(step.transaction, step.now_ms, &entry)?;
                Self::start(step)
            }
        }
    }

    /// Everything up to this sequence number is surely known to whoever shows this place.
    pub(crate) fn confirmed(&self) -> i64 {
        match self.filling {
            Some(_) => 0,
            None => self.seq,
        }
    }

    /// Whether the request shows a cursor that nobody remembers, as after the server was restored from a backup.
    pub(crate) fn is_lost(step: &Step<'_>) -> Result<bool, Error> {
        let Some(cursor) = step.request.cursor else {
            return Ok(false);
        };
        let mut statement = step
            .transaction
            .prepare_cached("SELECT 1 FROM cursors WHERE device = ?1 AND token = ?2")?;
        let known = statement.exists(params![step.device.number, cursor.into_array()])?;
        Ok(!known)
    }

    /// The cursor for this place: the one that stands for it already, or a new one.
    pub(crate) fn cursor(&self, step: &Step<'_>) -> Result<Cursor, Error> {
        let (device, place) = (step.device.number, self.to_bytes()?);
        let known: Option<[u8; 16]> = step
            .transaction
            .prepare_cached("SELECT token FROM cursors WHERE device = ?1 AND place = ?2 ORDER BY number DESC LIMIT 1")?
            .query_row(params![device, place], |row| row.get(0))
            .optional()?;
        if let Some(token) = known {
            return Ok(ByteArray::new(token));
        }
        let token: [u8; 16] = random(&*step.context.entropy)?;
        step.transaction
            .prepare_cached("INSERT INTO cursors (device, token, place) VALUES (?1, ?2, ?3)")?
            .execute(params![device, token, place])?;
        step.transaction
            .prepare_cached(
                "DELETE FROM cursors WHERE device = ?1 AND number <=
                     (SELECT number FROM cursors WHERE device = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
            )?
            .execute(params![device, REMEMBERED])?;
        Ok(ByteArray::new(token))
    }

    fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        ciborium::into_writer(self, &mut bytes).map_err(|_| Error::DamagedRow { what: "place" })?;
        Ok(bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        ciborium::from_reader(bytes).map_err(|_| Error::DamagedRow { what: "place" })
    }
}
