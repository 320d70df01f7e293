//! The numbers a bug report and a compatibility check need.

use crate::CaseweaveError;

/// The versions of this library, one for each thing that can change by itself.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Versions {
    /// The release, in the form of semantic versioning: `1.4.0`.
    pub release: String,
    /// The wire protocol spoken with the server.
    pub wire: u32,
    /// The document schema written; the one before it is read too.
    pub document: u32,
    /// The database schema on the device; an older one is upgraded when it is opened.
    pub database: u32,
    /// The UniFFI contract between library and bindings; both have the same number.
    pub uniffi_contract: u32,
}

/// Returns the versions of this library. Reads no storage and does not block.
#[uniffi::export]
pub fn versions() -> Result<Versions, CaseweaveError> {
    let caseweave::Versions {
        release,
        wire,
        document,
        database,
    } = caseweave::versions();
    Ok(Versions {
        release,
        wire,
        document,
        database,
        uniffi_contract: crate::ffi_caseweave_ffi_uniffi_contract_version(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_name_the_release_and_the_contract_of_the_bindings() {
        let versions = versions().unwrap();

        assert_eq!(versions.release, env!("CARGO_PKG_VERSION"));
        assert_eq!(versions.uniffi_contract, 30);
    }
}
