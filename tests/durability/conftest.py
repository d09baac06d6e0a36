"""What the proofs stand on: both databases, and tables at the end."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durability.grounds import Grounds, SqliteGrounds

IN_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module", params=["sqlite"])
def grounds(request: pytest.FixtureRequest) -> Iterator[Grounds]:
    """In memory where that can be had: a killed process loses nothing that it has written to a file."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        yield SqliteGrounds(Path(folder))
