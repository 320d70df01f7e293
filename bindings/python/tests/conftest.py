"""One agency for each test."""

import pytest
from agency import AUTHORITY, Server


@pytest.fixture
def server(tmp_path, monkeypatch):
    trusted = tmp_path / "trusted.pem"
    AUTHORITY.cert_pem.write_to_path(trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    server = Server(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def ana(server):
    return server.worker("Ana")
