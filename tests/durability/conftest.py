"""What the proofs stand on: both databases, and tables at the end."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.durability.grounds import Grounds, PostgresGrounds, SqliteGrounds
from tests.durability.tables import PRINTED

IN_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def grounds(request: pytest.FixtureRequest) -> Iterator[Grounds]:
    """In memory where that can be had: a killed process loses nothing that it has written to a file."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        if request.param == "sqlite":
            yield SqliteGrounds(Path(folder))
        else:
            yield PostgresGrounds(Path(folder), request.getfixturevalue("postgres"))


@pytest.fixture(scope="module")
def tried(grounds: Grounds) -> set[str]:
    """The kinds of points a sweep has tried on a database."""
    return set()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for said in PRINTED:
        terminalreporter.write_line("")
        for line in said.splitlines():
            terminalreporter.write_line(line)
