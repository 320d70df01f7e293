//! Transactions: one snapshot to read, or one unit that is kept whole or not at all.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::Deref;

use caseweave_engine::ids::CaseId;
use rusqlite::{CachedStatement, Connection, Params, Row, Statement};

use crate::error::{Error, Result};
use crate::room;

/// One snapshot of the store: whatever is committed meanwhile does not show.
pub struct ReadTx<'a> {
    pub(crate) connection: &'a Connection,
    damage: &'a Cell<bool>,
}

/// One write transaction; reads what it wrote.
pub struct WriteTx<'a> {
    read: ReadTx<'a>,
    touched: RefCell<BTreeSet<CaseId>>,
    /// Whether this transaction added texts that the search index has not got.
    waiting: Cell<bool>,
}

impl<'a> Deref for WriteTx<'a> {
    type Target = ReadTx<'a>;

    fn deref(&self) -> &ReadTx<'a> {
        &self.read
    }
}

impl<'a> WriteTx<'a> {
    pub(crate) fn new(connection: &'a Connection, damage: &'a Cell<bool>) -> Self {
        Self {
            read: ReadTx::new(connection, damage),
            touched: RefCell::default(),
            waiting: Cell::default(),
        }
    }

    /// Marks a case as changed by this transaction, for [`ReadTx::changes_since`]. What changes a case's projections,
    /// outbox or quarantine marks it by itself.
    pub fn touch(&self, case: CaseId) {
        self.touched.borrow_mut().insert(case);
    }

    /// Notes that a text waits to be taken into the search index.
    pub(crate) fn note_waiting(&self) {
        self.waiting.set(true);
    }

    /// Whether one was noted since this was last asked.
    pub(crate) fn take_waiting(&self) -> bool {
        self.waiting.take()
    }

    pub(crate) fn take_touched(&self) -> BTreeSet<CaseId> {
        self.touched.take()
    }

    /// Runs a statement and returns how many rows it changed.
    pub(crate) fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.run_in_memory(sql, params)
    }
}

impl<'a> ReadTx<'a> {
    /// `damage` is set when a page or row turns out to be damaged.
    pub(crate) fn new(connection: &'a Connection, damage: &'a Cell<bool>) -> Self {
        Self { connection, damage }
    }

    fn noting<T>(&self, result: Result<T>) -> Result<T> {
        let result = result.map_err(|error| room::named(self.connection, error));
        if matches!(result, Err(Error::Corrupt { .. })) {
            self.damage.set(true);
        }
        result
    }

    pub(crate) fn statement(&self, sql: &str) -> Result<CachedStatement<'_>> {
        let statement = self.connection.prepare_cached(sql);
        self.noting(statement.map_err(Error::from))
    }

    /// Runs a statement that writes to nothing but tables in memory, which a transaction that only reads forgets again; returns how
    /// many rows it changed.
    pub(crate) fn run_in_memory(&self, sql: &str, params: impl Params) -> Result<usize> {
        let changed = self.statement(sql)?.execute(params);
        self.noting(changed.map_err(Error::from))
    }

    /// The rows a statement gives, each read by `read`.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.statement(sql)?;
        self.noting(collect(&mut statement, params, &mut read))
    }

    /// Does something with each row a statement gives.
    pub(crate) fn each(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.rows(sql, params, read)?;
        Ok(())
    }

    /// The first row a statement gives, if any.
    pub(crate) fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.statement(sql)?;
        self.noting(first(&mut statement, params, read))
    }
}

fn collect<T>(
    statement: &mut Statement<'_>,
    params: impl Params,
    read: &mut impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut rows = statement.query(params)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

fn first<T>(
    statement: &mut Statement<'_>,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}
