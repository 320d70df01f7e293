//! Brings a database to the version this library knows. Files are numbered, append only, and never change once shipped.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::{Error, Result};

/// One step: the version it produces, its name, and its SQL.
#[derive(Clone)]
pub(crate) struct Migration {
    pub(crate) version: u32,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "0001_initial",
        sql: include_str!("../migrations/0001_initial.sql"),
    },
    Migration {
        version: 2,
        name: "0002_access",
        sql: include_str!("../migrations/0002_access.sql"),
    },
    Migration {
        version: 3,
        name: "0003_proof_and_lease",
        sql: include_str!("../migrations/0003_proof_and_lease.sql"),
    },
    Migration {
        version: 4,
        name: "0004_instruments",
        sql: include_str!("../migrations/0004_instruments.sql"),
    },
    Migration {
        version: 5,
        name: "0005_giving_back",
        sql: include_str!("../migrations/0005_giving_back.sql"),
    },
    Migration {
        version: 6,
        name: "0006_smaller",
        sql: include_str!("../migrations/0006_smaller.sql"),
    },
    Migration {
        version: 7,
        name: "0007_worklist",
        sql: include_str!("../migrations/0007_worklist.sql"),
    },
    Migration {
        version: 8,
        name: "0008_settings",
        sql: include_str!("../migrations/0008_settings.sql"),
    },
    Migration {
        version: 9,
        name: "0009_storage",
        sql: include_str!("../migrations/0009_storage.sql"),
    },
    Migration {
        version: 10,
        name: "0010_closed_drafts",
        sql: include_str!("../migrations/0010_closed_drafts.sql"),
    },
    Migration {
        version: 11,
        name: "0011_figures",
        sql: include_str!("../migrations/0011_figures.sql"),
    },
    Migration {
        version: 12,
        name: "0012_fewer_pages",
        sql: include_str!("../migrations/0012_fewer_pages.sql"),
    },
    Migration {
        version: 13,
        name: "0013_worklist_by_index",
        sql: include_str!("../migrations/0013_worklist_by_index.sql"),
    },
    Migration {
        version: 14,
        name: "0014_compartments",
        sql: include_str!("../migrations/0014_compartments.sql"),
    },
    Migration {
        version: 15,
        name: "0015_lists_by_index",
        sql: include_str!("../migrations/0015_lists_by_index.sql"),
    },
    Migration {
        version: 16,
        name: "0016_directory",
        sql: include_str!("../migrations/0016_directory.sql"),
    },
    Migration {
        version: 17,
        name: "0017_words",
        sql: include_str!("../migrations/0017_words.sql"),
    },
    Migration {
        version: 18,
        name: "0018_stored_records",
        sql: include_str!("../migrations/0018_stored_records.sql"),
    },
    Migration {
        version: 19,
        name: "0019_more_to_find",
        sql: include_str!("../migrations/0019_more_to_find.sql"),
    },
    Migration {
        version: 20,
        name: "0020_appointments",
        sql: include_str!("../migrations/0020_appointments.sql"),
    },
    Migration {
        version: 21,
        name: "0021_by_status_and_risk",
        sql: include_str!("../migrations/0021_by_status_and_risk.sql"),
    },
    Migration {
        version: 22,
        name: "0022_on_the_agenda",
        sql: include_str!("../migrations/0022_on_the_agenda.sql"),
    },
    Migration {
        version: 23,
        name: "0023_index_in_turn",
        sql: include_str!("../migrations/0023_index_in_turn.sql"),
    },
];

/// The version of database that this library writes.
pub const DATABASE_VERSION: u32 = MIGRATIONS.len() as u32;

/// The version a database has; 0 when it is new.
///
/// # Errors
/// - [`Error::UpgradeRequired`]: made by a newer version of this library.
pub(crate) fn check_version(connection: &Connection, steps: &[Migration]) -> Result<u32> {
    let found = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let supported = steps.last().map_or(0, |step| step.version);
    if found > supported {
        return Err(Error::UpgradeRequired { found, supported });
    }
    Ok(found)
}

/// Takes every step the database has not taken yet, each with its version number in one transaction.
pub(crate) fn migrate(connection: &mut Connection, steps: &[Migration]) -> Result<()> {
    let found = check_version(connection, steps)?;
    for step in steps.iter().filter(|step| step.version > found) {
        take(connection, step)?;
    }
    Ok(())
}

