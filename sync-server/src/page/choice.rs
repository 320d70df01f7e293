//! Choosing what a page holds: the rows of the worker behind a place, or all documents one by one for a device that has none.

use std::collections::BTreeMap;

use caseweave_engine::ids::{DocumentId, ScopeId};
use caseweave_engine::sync::MAX_INFLATED;
use caseweave_engine::sync::server::{MAX_UPLOAD, RUN_SIZE};
use rusqlite::{Connection, OptionalExtension, params};

use super::find_document;
use super::told::{SETTINGS, Told, WORKERS, access_of, held_of, settings_of, standing, worker_of};
use crate::error::Error;
use crate::late::declined_of;
use crate::place::{Filling, Place};
use crate::record::is_closed;
use crate::rows;
use crate::step::Step;

/// Most bytes of news in one page, whatever the device asks for.
const MOST_BYTES: usize = MAX_UPLOAD;
/// Most bytes of news once they are inflated: what a phone has to hold in memory.
const MOST_INFLATED: usize = MAX_INFLATED / 2;
/// Most feed rows that one page reads.
const MOST_ROWS: i64 = 10_000;
/// Cases with a visit until so many days from now come first; yesterday counts for whoever lives behind UTC.
const DAYS_AHEAD: i64 = 2;

const DAY_MS: i64 = 86_400_000;

pub(super) const FEED: &str = "SELECT seq, document, whole FROM feed WHERE worker = ?1 AND seq > ?2 ORDER BY seq, document LIMIT ?3";
/// Of a scope that the worker may not read any more only the own rows.
pub(super) const ACCESS_FEED: &str =
    "SELECT seq, scope, subject, role, until_ms FROM access_feed a WHERE worker = ?1 AND seq > ?2
    AND (subject = ?1 OR EXISTS
        (SELECT 1 FROM grants g WHERE g.worker = ?1 AND g.scope = a.scope AND g.until_seq IS NULL))
    ORDER BY seq, scope, subject LIMIT ?3";
pub(super) const HELD_FEED: &str = "SELECT f.seq, h.id, h.scope, h.worker, h.received_ms, h.intentions, h.state = 'open'
    FROM held_feed f JOIN held h ON h.id = f.held WHERE f.worker = ?1 AND f.seq > ?2 AND EXISTS
        (SELECT 1 FROM grants g WHERE g.worker = ?1 AND g.scope = h.scope AND g.until_seq IS NULL AND g.role = 'lead')
    ORDER BY f.seq, h.number LIMIT ?3";
/// Declined work of the worker's own, on scopes that the worker may still read.
pub(super) const DECLINED_FEED: &str =
    "SELECT f.seq, h.scope, h.upload FROM held_feed f JOIN held h ON h.id = f.held
    WHERE f.worker = ?1 AND f.seq > ?2 AND h.worker = ?1 AND h.state = 'declined' AND EXISTS
        (SELECT 1 FROM grants g WHERE g.worker = ?1 AND g.scope = h.scope AND g.until_seq IS NULL)
    ORDER BY f.seq, h.number LIMIT ?3";
pub(super) const SIZE_AT: &str =
    "SELECT coalesce(sum(size + ?4), 0) FROM runs WHERE document = ?1 AND seq > ?2 AND seq <= ?3";
pub(super) const SNAPSHOT_SIZE: &str =
    "SELECT seq, size, coalesce(inflated, size) FROM snapshots WHERE document = ?1";
/// Closed drafts are left out, but for those that moved since the filling began: the feed behind it tells what is new in them.
pub(super) const FILL: &str =
    "SELECT d.scope, d.id FROM grants g JOIN documents d ON d.scope = g.scope
    WHERE g.worker = ?1 AND g.until_seq IS NULL AND (g.scope > ?2 OR g.scope = ?2 AND d.id > ?3)
        AND (d.closed IS NOT 1 OR d.last_seq > ?4)
    ORDER BY g.scope, d.id";
