"""One agency for each test."""

import pytest
from agency import Server


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def ana(server):
    return server.worker("Ana")
