//! Keys, and where they are kept: sealed by the host's vault, the database key beside the database, the device's inside it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use caseweave_store::StoreKey;
use zeroize::Zeroizing;

use crate::{Error, Result};

/// Seals secrets with a key that only this device's hardware or operating system holds: Android Keystore, iOS Keychain.
///
/// Called from whichever thread makes the call that needs it, never while the database is locked.
pub trait KeyVault: Send + Sync {
    /// Seals a secret; `name` says which.
    ///
    /// # Errors
    /// [`VaultError`], with a reason for support.
    fn seal(&self, name: &str, secret: &[u8]) -> std::result::Result<Vec<u8>, VaultError>;
    /// Opens what [`Self::seal`] sealed under the same name.
    ///
    /// # Errors
    /// [`VaultError`], with a reason for support.
    fn open(&self, name: &str, sealed: &[u8]) -> std::result::Result<Vec<u8>, VaultError>;
    /// Forgets the key behind a name: what was sealed under it can never be opened again.
    ///
    /// # Errors
    /// [`VaultError`], with a reason for support.
    fn delete(&self, name: &str) -> std::result::Result<(), VaultError>;
}

/// Why the vault did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key vault failed: {reason}")]
pub struct VaultError {
    /// For support; no secret.
    pub reason: String,
}

const DATABASE_KEY: &str = "caseweave.database";
const DEVICE_KEY: &str = "caseweave.device";
/// The sealed database key while it is written.
const NEW_KEY: &str = "caseweave.key.new";

/// Where the database of an installation is.
pub(crate) fn database_path(directory: &Path) -> PathBuf {
    directory.join("caseweave.db")
}

fn key_path(directory: &Path) -> PathBuf {
    directory.join("caseweave.key")
}

/// The database key that lies where the database will be, or else `new`, sealed and put there durably. The key of an earlier database
/// is used again: what was set aside of it stays readable. One that the vault does not open any more is put beside it, not over it.
pub(crate) fn keep_database_key(
    directory: &Path,
    vault: &dyn KeyVault,
    new: &[u8; 32],
) -> Result<StoreKey> {
    match load_database_key(directory, vault) {
        Err(Error::NotFound { .. } | Error::WrongKey { .. }) => {}
        known => return known,
    }
    // A vault that does nothing at all fails here, before anything is moved.
    let sealed = vault.seal(DATABASE_KEY, new).map_err(vault_failed)?;
    fs::create_dir_all(directory).map_err(file_failed)?;
    let scratch = directory.join(NEW_KEY);
    let mut file = fs::File::create(&scratch).map_err(file_failed)?;
    file.write_all(&sealed)
        .and_then(|()| file.sync_all())
        .map_err(file_failed)?;
    let path = key_path(directory);
    if path.exists() {
        fs::rename(&path, free_name(&path)).map_err(file_failed)?;
    }
    fs::rename(&scratch, path).map_err(file_failed)?;
    Ok(StoreKey::from_bytes(*new))
}

/// Where a sealed key goes that the vault does not open.
fn free_name(path: &Path) -> PathBuf {
    let name = |number: u32| path.with_extension(format!("key.unopened-{number}"));
    name((1..).find(|number| !name(*number).exists()).unwrap_or(1))
}

/// Opens the sealed database key.
pub(crate) fn load_database_key(directory: &Path, vault: &dyn KeyVault) -> Result<StoreKey> {
    let path = key_path(directory);
    if !path.exists() {
        return Err(Error::NotFound {
            id: directory.display().to_string(),
            reason: "no caseweave database was enrolled here".into(),
        });
    }
    let sealed = fs::read(path).map_err(file_failed)?;
    Ok(StoreKey::from_bytes(*open_secret(
        vault,
        DATABASE_KEY,
        &sealed,
    )?))
}

fn marker_path(directory: &Path) -> PathBuf {
    directory.join("caseweave.revoked")
}

/// Makes what an installation kept unreadable for ever: the vault forgets the keys, and the files go. A marker that goes last
/// has whoever comes next finish what was cut short.
pub(crate) fn destroy(directory: &Path, vault: &dyn KeyVault) -> Result<()> {
    let marker = fs::File::create(marker_path(directory)).map_err(file_failed)?;
    marker.sync_all().map_err(file_failed)?;
    finish_destroying(directory, vault)
}

/// Finishes destroying an installation, where that was begun.
pub(crate) fn finish_destroying(directory: &Path, vault: &dyn KeyVault) -> Result<()> {
    let marker = marker_path(directory);
    if !marker.exists() {
        return Ok(());
    }
    // The keys first: without them the files mean nothing, also where the flash keeps what was deleted.
    let forgotten = [DATABASE_KEY, DEVICE_KEY].map(|name| vault.delete(name));
    caseweave_store::discard(&database_path(directory))?;
    caseweave_store::discard_set_aside(&database_path(directory))?;
    for file in [key_path(directory), directory.join(NEW_KEY)] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(file_failed(error));
            }
            _ => {}
        }
    }
    for outcome in forgotten {
        outcome.map_err(vault_failed)?;
    }
    fs::remove_file(marker).map_err(file_failed)
}

/// Seals the device's private key.
pub(crate) fn seal_device_key(vault: &dyn KeyVault, seed: &[u8; 32]) -> Result<Vec<u8>> {
    vault.seal(DEVICE_KEY, seed).map_err(vault_failed)
}

/// Opens the device's private key.
pub(crate) fn open_device_key(vault: &dyn KeyVault, sealed: &[u8]) -> Result<Zeroizing<[u8; 32]>> {
    open_secret(vault, DEVICE_KEY, sealed)
}

fn open_secret(vault: &dyn KeyVault, name: &str, sealed: &[u8]) -> Result<Zeroizing<[u8; 32]>> {
    let secret = Zeroizing::new(vault.open(name, sealed).map_err(vault_failed)?);
    <[u8; 32]>::try_from(secret.as_slice())
        .map(Zeroizing::new)
        .map_err(|_| Error::WrongKey {
            reason: "the vault gave a key of another length".into(),
        })
}

fn vault_failed(error: VaultError) -> Error {
    Error::WrongKey {
        reason: error.to_string(),
    }
}

pub(crate) fn file_failed(error: std::io::Error) -> Error {
    caseweave_store::Error::from(error).into()
}