pub(super) const FILL_EARLY: &str = "SELECT d.scope, d.id FROM grants g JOIN scopes s ON s.id = g.scope JOIN documents d ON d.scope = s.id
    WHERE g.worker = ?1 AND g.until_seq IS NULL AND s.next_on BETWEEN ?2 AND ?3
        AND (d.closed IS NOT 1 OR d.last_seq > ?4) ORDER BY s.next_on, d.scope, d.id";

/// What the feed has under one sequence number.
#[derive(Default)]
struct Entries {
    /// Whether all of the document is news.
    documents: Vec<(DocumentId, bool)>,
    told: Told,
}

/// The feed behind a place.
struct Behind {
    entries: BTreeMap<i64, Entries>,
    /// Nothing is left out before this number.
    horizon: i64,
}

impl Behind {
    /// Adds rows, the sequence number first, of a statement that was limited to one more than [`MOST_ROWS`].
    fn add(
        &mut self,
        mut rows: rusqlite::Rows<'_>,
        mut add: impl FnMut(&mut Entries, &rusqlite::Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut count = 0;
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            add(self.entries.entry(seq).or_default(), row)?;
            count += 1;
            if count > MOST_ROWS {
                self.horizon = self.horizon.min(seq);
            }
        }
        Ok(())
    }
}

/// One document of a page.
pub(super) struct Pick {
    pub(super) document: DocumentId,
    pub(super) extent: Extent,
}

/// How much of a document a page holds.
#[derive(Clone, Copy)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// What lies behind the first sequence number, up to the second.
    Since(i64, i64),
}

/// What news count for in a page.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// Bytes as they are stored: snapshots compressed, each by itself, changes not. A page takes fewer.
    pub(super) stored: usize,
    /// Bytes once a page is inflated.
    pub(super) inflated: usize,
}

impl Weight {
    /// What is stored as it travels.
    fn plain(bytes: usize) -> Self {
        Self {
            stored: bytes,
            inflated: bytes,
        }
    }

    fn and(self, more: Self) -> Self {
        Self {
            stored: self.stored.saturating_add(more.stored),
            inflated: self.inflated.saturating_add(more.inflated),
        }
    }
}

/// Choosing what a page holds.
pub(super) struct Choice {
    pub(super) place: Place,
    pub(super) picks: Vec<Pick>,
    pub(super) told: Told,
    budget: usize,
    used: Weight,
    pub(super) more: bool,
}

impl Choice {
    pub(super) fn new(step: &Step<'_>, place: Place) -> Self {
        let budget = usize::try_from(step.request.budget)
            .unwrap_or(MOST_BYTES)
            .min(MOST_BYTES);
        Self {
            place,
            picks: Vec::new(),
            told: Told::default(),
            budget,
            used: Weight::default(),
            more: false,
        }
    }

    /// Whether that much more fits. Something always fits into an empty page, so that it goes on.
    fn takes(&mut self, more: Weight) -> bool {
        let full = self.used.and(more);
        let within = full.stored <= self.budget && full.inflated <= MOST_INFLATED;
        let fits = within || self.used == Weight::default();
        if fits {
            self.used = full.and(Weight::plain(usize::from(full == Weight::default())));
        } else {
            self.more = true;
        }
        fits
    }

    /// Goes on filling a new device.
    pub(super) fn fill(&mut self, step: &Step<'_>) -> Result<(), Error> {
        let Some(mut filling) = self.place.filling.take() else {
            return Ok(());
        };
        if !filling.begun {
            self.told = standing(step)?;
            self.used = Weight::plain(self.told.size());
            filling.begun = true;
        }
        let full =
            self.fill_early(step, &mut filling)? && self.fill_in_order(step, &mut filling)?;
        if full {
            self.place.seq = filling.until;
        } else {
            self.place.filling = Some(filling);
        }
        Ok(())
    }

