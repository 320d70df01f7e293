//! Measures file size and time at two page sizes, for rows shaped as ours: the figures of ADR 0001.
//!
//! `cargo run --release -p caseweave-store --example page_size`
#![expect(
    clippy::disallowed_methods,
    reason = "it measures how long things take"
)]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, params};

const CASES: u64 = 400;
const CHANGES_PER_CASE: u64 = 25;

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "page  file_mb  fill_ms  edit_us  log_kb_per_edit  cold_load_us  warm_load_us  scan_ms"
    );
    for _ in 0..3 {
        for page in [4096, 8192, 16384] {
            measure(page)?;
        }
    }
    Ok(())
}

fn measure(page: u32) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("pages.db");
    let connection = open(&path, page)?;
    connection.execute_batch(include_str!("../migrations/0001_initial.sql"))?;
    let fill = timed(|| fill(&connection))?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 0")?;
    let edit = timed(|| (0..300).try_for_each(|number| edit(&connection, number)))?;
    let log = std::fs::metadata(path.with_extension("db-wal"))?.len() as f64;
    drop(connection);
    let connection = open(&path, page)?;
    connection.execute_batch("PRAGMA cache_size = 0")?;
    let cold = timed(|| (0..CASES).try_for_each(|case| load(&connection, case * 7 % CASES)))?;
    connection.execute_batch("PRAGMA cache_size = -64000")?;
    let warm = timed(|| (0..CASES).try_for_each(|case| load(&connection, case * 7 % CASES)))?;
    let scan =
        timed(|| connection.query_row("SELECT sum(length(bytes)) FROM changes", [], |_| Ok(())))?;
    drop(connection);
    println!(
        "{page:5} {:7.2} {:8.0} {:8.0} {:16.1} {:13.0} {:13.0} {:8.1}",
        std::fs::metadata(&path)?.len() as f64 / 1e6,
        fill / 1e3,
        edit / 300.0,
        log / 300.0 / 1e3,
        cold / CASES as f64,
        warm / CASES as f64,
        scan / 1e3,
    );
    Ok(())
}

/// Microseconds.
fn timed(work: impl FnOnce() -> rusqlite::Result<()>) -> rusqlite::Result<f64> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed().as_micros() as f64)
}

fn open(path: &Path, page: u32) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(&format!(
        "PRAGMA key = \"x'{}'\"; PRAGMA cipher_page_size = {page}; PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;",
        "07".repeat(32)
    ))?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.execute_batch(&format!("PRAGMA wal_autocheckpoint = {}", 2_097_152 / page))?;
    Ok(connection)
}

/// Bytes that do not compress, the same in every run.
fn noise(seed: u64, length: u64) -> Vec<u8> {
    let mut bytes = vec![0; length as usize];
    blake3::Hasher::new()
        .update(&seed.to_be_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}

fn id(case: u64) -> Vec<u8> {
    noise(case, 16)
}

fn fill(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN")?;
    for case in 0..CASES {
        connection.execute(
            "INSERT INTO documents (id, kind, case_id, scope, heads, acknowledged_heads) VALUES (?1, 0, ?1, ?1, ?2, ?2)",
            params![id(case), noise(case, 32)],
        )?;
        connection.execute(
            "INSERT INTO snapshots (document, bytes, heads, checksum) VALUES (?1, ?2, ?3, ?4)",
            params![
                id(case),
                noise(case, 10_000 + case * 100),
                noise(case, 32),
                noise(case, 16)
            ],
        )?;
        for seq in 0..CHANGES_PER_CASE {
            append(connection, case, seq)?;
        }
    }
    connection.execute_batch("COMMIT")
}

fn append(connection: &Connection, case: u64, seq: u64) -> rusqlite::Result<()> {
    let number = case * 10_000 + seq;
    connection.prepare_cached(
        "INSERT INTO changes (document, hash, actor, seq, session, device, worker, claimed_ms, state, bytes, checksum)
         VALUES (?1, ?2, ?3, ?4, ?3, ?3, ?3, ?4, 0, ?5, ?6)",
    )?
    .execute(params![
        id(case),
        noise(number, 32),
        noise(case, 16),
        seq as i64,
        noise(number, 120 + number * 7919 % 780),
        noise(number, 16)
    ])?;
    Ok(())
}

/// What one local edit writes: a change, heads, a group.
fn edit(connection: &Connection, number: u64) -> rusqlite::Result<()> {
    let case = number * 13 % CASES;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    append(connection, case, 1_000 + number)?;
    connection.execute(
        "UPDATE documents SET heads = ?2 WHERE id = ?1",
        params![id(case), noise(number, 32)],
    )?;
    connection.execute(
        "INSERT INTO groups (case_id, created_ms, edits) VALUES (?1, ?2, ?3)",
        params![id(case), number as i64, noise(number, 200)],
    )?;
    connection.execute_batch("COMMIT")
}

fn load(connection: &Connection, case: u64) -> rusqlite::Result<()> {
    let _: Vec<u8> = connection
        .prepare_cached("SELECT bytes FROM snapshots WHERE document = ?1")?
        .query_row([id(case)], |row| row.get(0))?;
    connection
        .prepare_cached("SELECT bytes FROM changes WHERE document = ?1 ORDER BY number")?
        .query_map([id(case)], |row| row.get::<_, Vec<u8>>(0))?
        .try_for_each(|bytes| bytes.map(|_| ()))
}
