"""Offline-first case records.

The names here are the package's promise. `caseweave.ffi` is generated from the Rust library and may change with any release.
"""

from .exchange import HttpDriver, Retry, UrllibDriver
from .ffi import *  # noqa: F403  what records hold: views, edits, errors
from .ffi import __all__ as _generated
from .record import Caseweave

_inner = {
    "CaseweaveHandle",
    "CaseweaveHandleProtocol",
    "ChangeListenerImpl",
    "Enrolment",
    "EnrolmentProtocol",
    "KeyVaultImpl",
    "SyncSession",
    "SyncSessionProtocol",
}

__all__ = sorted((set(_generated) - _inner) | {"Caseweave", "HttpDriver", "Retry", "UrllibDriver"})