    fn fill_early(&mut self, step: &Step<'_>, filling: &mut Filling) -> Result<bool, Error> {
        let today = step.now_ms.div_euclid(DAY_MS);
        let mut statement = step.transaction.prepare_cached(FILL_EARLY)?;
        let worker = step.device.author.worker.to_bytes();
        let mut found = statement.query(params![
            worker,
            today - 1,
            today + DAYS_AHEAD,
            filling.until
        ])?;
        while let Some(row) = found.next()? {
            let next = place_of(row)?;
            let Err(at) = filling.early.binary_search(&next.1) else {
                continue;
            };
            if filling.after.is_some_and(|after| next <= after) {
                continue;
            }
            if !self.takes(whole_weight(step.transaction, next.1)?) {
                return Ok(false);
            }
            filling.early.insert(at, next.1);
            self.picks.push(Pick {
                document: next.1,
                extent: Extent::Whole,
            });
        }
        Ok(true)
    }

    fn fill_in_order(&mut self, step: &Step<'_>, filling: &mut Filling) -> Result<bool, Error> {
        let (scope, document) = filling
            .after
            .map_or(([0; 16], [0; 16]), |(scope, document)| {
                (scope.to_bytes(), document.to_bytes())
            });
        let mut statement = step.transaction.prepare_cached(FILL)?;
        let mut found = statement.query(params![
            step.device.author.worker.to_bytes(),
            scope,
            document,
            filling.until
        ])?;
        while let Some(row) = found.next()? {
            let next = place_of(row)?;
            if filling.early.binary_search(&next.1).is_err() {
                if !self.takes(whole_weight(step.transaction, next.1)?) {
                    return Ok(false);
                }
                self.picks.push(Pick {
                    document: next.1,
                    extent: Extent::Whole,
                });
            }
            filling.after = Some(next);
        }
        Ok(true)
    }

    /// Follows the feed from where the device stands.
    pub(super) fn follow(&mut self, step: &Step<'_>) -> Result<(), Error> {
        if self.place.filling.is_some() {
            return Ok(());
        }
        let from = self.place.seq;
        let mut moved: BTreeMap<DocumentId, bool> = BTreeMap::new();
        for (seq, entries) in self.behind(step)? {
            let fresh: Vec<(DocumentId, bool)> = entries
                .documents
                .into_iter()
                .filter(|(document, _)| !self.picks.iter().any(|pick| pick.document == *document))
                .collect();
            let mut weight = Weight::plain(entries.told.size());
            for (document, whole) in &fresh {
                weight = weight.and(match whole {
                    true => whole_weight(step.transaction, *document)?,
                    false => {
                        Weight::plain(size_between(step.transaction, *document, seq - 1, seq)?)
                    }
                });
            }
            if !self.takes(weight) {
                break;
            }
            for (document, whole) in fresh {
                *moved.entry(document).or_default() |= whole;
            }
            self.told.append(entries.told);
            self.place.seq = seq;
        }
        let to = self.place.seq;
        let picks = moved.into_iter().map(|(document, whole)| Pick {
            document,
            extent: match whole {
                true => Extent::Whole,
                false => Extent::Since(from, to),
            },
        });
        self.picks.extend(picks);
        Ok(())
    }

    /// Closed drafts that the device asks for: it may have come too late to get them. What does not fit is asked for again.
    pub(super) fn add_wanted(&mut self, step: &Step<'_>) -> Result<(), Error> {
        for document in &step.request.wanted {
            let known = self.picks.iter().any(|pick| pick.document == *document);
            let closed = is_closed(step.transaction, *document)?;
            if known || !closed || find_document(step, *document)?.is_none() {
                continue;
            }
            if !self.takes(whole_weight(step.transaction, *document)?) {
                break;
            }
            self.picks.push(Pick {
                document: *document,
                extent: Extent::Whole,
            });
        }
        Ok(())
    }

