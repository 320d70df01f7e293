//! The key vault that the app brings along.

use std::sync::Arc;

use crate::CaseweaveError;

/// Seals secrets with a key that only this device's hardware or operating system holds: Android Keystore, Keychain.
///
/// Called from whichever thread makes the call that needs it. Do not call back into the library from here.
#[uniffi::export(foreign)]
pub trait KeyVault: Send + Sync {
    /// Seals a secret; `name` says which.
    fn seal(&self, name: String, secret: Vec<u8>) -> Result<Vec<u8>, KeyVaultError>;
    /// Opens what `seal` gave for the same name.
    fn open(&self, name: String, sealed: Vec<u8>) -> Result<Vec<u8>, KeyVaultError>;
    /// Forgets the key behind a name: what was sealed under it can never be opened again.
    fn delete(&self, name: String) -> Result<(), KeyVaultError>;
}

/// Why the vault did not do it. The call that needed it fails with `WrongKey` and this reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KeyVaultError {
    /// The vault failed.
    #[error("{reason}")]
    Failed {
        /// For support; no secret.
        reason: String,
    },
}

/// An exception that is not a `KeyVaultError` counts as one.
impl From<uniffi::UnexpectedUniFFICallbackError> for KeyVaultError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed {
            reason: error.reason,
        }
    }
}

/// The app's vault as the facade wants it.
struct AppVault(Arc<dyn KeyVault>);

impl caseweave::KeyVault for AppVault {
    fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, caseweave::VaultError> {
        Ok(self.0.seal(name.into(), secret.into())?)
    }

    fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, caseweave::VaultError> {
        Ok(self.0.open(name.into(), sealed.into())?)
    }

    fn delete(&self, name: &str) -> Result<(), caseweave::VaultError> {
        Ok(self.0.delete(name.into())?)
    }
}

impl From<KeyVaultError> for caseweave::VaultError {
    fn from(error: KeyVaultError) -> Self {
        let KeyVaultError::Failed { reason } = error;
        Self { reason }
    }
}

/// An installation in a directory with the app's vault.
pub(crate) fn options(directory: String, vault: Arc<dyn KeyVault>) -> caseweave::Options {
    caseweave::Options::new(directory, Arc::new(AppVault(vault)))
}

/// What could be read of a damaged database.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RescueReport {
    /// The file that was written: a database under the same key.
    pub into: String,
    /// What was copied of each table.
    pub tables: Vec<RescuedTable>,
    /// Calls whose record was lost and that the server has not got: `quarantined` has them, with their edits where those were not lost too.
    pub set_aside: u64,
    /// Whether every row of every table was copied.
    pub complete: bool,
}

/// What was copied of one table.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RescuedTable {
    /// Its name.
    pub name: String,
    /// Rows that were copied.
    pub rows: u64,
    /// Whether every row was; when not, nobody can say how many there were.
    pub complete: bool,
}

impl From<caseweave::RescueReport> for RescueReport {
    fn from(report: caseweave::RescueReport) -> Self {
        let complete = report.is_complete();
        let tables = report.tables.into_iter().map(|table| RescuedTable {
            name: table.name.to_owned(),
            rows: table.rows,
            complete: table.complete,
        });
        Self {
            into: report.into.display().to_string(),
            tables: tables.collect(),
            set_aside: report.set_aside,
            complete,
        }
    }
}

/// Reads what can be read of a damaged database, set aside by a failed `open` or by `set_aside`, into a new file under the same key: with `into` where the
/// database was, `open` goes on with it, and the next exchange fetches what was lost. A file at `into` is `AlreadyExists`. Takes long; call off
/// the main thread.
#[uniffi::export]
pub fn rescue(
    directory: String,
    vault: Arc<dyn KeyVault>,
    damaged: String,
    into: String,
) -> Result<RescueReport, CaseweaveError> {
    let options = options(directory, vault);
    Ok(caseweave::rescue(&options, damaged.as_ref(), into.as_ref())?.into())
}
