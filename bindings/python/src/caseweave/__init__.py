"""Offline-first case records.

The names here are the package's promise. `caseweave.ffi` is generated from the Rust library and may change with any release.
"""

from .ffi import CaseweaveError, Versions, versions

__all__ = ["CaseweaveError", "Versions", "versions"]
