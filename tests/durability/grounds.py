"""Databases that a killed process leaves behind and the next goes on with: copies of one prepared state."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from cairn.settings import Settings
from cairn.store.migrate import upgrade_sqlite
from tests.databases import rows_of
from tests.postgres import Postgres


@dataclass(frozen=True)
class Ground:
    """`folder` holds what lies beside the database: the log of calls, the trace, the author's files."""

    folder: Path
    url: str | None = None
    lease_seconds: float = 600

    @property
    def settings(self) -> Settings:
        asked: dict[str, Any] = {"database_url": self.url} if self.url else {}
        data = self.folder / "data"
        asked["lease_seconds"] = self.lease_seconds
        return Settings(data_dir=data, model="simulated", model_concurrency=1, **asked)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        named = {"CAIRN_DATA_DIR": str(self.settings.data_dir), "CAIRN_DATABASE_URL": self.url or ""}
        return rows_of(named, query)


class Grounds(Protocol):
    """Makes grounds: an empty one, and copies of one on which nobody works."""

    name: str

    def copy(self, of: Ground | None) -> Any:
        """A context of a ground of its own; `of` None: a migrated, empty one."""
        ...

    def expire_leases(self, ground: Ground) -> None:
        """As if the time of every lease had passed."""
        ...


class SqliteGrounds:
    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def copy(self, of: Ground | None) -> Iterator[Ground]:
        folder = self.folder / new_name()
        lay_out(folder, of)
        if of is None:
            (folder / "data").mkdir(parents=True)
            upgrade_sqlite(folder / "data" / "cairn.db")
        yield Ground(folder)
        shutil.rmtree(folder)

    def expire_leases(self, ground: Ground) -> None:
        """Whoever holds the folder takes every lease away by itself."""


class PostgresGrounds:
    name = "PostgreSQL"

    def __init__(self, folder: Path, server: Postgres) -> None:
        self.folder = folder
        self.server = server

    @contextmanager
    def copy(self, of: Ground | None) -> Iterator[Ground]:
        name = new_name()
        folder = self.folder / name
        lay_out(folder, of)
        template = "migrated" if of is None else of.folder.name
        yield Ground(folder, self.server.create(name, template))
        self.server.drop(name)
        shutil.rmtree(folder)

    def expire_leases(self, ground: Ground) -> None:
        with self.server.connect(ground.folder.name) as session:
            session.execute("UPDATE roadmap_tasks SET lease_expires_at = clock_timestamp() - interval '1 s'")


NUMBERS = count(1)


def new_name() -> str:
    """Of a ground, and of its database: told apart by the process that made it."""
    return f"ground_{os.getpid()}_{next(NUMBERS)}"


def lay_out(folder: Path, of: Ground | None) -> None:
    if of is None:
        folder.mkdir()
        return
    shutil.copytree(of.folder, folder)
    for name in ("trace", "errors", "actor.log"):
        (folder / name).unlink(missing_ok=True)
