"""The installed wheel finds its native library and both are of one build."""

from importlib import metadata

import caseweave
from caseweave import ffi


def test_the_native_library_answers_with_the_release_of_this_package():
    versions = caseweave.versions()

    assert versions.release == metadata.version("caseweave")
    assert versions.uniffi_contract == 30


def test_every_call_of_the_library_is_one_of_the_package():
    calls = {name for name in vars(ffi.CaseweaveHandle) if not name.startswith("_")}
    renamed = {"list": "cases", "start_sync": "sync", "shut_down": "close"}
    assert [call for call in sorted(calls) if not hasattr(caseweave.Caseweave, renamed.get(call, call))] == []


def test_wire_document_and_database_versions_are_positive_numbers():
    versions = caseweave.versions()

    assert min(versions.wire, versions.document, versions.database) > 0
