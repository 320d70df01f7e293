//! The outbox: groups of local changes that are sent, accepted and refused together.

use caseweave_engine::ids::CaseId;
use chrono::NaiveDate;
use rusqlite::{Row, params};

use crate::changes::{self, ChangeRow, Changes, Hash};
use crate::documents::found;
use crate::error::{Error, Result};
use crate::quarantine::{NewQuarantined, QuarantinedChange};
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// A group's number, in the order they were made. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub i64);

/// What stands in place of a group's edits where these were lost with a damaged page: none, as JSON. Whatever keeps edits otherwise
/// compresses them.
pub const LOST_EDITS: &[u8] = b"[]";

/// A group to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewGroup<'a> {
    /// The case it is about.
    pub case: CaseId,
    /// When it was made, milliseconds since 1970-01-01T00:00:00Z.
    pub created_ms: i64,
    /// The edits that made it, as the caller encodes them; kept until the receipt.
    pub edits: &'a [u8],
    /// The day of the case's next planned visit.
    pub next_on: Option<NaiveDate>,
}

/// A group that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingGroup {
    /// Its number.
    pub id: GroupId,
    /// The case it is about.
    pub case: CaseId,
    /// When it was made, milliseconds since 1970-01-01T00:00:00Z.
    pub created_ms: i64,
    /// The edits that made it.
    pub edits: Vec<u8>,
    /// The day of the case's next planned visit.
    pub next_on: Option<NaiveDate>,
    /// Its changes in the order they were made.
    pub changes: Vec<ChangeRow>,
    /// Hashes of changes whose checksum does not hold: they cannot be sent as they are.
    pub damaged: Vec<Hash>,
}

/// How a case stands with the server: how many groups, each counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CaseSync {
    /// Saved here, not received there.
    pub pending: u32,
    /// Received, and kept aside until a lead accepts.
    pub held: u32,
    /// Refused for good and not dismissed.
    pub refused: u32,
}

const SELECT: &str = "SELECT number, case_id, created_ms, edits, next_on FROM groups";

/// The changes of a group, in place of an index: they stand between its first and its last.
pub(crate) const OF_GROUP: &str =
    "number BETWEEN (SELECT first_change FROM groups WHERE number = ?1)
     AND (SELECT last_change FROM groups WHERE number = ?1) AND group_id = ?1";