fn take(connection: &mut Connection, step: &Migration) -> Result<()> {
    let tx = Transaction::new(connection, TransactionBehavior::Immediate)?;
    tx.execute_batch(step.sql)?;
    tx.pragma_update(None, "user_version", step.version)?;
    tx.commit()?;
    tracing::info!(
        version = step.version,
        name = step.name,
        "database brought forward"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_migrations_never_change() {
        // A hash that differs means that a database in the field no longer matches its version: add a file instead.
        let shipped = [
            "b6059e655fa03026c21663fbb2a971ecc030ba33bdf1a2af5e8ae780d9faf581",
            "068f38ce2bc656956b004eab5674488b3598c75ab0bb332227e47dd12b7f2bcb",
            "97c2cb4f1923361d417814b74ad05497200d05beb6e28119ec94a1bc7e71c53c",
            "6fb4d49e61c742b8d252db6fb3ba1648a7d220527b3b5c4b21ffda54682a7eb6",
            "2a13cad4c126ac60de31f8d37621cd36882630054298c2842ccf316074ed7707",
            "446f131a599816dbd84a1855fafa340d9dd3093a5a5a64b96cb38484933480d9",
            "cbe6199d90df3cb6c13d95852c7987b55f2b8d2772dfa1473c99d3dd8fcbc776",
            "b5265773e4b0b78ddd3c249aa507db77abdaac101210c3baf2557c65d45f94df",
            "35929960195d5c70221d2cc59e32960ca010cc8568ff590d2adc52481ef2c695",
            "a2702fe41a3c892f4edc46d540245e1acdb9b3d173cb848dd11786f558f6c473",
            "6bc4b48fc050bcf7e2d5eabbb1f021562c58cded1a3cad0d143216fc8872bef7",
            "a173ff9e6df32a9612d54d51a7f2465bea2c952518fae506c6fa995db3e517bc",
            "66c1fa3cfae4e3d6d45bd79b71ac16cd45541c6ff82b6fe800ba2e32361e4161",
            "ffd97e7dfeb5cc9af91423987a2aa19c5548b820388db306e8e4ddcbb40f3bd9",
            "36d14f2f2bddf6a93f760c40d75b1366c9b6b634a5f5501db16257d58a9e1749",
            "5c4c4beca99fc11adcc4a9d438304f75c9e99bae0dbcf436b40e4933b5d43204",
            "6d8ca09d03a560f9a11a72662b8aa8b968fab357020b70452c692027096a4d94",
            "e062ab949e98e61e24fa87d8b2d2f0ff2dcd16c5dc37183cb8a445b053e25f9d",
            "f08f0958bd1d8dfdfcf53f57958b4638348ee7b504bf460e49ffd7cfee404bbc",
            "0dd7a9aed0326f07fc45dc917486f47608572f8be473c6356e3f9f761fc38c1f",
            "c97ac1ed91bf80866f06e85fbe6fc336a47ad44d6436dba1ed904ad2f584f910",
            "80cb7bcdfd90e9b7901d350406a7380b54a6550898959dd1515f9bb3b9ea5fd9",
            "cfe0bdc89d8522027eb1dad95c0ad560de98f3fc3e586246ae93ebb358eb0031",
        ];
        let hashes: Vec<_> = MIGRATIONS
            .iter()
            .map(|step| blake3::hash(step.sql.as_bytes()).to_hex().to_string())
            .collect();
        assert_eq!(hashes, shipped);
    }

    #[test]
    fn versions_are_dense_and_files_carry_their_number() {
        for (index, step) in MIGRATIONS.iter().enumerate() {
            assert_eq!(step.version as usize, index + 1);
            assert!(step.name.starts_with(&format!("{:04}_", step.version)));
        }
    }

    #[test]
    fn records_that_an_older_version_could_not_read_have_their_rows_made() {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::packs::teach(&connection).unwrap();
        let outdated_after = |connection: &mut Connection, version: usize| -> Vec<Vec<u8>> {
            migrate(connection, &MIGRATIONS[..version]).unwrap();
            let mut outdated = connection
                .prepare("DELETE FROM outdated RETURNING case_id")
                .unwrap();
            let outdated = outdated.query_map([], |row| row.get(0)).unwrap();
            outdated.map(std::result::Result::unwrap).collect()
        };
        outdated_after(&mut connection, 13);
        connection
            .execute_batch(
                "INSERT INTO documents (id, kind, case_id, scope, heads, acknowledged_heads) VALUES
                     (x'01', 0, x'01', x'01', x'', x''), (x'02', 0, x'02', x'02', x'', x''), (x'03', 1, x'02', x'02', x'', x'');
                 INSERT INTO case_summary (case_id, name, sort_name, alert, interpreter, changed_ms) VALUES (x'01', '', '', 0, 0, 0);",
            )
            .unwrap();
        assert_eq!(outdated_after(&mut connection, 14), [[2]]);
        connection
            .execute_batch(
                "INSERT INTO compartment VALUES (x'02', x'01', '', 0, 0, 0, 0, 0, 0);
                 INSERT INTO documents (id, kind, case_id, scope, heads, acknowledged_heads) VALUES (x'04', 0, x'04', x'04', x'', x'');",
            )
            .unwrap();
        assert_eq!(outdated_after(&mut connection, 16), [[4]]);
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        let step = |version, sql| Migration {
            version,
            name: "step",
            sql,
        };
        let steps = [
            step(1, "CREATE TABLE first (a)"),
            step(2, "CREATE TABLE second (a); INSERT INTO nowhere VALUES (1)"),
        ];
        assert!(migrate(&mut connection, &steps).is_err());
        assert_eq!(check_version(&connection, &steps).unwrap(), 1);
        let tables: u32 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 1);
        let mended = [steps[0].clone(), step(2, "CREATE TABLE second (a)")];
        migrate(&mut connection, &mended).unwrap();
        assert_eq!(check_version(&connection, &mended).unwrap(), 2);
    }
}
