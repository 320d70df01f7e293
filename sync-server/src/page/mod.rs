//! The download half of an exchange: the next page of news for one device.
//!
//! A device that has a place in the feed gets the rows of its worker behind it, cut between sequence numbers, so that what
//! one request uploaded together arrives together. A device that has nothing is filled document by document.

mod choice;
mod told;
mod writer;

use std::collections::HashSet;

use caseweave_engine::ids::DocumentId;
use caseweave_engine::sync::Digest;
use caseweave_engine::sync::server::Merge;
use caseweave_engine::sync::wire::{Cursor, WireDevice, WireNews};
use rusqlite::Connection;

use self::choice::Choice;
use self::told::Told;
use self::writer::Writer;
pub(crate) use self::writer::{RUNS, find_document, find_entry, run_of};
use crate::error::Error;
use crate::feed::digest_of;
use crate::place::Place;
use crate::step::Step;

const STATEMENTS: [&str; 20] = [
    choice::FEED,
    choice::ACCESS_FEED,
    told::ACCESS_STANDING,
    told::ACCESS_ENDED,
    choice::HELD_FEED,
    choice::DECLINED_FEED,
    told::HELD_OPEN,
    told::DECLINED_STANDING,
    told::WORKERS,
    told::SETTINGS,
    choice::SIZE_AT,
    choice::SNAPSHOT_SIZE,
    writer::DOCUMENT,
    RUNS,
    writer::ADOPTED,
    writer::CHANGE,
    writer::SNAPSHOT,
    writer::DEVICE,
    choice::FILL,
    choice::FILL_EARLY,
];

/// How many steps SQLite has taken for pages on this connection, as long as its statements stay prepared.
pub(crate) fn steps(connection: &Connection) -> Result<u64, Error> {
    let mut steps = 0;
    for sql in STATEMENTS {
        let taken = connection
            .prepare_cached(sql)?
            .get_status(rusqlite::StatementStatus::VmStep);
        steps += u64::try_from(taken).unwrap_or(0);
    }
    Ok(steps)
}

/// One page.
pub(crate) struct Page {
    pub(crate) cursor: Cursor,
    pub(crate) documents: Vec<WireNews>,
    pub(crate) devices: Vec<WireDevice>,
    pub(crate) told: Told,
    pub(crate) digest: Option<Digest>,
    pub(crate) more: bool,
}

/// Reads the page that follows the request's cursor.
pub(crate) fn read(step: &Step<'_>, before: Place, merge: &Merge) -> Result<Page, Error> {
    let mut choice = Choice::new(step, before.clone());
    choice.fill(step)?;
    choice.follow(step)?;
    choice.add_wanted(step)?;
    let Choice {
        mut place,
        picks,
        told,
        more,
        ..
    } = choice;
    let uploaded = uploaded(step, merge);
    let mut writer = Writer {
        step,
        uploaded: &uploaded,
        place: &mut place,
        devices: Vec::new(),
    };
    let mut documents = Vec::new();
    for pick in &picks {
        documents.extend(writer.news(pick)?);
    }
    let devices = writer.devices;
    let cursor = match step.request.cursor {
        // A place that was started anew differs from what the unknown cursor stood for.
        Some(cursor) if place == before && place.filling.is_none() => cursor,
        _ => place.cursor(step)?,
    };
    let digest = if more {
        None
    } else {
        Some(digest_of(step.transaction, step.device.author.worker)?)
    };
    Ok(Page {
        cursor,
        documents,
        devices,
        told,
        digest,
        more,
    })
}

/// What this very request brought and the server has: the device need not get it back.
fn uploaded(step: &Step<'_>, merge: &Merge) -> HashSet<(DocumentId, [u8; 32])> {
    let groups = merge
        .stored
        .iter()
        .filter_map(|group| usize::try_from(*group).ok());
    let changes = groups.flat_map(|group| step.plan.group(group));
    changes
        .filter_map(|(index, hash)| Some((step.request.documents.get(index)?.document, hash)))
        .collect()
}