impl ReadTx<'_> {
    /// The groups to send next but for some, in the order they were made: as many as have `limit_bytes` of changes together, at
    /// least one.
    pub fn pending_groups(
        &self,
        limit_bytes: usize,
        but_for: &[GroupId],
    ) -> Result<Vec<PendingGroup>> {
        let (mut groups, mut bytes) = (Vec::new(), 0);
        for id in self.waiting_groups(None, but_for)? {
            let group = self.group(id)?.ok_or_else(row::impossible)?;
            bytes += group
                .changes
                .iter()
                .map(|change| change.bytes.len())
                .sum::<usize>();
            if bytes > limit_bytes && !groups.is_empty() {
                break;
            }
            groups.push(group);
        }
        Ok(groups)
    }

    /// The numbers of the groups that wait but for some, in the order they were made; only those of a case, if given.
    pub fn waiting_groups(
        &self,
        case: Option<CaseId>,
        but_for: &[GroupId],
    ) -> Result<Vec<GroupId>> {
        let sql = "SELECT number FROM groups WHERE state = 0 AND (?1 IS NULL OR case_id = ?1) ORDER BY number";
        let mut waiting = self.rows(sql, [case.map(CaseId::to_bytes)], |row| {
            Ok(GroupId(row.get("number")?))
        })?;
        waiting.retain(|id| !but_for.contains(id));
        Ok(waiting)
    }

    /// The groups of a case that the server holds, in the order they were made.
    pub fn held_groups(&self, case: CaseId) -> Result<Vec<PendingGroup>> {
        let sql = format!("{SELECT} WHERE case_id = ?1 AND state = 1 ORDER BY number");
        self.rows(&sql, [case.to_bytes()], |row| self.read_group(row))
    }

    /// One group that waits or is held.
    pub fn group(&self, id: GroupId) -> Result<Option<PendingGroup>> {
        let sql = format!("{SELECT} WHERE number = ?1");
        self.row(&sql, [id.0], |row| self.read_group(row))
    }

    /// How a case stands with the server.
    pub fn case_sync(&self, case: CaseId) -> Result<CaseSync> {
        let sql = "SELECT (SELECT count(*) FROM groups WHERE case_id = ?1 AND state = 0) AS pending,
                          (SELECT count(*) FROM groups WHERE case_id = ?1 AND state = 1) AS held,
                          (SELECT count(*) FROM quarantine WHERE case_id = ?1 AND edits IS NOT NULL AND dismissed = 0) AS refused";
        self.counts(sql, params![case.to_bytes()])
    }

    /// How the whole caseload stands with the server.
    pub fn total_sync(&self) -> Result<CaseSync> {
        let sql = "SELECT (SELECT count(*) FROM groups WHERE state = 0) AS pending,
                          (SELECT count(*) FROM groups WHERE state = 1) AS held,
                          (SELECT count(*) FROM quarantine WHERE edits IS NOT NULL AND dismissed = 0) AS refused";
        self.counts(sql, [])
    }

    fn counts(&self, sql: &str, params: impl rusqlite::Params) -> Result<CaseSync> {
        let counts = self.row(sql, params, |row| {
            Ok(CaseSync {
                pending: row.get("pending")?,
                held: row.get("held")?,
                refused: row.get("refused")?,
            })
        })?;
        Ok(counts.unwrap_or_default())
    }

    fn read_group(&self, row: &Row<'_>) -> Result<PendingGroup> {
        let id = GroupId(row.get("number")?);
        let Changes { rows, damaged } = self.collect_changes(
            &format!("{} WHERE {OF_GROUP} ORDER BY number", changes::SELECT),
            [id.0],
        )?;
        Ok(PendingGroup {
            id,
            case: row::document(row, "case_id")?,
            created_ms: row.get("created_ms")?,
            edits: row.get("edits")?,
            next_on: row::day(row, "next_on")?,
            changes: rows,
            damaged,
        })
    }

    fn case_of(&self, id: GroupId) -> Result<CaseId> {
        let sql = "SELECT case_id FROM groups WHERE number = ?1";
        self.row(sql, [id.0], |row| Ok(row::document(row, "case_id")?))?
            .ok_or(Error::NotFound { what: "group" })
    }
}

