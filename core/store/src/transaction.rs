//! Transactions: one snapshot to read, or one unit that is kept whole or not at all.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Deref;

use caseweave_engine::ids::CaseId;
use rusqlite::{CachedStatement, Connection, Params, Row};

use crate::error::Result;

/// One snapshot of the store: whatever is committed meanwhile does not show.
pub struct ReadTx<'a> {
    pub(crate) connection: &'a Connection,
}

/// One write transaction; reads what it wrote.
pub struct WriteTx<'a> {
    read: ReadTx<'a>,
    touched: RefCell<BTreeSet<CaseId>>,
}

impl<'a> Deref for WriteTx<'a> {
    type Target = ReadTx<'a>;

    fn deref(&self) -> &ReadTx<'a> {
        &self.read
    }
}

impl<'a> WriteTx<'a> {
    pub(crate) fn new(connection: &'a Connection) -> Self {
        Self {
            read: ReadTx { connection },
            touched: RefCell::default(),
        }
    }

    /// Marks a case as changed by this transaction, for [`ReadTx::changes_since`]. What changes a case's projections,
    /// outbox or quarantine marks it by itself.
    pub fn touch(&self, case: CaseId) {
        self.touched.borrow_mut().insert(case);
    }

    pub(crate) fn take_touched(&self) -> BTreeSet<CaseId> {
        self.touched.take()
    }

    /// Runs a statement and returns how many rows it changed.
    pub(crate) fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(self.statement(sql)?.execute(params)?)
    }
}

impl ReadTx<'_> {
    pub(crate) fn statement(&self, sql: &str) -> Result<CachedStatement<'_>> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// The rows a statement gives, each read by `read`.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.statement(sql)?;
        let mut rows = statement.query(params)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }

    /// The first row a statement gives, if any.
    pub(crate) fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.statement(sql)?;
        let mut rows = statement.query(params)?;
        rows.next()?.map(read).transpose()
    }
}