    /// The worker's own rows behind the place, by sequence number.
    fn behind(&mut self, step: &Step<'_>) -> Result<BTreeMap<i64, Entries>, Error> {
        let connection = step.transaction;
        let bounds = params![
            step.device.author.worker.to_bytes(),
            self.place.seq,
            MOST_ROWS + 1
        ];
        let mut behind = Behind {
            entries: BTreeMap::new(),
            horizon: i64::MAX,
        };
        let mut feed = connection.prepare_cached(FEED)?;
        behind.add(feed.query(bounds)?, |entries, row| {
            let document = DocumentId::from_bytes(rows::bytes(row, 1, "document of the feed")?);
            entries.documents.push((document, row.get(2)?));
            Ok(())
        })?;
        let mut access = connection.prepare_cached(ACCESS_FEED)?;
        behind.add(access.query(bounds)?, |entries, row| {
            entries.told.access.push(access_of(row)?);
            Ok(())
        })?;
        let mut held = connection.prepare_cached(HELD_FEED)?;
        behind.add(held.query(bounds)?, |entries, row| {
            entries.told.held.push(held_of(row)?);
            Ok(())
        })?;
        let mut declined = connection.prepare_cached(DECLINED_FEED)?;
        behind.add(declined.query(bounds)?, |entries, row| {
            entries.told.declined.push(declined_of(row)?);
            Ok(())
        })?;
        let mut workers = connection.prepare_cached(WORKERS)?;
        let rows = workers.query(params![self.place.seq, MOST_ROWS + 1])?;
        behind.add(rows, |entries, row| {
            entries.told.workers.push(worker_of(row)?);
            Ok(())
        })?;
        let mut settings = connection.prepare_cached(SETTINGS)?;
        let rows = settings.query(params![self.place.seq, MOST_ROWS + 1])?;
        behind.add(rows, |entries, row| {
            entries.told.settings.push(settings_of(row)?);
            Ok(())
        })?;
        let Behind {
            mut entries,
            horizon,
        } = behind;
        let first = entries.keys().next().copied();
        if first.is_some_and(|first| first < horizon) && horizon < i64::MAX {
            // Numbers from here on may be incomplete.
            drop(entries.split_off(&horizon));
            self.more = true;
        }
        Ok(entries)
    }
}

fn place_of(row: &rusqlite::Row<'_>) -> Result<(ScopeId, DocumentId), Error> {
    let scope = ScopeId::from_bytes(rows::bytes(row, 0, "scope of a document")?);
    Ok((
        scope,
        DocumentId::from_bytes(rows::bytes(row, 1, "document")?),
    ))
}

pub(super) fn size_between(
    connection: &Connection,
    document: DocumentId,
    from: i64,
    to: i64,
) -> Result<usize, Error> {
    let mut statement = connection.prepare_cached(SIZE_AT)?;
    Ok(statement.query_row(
        params![document.to_bytes(), from, to, rows::to_size(RUN_SIZE)],
        |row| rows::size(row, 0),
    )?)
}

/// Sequence number and weight of a document's snapshot; zeros without one.
pub(super) fn snapshot_weight(
    connection: &Connection,
    document: DocumentId,
) -> Result<(i64, Weight), Error> {
    let weight = |row: &rusqlite::Row<'_>| {
        let (stored, inflated) = (rows::size(row, 1)?, rows::size(row, 2)?);
        Ok((row.get(0)?, Weight { stored, inflated }))
    };
    let found = connection
        .prepare_cached(SNAPSHOT_SIZE)?
        .query_row([document.to_bytes()], weight)
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn whole_weight(connection: &Connection, document: DocumentId) -> Result<Weight, Error> {
    let (seq, snapshot) = snapshot_weight(connection, document)?;
    let behind = size_between(connection, document, seq, i64::MAX)?;
    Ok(snapshot.and(Weight::plain(behind)))
}