impl WriteTx<'_> {
    /// Opens a group; its changes are appended with its number.
    pub fn add_group(&self, group: NewGroup<'_>) -> Result<GroupId> {
        let id = GroupId(self.next_number()?);
        self.run(
            "INSERT INTO groups (number, case_id, created_ms, edits, next_on) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                id.0,
                group.case.to_bytes(),
                group.created_ms,
                group.edits,
                group.next_on.map(row::day_number)
            ],
        )?;
        self.refresh_sync_counts(group.case)?;
        Ok(id)
    }

    /// Notes that the change that was stored last is a group's.
    pub(crate) fn add_to_group(&self, id: GroupId) -> Result<()> {
        let change = self.connection.last_insert_rowid();
        let sql = "UPDATE groups SET first_change = coalesce(first_change, ?2), last_change = ?2 WHERE number = ?1";
        found(self.run(sql, params![id.0, change])?, "group")
    }

    /// Marks a group's changes as received by the server and drops its edits.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: no such group waits.
    pub fn acknowledge_group(&self, id: GroupId, received_ms: i64) -> Result<()> {
        let case = self.case_of(id)?;
        let folded = format!("FROM changes WHERE {OF_GROUP} AND folded = 1");
        self.run(
            &format!(
                "UPDATE envelopes SET received_ms = ?2 WHERE received_ms IS NULL AND number IN (SELECT envelope {folded})"
            ),
            params![id.0, received_ms],
        )?;
        // A folded change stands in the snapshot; only the missing receipt kept its row.
        self.run(&format!("DELETE {folded}"), [id.0])?;
        self.run(
            &format!(
                "UPDATE changes SET state = 1, received_ms = ?2, group_id = NULL WHERE {OF_GROUP}"
            ),
            params![id.0, received_ms],
        )?;
        self.run("DELETE FROM groups WHERE number = ?1", [id.0])?;
        self.refresh_sync_counts(case)
    }

    /// Marks a group as held by the server: durable there, outside the record until a lead accepts it, not sent again.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: no such group waits.
    pub fn hold_group(&self, id: GroupId) -> Result<()> {
        let case = self.case_of(id)?;
        let changed = self.run("UPDATE groups SET state = 1 WHERE number = ?1", [id.0])?;
        found(changed, "group")?;
        self.refresh_sync_counts(case)
    }

    /// Lets the groups of a case that the server holds wait again, to be sent as any other: the worker may write again.
    pub fn release_held(&self, case: CaseId) -> Result<()> {
        self.run(
            "UPDATE groups SET state = 0 WHERE case_id = ?1 AND state = 1",
            [case.to_bytes()],
        )?;
        self.refresh_sync_counts(case)
    }

    /// Moves a refused group into quarantine, its edits and changes with it, and takes back envelopes that covered only
    /// changes without a receipt, so that what is left of their runs is signed anew. Returns the number of the entry. The
    /// caller rebuilds the documents.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: no such group waits.
    pub fn refuse_group(&self, id: GroupId, at_ms: i64, code: &str, reason: &str) -> Result<i64> {
        let group = self.group(id)?.ok_or(Error::NotFound { what: "group" })?;
        let changes: Vec<_> = self.changes_to_set_aside(id)?;
        let entry = self.quarantine(&NewQuarantined {
            case: Some(group.case),
            at_ms,
            code,
            reason,
            edits: Some(&group.edits),
            changes: &changes,
        })?;
        self.withdraw_group(id)?;
        Ok(entry)
    }

    /// Takes a group out with its changes, and takes back envelopes that covered only changes without a receipt. The caller has
    /// its edits and makes them again, or has set them aside.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: no such group waits.
    pub fn withdraw_group(&self, id: GroupId) -> Result<()> {
        let case = self.case_of(id)?;
        self.run(
            &format!(
                "DELETE FROM envelopes WHERE number IN (SELECT envelope FROM changes WHERE {OF_GROUP})
                 AND NOT EXISTS (SELECT 1 FROM changes WHERE envelope = envelopes.number AND state <> 0)"
            ),
            [id.0],
        )?;
        self.run(&format!("DELETE FROM changes WHERE {OF_GROUP}"), [id.0])?;
        self.run("DELETE FROM groups WHERE number = ?1", [id.0])?;
        self.refresh_sync_counts(case)
    }

    /// A group's changes as quarantine keeps them, straight from the rows: one whose checksum does not hold is kept too.
    pub fn changes_to_set_aside(&self, id: GroupId) -> Result<Vec<QuarantinedChange>> {
        let sql =
            format!("SELECT document, hash, bytes FROM changes WHERE {OF_GROUP} ORDER BY number");
        self.rows(&sql, [id.0], |row| {
            Ok(QuarantinedChange {
                document: Some(row::document(row, "document")?),
                hash: Some(row.get("hash")?),
                bytes: row.get("bytes")?,
            })
        })
    }

    /// Brings a case's counts in lists up to date, if the case is in them.
    pub(crate) fn refresh_sync_counts(&self, case: CaseId) -> Result<()> {
        let CaseSync {
            pending,
            held,
            refused,
        } = self.case_sync(case)?;
        self.run(
            "UPDATE case_summary SET unsynced = ?2, refused = ?3 WHERE case_id = ?1",
            params![case.to_bytes(), pending + held, refused],
        )?;
        self.touch(case);
        Ok(())
    }
}
