"""The installed wheel finds its native library and both are of one build."""

from importlib import metadata

import caseweave


def test_the_native_library_answers_with_the_release_of_this_package():
    versions = caseweave.versions()

    assert versions.release == metadata.version("caseweave")
    assert versions.uniffi_contract == 30


def test_wire_document_and_database_versions_are_positive_numbers():
    versions = caseweave.versions()

    assert min(versions.wire, versions.document, versions.database) > 0
