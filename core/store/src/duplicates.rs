//! People who have a case already, found by index.

use std::collections::BTreeSet;

use caseweave_engine::duplicates::Known;
use caseweave_engine::ids::{CaseId, EntityId};
use chrono::NaiveDate;
use rusqlite::{Row, params};

use crate::error::Result;
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// Of more people than this who share a key not all are looked at: such a name tells nothing.
const SHARED_BY_MOST: i64 = 200;

pub(crate) const BY_KEY: &str = "SELECT case_id FROM person_key WHERE key = ?1 LIMIT ?2";
pub(crate) const BY_BIRTH: &str = "SELECT case_id FROM case_summary WHERE birth_on = ?1 LIMIT ?2";
pub(crate) const KEYS_OF: &str = "SELECT key FROM person_key WHERE case_id = ?1";
pub(crate) const KEYS_OF_ONE: &str = "SELECT key FROM person_key WHERE case_id = ?1 AND id = ?2";

impl ReadTx<'_> {
    /// The people who have one of these keys or were born on a day, by case. What this reads does not grow with the caseload.
    pub fn known_by(
        &self,
        keys: &BTreeSet<i64>,
        birth_date: Option<NaiveDate>,
    ) -> Result<Vec<Known>> {
        let mut cases = BTreeSet::new();
        let id = |row: &Row<'_>| Ok(row::document(row, "case_id")?);
        for key in keys {
            cases.extend(self.rows(BY_KEY, params![key, SHARED_BY_MOST], id)?);
        }
        if let Some(day) = birth_date.map(row::day_number) {
            cases.extend(self.rows(BY_BIRTH, params![day, SHARED_BY_MOST], id)?);
        }
        let mut known = Vec::with_capacity(cases.len());
        for case in cases {
            known.extend(self.known(case, keys)?);
        }
        Ok(known)
    }

    /// The cases whose person has a key, by id; not all of many.
    pub fn cases_with(&self, key: i64) -> Result<Vec<CaseId>> {
        self.rows(BY_KEY, params![key, SHARED_BY_MOST], |row| {
            Ok(row::document(row, "case_id")?)
        })
    }

    fn known(&self, case: CaseId, keys: &BTreeSet<i64>) -> Result<Option<Known>> {
        let shared = self.keys_of(case)?.intersection(keys).copied().collect();
        let sql = "SELECT sort_name, birth_on FROM case_summary WHERE case_id = ?1";
        self.row(sql, [case.to_bytes()], |row| {
            Ok(Known {
                case,
                sort_name: row.get("sort_name")?,
                birth_date: row::day(row, "birth_on")?,
                shared,
            })
        })
    }

    fn keys_of(&self, case: CaseId) -> Result<BTreeSet<i64>> {
        let keys = self.rows(KEYS_OF, [case.to_bytes()], |row| Ok(row.get("key")?))?;
        Ok(keys.into_iter().collect())
    }

    fn keys_of_one(&self, case: CaseId, id: EntityId) -> Result<BTreeSet<i64>> {
        let params = params![case.to_bytes(), id.to_bytes()];
        let keys = self.rows(KEYS_OF_ONE, params, |row| Ok(row.get("key")?))?;
        Ok(keys.into_iter().collect())
    }
}

impl WriteTx<'_> {
    /// Makes these the keys of one of a person's names, numbers and identifiers. Most edits change none.
    pub(crate) fn put_keys(&self, case: CaseId, id: EntityId, keys: &BTreeSet<i64>) -> Result<()> {
        let before = self.keys_of_one(case, id)?;
        for key in before.difference(keys) {
            let sql = "DELETE FROM person_key WHERE key = ?1 AND case_id = ?2 AND id = ?3";
            self.run(sql, params![key, case.to_bytes(), id.to_bytes()])?;
        }
        for key in keys.difference(&before) {
            let sql = "INSERT INTO person_key (key, case_id, id) VALUES (?1, ?2, ?3)";
            self.run(sql, params![key, case.to_bytes(), id.to_bytes()])?;
        }
        Ok(())
    }
}
