from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Database
from tests.models.server import Server, model_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A model on loopback, which this process is told to ask."""
    with model_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Database:
    return Database(tmp_path / "data")
